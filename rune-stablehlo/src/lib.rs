//! Import of StableHLO text, as JAX and other tools write it: the inverse of what `rune-lower` does.
//!
//! `parse/` parses the text, in MLIR's generic form or StableHLO's own, to operations with names and attributes.
//! `convert/` turns these into instructions, with one file per family. Files are untrusted: recursion is bounded, and
//! no allocation depends on a number in the text alone.

mod ast;
mod convert;
mod error;
mod parse;

pub use error::{ImportError, Refusal};

use rune_ir::Program;

/// Imports a StableHLO module as a program: its function `main`, or its only public function.
///
/// # Errors
/// Returns an error if the text is not a module, if an operation is ill-typed, or if rune does not support some of the
/// operations. The last error lists all of them.
///
/// ```
/// let text = "
/// module @jit_square {
///   func.func public @main(%arg0: tensor<2xf32>) -> tensor<2xf32> {
///     %0 = stablehlo.multiply %arg0, %arg0 : tensor<2xf32>
///     return %0 : tensor<2xf32>
///   }
/// }";
/// let square = rune_stablehlo::import(text).unwrap();
/// assert_eq!((square.name(), square.instructions()[0].op.name()), ("square", "mul"));
///
/// let error = rune_stablehlo::import(&text.replace("multiply", "multply")).unwrap_err();
/// assert_eq!(error.to_string(), "4:10: `stablehlo.multply` is not an operation that rune knows");
/// ```
pub fn import(text: &str) -> Result<Program, ImportError> {
    let module = parse::module(text).map_err(|fail| ImportError::syntax(text, fail))?;
    convert::module(text, &module)
}
