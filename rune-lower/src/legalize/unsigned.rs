//! Treats unsigned integers as signed ones if the compiler has no code for them: in reversals (`failed to legalize
//! linalg.generic`), scans (`unresolved target materialization from ui16 to i16`) and the casts of host calls (`failed
//! to legalize operation 'tensor.cast'`).

use crate::builder::{Builder, Val};
use rune_ir::DType;
use rune_ir::op::Literal;

/// Returns unsigned integers as signed ones with the same bits, and other values unchanged.
pub(crate) fn signed_bits<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    if x.dtype().is_unsigned_int() { b.bits(x, x.dtype().to_signed()) } else { x.clone() }
}

/// Applies `f` to signed integers with the same bits.
pub(crate) fn as_signed<'c>(b: &Builder<'c>, x: &Val<'c>, f: impl FnOnce(&Val<'c>) -> Val<'c>) -> Val<'c> {
    if !x.dtype().is_unsigned_int() {
        return f(x);
    }
    b.bits(&f(&signed_bits(b, x)), x.dtype())
}

/// Maps unsigned integers to signed ones in the same order by flipping the highest bit. Returns other values unchanged.
pub(crate) fn ordered<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    if x.dtype().is_unsigned_int() { flip_sign_bit(b, &signed_bits(b, x)) } else { x.clone() }
}

/// Inverts [`ordered`] for elements of `dtype`.
pub(crate) fn back<'c>(b: &Builder<'c>, x: &Val<'c>, dtype: DType) -> Val<'c> {
    if dtype.is_unsigned_int() { b.bits(&flip_sign_bit(b, x), dtype) } else { x.clone() }
}

/// Returns the dtype of [`ordered`]'s results for `dtype`.
pub(crate) fn ordered_dtype(dtype: DType) -> DType {
    dtype.to_signed()
}

fn flip_sign_bit<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    b.binary("stablehlo.xor", x, &b.number(f64::NEG_INFINITY, x))
}

/// Applies `f` to signed integers with the same order.
pub(crate) fn in_order<'c>(b: &Builder<'c>, x: &Val<'c>, f: impl FnOnce(&Val<'c>) -> Val<'c>) -> Val<'c> {
    back(b, &f(&ordered(b, x)), x.dtype())
}

/// Applies `f` to unsigned integers with the same order as the signed ones `x`, and to `literal`.
pub(crate) fn in_unsigned_order<'c>(
    b: &Builder<'c>,
    x: &Val<'c>,
    literal: Literal,
    f: impl FnOnce(&Val<'c>, Literal) -> Val<'c>,
) -> Val<'c> {
    let (signed, unsigned) = (x.dtype(), x.dtype().to_unsigned());
    let mut bytes = literal.bits().to_le_bytes();
    bytes[signed.size() - 1] ^= 0x80;
    let literal = Literal::from_bytes(unsigned, &bytes[..signed.size()]);
    flip_sign_bit(b, &b.bits(&f(&b.bits(&flip_sign_bit(b, x), unsigned), literal), signed))
}

/// Reverses the order of elements along `axes`.
pub(crate) fn reverse<'c>(b: &Builder<'c>, x: &Val<'c>, axes: &[usize]) -> Val<'c> {
    // The compiler also rejects a reversal along no axes.
    if axes.is_empty() { x.clone() } else { as_signed(b, x, |x| b.reverse(x, axes)) }
}
