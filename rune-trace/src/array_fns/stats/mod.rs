//! Densities and probabilities of distributions, under the names of `jax.scipy.stats` and SciPy, with one module for
//! each distribution.
//!
//! Each function takes floats: `x` (or a whole number `k`, or a probability `q`), the parameters of the distribution,
//! and its location (`loc`) and scale (`scale`), which are 0 and 1 for the standard distribution. All arguments
//! broadcast. Rust numbers take the dtype of the tensors. Random numbers are in [`random`](crate::random).
//!
//! ```
//! use rune_trace::{Tensor, stats};
//! let x = Tensor::from([0.0f64, 1.0]);
//! let y = stats::norm::pdf(&x, 0.0, 1.0).to_vec::<f64>().unwrap();
//! assert!((y[0] - 0.398_942_280_401_432_7).abs() < 1e-15);
//! ```

pub mod bernoulli;
pub mod beta;
pub mod betabinom;
pub mod binom;
pub mod cauchy;
pub mod chi2;
pub mod dirichlet;
pub mod expon;
pub mod gamma;
pub mod gennorm;
pub mod geom;
pub mod gumbel_l;
pub mod gumbel_r;
mod kde;
pub mod laplace;
pub mod logistic;
pub mod multinomial;
pub mod multivariate_normal;
pub mod nbinom;
pub mod norm;
pub mod pareto;
pub mod poisson;
mod samples;
pub mod t;
pub mod truncnorm;
pub mod uniform;
pub mod vonmises;
pub mod wrapcauchy;

pub use kde::{Bandwidth, GaussianKde};
pub use samples::{mode, rankdata, sem};

use crate::Tensor;
use crate::array_fns::special::support::replace_where;

/// Returns the number of the standard distribution that corresponds to `x`.
fn standardize(x: &Tensor, loc: &Tensor, scale: &Tensor) -> Tensor {
    (x - loc) / scale
}
/// Returns `y` where `q` is from 0 to 1, else NaN.
fn nan_unless_probability(q: &Tensor, y: &Tensor) -> Tensor {
    replace_where(&!(q.ge(0.0) & q.le(1.0)), f64::NAN, y)
}
/// Returns whether numbers are integers.
fn is_integer(k: &Tensor) -> Tensor {
    k.eq(k.floor())
}
