//! Cholesky factorization.

use super::BLOCK;
use super::field::{Field, inner, square, subtract_product};

/// Returns the lower triangular `L` for which `L Lᴴ` is the Hermitian matrix with the lower triangle of `a`. Returns
/// NaN if it is not positive definite. Imaginary parts on the diagonal are not read.
pub(super) fn cholesky<T: Field>(a: &[T], n: usize) -> Vec<T> {
    let mut l = a.to_vec();
    let definite = (0..n).step_by(BLOCK).all(|start| step(&mut l, n, start));
    for (i, row) in l.chunks_exact_mut(n.max(1)).enumerate() {
        if !definite {
            row[..=i].fill(T::real(f64::NAN));
        }
        row[i + 1..].fill(T::ZERO);
    }
    l
}

/// Factors the block of at most [`BLOCK`] columns that begins at `start`, then updates the columns to its right. The
/// steps of all blocks to its left must be done. Returns `false`, without the update, if a pivot is not positive.
fn step<T: Field>(l: &mut [T], n: usize, start: usize) -> bool {
    let end = (start + BLOCK).min(n);
    for i in start..n {
        let (above, below) = l.split_at_mut(i * n);
        let row = &mut below[..n];
        for j in start..end.min(i) {
            let other = &above[j * n..];
            row[j] = (row[j] - inner(&other[start..j], &row[start..j])).divide_by_real(other[j].re());
        }
        if i < end {
            let rest = row[i].re() - square(&row[start..i]);
            // NaN is not positive either.
            if rest.is_nan() || rest <= 0.0 {
                return false;
            }
            row[i] = T::real(rest.sqrt());
        }
    }
    // Copies of the columns, because the product is subtracted in the same memory.
    let rows = n - end;
    let columns: Vec<T> = (end..n).flat_map(|i| l[i * n + start..i * n + end].to_vec()).collect();
    let conjugates: Vec<T> = columns.iter().map(|x| x.conj()).collect();
    let k = end - start;
    if rows > 0 {
        let panel = (&columns[..], k, 1);
        subtract_product((rows, k, rows), panel, (&conjugates, 1, k), (&mut l[end * n + end..], n));
    }
    true
}
