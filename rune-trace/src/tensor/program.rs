//! Makes programs from the operations of a graph.

use super::Tensor;
use super::ids::IdMap;
use super::node::Apply;
use rune_ir::{Program, ProgramBuilder, Type, Var};
use std::sync::Arc;

/// The variable of each node.
pub(super) type Vars = IdMap<Var>;

/// Marks a node without a variable.
pub(super) const UNKNOWN: Var = Var(u32::MAX);

/// Returns the program of the operations `applies`, which are in order. `types` are the types of the inputs, and `vars`
/// holds their variables.
pub(super) fn program_of(
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
