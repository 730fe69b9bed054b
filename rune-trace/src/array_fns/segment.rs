//! Reductions over segments, like `jax.ops`.

use super::choose::{ResultSize, concrete_i64};
use super::elementwise::greatest_of;
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::op::ReduceFn;
use rune_ir::{DType, Shape};

/// Returns the initial values of all segments, and the index of the segment of each slice of `data`. Updates ignore
/// indices out of range.
#[track_caller]
fn segments(op: &str, data: &Tensor, ids: &Tensor, size: &ResultSize, f: ReduceFn) -> (Tensor, Tensor) {
    if data.dtype() == DType::Bool && matches!(f, ReduceFn::Sum | ReduceFn::Prod) {
        refuse!("{op}: takes numbers, but got {}", data.ty());
    }
    let extreme = matches!(f, ReduceFn::Max | ReduceFn::Min);
    if !ids.dtype().is_int() || ids.rank() != 1 || data.rank() == 0 || data.shape()[0] != ids.size() {
        refuse!(
            "{op}: the numbers of segments must be one integer for each slice, but are {} for {}",
            ids.ty(),
            data.ty()
        );
    }
    let n = match size.explicit_size() {
        Some(n) => n,
        None if ids.size() == 0 => 0,
        None => usize::try_from(concrete_i64(op, &ids.max().cast(DType::I64))[0] + 1).unwrap_or(0),
    };
    let mut shape: Shape = data.shape().clone();
    shape.dims_mut()[0] = n;
    // The neutral element is the reduction of no elements.
    let nothing = if extreme && data.dtype().is_inexact() {
        let greatest = greatest_of(data.dtype());
        lax::full(data.dtype(), &Shape::scalar(), if f == ReduceFn::Max { -greatest } else { greatest })
    } else {
        lax::reduce(f, &lax::full(data.dtype(), &[0].into(), 0.0), &[0])
    };
    let ids = lax::convert(ids, if ids.dtype().size() > 4 { DType::I64 } else { DType::I32 });
    let outside = ids.lt(0);
    let ids = lax::select(&outside, &lax::full_like(&ids, n as f64), &ids);
    (lax::broadcast_in_dim(&nothing, shape, &[]), ids)
}

macro_rules! segment {
    ($($(#[$doc:meta])* $name:ident = $f:ident $update:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// `ids` holds the segment of each slice along the first axis of `data`. Slices with ids out of range are
        /// ignored. The number of segments is the greatest id plus 1 (`..`), or a given number. Inside `jit`, it must
        /// be given.
        ///
        /// # Panics
        /// If `ids` does not hold one integer for each slice, or if the number of segments is `..` and the elements of
        /// `ids` are unknown.
        #[track_caller]
        pub fn $name(data: &Tensor, ids: &Tensor, segments: impl Into<ResultSize>) -> Tensor {
            let (start, ids) = self::segments(stringify!($name), data, ids, &segments.into(), ReduceFn::$f);
            start.at(ids).$update(data)
        }
    )*};
}
segment! {
    /// Returns the sum of the slices of each segment, or 0 if there are none.
    ///
    /// ```
    /// use rune_trace::{Tensor, segment_sum};
    /// let sums = segment_sum(&Tensor::from([1.0f32, 2.0, 4.0]), &Tensor::from([0, 0, 2]), 3);
    /// assert_eq!(sums.to_vec::<f32>().unwrap(), [3.0, 0.0, 4.0]);
    /// ```
    segment_sum = Sum add;
    /// Returns the product of the slices of each segment, or 1 if there are none.
    segment_prod = Prod mul;
    /// Returns the greatest elements of the slices of each segment. If there are none: -∞ or the least number. Complex
    /// numbers are compared by their real parts, then by their imaginary parts. An element is NaN if any of its numbers
    /// is.
    segment_max = Max max;
    /// Returns the least elements of the slices of each segment. If there are none: ∞ or the greatest number. Complex
    /// numbers are compared like by [`segment_max`].
    segment_min = Min min;
}
