//! Normalization layers. Each computes in at least `f32`.

use super::conv::{channel_axis, per_channel};
use rune_ir::DType;
use rune_trace::{Axes, Layout, Tensor, Tree, at_caller};

/// Converts `x` to the dtype to compute in.
#[track_caller]
fn to_accumulation_dtype(x: &Tensor) -> Tensor {
    if x.dtype().is_reduced_float() { x.cast(DType::F32) } else { x.clone() }
}

/// Returns `x` · weight + bias, for the parts that exist.
#[track_caller]
fn affine(x: &Tensor, weight: Option<&Tensor>, bias: Option<&Tensor>) -> Tensor {
    let scaled = match weight {
        Some(weight) => x * weight.cast(x.dtype()),
        None => x.clone(),
    };
    match bias {
        Some(bias) => scaled + bias.cast(x.dtype()),
        None => scaled,
    }
}

/// Layer normalization: normalizes the last axis to mean 0 and variance 1, then scales and shifts it (Ba et al., 2016).
///
/// ```
/// use rune_nn::nn::LayerNorm;
/// use rune_trace::Tensor;
/// let y = LayerNorm::new(2).forward(&Tensor::from([[1.0f32, 3.0], [-40.0, 40.0]]));
/// assert!(y.isclose(&Tensor::from([[-1.0f32, 1.0], [-1.0, 1.0]]), 1e-5, 0.0).all().item::<bool>().unwrap());
/// ```
#[doc(alias = "layer_norm")]
#[derive(Tree, Clone, Debug)]
pub struct LayerNorm {
    /// Has the shape `[features]`.
    pub weight: Option<Tensor>,
    /// Has the shape `[features]`.
    pub bias: Option<Tensor>,
    /// A number to add to the variance.
    pub eps: f64,
}

impl LayerNorm {
    /// Creates a layer with weight 1, bias 0 and `eps` 1e-6.
    #[track_caller]
    pub fn new(features: usize) -> LayerNorm {
        LayerNorm {
            weight: Some(Tensor::ones([features], DType::F32)),
            bias: Some(Tensor::zeros([features], DType::F32)),
            eps: 1e-6,
        }
    }
    /// Returns the layer without a bias.
    #[must_use]
    pub fn without_bias(self) -> LayerNorm {
        LayerNorm { bias: None, ..self }
    }
    /// Normalizes `x` of shape `[.., features]`. The result has the same shape.
    ///
    /// # Panics
    /// Panics if the last axis of `x` does not have the size of the features.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let y = to_accumulation_dtype(x).standardize(-1, self.eps);
        affine(&y, self.weight.as_ref(), self.bias.as_ref()).cast(x.dtype())
    }
}

/// Root-mean-square normalization: normalizes the last axis to mean square 1, then scales it (Zhang and Sennrich,
/// 2019).
///
/// ```
/// use rune_nn::nn::RmsNorm;
/// use rune_trace::Tensor;
/// let y = RmsNorm::new(2).forward(&Tensor::from([3.0f32, -3.0]));
/// assert!(y.isclose(&Tensor::from([1.0f32, -1.0]), 1e-6, 0.0).all().item::<bool>().unwrap());
/// ```
#[derive(Tree, Clone, Debug)]
pub struct RmsNorm {
    /// Has the shape `[features]`.
    pub weight: Tensor,
    /// A number to add to the mean square.
    pub eps: f64,
}

impl RmsNorm {
    /// Creates a layer with weight 1 and `eps` 1e-6.
    #[track_caller]
    pub fn new(features: usize) -> RmsNorm {
        RmsNorm { weight: Tensor::ones([features], DType::F32), eps: 1e-6 }
    }
    /// Normalizes `x` of shape `[.., features]`. The result has the same shape.
    ///
    /// # Panics
    /// Panics if the last axis of `x` does not have the size of the features.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let y = to_accumulation_dtype(x);
        let y = &y * (y.square().mean_keepdims(-1) + self.eps).rsqrt();
        affine(&y, Some(&self.weight), None).cast(x.dtype())
    }
}

/// Group normalization: normalizes each group of channels of each example to mean 0 and variance 1, then scales and
/// shifts each channel (Wu and He, 2018).
///
/// ```
/// use rune_nn::nn::GroupNorm;
/// use rune_trace::{DType, Tensor, random};
/// let x = random::normal(&random::key(0), [2, 6, 4, 4], DType::F32) * 5.0 + 3.0;
/// let y = GroupNorm::new(3, 6).forward(&x);
/// assert!(y.reshape([2, 3, -1]).mean_axes(-1).abs().max().item::<f32>().unwrap() < 1e-5);
/// ```
#[derive(Tree, Clone, Debug)]
pub struct GroupNorm {
    /// Has the shape `[channels]`.
    pub weight: Option<Tensor>,
    /// Has the shape `[channels]`.
    pub bias: Option<Tensor>,
    /// The number of groups. With one group per channel, this is instance normalization.
    pub groups: usize,
    /// A number to add to the variance.
    pub eps: f64,
    /// The position of the channel axis.
    #[tree(static)]
    pub layout: Layout,
}

impl GroupNorm {
    /// Creates a layer with weight 1, bias 0 and `eps` 1e-6, with channels first.
    #[track_caller]
    pub fn new(groups: usize, channels: usize) -> GroupNorm {
        GroupNorm {
            weight: Some(Tensor::ones([channels], DType::F32)),
            bias: Some(Tensor::zeros([channels], DType::F32)),
            groups,
            eps: 1e-6,
            layout: Layout::ChannelsFirst,
        }
    }
    /// Normalizes `x`, a batch with a channel axis. The result has the same shape.
    ///
    /// # Panics
    /// Panics if the groups do not divide the channels, or if the number of weights is not the number of channels.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let at = channel_axis(x, self.layout);
        let channels = x.shape()[at];
        if self.groups == 0 || !channels.is_multiple_of(self.groups) {
            refuse!(
                "GroupNorm: the {channels} channels of {} cannot be divided into {} groups of equal size",
                x.ty(),
                self.groups
            );
        }
        at_caller(|| {
            let mut apart = x.shape().to_vec();
            apart.splice(at..=at, [self.groups, channels / self.groups]);
            let within: Vec<isize> = (1..apart.len() as isize).filter(|&axis| axis != at as isize).collect();
            let y = to_accumulation_dtype(x).reshape(apart).standardize(within, self.eps).reshape(x.shape());
            let [weight, bias] = [&self.weight, &self.bias].map(|p| p.as_ref().map(|p| per_channel(p, x, self.layout)));
            affine(&y, weight.as_ref(), bias.as_ref()).cast(x.dtype())
        })
    }
}

/// Batch normalization: normalizes each channel to mean 0 and variance 1 over the batch, then scales and shifts it
/// (Ioffe and Szegedy, 2015).
///
/// In training, [`BatchNorm::train`] uses the mean and variance of the batch, and updates running averages over the
/// batches. In inference, [`BatchNorm::forward`] uses these averages, so the result for an example does not depend on
/// the rest of the batch.
///
/// ```
/// use rune_nn::nn::{BatchNorm, BatchStatistics};
/// use rune_trace::Tensor;
/// let (layer, statistics) = (BatchNorm::new(1), BatchStatistics::new(1));
/// let x = Tensor::from([[1.0f32], [3.0]]);
/// let (y, statistics) = layer.train(&x, &statistics);
/// assert!(y.isclose(&Tensor::from([[-1.0f32], [1.0]]), 1e-4, 0.0).all().item::<bool>().unwrap());
/// assert!((statistics.mean.i(0).item::<f32>().unwrap() - 0.02).abs() < 1e-6);
/// let z = layer.forward(&x, &statistics);
/// # assert!((z.i((0, 0)).item::<f32>().unwrap() - 0.98).abs() < 1e-2);
/// ```
#[doc(alias = "BatchNorm2d")]
#[derive(Tree, Clone, Debug)]
pub struct BatchNorm {
    /// Has the shape `[channels]`.
    pub weight: Option<Tensor>,
    /// Has the shape `[channels]`.
    pub bias: Option<Tensor>,
    /// The decay of the running averages per step.
    pub momentum: f64,
    /// A number to add to the variance.
    pub eps: f64,
    /// The position of the channel axis.
    #[tree(static)]
    pub layout: Layout,
}

/// The running averages of [`BatchNorm`]. They are not parameters, and so have their own tree.
#[derive(Tree, Clone, Debug)]
pub struct BatchStatistics {
    /// Has the shape `[channels]`.
    pub mean: Tensor,
    /// Has the shape `[channels]`.
    pub variance: Tensor,
}

impl BatchStatistics {
    /// Creates statistics with mean 0 and variance 1.
    #[track_caller]
    pub fn new(channels: usize) -> BatchStatistics {
        BatchStatistics { mean: Tensor::zeros([channels], DType::F32), variance: Tensor::ones([channels], DType::F32) }
    }
}

impl BatchNorm {
    /// Creates a layer with weight 1, bias 0, `momentum` 0.99 and `eps` 1e-5, with channels first.
    #[track_caller]
    pub fn new(channels: usize) -> BatchNorm {
        BatchNorm {
            weight: Some(Tensor::ones([channels], DType::F32)),
            bias: Some(Tensor::zeros([channels], DType::F32)),
            momentum: 0.99,
            eps: 1e-5,
            layout: Layout::ChannelsFirst,
        }
    }
    /// Normalizes `x`, a batch with a channel axis, by the running averages. The result has the same shape.
    ///
    /// # Panics
    /// Panics if the number of channels of `x` is not that of the statistics.
    #[track_caller]
    pub fn forward(&self, x: &Tensor, statistics: &BatchStatistics) -> Tensor {
        let y = to_accumulation_dtype(x);
        self.normalized(&y, &statistics.mean, &statistics.variance).cast(x.dtype())
    }
    /// Normalizes a batch by its own mean and variance. Returns the result and the new running averages.
    ///
    /// # Panics
    /// Panics like [`BatchNorm::forward`].
    #[track_caller]
    pub fn train(&self, x: &Tensor, statistics: &BatchStatistics) -> (Tensor, BatchStatistics) {
        at_caller(|| {
            let y = to_accumulation_dtype(x);
            let at = channel_axis(x, self.layout);
            let others: Axes =
                (0..x.rank()).filter(|&axis| axis != at).map(|axis| axis as isize).collect::<Vec<_>>().into();
            let (mean, variance) = (y.mean_axes(&others), y.var_axes(&others));
            let next = |old: &Tensor, new: &Tensor| {
                old * self.momentum + new.stop_gradient().cast(old.dtype()) * (1.0 - self.momentum)
            };
            let after = BatchStatistics {
                mean: next(&statistics.mean, &mean),
                variance: next(&statistics.variance, &variance),
            };
            (self.normalized(&y, &mean, &variance).cast(x.dtype()), after)
        })
    }
    #[track_caller]
    fn normalized(&self, x: &Tensor, mean: &Tensor, variance: &Tensor) -> Tensor {
        at_caller(|| {
            let of = |numbers: &Tensor| per_channel(numbers, x, self.layout).cast(x.dtype());
            let y = (x - of(mean)) * of(&(variance + self.eps).rsqrt());
            let [weight, bias] = [&self.weight, &self.bias].map(|p| p.as_ref().map(of));
            affine(&y, weight.as_ref(), bias.as_ref())
        })
    }
}
