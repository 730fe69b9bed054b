//! Convolutions by Fourier transforms, spectra, cosine transforms, zeros of polynomials, functions of complex numbers
//! and density estimates against JAX and SciPy. `data/signals.jsonl` has the cases; `scripts/vectors signals` writes
//! it.

use super::cases::check;
use super::fft_options;
use rune_trace::signal::{
    self, Average, Boundary, ConvolveMethod, ConvolveMode, Scaling, SpectralOptions, Trend, Window,
};
use rune_trace::stats::{Bandwidth, GaussianKde};
use rune_trace::{Axes, Complex64, DType, Tensor, fft, random, special};
use serde_json::Value;

const VECTORS: &str = include_str!("../data/signals.jsonl");

fn mode(args: &Value) -> ConvolveMode {
    match args["mode"].as_str().unwrap() {
        "full" => ConvolveMode::Full,
        "same" => ConvolveMode::Same,
        _ => ConvolveMode::Valid,
    }
}
fn method(args: &Value) -> ConvolveMethod {
    if args["method"] == "fft" { ConvolveMethod::Fft } else { ConvolveMethod::Direct }
}
fn axes(args: &Value) -> Axes {
    match args["axes"].as_array() {
        Some(axes) => axes.iter().map(|a| a.as_i64().unwrap() as isize).collect::<Vec<_>>().into(),
        None => (..).into(),
    }
}

fn window(name: &str, parameter: &Value) -> Window {
    let number = parameter.as_f64().unwrap_or_default();
    match name {
        "boxcar" => Window::Boxcar,
        "triang" => Window::Triang,
        "bartlett" => Window::Bartlett,
        "hann" => Window::Hann,
        "hamming" => Window::Hamming,
        "blackman" => Window::Blackman,
        "blackmanharris" => Window::BlackmanHarris,
        "nuttall" => Window::Nuttall,
        "flattop" => Window::FlatTop,
        "cosine" => Window::Cosine,
        "lanczos" => Window::Lanczos,
        "bohman" => Window::Bohman,
        "parzen" => Window::Parzen,
        "barthann" => Window::BartHann,
        "tukey" => Window::Tukey(number),
        "kaiser" => Window::Kaiser(number),
        "gaussian" => Window::Gaussian(number),
        "exponential" => Window::Exponential(number),
        other => panic!("no window is called {other}"),
    }
}

fn trend(name: &str) -> Trend {
    if name == "linear" { Trend::Linear } else { Trend::Constant }
}

/// Applies the options of a case.
fn options(mut options: SpectralOptions, args: &Value) -> SpectralOptions {
    let number = |name: &str| args[name].as_u64().map(|n| n as usize);
    options.segment = number("nperseg").or(options.segment);
    options.overlap = number("noverlap").or(options.overlap);
    options.fft_length = number("nfft").or(options.fft_length);
    if let Some(rate) = args["fs"].as_f64() {
        options.sampling_rate = rate;
    }
    if let Some(name) = args["window"].as_str() {
        options.window = window(name, &Value::Null);
    }
    if let Some(name) = args["detrend"].as_str() {
        options.detrend = Some(trend(name));
    }
    if let Some(one_sided) = args["return_onesided"].as_bool() {
        options.one_sided = one_sided;
    }
    if let Some(padded) = args["padded"].as_bool() {
        options.padded = padded;
    }
    if let Some(axis) = args["axis"].as_i64() {
        options.axis = axis as isize;
    }
    if args["scaling"] == "spectrum" {
        options.scaling = Scaling::Spectrum;
    }
    if args["average"] == "median" {
        options.average = Average::Median;
    }
    if let Some(boundary) = args.get("boundary") {
        options.boundary = match boundary.as_str() {
            None => None,
            Some("even") => Some(Boundary::Even),
            Some("odd") => Some(Boundary::Odd),
            Some("constant") => Some(Boundary::Constant),
            Some(_) => Some(Boundary::Zeros),
        };
    }
    options
}

/// Sorts by real parts, then by imaginary parts.
fn sorted(z: &Tensor) -> Tensor {
    let mut z = z.to_vec::<Complex64>().unwrap();
    let key = |z: &Complex64| ((z.re * 1e6).round(), (z.im * 1e6).round());
    z.sort_by(|a, b| key(a).partial_cmp(&key(b)).unwrap());
    Tensor::from(z)
}

fn apply(name: &str, args: &Value, xs: &[Tensor]) -> Tensor {
    let stft = || options(SpectralOptions::stft(), args);
    let welch = || options(SpectralOptions::welch(), args);
    match name {
        "fftconvolve" => signal::fftconvolve(&xs[0], &xs[1], mode(args), axes(args)),
        "oaconvolve" => signal::oaconvolve(&xs[0], &xs[1], mode(args), axes(args)),
        "convolve" => signal::convolve_with(&xs[0], &xs[1], mode(args), method(args)),
        "correlate" => signal::correlate_with(&xs[0], &xs[1], mode(args), method(args)),
        "numpy_correlate" => xs[0].correlate(&xs[1], mode(args)),
        "correlate2d" => signal::correlate2d(&xs[0], &xs[1], mode(args)),
        "window" => {
            let window = window(args["window"].as_str().unwrap(), &args["parameter"]);
            let n = args["n"].as_u64().unwrap() as usize;
            if args["periodic"] == true { window.periodic(n, DType::F64) } else { window.symmetric(n, DType::F64) }
        }
        "stft" => signal::stft(&xs[0], &stft()).2,
        "stft_frequencies" => signal::stft(&xs[0], &stft()).0,
        "stft_times" => signal::stft(&xs[0], &stft()).1,
        "istft" => signal::istft(&xs[0], &stft()).1,
        "istft_times" => signal::istft(&xs[0], &stft()).0,
        "welch" => signal::welch(&xs[0], &welch()).1,
        "csd" => signal::csd(&xs[0], &xs[1], &welch()).1,
        "periodogram" => signal::periodogram(&xs[0], &options(SpectralOptions::periodogram(), args)).1,
        "dct" => fft::dct_with(&xs[0], &fft_options(args)),
        "idct" => fft::idct_with(&xs[0], &fft_options(args)),
        "dctn" => fft::dctn_with(&xs[0], &fft_options(args)),
        "idctn" => fft::idctn_with(&xs[0], &fft_options(args)),
        "dst" => fft::dst_with(&xs[0], &fft_options(args)),
        "idst" => fft::idst_with(&xs[0], &fft_options(args)),
        "dstn" => fft::dstn_with(&xs[0], &fft_options(args)),
        "idstn" => fft::idstn_with(&xs[0], &fft_options(args)),
        "wofz" => special::wofz(&xs[0]),
        "sph_harm_y" => special::sph_harm_y(&xs[0], &xs[1], &xs[2], &xs[3], 40),
        "sph_harm_y_of_angles" => {
            let (n, m) = (Tensor::from([0, 1, 3, 3, 4]), Tensor::from([0, -1, 2, -2, 1]));
            special::sph_harm_y(&n, &m, &xs[0], &xs[1], 4)
        }
        "roots" => sorted(&xs[0].roots()),
        other => density(other, args, xs),
    }
}

fn density(name: &str, args: &Value, xs: &[Tensor]) -> Tensor {
    let bandwidth = &args["bandwidth"];
    let bandwidth = match (bandwidth.as_str(), bandwidth.as_f64()) {
        (Some("silverman"), _) => Bandwidth::Silverman,
        (_, Some(factor)) => Bandwidth::Factor(factor),
        _ => Bandwidth::Scott,
    };
    let kde = GaussianKde::new(&xs[0], bandwidth, None);
    let weighted = || GaussianKde::new(&xs[0], bandwidth, Some(&xs[1]));
    match name {
        "kde_pdf" => kde.pdf(&xs[1]),
        "kde_logpdf" => kde.logpdf(&xs[1]),
        "kde_weighted" => weighted().pdf(&xs[2]),
        "kde_gaussian" => {
            kde.integrate_gaussian(&xs[1], &Tensor::from([[1.0f64, 0.2], [0.2, 0.5]]).cast(xs[0].dtype()))
        }
        "kde_box" => weighted().integrate_box_1d(&Tensor::scalar(-0.5f64), &Tensor::scalar(1.0f64)),
        "kde_product" => kde.integrate_kde(&GaussianKde::new(&xs[1], Bandwidth::Scott, None)),
        "kde_resample" => kde.resample(&random::key(3), [5]),
        other => panic!("no function is called {other}"),
    }
}

#[test]
fn functions_of_signals_agree_with_jax_and_scipy() {
    // The zeros of a polynomial are less precise than its coefficients.
    let tolerance = |name: &str| match name {
        "roots" => 1e-9,
        _ => 1e-12,
    };
    let checked = check(VECTORS, tolerance, apply);
    assert!(checked > 500, "{checked}");
}

#[test]
fn functions_of_signals_in_single_precision_agree_with_jax_in_double_precision() {
    let checked = check(include_str!("../data/signals_f32.jsonl"), |_| super::NARROW, apply);
    assert!(checked > 150, "{checked}");
}

/// Derivatives of zeros: the zeros of x² + bx + c move by -x / (2x + b) with b.
#[test]
fn zeros_of_polynomials_have_derivatives() {
    let p = Tensor::from([1.0f64, -3.0, 2.0]);
    let (z, dz) = rune_trace::jvp(|p: &Tensor| p.roots(), &p, &Tensor::from([0.0f64, 1.0, 0.0]));
    let (z, dz) = (z.real().to_vec::<f64>().unwrap(), dz.real().to_vec::<f64>().unwrap());
    for (z, dz) in z.into_iter().zip(dz) {
        assert!((dz + z / (2.0 * z - 3.0)).abs() < 1e-12, "{z} {dz}");
    }
}

/// Small convolutions are computed directly, and large ones by transforms.
#[test]
fn the_method_of_a_convolution_depends_on_the_sizes() {
    let transforms = |n: usize, m: usize| {
        let f = |x: &Tensor, y: &Tensor| signal::convolve_with(x, y, ConvolveMode::Full, ConvolveMethod::Auto);
        let (x, y) = (Tensor::ones([n], DType::F32), Tensor::ones([m], DType::F32));
        rune_trace::make_program(f, (&x, &y)).unwrap().to_string().contains("fft")
    };
    assert!(!transforms(1000, 5) && transforms(4000, 4000));
}
