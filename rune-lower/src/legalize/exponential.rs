//! Exponentials and logarithms.

use crate::builder::{Builder, Val};
use rune_ir::DType;
use rune_ir::op::{Comparison, Literal};

/// Returns 2ⁿ for integers `n` in the exponent range of normal numbers, given as floats.
pub(crate) fn power_of_two<'c>(b: &Builder<'c>, n: &Val<'c>) -> Val<'c> {
    let literal = |f32: f64, f64: f64, to: DType| {
        let x = if n.dtype() == DType::F64 { f64 } else { f32 };
        b.full(Literal::from_f64(to, x), n.shape())
    };
    let bits = if n.dtype() == DType::F64 { DType::I64 } else { DType::I32 };
    let biased = b.add(&b.convert(n, bits), &literal(127.0, 1023.0, bits));
    let shifted = b.binary("stablehlo.shift_left", &biased, &literal(23.0, 52.0, bits));
    b.bits(&shifted, n.dtype())
}

/// Returns `x` times 2ⁿ in two steps, so that subnormal results are correct.
pub(crate) fn scale<'c>(b: &Builder<'c>, x: &Val<'c>, n: &Val<'c>) -> Val<'c> {
    let half = b.unary("stablehlo.floor", &b.mul_n(n, 0.5));
    let rest = b.sub(n, &half);
    b.mul(&b.mul(x, &power_of_two(b, &half)), &power_of_two(b, &rest))
}

/// Returns 2ˣ as 2ⁿ e^(f ln 2), with x = n + f. e^(x ln 2) would lose the digits of n.
pub(crate) fn exp2<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    let (low, high) = if x.dtype() == DType::F64 { (-1080.0, 1025.0) } else { (-152.0, 129.0) };
    let clamped = b.min(&b.max(x, &b.number(low, x)), &b.number(high, x));
    let n = b.unary("stablehlo.round_nearest_even", &clamped);
    let fraction = b.sub(&clamped, &n);
    let result = b.unary("stablehlo.exponential", &b.mul_n(&fraction, std::f64::consts::LN_2));
    // NaN must not reach the conversion to an integer.
    let nan = b.is_nan(x);
    let n = b.select(&nan, &b.number(0.0, x), &n);
    b.select(&nan, x, &scale(b, &result, &n))
}

/// Returns ∛x. IREE's version returns NaN for infinities.
pub(crate) fn cbrt<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    let infinite = b.compare_n(Comparison::Eq, &b.abs(x), f64::INFINITY);
    b.select(&infinite, x, &b.unary("stablehlo.cbrt", &super::power::flushed(b, x)))
}

/// Returns ln x. For a subnormal number x = m · 2⁻ᵏ, it computes ln m - k ln 2. m comes from the bits, because IREE's
/// code treats subnormal numbers as 0.
pub(crate) fn log<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    let (normal, k, to) =
        if x.dtype() == DType::F64 { (1u64 << 52, 1074, DType::I64) } else { (1 << 23, 149, DType::I32) };
    let bits = b.bits(x, to);
    let low = b.compare_n(Comparison::Lt, &bits, normal as f64);
    let small = b.and(&low, &b.compare_n(Comparison::Gt, &bits, 0.0));
    let mantissa = b.convert(&bits, x.dtype());
    let log = b.unary("stablehlo.log", &b.select(&small, &mantissa, x));
    let shifted = b.add_n(&log, -f64::from(k) * std::f64::consts::LN_2);
    b.select(&small, &shifted, &log)
}

/// Evaluates the polynomial with these coefficients, highest power first.
pub(crate) fn polynomial<'c>(b: &Builder<'c>, x: &Val<'c>, coefficients: &[f64]) -> Val<'c> {
    let mut sum = b.number(coefficients[0], x);
    for &c in &coefficients[1..] {
        sum = b.add_n(&b.mul(&sum, x), c);
    }
    sum
}
