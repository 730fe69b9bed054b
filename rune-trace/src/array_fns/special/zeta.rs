//! The Hurwitz zeta function.

use super::support::{lift_all, replace_where, with_slopes};
use crate::array_fns::scalar::Operand;
use crate::tensor::{current_origin, refuse, with_origin};
use crate::{Tensor, jvp, lax};
use rune_ir::DType;
use std::f64::consts::PI;

/// B₂ₖ / (2k)! for k from 1, with the Bernoulli numbers.
const BERNOULLI: [f64; 12] = [
    0.083_333_333_333_333_33,
    -0.001_388_888_888_888_889,
    3.306_878_306_878_307e-5,
    -8.267_195_767_195_768e-7,
    2.087_675_698_786_81e-8,
    -5.284_190_138_687_493e-10,
    1.338_253_653_068_468e-11,
    -3.389_680_296_322_583e-13,
    8.586_062_056_277_845e-15,
    -2.174_868_698_558_061_7e-16,
    5.509_002_828_360_23e-18,
    -1.395_446_468_581_252_3e-19,
];

/// Returns the sum of (q + k)⁻ˢ over all integers k ≥ 0: the first ten terms, and the Euler-Maclaurin formula for the
/// rest (DLMF 25.11.28).
fn series(s: &Tensor, q: &Tensor) -> Tensor {
    const TERMS: usize = 10;
    let minus = -s;
    let mut sum = lax::pow(q, &minus);
    for k in 1..TERMS {
        sum += lax::pow(&(q + k as f64), &minus);
    }
    let a = q + TERMS as f64;
    let power = lax::pow(&a, &minus);
    let inverse = 1.0 / &a;
    let square = inverse.square();
    let mut rest = lax::full_like(s, 0.0);
    for (k, b) in BERNOULLI.iter().enumerate().rev() {
        // Each term adds two factors of s (s + 1) (s + 2) ….
        let next = if k == 0 { s.clone() } else { (s + (2 * k - 1) as f64) * (s + (2 * k) as f64) };
        let scale = if k == 0 { &inverse } else { &square };
        rest = (rest + *b) * next * scale;
    }
    sum + &power * &a / (s - 1.0) + power * (rest + 0.5)
}
/// Returns ζ(s, q), without a derivative rule.
pub(super) fn zeta_value(s: &Tensor, q: &Tensor) -> Tensor {
    let y = series(s, q);
    // If all terms vanish, 0 · ∞ would give NaN.
    let y = replace_where(&(q.eq(f64::INFINITY) | (s.eq(f64::INFINITY) & q.gt(1.0))), 0.0, &y);
    let y = replace_where(&s.lt(1.0), f64::NAN, &y);
    let pole = q.le(0.0);
    let whole = s.eq(s.floor());
    let even = whole.clone() & (s * 0.5).eq((s * 0.5).floor());
    let y = replace_where(&(&pole & !whole), f64::NAN, &y);
    let at_pole = lax::select(&even, &lax::full_like(s, f64::INFINITY), &lax::full_like(s, f64::NAN));
    let y = lax::select(&(pole & q.eq(q.floor())), &at_pole, &y);
    replace_where(&s.eq(1.0), f64::INFINITY, &y)
}
/// Returns ζ(s, q). Derivative rules call this function instead of `zeta`, so that no rule recurses without end.
fn zeta_of(s: &Tensor, q: &Tensor) -> Tensor {
    with_slopes(zeta_value, [s, q], |s, q, _| {
        let origin = current_origin();
        let by_s = jvp(|s: &Tensor| with_origin(&origin, || series(s, q)), s, &s.ones_like()).1;
        [by_s, -s * zeta_value(&(s + 1.0), q)]
    })
}

/// Returns the Hurwitz zeta function, ζ(x, q) = Σ (q + k)⁻ˣ over integers k ≥ 0. It is ∞ for x = 1, and NaN for x < 1.
/// With `q` = 1, it is the Riemann zeta function.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
///
/// ```
/// use rune_trace::{Tensor, special};
/// let x = special::zeta(&Tensor::scalar(2.0f64), 1.0).item::<f64>().unwrap();
/// assert!((x - std::f64::consts::PI.powi(2) / 6.0).abs() < 1e-14);
/// ```
#[track_caller]
pub fn zeta(x: impl Operand, q: impl Operand) -> Tensor {
    lift_all("special::zeta", [x.into_argument(), q.into_argument()], |[x, q]| zeta_of(x, q))
}

/// Returns the Bernoulli numbers B₀ to Bₙ, with B₁ = -½. The numbers B₂ₖ are ±2 (2k)! ζ(2k) / (2π)²ᵏ (DLMF 25.6.2).
///
/// # Panics
/// If `dtype` is not a float.
///
/// ```
/// use rune_trace::{DType, special};
/// let b = special::bernoulli(4, DType::F64).to_vec::<f64>().unwrap();
/// let expected = [1.0, -0.5, 1.0 / 6.0, 0.0, -1.0 / 30.0];
/// assert!(b.iter().zip(expected).all(|(x, y)| (x - y).abs() < 1e-16));
/// ```
#[track_caller]
pub fn bernoulli(n: usize, dtype: DType) -> Tensor {
    if !dtype.is_float() {
        refuse!("special::bernoulli: needs a float dtype, but got {dtype}");
    }
    let mut numbers = vec![1.0, -0.5, 1.0 / 6.0];
    // Updates (-1)ᵏ (2k)! / (2π)²ᵏ to i = 2k.
    let mut scale = -2.0 / (2.0 * PI).powi(2);
    for i in 3..=n {
        if i % 2 == 1 {
            numbers.push(0.0);
            continue;
        }
        scale *= -((i * (i - 1)) as f64) / (2.0 * PI).powi(2);
        // ζ(i). The Euler-Maclaurin formula gives the rest of the sum.
        let power = |k: i32| f64::from(k).powi(-(i as i32));
        let rest = power(1000) * (1000.0 / (i as f64 - 1.0) + 0.5 + i as f64 / 12_000.0);
        let zeta = (1..1000).rev().map(power).fold(rest, |sum, term| sum + term);
        numbers.push(-2.0 * scale * zeta);
    }
    numbers.truncate(n + 1);
    Tensor::from(numbers).cast(dtype)
}
