//! A function near a point: its value there, and the linear function of the tangents.

use super::jvp::jvp;
use super::tangent::{Dual, Tangent};
use super::transpose::{Slot, transpose};
use crate::tensor::{Keep, fresh_params, lax, trace};
use crate::{Program, Tensor, Type};

/// The linear part of a function near a point.
pub(crate) struct Linear {
    /// Takes the tangents, then the residuals; gives the tangents of those outputs that have one.
    program: Program,
    /// What crosses from the forward pass.
    residuals: Vec<Tensor>,
    /// The types of the tangents.
    inputs: Vec<Type>,
    /// For each output of the function whether it has a tangent.
    moving: Vec<bool>,
}

/// The outputs of `program` on `primals`, and how they move with those inputs that `wrt` marks.
pub(crate) fn linearize(program: &Program, primals: &[Tensor], wrt: &[bool]) -> (Vec<Tensor>, Linear) {
    let moved: Vec<Tensor> = primals.iter().zip(wrt).filter(|(_, w)| **w).map(|(x, _)| x.clone()).collect();
    let tangents = fresh_params(&moved, false, "linearize");
    let mut next = tangents.iter().cloned();
    let duals = primals
        .iter()
        .zip(wrt)
        .map(|(v, &w)| Dual { v: v.clone(), t: if w { Tangent::new(next.next()) } else { Tangent::ZERO } });
    let outputs = jvp(program, duals.collect());
    let moving: Vec<bool> = outputs.iter().map(|y| !y.t.is_zero()).collect();
    let (values, out_tangents): (Vec<Tensor>, Vec<Option<Tensor>>) =
        outputs.into_iter().map(|y| (y.v, y.t.into_tensor())).unzip();
    let out_tangents: Vec<Tensor> = out_tangents.into_iter().flatten().collect();
    let linear = trace(program.name(), &tangents, &out_tangents, Keep::Dependent);
    let inputs = tangents.iter().map(|t| t.ty().clone()).collect();
    (values, Linear { program: linear.program, residuals: linear.captured, inputs, moving })
}

impl Linear {
    /// The cotangents of the inputs for cotangents of all outputs; those of outputs that do not move are not looked at.
    pub(crate) fn transpose(&self, cotangents: &[Tensor]) -> Vec<Tensor> {
        let cotangents = cotangents.iter().zip(&self.moving).filter(|(_, m)| **m).map(|(ct, _)| Some(ct.clone()));
        let wanted = self.inputs.iter().cloned().map(Slot::wanted);
        let slots = wanted.chain(self.residuals.iter().cloned().map(Slot::Known)).collect();
        let cts = transpose(&self.program, slots, cotangents.collect());
        let zero = |ty: &Type| lax::full(ty.dtype, &ty.shape, 0.0);
        self.inputs.iter().zip(cts).map(|(ty, ct)| ct.unwrap_or_else(|| zero(ty))).collect()
    }
}
