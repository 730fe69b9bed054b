//! Gradient descent with momentum.

use super::chain::impl_as_chain;
use super::leaves::{expect_state, zip};
use super::{GradientTransformation, Params, ScaleByLearningRate, Schedule};
use rune_trace::{Tensor, Tree, at_caller};

/// Accumulates gradients with decay. See [`trace`].
#[derive(Clone, Copy, Debug)]
pub struct Trace {
    /// The fraction of the sum that remains after each step.
    pub decay: f64,
    /// Whether to use Nesterov momentum.
    pub nesterov: bool,
}

/// Returns momentum: a sum of all gradients so far, which each step multiplies by `decay`.
pub fn trace(decay: f64) -> Trace {
    Trace { decay, nesterov: false }
}

/// The state of momentum.
#[derive(Tree, Clone, Debug)]
pub struct TraceState<P> {
    /// The sum of gradients.
    pub trace: P,
}

impl GradientTransformation for Trace {
    type State<P: Params> = TraceState<P>;
    #[track_caller]
    fn init<P: Params>(&self, params: &P) -> TraceState<P> {
        at_caller(|| TraceState { trace: params.map(&mut Tensor::zeros_like) })
    }
    #[track_caller]
    fn update<P: Params>(&self, updates: &P, state: &TraceState<P>, _: &P) -> (P, TraceState<P>) {
        at_caller(|| {
            expect_state("trace", &state.trace, updates);
            let add = |sum: &P| zip(updates, [sum], |g, [t]| g + t * self.decay);
            let trace = add(&state.trace);
            let updates = if self.nesterov { add(&trace) } else { trace.map(&mut Tensor::clone) };
            (updates, TraceState { trace })
        })
    }
}

/// The settings of gradient descent. See [`sgd`].
#[derive(Clone, Debug)]
pub struct Sgd {
    /// The learning rate.
    pub learning_rate: Schedule,
    /// The momentum, if any: the fraction of earlier gradients that remains after each step.
    pub momentum: Option<f64>,
    /// Whether to use Nesterov momentum (Nesterov, 1983).
    pub nesterov: bool,
}

impl_as_chain!(Sgd, (Option<Trace>, ScaleByLearningRate), |s| {
    let trace = s.momentum.map(|decay| Trace { decay, nesterov: s.nesterov });
    (trace, ScaleByLearningRate(s.learning_rate.clone()))
});

/// Returns gradient descent, by default without momentum.
///
/// ```
/// use rune_nn::optim::{self, GradientTransformation, Sgd};
/// use rune_trace::Tensor;
/// let optimizer = Sgd { momentum: Some(0.9), ..optim::sgd(0.1) };
/// let w = Tensor::from([1.0f32, 2.0]);
/// let (updates, _) = optimizer.update(&Tensor::from([10.0f32, -10.0]), &optimizer.init(&w), &w);
/// assert_eq!(updates.to_vec::<f32>().unwrap(), [-1.0, 1.0]);
/// ```
#[doc(alias = "SGD")]
pub fn sgd(learning_rate: impl Into<Schedule>) -> Sgd {
    Sgd { learning_rate: learning_rate.into(), momentum: None, nesterov: false }
}
