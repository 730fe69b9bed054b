//! Cumulative functions, and functions of the order of elements.

use super::axes::resolve_axis;
use super::broadcast::expect_one_dtype;
use super::join::part;
use super::reductions::as_float;
use crate::control::associative_scan_axis;
use crate::tensor::{Caller, at_caller, refuse};
use crate::{Tensor, lax};
use rune_ir::DType;
use rune_ir::op::CumulativeFn;

macro_rules! cumulative {
    ($($(#[$doc:meta])* $name:ident = $f:ident of $of:ident;)*) => {
        /// Cumulative functions along an axis.
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
    /// Returns the cumulative sum along `axis`, in the dtype of the elements, like [`Tensor::sum`]. For `bool`, it is
    /// the count, as `i32`.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([1, 2, 3]).cumsum(0).to_vec::<i32>().unwrap(), [1, 3, 6]);
    /// ```
    cumsum = Sum of numbers;
    /// Returns the cumulative product along `axis`, in the dtype of the elements. For `bool`, it is `i32`.
    #[doc(alias = "cumproduct")]
    cumprod = Prod of numbers;
    /// Returns the cumulative maximum along `axis`. Complex numbers are ordered like in [`Tensor::maximum`].
    cummax = Max of numbers;
    /// Returns the cumulative minimum along `axis`.
    cummin = Min of numbers;
    /// Returns the cumulative ln Σ eˣ along `axis`. For integers and `bool`, it is `f32`.
    #[doc(alias = "logcumsumexp")]
    cumlogsumexp = LogSumExp of as_float;
}

#[track_caller]
fn numbers(x: &Tensor) -> Tensor {
    if x.dtype() == DType::Bool { lax::convert(x, DType::I32) } else { x.clone() }
}

/// Applies `f` to `numbers`: `x` in a dtype that the operation supports. The extremes of `bool` are `bool`.
#[track_caller]
fn running(f: CumulativeFn, x: &Tensor, numbers: &Tensor, axis: usize) -> Tensor {
    if numbers.dtype().is_complex() {
        let combine: fn(&Tensor, &Tensor) -> Tensor = match f {
            CumulativeFn::Max => |x, y| x.maximum(y),
            CumulativeFn::Min => |x, y| x.minimum(y),
            CumulativeFn::LogSumExp => |x, y| x.logaddexp(y),
            CumulativeFn::Sum | CumulativeFn::Prod => return lax::cumulative(f, numbers, axis, false),
        };
        // The operation has no such function of complex numbers.
        let caller = Caller::here();
        let combine = |x: &Tensor, y: &Tensor| caller.run(|| combine(x, y));
        return at_caller(|| associative_scan_axis(combine, numbers, false, axis as i64));
    }
    let y = lax::cumulative(f, numbers, axis, false);
    let chosen = matches!(f, CumulativeFn::Max | CumulativeFn::Min);
    if chosen && x.dtype() == DType::Bool { lax::convert(&y, DType::Bool) } else { y }
}

/// Sorting, and functions of sorted elements.
impl Tensor {
    /// Returns the elements along `axis` in ascending order, NaN last.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([3, 1, 2]).sort(0).to_vec::<i32>().unwrap(), [1, 2, 3]);
    /// ```
    #[doc(alias = "msort")]
    #[track_caller]
    pub fn sort(&self, axis: isize) -> Tensor {
        let axis = resolve_axis("sort", axis, self.shape());
        lax::sort(std::slice::from_ref(self), axis, 1).remove(0)
    }
    /// Returns the elements along `axis` in descending order, NaN first.
    #[track_caller]
    pub fn sort_descending(&self, axis: isize) -> Tensor {
        self.sort(axis).flip(axis)
    }
    /// Returns the indices, as `i32`, that sort the elements along `axis` in ascending order, NaN last. Equal elements
    /// keep their order.
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
    /// Returns the indices, as `i32`, that sort the elements along `axis` in descending order, NaN first. Equal
    /// elements keep their order.
    #[track_caller]
    pub fn argsort_descending(&self, axis: isize) -> Tensor {
        let at = resolve_axis("argsort_descending", axis, self.shape());
        let last = self.shape()[at] as i64 - 1;
        last as i32 - self.flip(axis).argsort(axis).flip(axis)
    }
    /// Returns the `k` greatest elements along the last axis, in descending order, and their indices as `i32`. Equal
    /// elements keep their order. NaN counts as greatest.
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
    /// Returns, for each of `values`, the index in this sorted vector at which inserting it keeps the order, as `i32`:
    /// before equal elements, or after them if `right`. Each value is compared with every element.
    ///
    /// # Panics
    /// If this is not a vector, or the dtypes differ.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([1, 3, 5]);
    /// assert_eq!(x.searchsorted(&Tensor::from([3, 9]), false).to_vec::<i32>().unwrap(), [1, 3]);
    /// ```
    #[track_caller]
    pub fn searchsorted(&self, values: &Tensor, right: bool) -> Tensor {
        if self.rank() != 1 {
            refuse!("searchsorted: takes a sorted vector, but got {}", self.ty());
        }
        expect_one_dtype("searchsorted", &[self.dtype(), values.dtype()]);
        let values = values.unsqueeze(-1);
        let before = if right { self.le(&values) } else { self.lt(&values) };
        before.sum_axes(-1)
    }
    /// Returns the median along `axis`: the middle element in the order, or the mean of the two middle ones. It is NaN
    /// if any element is. For integers and `bool`, it is `f32`.
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
    /// Returns the quantile `q` along `axis`: the element at this fraction of the order, interpolated between
    /// neighbors. It is NaN if any element is. For integers and `bool`, it is `f32`.
    ///
    /// # Panics
    /// If `q` is not in 0 … 1, or the axis has no elements.
    #[doc(alias = "percentile")]
    #[track_caller]
    pub fn quantile(&self, q: f64, axis: isize) -> Tensor {
        let axis = resolve_axis("quantile", axis, self.shape());
        let n = self.shape()[axis];
        if !(0.0..=1.0).contains(&q) || n == 0 {
            refuse!("quantile: {q} of axis {axis} of shape {} is not defined", self.shape());
        }
        if self.dtype().is_complex() {
            refuse!(
                "quantile: takes elements with distances, but got {}; take those of `.real()` or `.abs()`",
                self.ty()
            );
        }
        let sorted = as_float(self).sort(axis as isize);
        let at = q * (n - 1) as f64;
        let (below, above) = (at.floor() as usize, at.ceil() as usize);
        let (low, high) = (part(&sorted, axis, below, below + 1), part(&sorted, axis, above, above + 1));
        let weight = at - below as f64;
        let value = if weight == 0.0 { low } else { low * (1.0 - weight) + high * weight };
        // NaN comes last.
        let last = part(&sorted, axis, n - 1, n);
        let value = lax::select(&last.isnan(), &lax::full_like(&last, f64::NAN), &value);
        lax::reshape(&value, self.shape().without(&[axis]))
    }
}
