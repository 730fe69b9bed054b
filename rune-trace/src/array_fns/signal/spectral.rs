//! Spectra of signals: short-time Fourier transforms and power spectral densities.

use super::windows::Window;
use super::{Trend, detrend};
use crate::array_fns::axes::resolve_axis;
use crate::array_fns::broadcast::expect_one_dtype;
use crate::array_fns::fft::{self, FftOptions};
use crate::array_fns::join::part;
use crate::array_fns::rearrange::PadMode;
use crate::array_fns::reductions::as_float;
use crate::tensor::{at_caller, refuse};
use crate::{Tensor, lax};
use rune_ir::{DType, Shape};

/// The extension of a signal beyond its ends, by half a segment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Boundary {
    /// Zeros.
    Zeros,
    /// The signal, mirrored at its ends.
    Even,
    /// The signal, rotated by half a turn around its ends.
    Odd,
    /// The first and the last element.
    Constant,
}

/// The scale of a spectrum.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Scaling {
    /// Power per unit of frequency.
    #[default]
    Density,
    /// Power.
    Spectrum,
}

/// The way to average the spectra of segments.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Average {
    /// The mean.
    #[default]
    Mean,
    /// The median, with its bias removed.
    Median,
}

/// Options of a spectrum: the division of a signal into segments, and their processing. [`SpectralOptions::stft`],
/// [`SpectralOptions::welch`] and [`SpectralOptions::periodogram`] return the defaults of SciPy and JAX.
///
/// ```
/// use rune_trace::signal::{SpectralOptions, Window};
/// let options = SpectralOptions::stft().segment(64).overlap(48).window(Window::Hamming).sampling_rate(8000.0);
/// assert_eq!(options.segment, Some(64));
/// ```
#[derive(Clone, Debug)]
pub struct SpectralOptions {
    /// The number of samples per unit of time.
    pub sampling_rate: f64,
    /// The weights of a segment, in their periodic form.
    pub window: Window,
    /// The number of samples in a segment. The default is 256, or the length of [`Window::Values`]. A shorter signal is
    /// one segment.
    pub segment: Option<usize>,
    /// The number of samples that two adjacent segments share. The default is half a segment.
    pub overlap: Option<usize>,
    /// The length of the Fourier transform. Shorter segments are padded with zeros. The default is the length of a
    /// segment.
    pub fft_length: Option<usize>,
    /// The trend to remove from each segment.
    pub detrend: Option<Trend>,
    /// Whether the spectrum of a real signal has only the nonnegative frequencies.
    pub one_sided: bool,
    /// The extension of the signal beyond its ends. Without it, segments begin and end within the signal.
    pub boundary: Option<Boundary>,
    /// Whether to append zeros to the signal, so that segments cover all of it.
    pub padded: bool,
    /// The scale of the power.
    pub scaling: Scaling,
    /// The way to average the spectra of segments.
    pub average: Average,
    /// The axis of time, and of frequencies in a result. Negative axes count from the end.
    pub axis: isize,
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $ty:ty => $value:expr;)*) => {
        impl SpectralOptions {$(
            $(#[$doc])*
            pub fn $name(mut self, $name: $ty) -> SpectralOptions {
                self.$name = $value;
                self
            }
        )*}
    };
}
setters! {
    /// Sets the number of samples per unit of time.
    sampling_rate: f64 => sampling_rate;
    /// Sets the window.
    window: Window => window;
    /// Sets the number of samples in a segment.
    segment: usize => Some(segment);
    /// Sets the number of samples that two adjacent segments share.
    overlap: usize => Some(overlap);
    /// Sets the length of the Fourier transform.
    fft_length: usize => Some(fft_length);
    /// Sets the trend to remove from each segment.
    detrend: Option<Trend> => detrend;
    /// Sets whether the spectrum of a real signal has only the nonnegative frequencies.
    one_sided: bool => one_sided;
    /// Sets the extension of the signal beyond its ends.
    boundary: Option<Boundary> => boundary;
    /// Sets whether to append zeros to the signal.
    padded: bool => padded;
    /// Sets the scale of the power.
    scaling: Scaling => scaling;
    /// Sets the way to average the spectra of segments.
    average: Average => average;
    /// Sets the axis of time.
    axis: isize => axis;
}
impl SpectralOptions {
    /// Returns the default options of [`stft`] and [`istft`]: the Hann window, no removed trend, and zeros beyond the
    /// ends.
    pub fn stft() -> SpectralOptions {
        SpectralOptions { detrend: None, boundary: Some(Boundary::Zeros), padded: true, ..SpectralOptions::welch() }
    }
    /// Returns the default options of [`welch`] and [`csd`]: the Hann window, and the mean of each segment removed.
    pub fn welch() -> SpectralOptions {
        SpectralOptions {
            sampling_rate: 1.0,
            window: Window::Hann,
            segment: None,
            overlap: None,
            fft_length: None,
            detrend: Some(Trend::Constant),
            one_sided: true,
            boundary: None,
            padded: false,
            scaling: Scaling::Density,
            average: Average::Mean,
            axis: -1,
        }
    }
    /// Returns the default options of [`periodogram`]: all weights are 1, and the mean is removed.
    pub fn periodogram() -> SpectralOptions {
        SpectralOptions { window: Window::Boxcar, ..SpectralOptions::welch() }
    }

    /// Returns the lengths of a segment, of the overlap, and of the transform, for a signal of `n` samples.
    #[track_caller]
    fn lengths(&self, op: &str, n: usize) -> [usize; 3] {
        let segment = match (&self.window, self.segment) {
            (Window::Values(values), None) => values.size(),
            (_, given) => given.unwrap_or(256).min(n),
        };
        self.checked_lengths(op, segment, self.fft_length.unwrap_or(segment))
    }
    #[track_caller]
    fn checked_lengths(&self, op: &str, segment: usize, length: usize) -> [usize; 3] {
        let overlap = self.overlap.unwrap_or(segment / 2);
        if segment == 0 {
            refuse!("{op}: a segment must have at least 1 sample");
        }
        if overlap >= segment {
            refuse!("{op}: segments of {segment} samples cannot share {overlap}; they share fewer than they have");
        }
        if length < segment {
            refuse!("{op}: a transform of length {length} is shorter than a segment of {segment} samples");
        }
        [segment, overlap, length]
    }
}

/// Extends the last axis of `x` by `n` elements at both ends.
fn extend_boundary(op: &str, x: &Tensor, n: usize, boundary: Boundary) -> Tensor {
    let axis = x.rank() - 1;
    let size = x.shape()[axis];
    if n == 0 {
        return x.clone();
    }
    if matches!(boundary, Boundary::Even | Boundary::Odd) && n + 1 > size {
        refuse!(
            "{op}: a signal of {size} samples cannot be mirrored by {n} samples; use shorter segments or other boundaries"
        );
    }
    let mut widths = vec![(0, 0); x.rank()];
    widths[axis] = (n, n);
    match boundary {
        Boundary::Zeros => {
            let widths: Vec<(isize, isize)> = widths.iter().map(|&(a, b)| (a as isize, b as isize)).collect();
            x.pad(&widths, 0)
        }
        Boundary::Even => x.pad_with(&widths, PadMode::Reflect),
        Boundary::Constant => x.pad_with(&widths, PadMode::Edge),
        Boundary::Odd => {
            let (first, last) = (part(x, axis, 0, 1), part(x, axis, size - 1, size));
            let before = first * 2.0 - part(x, axis, 1, n + 1).flip(-1);
            let after = last * 2.0 - part(x, axis, size - n - 1, size - 1).flip(-1);
            lax::concatenate(&[before, x.clone(), after], axis)
        }
    }
}

/// Returns the segments of the last axis, along a new axis before it.
fn segments(x: &Tensor, segment: usize, step: usize) -> Tensor {
    let n = x.shape()[x.rank() - 1];
    let count = (n - segment) / step + 1;
    let starts = lax::iota(DType::I32, [count, segment], 0) * step as i32;
    x.take(&(starts + lax::iota(DType::I32, [count, segment], 1)), -1)
}

/// Returns the sum of segments along the last axis. Each is shifted by `step` relative to the previous one.
pub(super) fn sum_overlapping(x: &Tensor, step: usize) -> Tensor {
    let outer: Shape = x.shape()[..x.rank() - 2].iter().copied().collect();
    let (count, segment) = (x.shape()[x.rank() - 2], x.shape()[x.rank() - 1]);
    let parts = segment.div_ceil(step);
    let shaped = |sizes: &[usize]| outer.iter().copied().chain(sizes.iter().copied()).collect::<Shape>();
    let last_padded = |x: &Tensor, back: usize, n: usize| {
        let mut widths = vec![(0, 0); x.rank()];
        widths[x.rank() - 1 - back].1 = n as isize;
        x.pad(&widths, 0)
    };
    // Splits segments into parts of `step` samples. With the padding, each row of parts starts one part later than the
    // previous row. Reading the parts as rows that are one part shorter moves them to their places.
    let x = last_padded(x, 0, parts * step - segment);
    let x = lax::reshape(&x, shaped(&[count, parts, step])).swapaxes(-2, -3);
    let x = lax::reshape(&last_padded(&x, 1, parts), shaped(&[parts * (count + parts) * step]));
    let rows = parts * (count + parts - 1) * step;
    let x = part(&x, x.rank() - 1, 0, rows);
    let sum = lax::reshape(&x, shaped(&[parts, (count + parts - 1) * step])).sum_axes(-2);
    part(&sum, sum.rank() - 1, 0, step * (count - 1) + segment)
}

struct Spectra {
    frequencies: Tensor,
    times: Tensor,
    /// The spectra. The last two axes are time and frequency.
    values: Tensor,
    window: Tensor,
    length: usize,
    one_sided: bool,
}

/// Returns the Fourier transforms of the segments of each signal. The last axis is time.
fn spectra<const N: usize>(op: &str, signals: [&Tensor; N], options: &SpectralOptions, scaled: bool) -> [Spectra; N] {
    let dtype = signals[0].dtype();
    let n = signals.iter().map(|x| x.shape()[x.rank() - 1]).max().unwrap_or(0);
    let [segment, overlap, length] = options.lengths(op, n);
    let step = segment - overlap;
    let rate = options.sampling_rate;
    let window = options.window.periodic_weights(op, segment, dtype.real());
    let one_sided = options.one_sided && !dtype.is_complex();
    let frequencies = if one_sided { fft::rfftfreq } else { fft::fftfreq }(length, 1.0 / rate, dtype.real());
    signals.map(|x| {
        let mut x = x.pad(&to_length(x, n), 0);
        if let Some(boundary) = options.boundary {
            x = extend_boundary(op, &x, segment / 2, boundary);
        }
        let size = x.shape()[x.rank() - 1];
        if size < segment {
            refuse!("{op}: a signal of {size} samples has no segment of {segment} samples");
        }
        if options.padded {
            x = x.pad(&to_length(&x, (size - segment).next_multiple_of(step) + segment), 0);
        }
        let mut parts = segments(&x, segment, step);
        if let Some(trend) = options.detrend {
            parts = detrend(&parts, -1, trend);
        }
        let weighted = parts * lax::convert(&window, dtype);
        let fft_options = FftOptions::new().length(length);
        let values = if one_sided { fft::rfft_with } else { fft::fft_with }(&weighted, &fft_options);
        // Divides transforms by the sum of the window. The function `density` scales power.
        let values = if scaled { values / lax::convert(&window.sum(), complex_of(dtype)) } else { values };
        let count = values.shape()[values.rank() - 2];
        let half = if options.boundary.is_some() { 0.0 } else { segment as f64 / 2.0 };
        let times: Vec<f64> = (0..count).map(|i| (half + (i * step) as f64) / rate).collect();
        let times = Tensor::from(times).cast(dtype.real());
        Spectra { frequencies: frequencies.clone(), times, values, window: window.clone(), length, one_sided }
    })
}

fn complex_of(dtype: DType) -> DType {
    dtype.complex().unwrap_or(DType::C64)
}

/// Returns the padding that extends the last axis to `n` elements.
fn to_length(x: &Tensor, n: usize) -> Vec<(isize, isize)> {
    let mut widths = vec![(0, 0); x.rank()];
    let last = x.rank() - 1;
    widths[last].1 = n as isize - x.shape()[last] as isize;
    widths
}

/// Moves the axis of time to the end. Returns the signal, and the former index of the axis.
#[track_caller]
fn signal_of(op: &str, x: &Tensor, axis: isize) -> (Tensor, usize) {
    let at = resolve_axis(op, axis, x.shape());
    if x.size() == 0 {
        refuse!("{op}: takes signals that are not empty, but got {}", x.ty());
    }
    let x = as_float(x);
    let x = if x.dtype().is_reduced_float() { lax::convert(&x, DType::F32) } else { x };
    (x.moveaxis(at as isize, -1), at)
}

/// Returns the short-time Fourier transform of `x`: the frequencies, the times of the middles of segments, and the
/// transform of each segment, divided by the sum of the window. In the transform, the frequencies are along the axis of
/// time of `x`, and the times along the last axis. Integers, `bool` and half-precision types are converted to `f32`.
/// Complex signals also have negative frequencies.
///
/// # Panics
/// If the axis is out of range, `x` is empty, or the lengths of [`SpectralOptions`] do not match each other or the
/// signal.
///
/// ```
/// use rune_trace::{Tensor, signal::{self, SpectralOptions}};
/// let x = Tensor::from([1.0f32, 2.0, 3.0, 2.0, 1.0, 0.0, 1.0, 2.0]);
/// let options = SpectralOptions::stft().segment(4);
/// let (frequencies, times, z) = signal::stft(&x, &options);
/// assert_eq!(frequencies.to_vec::<f32>()?, [0.0, 0.25, 0.5]);
/// assert_eq!(times.to_vec::<f32>()?, [0.0, 2.0, 4.0, 6.0, 8.0]);
/// assert_eq!(*z.shape(), [3, 5]);
/// let (_, back) = signal::istft(&z, &options);
/// assert!((back - x).abs().max().item::<f32>()? < 1e-6);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn stft(x: &Tensor, options: &SpectralOptions) -> (Tensor, Tensor, Tensor) {
    let op = "signal::stft";
    let (x, axis) = signal_of(op, x, options.axis);
    at_caller(|| {
        let [Spectra { frequencies, times, values, .. }] = spectra(op, [&x], options, true);
        (frequencies, times, values.moveaxis(-1, axis as isize))
    })
}

/// Returns the times and the signal whose short-time Fourier transform is `z`. The options are those of [`stft`]. The
/// default lengths of a segment and of the transform are the greatest that match `z`. Where windows do not cover the
/// signal, it is 0.
///
/// # Panics
/// If `z` has fewer than two axes, the axis is out of range, or the lengths do not match each other.
#[track_caller]
pub fn istft(z: &Tensor, options: &SpectralOptions) -> (Tensor, Tensor) {
    let op = "signal::istft";
    if z.rank() < 2 || z.size() == 0 {
        refuse!("{op}: takes frequencies and times along two axes, which are not empty, but got {}", z.ty());
    }
    let signals: Shape = z.shape()[..z.rank() - 1].iter().copied().collect();
    let axis = resolve_axis(op, options.axis, &signals);
    let count = z.shape()[axis];
    let most = if options.one_sided { 2 * (count - 1) } else { count };
    let segment = options.segment.unwrap_or(most);
    // A one-sided transform of the odd length `most` + 1 has the same number of frequencies as one of length `most`.
    let longest = if options.one_sided && segment == most + 1 { segment } else { most };
    let [segment, overlap, length] = options.checked_lengths(op, segment, options.fft_length.unwrap_or(longest));
    at_caller(|| {
        let z = if z.dtype().is_complex() { z.clone() } else { lax::convert(z, complex_of(as_float(z).dtype())) };
        let real = z.dtype().real();
        let fft_options = FftOptions::new().length(length);
        let inverse = if options.one_sided { fft::irfft_with } else { fft::ifft_with };
        let parts = inverse(&z.moveaxis(axis as isize, -1), &fft_options);
        let parts = part(&parts, parts.rank() - 1, 0, segment);
        let window = options.window.periodic_weights(op, segment, real);
        let scaled = lax::convert(&(&window * window.sum()), parts.dtype());
        let step = segment - overlap;
        let sum = sum_overlapping(&(&parts * scaled), step);
        let frames = parts.shape()[parts.rank() - 2];
        let norm = sum_overlapping(&window.square().broadcast_to([frames, segment]), step);
        let cut = |x: &Tensor| {
            let (last, n) = (x.rank() - 1, x.shape()[x.rank() - 1]);
            let half = if options.boundary.is_some() { segment / 2 } else { 0 };
            part(x, last, half, n - half)
        };
        let (sum, norm) = (cut(&sum), cut(&norm));
        let norm = lax::select(&norm.gt(1e-10), &norm, &norm.ones_like());
        let x = &sum / lax::convert(&norm, sum.dtype());
        let n = x.shape()[x.rank() - 1];
        let times: Vec<f64> = (0..n).map(|i| i as f64 / options.sampling_rate).collect();
        (Tensor::from(times).cast(real), x.moveaxis(-1, axis as isize))
    })
}

/// Returns the frequencies, and an estimate of the power spectral density of `x`: the average over segments (P. Welch,
/// "The use of fast Fourier transform for the estimation of power spectra", 1967).
///
/// # Panics
/// Like [`stft`].
///
/// ```
/// use rune_trace::{DType, Tensor, signal::{self, SpectralOptions}};
/// let x = (Tensor::arange(0..64, DType::F32) * std::f64::consts::FRAC_PI_2).sin();
/// let (frequencies, power) = signal::welch(&x, &SpectralOptions::welch().segment(16));
/// let strongest = power.argmax().item::<i32>()? as isize;
/// assert_eq!(frequencies.i(strongest).item::<f32>()?, 0.25);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[doc(alias = "psd")]
#[track_caller]
pub fn welch(x: &Tensor, options: &SpectralOptions) -> (Tensor, Tensor) {
    let op = "signal::welch";
    let (x, axis) = signal_of(op, x, options.axis);
    at_caller(|| power_density(op, &x, options, axis))
}

/// Returns the frequencies, and an estimate of the complex cross spectral density of two signals, like [`welch`]. The
/// shorter signal is padded with zeros, and the other axes broadcast.
///
/// # Panics
/// Like [`stft`]. Also if the dtypes or the ranks differ.
#[doc(alias = "cross spectral density")]
#[track_caller]
pub fn csd(x: &Tensor, y: &Tensor, options: &SpectralOptions) -> (Tensor, Tensor) {
    let op = "signal::csd";
    expect_one_dtype(op, &[x.dtype(), y.dtype()]);
    if x.rank() != y.rank() {
        refuse!("{op}: takes signals of as many axes, but got {} and {}", x.ty(), y.ty());
    }
    let (x, axis) = signal_of(op, x, options.axis);
    let (y, _) = signal_of(op, y, options.axis);
    at_caller(|| {
        let [of_x, of_y] = spectra(op, [&x, &y], options, false);
        density(&of_x, of_x.values.conj() * &of_y.values, options, axis)
    })
}

/// Returns the frequencies, and the power spectral density of `x`, estimated from one segment that is the whole signal.
///
/// # Panics
/// Like [`stft`].
#[track_caller]
pub fn periodogram(x: &Tensor, options: &SpectralOptions) -> (Tensor, Tensor) {
    let op = "signal::periodogram";
    let (x, axis) = signal_of(op, x, options.axis);
    let n = x.shape()[x.rank() - 1];
    // A shorter transform uses only as many elements of the signal.
    let kept = options.fft_length.map_or(n, |length| length.min(n));
    let options = SpectralOptions { segment: Some(kept), overlap: Some(0), ..options.clone() };
    at_caller(|| {
        let x = part(&x, x.rank() - 1, 0, kept);
        power_density(op, &x, &options, axis)
    })
}

/// Returns the average power of the segments of a signal, scaled.
fn power_density(op: &str, x: &Tensor, options: &SpectralOptions, axis: usize) -> (Tensor, Tensor) {
    let [found] = spectra(op, [x], options, false);
    let power = lax::real(&(found.values.conj() * &found.values));
    density(&found, power, options, axis)
}

/// Returns the average of the products of transforms of segments, scaled.
fn density(found: &Spectra, power: Tensor, options: &SpectralOptions, axis: usize) -> (Tensor, Tensor) {
    let dtype = power.dtype();
    let window = &found.window;
    let scale = match options.scaling {
        Scaling::Density => 1.0 / (window.square().sum() * options.sampling_rate),
        Scaling::Spectrum => 1.0 / window.sum().square(),
    };
    let mut power = power * lax::convert(&scale, dtype);
    let frequencies = power.rank() - 1;
    if found.one_sided {
        // Doubles the power to include negative frequencies, except for frequency 0 and the highest one of an even
        // length.
        let count = power.shape()[frequencies];
        let twice = |k: usize| if k == 0 || (found.length.is_multiple_of(2) && k + 1 == count) { 1.0 } else { 2.0 };
        let factors = Tensor::from((0..count).map(twice).collect::<Vec<f64>>());
        power *= factors.cast(dtype);
    }
    let count = power.shape()[frequencies - 1];
    let power = match options.average {
        Average::Mean => power.mean_axes(-2),
        Average::Median if dtype.is_complex() => {
            let of = |x: Tensor| x.median(-2);
            lax::complex(&of(power.real()), &of(power.imag())) / bias(count)
        }
        Average::Median => power.median(-2) / bias(count),
    };
    (found.frequencies.clone(), power.moveaxis(-1, axis as isize))
}

/// Returns the ratio of the median to the mean of `n` spectra of noise (B. Allen et al., "FINDCHIRP: An algorithm for
/// detection of gravitational waves from inspiraling compact binaries", 2012, appendix B).
fn bias(n: usize) -> f64 {
    1.0 + (1..=n.saturating_sub(1) / 2).map(|k| 1.0 / (2.0 * k as f64 + 1.0) - 1.0 / (2.0 * k as f64)).sum::<f64>()
}
