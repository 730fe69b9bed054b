//! Imports StableHLO text from JAX and other tools. This is the inverse of `rune-lower`.
//!
//! `parse/` parses the text, in MLIR's generic form or StableHLO's own, into operations with names and attributes.
//! `convert/` turns these into instructions, with one file per family. Files are untrusted: recursion is bounded, and
//! no allocation depends only on a number in the text.

mod ast;
mod convert;
mod error;
mod options;
mod parse;

pub use error::{ImportError, Refusal};
pub use options::{Imported, Options, Warning};

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
    import_with(text, &Options::default()).map(|imported| imported.program)
}

/// Imports a StableHLO module like [`import`], but with options, and also returns warnings about derivatives that may
/// differ from JAX's. The text does not say where JAX stops gradients or has its own derivatives.
///
/// # Errors
/// Returns an error like [`import`], and if an option names an operation that does not exist.
///
/// ```
/// use rune_stablehlo::{Options, import_with};
/// // A straight-through estimator, `x + stop_gradient(round(x) - x)` in Python.
/// let text = "
/// module @jit_quantize {
///   func.func public @main(%arg0: tensor<f32>) -> tensor<f32> {
///     %0 = stablehlo.round_nearest_even %arg0 : tensor<f32>
///     %1 = stablehlo.subtract %0, %arg0 : tensor<f32>
///     %2 = stablehlo.add %arg0, %1 : tensor<f32>
///     return %2 : tensor<f32>
///   }
/// }";
/// let imported = import_with(text, &Options::default()).unwrap();
/// assert_eq!((imported.warnings.len(), imported.warnings[0].line), (1, 6));
/// let imported = import_with(text, &Options::default().stop_gradient("5")).unwrap();
/// assert!(imported.warnings.is_empty());
/// assert!(imported.program.instructions().iter().any(|i| i.op.name() == "stop_gradient"));
/// ```
pub fn import_with(text: &str, options: &Options) -> Result<Imported, ImportError> {
    let module = parse::module(text).map_err(|fail| ImportError::syntax(text, fail))?;
    convert::module(text, &module, options)
}
