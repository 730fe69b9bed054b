//! Type rules: what types of operands each operation takes, and the types of its results.

use crate::{Op, Type};
use smallvec::SmallVec;

/// The types of the results of an operation.
pub type Types = SmallVec<[Type; 2]>;

/// An operation does not take operands of these types, or its attributes do not fit them.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct TypeError(pub String);

/// The types of the results of `op` on operands of the given types.
///
/// # Errors
/// If the operation does not take them.
pub fn infer(op: &Op<&Type>) -> Result<Types, TypeError> {
    Err(TypeError(format!("no type rule for {}", op.name())))
}
