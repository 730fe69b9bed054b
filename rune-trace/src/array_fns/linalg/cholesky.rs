//! Factors of positive definite matrices.

use super::{Triangular, adjoint, expect_square, triangular_solve};
use crate::{Tensor, lax};

/// Returns the lower triangular `L` with a positive diagonal and `L Lᴴ = a`. It is all NaN if `a` is not positive
/// definite. A matrix that is not Hermitian is replaced by `(a + aᴴ) / 2`.
///
/// # Panics
/// If the matrices are not square, or not of `f32`, `f64`, `c64` or `c128`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let l = linalg::cholesky(&Tensor::from([[4.0f32, 2.0], [2.0, 5.0]]));
/// assert_eq!(l.to_vec::<f32>().unwrap(), [2.0, 0.0, 1.0, 2.0]);
/// ```
#[track_caller]
pub fn cholesky(a: &Tensor) -> Tensor {
    expect_square("cholesky", a);
    lax::cholesky(&((a + adjoint(a)) * 0.5))
}

/// Solves `a x = b`, where `l` is the Cholesky factor of `a`, for a vector `b` or for matrices.
///
/// # Panics
/// If sizes, batches or dtypes do not match.
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
    triangular_solve(&l.conj(), &triangular_solve(l, b, lower), lower.transposed())
}

/// Returns the Cholesky factor for [`cho_solve`]: the lower triangle `L` with `L Lᴴ = a`, like [`cholesky`].
///
/// # Panics
/// Panics unless `a` holds square matrices of `f32`, `f64`, `c64` or `c128`.
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
