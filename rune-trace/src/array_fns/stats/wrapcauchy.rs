//! The Cauchy distribution, wrapped around the circle from 0 to 2π, with concentration `c` between 0 and 1.
//!
//! ```
//! use rune_trace::{Tensor, stats};
//! let y = stats::wrapcauchy::pdf(&Tensor::scalar(0.0f64), 0.5).item::<f64>().unwrap();
//! assert!((y - 1.5 / std::f64::consts::PI).abs() < 1e-15);
//! ```

use crate::Tensor;
use crate::array_fns::scalar::Operand;
use crate::array_fns::special::support::{lift_all, replace_where};
use std::f64::consts::PI;

fn logpdf_of(x: &Tensor, c: &Tensor) -> Tensor {
    let square = c.square();
    let y = (1.0 - &square).log() - ((square + 1.0 - c * x.cos() * 2.0) * (2.0 * PI)).log();
    let y = replace_where(&(x.lt(0.0) | x.gt(2.0 * PI)), f64::NEG_INFINITY, &y);
    replace_where(&(c.le(0.0) | c.ge(1.0)), f64::NAN, &y)
}

/// Returns the logarithm of the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logpdf(x: impl Operand, c: impl Operand) -> Tensor {
    let args = [x.into_argument(), c.into_argument()];
    lift_all("stats::wrapcauchy::logpdf", args, |[x, c]| logpdf_of(x, c))
}

/// Returns the density at `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn pdf(x: impl Operand, c: impl Operand) -> Tensor {
    let args = [x.into_argument(), c.into_argument()];
    lift_all("stats::wrapcauchy::pdf", args, |[x, c]| logpdf_of(x, c).exp())
}
