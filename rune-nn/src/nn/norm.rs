//! Normalizations. Each computes in `f32` at least.

use super::conv::{channel_axis, per_channel};
use rune_trace::{Axes, DType, Layout, Tensor, Tree, at_caller};

/// `x` in the dtype to compute with.
#[track_caller]
fn wide(x: &Tensor) -> Tensor {
    if x.dtype().is_half() { x.cast(DType::F32) } else { x.clone() }
}

/// `x` · weight + bias, where there are any.
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

/// Brings what is along the last axis to mean 0 and variance 1, then scales and shifts it (Ba et al., 2016).
///
/// ```
/// use rune_nn::nn::LayerNorm;
/// use rune_trace::Tensor;
/// let y = LayerNorm::new(2).forward(&Tensor::from([[1.0f32, 3.0], [-40.0, 40.0]]));
/// assert!(y.isclose(&Tensor::from([[-1.0f32, 1.0], [-1.0, 1.0]]), 1e-5, 0.0).all().item::<bool>().unwrap());
/// ```
#[derive(Tree, Clone, Debug)]
pub struct LayerNorm {
    /// Of shape `[features]`.
    pub weight: Option<Tensor>,
    /// Of shape `[features]`.
    pub bias: Option<Tensor>,
    /// Added to the variance.
    pub eps: f64,
}

impl LayerNorm {
    /// With the weight 1, the bias 0 and `eps` 1e-6.
    #[track_caller]
    pub fn new(features: usize) -> LayerNorm {
        LayerNorm {
            weight: Some(Tensor::ones([features], DType::F32)),
            bias: Some(Tensor::zeros([features], DType::F32)),
            eps: 1e-6,
        }
    }
    /// Without a bias.
    #[must_use]
    pub fn without_bias(self) -> LayerNorm {
        LayerNorm { bias: None, ..self }
    }
    /// Of what is of shape [.., features], the same.
    ///
    /// # Panics
    /// If the last axis of `x` is not of the size of the features.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let y = wide(x).standardize(-1, self.eps);
        affine(&y, self.weight.as_ref(), self.bias.as_ref()).cast(x.dtype())
    }
}

/// Brings what is along the last axis to mean square 1, then scales it (Zhang and Sennrich, 2019).
///
/// ```
/// use rune_nn::nn::RmsNorm;
/// use rune_trace::Tensor;
/// let y = RmsNorm::new(2).forward(&Tensor::from([3.0f32, -3.0]));
/// assert!(y.isclose(&Tensor::from([1.0f32, -1.0]), 1e-6, 0.0).all().item::<bool>().unwrap());
/// ```
#[derive(Tree, Clone, Debug)]
pub struct RmsNorm {
    /// Of shape `[features]`.
    pub weight: Tensor,
    /// Added to the mean square.
    pub eps: f64,
}

impl RmsNorm {
    /// With the weight 1 and `eps` 1e-6.
    #[track_caller]
    pub fn new(features: usize) -> RmsNorm {
        RmsNorm { weight: Tensor::ones([features], DType::F32), eps: 1e-6 }
    }
    /// Of what is of shape [.., features], the same.
    ///
    /// # Panics
    /// If the last axis of `x` is not of the size of the features.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let y = wide(x);
        let y = &y * (y.square().mean_keepdims(-1) + self.eps).rsqrt();
        affine(&y, Some(&self.weight), None).cast(x.dtype())
    }
}

/// Brings each group of channels of each example to mean 0 and variance 1, then scales and shifts each channel (Wu and He, 2018).
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
    /// Of shape `[channels]`.
    pub weight: Option<Tensor>,
    /// Of shape `[channels]`.
    pub bias: Option<Tensor>,
    /// How many groups the channels fall into: each is a group of its own in instance normalization.
    pub groups: usize,
    /// Added to the variance.
    pub eps: f64,
    /// Where the channels are.
    #[tree(static)]
    pub layout: Layout,
}

impl GroupNorm {
    /// With the weight 1, the bias 0, `eps` 1e-6, and channels first.
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
    /// Of a batch with channels, the same.
    ///
    /// # Panics
    /// If the channels do not fall into groups of one size, or are not as many as the weights.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let at = channel_axis(x, self.layout);
        let channels = x.shape()[at];
        if self.groups == 0 || !channels.is_multiple_of(self.groups) {
            refuse!(
                "GroupNorm: the {channels} channels of {} do not fall into {} groups of one size",
                x.ty(),
                self.groups
            );
        }
        at_caller(|| {
            let mut apart = x.shape().to_vec();
            apart.splice(at..=at, [self.groups, channels / self.groups]);
            let within: Vec<isize> = (1..apart.len() as isize).filter(|&axis| axis != at as isize).collect();
            let y = wide(x).reshape(apart).standardize(within, self.eps).reshape(x.shape());
            let [weight, bias] = [&self.weight, &self.bias].map(|p| p.as_ref().map(|p| per_channel(p, x, self.layout)));
            affine(&y, weight.as_ref(), bias.as_ref()).cast(x.dtype())
        })
    }
}

/// Brings each channel to mean 0 and variance 1 over the batch, then scales and shifts it (Ioffe and Szegedy, 2015).
///
/// While a network learns, [`BatchNorm::train`] takes mean and variance of the batch, and gives the averages over batches that it is handed
/// from step to step. With these, [`BatchNorm::forward`] does the same to each example, whatever else is in the batch.
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
#[derive(Tree, Clone, Debug)]
pub struct BatchNorm {
    /// Of shape `[channels]`.
    pub weight: Option<Tensor>,
    /// Of shape `[channels]`.
    pub bias: Option<Tensor>,
    /// What is left of the averages from step to step.
    pub momentum: f64,
    /// Added to the variance.
    pub eps: f64,
    /// Where the channels are.
    #[tree(static)]
    pub layout: Layout,
}

/// The averages over batches that [`BatchNorm`] keeps: no parameters, so they are in a tree of their own.
#[derive(Tree, Clone, Debug)]
pub struct BatchStatistics {
    /// Of shape `[channels]`.
    pub mean: Tensor,
    /// Of shape `[channels]`.
    pub variance: Tensor,
}

impl BatchStatistics {
    /// Mean 0 and variance 1.
    #[track_caller]
    pub fn new(channels: usize) -> BatchStatistics {
        BatchStatistics { mean: Tensor::zeros([channels], DType::F32), variance: Tensor::ones([channels], DType::F32) }
    }
}

impl BatchNorm {
    /// With the weight 1, the bias 0, `momentum` 0.99, `eps` 1e-5, and channels first.
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
    /// With the averages over batches: of a batch with channels, the same.
    ///
    /// # Panics
    /// If `x` does not have as many channels as there are statistics.
    #[track_caller]
    pub fn forward(&self, x: &Tensor, statistics: &BatchStatistics) -> Tensor {
        let y = wide(x);
        self.normalized(&y, &statistics.mean, &statistics.variance).cast(x.dtype())
    }
    /// With mean and variance of this batch: the same, and the averages afterwards.
    ///
    /// # Panics
    /// As [`BatchNorm::forward`].
    #[track_caller]
    pub fn train(&self, x: &Tensor, statistics: &BatchStatistics) -> (Tensor, BatchStatistics) {
        at_caller(|| {
            let y = wide(x);
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
