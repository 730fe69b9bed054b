//! LAPACK calls for eigenvalues, Schur forms, and intermediate forms.

use super::{adjoint, batch, is, lower_triangle_mask, option};
use crate::ast::Operation;
use crate::convert::converter::{ConvertError, invalid, refused};
use crate::convert::scope::Scope;
use rune_ir::op::{ArgFn, FactorFn};
use rune_ir::{DType, Var};
use rune_trace::{Tensor, lax, linalg, where_};

impl<'t> Scope<'_, '_, 't> {
    pub(super) fn syevd(&mut self, xs: &[Var], lower: bool) -> Result<Vec<Var>, ConvertError> {
        let x = self.square(xs)?;
        self.expand(&[x], |xs| {
            let a = if lower { xs[0].clone() } else { adjoint(&xs[0]) };
            let [w, v] = lax::factor(FactorFn::Eigh, &a);
            vec![v, w, Tensor::zeros(batch(&a), DType::I32)]
        })
    }

    /// Imports eigenvalues and eigenvectors, as in LAPACK. Left eigenvectors need a matrix with as many independent
    /// eigenvectors as rows. `info` is 1 if the iteration finds no eigenvalues.
    pub(super) fn geev(&mut self, op: &Operation<'t>, xs: &[Var]) -> Result<Vec<Var>, ConvertError> {
        let x = self.square(xs)?;
        let is_real = !self.ty(x).dtype.is_complex();
        let left = if is_real { 2 } else { 1 };
        let with_left = is(op, "compute_left", b'V')? && self.used(op, left);
        let empty = self.output(op, left, left + 3)?.clone();
        self.expand(&[x], |xs| {
            let [w, v] = lax::factor(FactorFn::Eig, &xs[0]);
            let info = not_found(&w.real());
            let left = match with_left && v.size() > 0 {
                true => left_eigenvectors(&v),
                false => Tensor::zeros(empty.shape.clone(), empty.dtype),
            };
            match is_real {
                true => vec![w.real(), w.imag(), left, v, info],
                false => vec![w, left, v, info],
            }
        })
    }

    /// Imports a Schur form, as in LAPACK. `info` is 1 if the iteration finds no eigenvalues. No eigenvalues are
    /// selected, so their number is 0.
    pub(super) fn gees(&mut self, op: &Operation<'t>, xs: &[Var]) -> Result<Vec<Var>, ConvertError> {
        let x = self.square(xs)?;
        if !is(op, "sort", b'N')? {
            return refused("sorts the eigenvalues; only their given order is supported");
        }
        self.expand(&[x], |xs| {
            let [t, z] = lax::factor(FactorFn::Schur, &xs[0]);
            let diagonal = t.diagonal(0, -2, -1);
            let info = not_found(&diagonal.real());
            let selected = info.zeros_like();
            if t.dtype().is_complex() {
                return vec![t, z, diagonal, selected, info];
            }
            let imaginary = of_blocks(&t);
            vec![t, z, diagonal, imaginary, selected, info]
        })
    }

    pub(super) fn gehrd(&mut self, op: &Operation<'t>, xs: &[Var]) -> Result<Vec<Var>, ConvertError> {
        let x = self.square(xs)?;
        if self.ty(x).size() == 0 {
            return invalid("it takes matrices with elements");
        }
        let n = self.ty(x).shape[self.ty(x).rank() - 1];
        if option(op, "low")? != 1 || usize::try_from(option(op, "high")?) != Ok(n) {
            return refused("reduces a part of the matrix");
        }
        self.expand(&[x], |xs| {
            let (h, taus) = linalg::gehrd(&xs[0]);
            vec![h, taus, Tensor::zeros(batch(&xs[0]), DType::I32)]
        })
    }

    /// Imports a reduction to tridiagonal form. It computes the Hessenberg form, which is tridiagonal for a Hermitian
    /// matrix. The elements above the diagonal stay those of the matrix.
    pub(super) fn sytrd(&mut self, op: &Operation<'t>, xs: &[Var]) -> Result<Vec<Var>, ConvertError> {
        let x = self.square(xs)?;
        if self.ty(x).size() == 0 {
            return invalid("it takes matrices with elements");
        }
        if !is(op, "uplo", b'L')? {
            return refused("reduces the upper triangle; transpose the matrix and reduce the lower one");
        }
        self.expand(&[x], |xs| {
            let n = xs[0].shape()[xs[0].rank() - 1];
            let (h, taus) = linalg::gehrd(&(xs[0].tril(0) + adjoint(&xs[0].tril(-1))));
            let kept = where_(lower_triangle_mask(n), &h, &xs[0]);
            let (d, e) = (h.diagonal(0, -2, -1).real(), h.diagonal(-1, -2, -1).real());
            vec![kept, d, e, taus, Tensor::zeros(batch(&xs[0]), DType::I32)]
        })
    }
}

/// Returns the left eigenvectors for right ones. Their norms are 1, and their elements of greatest magnitude are real and
/// positive.
fn left_eigenvectors(right: &Tensor) -> Tensor {
    let left = adjoint(&linalg::inv(right));
    let sizes = left.abs();
    let axis = left.rank() - 2;
    let rows = lax::iota(DType::I32, left.shape().clone(), axis);
    let greatest = lax::arg_reduce(ArgFn::Max, &sizes, axis, DType::I32).unsqueeze(-2);
    let first = where_(rows.eq(greatest), &left, left.zeros_like()).sum_keepdims(-2);
    let phases = first.conj() / lax::convert(&first.abs(), left.dtype());
    let norms = sizes.square().sum_keepdims(-2).sqrt();
    left * phases / lax::convert(&norms, right.dtype())
}

/// Returns the imaginary parts of the eigenvalues of a real Schur form. In a block of two rows, the positive one comes
/// first.
fn of_blocks(t: &Tensor) -> Tensor {
    if t.shape()[t.rank() - 1] == 0 {
        return t.diagonal(0, -2, -1);
    }
    let sizes = t.diagonal(1, -2, -1).abs().sqrt() * t.diagonal(-1, -2, -1).abs().sqrt();
    let padded = |low: isize| {
        let mut ends = vec![(0, 0); sizes.rank()];
        ends[sizes.rank() - 1] = (low, 1 - low);
        sizes.pad(&ends, 0.0)
    };
    padded(0) - padded(1)
}

/// Returns 1 for each matrix whose eigenvalues were not found and are NaN.
fn not_found(parts: &Tensor) -> Tensor {
    match parts.shape()[parts.rank() - 1] {
        0 => lax::convert(&parts.sum_axes(-1), DType::I32),
        _ => lax::convert(&parts.isnan().any_axes(-1), DType::I32),
    }
}
