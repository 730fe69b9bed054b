//! The digamma function and its derivatives.

use super::lanczos::{digamma_value, lgamma_value};
use super::support::{self, lift, lift_all, replace_where, with_slope};
use super::zeta::zeta_value;
use crate::array_fns::scalar::Operand;
use crate::{Tensor, lax};
use std::f64::consts::PI;

/// Returns the derivative of ln |Γ(x)|. Call it inside `at_caller`.
pub(crate) fn digamma_of(x: &Tensor) -> Tensor {
    with_slope(digamma_value, x, |x, _| trigamma(x))
}

/// Returns the derivative of the digamma function, ζ(2, x). Uses reflection (DLMF 5.15.6) where x is not positive.
fn trigamma(x: &Tensor) -> Tensor {
    let below = x.le(0.0);
    let two = lax::full_like(x, 2.0);
    let positive = lax::select(&below, &(1.0 - x), x);
    let y = zeta_value(&two, &positive);
    let angle = lax::select(&below, &(x + (x + 0.5).floor().abs()), &lax::full_like(x, 0.5)) * PI;
    lax::select(&below, &((PI / angle.sin()).square() - &y), &y)
}

fn polygamma_value(n: &Tensor, x: &Tensor) -> Tensor {
    let half = n * 0.5;
    let sign = lax::select(&half.eq(half.floor()), &lax::full_like(n, -1.0), &n.ones_like());
    let y = sign * lgamma_value(&(n + 1.0)).exp() * zeta_value(&(n + 1.0), x);
    let y = lax::select(&n.eq(0.0), &digamma_of(x), &y);
    let y = lax::select(&n.eq(1.0), &trigamma(x), &y);
    replace_where(&(n.lt(0.0) | n.ne(n.floor())), f64::NAN, &y)
}
/// Returns the derivative of order `n` of the digamma function. Call it inside `at_caller`.
fn polygamma_of(n: &Tensor, x: &Tensor) -> Tensor {
    let (order, next) = (n.clone(), n + 1.0);
    with_slope(move |x: &Tensor| polygamma_value(&order, x), x, move |x, _| polygamma_value(&next, x))
}

/// Returns ψ(x), the derivative of ln |Γ(x)|. It is NaN at 0 and at negative integers.
///
/// # Panics
/// If the dtype of `x` is not a float.
///
/// ```
/// use rune_trace::{Tensor, special};
/// let x = special::digamma(&Tensor::scalar(1.0f64)).item::<f64>().unwrap();
/// assert!((x + 0.577_215_664_901_532_9).abs() < 1e-15);
/// ```
#[track_caller]
pub fn digamma(x: &Tensor) -> Tensor {
    lift("special::digamma", x, digamma_of)
}
/// Returns the derivative of order `n` of [`digamma`]. The dtype of `n` is an integer or a float. The result is NaN
/// where `n` is negative or not a whole number. It is differentiable only with respect to `x`.
///
/// # Panics
/// If the dtype of `x` is not a float, or shapes do not broadcast.
///
/// ```
/// use rune_trace::{Tensor, special};
/// let x = special::polygamma(1, &Tensor::scalar(1.0f64)).item::<f64>().unwrap();
/// assert!((x - std::f64::consts::PI.powi(2) / 6.0).abs() < 1e-14);
/// ```
#[track_caller]
pub fn polygamma(n: impl Operand, x: impl Operand) -> Tensor {
    let x = x.into_argument();
    let n = support::to_float_order("special::polygamma", n.into_argument(), &x);
    lift_all("special::polygamma", [n, x], |[n, x]| polygamma_of(n, x))
}
