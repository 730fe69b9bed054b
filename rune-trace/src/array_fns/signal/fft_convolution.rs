//! Convolutions by Fourier transforms.

use super::{ConvolveMode, convolve_arrays, expect_arrays, expect_fit};
use crate::array_fns::axes::Axes;
use crate::array_fns::fft::{self, FftOptions};
use crate::array_fns::join::part;
use crate::array_fns::reductions::as_float;
use crate::tensor::{at_caller, refuse};
use crate::{Tensor, Tree, lax};
use rune_ir::Shape;
use rune_ir::op::Padding;

/// The method that computes a convolution.
#[derive(Tree, Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ConvolveMethod {
    /// The method with fewer operations.
    #[default]
    Auto,
    /// Sums of products.
    Direct,
    /// Fourier transforms. The rounding error of each element is proportional to the greatest element.
    Fft,
}

/// Returns the convolution of two arrays of the same rank, computed by `method`. One of them must fit into the other.
/// Integers and `bool` are converted to `f32`.
///
/// # Panics
/// Like [`convolve`](super::convolve).
///
/// ```
/// use rune_trace::{Tensor, signal::{self, ConvolveMethod, ConvolveMode}};
/// let (x, box_) = (Tensor::from([1.0f64, 2.0, 3.0]), Tensor::from([1.0f64, 1.0]));
/// let y = signal::convolve_with(&x, &box_, ConvolveMode::Full, ConvolveMethod::Fft).to_vec::<f64>()?;
/// assert!(y.iter().zip([1.0, 3.0, 5.0, 3.0]).all(|(a, b)| (a - b).abs() < 1e-14));
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn convolve_with(x: &Tensor, y: &Tensor, mode: ConvolveMode, method: ConvolveMethod) -> Tensor {
    convolution("signal::convolve_with", x, y, mode, method)
}

/// Returns the correlation of two arrays of the same rank, computed by `method`: sums of products of the first array,
/// shifted, with the conjugate of the second. One of them must fit into the other.
///
/// # Panics
/// Like [`correlate`](super::correlate).
#[track_caller]
pub fn correlate_with(x: &Tensor, y: &Tensor, mode: ConvolveMode, method: ConvolveMethod) -> Tensor {
    convolution("signal::correlate_with", x, &y.flip(..).conj(), mode, method)
}

/// Returns the convolution of two arrays of the same rank along `axes`, by Fourier transforms. Along the other axes,
/// both must have the same sizes. With [`ConvolveMode::Same`], the result is the middle part, of the shape of `x`.
/// Integers and `bool` are converted to `f32`.
///
/// # Panics
/// If the ranks or the dtypes differ, one operand is empty, the sizes along the other axes differ, or, with
/// [`ConvolveMode::Valid`], neither fits into the other.
///
/// ```
/// use rune_trace::{Tensor, signal::{self, ConvolveMode}};
/// let (x, box_) = (Tensor::from([1.0f64, 2.0, 3.0, 2.0, 1.0]), Tensor::from([1.0f64, 1.0, 1.0]));
/// let y = signal::fftconvolve(&x, &box_, ConvolveMode::Same, ..).to_vec::<f64>()?;
/// assert!(y.iter().zip([3.0, 6.0, 7.0, 6.0, 3.0]).all(|(a, b)| (a - b).abs() < 1e-14));
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn fftconvolve(x: &Tensor, y: &Tensor, mode: ConvolveMode, axes: impl Into<Axes>) -> Tensor {
    let op = "signal::fftconvolve";
    let axes = expect_axes(op, x, y, mode, axes.into());
    fft_convolution(x, y, mode, &axes)
}

/// Returns the result of [`fftconvolve`], by transforms of blocks of the longer operand (the overlap-add method). This
/// takes less time and memory if the other operand is much shorter.
///
/// # Panics
/// Like [`fftconvolve`].
///
/// ```
/// use rune_trace::{DType, Tensor, signal::{self, ConvolveMode}};
/// let (x, box_) = (Tensor::ones([1000], DType::F64), Tensor::ones([3], DType::F64));
/// let y = signal::oaconvolve(&x, &box_, ConvolveMode::Valid, ..).to_vec::<f64>()?;
/// assert!(y.len() == 998 && y.iter().all(|x| (x - 3.0).abs() < 1e-13));
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn oaconvolve(x: &Tensor, y: &Tensor, mode: ConvolveMode, axes: impl Into<Axes>) -> Tensor {
    let op = "signal::oaconvolve";
    let axes = expect_axes(op, x, y, mode, axes.into());
    let ratio = |axis: usize| {
        let (n, m) = (x.shape()[axis] as f64, y.shape()[axis] as f64);
        n.max(m) / n.min(m)
    };
    let longest = axes.iter().copied().max_by(|&a, &b| ratio(a).total_cmp(&ratio(b)));
    match longest {
        Some(axis) if ratio(axis) > 2.0 => at_caller(|| {
            let (x, y) = (as_float(x), as_float(y));
            let full = overlap_add(&x, &y, &axes, axis);
            crop_to_mode(&full, &x, &y, mode, &axes)
        }),
        _ => fft_convolution(x, y, mode, &axes),
    }
}

/// Returns the convolution of arrays along all axes, computed by `method`.
#[track_caller]
fn convolution(op: &str, x: &Tensor, y: &Tensor, mode: ConvolveMode, method: ConvolveMethod) -> Tensor {
    if by_fft(x, y, method) {
        expect_fit(op, x, y);
        let every_axis: Vec<usize> = (0..x.rank()).collect();
        return fft_convolution(x, y, mode, &every_axis);
    }
    convolve_arrays(op, x, y, mode)
}

/// Checks that the operands match, and returns the axes.
#[track_caller]
fn expect_axes(op: &str, x: &Tensor, y: &Tensor, mode: ConvolveMode, axes: Axes) -> Vec<usize> {
    expect_arrays(op, x, y);
    let axes = axes.resolve_sorted(op, x.shape()).to_vec();
    for axis in 0..x.rank() {
        if !axes.contains(&axis) && x.shape()[axis] != y.shape()[axis] {
            refuse!(
                "{op}: along axis {axis}, which is not convolved, the sizes of {} and {} must be equal",
                x.shape(),
                y.shape()
            );
        }
    }
    if mode == ConvolveMode::Valid {
        expect_fit(op, x, y);
    }
    axes
}

/// Returns whether transforms take fewer operations than sums of products.
fn by_fft(x: &Tensor, y: &Tensor, method: ConvolveMethod) -> bool {
    match method {
        ConvolveMethod::Direct => false,
        ConvolveMethod::Fft => true,
        ConvolveMethod::Auto => {
            let full = x.shape().iter().zip(y.shape().iter()).map(|(a, b)| (a + b).saturating_sub(1) as f64);
            let n: f64 = full.map(|n| fast_length(n as usize) as f64).product();
            // Counts three transforms of about 5 n log₂ n operations each. Their memory accesses double the cost.
            let transforms = 30.0 * n * n.log2().max(1.0);
            x.rank() == y.rank() && (x.size() as f64) * (y.size() as f64) > transforms
        }
    }
}

/// Returns the least number from `n` on that has no prime factors except 2, 3 and 5.
fn fast_length(n: usize) -> usize {
    let smooth = |mut m: usize| {
        for p in [2, 3, 5] {
            while m.is_multiple_of(p) {
                m /= p;
            }
        }
        m == 1
    };
    (n.max(1)..).find(|&m| smooth(m)).expect("powers of 2 go on")
}

#[track_caller]
fn fft_convolution(x: &Tensor, y: &Tensor, mode: ConvolveMode, axes: &[usize]) -> Tensor {
    at_caller(|| {
        let (x, y) = (as_float(x), as_float(y));
        let full = full_convolution(&x, &y, axes);
        crop_to_mode(&full, &x, &y, mode, axes)
    })
}

fn forward_fft(x: &Tensor, axes: &[usize], lengths: &[usize]) -> Tensor {
    let options = FftOptions::new().axes(&signed(axes)).lengths(lengths);
    if x.dtype().is_complex() { fft::fftn_with(x, &options) } else { fft::rfftn_with(x, &options) }
}
fn inverse_fft(z: &Tensor, complex: bool, axes: &[usize], lengths: &[usize]) -> Tensor {
    let options = FftOptions::new().axes(&signed(axes)).lengths(lengths);
    if complex { fft::ifftn_with(z, &options) } else { fft::irfftn_with(z, &options) }
}
fn signed(axes: &[usize]) -> Vec<isize> {
    axes.iter().map(|&axis| axis as isize).collect()
}

/// Returns the full convolution along `axes`. The operands broadcast along the others.
fn full_convolution(x: &Tensor, y: &Tensor, axes: &[usize]) -> Tensor {
    // An operand with one element scales the other.
    let scales = |a: &usize| x.shape()[*a] == 1 || y.shape()[*a] == 1;
    if axes.iter().all(scales) {
        return x * y;
    }
    let dtype = x.dtype();
    let full: Vec<usize> = axes.iter().map(|&a| x.shape()[a] + y.shape()[a] - 1).collect();
    let lengths: Vec<usize> = full.iter().map(|&n| fast_length(n)).collect();
    let z = forward_fft(x, axes, &lengths) * forward_fft(y, axes, &lengths);
    let mut z = inverse_fft(&z, dtype.is_complex(), axes, &lengths);
    for (&axis, &n) in axes.iter().zip(&full) {
        z = part(&z, axis, 0, n);
    }
    lax::convert(&z, dtype)
}

/// Returns the full convolution along `axes`, by blocks along `axis`.
fn overlap_add(x: &Tensor, y: &Tensor, axes: &[usize], axis: usize) -> Tensor {
    let (long, short) = if x.shape()[axis] >= y.shape()[axis] { (x, y) } else { (y, x) };
    let (n, m) = (long.shape()[axis], short.shape()[axis]);
    // With blocks of four times the shorter operand, the overlapping part of each transform is small.
    let length = fast_length(4 * m);
    let block = length - m + 1;
    let blocks = n.div_ceil(block);
    let last = long.rank() - 1;
    // Moves the axis to the end, and splits it into blocks.
    let to_end = |x: &Tensor| x.moveaxis(axis as isize, -1);
    let mut config = vec![Padding::default(); long.rank()];
    config[last].high = (blocks * block - n) as i64;
    let long = to_end(long);
    let long = lax::pad(&long, &lax::full(long.dtype(), &Shape::scalar(), 0.0), config);
    let shape: Shape = long.shape()[..last].iter().copied().chain([blocks, block]).collect();
    let long = lax::reshape(&long, shape);
    let short = to_end(short).unsqueeze(-2);
    // The axis of blocks comes before the last one. The others keep their order.
    let moved: Vec<usize> = axes
        .iter()
        .map(|&a| match a.cmp(&axis) {
            std::cmp::Ordering::Less => a,
            std::cmp::Ordering::Equal => last + 1,
            std::cmp::Ordering::Greater => a - 1,
        })
        .collect();
    let parts = full_convolution(&long, &short, &moved);
    let whole = super::spectral::sum_overlapping(&parts, block);
    part(&whole, last, 0, n + m - 1).moveaxis(-1, axis as isize)
}

/// Returns the part of a full convolution for this mode.
fn crop_to_mode(full: &Tensor, x: &Tensor, y: &Tensor, mode: ConvolveMode, axes: &[usize]) -> Tensor {
    let mut z = full.clone();
    for &axis in axes {
        let (n, m) = (x.shape()[axis], y.shape()[axis]);
        let (start, size) = match mode {
            ConvolveMode::Full => (0, n + m - 1),
            ConvolveMode::Valid => (n.min(m) - 1, n.max(m) - n.min(m) + 1),
            ConvolveMode::Same => ((m - 1) / 2, n),
        };
        z = part(&z, axis, start, start + size);
    }
    z
}
