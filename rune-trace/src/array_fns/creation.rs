//! Creation of tensors: constants, ranges and similar.

use super::grids::ends;
use super::scalar::Scalar;
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::op::{Dims, Literal};
use rune_ir::{Array, DType, Element, Shape, with_element};
use std::ops::Range;

/// Returns the scalar `x`, repeated to `shape`.
#[track_caller]
fn filled(op: &str, shape: Shape, x: Scalar, dtype: DType) -> Tensor {
    lax::broadcast_in_dim(&lax::constant(x.literal(op, dtype)), shape, &[])
}

/// Tensors from Rust values. See also the `From` implementations: `Tensor::from` takes numbers, slices, vectors and
/// nested arrays.
impl Tensor {
    /// Returns a tensor of rank 0. Programs contain it as a literal.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::scalar(2.5f32).ty().to_string(), "[f32]");
    /// ```
    #[track_caller]
    pub fn scalar<T: Element>(x: T) -> Tensor {
        lax::constant(Literal::new(x))
    }
    /// Returns a tensor with the elements of a slice, in row-major order.
    ///
    /// # Panics
    /// If the number of elements does not match the shape.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from_slice([2, 3], &[1, 2, 3, 4, 5, 6]);
    /// assert_eq!(x.ty().to_string(), "[2, 3, i32]");
    /// ```
    #[doc(alias = "asanyarray")]
    #[doc(alias = "frombuffer")]
    #[doc(alias = "asarray")]
    #[doc(alias = "array")]
    #[track_caller]
    pub fn from_slice<T: Element>(shape: impl Into<Shape>, elements: &[T]) -> Tensor {
        let shape = shape.into();
        if shape.checked_size() != Some(elements.len()) {
            refuse!("from_slice: a tensor of shape {shape} is made from {} elements", elements.len());
        }
        Array::from_slice(shape, elements).into()
    }
    /// Like [`Tensor::from_slice`], from a vector.
    #[doc(alias = "fromiter")]
    #[doc(alias = "array")]
    #[track_caller]
    pub fn from_vec<T: Element>(shape: impl Into<Shape>, elements: Vec<T>) -> Tensor {
        Tensor::from_slice(shape, &elements)
    }
}

/// Constant tensors, ranges, and the identity matrix.
impl Tensor {
    /// Returns a tensor whose elements are all `value`: any Rust number that `dtype` can hold.
    ///
    /// # Panics
    /// If `dtype` cannot hold `value`: a float for an integer dtype, or an integer out of range.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// let x = Tensor::full([2], 0.5, DType::BF16);
    /// assert_eq!(x.cast(DType::F32).to_vec::<f32>().unwrap(), [0.5, 0.5]);
    /// ```
    #[doc(alias = "constant")]
    #[track_caller]
    pub fn full(shape: impl Into<Shape>, value: impl Into<Scalar>, dtype: DType) -> Tensor {
        filled("full", shape.into(), value.into(), dtype)
    }
    /// Returns a tensor of zeros, or of `false` for `bool`.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// assert_eq!(Tensor::zeros([2, 3], DType::F32).ty().to_string(), "[2, 3, f32]");
    /// ```
    #[doc(alias = "empty")]
    #[track_caller]
    pub fn zeros(shape: impl Into<Shape>, dtype: DType) -> Tensor {
        filled("zeros", shape.into(), Scalar::Int(0), dtype)
    }
    /// Returns a tensor of ones, or of `true` for `bool`.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// assert_eq!(Tensor::ones(2, DType::I8).to_vec::<i8>().unwrap(), [1, 1]);
    /// ```
    #[track_caller]
    pub fn ones(shape: impl Into<Shape>, dtype: DType) -> Tensor {
        filled("ones", shape.into(), Scalar::Int(1), dtype)
    }
    /// Returns [`Tensor::full`] with the shape and dtype of this tensor.
    #[track_caller]
    pub fn full_like(&self, value: impl Into<Scalar>) -> Tensor {
        filled("full_like", self.shape().clone(), value.into(), self.dtype())
    }
    /// Returns [`Tensor::zeros`] with the shape and dtype of this tensor.
    #[track_caller]
    pub fn zeros_like(&self) -> Tensor {
        filled("zeros_like", self.shape().clone(), Scalar::Int(0), self.dtype())
    }
    /// Returns [`Tensor::ones`] with the shape and dtype of this tensor.
    #[track_caller]
    pub fn ones_like(&self) -> Tensor {
        filled("ones_like", self.shape().clone(), Scalar::Int(1), self.dtype())
    }
    /// Returns a tensor whose elements are their own indices along `axis`, which may be negative.
    ///
    /// # Panics
    /// If there is no such axis, or `dtype` is `bool`.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// assert_eq!(Tensor::iota([2, 2], 0, DType::I32).to_vec::<i32>().unwrap(), [0, 0, 1, 1]);
    /// ```
    #[doc(alias = "broadcasted_iota")]
    #[track_caller]
    pub fn iota(shape: impl Into<Shape>, axis: isize, dtype: DType) -> Tensor {
        let shape = shape.into();
        let axis = super::axes::resolve_axis("iota", axis, &shape);
        lax::iota(dtype, shape, axis)
    }
    /// Returns the integers of a range: `0..5` is 0, 1, 2, 3, 4. The result has rank 1.
    ///
    /// # Panics
    /// If `dtype` is `bool` or cannot hold the numbers.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// assert_eq!(Tensor::arange(2..5, DType::I64).to_vec::<i64>().unwrap(), [2, 3, 4]);
    /// assert_eq!(Tensor::arange(0.5..3.0, DType::F32).to_vec::<f32>().unwrap(), [0.5, 1.5, 2.5]);
    /// ```
    #[track_caller]
    pub fn arange<T: Into<Scalar>>(range: Range<T>, dtype: DType) -> Tensor {
        arange_checked(range.start.into(), range.end.into(), Scalar::Int(1), dtype)
    }
    /// Returns the numbers of a range in steps of `step`, which may be negative. The result has rank 1.
    ///
    /// # Panics
    /// If `step` is 0, or `dtype` is `bool` or cannot hold the numbers.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// assert_eq!(Tensor::arange_step(5..0, -2, DType::I32).to_vec::<i32>().unwrap(), [5, 3, 1]);
    /// ```
    #[track_caller]
    pub fn arange_step<T: Into<Scalar>>(range: Range<T>, step: impl Into<Scalar>, dtype: DType) -> Tensor {
        arange_checked(range.start.into(), range.end.into(), step.into(), dtype)
    }
    /// Returns `n` evenly spaced numbers from `start` to `end`, both included. The result has rank 1.
    ///
    /// # Panics
    /// If `dtype` is neither float nor complex, or `start` or `end` is complex and `dtype` is not.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// assert_eq!(Tensor::linspace(0.0, 1.0, 3, DType::F32).to_vec::<f32>().unwrap(), [0.0, 0.5, 1.0]);
    /// ```
    #[track_caller]
    pub fn linspace(start: impl Into<Scalar>, end: impl Into<Scalar>, n: usize, dtype: DType) -> Tensor {
        if !dtype.is_inexact() {
            refuse!("linspace: needs a float or complex dtype, but got {dtype}");
        }
        let [start, end] = ends("linspace", [start.into(), end.into()], dtype);
        let last = n.saturating_sub(1).max(1) as f64;
        let at = |i: usize| if i > 0 && i + 1 == n { end } else { start + (end - start) * (i as f64 / last) };
        with_element!(dtype, T => Array::from_fn([n], |i| <T as Element>::from_complex(at(i)))).into()
    }
    /// Returns the identity matrix with `n` rows: 1 on the diagonal and 0 elsewhere.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// assert_eq!(Tensor::eye(2, DType::F32).to_vec::<f32>().unwrap(), [1.0, 0.0, 0.0, 1.0]);
    /// ```
    #[doc(alias = "identity")]
    #[track_caller]
    pub fn eye(n: usize, dtype: DType) -> Tensor {
        let rows = lax::iota(DType::I32, [n, n], 0);
        let columns = lax::iota(DType::I32, [n, n], 1);
        lax::convert(&lax::eq(&rows, &columns), dtype)
    }
}

#[track_caller]
fn arange_checked(start: Scalar, end: Scalar, step: Scalar, dtype: DType) -> Tensor {
    if dtype == DType::Bool {
        refuse!("arange: needs an integer or float dtype, but got bool");
    }
    if let (Scalar::Int(start), Scalar::Int(end), Scalar::Int(step)) = (start, end, step) {
        if step == 0 {
            refuse!("arange: the step is 0");
        }
        let n = if step > 0 { (end - start + step - 1) / step } else { (start - end - step - 1) / -step };
        let n = usize::try_from(n.max(0)).expect("the length of a range is in the range of usize");
        let last = start + step * (n as i128 - 1).max(0);
        if dtype.is_int() {
            // Each number is checked to be in range.
            Scalar::Int(start).literal("arange", dtype);
            Scalar::Int(last).literal("arange", dtype);
            return arange_integers(n, start, step, dtype);
        }
    }
    if dtype.is_int() {
        refuse!("arange: a range of floats has dtype {dtype}; use a float dtype, or write integers");
    }
    let (start, end, step) = (start.to_f64(), end.to_f64(), step.to_f64());
    if step == 0.0 || !((end - start) / step).is_finite() {
        refuse!("arange: the range {start:?}..{end:?} by {step:?} has no length");
    }
    let n = ((end - start) / step).ceil().max(0.0) as usize;
    with_element!(dtype, T => Array::from_fn([n], |i| <T as Element>::from_f64(start + i as f64 * step))).into()
}

/// Returns `start + step * i` for integers that are in range. If the dtype cannot hold the step, the step wraps, and
/// the sums are still correct.
#[track_caller]
fn arange_integers(n: usize, start: i128, step: i128, dtype: DType) -> Tensor {
    let shape: Dims = Dims::from_slice(&[n]);
    let mut x = lax::iota(dtype, shape.as_slice(), 0);
    let width = 8 * dtype.size() as u32;
    let wrapped = |x: i128| {
        let x = x.rem_euclid(1 << width);
        Scalar::Int(if dtype.is_signed_int() && x >> (width - 1) == 1 { x - (1 << width) } else { x })
    };
    if step != 1 {
        x *= wrapped(step);
    }
    if start != 0 {
        x += wrapped(start);
    }
    x
}
