//! Functions of `f32` that need arithmetic in `f64`. [`single`](super::single) has the others.
//!
//! Each takes an `f32` as `f64`, computes in `f64` without branches, and is exact to about 1e-11. Rounded to `f32`, the
//! result hardly ever differs from the exact result rounded. None uses fused multiply-adds, so results are the same on
//! every machine. Argument reduction follows Cody and Waite, "Software Manual for the Elementary Functions" (1980). The
//! polynomials are Taylor's.

use std::f64::consts::{LN_2, LOG2_E, SQRT_2};

/// Adding this constant rounds to a whole number, and puts that number into the lowest bits.
const ROUND: f64 = 6755399441055744.0;

/// Returns `2^n` for a whole number `n` in the range of exponents, given as `n + ROUND`.
#[inline(always)]
fn power_of_two(rounded: f64) -> f64 {
    f64::from_bits(rounded.to_bits().wrapping_add(1023) << 52)
}

/// Returns the value of the polynomial with these coefficients, the highest first.
#[inline(always)]
fn polynomial<const N: usize>(x: f64, coefficients: [f64; N]) -> f64 {
    let mut sum = coefficients[0];
    for c in &coefficients[1..] {
        sum = sum * x + c;
    }
    sum
}

/// Returns `(2^n, e^r - 1)` with `x = n ln 2 + r`, for `|x|` up to 700.
#[inline(always)]
fn split_exp(x: f64) -> (f64, f64) {
    const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    let rounded = x * LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
    (power_of_two(rounded), expm1_near_zero(r))
}

/// Returns `e^r - 1` for `|r|` up to half of `ln 2`.
#[inline(always)]
fn expm1_near_zero(r: f64) -> f64 {
    const TERMS: [f64; 9] =
        [1. / 362880., 1. / 40320., 1. / 5040., 1. / 720., 1. / 120., 1. / 24., 1. / 6., 1. / 2., 1.];
    polynomial(r, TERMS) * r
}

/// Clamps `x` to `±bound`. NaN stays NaN.
#[inline(always)]
fn clamp_magnitude(x: f64, bound: f64) -> f64 {
    let x = if x > bound { bound } else { x };
    if x < -bound { -bound } else { x }
}

#[inline(always)]
pub(super) fn exp(x: f64) -> f64 {
    let (scale, rest) = split_exp(clamp_magnitude(x, 200.0));
    scale + scale * rest
}

#[inline(always)]
pub(super) fn expm1(x: f64) -> f64 {
    let (scale, rest) = split_exp(clamp_magnitude(x, 200.0));
    let y = scale * rest + (scale - 1.0);
    if x == 0.0 { x } else { y }
}

/// Returns `ln x` for normal `x` above 0.
#[inline(always)]
fn log_of_normal(x: f64) -> f64 {
    const TERMS: [f64; 8] = [1. / 15., 1. / 13., 1. / 11., 1. / 9., 1. / 7., 1. / 5., 1. / 3., 1.];
    let bits = x.to_bits();
    // A whole number n below 2^52 in the lowest bits of 2^52 makes the float 2^52 + n.
    let exponent = f64::from_bits((bits >> 52) | 0x4330_0000_0000_0000) - (4503599627370496.0 + 1023.0);
    let mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
    let above = mantissa > SQRT_2;
    let mantissa = if above { mantissa * 0.5 } else { mantissa };
    let exponent = if above { exponent + 1.0 } else { exponent };
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    exponent * LN_2 + 2.0 * s * polynomial(s * s, TERMS)
}

#[inline(always)]
pub(super) fn log(x: f64) -> f64 {
    let y = log_of_normal(x);
    let y = if x < f64::INFINITY { y } else { x };
    let y = if x == 0.0 { f64::NEG_INFINITY } else { y };
    if x < 0.0 { f64::NAN } else { y }
}

#[inline(always)]
pub(super) fn log1p(x: f64) -> f64 {
    let u = 1.0 + x;
    // This is the rounding error of the sum, to first order.
    let lost = (x - (u - 1.0)) / u;
    let y = log(u);
    let y = if y.abs() < 1.0 { y + lost } else { y };
    if x == 0.0 { x } else { y }
}

/// The greatest argument of [`sin`], [`cos`] and [`tan`]. Greater multiples of `π/2` would need more digits of `π/2`.
pub(super) const MAX_ANGLE: f64 = 1e6;

/// Returns the quadrant of `x` in the lowest bits, and `x` minus that multiple of `π/2`.
#[inline(always)]
fn quadrant(x: f64) -> (u64, f64) {
    const HIGH: f64 = 1.570_796_326_734_125_6;
    const LOW: f64 = 6.077_100_506_506_192e-11;
    let rounded = x * std::f64::consts::FRAC_2_PI + ROUND;
    let n = rounded - ROUND;
    (rounded.to_bits(), (x - n * HIGH) - n * LOW)
}

/// Returns the sine and cosine of `r`, for `|r|` up to `π/4`.
#[inline(always)]
fn sin_cos_near_zero(r: f64) -> (f64, f64) {
    const SIN: [f64; 7] = [1. / 6227020800., -1. / 39916800., 1. / 362880., -1. / 5040., 1. / 120., -1. / 6., 1.];
    const COS: [f64; 8] =
        [-1. / 87178291200., 1. / 479001600., -1. / 3628800., 1. / 40320., -1. / 720., 1. / 24., -1. / 2., 1.];
    let square = r * r;
    (r * polynomial(square, SIN), polynomial(square, COS))
}

#[inline(always)]
pub(super) fn sin(x: f64) -> f64 {
    let (n, r) = quadrant(x);
    let (sin, cos) = sin_cos_near_zero(r);
    let y = if n & 1 == 0 { sin } else { cos };
    let y = if n & 2 == 0 { y } else { -y };
    if x == 0.0 { x } else { y }
}

#[inline(always)]
pub(super) fn cos(x: f64) -> f64 {
    let (n, r) = quadrant(x);
    let (sin, cos) = sin_cos_near_zero(r);
    let y = if n & 1 == 0 { cos } else { sin };
    if n.wrapping_add(1) & 2 == 0 { y } else { -y }
}

#[inline(always)]
pub(super) fn tan(x: f64) -> f64 {
    let (n, r) = quadrant(x);
    let (sin, cos) = sin_cos_near_zero(r);
    let y = if n & 1 == 0 { sin / cos } else { -cos / sin };
    if x == 0.0 { x } else { y }
}

/// Returns `x^y` for finite `x` above 0 and finite `y`.
#[inline(always)]
pub(super) fn pow(x: f64, y: f64) -> f64 {
    exp(clamp_magnitude(y * log_of_normal(x), 200.0))
}

#[cfg(test)]
mod tests {
    use super::super::single;
    use super::*;

    /// Returns a sample of all bit patterns of `f32`, and numbers near the edges of reductions.
    fn samples() -> impl Iterator<Item = f32> {
        let edges =
            [0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MIN_POSITIVE, 1e-45, f32::MAX, 1.0, -1.0];
        let near = (-40000..40000).map(|i| i as f32 * std::f32::consts::FRAC_PI_4);
        let around = (-200000..200000).map(|i| i as f32 * 1e-3);
        edges.into_iter().chain((0..u32::MAX).step_by(4099).map(f32::from_bits)).chain(near).chain(around)
    }

    /// Returns the distance in units of the last place.
    fn ulp_distance(a: f32, b: f32) -> u64 {
        let place = |x: f32| {
            let magnitude = i64::from(x.to_bits() & 0x7fff_ffff);
            if x.is_sign_negative() { -magnitude } else { magnitude }
        };
        if a.is_nan() && b.is_nan() { 0 } else { place(a).abs_diff(place(b)) }
    }

    fn logistic(x: f64) -> f64 {
        let e = (-x.abs()).exp();
        (if x < 0.0 { e } else { 1.0 }) / (1.0 + e)
    }

    #[test]
    fn functions_are_within_two_places_of_the_reference() {
        type Ours = fn(f32) -> f32;
        /// The name, the function, the reference, the greatest magnitude, and the greatest distance.
        type Case = (&'static str, Ours, fn(f64) -> f64, f32, u64);
        macro_rules! wide {
            ($f:expr) => {
                |x: f32| $f(f64::from(x)) as f32
            };
        }
        let all = f32::INFINITY;
        let functions: [Case; 14] = [
            ("exp", single::exp, f64::exp, all, 2),
            ("exp2", single::exp2, f64::exp2, all, 2),
            ("log", single::log, f64::ln, all, 2),
            ("tanh", single::tanh, f64::tanh, all, 2),
            ("logistic", single::logistic, logistic, all, 2),
            ("sin", single::sin, f64::sin, single::MAX_ANGLE, 2),
            ("cos", single::cos, f64::cos, single::MAX_ANGLE, 2),
            ("expm1", wide!(expm1), f64::exp_m1, all, 1),
            ("log1p", wide!(log1p), f64::ln_1p, all, 1),
            ("sin of f64", wide!(sin), f64::sin, MAX_ANGLE as f32, 1),
            ("cos of f64", wide!(cos), f64::cos, MAX_ANGLE as f32, 1),
            ("tan", wide!(tan), f64::tan, MAX_ANGLE as f32, 1),
            ("erf", single::erf, libm::erf, all, 2),
            ("pow", wide!(|x: f64| pow(x.abs(), 1.7)), |x| x.abs().powf(1.7), f32::MAX, 1),
        ];
        for (name, ours, reference, greatest, allowed) in functions {
            for x in samples().filter(|x| x.is_nan() || x.abs() <= greatest) {
                if name == "pow" && (x.is_nan() || x == 0.0) {
                    continue;
                }
                let (a, b) = (ours(x), reference(f64::from(x)) as f32);
                assert!(ulp_distance(a, b) <= allowed, "{name}({x:?}) is {a:?}, and {b:?} by the reference");
            }
        }
    }
}
