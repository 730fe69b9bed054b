//! Errors of the import.

use std::fmt;

/// The reason why a StableHLO module cannot be imported. Lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// The text is not an MLIR module, or has an unsupported form.
    #[error("{line}:{column}: {problem}")]
    Syntax {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
        /// The problem.
        problem: String,
    },
    /// An operation violates StableHLO's rules.
    #[error("{line}:{column}: `{op}`: {problem}")]
    Invalid {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
        /// The operation.
        op: String,
        /// The problem.
        problem: String,
    },
    /// An option names an operation that the text does not have.
    #[error(
        "there is no operation `{0}` to stop gradients at; give a line, as `12`, a line and column, as `12:5`, or a called function, as `@name`"
    )]
    NoOperation(String),
    /// rune does not support some of the operations. The list contains all of them.
    #[error("{}", Refusals(.0))]
    Unsupported(Vec<Refusal>),
}

/// An operation that rune does not support.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
    /// The operation.
    pub op: String,
    /// The reason, and advice. The text follows the operation's name.
    pub reason: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: `{}` {}", self.line, self.column, self.op, self.reason)
    }
}

struct Refusals<'a>(&'a [Refusal]);

impl fmt::Display for Refusals<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Refusals(all) = self;
        match all {
            [one] => write!(f, "{one}"),
            _ => {
                write!(f, "{} operations cannot be imported:", all.len())?;
                all.iter().try_for_each(|refusal| write!(f, "\n  {refusal}"))
            }
        }
    }
}

/// A problem at a position in the text.
#[derive(Debug, Clone)]
pub(super) struct Fail {
    /// The offset in bytes.
    pub at: usize,
    pub problem: String,
}

impl ImportError {
    pub(super) fn syntax(text: &str, Fail { at, problem }: Fail) -> ImportError {
        let (line, column) = place(text, at);
        ImportError::Syntax { line, column, problem }
    }
}

/// Returns the line and the column of an offset.
pub(super) fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.bytes().filter(|&b| b == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}
