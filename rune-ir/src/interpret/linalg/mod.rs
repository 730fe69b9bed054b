//! Linear algebra, matrix by matrix, in `f64`, and in complex numbers of two `f64`.
//!
//! These are the reference: plain algorithms that take no other crate. `rune-linalg` computes the large matrices of the
//! host engine.

mod cholesky;
mod eig;
mod eigh;
mod field;
mod lu;
mod qr;
mod schur;
mod svd;
mod triangular;

use crate::op::{FactorFn, Triangular};
use crate::types::linalg as types;
use crate::{Array, Complex64, Type};
use cholesky::cholesky;
use field::Field;
use lu::Lu;
use schur::Triangularize;
use smallvec::smallvec;
use svd::Svd;

/// The block size: the number of columns that are factored, or of unknowns that are solved for, before one matrix
/// product updates the rest. Measured for 500 rows: sizes from 32 to 128 take the same time, and the blocked product is
/// twice as fast as one loop.
const BLOCK: usize = 64;

/// Factorizes each matrix of `x`.
pub(super) fn factor(f: FactorFn, x: &Array) -> super::Results {
    if x.dtype().is_complex() { factor_in::<Complex64>(f, x) } else { factor_in::<f64>(f, x) }
}

fn factor_in<T: Triangularize>(f: FactorFn, x: &Array) -> super::Results {
    let types = types::factor(f, x.ty()).expect("types are checked before");
    let (m, n) = size(x.ty());
    let elements = T::elements(x);
    let matrices = (0..count(x.ty())).map(|i| &elements[i * m * n..(i + 1) * m * n]);
    match f {
        FactorFn::Cholesky => smallvec![T::array(&types[0], matrices.flat_map(|a| cholesky(a, n)).collect())],
        FactorFn::Lu => {
            let factors: Vec<Lu<T>> = matrices.map(|a| Lu::new(a, m, n)).collect();
            let positions = |ty: &Type, of: fn(&Lu<T>) -> &[usize]| {
                let all = factors.iter().flat_map(of).map(|&i| i as i32);
                Array::from_vec(ty.shape.clone(), all.collect())
            };
            smallvec![
                T::array(&types[0], factors.iter().flat_map(|f| &f.lu).copied().collect()),
                positions(&types[1], |lu| &lu.pivots),
                positions(&types[2], |lu| &lu.permutation),
            ]
        }
        FactorFn::Qr | FactorFn::QrFull => {
            let columns = if f == FactorFn::QrFull { m } else { m.min(n) };
            let (q, r): (Vec<_>, Vec<_>) = matrices.map(|a| qr::qr(a, m, n, columns)).unzip();
            smallvec![T::array(&types[0], q.concat()), T::array(&types[1], r.concat())]
        }
        FactorFn::Eigh => {
            let (values, vectors): (Vec<_>, Vec<_>) = matrices.map(|a| eigh::eigh(a, n)).unzip();
            smallvec![f64::array(&types[0], values.concat()), T::array(&types[1], vectors.concat())]
        }
        FactorFn::Svd | FactorFn::SvdFull => {
            let factors: Vec<Svd<T>> = matrices.map(|a| Svd::new(a, m, n, f == FactorFn::SvdFull)).collect();
            let joined =
                |ty: &Type, of: fn(&Svd<T>) -> &[T]| T::array(ty, factors.iter().flat_map(of).copied().collect());
            let values = f64::array(&types[1], factors.iter().flat_map(|f| &f.s).copied().collect());
            smallvec![joined(&types[0], |f| &f.u), values, joined(&types[2], |f| &f.vt)]
        }
        FactorFn::Eig => {
            let (values, vectors): (Vec<_>, Vec<_>) = matrices.map(|a| eig::eig(a, n)).unzip();
            smallvec![Complex64::array(&types[0], values.concat()), Complex64::array(&types[1], vectors.concat())]
        }
        FactorFn::Schur => {
            let (t, z): (Vec<_>, Vec<_>) = matrices.map(|a| schur::schur(a, n)).unzip();
            smallvec![T::array(&types[0], t.concat()), T::array(&types[1], z.concat())]
        }
    }
}

pub(super) fn lu_solve(lu: &Array, permutation: &Array, b: &Array, transpose: bool) -> Array {
    let solve = if b.dtype().is_complex() { lu_solve_in::<Complex64> } else { lu_solve_in::<f64> };
    solve(lu, permutation, b, transpose)
}

fn lu_solve_in<T: Field>(lu: &Array, permutation: &Array, b: &Array, transpose: bool) -> Array {
    let (n, columns) = size(b.ty());
    let (factors, sides) = (T::elements(lu), T::elements(b));
    // An invalid permutation gives a meaningless result, but no panic.
    let row = |&i: &i32| (i.max(0) as usize).min(n.saturating_sub(1));
    let permutation: Vec<usize> = permutation.as_slice::<i32>().iter().map(row).collect();
    let solved = (0..count(b.ty())).flat_map(|i| {
        let (lu, b) = (&factors[i * n * n..(i + 1) * n * n], &sides[i * n * columns..(i + 1) * n * columns]);
        lu::solve(lu, &permutation[i * n..(i + 1) * n], b, (n, columns), transpose)
    });
    T::array(b.ty(), solved.collect())
}

pub(super) fn triangular_solve(a: &Array, b: &Array, how: Triangular) -> Array {
    let solve = if b.dtype().is_complex() { triangular_solve_in::<Complex64> } else { triangular_solve_in::<f64> };
    solve(a, b, how)
}

fn triangular_solve_in<T: Field>(a: &Array, b: &Array, how: Triangular) -> Array {
    let ((n, _), (rows, columns)) = (size(a.ty()), size(b.ty()));
    let (matrices, mut sides) = (T::elements(a), T::elements(b));
    for i in 0..count(b.ty()) {
        let b = &mut sides[i * rows * columns..(i + 1) * rows * columns];
        triangular::solve(&matrices[i * n * n..(i + 1) * n * n], b, (rows, columns), how);
    }
    T::array(b.ty(), sides)
}

/// Returns the numbers of rows and columns of the matrices of a type.
fn size(ty: &Type) -> (usize, usize) {
    (ty.shape[ty.rank() - 2], ty.shape[ty.rank() - 1])
}

/// Returns the number of matrices of a type.
fn count(ty: &Type) -> usize {
    ty.shape[..ty.rank() - 2].iter().product()
}
