//! Linearization: the value of a function at a point, and the linear function of the tangents.

use super::jvp::{Mode, jvp};
use super::tangent::{Dual, Tangent};
use super::transpose::{VariableState, transpose};
use crate::Tensor;
use crate::tensor::{Keep, fresh_params, lax, trace};
use crate::transform::ProgramExt;
use rune_ir::{Program, Type};

/// The linear part of a function at a point.
pub(crate) struct Linear {
    /// Takes the tangents, then the residuals. Returns the tangents of the outputs that have one.
    program: Program,
    /// The values that the linear part needs from the forward pass.
    residuals: Vec<Tensor>,
    /// The types of the tangents.
    inputs: Vec<Type>,
    /// For each output of the function, whether it has a tangent.
    moving: Vec<bool>,
}

/// Returns the outputs of `program` on `primals`, and their derivative with respect to the inputs that `wrt` marks.
pub(crate) fn linearize(program: &Program, primals: &[Tensor], wrt: &[bool]) -> (Vec<Tensor>, Linear) {
    let moved: Vec<Tensor> = primals.iter().zip(wrt).filter(|(_, w)| **w).map(|(x, _)| x.clone()).collect();
    let tangents = fresh_params(&moved, false, "linearize");
    let mut next = tangents.iter().cloned();
    let duals = primals
        .iter()
        .zip(wrt)
        .map(|(v, &w)| Dual { v: v.clone(), t: if w { Tangent::new(next.next()) } else { Tangent::ZERO } });
    let outputs = jvp(program, duals.collect(), Mode::Linearize);
    let moving: Vec<bool> = outputs.iter().map(|y| !y.t.is_zero()).collect();
    let (values, out_tangents): (Vec<Tensor>, Vec<Option<Tensor>>) =
        outputs.into_iter().map(|y| (y.v, y.t.into_tensor())).unzip();
    let out_tangents: Vec<Tensor> = out_tangents.into_iter().flatten().collect();
    let linear = trace(program.name(), &tangents, &out_tangents, Keep::Dependent);
    let inputs = tangents.iter().map(|t| t.ty().clone()).collect();
    (values, Linear { program: linear.program, residuals: linear.captured, inputs, moving })
}

/// Returns the outputs of `program` on `primals`, and their tangents for those of the inputs.
pub(crate) fn push_forward(
    program: &Program,
    primals: &[Tensor],
    tangents: Vec<Option<Tensor>>,
) -> (Vec<Tensor>, Vec<Option<Tensor>>) {
    let duals = primals.iter().zip(tangents).map(|(v, t)| Dual { v: v.clone(), t: Tangent::new(t) });
    jvp(program, duals.collect(), Mode::Forward).into_iter().map(|y| (y.v, y.t.into_tensor())).unzip()
}

impl Linear {
    /// Returns the values that the linear part needs from the forward pass.
    pub(crate) fn residuals(&self) -> &[Tensor] {
        &self.residuals
    }
    /// Returns the linear function of a program that is linear in its first inputs, which have these types. The
    /// residuals are its other inputs.
    pub(crate) fn of(program: Program, inputs: Vec<Type>, residuals: Vec<Tensor>) -> Linear {
        let moving = vec![true; program.outputs().len()];
        Linear { program, residuals, inputs, moving }
    }
    /// Returns the same function of other residuals.
    pub(super) fn with_residuals(self, residuals: Vec<Tensor>) -> Linear {
        Linear { residuals, ..self }
    }
    /// Returns the tangents of all outputs for those of the inputs. `None` is zero.
    pub(crate) fn push_forward(&self, tangents: &[Tensor]) -> Vec<Option<Tensor>> {
        let inputs: Vec<Tensor> = tangents.iter().chain(&self.residuals).cloned().collect();
        let mut outputs = self.program.apply(&inputs).into_iter();
        self.moving.iter().map(|&moves| if moves { outputs.next() } else { None }).collect()
    }
    /// Returns the cotangents of the inputs for those of all outputs. `None` is zero. Cotangents of outputs without a
    /// tangent are ignored.
    pub(crate) fn transpose(&self, cotangents: Vec<Option<Tensor>>) -> Vec<Tensor> {
        let cotangents = cotangents.into_iter().zip(&self.moving).filter(|(_, m)| **m).map(|(ct, _)| ct);
        let wanted = self.inputs.iter().cloned().map(VariableState::wanted);
        let slots = wanted.chain(self.residuals.iter().cloned().map(VariableState::Known)).collect();
        let cts = transpose(&self.program, slots, cotangents.collect());
        let zero = |ty: &Type| lax::full(ty.dtype, &ty.shape, 0.0);
        self.inputs.iter().zip(cts).map(|(ty, ct)| ct.unwrap_or_else(|| zero(ty))).collect()
    }
}
