//! Reductions and scans that ignore NaN.

use super::axes::resolve_axis;
use super::elementwise::{expect_float, greatest_of};
use super::join::part;
use super::reductions::{as_float, reductions, squared_magnitude};
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::DType;
use rune_ir::op::Dims;

/// Replaces NaN with `value`.
#[track_caller]
fn replace_nan(x: &Tensor, value: f64) -> Tensor {
    if x.dtype().is_inexact() { lax::select(&x.isnan(), &lax::full_like(x, value), x) } else { x.clone() }
}

/// Sets results to NaN where all reduced elements are NaN.
#[track_caller]
fn nan_where_all_nan(x: &Tensor, y: &Tensor, axes: &[usize], keepdims: bool) -> Tensor {
    if !x.dtype().is_inexact() {
        return y.clone();
    }
    let all = x.isnan();
    let all = if keepdims { all.all_keepdims(axes) } else { all.all_axes(axes) };
    lax::select(&all, &lax::full_like(y, f64::NAN), y)
}

/// Counts the elements along `axes` that are not NaN, in the float dtype of `x` or of its parts.
#[track_caller]
fn count(x: &Tensor, axes: &[usize], keepdims: bool) -> Tensor {
    let counted = lax::convert(&x.isnan().logical_not(), x.dtype().real());
    if keepdims { counted.sum_keepdims(axes) } else { counted.sum_axes(axes) }
}

#[track_caller]
fn nanmean(x: &Tensor, axes: &[usize], keepdims: bool) -> Tensor {
    let x = as_float(x);
    let zeroed = replace_nan(&x, 0.0);
    let sum = if keepdims { zeroed.sum_keepdims(axes) } else { zeroed.sum_axes(axes) };
    lax::div(&sum, &lax::convert(&count(&x, axes, keepdims), sum.dtype()))
}

/// Returns the variance of the elements that are not NaN, or its square root.
#[track_caller]
fn nanvariance(x: &Tensor, axes: &[usize], keepdims: bool, ddof: usize, root: bool) -> Tensor {
    let x = as_float(x);
    let centered = &x - nanmean(&x, axes, true);
    let squares = squared_magnitude(&replace_nan(&centered, 0.0));
    let sum = if keepdims { squares.sum_keepdims(axes) } else { squares.sum_axes(axes) };
    let n = count(&x, axes, keepdims) - ddof as f64;
    let valid = n.gt(0.0);
    let variance = &sum / lax::select(&valid, &n, &n.ones_like());
    let variance = lax::select(&valid, &variance, &lax::full_like(&variance, f64::NAN));
    if root { variance.sqrt() } else { variance }
}

reductions! {
    /// Returns the sum of the elements that are not NaN, like [`Tensor::sum`], or 0 if there are none.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([1.0f32, f32::NAN, 2.0]).nansum().item::<f32>().unwrap(), 3.0);
    /// ```
    nansum nansum_axes nansum_keepdims: |x, axes, keepdims| {
        let x = replace_nan(x, 0.0);
        if keepdims { x.sum_keepdims(axes) } else { x.sum_axes(axes) }
    };
    /// Returns the product of the elements that are not NaN, like [`Tensor::prod`], or 1 if there are none.
    nanprod nanprod_axes nanprod_keepdims: |x, axes, keepdims| {
        let x = replace_nan(x, 1.0);
        if keepdims { x.prod_keepdims(axes) } else { x.prod_axes(axes) }
    };
    /// Returns the greatest element that is not NaN, or NaN if there is no such element.
    nanmax nanmax_axes nanmax_keepdims: |x, axes, keepdims| {
        let y = replace_nan(x, -greatest_of(x.dtype()));
        let y = if keepdims { y.max_keepdims(axes) } else { y.max_axes(axes) };
        nan_where_all_nan(x, &y, axes, keepdims)
    };
    /// Returns the least element that is not NaN, or NaN if there is no such element.
    nanmin nanmin_axes nanmin_keepdims: |x, axes, keepdims| {
        let y = replace_nan(x, greatest_of(x.dtype()));
        let y = if keepdims { y.min_keepdims(axes) } else { y.min_axes(axes) };
        nan_where_all_nan(x, &y, axes, keepdims)
    };
    /// Returns the mean of the elements that are not NaN, or NaN if there are none. The mean of integers and `bool` is
    /// `f32`.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([1.0f32, f32::NAN, 2.0]).nanmean().item::<f32>().unwrap(), 1.5);
    /// ```
    nanmean nanmean_axes nanmean_keepdims: |x, axes, keepdims| nanmean(x, axes, keepdims);
    /// Returns the variance of the elements that are not NaN, or NaN if there are none. The variance of complex numbers
    /// is a float.
    nanvar nanvar_axes nanvar_keepdims: |x, axes, keepdims| nanvariance(x, axes, keepdims, 0, false);
    /// Returns the square root of [`Tensor::nanvar`].
    nanstd nanstd_axes nanstd_keepdims: |x, axes, keepdims| nanvariance(x, axes, keepdims, 0, true);
}

/// Indices, cumulative functions and quantiles that ignore NaN.
impl Tensor {
    /// Returns the index along `axis` of the first greatest element that is not NaN, as `i32`, or -1 if there is no such
    /// element.
    ///
    /// # Panics
    /// If the axis is out of range or has no elements.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([1.0f32, f32::NAN, 2.0]).nanargmax(0).item::<i32>().unwrap(), 2);
    /// ```
    #[track_caller]
    pub fn nanargmax(&self, axis: isize) -> Tensor {
        let position = replace_nan(self, -greatest_of(self.dtype())).argmax_axis(axis);
        position_unless_all_nan(self, &position, axis)
    }
    /// Returns the index along `axis` of the first least element that is not NaN, as `i32`, or -1 if there is no such
    /// element.
    ///
    /// # Panics
    /// If the axis is out of range or has no elements.
    #[track_caller]
    pub fn nanargmin(&self, axis: isize) -> Tensor {
        let position = replace_nan(self, greatest_of(self.dtype())).argmin_axis(axis);
        position_unless_all_nan(self, &position, axis)
    }
    /// Returns the cumulative sum along `axis`. NaN counts as 0.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn nancumsum(&self, axis: isize) -> Tensor {
        replace_nan(self, 0.0).cumsum(axis)
    }
    /// Returns the cumulative product along `axis`. NaN counts as 1.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn nancumprod(&self, axis: isize) -> Tensor {
        replace_nan(self, 1.0).cumprod(axis)
    }
    /// Returns the quantile `q` along `axis` of the elements that are not NaN: the element at this fraction of the
    /// order, interpolated between neighbors. If there are none, it is NaN. For integers and `bool`, it is `f32`.
    ///
    /// # Panics
    /// If `q` is not in 0 … 1, the axis has no elements, or the elements are complex.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([3.0f32, f32::NAN, 1.0]).nanquantile(0.25, 0);
    /// assert_eq!(x.item::<f32>().unwrap(), 1.5);
    /// ```
    #[track_caller]
    pub fn nanquantile(&self, q: f64, axis: isize) -> Tensor {
        let axis = resolve_axis("nanquantile", axis, self.shape());
        let n = self.shape()[axis];
        if !(0.0..=1.0).contains(&q) || n == 0 {
            refuse!("nanquantile: {q} of axis {axis} of shape {} is not defined", self.shape());
        }
        let x = as_float(self);
        expect_float("nanquantile", &x);
        let sorted = x.sort(axis as isize);
        let axes: Dims = Dims::from_slice(&[axis]);
        let known = sorted.isnan().logical_not();
        let last = known.sum_keepdims(&*axes) - 1;
        // NaN comes last, so the index depends on the number of NaNs.
        let dtype = if sorted.dtype().is_reduced_float() { DType::F32 } else { sorted.dtype() };
        let at = (lax::convert(&last, dtype) * q).maximum(0.0);
        let (below, above) = (at.floor(), at.ceil());
        let weight = lax::convert(&(&at - &below), sorted.dtype());
        let low = sorted.take_along_axis(&below.cast(DType::I32), axis as isize);
        let high = sorted.take_along_axis(&above.cast(DType::I32), axis as isize);
        let value = low * (1.0 - &weight) + high * &weight;
        let first = part(&sorted, axis, 0, 1);
        let value = lax::select(&first.isnan(), &lax::full_like(&first, f64::NAN), &value);
        lax::reshape(&value, self.shape().without(&[axis]))
    }
    /// Returns [`Tensor::nanquantile`] at `q` percent.
    ///
    /// # Panics
    /// Like [`Tensor::nanquantile`].
    #[track_caller]
    pub fn nanpercentile(&self, q: f64, axis: isize) -> Tensor {
        self.nanquantile(q / 100.0, axis)
    }
    /// Returns the median, like [`Tensor::median`], of the elements that are not NaN.
    ///
    /// # Panics
    /// If the axis is out of range or has no elements.
    #[track_caller]
    pub fn nanmedian(&self, axis: isize) -> Tensor {
        self.nanquantile(0.5, axis)
    }
}

#[track_caller]
fn position_unless_all_nan(x: &Tensor, position: &Tensor, axis: isize) -> Tensor {
    if !x.dtype().is_inexact() {
        return position.clone();
    }
    let all = x.isnan().all_axes(axis);
    lax::select(&all, &lax::full_like(position, -1.0), position)
}
