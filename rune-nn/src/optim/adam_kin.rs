//! Variants of Adam: Adamax, RAdam, Lamb and Lion.

use super::chain::impl_as_chain;
use super::leaves::{accumulation_dtype, expect_count, expect_state, zip};
use super::moments::{bias_corrected, bias_correction, next_count, update_average, zero_count};
use super::{
    AdamState, AddDecayedWeights, GradientTransformation, Mask, Params, ScaleByAdam, ScaleByLearningRate,
    ScaleByTrustRatio, Schedule,
};
use rune_trace::{Tensor, Tree, at_caller, where_};

/// The settings of Adamax (Kingma and Ba, 2015). See [`adamax`].
#[derive(Clone, Debug)]
pub struct Adamax {
    /// The learning rate.
    pub learning_rate: Schedule,
    /// The decay of the moving average of gradients.
    pub b1: f64,
    /// The decay of the running maximum of gradients.
    pub b2: f64,
    /// A number to add to the absolute gradients before the maximum.
    pub eps: f64,
}

/// Adamax's scaling: the moving average of gradients, divided by their decaying running maximum.
#[derive(Clone, Copy, Debug)]
pub struct ScaleByAdamax {
    /// The decay of the moving average of gradients.
    pub b1: f64,
    /// The decay of the running maximum of gradients.
    pub b2: f64,
    /// A number to add to the absolute gradients before the maximum.
    pub eps: f64,
}

impl GradientTransformation for ScaleByAdamax {
    type State<P: Params> = AdamState<P>;
    #[track_caller]
    fn init<P: Params>(&self, params: &P) -> AdamState<P> {
        at_caller(|| AdamState::new(params))
    }
    #[track_caller]
    fn update<P: Params>(&self, updates: &P, state: &AdamState<P>, _: &P) -> (P, AdamState<P>) {
        at_caller(|| {
            state.expect_state_for(updates);
            let count = next_count(&state.count);
            let mu = update_average(updates, &state.mu, self.b1);
            let nu = zip(updates, [&state.nu], |g, [v]| (g.abs() + self.eps).maximum(v * self.b2));
            let scaled = zip(&bias_corrected(&mu, self.b1, &count), [&nu], |m, [v]| m / v);
            (scaled, AdamState { count, mu, nu })
        })
    }
}

impl_as_chain!(Adamax, (ScaleByAdamax, ScaleByLearningRate), |s| {
    let adamax = ScaleByAdamax { b1: s.b1, b2: s.b2, eps: s.eps };
    (adamax, ScaleByLearningRate(s.learning_rate.clone()))
});

/// Returns Adamax: Adam with the running maximum of gradients instead of the root of the average square (Kingma and Ba,
/// 2015).
pub fn adamax(learning_rate: impl Into<Schedule>) -> Adamax {
    Adamax { learning_rate: learning_rate.into(), b1: 0.9, b2: 0.999, eps: 1e-8 }
}

/// The settings of RAdam (Liu et al., 2020). See [`radam`].
#[derive(Clone, Debug)]
pub struct RAdam {
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
    /// The step uses the squared gradients only if the approximated length of their moving average is at least this.
    pub threshold: f64,
}

/// RAdam's scaling.
#[derive(Clone, Copy, Debug)]
pub struct ScaleByRAdam {
    /// The decay of the moving average of gradients.
    pub b1: f64,
    /// The decay of the moving average of squared gradients.
    pub b2: f64,
    /// A number to add to the root of the average square.
    pub eps: f64,
    /// A number to add under that root.
    pub eps_root: f64,
    /// The step uses the squared gradients only if the approximated length of their moving average is at least this.
    pub threshold: f64,
}

impl GradientTransformation for ScaleByRAdam {
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
            let (mu, nu) =
                (bias_corrected(&state.mu, self.b1, &state.count), bias_corrected(&state.nu, self.b2, &state.count));
            let most = 2.0 / (1.0 - self.b2) - 1.0;
            let scaled = zip(&mu, [&nu], |m, [v]| {
                let dtype = accumulation_dtype(m.dtype());
                // The number of gradients that the moving average effectively covers.
                let known = bias_correction(self.b2, &state.count, dtype);
                let length = most - state.count.cast(dtype) * 2.0 * (1.0 - &known) / &known;
                let above = (&length - 4.0) * (&length - 2.0) * most;
                let rectified = (above / (&length * ((most - 4.0) * (most - 2.0)))).sqrt().cast(m.dtype());
                let by_squares = rectified * m / ((v + self.eps_root).sqrt() + self.eps);
                where_(length.ge(self.threshold), by_squares, m)
            });
            (scaled, state)
        })
    }
}

impl_as_chain!(RAdam, (ScaleByRAdam, ScaleByLearningRate), |s| {
    let radam = ScaleByRAdam { b1: s.b1, b2: s.b2, eps: s.eps, eps_root: s.eps_root, threshold: s.threshold };
    (radam, ScaleByLearningRate(s.learning_rate.clone()))
});

/// Returns RAdam: Adam that uses squared gradients only once their average covers enough steps (Liu et al., 2020), with
/// threshold 5.
pub fn radam(learning_rate: impl Into<Schedule>) -> RAdam {
    RAdam { learning_rate: learning_rate.into(), b1: 0.9, b2: 0.999, eps: 1e-8, eps_root: 0.0, threshold: 5.0 }
}

/// The settings of Lamb (You et al., 2020). See [`lamb`].
#[derive(Clone, Debug)]
pub struct Lamb {
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
    /// The weight decay.
    pub weight_decay: f64,
    /// The parameters with weight decay.
    pub mask: Mask,
}

impl_as_chain!(Lamb, (ScaleByAdam, AddDecayedWeights, ScaleByTrustRatio, ScaleByLearningRate), |s| {
    let adam = ScaleByAdam { b1: s.b1, b2: s.b2, eps: s.eps, eps_root: s.eps_root, nesterov: false };
    let decay = AddDecayedWeights { weight_decay: s.weight_decay, mask: s.mask.clone() };
    (adam, decay, ScaleByTrustRatio, ScaleByLearningRate(s.learning_rate.clone()))
});

/// Returns Lamb, a variant of Adam for large batches. It scales the update of each leaf to the norm of the parameters
/// of the leaf (You et al., 2020). By default, it has no weight decay, and `eps` is 1e-6.
pub fn lamb(learning_rate: impl Into<Schedule>) -> Lamb {
    let ScaleByAdam { b1, b2, eps_root, .. } = ScaleByAdam::default();
    Lamb { learning_rate: learning_rate.into(), b1, b2, eps: 1e-6, eps_root, weight_decay: 0.0, mask: Mask::all() }
}

/// Lion's direction: the sign of a moving average of gradients.
#[derive(Clone, Copy, Debug)]
pub struct ScaleByLion {
    /// The weight of the moving average in the step.
    pub b1: f64,
    /// The decay of the moving average.
    pub b2: f64,
}

/// The state of [`ScaleByLion`].
#[derive(Tree, Clone, Debug)]
pub struct LionState<P> {
    /// The number of steps so far.
    pub count: Tensor,
    /// The moving average of gradients.
    pub mu: P,
}

impl GradientTransformation for ScaleByLion {
    type State<P: Params> = LionState<P>;
    #[track_caller]
    fn init<P: Params>(&self, params: &P) -> LionState<P> {
        at_caller(|| LionState { count: zero_count(), mu: params.map(&mut Tensor::zeros_like) })
    }
    #[track_caller]
    fn update<P: Params>(&self, updates: &P, state: &LionState<P>, _: &P) -> (P, LionState<P>) {
        at_caller(|| {
            expect_count("count", &state.count);
            expect_state("mu", &state.mu, updates);
            let signs = update_average(updates, &state.mu, self.b1).map(&mut Tensor::sign);
            (signs, LionState { count: next_count(&state.count), mu: update_average(updates, &state.mu, self.b2) })
        })
    }
}

/// The settings of Lion (Chen et al., 2023). See [`lion`].
#[derive(Clone, Debug)]
pub struct Lion {
    /// The learning rate.
    pub learning_rate: Schedule,
    /// The weight of the moving average in the step.
    pub b1: f64,
    /// The decay of the moving average.
    pub b2: f64,
    /// The weight decay.
    pub weight_decay: f64,
    /// The parameters with weight decay.
    pub mask: Mask,
}

impl_as_chain!(Lion, (ScaleByLion, AddDecayedWeights, ScaleByLearningRate), |s| {
    let decay = AddDecayedWeights { weight_decay: s.weight_decay, mask: s.mask.clone() };
    (ScaleByLion { b1: s.b1, b2: s.b2 }, decay, ScaleByLearningRate(s.learning_rate.clone()))
});

/// Returns Lion, which steps by the sign of a moving average of gradients (Chen et al., 2023), with `b1` 0.9, `b2` 0.99
/// and `weight_decay` 1e-3. It needs about a tenth of Adam's learning rate.
pub fn lion(learning_rate: impl Into<Schedule>) -> Lion {
    Lion { learning_rate: learning_rate.into(), b1: 0.9, b2: 0.99, weight_decay: 1e-3, mask: Mask::all() }
}
