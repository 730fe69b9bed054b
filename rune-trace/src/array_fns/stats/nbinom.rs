//! The distribution of the number of failures before the `n`th success, if each trial succeeds with probability `p`.
//!
//! ```
//! use rune_trace::{Tensor, stats};
//! let y = stats::nbinom::pmf(&Tensor::scalar(1.0f64), 1.0, 0.5, 0.0).item::<f64>().unwrap();
//! assert!((y - 0.25).abs() < 1e-15);
//! ```

use super::is_integer;
use crate::Tensor;
use crate::array_fns::scalar::Operand;
use crate::array_fns::special::support::{lift_all, replace_where};
use crate::array_fns::special::{lgamma_of, xlog1py_of, xlogy_of};

fn logpmf_of(k: &Tensor, n: &Tensor, p: &Tensor) -> Tensor {
    let possible = is_integer(k) & k.ge(0.0);
    let inner = replace_where(&!&possible, 0.0, k);
    let ways = lgamma_of(&(&inner + n)) - lgamma_of(n) - lgamma_of(&(&inner + 1.0));
    let y = ways + xlogy_of(n, p) + xlog1py_of(&inner, &-p);
    let y = replace_where(&!possible, f64::NEG_INFINITY, &y);
    replace_where(&k.isnan(), f64::NAN, &y)
}

/// Returns the logarithm of the probability of `k`, which is -∞ if `k` is negative or not whole.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logpmf(k: impl Operand, n: impl Operand, p: impl Operand, loc: impl Operand) -> Tensor {
    let args = [k.into_argument(), n.into_argument(), p.into_argument(), loc.into_argument()];
    lift_all("stats::nbinom::logpmf", args, |[k, n, p, loc]| logpmf_of(&(k - loc), n, p))
}

/// Returns the probability of `k`, which is 0 if `k` is negative or not whole.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn pmf(k: impl Operand, n: impl Operand, p: impl Operand, loc: impl Operand) -> Tensor {
    let args = [k.into_argument(), n.into_argument(), p.into_argument(), loc.into_argument()];
    lift_all("stats::nbinom::pmf", args, |[k, n, p, loc]| logpmf_of(&(k - loc), n, p).exp())
}
