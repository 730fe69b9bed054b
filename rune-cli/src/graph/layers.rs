//! Which box stands in which row, so that all lines go down.

use super::model::Graph;

/// The row of each node.
pub fn rows(graph: &Graph) -> Vec<usize> {
    let count = graph.nodes.len();
    let (mut above, mut below) = (vec![Vec::new(); count], vec![Vec::new(); count]);
    for edge in &graph.edges {
        above[edge.to].push(edge.from);
        below[edge.from].push(edge.to);
    }
    // As high as what it needs allows.
    let mut rows = vec![0; count];
    for node in 0..count {
        rows[node] = above[node].iter().map(|&from| rows[from] + 1).max().unwrap_or(0);
    }
    // What shortens lines when it goes down goes down: inputs stand where they are used.
    for node in (0..count).rev() {
        if let Some(lowest) = below[node].iter().map(|&to| rows[to] - 1).min()
            && below[node].len() > above[node].len()
        {
            rows[node] = lowest;
        }
    }
    rows
}
