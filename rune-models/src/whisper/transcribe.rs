//! Transcription of sound of any length, window by window.

use super::decode::{DecodeOptions, Decoded, EncodedWindow, Recognizer};
use super::mel::HOP;
use super::{SAMPLE_RATE, WhisperError};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use rune::Tensor;
use std::io::Write;

/// The settings for transcribing sound, like the arguments of OpenAI's `transcribe`.
#[derive(Clone, Debug, PartialEq)]
pub struct TranscribeOptions {
    /// The settings for decoding each window. The prompt is ignored.
    pub decode: DecodeOptions,
    /// The temperatures to try, in order, while the text is improbable or repeats itself.
    pub temperatures: Vec<f32>,
    /// The greatest factor by which zlib may compress a text. Beyond it, the text repeats itself.
    pub max_compression: Option<f64>,
    /// The least mean log probability of a text. Below it, the text is improbable.
    pub min_log_probability: Option<f64>,
    /// The greatest probability of no speech. Above it, an improbable text is dropped.
    pub max_no_speech: Option<f64>,
    /// Whether the decoder reads the text of earlier windows before a window.
    pub condition_on_previous: bool,
    /// A text in the style of the transcript. The decoder reads it before the first window.
    pub initial_prompt: Option<String>,
}

impl Default for TranscribeOptions {
    /// The defaults of OpenAI's `transcribe`.
    fn default() -> TranscribeOptions {
        TranscribeOptions {
            decode: DecodeOptions::default(),
            temperatures: vec![0.0, 0.2, 0.4, 0.6, 0.8, 1.0],
            max_compression: Some(2.4),
            min_log_probability: Some(-1.0),
            max_no_speech: Some(0.6),
            condition_on_previous: true,
            initial_prompt: None,
        }
    }
}

/// A part of a transcript.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// The time when it starts, in seconds.
    pub start: f64,
    /// The time when it ends, in seconds.
    pub end: f64,
    /// The text.
    pub text: String,
    /// The tokens, with timestamps.
    pub tokens: Vec<u32>,
    /// The mean log probability of the tokens of the window.
    pub mean_log_probability: f64,
    /// The probability that the window has no speech, if the model has a token for it.
    pub no_speech_probability: Option<f64>,
    /// The temperature at which the tokens of the window were drawn.
    pub temperature: f32,
}

/// The result of transcribing sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Transcript {
    /// The code of the language.
    pub language: String,
    /// The parts, in order of time.
    pub segments: Vec<Segment>,
}

impl Transcript {
    /// Returns the whole text.
    #[must_use]
    pub fn text(&self) -> String {
        self.segments.iter().map(|segment| segment.text.as_str()).collect::<String>().trim().to_owned()
    }
}

/// A part of the text of a window. Its times count timestamps from the start of the window.
#[derive(Debug, PartialEq)]
struct Slice {
    start: u32,
    end: Option<u32>,
    tokens: Vec<u32>,
}

impl Recognizer {
    /// Transcribes mono sound of 16,000 samples per second.
    ///
    /// Each window begins at the end of the last complete segment of the previous window.
    ///
    /// # Errors
    /// Returns an error if an option does not fit the model, or the model cannot be run.
    pub fn transcribe(&self, samples: &[f32], options: &TranscribeOptions) -> Result<Transcript, WhisperError> {
        let window = self.model.config.frames();
        // Appends silence, so that the last frame contains no sample of the sound.
        let mut padded = samples.to_vec();
        padded.resize(samples.len() + 4 * HOP, 0.0);
        let mel = self.front_end.spectrogram(&padded)?;
        let frames = samples.len() / HOP;

        let mut decode = options.decode.clone();
        let mut first = None;
        if decode.language.is_none() && self.tokens.is_multilingual() {
            let heard = mel.i((.., ..window.min(mel.shape()[1])));
            let sound = self.encode(&pad_frames(&heard, window, mel.i((0, -1)).item::<f32>()?))?;
            decode.language = self.languages(&sound)?.into_iter().next().map(|(code, _)| code);
            first = (frames >= window).then_some(sound);
        }
        let language = decode.language.clone().unwrap_or_else(|| "en".to_owned());

        let mut written = match &options.initial_prompt {
            Some(prompt) => self.tokens.encode(&format!(" {}", prompt.trim()))?,
            None => Vec::new(),
        };
        let mut segments = Vec::new();
        let (mut at, mut read_from) = (0, 0);
        while at < frames {
            let size = window.min(frames - at);
            let sound = match first.take() {
                Some(sound) => sound,
                None => self.encode(&pad_frames(&mel.i((.., at..at + size)), window, 0.0))?,
            };
            decode.prompt = written[read_from..].to_vec();
            let found = self.decode_with_fallback(&sound, &decode, options)?;
            if is_silent(&found, options) {
                at += size;
                continue;
            }
            let (slices, advance) = self.slices(&found.tokens);
            let offset = at as f64 * HOP as f64 / f64::from(SAMPLE_RATE);
            let seconds = |timestamps: u32| offset + f64::from(timestamps) * self.precision();
            for Slice { start, end, tokens } in slices {
                let end = end.map_or(offset + size as f64 * HOP as f64 / f64::from(SAMPLE_RATE), seconds);
                let (start, text) = (seconds(start), self.tokens.decode(&tokens)?);
                if start == end || text.trim().is_empty() {
                    continue;
                }
                written.extend(&tokens);
                segments.push(Segment {
                    start,
                    end,
                    text,
                    tokens,
                    mean_log_probability: found.mean_log_probability,
                    no_speech_probability: found.no_speech_probability,
                    temperature: found.temperature,
                });
            }
            // Consecutive timestamps are two frames apart. Without the rules for timestamps, the text may end with two
            // timestamps of 0. The next window would then begin where this one began, so it begins at the end of this
            // one instead.
            at += advance.filter(|&timestamps| timestamps > 0).map_or(size, |timestamps| 2 * timestamps as usize);
            if !options.condition_on_previous || found.temperature > 0.5 {
                read_from = written.len();
            }
        }
        Ok(Transcript { language, segments })
    }
    /// Decodes a window at one temperature after the other, until the text is acceptable.
    fn decode_with_fallback(
        &self,
        sound: &EncodedWindow,
        decode: &DecodeOptions,
        options: &TranscribeOptions,
    ) -> Result<Decoded, WhisperError> {
        let (last, others) = options.temperatures.split_last().unwrap_or((&0.0, &[]));
        let at = |temperature: f32| self.decode(sound, &DecodeOptions { temperature, ..decode.clone() });
        for &temperature in others {
            let found = at(temperature)?;
            let improbable = options.min_log_probability.is_some_and(|least| found.mean_log_probability < least);
            let silent = found.no_speech_probability.zip(options.max_no_speech).is_some_and(|(p, most)| p > most);
            let repeats = options.max_compression.is_some_and(|most| compression_ratio(&found.text) > most);
            // Another temperature does not make silence more probable.
            if improbable && silent || !improbable && !repeats {
                return Ok(found);
            }
        }
        at(*last)
    }
    /// Divides the tokens of a window into segments, between pairs of timestamps. Also returns the timestamp where the
    /// next window begins, unless it begins at the end of this one.
    fn slices(&self, tokens: &[u32]) -> (Vec<Slice>, Option<u32>) {
        let zero = self.tokens.timestamps;
        slices(tokens, zero)
    }
}

fn slices(tokens: &[u32], zero: u32) -> (Vec<Slice>, Option<u32>) {
    let is_time = |token: &u32| *token >= zero;
    let mut ends: Vec<usize> = (1..tokens.len()).filter(|&i| is_time(&tokens[i - 1]) && is_time(&tokens[i])).collect();
    if ends.is_empty() {
        let last = tokens.iter().rfind(|token| is_time(token)).map(|&token| token - zero).filter(|&time| time > 0);
        return (vec![Slice { start: 0, end: last, tokens: tokens.to_vec() }], None);
    }
    // A single timestamp at the end means that no speech follows.
    let finished = matches!(tokens, [.., text, time] if !is_time(text) && is_time(time));
    if finished {
        ends.push(tokens.len());
    }
    let mut slices = Vec::new();
    let mut begin = 0;
    for end in ends {
        let part = &tokens[begin..end];
        let time = |token: u32| token.saturating_sub(zero);
        slices.push(Slice { start: time(part[0]), end: Some(time(part[part.len() - 1])), tokens: part.to_vec() });
        begin = end;
    }
    let next = (!finished).then(|| tokens[begin - 1] - zero);
    (slices, next)
}

fn is_silent(found: &Decoded, options: &TranscribeOptions) -> bool {
    let silent = found.no_speech_probability.zip(options.max_no_speech).is_some_and(|(p, most)| p > most);
    silent && options.min_log_probability.is_none_or(|least| found.mean_log_probability <= least)
}

/// Pads a spectrogram to this number of frames.
fn pad_frames(mel: &Tensor, frames: usize, value: f32) -> Tensor {
    mel.pad(&[(0, 0), (0, (frames - mel.shape()[1]) as isize)], value)
}

/// Returns the factor by which zlib compresses a text.
fn compression_ratio(text: &str) -> f64 {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
    let compressed = written.map_or(usize::MAX, |bytes| bytes.len());
    text.len() as f64 / compressed as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Start, end and number of tokens.
    type Part = (u32, Option<u32>, usize);

    fn slice_bounds(tokens: &[u32]) -> (Vec<Part>, Option<u32>) {
        let (slices, next) = slices(tokens, 100);
        (slices.into_iter().map(|s| (s.start, s.end, s.tokens.len())).collect(), next)
    }

    #[test]
    fn segments_end_at_pairs_of_timestamps() {
        assert_eq!(slice_bounds(&[100, 7, 110, 112, 8, 9, 130]), (vec![(0, Some(10), 3), (12, Some(30), 4)], None));
        assert_eq!(slice_bounds(&[100, 7, 110, 112, 8, 9]), (vec![(0, Some(10), 3)], Some(10)));
        assert_eq!(slice_bounds(&[100, 7, 110, 110]), (vec![(0, Some(10), 3)], Some(10)));
        assert_eq!(slice_bounds(&[100, 7, 110]), (vec![(0, Some(10), 3)], None));
        assert_eq!(slice_bounds(&[100, 7, 8]), (vec![(0, None, 3)], None));
        assert_eq!(slice_bounds(&[7, 8]), (vec![(0, None, 2)], None));
        assert_eq!(slice_bounds(&[]), (vec![(0, None, 0)], None));
    }

    #[test]
    fn texts_that_repeat_themselves_compress_well() {
        assert!(compression_ratio("The weather is lovely today.") < 1.2);
        assert!(compression_ratio(&"and on ".repeat(20)) > 2.4);
    }
}
