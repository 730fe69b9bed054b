//! Updates scaled: by numbers, by a rate that changes, and with the parameters added.

use super::leaves::{expect_count, expect_shapes, wide, zip};
use super::moments::{next_count, zero_count};
use super::{GradientTransformation, Mask, Params, Schedule};
use rune_trace::{Tensor, Tree, at_caller};

/// How many steps were taken: the state of what a schedule is part of.
#[derive(Tree, Clone, Debug)]
pub struct Count {
    /// An `i32` of rank 0.
    pub count: Tensor,
}

/// Multiplies by a number.
#[derive(Clone, Copy, Debug)]
pub struct Scale(pub f64);

/// Multiplies updates by a number.
pub fn scale(factor: f64) -> Scale {
    Scale(factor)
}

impl GradientTransformation for Scale {
    type State<P: Params> = ();
    #[track_caller]
    fn init<P: Params>(&self, _: &P) {}
    #[track_caller]
    fn update<P: Params>(&self, updates: &P, (): &(), _: &P) -> (P, ()) {
        at_caller(|| (updates.map(&mut |u| u * self.0), ()))
    }
}

/// Multiplies by the value of a schedule.
#[derive(Clone, Debug)]
pub struct ScaleBySchedule(pub Schedule);

/// Multiplies updates by the value of a schedule.
pub fn scale_by_schedule(schedule: impl Into<Schedule>) -> ScaleBySchedule {
    ScaleBySchedule(schedule.into())
}

impl GradientTransformation for ScaleBySchedule {
    type State<P: Params> = Count;
    #[track_caller]
    fn init<P: Params>(&self, _: &P) -> Count {
        at_caller(|| Count { count: zero_count() })
    }
    #[track_caller]
    fn update<P: Params>(&self, updates: &P, state: &Count, _: &P) -> (P, Count) {
        at_caller(|| {
            expect_count("count", &state.count);
            let scaled = |u: &Tensor| u * self.0.at(&state.count.cast(wide(u.dtype()))).cast(u.dtype());
            (updates.map(&mut |u| scaled(u)), Count { count: next_count(&state.count) })
        })
    }
}

/// Multiplies by the rate, and turns the sign: what is last in an optimiser.
#[derive(Clone, Debug)]
pub struct ScaleByLearningRate(pub Schedule);

/// Multiplies updates by the rate, and turns their sign, so that what comes out goes downhill.
///
/// ```
/// use rune_nn::optim::{self, GradientTransformation};
/// use rune_trace::Tensor;
/// let halves = optim::scale_by_learning_rate(optim::exponential_decay(1.0, 1, 0.5));
/// let gradient = Tensor::scalar(2.0f32);
/// let state = halves.init(&gradient);
/// let (first, state) = halves.update(&gradient, &state, &gradient);
/// let (second, _) = halves.update(&gradient, &state, &gradient);
/// assert_eq!((first.item::<f32>().unwrap(), second.item::<f32>().unwrap()), (-2.0, -1.0));
/// ```
pub fn scale_by_learning_rate(learning_rate: impl Into<Schedule>) -> ScaleByLearningRate {
    ScaleByLearningRate(learning_rate.into())
}

impl GradientTransformation for ScaleByLearningRate {
    type State<P: Params> = Count;
    #[track_caller]
    fn init<P: Params>(&self, _: &P) -> Count {
        at_caller(|| Count { count: zero_count() })
    }
    #[track_caller]
    fn update<P: Params>(&self, updates: &P, state: &Count, _: &P) -> (P, Count) {
        at_caller(|| {
            expect_count("count", &state.count);
            let scaled = |u: &Tensor| u * -self.0.at(&state.count.cast(wide(u.dtype()))).cast(u.dtype());
            (updates.map(&mut |u| scaled(u)), Count { count: next_count(&state.count) })
        })
    }
}

/// Adds so much of the parameters: see [`add_decayed_weights`].
#[derive(Clone, Debug)]
pub struct AddDecayedWeights {
    /// How much of each parameter is added.
    pub weight_decay: f64,
    /// To which updates.
    pub mask: Mask,
}

/// Adds `weight_decay` times the parameters to updates that are gradients still: weight decay.
///
/// ```
/// use rune_nn::optim::{self, GradientTransformation};
/// use rune_trace::Tensor;
/// let optimizer = (optim::add_decayed_weights(0.5), optim::sgd(1.0));
/// let (w, gradient) = (Tensor::scalar(2.0f32), Tensor::scalar(0.0f32));
/// let (updates, _) = optimizer.update(&gradient, &optimizer.init(&w), &w);
/// assert_eq!(updates.item::<f32>().unwrap(), -1.0);
/// ```
pub fn add_decayed_weights(weight_decay: f64) -> AddDecayedWeights {
    AddDecayedWeights { weight_decay, mask: Mask::all() }
}

impl GradientTransformation for AddDecayedWeights {
    type State<P: Params> = ();
    #[track_caller]
    fn init<P: Params>(&self, _: &P) {}
    #[track_caller]
    fn update<P: Params>(&self, updates: &P, (): &(), params: &P) -> (P, ()) {
        at_caller(|| {
            expect_shapes("gradients", updates, "parameters", params);
            let mut chosen = self.mask.choices(params).into_iter();
            let decayed = zip(updates, [params], |u, [p]| match chosen.next() {
                Some(true) => u + p * self.weight_decay,
                Some(false) | None => u.clone(),
            });
            (decayed, ())
        })
    }
}
