//! Complex numbers and Fourier transforms.

use super::at_fault;
use super::from_here;
use super::support::{Seen, Traced};
use rune_trace::fft::{self, FftOptions};
use rune_trace::{DType, Tensor, complex};

/// Functions that accept all arguments.
pub const NEVER: &[&str] = &[
    "complex::conj",
    "names::conjugate",
    "complex::imag",
    "complex::iscomplex",
    "complex::isreal",
    "complex::real",
    "fft::FftOptions::axes",
    "fft::FftOptions::axis",
    "fft::FftOptions::length",
    "fft::FftOptions::lengths",
    "fft::FftOptions::new",
    "fft::FftOptions::norm",
];

/// Functions that apply no operations.
pub const NO_OPERATIONS: &[&str] = &[
    "fft::FftOptions::axes",
    "fft::FftOptions::axis",
    "fft::FftOptions::length",
    "fft::FftOptions::lengths",
    "fft::FftOptions::new",
    "fft::FftOptions::norm",
];

#[rustfmt::skip]
pub fn faults(seen: &mut Seen) {
    let n = &Tensor::zeros([2, 3], DType::I32);
    at_fault!(seen, "complex::complex", complex(n, n));
    at_fault!(seen, "complex::angle", n.angle());
    let (e, with) = (&Tensor::zeros([0, 0], DType::F32), &FftOptions::new());
    at_fault!(seen, "fft::fft", fft::fft(e));
    at_fault!(seen, "fft::ifft", fft::ifft(e));
    at_fault!(seen, "fft::rfft", fft::rfft(e));
    at_fault!(seen, "fft::irfft", fft::irfft(e));
    at_fault!(seen, "fft::fft2", fft::fft2(e));
    at_fault!(seen, "fft::ifft2", fft::ifft2(e));
    at_fault!(seen, "fft::rfft2", fft::rfft2(e));
    at_fault!(seen, "fft::irfft2", fft::irfft2(e));
    at_fault!(seen, "fft::fftn", fft::fftn(e));
    at_fault!(seen, "fft::ifftn", fft::ifftn(e));
    at_fault!(seen, "fft::rfftn", fft::rfftn(e));
    at_fault!(seen, "fft::irfftn", fft::irfftn(e));
    at_fault!(seen, "fft::hfft", fft::hfft(e));
    at_fault!(seen, "fft::ihfft", fft::ihfft(e));
    at_fault!(seen, "fft::fft_with", fft::fft_with(e, with));
    at_fault!(seen, "fft::ifft_with", fft::ifft_with(e, with));
    at_fault!(seen, "fft::rfft_with", fft::rfft_with(e, with));
    at_fault!(seen, "fft::irfft_with", fft::irfft_with(e, with));
    at_fault!(seen, "fft::fft2_with", fft::fft2_with(e, with));
    at_fault!(seen, "fft::ifft2_with", fft::ifft2_with(e, with));
    at_fault!(seen, "fft::rfft2_with", fft::rfft2_with(e, with));
    at_fault!(seen, "fft::irfft2_with", fft::irfft2_with(e, with));
    at_fault!(seen, "fft::fftn_with", fft::fftn_with(e, with));
    at_fault!(seen, "fft::ifftn_with", fft::ifftn_with(e, with));
    at_fault!(seen, "fft::rfftn_with", fft::rfftn_with(e, with));
    at_fault!(seen, "fft::irfftn_with", fft::irfftn_with(e, with));
    at_fault!(seen, "fft::hfft_with", fft::hfft_with(e, with));
    at_fault!(seen, "fft::ihfft_with", fft::ihfft_with(e, with));
    at_fault!(seen, "fft::fftfreq", fft::fftfreq(0, 1.0, DType::F32));
    at_fault!(seen, "fft::rfftfreq", fft::rfftfreq(0, 1.0, DType::F32));
    at_fault!(seen, "fft::fftshift", fft::fftshift(e, 2));
    at_fault!(seen, "fft::ifftshift", fft::ifftshift(e, 2));
}

#[rustfmt::skip]
pub fn origins(seen: &mut Traced) {
    let x = &Tensor::arange(0..8, DType::F32).reshape([2, 4]);
    let with = &FftOptions::new().length(3);
    from_here!(seen, ["complex::complex", "complex::angle", "complex::conj", "names::conjugate"], x, |x: &Tensor| (complex(x, 1.0).angle(), complex(x, 1.0).conj(), complex(x, 1.0).conjugate()));
    from_here!(seen, ["complex::real", "complex::imag", "complex::iscomplex", "complex::isreal"], x, |x: &Tensor| (complex(x, 1.0).real(), complex(x, 1.0).imag(), complex(x, 1.0).iscomplex(), complex(x, 1.0).isreal()));
    from_here!(seen, ["fft::fft", "fft::ifft", "fft::rfft", "fft::irfft", "fft::hfft", "fft::ihfft"], x, |x: &Tensor| (fft::fft(x), fft::ifft(x), fft::rfft(x), fft::irfft(x), fft::hfft(x), fft::ihfft(x)));
    from_here!(seen, ["fft::fft2", "fft::ifft2", "fft::rfft2", "fft::irfft2"], x, |x: &Tensor| (fft::fft2(x), fft::ifft2(x), fft::rfft2(x), fft::irfft2(x)));
    from_here!(seen, ["fft::fftn", "fft::ifftn", "fft::rfftn", "fft::irfftn"], x, |x: &Tensor| (fft::fftn(x), fft::ifftn(x), fft::rfftn(x), fft::irfftn(x)));
    from_here!(seen, ["fft::fft_with", "fft::ifft_with", "fft::rfft_with", "fft::irfft_with", "fft::hfft_with", "fft::ihfft_with"], x, |x: &Tensor| (fft::fft_with(x, with), fft::ifft_with(x, with), fft::rfft_with(x, with), fft::irfft_with(x, with), fft::hfft_with(x, with), fft::ihfft_with(x, with)));
    let with = &FftOptions::new().axes(&[1, 0]);
    from_here!(seen, ["fft::fft2_with", "fft::ifft2_with", "fft::rfft2_with", "fft::irfft2_with"], x, |x: &Tensor| (fft::fft2_with(x, with), fft::ifft2_with(x, with), fft::rfft2_with(x, with), fft::irfft2_with(x, with)));
    from_here!(seen, ["fft::fftn_with", "fft::ifftn_with", "fft::rfftn_with", "fft::irfftn_with"], x, |x: &Tensor| (fft::fftn_with(x, with), fft::ifftn_with(x, with), fft::rfftn_with(x, with), fft::irfftn_with(x, with)));
    from_here!(seen, ["fft::fftfreq", "fft::rfftfreq", "fft::fftshift", "fft::ifftshift"], x, |x: &Tensor| (fft::fftfreq(4, 1.0, x.dtype()), fft::rfftfreq(4, 1.0, x.dtype()), fft::fftshift(x, ..), fft::ifftshift(x, 1)));
}
