//! Walks over the graph.

use super::Tensor;
use super::ids::IdSet;
use super::node::{Apply, Node};
use std::sync::Arc;

/// Returns the operations `effects`, and those on which they and `roots` depend, oldest first. `enter` is called once
/// for each node. It returns the operation of the node, or `None` to end the walk at this node.
pub(super) fn collect<'a>(
    roots: impl IntoIterator<Item = &'a Tensor>,
    effects: Vec<Arc<Apply>>,
    mut enter: impl FnMut(&Tensor) -> Option<Arc<Apply>>,
) -> Vec<Arc<Apply>> {
    let (mut seen, mut seen_applies) = (IdSet::new(), IdSet::new());
    let mut stack: Vec<Tensor> = roots.into_iter().cloned().collect();
    seen_applies.extend(effects.iter().map(|apply| apply.id));
    stack.extend(effects.iter().flat_map(|apply| apply.op.operands()).cloned());
    let mut applies = effects;
    while let Some(tensor) = stack.pop() {
        if !seen.insert(tensor.id()) {
            continue;
        }
        let Some(apply) = enter(&tensor) else { continue };
        if seen_applies.insert(apply.id) {
            stack.extend(apply.op.operands().into_iter().cloned());
            applies.push(apply);
        }
    }
    applies.sort_unstable_by_key(|a| a.id);
    applies
}

/// Returns the results of an operation that something still holds, with their indices.
pub(crate) fn live_results(apply: &Apply) -> impl Iterator<Item = Arc<Node>> + '_ {
    apply.results.get().into_iter().flatten().filter_map(std::sync::Weak::upgrade)
}
