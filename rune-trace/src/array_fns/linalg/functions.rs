//! Matrix square roots, polar factors, and equations with matrices on both sides.

use super::spectral::{triangular_root, triangular_sylvester};
use super::{adjoint, expect_matrices, expect_square, inv, kron, like, precision, schur, size, solve, squares, svd};
use crate::array_fns::broadcast::expect_one_dtype;
use crate::array_fns::where_;
use crate::tensor::{Caller, at_caller, refuse};
use crate::{ScanOptions, Tensor, custom_tangent, lax, scan_with, while_loop};

/// A sufficient number of Newton iterations. The first ones scale, and each later one doubles the number of correct
/// digits.
const ITERATIONS: usize = 24;

/// Returns the principal square root of square matrices: its eigenvalues have no negative real parts. The root of a
/// real matrix is real. It is NaN if the matrix has a real eigenvalue that is not positive. JAX's root is always
/// complex; for that, cast the matrix to a complex dtype.
///
/// Real roots use the iteration of Denman and Beavers, with products and scaling: N. Higham, "Functions of Matrices"
/// (2008), 6.29. Complex roots use the Schur form: Å. Björck and S. Hammarling, "A Schur method for the square root of
/// a matrix" (1983). The derivative exists where no eigenvalue is 0 or negative.
///
/// # Panics
/// Panics unless `a` holds square matrices of `f32`, `f64`, `c64` or `c128`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let a = Tensor::from([[2.0f64, 1.0], [-1.0, 3.0]]);
/// let root = linalg::sqrtm(&a);
/// assert!((root.matmul(&root) - a).abs().max().item::<f64>()? < 1e-14);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn sqrtm(a: &Tensor) -> Tensor {
    expect_square("sqrtm", a);
    if a.size() == 0 {
        return a.clone();
    }
    let caller = Caller::here();
    // X² = A implies X dX + dX X = dA.
    custom_tangent(
        |a: &Tensor| caller.run(|| if a.dtype().is_complex() { schur_root(caller, a) } else { root(caller, a) }),
        |_, x, (da,)| caller.run(|| stable_sylvester(caller, x, da)),
    )(a)
}

fn schur_root(caller: Caller, a: &Tensor) -> Tensor {
    let (t, z) = schur(a);
    z.matmul(triangular_root(caller, &t)).matmul(adjoint(&z))
}

fn root(caller: Caller, a: &Tensor) -> Tensor {
    let n = size(a).0;
    let eye = Tensor::eye(n, a.dtype());
    let close = n as f64 * precision(a);
    let far = |m: &Tensor| (m - &eye).abs().sum_axes(-2).max_axes(-1);
    let step = |x: &Tensor, m: &Tensor, i: &Tensor| {
        let inverse = inv(m);
        // A scale that makes both norms equal. It is 1 near the end, where it would only add rounding errors.
        let scale = (norm(&inverse) / norm(m)).sqrt().sqrt();
        let near = far(m).unsqueeze(-1).unsqueeze(-1).lt(1e-2);
        let scale = where_(near, 1.0, scale);
        let (up, down) = (scale.square() * m, inverse / scale.square());
        let next_m = (&eye + (up + &down) * 0.5) * 0.5;
        let next_x = (&scale * x).matmul(&(&eye + down)) * 0.5;
        (next_x, next_m, i + 1)
    };
    let start = (a.clone(), a.clone(), Tensor::scalar(0i32));
    let body = |(x, m, i): &(Tensor, Tensor, Tensor)| caller.run(|| step(x, m, i));
    let going = |m: &Tensor, i: &Tensor| far(m).gt(close).any() & i.lt(2 * ITERATIONS as i32);
    let open = |(_, m, i): &(Tensor, Tensor, Tensor)| caller.run(|| going(m, i));
    let (x, m, _) = while_loop(open, body, &start);
    // If there is no root, the iteration does not converge.
    let found = far(&m).unsqueeze(-1).unsqueeze(-1).lt(close.sqrt());
    where_(found, x, f64::NAN)
}

/// Returns the Frobenius norm of each matrix.
fn norm(a: &Tensor) -> Tensor {
    squares(a).sum_keepdims([-2, -1]).sqrt()
}

/// Returns the solution of `a x + x a = c`, which is linear in `c`. The eigenvalues of `a` must have positive real
/// parts.
///
/// The matrix sign function of `[[a, c], [0, -a]]` holds `2 x`. Newton's iteration computes it: J. Roberts, "Linear
/// model reduction and solution of the algebraic Riccati equation by use of the sign function" (1980).
fn stable_sylvester(caller: Caller, a: &Tensor, c: &Tensor) -> Tensor {
    let newton_step = |a: &Tensor| {
        let inverse = inv(a);
        let scale = like(&(norm(&inverse) / norm(a)).sqrt(), a);
        let next = (&scale * a + &inverse / &scale) * 0.5;
        (next, (inverse, scale))
    };
    let step = |a: &Tensor, _: &()| caller.run(|| newton_step(a));
    let options = ScanOptions { length: Some(ITERATIONS), ..ScanOptions::default() };
    let (_, steps) = scan_with(options, step, a, &());
    let off_diagonal_step = |c: &Tensor, (inverse, scale): &(Tensor, Tensor)| {
        (caller.run(|| (scale * c + inverse.matmul(c).matmul(inverse) / scale) * 0.5), ())
    };
    scan_with(ScanOptions::default(), off_diagonal_step, c, &steps).0 * 0.5
}

/// Returns the solution `x` of `a x + x b = q`, by Schur forms: R. Bartels and G. Stewart, "Solution of the matrix
/// equation AX + XB = C" (1972). `a` and `-b` must have no common eigenvalue. The derivative solves a system with one
/// equation for each element of `q`. Its cost is proportional to the cube of the number of elements.
///
/// # Panics
/// Panics unless `a` and `b` are square matrices of `f32`, `f64`, `c64` or `c128`, and `q` is a matrix with the rows of
/// `a` and the columns of `b`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let (a, b) = (Tensor::from([[1.0f64, 2.0], [0.0, 3.0]]), Tensor::from([[4.0f64]]));
/// let x = linalg::solve_sylvester(&a, &b, &Tensor::from([[9.0f64], [14.0]]));
/// assert!((x - Tensor::from([[1.0f64], [2.0]])).abs().max().item::<f64>()? < 1e-14);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn solve_sylvester(a: &Tensor, b: &Tensor, q: &Tensor) -> Tensor {
    expect_square("solve_sylvester", a);
    expect_square("solve_sylvester", b);
    expect_one_dtype("linalg::solve_sylvester", &[a.dtype(), b.dtype(), q.dtype()]);
    if a.rank() != 2 || b.rank() != 2 || *q.shape() != [size(a).0, size(b).0] {
        refuse!(
            "linalg::solve_sylvester: takes two square matrices and one with the rows of the first and the columns of the second, but got shapes {}, {} and {}; batches go by `vmap`",
            a.shape(),
            b.shape(),
            q.shape()
        );
    }
    if q.size() == 0 {
        return q.clone();
    }
    let caller = Caller::here();
    custom_tangent(
        |a: &Tensor, b: &Tensor, q: &Tensor| caller.run(|| sylvester(caller, [a, b, q])),
        |(a, b, _), x, (da, db, dq)| caller.run(|| sylvester_system(a, b, &(dq - da.matmul(x) - x.matmul(db)))),
    )(a, b, q)
}

/// Returns the solution of `a x + x b = q`, by Schur forms.
fn sylvester(caller: Caller, matrices: [&Tensor; 3]) -> Tensor {
    let dtype = matrices[0].dtype();
    let complex = dtype.complex().expect("matrices have a complex dtype");
    let [a, b, q] = matrices.map(|x| lax::convert(x, complex));
    let ((t, z), (s, w)) = (schur(&a), schur(&b));
    let sides = adjoint(&z).matmul(q).matmul(&w);
    let x = z.matmul(triangular_sylvester(caller, [&t, &s, &sides])).matmul(adjoint(&w));
    if dtype.is_complex() { x } else { x.real() }
}

/// Returns the solution of `a x + x b = q`, by a system of equations for its elements.
fn sylvester_system(a: &Tensor, b: &Tensor, q: &Tensor) -> Tensor {
    let left = kron(a, &Tensor::eye(size(b).0, b.dtype()));
    let system = left + kron(&Tensor::eye(size(a).0, a.dtype()), &b.t());
    lax::reshape(&solve(&system, &lax::reshape(q, [q.size()])), q.shape().clone())
}

/// Returns the polar factors of matrices that are not wide: `U` with orthonormal columns, and a positive semidefinite
/// `P`, with `a = U P`. For `a = P U`, transpose `a` and the factors.
///
/// # Panics
/// Panics unless `a` holds matrices of `f32`, `f64`, `c64` or `c128` with at least as many rows as columns.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let (u, p) = linalg::polar(&Tensor::from([[0.0f64, -2.0], [3.0, 0.0]]));
/// assert!((u - Tensor::from([[0.0f64, -1.0], [1.0, 0.0]])).abs().max().item::<f64>()? < 1e-14);
/// assert!((p - Tensor::from([[3.0f64, 0.0], [0.0, 2.0]])).abs().max().item::<f64>()? < 1e-14);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn polar(a: &Tensor) -> (Tensor, Tensor) {
    expect_matrices("polar", a);
    let (m, n) = size(a);
    if m < n {
        refuse!(
            "linalg::polar: takes matrices with at least as many rows as columns, but got shape {}; transpose it",
            a.shape()
        );
    }
    let caller = Caller::here();
    let value = |a: &Tensor| {
        let (u, s, vt) = svd(a);
        (u.matmul(&vt), adjoint(&vt).matmul(&(like(&s, a).unsqueeze(-1) * &vt)))
    };
    // The skew Ω solves P Ω + Ω P = Uᴴ dA - dAᴴ U. Then dP = Uᴴ dA - Ω P, and dU = U Ω plus the part of dA outside the
    // columns of U times P⁻¹. Nothing is divided by a difference of singular values.
    let tangent = |a: &Tensor, u: &Tensor, p: &Tensor, da: &Tensor| {
        let (_, s, vt) = svd(a);
        let (s, v) = (like(&s, a), adjoint(&vt));
        let inner = adjoint(u).matmul(da);
        let skew = &inner - adjoint(&inner);
        let sums = s.unsqueeze(-1) + s.unsqueeze(-2);
        let turned = vt.matmul(&skew).matmul(&v) / sums;
        let omega = v.matmul(&turned).matmul(&vt);
        let outside = da - u.matmul(&inner);
        let outside = outside.matmul(&v).matmul(&(&vt / s.unsqueeze(-1)));
        (u.matmul(&omega) + outside, inner - omega.matmul(p))
    };
    custom_tangent(|a: &Tensor| caller.run(|| value(a)), |(a,), (u, p), (da,)| caller.run(|| tangent(a, u, p, da)))(a)
}

/// Returns the eigenvalues of symmetric tridiagonal matrices, ascending, and the eigenvectors in columns. `diagonal`
/// has the shape `[…, n]`. `beside` holds the elements next to the diagonal and has the shape `[…, n - 1]`.
///
/// # Panics
/// Panics unless the operands have these shapes and the dtype `f32` or `f64`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let (w, _) = linalg::eigh_tridiagonal(&Tensor::from([2.0f64, 2.0]), &Tensor::from([1.0f64]));
/// assert!((w - Tensor::from([1.0f64, 3.0])).abs().max().item::<f64>()? < 1e-15);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn eigh_tridiagonal(diagonal: &Tensor, beside: &Tensor) -> (Tensor, Tensor) {
    expect_one_dtype("linalg::eigh_tridiagonal", &[diagonal.dtype(), beside.dtype()]);
    let fits = diagonal.rank() > 0
        && beside.rank() == diagonal.rank()
        && beside.shape()[..beside.rank() - 1] == diagonal.shape()[..diagonal.rank() - 1]
        && diagonal.shape()[diagonal.rank() - 1] == beside.shape()[beside.rank() - 1] + 1;
    if !fits || !diagonal.dtype().is_float() || diagonal.dtype().is_reduced_float() {
        refuse!(
            "linalg::eigh_tridiagonal: takes diagonals of f32 or f64, the second one shorter by one, but got {} and {}",
            diagonal.ty(),
            beside.ty()
        );
    }
    at_caller(|| {
        let n = diagonal.shape()[diagonal.rank() - 1];
        let eye = Tensor::eye(n, diagonal.dtype());
        let mut ends = vec![(0, 0); beside.rank()];
        ends[beside.rank() - 1].0 = 1;
        // Fills only the part below the diagonal, because `eigh` reads no more.
        let below = beside.pad(&ends, 0.0).unsqueeze(-1) * eye.pad(&[(0, 0), (-1, 1)], 0.0);
        let matrix = diagonal.unsqueeze(-1) * eye + &below + below.t();
        super::eigh(&matrix)
    })
}
