//! Image resizing, like `jax.image`.
//!
//! ```
//! use rune_trace::{Tensor, image, image::ResizeMethod};
//! let x = Tensor::from([[0.0f32, 1.0]]);
//! let y = image::resize(&x, [1, 4], ResizeMethod::Linear, true);
//! assert_eq!(y.to_vec::<f32>()?, [0.0, 0.25, 0.75, 1.0]);
//! # Ok::<(), rune_trace::EvalError>(())
//! ```

use super::axes::Axes;
use super::broadcast::expect_one_dtype;
use super::reductions::as_float;
use crate::tensor::refuse;
use crate::{Tensor, Tree, lax};
use rune_ir::{DType, Shape};
use std::f64::consts::PI;

/// The interpolation between the pixels of an image.
#[derive(Tree, Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ResizeMethod {
    /// Takes the nearest element.
    Nearest,
    /// Interpolates linearly between neighbors, along each axis.
    #[default]
    Linear,
    /// Interpolates by a cubic through four neighbors, along each axis (Keys, 1981).
    Cubic,
    /// Uses Lanczos' kernel of radius 3.
    Lanczos3,
    /// Uses Lanczos' kernel of radius 5.
    Lanczos5,
}

/// Returns the weight of an element at the distance `x`, which is not negative.
#[track_caller]
fn weight(method: ResizeMethod, x: &Tensor) -> Tensor {
    match method {
        ResizeMethod::Nearest | ResizeMethod::Linear => (1.0 - x).maximum(0.0),
        ResizeMethod::Cubic => {
            let near = (x * 1.5 - 2.5) * x * x + 1.0;
            let far = ((x * -0.5 + 2.5) * x - 4.0) * x + 2.0;
            let y = lax::select(&x.ge(1.0), &far, &near);
            lax::select(&x.ge(2.0), &x.zeros_like(), &y)
        }
        ResizeMethod::Lanczos3 => lanczos(x, 3.0),
        ResizeMethod::Lanczos5 => lanczos(x, 5.0),
    }
}

/// Returns sinc x · sinc (x / radius) up to the radius, and 0 beyond.
#[track_caller]
fn lanczos(x: &Tensor, radius: f64) -> Tensor {
    let middle = x.le(1e-3);
    let safe = lax::select(&middle, &x.ones_like(), x);
    let y = (&safe * PI).sin() * (&safe * (PI / radius)).sin() * radius / (safe.square() * (PI * PI));
    let y = lax::select(&middle, &x.ones_like(), &y);
    lax::select(&x.gt(radius), &x.zeros_like(), &y)
}

/// Returns the weight of each of the `n` old elements (rows) for each of the `m` new elements (columns).
#[track_caller]
fn weights(n: usize, m: usize, scale: &Tensor, translation: &Tensor, method: ResizeMethod, antialias: bool) -> Tensor {
    let inverse = 1.0 / scale;
    // To shrink an image, widens the kernel, so that each element contributes.
    let wide = if antialias { inverse.maximum(1.0) } else { inverse.ones_like() };
    let at = (lax::iota(scale.dtype(), [1, m], 1) + 0.5) * &inverse - translation * &inverse - 0.5;
    let distance = (&at - lax::iota(scale.dtype(), [n, 1], 0)).abs() / wide;
    let weights = weight(method, &distance);
    let sum = weights.sum_keepdims(0);
    let fine = sum.abs().gt(1000.0 * f64::from(f32::EPSILON));
    let weights = weights / lax::select(&fine, &sum, &sum.ones_like());
    // The image is 0 outside of its bounds.
    let inside = at.ge(-0.5) & at.le(n as f64 - 0.5) & fine;
    super::where_(inside, &weights, 0.0)
}

/// Returns the weighted sums of the elements of `x` along `axis`.
#[track_caller]
fn along(x: &Tensor, axis: usize, weights: &Tensor) -> Tensor {
    x.tensordot(lax::convert(weights, x.dtype()), axis, 0).moveaxis(-1, axis)
}

/// Resizes an image of any rank. Axes that keep their size are unchanged. If the image shrinks, `antialias` averages
/// over all elements, instead of only those next to each position. Integers and `bool` become `f32`. Half-precision
/// types are computed in `f32`.
///
/// # Panics
/// If `shape` has another rank, or an axis without elements grows.
#[doc(alias = "interpolate")]
#[track_caller]
pub fn resize(image: &Tensor, shape: impl Into<Shape>, method: ResizeMethod, antialias: bool) -> Tensor {
    let shape = shape.into();
    let from = image.shape();
    let rank = shape.rank() == from.rank();
    if !rank || from.iter().zip(shape.iter()).any(|(&n, &m)| n == 0 && m > 0) {
        refuse!("image::resize: an image of shape {from} cannot become {shape}");
    }
    if method == ResizeMethod::Nearest {
        let mut x = image.clone();
        for axis in 0..shape.rank() {
            let (n, m) = (x.shape()[axis], shape[axis]);
            if n != m {
                let at = |i: usize| ((i as f64 + 0.5) * n as f64 / m as f64).floor() as i32;
                x = x.take(&Tensor::from((0..m).map(at).collect::<Vec<i32>>()), axis as isize);
            }
        }
        return x;
    }
    let float = as_float(image);
    let dtype = if float.dtype().is_reduced_float() { DType::F32 } else { float.dtype() };
    let mut x = lax::convert(&float, dtype);
    let none = lax::full(dtype.real(), &Shape::scalar(), 0.0);
    for axis in 0..shape.rank() {
        let (n, m) = (x.shape()[axis], shape[axis]);
        if n != m {
            let scale = lax::full(dtype.real(), &Shape::scalar(), m as f64 / n as f64);
            x = along(&x, axis, &weights(n, m, &scale, &none, method, antialias));
        }
    }
    lax::convert(&x, float.dtype())
}

/// Scales an image and moves it along some axes: the element at position p moves to `scale` · p + `translation`, in
/// coordinates with the origin at the corner of the image. Outside of its bounds, the image is 0. The function is also
/// differentiable with respect to `scale` and `translation`, which have one element for each of `axes`.
///
/// # Panics
/// If `shape` has another rank, the size of an axis that is not in `axes` changes, `scale` or `translation` do not
/// match, the method is `Nearest`, or the dtypes are not a single float dtype. If the image is complex, this is the
/// dtype of its parts.
///
/// ```
/// use rune_trace::{Tensor, image, image::ResizeMethod};
/// let x = Tensor::from([1.0f32, 2.0, 3.0]);
/// let (scale, shift) = (Tensor::from([1.0f32]), Tensor::from([1.0f32]));
/// let y = image::scale_and_translate(&x, [3], 0, &scale, &shift, ResizeMethod::Linear, true);
/// assert_eq!(y.to_vec::<f32>()?, [0.0, 1.0, 2.0]);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn scale_and_translate(
    image: &Tensor,
    shape: impl Into<Shape>,
    axes: impl Into<Axes>,
    scale: &Tensor,
    translation: &Tensor,
    method: ResizeMethod,
    antialias: bool,
) -> Tensor {
    let op = "image::scale_and_translate";
    let (shape, axes) = (shape.into(), axes.into().resolve(op, image.shape()));
    super::complex::expect_inexact(op, image);
    expect_one_dtype(op, &[image.dtype().real(), scale.dtype(), translation.dtype()]);
    let kept = |a: usize| axes.contains(&a) || image.shape()[a] == shape[a];
    if shape.rank() != image.rank() || !(0..shape.rank()).all(kept) {
        refuse!("{op}: an image of shape {} cannot become {shape} along axes {:?}", image.shape(), axes.as_slice());
    }
    let expected = Shape::from([axes.len()]);
    if *scale.shape() != expected || *translation.shape() != expected || method == ResizeMethod::Nearest {
        refuse!("{op}: takes {} scales and translations, and no method `Nearest`", axes.len());
    }
    let mut x = image.clone();
    for (i, &axis) in axes.iter().enumerate() {
        let (n, m) = (x.shape()[axis], shape[axis]);
        x = along(&x, axis, &weights(n, m, &scale.i(i), &translation.i(i), method, antialias));
    }
    x
}
