//! What came of Adam: Adamax, RAdam, Lamb, and Lion.

use super::chain::stands_for;
use super::leaves::{expect_count, expect_state, wide, zip};
use super::moments::{average, known_part, next_count, unbiased, zero_count};
use super::{
    AdamState, AddDecayedWeights, GradientTransformation, Mask, Params, ScaleByAdam, ScaleByLearningRate,
    ScaleByTrustRatio, Schedule,
};
use rune_trace::{Tensor, Tree, at_caller, where_};

/// Adamax (Kingma and Ba, 2015): see [`adamax`].
#[derive(Clone, Debug)]
pub struct Adamax {
    /// The size of steps.
    pub learning_rate: Schedule,
    /// The decay of the average of gradients.
    pub b1: f64,
    /// The decay of the greatest of them.
    pub b2: f64,
    /// Added to what is compared.
    pub eps: f64,
}

/// The direction of Adamax: the average of gradients over the greatest of them, which decays.
#[derive(Clone, Copy, Debug)]
pub struct ScaleByAdamax {
    /// The decay of the average of gradients.
    pub b1: f64,
    /// The decay of the greatest of them.
    pub b2: f64,
    /// Added to what is compared.
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
            state.expect(updates);
            let count = next_count(&state.count);
            let mu = average(updates, &state.mu, self.b1);
            let nu = zip(updates, [&state.nu], |g, [v]| (g.abs() + self.eps).maximum(v * self.b2));
            let scaled = zip(&unbiased(&mu, self.b1, &count), [&nu], |m, [v]| m / v);
            (scaled, AdamState { count, mu, nu })
        })
    }
}

stands_for!(Adamax, (ScaleByAdamax, ScaleByLearningRate), |s| {
    let adamax = ScaleByAdamax { b1: s.b1, b2: s.b2, eps: s.eps };
    (adamax, ScaleByLearningRate(s.learning_rate.clone()))
});

/// Adam with the greatest gradient in the place of the root of the average of squares (Kingma and Ba, 2015).
pub fn adamax(learning_rate: impl Into<Schedule>) -> Adamax {
    Adamax { learning_rate: learning_rate.into(), b1: 0.9, b2: 0.999, eps: 1e-8 }
}

/// RAdam (Liu et al., 2020): see [`radam`].
#[derive(Clone, Debug)]
pub struct RAdam {
    /// The size of steps.
    pub learning_rate: Schedule,
    /// The decay of the average of gradients.
    pub b1: f64,
    /// The decay of the average of their squares.
    pub b2: f64,
    /// Added to the root of the average of squares.
    pub eps: f64,
    /// Added under that root.
    pub eps_root: f64,
    /// How much must be known of the squares for them to be used.
    pub threshold: f64,
}

/// The direction of RAdam.
#[derive(Clone, Copy, Debug)]
pub struct ScaleByRAdam {
    /// The decay of the average of gradients.
    pub b1: f64,
    /// The decay of the average of their squares.
    pub b2: f64,
    /// Added to the root of the average of squares.
    pub eps: f64,
    /// Added under that root.
    pub eps_root: f64,
    /// How much must be known of the squares for them to be used.
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
            state.expect(updates);
            let state = state.next(updates, self.b1, self.b2);
            let (mu, nu) = (unbiased(&state.mu, self.b1, &state.count), unbiased(&state.nu, self.b2, &state.count));
            let most = 2.0 / (1.0 - self.b2) - 1.0;
            let scaled = zip(&mu, [&nu], |m, [v]| {
                let dtype = wide(m.dtype());
                // How many gradients the average is as good as.
                let known = known_part(self.b2, &state.count, dtype);
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

stands_for!(RAdam, (ScaleByRAdam, ScaleByLearningRate), |s| {
    let radam = ScaleByRAdam { b1: s.b1, b2: s.b2, eps: s.eps, eps_root: s.eps_root, threshold: s.threshold };
    (radam, ScaleByLearningRate(s.learning_rate.clone()))
});

/// Adam that uses squares of gradients only when enough of them are known (Liu et al., 2020), with the threshold 5.
pub fn radam(learning_rate: impl Into<Schedule>) -> RAdam {
    RAdam { learning_rate: learning_rate.into(), b1: 0.9, b2: 0.999, eps: 1e-8, eps_root: 0.0, threshold: 5.0 }
}

/// Lamb (You et al., 2020): see [`lamb`].
#[derive(Clone, Debug)]
pub struct Lamb {
    /// The size of steps.
    pub learning_rate: Schedule,
    /// The decay of the average of gradients.
    pub b1: f64,
    /// The decay of the average of their squares.
    pub b2: f64,
    /// Added to the root of the average of squares.
    pub eps: f64,
    /// Added under that root.
    pub eps_root: f64,
    /// How strongly parameters are drawn to 0.
    pub weight_decay: f64,
    /// Which parameters are.
    pub mask: Mask,
}

stands_for!(Lamb, (ScaleByAdam, AddDecayedWeights, ScaleByTrustRatio, ScaleByLearningRate), |s| {
    let adam = ScaleByAdam { b1: s.b1, b2: s.b2, eps: s.eps, eps_root: s.eps_root, nesterov: false };
    let decay = AddDecayedWeights { weight_decay: s.weight_decay, mask: s.mask.clone() };
    (adam, decay, ScaleByTrustRatio, ScaleByLearningRate(s.learning_rate.clone()))
});

/// Adam for large batches, whose steps have for each leaf the length of the parameters (You et al., 2020): without weight decay, and with
/// `eps` 1e-6.
pub fn lamb(learning_rate: impl Into<Schedule>) -> Lamb {
    let ScaleByAdam { b1, b2, eps_root, .. } = ScaleByAdam::default();
    Lamb { learning_rate: learning_rate.into(), b1, b2, eps: 1e-6, eps_root, weight_decay: 0.0, mask: Mask::all() }
}

/// The direction of Lion: the sign of an average of gradients.
#[derive(Clone, Copy, Debug)]
pub struct ScaleByLion {
    /// How much of the average goes into the step.
    pub b1: f64,
    /// The decay of the average.
    pub b2: f64,
}

/// What [`ScaleByLion`] remembers.
#[derive(Tree, Clone, Debug)]
pub struct LionState<P> {
    /// How many steps were taken.
    pub count: Tensor,
    /// The average of gradients.
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
            let signs = average(updates, &state.mu, self.b1).map(&mut Tensor::sign);
            (signs, LionState { count: next_count(&state.count), mu: average(updates, &state.mu, self.b2) })
        })
    }
}

/// Lion (Chen et al., 2023): see [`lion`].
#[derive(Clone, Debug)]
pub struct Lion {
    /// The size of steps.
    pub learning_rate: Schedule,
    /// How much of the average goes into the step.
    pub b1: f64,
    /// The decay of the average.
    pub b2: f64,
    /// How strongly parameters are drawn to 0.
    pub weight_decay: f64,
    /// Which parameters are.
    pub mask: Mask,
}

stands_for!(Lion, (ScaleByLion, AddDecayedWeights, ScaleByLearningRate), |s| {
    let decay = AddDecayedWeights { weight_decay: s.weight_decay, mask: s.mask.clone() };
    (ScaleByLion { b1: s.b1, b2: s.b2 }, decay, ScaleByLearningRate(s.learning_rate.clone()))
});

/// Steps by the sign of an average of gradients (Chen et al., 2023), with `b1` 0.9, `b2` 0.99 and `weight_decay` 1e-3: rates are some ten
/// times smaller than those of Adam.
pub fn lion(learning_rate: impl Into<Schedule>) -> Lion {
    Lion { learning_rate: learning_rate.into(), b1: 0.9, b2: 0.99, weight_decay: 1e-3, mask: Mask::all() }
}
