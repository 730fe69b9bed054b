//! The uniform distribution from `loc` to `loc` + `scale`.
//!
//! ```
//! use rune_trace::{Tensor, stats};
//! let y = stats::uniform::cdf(&Tensor::scalar(0.5f64), 0.0, 2.0).item::<f64>().unwrap();
//! assert!((y - 0.25).abs() < 1e-15);
//! ```

use super::{nan_unless_probability, standardize};
use crate::Tensor;
use crate::array_fns::scalar::Operand;
use crate::array_fns::special::support::{lift_all, replace_where};

/// Returns the logarithm of the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logpdf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::uniform::logpdf", args, |[x, loc, scale]| {
        let z = standardize(x, loc, scale);
        replace_where(&(z.lt(0.0) | z.gt(1.0)), f64::NEG_INFINITY, &-scale.log())
    })
}

/// Returns the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn pdf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::uniform::pdf", args, |[x, loc, scale]| {
        let z = standardize(x, loc, scale);
        replace_where(&(z.lt(0.0) | z.gt(1.0)), 0.0, &(1.0 / scale))
    })
}

/// Returns the probability of at most `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn cdf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::uniform::cdf", args, |[x, loc, scale]| {
        let z = standardize(x, loc, scale);
        replace_where(&z.lt(0.0), 0.0, &replace_where(&z.gt(1.0), 1.0, &z))
    })
}

/// Returns the quantile of `q`, the inverse of [`cdf`]. It is NaN where `q` is not in 0 … 1.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn ppf(q: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [q.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::uniform::ppf", args, |[q, loc, scale]| nan_unless_probability(q, &(q * scale + loc)))
}
