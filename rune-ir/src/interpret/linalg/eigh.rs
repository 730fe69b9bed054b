//! Eigenvalues and eigenvectors of Hermitian matrices, as in EISPACK's `tred2` and `imtql2`. Reflections make the
//! matrix tridiagonal. The implicit QL algorithm with Wilkinson's shifts then makes it diagonal.

use super::field::{Field, dot, greatest, identity, inner, sign_of, transposed};
use super::qr::Reflection;
use super::triangular::two_rows;
use std::cmp::Ordering;

/// The maximum number of iterations for one eigenvalue; two or three are usual.
const MAX_ITERATIONS: usize = 64;

/// Returns the eigenvalues in ascending order, and the matrix whose columns are the eigenvectors. They are NaN if the
/// iteration does not converge. Only the lower triangle of `a` is read, and only the real parts of its diagonal. In
/// each vector, the first of the (nearly) greatest elements is positive.
pub(super) fn eigh<T: Field>(a: &[T], n: usize) -> (Vec<f64>, Vec<T>) {
    let element = |(i, j): (usize, usize)| match i.cmp(&j) {
        Ordering::Less => a[j * n + i].conj(),
        Ordering::Equal => T::real(a[i * n + i].re()),
        Ordering::Greater => a[i * n + j],
    };
    let mut hermitian: Vec<T> = (0..n * n).map(|at| element((at / n, at % n))).collect();
    let greatest = greatest(&hermitian);
    if !greatest.is_finite() {
        return (vec![f64::NAN; n], vec![T::real(f64::NAN); n * n]);
    }
    // Scaling keeps squares in range.
    let scale = if greatest > 0.0 { greatest } else { 1.0 };
    hermitian.iter_mut().for_each(|x| *x = x.divide_by_real(scale));
    let (mut diagonal, mut beside, mut rows) = tridiagonal(hermitian, n);
    if !diagonalise(&mut diagonal, &mut beside, &mut rows, n) {
        return (vec![f64::NAN; n], vec![T::real(f64::NAN); n * n]);
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| diagonal[i].total_cmp(&diagonal[j]));
    let values = order.iter().map(|&i| diagonal[i] * scale).collect();
    let vectors: Vec<T> = (order.iter())
        .flat_map(|&i| {
            let vector = &rows[i * n..(i + 1) * n];
            let sign = sign_of(vector);
            vector.iter().map(move |&x| sign * x)
        })
        .collect();
    (values, transposed(&vectors, n, n))
}

/// Returns the diagonal and the subdiagonal of `Qᴴ A Q`, which are real, and `Qᵀ`.
fn tridiagonal<T: Field>(mut a: Vec<T>, n: usize) -> (Vec<f64>, Vec<f64>, Vec<T>) {
    let mut beside = vec![0.0; n];
    let mut reflections = Vec::with_capacity(n);
    for k in 0..n.saturating_sub(1) {
        let from = k + 1;
        // The matrix is Hermitian: the conjugates of its row are its column.
        let column: Vec<T> = a[k * n + from..(k + 1) * n].iter().map(|x| x.conj()).collect();
        let (reflection, first) = Reflection::of(&column);
        beside[k] = first.re();
        let Reflection { tau, v } = &reflection;
        if *tau != T::ZERO {
            // Hᴴ A H = A - v wᴴ - w vᴴ, where w = p - ½ τ (pᴴ v) v and p = τ A v.
            let p: Vec<T> = (from..n).map(|i| *tau * dot(&a[i * n + from..(i + 1) * n], v)).collect();
            let half = (*tau * inner(&p, v)).scaled(0.5);
            let w: Vec<T> = p.iter().zip(v).map(|(&p, &v)| p - half * v).collect();
            for (i, row) in a[from * n..].chunks_exact_mut(n).enumerate() {
                let elements = row[from..].iter_mut().zip(v.iter().zip(&w));
                elements.for_each(|(x, (vj, wj))| *x -= v[i] * wj.conj() + w[i] * vj.conj());
            }
        }
        reflections.push(reflection);
    }
    let diagonal = (0..n).map(|i| a[i * n + i].re()).collect();
    // Row i of Qᵀ is Q eᵢ: the reflections of a unit vector, the last reflection first.
    let mut rows = identity(n);
    for row in rows.chunks_exact_mut(n.max(1)) {
        reflections.iter().enumerate().rev().for_each(|(k, reflection)| reflection.apply(&mut row[k + 1..]));
    }
    (diagonal, beside, rows)
}

/// Zeroes the elements beside the diagonal by rotations, which also rotate `rows`. Returns whether the iteration
/// converges.
fn diagonalise<T: Field>(diagonal: &mut [f64], beside: &mut [f64], rows: &mut [T], n: usize) -> bool {
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
fn sweep<T: Field>(diagonal: &mut [f64], beside: &mut [f64], rows: &mut [T], n: usize, (first, last): (usize, usize)) {
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
            (*x, *y) = (x.scaled(cosine) - y.scaled(sine), x.scaled(sine) + y.scaled(cosine));
        }
    }
    diagonal[first] -= shift;
    beside[first] = g;
    beside[last] = 0.0;
}
