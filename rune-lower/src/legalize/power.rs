//! Powers xʸ of floats. IREE returns NaN for 0⁰, ∞⁰ and every negative base.

use crate::builder::{Builder, Val};
use rune_ir::op::Comparison;

pub(crate) fn pow<'c>(b: &Builder<'c>, x: &Val<'c>, y: &Val<'c>) -> Val<'c> {
    // Only |x| is flushed, and the sign is that of x. Flushing x itself to x · 0 could lose the sign, because a driver
    // may take x · 0 as 0.
    let y = &flushed(b, y);
    let magnitude = b.binary("stablehlo.power", &flushed(b, &b.abs(x)), y);
    let floor = |v: &Val<'c>| b.unary("stablehlo.floor", v);
    let whole = b.compare(Comparison::Eq, &floor(y), y);
    let half = b.mul_n(y, 0.5);
    let even = b.compare(Comparison::Eq, &floor(&half), &half);
    let odd = b.and(&whole, &b.unary("stablehlo.not", &even));
    // The sign bit is used instead of x < 0, because of -0.
    let negative = negative(b, x);
    let signed = b.select(&b.and(&negative, &odd), &b.neg(&magnitude), &magnitude);
    let proper = b.and(&b.compare_n(Comparison::Lt, x, 0.0), &b.compare_n(Comparison::Gt, x, f64::NEG_INFINITY));
    let undefined = b.and(&proper, &b.unary("stablehlo.not", &whole));
    let result = b.select(&undefined, &b.number(f64::NAN, x), &signed);
    // 1 to any power is 1. Anything to the power 0 is 1, including NaN. -1 to an infinite power is 1.
    let one = b.number(1.0, x);
    let infinite = b.compare_n(Comparison::Eq, &b.abs(y), f64::INFINITY);
    let unit = b.and(&b.compare_n(Comparison::Eq, x, -1.0), &infinite);
    let is_one = b.or(&b.compare_n(Comparison::Eq, y, 0.0), &b.compare(Comparison::Eq, x, &one));
    b.select(&b.or(&is_one, &unit), &one, &result)
}

/// Returns `x`. On GPUs, subnormal numbers of `f32` become 0, because the logarithm would take them as the least normal
/// number.
pub(crate) fn flushed<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    if !b.context.is_gpu || x.dtype() != rune_ir::DType::F32 {
        return x.clone();
    }
    let tiny = b.compare_n(Comparison::Lt, &b.abs(x), f64::from(f32::MIN_POSITIVE));
    b.select(&tiny, &b.mul_n(x, 0.0), x)
}

/// Returns whether the sign bit is set.
pub(crate) fn negative<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    let signed = if x.dtype() == rune_ir::DType::F64 { rune_ir::DType::I64 } else { rune_ir::DType::I32 };
    b.compare_n(Comparison::Lt, &b.bits(x, signed), 0.0)
}
