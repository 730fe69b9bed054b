//! The multivariate normal distribution, for vectors along the last axis.
//!
//! ```
//! use rune_trace::{DType, Tensor, stats};
//! let (x, covariance) = (Tensor::zeros([2], DType::F64), Tensor::eye(2, DType::F64));
//! let y = stats::multivariate_normal::pdf(&x, &x, &covariance).item::<f64>().unwrap();
//! assert!((y - 0.5 / std::f64::consts::PI).abs() < 1e-15);
//! ```

use crate::array_fns::broadcast::unify;
use crate::array_fns::elementwise::expect_float;
use crate::array_fns::scalar::Operand;
use crate::tensor::{at_caller, refuse};
use crate::{Tensor, linalg};
use std::f64::consts::PI;

#[track_caller]
fn logpdf_in(op: &str, x: &Tensor, mean: &Tensor, covariance: &Tensor) -> Tensor {
    let [x, mean] = unify(op, [x.into_argument(), mean.into_argument()]);
    expect_float(op, &x);
    let Some(&n) = x.shape().last() else {
        refuse!("{op}: vectors are along the last axis, and there is none");
    };
    if !covariance.shape().ends_with(&[n, n]) || covariance.dtype() != x.dtype() {
        refuse!(
            "{op}: the covariance is a matrix of {n} rows and columns of {}, and is {}",
            x.dtype(),
            covariance.ty()
        );
    }
    at_caller(|| {
        let factor = linalg::cholesky(covariance);
        let inverse = linalg::inv(&factor);
        // The y with L y = x - mean has unit covariance.
        let y = inverse.matmul((&x - &mean).unsqueeze(-1)).squeeze(-1);
        let log_det = factor.diagonal(0, -2, -1).log().sum_axes(-1);
        y.square().sum_axes(-1) * -0.5 - 0.5 * n as f64 * (2.0 * PI).ln() - log_det
    })
}

/// Returns the logarithm of the density at vectors `x`. It is NaN if the covariance is not positive definite.
///
/// # Panics
/// If the dtype is not a float, dtypes differ, shapes do not broadcast, there is no axis, or the covariance is not a
/// matrix of the size of a vector.
#[track_caller]
pub fn logpdf(x: &Tensor, mean: &Tensor, covariance: &Tensor) -> Tensor {
    logpdf_in("stats::multivariate_normal::logpdf", x, mean, covariance)
}
/// Returns the density at vectors `x`.
///
/// # Panics
/// Like [`logpdf`].
#[track_caller]
pub fn pdf(x: &Tensor, mean: &Tensor, covariance: &Tensor) -> Tensor {
    logpdf_in("stats::multivariate_normal::pdf", x, mean, covariance).exp()
}
