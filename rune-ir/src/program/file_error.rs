//! The reasons why a program cannot be saved or loaded.

use super::Loc;
use super::parse_error::ParseProblem;
use crate::storage::StorageError;
use std::path::PathBuf;

/// The reason why a program cannot be saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// The operating system cannot write a file.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The file of arrays would replace the program.
    #[error("{0} has the extension .safetensors of the file for arrays; choose another one, such as .json")]
    Extension(PathBuf),
    /// A constant cannot be fetched from its device.
    #[error("a constant cannot be read: {0}")]
    Device(String),
    /// The program calls a function of this process.
    #[error(
        "`{program}` calls `{function}`, at {loc}, which is a function of this process and cannot be saved; leave the call out of what is \
         saved, or give its result as an argument"
    )]
    Callback {
        /// The program.
        program: String,
        /// The function.
        function: String,
        /// The line of the call.
        loc: Loc,
    },
}

/// The reason why a program cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The operating system cannot read a file.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A file is not JSON, or is JSON of another form.
    #[error("{path} is not a program: {source}")]
    Json {
        /// The file.
        path: PathBuf,
        /// The problem and its place.
        source: serde_json::Error,
    },
    /// The document is not a program.
    #[error("{path} is not a program: {source}")]
    Document {
        /// The file.
        path: PathBuf,
        /// The problem and its place.
        source: Box<DocumentError>,
    },
}

/// The reason why a text is not a program in JSON.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// The text is not JSON, or is JSON of another form.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The document is not a program.
    #[error(transparent)]
    Document(#[from] DocumentError),
}

/// The reason why a document is not a program.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct DocumentError {
    /// The position in the document, in words.
    pub place: String,
    /// The position in the document as a JSON pointer, such as `/instructions/3`.
    pub pointer: String,
    /// The problem.
    pub problem: Box<ParseProblem>,
}
