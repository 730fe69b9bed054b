//! Systems of linear equations.

use super::{Sides, Triangular, expect_square, size, with_batch};
use crate::{Tensor, lax};
use rune_ir::op::FactorFn;

/// Solves the triangular systems `a x = b` or `x a = b`, as `how` says. Only one triangle of `a` is read. A vector `b`
/// gives a vector (for each matrix of a batch).
///
/// # Panics
/// If sizes, batches or dtypes do not fit.
///
/// ```
/// use rune_trace::Tensor;
/// use rune_trace::linalg::{Triangular, triangular_solve};
/// let (l, b) = (Tensor::from([[2.0f32, 0.0], [1.0, 4.0]]), Tensor::from([4.0f32, 10.0]));
/// assert_eq!(triangular_solve(&l, &b, Triangular::left(true)).to_vec::<f32>().unwrap(), [2.0, 2.0]);
/// let transposed = Triangular::left(true).transposed();
/// assert_eq!(triangular_solve(&l, &b, transposed).to_vec::<f32>().unwrap(), [0.75, 2.5]);
/// ```
#[track_caller]
pub fn triangular_solve(a: &Tensor, b: &Tensor, how: Triangular) -> Tensor {
    let sides = Sides::new("triangular_solve", a, b, how.left_side);
    sides.shaped(&lax::triangular_solve(&sides.a, &sides.b, how))
}

/// Solves `a x = b`, for a vector `b` or for matrices. Batches broadcast. The solution for a singular `a` is infinite
/// or NaN. `a` is factored once, also for the derivatives.
///
/// # Panics
/// If the matrices are not square, or sizes, batches or dtypes do not fit.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let a = Tensor::from([[2.0f32, 1.0], [4.0, 1.0]]);
/// let x = linalg::solve(&a, &Tensor::from([4.0f32, 6.0]));
/// assert_eq!(x.to_vec::<f32>().unwrap(), [1.0, 2.0]);
/// ```
#[track_caller]
pub fn solve(a: &Tensor, b: &Tensor) -> Tensor {
    let sides = Sides::new("solve", a, b, true);
    let [lu, _, permutation] = lax::factor(FactorFn::Lu, &lax::stop_gradient(a));
    let batch = &sides.batch;
    let lu = with_batch("solve", &lu, batch);
    let permutation = with_batch("solve", &permutation.unsqueeze(-1), batch).squeeze(-1);
    sides.shaped(&lax::lu_solve([&sides.a, &lu, &permutation], &sides.b, false))
}

/// Returns the inverse of square matrices. That of a singular matrix is infinite or NaN. To solve equations, [`solve`]
/// is faster and more exact.
///
/// # Panics
/// If the matrices are not square, or not of `f32` or `f64`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let inverse = linalg::inv(&Tensor::from([[2.0f32, 1.0], [4.0, 1.0]]));
/// assert_eq!(inverse.to_vec::<f32>().unwrap(), [-0.5, 0.5, 2.0, -1.0]);
/// ```
#[track_caller]
pub fn inv(a: &Tensor) -> Tensor {
    expect_square("inv", a);
    solve(a, &Tensor::eye(size(a).0, a.dtype()))
}
