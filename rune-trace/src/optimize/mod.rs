//! Minimization of functions, like `jax.scipy.optimize`.
//!
//! ```
//! use rune_trace::{Tensor, optimize::{MinimizeOptions, minimize}};
//! // Rosenbrock's function has its minimum at (1, 1).
//! let f = |x: &Tensor| (1.0 - x.i(0)).square() + (x.i(1) - x.i(0).square()).square() * 100.0;
//! let minimum = minimize(f, &Tensor::from([-1.0f64, 2.0]), &MinimizeOptions::new());
//! assert!(minimum.success.item::<bool>()?);
//! assert!((minimum.x - 1.0).abs().max().item::<f64>()? < 1e-5);
//! # Ok::<(), rune_trace::EvalError>(())
//! ```

mod line_search;
mod quasi_newton;

use crate::tensor::{Caller, at_caller, refuse};
use crate::{Tensor, Tree, lax, value_and_grad};
use quasi_newton::{Bfgs, Lbfgs, descend};

/// The method with which [`minimize`] finds a direction.
#[derive(Tree, Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Method {
    /// The method of Broyden, Fletcher, Goldfarb and Shanno: keeps an estimate of the inverse of the Hessian matrix.
    #[default]
    Bfgs,
    /// The limited-memory variant: uses this many of the last steps, and no matrix.
    Lbfgs(usize),
}

/// Options of [`minimize`]. By default, it uses [`Method::Bfgs`] until no element of the gradient exceeds 1e-5.
///
/// ```
/// use rune_trace::optimize::{Method, MinimizeOptions};
/// let options = MinimizeOptions::new().method(Method::Lbfgs(10)).max_iterations(50);
/// ```
#[derive(Tree, Clone, PartialEq, Debug)]
#[must_use]
pub struct MinimizeOptions {
    method: Method,
    tolerance: f64,
    max_iterations: Option<usize>,
    max_line_search: usize,
}

impl Default for MinimizeOptions {
    fn default() -> MinimizeOptions {
        MinimizeOptions { method: Method::Bfgs, tolerance: 1e-5, max_iterations: None, max_line_search: 30 }
    }
}

impl MinimizeOptions {
    /// Returns the default options.
    pub fn new() -> MinimizeOptions {
        MinimizeOptions::default()
    }
    /// Sets the method.
    pub fn method(self, method: Method) -> MinimizeOptions {
        MinimizeOptions { method, ..self }
    }
    /// Sets the tolerance: the search stops when no element of the gradient has a magnitude above it.
    pub fn tolerance(self, tolerance: f64) -> MinimizeOptions {
        MinimizeOptions { tolerance, ..self }
    }
    /// Sets the maximum number of steps. The default is 200 for each element of the argument.
    pub fn max_iterations(self, n: usize) -> MinimizeOptions {
        MinimizeOptions { max_iterations: Some(n), ..self }
    }
    /// Sets the maximum number of points that a search along one direction tries. The default is 30.
    pub fn max_line_search(self, n: usize) -> MinimizeOptions {
        MinimizeOptions { max_line_search: n, ..self }
    }
}

/// The result of [`minimize`].
#[doc(alias = "OptimizeResults")]
#[derive(Tree, Clone, Debug)]
pub struct Minimum {
    /// The argument, in the shape of the initial one.
    pub x: Tensor,
    /// The value of the function there, a scalar.
    pub value: Tensor,
    /// The gradient there, in the shape of the argument.
    pub gradient: Tensor,
    /// Whether the gradient is small enough, as a `bool` scalar.
    pub success: Tensor,
    /// The reason for stopping, as an `i32` scalar: 0 at a minimum, 1 after the maximum number of steps, 3 if no step
    /// decreases the function.
    pub status: Tensor,
    /// The number of steps, as an `i32` scalar.
    pub iterations: Tensor,
    /// The number of evaluations of the function and its gradient, as an `i32` scalar.
    pub evaluations: Tensor,
}

/// Finds a minimum of `f`, a function of a tensor of floats that returns a scalar, near `x0`.
///
/// The search follows quasi-Newton directions, with steps that satisfy the strong Wolfe conditions (Nocedal and Wright,
/// Numerical Optimization, 2006, algorithms 3.5, 3.6, 6.1 and 7.4). It works inside `jit` and `vmap`. To differentiate
/// the minimum with respect to parameters of `f`, use [`custom_root`](crate::custom_root) with the gradient.
///
/// # Panics
/// If `x0` is not of `f32` or `f64`, or `f` does not return a scalar of its dtype.
#[track_caller]
pub fn minimize(f: impl Fn(&Tensor) -> Tensor + Send + Sync, x0: &Tensor, options: &MinimizeOptions) -> Minimum {
    if !x0.dtype().is_float() || x0.dtype().is_reduced_float() {
        refuse!("minimize: takes an argument of f32 or f64, but got {}", x0.ty());
    }
    let shape = x0.shape().clone();
    let caller = Caller::here();
    at_caller(|| {
        let flat = |x: &Tensor| {
            let y = f(&caller.run(|| x.reshape(&shape)));
            if y.rank() != 0 || y.dtype() != x.dtype() {
                refuse!("minimize: the function returned {}, and has to return a scalar of {}", y.ty(), x.dtype());
            }
            y
        };
        let f = |x: &Tensor| value_and_grad(|x: &Tensor| flat(x))(x);
        let x = lax::reshape(x0, [x0.size()]);
        let found = match options.method {
            Method::Bfgs => descend(&f, &x, Bfgs::new(&x), options, caller),
            Method::Lbfgs(history) => descend(&f, &x, Lbfgs::new(&x, history.max(1)), options, caller),
        };
        caller.run(|| Minimum {
            x: lax::reshape(&found.x, shape.clone()),
            gradient: lax::reshape(&found.gradient, shape.clone()),
            ..found
        })
    })
}
