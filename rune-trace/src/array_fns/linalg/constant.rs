//! Constant matrices, like those in `scipy.linalg`.

use super::kron;
use super::special::{columns, rows};
use crate::array_fns::fft::Norm;
use crate::tensor::refuse;
use crate::{Complex64, Tensor, lax};
use rune_ir::DType;
use std::f64::consts::PI;

/// Returns the matrix with elements `1 / (i + j + 1)`.
///
/// # Panics
/// Panics if the dtype is not a float.
///
/// ```
/// use rune_trace::{DType, linalg};
/// assert_eq!(linalg::hilbert(2, DType::F32).to_vec::<f32>().unwrap(), [1.0, 1.0 / 2.0, 1.0 / 2.0, 1.0 / 3.0]);
/// ```
#[track_caller]
pub fn hilbert(n: usize, dtype: DType) -> Tensor {
    if !dtype.is_float() {
        refuse!("linalg::hilbert: takes a dtype of floats, but got {dtype}");
    }
    1.0 / lax::convert(&(rows(n, n) + columns(n, n) + 1), dtype)
}

/// Returns the inverse of [`hilbert`]. Its elements are whole numbers.
///
/// # Panics
/// Panics if the dtype is not a float.
///
/// ```
/// use rune_trace::{DType, linalg};
/// assert_eq!(linalg::invhilbert(2, DType::F32).to_vec::<f32>().unwrap(), [4.0, -6.0, -6.0, 12.0]);
/// ```
#[track_caller]
pub fn invhilbert(n: usize, dtype: DType) -> Tensor {
    if !dtype.is_float() {
        refuse!("linalg::invhilbert: takes a dtype of floats, but got {dtype}");
    }
    let element = |i: usize, j: usize| {
        let sign = if (i + j).is_multiple_of(2) { 1.0 } else { -1.0 };
        let outer = binomial(n + i, n - j - 1) * binomial(n + j, n - i - 1);
        sign * (i + j + 1) as f64 * outer * binomial(i + j, i).powi(2)
    };
    let elements: Vec<f64> = (0..n * n).map(|at| element(at / n, at % n)).collect();
    Tensor::from_slice([n, n], &elements).cast(dtype)
}

/// Returns the binomial coefficient of `n` over `k`. Every intermediate result is a binomial coefficient, so it is
/// exact up to 2⁵³.
fn binomial(n: usize, k: usize) -> f64 {
    (0..k).fold(1.0, |c, i| c * (n - i) as f64 / (i + 1) as f64)
}

/// Returns the matrix of the discrete Fourier transform: its product with a vector is [`fft`](crate::fft::fft) of the
/// vector.
///
/// # Panics
/// Panics if the dtype is not complex.
///
/// ```
/// use rune_trace::{Complex64, DType, fft::Norm, linalg};
/// let x = linalg::dft(2, Norm::Backward, DType::C128).to_vec::<Complex64>().unwrap();
/// let expected = [1.0, 1.0, 1.0, -1.0];
/// assert!(x.iter().zip(expected).all(|(x, y)| (x - y).norm() < 1e-15));
/// ```
#[track_caller]
pub fn dft(n: usize, norm: Norm, dtype: DType) -> Tensor {
    if !dtype.is_complex() {
        refuse!("linalg::dft: takes a complex dtype, but got {dtype}");
    }
    let scale = match norm {
        Norm::Backward => 1.0,
        Norm::Ortho => 1.0 / (n as f64).sqrt(),
        Norm::Forward => 1.0 / n as f64,
    };
    let element = |i: usize, j: usize| {
        let angle = -2.0 * PI * ((i * j) % n) as f64 / n as f64;
        Complex64::new(scale * angle.cos(), scale * angle.sin())
    };
    let elements: Vec<Complex64> = (0..n * n).map(|at| element(at / n, at % n)).collect();
    Tensor::from_slice([n, n], &elements).cast(dtype)
}

/// Returns the Hadamard matrix by Sylvester's construction: its elements are 1 and -1, and its rows are orthogonal.
///
/// # Panics
/// Panics unless `n` is a power of two.
///
/// ```
/// use rune_trace::{DType, linalg};
/// assert_eq!(linalg::hadamard(2, DType::I32).to_vec::<i32>().unwrap(), [1, 1, 1, -1]);
/// ```
#[track_caller]
pub fn hadamard(n: usize, dtype: DType) -> Tensor {
    if !n.is_power_of_two() {
        refuse!("linalg::hadamard: takes a power of two, but got {n}");
    }
    let mut matrix = Tensor::ones([1, 1], dtype);
    if n == 1 {
        return matrix;
    }
    let (one, two) = (Tensor::ones([2, 2], dtype), Tensor::full([2, 2], 2, dtype));
    let pair = one - two * Tensor::eye(2, dtype).pad(&[(1, -1), (1, -1)], 0);
    for _ in 0..n.trailing_zeros() {
        matrix = kron(&matrix, &pair);
    }
    matrix
}

/// The form of a Pascal matrix.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum PascalKind {
    /// The binomial coefficients of `i + j` over `i`. It is the product of the other two forms.
    #[default]
    Symmetric,
    /// The binomial coefficients of `i` over `j`, which are 0 above the diagonal.
    Lower,
    /// The transpose of the lower form.
    Upper,
}

/// Returns a Pascal matrix, which consists of binomial coefficients.
///
/// # Panics
/// Panics if the dtype is `bool`.
///
/// ```
/// use rune_trace::{DType, linalg, linalg::PascalKind};
/// let pascal = |kind| linalg::pascal(3, kind, DType::I32).to_vec::<i32>().unwrap();
/// assert_eq!(pascal(PascalKind::Symmetric), [1, 1, 1, 1, 2, 3, 1, 3, 6]);
/// assert_eq!(pascal(PascalKind::Lower), [1, 0, 0, 1, 1, 0, 1, 2, 1]);
/// ```
#[track_caller]
pub fn pascal(n: usize, kind: PascalKind, dtype: DType) -> Tensor {
    if dtype == DType::Bool {
        refuse!("linalg::pascal: takes a dtype of numbers, but got bool");
    }
    let lower = lower_pascal(n, dtype);
    match kind {
        PascalKind::Symmetric => lower.matmul(lower.t()),
        PascalKind::Lower => lower,
        PascalKind::Upper => lower.t(),
    }
}

/// Returns the inverse of [`pascal`]. Its elements are whole numbers too.
///
/// # Panics
/// Panics if the dtype is `bool` or an unsigned integer.
///
/// ```
/// use rune_trace::{DType, linalg, linalg::PascalKind};
/// let inverse = linalg::invpascal(3, PascalKind::Symmetric, DType::I32);
/// assert_eq!(inverse.to_vec::<i32>().unwrap(), [3, -3, 1, -3, 5, -2, 1, -2, 1]);
/// ```
#[track_caller]
pub fn invpascal(n: usize, kind: PascalKind, dtype: DType) -> Tensor {
    if dtype == DType::Bool || dtype.is_unsigned_int() {
        refuse!("linalg::invpascal: takes a dtype of signed numbers, but got {dtype}");
    }
    let odd = (rows(n, n) + columns(n, n)).remainder(2);
    let lower = lower_pascal(n, dtype) * lax::convert(&(1 - odd * 2), dtype);
    match kind {
        PascalKind::Symmetric => lower.t().matmul(&lower),
        PascalKind::Lower => lower,
        PascalKind::Upper => lower.t(),
    }
}

/// Returns the binomial coefficients of `i` over `j`. Each row is the previous row plus the previous row moved right by
/// one.
#[track_caller]
fn lower_pascal(n: usize, dtype: DType) -> Tensor {
    let mut all = Vec::with_capacity(n);
    let mut row = Tensor::eye(n, dtype).i(0..n.min(1)).reshape([n]);
    for _ in 0..n {
        all.push(row.clone());
        row = &row + row.pad(&[(1, -1)], 0);
    }
    if all.is_empty() { Tensor::zeros([0, 0], dtype) } else { Tensor::stack(&all, 0) }
}

/// Returns the orthogonal Helmert matrix: `scipy.linalg.helmert` with `full=True`. Its first row is constant. For `i >
/// 0`, row `i` is proportional to `i` ones, then `-i`, then zeros.
///
/// # Panics
/// Panics if the dtype is not a float.
///
/// ```
/// use rune_trace::{DType, linalg};
/// let x = linalg::helmert(3, DType::F64);
/// assert!((x.matmul(&x.t()) - rune_trace::Tensor::eye(3, DType::F64)).abs().max().item::<f64>().unwrap() < 1e-15);
/// ```
#[track_caller]
pub fn helmert(n: usize, dtype: DType) -> Tensor {
    if !dtype.is_float() {
        refuse!("linalg::helmert: takes a dtype of floats, but got {dtype}");
    }
    let (row, column) = (lax::convert(&rows(n, n), dtype), lax::convert(&columns(n, n), dtype));
    let first = lax::convert(&row.eq(0.0), dtype) * (1.0 / (n as f64).sqrt());
    let scale = lax::convert(&row.gt(0.0), dtype) / (&row * (&row + 1.0) + lax::convert(&row.eq(0.0), dtype)).sqrt();
    let before = lax::convert(&column.lt(&row), dtype);
    let itself = lax::convert(&column.eq(&row), dtype) * &row;
    first + scale * (before - itself)
}
