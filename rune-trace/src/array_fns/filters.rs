//! Filters of [`ndimage`](super::ndimage): functions of the neighbors of each element.

use super::axes::resolve_axis;
use super::broadcast::expect_one_dtype;
use super::complex::expect_inexact;
use super::conv::{ConvOptions, PerAxis};
use super::ndimage::{Outside, map_inside};
use crate::tensor::refuse;
use crate::{Tensor, Tree, lax};
use rune_ir::op::{Dims, Window, WindowFn};
use rune_ir::{DType, Shape};

/// Returns `x` with elements `before` and `after` its own along `axis`.
#[track_caller]
fn extend(x: &Tensor, axis: usize, (before, after): (usize, usize), outside: Outside) -> Tensor {
    match outside {
        Outside::Constant(value) => {
            let mut widths = vec![(0, 0); x.rank()];
            widths[axis] = (before as isize, after as isize);
            x.pad(&widths, lax::full(x.dtype(), &Shape::scalar(), value))
        }
        Outside::Nearest | Outside::Wrap | Outside::Mirror | Outside::Reflect if (before, after) != (0, 0) => {
            let n = x.shape()[axis];
            let at = lax::iota(DType::I32, [before + n + after], 0) - before as i32;
            x.take(&map_inside(&at, n, outside), axis as isize)
        }
        Outside::Nearest | Outside::Wrap | Outside::Mirror | Outside::Reflect => x.clone(),
    }
}

/// Returns the numbers of neighbors before and after an element that a window of `size` elements covers.
fn reach(size: usize) -> (usize, usize) {
    (size / 2, size - 1 - size / 2)
}

/// Panics unless `size` is positive.
#[track_caller]
fn expect_size(op: &str, size: usize) {
    if size == 0 {
        refuse!("{op}: the size of a window must be positive");
    }
}

/// Returns `x` with axes of a batch and of one channel in place of all but the last axes.
#[track_caller]
fn one_channel(x: &Tensor, batch: usize, last: usize) -> Tensor {
    let sizes = [batch, 1].into_iter().chain(x.shape()[x.rank() - last..].iter().copied());
    lax::reshape(x, sizes.collect::<Shape>())
}

/// Returns the sums of the elements under `weights` along `axes`, one for each axis of the weights.
#[track_caller]
fn weighted(op: &str, x: &Tensor, weights: &Tensor, axes: &[usize], outside: Outside, mirrored: bool) -> Tensor {
    expect_inexact(op, x);
    expect_one_dtype(op, &[x.dtype(), weights.dtype()]);
    if weights.rank() != axes.len() || weights.rank() == 0 || weights.size() == 0 {
        refuse!("{op}: weights of {} do not fit {} axes of {}", weights.ty(), axes.len(), x.ty());
    }
    if x.size() == 0 {
        return x.clone();
    }
    let mut extended = x.clone();
    for (&axis, &size) in axes.iter().zip(weights.shape().iter()) {
        let (before, after) = reach(size);
        extended = extend(&extended, axis, if mirrored { (after, before) } else { (before, after) }, outside);
    }
    // The other axes are the batch.
    let others = (0..x.rank()).filter(|a| !axes.contains(a));
    let order: Dims = others.chain(axes.iter().copied()).collect();
    let moved = lax::transpose(&extended, &order);
    let batch = order[..x.rank() - axes.len()].iter().map(|&a| x.shape()[a]).product();
    let weights = match (mirrored, weights.dtype().is_complex()) {
        (true, _) => weights.flip(..),
        (false, true) => weights.conj(),
        (false, false) => weights.clone(),
    };
    let y = one_channel(&moved, batch, axes.len()).conv(&one_channel(&weights, 1, axes.len()), &ConvOptions::new());
    let sizes: Shape = order.iter().map(|&a| x.shape()[a]).collect();
    let mut back: Dims = Dims::from_elem(0, x.rank());
    for (i, &a) in order.iter().enumerate() {
        back[a] = i;
    }
    lax::transpose(&lax::reshape(&y, sizes), &back)
}

/// Returns the sum of the neighbors of each element times `weights`. The weights have all axes of `x`, and their middle
/// is over the element. Of an even size, the middle is the element after the center. Complex weights are conjugated.
///
/// # Panics
/// If `x` is neither float nor complex, the weights have another dtype or number of axes, or there are no weights.
///
/// ```
/// use rune_trace::{Tensor, ndimage, ndimage::Outside};
/// let x = Tensor::from([1.0f32, 2.0, 4.0]);
/// let y = ndimage::correlate(&x, &Tensor::from([-1.0f32, 0.0, 1.0]), Outside::Nearest);
/// assert_eq!(y.to_vec::<f32>()?, [1.0, 3.0, 2.0]);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn correlate(x: &Tensor, weights: &Tensor, outside: Outside) -> Tensor {
    let axes: Dims = (0..x.rank()).collect();
    weighted("ndimage::correlate", x, weights, &axes, outside, false)
}

/// Like [`correlate`], but with the weights in reverse order along all axes, and not conjugated.
///
/// # Panics
/// Like [`correlate`].
#[track_caller]
pub fn convolve(x: &Tensor, weights: &Tensor, outside: Outside) -> Tensor {
    let axes: Dims = (0..x.rank()).collect();
    weighted("ndimage::convolve", x, weights, &axes, outside, true)
}

/// Like [`correlate`] along one axis. `weights` is a vector.
///
/// # Panics
/// If `x` is neither float nor complex, the weights have another dtype or are not a vector, there are no weights, or the
/// axis is out of range.
#[track_caller]
pub fn correlate1d(x: &Tensor, weights: &Tensor, axis: isize, outside: Outside) -> Tensor {
    let op = "ndimage::correlate1d";
    weighted(op, x, weights, &[resolve_axis(op, axis, x.shape())], outside, false)
}

/// Like [`convolve`] along one axis. `weights` is a vector.
///
/// # Panics
/// Like [`correlate1d`].
#[track_caller]
pub fn convolve1d(x: &Tensor, weights: &Tensor, axis: isize, outside: Outside) -> Tensor {
    let op = "ndimage::convolve1d";
    weighted(op, x, weights, &[resolve_axis(op, axis, x.shape())], outside, true)
}

/// Returns the mean of the `size` neighbors along one axis.
#[track_caller]
fn mean_along(op: &str, x: &Tensor, size: usize, axis: usize, outside: Outside) -> Tensor {
    expect_size(op, size);
    expect_inexact(op, x);
    weighted(op, x, &lax::full(x.dtype(), &[size].into(), 1.0), &[axis], outside, false) / size as f64
}

/// Returns the mean of a window around each element. `sizes` is the size of the window along all axes, or along each.
///
/// # Panics
/// If `x` is neither float nor complex, a size is 0, or there is not one size for each axis.
///
/// ```
/// use rune_trace::{Tensor, ndimage, ndimage::Outside};
/// let y = ndimage::uniform_filter(&Tensor::from([1.0f32, 2.0, 6.0]), 3, Outside::Constant(0.0));
/// assert_eq!(y.to_vec::<f32>()?, [1.0, 3.0, 8.0 / 3.0]);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn uniform_filter(x: &Tensor, sizes: impl Into<PerAxis>, outside: Outside) -> Tensor {
    let op = "ndimage::uniform_filter";
    let mut y = x.clone();
    for (axis, &size) in sizes.into().resolve(op, "sizes of the window", x.rank()).iter().enumerate() {
        y = mean_along(op, &y, size, axis, outside);
    }
    y
}

/// Like [`uniform_filter`] along one axis.
///
/// # Panics
/// If `x` is neither float nor complex, the size is 0, or the axis is out of range.
#[track_caller]
pub fn uniform_filter1d(x: &Tensor, size: usize, axis: isize, outside: Outside) -> Tensor {
    let op = "ndimage::uniform_filter1d";
    mean_along(op, x, size, resolve_axis(op, axis, x.shape()), outside)
}

/// Returns the extreme of the `size` neighbors along one axis.
#[track_caller]
fn extreme_along(op: &str, f: WindowFn, x: &Tensor, size: usize, axis: usize, outside: Outside) -> Tensor {
    expect_size(op, size);
    if x.dtype().is_complex() || x.dtype() == DType::Bool {
        refuse!("{op}: takes real numbers, but got {}", x.ty());
    }
    if x.size() == 0 {
        return x.clone();
    }
    let ones = || Dims::from_elem(1, x.rank());
    let mut dimensions = ones();
    dimensions[axis] = size;
    let window = Window {
        dimensions,
        strides: ones(),
        padding: vec![(0, 0); x.rank()],
        base_dilation: ones(),
        window_dilation: ones(),
    };
    lax::reduce_window(f, &extend(x, axis, reach(size), outside), window)
}

/// Returns the greatest element of a window around each element, for real numbers. `sizes` is the size of the window
/// along all axes, or along each.
///
/// # Panics
/// If `x` is complex or `bool`, a size is 0, or there is not one size for each axis.
///
/// ```
/// use rune_trace::{Tensor, ndimage, ndimage::Outside};
/// let y = ndimage::maximum_filter(&Tensor::from([3, 1, 2, 5]), 3, Outside::Reflect);
/// assert_eq!(y.to_vec::<i32>()?, [3, 3, 5, 5]);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[doc(alias = "dilation")]
#[doc(alias = "grey_dilation")]
#[track_caller]
pub fn maximum_filter(x: &Tensor, sizes: impl Into<PerAxis>, outside: Outside) -> Tensor {
    let op = "ndimage::maximum_filter";
    let mut y = x.clone();
    for (axis, &size) in sizes.into().resolve(op, "sizes of the window", x.rank()).iter().enumerate() {
        y = extreme_along(op, WindowFn::Max, &y, size, axis, outside);
    }
    y
}

/// Returns the least element of a window around each element, like [`maximum_filter`].
///
/// # Panics
/// Like [`maximum_filter`].
#[doc(alias = "erosion")]
#[doc(alias = "grey_erosion")]
#[track_caller]
pub fn minimum_filter(x: &Tensor, sizes: impl Into<PerAxis>, outside: Outside) -> Tensor {
    let op = "ndimage::minimum_filter";
    let mut y = x.clone();
    for (axis, &size) in sizes.into().resolve(op, "sizes of the window", x.rank()).iter().enumerate() {
        y = extreme_along(op, WindowFn::Min, &y, size, axis, outside);
    }
    y
}

/// Like [`maximum_filter`] along one axis.
///
/// # Panics
/// If `x` is complex or `bool`, the size is 0, or the axis is out of range.
#[track_caller]
pub fn maximum_filter1d(x: &Tensor, size: usize, axis: isize, outside: Outside) -> Tensor {
    let op = "ndimage::maximum_filter1d";
    extreme_along(op, WindowFn::Max, x, size, resolve_axis(op, axis, x.shape()), outside)
}

/// Like [`minimum_filter`] along one axis.
///
/// # Panics
/// Like [`maximum_filter1d`].
#[track_caller]
pub fn minimum_filter1d(x: &Tensor, size: usize, axis: isize, outside: Outside) -> Tensor {
    let op = "ndimage::minimum_filter1d";
    extreme_along(op, WindowFn::Min, x, size, resolve_axis(op, axis, x.shape()), outside)
}

/// The weights of [`gaussian_filter`]: a normal density, or a derivative of it. A number is the standard deviation of
/// the density, with the default of all options.
#[derive(Tree, Clone, Copy, PartialEq, Debug)]
#[must_use]
pub struct Gaussian {
    sigma: f64,
    order: usize,
    truncate: f64,
    radius: Option<usize>,
}

impl Gaussian {
    /// A density with this standard deviation, up to 4 standard deviations from its middle.
    pub fn new(sigma: f64) -> Gaussian {
        Gaussian { sigma, order: 0, truncate: 4.0, radius: None }
    }
    /// Sets the number of derivatives of the density: 0 unless it is set.
    pub fn order(self, order: usize) -> Gaussian {
        Gaussian { order, ..self }
    }
    /// Sets the distance of the last weight from the middle, in standard deviations: 4 unless it is set.
    pub fn truncate(self, deviations: f64) -> Gaussian {
        Gaussian { truncate: deviations, ..self }
    }
    /// Sets the number of weights before and after the middle. It takes the place of [`Gaussian::truncate`].
    pub fn radius(self, radius: usize) -> Gaussian {
        Gaussian { radius: Some(radius), ..self }
    }

    /// Returns the weights, in the order of a correlation.
    fn weights(&self) -> Vec<f64> {
        let radius = self.radius.unwrap_or((self.truncate * self.sigma + 0.5) as usize);
        let variance = self.sigma * self.sigma;
        let places = (0..=2 * radius).map(|i| i as f64 - radius as f64);
        let density: Vec<f64> = places.clone().map(|x| (-0.5 / variance * x * x).exp()).collect();
        let sum: f64 = density.iter().sum();
        // A derivative of the density is the density times a polynomial q, whose derivative is q' - x q / variance.
        let mut q = vec![1.0];
        for _ in 0..self.order {
            let mut next = vec![0.0; q.len() + 1];
            for (power, &c) in q.iter().enumerate() {
                next[power + 1] -= c / variance;
                if power > 0 {
                    next[power - 1] += c * power as f64;
                }
            }
            q = next;
        }
        let value = |x: f64| q.iter().rev().fold(0.0, |sum, &c| sum * x + c);
        // A correlation has the weights of a convolution in reverse order.
        places.zip(&density).map(|(x, p)| value(-x) * p / sum).collect()
    }
}
impl From<f64> for Gaussian {
    fn from(sigma: f64) -> Gaussian {
        Gaussian::new(sigma)
    }
}

#[track_caller]
fn smooth_along(op: &str, x: &Tensor, gaussian: &Gaussian, axis: usize, outside: Outside) -> Tensor {
    expect_inexact(op, x);
    if !(gaussian.sigma >= 0.0 && gaussian.sigma.is_finite() && gaussian.truncate >= 0.0) {
        refuse!("{op}: the standard deviation must be finite and not negative, and so the truncation: {gaussian:?}");
    }
    if gaussian.sigma == 0.0 {
        if gaussian.order > 0 {
            refuse!("{op}: a density without width has no derivative: {gaussian:?}");
        }
        return x.clone();
    }
    let weights = gaussian.weights();
    weighted(op, x, &Tensor::from(weights.as_slice()).cast(x.dtype()), &[axis], outside, false)
}

/// Smooths `x` with weights of a normal density along each axis, or takes derivatives of the smoothed array.
///
/// # Panics
/// If `x` is neither float nor complex, the standard deviation or the truncation is negative or not finite, or a
/// derivative is of a density without width.
///
/// ```
/// use rune_trace::{Tensor, ndimage, ndimage::Outside};
/// let y = ndimage::gaussian_filter(&Tensor::from([0.0f64, 0.0, 1.0, 0.0, 0.0]), 0.5, Outside::Reflect);
/// assert!((y.i(2).item::<f64>()? - 0.786_57).abs() < 1e-5);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[doc(alias = "gaussian_blur")]
#[track_caller]
pub fn gaussian_filter(x: &Tensor, gaussian: impl Into<Gaussian>, outside: Outside) -> Tensor {
    let gaussian = gaussian.into();
    let mut y = x.clone();
    for axis in 0..x.rank() {
        y = smooth_along("ndimage::gaussian_filter", &y, &gaussian, axis, outside);
    }
    y
}

/// Like [`gaussian_filter`] along one axis.
///
/// # Panics
/// Like [`gaussian_filter`]. Also if the axis is out of range.
#[track_caller]
pub fn gaussian_filter1d(x: &Tensor, gaussian: impl Into<Gaussian>, axis: isize, outside: Outside) -> Tensor {
    let op = "ndimage::gaussian_filter1d";
    smooth_along(op, x, &gaussian.into(), resolve_axis(op, axis, x.shape()), outside)
}
