//! Determinants.

use super::{adjoint, expect_square, like, precision, size, solve, svd};
use crate::array_fns::where_;
use crate::control::cond;
use crate::tensor::Caller;
use crate::{Tensor, custom_tangent, lax};
use rune_ir::DType;
use rune_ir::op::FactorFn;

/// Returns the sign of the determinant of square matrices, and the logarithm of its magnitude. If the determinant is 0,
/// its sign is 0 and the logarithm is -∞. The sign of a complex number has magnitude 1 and the angle of the number. The
/// logarithm is real. Use this function if the determinant itself would be out of range.
///
/// # Panics
/// If the matrices are not square, or not of `f32`, `f64`, `c64` or `c128`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let (sign, log) = linalg::slogdet(&(Tensor::from([[0.0f64, 1.0], [1.0, 0.0]]) * 1e200));
/// assert_eq!(sign.item::<f64>()?, -1.0);
/// assert!((log.item::<f64>()? - 400.0 * 10f64.ln()).abs() < 1e-9);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn slogdet(a: &Tensor) -> (Tensor, Tensor) {
    expect_square("slogdet", a);
    let value = |a: &Tensor| {
        let (sign, diagonal) = eliminated(a);
        (sign * diagonal.sign().prod_axes(-1), diagonal.abs().log().sum_axes(-1))
    };
    // d ln det A = tr (A⁻¹ dA). Its imaginary part rotates the sign.
    let caller = Caller::here();
    let tangent = |a: &Tensor, sign: &Tensor, da: &Tensor| {
        let log = solve(a, da).trace();
        if log.dtype().is_complex() { (sign * (&log - log.conj()) * 0.5, log.real()) } else { (sign.zeros_like(), log) }
    };
    custom_tangent(|a: &Tensor| caller.run(|| value(a)), |(a,), (sign, _), (da,)| caller.run(|| tangent(a, sign, da)))(
        a,
    )
}

/// Returns the determinant of square matrices. Its derivative is exact at singular matrices, too.
///
/// # Panics
/// If the matrices are not square, or not of `f32`, `f64`, `c64` or `c128`.
///
/// ```
/// use rune_trace::{Tensor, grad, linalg};
/// let a = Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]);
/// assert_eq!(linalg::det(&a).item::<f32>()?, -2.0);
/// assert_eq!(grad(linalg::det)(&a).to_vec::<f32>()?, [4.0, -3.0, -2.0, 1.0]);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn det(a: &Tensor) -> Tensor {
    expect_square("det", a);
    match size(a).0 {
        2 => of_two(&entries(a, 2)),
        3 => of_three(&entries(a, 3)),
        _ => {
            let value = |a: &Tensor| {
                let (sign, diagonal) = eliminated(a);
                sign * diagonal.prod_axes(-1)
            };
            let caller = Caller::here();
            let tangent = |a: &Tensor, det: &Tensor, da: &Tensor| {
                let (_, diagonal) = eliminated(&a.stop_gradient());
                let pivots = diagonal.abs();
                let least = pivots.min_axes(-1);
                let regular = least.gt(pivots.max_axes(-1) * (size(a).0 as f64 * precision(a)));
                // tr (adj A dA): uses the inverse if there is one, which costs less.
                let by_inverse = || caller.run(|| det * solve(a, da).trace());
                cond(&regular.all(), by_inverse, || caller.run(|| adjugate_at(caller, a).matmul(da).trace()))
            };
            custom_tangent(|a: &Tensor| caller.run(|| value(a)), |(a,), det, (da,)| caller.run(|| tangent(a, det, da)))(
                a,
            )
        }
    }
}

/// Returns the adjugate of square matrices: the transposed cofactors, with `a adj(a) = det(a) I`.
///
/// # Panics
/// Panics unless `a` holds square matrices of `f32`, `f64`, `c64` or `c128`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let adjugate = linalg::adjugate(&Tensor::from([[1.0f64, 2.0], [2.0, 4.0]]));
/// assert!((adjugate - Tensor::from([[4.0f64, -2.0], [-2.0, 1.0]])).abs().max().item::<f64>()? < 1e-14);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn adjugate(a: &Tensor) -> Tensor {
    expect_square("adjugate", a);
    adjugate_at(Caller::here(), a)
}

/// Returns the adjugate. Its operations originate at the line of `caller`.
#[track_caller]
fn adjugate_at(caller: Caller, a: &Tensor) -> Tensor {
    if size(a).0 < 2 {
        return a.ones_like();
    }
    custom_tangent(
        |a: &Tensor| caller.run(|| cofactors(a, None)),
        |(a,), _, (da,)| caller.run(|| cofactors(a, Some(da))),
    )(a)
}

/// Returns the adjugate, or its derivative by `da`. With the singular value decomposition `a = U S Vᴴ`, the adjugate is
/// det(U) det(Vᴴ) V adj(S) Uᴴ. The derivative is linear in `da`. With F = Uᴴ da V, the derivative of adj(S) is -Fᵢⱼ off
/// the diagonal, and the sum of the other Fⱼⱼ on it, each times the product of all but two singular values.
fn cofactors(a: &Tensor, da: Option<&Tensor>) -> Tensor {
    let n = size(a).0;
    let (u, s, vt) = svd(a);
    // The determinant of a unitary matrix. For a real matrix, it is 1 or -1, and constant.
    let unitary_determinant = |x: &Tensor| {
        let is_complex = x.dtype().is_complex();
        let (sign, diagonal) = eliminated(&if is_complex { x.clone() } else { x.stop_gradient() });
        sign * if is_complex { diagonal } else { diagonal.sign() }.prod_axes(-1)
    };
    let sign = (unitary_determinant(&u) * unitary_determinant(&vt)).unsqueeze(-1).unsqueeze(-1);
    // The products of all singular values except one or two.
    let eye = Tensor::eye(n, s.dtype()).gt(0.5);
    let inner = match da {
        None => {
            let others = where_(&eye, 1.0, s.unsqueeze(-2)).prod_axes(-1);
            like(&others.unsqueeze(-1), a) * Tensor::eye(n, a.dtype())
        }
        Some(da) => {
            let f = adjoint(&u).matmul(da).matmul(adjoint(&vt));
            let one = eye.unsqueeze(0) | eye.unsqueeze(1);
            let others = where_(one, 1.0, s.unsqueeze(-2).unsqueeze(-2)).prod_axes(-1);
            let others = like(&where_(&eye, 0.0, others), a);
            let diagonal = others.matmul(f.diagonal(0, -2, -1).unsqueeze(-1));
            diagonal * Tensor::eye(n, a.dtype()) - f * others
        }
    };
    sign * adjoint(&vt).matmul(&inner).matmul(adjoint(&u))
}

/// Returns the sign of the permutation of the rows, and the diagonal after elimination.
#[track_caller]
fn eliminated(a: &Tensor) -> (Tensor, Tensor) {
    let [lu, pivots, _] = lax::factor::<3>(FactorFn::Lu, a);
    let positions = lax::iota(DType::I32, pivots.shape().clone(), pivots.rank() - 1);
    let exchanges = lax::convert(&lax::ne(&pivots, &positions), DType::I32).sum_axes(-1);
    let odd = lax::rem(&exchanges, &lax::full_like(&exchanges, 2.0));
    (1.0 - 2.0 * lax::convert(&odd, a.dtype()), lu.diagonal(0, -2, -1))
}

/// Returns the elements of small matrices, row by row.
#[track_caller]
fn entries(a: &Tensor, n: usize) -> Vec<Tensor> {
    let batch = a.rank() - 2;
    let mut all = Vec::with_capacity(n * n);
    for at in 0..n * n {
        let mut start = vec![0; a.rank()];
        let mut limit = a.shape().to_vec();
        (start[batch], start[batch + 1]) = (at / n, at % n);
        (limit[batch], limit[batch + 1]) = (at / n + 1, at % n + 1);
        let entry = lax::slice(a, &start, &limit, &vec![1; a.rank()]);
        all.push(lax::reshape(&entry, a.shape()[..batch].to_vec()));
    }
    all
}

#[track_caller]
fn of_two(a: &[Tensor]) -> Tensor {
    &a[0] * &a[3] - &a[1] * &a[2]
}

#[track_caller]
fn of_three(a: &[Tensor]) -> Tensor {
    &a[0] * minor(a, [4, 5, 7, 8]) - &a[1] * minor(a, [3, 5, 6, 8]) + &a[2] * minor(a, [3, 4, 6, 7])
}

#[track_caller]
fn minor(a: &[Tensor], [i, j, k, l]: [usize; 4]) -> Tensor {
    &a[i] * &a[l] - &a[j] * &a[k]
}
