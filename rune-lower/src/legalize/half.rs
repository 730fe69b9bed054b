//! Computes half-precision types in `f32`. IREE accumulates reductions and convolutions in the half type itself (a sum
//! of 5000 ones is 2048 in f16), and evaluates the polynomials of its functions in it.

use crate::builder::{Builder, Val};
use rune_ir::DType;

/// Returns the dtype to accumulate in.
pub(crate) fn accumulator(dtype: DType) -> DType {
    if dtype.is_reduced_float() { DType::F32 } else { dtype }
}

/// Applies `f` to `x`, in `f32` if `x` has a half type.
pub(crate) fn in_f32<'c>(b: &Builder<'c>, x: &Val<'c>, f: impl FnOnce(&Val<'c>) -> Val<'c>) -> Val<'c> {
    b.convert(&f(&b.convert(x, accumulator(x.dtype()))), x.dtype())
}

/// Applies `f` to `x` and `y`, in `f32` if they have a half type.
pub(crate) fn in_f32_2<'c>(
    b: &Builder<'c>,
    x: &Val<'c>,
    y: &Val<'c>,
    f: impl FnOnce(&Val<'c>, &Val<'c>) -> Val<'c>,
) -> Val<'c> {
    let to = accumulator(x.dtype());
    b.convert(&f(&b.convert(x, to), &b.convert(y, to)), x.dtype())
}
