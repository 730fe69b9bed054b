//! The chi-squared distribution with `df` degrees of freedom, from `loc` on.
//!
//! ```
//! use rune_trace::{Tensor, stats};
//! let y = stats::chi2::sf(&Tensor::scalar(2.0f64), 2.0, 0.0, 1.0).item::<f64>().unwrap();
//! assert!((y - (-1f64).exp()).abs() < 1e-15);
//! ```

use super::gamma::{cdf_of, logpdf_of, sf_of};
use super::standardize;
use crate::Tensor;
use crate::array_fns::scalar::Operand;
use crate::array_fns::special::support::{lift_all, replace_where};

fn half(x: &Tensor, loc: &Tensor, scale: &Tensor) -> Tensor {
    standardize(x, loc, scale) * 0.5
}

/// Returns the logarithm of the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logpdf(x: impl Operand, df: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), df.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::chi2::logpdf", args, |[x, df, loc, scale]| {
        let z = half(x, loc, scale);
        replace_where(&z.lt(0.0), f64::NEG_INFINITY, &(logpdf_of(&z, &(df * 0.5)) - (scale * 2.0).log()))
    })
}

/// Returns the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn pdf(x: impl Operand, df: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), df.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::chi2::pdf", args, |[x, df, loc, scale]| {
        logpdf_of(&half(x, loc, scale), &(df * 0.5)).exp() / (scale * 2.0)
    })
}

/// Returns the probability of at most `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn cdf(x: impl Operand, df: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), df.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::chi2::cdf", args, |[x, df, loc, scale]| cdf_of(&half(x, loc, scale), &(df * 0.5)))
}

/// Returns the logarithm of the probability of at most `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logcdf(x: impl Operand, df: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), df.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::chi2::logcdf", args, |[x, df, loc, scale]| cdf_of(&half(x, loc, scale), &(df * 0.5)).log())
}

/// Returns the probability of more than `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn sf(x: impl Operand, df: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), df.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::chi2::sf", args, |[x, df, loc, scale]| sf_of(&half(x, loc, scale), &(df * 0.5)))
}

/// Returns the logarithm of the probability of more than `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logsf(x: impl Operand, df: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), df.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::chi2::logsf", args, |[x, df, loc, scale]| sf_of(&half(x, loc, scale), &(df * 0.5)).log())
}
