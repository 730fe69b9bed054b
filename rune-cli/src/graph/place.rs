//! Layout: each box is below its operands, and lines are as straight as the boxes allow.

use super::model::{Edge, Graph, Node};
use super::order::Rows;
use super::straight::straighten;

/// Sizes in pixels. Character widths are those of the fonts in `svg.rs`.
pub const TITLE: f64 = 7.9;
pub const DETAIL: f64 = 6.1;
pub const LABEL: f64 = 6.1;
const GAP: f64 = 26.0;
/// The gap between rows, for the lines and the types beside them.
const ROW_GAP: f64 = 44.0;
/// The minimum distance that a line goes down before it turns; its type is beside this part.
pub const MIN_VERTICAL: f64 = 17.0;
const MARGIN: f64 = 24.0;

#[derive(Clone, Copy)]
pub struct Box {
    /// The centre.
    pub x: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

pub struct Picture {
    pub width: f64,
    pub height: f64,
    /// One per node.
    pub boxes: Vec<Box>,
    /// The points of each edge.
    pub lines: Vec<Vec<(f64, f64)>>,
}

fn size(node: &Node) -> (f64, f64) {
    let text = (node.title.chars().count() as f64 * TITLE).max(node.detail.chars().count() as f64 * DETAIL);
    // The box is wide enough to keep arrows apart, and also the types beside the lines of several results.
    let label = if node.results > 1 { node.longest as f64 * LABEL + 16.0 } else { 0.0 };
    let lines = (node.operands as f64 * 13.0).max((node.results + 1) as f64 * label);
    ((text.max(20.0) + 22.0).max(lines), if node.detail.is_empty() { 28.0 } else { 42.0 })
}

/// Returns the offset from the centre of a box to the start of this result's line, or to the end of this operand's
/// line.
fn port(width: f64, i: usize, count: usize) -> f64 {
    width * ((i as f64 + 1.0) / (count as f64 + 1.0) - 0.5)
}

/// Returns how far each item extends to the left and to the right of its centre, including the types beside its lines.
fn extents(graph: &Graph, rows: &Rows) -> Vec<(f64, f64)> {
    let mut reach: Vec<(f64, f64)> = rows
        .items
        .iter()
        .map(|item| {
            item.node.map_or((0.0, 0.0), |node| (size(&graph.nodes[node]).0 / 2.0, size(&graph.nodes[node]).0 / 2.0))
        })
        .collect();
    for edge in &graph.edges {
        if let Some(label) = &edge.label {
            let from = &graph.nodes[edge.from];
            let right = port(size(from).0, edge.result, from.results) + 8.0 + label.chars().count() as f64 * LABEL;
            reach[edge.from].1 = reach[edge.from].1.max(right);
        }
    }
    reach
}

pub fn place(graph: &Graph, rows: &Rows) -> Picture {
    let reach = extents(graph, rows);
    let mut x = columns(graph, rows, &reach);
    straighten(graph, rows, &reach, GAP, &mut x);
    let left = rows.items.iter().enumerate().map(|(i, _)| x[i] - reach[i].0).fold(f64::INFINITY, f64::min);
    let right = rows.items.iter().enumerate().map(|(i, _)| x[i] + reach[i].1).fold(f64::NEG_INFINITY, f64::max);
    let mut top = MARGIN;
    let (mut tops, mut heights) = (Vec::new(), Vec::new());
    for row in &rows.rows {
        let of = |&i: &usize| rows.items[i].node.map_or(0.0, |node| size(&graph.nodes[node]).1);
        let height = row.iter().map(of).fold(0.0, f64::max);
        tops.push(top);
        heights.push(height);
        top += height + ROW_GAP;
    }
    let at = |i: usize| x[i] - left + MARGIN;
    let boxes: Vec<Box> = graph
        .nodes
        .iter()
        .enumerate()
        .map(|(node, of)| {
            let ((width, height), row) = (size(of), rows.items[node].row);
            Box { x: at(node), top: tops[row] + (heights[row] - height) / 2.0, width, height }
        })
        .collect();
    let line = |(edge, chain): (&Edge, &Vec<usize>)| {
        let (from, to) = (&boxes[edge.from], &boxes[edge.to]);
        let mut points =
            vec![(from.x + port(from.width, edge.result, graph.nodes[edge.from].results), from.top + from.height)];
        for &i in &chain[1..chain.len() - 1] {
            let row = rows.items[i].row;
            points.extend([(at(i), tops[row]), (at(i), tops[row] + heights[row])]);
        }
        points.push((to.x + port(to.width, edge.operand, graph.nodes[edge.to].operands), to.top));
        points
    };
    let lines = graph.edges.iter().zip(&rows.chains).map(line).collect();
    let (width, height) = if boxes.is_empty() { (0.0, 0.0) } else { (right - left, top - ROW_GAP - MARGIN) };
    Picture { width: width + 2.0 * MARGIN, height: height + 2.0 * MARGIN, boxes, lines }
}

/// Returns the centres of all items. Repeatedly moves each row toward the positions that its neighbours want.
fn columns(graph: &Graph, rows: &Rows, reach: &[(f64, f64)]) -> Vec<f64> {
    const SWEEPS: usize = 80;
    let count = rows.items.len();
    // For each item: its neighbours above and below, its preferred offset to the right of each, and the weight.
    let (mut above, mut below) = (vec![Vec::new(); count], vec![Vec::new(); count]);
    for (edge, chain) in graph.edges.iter().zip(&rows.chains) {
        for (step, pair) in chain.windows(2).enumerate() {
            let passes = |i: usize| rows.items[i].node.is_none();
            let weight = match (passes(pair[0]), passes(pair[1])) {
                (true, true) => 16.0,
                (false, false) => 1.0,
                (true, false) | (false, true) => 2.0,
            };
            let (from, to) = (&graph.nodes[edge.from], &graph.nodes[edge.to]);
            let start = if step == 0 { port(size(from).0, edge.result, from.results) } else { 0.0 };
            let end = if step + 2 == chain.len() { port(size(to).0, edge.operand, to.operands) } else { 0.0 };
            above[pair[1]].push((pair[0], start - end, weight));
            below[pair[0]].push((pair[1], end - start, weight));
        }
    }
    let mut x = vec![0.0; count];
    for row in &rows.rows {
        let mut right = 0.0;
        for &i in row {
            x[i] = right + reach[i].0;
            right = x[i] + reach[i].1 + GAP;
        }
        // This centres the rows above each other.
        row.iter().for_each(|&i| x[i] -= right / 2.0);
    }
    for sweep in 0..SWEEPS {
        let down = sweep % 2 == 0;
        // In the last sweeps, the neighbours above and below both count, so that neither side dominates.
        let both = sweep + 40 >= SWEEPS;
        for step in 0..rows.rows.len() {
            let r = if down { step } else { rows.rows.len() - 1 - step };
            let row = &rows.rows[r];
            let wanted: Vec<(f64, f64)> = row
                .iter()
                .map(|&i| {
                    let mut sum = (0.0, 0.0);
                    let sides = [(&above[i], down || both), (&below[i], !down || both)];
                    for &(n, offset, weight) in sides.iter().filter(|(_, counts)| *counts).flat_map(|(side, _)| *side) {
                        sum = (sum.0 + weight * (x[n] + offset), sum.1 + weight);
                    }
                    if sum.1 == 0.0 { (x[i], 0.1) } else { (sum.0 / sum.1, sum.1) }
                })
                .collect();
            for (&i, found) in row.iter().zip(without_overlaps(row, &wanted, reach)) {
                x[i] = found;
            }
        }
    }
    x
}

/// Returns the positions nearest to the wanted ones, by weighted least squares, at which no two items of a row overlap.
/// Without the widths, this is isotonic regression: conflicting neighbours are pooled.
fn without_overlaps(row: &[usize], wanted: &[(f64, f64)], reach: &[(f64, f64)]) -> Vec<f64> {
    let mut offsets = Vec::with_capacity(row.len());
    let mut offset = 0.0;
    for (at, &i) in row.iter().enumerate() {
        if at > 0 {
            offset += reach[row[at - 1]].1 + GAP + reach[i].0;
        }
        offsets.push(offset);
    }
    // Pools: their wanted position, their weight, and their number of items.
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for (&(want, weight), offset) in wanted.iter().zip(&offsets) {
        let mut pool = (want - offset, weight, 1);
        while let Some(&before) = pools.last()
            && before.0 > pool.0
        {
            pools.pop();
            let weight = before.1 + pool.1;
            pool = ((before.0 * before.1 + pool.0 * pool.1) / weight, weight, before.2 + pool.2);
        }
        pools.push(pool);
    }
    let places = pools.iter().flat_map(|&(place, _, count)| std::iter::repeat_n(place, count));
    places.zip(offsets).map(|(place, offset)| place + offset).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_as_near_as_they_can() {
        let reach = [(10.0, 10.0); 3];
        let row = [0, 1, 2];
        assert_eq!(without_overlaps(&row, &[(0.0, 1.0), (100.0, 1.0), (200.0, 1.0)], &reach), [0.0, 100.0, 200.0]);
        // Two items that want the same position share the distance between them.
        assert_eq!(without_overlaps(&row, &[(0.0, 1.0), (0.0, 1.0), (200.0, 1.0)], &reach), [-23.0, 23.0, 200.0]);
    }
}
