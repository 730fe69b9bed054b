//! What a linear program takes from the forward pass: as little as it can.

use super::Tensor;
use super::ids::IdSet;
use super::node::Apply;
use rune_ir::Op;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Operations on elements that are rather computed a second time than their result kept, for one residual.
const MOST: usize = 4;

/// The operations among `wanted` that are made again where they are used, oldest first, with those that they take.
///
/// A residual is dropped if it is moved or converted from something that is no larger, or if a few cheap operations make it of others that
/// are kept anyway, or are there before `since` and take no more space together. In a compiled program the two copies are found to be one;
/// between programs (a loop keeps residuals for each turn, a pullback until it is called) there is less to hold.
pub(super) fn made_again(mut wanted: Vec<Tensor>, since: u64) -> Vec<Arc<Apply>> {
    let mut again = Again { since, kept: IdSet::new(), applies: FxHashMap::default() };
    for x in &mut wanted {
        while let Some((apply, from)) = again.moved(x) {
            again.applies.insert(apply.id, apply);
            *x = from;
        }
    }
    // The oldest first: whether a residual is kept is known when a later one asks.
    wanted.sort_unstable_by_key(Tensor::id);
    wanted.dedup_by_key(|x| x.id());
    again.kept = wanted.iter().map(Tensor::id).collect();
    for x in &wanted {
        again.drop_if_cheap(x);
    }
    let mut applies: Vec<Arc<Apply>> = again.applies.into_values().collect();
    applies.sort_unstable_by_key(|a| a.id);
    applies
}

struct Again {
    since: u64,
    /// The residuals that are kept, or not decided on yet.
    kept: IdSet,
    /// What is made again, by id.
    applies: FxHashMap<u64, Arc<Apply>>,
}

/// How a residual is made of others.
#[derive(Default)]
struct Plan {
    applies: Vec<Arc<Apply>>,
    /// What was there before and is not kept yet.
    taken: Vec<Tensor>,
    steps: usize,
}

impl Again {
    /// The operation of the forward pass that made `x` as its only result.
    fn made(&self, x: &Tensor) -> Option<Arc<Apply>> {
        if x.id() < self.since {
            return None;
        }
        x.0.apply().filter(|apply| apply.results.get().is_some_and(|r| r.len() == 1))
    }
    /// What `x` is only moved or converted from, if that is no larger.
    fn moved(&self, x: &Tensor) -> Option<(Arc<Apply>, Tensor)> {
        let apply = self.made(x)?;
        if kind(&apply.op) != Kind::Moves {
            return None;
        }
        let from = (*apply.op.operands().first()?).clone();
        (from.ty().bytes() <= x.ty().bytes()).then_some((apply, from))
    }
    fn drop_if_cheap(&mut self, x: &Tensor) {
        let Some(apply) = self.made(x) else { return };
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
    /// Whether the results of `apply` can be made again at little cost; and how.
    fn plan(&self, apply: Arc<Apply>, plan: &mut Plan) -> bool {
        plan.steps += match kind(&apply.op) {
            Kind::Moves => 0,
            Kind::Computes => 1,
            Kind::Costs => return false,
        };
        // Moves come for nothing, but not in any number.
        if plan.steps > MOST || plan.applies.len() >= 4 * MOST {
            return false;
        }
        for x in apply.op.operands() {
            let planned = plan.applies.iter().any(|a| a.id == x.id());
            let taken = plan.taken.iter().any(|t| t.id() == x.id());
            if self.kept.contains(x.id()) || planned || taken || super::trace::literal(&x.0) {
                continue;
            }
            match self.made(x) {
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

#[derive(PartialEq)]
enum Kind {
    /// It moves elements, or gives known ones.
    Moves,
    /// It takes about as long as reading its operands.
    Computes,
    /// It is worth keeping.
    Costs,
}

fn kind<V>(op: &Op<V>) -> Kind {
    use rune_ir::op::UnaryFn::*;
    match op {
        Op::Constant { .. }
        | Op::Iota { .. }
        | Op::AxisIndex { .. }
        | Op::Convert { .. }
        | Op::BroadcastInDim { .. }
        | Op::Reshape { .. }
        | Op::Transpose { .. }
        | Op::Slice { .. }
        | Op::Reverse { .. }
        | Op::StopGradient { .. } => Kind::Moves,
        Op::Unary {
            f: Neg | Abs | Sign | Not | IsFinite | Floor | Ceil | RoundAfz | RoundEven | Real | Imag | Conj, ..
        }
        | Op::Complex { .. } => Kind::Computes,
        Op::Unary {
            f: Exp | Exp2 | Expm1 | Log | Log1p | Sqrt | Rsqrt | Cbrt | Sin | Cos | Tan | Tanh | Logistic | Erf,
            ..
        } => Kind::Costs,
        Op::Binary { f, .. } => binary(*f),
        Op::IntegerPow { y: -3..=4, .. }
        | Op::Compare { .. }
        | Op::Select { .. }
        | Op::Clamp { .. }
        | Op::BitcastConvert { .. } => Kind::Computes,
        Op::IntegerPow { .. }
        | Op::Pad { .. }
        | Op::Concatenate { .. }
        | Op::DynamicSlice { .. }
        | Op::DynamicUpdateSlice { .. }
        | Op::Gather { .. }
        | Op::Scatter { .. }
        | Op::Reduce { .. }
        | Op::ArgReduce { .. }
        | Op::ReduceWindow { .. }
        | Op::Cumulative { .. }
        | Op::Sort { .. }
        | Op::TopK { .. }
        | Op::Factor { .. }
        | Op::Fft { .. }
        | Op::TriangularSolve { .. }
        | Op::LuSolve { .. }
        | Op::DotGeneral { .. }
        | Op::Conv { .. }
        | Op::Threefry2x32 { .. }
        | Op::Collective { .. }
        | Op::AllGather { .. }
        | Op::AllToAll { .. }
        | Op::Ppermute { .. }
        | Op::Call { .. }
        | Op::CustomJvp { .. }
        | Op::Remat { .. }
        // A name would be lost, and with it that the value may be kept.
        | Op::CheckpointName { .. }
        | Op::CustomVjp { .. }
        | Op::CustomLinear { .. }
        | Op::Case { .. }
        | Op::While { .. }
        | Op::Scan { .. }
        // What is behind a barrier is to be computed where it stands.
        | Op::OptimizationBarrier { .. }
        | Op::DebugPrint { .. }
        | Op::Callback { .. } => Kind::Costs,
    }
}

fn binary(f: rune_ir::op::BinaryFn) -> Kind {
    use rune_ir::op::BinaryFn::*;
    match f {
        Add | Sub | Mul | Div | Max | Min | And | Or | Xor | ShiftLeft | ShiftRightArithmetic | ShiftRightLogical => {
            Kind::Computes
        }
        Pow | Atan2 | Rem => Kind::Costs,
    }
}
