//! Eigenvalues and eigenvectors of square matrices, by the Schur form.

use super::field::{Field, greatest, sign_of, subtract_product, transposed};
use super::qr::norm;
use super::schur::{Triangularize, schur};
use crate::Complex64;
use crate::interpret::complex::divide;

/// Returns the eigenvalues, and the matrix whose columns are eigenvectors of length 1. They are NaN if the iteration
/// does not converge. In each vector, the first of the (nearly) greatest elements is positive. If the matrix is real,
/// eigenvalues that are not real come in conjugate pairs, the one with the positive imaginary part first.
pub(super) fn eig<T: Triangularize>(a: &[T], n: usize) -> (Vec<Complex64>, Vec<Complex64>) {
    let nan = Complex64::new(f64::NAN, f64::NAN);
    if !greatest(a).is_finite() {
        return (vec![nan; n], vec![nan; n * n]);
    }
    let mut balanced = a.to_vec();
    let scales = balance(&mut balanced, n);
    let (t, z) = schur(&balanced, n);
    if n > 0 && t[0].re().is_nan() {
        return (vec![nan; n], vec![nan; n * n]);
    }
    let complex = |x: Vec<T>| -> Vec<Complex64> { x.into_iter().map(T::to_complex).collect() };
    let least = f64::EPSILON * greatest(&t).max(f64::MIN_POSITIVE);
    let form = Form { t: complex(t), n, least };
    let values: Vec<Complex64> = (0..n).map(|i| form.eigenvalue(i)).collect();
    // Each row holds one eigenvector of the triangular form.
    let rows: Vec<Complex64> = (0..n).flat_map(|i| form.vector(i, values[i])).collect();
    // The rows of `vectors` become the eigenvectors of the balanced matrix, with the opposite sign.
    let mut vectors = vec![Complex64::ZERO; n * n];
    subtract_product((n, n, n), (&rows, n, 1), (&complex(z), 1, n), (&mut vectors, n));
    for row in vectors.chunks_exact_mut(n.max(1)) {
        row.iter_mut().zip(&scales).for_each(|(x, &scale)| *x *= scale);
        let length = norm(row);
        row.iter_mut().for_each(|x| *x = x.divide_by_real(length));
        let sign = sign_of(row);
        row.iter_mut().for_each(|x| *x *= sign);
    }
    (values, transposed(&vectors, n, n))
}

/// Scales rows and columns by powers of two until the sums of the magnitudes of each row and its column are about
/// equal, and returns the scales: B. Parlett and C. Reinsch, "Balancing a matrix for calculation of eigenvalues and
/// eigenvectors" (1969). The matrix becomes `D⁻¹ A D`.
fn balance<T: Field>(a: &mut [T], n: usize) -> Vec<f64> {
    let mut scales = vec![1.0; n];
    let mut done = false;
    while !done {
        done = true;
        for i in 0..n {
            let others = || (0..n).filter(|&j| j != i);
            let row: f64 = others().map(|j| a[i * n + j].magnitude()).sum();
            let column: f64 = others().map(|j| a[j * n + i].magnitude()).sum();
            if row == 0.0 || column == 0.0 || !(row + column).is_finite() {
                continue;
            }
            let exponent = (0.5 * (row / column).log2()).round().clamp(-500.0, 500.0);
            let by = exponent.exp2();
            let next: f64 = scales[i] * by;
            if column * by + row / by >= 0.95 * (column + row) || !(1e-200..1e200).contains(&next) {
                continue;
            }
            done = false;
            scales[i] = next;
            (0..n).for_each(|j| a[i * n + j] = a[i * n + j].divide_by_real(by));
            (0..n).for_each(|j| a[j * n + i] = a[j * n + i].scaled(by));
        }
    }
    scales
}

/// A Schur form. The form of a real matrix can have blocks of two rows.
struct Form {
    t: Vec<Complex64>,
    n: usize,
    /// The least magnitude of a divisor. A difference of eigenvalues below it is replaced with it.
    least: f64,
}

impl Form {
    fn at(&self, i: usize, j: usize) -> Complex64 {
        self.t[i * self.n + j]
    }
    /// Returns whether row `i` is the first of a block of two rows.
    fn begins_block(&self, i: usize) -> bool {
        i + 1 < self.n && self.at(i + 1, i) != Complex64::ZERO
    }
    fn eigenvalue(&self, i: usize) -> Complex64 {
        let imaginary = |i: usize| self.at(i, i + 1).re.abs().sqrt() * self.at(i + 1, i).re.abs().sqrt();
        if self.begins_block(i) {
            Complex64::new(self.at(i, i).re, imaginary(i))
        } else if i > 0 && self.begins_block(i - 1) {
            Complex64::new(self.at(i, i).re, -imaginary(i - 1))
        } else {
            self.at(i, i)
        }
    }
    /// Returns the eigenvector of the eigenvalue at row `i`, by substitution from there up.
    fn vector(&self, i: usize, value: Complex64) -> Vec<Complex64> {
        if i > 0 && self.begins_block(i - 1) {
            return self.vector(i - 1, value.conj()).into_iter().map(|x| x.conj()).collect();
        }
        let mut x = vec![Complex64::ZERO; self.n];
        let last = if self.begins_block(i) {
            // The rows of the block say -i ω x + b y = 0 and c x - i ω y = 0. The greater element is the divisor.
            let (b, c) = (self.at(i, i + 1).re, self.at(i + 1, i).re);
            let unit = Complex64::new(0.0, value.im);
            (x[i], x[i + 1]) = if b.abs() >= c.abs() { (Complex64::ONE, unit / b) } else { (unit / c, Complex64::ONE) };
            i + 2
        } else {
            x[i] = Complex64::ONE;
            i + 1
        };
        let mut row = i;
        while row > 0 {
            row -= 1;
            let rest = |row: usize, x: &[Complex64]| {
                let products = (row + 1..last).map(|j| self.at(row, j) * x[j]);
                products.fold(Complex64::ZERO, |sum, product| sum - product)
            };
            if row > 0 && self.begins_block(row - 1) {
                // The sums to the right of the block. The unknown of its second row is still 0.
                let sides = [rest(row - 1, &x), rest(row, &x)];
                [x[row - 1], x[row]] = self.block(row - 1, value, sides);
                row -= 1;
            } else {
                let pivot = self.at(row, row) - value;
                let pivot = if Field::abs(pivot) < self.least { Complex64::new(self.least, 0.0) } else { pivot };
                x[row] = divide(rest(row, &x), pivot);
            }
            // If eigenvalues are nearly equal, elements grow. They are then scaled down.
            let size = x[row].magnitude();
            if size > 1e100 {
                x.iter_mut().for_each(|x| *x = x.divide_by_real(size));
            }
        }
        x
    }
    /// Solves for the two unknowns of a block by Cramer's rule.
    fn block(&self, p: usize, value: Complex64, [f, g]: [Complex64; 2]) -> [Complex64; 2] {
        let (a, b) = (self.at(p, p) - value, self.at(p, p + 1));
        let (c, d) = (self.at(p + 1, p), self.at(p + 1, p + 1) - value);
        let determinant = a * d - b * c;
        let size = a.magnitude().max(b.magnitude()).max(c.magnitude()).max(d.magnitude());
        let floor = self.least * size;
        let determinant = if Field::abs(determinant) < floor { Complex64::new(floor, 0.0) } else { determinant };
        [divide(d * f - b * g, determinant), divide(a * g - c * f, determinant)]
    }
}
