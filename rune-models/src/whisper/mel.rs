//! The front end: logarithmic mel spectrograms.

use super::SAMPLE_RATE;
use rune::{DType, EvalError, Tensor, fft, jit, lax};
use std::f64::consts::PI;

/// The number of samples in a frame, which is also the length of its Fourier transform.
const FRAME: usize = 400;
/// The number of samples from one frame to the next.
pub(super) const HOP: usize = 160;
/// The number of frames that one call of the program computes.
const BLOCK: usize = 3000;

type Mels = Box<dyn Fn(&Tensor, &Tensor, &Tensor) -> Tensor + Send + Sync>;

/// Computes logarithmic mel spectrograms for Whisper (Radford et al., 2022).
///
/// A spectrogram has one frame for each 10 ms: the power of 400 samples under a periodic Hann window, summed by
/// triangular filters on Slaney's mel scale. The logarithm to base 10 is limited to at least 8 below its maximum, and
/// mapped to (x + 4) / 4. The results equal those of `transformers.WhisperFeatureExtractor` and of OpenAI's
/// `log_mel_spectrogram`.
///
/// ```
/// use rune_models::whisper::LogMel;
/// let front_end = LogMel::new(80);
/// let tone: Vec<f32> = (0..16_000).map(|i| (i as f32 * 0.2).sin()).collect();
/// let mel = front_end.window(&tone, 3000)?;
/// assert_eq!(*mel.shape(), [80, 3000]);
/// // Filters of low tones lie 37.2 Hz apart: that of the tone of 509 Hz is around 14 · 37.2 Hz. Silence is 8 / 4 below it.
/// assert_eq!(mel.i((.., 50)).argmax().item::<i32>()?, 13);
/// let (loud, silent) = (mel.i((13, 50)).item::<f32>()?, mel.i((13, 2000)).item::<f32>()?);
/// assert!((loud - silent - 2.0).abs() < 1e-2);
/// # Ok::<(), rune::EvalError>(())
/// ```
pub struct LogMel {
    filters: Tensor,
    window: Tensor,
    power: Mels,
}

impl LogMel {
    /// Creates a front end with this number of mel filters: 80, or 128 for the newest large models.
    #[must_use]
    pub fn new(mels: usize) -> LogMel {
        // The window is computed in f64: half of 1 − cos.
        let window: Vec<f32> =
            (0..FRAME).map(|i| (0.5 - 0.5 * (2.0 * PI * i as f64 / FRAME as f64).cos()) as f32).collect();
        let power = jit(mel_power);
        LogMel {
            filters: Tensor::from_vec([FRAME / 2 + 1, mels], filters(mels)),
            window: window.into(),
            power: Box::new(move |samples, window, filters| power(samples, window, filters)),
        }
    }
    /// Returns the number of mel filters.
    #[must_use]
    pub fn mels(&self) -> usize {
        self.filters.shape()[1]
    }
    /// Returns the spectrogram `[mels, frames]` of the first `frames` frames of `samples`. Shorter samples are padded
    /// with silence. With 3,000 frames, or 30 s, the result is that of `transformers.WhisperFeatureExtractor`.
    ///
    /// # Errors
    /// Returns an error if the program cannot be run.
    pub fn window(&self, samples: &[f32], frames: usize) -> Result<Tensor, EvalError> {
        let mut samples = samples[..samples.len().min(frames * HOP)].to_vec();
        samples.resize(frames * HOP, 0.0);
        self.spectrogram(&samples)
    }
    /// Returns the spectrogram `[mels, frames]` of all `samples`. It has one frame for each 160 samples.
    ///
    /// # Errors
    /// Returns an error if the program cannot be run.
    pub fn spectrogram(&self, samples: &[f32]) -> Result<Tensor, EvalError> {
        let frames = samples.len() / HOP;
        let mut blocks = Vec::new();
        for begin in (0..frames).step_by(BLOCK) {
            let first = (begin * HOP) as isize - (FRAME / 2) as isize;
            let block: Vec<f32> =
                (first..first + (BLOCK * HOP + FRAME) as isize).map(|i| reflect_sample(samples, i)).collect();
            let block = (self.power)(&Tensor::from(block), &self.window, &self.filters);
            blocks.push(block.i((.., ..BLOCK.min(frames - begin))));
        }
        if blocks.is_empty() {
            return Ok(Tensor::zeros([self.mels(), 0], DType::F32));
        }
        let logarithms = Tensor::concat(&blocks, 1);
        let limited = logarithms.maximum(logarithms.max() - 8.0);
        let scaled = (limited + 4.0) * 0.25;
        scaled.realize()?;
        Ok(scaled)
    }
}

/// Returns sample `i`. Before the first and after the last sample, the signal is mirrored. Beyond the mirror images, it
/// is 0.
fn reflect_sample(samples: &[f32], i: isize) -> f32 {
    let last = samples.len() as isize - 1;
    let i = if i < 0 { -i } else { i };
    let i = if i > last { 2 * last - i } else { i };
    usize::try_from(i).ok().and_then(|i| samples.get(i)).copied().unwrap_or(0.0)
}

/// Returns the logarithms of the filtered power of the frames of `samples`, of the shape `[mels, BLOCK]`.
fn mel_power(samples: &Tensor, window: &Tensor, filters: &Tensor) -> Tensor {
    // A frame is two and a half hops.
    let rows = samples.i(..(BLOCK + 2) * HOP).reshape([BLOCK + 2, HOP]);
    let half = FRAME - 2 * HOP;
    let frames = Tensor::concat(&[rows.i(..BLOCK), rows.i(1..=BLOCK), rows.i((2.., ..half))], 1);
    let spectra = fft::rfft(&(frames * window));
    let power = lax::real(&spectra).square() + lax::imag(&spectra).square();
    let mels = filters.t().matmul(power.t());
    mels.maximum(1e-10).log10()
}

/// Slaney's mel scale: linear below 1 kHz, logarithmic above.
fn mel_of(hertz: f64) -> f64 {
    if hertz < 1000.0 { hertz * 3.0 / 200.0 } else { 15.0 + (hertz / 1000.0).ln() * 27.0 / 6.4f64.ln() }
}

fn hertz_of(mel: f64) -> f64 {
    if mel < 15.0 { mel * 200.0 / 3.0 } else { 1000.0 * ((mel - 15.0) * 6.4f64.ln() / 27.0).exp() }
}

/// Returns triangular filters `[frequencies, mels]` of equal area, with corners that are equally spaced on the mel
/// scale.
fn filters(mels: usize) -> Vec<f32> {
    let nyquist = f64::from(SAMPLE_RATE) / 2.0;
    let corner = |i: usize| hertz_of(mel_of(nyquist) * i as f64 / (mels + 1) as f64);
    let corners: Vec<f64> = (0..mels + 2).map(corner).collect();
    let frequencies = FRAME / 2 + 1;
    let mut filters = Vec::with_capacity(frequencies * mels);
    for k in 0..frequencies {
        let hertz = nyquist * k as f64 / (frequencies - 1) as f64;
        for c in corners.windows(3) {
            let rising = (hertz - c[0]) / (c[1] - c[0]);
            let falling = (c[2] - hertz) / (c[2] - c[1]);
            filters.push((rising.min(falling).max(0.0) * 2.0 / (c[2] - c[0])) as f32);
        }
    }
    filters
}
