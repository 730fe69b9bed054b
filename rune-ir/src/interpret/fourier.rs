//! Fourier transforms, in `f64`, by the crates `rustfft` and `realfft`.

use crate::op::FftFn;
use crate::{Array, Complex64, Element, Type};
use realfft::RealFftPlanner;
use rustfft::{FftDirection, FftPlanner};
use std::cell::RefCell;

thread_local! {
    /// Plans are kept, because making one may cost more than using it.
    static PLANS: RefCell<(FftPlanner<f64>, RealFftPlanner<f64>)> =
        RefCell::new((FftPlanner::new(), RealFftPlanner::new()));
}

/// Transforms along the last axes. `lengths` are their sizes in the time domain, and `ty` is the type of the result.
pub(super) fn fft(f: FftFn, x: &Array, lengths: &[usize], ty: &Type) -> Array {
    if ty.size() == 0 {
        return Array::zeros(ty.clone());
    }
    let outer = &lengths[..lengths.len() - 1];
    let n = lengths[lengths.len() - 1];
    match f {
        FftFn::Fft | FftFn::Ifft => {
            let direction = if f == FftFn::Fft { FftDirection::Forward } else { FftDirection::Inverse };
            let mut z = x.to_complex_vec();
            along_axes(&mut z, lengths, 1, direction);
            complex(ty, z, if f == FftFn::Fft { 1.0 } else { scale(lengths) })
        }
        FftFn::Rfft => {
            let mut z = forward(&mut x.to_f64_vec(), n);
            along_axes(&mut z, outer, n / 2 + 1, FftDirection::Forward);
            complex(ty, z, 1.0)
        }
        FftFn::Irfft => {
            let mut z = x.to_complex_vec();
            along_axes(&mut z, outer, n / 2 + 1, FftDirection::Inverse);
            real(ty, backward(&mut z, n), scale(lengths))
        }
    }
}

fn scale(lengths: &[usize]) -> f64 {
    1.0 / lengths.iter().map(|&n| n as f64).product::<f64>()
}

/// Returns the array of these elements times `scale`, rounded once.
fn complex(ty: &Type, elements: Vec<Complex64>, scale: f64) -> Array {
    crate::with_element!(ty.dtype, T => {
        Array::from_vec(ty.shape.clone(), elements.into_iter().map(|z| <T as Element>::from_complex(z * scale)).collect())
    })
}

fn real(ty: &Type, elements: Vec<f64>, scale: f64) -> Array {
    crate::with_element!(ty.dtype, T => {
        Array::from_vec(ty.shape.clone(), elements.into_iter().map(|x| <T as Element>::from_f64(x * scale)).collect())
    })
}

/// Transforms in place along the axes of sizes `lengths`. The axes after these have `inner` elements in total.
fn along_axes(z: &mut [Complex64], lengths: &[usize], inner: usize, direction: FftDirection) {
    let mut inner = inner;
    for &n in lengths.iter().rev() {
        let plan = PLANS.with_borrow_mut(|plans| plans.0.plan_fft(n, direction));
        if inner == 1 {
            plan.process(z);
        } else {
            let mut rows = vec![Complex64::ZERO; n * inner];
            for block in z.chunks_exact_mut(n * inner) {
                transpose(block, &mut rows, n, inner);
                plan.process(&mut rows);
                transpose(&rows, block, inner, n);
            }
        }
        inner *= n;
    }
}

/// Transposes the matrix `from`, `m × n`, into `to`.
fn transpose(from: &[Complex64], to: &mut [Complex64], m: usize, n: usize) {
    for (i, row) in from.chunks_exact(n).enumerate().take(m) {
        row.iter().enumerate().for_each(|(j, &x)| to[j * m + i] = x);
    }
}

/// Returns the first n/2 + 1 frequencies of each `n` real numbers.
fn forward(x: &mut [f64], n: usize) -> Vec<Complex64> {
    let plan = PLANS.with_borrow_mut(|plans| plans.1.plan_fft_forward(n));
    let mut out = vec![Complex64::ZERO; x.len() / n * (n / 2 + 1)];
    let mut scratch = plan.make_scratch_vec();
    for (x, out) in x.chunks_exact_mut(n).zip(out.chunks_exact_mut(n / 2 + 1)) {
        plan.process_with_scratch(x, out, &mut scratch).expect("the lengths are those of the plan");
    }
    out
}

/// Returns `n` real numbers for each n/2 + 1 frequencies.
fn backward(z: &mut [Complex64], n: usize) -> Vec<f64> {
    let plan = PLANS.with_borrow_mut(|plans| plans.1.plan_fft_inverse(n));
    let mut out = vec![0.0; z.len() / (n / 2 + 1) * n];
    let mut scratch = plan.make_scratch_vec();
    for (z, out) in z.chunks_exact_mut(n / 2 + 1).zip(out.chunks_exact_mut(n)) {
        z[0].im = 0.0;
        if n.is_multiple_of(2) {
            z[n / 2].im = 0.0;
        }
        plan.process_with_scratch(z, out, &mut scratch).expect("the lengths are those of the plan");
    }
    out
}
