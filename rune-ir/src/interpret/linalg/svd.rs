//! Singular values and vectors, by one-sided Jacobi rotations of the triangular factor.
//!
//! It is slower than LAPACK's `gesdd` by a constant factor, and more accurate: small singular values keep their digits.
//! See Z. Drmač and K. Veselić, "New fast and accurate Jacobi SVD algorithm" (2008), of which this is the plain form.

use super::qr::{norm, qr};
use super::triangular::two_rows;
use super::{dot, positive, transposed};

/// The maximum number of sweeps over all pairs of rows; six to ten are usual.
const MOST_SWEEPS: usize = 64;

/// Elements that are this small relative to the greatest one are 0: their squares are out of range.
const NOTHING: f64 = 1e-150;

/// `A = U S Vᵀ`.
pub(super) struct Svd {
    /// The first columns of `U`.
    pub u: Vec<f64>,
    /// The singular values, descending.
    pub s: Vec<f64>,
    /// The first rows of `Vᵀ`.
    pub vt: Vec<f64>,
}

impl Svd {
    /// Factorizes a matrix `m × n`. `U` and `Vᵀ` are square if `full`, and otherwise have as many columns and rows as
    /// there are singular values. They are NaN if the iteration does not converge. In each column of `U`, and in each
    /// added row of `Vᵀ`, the first of the (nearly) greatest elements is positive.
    pub(super) fn new(a: &[f64], m: usize, n: usize, full: bool) -> Svd {
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
            let column: Vec<f64> = (0..m).map(|i| self.u[i * columns + j]).collect();
            if positive(&column) {
                continue;
            }
            (0..m).for_each(|i| self.u[i * columns + j] *= -1.0);
            if j < k {
                self.vt[j * n..(j + 1) * n].iter_mut().for_each(|x| *x = -*x);
            }
        }
        for row in self.vt.chunks_exact_mut(n.max(1)).skip(k).filter(|row| !positive(row)) {
            row.iter_mut().for_each(|x| *x = -*x);
        }
    }
}

/// Like [`Svd::new`], for a matrix with at least as many rows as columns, with any signs.
fn tall(a: &[f64], m: usize, n: usize, full: bool) -> Svd {
    let columns = if full { m } else { n };
    let greatest = a.iter().fold(0.0, |m: f64, x| if x.is_nan() { *x } else { m.max(x.abs()) });
    let nothing = || Svd { u: vec![f64::NAN; m * columns], s: vec![f64::NAN; n], vt: vec![f64::NAN; n * n] };
    if !greatest.is_finite() {
        return nothing();
    }
    // This keeps squares in range.
    let scale = if greatest > 0.0 { greatest } else { 1.0 };
    let scaled: Vec<f64> = a.iter().map(|x| x / scale).collect();
    let (q, mut rows) = qr(&scaled, m, n, columns);
    rows.truncate(n * n);
    // R is triangular. Rotations make its rows orthogonal: W R = S Vᵀ, so that A = (Q Wᵀ) S Vᵀ.
    let mut turned: Vec<f64> = (0..n * n).map(|at| if at / n == at % n { 1.0 } else { 0.0 }).collect();
    if !(0..MOST_SWEEPS).any(|_| sweep(&mut rows, &mut turned, n)) {
        return nothing();
    }
    let lengths: Vec<f64> = rows.chunks_exact(n.max(1)).map(norm).collect();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| lengths[j].total_cmp(&lengths[i]));
    let s: Vec<f64> = order.iter().map(|&i| if lengths[i] < NOTHING { 0.0 } else { lengths[i] }).collect();
    let rank = s.iter().take_while(|&&s| s > 0.0).count();
    let mut vt: Vec<f64> = Vec::with_capacity(n * n);
    order[..rank].iter().for_each(|&i| vt.extend(rows[i * n..(i + 1) * n].iter().map(|x| x / lengths[i])));
    if rank < n {
        // Completes an orthogonal matrix from its first rows.
        let (basis, _) = qr(&transposed(&vt, rank, n), n, rank, n);
        vt.extend_from_slice(&transposed(&basis, n, n)[rank * n..]);
    }
    let mut u = q.clone();
    for (row, of_q) in u.chunks_exact_mut(columns.max(1)).zip(q.chunks_exact(columns.max(1))) {
        for (j, &i) in order.iter().enumerate() {
            row[j] = dot(&of_q[..n], &turned[i * n..(i + 1) * n]);
        }
    }
    Svd { u, s: s.iter().map(|x| x * scale).collect(), vt }
}

/// Makes each pair of rows orthogonal once. Returns whether all pairs already were.
fn sweep(rows: &mut [f64], turned: &mut [f64], n: usize) -> bool {
    let tolerance = f64::EPSILON * (n as f64).sqrt();
    let mut squares: Vec<f64> = rows.chunks_exact(n.max(1)).map(|row| dot(row, row)).collect();
    let mut done = true;
    for i in 0..n {
        for j in i + 1..n {
            let (x, y) = two_rows(rows, n, i, j);
            let product = dot(x, y);
            let lengths = squares[i].sqrt() * squares[j].sqrt();
            if product.abs() <= tolerance * lengths || squares[i].min(squares[j]) < NOTHING * NOTHING {
                continue;
            }
            done = false;
            let zeta = (squares[j] - squares[i]) / (2.0 * product);
            let tangent = 1.0f64.copysign(zeta) / (zeta.abs() + zeta.hypot(1.0));
            let cosine = 1.0 / tangent.hypot(1.0);
            let sine = cosine * tangent;
            rotate(x, y, cosine, sine);
            (squares[i], squares[j]) = (dot(x, x), dot(y, y));
            let (x, y) = two_rows(turned, n, i, j);
            rotate(x, y, cosine, sine);
        }
    }
    done
}

fn rotate(x: &mut [f64], y: &mut [f64], cosine: f64, sine: f64) {
    for (x, y) in x.iter_mut().zip(y) {
        (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
    }
}
