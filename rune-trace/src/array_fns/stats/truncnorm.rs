//! The normal distribution with mean `loc` and deviation `scale`, truncated to `loc` + `a` · `scale` … `loc` + `b` ·
//! `scale`.
//!
//! ```
//! use rune_trace::{Tensor, stats};
//! let y = stats::truncnorm::cdf(&Tensor::scalar(0.0f64), -1.0, 1.0, 0.0, 1.0).item::<f64>().unwrap();
//! assert!((y - 0.5).abs() < 1e-15);
//! ```

use super::norm;
use super::standardize;
use crate::Tensor;
use crate::array_fns::scalar::Operand;
use crate::array_fns::special::support::{lift_all, replace_where};
use crate::array_fns::special::{log_ndtr_of, log1mexp_of};
use crate::lax;

/// Returns ln (Φ(b) - Φ(a)), from the tails on the side where both are small.
fn log_mass(a: &Tensor, b: &Tensor) -> Tensor {
    let right = a.gt(0.0);
    let (low, high) = (lax::select(&right, &-b, a), lax::select(&right, &-a, b));
    let (low, high) = (log_ndtr_of(&low), log_ndtr_of(&high));
    let delta = &high - low;
    high + log1mexp_of(&delta)
}
fn logpdf_of(z: &Tensor, a: &Tensor, b: &Tensor) -> Tensor {
    let y = norm::logpdf_of(z) - log_mass(a, b);
    let y = replace_where(&(z.lt(a) | z.gt(b)), f64::NEG_INFINITY, &y);
    replace_where(&a.ge(b), f64::NAN, &y)
}
fn logcdf_of(z: &Tensor, a: &Tensor, b: &Tensor) -> Tensor {
    let (below, above) = (z.le(a), z.ge(b));
    let settled = &below | &above;
    // Where the result is known, replaces the number with a safe one.
    let inner = lax::select(&settled, &((a + b) * 0.5), z);
    let inner = lax::select(&inner.isfinite(), &inner, &z.clamp(-1.0, 1.0));
    let y = log_mass(a, &inner) - log_mass(a, b);
    let y = replace_where(&above, 0.0, &replace_where(&below, f64::NEG_INFINITY, &y));
    replace_where(&a.ge(b), f64::NAN, &y)
}

/// Returns the logarithm of the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logpdf(x: impl Operand, a: impl Operand, b: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), a.into_argument(), b.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::truncnorm::logpdf", args, |[x, a, b, loc, scale]| {
        let z = standardize(x, loc, scale);
        let y = logpdf_of(&z, a, b) - scale.log();
        replace_where(&((z.lt(a) | z.gt(b)) & a.lt(b)), f64::NEG_INFINITY, &y)
    })
}

/// Returns the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn pdf(x: impl Operand, a: impl Operand, b: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), a.into_argument(), b.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::truncnorm::pdf", args, |[x, a, b, loc, scale]| {
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
    lift_all("stats::truncnorm::cdf", args, |[x, a, b, loc, scale]| logcdf_of(&standardize(x, loc, scale), a, b).exp())
}

/// Returns the logarithm of the probability of at most `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logcdf(x: impl Operand, a: impl Operand, b: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), a.into_argument(), b.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::truncnorm::logcdf", args, |[x, a, b, loc, scale]| logcdf_of(&standardize(x, loc, scale), a, b))
}

/// Returns the probability of more than `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn sf(x: impl Operand, a: impl Operand, b: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), a.into_argument(), b.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::truncnorm::sf", args, |[x, a, b, loc, scale]| {
        logcdf_of(&-standardize(x, loc, scale), &-b, &-a).exp()
    })
}

/// Returns the logarithm of the probability of more than `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logsf(x: impl Operand, a: impl Operand, b: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), a.into_argument(), b.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::truncnorm::logsf", args, |[x, a, b, loc, scale]| logcdf_of(&-standardize(x, loc, scale), &-b, &-a))
}
