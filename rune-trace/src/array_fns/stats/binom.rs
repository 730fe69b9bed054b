//! The distribution of the number of successes among `n` trials of probability `p`.
//!
//! ```
//! use rune_trace::{Tensor, stats};
//! let y = stats::binom::pmf(&Tensor::scalar(1.0f64), 2.0, 0.5, 0.0).item::<f64>().unwrap();
//! assert!((y - 0.5).abs() < 1e-15);
//! ```

use super::is_integer;
use crate::Tensor;
use crate::array_fns::scalar::Operand;
use crate::array_fns::special::support::{lift_all, replace_where};
use crate::array_fns::special::{betaln_of, xlog1py_of, xlogy_of};

fn logpmf_of(k: &Tensor, n: &Tensor, p: &Tensor) -> Tensor {
    let possible = is_integer(k) & k.ge(0.0) & k.le(n);
    let inner = replace_where(&!&possible, 0.0, k);
    let rest = n - &inner;
    let ways = -betaln_of(&(&rest + 1.0), &(&inner + 1.0)) - (n + 1.0).log();
    let y = ways + xlogy_of(&inner, p) + xlog1py_of(&rest, &-p);
    replace_where(&!possible, f64::NEG_INFINITY, &y)
}

/// Returns the logarithm of the probability of `k`, which is -∞ unless `k` is a whole number in 0 … `n`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logpmf(k: impl Operand, n: impl Operand, p: impl Operand, loc: impl Operand) -> Tensor {
    let args = [k.into_argument(), n.into_argument(), p.into_argument(), loc.into_argument()];
    lift_all("stats::binom::logpmf", args, |[k, n, p, loc]| logpmf_of(&(k - loc), n, p))
}

/// Returns the probability of `k`, which is 0 unless `k` is a whole number in 0 … `n`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn pmf(k: impl Operand, n: impl Operand, p: impl Operand, loc: impl Operand) -> Tensor {
    let args = [k.into_argument(), n.into_argument(), p.into_argument(), loc.into_argument()];
    lift_all("stats::binom::pmf", args, |[k, n, p, loc]| logpmf_of(&(k - loc), n, p).exp())
}
