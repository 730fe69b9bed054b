//! Unsigned integers under the signed type, where the compiler has no code for them: reversals (`failed to legalize
//! linalg.generic`) and scans (`unresolved target materialization from ui16 to i16`).

use crate::builder::{Builder, Val};
use rune_trace::DType;

/// The signed dtype of the same size.
fn signed(dtype: DType) -> DType {
    match dtype.size() {
        1 => DType::I8,
        2 => DType::I16,
        4 => DType::I32,
        _ => DType::I64,
    }
}

/// `f` of the same bits.
pub(crate) fn as_signed<'c>(b: &Builder<'c>, x: &Val<'c>, f: impl FnOnce(&Val<'c>) -> Val<'c>) -> Val<'c> {
    if !x.dtype().is_unsigned_int() {
        return f(x);
    }
    b.bits(&f(&b.bits(x, signed(x.dtype()))), x.dtype())
}

/// `f` of signed integers in the same order: the highest bit is turned over, there and back.
pub(crate) fn in_order<'c>(b: &Builder<'c>, x: &Val<'c>, f: impl FnOnce(&Val<'c>) -> Val<'c>) -> Val<'c> {
    as_signed(b, x, |bits| {
        if !x.dtype().is_unsigned_int() {
            return f(bits);
        }
        let turn = |v: &Val<'c>| b.binary("stablehlo.xor", v, &b.number(f64::NEG_INFINITY, v));
        turn(&f(&turn(bits)))
    })
}

/// The order of elements along `axes` reversed.
pub(crate) fn reverse<'c>(b: &Builder<'c>, x: &Val<'c>, axes: &[usize]) -> Val<'c> {
    // None is no reversal to the compiler, either.
    if axes.is_empty() { x.clone() } else { as_signed(b, x, |x| b.reverse(x, axes)) }
}
