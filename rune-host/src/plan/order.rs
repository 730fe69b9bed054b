//! Orders the steps. Each comes after the steps whose buffers it reads, and otherwise in the order of the program.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The properties of a step that determine the order.
pub(super) struct Node {
    pub reads: Vec<usize>,
    pub writes: Vec<usize>,
    /// A step that must come before this one.
    pub after: Option<usize>,
    /// The position in the program.
    pub position: usize,
}

/// Returns the indices of the steps in order.
pub(super) fn order(nodes: &[Node], buffers: usize) -> Vec<usize> {
    let mut writer = vec![None; buffers];
    for (i, node) in nodes.iter().enumerate() {
        node.writes.iter().for_each(|&b| writer[b] = Some(i));
    }
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    let mut waits = vec![0usize; nodes.len()];
    for (i, node) in nodes.iter().enumerate() {
        for before in node.reads.iter().filter_map(|&b| writer[b]).chain(node.after) {
            followers[before].push(i);
            waits[i] += 1;
        }
    }
    let entry = |i: usize| Reverse((nodes[i].position, i));
    let mut ready: BinaryHeap<_> = (0..nodes.len()).filter(|&i| waits[i] == 0).map(entry).collect();
    let mut ordered = Vec::with_capacity(nodes.len());
    while let Some(Reverse((_, i))) = ready.pop() {
        ordered.push(i);
        for &follower in &followers[i] {
            waits[follower] -= 1;
            if waits[follower] == 0 {
                ready.push(entry(follower));
            }
        }
    }
    assert_eq!(ordered.len(), nodes.len(), "no step waits for itself");
    ordered
}
