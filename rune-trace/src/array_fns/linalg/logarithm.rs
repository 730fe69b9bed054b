//! The logarithm of matrices.

use super::exponential::derivative_of_expm;
use super::spectral::{complex_dtype, triangular_root, triangular_sylvester};
use super::{Triangular, adjoint, expect_square, like, schur, size};
use crate::array_fns::where_;
use crate::tensor::Caller;
use crate::{Tensor, TensorFn, custom_linear_solve, custom_tangent, lax, while_loop};
use rune_ir::op::FactorFn;

/// The greatest distance from the identity at which the approximant of degree 7 is exact to `f64`.
const GREATEST: f64 = 2.637608761e-1;

/// The maximum number of square roots. Each one halves the logarithms of the eigenvalues.
const MAX_ROOTS: i32 = 100;

/// The points and weights of Gauss and Legendre between 0 and 1. The Padé approximant of degree 7 of log (1 + r) is the
/// integral of r / (1 + x r) over x by this rule.
const RULE: [(f64, f64); 7] = [
    (0.025446043828620736, 0.06474248308443485),
    (0.12923440720030277, 0.13985269574463832),
    (0.2970774243113014, 0.19091502525255947),
    (0.5, 0.2089795918367347),
    (0.7029225756886985, 0.19091502525255947),
    (0.8707655927996972, 0.13985269574463832),
    (0.9745539561713793, 0.06474248308443485),
];

/// Returns the principal logarithm of square matrices, like `scipy.linalg.logm`: the imaginary parts of its eigenvalues
/// are above -π and at most π. The logarithm of a real matrix is real. It is NaN if the matrix has a real eigenvalue
/// that is not positive. For the complex logarithm, which SciPy returns in this case, cast the matrix to a complex
/// dtype. The result is NaN if a matrix is singular.
///
/// This is inverse scaling and squaring with the Schur form: square roots until the matrix is near the identity, then a
/// Padé approximant. A. Al-Mohy and N. Higham, "Improved inverse scaling and squaring algorithms for the matrix
/// logarithm" (2012). The derivative solves the equation that the derivative of [`expm`](super::expm) defines, by the
/// same steps. It exists where no eigenvalue is 0 or negative, also if there are fewer eigenvectors than rows.
///
/// # Panics
/// Panics unless `a` holds square matrices of `f32`, `f64`, `c64` or `c128`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// // A rotation by 1.
/// let (sin, cos) = 1f64.sin_cos();
/// let log = linalg::logm(&Tensor::from([[cos, -sin], [sin, cos]]));
/// assert!((log - Tensor::from([[0.0, -1.0], [1.0, 0.0]])).abs().max().item::<f64>()? < 1e-15);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn logm(a: &Tensor) -> Tensor {
    expect_square("logm", a);
    if a.size() == 0 {
        return a.clone();
    }
    let caller = Caller::here();
    let tangent = |a: &Tensor, x: &Tensor, da: &Tensor| {
        let by_roots = |a: &Tensor, b: &Tensor| caller.run(|| by_schur_form(caller, a, Some(b)));
        custom_linear_solve(
            |x: &Tensor, dx: &Tensor| caller.run(|| derivative_of_expm(caller, x, dx)),
            x,
            da,
            |_: &TensorFn<'_>, b: &Tensor| by_roots(a, b),
            // The derivative in the direction E has the same inner product with F as the one in the direction Fᵀ with Eᵀ.
            |_: &TensorFn<'_>, b: &Tensor| caller.run(|| by_schur_form(caller, a, Some(&b.t())).t()),
        )
    };
    custom_tangent(
        |a: &Tensor| caller.run(|| by_schur_form(caller, a, None)),
        |(a,), x, (da,)| caller.run(|| tangent(a, x, da)),
    )(a)
}

/// Returns the logarithm of `a`, or its derivative in the direction `e`.
fn by_schur_form(caller: Caller, a: &Tensor, e: Option<&Tensor>) -> Tensor {
    let dtype = complex_dtype(a);
    let (t, z) = schur(a);
    if a.dtype().is_complex() {
        return by_triangle(caller, &t, &z, e);
    }
    // The elements of the diagonal with nothing below and on their left are the real eigenvalues.
    let ends = |low: isize, high: isize| {
        let mut ends = vec![(0, 0); t.rank() - 1];
        ends[t.rank() - 2] = (low, high);
        ends
    };
    let beside = t.diagonal(-1, -2, -1);
    let is_real = beside.pad(&ends(1, 0), 0.0).eq(0.0) & beside.pad(&ends(0, 1), 0.0).eq(0.0);
    let refused = (is_real & t.diagonal(0, -2, -1).le(0.0)).any_axes(-1).unsqueeze(-1).unsqueeze(-1);
    let [t, q] = lax::factor(FactorFn::Schur, &lax::convert(&t, dtype));
    let z = lax::convert(&z, dtype).matmul(q);
    let found = by_triangle(caller, &t, &z, e.map(|e| lax::convert(e, dtype)).as_ref());
    where_(refused, f64::NAN, found.real())
}

/// Returns the logarithm of Z T Zᴴ with an upper triangular T, or its derivative in the direction `e`.
fn by_triangle(caller: Caller, t: &Tensor, z: &Tensor, e: Option<&Tensor>) -> Tensor {
    let e = e.map(|e| adjoint(z).matmul(e).matmul(z));
    let found = triangular_log(caller, t, e.as_ref());
    z.matmul(found).matmul(adjoint(z))
}

/// Returns the greatest column sum of magnitudes of each matrix.
fn norm(a: &Tensor) -> Tensor {
    a.abs().sum_axes(-2).max_axes(-1).unsqueeze(-1).unsqueeze(-1)
}

/// Returns whether matrices are near enough to the identity for the approximant, by the norms of the powers of their
/// difference. A product that overflows is far.
fn near(t: &Tensor) -> Tensor {
    let r = t - Tensor::eye(size(t).0, t.dtype());
    let r2 = r.matmul(&r);
    let (second, third) = (norm(&r2).sqrt(), norm(&r2.matmul(&r)).cbrt());
    let fourth = norm(&r2.matmul(&r2)).sqrt().sqrt();
    third.le(GREATEST) & (second.le(GREATEST) | fourth.le(GREATEST))
}

/// Returns the logarithm of an upper triangular T, or its derivative in the direction `e`.
fn triangular_log(caller: Caller, t: &Tensor, e: Option<&Tensor>) -> Tensor {
    let n = size(t).0;
    let eye = Tensor::eye(n, t.dtype());
    let logs = t.diagonal(0, -2, -1).log();
    let finite = t.isfinite().all_axes([-2, -1]).unsqueeze(-1).unsqueeze(-1);
    let far = |t: &Tensor| !near(t) & &finite;
    // The direction follows: X² = T implies X dX + dX X = dT.
    let root = |(t, e, count, i): &(Tensor, Option<Tensor>, Tensor, Tensor)| {
        let open = far(t);
        let root = triangular_root(caller, t);
        let moved = e.as_ref().map(|e| where_(&open, triangular_sylvester(caller, [&root, &root, e]), e));
        let count = where_(&open, count + 1.0, count);
        (where_(&open, root, t), moved, count, i + 1)
    };
    let more = |(t, _, _, i): &(Tensor, Option<Tensor>, Tensor, Tensor)| far(t).any() & i.lt(MAX_ROOTS);
    let count = norm(t).zeros_like();
    let (root, e, count, _) = while_loop(
        |state: &(Tensor, Option<Tensor>, Tensor, Tensor)| caller.run(|| more(state)),
        |state: &(Tensor, Option<Tensor>, Tensor, Tensor)| caller.run(|| root(state)),
        &(t.clone(), e.cloned(), count, Tensor::scalar(0i32)),
    );
    // The difference between the diagonal and 1 would lose digits after a square root.
    let unchanged = count.eq(0.0);
    let scale = like(&count.exp2(), t);
    let diagonal = (logs.unsqueeze(-1) / &scale).expm1();
    let r = &root - &eye;
    let r = where_(&unchanged, &r, where_(eye.ne(eye.zeros_like()), diagonal, &r));
    let sum = |f: &dyn Fn(&Tensor) -> Tensor| {
        let terms = RULE.map(|(x, weight)| f(&(&eye + &r * x)) * weight);
        let [first, others @ ..] = terms;
        others.into_iter().fold(first, |sum, term| sum + term) * &scale
    };
    let found = match e {
        Some(e) => {
            // r / (1 + x r) is (1 - 1 / (1 + x r)) / x.
            let term = |m: &Tensor| {
                let half = lax::triangular_solve(m, &e, Triangular::left(false));
                lax::triangular_solve(m, &half, Triangular::right(false))
            };
            sum(&term)
        }
        None => {
            let log = sum(&|m: &Tensor| lax::triangular_solve(m, &r, Triangular::left(false)));
            where_(!unchanged & eye.ne(eye.zeros_like()), logs.unsqueeze(-1), log)
        }
    };
    where_(near(&root), found, f64::NAN)
}
