//! Builds a program from a graph.

use super::Tensor;
use super::effects::TraceRecord;
use super::graph::collect;
use super::ids::IdSet;
use super::node::Apply;
use super::program::{UNKNOWN, Vars, program_of};
use super::residuals::rematerialized;
use rune_ir::{Program, Var};
use std::sync::Arc;

/// The operations between parameters and outputs that belong to the program. The program captures the results of all
/// others.
pub(crate) enum Keep {
    /// Operations applied during a trace, and all its effects: what the traced function did.
    Recorded(TraceRecord),
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
        Keep::Recorded(TraceRecord { first_id, effects }) => collect(outputs, effects, |t| match t.0.apply() {
            Some(apply) if !own.contains(t.id()) && (t.id() >= first_id || (!t.is_traced() && apply.is_literal())) => {
                Some(apply)
            }
            _ => None,
        }),
        Keep::Dependent => dependent_operations(params, outputs),
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
    Trace { program: program_of(name, types, &applies, vars, outputs), captured }
}

/// Returns the operations that lead to `outputs` and depend on `params`, and those that are rematerialized for them.
fn dependent_operations(params: &[Tensor], outputs: &[Tensor]) -> Vec<Arc<Apply>> {
    // A node is independent of these parameters if the parameter of its `max_param_id` is older than all of them.
    let oldest = params.iter().map(Tensor::id).min().unwrap_or(u64::MAX);
    let mut dependent: IdSet = params.iter().map(Tensor::id).collect();
    let mut applies =
        collect(outputs, Vec::new(), |t| match t.0.max_param_id >= oldest && !dependent.contains(t.id()) {
            true => t.0.apply(),
            false => t.0.apply().filter(|apply| !t.is_traced() && apply.is_literal()),
        });
    applies.retain(|apply| {
        let depends = apply.op.operands().iter().any(|t| dependent.contains(t.id()));
        if depends {
            dependent.extend(result_ids(apply));
        }
        depends || apply.is_literal()
    });
    let mut made = dependent;
    made.extend(applies.iter().filter(|a| a.is_literal()).flat_map(|a| result_ids(a)));
    let taken = applies.iter().flat_map(|a| a.op.operands()).chain(outputs).filter(|t| !made.contains(t.id()));
    let recomputed = rematerialized(taken.cloned().collect(), oldest);
    if recomputed.is_empty() {
        return applies;
    }
    let literals = collect(recomputed.iter().flat_map(|a| a.op.operands()), Vec::new(), |t| {
        t.0.apply().filter(|apply| !made.contains(t.id()) && !t.is_traced() && apply.is_literal())
    });
    applies.extend(recomputed.into_iter().chain(literals));
    applies.sort_unstable_by_key(|a| a.id);
    applies.dedup_by_key(|a| a.id);
    applies
}

fn result_ids(apply: &Apply) -> std::ops::Range<u64> {
    apply.id..apply.id + apply.results.get().map_or(1, |r| r.len()) as u64
}
