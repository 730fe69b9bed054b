//! The von Mises distribution: a normal distribution on the circle, around 0, with concentration `kappa`.
//!
//! ```
//! use rune_trace::{Tensor, stats};
//! let y = stats::vonmises::pdf(&Tensor::scalar(0.0f64), 0.0).item::<f64>().unwrap();
//! assert!((y - 0.5 / std::f64::consts::PI).abs() < 1e-15);
//! ```

use crate::Tensor;
use crate::array_fns::scalar::Operand;
use crate::array_fns::special::i0e_of;
use crate::array_fns::special::support::lift_all;
use std::f64::consts::PI;

fn logpdf_of(x: &Tensor, kappa: &Tensor) -> Tensor {
    kappa * (x.cos() - 1.0) - (i0e_of(kappa) * (2.0 * PI)).log()
}

/// Returns the logarithm of the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logpdf(x: impl Operand, kappa: impl Operand) -> Tensor {
    let args = [x.into_argument(), kappa.into_argument()];
    lift_all("stats::vonmises::logpdf", args, |[x, kappa]| logpdf_of(x, kappa))
}

/// Returns the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn pdf(x: impl Operand, kappa: impl Operand) -> Tensor {
    let args = [x.into_argument(), kappa.into_argument()];
    lift_all("stats::vonmises::pdf", args, |[x, kappa]| logpdf_of(x, kappa).exp())
}
