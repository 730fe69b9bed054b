//! The beta distribution with shapes `a` and `b`, from `loc` to `loc` + `scale`.
//!
//! ```
//! use rune_trace::{Tensor, stats};
//! let y = stats::beta::cdf(&Tensor::scalar(0.5f64), 2.0, 1.0, 0.0, 1.0).item::<f64>().unwrap();
//! assert!((y - 0.25).abs() < 1e-15);
//! ```

use super::standardize;
use crate::Tensor;
use crate::array_fns::scalar::Operand;
use crate::array_fns::special::support::{lift_all, replace_where};
use crate::array_fns::special::{betainc_of, betaincc_of, betaln_of, xlog1py_of, xlogy_of};

fn logpdf_of(z: &Tensor, a: &Tensor, b: &Tensor) -> Tensor {
    let outside = z.lt(0.0) | z.gt(1.0);
    let inner = replace_where(&outside, 0.5, z);
    let y = xlogy_of(&(a - 1.0), &inner) + xlog1py_of(&(b - 1.0), &-inner) - betaln_of(a, b);
    replace_where(&outside, f64::NEG_INFINITY, &y)
}
fn cdf_of(z: &Tensor, a: &Tensor, b: &Tensor) -> Tensor {
    betainc_of(a, b, &z.clamp(0.0, 1.0))
}
fn sf_of(z: &Tensor, a: &Tensor, b: &Tensor) -> Tensor {
    betaincc_of(a, b, &z.clamp(0.0, 1.0))
}

/// Returns the logarithm of the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logpdf(x: impl Operand, a: impl Operand, b: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), a.into_argument(), b.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::beta::logpdf", args, |[x, a, b, loc, scale]| {
        let z = standardize(x, loc, scale);
        replace_where(&(z.lt(0.0) | z.gt(1.0)), f64::NEG_INFINITY, &(logpdf_of(&z, a, b) - scale.log()))
    })
}

/// Returns the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn pdf(x: impl Operand, a: impl Operand, b: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), a.into_argument(), b.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::beta::pdf", args, |[x, a, b, loc, scale]| {
        logpdf_of(&standardize(x, loc, scale), a, b).exp() / scale
    })
}

/// Returns the probability of at most `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn cdf(x: impl Operand, a: impl Operand, b: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), a.into_argument(), b.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::beta::cdf", args, |[x, a, b, loc, scale]| cdf_of(&standardize(x, loc, scale), a, b))
}

/// Returns the logarithm of the probability of at most `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logcdf(x: impl Operand, a: impl Operand, b: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), a.into_argument(), b.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::beta::logcdf", args, |[x, a, b, loc, scale]| cdf_of(&standardize(x, loc, scale), a, b).log())
}

/// Returns the probability of more than `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn sf(x: impl Operand, a: impl Operand, b: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), a.into_argument(), b.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::beta::sf", args, |[x, a, b, loc, scale]| sf_of(&standardize(x, loc, scale), a, b))
}

/// Returns the logarithm of the probability of more than `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logsf(x: impl Operand, a: impl Operand, b: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), a.into_argument(), b.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::beta::logsf", args, |[x, a, b, loc, scale]| sf_of(&standardize(x, loc, scale), a, b).log())
}
