//! Sound: WAV files and conversion of the sampling rate.

use super::WhisperError;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// The number of samples per second that the model takes.
pub const SAMPLE_RATE: u32 = 16_000;

/// The maximum length of the filter of a rate conversion. All usual rates are possible: 44.1 kHz needs 8,821 taps.
const MAX_TAPS: usize = 1 << 20;

/// Reads a WAV file as mono sound of 16,000 samples per second, between −1 and 1.
///
/// The file holds integers of 8 to 32 bits, or floats of 32 bits. Channels are averaged, and [`resample`] converts
/// other sampling rates.
///
/// # Errors
/// Returns an error if the file cannot be read, has another format, or has a rate that cannot be converted.
///
/// ```
/// use rune_models::whisper::read_wav;
/// let path = std::env::temp_dir().join(format!("rune-models-{}.wav", std::process::id()));
/// let spec = hound::WavSpec { channels: 2, sample_rate: 16_000, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
/// let mut writer = hound::WavWriter::create(&path, spec)?;
/// for sample in [16384i16, 0, -32768, -32768] {
///     writer.write_sample(sample)?;
/// }
/// writer.finalize()?;
/// assert_eq!(read_wav(&path)?, [0.25, -1.0]);
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_wav(path: impl AsRef<Path>) -> Result<Vec<f32>, WhisperError> {
    let path = path.as_ref();
    let file = File::open(path).map_err(|source| WhisperError::Io { path: path.to_owned(), source })?;
    let failed = |error: hound::Error| WhisperError::Wav { path: path.to_owned(), reason: error.to_string() };
    let mut reader = hound::WavReader::new(BufReader::new(file)).map_err(failed)?;
    let spec = reader.spec();
    let samples: Vec<f32> = match spec.sample_format {
        hound::SampleFormat::Float => reader.samples::<f32>().collect::<Result<_, _>>().map_err(failed)?,
        hound::SampleFormat::Int => {
            let scale = f64::exp2(1.0 - f64::from(spec.bits_per_sample));
            let scaled = |x: i32| (f64::from(x) * scale) as f32;
            reader.samples::<i32>().map(|x| x.map(scaled)).collect::<Result<_, _>>().map_err(failed)?
        }
    };
    let channels = usize::from(spec.channels);
    if channels == 0 {
        return Err(WhisperError::Wav { path: path.to_owned(), reason: "it has no channels".to_owned() });
    }
    let mono: Vec<f32> =
        samples.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32).collect();
    resample(&mono, spec.sample_rate, SAMPLE_RATE)
}

/// Converts the sampling rate with a polyphase filter, like `scipy.signal.resample_poly`. The low-pass filter is a sinc
/// under a Kaiser window (β = 5), with 10 zero crossings on each side at the lower of both rates.
///
/// # Errors
/// Returns an error if a rate is 0, or if the ratio of the rates needs a filter of more than 2²⁰ taps.
///
/// ```
/// use rune_models::whisper::resample;
/// let tone = |rate: u32| -> Vec<f32> {
///     (0..rate / 10).map(|i| (i as f32 / rate as f32 * 440.0 * std::f32::consts::TAU).sin()).collect()
/// };
/// let (converted, direct) = (resample(&tone(44_100), 44_100, 16_000)?, tone(16_000));
/// assert_eq!(converted.len(), direct.len());
/// let middle = 200..1400;
/// assert!(middle.into_iter().all(|i| (converted[i] - direct[i]).abs() < 1e-3));
/// # Ok::<(), rune_models::whisper::WhisperError>(())
/// ```
pub fn resample(samples: &[f32], from: u32, to: u32) -> Result<Vec<f32>, WhisperError> {
    let refused = WhisperError::Rate { from, to };
    if from == 0 || to == 0 {
        return Err(refused);
    }
    let common = gcd(from, to);
    let (up, down) = ((to / common) as usize, (from / common) as usize);
    if up == down || samples.is_empty() {
        return Ok(samples.to_vec());
    }
    let half = 10 * up.max(down);
    if 2 * half + 1 > MAX_TAPS {
        return Err(refused);
    }
    let filter = low_pass(half, up.max(down), up as f64);
    let length = (samples.len() * up).div_ceil(down);
    let mut converted = Vec::with_capacity(length);
    for i in 0..length {
        // Sample `i` is at `i · down` in the signal with `up − 1` zeros between samples. The filter is centred there.
        let centre = i * down + half;
        let last = (centre / up).min(samples.len() - 1);
        let first = (centre + 1).saturating_sub(filter.len()).div_ceil(up);
        let mut sum = 0.0;
        for (j, &sample) in samples.iter().enumerate().take(last + 1).skip(first) {
            sum += f64::from(sample) * filter[centre - j * up];
        }
        converted.push(sum as f32);
    }
    Ok(converted)
}

/// Returns a windowed sinc with `2 half + 1` taps, a cutoff at 1/`rate` of the Nyquist frequency, and the sum `gain`.
fn low_pass(half: usize, rate: usize, gain: f64) -> Vec<f64> {
    let beta = 5.0;
    let tap = |i: usize| {
        let x = i as f64 - half as f64;
        let t = x / half as f64;
        let window = bessel_i0(beta * (1.0 - t * t).max(0.0).sqrt()) / bessel_i0(beta);
        let phase = x / rate as f64 * std::f64::consts::PI;
        let sinc = if i == half { 1.0 } else { phase.sin() / phase };
        sinc * window
    };
    let taps: Vec<f64> = (0..=2 * half).map(tap).collect();
    let scale = gain / taps.iter().sum::<f64>();
    taps.into_iter().map(|tap| tap * scale).collect()
}

/// The modified Bessel function of the first kind and order 0, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let (mut sum, mut term, mut k) = (1.0, 1.0, 1.0);
    while term > sum * f64::EPSILON {
        term *= (x / (2.0 * k)) * (x / (2.0 * k));
        sum += term;
        k += 1.0;
    }
    sum
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}
