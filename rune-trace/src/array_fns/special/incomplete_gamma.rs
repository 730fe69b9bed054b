//! The regularized incomplete gamma functions, by the series of DLMF 8.7.1 and the continued fraction of DLMF 8.9.2
//! (like S. Moshier, "Methods and Programs for Mathematical Functions", 1989). Their derivatives with respect to the
//! parameter differentiate the terms one by one.

use super::gamma::lgamma_of;
use super::polygamma::digamma_of;
use super::support::{
    epsilon, lift_all, log_max, partial, polynomial, replace_where, while_loop_with_origin, with_slopes,
};
use crate::array_fns::scalar::Operand;
use crate::{Tensor, lax};
use std::f64::consts::PI;

/// The maximum number of terms of the continued fraction.
const MAX_TERMS: f64 = 2000.0;

/// The value of a sum or fraction, without its factor, and optionally its derivative with respect to the parameter.
struct Expansion {
    value: Tensor,
    slope: Option<Tensor>,
}

/// Returns ln (xᵃ⁻ⁿ e⁻ˣ / Γ(a)), with n = `less`. For large a, uses Stirling's series (DLMF 5.11.1), because large
/// parts of the sum nearly cancel.
fn log_factor(a: &Tensor, x: &Tensor, less: f64) -> Tensor {
    /// B₂ₖ / (2k (2k - 1)), the highest power first.
    const STIRLING: [f64; 8] = [
        -3617.0 / 122_400.0,
        1.0 / 156.0,
        -691.0 / 360_360.0,
        1.0 / 1188.0,
        -1.0 / 1680.0,
        1.0 / 1260.0,
        -1.0 / 360.0,
        1.0 / 12.0,
    ];
    let small = a.lt(10.0);
    let (p, y) = (replace_where(&!&small, 1.0, a), replace_where(&!&small, 1.0, x));
    let direct = (&p - less) * y.log() - y - lgamma_of(&p);
    let (p, y) = (replace_where(&small, 10.0, a), replace_where(&small, 10.0, x));
    let u = (&y - &p) / &p;
    let inverse = 1.0 / &p;
    let correction = &inverse * polynomial(&inverse.square(), &STIRLING);
    let mut by_series = &p * (u.log1p() - &u) + (p * (0.5 / PI)).log() * 0.5 - correction;
    if less != 0.0 {
        by_series -= y.log() * less;
    }
    lax::select(&small, &direct, &by_series)
}
/// Returns xᵃ e⁻ˣ / Γ(a), and whether it underflows to 0.
fn factor(a: &Tensor, x: &Tensor) -> (Tensor, Tensor) {
    let log = log_factor(a, x, 0.0);
    let none = log.lt(-log_max(x));
    (log.exp(), none)
}

/// Returns 1 + x / (a + 1) + x² / ((a + 1) (a + 2)) + …, where `enabled`.
fn series(a: &Tensor, x: &Tensor, enabled: &Tensor, differentiated: bool) -> Expansion {
    let (one, zero) = (a.ones_like(), a.zeros_like());
    let eps = epsilon(a);
    let mut init = vec![enabled.clone(), a.clone(), one.clone(), one];
    if differentiated {
        init.extend([zero.clone(), zero]);
    }
    let last = while_loop_with_origin(
        |c: &Vec<Tensor>| c[0].any(),
        |c| {
            let on = &c[0];
            let r = &c[1] + 1.0;
            let ratio = x / &r;
            let term = &c[2] * &ratio;
            let sum = &c[3] + &term;
            let mut next = vec![r, term, sum];
            let more = if differentiated {
                let slope = &c[4] * &ratio - &c[2] * x / next[0].square();
                let slopes = &c[5] + &slope;
                let more = (&slope / &slopes).abs().gt(eps);
                next.extend([slope, slopes]);
                more
            } else {
                (&next[1] / &next[2]).gt(eps)
            };
            select_active(on, more, next, c)
        },
        &init,
    );
    Expansion { value: last[3].clone(), slope: last.get(5).cloned() }
}

/// Returns the values for the next iteration: keeps the old ones where the iteration is done.
fn select_active(on: &Tensor, more: Tensor, next: Vec<Tensor>, before: &[Tensor]) -> Vec<Tensor> {
    let mut carried = vec![on & more];
    for (next, before) in next.iter().zip(&before[1..]) {
        carried.push(lax::select(on, next, before));
    }
    carried
}

/// Returns 1 / (x + 1 - a - 1 (1 - a) / (x + 3 - a - …)), where `enabled`, from its numerators p and denominators q.
fn fraction(a: &Tensor, x: &Tensor, enabled: &Tensor, differentiated: bool) -> Expansion {
    let (one, zero) = (x.ones_like(), x.zeros_like());
    let eps = epsilon(a);
    let y = 1.0 - a;
    let z = x + &y + 1.0;
    let (p, q) = (x + 1.0, &z * x);
    let value = &p / &q;
    let mut init = vec![enabled.clone(), zero.clone(), y, z, one, x.clone(), p, q.clone(), value.clone()];
    if differentiated {
        let slope = &value * x / q;
        init.extend([zero.clone(), zero.clone(), zero, -x, slope]);
    }
    let last = while_loop_with_origin(
        |c: &Vec<Tensor>| c[0].any(),
        |c| {
            let on = &c[0];
            let (n, y, z) = (&c[1] + 1.0, &c[2] + 1.0, &c[3] + 2.0);
            let yc = &y * &n;
            let [p2, q2, p1, q1, value] = [&c[4], &c[5], &c[6], &c[7], &c[8]];
            let (p, q) = (p1 * &z - p2 * &yc, q1 * &z - q2 * &yc);
            let some = q.ne(0.0);
            let quotient = lax::select(&some, &(&p / &q), value);
            let mut more = replace_where(&!&some, 1.0, &((value - &quotient) / &quotient).abs()).gt(eps);
            // Numerators and denominators grow together, and are scaled down together.
            let scale = replace_where(&p.abs().gt(1.0 / eps), eps, &x.ones_like());
            let mut next = vec![n.clone(), y, z.clone()];
            for part in [p1, q1, &p, &q] {
                next.push(part * &scale);
            }
            next.push(quotient.clone());
            if differentiated {
                let [dp2, dq2, dp1, dq1, slope] = [&c[9], &c[10], &c[11], &c[12], &c[13]];
                let dp = dp1 * &z - p1 - dp2 * &yc + p2 * &n;
                let dq = dq1 * &z - q1 - dq2 * &yc + q2 * &n;
                let slope_now = lax::select(&some, &((&dp - &quotient * &dq) / &q), slope);
                more = replace_where(&!&some, 1.0, &(&slope_now - slope).abs()).gt(eps);
                for part in [dp1, dq1, &dp, &dq] {
                    next.push(part * &scale);
                }
                next.push(slope_now);
            }
            let more = more & n.lt(MAX_TERMS);
            select_active(on, more, next, c)
        },
        &init,
    );
    Expansion { value: last[8].clone(), slope: last.get(13).cloned() }
}

/// The common parts of both functions: where they are NaN, both expansions with their factors, and where the fraction
/// is better than the series.
struct Parts {
    wrong: Tensor,
    /// The lower function where the series is used. `upper` is the upper function where the fraction is used.
    lower: Tensor,
    upper: Tensor,
    use_fraction: Tensor,
}
fn parts(a: &Tensor, x: &Tensor) -> Parts {
    let wrong = x.lt(0.0) | a.lt(0.0) | (a.eq(0.0) & x.eq(0.0)) | a.isnan() | x.isnan();
    let wrong = wrong | (a.eq(f64::INFINITY) & x.eq(f64::INFINITY));
    let use_fraction = x.ge(1.0) & x.gt(a);
    let (ax, none) = factor(a, x);
    let enabled = !(&wrong | none | x.eq(0.0) | x.eq(f64::INFINITY) | a.eq(0.0) | a.eq(f64::INFINITY));
    let lower = series(a, x, &(&enabled & !&use_fraction), false).value * &ax / a;
    let upper = fraction(a, x, &(enabled & &use_fraction), false).value * ax;
    Parts { wrong, lower, upper, use_fraction }
}

fn lower_value(a: &Tensor, x: &Tensor) -> Tensor {
    let Parts { wrong, lower, upper, use_fraction } = parts(a, x);
    let y = lax::select(&use_fraction, &(1.0 - upper), &lower);
    let y = replace_where(&(x.eq(0.0) | a.eq(f64::INFINITY)), 0.0, &y);
    let y = replace_where(&(x.eq(f64::INFINITY) | a.eq(0.0)), 1.0, &y);
    replace_where(&wrong, f64::NAN, &y)
}
fn upper_value(a: &Tensor, x: &Tensor) -> Tensor {
    let Parts { wrong, lower, upper, use_fraction } = parts(a, x);
    let y = lax::select(&use_fraction, &upper, &(1.0 - lower));
    let y = replace_where(&(x.eq(0.0) | a.eq(f64::INFINITY)), 1.0, &y);
    let y = replace_where(&(x.eq(f64::INFINITY) | a.eq(0.0)), 0.0, &y);
    replace_where(&wrong, f64::NAN, &y)
}

/// Returns the derivative of the lower function with respect to x, xᵃ⁻¹ e⁻ˣ / Γ(a).
fn density(a: &Tensor, x: &Tensor) -> Tensor {
    let (zero, infinite) = (x.eq(0.0), x.eq(f64::INFINITY));
    let inner = replace_where(&(&zero | &infinite), 1.0, x);
    let y = replace_where(&infinite, 0.0, &log_factor(a, &inner, 1.0).exp());
    // At 0 it is 0, 1 or ∞.
    let end = replace_where(&a.eq(1.0), 1.0, &replace_where(&a.lt(1.0), f64::INFINITY, &a.zeros_like()));
    lax::select(&zero, &end, &y)
}

/// Returns the lower function. Call it inside `at_caller`.
pub(crate) fn gammainc_of(a: &Tensor, x: &Tensor) -> Tensor {
    with_slopes(lower_value, [a, x], |a, x, _| [by_parameter(a, x), density(a, x)])
}
/// Returns the upper function. Call it inside `at_caller`.
pub(crate) fn gammaincc_of(a: &Tensor, x: &Tensor) -> Tensor {
    with_slopes(upper_value, [a, x], |a, x, _| [-by_parameter(a, x), -density(a, x)])
}

/// Returns the derivative of the lower function with respect to a. If `of_samples`, divides it by minus the derivative
/// with respect to x: the result is the derivative of a random number of the gamma distribution (M. Figurnov, S.
/// Mohamed and A. Mnih, "Implicit Reparameterization Gradients", 2018).
fn slope_value(a: &Tensor, x: &Tensor, of_samples: bool) -> Tensor {
    let nan = a.isnan() | x.isnan();
    let wrong = x.lt(0.0) | a.le(0.0);
    let use_fraction = x.gt(1.0) & x.gt(a);
    let (ax, none) = factor(a, x);
    let mut enabled = !(x.eq(0.0) | &wrong | &nan | x.eq(f64::INFINITY));
    if !of_samples {
        enabled &= !none;
    }
    let log_x = x.log();
    let Expansion { value, slope } = series(a, x, &(&enabled & !&use_fraction), true);
    let lower = slope.expect("it is differentiated") + value * (&log_x - digamma_of(&(a + 1.0)));
    let Expansion { value, slope } = fraction(a, x, &(enabled & &use_fraction), true);
    let upper = slope.expect("it is differentiated") + value * (log_x - digamma_of(a));
    let (lower, upper) = if of_samples { (-(lower * x / a), upper * x) } else { (lower * &ax / a, -(upper * ax)) };
    let y = lax::select(&use_fraction, &upper, &lower);
    let y = replace_where(&(x.eq(0.0) | x.eq(f64::INFINITY)), 0.0, &y);
    replace_where(&(wrong | nan), f64::NAN, &y)
}
/// Returns the derivative of the lower function with respect to a.
fn by_parameter(a: &Tensor, x: &Tensor) -> Tensor {
    with_slopes(
        |a, x| slope_value(a, x, false),
        [a, x],
        |a, x, _| {
            let derivative = partial(|xs| slope_value(&xs[0], &xs[1], false), &[a.clone(), x.clone()], 0);
            [derivative, density(a, x) * (x.log() - digamma_of(a))]
        },
    )
}
/// Returns the derivative of a random number `x` of the gamma distribution with respect to its parameter `a`. Call it
/// inside `at_caller`.
pub(crate) fn random_gamma_grad_of(a: &Tensor, x: &Tensor) -> Tensor {
    slope_value(a, x, true)
}

/// Returns the regularized lower incomplete gamma function, P(a, x) = ∫₀ˣ tᵃ⁻¹ e⁻ᵗ dt / Γ(a). It is NaN for negative
/// `a` or `x`.
///
/// It is differentiable with respect to `a` and `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
///
/// ```
/// use rune_trace::{Tensor, special};
/// let x = special::gammainc(1.0, &Tensor::scalar(2.0f64)).item::<f64>().unwrap();
/// assert!((x - (1.0 - (-2f64).exp())).abs() < 1e-15);
/// ```
#[doc(alias = "igamma")]
#[track_caller]
pub fn gammainc(a: impl Operand, x: impl Operand) -> Tensor {
    lift_all("special::gammainc", [a.into_argument(), x.into_argument()], |[a, x]| gammainc_of(a, x))
}
/// Returns the regularized upper incomplete gamma function, Q(a, x) = 1 - P(a, x), without loss of precision where it
/// is small. See [`gammainc`].
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
///
/// ```
/// use rune_trace::{Tensor, special};
/// let x = special::gammaincc(1.0, &Tensor::scalar(50.0f64)).item::<f64>().unwrap();
/// assert!((x / (-50f64).exp() - 1.0).abs() < 1e-13);
/// ```
#[doc(alias = "igammac")]
#[track_caller]
pub fn gammaincc(a: impl Operand, x: impl Operand) -> Tensor {
    lift_all("special::gammaincc", [a.into_argument(), x.into_argument()], |[a, x]| gammaincc_of(a, x))
}
/// Returns the derivative of random numbers `x` of the gamma distribution of shape `a` and scale 1 with respect to `a`:
/// the change of `x` that keeps the probability of a number below `x` constant.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn random_gamma_grad(a: impl Operand, x: impl Operand) -> Tensor {
    lift_all("special::random_gamma_grad", [a.into_argument(), x.into_argument()], |[a, x]| random_gamma_grad_of(a, x))
}
/// Returns the derivative of [`gammainc`] with respect to `a`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn igamma_grad_a(a: impl Operand, x: impl Operand) -> Tensor {
    lift_all("special::igamma_grad_a", [a.into_argument(), x.into_argument()], |[a, x]| by_parameter(a, x))
}
