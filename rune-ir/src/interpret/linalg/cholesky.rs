//! Cholesky factorization.

use super::{BLOCK, dot, subtract_product};

/// Returns the lower triangular `L` for which `L Lᵀ` is the symmetric matrix with the lower triangle of `a`. Returns
/// NaN if it is not positive definite.
pub(super) fn cholesky(a: &[f64], n: usize) -> Vec<f64> {
    let mut l = a.to_vec();
    let definite = (0..n).step_by(BLOCK).all(|start| step(&mut l, n, start));
    for (i, row) in l.chunks_exact_mut(n.max(1)).enumerate() {
        if !definite {
            row[..=i].fill(f64::NAN);
        }
        row[i + 1..].fill(0.0);
    }
    l
}

/// Factors the block of columns from `start` on, which is already updated by all columns to its left, and updates the
/// columns to its right. Returns whether all pivots were positive.
fn step(l: &mut [f64], n: usize, start: usize) -> bool {
    let end = (start + BLOCK).min(n);
    for i in start..n {
        let (above, below) = l.split_at_mut(i * n);
        let row = &mut below[..n];
        for j in start..end.min(i) {
            let other = &above[j * n..];
            row[j] = (row[j] - dot(&row[start..j], &other[start..j])) / other[j];
        }
        if i < end {
            let square = row[i] - dot(&row[start..i], &row[start..i]);
            // NaN is not positive either.
            if square.is_nan() || square <= 0.0 {
                return false;
            }
            row[i] = square.sqrt();
        }
    }
    // A copy of the columns, because the product is subtracted in the same memory.
    let rows = n - end;
    let columns: Vec<f64> = (end..n).flat_map(|i| l[i * n + start..i * n + end].to_vec()).collect();
    let k = end - start;
    if rows > 0 {
        let panel = (&columns[..], k, 1);
        subtract_product((rows, k, rows), panel, (&columns, 1, k), (&mut l[end * n + end..], n));
    }
    true
}
