//! Functions of f64 for which IREE calls a libm that its embedded linker lacks (`undefined symbol: tanh`), or whose
//! approximation has only the accuracy of f32.

use crate::builder::{Builder, Val};
use crate::legalize::exponential::polynomial;
use crate::legalize::power::negative;
use rune_ir::op::Comparison;

/// Returns eˣ - 1. Near 0 it uses the series, because IREE's version is off by 1e-11.
pub(crate) fn expm1<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    /// The number of terms for |x| < 0.35: the next one is below 1e-17 of the sum.
    const TERMS: u32 = 13;
    let mut factorial = 1.0;
    let mut coefficients: Vec<f64> = Vec::new();
    for k in 1..=TERMS {
        factorial *= f64::from(k);
        coefficients.push(1.0 / factorial);
    }
    coefficients.reverse();
    let near = b.compare_n(Comparison::Lt, &b.abs(x), 0.35);
    let series = b.mul(x, &polynomial(b, x, &coefficients));
    b.select(&near, &series, &b.add_n(&b.unary("stablehlo.exponential", x), -1.0))
}

/// Returns ln (1 + x). Near 0 it uses the series of 2 artanh (x / (2 + x)), because IREE's version is off by 1e-11.
pub(crate) fn log1p<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    /// The number of terms for |x| < 0.25: the next one is below 1e-17 of the sum.
    const TERMS: u32 = 11;
    let near = b.compare_n(Comparison::Lt, &b.abs(x), 0.25);
    let s = b.div(x, &b.add_n(x, 2.0));
    let coefficients: Vec<f64> = (0..TERMS).rev().map(|k| 2.0 / f64::from(2 * k + 1)).collect();
    let series = b.mul(&s, &polynomial(b, &b.mul(&s, &s), &coefficients));
    b.select(&near, &series, &b.unary("stablehlo.log", &b.add_n(x, 1.0)))
}

/// Returns tanh x. Its magnitude is t / (t + 2), with t = e^2|x| - 1.
pub(crate) fn tanh<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    // From 20 on, the result is 1. The bound keeps t finite.
    let magnitude = b.min(&b.abs(x), &b.number(20.0, x));
    let t = expm1(b, &b.mul_n(&magnitude, 2.0));
    let result = b.div(&t, &b.add_n(&t, 2.0));
    b.select(&negative(b, x), &b.neg(&result), &result)
}

/// Returns ∛x. Its magnitude is e^(ln |x| / 3), refined by two Newton steps.
pub(crate) fn cbrt<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    let magnitude = b.abs(x);
    let small = b.compare_n(Comparison::Lt, &magnitude, f64::MIN_POSITIVE);
    let scaled = b.select(&small, &b.mul_n(&magnitude, 2f64.powi(54)), &magnitude);
    let mut root = b.unary("stablehlo.exponential", &b.mul_n(&b.unary("stablehlo.log", &scaled), 1.0 / 3.0));
    for _ in 0..2 {
        let square = b.mul(&root, &root);
        let error = b.sub(&root, &b.div(&scaled, &square));
        root = b.sub(&root, &b.mul_n(&error, 1.0 / 3.0));
    }
    let root = b.select(&small, &b.mul_n(&root, 2f64.powi(-18)), &root);
    let root = b.select(&negative(b, x), &b.neg(&root), &root);
    // 0 and the infinities are their own cube roots.
    let zero = b.compare_n(Comparison::Eq, x, 0.0);
    let own = b.or(&zero, &b.compare_n(Comparison::Eq, &magnitude, f64::INFINITY));
    b.select(&own, x, &root)
}
