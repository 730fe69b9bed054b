//! Orders the boxes in each row, so that few lines cross. This is Sugiyama's method: each row in turn is sorted by the
//! positions of its neighbours in the previous row.

use super::model::Graph;

/// A box, or the point where a line passes through a row.
pub struct Item {
    /// The node; `None` for a passing line.
    pub node: Option<usize>,
    pub row: usize,
}

/// The rows, and the lines as chains of items.
pub struct Rows {
    pub items: Vec<Item>,
    /// The items from left to right.
    pub rows: Vec<Vec<usize>>,
    /// The items along each edge of the graph, from its first node to its last.
    pub chains: Vec<Vec<usize>>,
}

/// The number of sorting passes, down and up.
const SWEEPS: usize = 24;

pub fn order(graph: &Graph, row: &[usize]) -> Rows {
    let mut items: Vec<Item> = row.iter().enumerate().map(|(node, &row)| Item { node: Some(node), row }).collect();
    let mut chains = Vec::with_capacity(graph.edges.len());
    for edge in &graph.edges {
        let mut chain = vec![edge.from];
        for row in row[edge.from] + 1..row[edge.to] {
            chain.push(items.len());
            items.push(Item { node: None, row });
        }
        chain.push(edge.to);
        chains.push(chain);
    }
    let mut rows = vec![Vec::new(); row.iter().max().map_or(0, |last| last + 1)];
    for (i, item) in items.iter().enumerate() {
        rows[item.row].push(i);
    }
    let (mut above, mut below) = (vec![Vec::new(); items.len()], vec![Vec::new(); items.len()]);
    for pair in chains.iter().flat_map(|chain| chain.windows(2)) {
        above[pair[1]].push(pair[0]);
        below[pair[0]].push(pair[1]);
    }
    let mut best = (crossings(&rows, &below, items.len()), rows.clone());
    for sweep in 0..SWEEPS {
        let down = sweep % 2 == 0;
        let count = rows.len();
        let mut place = positions(&rows, items.len());
        for step in 1..count {
            let (r, neighbours) = if down { (step, &above) } else { (count - 1 - step, &below) };
            let mut keyed: Vec<(f64, usize)> = rows[r]
                .iter()
                .map(|&i| {
                    let of = &neighbours[i];
                    let sum: f64 = of.iter().map(|&n| place[n]).sum();
                    (if of.is_empty() { place[i] } else { sum / of.len() as f64 }, i)
                })
                .collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            rows[r] = keyed.into_iter().map(|(_, i)| i).collect();
            space_evenly(&rows[r], &mut place);
        }
        let found = crossings(&rows, &below, items.len());
        if found < best.0 {
            best = (found, rows.clone());
        }
    }
    Rows { items, rows: best.1, chains }
}

/// Returns the position of each item in its row, between 0 and 1.
fn positions(rows: &[Vec<usize>], count: usize) -> Vec<f64> {
    let mut place = vec![0.0; count];
    rows.iter().for_each(|row| space_evenly(row, &mut place));
    place
}

fn space_evenly(row: &[usize], place: &mut [f64]) {
    for (at, &item) in row.iter().enumerate() {
        place[item] = (at as f64 + 0.5) / row.len() as f64;
    }
}

/// Returns the number of crossings between neighbouring rows.
fn crossings(rows: &[Vec<usize>], below: &[Vec<usize>], count: usize) -> usize {
    let mut at = vec![0; count];
    for row in rows {
        row.iter().enumerate().for_each(|(i, &item)| at[item] = i);
    }
    let mut crossed = 0;
    for row in rows {
        // The ends of lines, in the order of their starts. Each pair out of order is a crossing. A binary indexed tree
        // counts them.
        let mut ends: Vec<usize> = Vec::new();
        for &item in row {
            let mut own: Vec<usize> = below[item].iter().map(|&to| at[to]).collect();
            own.sort_unstable();
            ends.extend(own);
        }
        let size = ends.iter().max().map_or(0, |m| m + 1);
        let mut tree = vec![0; size + 1];
        for (before, &end) in ends.iter().enumerate() {
            let mut not_right = 0;
            let mut i = end + 1;
            while i > 0 {
                not_right += tree[i];
                i &= i - 1;
            }
            crossed += before - not_right;
            let mut i = end + 1;
            while i <= size {
                tree[i] += 1;
                i += i & i.wrapping_neg();
            }
        }
    }
    crossed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crossings_are_counted() {
        // Each line goes to the opposite side, and crosses all others.
        let rows = [vec![0, 1, 2], vec![3, 4, 5]];
        let below = [vec![5], vec![4], vec![3], vec![], vec![], vec![]];
        assert_eq!(crossings(&rows, &below, 6), 3);
        let straight = [vec![3], vec![4, 3], vec![5], vec![], vec![], vec![]];
        assert_eq!(crossings(&rows, &straight, 6), 0);
    }
}
