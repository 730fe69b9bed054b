//! Eigenvalues of general square matrices, Schur forms, and matrix functions based on them.

use super::{Triangular, adjoint, expect_square, inv, like, size, solve, squares};
use crate::array_fns::broadcast::expect_one_dtype;
use crate::array_fns::where_;
use crate::tensor::{Caller, refuse};
use crate::{ScanOptions, Tensor, custom_tangent, jvp, lax, scan_with};
use rune_ir::DType;
use rune_ir::op::{ArgFn, FactorFn};

/// Returns the eigenvalues of square matrices, and matrices whose columns are the eigenvectors, of length 1: `a v = v
/// λ`. Both are complex: `c64` for matrices of `f32`, `c128` for those of `f64`. The eigenvalues are in no particular
/// order. The complex eigenvalues of a real matrix come in conjugate pairs, the one with the positive imaginary part
/// first.
///
/// In each eigenvector, the first element with more than 0.9 of the greatest magnitude is real and positive.
/// Eigenvectors of equal eigenvalues have no derivative; distinct eigenvalues have one. Both results are NaN if the
/// iteration does not converge, or if `a` holds infinite elements or NaN.
///
/// # Panics
/// If the matrices are not square, or not of `f32`, `f64`, `c64` or `c128`.
///
/// ```
/// use rune_trace::{Complex64, Tensor, linalg};
/// let (w, v) = linalg::eig(&Tensor::from([[0.0f64, -1.0], [1.0, 0.0]]));
/// assert_eq!(w.to_vec::<Complex64>()?, [Complex64::new(0.0, 1.0), Complex64::new(0.0, -1.0)]);
/// let half = 0.5f64.sqrt();
/// let expected = [[Complex64::new(half, 0.0); 2], [Complex64::new(0.0, -half), Complex64::new(0.0, half)]];
/// assert!((v - Tensor::from(expected)).abs().max().item::<f64>()? < 1e-15);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn eig(a: &Tensor) -> (Tensor, Tensor) {
    expect_square("eig", a);
    let [w, v] = lax::factor(FactorFn::Eig, a);
    (w, v)
}

/// Like [`eig`], but returns also the left eigenvectors, between the eigenvalues and the right eigenvectors:
/// `scipy.linalg.eig` with `left=True`. They are the columns `u` of matrices, with `uᴴ a = λ uᴴ`. Their lengths and
/// phases follow the rules of [`eig`].
///
/// The left eigenvectors are the rows of the inverse of the matrix of right ones. So they exist, with their derivatives,
/// only if there are as many linearly independent eigenvectors as rows. If those are nearly dependent, the left ones
/// are imprecise. Without independent eigenvectors, the left ones have no meaning: they may be NaN.
///
/// # Panics
/// If the matrices are not square, or not of `f32`, `f64`, `c64` or `c128`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let a = Tensor::from([[2.0f64, 3.0], [0.0, 1.0]]);
/// let (w, left, _) = linalg::eig_left(&a);
/// let adjoint = left.t().conj();
/// let off = adjoint.matmul(a.cast(w.dtype())) - w.unsqueeze(-1) * adjoint;
/// assert!(off.abs().max().item::<f64>()? < 1e-15);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[doc(alias = "left eigenvectors")]
#[doc(alias = "compute_left_eigenvectors")]
#[track_caller]
pub fn eig_left(a: &Tensor) -> (Tensor, Tensor, Tensor) {
    expect_square("eig_left", a);
    let [w, right] = lax::factor(FactorFn::Eig, a);
    if a.size() == 0 {
        return (w, right.clone(), right);
    }
    let left = adjoint(&inv(&right));
    let sizes = squares(&left);
    let axis = left.rank() - 2;
    // The squares of the magnitudes above 0.9 of the greatest one.
    let large = sizes.gt(sizes.max_keepdims(-2) * 0.81);
    let first = lax::arg_reduce(ArgFn::Max, &lax::convert(&large, DType::I32), axis, DType::I32).unsqueeze(-2);
    let rows = lax::iota(DType::I32, left.shape().clone(), axis);
    let pivot = where_(rows.eq(first), &left, 0.0).sum_keepdims(-2);
    let lengths = (sizes.sum_keepdims(-2) * squares(&pivot)).sqrt();
    let left = left * pivot.conj() / like(&lengths, &right);
    (w, left, right)
}

/// Returns only the eigenvalues: see [`eig`].
#[track_caller]
pub fn eigvals(a: &Tensor) -> Tensor {
    expect_square("eigvals", a);
    let [w, _] = lax::factor(FactorFn::Eig, a);
    w
}

/// Factorizes square matrices as `a = Z T Zᴴ`, and returns `T` and `Z`: `jax.scipy.linalg.schur`. For complex matrices,
/// `T` is upper triangular and `Z` is unitary. For real ones, both are real, and `T` has a block of two rows for each
/// pair of complex eigenvalues; [`rsf2csf`] converts them to complex forms. For the form of a real matrix that JAX
/// calls `complex`, cast the matrix to a complex dtype.
///
/// There is no derivative, as in JAX.
///
/// # Panics
/// If the matrices are not square, or not of `f32`, `f64`, `c64` or `c128`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let a = Tensor::from([[1.0f64, 2.0, 0.0], [-1.0, 1.0, 3.0], [0.0, 1.0, -2.0]]);
/// let (t, z) = linalg::schur(&a);
/// assert!((z.matmul(&t).matmul(z.t()) - a).abs().max().item::<f64>()? < 1e-14);
/// assert_eq!(t.tril(-2).abs().max().item::<f64>()?, 0.0);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn schur(a: &Tensor) -> (Tensor, Tensor) {
    expect_square("schur", a);
    let [t, z] = lax::factor(FactorFn::Schur, a);
    (t, z)
}

/// Converts real Schur forms, as [`schur`] returns them, to complex ones: the upper triangular `T` and the unitary `Z`
/// of the same matrices. Complex ones stay unchanged.
///
/// # Panics
/// If the matrices are not square, have different shapes, or do not have one of the dtypes `f32`, `f64`, `c64` and
/// `c128`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let (t, z) = linalg::schur(&Tensor::from([[0.0f64, -4.0], [1.0, 0.0]]));
/// let (t, _) = linalg::rsf2csf(&t, &z);
/// assert!((t.diagonal(0, 0, 1).imag().abs() - 2.0).abs().max().item::<f64>()? < 1e-14);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn rsf2csf(t: &Tensor, z: &Tensor) -> (Tensor, Tensor) {
    expect_square("rsf2csf", t);
    expect_one_dtype("linalg::rsf2csf", &[t.dtype(), z.dtype()]);
    if t.shape() != z.shape() {
        refuse!("linalg::rsf2csf: takes matrices of one shape, but got {} and {}", t.shape(), z.shape());
    }
    if t.dtype().is_complex() {
        return (t.clone(), z.clone());
    }
    let dtype = complex_dtype(t);
    let [triangular, q] = lax::factor(FactorFn::Schur, &lax::convert(t, dtype));
    (triangular, lax::convert(z, dtype).matmul(q))
}

/// Returns a function of square matrices: the matrix with the eigenvectors of `a` and the eigenvalues `f(λ)`, like
/// `jax.scipy.linalg.funm`. `f` maps the elements of a complex tensor one by one. The result is complex.
///
/// The function uses the Schur form and the recurrence of B. Parlett, "A recurrence among the elements of functions of
/// triangular matrices" (1976). The recurrence is imprecise if eigenvalues are nearly equal. For exponentials,
/// logarithms and square roots, prefer [`expm`](super::expm), [`logm`](super::logm) and [`sqrtm`](super::sqrtm). The
/// derivative uses the eigenvectors. It exists only if there are as many linearly independent eigenvectors as rows.
///
/// # Panics
/// If the matrices are not square, not of `f32`, `f64`, `c64` or `c128`, or `f` changes the shape or the dtype.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let a = Tensor::from([[2.0f64, 1.0], [1.0, 3.0]]);
/// let log = linalg::funm(&a, |x| x.log());
/// assert!((linalg::expm(&log) - a.cast(log.dtype())).abs().max().item::<f64>()? < 1e-14);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn funm(a: &Tensor, f: impl Fn(&Tensor) -> Tensor + Send + Sync) -> Tensor {
    expect_square("funm", a);
    let a = lax::convert(a, complex_dtype(a));
    if a.size() == 0 {
        return a;
    }
    let caller = Caller::here();
    let checked = |x: &Tensor| {
        let y = f(x);
        if y.ty() != x.ty() {
            refuse!("linalg::funm: the function returns {} for {}; it must map each element to one", y.ty(), x.ty());
        }
        y
    };
    let value = |a: &Tensor| {
        let [t, z] = lax::factor(FactorFn::Schur, a);
        let f_of_t = parlett(caller, &t, &checked(&t.diagonal(0, -2, -1)));
        z.matmul(f_of_t).matmul(adjoint(&z))
    };
    // Daleckii and Krein: V (Φ ∘ V⁻¹ dA V) V⁻¹, with the divided differences Φ of f. N. Higham, "Functions of Matrices"
    // (2008), 3.2.
    let tangent = |a: &Tensor, da: &Tensor| {
        let [w, v] = lax::factor(FactorFn::Eig, a);
        let (y, slope) = jvp(&checked, &w, &w.ones_like());
        let gaps = w.unsqueeze(-1) - w.unsqueeze(-2);
        let equal = gaps.eq(gaps.zeros_like());
        let differences = (y.unsqueeze(-1) - y.unsqueeze(-2)) / where_(&equal, 1.0, &gaps);
        let differences = where_(&equal, slope.unsqueeze(-1), differences);
        let inner = solve(&v, &da.matmul(&v)) * differences;
        // Y V = (V Φ) is solved as Vᵀ Yᵀ = (V Φ)ᵀ.
        solve(&v.t(), &v.matmul(inner).t()).t()
    };
    custom_tangent(|a: &Tensor| caller.run(|| value(a)), |(a,), _, (da,)| caller.run(|| tangent(a, da)))(&a)
}

/// Returns the function F of an upper triangular T, which is `t`. The diagonal of F is `diagonal`. The other diagonals
/// follow one after the other from T F = F T.
fn parlett(caller: Caller, t: &Tensor, diagonal: &Tensor) -> Tensor {
    let n = size(t).0;
    let eye = Tensor::eye(n, t.dtype());
    let eigenvalues = t.diagonal(0, -2, -1);
    let gaps = eigenvalues.unsqueeze(-2) - eigenvalues.unsqueeze(-1);
    let gaps = where_(gaps.eq(gaps.zeros_like()), 1.0, &gaps);
    let (rows, columns) = (lax::iota(DType::I32, [n, n], 0), lax::iota(DType::I32, [n, n], 1));
    let offsets = columns - rows;
    let next = |f: &Tensor, p: &Tensor| {
        let found = (t.matmul(f) - f.matmul(t)) / &gaps;
        where_(offsets.eq(p), found, f)
    };
    let step = |f: &Tensor, p: &Tensor| (caller.run(|| next(f, p)), ());
    let order = lax::iota(DType::I32, [n - 1], 0) + 1;
    scan_with(ScanOptions::default(), step, &(diagonal.unsqueeze(-1) * eye), &order).0
}

/// A system with an upper triangular matrix on the left.
const UPPER: Triangular = Triangular::left(false);

/// Returns the complex dtype of matrices.
pub(super) fn complex_dtype(a: &Tensor) -> DType {
    a.dtype().complex().expect("matrices have a complex dtype")
}

/// Returns the upper triangular square root of upper triangular matrices, by columns: Å. Björck and S. Hammarling, "A
/// Schur method for the square root of a matrix" (1983).
pub(super) fn triangular_root(caller: Caller, t: &Tensor) -> Tensor {
    let n = size(t).0;
    let eye = Tensor::eye(n, t.dtype());
    let roots = t.diagonal(0, -2, -1).sqrt();
    let places = lax::iota(DType::I32, [n], 0);
    let next = |r: &Tensor, j: &Tensor| {
        // Solves (R + rⱼⱼ) rⱼ = tⱼ for the rows above row j. The columns of R before j are final. The others have only
        // the roots on the diagonal.
        let here = places.eq(j);
        let above = places.lt(j);
        let root = where_(&here, &roots, 0.0).sum_keepdims(-1);
        let side = where_(&above, where_(&here, t, 0.0).sum_axes(-1), 0.0).unsqueeze(-1);
        let sums = r + &eye * root.unsqueeze(-1);
        // A sum of 0 comes from two roots of 0. The dividend must be 0 too, so the divisor can be 1.
        let zero = sums.diagonal(0, -2, -1).eq(root.zeros_like());
        let sums = sums + &eye * where_(zero, root.ones_like(), 0.0).unsqueeze(-1);
        let column = lax::triangular_solve(&sums, &side, UPPER);
        where_(&here & above.unsqueeze(-1), column, r)
    };
    let step = |r: &Tensor, j: &Tensor| (caller.run(|| next(r, j)), ());
    scan_with(ScanOptions::default(), step, &(roots.unsqueeze(-1) * &eye), &places).0
}

/// Returns the solution of `t y + y s = c` with upper triangular `t` and `s`, by columns: R. Bartels and G. Stewart,
/// "Solution of the matrix equation AX + XB = C" (1972).
pub(super) fn triangular_sylvester(caller: Caller, [t, s, c]: [&Tensor; 3]) -> Tensor {
    let ((m, _), (n, _)) = (size(t), size(s));
    let eye = Tensor::eye(m, t.dtype());
    let places = lax::iota(DType::I32, [n], 0);
    let next = |y: &Tensor, j: &Tensor| {
        let here = places.eq(j);
        let column = where_(&here, s, 0.0).sum_axes(-1).unsqueeze(-1);
        let pivot = where_(here.unsqueeze(-1), &column, 0.0).sum_keepdims(-2);
        // The columns of `y` from `j` on are still 0.
        let side = where_(&here, c, 0.0).sum_keepdims(-1) - y.matmul(column);
        let found = lax::triangular_solve(&(t + &eye * pivot), &side, UPPER);
        where_(here, found, y)
    };
    let step = |y: &Tensor, j: &Tensor| (caller.run(|| next(y, j)), ());
    scan_with(ScanOptions::default(), step, &c.zeros_like(), &places).0
}
