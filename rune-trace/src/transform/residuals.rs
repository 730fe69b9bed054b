//! Lists the residuals of a program.

use super::linearize::linearize;
use super::programs::DerivativeError;
use super::programs::marked_to_keep;
use crate::Tensor;
use rune_ir::op::Control;
use rune_ir::{Op, Origin, Program, Type};
use std::fmt;

/// An array that the backward pass needs from the forward pass.
/// [`ProgramExt::saved_residuals`](crate::ProgramExt::saved_residuals) and [`saved_residuals`](crate::saved_residuals)
/// return them.
#[derive(Clone, Debug)]
pub struct SavedResidual {
    /// The type of the array; [`Type::bytes`] is its size.
    pub ty: Type,
    /// The source of the array.
    pub source: ResidualSource,
}

/// The source of a residual.
#[derive(Clone, Debug)]
pub enum ResidualSource {
    /// An argument, which exists anyway.
    Argument {
        /// The input of the program, or the path to the leaf.
        name: String,
    },
    /// A tensor that the function captured.
    Captured,
    /// The result of an operation.
    Operation {
        /// The name of the operation; for a loop or branch, with the name of its program.
        name: String,
        /// The user's line.
        origin: Origin,
    },
}

impl fmt::Display for SavedResidual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.ty)?;
        match &self.source {
            ResidualSource::Argument { name } => write!(f, "from the argument {name}"),
            ResidualSource::Captured => write!(f, "from a captured tensor"),
            ResidualSource::Operation { name, origin } => {
                write!(f, "output of {name}")?;
                origin.loc.iter().try_for_each(|loc| write!(f, " at {loc}"))?;
                origin.scope.iter().try_for_each(|scope| write!(f, " in {scope}"))
            }
        }
    }
}

/// See [`ProgramExt::saved_residuals`](crate::ProgramExt::saved_residuals).
pub(super) fn saved_residuals_of(program: &Program, by: &[usize]) -> Result<Vec<SavedResidual>, DerivativeError> {
    Ok(residuals(program, &marked_to_keep(program, by)?, |i| Some(format!("x{i}"))))
}

/// Returns the residuals of the derivative of `program` with respect to the inputs that `wrt` marks. `name` returns the
/// name of an input; a captured tensor has none.
pub(crate) fn residuals(program: &Program, wrt: &[bool], name: impl Fn(usize) -> Option<String>) -> Vec<SavedResidual> {
    let param = |ty: &Type| Tensor::param(ty.clone(), None, "saved_residuals");
    let inputs: Vec<Tensor> = program.input_types().iter().map(param).collect();
    let (_, linear) = linearize(program, &inputs, wrt);
    let mut found: Vec<(Option<usize>, u64, SavedResidual)> = Vec::new();
    for x in linear.residuals() {
        let input = inputs.iter().position(|i| i.ptr_eq(x));
        let source = match (input.and_then(&name), x.producing_op()) {
            (Some(name), _) => ResidualSource::Argument { name },
            (None, None) => ResidualSource::Captured,
            (None, Some((op, result, origin))) => operation(&op, result, &origin),
        };
        found.push((input, x.id(), SavedResidual { ty: x.ty().clone(), source }));
    }
    found.sort_by_key(|(input, id, _)| (input.unwrap_or(usize::MAX), *id));
    found.into_iter().map(|(.., residual)| residual).collect()
}

/// Returns the operation that computes a residual. For calls and checkpointed functions, returns the operation inside.
fn operation<V>(op: &Op<V>, result: usize, origin: &Origin) -> ResidualSource {
    let called = match op.control() {
        Some(Control::Call { program, .. } | Control::Remat { program, .. }) => Some(program),
        // These have their own rules, so the operation inside is not the one whose result is kept.
        Some(Control::CustomJvp { .. } | Control::CustomVjp { .. }) => None,
        Some(Control::CustomLinear { .. } | Control::CustomLinearSolve { .. }) => None,
        Some(Control::Case { .. } | Control::While { .. } | Control::Scan { .. }) | None => None,
    };
    if let Some(program) = called {
        let output = program.outputs()[result];
        let made = program.instructions().iter().find(|i| i.results().any(|v| v == output));
        if let Some(inner) = made {
            return operation(&inner.op, (output.0 - inner.first.0) as usize, &inner.origin);
        }
    }
    let inner = op.programs().first().map(|(_, program)| format!(" of `{}`", program.name()));
    ResidualSource::Operation { name: format!("{}{}", op.name(), inner.unwrap_or_default()), origin: origin.clone() }
}
