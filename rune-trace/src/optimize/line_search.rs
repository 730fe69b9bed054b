//! The search for a step along a direction that satisfies the strong Wolfe conditions.

use crate::tensor::Caller;
use crate::{DType, Tensor, Tree, lax, where_, while_loop};

/// The sufficient decrease: a step must decrease the function by at least this fraction of the decrease that the slope
/// at the start predicts.
const DECREASE: f64 = 1e-4;
/// The curvature condition: the slope after a step must be at most this fraction of that at the start.
const CURVATURE: f64 = 0.9;

/// A step: its length, and the value of the function and the slope along the direction there.
#[derive(Tree, Clone)]
struct Point {
    step: Tensor,
    value: Tensor,
    slope: Tensor,
}

/// Returns `a` where `condition` is true, else `b`.
fn select_tree<T: Tree>(condition: &Tensor, a: &T, b: &T) -> T {
    let mut others = b.leaves().into_iter();
    a.map(&mut |a| where_(condition, a, others.next().expect("both are of one structure")))
}

#[derive(Tree, Clone)]
struct Search {
    iteration: Tensor,
    /// Whether the search has found an interval that holds a good step, between `low`, the best one so far, and `high`.
    zoom: Tensor,
    done: Tensor,
    /// The next step to try.
    next: Tensor,
    low: Point,
    high: Point,
    /// The gradient at the last step that was tried. `low_gradient` is the gradient at the best step.
    gradient: Tensor,
    low_gradient: Tensor,
}

/// The result of a search.
pub(super) struct Step {
    pub length: Tensor,
    pub value: Tensor,
    pub gradient: Tensor,
    /// Whether the direction descends.
    pub down: Tensor,
    pub evaluations: Tensor,
}

/// Returns the step at the minimum of the cubic through the values and slopes of two steps (Nocedal and Wright, 3.59),
/// or the middle, if the minimum is too close to either.
fn cubic_minimum(low: &Point, high: &Point) -> Tensor {
    let width = &high.step - &low.step;
    let d1 = &low.slope + &high.slope - (&low.value - &high.value) * 3.0 / -&width;
    let d2 = (d1.square() - &low.slope * &high.slope).sqrt() * width.sign();
    let cubic = &high.step - &width * (&high.slope + &d2 - &d1) / (&high.slope - &low.slope + &d2 * 2.0);
    let part = (&cubic - &low.step) / &width;
    let inside = part.gt(0.1) & part.lt(0.9);
    where_(inside, cubic, &low.step + width * 0.5)
}

/// Searches from `x`, where the function has this value and gradient, along `direction`.
pub(super) fn line_search(
    f: &dyn Fn(&Tensor) -> (Tensor, Tensor),
    x: &Tensor,
    (value, gradient): (&Tensor, &Tensor),
    direction: &Tensor,
    max_iterations: usize,
    caller: Caller,
) -> Step {
    let start = caller.run(|| {
        let slope = (gradient * direction).sum();
        let zero = Point { step: slope.zeros_like(), value: value.clone(), slope };
        Search {
            iteration: Tensor::zeros((), DType::I32),
            zoom: Tensor::zeros((), DType::Bool),
            done: Tensor::zeros((), DType::Bool),
            next: zero.step.ones_like(),
            high: zero.clone(),
            low: zero,
            gradient: gradient.clone(),
            low_gradient: gradient.clone(),
        }
    });
    let first = start.low.clone();
    let step = |s: &Search| {
        let at = caller.run(|| x + direction * &s.next);
        let (value, gradient) = f(&at);
        caller.run(|| {
            let slope = (&gradient * direction).sum();
            let here = Point { step: s.next.clone(), value, slope };
            let bound = &first.value + &here.step * &first.slope * DECREASE;
            // A value that is NaN counts as too high.
            let high = (here.value.le(bound) & (here.value.lt(&s.low.value) | s.iteration.eq(0))).logical_not();
            let flat = here.slope.abs().le(first.slope.abs() * CURVATURE);
            let done = high.logical_not() & flat;
            // Whether the function rises from here towards the other end of the interval, or, if there is no interval
            // yet, beyond here.
            let towards = where_(&s.zoom, &s.high.step - &s.low.step, here.step.ones_like());
            let rises = (&here.slope * towards).ge(0.0);
            let zoom = &s.zoom | &high | &rises;
            let high_end = select_tree(&high, &here, &select_tree(&rises, &s.low, &s.high));
            let low_end = select_tree(&high, &s.low, &here);
            let low_gradient = where_(&high, &s.low_gradient, &gradient);
            let next = where_(&zoom, cubic_minimum(&low_end, &high_end), &here.step * 2.0);
            Search {
                iteration: &s.iteration + 1,
                zoom,
                done,
                next,
                low: low_end,
                high: high_end,
                gradient,
                low_gradient,
            }
        })
    };
    let more = |s: &Search| caller.run(|| s.iteration.lt(max_iterations) & s.done.logical_not());
    let found = while_loop(more, step, &start);
    caller.run(|| Step {
        down: found.low.step.gt(0.0) & found.low.value.le(&first.value),
        length: found.low.step,
        value: found.low.value,
        gradient: found.low_gradient,
        evaluations: lax::convert(&found.iteration, DType::I32),
    })
}
