//! Functions with derivatives of their own.

use super::subprogram::sub_program;
use crate::tensor::current_origin;
use crate::transform::tangent::{Dual, Tangent};
use crate::transform::vmap::{Batched, Lanes, vmap};
use crate::{Op, Program, Shape, Tensor, Type};
use smallvec::SmallVec;
use std::iter::once;
use std::sync::Arc;

/// The values and tangents that the rule gives.
pub(in crate::transform) fn jvp(op: &Op<Dual>) -> SmallVec<[Dual; 2]> {
    let Op::CustomJvp { args, program, rule, num_args, takes_results } = op else {
        unreachable!("this is for one operation")
    };
    refuse_captured("custom_jvp", &args[*num_args..]);
    let mut inputs: Vec<Tensor> = args.iter().map(|x| x.v.clone()).collect();
    let mut values = Vec::new();
    if *takes_results {
        // The same again, so that the rule holds for derivatives of any order.
        values = Tensor::apply(op.map(|x| x.v.clone())).into_vec();
        inputs.extend(values.iter().cloned());
    }
    inputs.extend(args[..*num_args].iter().filter(|x| x.v.dtype().is_float()).map(Dual::tangent));
    let mut given = rule.apply(&inputs).into_iter();
    if !takes_results {
        values = given.by_ref().take(program.outputs().len()).collect();
    }
    let dual = |v: Tensor| match v.dtype().is_float() {
        true => Dual { t: Tangent::new(given.next()), v },
        false => Dual::constant(v),
    };
    values.into_iter().map(dual).collect()
}

/// A rule tells nothing of how results move with what the function captured.
fn refuse_captured(what: &str, captured: &[Dual]) {
    let Some(x) = captured.iter().find(|x| !x.t.is_zero()) else { return };
    let place = current_origin().loc.map(|loc| format!(" at {loc}")).unwrap_or_default();
    panic!(
        "{what}{place}: a tensor of type {} that the function or its rule captured is differentiated by, and the rule is for the \
         arguments alone; make it an argument, or a constant with `.stop_gradient()`",
        x.v.ty()
    )
}

/// The function and its rule, on all lanes.
pub(in crate::transform) fn batch(op: &Op<Batched>, lanes: &Lanes) -> SmallVec<[Batched; 2]> {
    let Op::CustomJvp { args, program, rule, num_args, takes_results } = op else {
        unreachable!("this is for one operation")
    };
    let arguments: Vec<bool> = args.iter().map(|x| x.mapped).collect();
    let tangents = args[..*num_args].iter().filter(|x| x.t.dtype().is_float()).map(|x| x.mapped);
    let floats: Vec<usize> = float_positions(&program.output_types());
    // A result is of one type with its tangent: it is mapped where either depends on what is mapped.
    let mut mapped = vec![false; program.outputs().len()];
    loop {
        let values = |yes: bool| if yes { mapped.clone() } else { Vec::new() };
        let takes: Vec<bool> =
            arguments.iter().copied().chain(values(*takes_results)).chain(tangents.clone()).collect();
        let gives: Vec<bool> = values(!takes_results).into_iter().chain(floats.iter().map(|&i| mapped[i])).collect();
        let (wide_program, by_program) = wide(program, &arguments, &mapped, lanes);
        let (wide_rule, by_rule) = wide(rule, &takes, &gives, lanes);
        let both = (0..if *takes_results { 0 } else { mapped.len() }).chain(floats.iter().copied());
        let before = std::mem::replace(&mut mapped, by_program);
        both.zip(by_rule).for_each(|(i, by_rule)| mapped[i] |= by_rule);
        if mapped == before {
            let args = args.iter().map(|x| x.t.clone()).collect();
            let (num_args, takes_results) = (*num_args, *takes_results);
            let op = Op::CustomJvp { args, program: wide_program, rule: wide_rule, num_args, takes_results };
            return Tensor::apply(op).into_iter().zip(mapped).map(|(t, mapped)| Batched { t, mapped }).collect();
        }
    }
}

fn float_positions(types: &[Type]) -> Vec<usize> {
    (0..types.len()).filter(|&i| types[i].dtype.is_float()).collect()
}

/// `program` on all lanes, with those inputs mapped that `takes` marks, and at least those outputs that `gives` marks; and which are.
fn wide(program: &Program, takes: &[bool], gives: &[bool], lanes: &Lanes) -> (Arc<Program>, Vec<bool>) {
    let types = program.input_types().iter().zip(takes).map(|(ty, &mapped)| {
        let size = once(lanes.size).filter(|_| mapped);
        ty.with_shape(size.chain(ty.shape.iter().copied()).collect::<Shape>())
    });
    let mut mapped = Vec::new();
    let wide = sub_program(&format!("{}_vmap", program.name()), types, |params| {
        let inputs = params.iter().zip(takes).map(|(p, &mapped)| Batched { t: p.clone(), mapped });
        let outputs = vmap(program, lanes, inputs.collect());
        mapped = outputs.iter().zip(gives).map(|(y, gives)| y.mapped || *gives).collect();
        outputs
            .iter()
            .zip(&mapped)
            .map(|(y, &mapped)| if mapped { y.spread(lanes.size) } else { y.t.clone() })
            .collect()
    });
    (wide, mapped)
}
