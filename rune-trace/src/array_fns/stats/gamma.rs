//! The gamma distribution with shape `a`, from `loc` on.
//!
//! ```
//! use rune_trace::{Tensor, stats};
//! let y = stats::gamma::cdf(&Tensor::scalar(2.0f64), 1.0, 0.0, 1.0).item::<f64>().unwrap();
//! assert!((y - (1.0 - (-2f64).exp())).abs() < 1e-15);
//! ```

use super::standardize;
use crate::Tensor;
use crate::array_fns::scalar::Operand;
use crate::array_fns::special::support::{lift_all, replace_where};
use crate::array_fns::special::{gammainc_of, gammaincc_of, lgamma_of, xlogy_of};

/// Returns the logarithm of the density of scale 1. Call it inside `at_caller`.
pub(super) fn logpdf_of(z: &Tensor, a: &Tensor) -> Tensor {
    let outside = z.lt(0.0);
    let inner = replace_where(&outside, 1.0, z);
    let y = xlogy_of(&(a - 1.0), &inner) - &inner - lgamma_of(a);
    replace_where(&outside, f64::NEG_INFINITY, &y)
}
/// Replaces negative z with 0, because the probability of numbers below 0 is 0.
fn clamp_to_support(z: &Tensor) -> Tensor {
    replace_where(&z.lt(0.0), 0.0, z)
}
pub(super) fn cdf_of(z: &Tensor, a: &Tensor) -> Tensor {
    gammainc_of(a, &clamp_to_support(z))
}
pub(super) fn sf_of(z: &Tensor, a: &Tensor) -> Tensor {
    gammaincc_of(a, &clamp_to_support(z))
}

/// Returns the logarithm of the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logpdf(x: impl Operand, a: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), a.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::gamma::logpdf", args, |[x, a, loc, scale]| {
        let z = standardize(x, loc, scale);
        replace_where(&z.lt(0.0), f64::NEG_INFINITY, &(logpdf_of(&z, a) - scale.log()))
    })
}

/// Returns the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn pdf(x: impl Operand, a: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), a.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::gamma::pdf", args, |[x, a, loc, scale]| logpdf_of(&standardize(x, loc, scale), a).exp() / scale)
}

/// Returns the probability of at most `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn cdf(x: impl Operand, a: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), a.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::gamma::cdf", args, |[x, a, loc, scale]| cdf_of(&standardize(x, loc, scale), a))
}

/// Returns the logarithm of the probability of at most `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logcdf(x: impl Operand, a: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), a.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::gamma::logcdf", args, |[x, a, loc, scale]| cdf_of(&standardize(x, loc, scale), a).log())
}

/// Returns the probability of more than `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn sf(x: impl Operand, a: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), a.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::gamma::sf", args, |[x, a, loc, scale]| sf_of(&standardize(x, loc, scale), a))
}

/// Returns the logarithm of the probability of more than `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logsf(x: impl Operand, a: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), a.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::gamma::logsf", args, |[x, a, loc, scale]| sf_of(&standardize(x, loc, scale), a).log())
}
