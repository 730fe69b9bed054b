//! Moving averages of gradients, which most optimisers keep.

use super::leaves::{accumulation_dtype, zip};
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
pub fn update_average<P: Tree>(x: &P, average: &P, decay: f64) -> P {
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
pub fn bias_correction(decay: f64, count: &Tensor, dtype: DType) -> Tensor {
    -(count.cast(accumulation_dtype(dtype)) * decay.ln()).expm1()
}

/// Returns the average without its bias towards the initial 0.
#[track_caller]
pub fn bias_corrected<P: Tree>(average: &P, decay: f64, count: &Tensor) -> P {
    average.map(&mut |m| m / bias_correction(decay, count, m.dtype()).cast(m.dtype()))
}

/// Returns the average with Nesterov's look-ahead, without its bias.
#[track_caller]
pub fn bias_corrected_nesterov<P: Tree>(average: &P, gradients: &P, decay: f64, count: &Tensor) -> P {
    let ahead = bias_corrected(average, decay, &next_count(count));
    zip(&ahead, [&bias_corrected(gradients, decay, count)], |m, [g]| m * decay + g * (1.0 - decay))
}
