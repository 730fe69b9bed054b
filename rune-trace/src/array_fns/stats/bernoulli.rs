//! The distribution of one trial that succeeds (1) with probability `p`, or fails (0).
//!
//! ```
//! use rune_trace::{Tensor, stats};
//! let y = stats::bernoulli::pmf(&Tensor::scalar(1.0f64), 0.25, 0.0).item::<f64>().unwrap();
//! assert!((y - 0.25).abs() < 1e-15);
//! ```

use super::nan_unless_probability;
use crate::Tensor;
use crate::array_fns::scalar::Operand;
use crate::array_fns::special::support::{lift_all, replace_where};
use crate::lax;

/// Returns the logarithm of the probability of `k`, which is -∞ unless `k` is 0 or 1.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logpmf(k: impl Operand, p: impl Operand, loc: impl Operand) -> Tensor {
    let args = [k.into_argument(), p.into_argument(), loc.into_argument()];
    lift_all("stats::bernoulli::logpmf", args, |[k, p, loc]| {
        let k = k - loc;
        let y = lax::select(&k.eq(1.0), &p.log(), &(-p).log1p());
        let y = replace_where(&(k.ne(0.0) & k.ne(1.0)), f64::NEG_INFINITY, &y);
        replace_where(&k.isnan(), f64::NAN, &y)
    })
}

/// Returns the probability of `k`, which is 0 unless `k` is 0 or 1.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn pmf(k: impl Operand, p: impl Operand, loc: impl Operand) -> Tensor {
    let args = [k.into_argument(), p.into_argument(), loc.into_argument()];
    lift_all("stats::bernoulli::pmf", args, |[k, p, loc]| {
        let k = k - loc;
        let y = lax::select(&k.eq(1.0), p, &(1.0 - p));
        let y = replace_where(&(k.ne(0.0) & k.ne(1.0)), 0.0, &y);
        replace_where(&k.isnan(), f64::NAN, &y)
    })
}

/// Returns the probability of at most `k`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn cdf(k: impl Operand, p: impl Operand, loc: impl Operand) -> Tensor {
    let args = [k.into_argument(), p.into_argument(), loc.into_argument()];
    lift_all("stats::bernoulli::cdf", args, |[k, p, loc]| {
        let k = k - loc;
        let y = replace_where(&k.lt(0.0), 0.0, &replace_where(&k.ge(1.0), 1.0, &(1.0 - p)));
        replace_where(&(p.lt(0.0) | p.gt(1.0) | k.isnan()), f64::NAN, &y)
    })
}

/// Returns the quantile of `q`, the inverse of [`cdf`]. It is NaN where `q` is not in 0 … 1.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn ppf(q: impl Operand, p: impl Operand, loc: impl Operand) -> Tensor {
    let args = [q.into_argument(), p.into_argument(), loc.into_argument()];
    lift_all("stats::bernoulli::ppf", args, |[q, p, loc]| {
        let y = replace_where(&q.le(1.0 - p), 0.0, &q.ones_like()) + loc;
        replace_where(&(p.lt(0.0) | p.gt(1.0) | p.isnan()), f64::NAN, &nan_unless_probability(q, &y))
    })
}
