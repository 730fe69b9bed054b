//! Orthogonal factors, by Householder reflections.

use super::{dot, transposed};

/// A reflection `1 - τ v vᵀ` of the elements from one index on, where the first element of `v` is 1.
pub(super) struct Reflection {
    pub tau: f64,
    pub v: Vec<f64>,
}

impl Reflection {
    /// Returns the reflection that maps `x` to a multiple of the first unit vector, and that multiple, like LAPACK's
    /// `larfg`. Its sign is opposite to that of the first element. If `x` already is such a multiple, there is no
    /// reflection.
    pub(super) fn of(x: &[f64]) -> (Reflection, f64) {
        let (first, rest) = x.split_first().expect("there is a first element");
        let length = norm(rest);
        if length == 0.0 {
            return (Reflection { tau: 0.0, v: Vec::new() }, *first);
        }
        let beta = -first.hypot(length).copysign(*first);
        let mut v: Vec<f64> = x.iter().map(|y| y / (first - beta)).collect();
        v[0] = 1.0;
        (Reflection { tau: (beta - first) / beta, v }, beta)
    }
    /// Applies the reflection to `x`.
    pub(super) fn apply(&self, x: &mut [f64]) {
        if self.tau != 0.0 {
            let by = self.tau * dot(&self.v, x);
            x.iter_mut().zip(&self.v).for_each(|(x, v)| *x -= by * v);
        }
    }
}

/// Factorizes a matrix `m × n` as `A = Q R`: the first `columns` columns of `Q`, and that many rows of `R`. Signs are
/// LAPACK's.
pub(super) fn qr(a: &[f64], m: usize, n: usize, columns: usize) -> (Vec<f64>, Vec<f64>) {
    let mut r = transposed(a, m, n);
    let mut reflections = Vec::with_capacity(m.min(n));
    for j in 0..m.min(n) {
        let (before, after) = r.split_at_mut((j + 1) * m);
        let column = &mut before[j * m + j..];
        let (reflection, first) = Reflection::of(column);
        column.fill(0.0);
        column[0] = first;
        after.chunks_exact_mut(m).for_each(|x| reflection.apply(&mut x[j..]));
        reflections.push(reflection);
    }
    // Holds the columns as rows.
    let mut q = vec![0.0; columns * m];
    for (i, x) in q.chunks_exact_mut(m.max(1)).enumerate() {
        x[i] = 1.0;
        reflections.iter().enumerate().rev().for_each(|(j, reflection)| reflection.apply(&mut x[j..]));
    }
    let mut rows = transposed(&r, n, m);
    rows.truncate(columns * n);
    (transposed(&q, columns, m), rows)
}

/// Returns the length of a vector, even if its square is out of range.
pub(super) fn norm(x: &[f64]) -> f64 {
    let square = dot(x, x);
    if (1e-280..1e280).contains(&square) {
        return square.sqrt();
    }
    let greatest = x.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
    if greatest == 0.0 || !greatest.is_finite() || square.is_nan() {
        return if square.is_nan() { f64::NAN } else { greatest };
    }
    x.iter().map(|x| (x / greatest).powi(2)).sum::<f64>().sqrt() * greatest
}
