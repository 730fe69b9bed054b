//! Functions of `f32`, within two units in the last place. They have no branches, so that the compiler can vectorize
//! them.
//!
//! Fused multiply-adds round alike on every machine, but are slow where there is no instruction for them. Argument
//! reduction follows Cody and Waite, "Software Manual for the Elementary Functions" (1980). The polynomials are nearly
//! minimax.

/// Returns the value of the polynomial with these coefficients, the highest first.
#[inline(always)]
fn polynomial<const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    let mut sum = coefficients[0];
    for &c in &coefficients[1..] {
        sum = sum.mul_add(x, c);
    }
    sum
}

/// Adding this constant rounds to a whole number, and puts that number into the lowest bits.
const ROUND: f32 = 12582912.0;

/// Clamps `x` between two bounds. NaN stays NaN.
#[inline(always)]
fn clamp(x: f32, low: f32, high: f32) -> f32 {
    let x = if x > high { high } else { x };
    if x < low { low } else { x }
}

/// Returns `e^r - 1` for `|r|` up to half of `ln 2`.
#[inline(always)]
fn expm1_near_zero(r: f32) -> f32 {
    const TERMS: [f32; 7] = [1.989_927_4e-4, 1.394_110_8e-3, 8.333_298e-3, 4.166_635e-2, 1.666_666_7e-1, 0.5, 1.0];
    polynomial(r, TERMS) * r
}

/// Returns `y 2^n`, with `n` given as `n + ROUND`. `n` may be beyond the range of exponents.
#[inline(always)]
fn scale(y: f32, rounded: f32) -> f32 {
    let n = rounded.to_bits().wrapping_sub(ROUND.to_bits()) as i32;
    let half = n >> 1;
    let power = |n: i32| f32::from_bits(((n + 127) as u32) << 23);
    y * power(half) * power(n - half)
}

#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    const LN_2_LOW: f32 = -1.904_654_3e-9;
    let x = clamp(x, -104.0, 89.0);
    let rounded = x.mul_add(std::f32::consts::LOG2_E, ROUND);
    let n = rounded - ROUND;
    let r = n.mul_add(-LN_2_LOW, n.mul_add(-std::f32::consts::LN_2, x));
    scale(1.0 + expm1_near_zero(r), rounded)
}

#[inline(always)]
pub(super) fn exp2(x: f32) -> f32 {
    let x = clamp(x, -150.0, 129.0);
    let rounded = x + ROUND;
    let r = (x - (rounded - ROUND)) * std::f32::consts::LN_2;
    scale(1.0 + expm1_near_zero(r), rounded)
}

#[inline(always)]
pub(super) fn logistic(x: f32) -> f32 {
    let e = exp(-x.abs());
    (if x < 0.0 { e } else { 1.0 }) / (1.0 + e)
}

#[inline(always)]
pub(super) fn tanh(x: f32) -> f32 {
    /// `(tanh(√t) / √t - 1) / t` for `t` up to 0.36.
    const SMALL: [f32; 6] = [2.212_134e-3, -8.245_525e-3, 2.172_505_6e-2, -5.395_053_6e-2, 1.333_323e-1, -3.333_333e-1];
    let t = x * x;
    let small = x.mul_add(t * polynomial(t, SMALL), x);
    let large = 1.0 - 2.0 / (exp(2.0 * x.abs()) + 1.0);
    if x.abs() < 0.6 { small } else { large.copysign(x) }
}

#[inline(always)]
pub(super) fn erf(x: f32) -> f32 {
    /// `erf(√t) / √t - 1` for `t` up to 0.875².
    const SMALL: [f32; 7] = [
        8.675_388e-5,
        -8.211_102_7e-4,
        5.206_747_4e-3,
        -2.686_158_4e-2,
        1.128_373_3e-1,
        -3.761_263_5e-1,
        1.283_791_7e-1,
    ];
    /// `-ln erfc(a)` for `a` from 0.875 to 4. At 4, `erf` rounds to 1.
    const LARGE: [f32; 7] =
        [-2.009_984_9e-4, 3.092_312_5e-3, -2.242_029e-2, 1.043_276_4e-1, 6.367_371e-1, 1.127_936_2, 1.335_581_2e-4];
    let small = x.mul_add(polynomial(x * x, SMALL), x);
    let large = 1.0 - exp(-polynomial(clamp(x.abs(), 0.0, 4.0), LARGE));
    if x.abs() < 0.875 { small } else { large.copysign(x) }
}

#[inline(always)]
pub(super) fn log(x: f32) -> f32 {
    /// `(ln(1 + f) - f + f²/2) / f³` for `1 + f` from `√½` to `√2`.
    const TERMS: [f32; 9] = [
        6.971_612e-2,
        -1.147_973_4e-1,
        1.168_542e-1,
        -1.242_569_2e-1,
        1.424_905_8e-1,
        -1.666_780_2e-1,
        2.000_071_6e-1,
        -2.499_999_7e-1,
        3.333_333_3e-1,
    ];
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    /// The bits of `√½`.
    const SQRT_HALF_BITS: u32 = 0x3f35_04f3;
    let subnormal = x < f32::MIN_POSITIVE;
    let bits = (if subnormal { x * 8388608.0 } else { x }).to_bits().wrapping_sub(SQRT_HALF_BITS);
    let exponent = ((bits as i32) >> 23) as f32 - if subnormal { 23.0 } else { 0.0 };
    let f = f32::from_bits((bits & 0x007f_ffff) + SQRT_HALF_BITS) - 1.0;
    let square = f * f;
    let rest = (square * f).mul_add(polynomial(f, TERMS), exponent.mul_add(LN_2_LOW, -0.5 * square));
    let y = exponent.mul_add(LN_2_HIGH, f + rest);
    let y = if x < f32::INFINITY { y } else { x };
    let y = if x == 0.0 { f32::NEG_INFINITY } else { y };
    if x < 0.0 { f32::NAN } else { y }
}

/// The greatest argument of [`sin`] and [`cos`]. Greater multiples of `π/2` would need more digits of `π/2`.
pub(super) const MAX_ANGLE: f32 = 50000.0;

/// Returns the quadrant of `x` in the lowest bits, and `x` minus that multiple of `π/2`.
#[inline(always)]
fn quadrant(x: f32) -> (u32, f32) {
    const HIGH: f32 = 1.570_796_4;
    const MIDDLE: f32 = -4.371_139e-8;
    const LOW: f32 = -1.715_124_9e-15;
    let rounded = x.mul_add(std::f32::consts::FRAC_2_PI, ROUND);
    let n = rounded - ROUND;
    let r = n.mul_add(-LOW, n.mul_add(-MIDDLE, n.mul_add(-HIGH, x)));
    (rounded.to_bits(), r)
}

/// Returns the sine and cosine of `r`, for `|r|` up to `π/4`.
#[inline(always)]
fn sin_cos_near_zero(r: f32) -> (f32, f32) {
    const SIN: [f32; 4] = [2.717_345_7e-6, -1.983_920_2e-4, 8.333_329e-3, -1.666_666_7e-1];
    const COS: [f32; 4] = [2.437_983_1e-5, -1.388_661_8e-3, 4.166_661_7e-2, -0.5];
    let t = r * r;
    (r.mul_add(t * polynomial(t, SIN), r), t.mul_add(polynomial(t, COS), 1.0))
}

#[inline(always)]
pub(super) fn sin(x: f32) -> f32 {
    let (n, r) = quadrant(x);
    let (sin, cos) = sin_cos_near_zero(r);
    let y = if n & 1 == 0 { sin } else { cos };
    let y = if n & 2 == 0 { y } else { -y };
    if x == 0.0 { x } else { y }
}

#[inline(always)]
pub(super) fn cos(x: f32) -> f32 {
    let (n, r) = quadrant(x);
    let (sin, cos) = sin_cos_near_zero(r);
    let y = if n & 1 == 0 { cos } else { sin };
    if n.wrapping_add(1) & 2 == 0 { y } else { -y }
}
