//! Singular values and vectors, by one-sided Jacobi rotations of the triangular factor.
//!
//! The algorithm is slower than LAPACK's `gesdd` by a constant factor, and more accurate: small singular values keep
//! their digits. It is the plain form of Z. Drmač and K. Veselić, "New fast and accurate Jacobi SVD algorithm" (2008).

use super::field::{Field, greatest, identity, inner, sign_of, square, transposed};
use super::qr::{norm, qr};
use super::triangular::two_rows;

/// The maximum number of sweeps over all pairs of rows; six to ten are usual.
const MAX_SWEEPS: usize = 64;

/// An element this small relative to the greatest one counts as 0, because its square is out of range.
const NEGLIGIBLE: f64 = 1e-150;

/// `A = U S Vᴴ`.
pub(super) struct Svd<T> {
    /// The first columns of `U`.
    pub u: Vec<T>,
    /// The singular values, descending.
    pub s: Vec<f64>,
    /// The first rows of `Vᴴ`.
    pub vt: Vec<T>,
}

impl<T: Field> Svd<T> {
    /// Factorizes a matrix `m × n`. `U` and `Vᴴ` are square if `full`, and otherwise have as many columns and rows as
    /// there are singular values. They are NaN if the iteration does not converge. In each column of `U`, and in each
    /// added row of `Vᴴ`, the first of the (nearly) greatest elements is positive.
    pub(super) fn new(a: &[T], m: usize, n: usize, full: bool) -> Svd<T> {
        let mut found = if m >= n {
            tall(a, m, n, full)
        } else {
            let Svd { u, s, vt } = tall(&transposed(a, m, n), n, m, full);
            let columns = if full { n } else { m };
            Svd { u: transposed(&vt, m, m), s, vt: transposed(&u, n, columns) }
        };
        found.choose_signs(m, n, full);
        found
    }
    fn choose_signs(&mut self, m: usize, n: usize, full: bool) {
        let (k, columns) = (m.min(n), if full { m } else { m.min(n) });
        for j in 0..columns {
            let column: Vec<T> = (0..m).map(|i| self.u[i * columns + j]).collect();
            let sign = sign_of(&column);
            if sign == T::ONE {
                continue;
            }
            (0..m).for_each(|i| self.u[i * columns + j] *= sign);
            if j < k {
                self.vt[j * n..(j + 1) * n].iter_mut().for_each(|x| *x *= sign.conj());
            }
        }
        for row in self.vt.chunks_exact_mut(n.max(1)).skip(k) {
            let sign = sign_of(row);
            row.iter_mut().for_each(|x| *x *= sign);
        }
    }
}

/// Like [`Svd::new`], but with arbitrary signs. The matrix has at least as many rows as columns.
fn tall<T: Field>(a: &[T], m: usize, n: usize, full: bool) -> Svd<T> {
    let columns = if full { m } else { n };
    let greatest = greatest(a);
    let nan = T::real(f64::NAN);
    let nothing = || Svd { u: vec![nan; m * columns], s: vec![f64::NAN; n], vt: vec![nan; n * n] };
    if !greatest.is_finite() {
        return nothing();
    }
    // Scaling keeps squares in range.
    let scale = if greatest > 0.0 { greatest } else { 1.0 };
    let scaled: Vec<T> = a.iter().map(|x| x.divide_by_real(scale)).collect();
    let (q, mut rows) = qr(&scaled, m, n, columns);
    rows.truncate(n * n);
    // R is triangular. Rotations make its rows orthogonal: W R = S Vᴴ, so that A = (Q Wᴴ) S Vᴴ.
    let mut turned: Vec<T> = identity(n);
    if !(0..MAX_SWEEPS).any(|_| sweep(&mut rows, &mut turned, n)) {
        return nothing();
    }
    let lengths: Vec<f64> = rows.chunks_exact(n.max(1)).map(norm).collect();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| lengths[j].total_cmp(&lengths[i]));
    let s: Vec<f64> = order.iter().map(|&i| if lengths[i] < NEGLIGIBLE { 0.0 } else { lengths[i] }).collect();
    let rank = s.iter().take_while(|&&s| s > 0.0).count();
    let mut vt: Vec<T> = Vec::with_capacity(n * n);
    order[..rank]
        .iter()
        .for_each(|&i| vt.extend(rows[i * n..(i + 1) * n].iter().map(|x| x.divide_by_real(lengths[i]))));
    if rank < n {
        // The first rows are completed to an orthogonal matrix.
        let (basis, _) = qr(&transposed(&vt, rank, n), n, rank, n);
        vt.extend_from_slice(&transposed(&basis, n, n)[rank * n..]);
    }
    let mut u = q.clone();
    for (row, of_q) in u.chunks_exact_mut(columns.max(1)).zip(q.chunks_exact(columns.max(1))) {
        for (j, &i) in order.iter().enumerate() {
            row[j] = inner(&turned[i * n..(i + 1) * n], &of_q[..n]);
        }
    }
    Svd { u, s: s.iter().map(|x| x * scale).collect(), vt }
}

/// Makes each pair of rows orthogonal once. Returns whether all pairs were orthogonal already.
fn sweep<T: Field>(rows: &mut [T], turned: &mut [T], n: usize) -> bool {
    let tolerance = f64::EPSILON * (n as f64).sqrt();
    let mut squares: Vec<f64> = rows.chunks_exact(n.max(1)).map(square).collect();
    let mut done = true;
    for i in 0..n {
        for j in i + 1..n {
            let (x, y) = two_rows(rows, n, i, j);
            let product = inner(y, x);
            let lengths = squares[i].sqrt() * squares[j].sqrt();
            let size = product.abs();
            if size <= tolerance * lengths || squares[i].min(squares[j]) < NEGLIGIBLE * NEGLIGIBLE {
                continue;
            }
            done = false;
            // The second row times this phase has a real product with the first, as the rotation of real rows needs.
            let phase = product.phase_to_positive().conj();
            let zeta = (squares[j] - squares[i]) / (2.0 * size);
            let tangent = 1.0f64.copysign(zeta) / (zeta.abs() + zeta.hypot(1.0));
            let cosine = 1.0 / tangent.hypot(1.0);
            let rotation = Rotation { phase, cosine, sine: cosine * tangent };
            rotation.apply(x, y);
            (squares[i], squares[j]) = (square(x), square(y));
            let (x, y) = two_rows(turned, n, i, j);
            rotation.apply(x, y);
        }
    }
    done
}

/// A rotation of two rows. It multiplies the second row by a phase first.
struct Rotation<T> {
    phase: T,
    cosine: f64,
    sine: f64,
}

impl<T: Field> Rotation<T> {
    fn apply(&self, x: &mut [T], y: &mut [T]) {
        for (x, y) in x.iter_mut().zip(y) {
            let turned = self.phase * *y;
            (*x, *y) =
                (x.scaled(self.cosine) - turned.scaled(self.sine), x.scaled(self.sine) + turned.scaled(self.cosine));
        }
    }
}
