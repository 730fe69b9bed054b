//! Derivatives of linear algebra: tangents of factors and of solutions.
//!
//! The formulas are JAX's. Most are in M. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
//! differentiation" (2008), and in M. Seeger et al., "Auto-differentiating linear algebra" (2017); others are named where they stand.
//! Matrices lie along the last two axes.

use super::jvp::Tangents;
use super::tangent::{Dual, Tangent};
use crate::Tensor;
use crate::op::{FactorFn, Triangular};
use crate::tensor::lax::triangular_solve as solve;

/// The tangents of the factors `out` of `x`.
pub(super) fn factor(f: FactorFn, x: &Dual, out: &[Tensor]) -> Tangents {
    let Some(dx) = x.t.clone().into_tensor() else { return out.iter().map(|_| Tangent::ZERO).collect() };
    let tangents = |all: Vec<Tensor>| all.into_iter().map(|t| Tangent::new(Some(t))).collect();
    match f {
        FactorFn::Cholesky => tangents(vec![cholesky(&dx, &out[0])]),
    }
}

/// dL = L Φ(L⁻¹ dA L⁻ᵀ), where Φ takes the lower triangle and half of the diagonal. I. Murray, "Differentiation of the Cholesky
/// decomposition" (2016).
fn cholesky(dx: &Tensor, l: &Tensor) -> Tensor {
    let da = mirrored(dx);
    let right = solve(l, &da, Triangular::right(true).transposed());
    let inner = solve(l, &right, Triangular::left(true));
    l.matmul(&((inner.tril(0) + inner.tril(-1)) * 0.5))
}

/// For op(A) X = B: dX = op(A)⁻¹ (dB - op(dA) X), and alike on the right. The product is made on that side where it is smaller.
pub(super) fn triangular_solve(a: &Dual, b: &Dual, how: Triangular, x: &Tensor) -> Tangent {
    let by_b = Tangent::new(b.t.clone().into_tensor().map(|db| solve(&a.v, &db, how)));
    let by_a = a.t.clone().into_tensor().map(|da| {
        let k = isize::from(how.unit_diagonal);
        let da = if how.lower { da.tril(-k) } else { da.triu(k) };
        let da = if how.transpose_a { da.t() } else { da };
        let solved = |x: &Tensor| solve(&a.v, x, how);
        let [.., rows, columns] = x.shape()[..] else { unreachable!("the solution is a matrix") };
        match how.left_side {
            true if rows > columns => solved(&da.matmul(x)),
            true => solved(&da).matmul(x),
            false if rows < columns => solved(&x.matmul(&da)),
            false => x.matmul(&solved(&da)),
        }
    });
    by_b.sub(&Tangent::new(by_a))
}

/// The symmetric matrix that has the lower triangle of `x`.
fn mirrored(x: &Tensor) -> Tensor {
    x.tril(0) + x.tril(-1).t()
}
