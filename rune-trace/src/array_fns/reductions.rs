//! Reductions over some axes.

use super::axes::{Axes, resolve_axis};
use super::complex_order;
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::op::{ArgFn, Dims, ReduceFn};
use rune_ir::{DType, Shape};

/// Returns the shape in which these axes have size 1.
fn keepdims_shape(shape: &Shape, axes: &[usize]) -> Shape {
    (0..shape.rank()).map(|a| if axes.contains(&a) { 1 } else { shape[a] }).collect()
}

/// If `keepdims` is set, restores the axes `axes` of `x` in `y`, with size 1.
#[track_caller]
fn finish(x: &Tensor, y: Tensor, axes: &[usize], keepdims: bool) -> Tensor {
    if keepdims { lax::reshape(&y, keepdims_shape(x.shape(), axes)) } else { y }
}

/// Converts `bool` to `i32`, for counting.
#[track_caller]
fn bool_to_i32(x: &Tensor) -> Tensor {
    if x.dtype() == DType::Bool { lax::convert(x, DType::I32) } else { x.clone() }
}

/// Converts to a float: integers and `bool` become `f32`.
#[track_caller]
pub(super) fn as_float(x: &Tensor) -> Tensor {
    if x.dtype().is_inexact() { x.clone() } else { lax::convert(x, DType::F32) }
}

/// Returns the dtype for means of `x`.
fn mean_dtype(x: &Tensor) -> DType {
    if x.dtype().is_reduced_float() { DType::F32 } else { x.dtype() }
}

fn count(x: &Tensor, axes: &[usize]) -> usize {
    axes.iter().map(|&a| x.shape()[a]).product()
}

#[track_caller]
fn reduce(f: ReduceFn, x: &Tensor, axes: &[usize], keepdims: bool) -> Tensor {
    let extreme = matches!(f, ReduceFn::Max | ReduceFn::Min);
    let y = if extreme && x.dtype().is_complex() { complex_order::reduce(f, x, axes) } else { lax::reduce(f, x, axes) };
    finish(x, y, axes, keepdims)
}

#[track_caller]
fn mean(x: &Tensor, axes: &[usize], keepdims: bool) -> Tensor {
    let x = as_float(x);
    let n = count(&x, axes) as f64;
    let sum = reduce(ReduceFn::Sum, &lax::convert(&x, mean_dtype(&x)), axes, keepdims);
    lax::convert(&(sum / n), x.dtype())
}

/// Returns the variance, or its square root.
#[track_caller]
fn variance(x: &Tensor, axes: &[usize], keepdims: bool, ddof: usize, root: bool) -> Tensor {
    let x = as_float(x);
    let wider = lax::convert(&x, mean_dtype(&x));
    let centered = &wider - mean(&wider, axes, true);
    let sum = reduce(ReduceFn::Sum, &squared_magnitude(&centered), axes, keepdims);
    // With no more elements than `ddof`, the variance is undefined.
    let n = count(&x, axes);
    let variance = sum / if n > ddof { (n - ddof) as f64 } else { f64::NAN };
    lax::convert(&if root { variance.sqrt() } else { variance }, x.dtype().real())
}

/// Returns |x|², which is a float for complex numbers.
#[track_caller]
pub(super) fn squared_magnitude(x: &Tensor) -> Tensor {
    if x.dtype().is_complex() { lax::add(&x.real().square(), &x.imag().square()) } else { x.square() }
}

#[track_caller]
fn logsumexp(x: &Tensor, axes: &[usize], keepdims: bool) -> Tensor {
    let x = &as_float(x);
    // For complex numbers, the greatest real part, like JAX: the imaginary part of the result is then an angle.
    let max = lax::stop_gradient(&reduce(ReduceFn::Max, &x.real(), axes, true));
    let max = lax::convert(&lax::select(&max.isfinite(), &max, &max.zeros_like()), x.dtype());
    let sum = reduce(ReduceFn::Sum, &(x - &max).exp(), axes, true).log() + max;
    if keepdims { sum } else { lax::reshape(&sum, x.shape().without(axes)) }
}

/// Converts to `bool`: a number is true unless it is 0.
#[track_caller]
pub(super) fn to_bool(x: &Tensor) -> Tensor {
    if x.dtype() == DType::Bool { x.clone() } else { lax::ne(x, &lax::full_like(x, 0.0)) }
}

/// Defines reductions, each in three forms.
macro_rules! reductions {
    ($($(#[$doc:meta])* $name:ident $(#[$alias:meta])* $over:ident $keep:ident: |$x:ident, $axes:ident, $keepdims:ident| $body:expr;)*) => {
        /// Reductions over some axes. Each has three forms: `sum()` reduces all axes, `sum_axes(axes)` reduces some and
        /// removes them, and `sum_keepdims(axes)` keeps them with size 1. `axes` is an axis, a list, or `..` for all.
        /// Negative axes count from the end. See [`Axes`](crate::Axes). Each panics at the caller's line if an axis is
        /// out of range or named twice.
        impl $crate::Tensor {$(
            $(#[$doc])*
            #[track_caller]
            pub fn $name(&self) -> $crate::Tensor {
                self.$over(..)
            }
            #[doc = concat!("Returns [`Tensor::", stringify!($name), "`] over `axes`, and removes these axes.")]
            $(#[$alias])*
            #[track_caller]
            pub fn $over(&self, axes: impl Into<$crate::Axes>) -> $crate::Tensor {
                let ($x, $axes, $keepdims) = (self, &*axes.into().resolve_sorted(stringify!($name), self.shape()), false);
                $body
            }
            #[doc = concat!("Returns [`Tensor::", stringify!($name), "`] over `axes`, and keeps these axes with size 1.")]
            #[track_caller]
            pub fn $keep(&self, axes: impl Into<$crate::Axes>) -> $crate::Tensor {
                let ($x, $axes, $keepdims) = (self, &*axes.into().resolve_sorted(stringify!($name), self.shape()), true);
                $body
            }
        )*}
    };
}
pub(super) use reductions;

reductions! {
    /// Returns the sum, in the dtype of the elements. Unlike in NumPy and JAX, integers are not widened, and wrap.
    /// Convert them first if the sum may be larger. For `bool`, the sum is the count, as `i32`. Half-precision types
    /// accumulate in `f32`. Without elements, the sum is 0.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([[1, 2], [3, 4]]);
    /// assert_eq!(x.sum().item::<i32>().unwrap(), 10);
    /// assert_eq!(x.sum_axes(0).to_vec::<i32>().unwrap(), [4, 6]);
    /// assert_eq!(*x.sum_keepdims(-1).shape(), [2, 1]);
    /// ```
    sum #[doc(alias = "reduce_sum")] sum_axes sum_keepdims: |x, axes, keepdims| reduce(ReduceFn::Sum, &bool_to_i32(x), axes, keepdims);
    /// Returns the product, in the dtype of the elements, like [`Tensor::sum`]. For `bool`, it is `i32`. Without
    /// elements, the product is 1.
    #[doc(alias = "product")]
    prod #[doc(alias = "reduce_prod")] prod_axes prod_keepdims: |x, axes, keepdims| reduce(ReduceFn::Prod, &bool_to_i32(x), axes, keepdims);
    /// Returns the greatest element, or NaN if any is NaN. Without elements: -∞, the least integer, or `false`. Complex
    /// numbers are ordered like in [`Tensor::maximum`].
    max #[doc(alias = "reduce_max")] max_axes max_keepdims: |x, axes, keepdims| reduce(ReduceFn::Max, x, axes, keepdims);
    /// Returns the least element, or NaN if any is NaN. Without elements: ∞, the greatest integer, or `true`.
    min #[doc(alias = "reduce_min")] min_axes min_keepdims: |x, axes, keepdims| reduce(ReduceFn::Min, x, axes, keepdims);
    /// Returns whether all elements are true, as `bool`; a number is true unless it is 0. Without elements: `true`.
    all #[doc(alias = "reduce_and")] all_axes all_keepdims: |x, axes, keepdims| reduce(ReduceFn::And, &to_bool(x), axes, keepdims);
    /// Returns whether any element is true, as `bool`; a number is true unless it is 0. Without elements: `false`.
    any #[doc(alias = "reduce_or")] any_axes any_keepdims: |x, axes, keepdims| reduce(ReduceFn::Or, &to_bool(x), axes, keepdims);
    /// Returns the mean. For integers and `bool`, it is `f32`. Half-precision types accumulate in `f32`. Without
    /// elements, it is NaN.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([1.0f32, 2.0]).mean().item::<f32>().unwrap(), 1.5);
    /// assert_eq!(Tensor::from([true, false]).mean().item::<f32>().unwrap(), 0.5);
    /// ```
    mean mean_axes mean_keepdims: |x, axes, keepdims| mean(x, axes, keepdims);
    /// Returns the mean squared deviation from the mean, like NumPy's `var`. For integers and `bool`, it is `f32`.
    /// [`Tensor::var_with`] takes another divisor.
    var var_axes var_keepdims: |x, axes, keepdims| variance(x, axes, keepdims, 0, false);
    /// Returns the square root of [`Tensor::var`].
    std std_axes std_keepdims: |x, axes, keepdims| variance(x, axes, keepdims, 0, true);
    /// Returns ln Σ eˣ, without overflow. For integers and `bool`, it is `f32`. Without elements: -∞.
    logsumexp logsumexp_axes logsumexp_keepdims: |x, axes, keepdims| logsumexp(x, axes, keepdims);
    /// Returns √ Σ x², the Euclidean (or Frobenius) norm. For integers and `bool`, it is `f32`.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([3.0f32, 4.0]).norm().item::<f32>().unwrap(), 5.0);
    /// ```
    norm norm_axes norm_keepdims: |x, axes, keepdims| {
        let x = &as_float(x);
        let wider = lax::convert(x, mean_dtype(x));
        lax::convert(&reduce(ReduceFn::Sum, &squared_magnitude(&wider), axes, keepdims).sqrt(), x.dtype().real())
    };
}

macro_rules! arg_reductions {
    ($($name:ident $(#[$alias:meta])* $over:ident $keep:ident $f:ident $extreme:literal;)*) => {
        /// Indices of extremes, as `i32`.
        impl Tensor {$(
            #[doc = concat!("The position of the first ", $extreme, " element in row-major order, as `i32`; of the first NaN where there is one.")]
            ///
            /// # Panics
            /// If there are no elements.
            #[track_caller]
            pub fn $name(&self) -> Tensor {
                arg_reduce(stringify!($name), ArgFn::$f, &lax::reshape(self, [self.size()]), 0, false)
            }
            #[doc = concat!("[`Tensor::", stringify!($name), "`] along `axis`, which leaves the shape.")]
            $(#[$alias])*
            ///
            /// ```
            /// use rune_trace::Tensor;
            /// let x = Tensor::from([[1, 5, 2], [7, 0, 3]]);
            #[doc = concat!("let positions = x.", stringify!($over), "(-1);")]
            /// assert_eq!(*positions.shape(), [2]);
            /// ```
            #[track_caller]
            pub fn $over(&self, axis: isize) -> Tensor {
                arg_reduce(stringify!($name), ArgFn::$f, self, axis, false)
            }
            #[doc = concat!("[`Tensor::", stringify!($name), "`] along `axis`, which stays with size 1.")]
            #[track_caller]
            pub fn $keep(&self, axis: isize) -> Tensor {
                arg_reduce(stringify!($name), ArgFn::$f, self, axis, true)
            }
        )*}
    };
}
arg_reductions! {
    argmax #[doc(alias = "argmax")] argmax_axis argmax_keepdims Max "greatest";
    argmin #[doc(alias = "argmin")] argmin_axis argmin_keepdims Min "least";
}

#[track_caller]
fn arg_reduce(op: &str, f: ArgFn, x: &Tensor, axis: isize, keepdims: bool) -> Tensor {
    let axis = resolve_axis(op, axis, x.shape());
    if x.shape()[axis] == 0 {
        refuse!("{op}: axis {axis} of shape {} has no elements", x.shape());
    }
    if x.dtype().is_complex() {
        return finish(x, complex_order::arg_reduce(f, x, axis), &[axis], keepdims);
    }
    // The operation takes only numbers. `false` is less than `true`.
    let numbers = if x.dtype() == DType::Bool { &lax::convert(x, DType::I32) } else { x };
    finish(x, lax::arg_reduce(f, numbers, axis, DType::I32), &[axis], keepdims)
}

impl Tensor {
    /// Like [`Tensor::var`] over `axes`, but divides by the number of elements minus `ddof` (1 for the unbiased
    /// estimate of a sample). The result is NaN unless this divisor is positive.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([1.0f32, 2.0, 3.0]).var_with(.., 1, false).item::<f32>().unwrap(), 1.0);
    /// ```
    #[track_caller]
    pub fn var_with(&self, axes: impl Into<Axes>, ddof: usize, keepdims: bool) -> Tensor {
        let axes: Dims = axes.into().resolve_sorted("var_with", self.shape());
        variance(self, &axes, keepdims, ddof, false)
    }
    /// Returns the square root of [`Tensor::var_with`].
    #[track_caller]
    pub fn std_with(&self, axes: impl Into<Axes>, ddof: usize, keepdims: bool) -> Tensor {
        let axes: Dims = axes.into().resolve_sorted("std_with", self.shape());
        variance(self, &axes, keepdims, ddof, true)
    }
}
