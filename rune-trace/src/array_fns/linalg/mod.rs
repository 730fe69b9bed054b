//! Linear algebra, as `jax.numpy.linalg` and `jax.scipy.linalg` have it: of `f32` and `f64`, differentiable any number of times.
//!
//! Matrices lie along the last two axes; all axes before are a batch, and broadcast where there are two operands. What is computed is that of
//! LAPACK, in `f64` and rounded once. On CPU compiled code calls the process for it; other devices refuse it.
//!
//! There is no `eig` of matrices that are not symmetric, whose eigenvalues are complex: rune has no complex numbers.
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
mod determinant;
mod factors;
mod inverse;
mod norms;
mod products;
mod solve;

pub use cholesky::{cho_solve, cholesky};
pub use determinant::{det, slogdet};
pub use factors::{eigh, eigvalsh, lu, qr, qr_full, svd, svd_full, svdvals};
pub use inverse::{Lstsq, lstsq, matrix_rank, pinv};
pub use norms::{MatrixOrd, cond, matrix_norm, norm, vector_norm};
pub use products::{cross, kron, matrix_power, multi_dot};
pub use rune_ir::op::Triangular;
pub use solve::{inv, solve, triangular_solve};

use super::broadcast::{broadcast, expect_joint_shape, expect_one_dtype};
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::{DType, Shape};

/// That `a` holds matrices of a dtype that linear algebra takes.
#[track_caller]
fn expect_matrices(op: &str, a: &Tensor) {
    if a.dtype().is_complex() {
        refuse!("linalg::{op}: takes f32 or f64, not complex numbers, and is given {}", a.ty());
    }
    if !a.dtype().is_float() || a.dtype().is_half() {
        refuse!("linalg::{op}: takes f32 or f64, and is given {}; convert it, as with `.cast(DType::F32)`", a.ty());
    }
    if a.rank() < 2 {
        refuse!("linalg::{op}: takes matrices, along the last two axes, and is given shape {}", a.shape());
    }
}

/// That `a` holds square matrices.
#[track_caller]
fn expect_square(op: &str, a: &Tensor) {
    expect_matrices(op, a);
    let (m, n) = size(a);
    if m != n {
        refuse!("linalg::{op}: takes square matrices, and is given shape {}", a.shape());
    }
}

/// The precision of a dtype: the distance from 1 to the next number.
fn precision(a: &Tensor) -> f64 {
    if a.dtype() == DType::F32 { f32::EPSILON.into() } else { f64::EPSILON }
}

/// Rows and columns.
fn size(a: &Tensor) -> (usize, usize) {
    (a.shape()[a.rank() - 2], a.shape()[a.rank() - 1])
}

/// `a` with its batch repeated to `batch`.
#[track_caller]
fn with_batch(op: &str, a: &Tensor, batch: &Shape) -> Tensor {
    let matrix = &a.shape()[a.rank() - 2..];
    broadcast(op, a, &batch.iter().chain(matrix).copied().collect())
}

/// Matrices `a` and right sides `b`, of one batch; a vector `b` is a column.
struct Sides {
    a: Tensor,
    b: Tensor,
    batch: Shape,
    /// Whether `b` was a vector.
    vector: bool,
}

impl Sides {
    /// `b` has as many rows (columns, unless `left`) as `a`.
    #[track_caller]
    fn new(op: &str, a: &Tensor, b: &Tensor, left: bool) -> Sides {
        expect_square(op, a);
        expect_one_dtype(&format!("linalg::{op}"), &[a.dtype(), b.dtype()]);
        let vector = b.rank() == 1;
        let b = match (b.rank(), left) {
            (0, _) => refuse!("linalg::{op}: the right side is a vector or matrices, and is given as a scalar"),
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
    /// The solution, in the form of the right sides.
    #[track_caller]
    fn shaped(&self, x: &Tensor) -> Tensor {
        if !self.vector {
            return x.clone();
        }
        let n = self.a.shape()[self.a.rank() - 1];
        lax::reshape(x, x.shape()[..x.rank() - 2].iter().copied().chain([n]).collect::<Shape>())
    }
}
