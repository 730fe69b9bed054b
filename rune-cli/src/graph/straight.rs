//! Straightens lines: it aligns the items of a line, and boxes that only one line connects, if there is room.

use super::model::Graph;
use super::order::Rows;

/// Moves items within the room between their neighbours in the row. `reach` is how far each item extends to the left
/// and to the right of its centre.
pub fn straighten(graph: &Graph, rows: &Rows, reach: &[(f64, f64)], gap: f64, x: &mut [f64]) {
    /// Several sweeps are needed, because a moved item makes room for others.
    const SWEEPS: usize = 3;
    let (mut left, mut right) = (vec![None; x.len()], vec![None; x.len()]);
    for pair in rows.rows.iter().flat_map(|row| row.windows(2)) {
        (right[pair[0]], left[pair[1]]) = (Some(pair[1]), Some(pair[0]));
    }
    let spines = chains(graph, rows);
    for spine in std::iter::repeat_n(&spines, SWEEPS).flatten() {
        let room = |i: usize| {
            let low = left[i].map_or(f64::NEG_INFINITY, |l| x[l] + reach[l].1 + gap + reach[i].0);
            let high = right[i].map_or(f64::INFINITY, |r| x[r] - reach[r].0 - gap - reach[i].1);
            (low, high)
        };
        let rooms: Vec<(f64, f64)> = spine.iter().map(|&i| room(i)).collect();
        for (part, (low, high)) in parts(&rooms) {
            let mut wanted: Vec<f64> = spine[part.clone()].iter().map(|&i| x[i]).collect();
            wanted.sort_by(f64::total_cmp);
            let place = wanted[wanted.len() / 2].max(low).min(high);
            spine[part].iter().for_each(|&i| x[i] = place);
        }
    }
}

/// Returns lists of items to align: the passing items of a line, and boxes that only one line connects.
fn chains(graph: &Graph, rows: &Rows) -> Vec<Vec<usize>> {
    let mut next: Vec<Option<usize>> = vec![None; graph.nodes.len()];
    let mut begins = vec![true; graph.nodes.len()];
    for (i, edge) in graph.edges.iter().enumerate() {
        if graph.nodes[edge.to].operands == 1 && graph.nodes[edge.from].results == 1 && next[edge.from].is_none() {
            next[edge.from] = Some(i);
            begins[edge.to] = false;
        }
    }
    let mut spines = Vec::new();
    for node in (0..graph.nodes.len()).filter(|&node| begins[node]) {
        let mut spine = vec![node];
        while let Some(edge) = next[*spine.last().unwrap_or(&node)] {
            spine.extend_from_slice(&rows.chains[edge][1..]);
        }
        spines.push(spine);
    }
    let alone = |edge: usize| next[graph.edges[edge].from] != Some(edge);
    let passing = (0..graph.edges.len()).filter(|&edge| alone(edge)).map(|edge| &rows.chains[edge]);
    spines.extend(passing.map(|chain| chain[1..chain.len() - 1].to_vec()));
    spines
}

/// Splits a list into the longest parts with common room, from the start on. Returns each part with its room.
fn parts(rooms: &[(f64, f64)]) -> Vec<(std::ops::Range<usize>, (f64, f64))> {
    let mut parts: Vec<(std::ops::Range<usize>, (f64, f64))> = Vec::new();
    for (i, room) in rooms.iter().enumerate() {
        if let Some((part, common)) = parts.last_mut() {
            let both = (common.0.max(room.0), common.1.min(room.1));
            if both.0 <= both.1 {
                (part.end, *common) = (i + 1, both);
                continue;
            }
        }
        parts.push((i..i + 1, *room));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_bends_only_where_it_has_no_room() {
        let rooms = [(0.0, 10.0), (5.0, 20.0), (-5.0, 6.0), (7.0, 9.0), (8.0, 30.0)];
        assert_eq!(parts(&rooms), [(0..3, (5.0, 6.0)), (3..5, (8.0, 9.0))]);
    }
}
