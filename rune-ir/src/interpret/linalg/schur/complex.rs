//! QR steps with single shifts, for complex matrices.

use super::{EXCEPTIONAL_SHIFT_INTERVAL, MAX_STEPS, Triangularize, split};
use crate::Complex64;
use crate::interpret::complex::{divide, sqrt};
use crate::interpret::linalg::field::Field;
use crate::interpret::linalg::triangular::two_rows;

impl Triangularize for Complex64 {
    /// Makes a Hessenberg matrix triangular, and multiplies `z` by the unitary matrix that does so. Returns whether the
    /// iteration converges.
    fn triangularize(h: &mut [Complex64], z: &mut [Complex64], n: usize) -> bool {
        let (mut end, mut steps) = (n, 0);
        while end > 1 {
            let start = split(h, n, end);
            if start + 1 == end {
                (end, steps) = (start, 0);
                continue;
            }
            if steps == MAX_STEPS {
                return false;
            }
            steps += 1;
            let shift = shift(h, n, end, steps % EXCEPTIONAL_SHIFT_INTERVAL == 0);
            step(h, z, n, (start, end), shift);
        }
        true
    }
}

/// Wilkinson's shift: the eigenvalue of the last two rows of the block that is closer to the last element.
fn shift(h: &[Complex64], n: usize, end: usize, exceptional: bool) -> Complex64 {
    let at = |i: usize, j: usize| h[(end - i) * n + end - j];
    let (a, b, c, d) = (at(2, 2), at(2, 1), at(1, 2), at(1, 1));
    if exceptional {
        return d + c.magnitude();
    }
    let half = (a - d) * 0.5;
    let root = sqrt(half * half + b * c);
    let (plus, minus) = (half + root, half - root);
    let denominator = if plus.abs2() >= minus.abs2() { plus } else { minus };
    if denominator == Complex64::ZERO { d } else { d - divide(b * c, denominator) }
}

/// One QR step: a first rotation begins to eliminate the shifted first column, and more rotations restore the
/// Hessenberg form.
fn step(h: &mut [Complex64], z: &mut [Complex64], n: usize, (start, end): (usize, usize), shift: Complex64) {
    for k in start..end - 1 {
        let (x, y) = match k == start {
            true => (h[k * n + k] - shift, h[(k + 1) * n + k]),
            false => (h[k * n + k - 1], h[(k + 1) * n + k - 1]),
        };
        let rotation = Rotation::of(x, y);
        let from = k.saturating_sub(1).max(start);
        let (upper, lower) = two_rows(h, n, k, k + 1);
        for (x, y) in upper[from..].iter_mut().zip(&mut lower[from..]) {
            rotation.apply(x, y);
        }
        if k > start {
            h[(k + 1) * n + k - 1] = Complex64::ZERO;
        }
        rotation.columns(&mut h[..(k + 3).min(end) * n], n, k);
        rotation.columns(z, n, k);
    }
}

/// A rotation of two elements, `[[c, s], [-s̄, c]]`.
struct Rotation {
    cosine: f64,
    sine: Complex64,
}

impl Rotation {
    /// Returns the rotation that maps `(x, y)` to `(r, 0)`.
    fn of(x: Complex64, y: Complex64) -> Rotation {
        let (first, second) = (Field::abs(x), Field::abs(y));
        let length = first.hypot(second);
        if second == 0.0 {
            return Rotation { cosine: 1.0, sine: Complex64::ZERO };
        }
        if first == 0.0 {
            return Rotation { cosine: 0.0, sine: y.conj() / second };
        }
        Rotation { cosine: first / length, sine: (x / first) * (y.conj() / length) }
    }
    #[inline(always)]
    fn apply(&self, x: &mut Complex64, y: &mut Complex64) {
        (*x, *y) = (*x * self.cosine + self.sine * *y, *y * self.cosine - self.sine.conj() * *x);
    }
    /// Multiplies the columns `k` and `k + 1` by the adjoint.
    fn columns(&self, rows: &mut [Complex64], n: usize, k: usize) {
        for row in rows.chunks_exact_mut(n) {
            let (x, y) = (row[k], row[k + 1]);
            row[k] = x * self.cosine + self.sine.conj() * y;
            row[k + 1] = y * self.cosine - self.sine * x;
        }
    }
}
