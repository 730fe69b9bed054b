//! From a graph to a program.

use super::Tensor;
use super::effects::Applied;
use super::graph::collect;
use super::node::{Apply, Node};
use super::residuals::made_again;
use crate::{Op, Program, ProgramBuilder, Type, Var};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// Which operations between parameters and outputs belong to the program; what they use of others is captured.
pub(crate) enum Keep {
    /// Those applied during a trace, and all its effects: what the traced function did.
    Since(Applied),
    /// Those that depend on a parameter of the program, and what is rather [made again](made_again) than captured.
    Dependent,
}

/// A program, and what it captured.
pub(crate) struct Trace {
    /// Takes the parameters, then the captured tensors.
    pub program: Program,
    /// What was there before, in the order of the inputs that follow the parameters.
    pub captured: Vec<Tensor>,
}

impl Trace {
    /// The program with what it captured, which has values, as constants.
    pub(crate) fn close(self) -> Program {
        let values = self.captured.iter().map(|c| c.value().expect("a constant has its value")).collect();
        self.program.with_constants(values)
    }
}

/// Writes the operations between `params` and `outputs` down as a program.
pub(crate) fn trace(name: &str, params: &[Tensor], outputs: &[Tensor], keep: Keep) -> Trace {
    let own: FxHashSet<u64> = params.iter().map(Tensor::id).collect();
    // A node older than every parameter cannot depend on one.
    let (oldest, effects, dependent) = match keep {
        Keep::Since(Applied { since, effects }) => (since, effects, false),
        Keep::Dependent => (own.iter().copied().min().unwrap_or(u64::MAX), Vec::new(), true),
    };
    let mut applies = collect(outputs, effects, |t| match t.0.apply() {
        Some(apply) if !own.contains(&t.id()) && (t.id() >= oldest || is_literal(&t.0, &apply)) => Some(apply),
        _ => None,
    });
    if dependent {
        let mut dependent = own.clone();
        applies.retain(|apply| {
            let depends = apply.op.operands().iter().any(|t| dependent.contains(&t.id()));
            if depends {
                dependent.extend(result_ids(apply));
            }
            depends || literal_operation(apply)
        });
        let made: FxHashSet<u64> = applies.iter().flat_map(|a| result_ids(a)).chain(own.iter().copied()).collect();
        let taken = applies.iter().flat_map(|a| a.op.operands()).chain(outputs).filter(|t| !made.contains(&t.id()));
        applies.extend(made_again(taken.cloned().collect(), oldest));
        applies.sort_unstable_by_key(|a| a.id);
    }
    let mut captured = Vec::new();
    let mut vars: FxHashMap<u64, Var> = params.iter().zip((0..).map(Var)).map(|(p, v)| (p.id(), v)).collect();
    let made: FxHashSet<u64> = applies.iter().flat_map(|a| result_ids(a)).collect();
    for tensor in applies.iter().flat_map(|a| a.op.operands()).chain(outputs) {
        if !made.contains(&tensor.id()) && !vars.contains_key(&tensor.id()) {
            vars.insert(tensor.id(), Var(vars.len() as u32));
            captured.push(tensor.clone());
        }
    }
    let types = params.iter().chain(&captured).map(|t| t.ty().clone()).collect();
    Trace { program: write_down(name, types, &applies, vars, outputs), captured }
}

/// The program of these operations, which are in order, with inputs of the types `types`; `vars` are the inputs by node.
pub(crate) fn write_down(
    name: &str,
    types: Vec<Type>,
    applies: &[Arc<Apply>],
    mut vars: FxHashMap<u64, Var>,
    outputs: &[Tensor],
) -> Program {
    let mut builder = ProgramBuilder::new(name, types, Vec::new());
    for apply in applies {
        let op = apply.op.map(|t| vars[&t.id()]);
        let results = builder.push(op, apply.origin.clone()).expect("the node was checked when it was made");
        vars.extend((apply.id..).zip(results));
    }
    let outputs = outputs.iter().map(|t| vars[&t.id()]).collect();
    builder.finish(outputs).expect("outputs are assigned")
}

fn result_ids(apply: &Apply) -> std::ops::Range<u64> {
    apply.id..apply.id + apply.results.get().map_or(1, |r| r.len()) as u64
}

/// Whether a node is so cheap to write down that it is never captured: a literal, or a literal everywhere.
fn is_literal(node: &Node, apply: &Arc<Apply>) -> bool {
    !node.traced && literal_operation(apply)
}

fn literal_operation(apply: &Apply) -> bool {
    let constant = |op: &Op<Tensor>| matches!(op, Op::Constant { .. });
    if let Op::BroadcastInDim { x, .. } = &apply.op {
        return x.0.apply().is_some_and(|a| constant(&a.op));
    }
    constant(&apply.op)
}

/// Whether a node is a literal, or a literal everywhere.
pub(crate) fn literal(node: &Node) -> bool {
    node.apply().is_some_and(|apply| is_literal(node, &apply))
}
