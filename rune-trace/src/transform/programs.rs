//! Transformations of programs.

use super::control::custom::{Refusal, refused};
use super::control::subprogram::unbounded_loop;
use super::jvp::{Mode, jvp};
use super::linearize::linearize;
use super::shared::{too_large, too_many};
use super::tangent::{Dual, Tangent};
use crate::Tensor;
use crate::tensor::{Keep, begin_trace, lax, trace, with_origin};
use rune_ir::{Loc, Origin, Program, Type};

/// The reason why a program has no such derivative.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DerivativeError {
    /// An input to differentiate is neither a float nor complex.
    #[error(
        "input x{index} of `{program}` has type {ty}, but only floats and complex numbers have derivatives; leave it out"
    )]
    NotFloat {
        /// The program.
        program: String,
        /// The index of the input.
        index: usize,
        /// The type of the input.
        ty: Type,
    },
    /// The program has no such input.
    #[error("`{program}` has {inputs} inputs, and none with index {index}")]
    NoInput {
        /// The program.
        program: String,
        /// The requested index.
        index: usize,
        /// The number of inputs.
        inputs: usize,
    },
    /// Sub-programs are used so often that the derivative would need too much time and memory.
    #[error(
        "`{program}` shares its sub-programs so often that the transformation would visit {operations} operations; replace calls by loops, such as `fori_loop` or `scan`"
    )]
    TooLong {
        /// The program.
        program: String,
        /// The number of operations. Those of sub-programs count for each use.
        operations: u64,
    },
    /// The residuals of loops would not fit into memory.
    #[error("`{program}` has loops whose residuals would not fit into any memory; use forward mode (`jvp`)")]
    TooLarge {
        /// The program.
        program: String,
    },
    /// The output must be a scalar.
    #[error("`{program}` has {found} as output, but a gradient needs one float scalar as output")]
    NotScalar {
        /// The program.
        program: String,
        /// The outputs of the program.
        found: String,
    },
    /// Outputs depend on inputs through a loop of unknown length.
    #[error(
        "`{program}` has a `while`{}, which has no reverse mode, because the number of its iterations, and so of its residuals, is unknown; use `scan`, or forward mode (`jvp`)",
        place.as_ref().map(|loc| format!(" at {loc}")).unwrap_or_default()
    )]
    UnboundedLoop {
        /// The program.
        program: String,
        /// The line of the loop.
        place: Option<Loc>,
    },
    /// A function with a custom rule is differentiated with respect to a captured value.
    #[error(
        "`{program}` has a function{} that captured a differentiated value, but its rule covers only its arguments",
        place.as_ref().map(|loc| format!(" at {loc}")).unwrap_or_default()
    )]
    Captured {
        /// The program.
        program: String,
        /// The line of the function.
        place: Option<Loc>,
    },
    /// A function has a rule for cotangents, but none for tangents.
    #[error(
        "`{program}` has a `custom_vjp`{}, which has no forward mode, because its rule computes cotangents; use `custom_jvp` for both modes",
        place.as_ref().map(|loc| format!(" at {loc}")).unwrap_or_default()
    )]
    NoForwardMode {
        /// The program.
        program: String,
        /// The line of the function.
        place: Option<Loc>,
    },
    /// Outputs depend on inputs through a user function.
    #[error(
        "`{program}` has a callback{}, which has no derivative; define one with `custom_jvp` or `custom_vjp` around it",
        place.as_ref().map(|loc| format!(" at {loc}")).unwrap_or_default()
    )]
    Callback {
        /// The program.
        program: String,
        /// The line of the call.
        place: Option<Loc>,
    },
    /// A loop of unknown length, which linearization runs twice, calls a function that must be called only once.
    #[error(
        "`{program}` has a `while`{} with an `io_callback`, which linearization would run twice; use `scan`, or forward \
         mode (`jvp`)",
        place.as_ref().map(|loc| format!(" at {loc}")).unwrap_or_default()
    )]
    CalledTwice {
        /// The program.
        program: String,
        /// The line of the loop.
        place: Option<Loc>,
    },
}

pub(super) fn dependent_marks(program: &Program, by: &[usize]) -> Result<Vec<bool>, DerivativeError> {
    if let Some(operations) = too_many(program) {
        return Err(DerivativeError::TooLong { program: program.name().to_owned(), operations });
    }
    let types = program.input_types();
    for &index in by {
        let name = || program.name().to_owned();
        let Some(ty) = types.get(index) else {
            return Err(DerivativeError::NoInput { program: name(), index, inputs: types.len() });
        };
        if !ty.dtype.is_inexact() {
            return Err(DerivativeError::NotFloat { program: name(), index, ty: ty.clone() });
        }
    }
    Ok((0..types.len()).map(|i| by.contains(&i)).collect())
}

/// Returns whether the program holds loops, rules or callbacks. Nothing else can lack a derivative.
fn may_lack_derivative(program: &Program) -> bool {
    program.callback().is_some() || program.instructions().iter().any(|i| !i.op.programs().is_empty())
}

/// Like [`dependent_marks`], but fails if the residuals of loops do not fit into memory.
pub(super) fn marked_to_keep(program: &Program, by: &[usize]) -> Result<Vec<bool>, DerivativeError> {
    match too_large(program) {
        true => Err(DerivativeError::TooLarge { program: program.name().to_owned() }),
        false => dependent_marks(program, by),
    }
}

/// Like [`dependent_marks`], but fails if something has no derivative in this mode.
fn marked_for(program: &Program, by: &[usize], mode: Mode) -> Result<Vec<bool>, DerivativeError> {
    let marked = dependent_marks(program, by)?;
    if !may_lack_derivative(program) {
        return Ok(marked);
    }
    let mut moves = marked.clone();
    moves.resize(program.inputs().len() + program.constants().len(), false);
    let Some((instruction, refusal)) = refused(program, &moves, mode) else { return Ok(marked) };
    let (program, place) = (program.name().to_owned(), instruction.origin.loc.clone());
    Err(match refusal {
        Refusal::Captured => DerivativeError::Captured { program, place },
        Refusal::NoForwardMode => DerivativeError::NoForwardMode { program, place },
        Refusal::Callback => DerivativeError::Callback { program, place },
        Refusal::CalledTwice => DerivativeError::CalledTwice { program, place },
    })
}

/// Like [`dependent_marks`], for reverse mode.
fn marked_for_reverse(program: &Program, by: &[usize]) -> Result<Vec<bool>, DerivativeError> {
    marked_to_keep(program, by)?;
    let marked = marked_for(program, by, Mode::Linearize)?;
    if !may_lack_derivative(program) {
        return Ok(marked);
    }
    let mut moves = marked.clone();
    moves.resize(program.inputs().len() + program.constants().len(), false);
    match unbounded_loop(program, &moves, &vec![true; program.outputs().len()]) {
        None => Ok(marked),
        Some(instruction) => {
            let (program, place) = (program.name().to_owned(), instruction.origin.loc.clone());
            Err(DerivativeError::UnboundedLoop { program, place })
        }
    }
}

/// See [`ProgramExt::jvp`](crate::ProgramExt::jvp).
pub(super) fn jvp_program(program: &Program, by: &[usize]) -> Result<Program, DerivativeError> {
    let marked = marked_for(program, by, Mode::Forward)?;
    Ok(rebuild(program, &format!("{}_jvp", program.name()), |inputs| {
        let moved = inputs.iter().zip(&marked).filter(|(_, m)| **m).map(|(x, _)| x.ty().clone());
        let tangents: Vec<Tensor> = moved.map(|ty| Tensor::param(ty, None, "jvp")).collect();
        let mut next = tangents.iter().cloned();
        let duals = inputs
            .iter()
            .zip(&marked)
            .map(|(v, &m)| Dual { v: v.clone(), t: if m { Tangent::new(next.next()) } else { Tangent::ZERO } });
        let outputs = jvp(program, duals.collect(), Mode::Forward);
        let floats = outputs.iter().filter(|y| y.v.dtype().is_inexact());
        let results = outputs.iter().map(|y| y.v.clone()).chain(floats.map(Dual::tangent)).collect();
        (tangents, results)
    }))
}

/// See [`ProgramExt::vjp`](crate::ProgramExt::vjp).
pub(super) fn vjp_program(program: &Program, by: &[usize]) -> Result<Program, DerivativeError> {
    let marked = marked_for_reverse(program, by)?;
    Ok(rebuild(program, &format!("{}_vjp", program.name()), |inputs| {
        let (outputs, linear) = linearize(program, inputs, &marked);
        let float = |y: &&Tensor| y.dtype().is_inexact();
        let cotangents: Vec<Tensor> =
            outputs.iter().filter(float).map(|y| Tensor::param(y.ty().clone(), None, "vjp")).collect();
        let mut next = cotangents.iter().cloned();
        let all = outputs.iter().map(|y| if float(&y) { next.next() } else { None }).collect();
        let gradients = linear.transpose(all);
        (cotangents, outputs.into_iter().chain(gradients).collect())
    }))
}

/// See [`ProgramExt::grad`](crate::ProgramExt::grad).
pub(super) fn grad_program(program: &Program, by: &[usize], value: bool) -> Result<Program, DerivativeError> {
    let types = program.output_types();
    if types.len() != 1 || types[0].rank() != 0 || !types[0].dtype.is_float() {
        let found = types.iter().map(Type::to_string).collect::<Vec<_>>().join(", ");
        return Err(DerivativeError::NotScalar { program: program.name().to_owned(), found });
    }
    let marked = marked_for_reverse(program, by)?;
    Ok(rebuild(program, &format!("{}_grad", program.name()), |inputs| {
        let (mut outputs, linear) = linearize(program, inputs, &marked);
        let gradients = linear.transpose(vec![Some(lax::full_like(&outputs[0], 1.0))]);
        if !value {
            outputs.clear();
        }
        (Vec::new(), outputs.into_iter().chain(gradients).collect())
    }))
}

/// Returns a program with the same inputs and constants, the constants that `f` adds, and the outputs of `f`.
fn rebuild(program: &Program, name: &str, f: impl FnOnce(&[Tensor]) -> (Vec<Tensor>, Vec<Tensor>)) -> Program {
    let active_trace = begin_trace();
    let inputs: Vec<Tensor> =
        program.input_types().iter().map(|ty| Tensor::param(ty.clone(), None, "a program")).collect();
    let (added, outputs) = with_origin(&Origin::default(), || f(&inputs));
    let params: Vec<Tensor> = inputs.into_iter().chain(added).collect();
    trace(name, &params, &outputs, Keep::Recorded(active_trace.end())).close()
}
