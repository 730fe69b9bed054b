//! Errors of lowering.

/// The reason why a program cannot be lowered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LowerError {
    /// The backend cannot compute an operation.
    #[error("{place}: `{op}` cannot be compiled for {backend}: {reason}")]
    Unsupported {
        /// The operation.
        op: String,
        /// The backend.
        backend: &'static str,
        /// The reason, and advice.
        reason: String,
        /// The user's line.
        place: String,
    },
    /// The name of the function is not an identifier.
    #[error("`{0}` is not a function name: use only letters, digits and underscores")]
    Name(String),
    /// A constant cannot be read from its device.
    #[error("a constant cannot be read: {0}")]
    Constant(String),
    /// MLIR rejects the module. This is a bug in this crate.
    #[error("the lowered module is malformed, which is a bug in rune: {0}")]
    Malformed(String),
}
