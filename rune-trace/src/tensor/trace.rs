//! Builds a program from a graph.

use super::Tensor;
use super::effects::Applied;
use super::graph::collect;
use super::ids::{IdMap, IdSet};
use super::node::{Apply, Node};
use super::residuals::rematerialized;
use rune_ir::{Op, Program, ProgramBuilder, Type, Var};
use std::sync::Arc;

/// The operations between parameters and outputs that belong to the program. The program captures the results of all
/// others.
pub(crate) enum Keep {
    /// Operations applied during a trace, and all its effects: what the traced function did.
    Since(Applied),
    /// Operations that depend on a parameter of the program, and those that are [rematerialized](rematerialized)
    /// instead of captured.
    Dependent,
}

/// A program, and the tensors that it captured.
pub(crate) struct Trace {
    /// Takes the parameters, then the captured tensors.
    pub program: Program,
    /// The tensors from before the trace, in the order of the inputs that follow the parameters.
    pub captured: Vec<Tensor>,
}

impl Trace {
    /// Returns the program with the captured values as constants.
    pub(crate) fn close(self) -> Program {
        let values = self.captured.iter().map(|c| c.value().expect("a constant has its value")).collect();
        self.program.with_constants(values)
    }
}

/// Writes the operations between `params` and `outputs` as a program.
pub(crate) fn trace(name: &str, params: &[Tensor], outputs: &[Tensor], keep: Keep) -> Trace {
    let own: IdSet = params.iter().map(Tensor::id).collect();
    let applies = match keep {
        Keep::Since(Applied { since, effects }) => collect(outputs, effects, |t| match t.0.apply() {
            Some(apply) if !own.contains(t.id()) && (t.id() >= since || is_literal(&t.0, &apply)) => Some(apply),
            _ => None,
        }),
        Keep::Dependent => dependent(params, outputs),
    };
    let made: IdSet = applies.iter().flat_map(|a| result_ids(a)).collect();
    let mut captured = Vec::new();
    let mut vars = Vars::new(UNKNOWN);
    params.iter().zip((0..).map(Var)).for_each(|(p, v)| _ = vars.insert(p.id(), v));
    for tensor in applies.iter().flat_map(|a| a.op.operands()).chain(outputs) {
        if !made.contains(tensor.id()) && !vars.contains(tensor.id()) {
            vars.insert(tensor.id(), Var((params.len() + captured.len()) as u32));
            captured.push(tensor.clone());
        }
    }
    let types = params.iter().chain(&captured).map(|t| t.ty().clone()).collect();
    Trace { program: write_down(name, types, &applies, vars, outputs), captured }
}

/// Returns the operations that lead to `outputs` and depend on `params`, and those that are rematerialized for them.
fn dependent(params: &[Tensor], outputs: &[Tensor]) -> Vec<Arc<Apply>> {
    // A node is independent of these parameters if the parameter of its `max_param_id` is older than all of them.
    let oldest = params.iter().map(Tensor::id).min().unwrap_or(u64::MAX);
    let mut dependent: IdSet = params.iter().map(Tensor::id).collect();
    let mut applies =
        collect(outputs, Vec::new(), |t| match t.0.max_param_id >= oldest && !dependent.contains(t.id()) {
            true => t.0.apply(),
            false => t.0.apply().filter(|apply| is_literal(&t.0, apply)),
        });
    applies.retain(|apply| {
        let depends = apply.op.operands().iter().any(|t| dependent.contains(t.id()));
        if depends {
            dependent.extend(result_ids(apply));
        }
        depends || literal_operation(apply)
    });
    let mut made = dependent;
    made.extend(applies.iter().filter(|a| literal_operation(a)).flat_map(|a| result_ids(a)));
    let taken = applies.iter().flat_map(|a| a.op.operands()).chain(outputs).filter(|t| !made.contains(t.id()));
    let again = rematerialized(taken.cloned().collect(), oldest);
    if again.is_empty() {
        return applies;
    }
    let literals = collect(again.iter().flat_map(|a| a.op.operands()), Vec::new(), |t| {
        t.0.apply().filter(|apply| !made.contains(t.id()) && is_literal(&t.0, apply))
    });
    applies.extend(again.into_iter().chain(literals));
    applies.sort_unstable_by_key(|a| a.id);
    applies.dedup_by_key(|a| a.id);
    applies
}

/// The variable of each node.
pub(super) type Vars = IdMap<Var>;

/// Marks a node without a variable.
pub(super) const UNKNOWN: Var = Var(u32::MAX);

/// Returns the program of these operations, which are in order. `types` are the types of its inputs, and `vars` the
/// variables of the inputs.
pub(crate) fn write_down(
    name: &str,
    types: Vec<Type>,
    applies: &[Arc<Apply>],
    mut vars: Vars,
    outputs: &[Tensor],
) -> Program {
    let mut builder = ProgramBuilder::new(name, types, Vec::new());
    for apply in applies {
        let op = apply.op.map(|t| vars.get(t.id()));
        if let Some(ty) = plain_result(apply) {
            vars.insert(apply.id, builder.push_checked(op, ty, apply.origin.clone()));
            continue;
        }
        let results = builder.push(op, apply.origin.clone()).expect("the node was checked when it was made");
        (apply.id..).zip(results).for_each(|(id, var)| _ = vars.insert(id, var));
    }
    let outputs = outputs.iter().map(|t| vars.get(t.id())).collect();
    builder.finish(outputs).expect("outputs are assigned")
}

/// Returns the type of the result of an operation that has one result, and no sub-programs, batch axis or effects.
fn plain_result(apply: &Apply) -> Option<Type> {
    let [result] = &apply.results.get()?[..] else { return None };
    let plain = apply.op.programs().is_empty() && apply.op.axis().is_none() && !apply.op.has_effects();
    plain.then(|| result.upgrade()).flatten().map(|node| node.ty.clone())
}

fn result_ids(apply: &Apply) -> std::ops::Range<u64> {
    apply.id..apply.id + apply.results.get().map_or(1, |r| r.len()) as u64
}

/// Returns whether a node is a literal or a broadcast literal. These are written into programs, and never captured.
fn is_literal(node: &Node, apply: &Arc<Apply>) -> bool {
    !node.traced() && literal_operation(apply)
}

fn literal_operation(apply: &Apply) -> bool {
    let constant = |op: &Op<Tensor>| matches!(op, Op::Constant { .. });
    if let Op::BroadcastInDim { x, .. } = &apply.op {
        return x.0.apply().is_some_and(|a| constant(&a.op));
    }
    constant(&apply.op)
}

/// Returns whether a node is a literal or a broadcast literal.
pub(crate) fn literal(node: &Node) -> bool {
    node.apply().is_some_and(|apply| is_literal(node, &apply))
}
