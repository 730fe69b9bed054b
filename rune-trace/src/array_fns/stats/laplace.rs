//! The Laplace distribution, whose density decreases exponentially on both sides of `loc`.
//!
//! ```
//! use rune_trace::{Tensor, stats};
//! let y = stats::laplace::cdf(&Tensor::scalar(0.0f64), 0.0, 1.0).item::<f64>().unwrap();
//! assert!((y - 0.5).abs() < 1e-15);
//! ```

use super::standardize;
use crate::Tensor;
use crate::array_fns::scalar::Operand;
use crate::array_fns::special::support::lift_all;
use crate::lax;

/// Returns the logarithm of the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logpdf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::laplace::logpdf", args, |[x, loc, scale]| -standardize(x, loc, scale).abs() - (scale * 2.0).log())
}

/// Returns the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn pdf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::laplace::pdf", args, |[x, loc, scale]| (-standardize(x, loc, scale).abs()).exp() / (scale * 2.0))
}

/// Returns the probability of at most `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn cdf(x: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::laplace::cdf", args, |[x, loc, scale]| {
        let z = standardize(x, loc, scale);
        // Not the absolute value, whose derivative at 0 has the sign of one side.
        let left = z.le(0.0);
        let tail = lax::select(&left, &z, &-&z).exp() * 0.5;
        lax::select(&left, &tail, &(1.0 - &tail))
    })
}
