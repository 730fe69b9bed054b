//! Initialisers: how parameters are drawn, with the numbers that `jax.nn.initializers` draws of the same key.
//!
//! ```
//! use rune_nn::nn::{Linear, init};
//! use rune_trace::{DType, Tensor, random};
//! let weight = init::he_normal().draw(&random::key(0), [784, 256], DType::F32);
//! let layer = Linear { weight, bias: Some(Tensor::zeros([256], DType::F32)) };
//! ```

use rune_trace::{DType, Shape, Tensor, random};

/// Of which number of inputs and outputs of an element the variance depends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fan {
    /// How many inputs an output is made of: what goes forward keeps its scale.
    In,
    /// How many outputs an input goes into: gradients keep their scale.
    Out,
    /// The mean of both.
    Average,
    /// The geometric mean of both.
    GeometricAverage,
}

/// What numbers are drawn from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Distribution {
    /// The normal distribution, without what is two standard deviations and more away.
    TruncatedNormal,
    /// The normal distribution.
    Normal,
    /// A range, each number as likely.
    Uniform,
}

/// Draws numbers of mean 0 whose variance is `scale`, divided by what `mode` counts.
///
/// By default the last axis is that of outputs, the one before that of inputs, and all others are those of a window. The kernels of
/// [`Conv`](super::Conv) have outputs first:
///
/// ```
/// use rune_nn::nn::init;
/// use rune_trace::{DType, random};
/// let kernel = init::he_normal().axes([1], [0]).draw(&random::key(0), [32, 3, 5, 5], DType::F32);
/// # assert_eq!(kernel.size(), 2400);
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct VarianceScaling {
    /// The variance of what comes of inputs of variance 1.
    pub scale: f64,
    /// What the variance is divided by.
    pub mode: Fan,
    /// What numbers are drawn from.
    pub distribution: Distribution,
    /// The axes of inputs; negative ones count from the last.
    pub in_axes: Vec<isize>,
    /// The axes of outputs.
    pub out_axes: Vec<isize>,
    /// Axes of things that have nothing to do with each other.
    pub batch_axes: Vec<isize>,
}

/// Numbers whose variance is `scale`, divided by what `mode` counts.
pub fn variance_scaling(scale: f64, mode: Fan, distribution: Distribution) -> VarianceScaling {
    VarianceScaling { scale, mode, distribution, in_axes: vec![-2], out_axes: vec![-1], batch_axes: Vec::new() }
}

macro_rules! named {
    ($($(#[$doc:meta])* $name:ident: $scale:literal $mode:ident $distribution:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name() -> VarianceScaling {
            variance_scaling($scale, Fan::$mode, Distribution::$distribution)
        }
    )*};
}
named! {
    /// Of Glorot and Bengio (2010), from a range.
    glorot_uniform: 1.0 Average Uniform;
    /// Of Glorot and Bengio (2010), from the truncated normal distribution.
    glorot_normal: 1.0 Average TruncatedNormal;
    /// Of LeCun et al. (1998), from a range.
    lecun_uniform: 1.0 In Uniform;
    /// Of LeCun et al. (1998), from the truncated normal distribution: what the layers here begin with.
    lecun_normal: 1.0 In TruncatedNormal;
    /// Of He et al. (2015), from a range: for layers before `relu`.
    he_uniform: 2.0 In Uniform;
    /// Of He et al. (2015), from the truncated normal distribution: for layers before `relu`.
    he_normal: 2.0 In TruncatedNormal;
}

/// The standard deviation of the normal distribution that is cut at -2 and 2.
const TRUNCATED_DEVIATION: f64 = 0.879_625_661_034_239_8;

impl VarianceScaling {
    /// With these axes of inputs and of outputs.
    #[must_use]
    pub fn axes(self, in_axes: impl Into<Vec<isize>>, out_axes: impl Into<Vec<isize>>) -> VarianceScaling {
        VarianceScaling { in_axes: in_axes.into(), out_axes: out_axes.into(), ..self }
    }
    /// Draws a tensor.
    ///
    /// # Panics
    /// If an axis is out of range, `key` no key, or `dtype` no float.
    #[track_caller]
    pub fn draw(&self, key: &Tensor, shape: impl Into<Shape>, dtype: DType) -> Tensor {
        let shape = shape.into();
        let variance = Tensor::full([], self.scale / self.fan(&shape), dtype);
        match self.distribution {
            Distribution::TruncatedNormal => {
                let deviation = variance.sqrt() / TRUNCATED_DEVIATION;
                random::truncated_normal(key, shape, dtype, -2.0, 2.0) * deviation
            }
            Distribution::Normal => random::normal(key, shape, dtype) * variance.sqrt(),
            Distribution::Uniform => random::uniform(key, shape, dtype, -1.0, 1.0) * (variance * 3.0).sqrt(),
        }
    }
    #[track_caller]
    fn fan(&self, shape: &Shape) -> f64 {
        let size_of = |axes: &[isize]| {
            let sizes = axes.iter().map(|&axis| {
                let at = if axis < 0 { axis + shape.rank() as isize } else { axis };
                shape.get(at as usize).copied()
            });
            sizes.product::<Option<usize>>()
        };
        let sizes = (size_of(&self.in_axes), size_of(&self.out_axes), size_of(&self.batch_axes));
        let (Some(inputs), Some(outputs), Some(batch)) = sizes else {
            refuse!(
                "init: shape {shape} does not have the axes {:?} of inputs, {:?} of outputs and {:?} of batches; name them with `.axes(…)`",
                self.in_axes,
                self.out_axes,
                self.batch_axes
            )
        };
        let window = shape.size() as f64 / (inputs * outputs * batch) as f64;
        let (fan_in, fan_out) = (inputs as f64 * window, outputs as f64 * window);
        match self.mode {
            Fan::In => fan_in,
            Fan::Out => fan_out,
            Fan::Average => (fan_in + fan_out) / 2.0,
            Fan::GeometricAverage => (fan_in * fan_out).sqrt(),
        }
    }
}

/// Numbers from 0 up to `scale`, each as likely.
///
/// # Panics
/// If `key` is no key, or `dtype` no float.
#[track_caller]
pub fn uniform(key: &Tensor, scale: f64, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    random::uniform(key, shape, dtype, 0.0, 1.0) * scale
}

/// Numbers of the normal distribution with mean 0 and this standard deviation.
///
/// # Panics
/// If `key` is no key, or `dtype` no float.
#[track_caller]
pub fn normal(key: &Tensor, stddev: f64, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    random::normal(key, shape, dtype) * stddev
}

/// Numbers of the normal distribution with mean 0, cut at -2 and 2, times `stddev`.
///
/// # Panics
/// If `key` is no key, or `dtype` no float.
#[track_caller]
pub fn truncated_normal(key: &Tensor, stddev: f64, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    random::truncated_normal(key, shape, dtype, -2.0, 2.0) * stddev
}
