//! The numbers of matrix computations: real and complex ones in double precision.

use crate::interpret::complex::divide;
use crate::{Array, Complex64, Element, Type, with_element};
use ndarray::{ArrayView2, ArrayViewMut2, LinalgScalar, ShapeBuilder};
use std::ops::{AddAssign, DivAssign, MulAssign, Neg, SubAssign};

/// An element of a matrix.
pub(super) trait Field:
    LinalgScalar + PartialEq + Neg<Output = Self> + AddAssign + SubAssign + MulAssign + DivAssign
{
    const ZERO: Self;
    const ONE: Self;
    /// Converts a real number to this type.
    fn real(x: f64) -> Self;
    fn re(self) -> f64;
    fn im(self) -> f64;
    fn conj(self) -> Self;
    fn abs(self) -> f64;
    /// Returns the square of the magnitude.
    fn abs2(self) -> f64;
    /// Returns the magnitude by which LAPACK chooses pivots. For a complex number, it is the sum of the magnitudes of
    /// the parts.
    fn magnitude(self) -> f64;
    /// Returns the product with a real number.
    fn scaled(self, by: f64) -> Self;
    /// Returns the quotient by a real number.
    fn divide_by_real(self, by: f64) -> Self;
    /// Returns the quotient. No intermediate result overflows if the result is in range.
    fn divide(self, by: Self) -> Self;
    /// Returns the factor of magnitude 1 that makes this number real and positive, or `ONE` if this is 0.
    fn phase_to_positive(self) -> Self;
    fn to_complex(self) -> Complex64 {
        Complex64::new(self.re(), self.im())
    }
    /// Returns the elements of an array.
    fn elements(x: &Array) -> Vec<Self>;
    /// Returns an array of these elements, each rounded once.
    fn array(ty: &Type, elements: Vec<Self>) -> Array;
}

impl Field for f64 {
    const ZERO: f64 = 0.0;
    const ONE: f64 = 1.0;
    #[inline(always)]
    fn real(x: f64) -> f64 {
        x
    }
    #[inline(always)]
    fn re(self) -> f64 {
        self
    }
    #[inline(always)]
    fn im(self) -> f64 {
        0.0
    }
    #[inline(always)]
    fn conj(self) -> f64 {
        self
    }
    #[inline(always)]
    fn abs(self) -> f64 {
        f64::abs(self)
    }
    #[inline(always)]
    fn abs2(self) -> f64 {
        self * self
    }
    #[inline(always)]
    fn magnitude(self) -> f64 {
        f64::abs(self)
    }
    #[inline(always)]
    fn scaled(self, by: f64) -> f64 {
        self * by
    }
    #[inline(always)]
    fn divide_by_real(self, by: f64) -> f64 {
        self / by
    }
    #[inline(always)]
    fn divide(self, by: f64) -> f64 {
        self / by
    }
    fn phase_to_positive(self) -> f64 {
        if self < 0.0 { -1.0 } else { 1.0 }
    }
    fn elements(x: &Array) -> Vec<f64> {
        x.to_f64_vec()
    }
    fn array(ty: &Type, elements: Vec<f64>) -> Array {
        with_element!(ty.dtype, T => {
            Array::from_vec(ty.shape.clone(), elements.into_iter().map(<T as Element>::from_f64).collect())
        })
    }
}

impl Field for Complex64 {
    const ZERO: Complex64 = Complex64::new(0.0, 0.0);
    const ONE: Complex64 = Complex64::new(1.0, 0.0);
    #[inline(always)]
    fn real(x: f64) -> Complex64 {
        Complex64::new(x, 0.0)
    }
    #[inline(always)]
    fn re(self) -> f64 {
        self.re
    }
    #[inline(always)]
    fn im(self) -> f64 {
        self.im
    }
    #[inline(always)]
    fn conj(self) -> Complex64 {
        Complex64::new(self.re, -self.im)
    }
    #[inline(always)]
    fn abs(self) -> f64 {
        self.re.hypot(self.im)
    }
    #[inline(always)]
    fn abs2(self) -> f64 {
        self.re * self.re + self.im * self.im
    }
    #[inline(always)]
    fn magnitude(self) -> f64 {
        self.re.abs() + self.im.abs()
    }
    #[inline(always)]
    fn scaled(self, by: f64) -> Complex64 {
        Complex64::new(self.re * by, self.im * by)
    }
    #[inline(always)]
    fn divide_by_real(self, by: f64) -> Complex64 {
        Complex64::new(self.re / by, self.im / by)
    }
    fn divide(self, by: Complex64) -> Complex64 {
        divide(self, by)
    }
    fn phase_to_positive(self) -> Complex64 {
        let length = Field::abs(self);
        if length == 0.0 { Self::ONE } else { Field::conj(self).divide_by_real(length) }
    }
    fn elements(x: &Array) -> Vec<Complex64> {
        x.to_complex_vec()
    }
    fn array(ty: &Type, elements: Vec<Complex64>) -> Array {
        with_element!(ty.dtype, T => {
            Array::from_vec(ty.shape.clone(), elements.into_iter().map(<T as Element>::from_complex).collect())
        })
    }
}

/// Returns the greatest magnitude of the parts of all elements; NaN if any part is NaN.
pub(super) fn greatest<T: Field>(a: &[T]) -> f64 {
    let parts = a.iter().flat_map(|x| [x.re(), x.im()]);
    parts.fold(0.0, |most: f64, x| if x.is_nan() || most.is_nan() { f64::NAN } else { most.max(x.abs()) })
}

/// Returns the leading element: the first one with more than 0.9 of the greatest magnitude, or 0 if there is none. The
/// tolerance keeps the choice the same if rounding changes elements of equal magnitude.
pub(super) fn leading_element<T: Field>(x: &[T]) -> T {
    let greatest = x.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
    x.iter().copied().find(|x| x.abs() > 0.9 * greatest).unwrap_or(T::ZERO)
}

/// Returns the factor of magnitude 1 that makes the leading element of a vector real and positive.
pub(super) fn sign_of<T: Field>(x: &[T]) -> T {
    leading_element(x).phase_to_positive()
}

/// Returns the identity matrix.
pub(super) fn identity<T: Field>(n: usize) -> Vec<T> {
    (0..n * n).map(|at| if at / n == at % n { T::ONE } else { T::ZERO }).collect()
}

/// Returns the transpose of a matrix `m × n`.
pub(super) fn transposed<T: Field>(a: &[T], m: usize, n: usize) -> Vec<T> {
    (0..n * m).map(|i| a[i % m * n + i / m]).collect()
}

/// Computes `c -= a b` for matrices `m × k` and `k × n`, given with their row and column strides. The rows of `c` are
/// dense.
pub(super) fn subtract_product<T: Field>(
    (m, k, n): (usize, usize, usize),
    (a, a_row, a_col): (&[T], usize, usize),
    (b, b_row, b_col): (&[T], usize, usize),
    (c, c_row): (&mut [T], usize),
) {
    if m == 0 || k == 0 || n == 0 {
        return;
    }
    let a = ArrayView2::from_shape((m, k).strides((a_row, a_col)), a).expect("the matrix lies inside");
    let b = ArrayView2::from_shape((k, n).strides((b_row, b_col)), b).expect("the matrix lies inside");
    let mut c = ArrayViewMut2::from_shape((m, n).strides((c_row, 1)), c).expect("the matrix lies inside");
    ndarray::linalg::general_mat_mul(-T::ONE, &a, &b, T::ONE, &mut c);
}

/// Returns the sum of the products of elements. Eight partial sums let the processor compute in parallel.
pub(super) fn dot<T: Field>(x: &[T], y: &[T]) -> T {
    sum_of(x, y, |x, y| x * y)
}

/// Returns `xᴴ y`: like [`dot`], with the conjugates of `x`.
pub(super) fn inner<T: Field>(x: &[T], y: &[T]) -> T {
    sum_of(x, y, |x, y| x.conj() * y)
}

/// Returns the sum of the squares of magnitudes.
pub(super) fn square<T: Field>(x: &[T]) -> f64 {
    inner(x, x).re()
}

#[inline(always)]
fn sum_of<T: Field>(x: &[T], y: &[T], product: impl Fn(T, T) -> T) -> T {
    let mut sums = [T::ZERO; 8];
    let (xs, ys) = (x.chunks_exact(8), y.chunks_exact(8));
    let rest = xs.remainder().iter().zip(ys.remainder()).fold(T::ZERO, |sum, (&x, &y)| sum + product(x, y));
    for (x, y) in xs.zip(ys) {
        for ((sum, &x), &y) in sums.iter_mut().zip(x).zip(y) {
            *sum += product(x, y);
        }
    }
    sums.into_iter().fold(T::ZERO, |sum, x| sum + x) + rest
}
