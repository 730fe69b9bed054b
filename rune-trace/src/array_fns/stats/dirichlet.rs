//! The Dirichlet distribution with parameters `alpha`. Vectors are along the last axis, like elsewhere in this crate.
//! In SciPy and JAX, they are along the first.
//!
//! ```
//! use rune_trace::{Tensor, stats};
//! let (x, alpha) = (Tensor::from([0.2f64, 0.3, 0.5]), Tensor::from([1.0f64, 1.0, 1.0]));
//! assert!((stats::dirichlet::pdf(&x, &alpha).item::<f64>().unwrap() - 2.0).abs() < 1e-14);
//! ```

use crate::array_fns::broadcast::unify;
use crate::array_fns::elementwise::expect_float;
use crate::array_fns::scalar::Operand;
use crate::array_fns::special::support::replace_where;
use crate::array_fns::special::{lgamma_of, xlogy_of};
use crate::tensor::{at_caller, refuse};
use crate::{Tensor, lax};

#[track_caller]
fn logpdf_in(op: &str, x: &Tensor, alpha: &Tensor) -> Tensor {
    let [x, alpha] = unify(op, [x.into_argument(), alpha.into_argument()]);
    expect_float(op, &x);
    if x.rank() == 0 {
        refuse!("{op}: vectors are along the last axis, and there is none");
    }
    at_caller(|| {
        let norm = lgamma_of(&alpha.sum_axes(-1)) - lgamma_of(&alpha).sum_axes(-1);
        let y = norm + xlogy_of(&(&alpha - 1.0), &x).sum_axes(-1);
        let slack = lax::full_like(&y, 1e-5);
        let inside = x.ge(0.0).all_axes(-1) & x.le(1.0).all_axes(-1) & lax::le(&(x.sum_axes(-1) - 1.0).abs(), &slack);
        replace_where(&!inside, f64::NEG_INFINITY, &y)
    })
}

/// Returns the logarithm of the density at vectors `x`. It is -∞ if an element is negative or the sum is not 1.
///
/// # Panics
/// If the dtype is not a float, dtypes differ, shapes do not broadcast or there is no axis.
#[track_caller]
pub fn logpdf(x: &Tensor, alpha: &Tensor) -> Tensor {
    logpdf_in("stats::dirichlet::logpdf", x, alpha)
}
/// Returns the density at vectors `x`.
///
/// # Panics
/// Like [`logpdf`].
#[track_caller]
pub fn pdf(x: &Tensor, alpha: &Tensor) -> Tensor {
    logpdf_in("stats::dirichlet::pdf", x, alpha).exp()
}
