//! Transposes of Fourier transforms.

use crate::Tensor;
use crate::tensor::lax;
use rune_ir::Shape;
use rune_ir::op::{FftFn, Padding};

/// Returns the cotangent of the operand of a transform, from the cotangent `ct` of its result. The matrices of `fft`
/// and `ifft` are symmetric.
pub(super) fn fft(ct: &Tensor, f: FftFn, lengths: &[usize]) -> Tensor {
    match f {
        FftFn::Fft | FftFn::Ifft => lax::fft(f, ct, lengths),
        // The result is the first part of `fft` of real numbers. The transpose pads it with zeros, and takes the real
        // part.
        FftFn::Rfft => {
            let last = ct.rank() - 1;
            let mut config = vec![Padding::default(); ct.rank()];
            config[last].high = (lengths[lengths.len() - 1] - ct.shape()[last]) as i64;
            let zero = lax::full(ct.dtype(), &Shape::scalar(), 0.0);
            lax::real(&lax::fft(FftFn::Fft, &lax::pad(ct, &zero, config), lengths))
        }
        FftFn::Irfft => irfft(ct, lengths),
    }
}

/// An element that stands for two conjugate frequencies counts twice. Imaginary parts are conjugated, as everywhere:
/// the pairing of tangents and cotangents is the real part of a product.
fn irfft(ct: &Tensor, lengths: &[usize]) -> Tensor {
    let z = lax::fft(FftFn::Rfft, ct, lengths);
    let n = lengths[lengths.len() - 1];
    let (rank, count) = (z.rank(), z.shape()[z.rank() - 1]);
    let dtype = z.dtype();
    let scale = 1.0 / lengths.iter().map(|&n| n as f64).product::<f64>();
    let part = |n: usize, x: f64| lax::full(dtype, &Shape::from([n]), x * scale);
    let single_last = usize::from(n.is_multiple_of(2));
    let weights = lax::concatenate(&[part(1, 1.0), part(count - 1 - single_last, 2.0), part(single_last, 1.0)], 0);
    let weights = lax::broadcast_in_dim(&weights, z.shape().clone(), &[rank - 1]);
    lax::conj(&lax::mul(&weights, &z))
}
