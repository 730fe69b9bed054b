//! The binomial distribution of `n` trials whose probability has the beta distribution with shapes `a` and `b`.
//!
//! ```
//! use rune_trace::{Tensor, stats};
//! let y = stats::betabinom::pmf(&Tensor::scalar(1.0f64), 2.0, 1.0, 1.0, 0.0).item::<f64>().unwrap();
//! assert!((y - 1.0 / 3.0).abs() < 1e-15);
//! ```

use super::is_integer;
use crate::Tensor;
use crate::array_fns::scalar::Operand;
use crate::array_fns::special::betaln_of;
use crate::array_fns::special::support::{lift_all, replace_where};

fn logpmf_of(k: &Tensor, n: &Tensor, a: &Tensor, b: &Tensor) -> Tensor {
    let possible = is_integer(k) & k.ge(0.0) & k.le(n);
    let inner = replace_where(&!&possible, 0.0, k);
    let rest = n - &inner;
    let ways = -(n + 1.0).log() - betaln_of(&(&rest + 1.0), &(&inner + 1.0));
    let y = ways + betaln_of(&(inner + a), &(rest + b)) - betaln_of(a, b);
    let y = replace_where(&!possible, f64::NEG_INFINITY, &y);
    replace_where(&k.isnan(), f64::NAN, &y)
}

/// Returns the logarithm of the probability of `k`, which is -∞ unless `k` is a whole number in 0 … `n`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logpmf(k: impl Operand, n: impl Operand, a: impl Operand, b: impl Operand, loc: impl Operand) -> Tensor {
    let args = [k.into_argument(), n.into_argument(), a.into_argument(), b.into_argument(), loc.into_argument()];
    lift_all("stats::betabinom::logpmf", args, |[k, n, a, b, loc]| logpmf_of(&(k - loc), n, a, b))
}

/// Returns the probability of `k`, which is 0 unless `k` is a whole number in 0 … `n`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn pmf(k: impl Operand, n: impl Operand, a: impl Operand, b: impl Operand, loc: impl Operand) -> Tensor {
    let args = [k.into_argument(), n.into_argument(), a.into_argument(), b.into_argument(), loc.into_argument()];
    lift_all("stats::betabinom::pmf", args, |[k, n, a, b, loc]| logpmf_of(&(k - loc), n, a, b).exp())
}
