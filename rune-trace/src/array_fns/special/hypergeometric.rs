//! Hypergeometric functions of real arguments (DLMF 13 and 15; J. W. Pearson, S. Olver and M. A. Porter, "Numerical
//! methods for the computation of the confluent and Gauss hypergeometric functions", 2017).

use super::gamma::{gammasgn_of, lgamma_of};
use super::support::{epsilon, lift_all, log_max, partial, replace_where, while_loop_with_origin, with_partials};
use crate::array_fns::scalar::Operand;
use crate::{Tensor, lax};

/// The maximum number of terms of a series.
const MAX_TERMS: f64 = 4000.0;
/// The number of terms of a series at half of its radius of convergence.
const TERMS_AT_HALF_RADIUS: f64 = 56.0;

/// Returns whether numbers are integers and not positive, like the poles of Γ.
fn at_pole(x: &Tensor) -> Tensor {
    x.le(0.0) & x.eq(x.floor())
}

/// Returns the values for the next iteration: keeps the old ones where the iteration is done.
fn select_active(on: &Tensor, more: &Tensor, next: Vec<Tensor>, before: &[Tensor]) -> Vec<Tensor> {
    let mut carried = vec![on & more];
    for (next, before) in next.iter().zip(&before[1..]) {
        carried.push(lax::select(on, next, before));
    }
    carried
}

/// Returns the sum of (a₁)ₖ (a₂)ₖ / (b)ₖ zᵏ / k! where `enabled`, and its derivative with respect to z. Without a₂, its
/// factor is 1.
///
/// The loop ends when a bound on the terms is small. The factors of the bound are never 0. If a parameter is a negative
/// integer, the sum has finitely many terms, but its derivative with respect to this parameter has infinitely many.
fn series(a: &[&Tensor], b: &Tensor, z: &Tensor, enabled: &Tensor) -> [Tensor; 2] {
    let (zero, one) = (z.zeros_like(), z.ones_like());
    let eps = epsilon(z) * 0.125;
    let init = vec![enabled.clone(), zero.clone(), one.clone(), one.clone(), one, zero];
    let magnitudes: Vec<Tensor> = a.iter().map(|a| lax::stop_gradient(&a.abs()) + 1.0).collect();
    let last = while_loop_with_origin(
        |c: &Vec<Tensor>| c[0].any(),
        |c| {
            let [k, term, bound, sum, slope] = [&c[1], &c[2], &c[3], &c[4], &c[5]];
            let next = k + 1.0;
            let below = b + k;
            let scale = z / (&below * &next);
            let mut factor = scale.clone();
            let mut greatest = lax::stop_gradient(&scale.abs());
            for (a, magnitude) in a.iter().zip(&magnitudes) {
                factor *= *a + k;
                greatest *= magnitude + k;
            }
            // The derivative of zᵏ is k zᵏ / z. The division by z is done here.
            let quotient = if a.len() == 2 { (a[0] + k) * (a[1] + k) } else { a[0] + k } / below;
            let slope = slope + term * quotient;
            let (term, bound) = (term * factor, bound * &greatest);
            let sum = sum + &term;
            let small = bound.le(lax::stop_gradient(&sum.abs()) * eps) & greatest.lt(1.0);
            let more = !small & next.lt(MAX_TERMS) & k.ge(0.0);
            let early = next.lt(lax::stop_gradient(&-b));
            select_active(&c[0], &(more | early), vec![next, term, bound, sum, slope], c)
        },
        &init,
    );
    [last[4].clone(), last[5].clone()]
}

/// Returns M(a, b, x) for large x without its factor eˣ (DLMF 13.7.1): Γ(b) / Γ(a) xᵃ⁻ᵇ Σ (1 - a)ₖ (b - a)ₖ / (k! xᵏ),
/// up to the least term.
fn asymptotic_series(a: &Tensor, b: &Tensor, x: &Tensor, enabled: &Tensor) -> Tensor {
    let one = x.ones_like();
    let eps = epsilon(x);
    let init = vec![enabled.clone(), x.zeros_like(), one.clone(), one];
    let last = while_loop_with_origin(
        |c: &Vec<Tensor>| c[0].any(),
        |c| {
            let next = &c[1] + 1.0;
            let term = &c[2] * (&next - a) * (b - a + &c[1]) / (&next * x);
            let smaller = term.abs().lt(c[2].abs());
            let sum = lax::select(&smaller, &(&c[3] + &term), &c[3]);
            let more = &smaller & term.abs().gt(sum.abs() * eps);
            select_active(&c[0], &more, vec![next, term, sum], c)
        },
        &init,
    );
    let pole = at_pole(a);
    let inner = replace_where(&pole, 1.0, a);
    let log = lgamma_of(b) - lgamma_of(&inner) + (a - b) * x.log();
    let y = log.exp() * gammasgn_of(b) * gammasgn_of(&inner) * &last[3];
    replace_where(&pole, 0.0, &y)
}

fn hyp1f1_value(a: &Tensor, b: &Tensor, x: &Tensor) -> Tensor {
    // For negative x, uses Kummer's transformation (DLMF 13.2.39), whose terms do not cancel.
    let negative = x.lt(0.0);
    let p = lax::select(&negative, &(b - a), a);
    let y = x.abs();
    let limit = 0.9 * log_max(x);
    let defined = !(at_pole(b) | x.isnan() | a.isnan() | b.isnan());
    // Finite sums are precise everywhere.
    let near = y.le(limit) | at_pole(&p);
    let inner = replace_where(&!(&near & &defined), 0.0, &y);
    let whole_b = replace_where(&!&defined, 1.0, b);
    let [sum, _] = series(&[&p], &whole_b, &inner, &(&near & &defined));
    let decay = lax::min(x, &x.zeros_like()).exp();
    let by_series = sum * decay;
    let distant = !&near & &defined;
    let outer = replace_where(&!&distant, limit, &y);
    let growth = lax::max(x, &x.zeros_like()).exp();
    let by_far = asymptotic_series(&p, &whole_b, &outer, &distant) * growth;
    let result = lax::select(&near, &by_series, &by_far);
    // At a pole of Γ(b), the result is infinite, unless the sum ends before the first term that is divided by 0.
    let ends = at_pole(a) & a.ge(b);
    let result = replace_where(&(at_pole(b) & !ends), f64::INFINITY, &result);
    let result = lax::select(&a.eq(b), &x.exp(), &result);
    let result = replace_where(&a.eq(0.0), 1.0, &result);
    replace_where(&(x.isnan() | a.isnan() | b.isnan()), f64::NAN, &result)
}

fn of_1f1(xs: &[Tensor]) -> Tensor {
    hyp1f1_value(&xs[0], &xs[1], &xs[2])
}
fn hyp1f1_of(a: &Tensor, b: &Tensor, x: &Tensor) -> Tensor {
    with_partials(of_1f1, &[a, b, x], |xs, _| {
        let [a, b, x] = [&xs[0], &xs[1], &xs[2]];
        let by_x = a / b * hyp1f1_value(&(a + 1.0), &(b + 1.0), x);
        vec![partial(of_1f1, xs, 0), partial(of_1f1, xs, 1), by_x]
    })
}

/// Returns F(a, b; c; 1 - s) for 0 < s ≤ 1. For s ≥ ½, uses the series about 0. For s < ½, uses series about a sequence
/// of points, each of which halves the distance to 1. The differential equation (DLMF 15.10.1) gives their
/// coefficients.
fn continued(a: &Tensor, b: &Tensor, c: &Tensor, s: &Tensor, enabled: &Tensor) -> Tensor {
    // Does not use `max` and `min`: if both operands are equal, the derivative must be that of the operand that depends
    // on s.
    let far = s.lt(0.5);
    let start = replace_where(&far, 0.5, s);
    let [value, slope] = series(&[a, b], c, &(1.0 - &start), enabled);
    let beyond = enabled & far;
    let init = vec![beyond, start, value, slope];
    let product = a * b;
    let sum = a + b;
    let last = while_loop_with_origin(
        |carry: &Vec<Tensor>| carry[0].any(),
        |carry| {
            let [s0, value, slope] = [&carry[1], &carry[2], &carry[3]];
            let z0 = 1.0 - s0;
            let left = s0 - s;
            let step = lax::select(&left.le(s0 * 0.5), &left, &(s0 * 0.5));
            let next = s0 - &step;
            // Terms uₙ hⁿ, and the terms n uₙ hⁿ⁻¹ of the derivative.
            let lead = &z0 * s0;
            let first = c - (&sum + 1.0) * &z0;
            let state = vec![value.zeros_like(), value.clone(), slope * &step, value.clone(), slope.zeros_like()];
            let inner = while_loop_with_origin(
                |t: &Vec<Tensor>| t[0].lt(TERMS_AT_HALF_RADIUS).any(),
                |t| {
                    let [n, u, v, sum_of, slope_of] = [&t[0], &t[1], &t[2], &t[3], &t[4]];
                    let after = n + 1.0;
                    // v is uₙ₊₁ hⁿ⁺¹.
                    let two = (n * n + n * &sum + &product) * u * step.square()
                        - ((1.0 - &z0 * 2.0) * n + &first) * &after * v * &step;
                    let two = two / (&lead * (n + 2.0) * &after);
                    vec![after.clone(), v.clone(), two, sum_of + v, slope_of + &after * v]
                },
                &state,
            );
            let more = next.gt(s);
            select_active(&carry[0], &more, vec![next, inner[3].clone(), &inner[4] / &step], carry)
        },
        &init,
    );
    last[2].clone()
}

fn hyp2f1_value(a: &Tensor, b: &Tensor, c: &Tensor, x: &Tensor) -> Tensor {
    let one = x.ones_like();
    let nan = a.isnan() | b.isnan() | c.isnan() | x.isnan();
    // Puts the parameter with a finite sum first, or else the one for which Pfaff's transformation keeps positive
    // parameters.
    let exchange = (at_pole(b) & !at_pole(a)) | ((c - b).lt(0.0) & (c - a).ge(0.0) & !at_pole(a));
    let (a, b) = (&lax::select(&exchange, b, a), &lax::select(&exchange, a, b));
    let ends = at_pole(a);
    // At a pole of Γ(c), the sum is infinite, unless it ends before the first term that is divided by 0.
    let pole = at_pole(c) & !(&ends & a.ge(c));
    let c = &replace_where(&pole, 1.0, c);
    // Uses Pfaff's transformation for negative x (DLMF 15.8.1).
    let negative = x.lt(0.0);
    let q = lax::select(&negative, &(c - b), b);
    let s = lax::select(&negative, &(1.0 / (1.0 - x)), &(1.0 - x));
    let within = s.gt(0.0) & s.le(1.0) & !(&nan | &pole);
    let inner = replace_where(&!&within, 1.0, &s);
    // If the function grows like a negative power of s near 1, Euler's transformation (DLMF 15.8.1) factors out that
    // power.
    let power = c - a - &q;
    let grows = power.lt(0.0) & inner.lt(0.5) & !&ends;
    let p = lax::select(&grows, &(c - a), a);
    let q = lax::select(&grows, &(c - &q), &q);
    let y = continued(&p, &q, c, &inner, &within);
    let y = lax::select(&grows, &(lax::pow(&inner, &replace_where(&!&grows, 1.0, &power)) * &y), &y);
    let scale = lax::select(&negative, &lax::pow(&replace_where(&!&negative, 1.0, &(1.0 - x)), &-a), &one);
    let y = y * scale;
    // At 1, uses Gauss's sum (DLMF 15.4.20). Above 1, only finite sums exist.
    let excess = c - a - b;
    let at_one = gamma_ratio(a, b, c, &excess);
    let at_one = replace_where(&(excess.le(0.0) & !&ends), f64::INFINITY, &at_one);
    let beyond = x.ge(1.0) & &ends & !(&nan | &pole);
    let [polynomial, _] = series(&[a, b], c, &replace_where(&!&beyond, 0.0, x), &beyond);
    let y = lax::select(&x.eq(1.0), &at_one, &y);
    let y = replace_where(&(x.gt(1.0) & !&ends), f64::INFINITY, &y);
    let y = lax::select(&beyond, &polynomial, &y);
    let y = replace_where(&pole, f64::INFINITY, &y);
    let y = replace_where(&(x.eq(0.0) | a.eq(0.0) | b.eq(0.0)), 1.0, &y);
    replace_where(&nan, f64::NAN, &y)
}

/// Returns Γ(c) Γ(c - a - b) / (Γ(c - a) Γ(c - b)).
fn gamma_ratio(a: &Tensor, b: &Tensor, c: &Tensor, excess: &Tensor) -> Tensor {
    let (p, q) = (&(c - a), &(c - b));
    let none = at_pole(p) | at_pole(q);
    let safe = |x: &Tensor| replace_where(&(at_pole(x) | &none), 1.0, x);
    let [c, excess, p, q] = [c, excess, p, q].map(safe);
    let log = lgamma_of(&c) + lgamma_of(&excess) - lgamma_of(&p) - lgamma_of(&q);
    let sign = gammasgn_of(&c) * gammasgn_of(&excess) * gammasgn_of(&p) * gammasgn_of(&q);
    replace_where(&none, 0.0, &(log.exp() * sign))
}

fn of_2f1(xs: &[Tensor]) -> Tensor {
    hyp2f1_value(&xs[0], &xs[1], &xs[2], &xs[3])
}
fn hyp2f1_of(a: &Tensor, b: &Tensor, c: &Tensor, x: &Tensor) -> Tensor {
    with_partials(of_2f1, &[a, b, c, x], |xs, _| {
        let [a, b, c, x] = [&xs[0], &xs[1], &xs[2], &xs[3]];
        let by_x = a * b / c * hyp2f1_value(&(a + 1.0), &(b + 1.0), &(c + 1.0), x);
        vec![partial(of_2f1, xs, 0), partial(of_2f1, xs, 1), partial(of_2f1, xs, 2), by_x]
    })
}

/// Returns the confluent hypergeometric function ₁F₁(a; b; x), or M(a, b, x): Σ (a)ₖ xᵏ / ((b)ₖ k!). It is ∞ where `b`
/// is 0 or a negative integer, and 1 where `a` is 0.
///
/// It is differentiable with respect to all three.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
///
/// ```
/// use rune_trace::{Tensor, special};
/// // (eˣ - 1) / x
/// let y = special::hyp1f1(1.0, 2.0, &Tensor::scalar(-3.0f64)).item::<f64>().unwrap();
/// assert!((y - (1.0 - (-3f64).exp()) / 3.0).abs() < 1e-15);
/// ```
#[doc(alias = "kummer")]
#[track_caller]
pub fn hyp1f1(a: impl Operand, b: impl Operand, x: impl Operand) -> Tensor {
    let args = [a.into_argument(), b.into_argument(), x.into_argument()];
    lift_all("special::hyp1f1", args, |[a, b, x]| hyp1f1_of(a, b, x))
}

/// Returns Gauss's hypergeometric function ₂F₁(a, b; c; x): Σ (a)ₖ (b)ₖ xᵏ / ((c)ₖ k!), continued to all x below 1. It
/// is ∞ above 1 unless the sum is finite. It is ∞ where `c` is 0 or a negative integer, unless the sum ends before the
/// first term that is divided by 0.
///
/// It is differentiable with respect to all four.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
///
/// ```
/// use rune_trace::{Tensor, special};
/// // -ln (1 - x) / x
/// let y = special::hyp2f1(1.0, 1.0, 2.0, &Tensor::scalar(-3.0f64)).item::<f64>().unwrap();
/// assert!((y - 4f64.ln() / 3.0).abs() < 1e-15);
/// ```
#[track_caller]
pub fn hyp2f1(a: impl Operand, b: impl Operand, c: impl Operand, x: impl Operand) -> Tensor {
    let args = [a.into_argument(), b.into_argument(), c.into_argument(), x.into_argument()];
    lift_all("special::hyp2f1", args, |[a, b, c, x]| hyp2f1_of(a, b, c, x))
}
