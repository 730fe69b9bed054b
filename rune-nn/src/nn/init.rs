//! Initialisers of parameters. They draw the same numbers as `jax.nn.initializers` does for the same key.
//!
//! ```
//! use rune_nn::nn::{Linear, init};
//! use rune_trace::{DType, Tensor, random};
//! let weight = init::he_normal().draw(&random::key(0), [784, 256], DType::F32);
//! let layer = Linear { weight, bias: Some(Tensor::zeros([256], DType::F32)) };
//! ```

use rune_ir::{DType, Shape};
use rune_trace::{Tensor, random};

/// The number of connections that determines the variance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fan {
    /// The number of inputs per output, which preserves the scale of activations.
    In,
    /// The number of outputs per input, which preserves the scale of gradients.
    Out,
    /// The mean of both.
    Average,
    /// The geometric mean of both.
    GeometricAverage,
}

/// The distribution of the numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Distribution {
    /// The normal distribution, truncated at two standard deviations.
    TruncatedNormal,
    /// The normal distribution.
    Normal,
    /// The uniform distribution.
    Uniform,
}

/// An initialiser with mean 0, and with variance `scale` divided by the fan of `mode`.
///
/// By default, the last axis holds the outputs, the one before it the inputs, and all others the window. The kernels of
/// [`Conv`](super::Conv) have the outputs first:
///
/// ```
/// use rune_nn::nn::init;
/// use rune_trace::{DType, random};
/// let kernel = init::he_normal().axes([1], [0]).draw(&random::key(0), [32, 3, 5, 5], DType::F32);
/// # assert_eq!(kernel.size(), 2400);
/// ```
#[doc(alias = "Initializer")]
#[derive(Clone, PartialEq, Debug)]
pub struct VarianceScaling {
    /// The variance of the outputs for inputs of variance 1.
    pub scale: f64,
    /// The fan that divides the variance.
    pub mode: Fan,
    /// The distribution of the numbers.
    pub distribution: Distribution,
    /// The input axes; negative axes count from the end.
    pub in_axes: Vec<isize>,
    /// The output axes.
    pub out_axes: Vec<isize>,
    /// The axes of independent parameters.
    pub batch_axes: Vec<isize>,
}

/// Returns an initialiser whose variance is `scale` divided by the fan of `mode`.
pub fn variance_scaling(scale: f64, mode: Fan, distribution: Distribution) -> VarianceScaling {
    VarianceScaling { scale, mode, distribution, in_axes: vec![-2], out_axes: vec![-1], batch_axes: Vec::new() }
}

macro_rules! define_initializers {
    ($($(#[$doc:meta])* $name:ident: $scale:literal $mode:ident $distribution:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name() -> VarianceScaling {
            variance_scaling($scale, Fan::$mode, Distribution::$distribution)
        }
    )*};
}
define_initializers! {
    /// Returns the uniform initialiser of Glorot and Bengio (2010).
    #[doc(alias = "xavier_uniform")]
    #[doc(alias = "xavier_uniform_")]
    glorot_uniform: 1.0 Average Uniform;
    /// Returns the truncated normal initialiser of Glorot and Bengio (2010).
    #[doc(alias = "xavier_normal")]
    glorot_normal: 1.0 Average TruncatedNormal;
    /// Returns the uniform initialiser of LeCun et al. (1998).
    lecun_uniform: 1.0 In Uniform;
    /// Returns the truncated normal initialiser of LeCun et al. (1998), the default of the layers here.
    lecun_normal: 1.0 In TruncatedNormal;
    /// Returns the uniform initialiser of He et al. (2015), for layers before `relu`.
    #[doc(alias = "kaiming_uniform")]
    he_uniform: 2.0 In Uniform;
    /// Returns the truncated normal initialiser of He et al. (2015), for layers before `relu`.
    #[doc(alias = "kaiming_normal")]
    #[doc(alias = "kaiming_normal_")]
    he_normal: 2.0 In TruncatedNormal;
}

/// The standard deviation of the normal distribution truncated at -2 and 2.
const TRUNCATED_DEVIATION: f64 = 0.879_625_661_034_239_8;

impl VarianceScaling {
    /// Returns the initialiser with these input and output axes.
    #[must_use]
    pub fn axes(self, in_axes: impl Into<Vec<isize>>, out_axes: impl Into<Vec<isize>>) -> VarianceScaling {
        VarianceScaling { in_axes: in_axes.into(), out_axes: out_axes.into(), ..self }
    }
    /// Draws a tensor.
    ///
    /// # Panics
    /// Panics if an axis is out of range, if `key` is not a key, or if `dtype` is not a float.
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
                "init: shape {shape} lacks some of the input axes {:?}, output axes {:?} and batch axes {:?}; set them with `.axes(…)`",
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

/// Draws uniform numbers from 0 up to `scale`.
///
/// # Panics
/// Panics if `key` is not a key, or if `dtype` is not a float.
#[track_caller]
pub fn uniform(key: &Tensor, scale: f64, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    random::uniform(key, shape, dtype, 0.0, 1.0) * scale
}

/// Draws normal numbers with mean 0 and standard deviation `stddev`.
///
/// # Panics
/// Panics if `key` is not a key, or if `dtype` is not a float.
#[track_caller]
pub fn normal(key: &Tensor, stddev: f64, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    random::normal(key, shape, dtype) * stddev
}

/// Draws normal numbers with mean 0, truncated at -2 and 2, and multiplies them by `stddev`.
///
/// # Panics
/// Panics if `key` is not a key, or if `dtype` is not a float.
#[track_caller]
pub fn truncated_normal(key: &Tensor, stddev: f64, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    random::truncated_normal(key, shape, dtype, -2.0, 2.0) * stddev
}

/// Draws a matrix with orthonormal rows or columns, whichever are fewer, times `scale` (Saxe et al., 2014). The columns
/// of the matrix are along `column_axis`; all other axes together form its rows.
///
/// # Panics
/// Panics if the shape has fewer than two axes, if the axis is out of range, if `key` is not a key, or if `dtype` is
/// not a float.
///
/// ```
/// use rune_nn::nn::init;
/// use rune_trace::{DType, Tensor, random};
/// let w = init::orthogonal(&random::key(0), 1.0, [4, 2], -1, DType::F32);
/// let off = w.t().matmul(&w) - Tensor::eye(2, DType::F32);
/// assert!(off.abs().max().item::<f32>().unwrap() < 1e-6);
/// ```
#[track_caller]
pub fn orthogonal(key: &Tensor, scale: f64, shape: impl Into<Shape>, column_axis: isize, dtype: DType) -> Tensor {
    let mut rows = shape.into().to_vec();
    let rank = rows.len();
    let axis = if column_axis < 0 { column_axis + rank as isize } else { column_axis } as usize;
    if rank < 2 || axis >= rank {
        refuse!("init: an orthogonal matrix is made of two axes or more, and axis {column_axis} of shape {rows:?}");
    }
    let columns = rows.remove(axis);
    let count = rows.iter().product();
    rows.push(columns);
    let matrix = random::orthogonal(key, count, columns, [], dtype);
    matrix.reshape(rows).moveaxis(-1, axis as isize) * scale
}

/// Draws the window of a convolution, with the input and output axes last: an [`orthogonal`] matrix in the middle, and
/// 0 elsewhere (Xiao et al., 2018).
///
/// # Panics
/// Panics unless the shape has three to five axes, if there are more input than output channels, if `key` is not a key,
/// or if `dtype` is not a float.
#[track_caller]
pub fn delta_orthogonal(key: &Tensor, scale: f64, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    let shape = shape.into();
    let rank = shape.rank();
    if !(3..=5).contains(&rank) || shape[rank - 1] < shape[rank - 2] {
        refuse!(
            "init: a window of delta_orthogonal has one to three axes, then input and no fewer output channels, and the shape is {shape}"
        );
    }
    let (inputs, outputs) = (shape[rank - 2], shape[rank - 1]);
    let mut window = orthogonal(key, scale, [inputs, outputs], -1, dtype);
    for &size in shape[..rank - 2].iter().rev() {
        let (size, before) = (size as isize, size.saturating_sub(1) as isize / 2);
        let mut padding = vec![(0, 0); window.rank() + 1];
        padding[0] = (before, size - 1 - before);
        window = window.unsqueeze(0).pad(&padding, 0.0);
    }
    window
}
