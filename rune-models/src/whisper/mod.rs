//! Whisper, a model for speech recognition (Radford et al., 2022), with its published weights in Hugging Face's layout.
//!
//! [`Recognizer::load`] loads a model of any size. [`Recognizer::transcribe`] transcribes sound of any length, and
//! [`Recognizer::decode`] decodes one window of 30 s. The results equal those of OpenAI's package `openai-whisper`.

mod audio;
mod config;
mod decode;
mod error;
mod layers;
mod load;
mod mel;
mod model;
mod rules;
mod search;
mod session;
mod tokens;
mod transcribe;

pub use audio::{SAMPLE_RATE, read_wav, resample};
pub use config::{GenerationConfig, WhisperConfig};
pub use decode::{DecodeOptions, Decoded, EncodedWindow, Recognizer};
pub use error::WhisperError;
pub use layers::Memory;
pub use mel::LogMel;
pub use model::{Decoder, Encoder, Rows, Whisper};
pub use tokens::{Task, WhisperTokens};
pub use transcribe::{Segment, TranscribeOptions, Transcript};
