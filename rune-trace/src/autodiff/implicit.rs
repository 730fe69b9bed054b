//! Roots and solutions of linear equations. Their derivatives follow from the equations, not from the method of
//! solution.

use super::{custom_tangent, custom_vjp, jvp, linear_transpose, vjp};
use crate::tensor::{Caller, at_caller};
use crate::{Tensor, Tree};

/// A function of a tensor, as [`custom_root`] and [`custom_linear_solve`] pass it to the solvers.
pub type TensorFn<'f> = dyn Fn(&Tensor) -> Tensor + Send + Sync + 'f;

/// Finds x with `f(x, params)` = 0. The result is differentiable with respect to `params`.
///
/// `solve` takes f as a function of x alone, and `initial`, and returns the root. It can use any method, and is not
/// differentiated. By the implicit function theorem, the tangent of the root is the solution v of ∂f/∂x · v =
/// -∂f/∂params · dparams. `tangent_solve` takes the linear function v ↦ ∂f/∂x · v and the right side, and returns v.
/// For reverse mode, the operations of `tangent_solve` must have transposes. For a scalar root, divide the right side
/// by the value of the linear function at 1. Otherwise, use [`linalg::solve`](crate::linalg::solve) with the Jacobian
/// of the linear function.
///
/// Forward and reverse mode work in any order. The derivative with respect to `initial` is 0.
///
/// # Panics
/// If a function returns a tensor whose type differs from that of the root, or captures a tensor that is
/// differentiated. Pass such a tensor in `params`.
///
/// ```
/// use rune_trace::{Tensor, TensorFn, custom_root, fori_loop, grad};
/// // The square root of a by Newton's method; d√a / da = 1 / (2 √a).
/// let sqrt = |a: &Tensor| {
///     let newton = |f: &TensorFn, x: &Tensor| fori_loop(0, 20, |_, x: &Tensor| x - f(x) / (x * 2.0), x);
///     let divide = |g: &TensorFn, y: &Tensor| y / g(&y.ones_like());
///     custom_root(|x, a: &Tensor| x * x - a, &Tensor::scalar(1.0f32), a, newton, divide)
/// };
/// let a = Tensor::scalar(9.0f32);
/// assert_eq!(sqrt(&a).item::<f32>()?, 3.0);
/// assert_eq!(grad(sqrt)(&a).item::<f32>()?, 1.0 / 6.0);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn custom_root<P: Tree + Send + Sync>(
    f: impl Fn(&Tensor, &P) -> Tensor + Send + Sync,
    initial: &Tensor,
    params: &P,
    solve: impl Fn(&TensorFn<'_>, &Tensor) -> Tensor + Send + Sync,
    tangent_solve: impl Fn(&TensorFn<'_>, &Tensor) -> Tensor + Send + Sync,
) -> Tensor {
    let caller = Caller::here();
    let initial = initial.stop_gradient();
    at_caller(|| {
        custom_tangent(
            |params: &P| solve(&|x| f(x, params), &initial),
            |(params,), x, (dparams,): (&P,)| {
                let (_, change) = caller.run(|| jvp(|params: &P| f(x, params), params, dparams));
                let right = caller.run(|| -change);
                tangent_solve(&|v| jvp(|x: &Tensor| f(x, params), x, v).1, &right)
            },
        )(params)
    })
}

/// Solves `matvec(params, x)` = `b` for x, where `matvec` is linear in x. The result is differentiable in reverse mode,
/// with respect to `params` and `b`.
///
/// `solve` takes `matvec` as a function of x alone, and `b`, and returns the solution. It can use any method, and is
/// not differentiated. `transpose_solve` does the same for the transpose of `matvec`. If `matvec` is symmetric, `solve`
/// can be passed for both.
///
/// Reverse mode works any number of times. Forward mode does not work.
///
/// # Panics
/// If the functions return tensors of other types than `b`, or capture a tensor that is differentiated. Pass such
/// tensors in `params`.
///
/// ```
/// use rune_trace::{Tensor, TensorFn, custom_linear_solve, fori_loop, grad};
/// // 4 x = b, by Richardson's iteration; dx / da = -x / a.
/// let solve = |f: &TensorFn, b: &Tensor| {
///     fori_loop(0, 40, |_, x: &Tensor| x + (b - f(x)) * 0.25, &b.zeros_like())
/// };
/// let x = |a: &Tensor| custom_linear_solve(|a: &Tensor, x| a * x, a, &Tensor::scalar(8.0f32), solve, solve);
/// let a = Tensor::scalar(4.0f32);
/// assert_eq!(x(&a).item::<f32>()?, 2.0);
/// assert_eq!(grad(x)(&a).item::<f32>()?, -0.5);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn custom_linear_solve<P: Tree + Send + Sync>(
    matvec: impl Fn(&P, &Tensor) -> Tensor + Send + Sync,
    params: &P,
    b: &Tensor,
    solve: impl Fn(&TensorFn<'_>, &Tensor) -> Tensor + Send + Sync,
    transpose_solve: impl Fn(&TensorFn<'_>, &Tensor) -> Tensor + Send + Sync,
) -> Tensor {
    let caller = Caller::here();
    at_caller(|| {
        let solved = |params: &P, b: &Tensor| solve(&|x| matvec(params, x), b);
        custom_vjp(
            |params: &P, b: &Tensor| solved(params, b),
            |params: &P, b: &Tensor| {
                let x = solved(params, b);
                let kept = params.map(&mut |leaf| leaf.clone());
                (x.clone(), (kept, x))
            },
            |(params, x): &(P, Tensor), ct: &Tensor| {
                let transposed = |y: &Tensor| linear_transpose(|x: &Tensor| matvec(params, x), x, y);
                let db = transpose_solve(&transposed, ct);
                let (_, back) = vjp(|params: &P| matvec(params, x), params);
                let dparams = back(&caller.run(|| -&db));
                (dparams, db)
            },
        )(params, b)
    })
}
