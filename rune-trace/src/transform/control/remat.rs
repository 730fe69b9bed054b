//! Checkpointed functions: the sub-program is split according to its policy. Everything that is not kept is recomputed
//! together with the tangents, behind a barrier.

use super::call;
use super::partition::Partition;
use super::scan::marked;
use super::subprogram::{duals, move_along, parameters, pushed_forward, sub_program};
use crate::Tensor;
use crate::tensor::{Keep, begin_trace, lax, trace, with_transform};
use crate::transform::ProgramExt;
use crate::transform::jvp::{Mode, jvp as inlined};
use crate::transform::tangent::Dual;
use crate::transform::transpose::{Cotangents, VariableState};
use crate::transform::vmap::{BatchAxis, Batched};
use rune_ir::op::CheckpointPolicy;
use rune_ir::{Program, Transform};
use smallvec::SmallVec;
use std::sync::Arc;

/// A checkpointed function, without its arguments.
#[derive(Clone, Copy)]
pub(in crate::transform) struct Remat<'a> {
    pub program: &'a Arc<Program>,
    pub policy: &'a CheckpointPolicy,
    pub differentiated: bool,
}

impl Remat<'_> {
    /// Calls another program in the same way.
    fn with_program(self, program: &Arc<Program>, args: &[Tensor]) -> Vec<Tensor> {
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

    /// Computes values and tangents together, still checkpointed.
    fn push_forward(self, args: &[Dual]) -> SmallVec<[Dual; 2]> {
        let moves: Vec<bool> = args.iter().map(|x| !x.t.is_zero()).collect();
        let (pushed, moving) = pushed_forward(self.program, &moves, &vec![false; self.program.outputs().len()]);
        let tangents = args.iter().filter_map(|x| x.t.clone().into_tensor());
        let inputs: Vec<Tensor> = args.iter().map(|x| x.v.clone()).chain(tangents).collect();
        let mut values = self.with_program(&pushed, &inputs);
        let changes = values.split_off(moving.len());
        duals(values, &moving, changes)
    }

    /// One program computes the outputs and the kept values. A second one takes these and the arguments, recomputes the
    /// rest, and computes the tangents.
    fn linearize(self, args: &[Dual]) -> SmallVec<[Dual; 2]> {
        let values: Vec<Tensor> = args.iter().map(|x| x.v.clone()).collect();
        let moves: Vec<bool> = args.iter().map(|x| !x.t.is_zero()).collect();
        let types = self.program.input_types();
        let name = format!("{}_jvp", self.program.name());
        let active_trace = begin_trace();
        let params = parameters(types, |_| true);
        let tangents = parameters(types, |i| moves[i]);
        let still = vec![false; self.program.outputs().len()];
        let outputs = move_along(self.program, &params, &tangents, &moves, &still, Mode::Linearize);
        let moving: Vec<bool> = outputs.iter().map(|y| !y.t.is_zero()).collect();
        let moved: Vec<Tensor> = outputs.iter().filter_map(|y| y.t.clone().into_tensor()).collect();
        let linear = trace(&name, &tangents, &moved, Keep::Dependent);
        let results: Vec<Tensor> = outputs.iter().map(|y| y.v.clone()).chain(linear.captured).collect();
        let all = trace(self.program.name(), &params, &results, Keep::Recorded(active_trace.end()));
        debug_assert!(all.captured.is_empty(), "a sub-program captures nothing");

        let mut partition = Partition::new(&all.program, self.policy);
        let needed: Vec<bool> = (0..results.len()).map(|i| i >= moving.len()).collect();
        (moving.len()..results.len()).for_each(|i| partition.mark_output_needed(i));
        let forward = sub_program(self.program.name(), types.iter().cloned(), |params| {
            let (mut outputs, kept) = partition.forward(params);
            outputs.truncate(moving.len());
            outputs.extend(kept);
            outputs
        });
        let mut values_out = self.with_program(&forward, &values);
        let kept = values_out.split_off(moving.len());

        let changes = args.iter().filter_map(|x| x.t.clone().into_tensor());
        let given = marked(values, &partition.inputs()).collect::<Vec<_>>();
        let apply_recomputed = |changes: &[Tensor], given: &[Tensor], kept: &[Tensor]| {
            let residuals = partition.recompute_outputs(given, kept, &needed);
            linear.program.apply(&[changes, &residuals].concat())
        };
        let changes: Vec<Tensor> = changes.collect();
        let changes = match (moving.contains(&true), partition.is_all_kept()) {
            (false, _) => Vec::new(),
            // Nothing is recomputed, so no separate program is needed.
            (true, true) => apply_recomputed(&changes, &given, &kept),
            (true, false) => {
                let inputs = [&changes[..], &kept, &given].concat();
                let linear = sub_program(&name, inputs.iter().map(|x| x.ty().clone()), |params| {
                    let (changes, rest) = params.split_at(changes.len());
                    let (kept, given) = rest.split_at(kept.len());
                    apply_recomputed(changes, given, kept)
                });
                with_transform(Transform::Jvp, || lax::remat(&linear, &inputs, self.policy, true))
            }
        };
        duals(values_out, &moving, changes)
    }

    /// The transpose is behind a barrier together with the cotangents, so that it does not start before they exist.
    pub fn transpose(self, args: &[&VariableState], cotangents: &[Option<Tensor>], acc: &mut Cotangents) {
        call::transpose_by(self.program, args, cotangents, acc, |program, args| self.with_program(program, args));
    }

    pub fn batch(self, args: &[Batched], batch_axis: &BatchAxis) -> SmallVec<[Batched; 2]> {
        call::batch_by(self.program, args, batch_axis, |program, args| self.with_program(program, args))
    }
}
