//! Discrete Fourier transforms, like `fft` in NumPy and JAX.
//!
//! Each transform has two forms: `fft(x)`, and `fft_with(x, options)`, whose [`FftOptions`] set lengths, axes and the
//! scale. Integers, `bool` and half-precision types are converted to `f32`. All lengths are possible; powers of 2 are
//! fastest.
//!
//! ```
//! use rune_trace::fft::{self, FftOptions, Norm};
//! use rune_trace::{Complex32, Tensor};
//! let x = Tensor::from([1.0f32, 2.0, 3.0, 4.0]);
//! let z = fft::rfft(&x);
//! assert_eq!(z.to_vec::<Complex32>()?[..2], [Complex32::new(10.0, 0.0), Complex32::new(-2.0, 2.0)]);
//! assert_eq!(fft::irfft(&z).to_vec::<f32>()?, [1.0, 2.0, 3.0, 4.0]);
//! let padded = fft::fft_with(&x, &FftOptions::new().length(8).norm(Norm::Ortho));
//! assert_eq!(*padded.shape(), [8]);
//! # Ok::<(), rune_trace::EvalError>(())
//! ```

mod cosine;

pub use cosine::{
    dct, dct_with, dctn, dctn_with, dst, dst_with, dstn, dstn_with, idct, idct_with, idctn, idctn_with, idst,
    idst_with, idstn, idstn_with,
};

use super::axes::Axes;
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::op::{FftFn, Padding};
use rune_ir::{DType, Shape};

/// The direction to scale, so that the inverse transform restores the input.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Norm {
    /// Scales the inverse transform by 1/n.
    #[default]
    Backward,
    /// Scales both transforms by 1/√n.
    Ortho,
    /// Scales the forward transform by 1/n.
    Forward,
}

/// The lengths, axes and scale of a transform.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct FftOptions {
    /// The lengths of the signal along the axes. A longer signal is truncated, and a shorter one is padded with zeros.
    /// The default is the size of the axis. For a transform with a real result, such as [`irfft`], the default for the
    /// last axis is 2 (n - 1), where n is its size.
    pub lengths: Option<Vec<usize>>,
    /// The axes. Negative ones count from the end. The default is the last axis, or the last two for `fft2` and similar
    /// functions. For `fftn` and similar functions, the default is all axes, or, if lengths are given, as many last
    /// axes as there are lengths.
    pub axes: Option<Vec<isize>>,
    /// The scale.
    pub norm: Norm,
}

impl FftOptions {
    /// Returns the options of the short forms.
    pub fn new() -> FftOptions {
        FftOptions::default()
    }
    /// Sets the length, for a transform along one axis.
    pub fn length(mut self, n: usize) -> FftOptions {
        self.lengths = Some(vec![n]);
        self
    }
    /// Sets the lengths.
    pub fn lengths(mut self, lengths: &[usize]) -> FftOptions {
        self.lengths = Some(lengths.to_vec());
        self
    }
    /// Sets the axis, for a transform along one axis.
    pub fn axis(mut self, axis: isize) -> FftOptions {
        self.axes = Some(vec![axis]);
        self
    }
    /// Sets the axes.
    pub fn axes(mut self, axes: &[isize]) -> FftOptions {
        self.axes = Some(axes.to_vec());
        self
    }
    /// Sets the scale.
    pub fn norm(mut self, norm: Norm) -> FftOptions {
        self.norm = norm;
        self
    }
}

/// The number of last axes that a transform takes by default; `None` for all.
type DefaultAxes = Option<usize>;

macro_rules! transforms {
    ($($(#[$doc:meta])* $name:ident $with:ident $f:ident $last:expr;)*) => {$(
        $(#[$doc])*
        ///
        /// # Panics
        /// If an axis is missing or has no elements, or the transform does not support the dtype.
        #[track_caller]
        pub fn $name(x: &Tensor) -> Tensor {
            transform(stringify!($name), FftFn::$f, x, &FftOptions::default(), $last)
        }
        #[doc = concat!("As [`", stringify!($name), "`], with options.")]
        ///
        /// # Panics
        #[doc = concat!("As [`", stringify!($name), "`], or if there are not as many lengths as axes, a length is 0, or an axis is named twice.")]
        #[track_caller]
        pub fn $with(x: &Tensor, options: &FftOptions) -> Tensor {
            transform(stringify!($name), FftFn::$f, x, options, $last)
        }
    )*};
}
transforms! {
    /// Returns the Fourier transform along the last axis: Σ xⱼ e^(-2πi jk/n).
    fft fft_with Fft Some(1);
    /// Returns the inverse of [`fft`].
    ifft ifft_with Ifft Some(1);
    /// Returns the first n/2 + 1 elements of [`fft`] of real numbers, which determine the others.
    rfft rfft_with Rfft Some(1);
    /// Returns the inverse of [`rfft`]. If the result has an odd length, set the length.
    irfft irfft_with Irfft Some(1);
    /// Returns the Fourier transform along the last two axes.
    fft2 fft2_with Fft Some(2);
    /// Returns the inverse of [`fft2`].
    ifft2 ifft2_with Ifft Some(2);
    /// Returns the Fourier transform of real numbers along the last two axes. The last axis has n/2 + 1 elements, as in
    /// [`rfft`].
    rfft2 rfft2_with Rfft Some(2);
    /// Returns the inverse of [`rfft2`]. If the last axis of the result has an odd length, set the lengths.
    irfft2 irfft2_with Irfft Some(2);
    /// Returns the Fourier transform along all axes.
    fftn fftn_with Fft None;
    /// Returns the inverse of [`fftn`].
    ifftn ifftn_with Ifft None;
    /// Returns the Fourier transform of real numbers along all axes. The last axis has n/2 + 1 elements, as in
    /// [`rfft`].
    rfftn rfftn_with Rfft None;
    /// Returns the inverse of [`rfftn`]. If the last axis of the result has an odd length, set the lengths.
    irfftn irfftn_with Irfft None;
}

/// Returns the Fourier transform of a Hermitian signal, which is real. The argument holds the signal at times from 0
/// on. The value at a negative time is the conjugate of the value at the opposite time. If the result has an odd
/// length, set the length: see [`hfft_with`].
///
/// # Panics
/// Like [`irfft`].
#[track_caller]
pub fn hfft(x: &Tensor) -> Tensor {
    hfft_with(x, &FftOptions::default())
}
/// Like [`hfft`], with options.
///
/// # Panics
/// Like [`irfft_with`].
#[track_caller]
pub fn hfft_with(x: &Tensor, options: &FftOptions) -> Tensor {
    let options = FftOptions { norm: inverse_norm(options.norm), ..options.clone() };
    transform("hfft", FftFn::Irfft, &x.conj(), &options, Some(1))
}
/// Returns the inverse of [`hfft`].
///
/// # Panics
/// Like [`rfft`].
#[track_caller]
pub fn ihfft(x: &Tensor) -> Tensor {
    ihfft_with(x, &FftOptions::default())
}
/// Like [`ihfft`], with options.
///
/// # Panics
/// Like [`rfft_with`].
#[track_caller]
pub fn ihfft_with(x: &Tensor, options: &FftOptions) -> Tensor {
    let options = FftOptions { norm: inverse_norm(options.norm), ..options.clone() };
    transform("ihfft", FftFn::Rfft, x, &options, Some(1)).conj()
}

/// Returns the opposite scale, because an inverse transform computes `hfft`, and a forward one computes `ihfft`.
fn inverse_norm(norm: Norm) -> Norm {
    match norm {
        Norm::Backward => Norm::Forward,
        Norm::Ortho => Norm::Ortho,
        Norm::Forward => Norm::Backward,
    }
}

/// The maximum number of axes of StableHLO's operation `fft`.
const MAX_AXES: usize = 3;

#[track_caller]
fn transform(op: &str, f: FftFn, x: &Tensor, options: &FftOptions, last: DefaultAxes) -> Tensor {
    let x = as_operand(op, f, x);
    let axes = axes_of(op, &x, options, last);
    if axes.is_empty() {
        return x;
    }
    let lengths = lengths_of(op, f, &x, options, &axes);
    // Moves the axes to the end, and pads or truncates them to the lengths.
    let others: Vec<usize> = (0..x.rank()).filter(|a| !axes.contains(a)).collect();
    let order: Vec<usize> = others.iter().chain(&axes).copied().collect();
    let mut z = resized(&lax::transpose(&x, &order), f, &lengths);
    let split = axes.len().saturating_sub(MAX_AXES);
    let beyond: Vec<usize> = (others.len()..others.len() + split).collect();
    let (outer, inner) = lengths.split_at(split);
    z = match f {
        FftFn::Fft | FftFn::Rfft => fft_axes(&lax::fft(f, &z, inner), FftFn::Fft, outer, &beyond),
        FftFn::Ifft | FftFn::Irfft => lax::fft(f, &fft_axes(&z, FftFn::Ifft, outer, &beyond), inner),
    };
    let mut back = vec![0; order.len()];
    for (at, &axis) in order.iter().enumerate() {
        back[axis] = at;
    }
    scaled(&lax::transpose(&z, &back), f, options.norm, &lengths)
}

/// Converts the operand to a dtype that the operation takes.
#[track_caller]
fn as_operand(op: &str, f: FftFn, x: &Tensor) -> Tensor {
    let dtype = x.dtype();
    let real = if dtype.is_complex() || dtype == DType::F64 { dtype.real() } else { DType::F32 };
    if f == FftFn::Rfft {
        if dtype.is_complex() {
            refuse!("{op}: takes real numbers, but got {}; take a part, as with `.real()`, or use `fft`", x.ty());
        }
        return lax::convert(x, real);
    }
    let complex = if real == DType::F64 { DType::C128 } else { DType::C64 };
    lax::convert(x, complex)
}

#[track_caller]
fn axes_of(op: &str, x: &Tensor, options: &FftOptions, last: DefaultAxes) -> Vec<usize> {
    let rank = x.rank();
    let Some(axes) = &options.axes else {
        let count = last.or(options.lengths.as_ref().map(Vec::len)).unwrap_or(rank);
        if count > rank {
            refuse!("{op}: is along {count} axes, but got shape {}", x.shape());
        }
        return (rank - count..rank).collect();
    };
    if let Some(count) = last
        && axes.len() != count
    {
        refuse!("{op}: is along {count} axes, but got {axes:?}");
    }
    let mut resolved = Vec::with_capacity(axes.len());
    for &axis in axes {
        let axis = super::axes::resolve_axis(op, axis, x.shape());
        if resolved.contains(&axis) {
            refuse!("{op}: names axis {axis} twice in {axes:?}");
        }
        resolved.push(axis);
    }
    resolved
}

#[track_caller]
fn lengths_of(op: &str, f: FftFn, x: &Tensor, options: &FftOptions, axes: &[usize]) -> Vec<usize> {
    let mut lengths: Vec<usize> = Vec::with_capacity(axes.len());
    match &options.lengths {
        Some(given) if given.len() != axes.len() => {
            refuse!("{op}: is along {} axes, but got the lengths {given:?}", axes.len())
        }
        Some(given) => lengths.extend(given),
        None => {
            for &axis in axes {
                lengths.push(x.shape()[axis]);
            }
            if f == FftFn::Irfft {
                let last = axes.len() - 1;
                lengths[last] = 2 * lengths[last].saturating_sub(1);
            }
        }
    }
    if lengths.contains(&0) {
        refuse!("{op}: needs lengths of at least 1, and has {lengths:?} for shape {}", x.shape());
    }
    lengths
}

/// Truncates the last axes of `x`, or pads them with zeros, to the sizes that the operation takes for these lengths.
#[track_caller]
fn resized(x: &Tensor, f: FftFn, lengths: &[usize]) -> Tensor {
    let first = x.rank() - lengths.len();
    let mut config = vec![Padding::default(); x.rank()];
    for (i, &length) in lengths.iter().enumerate() {
        let halved = f == FftFn::Irfft && i + 1 == lengths.len();
        let size = if halved { length / 2 + 1 } else { length };
        config[first + i].high = size as i64 - x.shape()[first + i] as i64;
    }
    if config.iter().all(|p| p.high == 0) {
        return x.clone();
    }
    lax::pad(x, &lax::full(x.dtype(), &Shape::scalar(), 0.0), config)
}

/// Applies `f` along each of `axes`: swaps the axis with the last one, transforms, and swaps the axes back.
#[track_caller]
fn fft_axes(z: &Tensor, f: FftFn, lengths: &[usize], axes: &[usize]) -> Tensor {
    let mut z = z.clone();
    let rank = z.rank();
    for (&n, &axis) in lengths.iter().zip(axes) {
        let mut exchange: Vec<usize> = (0..rank).collect();
        exchange.swap(axis, rank - 1);
        z = lax::transpose(&lax::fft(f, &lax::transpose(&z, &exchange), &[n]), &exchange);
    }
    z
}

/// Returns the transform of real numbers along the last axis, of length `n`.
#[track_caller]
fn fft_last(x: &Tensor, n: usize) -> Tensor {
    lax::fft(FftFn::Rfft, x, &[n])
}

/// Returns the inverse of [`fft_last`].
#[track_caller]
fn ifft_last(z: &Tensor, n: usize) -> Tensor {
    lax::fft(FftFn::Irfft, z, &[n])
}

/// Scales a result of the operation, which itself scales like [`Norm::Backward`].
#[track_caller]
fn scaled(z: &Tensor, f: FftFn, norm: Norm, lengths: &[usize]) -> Tensor {
    let n: f64 = lengths.iter().map(|&n| n as f64).product();
    let forward = matches!(f, FftFn::Fft | FftFn::Rfft);
    let scale = match (norm, forward) {
        (Norm::Backward, _) => return z.clone(),
        (Norm::Ortho, true) => 1.0 / n.sqrt(),
        (Norm::Ortho, false) => n.sqrt(),
        (Norm::Forward, true) => 1.0 / n,
        (Norm::Forward, false) => n,
    };
    lax::mul(z, &lax::full_like(z, scale))
}

/// Returns the frequencies of the elements of [`fft`], for `n` samples that are `spacing` apart, in cycles per unit of
/// `spacing`.
///
/// ```
/// use rune_trace::{DType, fft};
/// assert_eq!(fft::fftfreq(4, 0.5, DType::F32).to_vec::<f32>()?, [0.0, 0.5, -1.0, -0.5]);
/// assert_eq!(fft::rfftfreq(4, 0.5, DType::F32).to_vec::<f32>()?, [0.0, 0.5, 1.0]);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
///
/// # Panics
/// If `n` is 0 or `dtype` is not a float.
#[track_caller]
pub fn fftfreq(n: usize, spacing: f64, dtype: DType) -> Tensor {
    let positive = n.div_ceil(2) as i64;
    let of = |k: usize| if (k as i64) < positive { k as i64 } else { k as i64 - n as i64 };
    frequencies("fftfreq", n, n, spacing, dtype, of)
}

/// Returns the frequencies of the elements of [`rfft`], like [`fftfreq`].
///
/// # Panics
/// Like [`fftfreq`].
#[track_caller]
pub fn rfftfreq(n: usize, spacing: f64, dtype: DType) -> Tensor {
    frequencies("rfftfreq", n, n / 2 + 1, spacing, dtype, |k| k as i64)
}

#[track_caller]
fn frequencies(op: &str, n: usize, count: usize, spacing: f64, dtype: DType, of: impl Fn(usize) -> i64) -> Tensor {
    if n == 0 {
        refuse!("{op}: needs at least 1 sample, but got {n}");
    }
    if !dtype.is_float() {
        refuse!("{op}: needs a float dtype, but got {dtype}");
    }
    let step = n as f64 * spacing;
    let elements = (0..count).map(|k| of(k) as f64 / step).collect::<Vec<f64>>();
    Tensor::from(elements).cast(dtype)
}

/// Returns `x` with frequency 0 in the middle of each of `axes`.
///
/// ```
/// use rune_trace::{Tensor, fft};
/// let x = Tensor::from([0, 1, 2, -2, -1]);
/// assert_eq!(fft::fftshift(&x, ..).to_vec::<i32>()?, [-2, -1, 0, 1, 2]);
/// assert_eq!(fft::ifftshift(&fft::fftshift(&x, ..), ..).to_vec::<i32>()?, [0, 1, 2, -2, -1]);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
///
/// # Panics
/// If an axis is missing or named twice.
#[track_caller]
pub fn fftshift(x: &Tensor, axes: impl Into<Axes>) -> Tensor {
    shifted("fftshift", x, axes.into(), |n| n / 2)
}

/// Returns the inverse of [`fftshift`].
///
/// # Panics
/// Like [`fftshift`].
#[track_caller]
pub fn ifftshift(x: &Tensor, axes: impl Into<Axes>) -> Tensor {
    shifted("ifftshift", x, axes.into(), |n| n - n / 2)
}

#[track_caller]
fn shifted(op: &str, x: &Tensor, axes: Axes, by: impl Fn(usize) -> usize) -> Tensor {
    let mut x = x.clone();
    for &axis in &axes.resolve_sorted(op, x.shape()) {
        let n = x.shape()[axis];
        if n == 0 {
            continue;
        }
        let at = (n - by(n)) % n;
        let (mut start, mut limit) = (vec![0; x.rank()], x.shape().to_vec());
        let strides = vec![1; x.rank()];
        limit[axis] = at;
        let first = lax::slice(&x, &start, &limit, &strides);
        (start[axis], limit[axis]) = (at, n);
        x = lax::concatenate(&[lax::slice(&x, &start, &limit, &strides), first], axis);
    }
    x
}
