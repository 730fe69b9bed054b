//! The Pareto distribution with shape `b`, from `loc` + `scale` on.
//!
//! ```
//! use rune_trace::{Tensor, stats};
//! let y = stats::pareto::sf(&Tensor::scalar(2.0f64), 2.0, 0.0, 1.0).item::<f64>().unwrap();
//! assert!((y - 0.25).abs() < 1e-15);
//! ```

use super::{nan_unless_probability, standardize};
use crate::Tensor;
use crate::array_fns::scalar::Operand;
use crate::array_fns::special::log1mexp_of;
use crate::array_fns::special::support::{lift_all, replace_where};

/// Returns the standardized number, replaced by 1 if it is less, and whether it is less than 1.
fn inside(x: &Tensor, loc: &Tensor, scale: &Tensor) -> (Tensor, Tensor) {
    let z = standardize(x, loc, scale);
    let outside = z.lt(1.0);
    (replace_where(&outside, 1.0, &z), outside)
}

/// Returns the logarithm of the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logpdf(x: impl Operand, b: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), b.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::pareto::logpdf", args, |[x, b, loc, scale]| {
        let (z, outside) = inside(x, loc, scale);
        replace_where(&outside, f64::NEG_INFINITY, &(b.log() - (b + 1.0) * z.log() - scale.log()))
    })
}

/// Returns the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn pdf(x: impl Operand, b: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), b.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::pareto::pdf", args, |[x, b, loc, scale]| {
        let (z, outside) = inside(x, loc, scale);
        replace_where(&outside, 0.0, &(b * z.pow(-(b + 1.0)) / scale))
    })
}

/// Returns the probability of at most `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn cdf(x: impl Operand, b: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), b.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::pareto::cdf", args, |[x, b, loc, scale]| {
        let (z, outside) = inside(x, loc, scale);
        replace_where(&outside, 0.0, &-(-b * z.log()).expm1())
    })
}

/// Returns the logarithm of the probability of at most `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logcdf(x: impl Operand, b: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), b.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::pareto::logcdf", args, |[x, b, loc, scale]| {
        let (z, outside) = inside(x, loc, scale);
        // At 1, the derivative is infinite.
        let z = replace_where(&outside, 2.0, &z);
        replace_where(&outside, f64::NEG_INFINITY, &log1mexp_of(&(b * z.log())))
    })
}

/// Returns the probability of more than `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn sf(x: impl Operand, b: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), b.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::pareto::sf", args, |[x, b, loc, scale]| {
        let (z, outside) = inside(x, loc, scale);
        replace_where(&outside, 1.0, &z.pow(-b))
    })
}

/// Returns the logarithm of the probability of more than `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logsf(x: impl Operand, b: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), b.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::pareto::logsf", args, |[x, b, loc, scale]| {
        let (z, outside) = inside(x, loc, scale);
        replace_where(&outside, 0.0, &(-b * z.log()))
    })
}

/// Returns the quantile of `q`, the inverse of [`cdf`]. It is NaN where `q` is not in 0 … 1.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn ppf(q: impl Operand, b: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [q.into_argument(), b.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::pareto::ppf", args, |[q, b, loc, scale]| {
        nan_unless_probability(q, &((1.0 - q).pow(-1.0 / b) * scale + loc))
    })
}
