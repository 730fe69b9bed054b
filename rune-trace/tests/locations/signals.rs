//! Spectra of signals, windows, cosine transforms, density estimates, and iterative solvers.

use super::at_fault;
use super::from_here;
use super::support::{Seen, Traced};
use rune_trace::linalg::{self, KrylovOptions};
use rune_trace::signal::{self, ConvolveMethod, ConvolveMode, SpectralOptions, Window};
use rune_trace::stats::{Bandwidth, GaussianKde};
use rune_trace::{ConvOptions, DType, Tensor, cluster, fft, fft::FftOptions, random};

/// Functions that accept all arguments.
pub const NEVER: &[&str] = &[
    "names::conjugate",
    "spectral::average",
    "spectral::axis",
    "spectral::boundary",
    "spectral::detrend",
    "spectral::fft_length",
    "spectral::one_sided",
    "spectral::overlap",
    "spectral::padded",
    "spectral::SpectralOptions::periodogram",
    "spectral::sampling_rate",
    "spectral::scaling",
    "spectral::segment",
    "spectral::SpectralOptions::stft",
    "spectral::SpectralOptions::welch",
    "spectral::window",
];

/// Functions that apply no operations.
pub const NO_OPERATIONS: &[&str] = &[
    "grids::mask_indices",
    "roots::trim_zeros",
    "spectral::average",
    "spectral::axis",
    "spectral::boundary",
    "spectral::detrend",
    "spectral::fft_length",
    "spectral::one_sided",
    "spectral::overlap",
    "spectral::padded",
    "spectral::SpectralOptions::periodogram",
    "spectral::sampling_rate",
    "spectral::scaling",
    "spectral::segment",
    "spectral::SpectralOptions::stft",
    "spectral::SpectralOptions::welch",
    "spectral::window",
    "windows::Window::periodic",
    "windows::Window::symmetric",
];

#[rustfmt::skip]
pub fn faults(seen: &mut Seen) {
    let (e, z) = (&Tensor::zeros([0, 0], DType::F32), &Tensor::zeros([2, 2], DType::C64));
    let (v, x) = (&Tensor::zeros([3], DType::F32), &Tensor::zeros([2, 3], DType::F32));
    let options = &SpectralOptions::stft();
    at_fault!(seen, "fft_convolution::convolve_with", signal::convolve_with(v, x, ConvolveMode::Full, ConvolveMethod::Fft));
    at_fault!(seen, "fft_convolution::convolve_with", signal::convolve_with(v, x, ConvolveMode::Full, ConvolveMethod::Direct));
    at_fault!(seen, "fft_convolution::correlate_with", signal::correlate_with(v, x, ConvolveMode::Full, ConvolveMethod::Auto));
    at_fault!(seen, "fft_convolution::fftconvolve", signal::fftconvolve(x, v, ConvolveMode::Full, ..));
    at_fault!(seen, "fft_convolution::oaconvolve", signal::oaconvolve(x, v, ConvolveMode::Full, ..));
    at_fault!(seen, "spectral::stft", signal::stft(e, options));
    at_fault!(seen, "spectral::stft", signal::stft(v, &SpectralOptions::stft().segment(2).overlap(2)));
    at_fault!(seen, "spectral::stft", signal::stft(v, &SpectralOptions::stft().segment(3).boundary(Some(signal::Boundary::Odd)).window(Window::Values(x.clone()))));
    at_fault!(seen, "spectral::istft", signal::istft(v, options));
    at_fault!(seen, "spectral::istft", signal::istft(z, &SpectralOptions::stft().segment(4).fft_length(2)));
    at_fault!(seen, "spectral::welch", signal::welch(v, &SpectralOptions::welch().axis(1)));
    at_fault!(seen, "spectral::csd", signal::csd(v, x, &SpectralOptions::welch()));
    at_fault!(seen, "spectral::periodogram", signal::periodogram(e, options));
    at_fault!(seen, "windows::Window::periodic", Window::Hann.periodic(3, DType::I32));
    at_fault!(seen, "windows::Window::symmetric", Window::Values(v.clone()).symmetric(2, DType::F32));
    let with = &FftOptions::new();
    at_fault!(seen, "cosine::dct", fft::dct(z));
    at_fault!(seen, "cosine::idct", fft::idct(z));
    at_fault!(seen, "cosine::dctn", fft::dctn(z));
    at_fault!(seen, "cosine::idctn", fft::idctn(z));
    at_fault!(seen, "cosine::dst", fft::dst(z));
    at_fault!(seen, "cosine::idst", fft::idst(z));
    at_fault!(seen, "cosine::dstn", fft::dstn(z));
    at_fault!(seen, "cosine::idstn", fft::idstn(z));
    at_fault!(seen, "cosine::dct_with", fft::dct_with(e, with));
    at_fault!(seen, "cosine::idct_with", fft::idct_with(e, with));
    at_fault!(seen, "cosine::dctn_with", fft::dctn_with(e, with));
    at_fault!(seen, "cosine::idctn_with", fft::idctn_with(e, with));
    at_fault!(seen, "cosine::dst_with", fft::dst_with(e, with));
    at_fault!(seen, "cosine::idst_with", fft::idst_with(e, with));
    at_fault!(seen, "cosine::dstn_with", fft::dstn_with(e, with));
    at_fault!(seen, "cosine::idstn_with", fft::idstn_with(e, with));

    at_fault!(seen, "cluster::vq", cluster::vq(x, v));
    let (product, whole) = (|a: &Tensor, x: &Tensor| a * x, &Tensor::zeros([3], DType::I32));
    at_fault!(seen, "krylov::cg", linalg::cg(product, v, whole, &KrylovOptions::default()));
    at_fault!(seen, "krylov::bicgstab", linalg::bicgstab(product, v, whole, &KrylovOptions::default()));
    at_fault!(seen, "krylov::gmres", linalg::gmres(product, v, v, &KrylovOptions { restart: 0, ..KrylovOptions::default() }));
    at_fault!(seen, "roots::roots", x.roots());
    at_fault!(seen, "roots::trim_zeros", x.trim_zeros());
    at_fault!(seen, "floats::spacing", Tensor::from([1]).spacing());
    at_fault!(seen, "grids::mask_indices", Tensor::mask_indices(2, |x, _| x.i(0), 0));
    at_fault!(seen, "sets::unique_values", e.unique_values(2));
    at_fault!(seen, "sets::unique_counts", e.unique_counts(2));
    at_fault!(seen, "sets::unique_inverse", e.unique_inverse(2));
    at_fault!(seen, "dynamic::conv_local", x.conv_local(x, &[2], &ConvOptions::new()));
}

#[rustfmt::skip]
pub fn kde_faults(seen: &mut Seen) {
    let (v, x) = (&Tensor::from([0.0f64, 1.0, 3.0]), &Tensor::from([1.0f32]));
    at_fault!(seen, "kde::GaussianKde::new", GaussianKde::new(x, Bandwidth::Scott, None));
    at_fault!(seen, "kde::GaussianKde::new", GaussianKde::new(v, Bandwidth::Scott, Some(&Tensor::from([1.0f64]))));
    let kde = GaussianKde::new(v, Bandwidth::Scott, None);
    at_fault!(seen, "kde::GaussianKde::pdf", kde.pdf(x));
    at_fault!(seen, "kde::GaussianKde::evaluate", kde.evaluate(x));
    at_fault!(seen, "kde::GaussianKde::logpdf", kde.logpdf(&Tensor::zeros([2, 3], DType::F64)));
    at_fault!(seen, "kde::GaussianKde::integrate_gaussian", kde.integrate_gaussian(v, v));
    at_fault!(seen, "kde::GaussianKde::integrate_box_1d", kde.integrate_box_1d(v, v));
    at_fault!(seen, "kde::GaussianKde::integrate_kde", kde.integrate_kde(&GaussianKde::new(&Tensor::from([[0.0f64, 1.0, 0.5], [0.3, 1.0, 2.0]]), Bandwidth::Scott, None)));
    at_fault!(seen, "kde::GaussianKde::resample", kde.resample(v, [2]));
}

#[rustfmt::skip]
pub fn origins(seen: &mut Traced) {
    let x = &Tensor::from([0.5f32, 0.25, 0.125, 0.75, 0.5, 0.25, 0.75, 1.0]);
    let options = &SpectralOptions::welch().segment(4);
    from_here!(seen, ["fft_convolution::convolve_with", "fft_convolution::correlate_with"], x, |x: &Tensor| (signal::convolve_with(x, x, ConvolveMode::Same, ConvolveMethod::Fft), signal::correlate_with(x, x, ConvolveMode::Full, ConvolveMethod::Direct)));
    from_here!(seen, ["fft_convolution::fftconvolve", "fft_convolution::oaconvolve"], x, |x: &Tensor| (signal::fftconvolve(x, x, ConvolveMode::Same, ..), signal::oaconvolve(x, &x.i(..2), ConvolveMode::Full, ..)));
    from_here!(seen, ["spectral::stft", "spectral::istft"], x, |x: &Tensor| { let options = SpectralOptions::stft().segment(4); signal::istft(&signal::stft(x, &options).2, &options) });
    from_here!(seen, ["spectral::welch", "spectral::csd", "spectral::periodogram"], x, |x: &Tensor| (signal::welch(x, options), signal::csd(x, x, options), signal::periodogram(x, &SpectralOptions::periodogram())));
    from_here!(seen, ["cosine::dct", "cosine::idct", "cosine::dctn", "cosine::idctn", "cosine::dst", "cosine::idst", "cosine::dstn", "cosine::idstn"], x, |x: &Tensor| fft::dct(x) + fft::idct(x) + fft::dctn(x) + fft::idctn(x) + fft::dst(x) + fft::idst(x) + fft::dstn(x) + fft::idstn(x));
    let with = &FftOptions::new().length(5);
    from_here!(seen, ["cosine::dct_with", "cosine::idct_with", "cosine::dctn_with", "cosine::idctn_with"], x, |x: &Tensor| fft::dct_with(x, with) + fft::idct_with(x, with) + fft::dctn_with(x, with) + fft::idctn_with(x, with));
    from_here!(seen, ["cosine::dst_with", "cosine::idst_with", "cosine::dstn_with", "cosine::idstn_with"], x, |x: &Tensor| fft::dst_with(x, with) + fft::idst_with(x, with) + fft::dstn_with(x, with) + fft::idstn_with(x, with));
    from_here!(seen, ["cluster::vq", "krylov::cg"], x, |x: &Tensor| (cluster::vq(x, x), linalg::cg(|a: &Tensor, x: &Tensor| a * x, x, x, &KrylovOptions::default())));
    from_here!(seen, ["krylov::bicgstab", "krylov::gmres"], x, |x: &Tensor| (linalg::bicgstab(|a: &Tensor, x: &Tensor| a * x, x, x, &KrylovOptions::default()), linalg::gmres(|a: &Tensor, x: &Tensor| a * x, x, x, &KrylovOptions::default())));
    from_here!(seen, ["roots::roots", "floats::spacing", "names::conjugate"], x, |x: &Tensor| (x.roots().conjugate(), x.spacing()));
    from_here!(seen, ["sets::unique_values", "sets::unique_counts", "sets::unique_inverse"], x, |x: &Tensor| (x.unique_values(3), x.unique_counts(3), x.unique_inverse(3)));
    from_here!(seen, ["dynamic::conv_local"], x, |x: &Tensor| { let x = x.reshape([1, 1, 8]); x.conv_local(&x.conv_patches(&[2], &ConvOptions::new()), &[2], &ConvOptions::new()) });
}

#[rustfmt::skip]
pub fn kde_origins(seen: &mut Traced) {
    let x = &Tensor::from([0.5f32, 0.25, 0.125, 0.75, 0.5]);
    from_here!(seen, ["kde::GaussianKde::new", "kde::GaussianKde::pdf", "kde::GaussianKde::evaluate", "kde::GaussianKde::logpdf", "kde::GaussianKde::integrate_gaussian", "kde::GaussianKde::integrate_box_1d", "kde::GaussianKde::integrate_kde", "kde::GaussianKde::resample"], x, |x: &Tensor| { let kde = GaussianKde::new(x, Bandwidth::Silverman, Some(x)); let s = &x.i(0); (kde.pdf(x), kde.evaluate(x), kde.logpdf(x), kde.integrate_gaussian(s, s), kde.integrate_box_1d(s, s), (kde.integrate_kde(&kde), kde.resample(&random::key(0), [3]))) });
}
