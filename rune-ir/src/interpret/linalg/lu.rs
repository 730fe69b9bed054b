//! LU factors, and the solution of systems by them.

use super::BLOCK;
use super::field::{Field, subtract_product};
use super::triangular::{self, two_rows};
use crate::op::Triangular;

/// `P A = L U` for a matrix of `m × n`.
pub(super) struct Lu<T> {
    /// `U`, and `L` below the diagonal. The diagonal of `L` is 1.
    pub lu: Vec<T>,
    /// The row with which each of the first rows was exchanged.
    pub pivots: Vec<usize>,
    /// The original index of each row.
    pub permutation: Vec<usize>,
}

impl<T: Field> Lu<T> {
    /// Chooses the first element of greatest magnitude in a column as pivot, like LAPACK's `getrf`. For complex
    /// numbers, the magnitude is the sum of the magnitudes of the parts. A pivot of 0 eliminates nothing.
    pub(super) fn new(a: &[T], m: usize, n: usize) -> Lu<T> {
        let k = m.min(n);
        let mut this = Lu { lu: a.to_vec(), pivots: Vec::with_capacity(k), permutation: (0..m).collect() };
        for start in (0..k).step_by(BLOCK) {
            let end = (start + BLOCK).min(k);
            for j in start..end {
                this.eliminate(j, end, m, n);
            }
            this.update((start, end), m, n);
        }
        this
    }
    /// Moves the pivot of column `j` to the diagonal, and eliminates below it in the columns before `end`.
    fn eliminate(&mut self, j: usize, end: usize, m: usize, n: usize) {
        let mut pivot = j;
        for i in j + 1..m {
            if self.lu[i * n + j].magnitude() > self.lu[pivot * n + j].magnitude() {
                pivot = i;
            }
        }
        self.pivots.push(pivot);
        if pivot != j {
            self.permutation.swap(j, pivot);
            let (this, other) = two_rows(&mut self.lu, n, j, pivot);
            this.swap_with_slice(other);
        }
        let divisor = self.lu[j * n + j];
        if divisor == T::ZERO {
            return;
        }
        for i in j + 1..m {
            let (row, of_pivot) = two_rows(&mut self.lu, n, i, j);
            row[j] = row[j].divide(divisor);
            let factor = row[j];
            row[j + 1..end].iter_mut().zip(&of_pivot[j + 1..end]).for_each(|(x, &y)| *x -= factor * y);
        }
    }
    /// Updates the columns from `end` on by the columns of a block.
    fn update(&mut self, (start, end): (usize, usize), m: usize, n: usize) {
        if end == n {
            return;
        }
        for i in start + 1..end {
            for j in start..i {
                let (row, other) = two_rows(&mut self.lu, n, i, j);
                let factor = row[j];
                row[end..].iter_mut().zip(&other[end..]).for_each(|(x, &y)| *x -= factor * y);
            }
        }
        if end == m {
            return;
        }
        let (above, below) = self.lu.split_at_mut(end * n);
        // Copied, because the factors are in the rows that the product writes.
        let factors: Vec<T> = below.chunks_exact(n).flat_map(|row| &row[start..end]).copied().collect();
        let (rows, k, columns) = (m - end, end - start, n - end);
        let of_block = (&above[start * n + end..], n, 1);
        subtract_product((rows, k, columns), (&factors, k, 1), of_block, (&mut below[end..], n));
    }
}

/// Solves `A X = b`, or `Aᵀ X = b`, by the factors of `A`. `b` has `n` rows and any number of columns.
pub(super) fn solve<T: Field>(
    lu: &[T],
    permutation: &[usize],
    b: &[T],
    (n, columns): (usize, usize),
    transpose: bool,
) -> Vec<T> {
    let row = |i: usize| i * columns..(i + 1) * columns;
    let (lower, upper) = (Triangular::left(true).unit(), Triangular::left(false));
    if !transpose {
        let mut x: Vec<T> = permutation.iter().flat_map(|&from| &b[row(from)]).copied().collect();
        triangular::solve(lu, &mut x, (n, columns), lower);
        triangular::solve(lu, &mut x, (n, columns), upper);
        return x;
    }
    let mut y = b.to_vec();
    triangular::solve(lu, &mut y, (n, columns), upper.transposed());
    triangular::solve(lu, &mut y, (n, columns), lower.transposed());
    let mut x = vec![T::ZERO; y.len()];
    permutation.iter().enumerate().for_each(|(from, &to)| x[row(to)].copy_from_slice(&y[row(from)]));
    x
}
