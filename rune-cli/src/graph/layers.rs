//! Assigns boxes to rows, so that all lines go down.

use super::model::Graph;

/// Returns the row of each node.
pub fn rows(graph: &Graph) -> Vec<usize> {
    let count = graph.nodes.len();
    let (mut above, mut below) = (vec![Vec::new(); count], vec![Vec::new(); count]);
    for edge in &graph.edges {
        above[edge.to].push(edge.from);
        below[edge.from].push(edge.to);
    }
    // Each node is as high as its operands allow.
    let mut rows = vec![0; count];
    for node in 0..count {
        rows[node] = above[node].iter().map(|&from| rows[from] + 1).max().unwrap_or(0);
    }
    // Some nodes move down to their use: those that depend only on inputs with no other use, together with these
    // inputs, and those with more lines below than above.
    let mut free = vec![false; count];
    for node in 0..count {
        free[node] = above[node].iter().all(|&from| free[from] && below[from].len() == 1);
    }
    for node in (0..count).rev() {
        if let Some(lowest) = below[node].iter().map(|&to| rows[to] - 1).min()
            && (free[node] || below[node].len() > above[node].len())
        {
            rows[node] = lowest;
        }
    }
    rows
}
