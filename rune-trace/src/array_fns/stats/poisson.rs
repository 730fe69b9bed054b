//! The Poisson distribution with mean `mu`, from `loc` on.
//!
//! ```
//! use rune_trace::{Tensor, stats};
//! let y = stats::poisson::pmf(&Tensor::scalar(0.0f64), 1.0, 0.0).item::<f64>().unwrap();
//! assert!((y - (-1f64).exp()).abs() < 1e-15);
//! ```

use super::is_integer;
use crate::Tensor;
use crate::array_fns::scalar::Operand;
use crate::array_fns::special::support::{lift_all, replace_where};
use crate::array_fns::special::{gammaincc_of, lgamma_of, xlogy_of};

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
