//! The Poisson distribution with mean `mu`, from `loc` on.
//!
//! ```
//! use rune_trace::{Tensor, stats};
//! let y = stats::poisson::pmf(&Tensor::scalar(0.0f64), 1.0, 0.0).item::<f64>().unwrap();
//! assert!((y - (-1f64).exp()).abs() < 1e-15);
//! ```

use super::is_integer;
use crate::array_fns::scalar::Operand;
use crate::array_fns::special::support::{lift_all, polynomial, replace_where};
use crate::array_fns::special::{gammaincc_of, lgamma_of, xlogy_of};
use crate::{Tensor, lax};
use std::f64::consts;

fn logpmf_of(k: &Tensor, mu: &Tensor) -> Tensor {
    let possible = is_integer(k) & k.ge(0.0);
    let inner = replace_where(&!&possible, 0.0, k);
    let y = xlogy_of(&inner, mu) - lgamma_of(&(inner + 1.0)) - mu;
    replace_where(&!possible, f64::NEG_INFINITY, &y)
}

/// Returns the logarithm of the probability of `k`, which is -∞ if `k` is negative or not whole.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logpmf(k: impl Operand, mu: impl Operand, loc: impl Operand) -> Tensor {
    let args = [k.into_argument(), mu.into_argument(), loc.into_argument()];
    lift_all("stats::poisson::logpmf", args, |[k, mu, loc]| logpmf_of(&(k - loc), mu))
}

/// Returns the probability of `k`, which is 0 if `k` is negative or not whole.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn pmf(k: impl Operand, mu: impl Operand, loc: impl Operand) -> Tensor {
    let args = [k.into_argument(), mu.into_argument(), loc.into_argument()];
    lift_all("stats::poisson::pmf", args, |[k, mu, loc]| logpmf_of(&(k - loc), mu).exp())
}

/// Returns the probability of at most `k`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn cdf(k: impl Operand, mu: impl Operand, loc: impl Operand) -> Tensor {
    let args = [k.into_argument(), mu.into_argument(), loc.into_argument()];
    lift_all("stats::poisson::cdf", args, |[k, mu, loc]| {
        let k = k - loc;
        let below = k.lt(0.0);
        let inner = replace_where(&below, 0.0, &k).floor() + 1.0;
        replace_where(&below, 0.0, &gammaincc_of(&inner, mu))
    })
}

/// The mean from which the entropy is a series in its reciprocal.
const LARGE: f64 = 100.0;
/// Means below `LARGE` have less than 10⁻³⁰ of their probability at or above this.
const COUNTS: usize = 250;

/// Returns the entropy Σ -p ln p of the distribution, in nats. It does not depend on `loc`. It is 0 if the mean is 0,
/// and NaN if the mean is negative.
///
/// For means from 100 on, it is a series whose rest is below 10⁻¹³. Numbers of `f64` have about 12 correct digits; JAX's
/// have 5.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
///
/// ```
/// use rune_trace::{Tensor, stats};
/// let y = stats::poisson::entropy(&Tensor::from([0.0f64, 0.5, 4.0, 99.5, 1000.0]), 0.0).to_vec::<f64>().unwrap();
/// for (y, exact) in y.into_iter().zip([0.0, 0.9276374674957980, 2.086672699880964, 3.718175570939186, 4.872732797642851]) {
///     assert!((y - exact).abs() < 1e-12);
/// }
/// ```
#[track_caller]
pub fn entropy(mu: impl Operand, loc: impl Operand) -> Tensor {
    let args = [mu.into_argument(), loc.into_argument()];
    lift_all("stats::poisson::entropy", args, |[mu, _]| {
        let small = replace_where(&mu.ge(LARGE), 1.0, mu);
        let mut shape = mu.shape().clone();
        shape.dims_mut().push(COUNTS);
        let counts = lax::iota(mu.dtype(), shape.clone(), mu.rank());
        let small = replace_where(&mu.eq(0.0), 1.0, &small).unsqueeze(-1).broadcast_to(shape);
        // -∞ · 0 would be NaN, but no logarithm is -∞ here.
        let log_p = xlogy_of(&counts, &small) - lgamma_of(&(&counts + 1.0)) - small;
        let sum = -(log_p.exp() * log_p).sum_axes(-1);

        let large = replace_where(&mu.lt(LARGE), LARGE, mu);
        let series = [1375.0 / 1008.0, 863.0 / 2520.0, 9.0 / 80.0, 19.0 / 360.0, 1.0 / 24.0, 1.0 / 12.0, 0.0];
        let series = (&large * (2.0 * consts::PI * consts::E)).log() * 0.5 - polynomial(&large.reciprocal(), &series);
        replace_where(&mu.eq(0.0), 0.0, &lax::select(&mu.ge(LARGE), &series, &sum))
    })
}
