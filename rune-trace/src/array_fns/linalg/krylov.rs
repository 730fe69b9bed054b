//! Solvers of linear systems that use only products with the matrix (Y. Saad, "Iterative Methods for Sparse Linear
//! Systems", 2nd edition, 2003), like `jax.scipy.sparse.linalg`.

use crate::tensor::{at_caller, current_origin, refuse, with_origin};
use crate::{Tensor, TensorFn, Tree, custom_linear_solve, fori_loop, lax, linalg, while_loop};
use rune_ir::{DType, Shape};

/// Options of [`cg`], [`bicgstab`] and [`gmres`]. By default, they start at 0, and stop when the norm of the residual
/// is at most 1e-5 times that of the right side.
///
/// ```
/// use rune_trace::linalg::KrylovOptions;
/// let options = KrylovOptions { tolerance: 1e-8, max_iterations: Some(100), ..KrylovOptions::default() };
/// ```
#[derive(Clone, Debug)]
pub struct KrylovOptions {
    /// The relative tolerance: the search ends when the norm of the residual is at most this fraction of the norm of
    /// the right side.
    pub tolerance: f64,
    /// The absolute tolerance: the search also ends when the norm of the residual is at most this number.
    pub absolute_tolerance: f64,
    /// The maximum number of steps, by default ten for each unknown. A step of [`gmres`] is a cycle between two
    /// restarts.
    pub max_iterations: Option<usize>,
    /// The start of the search, by default 0.
    pub start: Option<Tensor>,
    /// The number of vectors between two restarts of [`gmres`], at most the number of unknowns.
    pub restart: usize,
}
impl Default for KrylovOptions {
    fn default() -> KrylovOptions {
        KrylovOptions { tolerance: 1e-5, absolute_tolerance: 0.0, max_iterations: None, start: None, restart: 20 }
    }
}

/// Solves `matvec(params, x) = b` by conjugate gradients, for a symmetric positive definite matrix. The derivative is
/// that of the solution, and needs another solve.
///
/// # Panics
/// If `b` is neither `f32` nor `f64`, or if the start or the result of `matvec` has another type than `b`.
///
/// ```
/// use rune_trace::{Tensor, linalg::{self, KrylovOptions}};
/// let a = Tensor::from([[4.0f64, 1.0], [1.0, 3.0]]);
/// let x = linalg::cg(|a: &Tensor, x: &Tensor| a.matmul(x), &a, &Tensor::from([1.0f64, 2.0]), &KrylovOptions::default());
/// assert!((x - Tensor::from([1.0f64 / 11.0, 7.0 / 11.0])).abs().max().item::<f64>()? < 1e-12);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[doc(alias = "conjugate gradient")]
#[track_caller]
pub fn cg<P: Tree + Send + Sync>(
    matvec: impl Fn(&P, &Tensor) -> Tensor + Send + Sync,
    params: &P,
    b: &Tensor,
    options: &KrylovOptions,
) -> Tensor {
    expect_right_side("linalg::cg", b, options);
    solve(matvec, params, b, options, solve_cg)
}

/// Solves `matvec(params, x) = b` by the stabilized biconjugate gradient method (H. van der Vorst, 1992), for any
/// regular matrix. The derivative is that of the solution, and needs another solve.
///
/// # Panics
/// Like [`cg`].
///
/// ```
/// use rune_trace::{Tensor, linalg::{self, KrylovOptions}};
/// let a = Tensor::from([[4.0f64, 1.0], [-1.0, 3.0]]);
/// let x = linalg::bicgstab(|a: &Tensor, x: &Tensor| a.matmul(x), &a, &Tensor::from([5.0f64, 2.0]), &KrylovOptions::default());
/// assert!((x - 1.0).abs().max().item::<f64>()? < 1e-4);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn bicgstab<P: Tree + Send + Sync>(
    matvec: impl Fn(&P, &Tensor) -> Tensor + Send + Sync,
    params: &P,
    b: &Tensor,
    options: &KrylovOptions,
) -> Tensor {
    expect_right_side("linalg::bicgstab", b, options);
    solve(matvec, params, b, options, solve_bicgstab)
}

/// Solves `matvec(params, x) = b` by the generalized minimal residual method (Y. Saad and M. Schultz, 1986), for any
/// regular matrix. The derivative is that of the solution, and needs another solve.
///
/// # Panics
/// Like [`cg`]. Also if there are no vectors between two restarts.
///
/// ```
/// use rune_trace::{Tensor, linalg::{self, KrylovOptions}};
/// let a = Tensor::from([[4.0f64, 1.0], [-1.0, 3.0]]);
/// let x = linalg::gmres(|a: &Tensor, x: &Tensor| a.matmul(x), &a, &Tensor::from([5.0f64, 2.0]), &KrylovOptions::default());
/// assert!((x - 1.0).abs().max().item::<f64>()? < 1e-12);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn gmres<P: Tree + Send + Sync>(
    matvec: impl Fn(&P, &Tensor) -> Tensor + Send + Sync,
    params: &P,
    b: &Tensor,
    options: &KrylovOptions,
) -> Tensor {
    expect_right_side("linalg::gmres", b, options);
    if options.restart == 0 {
        refuse!("linalg::gmres: there must be at least 1 vector between two restarts");
    }
    solve(matvec, params, b, options, solve_gmres)
}

/// Solves the system by `method`, and also the transposed system that the derivative needs.
#[track_caller]
fn solve<P: Tree + Send + Sync>(
    matvec: impl Fn(&P, &Tensor) -> Tensor + Send + Sync,
    params: &P,
    b: &Tensor,
    options: &KrylovOptions,
    method: fn(&TensorFn<'_>, &Tensor, &KrylovOptions) -> Tensor,
) -> Tensor {
    let origin = &at_caller(current_origin);
    let by_method = |a: &TensorFn<'_>, b: &Tensor| with_origin(origin, || method(a, b, options));
    custom_linear_solve(matvec, params, b, by_method, by_method)
}

#[track_caller]
fn expect_right_side(op: &str, b: &Tensor, options: &KrylovOptions) {
    if !matches!(b.dtype(), DType::F32 | DType::F64) {
        refuse!("{op}: takes a right side of f32 or f64, but got {}", b.ty());
    }
    if let Some(start) = &options.start
        && start.ty() != b.ty()
    {
        refuse!("{op}: starts at {}, but the right side is {}", start.ty(), b.ty());
    }
}

fn dot(x: &Tensor, y: &Tensor) -> Tensor {
    (x * y).sum()
}

/// Returns the squared norm of the residual at which the search ends.
fn limit(b: &Tensor, options: &KrylovOptions) -> Tensor {
    let relative = dot(b, b) * options.tolerance.powi(2);
    lax::max(&relative, &lax::full_like(&relative, options.absolute_tolerance.powi(2)))
}

fn start(b: &Tensor, options: &KrylovOptions) -> Tensor {
    options.start.clone().unwrap_or_else(|| b.zeros_like())
}

fn max_iterations(b: &Tensor, options: &KrylovOptions) -> i32 {
    i32::try_from(options.max_iterations.unwrap_or(10 * b.size())).unwrap_or(i32::MAX)
}

fn zero() -> Tensor {
    lax::full(DType::I32, &Shape::scalar(), 0.0)
}

/// Returns `x` / `y`, and 0 where `y` is 0.
fn quotient(x: &Tensor, y: &Tensor) -> Tensor {
    let none = y.eq(y.zeros_like());
    lax::select(&none, &x.zeros_like(), &(x / lax::select(&none, &y.ones_like(), y)))
}

fn solve_cg(a: &TensorFn<'_>, b: &Tensor, options: &KrylovOptions) -> Tensor {
    let origin = &current_origin();
    let (limit, most) = (limit(b, options), max_iterations(b, options));
    let x = start(b, options);
    let r = b - a(&x);
    let rr = dot(&r, &r);
    let init = (x, r.clone(), rr, r, zero());
    type Carry = (Tensor, Tensor, Tensor, Tensor, Tensor);
    while_loop(
        |(_, _, rr, _, k): &Carry| with_origin(origin, || rr.gt(&limit) & k.lt(most)),
        |(x, r, rr, p, k)| {
            with_origin(origin, || {
                let ap = a(p);
                let alpha = quotient(rr, &dot(p, &ap));
                let (x, r) = (x + &alpha * p, r - &alpha * ap);
                let next = dot(&r, &r);
                let p = &r + quotient(&next, rr) * p;
                (x, r, next, p, k + 1)
            })
        },
        &init,
    )
    .0
}

fn solve_bicgstab(a: &TensorFn<'_>, b: &Tensor, options: &KrylovOptions) -> Tensor {
    let origin = &current_origin();
    let (limit, most) = (limit(b, options), max_iterations(b, options));
    let x = start(b, options);
    let r = b - a(&x);
    let shadow = r.clone();
    let one = dot(&r, &r).ones_like();
    let init = vec![x, r.clone(), one.clone(), one.clone(), one, r.zeros_like(), r.zeros_like(), zero()];
    let last = while_loop(
        |c: &Vec<Tensor>| with_origin(origin, || dot(&c[1], &c[1]).gt(&limit) & c[7].lt(most)),
        |c| {
            with_origin(origin, || {
                let [x, r, alpha, omega, rho, p, v, k] = [&c[0], &c[1], &c[2], &c[3], &c[4], &c[5], &c[6], &c[7]];
                let next = dot(&shadow, r);
                let beta = quotient(&next, rho) * quotient(alpha, omega);
                let p = r + beta * (p - omega * v);
                let v = a(&p);
                let alpha = quotient(&next, &dot(&shadow, &v));
                let s = r - &alpha * &v;
                let t = a(&s);
                let omega = quotient(&dot(&t, &s), &dot(&t, &t));
                let x = x + &alpha * &p + &omega * &s;
                // If a step is 0, the method has broken down.
                let stuck = alpha.eq(alpha.zeros_like()) | next.eq(next.zeros_like());
                let k = lax::select(&stuck, &lax::full_like(k, f64::from(i32::MAX)), &(k + 1));
                vec![x, s - &omega * t, alpha, omega, next, p, v, k]
            })
        },
        &init,
    );
    last[0].clone()
}

fn solve_gmres(a: &TensorFn<'_>, b: &Tensor, options: &KrylovOptions) -> Tensor {
    let origin = &current_origin();
    let (limit, most) = (limit(b, options), max_iterations(b, options));
    let (n, shape) = (b.size(), b.shape().clone());
    let m = options.restart.min(n);
    let x = start(b, options);
    let r = b - a(&x);
    let flat = |x: &Tensor| lax::reshape(x, [n]);
    let (dtype, none) = (b.dtype(), zero());
    let (x, ..) = while_loop(
        |(_, r, k): &(Tensor, Tensor, Tensor)| with_origin(origin, || dot(r, r).gt(&limit) & k.lt(most)),
        |(x, r, k)| {
            with_origin(origin, || {
                let norm = dot(r, r).sqrt();
                let basis =
                    lax::full(dtype, &[m + 1, n].into(), 0.0).at(0).set(quotient(&flat(r), &norm.broadcast_to([n])));
                let projections = lax::full(dtype, &[m, m + 1].into(), 0.0);
                let step = |j: &Tensor, (basis, projections): &(Tensor, Tensor)| {
                    with_origin(origin, || {
                        let q = basis.take(j, 0);
                        let w = flat(&a(&lax::reshape(&q, shape.clone())));
                        // The Gram-Schmidt method, twice for precision.
                        let first = basis.matmul(&w);
                        let w = w - first.matmul(basis);
                        let second = basis.matmul(&w);
                        let w = w - second.matmul(basis);
                        let norm = dot(&w, &w).sqrt();
                        let after = j + 1;
                        let basis = basis.at(&after).set(quotient(&w, &norm.broadcast_to([n])));
                        let row = (first + second).at(&after).set(norm);
                        (basis, projections.at(j).set(row))
                    })
                };
                let (basis, projections) = fori_loop(0, m as i64, step, &(basis, projections));
                let right = lax::full(dtype, &[m + 1].into(), 0.0).at(0).set(norm);
                let y = linalg::lstsq(&projections.t(), &right, None).solution;
                let x = x + lax::reshape(&y.matmul(basis.i(..m as isize)), shape.clone());
                let r = b - a(&x);
                (x, r, k + 1)
            })
        },
        &(x, r, none),
    );
    x
}
