//! The Gumbel distribution that is skewed to the left: that of the minimum of many numbers.
//!
//! ```
//! use rune_trace::{Tensor, stats};
//! let y = stats::gumbel_l::sf(&Tensor::scalar(0.0f64), 0.0, 1.0).item::<f64>().unwrap();
//! assert!((y - (-1f64).exp()).abs() < 1e-15);
//! ```

use super::{nan_unless_probability, standardize};
use crate::Tensor;
use crate::array_fns::scalar::Operand;
use crate::array_fns::special::log1mexp_of;
use crate::array_fns::special::support::lift_all;

/// Returns the logarithm of the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logpdf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::gumbel_l::logpdf", args, |[x, loc, scale]| {
        let z = standardize(x, loc, scale);
        &z - z.exp() - scale.log()
    })
}

/// Returns the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn pdf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::gumbel_l::pdf", args, |[x, loc, scale]| {
        let z = standardize(x, loc, scale);
        (&z - z.exp()).exp() / scale
    })
}

/// Returns the probability of more than `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn sf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::gumbel_l::sf", args, |[x, loc, scale]| (-standardize(x, loc, scale).exp()).exp())
}

/// Returns the logarithm of the probability of more than `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logsf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::gumbel_l::logsf", args, |[x, loc, scale]| -standardize(x, loc, scale).exp())
}

/// Returns the probability of at most `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn cdf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::gumbel_l::cdf", args, |[x, loc, scale]| -(-standardize(x, loc, scale).exp()).expm1())
}

/// Returns the logarithm of the probability of at most `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logcdf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::gumbel_l::logcdf", args, |[x, loc, scale]| log1mexp_of(&standardize(x, loc, scale).exp()))
}

/// Returns the quantile of `q`, the inverse of [`cdf`]. It is NaN where `q` is not in 0 … 1.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn ppf(q: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [q.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::gumbel_l::ppf", args, |[q, loc, scale]| {
        nan_unless_probability(q, &((-(-q).log1p()).log() * scale + loc))
    })
}
