//! Optimisers that divide gradients by the root of their accumulated squares: Adagrad and RMSProp.

use super::chain::{fail_other_settings, impl_as_chain};
use super::leaves::{expect_count, expect_state, zip};
use super::moments::{average_of_squares, bias_corrected, next_count, update_average, zero_count};
use super::{GradientTransformation, Params, ScaleByLearningRate, Schedule, Trace};
use rune_trace::{Tensor, Tree, at_caller, where_};

/// Adagrad's scaling: gradients divided by the root of the sum of their squares.
#[derive(Clone, Copy, Debug)]
pub struct ScaleByRss {
    /// The initial value of the sum.
    pub initial_accumulator_value: f64,
    /// A number to add under the root.
    pub eps: f64,
}

impl Default for ScaleByRss {
    fn default() -> ScaleByRss {
        ScaleByRss { initial_accumulator_value: 0.1, eps: 1e-7 }
    }
}

/// The state of [`ScaleByRss`].
#[derive(Tree, Clone, Debug)]
pub struct RssState<P> {
    /// The sum of squared gradients.
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

/// The settings of Adagrad (Duchi et al., 2011). See [`adagrad`].
#[derive(Clone, Debug)]
pub struct Adagrad {
    /// The learning rate.
    pub learning_rate: Schedule,
    /// The initial value of the sum of squares.
    pub initial_accumulator_value: f64,
    /// A number to add under the root.
    pub eps: f64,
}

impl_as_chain!(Adagrad, (ScaleByRss, ScaleByLearningRate), |s| {
    let rss = ScaleByRss { initial_accumulator_value: s.initial_accumulator_value, eps: s.eps };
    (rss, ScaleByLearningRate(s.learning_rate.clone()))
});

/// Returns Adagrad (Duchi et al., 2011), whose steps shrink where gradients were large.
///
/// ```
/// use rune_nn::optim::{self, Adagrad};
/// let optimizer = Adagrad { initial_accumulator_value: 1.0, ..optim::adagrad(0.1) };
/// ```
pub fn adagrad(learning_rate: impl Into<Schedule>) -> Adagrad {
    let ScaleByRss { initial_accumulator_value, eps } = ScaleByRss::default();
    Adagrad { learning_rate: learning_rate.into(), initial_accumulator_value, eps }
}

/// RMSProp's scaling: gradients divided by the root of the moving average of their squares.
#[derive(Clone, Copy, Debug)]
pub struct ScaleByRms {
    /// The decay of the moving average.
    pub decay: f64,
    /// A small number that prevents division by 0.
    pub eps: f64,
    /// The initial value of the average.
    pub initial_scale: f64,
    /// Whether to add `eps` under the root instead of to the root.
    pub eps_in_sqrt: bool,
    /// Whether to subtract the squared average of gradients from the average of squares, which gives the variance.
    pub centered: bool,
    /// Whether to remove the bias of the average towards its initial value.
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

/// The state of [`ScaleByRms`].
#[derive(Tree, Clone, Debug)]
pub struct RmsState<P> {
    /// The number of steps so far.
    pub count: Tensor,
    /// The moving average of gradients, if `centered`.
    pub mu: Option<P>,
    /// The moving average of squared gradients.
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
                Some(_) | None => fail_other_settings(),
            }
            let state = RmsState {
                count: next_count(&state.count),
                mu: state.mu.as_ref().map(|mu| update_average(updates, mu, self.decay)),
                nu: average_of_squares(updates, &state.nu, self.decay),
            };
            let without_bias = |x: &P| match self.bias_correction {
                true => bias_corrected(x, self.decay, &state.count),
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

/// The settings of RMSProp (Hinton, 2012). See [`rmsprop`].
#[derive(Clone, Debug)]
pub struct RmsProp {
    /// The learning rate.
    pub learning_rate: Schedule,
    /// The scaling of gradients.
    pub scale: ScaleByRms,
    /// The momentum, if any.
    pub momentum: Option<f64>,
    /// Whether to use Nesterov momentum.
    pub nesterov: bool,
}

impl_as_chain!(RmsProp, (ScaleByRms, ScaleByLearningRate, Option<Trace>), |s| {
    let trace = s.momentum.map(|decay| Trace { decay, nesterov: s.nesterov });
    (s.scale, ScaleByLearningRate(s.learning_rate.clone()), trace)
});

/// Returns RMSProp (Hinton, 2012), with `decay` 0.9 and without momentum.
///
/// ```
/// use rune_nn::optim::{self, RmsProp, ScaleByRms};
/// let scale = ScaleByRms { centered: true, decay: 0.99, ..ScaleByRms::default() };
/// let optimizer = RmsProp { scale, momentum: Some(0.9), ..optim::rmsprop(1e-3) };
/// ```
#[doc(alias = "RMSprop")]
pub fn rmsprop(learning_rate: impl Into<Schedule>) -> RmsProp {
    RmsProp { learning_rate: learning_rate.into(), scale: ScaleByRms::default(), momentum: None, nesterov: false }
}
