//! Windows, under the names of `scipy.signal.windows`.

use crate::Tensor;
use crate::array_fns::windows::bessel_i0;
use crate::tensor::refuse;
use rune_ir::{Array, DType, Element, with_element};
use std::f64::consts::PI;

/// A window: weights that taper a segment of a signal. The weights are 1, or nearly so, in the middle, and smaller at
/// the ends.
#[derive(Clone, Debug, Default)]
pub enum Window {
    /// All weights are 1.
    Boxcar,
    /// A triangle whose ends are not 0.
    Triang,
    /// A triangle whose ends are 0.
    Bartlett,
    /// ½ - ½ cos 2πt.
    #[default]
    Hann,
    /// 0.54 - 0.46 cos 2πt.
    Hamming,
    /// Blackman's sum of three cosines.
    Blackman,
    /// Blackman and Harris' sum of four cosines, with sidelobes below -92 dB.
    BlackmanHarris,
    /// Nuttall's sum of four cosines.
    Nuttall,
    /// A sum of five cosines that measures amplitudes well.
    FlatTop,
    /// Half of a period of the sine.
    Cosine,
    /// The middle lobe of sin(x) / x.
    Lanczos,
    /// Bohman's window.
    Bohman,
    /// Parzen's piecewise cubic window.
    Parzen,
    /// The sum of the Bartlett and Hann windows.
    BartHann,
    /// A window with a cosine rise over this fraction of its length, half at each end, and 1 between.
    Tukey(f64),
    /// The Kaiser window with this β.
    Kaiser(f64),
    /// The normal density with this standard deviation in samples, scaled to 1 in the middle.
    Gaussian(f64),
    /// e^(-|t|/τ), with τ in samples.
    Exponential(f64),
    /// These weights, a vector.
    Values(Tensor),
}

impl Window {
    /// Returns the `n` weights of a symmetric window, for filters.
    ///
    /// ```
    /// use rune_trace::{DType, signal::Window};
    /// let w = Window::Hann.symmetric(5, DType::F64).to_vec::<f64>()?;
    /// assert!(w.iter().zip([0.0, 0.5, 1.0, 0.5, 0.0]).all(|(a, b)| (a - b).abs() < 1e-15));
    /// # Ok::<(), rune_trace::EvalError>(())
    /// ```
    ///
    /// # Panics
    /// If `dtype` is not a float, or [`Window::Values`] does not hold `n` numbers of this dtype.
    #[track_caller]
    pub fn symmetric(&self, n: usize, dtype: DType) -> Tensor {
        self.weights("Window::symmetric", n, n, dtype)
    }
    /// Returns the `n` weights of a periodic window, for Fourier transforms: the symmetric window of `n + 1` weights
    /// without its last weight.
    ///
    /// ```
    /// use rune_trace::{DType, signal::Window};
    /// let w = Window::Hann.periodic(4, DType::F64).to_vec::<f64>()?;
    /// assert!(w.iter().zip([0.0, 0.5, 1.0, 0.5]).all(|(a, b)| (a - b).abs() < 1e-15));
    /// # Ok::<(), rune_trace::EvalError>(())
    /// ```
    ///
    /// # Panics
    /// Like [`Window::symmetric`].
    #[doc(alias = "get_window")]
    #[track_caller]
    pub fn periodic(&self, n: usize, dtype: DType) -> Tensor {
        self.periodic_weights("Window::periodic", n, dtype)
    }
    #[track_caller]
    pub(super) fn periodic_weights(&self, op: &str, n: usize, dtype: DType) -> Tensor {
        self.weights(op, n, if n > 1 { n + 1 } else { n }, dtype)
    }

    /// Returns the first `n` of the `m` weights of a symmetric window.
    #[track_caller]
    fn weights(&self, op: &str, n: usize, m: usize, dtype: DType) -> Tensor {
        if !dtype.is_float() {
            refuse!("{op}: needs a float dtype, but got {dtype}");
        }
        if let Window::Values(values) = self {
            if values.dtype() != dtype || *values.shape() != [n] {
                refuse!("{op}: the weights must be of type {dtype}[{n}], but are {}", values.ty());
            }
            return values.clone();
        }
        let array = with_element!(dtype, T => Array::from_fn([n], |i| <T as Element>::from_f64(self.weight(i, m))));
        Tensor::from(array)
    }

    /// Returns weight `i` of a symmetric window of `m` weights.
    fn weight(&self, i: usize, m: usize) -> f64 {
        if m <= 1 {
            return 1.0;
        }
        let (i, m) = (i as f64, m as f64);
        // From 0 to 1, and from -1 to 1.
        let t = i / (m - 1.0);
        let middle = (m - 1.0) / 2.0;
        let (from_middle, u) = (i - middle, (i - middle) / middle);
        let cosines =
            |parts: &[f64]| -> f64 { parts.iter().enumerate().map(|(k, part)| part * (k as f64 * PI * u).cos()).sum() };
        match *self {
            Window::Boxcar | Window::Values(_) => 1.0,
            Window::Triang => 1.0 - 2.0 * from_middle.abs() / (m + m % 2.0),
            Window::Bartlett => 1.0 - u.abs(),
            Window::Hann => cosines(&[0.5, 0.5]),
            Window::Hamming => cosines(&[0.54, 0.46]),
            Window::Blackman => cosines(&[0.42, 0.5, 0.08]),
            Window::BlackmanHarris => cosines(&[0.35875, 0.48829, 0.14128, 0.01168]),
            Window::Nuttall => cosines(&[0.363_581_9, 0.489_177_5, 0.136_599_5, 0.010_641_1]),
            Window::FlatTop => cosines(&[0.215_578_95, 0.416_631_58, 0.277_263_158, 0.083_578_947, 0.006_947_368]),
            Window::Cosine => (PI / m * (i + 0.5)).sin(),
            Window::Lanczos if u == 0.0 => 1.0,
            Window::Lanczos => (PI * u).sin() / (PI * u),
            Window::Bohman if u.abs() >= 1.0 => 0.0,
            Window::Bohman => (1.0 - u.abs()) * (PI * u.abs()).cos() + (PI * u.abs()).sin() / PI,
            Window::Parzen => {
                let r = from_middle.abs() / (m / 2.0);
                if from_middle.abs() <= (m - 1.0) / 4.0 {
                    1.0 - 6.0 * r * r * (1.0 - r)
                } else {
                    2.0 * (1.0 - r).powi(3)
                }
            }
            Window::BartHann => {
                let distance = (t - 0.5).abs();
                0.62 - 0.48 * distance + 0.38 * (2.0 * PI * distance).cos()
            }
            Window::Tukey(part) if part <= 0.0 => 1.0,
            Window::Tukey(part) => {
                let part = part.min(1.0);
                let end = t.min(1.0 - t);
                if end < part / 2.0 { 0.5 * (1.0 - (2.0 * PI * end / part).cos()) } else { 1.0 }
            }
            Window::Kaiser(beta) => bessel_i0(beta * (1.0 - u * u).max(0.0).sqrt()) / bessel_i0(beta),
            Window::Gaussian(deviation) => (-0.5 * (from_middle / deviation).powi(2)).exp(),
            Window::Exponential(tau) => (-from_middle.abs() / tau).exp(),
        }
    }
}
