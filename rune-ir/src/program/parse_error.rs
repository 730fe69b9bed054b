//! The reasons why a text or a document is not a program.

use super::BuildError;
use crate::Type;
use crate::op::PartsError;
use crate::types::TypeProblem;

/// The reason why a text is not a program.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct ParseError {
    /// The line, from 1.
    pub line: usize,
    /// The column, in characters, from 1.
    pub column: usize,
    /// The problem.
    pub problem: ParseProblem,
}

/// A problem with the text of a program.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ParseProblem {
    /// The text should continue differently.
    #[error("expected {what}, and found {found}")]
    Expected {
        /// The expected text.
        what: &'static str,
        /// The text at this position.
        found: String,
    },
    /// An attribute is not JSON.
    #[error("`{text}` is not JSON: {reason}")]
    Json {
        /// The text.
        text: String,
        /// The problem.
        reason: String,
    },
    /// No variable has this name.
    #[error("`{0}` is not assigned before")]
    UnknownVariable(String),
    /// A variable is assigned twice.
    #[error("`{0}` is assigned already; every variable is assigned once")]
    Reassigned(String),
    /// No sub-program has this name.
    #[error("no program `{0}` is defined before")]
    UnknownProgram(String),
    /// Two programs have this name.
    #[error("a program `{0}` is defined already")]
    Redefined(String),
    /// The stated types are not those of the variables.
    #[error("the types are {found}, but the text states {stated}")]
    Types {
        /// The stated types.
        stated: String,
        /// The types of the variables.
        found: String,
    },
    /// Two lists that belong together have different lengths.
    #[error("{expected} {what} are needed, but there are {found}")]
    Count {
        /// The kind of elements in the list.
        what: &'static str,
        /// The required number.
        expected: usize,
        /// The actual number.
        found: usize,
    },
    /// A constant is neither in the text nor supplied, or a different one is supplied.
    #[error("constant {index}, of type {ty}, is not written here, and {found}")]
    Constant {
        /// Its index among the constants.
        index: usize,
        /// Its type.
        ty: Type,
        /// The actual constant.
        found: String,
    },
    /// Constants are not allowed here.
    #[error("constants come before all instructions, in the outermost program")]
    LateConstant,
    /// A document has another version of the format.
    #[error("it has version {0} of the format, but this rune reads version 1; convert it with the rune that wrote it")]
    Version(u32),
    /// A variable cannot have this type.
    #[error("a variable {0}")]
    Variable(#[from] TypeProblem),
    /// An operation lacks a part, or has one too many.
    #[error(transparent)]
    Parts(#[from] PartsError),
    /// An instruction is not well-typed.
    #[error(transparent)]
    Build(#[from] BuildError),
}
