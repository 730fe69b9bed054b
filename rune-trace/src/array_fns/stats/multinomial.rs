//! The distribution of the counts of classes in `n` draws with the probabilities `p`. Counts and probabilities are
//! along the last axis.
//!
//! ```
//! use rune_trace::{Tensor, stats};
//! let (x, p) = (Tensor::from([1.0f64, 1.0]), Tensor::from([0.5f64, 0.5]));
//! assert!((stats::multinomial::pmf(&x, 2.0, &p).item::<f64>().unwrap() - 0.5).abs() < 1e-14);
//! ```

use super::is_integer;
use crate::array_fns::broadcast::unify;
use crate::array_fns::elementwise::expect_float;
use crate::array_fns::scalar::Operand;
use crate::array_fns::special::support::replace_where;
use crate::array_fns::special::{lgamma_of, xlogy_of};
use crate::tensor::{at_caller, refuse};
use crate::{Tensor, lax};

#[track_caller]
fn logpmf_in(op: &str, x: &Tensor, n: impl Operand, p: &Tensor) -> Tensor {
    let [x, p] = unify(op, [x.into_argument(), p.into_argument()]);
    expect_float(op, &x);
    if x.rank() == 0 {
        refuse!("{op}: counts are along the last axis, and there is none");
    }
    let sum = x.sum_axes(-1);
    let [n, sum] = unify(op, [n.into_argument(), sum.into_argument()]);
    at_caller(|| {
        let possible = (is_integer(&x) & x.ge(0.0)).all_axes(-1);
        let inner = replace_where(&x.lt(0.0), 0.0, &x);
        let ways = lgamma_of(&(&n + 1.0)) - lgamma_of(&(&inner + 1.0)).sum_axes(-1);
        let y = ways + xlogy_of(&inner, &p).sum_axes(-1);
        let possible = possible.broadcast_to(y.shape()) & lax::eq(&sum, &n);
        replace_where(&!possible, f64::NEG_INFINITY, &y)
    })
}

/// Returns the logarithm of the probability of the counts `x`. It is -∞ if a count is negative or not whole, or if the
/// counts do not sum to `n`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ, shapes do not broadcast or there is no axis.
#[track_caller]
pub fn logpmf(x: &Tensor, n: impl Operand, p: &Tensor) -> Tensor {
    logpmf_in("stats::multinomial::logpmf", x, n, p)
}
/// Returns the probability of the counts `x`.
///
/// # Panics
/// Like [`logpmf`].
#[track_caller]
pub fn pmf(x: &Tensor, n: impl Operand, p: &Tensor) -> Tensor {
    logpmf_in("stats::multinomial::pmf", x, n, p).exp()
}
