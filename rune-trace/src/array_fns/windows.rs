//! Windows for spectral analysis.

use super::grids::spaced;
use crate::Tensor;
use rune_ir::DType;

/// Windows for spectral analysis.
impl Tensor {
    /// Returns Blackman's window of `n` points: 0.42 - 0.5 cos 2πt + 0.08 cos 4πt for t from 0 to 1.
    ///
    /// # Panics
    /// If `dtype` is not a float.
    #[track_caller]
    pub fn blackman(n: usize, dtype: DType) -> Tensor {
        window("blackman", n, dtype, &|t| 0.42 - 0.5 * cos(2.0, t) + 0.08 * cos(4.0, t))
    }
    /// Returns Bartlett's window of `n` points: a triangle from 0 to 1 and back.
    ///
    /// # Panics
    /// If `dtype` is not a float.
    #[track_caller]
    pub fn bartlett(n: usize, dtype: DType) -> Tensor {
        window("bartlett", n, dtype, &|t| 1.0 - (2.0 * t - 1.0).abs())
    }
    /// Returns Hamming's window of `n` points: 0.54 - 0.46 cos 2πt for t from 0 to 1.
    ///
    /// # Panics
    /// If `dtype` is not a float.
    #[track_caller]
    pub fn hamming(n: usize, dtype: DType) -> Tensor {
        window("hamming", n, dtype, &|t| 0.54 - 0.46 * cos(2.0, t))
    }
    /// Returns von Hann's window of `n` points: 0.5 - 0.5 cos 2πt for t from 0 to 1.
    ///
    /// # Panics
    /// If `dtype` is not a float.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// assert_eq!(Tensor::hanning(3, DType::F32).to_vec::<f32>().unwrap(), [0.0, 1.0, 0.0]);
    /// ```
    #[doc(alias = "hann_window")]
    #[track_caller]
    pub fn hanning(n: usize, dtype: DType) -> Tensor {
        window("hanning", n, dtype, &|t| 0.5 - 0.5 * cos(2.0, t))
    }
    /// Returns Kaiser's window of `n` points: I₀(β √(1 - (2t - 1)²)) / I₀(β) for t from 0 to 1.
    ///
    /// # Panics
    /// If `dtype` is not a float.
    #[track_caller]
    pub fn kaiser(n: usize, beta: f64, dtype: DType) -> Tensor {
        window("kaiser", n, dtype, &|t| {
            bessel_i0(beta * (1.0 - (2.0 * t - 1.0).powi(2)).max(0.0).sqrt()) / bessel_i0(beta)
        })
    }
}

fn cos(times: f64, t: f64) -> f64 {
    (times * std::f64::consts::PI * t).cos()
}
/// Returns `f` at `n` points from 0 to 1. If `n` is 1, the single weight is 1.
#[track_caller]
fn window(op: &str, n: usize, dtype: DType, f: &dyn Fn(f64) -> f64) -> Tensor {
    if n == 1 { spaced(op, n, dtype, &|_| 1.0) } else { spaced(op, n, dtype, f) }
}
/// Returns the modified Bessel function of order 0. The terms of its series are all positive.
pub(super) fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut term, mut sum, mut k) = (1.0, 1.0, 1.0);
    while term > sum * 1e-18 {
        term *= quarter / (k * k);
        sum += term;
        k += 1.0;
    }
    sum
}
