//! Steps along quasi-Newton directions.

use super::line_search::line_search;
use super::{MinimizeOptions, Minimum};
use crate::tensor::Caller;
use crate::{DType, Tensor, Tree, lax, where_, while_loop};

/// An approximation of the curvature of a function.
pub(super) trait Curvature: Tree {
    /// Returns the direction for this gradient.
    fn direction(&self, gradient: &Tensor) -> Tensor;
    /// Returns the approximation after a step that changed the gradient by `change`. If not `valid`, it stays the same.
    fn updated(&self, step: &Tensor, change: &Tensor, valid: &Tensor) -> Self;
}

/// An estimate of the inverse of the Hessian matrix.
#[derive(Tree, Clone)]
pub(super) struct Bfgs {
    inverse: Tensor,
}
impl Bfgs {
    pub fn new(x: &Tensor) -> Bfgs {
        Bfgs { inverse: Tensor::eye(x.size(), x.dtype()) }
    }
}
impl Curvature for Bfgs {
    fn direction(&self, gradient: &Tensor) -> Tensor {
        -self.inverse.matmul(gradient)
    }
    fn updated(&self, step: &Tensor, change: &Tensor, valid: &Tensor) -> Bfgs {
        let product = (step * change).sum();
        let rho = 1.0 / where_(valid, &product, product.ones_like());
        let identity = Tensor::eye(step.size(), step.dtype());
        let left = identity - step.outer(change) * &rho;
        let inverse = left.matmul(&self.inverse).matmul(left.t()) + step.outer(step) * rho;
        Bfgs { inverse: where_(valid, inverse, &self.inverse) }
    }
}

/// The last steps and changes of the gradient, the latest last. Missing ones are 0.
#[derive(Tree, Clone)]
pub(super) struct Lbfgs {
    steps: Tensor,
    changes: Tensor,
    /// The reciprocal of the product of each step and its change. It is 0 for missing ones.
    rho: Tensor,
    /// The scale of the inverse of the Hessian matrix.
    scale: Tensor,
}
impl Lbfgs {
    pub fn new(x: &Tensor, history: usize) -> Lbfgs {
        let rows = Tensor::zeros([history, x.size()], x.dtype());
        Lbfgs {
            changes: rows.clone(),
            steps: rows,
            rho: Tensor::zeros([history], x.dtype()),
            scale: Tensor::ones((), x.dtype()),
        }
    }
}
impl Curvature for Lbfgs {
    /// Uses two loops over the steps, backward and forward (Nocedal and Wright, algorithm 7.4).
    fn direction(&self, gradient: &Tensor) -> Tensor {
        let history = self.rho.size();
        let (steps, changes) = (self.steps.unstack(0), self.changes.unstack(0));
        let rho = self.rho.unstack(0);
        let mut q = gradient.clone();
        let mut weights = vec![None; history];
        for i in (0..history).rev() {
            let weight = &rho[i] * (&steps[i] * &q).sum();
            q -= &changes[i] * &weight;
            weights[i] = Some(weight);
        }
        q *= &self.scale;
        for (i, weight) in weights.into_iter().enumerate() {
            let back = &rho[i] * (&changes[i] * &q).sum();
            q += &steps[i] * (weight.expect("each has a weight") - back);
        }
        -q
    }
    fn updated(&self, step: &Tensor, change: &Tensor, valid: &Tensor) -> Lbfgs {
        let product = (step * change).sum();
        let product = where_(valid, &product, product.ones_like());
        let shifted = |rows: &Tensor, row: &Tensor| {
            let all = Tensor::concat(&[rows, &row.unsqueeze(0)], 0).i(1..);
            where_(valid, all, rows)
        };
        let square = change.square().sum();
        let scale = &product / where_(valid, &square, square.ones_like());
        Lbfgs {
            steps: shifted(&self.steps, step),
            changes: shifted(&self.changes, change),
            rho: shifted(&self.rho, &(1.0 / &product)),
            scale: where_(valid, scale, &self.scale),
        }
    }
}

#[derive(Tree, Clone)]
struct State<C: Tree> {
    iteration: Tensor,
    evaluations: Tensor,
    x: Tensor,
    value: Tensor,
    gradient: Tensor,
    curvature: C,
    /// Whether no step decreases the function.
    stuck: Tensor,
}

/// Descends from the vector `x` until the gradient is small.
pub(super) fn descend<C: Curvature>(
    f: &dyn Fn(&Tensor) -> (Tensor, Tensor),
    x: &Tensor,
    curvature: C,
    options: &MinimizeOptions,
    caller: Caller,
) -> Minimum {
    let (value, gradient) = f(x);
    let most = options.max_iterations.unwrap_or(200 * x.size());
    let start = caller.run(|| State {
        iteration: Tensor::zeros((), DType::I32),
        evaluations: Tensor::ones((), DType::I32),
        x: x.clone(),
        value,
        gradient,
        curvature,
        stuck: Tensor::zeros((), DType::Bool),
    });
    let converged = |gradient: &Tensor| gradient.abs().max().le(options.tolerance);
    let more = |s: &State<C>| {
        caller.run(|| s.iteration.lt(most) & s.stuck.logical_not() & converged(&s.gradient).logical_not())
    };
    let step = |s: &State<C>| {
        let direction = caller.run(|| s.curvature.direction(&s.gradient));
        let found = line_search(f, &s.x, (&s.value, &s.gradient), &direction, options.max_line_search, caller);
        caller.run(|| {
            let step = direction * &found.length;
            let change = &found.gradient - &s.gradient;
            // If the slope does not increase along a step, the step gives no information about the curvature.
            let valid = &found.down & (&step * &change).sum().gt(0.0);
            State {
                iteration: &s.iteration + 1,
                evaluations: &s.evaluations + &found.evaluations,
                curvature: s.curvature.updated(&step, &change, &valid),
                x: where_(&found.down, &s.x + &step, &s.x),
                value: where_(&found.down, &found.value, &s.value),
                gradient: where_(&found.down, &found.gradient, &s.gradient),
                stuck: found.down.logical_not(),
            }
        })
    };
    let end = while_loop(more, step, &start);
    caller.run(|| {
        let success = converged(&end.gradient);
        let otherwise = where_(&end.stuck, 3, lax::full_like(&end.iteration, 1.0));
        Minimum {
            status: where_(&success, 0, otherwise),
            x: end.x,
            value: end.value,
            gradient: end.gradient,
            success,
            iterations: end.iteration,
            evaluations: end.evaluations,
        }
    })
}
