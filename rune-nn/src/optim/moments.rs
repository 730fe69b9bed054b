//! Moving averages of gradients, which most optimisers keep.

use super::leaves::{wide, zip};
use rune_ir::DType;
use rune_trace::{Tensor, Tree, where_};

/// Returns the step count before the first step.
#[track_caller]
pub fn zero_count() -> Tensor {
    Tensor::scalar(0i32)
}

/// Returns the count after one more step. It saturates at the maximum.
#[track_caller]
pub fn next_count(count: &Tensor) -> Tensor {
    where_(count.lt(i32::MAX), count + 1, count)
}

/// Returns `decay` · average + (1 - `decay`) · `x`.
#[track_caller]
pub fn average<P: Tree>(x: &P, average: &P, decay: f64) -> P {
    zip(x, [average], |x, [m]| x * (1.0 - decay) + m * decay)
}

/// Returns the moving average of squares.
#[track_caller]
pub fn average_of_squares<P: Tree>(x: &P, average: &P, decay: f64) -> P {
    zip(x, [average], |x, [v]| x.square() * (1.0 - decay) + v * decay)
}

/// Returns 1 - decayᶜ, where c is `count`: the total weight in a moving average that starts at 0. The result is also
/// precise for `decay` near 1.
#[track_caller]
pub fn known_part(decay: f64, count: &Tensor, dtype: DType) -> Tensor {
    -(count.cast(wide(dtype)) * decay.ln()).expm1()
}

/// Returns the average without its bias towards the initial 0.
#[track_caller]
pub fn unbiased<P: Tree>(average: &P, decay: f64, count: &Tensor) -> P {
    average.map(&mut |m| m / known_part(decay, count, m.dtype()).cast(m.dtype()))
}

/// Returns the average with Nesterov's look-ahead, without its bias.
#[track_caller]
pub fn unbiased_ahead<P: Tree>(average: &P, gradients: &P, decay: f64, count: &Tensor) -> P {
    let ahead = unbiased(average, decay, &next_count(count));
    zip(&ahead, [&unbiased(gradients, decay, count)], |m, [g]| m * decay + g * (1.0 - decay))
}
