//! The shared state of a conversion, and the reasons why it fails.

use crate::ast::{Attribute, Operation, Ty};
use crate::error::{ImportError, Refusal, place};
use crate::options::{Options, Warning};
use crate::parse::Module;
use rune_ir::{Array, BuildError, Program, Type};
use std::collections::HashMap;
use std::sync::Arc;

/// The reason why an operation cannot become an instruction.
pub(crate) enum ConvertError {
    /// rune does not support it. The text follows the operation's name.
    Refused(String),
    /// It violates StableHLO's rules.
    Invalid(String),
    /// A problem inside it.
    Within(ImportError),
}

impl From<BuildError> for ConvertError {
    fn from(error: BuildError) -> ConvertError {
        ConvertError::Invalid(error.to_string())
    }
}

pub(crate) fn refused<T>(reason: impl Into<String>) -> Result<T, ConvertError> {
    Err(ConvertError::Refused(reason.into()))
}

pub(crate) fn invalid<T>(problem: impl Into<String>) -> Result<T, ConvertError> {
    Err(ConvertError::Invalid(problem.into()))
}

/// The maximum depth of calls between functions.
pub(super) const MAX_CALLS: u32 = rune_ir::MAX_DEPTH - 1;
/// The maximum total number of arrays to pass to functions and regions. Without a limit, a small file could ask for
/// more than fits into memory.
const MAX_HANDED: usize = 1 << 20;

/// A called function as a program. The inputs of the program are the function's arguments, then the arrays in the
/// function.
#[derive(Clone)]
pub(crate) struct Callee {
    /// The program. `None` if it contains something that rune does not support.
    pub(super) program: Option<Arc<Program>>,
    pub(super) arrays: Vec<usize>,
}

/// The shared state of a module's scopes.
pub(crate) struct Converter<'m, 't> {
    pub(super) text: &'t str,
    pub(super) module: &'m Module<'t>,
    pub(super) functions: HashMap<&'m str, &'m Operation<'t>>,
    /// The converted functions. `None` during the conversion.
    pub(super) done: HashMap<&'m str, Option<Callee>>,
    /// The arrays that each function captures.
    pub(super) needs: HashMap<&'m str, Vec<usize>>,
    /// The array constants by their positions in the text.
    pub(super) places: HashMap<usize, &'m Operation<'t>>,
    pub(super) arrays: HashMap<usize, Array>,
    pub(super) refusals: Vec<Refusal>,
    pub(super) warnings: Vec<Warning>,
    pub(super) options: &'m Options,
    /// For each operation at which to stop gradients, whether it exists.
    pub(super) stopped: Vec<bool>,
    pub(super) handed: usize,
    pub(super) calls: u32,
}

impl<'m, 't> Converter<'m, 't> {
    /// Returns the state before the conversion. `places` are the array constants by their positions in the text.
    pub(super) fn new(
        text: &'t str,
        module: &'m Module<'t>,
        options: &'m Options,
        places: HashMap<usize, &'m Operation<'t>>,
    ) -> Converter<'m, 't> {
        Converter {
            text,
            module,
            functions: HashMap::new(),
            done: HashMap::new(),
            needs: HashMap::new(),
            places,
            arrays: HashMap::new(),
            refusals: Vec::new(),
            warnings: Vec::new(),
            options,
            stopped: vec![false; options.stop_gradient.len()],
            handed: 0,
            calls: 0,
        }
    }
    pub(super) fn invalid(&self, op: &Operation, problem: impl Into<String>) -> ImportError {
        let (line, column) = place(self.text, op.at);
        ImportError::Invalid { line, column, op: op.name.to_owned(), problem: problem.into() }
    }
    pub(super) fn refuse(&mut self, op: &Operation, reason: String) {
        let (line, column) = place(self.text, op.at);
        self.refusals.push(Refusal { line, column, op: op.name.to_owned(), reason });
    }
    pub(crate) fn warn(&mut self, op: &Operation, message: String) {
        let (line, column) = place(self.text, op.at);
        self.warnings.push(Warning { line, column, message });
    }
    /// Returns whether gradients stop at an operation.
    pub(crate) fn stops(&mut self, op: &Operation) -> bool {
        if self.options.stop_gradient.is_empty() {
            return false;
        }
        let (line, column) = place(self.text, op.at);
        let called = if op.name == "func.call" { name_of(op, "callee") } else { None };
        let mut stops = false;
        for (target, found) in self.options.stop_gradient.iter().zip(&mut self.stopped) {
            let here = match target.strip_prefix('@') {
                Some(name) => called == Some(name),
                None => *target == line.to_string() || *target == format!("{line}:{column}"),
            };
            *found |= here;
            stops |= here;
        }
        stops
    }
    /// Counts the arrays passed to a function or a region.
    pub(super) fn hand(&mut self, count: usize) -> Result<(), ConvertError> {
        self.handed += count;
        if self.handed > MAX_HANDED {
            return invalid(format!("more than {MAX_HANDED} values are passed to functions and regions in total"));
        }
        Ok(())
    }
    /// Returns the function with this name.
    pub(super) fn function(&self, name: &str) -> Result<(&'m str, &'m Operation<'t>), ConvertError> {
        match self.functions.get_key_value(name) {
            Some((name, function)) => Ok((name, function)),
            None => invalid(format!("there is no function @{name}")),
        }
    }
}

/// Returns the text of a symbol or a string.
pub(crate) fn name_of<'a>(op: &'a Operation, key: &str) -> Option<&'a str> {
    match op.attribute(&[key])? {
        Attribute::Symbol(name) | Attribute::Text(name) => Some(name),
        Attribute::Number(_)
        | Attribute::Word(_)
        | Attribute::List(_)
        | Attribute::Dict(_)
        | Attribute::Dense(_)
        | Attribute::Pair(_)
        | Attribute::Opaque { .. } => None,
    }
}

pub(crate) fn tensor<'a>(ty: &'a Ty) -> Result<&'a Type, ConvertError> {
    match ty {
        Ty::Tensor(ty) => Ok(ty),
        Ty::Other(text) if text.contains('?') => {
            refused(format!("has type {text}; export the function for arguments of known shapes"))
        }
        Ty::Other(text) if text.contains("token") => refused(format!(
            "has type {text}, which orders effects; export the function without `io_callback` and ordered `debug.print`"
        )),
        Ty::Other(text) if text.contains("xf8") || text.contains("<f8") => refused(format!(
            "has type {text}; rune's floats of 8 bits are `float8_e4m3fn` and `float8_e5m2`: convert others before the export"
        )),
        Ty::Other(text) => refused(format!("has type {text}, which rune does not support")),
    }
}
