//! Student's t distribution with `df` degrees of freedom.
//!
//! ```
//! use rune_trace::{Tensor, stats};
//! let y = stats::t::pdf(&Tensor::scalar(0.0f64), 1.0, 0.0, 1.0).item::<f64>().unwrap();
//! assert!((y - 1.0 / std::f64::consts::PI).abs() < 1e-15);
//! ```

use super::standardize;
use crate::Tensor;
use crate::array_fns::scalar::Operand;
use crate::array_fns::special::lgamma_of;
use crate::array_fns::special::support::lift_all;
use std::f64::consts::PI;

fn logpdf_of(z: &Tensor, df: &Tensor) -> Tensor {
    let half = (df + 1.0) * 0.5;
    let scale = lgamma_of(&half) - lgamma_of(&(df * 0.5)) - (df * PI).log() * 0.5;
    scale - half * (z.square() / df).log1p()
}

/// Returns the logarithm of the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logpdf(x: impl Operand, df: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), df.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::t::logpdf", args, |[x, df, loc, scale]| logpdf_of(&standardize(x, loc, scale), df) - scale.log())
}

/// Returns the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn pdf(x: impl Operand, df: impl Operand, loc: impl Operand, scale: impl Operand) -> Tensor {
    let args = [x.into_argument(), df.into_argument(), loc.into_argument(), scale.into_argument()];
    lift_all("stats::t::pdf", args, |[x, df, loc, scale]| logpdf_of(&standardize(x, loc, scale), df).exp() / scale)
}
