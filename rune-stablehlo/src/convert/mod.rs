//! Converts a module's operations to a program's instructions.

mod arguments;
mod constants;
mod contract;
mod control;
mod converter;
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

use super::error::ImportError;
use super::options::{Imported, Options};
use super::parse::Module;
use converter::{ConvertError, Converter, name_of};
use scope::Scope;

/// Converts a module to a program.
pub(super) fn module<'m, 't>(
    text: &'t str,
    module: &'m Module<'t>,
    options: &'m Options,
) -> Result<Imported, ImportError> {
    let mut cx = Converter::new(text, module, options, free::places(module));
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
