//! Walking the graph.

use super::Tensor;
use super::node::{Apply, Node};
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// The operations that `roots` come from, oldest first, so each after those it uses. `enter` is asked once for each node
/// whether its operation belongs to them; where it gives none, the walk stops.
pub(crate) fn collect<'a>(
    roots: impl IntoIterator<Item = &'a Tensor>,
    mut enter: impl FnMut(&Tensor) -> Option<Arc<Apply>>,
) -> Vec<Arc<Apply>> {
    let mut applies: Vec<Arc<Apply>> = Vec::new();
    let (mut seen, mut seen_applies) = (FxHashSet::default(), FxHashSet::default());
    let mut stack: Vec<Tensor> = roots.into_iter().cloned().collect();
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

/// The results of an operation that something still holds, with their position.
pub(crate) fn live_results(apply: &Apply) -> impl Iterator<Item = Arc<Node>> + '_ {
    apply.results.get().into_iter().flatten().filter_map(std::sync::Weak::upgrade)
}
