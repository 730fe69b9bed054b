//! Steps divided by what gradients usually are: Adagrad and RMSProp.

use super::chain::{other_settings, stands_for};
use super::leaves::{expect_count, expect_state, zip};
use super::moments::{average, average_of_squares, next_count, unbiased, zero_count};
use super::{GradientTransformation, Params, ScaleByLearningRate, Schedule, Trace};
use rune_trace::{Tensor, Tree, at_caller, where_};

/// The direction of Adagrad: gradients over the root of the sum of their squares.
#[derive(Clone, Copy, Debug)]
pub struct ScaleByRss {
    /// What the sum begins with.
    pub initial_accumulator_value: f64,
    /// Added under the root.
    pub eps: f64,
}

impl Default for ScaleByRss {
    fn default() -> ScaleByRss {
        ScaleByRss { initial_accumulator_value: 0.1, eps: 1e-7 }
    }
}

/// What [`ScaleByRss`] remembers.
#[derive(Tree, Clone, Debug)]
pub struct RssState<P> {
    /// The sum of the squares of gradients.
    pub sum_of_squares: P,
}

impl GradientTransformation for ScaleByRss {
    type State<P: Params> = RssState<P>;
    #[track_caller]
    fn init<P: Params>(&self, params: &P) -> RssState<P> {
        at_caller(|| RssState { sum_of_squares: params.map(&mut |p| p.full_like(self.initial_accumulator_value)) })
    }
    #[track_caller]
    fn update<P: Params>(&self, updates: &P, state: &RssState<P>, _: &P) -> (P, RssState<P>) {
        at_caller(|| {
            expect_state("sum_of_squares", &state.sum_of_squares, updates);
            let sum_of_squares = zip(updates, [&state.sum_of_squares], |g, [s]| g.square() + s);
            let scaled = zip(updates, [&sum_of_squares], |g, [s]| where_(s.gt(0.0), (s + self.eps).rsqrt(), 0.0) * g);
            (scaled, RssState { sum_of_squares })
        })
    }
}

/// Adagrad (Duchi et al., 2011): see [`adagrad`].
#[derive(Clone, Debug)]
pub struct Adagrad {
    /// The size of steps.
    pub learning_rate: Schedule,
    /// What the sum of squares begins with.
    pub initial_accumulator_value: f64,
    /// Added under the root.
    pub eps: f64,
}

stands_for!(Adagrad, (ScaleByRss, ScaleByLearningRate), |s| {
    let rss = ScaleByRss { initial_accumulator_value: s.initial_accumulator_value, eps: s.eps };
    (rss, ScaleByLearningRate(s.learning_rate.clone()))
});

/// Adagrad (Duchi et al., 2011): steps become smaller where gradients were large.
///
/// ```
/// use rune_nn::optim::{self, Adagrad};
/// let optimizer = Adagrad { initial_accumulator_value: 1.0, ..optim::adagrad(0.1) };
/// ```
pub fn adagrad(learning_rate: impl Into<Schedule>) -> Adagrad {
    let ScaleByRss { initial_accumulator_value, eps } = ScaleByRss::default();
    Adagrad { learning_rate: learning_rate.into(), initial_accumulator_value, eps }
}

/// The direction of RMSProp: gradients over the root of the average of their squares.
#[derive(Clone, Copy, Debug)]
pub struct ScaleByRms {
    /// The decay of the average.
    pub decay: f64,
    /// Added to keep it from 0.
    pub eps: f64,
    /// What the average begins with.
    pub initial_scale: f64,
    /// Whether `eps` is added under the root, or to it.
    pub eps_in_sqrt: bool,
    /// Whether the square of the average of gradients is taken off: the variance.
    pub centered: bool,
    /// Whether the bias of the average towards what it began with is taken away.
    pub bias_correction: bool,
}

impl Default for ScaleByRms {
    fn default() -> ScaleByRms {
        ScaleByRms {
            decay: 0.9,
            eps: 1e-8,
            initial_scale: 0.0,
            eps_in_sqrt: true,
            centered: false,
            bias_correction: false,
        }
    }
}

/// What [`ScaleByRms`] remembers.
#[derive(Tree, Clone, Debug)]
pub struct RmsState<P> {
    /// How many steps were taken.
    pub count: Tensor,
    /// The average of gradients, if they are centered.
    pub mu: Option<P>,
    /// The average of their squares.
    pub nu: P,
}

impl GradientTransformation for ScaleByRms {
    type State<P: Params> = RmsState<P>;
    #[track_caller]
    fn init<P: Params>(&self, params: &P) -> RmsState<P> {
        at_caller(|| RmsState {
            count: zero_count(),
            mu: self.centered.then(|| params.map(&mut Tensor::zeros_like)),
            nu: params.map(&mut |p| p.full_like(self.initial_scale)),
        })
    }
    #[track_caller]
    fn update<P: Params>(&self, updates: &P, state: &RmsState<P>, _: &P) -> (P, RmsState<P>) {
        at_caller(|| {
            expect_count("count", &state.count);
            expect_state("nu", &state.nu, updates);
            match &state.mu {
                Some(mu) if self.centered => expect_state("mu", mu, updates),
                None if !self.centered => {}
                Some(_) | None => other_settings(),
            }
            let state = RmsState {
                count: next_count(&state.count),
                mu: state.mu.as_ref().map(|mu| average(updates, mu, self.decay)),
                nu: average_of_squares(updates, &state.nu, self.decay),
            };
            let without_bias = |x: &P| match self.bias_correction {
                true => unbiased(x, self.decay, &state.count),
                false => x.map(&mut Tensor::clone),
            };
            let mut spread = without_bias(&state.nu);
            if let Some(mu) = &state.mu {
                spread = zip(&spread, [&without_bias(mu)], |v, [m]| v - m.square());
            }
            let scaled = zip(updates, [&spread], |g, [v]| match self.eps_in_sqrt {
                true => (v + self.eps).rsqrt() * g,
                false => g / (v.sqrt() + self.eps),
            });
            (scaled, state)
        })
    }
}

/// RMSProp (Hinton, 2012): see [`rmsprop`].
#[derive(Clone, Debug)]
pub struct RmsProp {
    /// The size of steps.
    pub learning_rate: Schedule,
    /// How gradients are scaled.
    pub scale: ScaleByRms,
    /// What is left of earlier steps, if there is momentum.
    pub momentum: Option<f64>,
    /// Whether the momentum looks one step ahead.
    pub nesterov: bool,
}

stands_for!(RmsProp, (ScaleByRms, ScaleByLearningRate, Option<Trace>), |s| {
    let trace = s.momentum.map(|decay| Trace { decay, nesterov: s.nesterov });
    (s.scale, ScaleByLearningRate(s.learning_rate.clone()), trace)
});

/// RMSProp (Hinton, 2012), with `decay` 0.9 and without momentum.
///
/// ```
/// use rune_nn::optim::{self, RmsProp, ScaleByRms};
/// let scale = ScaleByRms { centered: true, decay: 0.99, ..ScaleByRms::default() };
/// let optimizer = RmsProp { scale, momentum: Some(0.9), ..optim::rmsprop(1e-3) };
/// ```
pub fn rmsprop(learning_rate: impl Into<Schedule>) -> RmsProp {
    RmsProp { learning_rate: learning_rate.into(), scale: ScaleByRms::default(), momentum: None, nesterov: false }
}
