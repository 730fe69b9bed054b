//! Eigenvalues and eigenvectors of symmetric matrices: made tridiagonal by reflections, and then diagonal by the implicit QL algorithm with
//! Wilkinson's shifts, as EISPACK's `tred2` and `imtql2` do it.

use super::positive;
use super::qr::Reflection;
use super::triangular::two_rows;
use super::{dot, transposed};

/// The maximum number of iterations for one eigenvalue; two or three are usual.
const MAX_ITERATIONS: usize = 64;

/// Returns the eigenvalues in ascending order, and the matrix whose columns are the eigenvectors. They are NaN if the
/// iteration does not converge. Only the lower triangle of `a` is read. In each vector, the first of the (nearly)
/// greatest elements is positive.
pub(super) fn eigh(a: &[f64], n: usize) -> (Vec<f64>, Vec<f64>) {
    let mut symmetric: Vec<f64> = (0..n * n).map(|at| a[(at / n).max(at % n) * n + (at / n).min(at % n)]).collect();
    let greatest = symmetric.iter().fold(0.0, |m: f64, x| if x.is_nan() { *x } else { m.max(x.abs()) });
    if !greatest.is_finite() {
        return (vec![f64::NAN; n], vec![f64::NAN; n * n]);
    }
    // This keeps squares in range.
    let scale = if greatest > 0.0 { greatest } else { 1.0 };
    symmetric.iter_mut().for_each(|x| *x /= scale);
    let (mut diagonal, mut beside, mut rows) = tridiagonal(symmetric, n);
    if !diagonalise(&mut diagonal, &mut beside, &mut rows, n) {
        return (vec![f64::NAN; n], vec![f64::NAN; n * n]);
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| diagonal[i].total_cmp(&diagonal[j]));
    let values = order.iter().map(|&i| diagonal[i] * scale).collect();
    let vectors: Vec<f64> = (order.iter())
        .flat_map(|&i| {
            let vector = &rows[i * n..(i + 1) * n];
            let sign = if positive(vector) { 1.0 } else { -1.0 };
            vector.iter().map(move |x| sign * x)
        })
        .collect();
    (values, transposed(&vectors, n, n))
}

/// Returns the two diagonals of `Qᵀ A Q`, the main one and the one beside it, and `Qᵀ`.
fn tridiagonal(mut a: Vec<f64>, n: usize) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let mut beside = vec![0.0; n];
    let mut reflections = Vec::with_capacity(n);
    for k in 0..n.saturating_sub(1) {
        let from = k + 1;
        // The matrix is symmetric: its row is its column.
        let (reflection, first) = Reflection::of(&a[k * n + from..(k + 1) * n]);
        beside[k] = first;
        let Reflection { tau, v } = &reflection;
        if *tau != 0.0 {
            // H A H = A - v wᵀ - w vᵀ, where w = p - ½ τ (pᵀ v) v and p = τ A v.
            let p: Vec<f64> = (from..n).map(|i| tau * dot(&a[i * n + from..(i + 1) * n], v)).collect();
            let half = 0.5 * tau * dot(&p, v);
            let w: Vec<f64> = p.iter().zip(v).map(|(p, v)| p - half * v).collect();
            for (i, row) in a[from * n..].chunks_exact_mut(n).enumerate() {
                let elements = row[from..].iter_mut().zip(v.iter().zip(&w));
                elements.for_each(|(x, (vj, wj))| *x -= v[i] * wj + w[i] * vj);
            }
        }
        reflections.push(reflection);
    }
    let diagonal = (0..n).map(|i| a[i * n + i]).collect();
    // Row i of Qᵀ is Q eᵢ: the reflections of a unit vector, the last reflection first.
    let mut rows = vec![0.0; n * n];
    for (i, row) in rows.chunks_exact_mut(n.max(1)).enumerate() {
        row[i] = 1.0;
        reflections.iter().enumerate().rev().for_each(|(k, reflection)| reflection.apply(&mut row[k + 1..]));
    }
    (diagonal, beside, rows)
}

/// Zeroes the elements beside the diagonal by rotations, which also rotate `rows`. Returns whether the iteration
/// converges.
fn diagonalise(diagonal: &mut [f64], beside: &mut [f64], rows: &mut [f64], n: usize) -> bool {
    for first in 0..n {
        let mut iterations = 0;
        loop {
            // The matrix splits where an element beside the diagonal is negligible.
            let small = |i: &usize| beside[*i].abs() <= f64::EPSILON * (diagonal[*i].abs() + diagonal[*i + 1].abs());
            let last = (first..n - 1).find(small).unwrap_or(n - 1);
            if last == first {
                break;
            }
            if iterations == MAX_ITERATIONS {
                return false;
            }
            iterations += 1;
            sweep(diagonal, beside, rows, n, (first, last));
        }
    }
    true
}

/// One sweep of rotations from `last` up to `first`.
fn sweep(diagonal: &mut [f64], beside: &mut [f64], rows: &mut [f64], n: usize, (first, last): (usize, usize)) {
    let ratio = (diagonal[first + 1] - diagonal[first]) / (2.0 * beside[first]);
    let mut g = diagonal[last] - diagonal[first] + beside[first] / (ratio + ratio.hypot(1.0).copysign(ratio));
    let (mut sine, mut cosine, mut shift) = (1.0, 1.0, 0.0);
    for i in (first..last).rev() {
        let (f, b) = (sine * beside[i], cosine * beside[i]);
        let r = f.hypot(g);
        beside[i + 1] = r;
        if r == 0.0 {
            diagonal[i + 1] -= shift;
            beside[last] = 0.0;
            return;
        }
        (sine, cosine) = (f / r, g / r);
        g = diagonal[i + 1] - shift;
        let r = (diagonal[i] - g) * sine + 2.0 * cosine * b;
        shift = sine * r;
        diagonal[i + 1] = g + shift;
        g = cosine * r - b;
        let (upper, lower) = two_rows(rows, n, i, i + 1);
        for (x, y) in upper.iter_mut().zip(lower) {
            (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
        }
    }
    diagonal[first] -= shift;
    beside[first] = g;
    beside[last] = 0.0;
}
