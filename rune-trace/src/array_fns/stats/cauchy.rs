//! The Cauchy distribution.
//!
//! ```
//! use rune_trace::{Tensor, stats};
//! let y = stats::cauchy::cdf(&Tensor::scalar(1.0f64), 0.0, 1.0).item::<f64>().unwrap();
//! assert!((y - 0.75).abs() < 1e-15);
//! ```

use super::{nan_unless_probability, standardize};
use crate::array_fns::scalar::Operand;
use crate::array_fns::special::support::lift_all;
use crate::{Tensor, lax};
use std::f64::consts::PI;

/// Returns the angle of the point (-z, 1), divided by π. The angle is small for z far below 0, so small probabilities
/// keep their digits.
fn cdf_of(z: &Tensor) -> Tensor {
    z.ones_like().atan2(-z) / PI
}
/// Returns -cot πq for q ≤ 1/2, and cot π(1 - q) for q > 1/2, so that numbers in the tails keep their digits.
fn quantile(q: &Tensor) -> Tensor {
    let lower = q.le(0.5);
    let angle = lax::select(&lower, q, &(1.0 - q)) * PI;
    let y = angle.cos() / angle.sin();
    lax::select(&lower, &-&y, &y)
}

/// Returns the logarithm of the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logpdf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::cauchy::logpdf", args, |[x, loc, scale]| {
        -standardize(x, loc, scale).square().log1p() - (scale * PI).log()
    })
}

/// Returns the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn pdf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::cauchy::pdf", args, |[x, loc, scale]| {
        1.0 / ((standardize(x, loc, scale).square() + 1.0) * scale * PI)
    })
}

/// Returns the probability of at most `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn cdf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::cauchy::cdf", args, |[x, loc, scale]| cdf_of(&standardize(x, loc, scale)))
}

/// Returns the logarithm of the probability of at most `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logcdf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::cauchy::logcdf", args, |[x, loc, scale]| cdf_of(&standardize(x, loc, scale)).log())
}

/// Returns the probability of more than `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn sf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::cauchy::sf", args, |[x, loc, scale]| cdf_of(&-standardize(x, loc, scale)))
}

/// Returns the logarithm of the probability of more than `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logsf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::cauchy::logsf", args, |[x, loc, scale]| cdf_of(&-standardize(x, loc, scale)).log())
}

/// Returns the quantile of `q`, the inverse of [`cdf`]. It is NaN where `q` is not in 0 … 1.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn ppf(q: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [q.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::cauchy::ppf", args, |[q, loc, scale]| nan_unless_probability(q, &(quantile(q) * scale + loc)))
}

/// Returns the inverse of [`sf`] at `q`. It is NaN where `q` is not in 0 … 1.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn isf(q: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [q.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::cauchy::isf", args, |[q, loc, scale]| nan_unless_probability(q, &(loc - quantile(q) * scale)))
}
