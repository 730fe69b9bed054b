//! Differences, slopes, integrals and interpolation along an axis.

use super::axes::resolve_axis;
use super::broadcast::{broadcast, expect_one_dtype};
use super::elementwise::{expect_float, max_of};
use super::join::{concat, part};
use super::reductions::as_float;
use super::scalar::{Argument, Operand};
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::{DType, Shape};

/// Differences, slopes and integrals.
impl Tensor {
    /// Returns the `n`-th differences of neighbors along `axis`. For `bool`, returns whether neighbors differ.
    ///
    /// # Panics
    /// If the axis is out of range.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([1, 4, 9, 16]);
    /// assert_eq!(x.diff(1, 0).to_vec::<i32>().unwrap(), [3, 5, 7]);
    /// assert_eq!(x.diff(2, 0).to_vec::<i32>().unwrap(), [2, 2]);
    /// ```
    #[track_caller]
    pub fn diff(&self, n: usize, axis: isize) -> Tensor {
        let axis = resolve_axis("diff", axis, self.shape());
        let mut x = self.clone();
        for _ in 0..n {
            let size = x.shape()[axis];
            if size == 0 {
                break;
            }
            let (after, before) = (part(&x, axis, 1, size), part(&x, axis, 0, size - 1));
            x = if x.dtype() == DType::Bool { after ^ before } else { after - before };
        }
        x
    }
    /// Returns the differences of neighbors among all elements in row-major order.
    ///
    /// # Panics
    /// If the dtype is `bool`.
    #[track_caller]
    pub fn ediff1d(&self) -> Tensor {
        if self.dtype() == DType::Bool {
            refuse!("ediff1d: takes numbers, but got {}", self.ty());
        }
        self.flatten().diff(1, 0)
    }
    /// Returns the slope at each element along `axis`, for elements `spacing` apart: central differences, and one-sided
    /// differences at the ends. For integers and `bool`, the result is `f32`.
    ///
    /// # Panics
    /// If the axis is out of range or has fewer than two elements.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([0.0f32, 1.0, 4.0, 9.0]);
    /// assert_eq!(x.gradient(1.0, 0).to_vec::<f32>().unwrap(), [1.0, 2.0, 4.0, 5.0]);
    /// ```
    #[track_caller]
    pub fn gradient(&self, spacing: impl Operand, axis: isize) -> Tensor {
        let at = resolve_axis("gradient", axis, self.shape());
        let n = self.shape()[at];
        if n < 2 {
            refuse!("gradient: axis {at} of shape {} has fewer than two elements", self.shape());
        }
        let x = as_float(self);
        let step = x.diff(1, axis);
        let both = (part(&x, at, 2, n) - part(&x, at, 0, n - 2)) / 2.0;
        let slopes = concat("gradient", &[part(&step, at, 0, 1), both, part(&step, at, n - 2, n - 1)], axis);
        slopes / spacing
    }
    /// Returns the integral along `axis` by the trapezoidal rule. `spacing` is the distance between elements, or a
    /// tensor of coordinates: a vector along the axis, or a tensor of the same shape as this one. For integers and
    /// `bool`, the result is `f32`.
    ///
    /// # Panics
    /// If the axis is out of range, or `spacing` does not match.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let y = Tensor::from([1.0f32, 2.0, 3.0]);
    /// assert_eq!(y.trapezoid(1.0, 0).item::<f32>().unwrap(), 4.0);
    /// assert_eq!(y.trapezoid(&Tensor::from([0.0f32, 2.0, 4.0]), 0).item::<f32>().unwrap(), 8.0);
    /// ```
    #[doc(alias = "trapz")]
    #[track_caller]
    pub fn trapezoid(&self, spacing: impl Operand, axis: isize) -> Tensor {
        let at = resolve_axis("trapezoid", axis, self.shape());
        let spacing = spacing.into_argument();
        // Integers take the dtype of the coordinates.
        let dtype = match &spacing {
            Argument::Tensor(x) if x.dtype().is_float() && !self.dtype().is_inexact() => x.dtype(),
            Argument::Tensor(_) | Argument::Scalar(_) => as_float(self).dtype(),
        };
        let y = lax::convert(self, dtype);
        let n = y.shape()[at];
        if n == 0 {
            return y.sum_axes(at);
        }
        let means = (part(&y, at, 1, n) + part(&y, at, 0, n - 1)) * 0.5;
        let widths = match spacing {
            Argument::Tensor(x) if x.rank() > 0 => {
                let x = as_float(&x);
                let x = if x.dtype() == dtype.real() { lax::convert(&x, dtype) } else { x };
                expect_one_dtype("trapezoid", &[dtype, x.dtype()]);
                let mut shape = vec![1; y.rank()];
                shape[at] = n;
                let x = if x.rank() == 1 && x.size() == n { lax::reshape(&x, shape) } else { x };
                Argument::Tensor(broadcast("trapezoid", &x, y.shape()).diff(1, axis))
            }
            Argument::Tensor(x) if x.dtype() == dtype.real() => Argument::Tensor(lax::convert(&x, dtype)),
            number @ (Argument::Tensor(_) | Argument::Scalar(_)) => number,
        };
        (means * widths).sum_axes(at)
    }
    /// Interpolates linearly between the points (`xp`, `fp`), at the coordinates in this tensor. The function is
    /// constant before the first point and after the last one. `xp` must increase. The values `fp` may be complex, with
    /// parts of the dtype of the coordinates.
    ///
    /// # Panics
    /// If `xp` and `fp` are not vectors of the same size with at least one element, or the dtypes differ.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let (xp, fp) = (Tensor::from([0.0f32, 1.0, 2.0]), Tensor::from([0.0f32, 10.0, 0.0]));
    /// let y = Tensor::from([-1.0f32, 0.5, 1.75]).interp(&xp, &fp);
    /// assert_eq!(y.to_vec::<f32>().unwrap(), [0.0, 5.0, 2.5]);
    /// ```
    #[track_caller]
    pub fn interp(&self, xp: &Tensor, fp: &Tensor) -> Tensor {
        expect_float("interp", self);
        let dtype = if fp.dtype().is_complex() { fp.dtype().real() } else { fp.dtype() };
        expect_one_dtype("interp", &[self.dtype(), xp.dtype(), dtype]);
        if xp.rank() != 1 || fp.shape() != xp.shape() || xp.size() == 0 {
            refuse!("interp: points must be two vectors of one size, but are {} and {}", xp.ty(), fp.ty());
        }
        let n = xp.size();
        if n == 1 {
            return lax::broadcast_in_dim(&lax::reshape(fp, Shape::scalar()), self.shape().clone(), &[]);
        }
        let after = xp.searchsorted(self, true).clamp(1, n as i32 - 1);
        let before = &after - 1;
        let (x0, x1) = (xp.take(&before, 0), xp.take(&after, 0));
        let (y0, y1) = (fp.take(&before, 0), fp.take(&after, 0));
        let width = &x1 - &x0;
        let none = width.abs().le(1.0 / max_of(self.dtype()));
        let weight = (self - &x0) / lax::select(&none, &width.ones_like(), &width);
        let weight = lax::convert(&weight, fp.dtype());
        let between = lax::select(&none, &y0, &(&y0 + weight * (&y1 - &y0)));
        let (first, last) = (part(xp, 0, 0, 1), part(xp, 0, n - 1, n));
        let (start, end) = (part(fp, 0, 0, 1), part(fp, 0, n - 1, n));
        let scalar = Shape::scalar();
        let start = lax::broadcast_in_dim(&lax::reshape(&start, scalar.clone()), self.shape().clone(), &[]);
        let end = lax::broadcast_in_dim(&lax::reshape(&end, scalar.clone()), self.shape().clone(), &[]);
        let y = lax::select(&self.lt(lax::reshape(&first, scalar.clone())), &start, &between);
        let y = lax::select(&self.gt(lax::reshape(&last, scalar)), &end, &y);
        lax::select(&self.isnan(), &lax::full_like(&y, f64::NAN), &y)
    }
}
