//! Matrices of special forms that are made from vectors or matrices, like those in `scipy.linalg`.

use crate::array_fns::broadcast::expect_one_dtype;
use crate::array_fns::signal::ConvolveMode;
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::DType;

#[track_caller]
fn expect_vector(op: &str, x: &Tensor) {
    if x.rank() != 1 || x.size() == 0 {
        refuse!("linalg::{op}: takes vectors with elements, but got shape {}", x.shape());
    }
}

/// Returns the row index of each element of an `n × m` matrix.
#[track_caller]
pub(super) fn rows(n: usize, m: usize) -> Tensor {
    lax::iota(DType::I32, [n, m], 0)
}

/// Returns the column index of each element of an `n × m` matrix.
#[track_caller]
pub(super) fn columns(n: usize, m: usize) -> Tensor {
    lax::iota(DType::I32, [n, m], 1)
}

/// Returns a matrix with the given matrices along its diagonal, and zeros elsewhere. A vector counts as a row.
///
/// # Panics
/// Panics if `blocks` is empty, if dtypes differ, or if a block has more than two axes.
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
/// first element of the row is ignored.
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

/// Returns the square matrix with this first column. Each further column is the previous one, rotated down by one.
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

/// Returns the matrix whose product with a vector of `n` elements is the convolution of `a` with that vector:
/// `scipy.linalg.convolution_matrix`.
///
/// # Panics
/// Panics unless `a` is a vector with elements, and `n` is positive.
///
/// ```
/// use rune_trace::{Tensor, linalg, signal::ConvolveMode};
/// let a = Tensor::from([-1, 4, -2]);
/// let same = linalg::convolution_matrix(&a, 4, ConvolveMode::Same);
/// assert_eq!(same.to_vec::<i32>().unwrap(), [4, -1, 0, 0, -2, 4, -1, 0, 0, -2, 4, -1, 0, 0, -2, 4]);
/// ```
#[track_caller]
pub fn convolution_matrix(a: &Tensor, n: usize, mode: ConvolveMode) -> Tensor {
    expect_vector("convolution_matrix", a);
    if n == 0 {
        refuse!("linalg::convolution_matrix: the number of columns must be positive");
    }
    let (m, least) = (a.size(), a.size().min(n));
    let (above, height) = match mode {
        ConvolveMode::Full => (0, m + n - 1),
        ConvolveMode::Same => ((least - 1) / 2, m.max(n)),
        ConvolveMode::Valid => (least - 1, m.max(n) - least + 1),
    };
    let padded = a.pad(&[(n as isize - 1, n as isize - 1)], 0);
    padded.take(&(rows(height, n) - columns(height, n) + (above + n - 1) as i32), 0)
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

/// Returns the Fiedler companion matrix of a polynomial: like [`companion`], its eigenvalues are the roots, but it has
/// only five diagonals. The coefficient of the highest power is first.
///
/// # Panics
/// Panics unless `coefficients` is a non-empty vector of floats or complex numbers.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let x = linalg::fiedler_companion(&Tensor::from([1.0f32, -16.0, 86.0, -176.0, 105.0]));
/// let rows = [[16.0, -86.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 176.0, 0.0, -105.0], [0.0, 1.0, 0.0, 0.0]];
/// assert_eq!(x.to_vec::<f32>().unwrap(), rows.concat());
/// ```
#[track_caller]
pub fn fiedler_companion(coefficients: &Tensor) -> Tensor {
    expect_vector("fiedler_companion", coefficients);
    let n = coefficients.size() - 1;
    if !coefficients.dtype().is_inexact() {
        refuse!("linalg::fiedler_companion: takes floats or complex numbers, but got {}", coefficients.ty());
    }
    if n == 0 {
        return Tensor::zeros([0, 0], coefficients.dtype());
    }
    // Each element of the matrix is 1, a scaled coefficient, or 0.
    let values = -coefficients.i(1..) / coefficients.i(0);
    let values =
        Tensor::concat(&[Tensor::ones([1], values.dtype()), values, Tensor::zeros([1], coefficients.dtype())], 0);
    let element = |i: usize, j: usize| match (i.is_multiple_of(2), j.cast_signed() - i.cast_signed()) {
        (true, 0) if i == 0 => 1,
        (true, 1) => i + 2,
        (true, -1) => i + 1,
        (true, 2) | (false, -2) => 0,
        (false, -1) if i == 1 => 0,
        _ => n + 1,
    };
    let elements: Vec<i32> = (0..n * n).map(|at| element(at / n, at % n) as i32).collect();
    values.take(&Tensor::from_slice([n, n], &elements), 0)
}

/// Returns the matrix of the differences `|x[i] - x[j]|`.
///
/// # Panics
/// Panics unless `x` is a non-empty vector of numbers.
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
