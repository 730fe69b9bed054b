//! Calls, forward and backward: the sub-program is transformed, and stays a sub-program.

use super::jvp::jvp as forward;
use super::tangent::{Dual, Tangent};
use super::transpose::{Acc, Slot, transpose as backward};
use crate::tensor::{Keep, fresh_params, lax, next_id, trace};
use crate::{Program, Tensor};
use smallvec::SmallVec;
use std::sync::Arc;

/// A call on duals becomes two: one that gives the values and the residuals, one that is linear and gives the tangents.
pub(super) fn jvp(program: &Program, args: &[Dual]) -> SmallVec<[Dual; 2]> {
    let values: Vec<Tensor> = args.iter().map(|x| x.v.clone()).collect();
    let since = next_id();
    let params = fresh_params(&values, false, "jvp");
    let changes: Vec<Tensor> = args.iter().filter_map(|x| x.t.clone().into_tensor()).collect();
    let tangents = fresh_params(&changes, false, "jvp");
    let mut next = tangents.iter().cloned();
    let inner = args
        .iter()
        .zip(&params)
        .map(|(x, p)| Dual { v: p.clone(), t: if x.t.is_zero() { Tangent::ZERO } else { Tangent::new(next.next()) } });
    let outputs = forward(program, inner.collect());
    let moving: Vec<Tensor> = outputs.iter().filter_map(|y| y.t.clone().into_tensor()).collect();
    let linear = trace(&format!("{}_jvp", program.name()), &tangents, &moving, Keep::Dependent);

    // A residual that is an argument need not come out of the forward call.
    let argument = |r: &Tensor| params.iter().position(|p| p.ptr_eq(r));
    let made: Vec<Tensor> = linear.captured.iter().filter(|r| argument(r).is_none()).cloned().collect();
    let all: Vec<Tensor> = outputs.iter().map(|y| y.v.clone()).chain(made).collect();
    let primal = trace(program.name(), &params, &all, Keep::Since(since));
    debug_assert!(primal.captured.is_empty(), "a sub-program captures nothing");
    let mut values_out = lax::call(&Arc::new(primal.program), &values);
    let mut made = values_out.split_off(outputs.len()).into_iter();
    let residuals = linear.captured.iter().map(|r| match argument(r) {
        Some(i) => values[i].clone(),
        None => made.next().expect("one result for each residual that the call makes"),
    });
    let inputs: Vec<Tensor> = changes.iter().cloned().chain(residuals).collect();
    let mut changes = match moving.is_empty() {
        true => Vec::new(),
        false => lax::call(&Arc::new(linear.program), &inputs),
    }
    .into_iter();
    let tangent = |y: &Dual, next: Option<Tensor>| if y.t.is_zero() { Tangent::ZERO } else { Tangent::new(next) };
    outputs
        .iter()
        .zip(values_out)
        .map(|(y, v)| Dual { v, t: tangent(y, if y.t.is_zero() { None } else { changes.next() }) })
        .collect()
}

/// The transpose of a call that is linear in the arguments that are wanted.
pub(super) fn transpose(program: &Program, args: &[&Slot], cotangents: &[Option<Tensor>], acc: &mut Acc) {
    let known: Vec<Tensor> = args.iter().filter_map(|x| x.known_or_none()).cloned().collect();
    let given: Vec<Tensor> = cotangents.iter().flatten().cloned().collect();
    let since = next_id();
    let (known_params, ct_params) =
        (fresh_params(&known, false, "transpose"), fresh_params(&given, false, "transpose"));
    let mut next_known = known_params.iter().cloned();
    let slots = args.iter().map(|x| match x {
        Slot::Known(_) => Slot::Known(next_known.next().expect("one parameter for each known argument")),
        Slot::Wanted { ty, .. } => Slot::wanted(ty.clone()),
    });
    let mut next_ct = ct_params.iter().cloned();
    let inner = cotangents.iter().map(|ct| ct.as_ref().and_then(|_| next_ct.next()));
    let results = backward(program, slots.collect(), inner.collect());
    let params: Vec<Tensor> = known_params.iter().chain(&ct_params).cloned().collect();
    let outputs: Vec<Tensor> = results.iter().flatten().cloned().collect();
    let traced = trace(&format!("{}_transpose", program.name()), &params, &outputs, Keep::Since(since));
    debug_assert!(traced.captured.is_empty(), "a sub-program captures nothing");
    let inputs: Vec<Tensor> = known.into_iter().chain(given).collect();
    let mut results_out = lax::call(&Arc::new(traced.program), &inputs).into_iter();
    let wanted = args.iter().filter(|x| x.known_or_none().is_none());
    for (x, result) in wanted.zip(results) {
        if result.is_some() {
            let ct = results_out.next().expect("one result for each cotangent");
            acc.give(x, || ct);
        }
    }
}
