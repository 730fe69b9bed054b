//! Factorizations.

use super::{adjoint, expect_matrices, expect_square, size};
use crate::{Tensor, lax};
use rune_ir::op::FactorFn;
use rune_ir::{DType, Shape};

/// Factorizes `a = P L U`, like `jax.scipy.linalg.lu`: `P` is a permutation, `L` is lower triangular with 1 on its
/// diagonal, and `U` is upper triangular.
///
/// # Panics
/// If the operand does not hold matrices of `f32`, `f64`, `c64` or `c128`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let (p, l, u) = linalg::lu(&Tensor::from([[2.0f32, 1.0], [4.0, 1.0]]));
/// assert_eq!(p.to_vec::<f32>().unwrap(), [0.0, 1.0, 1.0, 0.0]);
/// assert_eq!(l.to_vec::<f32>().unwrap(), [1.0, 0.0, 0.5, 1.0]);
/// assert_eq!(u.to_vec::<f32>().unwrap(), [4.0, 1.0, 0.0, 0.5]);
/// ```
#[track_caller]
pub fn lu(a: &Tensor) -> (Tensor, Tensor, Tensor) {
    expect_matrices("lu", a);
    let (m, n) = size(a);
    let k = m.min(n);
    let [lu, _, permutation] = lax::factor(FactorFn::Lu, a);
    let l = block(&lu, m, k).tril(-1) + block(&Tensor::eye(m, a.dtype()), m, k);
    let u = block(&lu, k, n).triu(0);
    let square: Shape = a.shape()[..a.rank() - 1].iter().copied().chain([m]).collect();
    let rows = lax::iota(DType::I32, square, a.rank() - 2);
    let p = lax::convert(&permutation.unsqueeze(-2).eq(&rows), a.dtype());
    (p, l, u)
}

/// Returns the first rows and columns of matrices.
#[track_caller]
fn block(x: &Tensor, rows: usize, columns: usize) -> Tensor {
    let mut limit = x.shape().to_vec();
    (limit[x.rank() - 2], limit[x.rank() - 1]) = (rows, columns);
    lax::slice(x, &vec![0; x.rank()], &limit, &vec![1; x.rank()])
}

/// Factorizes `a = Q R`. For matrices `m × n` and `k = min(m, n)`, the columns of `Q`, `m × k`, are orthonormal, and
/// `R`, `k × n`, is upper triangular. The diagonal of `R` is real, and mostly negative, as in LAPACK.
///
/// # Panics
/// If the operand does not hold matrices of `f32`, `f64`, `c64` or `c128`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let (q, r) = linalg::qr(&Tensor::from([[3.0f32], [4.0]]));
/// assert_eq!((q.to_vec::<f32>().unwrap(), r.to_vec::<f32>().unwrap()), (vec![-0.6, -0.8], vec![-5.0]));
/// ```
#[track_caller]
pub fn qr(a: &Tensor) -> (Tensor, Tensor) {
    expect_matrices("qr", a);
    let [q, r] = lax::factor(FactorFn::Qr, a);
    (q, r)
}

/// Like [`qr`], but returns the complete `Q`, `m × m`, and `R`, `m × n`: NumPy's mode `complete`.
#[track_caller]
pub fn qr_full(a: &Tensor) -> (Tensor, Tensor) {
    expect_matrices("qr_full", a);
    let [q, r] = lax::factor(FactorFn::QrFull, a);
    (q, r)
}

/// The side of a product on which a matrix stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Side {
    /// It is the left operand.
    Left,
    /// It is the right operand.
    Right,
}

/// Returns the product of `c` with the `Q` of [`qr`], and `R`. `side` is the side of `Q`: the product is `Q c` for
/// `Side::Left`, and `c Q` for `Side::Right`, the default of `scipy.linalg.qr_multiply`. A vector `c` is a column
/// in `Q c`, and a row in `c Q`.
///
/// # Panics
/// If `a` does not hold matrices of `f32`, `f64`, `c64` or `c128`, or shapes or dtypes do not fit.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let a = Tensor::from([[3.0f32], [4.0]]);
/// let (c, r) = linalg::qr_multiply(&a, &Tensor::from([10.0f32, 5.0]), linalg::Side::Right);
/// assert_eq!((c.to_vec::<f32>().unwrap(), r.to_vec::<f32>().unwrap()), (vec![-10.0], vec![-5.0]));
/// ```
#[track_caller]
pub fn qr_multiply(a: &Tensor, c: &Tensor, side: Side) -> (Tensor, Tensor) {
    let (q, r) = qr(a);
    let product = if side == Side::Left { q.matmul(c) } else { c.matmul(q) };
    (product, r)
}

/// Returns the eigenvalues and eigenvectors of Hermitian matrices. The eigenvalues are real and in ascending order. The
/// eigenvectors have length 1, and are the columns of matrices. If a matrix is not Hermitian, `(a + aᴴ) / 2` replaces
/// it.
///
/// In each eigenvector, the first element with more than 0.9 of the greatest magnitude is real and positive. If
/// eigenvalues are equal, their eigenvectors have no derivative, but the eigenvalues have one. The derivative of
/// complex eigenvectors is JAX's, which treats their phases as constant. It is meaningful only for functions that do
/// not depend on the phases.
///
/// # Panics
/// If the matrices are not square, or not of `f32`, `f64`, `c64` or `c128`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let (w, v) = linalg::eigh(&Tensor::from([[2.0f64, 1.0], [1.0, 2.0]]));
/// assert!((w - Tensor::from([1.0f64, 3.0])).abs().max().item::<f64>()? < 1e-15);
/// let half = 0.5f64.sqrt();
/// assert!((v - Tensor::from([[half, half], [-half, half]])).abs().max().item::<f64>()? < 1e-15);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn eigh(a: &Tensor) -> (Tensor, Tensor) {
    expect_square("eigh", a);
    let [w, v] = lax::factor(FactorFn::Eigh, &((a + adjoint(a)) * 0.5));
    (w, v)
}

/// Returns only the eigenvalues: see [`eigh`].
#[track_caller]
pub fn eigvalsh(a: &Tensor) -> Tensor {
    expect_square("eigvalsh", a);
    let [w, _] = lax::factor(FactorFn::Eigh, &((a + adjoint(a)) * 0.5));
    w
}

/// Factorizes `a = U S Vᴴ`. Returns `U`, the singular values, and `Vᴴ`. The singular values are real and in descending
/// order. For matrices `m × n` and `k = min(m, n)`, `U` is `m × k` with orthonormal columns, and `Vᴴ` is `k × n` with
/// orthonormal rows. The signs of the columns of `U`, and their derivatives, follow the rules of [`eigh`].
///
/// # Panics
/// If the operand does not hold matrices of `f32`, `f64`, `c64` or `c128`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let a = Tensor::from([[1.0f64, 2.0], [3.0, 4.0], [5.0, 6.0]]);
/// let (u, s, vt) = linalg::svd(&a);
/// assert!((u.matmul(&(s.unsqueeze(-1) * vt)) - a).abs().max().item::<f64>()? < 1e-14);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn svd(a: &Tensor) -> (Tensor, Tensor, Tensor) {
    expect_matrices("svd", a);
    let [u, s, vt] = lax::factor(FactorFn::Svd, a);
    (u, s, vt)
}

/// Like [`svd`], but returns the complete `U`, `m × m`, and `Vᴴ`, `n × n`. The added columns are unique only up to a
/// rotation, and their derivative does not rotate them.
#[track_caller]
pub fn svd_full(a: &Tensor) -> (Tensor, Tensor, Tensor) {
    expect_matrices("svd_full", a);
    let [u, s, vt] = lax::factor(FactorFn::SvdFull, a);
    (u, s, vt)
}

/// Returns only the singular values, in descending order.
#[track_caller]
pub fn svdvals(a: &Tensor) -> Tensor {
    svd(a).1
}
