//! Finds the first operation of a program that creates a NaN.

use crate::interpret::{Observer, interpret_observed};
use crate::{Array, Instruction, Origin, Program, Summary, Value, with_element};
use once_cell::sync::Lazy;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The kinds of numbers to search for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NonFinite {
    /// NaN.
    Nan,
    /// NaN and infinities.
    NanOrInf,
}

impl NonFinite {
    #[doc(hidden)]
    pub fn is_in(self, array: &Array) -> bool {
        array.dtype().is_inexact()
            && with_element!(array.dtype(), T => array.as_slice::<T>().iter().any(|x| {
                let x = crate::Element::to_complex(*x);
                x.is_nan() || self == NonFinite::NanOrInf && x.is_infinite()
            }))
    }
    fn name(self) -> &'static str {
        match self {
            NonFinite::Nan => "NaN",
            NonFinite::NanOrInf => "NaN or infinity",
        }
    }
}

/// A result holds a NaN (or an infinity, if these are searched for). The error says where it was created first.
#[derive(Clone, Debug)]
pub struct NanError {
    /// The function that ran.
    pub function: String,
    /// The kinds of numbers that were searched for.
    pub bad: NonFinite,
    /// The origin of the number.
    pub made: Box<NanOrigin>,
}

/// The origin of a NaN or infinity.
#[derive(Clone, Debug)]
pub enum NanOrigin {
    /// This operation created the number, from operands without such a number.
    Operation {
        /// The name of the operation.
        op: &'static str,
        /// The line, the scope and the transformations of the operation.
        origin: Origin,
        /// Summaries of its operands.
        operands: Vec<Summary>,
        /// Summaries of its results.
        results: Vec<Summary>,
    },
    /// This input held the number already. Inputs are the arguments, then the captured tensors.
    Input {
        /// The index of the input.
        input: usize,
        /// A summary of the input.
        summary: Summary,
    },
    /// The interpreter, which runs the program again, does not create a NaN where the compiled code did.
    Unknown,
}

impl std::error::Error for NanError {}

impl fmt::Display for NanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NanError { function, bad, made } = self;
        write!(f, "a result of `{function}` holds {}: ", bad.name())?;
        let list = |summaries: &[Summary]| {
            let each = |s: &Summary| format!("{} ({s})", s.ty);
            summaries.iter().map(each).collect::<Vec<_>>().join(", ")
        };
        match &**made {
            NanOrigin::Operation { op, origin, operands, results } => {
                write!(f, "`{op}`")?;
                if let Some(loc) = &origin.loc {
                    write!(f, " at {loc}")?;
                }
                if let Some(scope) = &origin.scope {
                    write!(f, " in {scope:?}")?;
                }
                match origin.transforms {
                    t if t.is_backward() => f.write_str(" in the backward pass")?,
                    t if t.is_tangent() => f.write_str(" in its derivative")?,
                    _ => {}
                }
                let of = if operands.is_empty() { "nothing".to_owned() } else { list(operands) };
                write!(f, " made {} of {of}", list(results))
            }
            NanOrigin::Input { input, summary } => {
                write!(f, "input {input} held it already, {} ({summary}); the inputs are the arguments, then the captured tensors", summary.ty)
            }
            NanOrigin::Unknown => f.write_str(
                "the interpreter makes none of the same inputs, so that it comes of how the compiled code rounds or orders its sums",
            ),
        }
    }
}

/// The kinds of numbers to search for, according to the environment.
static CHECKED: Lazy<Option<NonFinite>> = Lazy::new(|| {
    let set = |name: &str| std::env::var(name).is_ok_and(|v| !matches!(v.trim(), "" | "0"));
    match (set("RUNE_DEBUG_NANS"), set("RUNE_DEBUG_INFS")) {
        (_, true) => Some(NonFinite::NanOrInf),
        (true, false) => Some(NonFinite::Nan),
        (false, false) => None,
    }
});

/// Returns whether `RUNE_DEBUG_NANS` or `RUNE_DEBUG_INFS` is set. If it is, every caller that runs a program passes its
/// outputs to [`check_nans`].
pub fn checks_nans() -> bool {
    CHECKED.is_some()
}

/// Finds the origin of a NaN or infinity in an output of a program, if the environment asks for it. The program runs
/// again on `inputs` and its constants.
///
/// # Errors
/// If an output holds such a number.
pub fn check_nans(program: &Program, inputs: &[Value], outputs: &[Value]) -> Result<(), NanError> {
    let Some(bad) = *CHECKED else { return Ok(()) };
    // If a value cannot be fetched, reading it reports the reason.
    let host = |values: &[Value]| values.iter().map(Value::to_host).collect::<Result<Vec<Array>, _>>().ok();
    match (host(inputs), host(outputs)) {
        (Some(inputs), Some(outputs)) if outputs.iter().any(|y| bad.is_in(y)) => {
            find_nan(program, &inputs, bad).map_or(Ok(()), Err)
        }
        _ => Ok(()),
    }
}

/// Returns the origin of the NaN or infinity of an output, or `None` for an intended infinity.
#[doc(hidden)]
pub fn find_nan(program: &Program, inputs: &[Array], bad: NonFinite) -> Option<NanError> {
    let mut search = Search { bad, frames: Vec::new(), made: 0, found: None };
    // A program that ran already can run again.
    let outputs = interpret_observed(program, inputs, &mut search).unwrap_or_default();
    let made = match search.found {
        Some(blame) => blame.made.clone(),
        None if outputs.iter().any(|y| bad.is_in(y)) => return None,
        None => NanOrigin::Unknown,
    };
    Some(NanError { function: program.name().to_owned(), bad, made: Box::new(made) })
}

/// Follows each NaN from its origin to the outputs.
struct Search {
    bad: NonFinite,
    frames: Vec<Frame>,
    made: usize,
    /// The origin of the NaN in an output of the whole program.
    found: Option<Arc<NanSource>>,
}

/// The origin of a NaN, and its position in the order of creation.
struct NanSource {
    number: usize,
    made: NanOrigin,
}

/// A running program.
struct Frame {
    /// For each variable that holds a NaN, its origin.
    blames: Vec<Option<Arc<NanSource>>>,
    outputs: Vec<usize>,
    /// The origin of a NaN in the operands of the running instruction, or in the results of its sub-programs so far.
    known: Option<Arc<NanSource>>,
}

fn first(a: Option<Arc<NanSource>>, b: Option<Arc<NanSource>>) -> Option<Arc<NanSource>> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if a.number <= b.number { a } else { b }),
        (a, b) => a.or(b),
    }
}

impl Search {
    fn new_source(&mut self, origin: NanOrigin) -> Arc<NanSource> {
        self.made += 1;
        Arc::new(NanSource { number: self.made, made: origin })
    }
}

impl Observer for Search {
    fn runs_io_callbacks(&self) -> bool {
        false
    }
    fn begin(&mut self, program: &Program, inputs: &[Array]) {
        let mut blames: Vec<Option<Arc<NanSource>>> = vec![None; program.num_vars()];
        let constants = program.constants().iter().map(|c| c.to_host().ok());
        for (i, input) in inputs.iter().map(|x| Some(x.clone())).chain(constants).enumerate() {
            let Some(input) = input.filter(|x| self.bad.is_in(x)) else { continue };
            let from_outside = self.frames.last().and_then(|f| f.known.clone());
            blames[i] = Some(match from_outside {
                Some(blame) => blame,
                None => self.new_source(NanOrigin::Input { input: i, summary: Summary::of(&input) }),
            });
        }
        let outputs = program.outputs().iter().map(|v| v.index()).collect();
        self.frames.push(Frame { blames, outputs, known: None });
    }
    fn before(&mut self, instruction: &Instruction, _operands: &[Array]) {
        let Some(frame) = self.frames.last_mut() else { return };
        let blames = instruction.op.operands().into_iter().map(|v| frame.blames[v.index()].clone());
        frame.known = blames.fold(None, first);
    }
    fn after(&mut self, instruction: &Instruction, operands: &[Array], results: &[Array], _took: Duration) {
        let bad = self.bad;
        for (var, result) in instruction.results().zip(results).filter(|(_, y)| bad.is_in(y)) {
            let Some(frame) = self.frames.last_mut() else { return };
            let known = frame.known.clone();
            // An infinite constant is intended, and so is an infinity computed from one. A NaN never is.
            let written = operands.is_empty() || operands.iter().any(|x| bad.is_in(x));
            let meant = bad == NonFinite::NanOrInf && written && !NonFinite::Nan.is_in(result);
            let blame = match known {
                None if meant => continue,
                Some(blame) => blame,
                None => self.new_source(NanOrigin::Operation {
                    op: instruction.op.name(),
                    origin: instruction.origin.clone(),
                    operands: operands.iter().map(Summary::of).collect(),
                    results: results.iter().map(Summary::of).collect(),
                }),
            };
            if let Some(frame) = self.frames.last_mut() {
                frame.blames[var.index()] = Some(blame);
            }
        }
    }
    fn end(&mut self, _program: &Program, _outputs: &[Array]) {
        let Some(frame) = self.frames.pop() else { return };
        let blame = frame.outputs.iter().map(|&v| frame.blames[v].clone()).fold(None, first);
        match self.frames.last_mut() {
            // The next iteration of a loop takes the results of this one.
            Some(parent) => parent.known = first(parent.known.take(), blame),
            None => self.found = blame,
        }
    }
    fn print(&mut self, _text: &str) {}
}
