//! The distribution of the number of trials up to the first success, if each trial succeeds with probability `p`.
//!
//! ```
//! use rune_trace::{Tensor, stats};
//! let y = stats::geom::pmf(&Tensor::scalar(2.0f64), 0.5, 0.0).item::<f64>().unwrap();
//! assert!((y - 0.25).abs() < 1e-15);
//! ```

use super::is_integer;
use crate::Tensor;
use crate::array_fns::scalar::Operand;
use crate::array_fns::special::support::{lift_all, replace_where};
use crate::array_fns::special::xlog1py_of;

fn logpmf_of(k: &Tensor, p: &Tensor) -> Tensor {
    let possible = is_integer(k) & k.ge(1.0);
    let inner = replace_where(&!&possible, 1.0, k);
    let y = replace_where(&!possible, f64::NEG_INFINITY, &(xlog1py_of(&(inner - 1.0), &-p) + p.log()));
    replace_where(&k.isnan(), f64::NAN, &y)
}

/// Returns the logarithm of the probability of `k`, which is -∞ unless `k` is a positive whole number.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn logpmf(k: impl Operand, p: impl Operand, loc: impl Operand) -> Tensor {
    let args = [k.into_argument(), p.into_argument(), loc.into_argument()];
    lift_all("stats::geom::logpmf", args, |[k, p, loc]| logpmf_of(&(k - loc), p))
}

/// Returns the probability of `k`, which is 0 unless `k` is a positive whole number.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn pmf(k: impl Operand, p: impl Operand, loc: impl Operand) -> Tensor {
    let args = [k.into_argument(), p.into_argument(), loc.into_argument()];
    lift_all("stats::geom::pmf", args, |[k, p, loc]| logpmf_of(&(k - loc), p).exp())
}
