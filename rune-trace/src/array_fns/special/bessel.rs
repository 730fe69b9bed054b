//! Bessel functions. The modified ones of order 0 and 1 use series of Chebyshev polynomials (C. Clenshaw, "Chebyshev
//! Series for Mathematical Functions", 1962), with coefficients recomputed to 50 digits. Those of the first kind use
//! Miller's backward recurrence (W. Gautschi, "Computational Aspects of Three-Term Recurrence Relations", 1967).

use super::support::{chebyshev, lift, replace_where, with_slope};
use super::tables::{FAR_0, FAR_1, NEAR_0, NEAR_1};
use crate::array_fns::elementwise::expect_float;
use crate::tensor::{at_caller, current_origin, with_origin};
use crate::{Tensor, custom_tangent, fori_loop, lax};
use rune_ir::DType;

/// Returns the coefficients that matter in the dtype: drops those of high powers that are far below its precision.
fn significant_coefficients(x: &Tensor, coefficients: &'static [f64]) -> &'static [f64] {
    if x.dtype() == DType::F64 {
        return coefficients;
    }
    let first = coefficients.iter().position(|c| c.abs() > 1e-9).unwrap_or(0);
    &coefficients[first..]
}

/// Returns the series for 0 ≤ x ≤ 8, and the series for x > 8.
fn near_and_far(x: &Tensor, near: &'static [f64], far: &'static [f64]) -> [Tensor; 2] {
    let small = x.le(8.0);
    let inner = replace_where(&!&small, 8.0, x);
    let outer = replace_where(&small, 8.0, x);
    let near = chebyshev(&(inner * 0.25 - 1.0), significant_coefficients(x, near));
    let far = chebyshev(&(16.0 / &outer - 1.0), significant_coefficients(x, far)) / outer.sqrt();
    [near, far]
}
fn i0e_value(x: &Tensor) -> Tensor {
    let magnitude = x.abs();
    let [near, far] = near_and_far(&magnitude, &NEAR_0, &FAR_0);
    replace_where(&x.isnan(), f64::NAN, &lax::select(&magnitude.le(8.0), &near, &far))
}
fn i1e_value(x: &Tensor) -> Tensor {
    let magnitude = x.abs();
    let [near, far] = near_and_far(&magnitude, &NEAR_1, &FAR_1);
    let y = lax::select(&x.lt(0.0), &-&far, &far);
    let y = lax::select(&magnitude.le(8.0), &(replace_where(&magnitude.gt(8.0), 8.0, x) * near), &y);
    replace_where(&x.isnan(), f64::NAN, &y)
}
/// Returns whether |x| is above 8, and e^-|x| I₁(x) / x where |x| is at most 8. Uses no division, because the
/// derivative of a quotient would lose digits near 0.
fn i1e_by_x(x: &Tensor) -> (Tensor, Tensor) {
    let magnitude = x.abs();
    let far = magnitude.gt(8.0);
    let [near, _] = near_and_far(&replace_where(&far, 8.0, &magnitude), &NEAR_1, &FAR_1);
    (far, near)
}
pub(crate) fn i0e_of(x: &Tensor) -> Tensor {
    with_slope(i0e_value, x, |x, y| i1e_value(x) - x.sign() * y)
}
fn i1e_of(x: &Tensor) -> Tensor {
    with_slope(i1e_value, x, |x, y| {
        let (far, near) = i1e_by_x(x);
        let quotient = y / replace_where(&!&far, 1.0, x);
        i0e_value(x) - x.sign() * y - lax::select(&far, &quotient, &near)
    })
}
fn i0_value(x: &Tensor) -> Tensor {
    x.abs().exp() * i0e_value(x)
}
fn i1_value(x: &Tensor) -> Tensor {
    x.abs().exp() * i1e_value(x)
}
fn i0_of(x: &Tensor) -> Tensor {
    with_slope(i0_value, x, |x, _| i1_value(x))
}
fn i1_of(x: &Tensor) -> Tensor {
    with_slope(i1_value, x, |x, y| {
        let (far, near) = i1e_by_x(x);
        let near = near * replace_where(&far, 0.0, &x.abs()).exp();
        let quotient = y / replace_where(&!&far, 1.0, x);
        i0_value(x) - lax::select(&far, &quotient, &near)
    })
}

/// Returns I₀(x), the modified Bessel function of the first kind of order 0.
///
/// # Panics
/// If the dtype of `x` is not a float.
///
/// ```
/// use rune_trace::{Tensor, special};
/// let x = special::i0(&Tensor::scalar(1.0f64)).item::<f64>().unwrap();
/// assert!((x - 1.266_065_877_752_008_4).abs() < 1e-15);
/// ```
#[track_caller]
pub fn i0(x: &Tensor) -> Tensor {
    lift("special::i0", x, i0_of)
}
/// Returns e^-|x| · I₀(x), which does not overflow.
///
/// # Panics
/// If the dtype of `x` is not a float.
#[doc(alias = "bessel_i0e")]
#[track_caller]
pub fn i0e(x: &Tensor) -> Tensor {
    lift("special::i0e", x, i0e_of)
}
/// Returns I₁(x), the modified Bessel function of the first kind of order 1.
///
/// # Panics
/// If the dtype of `x` is not a float.
#[track_caller]
pub fn i1(x: &Tensor) -> Tensor {
    lift("special::i1", x, i1_of)
}
/// Returns e^-|x| · I₁(x), which does not overflow.
///
/// # Panics
/// If the dtype of `x` is not a float.
#[doc(alias = "bessel_i1e")]
#[track_caller]
pub fn i1e(x: &Tensor) -> Tensor {
    lift("special::i1e", x, i1e_of)
}

/// Returns J₀(z) to Jᵥ(z), by the recurrence from order `terms` down.
fn jn_value(z: &Tensor, v: usize, terms: usize) -> Tensor {
    // Near 0, the recurrence overflows, but the first two terms of the power series suffice.
    let small = z.abs().lt(1e-4);
    let inner = replace_where(&small, 1.0, z);
    let near = replace_where(&!&small, 0.0, z) * 0.5;
    let mut power = z.ones_like();
    let dtype = z.dtype();
    // Jₖ₊₂, Jₖ₊₁ and J₀ + 2 J₂ + 2 J₄ + …, up to a factor, and the requested orders.
    let (mut second, mut first) = (z.zeros_like(), lax::full_like(z, 1e-16));
    let mut sum = z.zeros_like();
    let top = v.min(terms);
    // Computes the orders down to `top` in a loop, and the others one by one.
    let step = |k: &Tensor, second: &Tensor, first: &Tensor| (k + 1.0) * first * 2.0 / &inner - second;
    let origin = current_origin();
    let from = fori_loop(
        0,
        terms - top,
        |iteration, [second, first, sum]: &[Tensor; 3]| {
            with_origin(&origin, || {
                let k = terms as f64 - lax::convert(iteration, dtype);
                let half = &k * 0.5;
                let even = half.eq(half.floor()).broadcast_to(z.shape());
                let next = step(&k.broadcast_to(z.shape()), second, first);
                let sum = lax::select(&even, &(sum + &next * 2.0), sum);
                // Only their ratios matter, so rescaling prevents overflow.
                let scale = lax::stop_gradient(&replace_where(&next.abs().gt(1e15), 1e-15, &z.ones_like()));
                [first * &scale, next * &scale, sum * scale]
            })
        },
        &[second.clone(), first.clone(), sum.clone()],
    );
    let [s, f, total] = from;
    (second, first, sum) = (s, f, total);
    let mut found = Vec::new();
    for k in (0..=top).rev() {
        let next = step(&lax::full_like(z, k as f64), &second, &first);
        if k % 2 == 0 {
            sum += &next * 2.0;
        }
        found.push(next.clone());
        (second, first) = (first, next);
    }
    found.reverse();
    let scale = sum - &found[0];
    let mut rows = Vec::new();
    for k in 0..=v {
        let y = found.get(k).map_or_else(|| z.zeros_like(), |y| y / &scale);
        let series = &power * (1.0 - near.square() / (k + 1) as f64);
        rows.push(lax::select(&small, &series, &y));
        power = power * &near / (k + 1) as f64;
    }
    Tensor::stack(&rows, 0)
}
fn jn_of(z: &Tensor, v: usize, terms: usize) -> Tensor {
    let origin = &current_origin();
    let f = custom_tangent(
        move |z: &Tensor| with_origin(origin, || jn_value(z, v, terms)),
        move |(z,), _, (dz,)| {
            with_origin(origin, || {
                // J₀' = -J₁, and Jₖ' = (Jₖ₋₁ - Jₖ₊₁) / 2.
                let all = jn_value(z, v + 1, terms.max(v + 1)).unstack(0);
                let mut rows = vec![-&all[1] * dz];
                for k in 1..=v {
                    rows.push((&all[k - 1] - &all[k + 1]) * 0.5 * dz);
                }
                Tensor::stack(&rows, 0)
            })
        },
    );
    f(z)
}

/// Returns J₀(z) to Jᵥ(z), the Bessel functions of the first kind of integer order, along a new first axis. The
/// recurrence starts at the order `terms` and goes down. `terms` must be above |z| and `v`, for example 50.
///
/// # Panics
/// If the dtype of `z` is not a float.
///
/// ```
/// use rune_trace::{Tensor, special};
/// let j = special::bessel_jn(&Tensor::scalar(2.0f64), 1, 50).to_vec::<f64>().unwrap();
/// assert!((j[0] - 0.223_890_779_141_235_67).abs() < 1e-15);
/// assert!((j[1] - 0.576_724_807_756_873_4).abs() < 1e-15);
/// ```
#[track_caller]
pub fn bessel_jn(z: &Tensor, v: usize, terms: usize) -> Tensor {
    expect_float("special::bessel_jn", z);
    at_caller(|| {
        if z.dtype().is_reduced_float() {
            return lax::convert(&jn_of(&lax::convert(z, DType::F32), v, terms), z.dtype());
        }
        jn_of(z, v, terms)
    })
}
