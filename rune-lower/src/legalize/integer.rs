//! Integer division and powers.

use crate::builder::{Builder, Val};
use rune_ir::op::{Comparison, Literal};

/// Returns a safe divisor, and whether y is 0. The divisor is 1 if y is 0, or if y is -1 and x is the minimum. Division
/// would trap on x86 in both cases, and is undefined in LLVM.
fn safe_divisor<'c>(b: &Builder<'c>, x: &Val<'c>, y: &Val<'c>) -> (Val<'c>, Val<'c>) {
    let zero = b.compare_n(Comparison::Eq, y, 0.0);
    let mut unsafe_ = zero.clone();
    if x.dtype().is_signed_int() {
        let least = b.compare_n(Comparison::Eq, x, f64::NEG_INFINITY);
        unsafe_ = b.or(&zero, &b.and(&least, &b.compare_n(Comparison::Eq, y, -1.0)));
    }
    (b.select(&unsafe_, &b.number(1.0, y), y), zero)
}

/// Returns an array with all bits set.
fn ones<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    b.number(if x.dtype().is_signed_int() { -1.0 } else { f64::INFINITY }, x)
}

pub(crate) fn div<'c>(b: &Builder<'c>, x: &Val<'c>, y: &Val<'c>) -> Val<'c> {
    let (divisor, zero) = safe_divisor(b, x, y);
    b.select(&zero, &ones(b, x), &b.div(x, &divisor))
}

pub(crate) fn rem<'c>(b: &Builder<'c>, x: &Val<'c>, y: &Val<'c>) -> Val<'c> {
    let (divisor, zero) = safe_divisor(b, x, y);
    b.select(&zero, x, &b.binary("stablehlo.remainder", x, &divisor))
}

/// Computes powers by squaring, over all bits of the exponent. IREE uses only the lowest six bits.
pub(crate) fn pow<'c>(b: &Builder<'c>, x: &Val<'c>, y: &Val<'c>) -> Val<'c> {
    let bits = x.dtype().size() as u32 * 8;
    let signed = x.dtype().is_signed_int();
    let one = b.number(1.0, x);
    let zero = b.number(0.0, x);
    let (mut result, mut square) = (one.clone(), x.clone());
    // Only exponents whose sign bit is 0 matter here. Results for negative exponents are replaced below.
    let used = if signed { bits - 1 } else { bits };
    for bit in 0..used {
        let mask = b.full(Literal::from_f64(x.dtype(), 2f64.powi(bit as i32)), x.shape());
        let set = b.compare(Comparison::Ne, &b.and(y, &mask), &zero);
        result = b.select(&set, &b.mul(&result, &square), &result);
        if bit + 1 < used {
            square = b.mul(&square, &square);
        }
    }
    if !signed {
        return result;
    }
    let odd = b.compare(Comparison::Ne, &b.and(y, &one), &zero);
    let minus = b.number(-1.0, x);
    let of_minus_one = b.select(&odd, &minus, &one);
    let reciprocal = b.select(&b.compare(Comparison::Eq, x, &minus), &of_minus_one, &zero);
    let reciprocal = b.select(&b.compare(Comparison::Eq, x, &one), &one, &reciprocal);
    b.select(&b.compare(Comparison::Lt, y, &zero), &reciprocal, &result)
}
