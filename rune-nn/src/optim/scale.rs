//! Scaling of updates by numbers and schedules, and weight decay.

use super::leaves::{accumulation_dtype, expect_count, expect_shapes, zip};
use super::moments::{next_count, zero_count};
use super::{GradientTransformation, Mask, Params, Schedule};
use rune_trace::{Tensor, Tree, at_caller};

/// A step count: the state of transformations with a schedule.
#[derive(Tree, Clone, Debug)]
pub struct Count {
    /// An `i32` scalar.
    pub count: Tensor,
}

/// Multiplies updates by a number. See [`scale`].
#[derive(Clone, Copy, Debug)]
pub struct Scale(pub f64);

/// Returns a transformation that multiplies updates by a number.
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

/// Multiplies updates by the value of a schedule. See [`scale_by_schedule`].
#[derive(Clone, Debug)]
pub struct ScaleBySchedule(pub Schedule);

/// Returns a transformation that multiplies updates by the value of a schedule.
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
        at_caller(|| scheduled(updates, state, |count| self.0.at(count)))
    }
}

/// Returns the updates times a factor that depends on the count, and the next count.
#[track_caller]
fn scheduled<P: Params>(updates: &P, state: &Count, factor: impl Fn(&Tensor) -> Tensor) -> (P, Count) {
    expect_count("count", &state.count);
    let scaled = |u: &Tensor| u * factor(&state.count.cast(accumulation_dtype(u.dtype()))).cast(u.dtype());
    (updates.map(&mut |u| scaled(u)), Count { count: next_count(&state.count) })
}

/// Multiplies updates by the negative learning rate, as the last part of an optimiser. See [`scale_by_learning_rate`].
#[derive(Clone, Debug)]
pub struct ScaleByLearningRate(pub Schedule);

/// Returns a transformation that multiplies updates by the negative learning rate, so that they descend.
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
        at_caller(|| scheduled(updates, state, |count| -self.0.at(count)))
    }
}

/// Adds a fraction of the parameters to the updates. See [`add_decayed_weights`].
#[derive(Clone, Debug)]
pub struct AddDecayedWeights {
    /// The fraction of each parameter to add.
    pub weight_decay: f64,
    /// The updates to change.
    pub mask: Mask,
}

/// Returns weight decay: a transformation that adds `weight_decay` times the parameters to the updates. In a chain, it
/// comes before the updates are multiplied by the negative learning rate.
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
            let mut chosen = self.mask.selected(params).into_iter();
            let decayed = zip(updates, [params], |u, [p]| match chosen.next() {
                Some(true) => u + p * self.weight_decay,
                Some(false) | None => u.clone(),
            });
            (decayed, ())
        })
    }
}
