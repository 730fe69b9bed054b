//! Convolutions, correlations and spectra of signals, like `jax.scipy.signal`.
//!
//! ```
//! use rune_trace::{Tensor, signal, signal::ConvolveMode};
//! let (x, box_) = (Tensor::from([1.0f32, 2.0, 3.0]), Tensor::from([1.0f32, 1.0]));
//! assert_eq!(signal::convolve(&x, &box_, ConvolveMode::Full).to_vec::<f32>()?, [1.0, 3.0, 5.0, 3.0]);
//! assert_eq!(signal::convolve(&x, &box_, ConvolveMode::Valid).to_vec::<f32>()?, [3.0, 5.0]);
//! # Ok::<(), rune_trace::EvalError>(())
//! ```

mod fft_convolution;
mod spectral;
mod windows;

pub use fft_convolution::{ConvolveMethod, convolve_with, correlate_with, fftconvolve, oaconvolve};
pub use spectral::{Average, Boundary, Scaling, SpectralOptions, csd, istft, periodogram, stft, welch};
pub use windows::Window;

use super::axes::resolve_axis;
use super::broadcast::expect_one_dtype;
use super::conv::{ConvOptions, ConvPadding};
use super::reductions::as_float;
use crate::tensor::refuse;
use crate::{Tensor, Tree, lax};
use rune_ir::Shape;

/// The part of a convolution to return.
#[derive(Tree, Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ConvolveMode {
    /// All positions at which the operands overlap.
    #[default]
    Full,
    /// The middle positions, as many as the first operand has elements. For vectors, as many as the longer one has.
    Same,
    /// The positions at which one operand lies completely inside the other.
    Valid,
}

/// The trend that [`detrend`] removes.
#[derive(Tree, Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Trend {
    /// The straight line that fits best by least squares.
    #[default]
    Linear,
    /// The mean.
    Constant,
}

/// Convolutions of vectors.
impl Tensor {
    /// Returns the convolution of two vectors. Integers and `bool` are converted to `f32`.
    ///
    /// # Panics
    /// If an operand is not a vector or has no elements, or the dtypes differ.
    ///
    /// ```
    /// use rune_trace::{Tensor, signal::ConvolveMode};
    /// let x = Tensor::from([1.0f32, 2.0, 3.0]).convolve(&Tensor::from([0.0f32, 1.0]), ConvolveMode::Same);
    /// assert_eq!(x.to_vec::<f32>().unwrap(), [0.0, 1.0, 2.0]);
    /// ```
    #[track_caller]
    pub fn convolve(&self, other: &Tensor, mode: ConvolveMode) -> Tensor {
        expect_vectors("convolve", self, other);
        let (long, short) = if self.size() < other.size() { (other, self) } else { (self, other) };
        correlate_valid("convolve", long, &short.flip(0), &convolve_padding(mode, short.shape()))
    }
    /// Returns the correlation of two vectors: sums of products of the first vector, shifted, with the conjugate of the
    /// second. Integers and `bool` are converted to `f32`.
    ///
    /// # Panics
    /// If an operand is not a vector or has no elements, or the dtypes differ.
    #[track_caller]
    pub fn correlate(&self, other: &Tensor, mode: ConvolveMode) -> Tensor {
        expect_vectors("correlate", self, other);
        let other = &other.conj();
        if self.size() < other.size() {
            return correlate_valid("correlate", other, self, &convolve_padding(mode, self.shape())).flip(0);
        }
        correlate_valid("correlate", self, other, &convolve_padding(mode, other.shape()))
    }
}

#[track_caller]
fn expect_vectors(op: &str, x: &Tensor, y: &Tensor) {
    expect_one_dtype(op, &[x.dtype(), y.dtype()]);
    if x.rank() != 1 || y.rank() != 1 || x.size() == 0 || y.size() == 0 {
        refuse!("{op}: takes vectors that are not empty, but got {} and {}", x.ty(), y.ty());
    }
}

/// Returns the padding of the longer operand.
fn convolve_padding(mode: ConvolveMode, window: &Shape) -> Vec<(isize, isize)> {
    let around = |&n: &usize| {
        let n = n as isize;
        match mode {
            ConvolveMode::Full => (n - 1, n - 1),
            ConvolveMode::Same => (n / 2, n - n / 2 - 1),
            ConvolveMode::Valid => (0, 0),
        }
    };
    window.iter().map(around).collect()
}

/// Returns the sums of products of `window` with `x` at each position.
#[track_caller]
fn correlate_valid(op: &str, x: &Tensor, window: &Tensor, around: &[(isize, isize)]) -> Tensor {
    let (x, window) = (as_float(x), as_float(window));
    if x.rank() == 0 {
        refuse!("{op}: takes arrays, but got a scalar");
    }
    let one = |x: &Tensor| [1, 1].into_iter().chain(x.shape().iter().copied()).collect::<Shape>();
    let (shape, kernel) = (one(&x), one(&window));
    let options = ConvOptions::new().padding(ConvPadding::Explicit(around.to_vec()));
    let y = lax::reshape(&x, shape).conv(&lax::reshape(&window, kernel), &options);
    let result: Shape = y.shape()[2..].iter().copied().collect();
    lax::reshape(&y, result)
}

/// Panics unless the operands of a convolution have the same dtype and rank, and are not empty.
#[track_caller]
fn expect_arrays(op: &str, x: &Tensor, y: &Tensor) {
    expect_one_dtype(op, &[x.dtype(), y.dtype()]);
    if x.rank() != y.rank() || x.size() == 0 || y.size() == 0 {
        refuse!("{op}: takes arrays of as many axes that are not empty, but got {} and {}", x.ty(), y.ty());
    }
}

/// Panics unless one operand fits into the other along every axis.
#[track_caller]
fn expect_fit(op: &str, x: &Tensor, y: &Tensor) {
    expect_arrays(op, x, y);
    if !fits(y, x) && !fits(x, y) {
        refuse!("{op}: of shapes {} and {}, neither fits into the other along every axis", x.shape(), y.shape());
    }
}

fn fits(small: &Tensor, large: &Tensor) -> bool {
    small.shape().iter().zip(large.shape().iter()).all(|(a, b)| a <= b)
}

/// Returns the convolution of arrays of any rank. The smaller one slides over the larger.
#[track_caller]
fn convolve_arrays(op: &str, x: &Tensor, y: &Tensor, mode: ConvolveMode) -> Tensor {
    expect_fit(op, x, y);
    let (large, small) = if fits(y, x) { (x, y) } else { (y, x) };
    let around: Vec<(isize, isize)> = (0..x.rank())
        .map(|a| {
            let (n, second) = (small.shape()[a] as isize, y.shape()[a] as isize);
            match mode {
                ConvolveMode::Full => (n - 1, n - 1),
                // The result has the size of the first operand.
                ConvolveMode::Same => (n - 1 - (second - 1) / 2, n - second + (second - 1) / 2),
                ConvolveMode::Valid => (0, 0),
            }
        })
        .collect();
    correlate_valid(op, large, &small.flip(..), &around)
}

/// Returns the correlation, as a convolution with one reversed operand.
#[track_caller]
fn correlate_arrays(op: &str, x: &Tensor, y: &Tensor, mode: ConvolveMode) -> Tensor {
    convolve_arrays(op, x, &y.flip(..).conj(), mode)
}

/// Returns the convolution of two arrays of the same rank. One of them must fit into the other. Integers and `bool` are
/// converted to `f32`.
///
/// # Panics
/// If the ranks or the dtypes differ, neither operand fits into the other, or one is empty.
#[track_caller]
pub fn convolve(x: &Tensor, y: &Tensor, mode: ConvolveMode) -> Tensor {
    convolve_arrays("signal::convolve", x, y, mode)
}

/// Returns the correlation of two arrays of the same rank: sums of products of the first array, shifted, with the
/// conjugate of the second. One of them must fit into the other.
///
/// # Panics
/// Like [`convolve`].
#[track_caller]
pub fn correlate(x: &Tensor, y: &Tensor, mode: ConvolveMode) -> Tensor {
    correlate_arrays("signal::correlate", x, y, mode)
}

/// Returns the convolution of two matrices. One of them must fit into the other.
///
/// # Panics
/// Like [`convolve`]. Also if an operand is not a matrix.
#[track_caller]
pub fn convolve2d(x: &Tensor, y: &Tensor, mode: ConvolveMode) -> Tensor {
    if x.rank() != 2 || y.rank() != 2 {
        refuse!("signal::convolve2d: takes matrices, but got {} and {}", x.ty(), y.ty());
    }
    convolve_arrays("signal::convolve2d", x, y, mode)
}

/// Returns the correlation of two matrices. One of them must fit into the other.
///
/// # Panics
/// Like [`convolve`]. Also if an operand is not a matrix.
#[track_caller]
pub fn correlate2d(x: &Tensor, y: &Tensor, mode: ConvolveMode) -> Tensor {
    if x.rank() != 2 || y.rank() != 2 {
        refuse!("signal::correlate2d: takes matrices, but got {} and {}", x.ty(), y.ty());
    }
    // If the number of positions is even, reversal selects the other middle position.
    if mode == ConvolveMode::Same {
        return convolve_arrays("signal::correlate2d", &x.flip(..), &y.conj(), mode).flip(..);
    }
    correlate_arrays("signal::correlate2d", x, y, mode)
}

/// Returns `x` without its trend along `axis`. Integers and `bool` are converted to `f32`.
///
/// # Panics
/// If the axis is out of range.
///
/// ```
/// use rune_trace::{Tensor, signal, signal::Trend};
/// let x = signal::detrend(&Tensor::from([1.0f32, 3.0, 5.0]), 0, Trend::Linear);
/// assert_eq!(x.to_vec::<f32>()?, [0.0, 0.0, 0.0]);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn detrend(x: &Tensor, axis: isize, trend: Trend) -> Tensor {
    let at = resolve_axis("signal::detrend", axis, x.shape());
    let x = as_float(x);
    let centered = &x - x.mean_keepdims(at);
    let n = x.shape()[at];
    if trend == Trend::Constant || n < 2 {
        return centered;
    }
    let t = lax::iota(x.dtype(), x.shape().clone(), at) - (n as f64 - 1.0) / 2.0;
    let slope = (&t * &centered).sum_keepdims(at) / t.square().sum_keepdims(at);
    centered - t * slope
}
