//! Converts a module's operations to a program's instructions.

mod arguments;
mod constants;
mod contract;
mod control;
mod elementwise;
mod emit;
mod expand;
mod expression;
mod fold;
mod free;
mod idioms;
mod index;
mod lapack;
mod order;
mod origin;
mod reduce;
mod scope;
mod shape;
mod top_k;

use super::ast::{Attribute, Operation, Ty};
use super::error::{ImportError, Refusal, place};
use super::options::{Imported, Options, Warning};
use super::parse::Module;
use rune_ir::{Array, BuildError, Program, Type};
use scope::Scope;
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
const MAX_CALLS: u32 = rune_ir::MAX_DEPTH - 1;
/// The maximum total number of arrays to pass to functions and regions. Without a limit, a small file could ask for
/// more than fits into memory.
const MAX_HANDED: usize = 1 << 20;

/// A called function, as a program that takes its arguments, then the arrays in it.
#[derive(Clone)]
pub(crate) struct Callee {
    /// The program. `None` if it contains something that rune does not support.
    program: Option<Arc<Program>>,
    arrays: Vec<usize>,
}

/// The shared state of a module's scopes.
pub(crate) struct Converter<'m, 't> {
    text: &'t str,
    module: &'m Module<'t>,
    functions: HashMap<&'m str, &'m Operation<'t>>,
    /// The converted functions. `None` during the conversion.
    done: HashMap<&'m str, Option<Callee>>,
    /// The arrays that each function captures.
    needs: HashMap<&'m str, Vec<usize>>,
    /// The array constants by their positions in the text.
    places: HashMap<usize, &'m Operation<'t>>,
    arrays: HashMap<usize, Array>,
    refusals: Vec<Refusal>,
    warnings: Vec<Warning>,
    options: &'m Options,
    /// For each operation at which to stop gradients, whether it exists.
    stopped: Vec<bool>,
    handed: usize,
    calls: u32,
}

impl<'m, 't> Converter<'m, 't> {
    fn invalid(&self, op: &Operation, problem: impl Into<String>) -> ImportError {
        let (line, column) = place(self.text, op.at);
        ImportError::Invalid { line, column, op: op.name.to_owned(), problem: problem.into() }
    }
    fn refuse(&mut self, op: &Operation, reason: String) {
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
    fn hand(&mut self, count: usize) -> Result<(), ConvertError> {
        self.handed += count;
        if self.handed > MAX_HANDED {
            return invalid(format!("more than {MAX_HANDED} values are passed to functions and regions in total"));
        }
        Ok(())
    }
    /// Returns the function with this name.
    fn function(&self, name: &str) -> Result<(&'m str, &'m Operation<'t>), ConvertError> {
        match self.functions.get_key_value(name) {
            Some((name, function)) => Ok((name, function)),
            None => invalid(format!("there is no function @{name}")),
        }
    }
    /// Returns the function with this name as a program to call.
    fn callee(&mut self, name: &str) -> Result<Callee, ConvertError> {
        let (name, function) = self.function(name)?;
        match self.done.get(name) {
            Some(Some(callee)) => return Ok(callee.clone()),
            Some(None) => return invalid(format!("@{name} calls itself, but programs cannot recurse")),
            None => {}
        }
        if self.calls >= MAX_CALLS {
            return invalid(format!("calls nest more than {MAX_CALLS} deep"));
        }
        self.done.insert(name, None);
        self.calls += 1;
        let arrays = free::of_function(self, name, 0)?;
        let program = Scope::function(self, function, name, &arrays, false).map_err(ConvertError::Within)?;
        self.calls -= 1;
        let callee = Callee { program: program.map(Arc::new), arrays };
        self.done.insert(name, Some(callee.clone()));
        Ok(callee)
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
            "has type {text}; rune has no floats of 8 bits: convert them to `float16` or `float32` before the export"
        )),
        Ty::Other(text) => refused(format!("has type {text}, which rune does not support")),
    }
}

/// Converts a module to a program.
pub(super) fn module<'m, 't>(
    text: &'t str,
    module: &'m Module<'t>,
    options: &'m Options,
) -> Result<Imported, ImportError> {
    let mut cx = Converter {
        text,
        module,
        functions: HashMap::new(),
        done: HashMap::new(),
        needs: HashMap::new(),
        places: free::places(module),
        arrays: HashMap::new(),
        refusals: Vec::new(),
        warnings: Vec::new(),
        options,
        stopped: vec![false; options.stop_gradient.len()],
        handed: 0,
        calls: 0,
    };
    let mut public = Vec::new();
    for op in &module.operations {
        match op.name {
            "func.func" => {
                let Some(name) = name_of(op, "sym_name") else { return Err(cx.invalid(op, "it has no name")) };
                if cx.functions.insert(name, op).is_some() {
                    return Err(cx.invalid(op, format!("there are two functions @{name}")));
                }
                if name_of(op, "sym_visibility") != Some("private") {
                    public.push(name);
                }
            }
            // This only distributes work over devices. It does not change the results.
            name if name.starts_with("sdy.") => {}
            _ => cx.refuse(op, "is not a function; a module for rune holds functions alone".to_owned()),
        }
    }
    let entry = match public.as_slice() {
        _ if cx.functions.contains_key("main") => "main",
        [one] => one,
        [] => {
            return Err(ImportError::syntax(
                text,
                super::error::Fail { at: 0, problem: "there is no public function".into() },
            ));
        }
        [_, second, ..] => {
            let op = cx.functions[second];
            return Err(cx.invalid(op, "there are several public functions, but none is called @main"));
        }
    };
    let function = cx.functions[entry];
    let within = |cx: &Converter, problem| match problem {
        ConvertError::Within(error) => error,
        ConvertError::Refused(problem) | ConvertError::Invalid(problem) => cx.invalid(function, problem),
    };
    let arrays = free::of_function(&mut cx, entry, 0).map_err(|problem| within(&cx, problem))?;
    let name = module.name.as_deref().map_or(entry, |name| name.strip_prefix("jit_").unwrap_or(name));
    let program = Scope::function(&mut cx, function, name, &arrays, true)?;
    match program {
        Some(program) if cx.refusals.is_empty() => {
            if let Some(missing) = cx.stopped.iter().position(|found| !found) {
                return Err(ImportError::NoOperation(options.stop_gradient[missing].clone()));
            }
            cx.warnings.sort_by_key(|w| (w.line, w.column));
            cx.warnings.dedup();
            Ok(Imported { program: program.loops_to_scans(), warnings: cx.warnings })
        }
        Some(_) | None => {
            cx.refusals.sort_by_key(|r| (r.line, r.column));
            Err(ImportError::Unsupported(cx.refusals))
        }
    }
}
