//! Matrices of special forms, like those in `scipy.linalg`.

use super::kron;
use crate::array_fns::broadcast::expect_one_dtype;
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::DType;

#[track_caller]
fn expect_vector(op: &str, x: &Tensor) {
    if x.rank() != 1 || x.size() == 0 {
        refuse!("linalg::{op}: takes vectors with elements, but got shape {}", x.shape());
    }
}

#[track_caller]
fn rows(n: usize, m: usize) -> Tensor {
    lax::iota(DType::I32, [n, m], 0)
}

#[track_caller]
fn columns(n: usize, m: usize) -> Tensor {
    lax::iota(DType::I32, [n, m], 1)
}

/// Returns a matrix with the given matrices along its diagonal, and zeros elsewhere. A vector is a row.
///
/// # Panics
/// Panics if there are none, if dtypes differ, or if one has more than two axes.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let x = linalg::block_diag(&[&Tensor::from([[1, 2]]), &Tensor::from([[3], [4]])]);
/// assert_eq!(x.to_vec::<i32>().unwrap(), [1, 2, 0, 0, 0, 3, 0, 0, 4]);
/// ```
#[track_caller]
pub fn block_diag(blocks: &[&Tensor]) -> Tensor {
    let dtypes: Vec<DType> = blocks.iter().map(|x| x.dtype()).collect();
    expect_one_dtype("linalg::block_diag", &dtypes);
    if blocks.is_empty() || blocks.iter().any(|x| x.rank() > 2) {
        refuse!("linalg::block_diag: takes one matrix or more, but got {} arrays", blocks.len());
    }
    let mut blocks_2d = Vec::new();
    for x in blocks {
        let row = [1, x.size()];
        blocks_2d.push(if x.rank() == 2 { Tensor::clone(x) } else { lax::reshape(x, row) });
    }
    let total: usize = blocks_2d.iter().map(|x| x.shape()[1]).sum();
    let mut before = 0;
    let mut bands = Vec::new();
    for x in &blocks_2d {
        let after = total - before - x.shape()[1];
        bands.push(x.pad(&[(0, 0), (before as isize, after as isize)], 0));
        before += x.shape()[1];
    }
    Tensor::concat(&bands, 0)
}

/// Returns the matrix with constant diagonals, and with this first column and first row: `scipy.linalg.toeplitz`. The
/// first element is that of the column.
///
/// # Panics
/// Panics unless both are vectors with elements, of the same dtype.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let x = linalg::toeplitz(&Tensor::from([1, 2, 3]), &Tensor::from([1, 4, 5]));
/// assert_eq!(x.to_vec::<i32>().unwrap(), [1, 4, 5, 2, 1, 4, 3, 2, 1]);
/// ```
#[track_caller]
pub fn toeplitz(column: &Tensor, row: &Tensor) -> Tensor {
    expect_vector("toeplitz", column);
    expect_vector("toeplitz", row);
    expect_one_dtype("linalg::toeplitz", &[column.dtype(), row.dtype()]);
    let (n, m) = (column.size(), row.size());
    let all = Tensor::concat(&[column.flip(0), row.i(1..)], 0);
    all.take(&(columns(n, m) - rows(n, m) + (n as i32 - 1)), 0)
}

/// Returns the matrix with constant antidiagonals, and with this first column and last row. The first element of the
/// row is ignored.
///
/// # Panics
/// Panics unless both are vectors with elements, of the same dtype.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let x = linalg::hankel(&Tensor::from([1, 2, 3]), &Tensor::from([0, 4, 5]));
/// assert_eq!(x.to_vec::<i32>().unwrap(), [1, 2, 3, 2, 3, 4, 3, 4, 5]);
/// ```
#[track_caller]
pub fn hankel(column: &Tensor, row: &Tensor) -> Tensor {
    expect_vector("hankel", column);
    expect_vector("hankel", row);
    expect_one_dtype("linalg::hankel", &[column.dtype(), row.dtype()]);
    let (n, m) = (column.size(), row.size());
    Tensor::concat(&[column.clone(), row.i(1..)], 0).take(&(columns(n, m) + rows(n, m)), 0)
}

/// Returns the square matrix with this first column. Each further column is the previous one, moved down by one.
///
/// # Panics
/// Panics unless `column` is a vector with elements.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let x = linalg::circulant(&Tensor::from([1, 2, 3]));
/// assert_eq!(x.to_vec::<i32>().unwrap(), [1, 3, 2, 2, 1, 3, 3, 2, 1]);
/// ```
#[track_caller]
pub fn circulant(column: &Tensor) -> Tensor {
    expect_vector("circulant", column);
    let n = column.size();
    column.take(&(rows(n, n) - columns(n, n)).remainder(n as i32), 0)
}

/// Returns the companion matrix of a polynomial. Its eigenvalues are the roots. The coefficient of the highest power is
/// first.
///
/// # Panics
/// Panics unless `coefficients` is a vector of at least two floats or complex numbers.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let x = linalg::companion(&Tensor::from([2.0f32, 4.0, 6.0]));
/// assert_eq!(x.to_vec::<f32>().unwrap(), [-2.0, -3.0, 1.0, 0.0]);
/// ```
#[track_caller]
pub fn companion(coefficients: &Tensor) -> Tensor {
    expect_vector("companion", coefficients);
    let n = coefficients.size() - 1;
    if n == 0 || !coefficients.dtype().is_inexact() {
        refuse!("linalg::companion: takes at least two floats or complex numbers, but got {}", coefficients.ty());
    }
    let first = -coefficients.i(1..) / coefficients.i(0);
    let below = Tensor::eye(n, coefficients.dtype()).i(0..n - 1);
    Tensor::concat(&[first.unsqueeze(0), below], 0)
}

/// Returns the matrix of the differences `|x[i] - x[j]|`.
///
/// # Panics
/// Panics unless `x` is a vector of numbers with elements.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// assert_eq!(linalg::fiedler(&Tensor::from([1, 4])).to_vec::<i32>().unwrap(), [0, 3, 3, 0]);
/// ```
#[track_caller]
pub fn fiedler(x: &Tensor) -> Tensor {
    expect_vector("fiedler", x);
    (x.unsqueeze(1) - x.unsqueeze(0)).abs()
}

/// Returns the Leslie matrix of a population model: births in the first row, and the fractions that survive below the
/// diagonal.
///
/// # Panics
/// Panics unless both are vectors of the same dtype, and the second one is shorter by one.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let x = linalg::leslie(&Tensor::from([1.0f32, 2.0]), &Tensor::from([0.5f32]));
/// assert_eq!(x.to_vec::<f32>().unwrap(), [1.0, 2.0, 0.5, 0.0]);
/// ```
#[track_caller]
pub fn leslie(births: &Tensor, survivals: &Tensor) -> Tensor {
    expect_vector("leslie", births);
    expect_vector("leslie", survivals);
    expect_one_dtype("linalg::leslie", &[births.dtype(), survivals.dtype()]);
    let n = births.size();
    if survivals.size() + 1 != n {
        refuse!("linalg::leslie: {n} ages have {} survivals between them, but {} are given", n - 1, survivals.size());
    }
    let below = Tensor::eye(n, births.dtype()).i(0..n - 1) * survivals.unsqueeze(1);
    Tensor::concat(&[births.unsqueeze(0), below], 0)
}

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

/// Returns the symmetric Pascal matrix, with the binomial coefficients of `i + j` over `i`.
///
/// # Panics
/// Panics if the dtype is `bool`.
///
/// ```
/// use rune_trace::{DType, linalg};
/// assert_eq!(linalg::pascal(3, DType::I32).to_vec::<i32>().unwrap(), [1, 1, 1, 1, 2, 3, 1, 3, 6]);
/// ```
#[track_caller]
pub fn pascal(n: usize, dtype: DType) -> Tensor {
    if dtype == DType::Bool {
        refuse!("linalg::pascal: takes a dtype of numbers, but got bool");
    }
    // Each row is the cumulative sum of the previous one.
    let mut all = Vec::with_capacity(n);
    let mut row = Tensor::ones([n], dtype);
    for _ in 0..n {
        all.push(row.clone());
        row = row.cumsum(0);
    }
    if all.is_empty() { Tensor::zeros([0, 0], dtype) } else { Tensor::stack(&all, 0) }
}

/// Returns the orthogonal Helmert matrix: `scipy.linalg.helmert` with `full=True`. Its first row is constant, and each
/// further row compares an element with those before it.
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

/// Returns the powers of a vector as columns, the highest first unless `increasing`: `numpy.vander`.
///
/// # Panics
/// Panics unless `x` is a vector of numbers.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let x = linalg::vander(&Tensor::from([2.0f32, 3.0]), 3, false);
/// assert_eq!(x.to_vec::<f32>().unwrap(), [4.0, 2.0, 1.0, 9.0, 3.0, 1.0]);
/// ```
#[track_caller]
pub fn vander(x: &Tensor, n: usize, increasing: bool) -> Tensor {
    if x.rank() != 1 || x.dtype() == DType::Bool {
        refuse!("linalg::vander: takes a vector of numbers, but got {}", x.ty());
    }
    let mut powers = Vec::with_capacity(n);
    let mut power = x.ones_like();
    for _ in 0..n {
        powers.push(power.clone());
        power *= x;
    }
    if !increasing {
        powers.reverse();
    }
    if powers.is_empty() { Tensor::zeros([x.size(), 0], x.dtype()) } else { Tensor::stack(&powers, 1) }
}
