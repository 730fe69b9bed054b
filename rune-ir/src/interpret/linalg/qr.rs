//! Orthogonal factors, by Householder's reflections.

use super::{dot, transposed};

/// A reflection `1 - τ v vᵀ` of the elements from one on, where it is 1 first in `v`.
pub(super) struct Reflection {
    pub tau: f64,
    pub v: Vec<f64>,
}

impl Reflection {
    /// The one that makes of `x` a multiple of its first element, and which; as LAPACK's `larfg`: of the other sign, and no reflection at all if
    /// it is that already.
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
    /// Reflects `x`.
    pub(super) fn apply(&self, x: &mut [f64]) {
        if self.tau != 0.0 {
            let by = self.tau * dot(&self.v, x);
            x.iter_mut().zip(&self.v).for_each(|(x, v)| *x -= by * v);
        }
    }
}

/// `A = Q R` for a matrix of `m × n`: the first `columns` of `Q`, and as many rows of `R`. Signs are LAPACK's.
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
    // Column by column, as rows.
    let mut q = vec![0.0; columns * m];
    for (i, x) in q.chunks_exact_mut(m.max(1)).enumerate() {
        x[i] = 1.0;
        reflections.iter().enumerate().rev().for_each(|(j, reflection)| reflection.apply(&mut x[j..]));
    }
    let mut rows = transposed(&r, n, m);
    rows.truncate(columns * n);
    (transposed(&q, columns, m), rows)
}

/// The length of a vector, also where its square is out of range.
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
