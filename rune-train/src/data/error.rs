use rune_trace::EvalError;
use std::error::Error;
use std::path::PathBuf;

/// Data cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// An input or output error.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The file is not an IDX file, or is damaged.
    #[error("{} is not an IDX file that rune can read: {reason}", path.display())]
    Idx {
        /// The file.
        path: PathBuf,
        /// The problem.
        reason: String,
    },
    /// The file is not a CSV file.
    #[error("{} is not a CSV file that rune can read: {reason}", path.display())]
    Csv {
        /// The file.
        path: PathBuf,
        /// The problem, with its line.
        reason: String,
    },
    /// A cell of a table is wrong.
    #[error("line {line} of {}, column `{column}`: {reason}", path.display())]
    Cell {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// The column.
        column: String,
        /// The problem.
        reason: String,
    },
    /// A table has no column of this name, or several.
    #[error("{} has {found} columns `{column}`; its columns are {}", path.display(), known.join(", "))]
    Column {
        /// The file.
        path: PathBuf,
        /// The name asked for.
        column: String,
        /// The number of columns with this name.
        found: usize,
        /// The names that exist.
        known: Vec<String>,
    },
    /// An image cannot be decoded.
    #[error("the image {} cannot be decoded: {reason}", path.display())]
    Image {
        /// The file.
        path: PathBuf,
        /// The problem.
        reason: String,
    },
    /// A folder does not hold images in one folder for each class.
    #[error("{} does not hold images in one folder for each class: {reason}", folder.display())]
    ImageFolder {
        /// The folder.
        folder: PathBuf,
        /// The problem.
        reason: String,
    },
    /// Tokens cannot be read or written.
    #[error("the tokens in {place} cannot be used: {reason}")]
    Tokens {
        /// The file, or `memory`.
        place: String,
        /// The problem.
        reason: String,
    },
    /// Arrays differ in the size of their first axis.
    #[error("items are along the first axis, but `{name}` is of type {ty}, and the other arrays have {items} items")]
    Sizes {
        /// The array.
        name: String,
        /// Its type.
        ty: String,
        /// The number of items of the earlier arrays.
        items: usize,
    },
    /// There is no data.
    #[error("there are no items to make batches of")]
    Empty,
    /// The batch size is 0.
    #[error("a batch of 0 items was asked for")]
    BatchSize,
    /// A position belongs to other data.
    #[error("the position is of data with {found} items, and this data has {expected}")]
    OtherData {
        /// The number of items that the position is for.
        found: u64,
        /// The number of items here.
        expected: u64,
    },
    /// A position is outside the data, or its key is not a key.
    #[error("{reason}")]
    Position {
        /// The problem.
        reason: String,
    },
    /// A tensor cannot be computed.
    #[error("an array of the data cannot be computed: {0}")]
    Pending(#[source] EvalError),
    /// The code that makes batches panicked on the thread that reads ahead.
    #[error("the thread that reads ahead panicked: {message}")]
    Panicked {
        /// The message of the panic.
        message: String,
    },
    /// An error of the user's own dataset.
    #[error(transparent)]
    Other(Box<dyn Error + Send + Sync>),
}

impl DataError {
    /// Wraps an error of your own.
    pub fn other(error: impl Into<Box<dyn Error + Send + Sync>>) -> DataError {
        DataError::Other(error.into())
    }
}
