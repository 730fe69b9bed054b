//! Whisper against `transformers` and `openai-whisper`, on data that `scripts/vectors whisper` writes.

mod audio;
#[allow(clippy::unwrap_used, reason = "a failed test panics")]
mod common;
mod decoding;
mod published;
