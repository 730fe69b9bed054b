//! Errors of Whisper.

use crate::LoadError;
use std::path::PathBuf;

/// Speech cannot be recognized.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WhisperError {
    /// The model cannot be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A file cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A file of sound cannot be read.
    #[error("{path} is not a WAV file of at most 32 bits that rune can read: {reason}")]
    Wav {
        /// The file.
        path: PathBuf,
        /// The problem.
        reason: String,
    },
    /// The sampling rate is 0, or its ratio to 16 kHz requires too long a filter.
    #[error("sound of {from} samples per second cannot be converted to {to}; convert it with another program first")]
    Rate {
        /// The rate of the sound.
        from: u32,
        /// The rate to convert to.
        to: u32,
    },
    /// The tokenizer fails.
    #[error("the tokenizer fails: {0}")]
    Tokenizer(String),
    /// The tokenizer lacks a special token.
    #[error("{path} has no token `{token}`, which Whisper needs for {purpose}")]
    NoToken {
        /// The file of the tokenizer.
        path: PathBuf,
        /// The token.
        token: String,
        /// The purpose of the token.
        purpose: &'static str,
    },
    /// The model does not support this language.
    #[error("the model has no language `{language}`; it has {known}")]
    Language {
        /// The code of the language.
        language: String,
        /// The languages of the model.
        known: String,
    },
    /// The value of an option does not fit the model.
    #[error("the option `{option}` is {value}, but must be {must}")]
    Option {
        /// The option.
        option: &'static str,
        /// Its value.
        value: String,
        /// The condition.
        must: String,
    },
    /// An array has a wrong shape.
    #[error("{what} has the shape {found}, but must have {expected}")]
    Shape {
        /// The array.
        what: &'static str,
        /// Its shape.
        found: String,
        /// The shape that fits the model.
        expected: String,
    },
    /// A tensor cannot be computed.
    #[error(transparent)]
    Eval(#[from] rune::EvalError),
}
