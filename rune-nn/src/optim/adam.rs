//! Adam, Nadam and AdamW.

use super::chain::impl_as_chain;
use super::leaves::{expect_count, expect_state, zip};
use super::moments::{
    average_of_squares, bias_corrected, bias_corrected_nesterov, next_count, update_average, zero_count,
};
use super::{AddDecayedWeights, GradientTransformation, Mask, Params, ScaleByLearningRate, Schedule};
use rune_trace::{Tensor, Tree, at_caller};

/// Adam's scaling: the moving average of gradients, divided by the root of the moving average of their squares.
#[derive(Clone, Debug)]
pub struct ScaleByAdam {
    /// The decay of the moving average of gradients.
    pub b1: f64,
    /// The decay of the moving average of squared gradients.
    pub b2: f64,
    /// A number to add to the root.
    pub eps: f64,
    /// A number to add under the root.
    pub eps_root: f64,
    /// Whether to use Nesterov momentum.
    pub nesterov: bool,
}

impl Default for ScaleByAdam {
    fn default() -> ScaleByAdam {
        ScaleByAdam { b1: 0.9, b2: 0.999, eps: 1e-8, eps_root: 0.0, nesterov: false }
    }
}

/// The state of Adam and similar optimisers.
#[derive(Tree, Clone, Debug)]
pub struct AdamState<P> {
    /// The number of steps so far.
    pub count: Tensor,
    /// The moving average of gradients.
    pub mu: P,
    /// The moving average of squared gradients.
    pub nu: P,
}

impl<P: Tree> AdamState<P> {
    #[track_caller]
    pub(super) fn new(params: &P) -> AdamState<P> {
        let zeros = || params.map(&mut Tensor::zeros_like);
        AdamState { count: zero_count(), mu: zeros(), nu: zeros() }
    }
    /// Panics if this is not a state for these gradients.
    #[track_caller]
    pub(super) fn expect_state_for(&self, gradients: &P) {
        expect_count("count", &self.count);
        expect_state("mu", &self.mu, gradients);
        expect_state("nu", &self.nu, gradients);
    }
    /// Returns the state after one more step with these gradients.
    #[track_caller]
    pub(super) fn next(&self, gradients: &P, b1: f64, b2: f64) -> AdamState<P> {
        AdamState {
            count: next_count(&self.count),
            mu: update_average(gradients, &self.mu, b1),
            nu: average_of_squares(gradients, &self.nu, b2),
        }
    }
}

impl GradientTransformation for ScaleByAdam {
    type State<P: Params> = AdamState<P>;
    #[track_caller]
    fn init<P: Params>(&self, params: &P) -> AdamState<P> {
        at_caller(|| AdamState::new(params))
    }
    #[track_caller]
    fn update<P: Params>(&self, updates: &P, state: &AdamState<P>, _: &P) -> (P, AdamState<P>) {
        at_caller(|| {
            state.expect_state_for(updates);
            let state = state.next(updates, self.b1, self.b2);
            let mu = match self.nesterov {
                true => bias_corrected_nesterov(&state.mu, updates, self.b1, &state.count),
                false => bias_corrected(&state.mu, self.b1, &state.count),
            };
            let nu = bias_corrected(&state.nu, self.b2, &state.count);
            (zip(&mu, [&nu], |m, [v]| m / ((v + self.eps_root).sqrt() + self.eps)), state)
        })
    }
}

/// The settings of Adam (Kingma and Ba, 2015). See [`adam`].
#[derive(Clone, Debug)]
pub struct Adam {
    /// The learning rate.
    pub learning_rate: Schedule,
    /// The decay of the moving average of gradients.
    pub b1: f64,
    /// The decay of the moving average of squared gradients.
    pub b2: f64,
    /// A number to add to the root of the average square.
    pub eps: f64,
    /// A number to add under that root. Must be above 0 to differentiate through the updates.
    pub eps_root: f64,
    /// Whether to use Nesterov momentum.
    pub nesterov: bool,
}

impl_as_chain!(Adam, (ScaleByAdam, ScaleByLearningRate), |s| {
    let adam = ScaleByAdam { b1: s.b1, b2: s.b2, eps: s.eps, eps_root: s.eps_root, nesterov: s.nesterov };
    (adam, ScaleByLearningRate(s.learning_rate.clone()))
});

/// Returns Adam (Kingma and Ba, 2015), with `b1` 0.9, `b2` 0.999 and `eps` 1e-8.
///
/// ```
/// use rune_nn::optim::{self, Adam};
/// let usual = optim::adam(1e-3);
/// let slower = Adam { b2: 0.9999, ..optim::adam(optim::cosine_decay_schedule(1e-3, 10_000, 0.0)) };
/// ```
#[doc(alias = "Adam")]
pub fn adam(learning_rate: impl Into<Schedule>) -> Adam {
    let ScaleByAdam { b1, b2, eps, eps_root, nesterov } = ScaleByAdam::default();
    Adam { learning_rate: learning_rate.into(), b1, b2, eps, eps_root, nesterov }
}

/// Returns Adam with Nesterov momentum (Dozat, 2016): [`adam`] with `nesterov`.
pub fn nadam(learning_rate: impl Into<Schedule>) -> Adam {
    Adam { nesterov: true, ..adam(learning_rate) }
}

/// The settings of Adam with decoupled weight decay (Loshchilov and Hutter, 2019). See [`adamw`].
#[derive(Clone, Debug)]
pub struct AdamW {
    /// The learning rate.
    pub learning_rate: Schedule,
    /// The decay of the moving average of gradients.
    pub b1: f64,
    /// The decay of the moving average of squared gradients.
    pub b2: f64,
    /// A number to add to the root of the average square.
    pub eps: f64,
    /// A number to add under that root.
    pub eps_root: f64,
    /// The weight decay: the fraction of each parameter to subtract, times the learning rate.
    pub weight_decay: f64,
    /// The parameters with weight decay.
    pub mask: Mask,
    /// Whether to use Nesterov momentum.
    pub nesterov: bool,
}

impl_as_chain!(AdamW, (ScaleByAdam, AddDecayedWeights, ScaleByLearningRate), |s| {
    let adam = ScaleByAdam { b1: s.b1, b2: s.b2, eps: s.eps, eps_root: s.eps_root, nesterov: s.nesterov };
    let decay = AddDecayedWeights { weight_decay: s.weight_decay, mask: s.mask.clone() };
    (adam, decay, ScaleByLearningRate(s.learning_rate.clone()))
});

/// Returns Adam with decoupled weight decay (Loshchilov and Hutter, 2019): [`adam`]'s settings, and `weight_decay`
/// 1e-4.
///
/// ```
/// use rune_nn::optim::{self, AdamW, Mask};
/// let rate = optim::warmup_cosine_decay_schedule(0.0, 3e-4, 100, 10_000, 3e-5);
/// let optimizer = AdamW { b2: 0.95, weight_decay: 0.1, mask: Mask::matrices(), ..optim::adamw(rate) };
/// ```
#[doc(alias = "AdamW")]
pub fn adamw(learning_rate: impl Into<Schedule>) -> AdamW {
    let Adam { learning_rate, b1, b2, eps, eps_root, nesterov } = adam(learning_rate);
    AdamW { learning_rate, b1, b2, eps, eps_root, weight_decay: 1e-4, mask: Mask::all(), nesterov }
}
