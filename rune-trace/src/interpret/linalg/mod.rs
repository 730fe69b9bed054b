//! Linear algebra, matrix by matrix, in `f64`.
//!
//! No crate does this here. `faer` brings 63 crates, among them three versions of `syn`, and takes longer to compile than all else that
//! `rune-trace` stands on. `nalgebra` brings 13, leaves signs and the order of eigenvalues to its algorithms, and has what LAPACK's conventions
//! are about (pivots, signs of `R`) no better than these loops, whose inner parts are products of matrices.

mod cholesky;
mod triangular;

use crate::op::{FactorFn, Triangular};
use crate::types::linalg as types;
use crate::{Array, Type, with_element};
use cholesky::cholesky;
use smallvec::smallvec;

/// How many columns are factored, or unknowns solved for, before what is left is updated by one product of matrices. Measured: for matrices
/// of 500 rows 32 to 128 are alike, and a product by blocks is twice as fast as one loop.
const BLOCK: usize = 64;

/// The factors of each matrix of `x`.
pub(super) fn factor(f: FactorFn, x: &Array) -> super::Results {
    let types = types::factor(f, x.ty()).expect("types are checked before");
    let (m, n) = size(x.ty());
    let elements = x.to_f64_vec();
    let matrices = (0..count(x.ty())).map(|i| &elements[i * m * n..(i + 1) * m * n]);
    match f {
        FactorFn::Cholesky => smallvec![array(&types[0], matrices.flat_map(|a| cholesky(a, n)).collect())],
    }
}

pub(super) fn triangular_solve(a: &Array, b: &Array, how: Triangular) -> Array {
    let ((n, _), (rows, columns)) = (size(a.ty()), size(b.ty()));
    let (matrices, mut sides) = (a.to_f64_vec(), b.to_f64_vec());
    for i in 0..count(b.ty()) {
        let b = &mut sides[i * rows * columns..(i + 1) * rows * columns];
        triangular::solve(&matrices[i * n * n..(i + 1) * n * n], b, (rows, columns), how);
    }
    array(b.ty(), sides)
}

/// Rows and columns of the matrices of a type.
fn size(ty: &Type) -> (usize, usize) {
    (ty.shape[ty.rank() - 2], ty.shape[ty.rank() - 1])
}

/// How many matrices it has.
fn count(ty: &Type) -> usize {
    ty.shape[..ty.rank() - 2].iter().product()
}

/// These elements, rounded once.
fn array(ty: &Type, elements: Vec<f64>) -> Array {
    use crate::Element;
    with_element!(ty.dtype, T => {
        Array::from_vec(ty.shape.clone(), elements.into_iter().map(<T as Element>::from_f64).collect())
    })
}

/// The matrix, `m × n`, with rows and columns exchanged.
fn transposed(a: &[f64], m: usize, n: usize) -> Vec<f64> {
    (0..n * m).map(|i| a[i % m * n + i / m]).collect()
}

/// `c -= a b`, of matrices `m × k` and `k × n` with these steps from row to row and from column to column; the rows of `c` are dense.
fn subtract_product(
    (m, k, n): (usize, usize, usize),
    (a, a_row, a_col): (&[f64], usize, usize),
    (b, b_row, b_col): (&[f64], usize, usize),
    (c, c_row): (&mut [f64], usize),
) {
    use ndarray::{ArrayView2, ArrayViewMut2, ShapeBuilder};
    if m == 0 || k == 0 || n == 0 {
        return;
    }
    let a = ArrayView2::from_shape((m, k).strides((a_row, a_col)), a).expect("the matrix lies inside");
    let b = ArrayView2::from_shape((k, n).strides((b_row, b_col)), b).expect("the matrix lies inside");
    let mut c = ArrayViewMut2::from_shape((m, n).strides((c_row, 1)), c).expect("the matrix lies inside");
    ndarray::linalg::general_mat_mul(-1.0, &a, &b, 1.0, &mut c);
}

/// The sum of the products of two rows, in eight sums that the processor makes side by side.
fn dot(x: &[f64], y: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (xs, ys) = (x.chunks_exact(8), y.chunks_exact(8));
    let rest: f64 = xs.remainder().iter().zip(ys.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in xs.zip(ys) {
        for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
            *sum += x * y;
        }
    }
    sums.iter().sum::<f64>() + rest
}
