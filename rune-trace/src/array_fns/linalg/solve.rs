//! Systems of linear equations.

use super::{Sides, Triangular, expect_square, size, with_batch};
use crate::{Tensor, lax};
use rune_ir::op::FactorFn;

/// Solves the triangular systems `a x = b` or `x a = b`, depending on `how`. It reads only one triangle of `a`. For a
/// vector `b`, the result is a vector (for each matrix of a batch).
///
/// # Panics
/// If sizes, batches or dtypes do not match.
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

/// Solves `a x = b`, for a vector `b` or for matrices. Batches broadcast. If `a` is singular, the solution is infinite
/// or NaN. `a` is factored once, also for the derivatives.
///
/// # Panics
/// If the matrices are not square, or sizes, batches or dtypes do not match.
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

/// Returns the inverse of square matrices. The inverse of a singular matrix is infinite or NaN. To solve equations,
/// [`solve`] is faster and more precise.
///
/// # Panics
/// If the matrices are not square, or not of `f32`, `f64`, `c64` or `c128`.
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

/// Returns the solution of triangular systems `a x = b`: `jax.scipy.linalg.solve_triangular`. It reads only one
/// triangle of `a`. [`triangular_solve`] has more forms.
///
/// # Panics
/// Panics if sizes, batches or dtypes do not match.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let l = Tensor::from([[2.0f32, 0.0], [1.0, 4.0]]);
/// let x = linalg::solve_triangular(&l, &Tensor::from([4.0f32, 10.0]), true);
/// assert_eq!(x.to_vec::<f32>().unwrap(), [2.0, 2.0]);
/// ```
#[track_caller]
pub fn solve_triangular(a: &Tensor, b: &Tensor, lower: bool) -> Tensor {
    expect_square("solve_triangular", a);
    triangular_solve(a, b, Triangular::left(lower))
}

/// The LU factorization of square matrices, in the form of LAPACK's `getrf`.
#[derive(Clone, Debug)]
pub struct LuFactor {
    /// `U`, and below its diagonal the elements of `L`, whose diagonal is 1.
    pub lu: Tensor,
    /// For each row, the row with which it was exchanged, as `i32`.
    pub pivots: Tensor,
    /// For each row of `L U`, the row of the matrix, as `i32`.
    pub permutation: Tensor,
}

/// Returns the LU factorization for [`lu_solve`].
///
/// # Panics
/// Panics unless `a` holds square matrices of `f32`, `f64`, `c64` or `c128`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let factor = linalg::lu_factor(&Tensor::from([[2.0f32, 1.0], [4.0, 1.0]]));
/// assert_eq!(factor.lu.to_vec::<f32>()?, [4.0, 1.0, 0.5, 0.5]);
/// assert_eq!(factor.pivots.to_vec::<i32>()?, [1, 1]);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn lu_factor(a: &Tensor) -> LuFactor {
    expect_square("lu_factor", a);
    let [lu, pivots, permutation] = lax::factor(FactorFn::Lu, a);
    LuFactor { lu, pivots, permutation }
}

/// Returns the solution of `a x = b`, or of `aᵀ x = b`, from the factors of `a`. For the Hermitian transpose of a
/// complex matrix, conjugate `b` and the result.
///
/// # Panics
/// Panics if sizes, batches or dtypes do not match.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let factor = linalg::lu_factor(&Tensor::from([[2.0f32, 1.0], [4.0, 1.0]]));
/// let b = Tensor::from([4.0f32, 6.0]);
/// assert_eq!(linalg::lu_solve(&factor, &b, false).to_vec::<f32>().unwrap(), [1.0, 2.0]);
/// assert_eq!(linalg::lu_solve(&factor, &b, true).to_vec::<f32>().unwrap(), [10.0, -4.0]);
/// ```
#[track_caller]
pub fn lu_solve(factor: &LuFactor, b: &Tensor, transpose: bool) -> Tensor {
    let sides = Sides::new("lu_solve", &factor.lu, b, true);
    let permutation = with_batch("lu_solve", &factor.permutation.unsqueeze(-1), &sides.batch).squeeze(-1);
    let (lower, upper) = (Triangular::left(true).unit(), Triangular::left(false));
    let x = if transpose {
        let inner = lax::triangular_solve(&sides.a, &sides.b, upper.transposed());
        let inner = lax::triangular_solve(&sides.a, &inner, lower.transposed());
        inner.take_along_axis(&permutation.argsort(-1).unsqueeze(-1), -2)
    } else {
        let moved = sides.b.take_along_axis(&permutation.unsqueeze(-1), -2);
        let inner = lax::triangular_solve(&sides.a, &moved, lower);
        lax::triangular_solve(&sides.a, &inner, upper)
    };
    sides.shaped(&x)
}
