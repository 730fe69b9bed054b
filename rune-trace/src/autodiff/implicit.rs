//! Roots and solutions of linear equations. Their derivatives follow from the equations, not from the method of
//! solution.

use super::custom::{Part, as_primals, programs};
use super::{custom_tangent, jvp, linear_transpose};
use crate::call_site::CallSite;
use crate::tensor::{Caller, at_caller, begin_trace, discard_effects_on_none, with_location, with_user_locations};
use crate::{Tensor, Tree};
use rune_ir::Op;

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

/// Solves `matvec(params, x)` = `b` for x, where `matvec` is linear in x. The result is differentiable with respect to
/// `params`, `b`, and the tensors that `matvec` captures.
///
/// `solve` takes `matvec` as a function of x alone, and `b`, and returns the solution. It can use any method, and is
/// not differentiated. `transpose_solve` does the same for the transpose of `matvec`. If `matvec` is symmetric, `solve`
/// can be passed for both.
///
/// Forward and reverse mode work in any order. The tangent is the solution of the same equation with another right side:
/// from A x = b follows A dx = db - dA x. The cotangent of `b` is the solution of the transposed equation.
///
/// # Panics
/// If the functions return tensors of other types than `b`, or `matvec` is not linear in x.
///
/// ```
/// use rune_trace::{Tensor, TensorFn, custom_linear_solve, fori_loop, grad, jvp};
/// // 4 x = b, by Richardson's iteration; dx / da = -x / a.
/// let solve = |f: &TensorFn, b: &Tensor| {
///     fori_loop(0, 40, |_, x: &Tensor| x + (b - f(x)) * 0.25, &b.zeros_like())
/// };
/// let x = |a: &Tensor| custom_linear_solve(|a: &Tensor, x| a * x, a, &Tensor::scalar(8.0f32), solve, solve);
/// let a = Tensor::scalar(4.0f32);
/// assert_eq!(x(&a).item::<f32>()?, 2.0);
/// assert_eq!(grad(x)(&a).item::<f32>()?, -0.5);
/// assert_eq!(jvp(x, &a, &Tensor::scalar(1.0f32)).1.item::<f32>()?, -0.5);
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
    let place = CallSite::here("custom_linear_solve");
    let solved = |params: &P, b: &Tensor| solve(&|x| matvec(params, x), b);
    let leaves = params.leaves();
    if !leaves.iter().chain([b]).any(Tensor::is_traced) {
        let known = discard_effects_on_none(|| Some(solved(params, b)).filter(|x| !x.is_traced()));
        if let Some(x) = known {
            return x;
        }
    }
    // Returns the record of a function of the parameters and a vector of the type of `b`.
    let part = |name: &str, f: &dyn Fn(&P, &Tensor) -> Tensor| {
        let active_trace = begin_trace();
        let params_given = as_primals(&leaves, place);
        let vector = as_primals(std::slice::from_ref(b), place).remove(0);
        let y = with_user_locations(|| f(&params.with_leaves(params_given.iter().cloned()), &vector));
        if y.ty() != b.ty() {
            place.fail(&format!(
                "`{name}` returns a tensor of type {}, but the right side is of type {}",
                y.ty(),
                b.ty()
            ));
        }
        Part {
            name: name.to_owned(),
            operations: active_trace.end(),
            args: params_given,
            others: vec![vector],
            outputs: vec![y],
        }
    };
    let transposed =
        |params: &P, b: &Tensor| transpose_solve(&|y| linear_transpose(|x: &Tensor| matvec(params, x), b, y), b);
    let parts = [part("matvec", &|p, x| matvec(p, x)), part("solve", &solved), part("transpose_solve", &transposed)];
    let ([matvec, solve, transpose_solve], captured) = programs(parts);
    let args = leaves.iter().chain(&captured).chain([b]).cloned().collect();
    let op = Op::CustomLinearSolve { args, matvec, solve, transpose_solve };
    match with_location(place.location(), || Tensor::try_apply(op)) {
        Ok(results) => results.into_iter().next().expect("it has one result"),
        Err(error) => place.fail(&error.to_string()),
    }
}
