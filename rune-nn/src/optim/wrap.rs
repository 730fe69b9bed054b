//! Wrappers of transformations: averages, gradient accumulation and masks.

use super::leaves::{expect_count, expect_shapes, expect_state, zip};
use super::moments::{bias_corrected, next_count, update_average, zero_count};
use super::{GradientTransformation, Mask, Params};
use rune_trace::{Caller, Tensor, Tree, at_caller, cond};

/// A moving average of updates. See [`ema`].
#[derive(Clone, Copy, Debug)]
pub struct Ema {
    /// The decay of the moving average.
    pub decay: f64,
    /// Whether to remove the bias towards 0.
    pub debias: bool,
}

/// Returns a transformation that replaces the updates by their moving average, without its bias towards the initial 0.
///
/// It can also average parameters:
///
/// ```
/// use rune_nn::optim::{self, GradientTransformation};
/// use rune_trace::Tensor;
/// let average = optim::ema(0.5);
/// let mut state = average.init(&Tensor::scalar(0.0f32));
/// let mut averaged = Tensor::scalar(0.0f32);
/// for x in [1.0f32, 4.0] {
///     let x = Tensor::scalar(x);
///     (averaged, state) = average.update(&x, &state, &x);
/// }
/// assert_eq!(averaged.item::<f32>().unwrap(), 3.0);
/// ```
pub fn ema(decay: f64) -> Ema {
    Ema { decay, debias: true }
}

/// The state of [`Ema`].
#[derive(Tree, Clone, Debug)]
pub struct EmaState<P> {
    /// The number of steps so far.
    pub count: Tensor,
    /// The moving average, with its bias.
    pub ema: P,
}

impl GradientTransformation for Ema {
    type State<P: Params> = EmaState<P>;
    #[track_caller]
    fn init<P: Params>(&self, params: &P) -> EmaState<P> {
        at_caller(|| EmaState { count: zero_count(), ema: params.map(&mut Tensor::zeros_like) })
    }
    #[track_caller]
    fn update<P: Params>(&self, updates: &P, state: &EmaState<P>, _: &P) -> (P, EmaState<P>) {
        at_caller(|| {
            expect_count("count", &state.count);
            expect_state("ema", &state.ema, updates);
            let (count, ema) = (next_count(&state.count), update_average(updates, &state.ema, self.decay));
            let averaged =
                if self.debias { bias_corrected(&ema, self.decay, &count) } else { ema.map(&mut Tensor::clone) };
            (averaged, EmaState { count, ema })
        })
    }
}

/// One step for the mean of several gradients. See [`multi_steps`].
#[derive(Clone, Debug)]
pub struct MultiSteps<T> {
    /// The transformation that takes the steps.
    pub inner: T,
    /// The number of gradients per step.
    pub every: usize,
}

/// Returns a transformation that passes the mean of `every` gradients to `inner`. Until it has collected that many, the
/// updates are 0. Training can thus process a large batch in parts.
///
/// ```
/// use rune_nn::optim::{self, GradientTransformation};
/// use rune_trace::Tensor;
/// let optimizer = optim::multi_steps(optim::sgd(1.0), 2);
/// let w = Tensor::scalar(0.0f32);
/// let (first, state) = optimizer.update(&Tensor::scalar(1.0f32), &optimizer.init(&w), &w);
/// let (second, _) = optimizer.update(&Tensor::scalar(3.0f32), &state, &w);
/// assert_eq!((first.item::<f32>().unwrap(), second.item::<f32>().unwrap()), (0.0, -2.0));
/// ```
///
/// # Panics
/// Panics if `every` is 0.
#[track_caller]
pub fn multi_steps<T: GradientTransformation>(inner: T, every: usize) -> MultiSteps<T> {
    if every == 0 {
        refuse!("multi_steps: `every` is 0, and has to be at least 1");
    }
    MultiSteps { inner, every }
}

/// The state of [`MultiSteps`].
#[derive(Tree, Clone, Debug)]
pub struct MultiStepsState<S, P> {
    /// The number of gradients collected for the next step.
    pub mini_step: Tensor,
    /// The number of steps so far.
    pub gradient_step: Tensor,
    /// The state of the inner transformation.
    pub inner: S,
    /// The mean of the gradients collected.
    pub gradients: P,
}

impl<T: GradientTransformation> GradientTransformation for MultiSteps<T> {
    type State<P: Params> = MultiStepsState<T::State<P>, P>;
    #[track_caller]
    fn init<P: Params>(&self, params: &P) -> Self::State<P> {
        at_caller(|| {
            let gradients = params.map(&mut Tensor::zeros_like);
            MultiStepsState {
                mini_step: zero_count(),
                gradient_step: zero_count(),
                inner: self.inner.init(params),
                gradients,
            }
        })
    }
    #[track_caller]
    fn update<P: Params>(&self, updates: &P, state: &Self::State<P>, params: &P) -> (P, Self::State<P>) {
        // The branches are closures of this library. They run as if the user had written them.
        let caller = Caller::here();
        at_caller(|| {
            for (field, count) in [("mini_step", &state.mini_step), ("gradient_step", &state.gradient_step)] {
                expect_count(field, count);
            }
            expect_state("gradients", &state.gradients, updates);
            let known = &state.mini_step + 1;
            let mean = zip(updates, [&state.gradients], |g, [m]| m + (g - m) / known.cast(g.dtype()));
            let enough = known.eq(self.every as i32);
            let zeros = || mean.map(&mut Tensor::zeros_like);
            let step = || {
                let (updates, inner) = caller.run(|| self.inner.update(&mean, &state.inner, params));
                (updates, (inner, caller.run(zeros)))
            };
            let wait = || caller.run(|| (zeros(), (state.inner.map(&mut Tensor::clone), mean.map(&mut Tensor::clone))));
            let (updates, (inner, gradients)) = cond(&enough, step, wait);
            let gradient_step = &state.gradient_step + enough.cast(state.gradient_step.dtype());
            let mini_step = known % self.every as i32;
            (updates, MultiStepsState { mini_step, gradient_step, inner, gradients })
        })
    }
}

/// A transformation of some of the updates. See [`masked`].
#[derive(Clone, Debug)]
pub struct Masked<T> {
    /// The transformation to apply.
    pub inner: T,
    /// The leaves to transform.
    pub mask: Mask,
}

/// Returns a transformation that applies `inner` to the leaves that `mask` selects, and leaves the others unchanged. To
/// give parts of a model their own optimisers, chain several with different masks. The state contains only selected
/// leaves.
///
/// ```
/// use rune_nn::optim::{self, GradientTransformation, Mask};
/// use rune_trace::Tensor;
/// let first = |name: &str, _: &Tensor| name == "0";
/// let optimizer = (
///     optim::masked(optim::adam(1e-3), Mask::new(first)),
///     optim::masked(optim::scale(0.0), Mask::new(move |name, x| !first(name, x))),
/// );
/// let w = (Tensor::scalar(1.0f32), Tensor::scalar(1.0f32));
/// let ((a, b), _) = optimizer.update(&w, &optimizer.init(&w), &w);
/// assert!((a.item::<f32>().unwrap() + 1e-3).abs() < 1e-8);
/// assert_eq!(b.item::<f32>().unwrap(), 0.0);
/// ```
pub fn masked<T: GradientTransformation>(inner: T, mask: Mask) -> Masked<T> {
    Masked { inner, mask }
}

impl<T> Masked<T> {
    /// Returns the tree with empty tensors in place of the leaves that are not selected. They contribute nothing to any
    /// sum.
    fn keep_selected<P: Params>(&self, tree: &P, choices: &[bool]) -> P {
        let mut choices = choices.iter();
        tree.map(&mut |leaf| match choices.next() {
            Some(true) => leaf.clone(),
            Some(false) | None => Tensor::zeros([0], leaf.dtype()),
        })
    }
}

impl<T: GradientTransformation> GradientTransformation for Masked<T> {
    type State<P: Params> = T::State<P>;
    #[track_caller]
    fn init<P: Params>(&self, params: &P) -> Self::State<P> {
        at_caller(|| self.inner.init(&self.keep_selected(params, &self.mask.selected(params))))
    }
    #[track_caller]
    fn update<P: Params>(&self, updates: &P, state: &Self::State<P>, params: &P) -> (P, Self::State<P>) {
        at_caller(|| {
            expect_shapes("gradients", updates, "parameters", params);
            let choices = self.mask.selected(params);
            let (some, chosen) = (self.keep_selected(updates, &choices), self.keep_selected(params, &choices));
            let (transformed, state) = self.inner.update(&some, state, &chosen);
            let mut choices = choices.iter();
            let all = zip(&transformed, [updates], |new, [old]| match choices.next() {
                Some(true) => new.clone(),
                Some(false) | None => old.clone(),
            });
            (all, state)
        })
    }
}
