//! Applies operations to tensors.

use super::caller::{self, fail};
use super::effects;
use super::evaluate::bound_pending;
use super::node::{Apply, Node, OF_NAMED_AXIS, Producer, Tensor, take_ids};
use super::origin;
use rune_ir::Op;
use rune_ir::types::{self, TypeError};
use smallvec::SmallVec;
use std::sync::{Arc, Mutex, OnceLock};

impl Tensor {
    /// Checks the operands, applies an operation, and returns its results.
    ///
    /// # Errors
    /// If the operation does not take operands of these types.
    ///
    /// # Panics
    /// If the operation has effects that happen immediately, and an operand cannot be computed.
    #[track_caller]
    pub fn try_apply(op: Op<Tensor>) -> Result<SmallVec<[Tensor; 2]>, TypeError> {
        rune_ir::work::count_step();
        caller::check_rerun();
        let types = types::infer(&op.map(Tensor::ty))?;
        let over_named_axis = op.batch_axis().is_some() || op.programs().iter().any(|(_, p)| !p.axes().is_empty());
        let mut max_param_id = if over_named_axis { OF_NAMED_AXIS } else { 0 };
        let mut depth = 0;
        for t in op.operands() {
            max_param_id = max_param_id.max(t.0.max_param_id);
            if t.0.value.get().is_none() {
                depth = depth.max(t.0.depth + 1);
            }
        }
        // An operation without results also has an id.
        let id = take_ids(types.len().max(1));
        let apply = Arc::new(Apply { id, op, origin: origin::current(), results: OnceLock::new() });
        let nodes: SmallVec<[Tensor; 2]> = (id..)
            .zip(types)
            .map(|(id, ty)| {
                let producer = Mutex::new(Some(Producer::Result(apply.clone())));
                Tensor(Arc::new(Node { id, ty, max_param_id, depth, value: OnceLock::new(), producer }))
            })
            .collect();
        let _ = apply.results.set(nodes.iter().map(|t| Arc::downgrade(&t.0)).collect());
        let happened = match apply.op.has_effects() {
            true => effects::record_or_run_effect(&apply, &nodes),
            false if max_param_id == 0 && apply.op.has_ranks() => effects::run_rank_op_if_untraced(&apply, &nodes),
            false => Ok(()),
        };
        if let Err(error) = happened {
            fail(&error.to_string());
        }
        bound_pending(&nodes);
        Ok(nodes)
    }
    /// Like [`Tensor::try_apply`].
    ///
    /// # Panics
    /// At the caller's line, if the operation does not take operands of these types.
    #[track_caller]
    pub fn apply(op: Op<Tensor>) -> SmallVec<[Tensor; 2]> {
        match Tensor::try_apply(op) {
            Ok(results) => results,
            Err(error) => fail(&error.to_string()),
        }
    }
    /// Applies an operation with one result, and returns it.
    #[track_caller]
    pub(crate) fn apply1(op: Op<Tensor>) -> Tensor {
        Tensor::apply(op).remove(0)
    }
}
