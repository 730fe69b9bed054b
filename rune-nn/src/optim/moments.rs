//! Moving averages of gradients: what most optimisers remember.

use super::leaves::{wide, zip};
use rune_trace::{DType, Tensor, Tree, where_};

/// The count of steps before the first.
#[track_caller]
pub fn zero_count() -> Tensor {
    Tensor::scalar(0i32)
}

/// The count after one more step; it stays at the greatest number rather than to begin anew.
#[track_caller]
pub fn next_count(count: &Tensor) -> Tensor {
    where_(count.lt(i32::MAX), count + 1, count)
}

/// `decay` · average + (1 - `decay`) · `x`.
#[track_caller]
pub fn average<P: Tree>(x: &P, average: &P, decay: f64) -> P {
    zip(x, [average], |x, [m]| x * (1.0 - decay) + m * decay)
}

/// The average of squares.
#[track_caller]
pub fn average_of_squares<P: Tree>(x: &P, average: &P, decay: f64) -> P {
    zip(x, [average], |x, [v]| x.square() * (1.0 - decay) + v * decay)
}

/// `decay` to the power of `count`, less than 1 by what of an average that began with 0 is known: 1 - decayᶜ, without loss where
/// `decay` is near 1.
#[track_caller]
pub fn known_part(decay: f64, count: &Tensor, dtype: DType) -> Tensor {
    -(count.cast(wide(dtype)) * decay.ln()).expm1()
}

/// The average without its bias towards the 0 that it began with.
#[track_caller]
pub fn unbiased<P: Tree>(average: &P, decay: f64, count: &Tensor) -> P {
    average.map(&mut |m| m / known_part(decay, count, m.dtype()).cast(m.dtype()))
}

/// The average as Nesterov's momentum looks ahead with it, without its bias.
#[track_caller]
pub fn unbiased_ahead<P: Tree>(average: &P, gradients: &P, decay: f64, count: &Tensor) -> P {
    let ahead = unbiased(average, decay, &next_count(count));
    zip(&ahead, [&unbiased(gradients, decay, count)], |m, [g]| m * decay + g * (1.0 - decay))
}
