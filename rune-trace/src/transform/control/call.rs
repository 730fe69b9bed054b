//! Calls: the sub-program is transformed, and remains a sub-program.

use super::subprogram::{Residual, duals, pulled_back, split, sub_program};
use crate::Tensor;
use crate::tensor::{lax, with_transform};
use crate::transform::tangent::Dual;
use crate::transform::transpose::{Cotangents, VariableState};
use crate::transform::vmap::{BatchAxis, Batched, vmap};
use rune_ir::{Program, Transform, Type};
use smallvec::SmallVec;
use std::sync::Arc;

/// Turns a call on duals into two calls: one returns the values and the residuals, and the other is linear and returns
/// the tangents.
pub(in crate::transform) fn jvp(program: &Program, args: &[Dual]) -> SmallVec<[Dual; 2]> {
    let moves: Vec<bool> = args.iter().map(|x| !x.t.is_zero()).collect();
    let outputs = program.outputs().len();
    let split = split(program, &moves, &vec![false; outputs]);
    let values: Vec<Tensor> = args.iter().map(|x| x.v.clone()).collect();
    let mut values_out = lax::call(&split.forward, &values);
    let made = values_out.split_off(outputs);
    let residuals = split.residuals.iter().map(|r| match *r {
        Residual::Input(i) => values[i].clone(),
        Residual::Made(i) => made[i].clone(),
    });
    let changes = args.iter().filter_map(|x| x.t.clone().into_tensor());
    let inputs: Vec<Tensor> = changes.chain(residuals).collect();
    let changes = match split.moving.contains(&true) {
        true => with_transform(Transform::Jvp, || lax::call(&split.linear, &inputs)),
        false => Vec::new(),
    };
    duals(values_out, &split.moving, changes)
}

/// Transposes a call that is linear in the wanted arguments.
pub(in crate::transform) fn transpose(
    program: &Program,
    args: &[&VariableState],
    cotangents: &[Option<Tensor>],
    acc: &mut Cotangents,
) {
    transpose_by(program, args, cotangents, acc, lax::call);
}

/// Transposes a program that `call` calls.
pub(super) fn transpose_by(
    program: &Program,
    args: &[&VariableState],
    cotangents: &[Option<Tensor>],
    acc: &mut Cotangents,
    call: impl FnOnce(&Arc<Program>, &[Tensor]) -> Vec<Tensor>,
) {
    let known: Vec<Tensor> = args.iter().filter_map(|x| x.known_or_none()).cloned().collect();
    let given: Vec<Tensor> = cotangents.iter().flatten().cloned().collect();
    let types: Vec<Type> = known.iter().chain(&given).map(|x| x.ty().clone()).collect();
    let mut gives = Vec::new();
    let transposed = sub_program(&format!("{}_transpose", program.name()), types, |params| {
        let mut params = params.iter().cloned();
        let known = args.iter().map(|x| x.known_or_none().and_then(|_| params.next())).collect();
        let cts = cotangents.iter().map(|ct| ct.as_ref().and_then(|_| params.next())).collect();
        let results = pulled_back(program, known, cts);
        gives = results.iter().map(Option::is_some).collect();
        results.into_iter().flatten().collect()
    });
    let inputs: Vec<Tensor> = known.into_iter().chain(given).collect();
    let results = call(&transposed, &inputs);
    let wanted = args.iter().filter(|x| x.known_or_none().is_none());
    let receivers = wanted.zip(gives).filter(|(_, gives)| *gives);
    for ((x, _), ct) in receivers.zip(results) {
        acc.accumulate(x, || ct);
    }
}

/// Calls the sub-program for a batch.
pub(in crate::transform) fn batch(
    program: &Program,
    args: &[Batched],
    batch_axis: &BatchAxis,
) -> SmallVec<[Batched; 2]> {
    batch_by(program, args, batch_axis, lax::call)
}

/// Calls a program for a batch, by `call`.
pub(super) fn batch_by(
    program: &Program,
    args: &[Batched],
    batch_axis: &BatchAxis,
    call: impl FnOnce(&Arc<Program>, &[Tensor]) -> Vec<Tensor>,
) -> SmallVec<[Batched; 2]> {
    let mut mapped = Vec::new();
    let types = args.iter().map(|x| x.t.ty().clone());
    let wide = sub_program(&format!("{}_vmap", program.name()), types, |params| {
        let inner = params.iter().zip(args).map(|(p, x)| Batched { t: p.clone(), mapped: x.mapped });
        let outputs = vmap(program, batch_axis, inner.collect());
        mapped = outputs.iter().map(|y| y.mapped).collect();
        outputs.into_iter().map(|y| y.t).collect()
    });
    let values: Vec<Tensor> = args.iter().map(|x| x.t.clone()).collect();
    call(&wide, &values).into_iter().zip(mapped).map(|(t, mapped)| Batched { t, mapped }).collect()
}
