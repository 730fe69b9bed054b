//! Checkpointed functions: the sub-program is split where its policy says, and what is not kept is computed again beside its
//! tangents, behind a barrier.

use super::call;
use super::subprogram::{duals, move_along, parameters, pushed_forward, sub_program};
use crate::op::CheckpointPolicy;
use crate::tensor::{Applied, Keep, begin_trace, collect, lax, made_by, trace, with_origin};
use crate::transform::jvp::{Mode, jvp as inlined};
use crate::transform::tangent::Dual;
use crate::transform::transpose::{Acc, Slot};
use crate::transform::vmap::{Batched, Lanes};
use crate::{Op, Program, Tensor, Transform};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::sync::Arc;

/// A checkpointed function: all but its arguments.
#[derive(Clone, Copy)]
pub(in crate::transform) struct Remat<'a> {
    pub program: &'a Arc<Program>,
    pub policy: &'a CheckpointPolicy,
    pub differentiated: bool,
}

impl Remat<'_> {
    /// The same of another program.
    fn of(self, program: &Arc<Program>, args: &[Tensor]) -> Vec<Tensor> {
        lax::remat(program, args, self.policy, self.differentiated)
    }

    pub fn jvp(self, args: &[Dual], mode: Mode) -> SmallVec<[Dual; 2]> {
        if *self.policy == CheckpointPolicy::EverythingSaveable && !self.differentiated {
            return inlined(self.program, args.to_vec(), mode).into();
        }
        match mode {
            Mode::Forward => self.push_forward(args),
            Mode::Linearize => self.linearize(args),
        }
    }

    /// Values and tangents together, still checkpointed.
    fn push_forward(self, args: &[Dual]) -> SmallVec<[Dual; 2]> {
        let moves: Vec<bool> = args.iter().map(|x| !x.t.is_zero()).collect();
        let (pushed, moving) = pushed_forward(self.program, &moves, &vec![false; self.program.outputs().len()]);
        let tangents = args.iter().filter_map(|x| x.t.clone().into_tensor());
        let inputs: Vec<Tensor> = args.iter().map(|x| x.v.clone()).chain(tangents).collect();
        let mut values = self.of(&pushed, &inputs);
        let changes = values.split_off(moving.len());
        duals(values, &moving, changes)
    }

    /// The values come with what is kept out of one program; a second one takes that and the arguments, computes the rest again, and
    /// then the tangents.
    fn linearize(self, args: &[Dual]) -> SmallVec<[Dual; 2]> {
        let values: Vec<Tensor> = args.iter().map(|x| x.v.clone()).collect();
        let moves: Vec<bool> = args.iter().map(|x| !x.t.is_zero()).collect();
        let types = self.program.input_types();
        let trace_of_all = begin_trace();
        let params = parameters(types, |_| true);
        let tangents = parameters(types, |i| moves[i]);
        let still = vec![false; self.program.outputs().len()];
        // The policy has its say in functions that are called, too.
        let open = match *self.policy == CheckpointPolicy::NothingSaveable {
            true => self.program.clone(),
            false => {
                sub_program(self.program.name(), types.iter().cloned(), |params| calls_inlined(self.program, params))
            }
        };
        let outputs = move_along(&open, &params, &tangents, &moves, &still, Mode::Linearize);
        let moving: Vec<bool> = outputs.iter().map(|y| !y.t.is_zero()).collect();
        let moved: Vec<Tensor> = outputs.iter().filter_map(|y| y.t.clone().into_tensor()).collect();

        let name = format!("{}_jvp", self.program.name());
        let needed = trace(&name, &tangents, &moved, Keep::Dependent).captured;
        let all: Vec<Tensor> = outputs.iter().map(|y| y.v.clone()).collect();
        let saved = kept(&needed, &all, self.policy);

        let results: Vec<Tensor> = all.into_iter().chain(saved.iter().cloned()).collect();
        let applied = trace_of_all.end();
        // Effects happen once, with the values.
        let again = Keep::Since(Applied { since: applied.since, effects: Vec::new() });
        let forward = trace(self.program.name(), &params, &results, Keep::Since(applied));
        debug_assert!(forward.captured.is_empty(), "a sub-program captures nothing");
        let mut values_out = self.of(&Arc::new(forward.program), &values);
        let saved_out = values_out.split_off(moving.len());

        let given: Vec<Tensor> = tangents.into_iter().chain(saved.iter().cloned()).collect();
        let linear = trace(&name, &given, &moved, again);
        let position = |p: &Tensor| params.iter().position(|q| q.ptr_eq(p)).expect("a sub-program captures nothing");
        let captured = linear.captured.iter().map(|p| values[position(p)].clone());
        let changes = args.iter().filter_map(|x| x.t.clone().into_tensor());
        let inputs: Vec<Tensor> = changes.chain(saved_out).chain(captured).collect();
        let there = |x: &Tensor| saved.iter().chain(&params).any(|y| y.ptr_eq(&unnamed(x)));
        let changes = match (moving.contains(&true), needed.iter().all(there)) {
            (false, _) => Vec::new(),
            // Nothing is computed again, so that nothing is to be kept apart.
            (true, true) => linear.program.apply(&inputs),
            (true, false) => {
                let linear = Arc::new(linear.program);
                made_by(Transform::Jvp, || lax::remat(&linear, &inputs, self.policy, true))
            }
        };
        duals(values_out, &moving, changes)
    }

    /// The transpose is behind a barrier with the cotangents, so that it does not begin before they are there.
    pub fn transpose(self, args: &[&Slot], cotangents: &[Option<Tensor>], acc: &mut Acc) {
        call::transpose_by(self.program, args, cotangents, acc, |program, args| self.of(program, args));
    }

    pub fn batch(self, args: &[Batched], lanes: &Lanes) -> SmallVec<[Batched; 2]> {
        call::batch_by(self.program, args, lanes, |program, args| self.of(program, args))
    }
}

/// The outputs of a program on `args`, with the operations of the functions that it calls in the place of the calls.
fn calls_inlined(program: &Program, args: &[Tensor]) -> Vec<Tensor> {
    let mut env = args.to_vec();
    for instruction in program.instructions() {
        let op = instruction.op.map(|v| env[v.index()].clone());
        if let Op::Call { args, program } = &op {
            env.extend(calls_inlined(program, args));
        } else {
            env.extend(with_origin(&instruction.origin, || Tensor::apply(op)));
        }
    }
    program.outputs().iter().map(|v| env[v.index()].clone()).collect()
}

/// Of what `needed` is computed from, the last that `policy` keeps. `outputs` are where all else is found that bears a name.
fn kept(needed: &[Tensor], outputs: &[Tensor], policy: &CheckpointPolicy) -> Vec<Tensor> {
    let mut names: FxHashMap<u64, Vec<String>> = FxHashMap::default();
    for apply in collect(needed.iter().chain(outputs), Vec::new(), |t| t.0.apply()) {
        if let Op::CheckpointName { x, name } = &apply.op {
            names.entry(unnamed(x).id()).or_default().push(name.clone());
        }
    }
    let mut saved = Vec::new();
    let mut seen = FxHashSet::default();
    let mut stack = needed.to_vec();
    while let Some(x) = stack.pop() {
        // What is named is kept without its name, once.
        let x = unnamed(&x);
        if !seen.insert(x.id()) {
            continue;
        }
        // An argument is there.
        let Some(apply) = x.0.apply() else { continue };
        let names = names.get(&x.id()).map_or(&[][..], Vec::as_slice);
        if policy.saves(&apply.op, names) && !apply.op.operands().is_empty() {
            saved.push(x);
        } else {
            stack.extend(apply.op.operands().into_iter().cloned());
        }
    }
    saved.sort_unstable_by_key(Tensor::id);
    saved
}

/// What was given a name.
fn unnamed(x: &Tensor) -> Tensor {
    let mut x = x.clone();
    while let Some(apply) = x.0.apply() {
        let Op::CheckpointName { x: inner, .. } = &apply.op else { break };
        x = inner.clone();
    }
    x
}
