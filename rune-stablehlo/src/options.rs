//! Options and warnings of the import.

use rune_ir::Program;
use std::fmt;

/// Options of importing a module.
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub(super) stop_gradient: Vec<String>,
}

impl Options {
    /// Stops gradients at an operation, like `jax.lax.stop_gradient` of its results. `LINE` or `LINE:COLUMN` is the
    /// operation's position in the text. `@NAME` means each call of a function.
    #[must_use]
    pub fn stop_gradient(mut self, operation: impl Into<String>) -> Options {
        self.stop_gradient.push(operation.into());
        self
    }
}

/// An imported module.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The program.
    pub program: Program,
    /// Warnings where derivatives may differ from those of JAX, in the order of the text.
    pub warnings: Vec<Warning>,
}

/// A position where derivatives may differ from JAX's. Lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
    /// The possible difference, and the remedy.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}
