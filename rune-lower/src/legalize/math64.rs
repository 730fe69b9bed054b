//! Functions of f64 for which IREE calls a libm that its embedded linker does not have (A.2): `undefined symbol: tanh`.

use crate::builder::{Builder, Val};
use crate::legalize::power::negative;
use rune_trace::op::Comparison;

/// t / (t + 2), t = e^2|x| - 1.
pub(crate) fn tanh<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    // From 20 on the result is 1; the bound keeps t finite.
    let magnitude = b.min(&b.abs(x), &b.number(20.0, x));
    let t = b.unary("stablehlo.exponential_minus_one", &b.mul_n(&magnitude, 2.0));
    let result = b.div(&t, &b.add_n(&t, 2.0));
    b.select(&negative(b, x), &b.neg(&result), &result)
}

/// e^(ln |x| / 3), improved by two steps of Newton's.
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
    // 0 and the infinities are their own roots.
    let zero = b.compare_n(Comparison::Eq, x, 0.0);
    let own = b.or(&zero, &b.compare_n(Comparison::Eq, &magnitude, f64::INFINITY));
    b.select(&own, x, &root)
}
