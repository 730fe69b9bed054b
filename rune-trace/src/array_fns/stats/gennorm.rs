//! The distribution with a density proportional to e^-|z|ᵖ, with p = `power`.
//!
//! ```
//! use rune_trace::{Tensor, stats};
//! let y = stats::gennorm::pdf(&Tensor::scalar(0.0f64), 1.0, 0.0, 1.0).item::<f64>().unwrap();
//! assert!((y - 0.5).abs() < 1e-15);
//! ```

use super::standardize;
use crate::array_fns::scalar::Operand;
use crate::array_fns::special::support::{lift_all, replace_where};
use crate::array_fns::special::{gammainc_of, lgamma_of};
use crate::{Tensor, lax};

fn logpdf_of(z: &Tensor, power: &Tensor) -> Tensor {
    (power * 0.5).log() - lgamma_of(&(1.0 / power)) - z.abs().pow(power)
}

/// Returns the logarithm of the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logpdf(x: impl Operand, power: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), power.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::gennorm::logpdf", args, |[x, power, loc, scale]| {
        logpdf_of(&standardize(x, loc, scale), power) - scale.log()
    })
}

/// Returns the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn pdf(x: impl Operand, power: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), power.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::gennorm::pdf", args, |[x, power, loc, scale]| {
        logpdf_of(&standardize(x, loc, scale), power).exp() / scale
    })
}

/// Returns the probability of at most `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn cdf(x: impl Operand, power: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), power.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::gennorm::cdf", args, |[x, power, loc, scale]| {
        let z = standardize(x, loc, scale);
        // In the middle, the incomplete gamma function has no derivative, but the probability has.
        let middle = z.eq(0.0);
        let other = replace_where(&middle, 1.0, &z);
        let y = (other.sign() * gammainc_of(&(1.0 / power), &other.abs().pow(power)) + 1.0) * 0.5;
        let near = z * ((power * 0.5).log() - lgamma_of(&(1.0 / power))).exp() + 0.5;
        lax::select(&middle, &near, &y)
    })
}
