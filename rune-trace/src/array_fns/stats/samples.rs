//! Statistics of samples.

use crate::array_fns::axes::resolve_axis;
use crate::array_fns::elementwise::expect_float;
use crate::array_fns::special::support::replace_where;
use crate::tensor::{at_caller, refuse};
use crate::{Tensor, lax};
use rune_ir::DType;

/// Returns the standard error of the mean along `axis`: the standard deviation divided by the square root of the number
/// of samples. The divisor of the variance is the number of samples minus `ddof`.
///
/// # Panics
/// If the dtype of `x` is not a float, or the axis is out of range.
///
/// ```
/// use rune_trace::{Tensor, stats};
/// let x = stats::sem(&Tensor::from([1.0f64, 2.0, 3.0, 4.0]), 0, 1).item::<f64>().unwrap();
/// assert!((x - (5f64 / 12.0).sqrt()).abs() < 1e-15);
/// ```
#[track_caller]
pub fn sem(x: &Tensor, axis: isize, ddof: usize) -> Tensor {
    expect_float("stats::sem", x);
    let at = resolve_axis("stats::sem", axis, x.shape());
    let n = x.shape()[at];
    at_caller(|| {
        let squares = (x - x.mean_keepdims(axis)).square().sum_axes(axis);
        let left = if n > ddof { (n - ddof) as f64 } else { f64::NAN };
        (squares / (left * n as f64)).sqrt()
    })
}

/// Returns the rank of each number along `axis`, from 1 on, as floats. Equal numbers share the average of their ranks.
/// If a number is NaN, all ranks are NaN.
///
/// # Panics
/// If the dtype of `x` is `bool`, or the axis is out of range.
///
/// ```
/// use rune_trace::{Tensor, stats};
/// let x = stats::rankdata(&Tensor::from([0.0f32, 2.0, 3.0, 2.0]), 0);
/// assert_eq!(x.to_vec::<f32>().unwrap(), [1.0, 2.5, 4.0, 2.5]);
/// ```
#[track_caller]
pub fn rankdata(x: &Tensor, axis: isize) -> Tensor {
    let op = "stats::rankdata";
    let at = resolve_axis(op, axis, x.shape());
    if x.dtype() == DType::Bool {
        refuse!("{op}: ranks numbers, but got {}", x.ty());
    }
    let float = if x.dtype().is_inexact() { x.dtype().real() } else { DType::F32 };
    at_caller(|| {
        // The number of elements along the axis that are less than each element, and the number of those equal to it.
        let (others, own) = (x.unsqueeze(at as isize), x.unsqueeze(at as isize + 1));
        let below = own.gt(&others).sum_axes(at as isize + 1);
        let equal = own.eq(others).sum_axes(at as isize + 1);
        let rank = lax::convert(&below, float) + (lax::convert(&equal, float) + 1.0) * 0.5;
        let nan = x.isnan().any_keepdims(axis).broadcast_to(x.shape());
        replace_where(&nan, f64::NAN, &rank)
    })
}

/// Returns the most frequent number along `axis`, and its count, as `i32`. If several are most frequent, returns the
/// least.
///
/// # Panics
/// If the axis is out of range or has no elements.
///
/// ```
/// use rune_trace::{Tensor, stats};
/// let (x, count) = stats::mode(&Tensor::from([3, 1, 3, 1, 2]), 0);
/// assert_eq!((x.item::<i32>().unwrap(), count.item::<i32>().unwrap()), (1, 2));
/// ```
#[track_caller]
pub fn mode(x: &Tensor, axis: isize) -> (Tensor, Tensor) {
    let op = "stats::mode";
    let at = resolve_axis(op, axis, x.shape());
    if x.shape()[at] == 0 {
        refuse!("{op}: axis {at} of shape {} has no elements", x.shape());
    }
    at_caller(|| {
        let sorted = x.sort(axis);
        let (rows, columns) = (sorted.unsqueeze(at as isize), sorted.unsqueeze(at as isize + 1));
        let counts = rows.eq(columns).sum_axes(at as isize);
        // The first maximum in ascending order of the numbers.
        let first = counts.argmax_axis(at as isize).unsqueeze(at as isize);
        let value = sorted.take_along_axis(&first, axis).squeeze(at as isize);
        let count = counts.take_along_axis(&first, axis).squeeze(at as isize);
        (value, count)
    })
}
