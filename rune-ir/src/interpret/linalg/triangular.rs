//! Triangular systems.

use super::BLOCK;
use super::field::{Field, dot, subtract_product, transposed};
use crate::op::Triangular;

/// Replaces the right sides `b`, a matrix of `rows × columns`, with the solution.
pub(super) fn solve<T: Field>(a: &[T], b: &mut [T], (rows, columns): (usize, usize), how: Triangular) {
    if b.is_empty() {
        return;
    }
    if !how.left_side {
        // X A = B is Aᵀ Xᵀ = Bᵀ.
        let mut sides = transposed(b, rows, columns);
        let how = Triangular { left_side: true, ..how.transposed() };
        solve(a, &mut sides, (columns, rows), how);
        b.copy_from_slice(&transposed(&sides, columns, rows));
        return;
    }
    let turned;
    let a = if how.transpose_a {
        turned = transposed(a, rows, rows);
        &turned
    } else {
        a
    };
    let forward = how.lower != how.transpose_a;
    let blocks = (0..rows).step_by(BLOCK).map(|start| (start, (start + BLOCK).min(rows)));
    let system = System { a, n: rows, columns, unit: how.unit_diagonal };
    if forward {
        blocks.for_each(|block| system.block(b, block, true));
    } else {
        blocks.rev().for_each(|block| system.block(b, block, false));
    }
}

/// A triangular matrix of `n` rows, and the number of columns of the right sides.
struct System<'a, T> {
    a: &'a [T],
    n: usize,
    columns: usize,
    unit: bool,
}

impl<T: Field> System<'_, T> {
    /// Solves for the unknowns of a block of rows, and updates the remaining rows.
    fn block(&self, b: &mut [T], (start, end): (usize, usize), forward: bool) {
        let (n, columns) = (self.n, self.columns);
        for step in start..end {
            let i = if forward { step } else { start + end - 1 - step };
            let known = if forward { start..i } else { i + 1..end };
            self.row(b, i, known);
        }
        let (rest, at) = if forward { (end..n, end * columns) } else { (0..start, 0) };
        if rest.is_empty() {
            return;
        }
        let solved = b[start * columns..end * columns].to_vec();
        let part = (&self.a[rest.start * n + start..], n, 1);
        subtract_product((rest.len(), end - start, columns), part, (&solved, columns, 1), (&mut b[at..], columns));
    }
    /// Updates row `i` by the unknowns in `known`.
    fn row(&self, b: &mut [T], i: usize, known: std::ops::Range<usize>) {
        let (row, columns) = (&self.a[i * self.n..(i + 1) * self.n], self.columns);
        if columns == 1 {
            let product = dot(&row[known.clone()], &b[known]);
            b[i] -= product;
        } else {
            for j in known {
                let (this, other) = two_rows(b, columns, i, j);
                this.iter_mut().zip(other).for_each(|(x, y)| *x -= row[j] * *y);
            }
        }
        if !self.unit {
            b[i * columns..(i + 1) * columns].iter_mut().for_each(|x| *x = x.divide(row[i]));
        }
    }
}

/// Returns the rows `i` and `j`, which must differ.
pub(super) fn two_rows<T>(x: &mut [T], columns: usize, i: usize, j: usize) -> (&mut [T], &mut [T]) {
    let (low, high) = (i.min(j), i.max(j));
    let (before, from) = x.split_at_mut(high * columns);
    let (low, high) = (&mut before[low * columns..(low + 1) * columns], &mut from[..columns]);
    if i < j { (low, high) } else { (high, low) }
}
