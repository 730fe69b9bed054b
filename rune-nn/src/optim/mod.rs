//! Optimisers, as Optax has them: transformations of gradients, which chain.
//!
//! A [`GradientTransformation`] makes a state from the parameters, and of gradients, state and parameters the updates to be added to the
//! parameters, and the state afterwards. States are trees, so a whole step of training can be compiled, and the state saved.
//!
//! ```
//! use rune_nn::optim::{self, GradientTransformation};
//! use rune_trace::{Tensor, value_and_grad};
//!
//! let loss = |w: &Tensor| (w - 3.0).square().sum();
//! let optimizer = optim::adam(0.1);
//! let mut w = Tensor::from([0.0f32, 10.0]);
//! let mut state = optimizer.init(&w);
//! let mut losses = Vec::new();
//! for _ in 0..100 {
//!     let (loss, gradient) = value_and_grad(loss)(&w);
//!     let (updates, after) = optimizer.update(&gradient, &state, &w);
//!     (w, state) = (optim::apply_updates(&w, &updates), after);
//!     losses.push(loss.item::<f32>().unwrap());
//! }
//! assert!(losses[99] < 0.3 * losses[0]);
//! ```
//!
//! An optimiser is a struct of its settings. A function makes it with those that Optax has by default; others are set as fields are:
//! `AdamW { weight_decay: 0.1, b2: 0.95, ..optim::adamw(1e-3) }`. Rates are numbers, tensors, or [schedules](Schedule). A tuple of
//! transformations is a transformation, the chain of them: `(optim::clip_by_global_norm(1.0), optim::adamw(rate))`.

mod adafactor;
mod adam;
mod adam_kin;
mod chain;
mod clip;
mod leaves;
mod moments;
mod rms;
mod scale;
mod schedule;
mod sgd;
mod trust;
mod wrap;

pub use adafactor::{Adafactor, FactoredState, ScaleByFactoredRms, adafactor};
pub use adam::{Adam, AdamState, AdamW, ScaleByAdam, adam, adamw, nadam};
pub use adam_kin::{
    Adamax, Lamb, Lion, LionState, RAdam, ScaleByAdamax, ScaleByLion, ScaleByRAdam, adamax, lamb, lion, radam,
};
pub use clip::{Clip, ClipByGlobalNorm, clip, clip_by_global_norm};
pub use leaves::{Mask, Params, apply_updates, global_norm};
pub use rms::{Adagrad, RmsProp, RmsState, RssState, ScaleByRms, ScaleByRss, adagrad, rmsprop};
pub use scale::{
    AddDecayedWeights, Count, Scale, ScaleByLearningRate, ScaleBySchedule, add_decayed_weights, scale,
    scale_by_learning_rate, scale_by_schedule,
};
pub use schedule::{
    Schedule, constant_schedule, cosine_decay_schedule, exponential_decay, join_schedules, linear_schedule,
    piecewise_constant_schedule, polynomial_schedule, warmup_cosine_decay_schedule,
};
pub use sgd::{Sgd, Trace, TraceState, sgd, trace};
pub use trust::{ClipByBlockRms, ScaleByParamBlockRms, ScaleByTrustRatio, clip_by_block_rms};
pub use wrap::{Ema, EmaState, Masked, MultiSteps, MultiStepsState, ema, masked, multi_steps};

/// Makes updates of gradients, and remembers what it needs for that.
///
/// Yours is written as any here. It is good under every transformation, if it computes with tensors alone:
///
/// ```
/// use rune_nn::optim::{GradientTransformation, Params};
/// use rune_trace::{Tensor, Tree};
///
/// /// Steps of one size, against the sign of the gradient.
/// struct SignSgd { rate: f64 }
///
/// impl GradientTransformation for SignSgd {
///     type State<P: Params> = ();
///     fn init<P: Params>(&self, _: &P) {}
///     fn update<P: Params>(&self, gradients: &P, _: &(), _: &P) -> (P, ()) {
///         (gradients.map(&mut |g| g.sign() * -self.rate), ())
///     }
/// }
/// let x = Tensor::from([2.0f32, -3.0]);
/// let (updates, ()) = SignSgd { rate: 0.5 }.update(&x, &(), &x);
/// assert_eq!(updates.to_vec::<f32>().unwrap(), [-0.5, 0.5]);
/// ```
pub trait GradientTransformation {
    /// What is remembered from step to step, for parameters of type `P`.
    type State<P: Params>: Params;
    /// The state before the first step.
    fn init<P: Params>(&self, params: &P) -> Self::State<P>;
    /// The updates for these gradients (or updates of the transformation before), and the state afterwards.
    fn update<P: Params>(&self, updates: &P, state: &Self::State<P>, params: &P) -> (P, Self::State<P>);
}

/// The state of the transformation `T` for parameters of type `P`: how fields and arguments name it.
///
/// ```
/// use rune_nn::{nn::Linear, optim};
/// use rune_trace::Tree;
///
/// #[derive(Tree)]
/// struct Training { model: Linear, optimizer: optim::State<optim::Adam, Linear> }
/// ```
pub type State<T, P> = <T as GradientTransformation>::State<P>;
