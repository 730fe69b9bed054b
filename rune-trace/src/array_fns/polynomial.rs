//! Polynomials, as vectors of coefficients: the highest power comes first.

use super::broadcast::expect_one_dtype;
use super::complex::expect_inexact;
use super::join::{concat, part};
use super::reductions::squared_magnitude;
use crate::tensor::refuse;
use crate::{Tensor, lax, linalg};
use rune_ir::DType;

#[track_caller]
fn expect_vector(op: &str, p: &Tensor) {
    if p.rank() != 1 {
        refuse!("{op}: coefficients must be a vector, but are {}", p.ty());
    }
}

/// Returns `p` with `n` coefficients: adds zeros for higher powers.
#[track_caller]
fn pad_coefficients(p: &Tensor, n: usize) -> Tensor {
    p.pad(&[((n - p.size()) as isize, 0)], 0)
}

#[track_caller]
fn pad_to_same_size(op: &str, p: &Tensor, q: &Tensor) -> (Tensor, Tensor) {
    expect_vector(op, p);
    expect_vector(op, q);
    expect_one_dtype(op, &[p.dtype(), q.dtype()]);
    let n = p.size().max(q.size());
    (pad_coefficients(p, n), pad_coefficients(q, n))
}

/// Polynomials. This tensor holds the coefficients, from the highest power to the lowest.
impl Tensor {
    /// Returns the values of the polynomial at `x`, by Horner's scheme.
    ///
    /// # Panics
    /// If this is not a vector, or the dtypes differ.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// // x² - 2
    /// let y = Tensor::from([1.0f32, 0.0, -2.0]).polyval(&Tensor::from([0.0f32, 3.0]));
    /// assert_eq!(y.to_vec::<f32>().unwrap(), [-2.0, 7.0]);
    /// ```
    #[track_caller]
    pub fn polyval(&self, x: &Tensor) -> Tensor {
        expect_vector("polyval", self);
        expect_one_dtype("polyval", &[self.dtype(), x.dtype()]);
        let mut y = x.zeros_like();
        for i in 0..self.size() {
            y = y * x + part(self, 0, i, i + 1).squeeze(0);
        }
        y
    }
    /// Returns the coefficients of the polynomial of this degree that fits the points (`self`, `y`) best by least
    /// squares. `y` is a vector, or a matrix with one set of values in each column.
    ///
    /// # Panics
    /// If this is not a vector, `y` does not have as many rows, or the dtypes differ or are not `f32`, `f64`, `c64` or `c128`.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([0.0f64, 1.0, 2.0, 3.0]);
    /// let p = x.polyfit(&(&x * 2.0 + 1.0), 1).to_vec::<f64>().unwrap();
    /// assert!((p[0] - 2.0).abs() < 1e-12 && (p[1] - 1.0).abs() < 1e-12);
    /// ```
    #[track_caller]
    pub fn polyfit(&self, y: &Tensor, degree: usize) -> Tensor {
        expect_vector("polyfit", self);
        expect_inexact("polyfit", self);
        expect_one_dtype("polyfit", &[self.dtype(), y.dtype()]);
        if y.rank() == 0 || y.rank() > 2 || y.shape()[0] != self.size() || self.size() == 0 {
            refuse!("polyfit: values of {} do not fit points of {}", y.ty(), self.ty());
        }
        let powers = self.vander(degree + 1, false);
        // Scales the columns to length 1, so that the problem is well conditioned.
        let scale = lax::convert(&squared_magnitude(&powers).sum_axes(0).sqrt(), powers.dtype());
        let rcond = if self.dtype().real() == DType::F32 { f32::EPSILON.into() } else { f64::EPSILON };
        let solution = linalg::lstsq(&(powers / &scale), y, Some(rcond * self.size() as f64)).solution;
        if y.rank() == 1 { solution / scale } else { solution / scale.unsqueeze(1) }
    }
    /// Returns the sum of two polynomials.
    ///
    /// # Panics
    /// If one is not a vector, or the dtypes differ.
    #[track_caller]
    pub fn polyadd(&self, other: &Tensor) -> Tensor {
        let (p, q) = pad_to_same_size("polyadd", self, other);
        p + q
    }
    /// Returns the difference of two polynomials.
    ///
    /// # Panics
    /// If one is not a vector, or the dtypes differ.
    #[track_caller]
    pub fn polysub(&self, other: &Tensor) -> Tensor {
        let (p, q) = pad_to_same_size("polysub", self, other);
        p - q
    }
    /// Returns the product of two polynomials.
    ///
    /// # Panics
    /// If one is not a vector of at least one coefficient, or the dtypes differ.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// // (x + 1) (x - 1) = x² - 1
    /// let p = Tensor::from([1.0f32, 1.0]).polymul(&Tensor::from([1.0f32, -1.0]));
    /// assert_eq!(p.to_vec::<f32>().unwrap(), [1.0, 0.0, -1.0]);
    /// ```
    #[track_caller]
    pub fn polymul(&self, other: &Tensor) -> Tensor {
        expect_vector("polymul", self);
        expect_vector("polymul", other);
        self.convolve(other, super::signal::ConvolveMode::Full)
    }
    /// Returns the `m`-th derivative of the polynomial.
    ///
    /// # Panics
    /// If this is not a vector of floats or complex numbers.
    #[track_caller]
    pub fn polyder(&self, m: usize) -> Tensor {
        expect_vector("polyder", self);
        expect_inexact("polyder", self);
        let mut p = self.clone();
        for _ in 0..m {
            let n = p.size();
            if n == 0 {
                break;
            }
            let powers = lax::convert(&((n as f64 - 1.0) - lax::iota(p.dtype().real(), [n - 1], 0)), p.dtype());
            p = part(&p, 0, 0, n - 1) * powers;
        }
        p
    }
    /// Returns the `m`-th integral of the polynomial. The constants of integration are 0.
    ///
    /// # Panics
    /// If this is not a vector of floats or complex numbers.
    #[track_caller]
    pub fn polyint(&self, m: usize) -> Tensor {
        expect_vector("polyint", self);
        expect_inexact("polyint", self);
        let mut p = self.clone();
        for _ in 0..m {
            let powers = lax::convert(&(p.size() as f64 - lax::iota(p.dtype().real(), [p.size()], 0)), p.dtype());
            p = (p / powers).pad(&[(0, 1)], 0);
        }
        p
    }
    /// Returns the quotient and the remainder of two polynomials. If the dividend has `m` coefficients and the divisor
    /// `n`, the remainder has `max(m, n - 1)`. Its leading coefficients may be 0.
    ///
    /// # Panics
    /// If one is not a vector of floats or complex numbers, the dtypes differ, or the divisor has no coefficients.
    #[track_caller]
    pub fn polydiv(&self, divisor: &Tensor) -> (Tensor, Tensor) {
        expect_vector("polydiv", self);
        expect_vector("polydiv", divisor);
        expect_inexact("polydiv", self);
        expect_one_dtype("polydiv", &[self.dtype(), divisor.dtype()]);
        let (n, m) = (self.size(), divisor.size());
        if m == 0 {
            refuse!("polydiv: the divisor has no coefficients");
        }
        let leading = part(divisor, 0, 0, 1);
        let (mut rest, mut quotient) = (self.clone(), Vec::new());
        for i in 0..(n + 1).saturating_sub(m) {
            let d = part(&rest, 0, i, i + 1) / &leading;
            rest = rest.at(i as isize..(i + m) as isize).add(-(divisor * &d));
            quotient.push(d);
        }
        let quotient = if quotient.is_empty() { self.zeros_like().i(..0) } else { concat("polydiv", &quotient, 0) };
        (quotient, rest)
    }
    /// Returns the coefficients of the polynomial with these zeros. The first coefficient is 1.
    ///
    /// # Panics
    /// If this is not a vector of floats or complex numbers.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([1.0f32, 2.0]).poly().to_vec::<f32>().unwrap(), [1.0, -3.0, 2.0]);
    /// ```
    #[track_caller]
    pub fn poly(&self) -> Tensor {
        expect_vector("poly", self);
        expect_inexact("poly", self);
        let mut p = lax::full(self.dtype(), &[1].into(), 1.0);
        for i in 0..self.size() {
            let zero = part(self, 0, i, i + 1);
            p = p.pad(&[(0, 1)], 0) - (&p * zero).pad(&[(1, 0)], 0);
        }
        p
    }
}
