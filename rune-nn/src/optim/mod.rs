//! Optimisers after Optax: chains of gradient transformations.
//!
//! A [`GradientTransformation`] creates a state from the parameters. From gradients, state and parameters it computes
//! the updates and the next state. States are trees, so a whole training step can be compiled, and the state can be
//! saved.
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
//! An optimiser is a struct of its settings. A function returns Optax's defaults, and you set other fields directly:
//! `AdamW { weight_decay: 0.1, b2: 0.95, ..optim::adamw(1e-3) }`. A learning rate is a number, a tensor or a
//! [schedule](Schedule). A tuple of transformations is a chain: `(optim::clip_by_global_norm(1.0),
//! optim::adamw(rate))`.

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

/// Computes updates from gradients, with a state.
///
/// You can implement your own. It works under every transformation if it computes only with tensors:
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
    /// The state between steps, for parameters of type `P`.
    type State<P: Params>: Params;
    /// Returns the state before the first step.
    fn init<P: Params>(&self, params: &P) -> Self::State<P>;
    /// Returns the updates for these gradients (or for the updates of the previous transformation), and the next state.
    fn update<P: Params>(&self, updates: &P, state: &Self::State<P>, params: &P) -> (P, Self::State<P>);
}

/// The state of the transformation `T` for parameters of type `P`. Use this alias in the types of fields and arguments.
///
/// ```
/// use rune_nn::{nn::Linear, optim};
/// use rune_trace::Tree;
///
/// #[derive(Tree)]
/// struct Training { model: Linear, optimizer: optim::State<optim::Adam, Linear> }
/// ```
pub type State<T, P> = <T as GradientTransformation>::State<P>;
