//! Shows what a function computes.

mod nans;
mod options;
mod print;
#[cfg(test)]
mod print_tests;
mod printer;
#[cfg(test)]
mod tests;

pub use nans::{debug_infs, debug_nans};
pub use options::{Column, DebugOptions};
pub use print::{DebugArg, DebugValue, debug_print_parts};

use crate::ProgramExt;
use crate::call_site::CallSite;
use crate::function::{Arguments, Function};
use crate::make_program::{name_of, trace_on};
use crate::{EvalError, Tensor, Tree};
use printer::Printer;
use rune_ir::interpret::interpret_observed;
use rune_ir::{Array, Program};
use std::io::Write;
use std::sync::{Mutex, PoisonError};

/// Returns a function that computes the same as `f`, and prints each operation to standard error when it is computed:
/// operands and results with their types, summaries of the values, the time, and the user's line.
///
/// The output is a tree of name scopes and sub-programs. `◀` marks the operations of a backward pass, and `∂` those of
/// tangents.
///
/// ```
/// use rune_trace::{DebugOptions, Column, Tensor, debug, grad, name_scope};
/// let f = |x: &Tensor| name_scope("square", || x * x).sum();
/// let x = Tensor::from([1.0f32, 2.0, 3.0]);
/// assert_eq!(debug(f)(&x).item::<f32>()?, 14.0);
/// // Without times and lines, and to a buffer.
/// let mut shown = Vec::new();
/// DebugOptions::new().columns([Column::Types, Column::Values]).debug_to(grad(f), &mut shown)(&x);
/// assert_eq!(String::from_utf8(shown)?, "\
/// f(x0)
/// │   x0                            [3, f32]                             mean 2 std 0.8165 in 1 … 3
/// │ ◀ z0 = constant()               () -> [f32]                          = 1
/// │ ◀ z1 = broadcast_in_dim(z0)     [f32] -> [3, f32]                    all 1
/// │ square
/// │ │ ◀ z2 = mul(z1, x0)            ([3, f32], [3, f32]) -> [3, f32]     mean 2 std 0.8165 in 1 … 3
/// │ │ ◀ z3 = mul(z1, x0)            ([3, f32], [3, f32]) -> [3, f32]     mean 2 std 0.8165 in 1 … 3
/// │ │ ◀ y0 = add(z2, z3)            ([3, f32], [3, f32]) -> [3, f32]     mean 4 std 1.633 in 2 … 6
/// └ return y0
/// ");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The function runs once, and its operations are interpreted one by one, without simplification. If an enclosing
/// transformation, such as `jit` or `vmap`, does not know the arguments, the operations are printed without values.
/// [`DebugOptions`] sets what is printed.
///
/// # Panics
/// The returned function panics if `f` panics, or if an argument cannot be computed.
#[track_caller]
pub fn debug<'f, X, F>(f: F) -> F::Returning<'f, F::Output>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree,
{
    DebugOptions::new().debug(f)
}

/// Like [`debug`], but prints to `writer`.
///
/// # Panics
/// Like [`debug`].
#[track_caller]
pub fn debug_to<'f, X, F>(f: F, writer: impl Write + Send + 'f) -> F::Returning<'f, F::Output>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree,
{
    DebugOptions::new().debug_to(f, writer)
}

impl DebugOptions {
    /// Like [`debug`](fn@crate::debug), with options.
    ///
    /// # Panics
    /// Like [`debug`](fn@crate::debug).
    #[track_caller]
    pub fn debug<'f, X, F>(&self, f: F) -> F::Returning<'f, F::Output>
    where
        X: Arguments,
        F: Function<X> + 'f,
        F::Output: Tree,
    {
        self.debug_to(f, std::io::stderr())
    }

    /// Like [`debug_to`](crate::debug_to), with options.
    ///
    /// # Panics
    /// Like [`debug`](fn@crate::debug).
    #[track_caller]
    pub fn debug_to<'f, X, F>(&self, f: F, writer: impl Write + Send + 'f) -> F::Returning<'f, F::Output>
    where
        X: Arguments,
        F: Function<X> + 'f,
        F::Output: Tree,
    {
        let (place, options, writer) = (CallSite::here("debug"), self.clone(), Mutex::new(writer));
        F::returning(move |args| {
            place.run_in_closure::<X, _, _>(&f, args, || {
                let watched = ObservedRun::new::<X, F>(&f, args);
                let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
                watched.run(&mut Printer::new(&options, &mut *writer), place)
            })
        })
    }
}

/// A function that ran once at its arguments.
struct ObservedRun<Y> {
    program: Program,
    inputs: Vec<Tensor>,
    output: Y,
}

impl<Y: Tree> ObservedRun<Y> {
    fn new<X, F>(f: &F, args: X::Refs<'_>) -> ObservedRun<Y>
    where
        X: Arguments,
        F: Function<X, Output = Y>,
    {
        let mut inputs = Vec::new();
        X::visit(args, &mut |_, _, leaf| inputs.push(leaf.clone()));
        let traced = trace_on::<X, F>(f, args, &inputs, true, &name_of::<F>(), "debug");
        inputs.extend(traced.captured);
        ObservedRun { program: traced.program, inputs, output: traced.output }
    }

    /// Returns the values of the inputs, or `None` if an enclosing transformation does not know them.
    fn values(&self) -> Result<Option<Vec<Array>>, EvalError> {
        match self.inputs.iter().map(Tensor::to_array).collect() {
            Ok(values) => Ok(Some(values)),
            Err(EvalError::Unknown { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn run(&self, printer: &mut Printer, place: CallSite) -> Y {
        let traced = self.inputs.iter().any(Tensor::is_traced);
        printer.echo = !traced;
        let outputs = match self.values() {
            // Functions that must be called once are called when the enclosing program runs.
            Ok(Some(values)) if !traced || self.program.io_callback().is_none() => {
                match interpret_observed(&self.program, &values, printer) {
                    // Results that depend on a parameter of an enclosing function must keep this dependence.
                    Ok(_) if traced => self.program.apply(&self.inputs),
                    Ok(outputs) => outputs.into_iter().map(Tensor::from).collect(),
                    Err(error) => place.fail(&error.to_string()),
                }
            }
            Ok(_) => {
                printer.outline(&self.program);
                self.program.apply(&self.inputs)
            }
            Err(error) => place.fail(&error.to_string()),
        };
        self.output.with_leaves(outputs)
    }
}
