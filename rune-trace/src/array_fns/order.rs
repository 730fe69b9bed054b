//! Running functions, and functions of the order of elements.

use super::axes::resolve_axis;
use super::broadcast::expect_one_dtype;
use super::elementwise::constant_like;
use super::join::part;
use super::reductions::as_float;
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::DType;
use rune_ir::op::CumulativeFn;

macro_rules! cumulative {
    ($($(#[$doc:meta])* $name:ident = $f:ident of $of:ident;)*) => {
        /// Running functions along an axis.
        impl Tensor {$(
            $(#[$doc])*
            #[track_caller]
            pub fn $name(&self, axis: isize) -> Tensor {
                let axis = resolve_axis(stringify!($name), axis, self.shape());
                running(CumulativeFn::$f, self, &$of(self), axis)
            }
        )*}
    };
}
cumulative! {
    /// The sum of all elements along `axis` up to each, of their dtype, as [`Tensor::sum`]; of `bool` the count, as `i32`.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([1, 2, 3]).cumsum(0).to_vec::<i32>().unwrap(), [1, 3, 6]);
    /// ```
    cumsum = Sum of numbers;
    /// The product of all elements along `axis` up to each, of their dtype; of `bool` as `i32`.
    cumprod = Prod of numbers;
    /// The greatest of all elements along `axis` up to each.
    cummax = Max of numbers;
    /// The least of all elements along `axis` up to each.
    cummin = Min of numbers;
    /// ln Σ eˣ over all elements along `axis` up to each; of integers and `bool`, as `f32`.
    cumlogsumexp = LogSumExp of as_float;
}

#[track_caller]
fn numbers(x: &Tensor) -> Tensor {
    if x.dtype() == DType::Bool { lax::convert(x, DType::I32) } else { x.clone() }
}

/// `f` of `numbers`, which are `x` as the operation takes it. The greatest and the least of `bool` are `bool`.
#[track_caller]
fn running(f: CumulativeFn, x: &Tensor, numbers: &Tensor, axis: usize) -> Tensor {
    let y = lax::cumulative(f, numbers, axis, false);
    let chosen = matches!(f, CumulativeFn::Max | CumulativeFn::Min);
    if chosen && x.dtype() == DType::Bool { lax::convert(&y, DType::Bool) } else { y }
}

/// Order.
impl Tensor {
    /// The elements along `axis` in ascending order, NaN last.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([3, 1, 2]).sort(0).to_vec::<i32>().unwrap(), [1, 2, 3]);
    /// ```
    #[track_caller]
    pub fn sort(&self, axis: isize) -> Tensor {
        let axis = resolve_axis("sort", axis, self.shape());
        lax::sort(std::slice::from_ref(self), axis, 1).remove(0)
    }
    /// The elements along `axis` in descending order, NaN first.
    #[track_caller]
    pub fn sort_descending(&self, axis: isize) -> Tensor {
        self.sort(axis).flip(axis)
    }
    /// The positions, as `i32`, that put the elements along `axis` in ascending order, NaN last. Equal elements stay in order.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([3, 1, 2]).argsort(0).to_vec::<i32>().unwrap(), [1, 2, 0]);
    /// ```
    #[track_caller]
    pub fn argsort(&self, axis: isize) -> Tensor {
        let axis = resolve_axis("argsort", axis, self.shape());
        let positions = lax::iota(DType::I32, self.shape().clone(), axis);
        lax::sort(&[self.clone(), positions], axis, 1).remove(1)
    }
    /// The positions, as `i32`, that put the elements along `axis` in descending order, NaN first. Equal elements stay in
    /// order.
    #[track_caller]
    pub fn argsort_descending(&self, axis: isize) -> Tensor {
        let at = resolve_axis("argsort_descending", axis, self.shape());
        let last = self.shape()[at] as i64 - 1;
        last as i32 - self.flip(axis).argsort(axis).flip(axis)
    }
    /// The `k` greatest elements along the last axis, descending, and their positions as `i32`. Of equal elements the first comes first;
    /// NaN counts as greatest.
    ///
    /// # Panics
    /// If the last axis has fewer than `k` elements, or there is none.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let (values, positions) = Tensor::from([3, 1, 4, 1]).top_k(2);
    /// assert_eq!((values.to_vec::<i32>().unwrap(), positions.to_vec::<i32>().unwrap()), (vec![4, 3], vec![2, 0]));
    /// ```
    #[doc(alias = "topk")]
    #[track_caller]
    pub fn top_k(&self, k: usize) -> (Tensor, Tensor) {
        if self.shape().last().is_none_or(|&n| n < k) {
            refuse!("top_k: shape {} has no last axis of {k} elements", self.shape());
        }
        lax::top_k(self, k)
    }
    /// For each of `values` the position, as `i32`, at which it is to be put into this vector, which is sorted, to keep the order: before
    /// equal elements, or after them if `right`. Each value is compared with every element.
    ///
    /// # Panics
    /// If this is no vector, or the dtypes differ.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([1, 3, 5]);
    /// assert_eq!(x.searchsorted(&Tensor::from([3, 9]), false).to_vec::<i32>().unwrap(), [1, 3]);
    /// ```
    #[track_caller]
    pub fn searchsorted(&self, values: &Tensor, right: bool) -> Tensor {
        if self.rank() != 1 {
            refuse!("searchsorted: takes a sorted vector, and is given {}", self.ty());
        }
        expect_one_dtype("searchsorted", &[self.dtype(), values.dtype()]);
        let values = values.unsqueeze(-1);
        let before = if right { self.le(&values) } else { self.lt(&values) };
        before.sum_axes(-1)
    }
    /// The element in the middle of the order along `axis`, or halfway between the two in the middle; NaN if any is. Of integers and
    /// `bool`, as `f32`.
    ///
    /// # Panics
    /// If the axis has no elements.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([3.0f32, 1.0, 2.0, 10.0]).median(0).item::<f32>().unwrap(), 2.5);
    /// ```
    #[track_caller]
    pub fn median(&self, axis: isize) -> Tensor {
        self.quantile(0.5, axis)
    }
    /// The element at the fraction `q` of the order along `axis`, interpolated between neighbours; NaN if any is. Of
    /// integers and `bool`, as `f32`.
    ///
    /// # Panics
    /// If `q` is not from 0 to 1, or the axis has no elements.
    #[doc(alias = "percentile")]
    #[track_caller]
    pub fn quantile(&self, q: f64, axis: isize) -> Tensor {
        let axis = resolve_axis("quantile", axis, self.shape());
        let n = self.shape()[axis];
        if !(0.0..=1.0).contains(&q) || n == 0 {
            refuse!("quantile: {q} of axis {axis} of shape {} is not defined", self.shape());
        }
        let sorted = as_float(self).sort(axis as isize);
        let at = q * (n - 1) as f64;
        let (below, above) = (at.floor() as usize, at.ceil() as usize);
        let (low, high) = (part(&sorted, axis, below, below + 1), part(&sorted, axis, above, above + 1));
        let weight = at - below as f64;
        let value = if weight == 0.0 { low } else { low * (1.0 - weight) + high * weight };
        // NaN comes last.
        let last = part(&sorted, axis, n - 1, n);
        let value = lax::select(&last.isnan(), &constant_like(&last, f64::NAN), &value);
        lax::reshape(&value, self.shape().without(&[axis]))
    }
}
