//! The normal distribution with mean `loc` and deviation `scale`.
//!
//! ```
//! use rune_trace::{Tensor, stats};
//! let y = stats::norm::cdf(&Tensor::scalar(1.96f64), 0.0, 1.0).item::<f64>().unwrap();
//! assert!((y - 0.975_002_104_851_779_5).abs() < 1e-15);
//! ```

use super::standardize;
use crate::Tensor;
use crate::array_fns::scalar::Operand;
use crate::array_fns::special::support::lift_all;
use crate::array_fns::special::{log_ndtr_of, ndtr_of, ndtri_of, normal_density};
use std::f64::consts::PI;

/// Returns the logarithm of the density of mean 0 and deviation 1. Call it inside `at_caller`.
pub(super) fn logpdf_of(x: &Tensor) -> Tensor {
    x.square() * -0.5 - 0.5 * (2.0 * PI).ln()
}

/// Returns the logarithm of the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logpdf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::norm::logpdf", args, |[x, loc, scale]| logpdf_of(&standardize(x, loc, scale)) - scale.log())
}

/// Returns the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn pdf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::norm::pdf", args, |[x, loc, scale]| normal_density(&standardize(x, loc, scale)) / scale)
}

/// Returns the probability of at most `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn cdf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::norm::cdf", args, |[x, loc, scale]| ndtr_of(&standardize(x, loc, scale)))
}

/// Returns the logarithm of the probability of at most `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logcdf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::norm::logcdf", args, |[x, loc, scale]| log_ndtr_of(&standardize(x, loc, scale)))
}

/// Returns the probability of more than `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn sf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::norm::sf", args, |[x, loc, scale]| ndtr_of(&-standardize(x, loc, scale)))
}

/// Returns the logarithm of the probability of more than `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logsf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::norm::logsf", args, |[x, loc, scale]| log_ndtr_of(&-standardize(x, loc, scale)))
}

/// Returns the quantile of `q`, the inverse of [`cdf`]. It is NaN where `q` is not in 0 … 1.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn ppf(q: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [q.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::norm::ppf", args, |[q, loc, scale]| ndtri_of(q) * scale + loc)
}

/// Returns the inverse of [`sf`] at `q`. It is NaN where `q` is not in 0 … 1.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn isf(q: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [q.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::norm::isf", args, |[q, loc, scale]| loc - ndtri_of(q) * scale)
}
