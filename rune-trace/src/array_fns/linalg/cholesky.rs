//! Factors of positive definite matrices.

use super::{Triangular, expect_square, triangular_solve};
use crate::{Tensor, lax};

/// The lower triangle `L`, with a positive diagonal, of which `L Lᵀ = a`; all NaN where `a` is not positive definite. Of a matrix that is
/// not symmetric, `(a + aᵀ) / 2` is factored.
///
/// # Panics
/// If the matrices are not square, or not of `f32` or `f64`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let l = linalg::cholesky(&Tensor::from([[4.0f32, 2.0], [2.0, 5.0]]));
/// assert_eq!(l.to_vec::<f32>().unwrap(), [2.0, 0.0, 1.0, 2.0]);
/// ```
#[track_caller]
pub fn cholesky(a: &Tensor) -> Tensor {
    expect_square("cholesky", a);
    lax::cholesky(&((a + a.t()) * 0.5))
}

/// The solution of `a x = b`, where `l` is the Cholesky factor of `a`, of a vector `b` or of matrices.
///
/// # Panics
/// If sizes, batches or dtypes do not fit.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let l = linalg::cholesky(&Tensor::from([[4.0f32, 2.0], [2.0, 5.0]]));
/// let x = linalg::cho_solve(&l, &Tensor::from([8.0f32, 12.0]));
/// assert_eq!(x.to_vec::<f32>().unwrap(), [1.0, 2.0]);
/// ```
#[track_caller]
pub fn cho_solve(l: &Tensor, b: &Tensor) -> Tensor {
    let lower = Triangular::left(true);
    triangular_solve(l, &triangular_solve(l, b, lower), lower.transposed())
}

/// Returns the Cholesky factor that [`cho_solve`] takes: the lower triangle `L` of which `L Lᵀ = a`, as [`cholesky`].
///
/// # Panics
/// Panics unless `a` holds square matrices of `f32` or `f64`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let l = linalg::cho_factor(&Tensor::from([[4.0f32, 2.0], [2.0, 5.0]]));
/// assert_eq!(linalg::cho_solve(&l, &Tensor::from([8.0f32, 12.0])).to_vec::<f32>().unwrap(), [1.0, 2.0]);
/// ```
#[track_caller]
pub fn cho_factor(a: &Tensor) -> Tensor {
    expect_square("cho_factor", a);
    cholesky(a)
}
