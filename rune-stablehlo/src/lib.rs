//! StableHLO text, as JAX and other tools write it, as a program: the way back from what `rune-lower` does.
//!
//! `parse/` reads the text, of MLIR's generic form and of StableHLO's own, to operations with names and attributes; `convert/` makes
//! instructions of them, one file for each family. Files are untrusted: nothing recurses without a bound, and nothing is
//! allocated by what a number in the text says.

mod ast;
mod convert;
mod error;
mod parse;

pub use error::{ImportError, Refusal};

use rune_ir::Program;

/// The program that a StableHLO module computes: of its function `main`, or of the only public one.
///
/// # Errors
/// If the text is no module, an operation is ill-typed, or rune does not have some of the operations: then all of them are told.
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
/// assert_eq!(error.to_string(), "4:10: `stablehlo.multply` is no operation that rune knows");
/// ```
pub fn import(text: &str) -> Result<Program, ImportError> {
    let module = parse::module(text).map_err(|fail| ImportError::syntax(text, fail))?;
    convert::module(text, &module)
}
