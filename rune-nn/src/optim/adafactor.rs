//! Adafactor. For large matrices, its state holds only row and column averages.

use super::chain::impl_as_chain;
use super::leaves::{accumulation_dtype, expect_count, expect_state_of, zip};
use super::moments::{next_count, zero_count};
use super::{
    AddDecayedWeights, ClipByBlockRms, Ema, GradientTransformation, Mask, Params, Scale, ScaleByParamBlockRms,
    ScaleBySchedule, Schedule,
};
use rune_trace::{Tensor, Tree, at_caller};

/// Adafactor's scaling: divides gradients by the root of the moving average of their squares. For large matrices, that
/// average is the product of its row and column averages.
#[derive(Clone, Copy, Debug)]
pub struct ScaleByFactoredRms {
    /// Whether to factor the averages of matrices.
    pub factored: bool,
    /// The exponent d of the decay 1 - step⁻ᵈ: the greater it is, the slower the averages decay.
    pub decay_rate: f64,
    /// A matrix is large if its second largest axis has at least this size.
    pub min_dim_size_to_factor: usize,
    /// A number to add to the squares.
    pub eps: f64,
}

/// The state of [`ScaleByFactoredRms`]. Each leaf uses either `v`, or `v_row` and `v_col`. The unused ones have one
/// element.
#[derive(Tree, Clone, Debug)]
pub struct FactoredState<P> {
    /// The number of steps so far.
    pub count: Tensor,
    /// The averages over the largest axis.
    pub v_row: P,
    /// The averages over the second largest axis.
    pub v_col: P,
    /// The average squares of leaves that are not factored.
    pub v: P,
}

impl ScaleByFactoredRms {
    /// Returns the second largest and the largest axis.
    fn axes(&self, x: &Tensor) -> Option<(usize, usize)> {
        if !self.factored || x.rank() < 2 {
            return None;
        }
        let mut axes: Vec<usize> = (0..x.rank()).collect();
        axes.sort_by_key(|&axis| x.shape()[axis]);
        let (second, greatest) = (axes[axes.len() - 2], axes[axes.len() - 1]);
        (x.shape()[second] >= self.min_dim_size_to_factor).then_some((second, greatest))
    }
}

fn shape_without(x: &Tensor, axis: usize) -> Vec<usize> {
    let mut shape = x.shape().to_vec();
    shape.remove(axis);
    shape
}

#[track_caller]
fn without(x: &Tensor, axis: usize) -> Tensor {
    Tensor::zeros(shape_without(x, axis), x.dtype())
}

impl GradientTransformation for ScaleByFactoredRms {
    type State<P: Params> = FactoredState<P>;
    #[track_caller]
    fn init<P: Params>(&self, params: &P) -> FactoredState<P> {
        at_caller(|| {
            let none = |p: &Tensor| Tensor::zeros([1], p.dtype());
            FactoredState {
                count: zero_count(),
                v_row: params.map(&mut |p| self.axes(p).map_or_else(|| none(p), |(_, greatest)| without(p, greatest))),
                v_col: params.map(&mut |p| self.axes(p).map_or_else(|| none(p), |(second, _)| without(p, second))),
                v: params.map(&mut |p| self.axes(p).map_or_else(|| p.zeros_like(), |_| none(p))),
            }
        })
    }
    #[track_caller]
    fn update<P: Params>(&self, updates: &P, state: &FactoredState<P>, _: &P) -> (P, FactoredState<P>) {
        at_caller(|| {
            expect_count("count", &state.count);
            let of = |g: &Tensor, shape: Option<Vec<usize>>| g.ty().with_shape(shape.unwrap_or_else(|| vec![1]));
            let row = |g: &Tensor| self.axes(g).map(|(_, greatest)| shape_without(g, greatest));
            let column = |g: &Tensor| self.axes(g).map(|(second, _)| shape_without(g, second));
            let whole = |g: &Tensor| if self.axes(g).is_none() { Some(g.shape().to_vec()) } else { None };
            expect_state_of("v_row", &state.v_row, updates, |g| of(g, row(g)));
            expect_state_of("v_col", &state.v_col, updates, |g| of(g, column(g)));
            expect_state_of("v", &state.v, updates, |g| of(g, whole(g)));
            let decay = |like: &Tensor| {
                let step = state.count.cast(accumulation_dtype(like.dtype())) + 1.0;
                (1.0 - step.pow(-self.decay_rate)).cast(like.dtype())
            };
            let squares = |g: &Tensor| g.square() + self.eps;
            let next = |old: &Tensor, new: Tensor| {
                let decay = decay(old);
                &decay * old + (1.0 - &decay) * new
            };
            let v_row = zip(&state.v_row, [updates], |old, [g]| match self.axes(g) {
                Some((_, greatest)) => next(old, squares(g).mean_axes(greatest as isize)),
                None => old.clone(),
            });
            let v_col = zip(&state.v_col, [updates], |old, [g]| match self.axes(g) {
                Some((second, _)) => next(old, squares(g).mean_axes(second as isize)),
                None => old.clone(),
            });
            let v = zip(&state.v, [updates], |old, [g]| match self.axes(g) {
                Some(_) => old.clone(),
                None => next(old, squares(g)),
            });
            let scaled = zip(updates, [&v_row, &v_col, &v], |g, [row, col, v]| match self.axes(g) {
                None => g * v.rsqrt(),
                Some((second, greatest)) => {
                    let second_of_row = if second > greatest { second - 1 } else { second };
                    let row_factor = (row / row.mean_keepdims(second_of_row as isize)).rsqrt();
                    g * row_factor.unsqueeze(greatest as isize) * col.rsqrt().unsqueeze(second as isize)
                }
            });
            (scaled, FactoredState { count: next_count(&state.count), v_row, v_col, v })
        })
    }
}

/// The settings of Adafactor (Shazeer and Stern, 2018). See [`adafactor`].
#[derive(Clone, Debug)]
pub struct Adafactor {
    /// The learning rate, relative to the size of the parameters if `multiply_by_parameter_scale` is set.
    pub learning_rate: Schedule,
    /// The scaling of gradients.
    pub scale: ScaleByFactoredRms,
    /// Whether to scale the steps of each leaf by the size of its parameters.
    pub multiply_by_parameter_scale: bool,
    /// The maximum root mean square of the updates, if any.
    pub clipping_threshold: Option<f64>,
    /// The decay of the moving average of updates, if they are averaged.
    pub momentum: Option<f64>,
    /// The fraction of the parameters to subtract in each step, independently of the learning rate.
    pub weight_decay_rate: Option<f64>,
    /// The parameters with weight decay.
    pub mask: Mask,
}

type Parts = (
    ScaleByFactoredRms,
    Option<ClipByBlockRms>,
    ScaleBySchedule,
    Option<ScaleByParamBlockRms>,
    Option<Ema>,
    (Option<AddDecayedWeights>, Scale),
);

impl_as_chain!(Adafactor, Parts, |s| {
    (
        s.scale,
        s.clipping_threshold.map(ClipByBlockRms),
        ScaleBySchedule(s.learning_rate.clone()),
        s.multiply_by_parameter_scale.then_some(ScaleByParamBlockRms),
        s.momentum.map(|decay| Ema { decay, debias: false }),
        (s.weight_decay_rate.map(|weight_decay| AddDecayedWeights { weight_decay, mask: s.mask.clone() }), Scale(-1.0)),
    )
});

/// Returns Adafactor, which resembles RMSProp but keeps little state for large matrices (Shazeer and Stern, 2018), with
/// Optax's settings.
///
/// ```
/// use rune_nn::optim::{self, Adafactor};
/// let optimizer = Adafactor { momentum: Some(0.9), ..optim::adafactor(1e-2) };
/// ```
pub fn adafactor(learning_rate: impl Into<Schedule>) -> Adafactor {
    let scale = ScaleByFactoredRms { factored: true, decay_rate: 0.8, min_dim_size_to_factor: 128, eps: 1e-30 };
    Adafactor {
        learning_rate: learning_rate.into(),
        scale,
        multiply_by_parameter_scale: true,
        clipping_threshold: Some(1.0),
        momentum: None,
        weight_decay_rate: None,
        mask: Mask::all(),
    }
}
