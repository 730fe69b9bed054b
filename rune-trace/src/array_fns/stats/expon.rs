//! The exponential distribution from `loc` on, with mean `loc` + `scale`.
//!
//! ```
//! use rune_trace::{Tensor, stats};
//! let y = stats::expon::sf(&Tensor::scalar(2.0f64), 0.0, 1.0).item::<f64>().unwrap();
//! assert!((y - (-2f64).exp()).abs() < 1e-15);
//! ```

use super::{nan_unless_probability, standardize};
use crate::Tensor;
use crate::array_fns::scalar::Operand;
use crate::array_fns::special::log1mexp_of;
use crate::array_fns::special::support::{lift_all, replace_where};

/// Returns the logarithm of the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logpdf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::expon::logpdf", args, |[x, loc, scale]| {
        let z = standardize(x, loc, scale);
        replace_where(&z.lt(0.0), f64::NEG_INFINITY, &(-z - scale.log()))
    })
}

/// Returns the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn pdf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::expon::pdf", args, |[x, loc, scale]| {
        let z = standardize(x, loc, scale);
        let outside = z.lt(0.0);
        // The exponential of a great number is infinite, and so is its derivative.
        let inner = replace_where(&outside, 0.0, &z);
        replace_where(&outside, 0.0, &((-inner).exp() / scale))
    })
}

/// Returns the probability of at most `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn cdf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::expon::cdf", args, |[x, loc, scale]| {
        let z = standardize(x, loc, scale);
        replace_where(&z.lt(0.0), 0.0, &-(-z).expm1())
    })
}

/// Returns the logarithm of the probability of at most `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logcdf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::expon::logcdf", args, |[x, loc, scale]| {
        let z = standardize(x, loc, scale);
        let inner = replace_where(&z.le(0.0), 1.0, &z);
        replace_where(&z.le(0.0), f64::NEG_INFINITY, &log1mexp_of(&inner))
    })
}

/// Returns the probability of more than `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn sf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::expon::sf", args, |[x, loc, scale]| {
        let z = standardize(x, loc, scale);
        let outside = z.lt(0.0);
        replace_where(&outside, 1.0, &(-replace_where(&outside, 0.0, &z)).exp())
    })
}

/// Returns the logarithm of the probability of more than `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logsf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::expon::logsf", args, |[x, loc, scale]| {
        let z = standardize(x, loc, scale);
        replace_where(&z.lt(0.0), 0.0, &-z)
    })
}

/// Returns the quantile of `q`, the inverse of [`cdf`]. It is NaN where `q` is not in 0 … 1.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn ppf(q: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [q.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::expon::ppf", args, |[q, loc, scale]| nan_unless_probability(q, &(loc - (-q).log1p() * scale)))
}

/// Returns the inverse of [`sf`] at `q`. It is NaN where `q` is not in 0 … 1.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn isf(q: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [q.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::expon::isf", args, |[q, loc, scale]| nan_unless_probability(q, &(loc - q.log() * scale)))
}
