//! x
use crate::{Array, Program};
/// x
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct InterpretError;
/// x
pub fn interpret(_: &Program, _: &[Array]) -> Result<Vec<Array>, InterpretError> {
    Err(InterpretError)
}
