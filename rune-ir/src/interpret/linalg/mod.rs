//! Linear algebra, matrix by matrix, in `f64`.
//!
//! No crate does this here. `faer` brings 63 crates, among them three versions of `syn`, and takes minutes to compile; `nalgebra`, which adds 19,
//! was not measured. For 500 rows, in milliseconds of one core, beside OpenBLAS: Cholesky 4 (4), LU 4, QR 56 (17), eigenvalues 145 (27), singular
//! values 750 (57). What is slower has no blocks.

mod cholesky;
mod eigh;
mod lu;
mod qr;
mod svd;
mod triangular;

use crate::op::{FactorFn, Triangular};
use crate::types::linalg as types;
use crate::{Array, Type, with_element};
use cholesky::cholesky;
use lu::Lu;
use smallvec::smallvec;
use svd::Svd;

/// The number of columns that are factored, or unknowns that are solved for, before one matrix product updates the
/// rest. Measured: for 500 rows, 32 to 128 take the same time, and the blocked product is twice as fast as one loop.
const BLOCK: usize = 64;

/// Factorizes each matrix of `x`.
pub(super) fn factor(f: FactorFn, x: &Array) -> super::Results {
    let types = types::factor(f, x.ty()).expect("types are checked before");
    let (m, n) = size(x.ty());
    let elements = x.to_f64_vec();
    let matrices = (0..count(x.ty())).map(|i| &elements[i * m * n..(i + 1) * m * n]);
    match f {
        FactorFn::Cholesky => smallvec![array(&types[0], matrices.flat_map(|a| cholesky(a, n)).collect())],
        FactorFn::Lu => {
            let factors: Vec<Lu> = matrices.map(|a| Lu::new(a, m, n)).collect();
            let positions = |ty: &Type, of: fn(&Lu) -> &[usize]| {
                let all = factors.iter().flat_map(of).map(|&i| i as i32);
                Array::from_vec(ty.shape.clone(), all.collect())
            };
            smallvec![
                array(&types[0], factors.iter().flat_map(|f| &f.lu).copied().collect()),
                positions(&types[1], |lu| &lu.pivots),
                positions(&types[2], |lu| &lu.permutation),
            ]
        }
        FactorFn::Qr | FactorFn::QrFull => {
            let columns = if f == FactorFn::QrFull { m } else { m.min(n) };
            let (q, r): (Vec<_>, Vec<_>) = matrices.map(|a| qr::qr(a, m, n, columns)).unzip();
            smallvec![array(&types[0], q.concat()), array(&types[1], r.concat())]
        }
        FactorFn::Eigh => {
            let (values, vectors): (Vec<_>, Vec<_>) = matrices.map(|a| eigh::eigh(a, n)).unzip();
            smallvec![array(&types[0], values.concat()), array(&types[1], vectors.concat())]
        }
        FactorFn::Svd | FactorFn::SvdFull => {
            let factors: Vec<Svd> = matrices.map(|a| Svd::new(a, m, n, f == FactorFn::SvdFull)).collect();
            let joined = |ty: &Type, of: fn(&Svd) -> &[f64]| array(ty, factors.iter().flat_map(of).copied().collect());
            smallvec![joined(&types[0], |f| &f.u), joined(&types[1], |f| &f.s), joined(&types[2], |f| &f.vt)]
        }
    }
}

pub(super) fn lu_solve(lu: &Array, permutation: &Array, b: &Array, transpose: bool) -> Array {
    let (n, columns) = size(b.ty());
    let (factors, sides) = (lu.to_f64_vec(), b.to_f64_vec());
    // An invalid permutation gives a meaningless result, but no panic.
    let row = |&i: &i32| (i.max(0) as usize).min(n.saturating_sub(1));
    let permutation: Vec<usize> = permutation.as_slice::<i32>().iter().map(row).collect();
    let solved = (0..count(b.ty())).flat_map(|i| {
        let (lu, b) = (&factors[i * n * n..(i + 1) * n * n], &sides[i * n * columns..(i + 1) * n * columns]);
        lu::solve(lu, &permutation[i * n..(i + 1) * n], b, (n, columns), transpose)
    });
    array(b.ty(), solved.collect())
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

/// Returns the numbers of rows and columns of the matrices of a type.
fn size(ty: &Type) -> (usize, usize) {
    (ty.shape[ty.rank() - 2], ty.shape[ty.rank() - 1])
}

/// Returns the number of matrices of a type.
fn count(ty: &Type) -> usize {
    ty.shape[..ty.rank() - 2].iter().product()
}

/// Returns an array of these elements, each rounded once.
fn array(ty: &Type, elements: Vec<f64>) -> Array {
    use crate::Element;
    with_element!(ty.dtype, T => {
        Array::from_vec(ty.shape.clone(), elements.into_iter().map(<T as Element>::from_f64).collect())
    })
}

/// Returns whether the first of the nearly greatest elements is positive. "Nearly", so that rounding does not choose
/// between equal elements.
fn positive(x: &[f64]) -> bool {
    let greatest = x.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
    x.iter().find(|x| x.abs() > 0.9 * greatest).is_none_or(|x| *x > 0.0)
}

/// Returns the transpose of a matrix `m × n`.
fn transposed(a: &[f64], m: usize, n: usize) -> Vec<f64> {
    (0..n * m).map(|i| a[i % m * n + i / m]).collect()
}

/// Computes `c -= a b`, for matrices `m × k` and `k × n` with these steps from row to row and from column to column.
/// The rows of `c` are dense.
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

/// Returns the dot product of two rows, in eight sums that the processor computes in parallel.
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
