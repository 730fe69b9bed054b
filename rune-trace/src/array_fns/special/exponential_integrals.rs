//! The exponential integrals. Ei uses the rational approximations of W. Cody and H. Thacher ("Chebyshev Approximations
//! for the Exponential Integral Ei(x)", 1969), in the form of Cephes' `ei.c`. Eₙ uses its series (DLMF 8.19.8), its
//! continued fraction (A&S 5.1.22) and, for large n, its asymptotic expansion (A&S 5.1.52), like Cephes' `expn.c`.

use super::gamma::lgamma_of;
use super::polygamma::digamma_of;
use super::support::{
    epsilon, lift, lift_all, polynomial, replace_where, to_float_order, while_loop_with_origin, with_slope,
};
use super::tables;
use crate::array_fns::scalar::Operand;
use crate::{Tensor, lax};

const EULER: f64 = 0.577_215_664_901_532_9;

/// The order from which the expansion for large orders is used.
const LARGE: f64 = 5000.0;

/// Returns (-x)ⁿ⁻¹ / (n - 1)! (ψ(n) - ln x) - Σ (-x)ᵏ / (k - n + 1) k!, where `on`. The sum omits k = n - 1.
fn series(n: &Tensor, x: &Tensor, on: &Tensor) -> Tensor {
    let eps = epsilon(x);
    let first = n.eq(1.0);
    let start = replace_where(&first, 0.0, &(1.0 / (1.0 - replace_where(&first, 2.0, n))));
    let init = [on.clone(), x.zeros_like(), x.ones_like(), 1.0 - n, start];
    let [.., sum] = while_loop_with_origin(
        |c: &[Tensor; 5]| c[0].any(),
        |[on, k, term, place, sum]| {
            let k = k + 1.0;
            let term = term * -x / &k;
            let place = place + 1.0;
            let pole = place.eq(0.0);
            let next = sum + replace_where(&pole, 0.0, &(&term / replace_where(&pole, 1.0, &place)));
            let size = (&term / &next).abs();
            let more = on & (size.gt(eps) | next.eq(0.0));
            [more, k, term, place, lax::select(on, &next, sum)]
        },
        &init,
    );
    // The sign of the power of a negative number follows from the parity of the exponent.
    let exponent = n - 1.0;
    let half = &exponent * 0.5;
    let sign = replace_where(&half.ne(half.floor()), -1.0, &x.ones_like());
    let log_x = x.log();
    let power = sign * (&exponent * &log_x - lgamma_of(n)).exp();
    let power = replace_where(&exponent.eq(0.0), 1.0, &power);
    power * (digamma_of(n) - log_x) - sum
}

/// Returns e⁻ˣ / (x + n / (1 + 1 / (x + (n + 1) / (1 + 2 / (x + …))))), where `on`.
fn fraction(n: &Tensor, x: &Tensor, on: &Tensor) -> Tensor {
    let eps = epsilon(x);
    let one = x.ones_like();
    let q = x + n;
    let init = [on.clone(), one.clone(), one.clone(), x.clone(), one, q.clone(), 1.0 / &q];
    let last = while_loop_with_origin(
        |c: &[Tensor; 7]| c[0].any(),
        |[on, k, p2, q2, p1, q1, y]| {
            let k = k + 1.0;
            let half = &k * 0.5;
            let odd = half.ne(half.floor());
            let by = replace_where(&odd, 1.0, x);
            let term = lax::select(&odd, &(n + (&k - 1.0) * 0.5), &half);
            let p = p1 * &by + p2 * &term;
            let q = q1 * &by + q2 * term;
            let quotient = &p / &q;
            let more = on & ((y - &quotient) / &quotient).abs().gt(eps);
            let scale = replace_where(&p.abs().gt(1.0 / eps), eps, &p.ones_like());
            let next = [p1 * &scale, q1 * &scale, p * &scale, q * scale, quotient];
            let mut kept = vec![more, k];
            for (next, before) in next.iter().zip([p2, q2, p1, q1, y]) {
                kept.push(lax::select(on, next, before));
            }
            kept.try_into().expect("as many as there were")
        },
        &init,
    );
    let [.., y] = last;
    y * (-x).exp()
}

fn large_order(n: &Tensor, x: &Tensor) -> Tensor {
    let sum = x + n;
    let inverse = 1.0 / sum.square();
    let y = &inverse * n * (x.square() * 6.0 - n * x * 8.0 + n.square());
    let y = &inverse * (y + n * (n - x * 2.0));
    let y = &inverse * (y + n);
    (y + 1.0) * (-x).exp() / sum
}

fn expn_value(n: &Tensor, x: &Tensor) -> Tensor {
    let wrong = n.lt(0.0) | x.lt(0.0) | x.isnan() | n.isnan();
    let at_zero = x.eq(0.0);
    let infinite = x.eq(f64::INFINITY);
    let settled = &wrong | &at_zero | &infinite;
    let large = !&settled & n.ge(LARGE);
    let by_fraction = !(&settled | &large) & x.gt(1.0);
    let by_series = !(&settled | &large | &by_fraction);
    // For each method, replaces the arguments outside of its range with safe numbers.
    let (n1, x1) = (replace_where(&!&by_series, 1.0, n), replace_where(&!&by_series, 0.5, x));
    let (n2, x2) = (replace_where(&!&by_fraction, 1.0, n), replace_where(&!&by_fraction, 2.0, x));
    let (n3, x3) = (replace_where(&!&large, LARGE, n), replace_where(&!&large, 1.0, x));
    let y = lax::select(&by_fraction, &fraction(&n2, &x2, &by_fraction), &series(&n1, &x1, &by_series));
    let y = lax::select(&large, &large_order(&n3, &x3), &y);
    let at_zero_value = replace_where(&n.lt(2.0), f64::INFINITY, &(1.0 / (replace_where(&n.lt(2.0), 2.0, n) - 1.0)));
    let y = lax::select(&at_zero, &at_zero_value, &y);
    let y = replace_where(&infinite, 0.0, &y);
    replace_where(&wrong, f64::NAN, &y)
}
/// Returns Eₙ(x). Call it inside `at_caller`. The first `levels` derivatives with respect to x have derivative rules.
/// E₀ is differentiated by its elementary formula. Higher derivatives differentiate the loops, which works only in
/// forward mode.
fn expn_of(n: &Tensor, x: &Tensor, levels: u32) -> Tensor {
    let elementary = n.eq(0.0);
    let order = replace_where(&elementary, 1.0, n);
    let next = &order - 1.0;
    let y = match levels {
        0 => expn_value(&order, x),
        _ => with_slope(move |x: &Tensor| expn_value(&order, x), x, move |x, _| -expn_of(&next, x, levels - 1)),
    };
    let wrong = &elementary & !x.ge(0.0);
    let inner = replace_where(&!(&elementary & !&wrong), 1.0, x);
    lax::select(&elementary, &replace_where(&wrong, f64::NAN, &((-&inner).exp() / &inner)), &y)
}
const LEVELS: u32 = 2;

/// Returns Ei(x) for x > 0.
fn positive(x: &Tensor) -> Tensor {
    let first = polynomial(x, &tables::A_1) / polynomial(x, &tables::B_1);
    let mut y = x * first + EULER + x.log();
    let w = 1.0 / x;
    let scale = x.exp() * &w;
    let pieces: [(f64, &[f64], &[f64]); 6] = [
        (2.0, &tables::A_2, &tables::B_2),
        (4.0, &tables::A_3, &tables::B_3),
        (8.0, &tables::A_4, &tables::B_4),
        (16.0, &tables::A_5, &tables::B_5),
        (32.0, &tables::A_6, &tables::B_6),
        (64.0, &tables::A_7, &tables::B_7),
    ];
    for (from, a, b) in pieces {
        let piece = (polynomial(&w, a) / polynomial(&w, b) * &w + 1.0) * &scale;
        y = lax::select(&x.gt(from), &piece, &y);
    }
    y
}
fn expi_value(x: &Tensor) -> Tensor {
    let below = x.lt(0.0);
    let one = x.ones_like();
    let y = positive(&replace_where(&below, 1.0, x));
    let y = lax::select(&below, &-expn_value(&one, &lax::select(&below, &-x, &one)), &y);
    let y = replace_where(&x.eq(0.0), f64::NEG_INFINITY, &y);
    let y = replace_where(&x.eq(f64::INFINITY), f64::INFINITY, &y);
    replace_where(&x.isnan(), f64::NAN, &y)
}

/// Returns the exponential integral Ei(x): the integral of eᵗ / t up to x (the principal value if x is positive). It is
/// -∞ at 0.
///
/// # Panics
/// If the dtype of `x` is not a float.
///
/// ```
/// use rune_trace::{Tensor, special};
/// let x = special::expi(&Tensor::scalar(1.0f64)).item::<f64>().unwrap();
/// assert!((x - 1.895_117_816_355_936_8).abs() < 1e-15);
/// ```
#[track_caller]
pub fn expi(x: &Tensor) -> Tensor {
    lift("special::expi", x, |x| with_slope(expi_value, x, |x, _| x.exp() / x))
}
/// Returns the exponential integral E₁(x): the integral of e⁻ᵗ / t from x on. It is ∞ at 0, and NaN where x is
/// negative.
///
/// # Panics
/// If the dtype of `x` is not a float.
#[track_caller]
pub fn exp1(x: &Tensor) -> Tensor {
    lift("special::exp1", x, |x| expn_of(&x.ones_like(), x, LEVELS))
}
/// Returns the exponential integral Eₙ(x): the integral of e⁻ˣᵗ / tⁿ from 1 on. `n` must be whole (integers or floats),
/// and `n` and `x` must not be negative; else the result is NaN. It is differentiable only with respect to `x`.
///
/// # Panics
/// If the dtype of `x` is not a float, or shapes do not broadcast.
///
/// ```
/// use rune_trace::{Tensor, special};
/// let x = special::expn(2, &Tensor::scalar(1.0f64)).item::<f64>().unwrap();
/// assert!((x - 0.148_495_506_775_922_05).abs() < 1e-15);
/// ```
#[track_caller]
pub fn expn(n: impl Operand, x: impl Operand) -> Tensor {
    let x = x.into_argument();
    let n = to_float_order("special::expn", n.into_argument(), &x);
    lift_all("special::expn", [n, x], |[n, x]| {
        let negative = n.lt(0.0);
        replace_where(&negative, f64::NAN, &expn_of(&replace_where(&negative, 0.0, n), x, LEVELS))
    })
}
