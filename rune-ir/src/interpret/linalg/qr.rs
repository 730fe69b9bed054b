//! Orthogonal factors, by Householder reflections.

use super::field::{Field, greatest, inner, square, transposed};

/// A reflection `H = 1 - τ v vᴴ` of the elements from one index on. The first element of `v` is 1. For complex numbers,
/// `H` is unitary but not its own inverse.
pub(super) struct Reflection<T> {
    pub tau: T,
    pub v: Vec<T>,
}

impl<T: Field> Reflection<T> {
    /// Returns the reflection whose adjoint maps `x` to a real multiple of the first unit vector, and that multiple,
    /// like LAPACK's `larfg`. The sign of the multiple is opposite to that of the real part of the first element. If
    /// `x` is already such a multiple, `τ` is 0.
    pub(super) fn of(x: &[T]) -> (Reflection<T>, T) {
        let (first, rest) = x.split_first().expect("there is a first element");
        let length = norm(rest);
        if length == 0.0 && first.im() == 0.0 {
            return (Reflection { tau: T::ZERO, v: Vec::new() }, *first);
        }
        let beta = T::real(-first.abs().hypot(length).copysign(first.re()));
        let divisor = *first - beta;
        let mut v: Vec<T> = x.iter().map(|y| y.divide(divisor)).collect();
        v[0] = T::ONE;
        (Reflection { tau: (beta - *first).divide(beta), v }, beta)
    }
    /// Replaces the vector `x` with `H x`.
    pub(super) fn apply(&self, x: &mut [T]) {
        self.apply_by(self.tau, x);
    }
    /// Replaces the vector `x` with `Hᴴ x`.
    pub(super) fn apply_adjoint(&self, x: &mut [T]) {
        self.apply_by(self.tau.conj(), x);
    }
    fn apply_by(&self, tau: T, x: &mut [T]) {
        if tau != T::ZERO {
            let by = tau * inner(&self.v, x);
            x.iter_mut().zip(&self.v).for_each(|(x, &v)| *x -= by * v);
        }
    }
}

/// Factorizes a matrix `m × n` as `A = Q R`. Returns the first `columns` columns of `Q`, and as many rows of `R`. Signs
/// are LAPACK's.
pub(super) fn qr<T: Field>(a: &[T], m: usize, n: usize, columns: usize) -> (Vec<T>, Vec<T>) {
    let mut r = transposed(a, m, n);
    let mut reflections = Vec::with_capacity(m.min(n));
    for j in 0..m.min(n) {
        let (before, after) = r.split_at_mut((j + 1) * m);
        let column = &mut before[j * m + j..];
        let (reflection, first) = Reflection::of(column);
        column.fill(T::ZERO);
        column[0] = first;
        after.chunks_exact_mut(m).for_each(|x| reflection.apply_adjoint(&mut x[j..]));
        reflections.push(reflection);
    }
    // Holds the columns as rows.
    let mut q = vec![T::ZERO; columns * m];
    for (i, x) in q.chunks_exact_mut(m.max(1)).enumerate() {
        x[i] = T::ONE;
        reflections.iter().enumerate().rev().for_each(|(j, reflection)| reflection.apply(&mut x[j..]));
    }
    let mut rows = transposed(&r, n, m);
    rows.truncate(columns * n);
    (transposed(&q, columns, m), rows)
}

/// Returns the length of a vector, even if its square is out of range.
pub(super) fn norm<T: Field>(x: &[T]) -> f64 {
    let sum = square(x);
    if (1e-280..1e280).contains(&sum) {
        return sum.sqrt();
    }
    let most = greatest(x);
    if most == 0.0 || !most.is_finite() {
        return most;
    }
    x.iter().map(|x| x.divide_by_real(most).abs2()).sum::<f64>().sqrt() * most
}
