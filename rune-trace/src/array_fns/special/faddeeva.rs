//! The Faddeeva function, by rational functions (J. A. C. Weideman, "Computation of the complex error function", 1994).

use super::support::{replace_where, with_slope};
use crate::tensor::{at_caller, refuse};
use crate::{Tensor, complex, lax};
use rune_ir::DType;
use std::f64::consts::{FRAC_2_SQRT_PI, PI, SQRT_2};

/// Returns the scale of the approximation with `n` terms, and its coefficients, the highest power first.
fn coefficients(n: usize) -> (f64, Vec<f64>) {
    let m = 2 * n;
    let scale = (n as f64 / SQRT_2).sqrt();
    // The Fourier coefficients of (L² + t²) e^(-t²), with t = L tan θ/2.
    let angle = |k: isize| k as f64 * PI / m as f64;
    let sample = |k: isize| {
        let t = scale * (angle(k) / 2.0).tan();
        (scale * scale + t * t) * (-t * t).exp()
    };
    let range = 1 - m as isize..m as isize;
    let of = |j: usize| range.clone().map(|k| sample(k) * (j as f64 * angle(k)).cos()).sum::<f64>() / (2 * m) as f64;
    (scale, (1..=n).rev().map(of).collect())
}

/// Returns w(z) for z in the upper half plane.
fn upper(z: &Tensor) -> Tensor {
    let (scale, terms) = coefficients(if z.dtype() == DType::C128 { 48 } else { 24 });
    let iz = complex(-z.imag(), z.real());
    let real = |x: f64| complex(lax::full_like(&z.real(), x), z.real().zeros_like());
    let below = real(scale) - &iz;
    let ratio = (real(scale) + iz) / &below;
    let mut sum = real(terms[0]);
    for &term in &terms[1..] {
        sum = sum * &ratio + real(term);
    }
    real(2.0) * sum / (&below * &below) + real(FRAC_2_SQRT_PI / 2.0) / below
}

fn value(z: &Tensor) -> Tensor {
    let above = z.imag().ge(0.0);
    let w = upper(&lax::select(&above, z, &-z));
    // w(-z) = 2 e^(-z²) - w(z).
    let square = replace_where(&above, 0.0, &-(z * z));
    let below = square.exp() * 2.0 - &w;
    lax::select(&above, &w, &below)
}

pub(super) fn wofz_of(z: &Tensor) -> Tensor {
    with_slope(value, z, |z, w| {
        let i = complex(z.real().zeros_like(), lax::full_like(&z.real(), FRAC_2_SQRT_PI));
        i - z * w * 2.0
    })
}

/// Returns the Faddeeva function, w(z) = e^(-z²) erfc(-iz), for complex numbers.
///
/// It is holomorphic. Its derivative is 2i/√π - 2 z w(z).
///
/// # Panics
/// If the dtype of `z` is not complex.
///
/// ```
/// use rune_trace::{Complex64, Tensor, special};
/// let w = special::wofz(&Tensor::scalar(Complex64::new(0.0, 1.0))).item::<Complex64>().unwrap();
/// assert!((w.re - 0.427_583_576_155_807).abs() < 1e-14 && w.im.abs() < 1e-15);
/// ```
#[doc(alias = "faddeeva")]
#[track_caller]
pub fn wofz(z: &Tensor) -> Tensor {
    if !z.dtype().is_complex() {
        refuse!("special::wofz: takes complex numbers, but got {}; make them with `complex(x, 0.0)`", z.ty());
    }
    at_caller(|| wofz_of(z))
}
