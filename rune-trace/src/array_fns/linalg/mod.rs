//! Linear algebra, like `jax.numpy.linalg` and `jax.scipy.linalg`, for `f32`, `f64`, `c64` and `c128`. All functions
//! are differentiable any number of times.
//!
//! Matrices lie along the last two axes. All earlier axes are a batch; with two operands, they broadcast. The results
//! are those of LAPACK, computed in `f64` and rounded once. Compiled code calls functions of the host for them. On
//! GPUs, each call copies its operands to the host and its results back.
//!
//! `Aᴴ` is the Hermitian transpose. For a real matrix, it is the transpose.
//!
//! ```
//! use rune_trace::{Tensor, grad, linalg};
//! // ln det A, by the Cholesky factor, and its gradient A⁻¹.
//! let log_det = |a: &Tensor| linalg::cholesky(a).diagonal(0, -2, -1).log().sum() * 2.0;
//! let a = Tensor::from([[4.0f64, 2.0], [2.0, 5.0]]);
//! assert!((log_det(&a).item::<f64>()? - 16f64.ln()).abs() < 1e-12);
//! let inverse = Tensor::from([[5.0, -2.0], [-2.0, 4.0]]) / 16.0;
//! assert!((grad(log_det)(&a) - inverse).abs().max().item::<f64>()? < 1e-12);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cholesky;
mod constant;
mod determinant;
mod exponential;
mod factors;
mod functions;
mod householder;
mod inverse;
mod krylov;
mod logarithm;
mod norms;
mod products;
mod solve;
mod special;
mod spectral;
mod tridiagonal;

pub use cholesky::{cho_factor, cho_solve, cholesky};
pub use constant::{PascalKind, dft, hadamard, helmert, hilbert, invhilbert, invpascal, pascal};
pub use determinant::{adjugate, det, slogdet};
pub use exponential::{expm, expm_frechet};
pub use factors::{Side, eigh, eigvalsh, lu, qr, qr_full, qr_multiply, svd, svd_full, svdvals};
pub use functions::{eigh_tridiagonal, polar, solve_sylvester, sqrtm};
pub use householder::{gehrd, geqp3, geqrf, hessenberg, householder_product, qr_pivoted, qr_pivoted_full};
pub use inverse::{Lstsq, lstsq, matrix_rank, pinv};
pub use krylov::{KrylovOptions, bicgstab, cg, gmres};
pub use logarithm::logm;
pub use norms::{MatrixOrd, cond, matrix_norm, norm, vector_norm};
pub use products::{cross, kron, matrix_power, matrix_transpose, multi_dot, outer, tensorinv, tensorsolve, vecdot};
pub use rune_ir::op::Triangular;
pub use solve::{LuFactor, inv, lu_factor, lu_solve, solve, solve_triangular, triangular_solve};
pub use special::{
    block_diag, circulant, companion, convolution_matrix, fiedler, fiedler_companion, hankel, leslie, toeplitz, vander,
};
pub use spectral::{eig, eig_left, eigvals, funm, rsf2csf, schur};
pub use tridiagonal::{TridiagonalLu, tridiagonal_lu, tridiagonal_solve};

use super::broadcast::{broadcast, expect_joint_shape, expect_one_dtype};
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::{DType, Shape};

/// Panics unless `a` holds matrices of a dtype that linear algebra supports.
#[track_caller]
fn expect_matrices(op: &str, a: &Tensor) {
    if !a.dtype().is_inexact() || a.dtype().is_reduced_float() {
        refuse!(
            "linalg::{op}: takes f32, f64, c64 or c128, but got {}; convert it, as with `.cast(DType::F32)`",
            a.ty()
        );
    }
    if a.rank() < 2 {
        refuse!("linalg::{op}: takes matrices, along the last two axes, but got shape {}", a.shape());
    }
}

/// Panics unless `a` holds square matrices.
#[track_caller]
fn expect_square(op: &str, a: &Tensor) {
    expect_matrices(op, a);
    let (m, n) = size(a);
    if m != n {
        refuse!("linalg::{op}: takes square matrices, but got shape {}", a.shape());
    }
}

/// Returns the Hermitian transpose.
#[track_caller]
fn adjoint(a: &Tensor) -> Tensor {
    a.t().conj()
}

/// Converts real numbers to the dtype of `a`, which may be complex.
#[track_caller]
fn like(real: &Tensor, a: &Tensor) -> Tensor {
    if real.dtype() == a.dtype() { real.clone() } else { lax::convert(real, a.dtype()) }
}

/// Returns the squares of the magnitudes.
#[track_caller]
fn squares(a: &Tensor) -> Tensor {
    if a.dtype().is_complex() { a.real().square() + a.imag().square() } else { a.square() }
}

/// Returns the precision of a dtype: the difference between 1 and the next number.
fn precision(a: &Tensor) -> f64 {
    if a.dtype().real() == DType::F32 { f32::EPSILON.into() } else { f64::EPSILON }
}

/// Returns the numbers of rows and columns.
fn size(a: &Tensor) -> (usize, usize) {
    (a.shape()[a.rank() - 2], a.shape()[a.rank() - 1])
}

/// Returns `a` with its batch broadcast to `batch`.
#[track_caller]
fn with_batch(op: &str, a: &Tensor, batch: &Shape) -> Tensor {
    let matrix = &a.shape()[a.rank() - 2..];
    broadcast(op, a, &batch.iter().chain(matrix).copied().collect())
}

/// Matrices `a` and right sides `b`, both with the same batch. A vector `b` becomes a column.
struct Sides {
    a: Tensor,
    b: Tensor,
    batch: Shape,
    /// Whether `b` is a vector.
    vector: bool,
}

impl Sides {
    /// Pairs matrices with right sides. `b` must have as many rows as `a` if `left`, or else as many columns.
    #[track_caller]
    fn new(op: &str, a: &Tensor, b: &Tensor, left: bool) -> Sides {
        expect_square(op, a);
        expect_one_dtype(&format!("linalg::{op}"), &[a.dtype(), b.dtype()]);
        let vector = b.rank() == 1;
        let b = match (b.rank(), left) {
            (0, _) => refuse!("linalg::{op}: the right side must be a vector or matrices, but is a scalar"),
            (1, true) => lax::reshape(b, [b.size(), 1]),
            (1, false) => lax::reshape(b, [1, b.size()]),
            _ => b.clone(),
        };
        let (n, along) = (a.shape()[a.rank() - 1], if left { b.rank() - 2 } else { b.rank() - 1 });
        if b.shape()[along] != n {
            refuse!("linalg::{op}: matrices of shape {} and right sides of shape {} do not fit", a.shape(), b.shape());
        }
        let batches = [a, &b].map(|x| Shape::from(&x.shape()[..x.rank() - 2]));
        let batch = expect_joint_shape(&format!("linalg::{op}, before the matrices"), &[&batches[0], &batches[1]]);
        Sides { a: with_batch(op, a, &batch), b: with_batch(op, &b, &batch), batch, vector }
    }
    /// Returns the solution in the shape of the right sides.
    #[track_caller]
    fn shaped(&self, x: &Tensor) -> Tensor {
        if !self.vector {
            return x.clone();
        }
        let n = self.a.shape()[self.a.rank() - 1];
        lax::reshape(x, x.shape()[..x.rank() - 2].iter().copied().chain([n]).collect::<Shape>())
    }
}
