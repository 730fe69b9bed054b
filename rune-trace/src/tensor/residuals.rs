//! Selects the residuals of a linear program: as few as possible.

use super::Tensor;
use super::ids::IdSet;
use super::node::Apply;
use rune_ir::op::RecomputeCost;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The maximum number of elementwise operations that are recomputed instead of keeping one residual.
const MAX_RECOMPUTED: usize = 4;

/// Returns the operations among those of `wanted` that are rematerialized where they are used, oldest first, with the
/// operations that they need.
///
/// A residual is dropped in two cases. In the first, it is moved or converted from a tensor that is no larger. In the
/// second, a few cheap operations compute it from other residuals that are kept anyway, or from tensors older than
/// `since` that together take no more space. A compiled program merges both copies. Between programs, this saves
/// memory: a loop keeps residuals for each iteration, and a pullback keeps them until it is called.
pub(super) fn rematerialized(mut wanted: Vec<Tensor>, since: u64) -> Vec<Arc<Apply>> {
    let mut rematerialization = Rematerialization { since, kept: IdSet::new(), applies: FxHashMap::default() };
    for x in &mut wanted {
        while let Some((apply, from)) = rematerialization.free_source(x) {
            rematerialization.applies.insert(apply.id, apply);
            *x = from;
        }
    }
    // Sorts by age, the oldest first: when a residual needs an older one, it is known whether the older one is kept.
    wanted.sort_unstable_by_key(Tensor::id);
    wanted.dedup_by_key(|x| x.id());
    rematerialization.kept = wanted.iter().map(Tensor::id).collect();
    for x in &wanted {
        rematerialization.drop_if_cheap(x);
    }
    let mut applies: Vec<Arc<Apply>> = rematerialization.applies.into_values().collect();
    applies.sort_unstable_by_key(|a| a.id);
    applies
}

struct Rematerialization {
    since: u64,
    /// The residuals that are kept, or not decided yet.
    kept: IdSet,
    /// The rematerialized operations, by id.
    applies: FxHashMap<u64, Arc<Apply>>,
}

/// A plan to recompute a residual from others.
#[derive(Default)]
struct Plan {
    applies: Vec<Arc<Apply>>,
    /// Tensors older than the trace, and parameters, that the plan would keep in addition.
    taken: Vec<Tensor>,
    steps: usize,
}

impl Rematerialization {
    /// Returns the operation of the forward pass whose only result is `x`.
    fn forward_producer(&self, x: &Tensor) -> Option<Arc<Apply>> {
        if x.id() < self.since {
            return None;
        }
        x.0.apply().filter(|apply| apply.results.get().is_some_and(|r| r.len() == 1))
    }
    /// Returns the operand from which `x` is moved or converted, if it does nothing else and the operand is no larger.
    fn free_source(&self, x: &Tensor) -> Option<(Arc<Apply>, Tensor)> {
        let apply = self.forward_producer(x)?;
        if apply.op.recompute_cost() != RecomputeCost::Free {
            return None;
        }
        let from = (*apply.op.operands().first()?).clone();
        (from.ty().bytes() <= x.ty().bytes()).then_some((apply, from))
    }
    fn drop_if_cheap(&mut self, x: &Tensor) {
        let Some(apply) = self.forward_producer(x) else { return };
        let mut plan = Plan::default();
        if !self.plan(apply, &mut plan) {
            return;
        }
        if plan.taken.iter().map(|t| t.ty().bytes()).sum::<usize>() > x.ty().bytes() {
            return;
        }
        self.kept.remove(x.id());
        self.kept.extend(plan.taken.iter().map(Tensor::id));
        self.applies.extend(plan.applies.into_iter().map(|a| (a.id, a)));
    }
    /// Returns whether the results of `apply` can be recomputed at little cost, and adds the steps to the plan.
    fn plan(&self, apply: Arc<Apply>, plan: &mut Plan) -> bool {
        plan.steps += match apply.op.recompute_cost() {
            RecomputeCost::Free => 0,
            RecomputeCost::Cheap => 1,
            RecomputeCost::Expensive => return false,
        };
        // Moves are free, but their number is bounded.
        if plan.steps > MAX_RECOMPUTED || plan.applies.len() >= 4 * MAX_RECOMPUTED {
            return false;
        }
        for x in apply.op.operands() {
            let planned = plan.applies.iter().any(|a| a.id == x.id());
            let taken = plan.taken.iter().any(|t| t.id() == x.id());
            if self.kept.contains(x.id()) || planned || taken || x.0.is_literal() {
                continue;
            }
            match self.forward_producer(x) {
                Some(inner) => {
                    if !self.plan(inner, plan) {
                        return false;
                    }
                }
                None if x.id() < self.since || x.0.apply().is_none() => plan.taken.push(x.clone()),
                None => return false,
            }
        }
        plan.applies.push(apply);
        true
    }
}
