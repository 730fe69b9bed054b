//! The logistic distribution.
//!
//! ```
//! use rune_trace::{Tensor, stats};
//! let y = stats::logistic::pdf(&Tensor::scalar(0.0f64), 0.0, 1.0).item::<f64>().unwrap();
//! assert!((y - 0.25).abs() < 1e-15);
//! ```

use super::standardize;
use crate::Tensor;
use crate::array_fns::scalar::Operand;
use crate::array_fns::special::logit_of;
use crate::array_fns::special::support::lift_all;

fn logpdf_of(z: &Tensor) -> Tensor {
    let half = z * 0.5;
    half.logaddexp(-&half) * -2.0
}

/// Returns the logarithm of the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logpdf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::logistic::logpdf", args, |[x, loc, scale]| logpdf_of(&standardize(x, loc, scale)) - scale.log())
}

/// Returns the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn pdf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::logistic::pdf", args, |[x, loc, scale]| logpdf_of(&standardize(x, loc, scale)).exp() / scale)
}

/// Returns the probability of at most `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn cdf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::logistic::cdf", args, |[x, loc, scale]| standardize(x, loc, scale).sigmoid())
}

/// Returns the probability of more than `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn sf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::logistic::sf", args, |[x, loc, scale]| (-standardize(x, loc, scale)).sigmoid())
}

/// Returns the quantile of `q`, the inverse of [`cdf`]. It is NaN where `q` is not in 0 … 1.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn ppf(q: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [q.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::logistic::ppf", args, |[q, loc, scale]| logit_of(q) * scale + loc)
}

/// Returns the inverse of [`sf`] at `q`. It is NaN where `q` is not in 0 … 1.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn isf(q: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [q.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::logistic::isf", args, |[q, loc, scale]| loc - logit_of(q) * scale)
}
