//! Functions that need singular values: pseudo-inverses, least squares and ranks.

use super::{adjoint, expect_matrices, like, precision, size, squares, svd, svdvals};
use crate::array_fns::broadcast::expect_one_dtype;
use crate::array_fns::where_;
use crate::tensor::{Caller, refuse};
use crate::{Tensor, custom_tangent};
use rune_ir::DType;

/// Returns the Moore-Penrose pseudo-inverse of matrices. Singular values of at most `rtol` times the greatest count as
/// 0. The default `rtol`, as in JAX, is 10 ε max(m, n).
///
/// # Panics
/// If the operand does not hold matrices of `f32`, `f64`, `c64` or `c128`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let inverse = linalg::pinv(&Tensor::from([[3.0f64], [4.0]]), None);
/// let right = Tensor::from([[0.12f64, 0.16]]);
/// assert!((inverse - right).abs().max().item::<f64>()? < 1e-15);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn pinv(a: &Tensor, rtol: Option<f64>) -> Tensor {
    expect_matrices("pinv", a);
    let (m, n) = size(a);
    if m == 0 || n == 0 {
        return adjoint(a);
    }
    let rtol = rtol.unwrap_or(10.0 * m.max(n) as f64 * precision(a));
    let caller = Caller::here();
    let value = |a: &Tensor| {
        let (u, s, vt) = svd(a);
        let cutoff = s.max_keepdims(-1) * rtol;
        let inverse = where_(s.gt(&cutoff), 1.0 / &s, 0.0);
        (adjoint(&vt) * like(&inverse, a).unsqueeze(-2)).matmul(adjoint(&u))
    };
    // G. Golub and V. Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems whose
    // variables separate" (1973).
    let tangent = |a: &Tensor, p: &Tensor, da: &Tensor| {
        let (adjoint_p, adjoint_da) = (adjoint(p), adjoint(da));
        let s = p.matmul(&adjoint_p).matmul(&adjoint_da);
        let t = adjoint_da.matmul(&adjoint_p).matmul(p);
        &s - s.matmul(a).matmul(p) + &t - p.matmul(a.matmul(&t)) - p.matmul(da).matmul(p)
    };
    custom_tangent(|a: &Tensor| caller.run(|| value(a)), |(a,), p, (da,)| caller.run(|| tangent(a, p, da)))(a)
}

/// Returns the number of singular values above `rtol` times the greatest, as `i32`. The default `rtol` is ε max(m, n).
///
/// # Panics
/// If the operand does not hold matrices of `f32`, `f64`, `c64` or `c128`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let rank = linalg::matrix_rank(&Tensor::from([[1.0f32, 2.0], [2.0, 4.0]]), None);
/// assert_eq!(rank.item::<i32>()?, 1);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn matrix_rank(a: &Tensor, rtol: Option<f64>) -> Tensor {
    expect_matrices("matrix_rank", a);
    let (m, n) = size(a);
    if m == 0 || n == 0 {
        return Tensor::zeros(a.shape()[..a.rank() - 2].to_vec(), DType::I32);
    }
    let s = svdvals(a);
    let cutoff = s.max_keepdims(-1) * rtol.unwrap_or(m.max(n) as f64 * precision(a));
    s.gt(&cutoff).cast(DType::I32).sum_axes(-1)
}

/// The result of [`lstsq`].
#[derive(Clone, Debug)]
pub struct Lstsq {
    /// The shortest of the least squares solutions.
    pub solution: Tensor,
    /// The sum of the squares of the magnitudes of `b - a x`, for each column.
    pub residuals: Tensor,
    /// The rank of the matrix, as `i32`.
    pub rank: Tensor,
    /// The singular values of the matrix, in descending order.
    pub singular_values: Tensor,
}

/// Finds the `x` for which `a x` is closest to `b`, for one matrix `a`. `b` is a vector or a matrix. Singular values
/// below `rcond` times the greatest count as 0. The default `rcond` is ε max(m, n).
///
/// # Panics
/// If `a` is not a matrix of `f32`, `f64`, `c64` or `c128`, or `b` has another number of rows or another dtype.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// // A line through three points.
/// let a = Tensor::from([[1.0f64, 0.0], [1.0, 1.0], [1.0, 2.0]]);
/// let found = linalg::lstsq(&a, &Tensor::from([1.0f64, 3.0, 5.0]), None);
/// assert!((found.solution - Tensor::from([1.0f64, 2.0])).abs().max().item::<f64>()? < 1e-14);
/// assert_eq!(found.rank.item::<i32>()?, 2);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn lstsq(a: &Tensor, b: &Tensor, rcond: Option<f64>) -> Lstsq {
    expect_matrices("lstsq", a);
    expect_one_dtype("linalg::lstsq", &[a.dtype(), b.dtype()]);
    if a.rank() != 2 || !matches!(b.rank(), 1 | 2) || b.shape()[0] != a.shape()[0] {
        refuse!(
            "linalg::lstsq: takes one matrix and a vector or a matrix of as many rows, but got shapes {} and {}; batches go by `vmap`",
            a.shape(),
            b.shape()
        );
    }
    let (m, n) = size(a);
    let columns = if b.rank() == 1 { b.unsqueeze(-1) } else { b.clone() };
    let (u, s, vt) = svd(a);
    let (rank, inverse) = if m == 0 || n == 0 {
        (Tensor::scalar(0i32), s.clone())
    } else {
        let cutoff = s.max_keepdims(-1) * rcond.unwrap_or(m.max(n) as f64 * precision(a));
        let counts = s.gt(0.0) & s.ge(&cutoff);
        // No derivative may contain the reciprocal of a singular value that counts as 0.
        let safe = where_(&counts, &s, 1.0);
        (counts.cast(DType::I32).sum_axes(-1), where_(&counts, 1.0 / safe, 0.0))
    };
    let x = adjoint(&vt).matmul(&(like(&inverse, a).unsqueeze(-1) * adjoint(&u).matmul(&columns)));
    let residuals = squares(&(columns - a.matmul(&x))).sum_axes(0);
    let solution = if b.rank() == 1 { x.squeeze(-1) } else { x };
    Lstsq { solution, residuals, rank, singular_values: s }
}
