//! Integrals of elementary functions: the dilogarithm, the integrals of Dawson, Fresnel and Owen, and the sine and
//! cosine integrals.
//!
//! The rational functions are those of Cephes (S. Moshier, "Methods and Programs for Mathematical Functions", 1989).

use super::elementary::sinc_of;
use super::error::{erfc_of, normal_density};
use super::quotients::{dawson, dilogarithm, fresnel as fresnel_table, owen, sine};
use super::support::{lift, lift_all, polynomial, replace_where, with_slope, with_slopes};
use crate::array_fns::elementwise::expect_float;
use crate::array_fns::scalar::Operand;
use crate::tensor::{at_caller, current_origin, with_origin};
use crate::{Tensor, custom_tangent, lax};
use rune_ir::DType;
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_PI_2, PI};

const EULER: f64 = 0.577_215_664_901_532_9;

fn quotient(x: &Tensor, (above, below): (&[f64], &[f64])) -> Tensor {
    polynomial(x, above) / polynomial(x, below)
}

/// Returns both results of a function of `x`, a float. `slopes` computes their derivatives, given x.
#[track_caller]
fn lift_pair(
    op: &str,
    x: &Tensor,
    f: fn(&Tensor) -> (Tensor, Tensor),
    slopes: fn(&Tensor) -> (Tensor, Tensor),
) -> (Tensor, Tensor) {
    expect_float(op, x);
    at_caller(|| {
        let origin = &current_origin();
        let g = custom_tangent(
            move |x: &Tensor| with_origin(origin, || f(x)),
            move |(x,), _, (dx,)| {
                with_origin(origin, || {
                    let (a, b) = slopes(x);
                    (a * dx, b * dx)
                })
            },
        );
        if x.dtype().is_reduced_float() {
            let (a, b) = g(&lax::convert(x, DType::F32));
            return (lax::convert(&a, x.dtype()), lax::convert(&b, x.dtype()));
        }
        g(x)
    })
}

fn spence_value(x: &Tensor) -> Tensor {
    // Reduces x to 1/2 … 3/2 by the formulas for 1/x and 1 - x (DLMF 25.12.4, 25.12.6).
    let great = x.gt(2.0);
    let end = x.eq(0.0) | x.eq(f64::INFINITY);
    let positive = replace_where(&(&end | x.lt(0.0)), 1.0, x);
    let y = lax::select(&great, &(1.0 / &positive), &positive);
    let (above, below) = (y.gt(1.5), y.lt(0.5));
    let inverted = great | &above;
    let w = lax::select(&above, &(1.0 / &y - 1.0), &lax::select(&below, &-&y, &(&y - 1.0)));
    let z = -&w * quotient(&w, (&dilogarithm::A, &dilogarithm::B));
    let log = y.log();
    let mirrored = PI * PI / 6.0 - &log * (-replace_where(&!&below, 0.5, &y)).log1p() - &z;
    let z = lax::select(&below, &mirrored, &z);
    let z = lax::select(&inverted, &(log.square() * -0.5 - &z), &z);
    let z = replace_where(&x.eq(0.0), PI * PI / 6.0, &z);
    let z = replace_where(&x.eq(f64::INFINITY), f64::NEG_INFINITY, &z);
    replace_where(&(x.lt(0.0) | x.isnan()), f64::NAN, &z)
}
/// Returns ln x / (1 - x), and -1 at 1. Near 1, uses its series in 1 - x.
fn spence_slope(x: &Tensor) -> Tensor {
    const TERMS: i32 = 8;
    let small = (x - 1.0).abs().lt(1e-2);
    let u = replace_where(&!&small, 0.0, &(1.0 - x));
    let mut near = lax::full_like(x, -1.0 / f64::from(TERMS));
    for k in (1..TERMS).rev() {
        near = near * &u - 1.0 / f64::from(k);
    }
    let outer = replace_where(&small, 2.0, x);
    let far = outer.log() / (1.0 - outer);
    lax::select(&small, &near, &far)
}
/// Returns the dilogarithm as Spence's function, ∫₁ˣ ln t / (1 - t) dt = Li₂(1 - x). It is NaN where x is negative.
///
/// # Panics
/// If the dtype of `x` is not a float.
///
/// ```
/// use rune_trace::{Tensor, special};
/// let x = special::spence(&Tensor::scalar(0.0f64)).item::<f64>().unwrap();
/// assert!((x - std::f64::consts::PI.powi(2) / 6.0).abs() < 1e-15);
/// ```
#[track_caller]
pub fn spence(x: &Tensor) -> Tensor {
    lift("special::spence", x, |x| with_slope(spence_value, x, |x, _| spence_slope(x)))
}

fn dawsn_value(x: &Tensor) -> Tensor {
    let magnitude = x.abs();
    let (near, far) = (magnitude.lt(3.25), magnitude.ge(6.25));
    let inner = replace_where(&!&near, 1.0, x);
    let first = &inner * quotient(&inner.square(), (&dawson::AN, &dawson::AD));
    let outer = replace_where(&near, 4.0, x);
    let t = 1.0 / outer.square();
    let tail = |table| (quotient(&t, table) * &t + 1.0) * 0.5 / &outer;
    let rest = lax::select(&far, &tail((&dawson::CN, &dawson::CD)), &tail((&dawson::BN, &dawson::BD)));
    lax::select(&near, &first, &rest)
}
/// Returns Dawson's integral, e^-x² ∫₀ˣ e^t² dt.
///
/// # Panics
/// If the dtype of `x` is not a float.
///
/// ```
/// use rune_trace::{Tensor, special};
/// let x = special::dawsn(&Tensor::scalar(1.0f64)).item::<f64>().unwrap();
/// assert!((x - 0.538_079_506_912_768_4).abs() < 1e-15);
/// ```
#[track_caller]
pub fn dawsn(x: &Tensor) -> Tensor {
    lift("special::dawsn", x, |x| with_slope(dawsn_value, x, |x, y| 1.0 - x * y * 2.0))
}

fn sici_value(x: &Tensor) -> (Tensor, Tensor) {
    let magnitude = x.abs();
    let infinite = magnitude.eq(f64::INFINITY);
    let near = magnitude.le(4.0);
    let inner = replace_where(&!&near, 1.0, &magnitude);
    let t = inner.square();
    let si_near = &inner * quotient(&t, (&sine::SN, &sine::SD));
    let ci_near = inner.log() + EULER + &t * quotient(&t, (&sine::CN, &sine::CD));
    // Uses the auxiliary functions f and g (DLMF 6.2.19, 6.2.20).
    let outer = replace_where(&(&near | &infinite), 5.0, &magnitude);
    let z = 1.0 / outer.square();
    let middle = outer.lt(8.0);
    let f =
        lax::select(&middle, &quotient(&z, (&sine::FN4, &sine::FD4)), &quotient(&z, (&sine::FN8, &sine::FD8))) / &outer;
    let g = lax::select(&middle, &quotient(&z, (&sine::GN4, &sine::GD4)), &quotient(&z, (&sine::GN8, &sine::GD8))) * &z;
    let (sin, cos) = (outer.sin(), outer.cos());
    let si_far = FRAC_PI_2 - &f * &cos - &g * &sin;
    let ci_far = f * sin - g * cos;
    let si = replace_where(&infinite, FRAC_PI_2, &lax::select(&near, &si_near, &si_far));
    let ci = replace_where(&infinite, 0.0, &lax::select(&near, &ci_near, &ci_far));
    let ci = replace_where(&x.eq(f64::NEG_INFINITY), f64::NAN, &ci);
    let nan = x.isnan();
    let si = lax::select(&x.lt(0.0), &-&si, &si);
    (replace_where(&nan, f64::NAN, &si), replace_where(&nan, f64::NAN, &ci))
}
/// Returns the sine integral Si(x), and the cosine integral Ci(|x|), which is -∞ at 0.
///
/// # Panics
/// If the dtype of `x` is not a float.
///
/// ```
/// use rune_trace::{Tensor, special};
/// let (si, ci) = special::sici(&Tensor::scalar(1.0f64));
/// assert!((si.item::<f64>().unwrap() - 0.946_083_070_367_183).abs() < 1e-15);
/// assert!((ci.item::<f64>().unwrap() - 0.337_403_922_900_968_1).abs() < 1e-15);
/// ```
#[track_caller]
pub fn sici(x: &Tensor) -> (Tensor, Tensor) {
    lift_pair("special::sici", x, sici_value, |x| (sinc_of(&(x / PI)), x.cos() / x))
}

/// Returns sin (π x² / 2) and cos (π x² / 2). It first reduces x² / 2 modulo 2, a whole period, so that large x lose no
/// accuracy.
fn of_half_square(x: &Tensor) -> (Tensor, Tensor) {
    let magnitude = x.abs();
    let s = lax::rem(&magnitude, &lax::full_like(x, 2.0));
    let r = lax::rem(&(&s * (&magnitude - &s * 0.5)), &lax::full_like(x, 2.0));
    let (first, last) = (r.lt(0.5), r.gt(1.5));
    let sin =
        lax::select(&first, &(&r * PI).sin(), &lax::select(&last, &((&r - 2.0) * PI).sin(), &-((&r - 1.0) * PI).sin()));
    let cos = lax::select(&r.lt(1.0), &-((&r - 0.5) * PI).sin(), &((&r - 1.5) * PI).sin());
    (sin, cos)
}
fn fresnel_value(x: &Tensor) -> (Tensor, Tensor) {
    use fresnel_table::{CD, CN, FD, FN, GD, GN, SD, SN};
    let magnitude = x.abs();
    let infinite = magnitude.eq(f64::INFINITY);
    let near = magnitude.square().lt(2.5625);
    let far = magnitude.gt(36974.0);
    let inner = replace_where(&!&near, 1.0, &magnitude);
    let square = inner.square();
    let t = square.square();
    let s_near = &inner * square * quotient(&t, (&SN, &SD));
    let c_near = inner * quotient(&t, (&CN, &CD));
    let outer = replace_where(&(&near | &infinite), 2.0, &magnitude);
    let (sin, cos) = of_half_square(&outer);
    let bounded = replace_where(&far, 2.0, &outer);
    let t = 1.0 / (bounded.square() * PI);
    let u = t.square();
    let f = replace_where(&far, 1.0, &(1.0 - &u * quotient(&u, (&FN, &FD))));
    let g = replace_where(&far, 0.0, &(t * quotient(&u, (&GN, &GD))));
    let t = outer * PI;
    let c_far = (&f * &sin - &g * &cos) / &t + 0.5;
    let s_far = 0.5 - (f * cos + g * sin) / t;
    let signed = |near_value: &Tensor, far_value: &Tensor| {
        let y = replace_where(&infinite, 0.5, &lax::select(&near, near_value, far_value));
        let y = lax::select(&x.lt(0.0), &-&y, &y);
        replace_where(&x.isnan(), f64::NAN, &y)
    };
    (signed(&s_near, &s_far), signed(&c_near, &c_far))
}
/// Returns the Fresnel integrals S(x) and C(x): the integrals of sin (π t² / 2) and cos (π t² / 2) from 0 to x.
///
/// # Panics
/// If the dtype of `x` is not a float.
///
/// ```
/// use rune_trace::{Tensor, special};
/// let (s, c) = special::fresnel(&Tensor::scalar(1.0f64));
/// assert!((s.item::<f64>().unwrap() - 0.438_259_147_390_354_8).abs() < 1e-15);
/// assert!((c.item::<f64>().unwrap() - 0.779_893_400_376_823).abs() < 1e-15);
/// ```
#[track_caller]
pub fn fresnel(x: &Tensor) -> (Tensor, Tensor) {
    lift_pair("special::fresnel", x, fresnel_value, of_half_square)
}

/// Returns Owen's T function for 0 ≤ a ≤ 1, by quadrature (M. Patefield and D. Tandy, "Fast and accurate calculation of
/// Owen's T function", 2000, method T5).
fn owens_t_value(h: &Tensor, a: &Tensor) -> Tensor {
    let (height, slope) = (h.abs(), a.abs());
    let steep = slope.gt(1.0);
    let infinite = slope.eq(f64::INFINITY);
    let flat = lax::select(&steep, &(1.0 / &slope), &slope);
    let along = replace_where(&infinite, 0.0, &(replace_where(&infinite, 1.0, &slope) * &height));
    let reach = lax::select(&steep, &along, &height);
    let mut sum = lax::full_like(h, 0.0);
    for (point, weight) in owen::POINTS.into_iter().zip(owen::WEIGHTS) {
        let r = flat.square() * point + 1.0;
        sum += (reach.square() * &r * -0.5).exp() / r * weight;
    }
    let y = &flat * sum;
    let y = lax::select(&reach.eq(0.0), &(flat.atan() / (2.0 * PI)), &y);
    let tail = &reach * FRAC_1_SQRT_2;
    let y = lax::select(&flat.eq(1.0), &(erfc_of(&-&tail) * erfc_of(&tail) * 0.125), &y);
    let (tall, wide) = (&height * FRAC_1_SQRT_2, &along * FRAC_1_SQRT_2);
    let central = 0.25 - tall.erf() * wide.erf() * 0.25 - &y;
    let (p, q) = (erfc_of(&tall), erfc_of(&wide));
    let outer = (&p + &q - &p * &q) * 0.25 - &y;
    let turned = lax::select(&along.le(0.67), &central, &outer);
    let y = lax::select(&steep, &turned, &y);
    let y = lax::select(&infinite, &(erfc_of(&tall) * 0.25), &y);
    let y = lax::select(&a.lt(0.0), &-&y, &y);
    replace_where(&(a.isnan() | h.isnan()), f64::NAN, &y)
}
/// Returns Owen's T function: the probability that a standard normal X is above `h`, and another, independent one is
/// between 0 and `a` X.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
///
/// ```
/// use rune_trace::{Tensor, special};
/// let x = special::owens_t(0.0, &Tensor::scalar(1.0f64)).item::<f64>().unwrap();
/// assert!((x - 0.125).abs() < 1e-15);
/// ```
#[track_caller]
pub fn owens_t(h: impl Operand, a: impl Operand) -> Tensor {
    lift_all("special::owens_t", [h.into_argument(), a.into_argument()], |[h, a]| {
        with_slopes(owens_t_value, [h, a], |h, a, _| {
            let by_h = normal_density(h) * (a * h * FRAC_1_SQRT_2).erf() * -0.5;
            let square = a.square() + 1.0;
            [by_h, (&square * h.square() * -0.5).exp() / (square * (2.0 * PI))]
        })
    })
}
