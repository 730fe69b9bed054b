//! Writes the tree of a module as text. MLIR writes it if this build has MLIR.

use crate::error::LowerError;
use crate::text;
use crate::tree::{Function, Module};

/// Returns the text without and with locations. Only the text with locations contains the signature.
///
/// # Errors
/// Returns an error if MLIR rejects the module.
pub(crate) fn module(module: &Module, locations: bool) -> Result<(String, String), LowerError> {
    let own = (written(module, false, false), written(module, locations, true));
    #[cfg(feature = "melior")]
    let own = through_mlir(module, locations, own)?;
    Ok(own)
}

/// Returns MLIR's texts. Builds with debug assertions compare them with `own`.
#[cfg(feature = "melior")]
fn through_mlir(module: &Module, locations: bool, own: (String, String)) -> Result<(String, String), LowerError> {
    let (plain, located) = crate::mlir::texts(&module.functions, locations)?;
    let (plain, located) = (assembled(module, &plain), assembled(module, &located));
    if cfg!(debug_assertions) {
        for (own, mlir) in [(&own.0, &plain), (&own.1, &located)] {
            if own != mlir && crate::mlir::reprinted(own) != crate::mlir::reprinted(mlir) {
                return Err(LowerError::Malformed(difference(own, mlir)));
            }
        }
    }
    Ok((plain, located))
}

/// Returns the first lines that differ.
#[cfg(feature = "melior")]
fn difference(own: &str, mlir: &str) -> String {
    let differ = own.lines().zip(mlir.lines()).find(|(own, mlir)| own != mlir);
    let (own, mlir) = differ.unwrap_or(("the lengths differ", "the lengths differ"));
    format!("the writers differ\n  text: {own}\n  MLIR: {mlir}")
}

fn written(module: &Module, locations: bool, signature: bool) -> String {
    let function = |f: &Function| text::function(f, locations && f.body.is_some(), signature);
    assembled(module, &module.functions.iter().map(function).collect::<Vec<_>>())
}

/// Returns a module of these functions.
fn assembled(module: &Module, functions: &[String]) -> String {
    let mut text = match &module.name {
        Some(name) => format!("module @{name} {{\n"),
        None => String::from("module {\n"),
    };
    for line in functions.iter().flat_map(|f| f.lines()) {
        text.extend(["  ", line, "\n"]);
    }
    text + "}\n"
}
