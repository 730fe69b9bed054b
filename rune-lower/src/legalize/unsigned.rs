//! Unsigned integers under the signed type, where the compiler has no code for them: reversals (`failed to legalize
//! linalg.generic`) and scans (`unresolved target materialization from ui16 to i16`), and the
//! casts of host calls (`failed to legalize operation 'tensor.cast'`).

use crate::builder::{Builder, Val};
use rune_ir::DType;

/// Unsigned integers as signed ones of the same bits; all else as it is.
pub(crate) fn signed_bits<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    if x.dtype().is_unsigned_int() { b.bits(x, x.dtype().to_signed()) } else { x.clone() }
}

/// `f` of the same bits.
pub(crate) fn as_signed<'c>(b: &Builder<'c>, x: &Val<'c>, f: impl FnOnce(&Val<'c>) -> Val<'c>) -> Val<'c> {
    if !x.dtype().is_unsigned_int() {
        return f(x);
    }
    b.bits(&f(&signed_bits(b, x)), x.dtype())
}

/// Unsigned integers as signed ones in the same order, with the highest bit turned over; all else as it is.
pub(crate) fn ordered<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    if x.dtype().is_unsigned_int() { turn(b, &signed_bits(b, x)) } else { x.clone() }
}

/// What [`ordered`] made of elements of `dtype`, back.
pub(crate) fn back<'c>(b: &Builder<'c>, x: &Val<'c>, dtype: DType) -> Val<'c> {
    if dtype.is_unsigned_int() { b.bits(&turn(b, x), dtype) } else { x.clone() }
}

/// The dtype that [`ordered`] gives for `dtype`.
pub(crate) fn ordered_dtype(dtype: DType) -> DType {
    dtype.to_signed()
}

fn turn<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    b.binary("stablehlo.xor", x, &b.number(f64::NEG_INFINITY, x))
}

/// `f` of signed integers in the same order.
pub(crate) fn in_order<'c>(b: &Builder<'c>, x: &Val<'c>, f: impl FnOnce(&Val<'c>) -> Val<'c>) -> Val<'c> {
    back(b, &f(&ordered(b, x)), x.dtype())
}

/// The order of elements along `axes` reversed.
pub(crate) fn reverse<'c>(b: &Builder<'c>, x: &Val<'c>, axes: &[usize]) -> Val<'c> {
    // None is no reversal to the compiler, either.
    if axes.is_empty() { x.clone() } else { as_signed(b, x, |x| b.reverse(x, axes)) }
}
