//! Weight-only quantization: linear layers whose weights are whole numbers of 8 or 4 bits, with scales.
//!
//! Activations keep their dtype. A layer needs a quarter or an eighth of the memory of `f32`. The memory bandwidth
//! limits the speed of a product with a few rows, so such a product is faster by nearly the same factor.
//!
//! ```
//! use rune_nn::nn::Linear;
//! use rune_nn::quant::{Bits, QuantizedLinear};
//! use rune_trace::{DType, random};
//! let [a, b] = random::split_into(&random::key(0));
//! let (layer, x) = (Linear::new(&a, 64, 32), random::normal(&b, [5, 64], DType::F32));
//! let quantized = QuantizedLinear::new(&layer, Bits::Eight);
//! assert_eq!(quantized.bytes(), 64 * 32 + 32 * 4 + 32 * 4);
//! let apart = (quantized.forward(&x) - layer.forward(&x)).abs().max();
//! assert!(apart.item::<f32>().unwrap() < 0.05);
//! ```

use crate::nn::Linear;
use rune_ir::DType;
use rune_trace::{Tensor, Tree};

/// The number of bits of a weight.
#[derive(Tree, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bits {
    /// From −127 to 127, with a scale for each output.
    Eight,
    /// From −7 to 7, with a scale for each output and each group of inputs. The number of inputs must be a multiple of
    /// twice the size of the group.
    Four {
        /// The number of inputs that share a scale.
        group: usize,
    },
}

/// A linear layer with quantized weights: x · (codes · scales) + bias.
///
/// The code of a weight is rounded to nearest, and the codes are symmetric around 0. Of the weights that share a scale,
/// the one with the largest magnitude is exact.
#[derive(Tree, Clone, Debug)]
pub struct QuantizedLinear {
    /// With 8 bits, the dtype is `i8`, and the shape is `[inputs, outputs]`. With 4 bits, the dtype is `u8`, and the
    /// shape is `[inputs / 2, outputs]`. Each byte holds two codes, plus 8: the low bits one of the first half of the
    /// inputs, and the high bits one of the second half.
    codes: Tensor,
    /// Has the shape `[groups, outputs]`.
    scales: Tensor,
    bias: Option<Tensor>,
    bits: Bits,
}

/// For inputs with at most this many rows, a layer of 4 bits multiplies by the codes. For more rows, it computes the
/// weights first.
const FEW_ROWS: usize = 8;

impl QuantizedLinear {
    /// Quantizes a layer.
    ///
    /// # Panics
    /// Panics if the inputs are not a multiple of twice the group.
    #[track_caller]
    pub fn new(layer: &Linear, bits: Bits) -> QuantizedLinear {
        let (inputs, outputs) = (layer.weight.shape()[0], layer.weight.shape()[1]);
        let (group, largest) = match bits {
            Bits::Eight => (inputs, 127.0f32),
            Bits::Four { group } => (group, 7.0f32),
        };
        if matches!(bits, Bits::Four { .. }) && (group == 0 || !inputs.is_multiple_of(2 * group)) {
            refuse!("QuantizedLinear: {inputs} inputs are not a multiple of twice the group of {group}");
        }
        let weight = layer.weight.cast(DType::F32).reshape([inputs / group, group, outputs]);
        let scales = weight.abs().max_keepdims(1) / largest;
        // A group of zeros has the scale 0.
        let codes = (weight / scales.maximum(f32::MIN_POSITIVE)).round().reshape([inputs, outputs]);
        let codes = match bits {
            Bits::Eight => codes.cast(DType::I8),
            Bits::Four { .. } => {
                let halves = (codes + 8.0f32).cast(DType::U8).split(2, 0);
                &halves[0] + &halves[1] * 16u8
            }
        };
        QuantizedLinear { codes, scales: scales.reshape([inputs / group, outputs]), bias: layer.bias.clone(), bits }
    }
    /// Maps `x` of shape `[.., inputs]` to shape `[.., outputs]`.
    ///
    /// # Panics
    /// Panics if the last axis of `x` does not have the size of the inputs.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let wide = x.cast(DType::F32);
        let rows: usize = x.shape().iter().rev().skip(1).product();
        let y = match self.bits {
            Bits::Eight => wide.matmul(self.codes.cast(DType::F32)) * self.scales.i(0),
            Bits::Four { group } if rows <= FEW_ROWS => {
                let mut shape = x.shape().to_vec();
                shape.pop();
                shape.push(self.scales.shape()[1]);
                self.few_rows(&wide.reshape([rows, self.scales.shape()[0], group])).reshape(shape)
            }
            Bits::Four { .. } => wide.matmul(self.dequantized().weight),
        };
        let y = y.cast(x.dtype());
        match &self.bias {
            Some(bias) => y + bias.cast(x.dtype()),
            None => y,
        }
    }
    /// Maps a few rows, of shape `[rows, groups, group]`, without unpacking the codes to weights. The bits of a code
    /// are the code plus 8. Therefore, 8 times the sum of a group of `x` is subtracted from the product of this group
    /// with the bits.
    #[track_caller]
    fn few_rows(&self, x: &Tensor) -> Tensor {
        let (groups, group, outputs) = (self.scales.shape()[0], x.shape()[2], self.scales.shape()[1]);
        let bytes = self.codes.reshape([groups / 2, group, outputs]);
        let (x, scales) = (x.swapaxes(0, 1).split(2, 0), self.scales.unsqueeze(1).split(2, 0));
        let low = few_rows_of(&x[0], &(&bytes & 15u8), &scales[0]);
        let high = few_rows_of(&x[1], &(&bytes >> 4u8), &scales[1]);
        low + high
    }
    /// Returns the layer with the weights that the codes stand for, of dtype `f32`.
    #[track_caller]
    pub fn dequantized(&self) -> Linear {
        let codes = self.unpacked();
        let (inputs, outputs) = (codes.shape()[0], codes.shape()[1]);
        let groups = self.scales.shape()[0];
        let codes = codes.cast(DType::F32).reshape([groups, inputs / groups, outputs]);
        let weight = (codes * self.scales.unsqueeze(1)).reshape([inputs, outputs]);
        Linear { weight, bias: self.bias.clone() }
    }
    /// Returns the number of bytes of the parameters.
    pub fn bytes(&self) -> usize {
        self.leaves().iter().map(|leaf| leaf.ty().bytes()).sum()
    }
    /// Returns one code for each weight, of dtype `i8`.
    #[track_caller]
    fn unpacked(&self) -> Tensor {
        match self.bits {
            Bits::Eight => self.codes.clone(),
            Bits::Four { .. } => {
                let halves = [&self.codes & 15u8, &self.codes >> 4u8];
                Tensor::concat(&halves, 0).cast(DType::I8) - 8i8
            }
        }
    }
}

/// Returns the products of `x`, of shape `[groups, rows, group]`, with the weights of one half of the inputs.
#[track_caller]
fn few_rows_of(x: &Tensor, codes: &Tensor, scales: &Tensor) -> Tensor {
    let offset = x.sum_axes(2).unsqueeze(2) * 8.0f32;
    ((x.matmul(codes.cast(DType::F32)) - offset) * scales).sum_axes(0)
}

/// A linear layer, quantized or not: for models that can be either.
///
/// ```
/// use rune_nn::nn::Linear;
/// use rune_nn::quant::{AnyLinear, Bits};
/// use rune_trace::{Tensor, random};
/// let layer = AnyLinear::from(Linear::new(&random::key(0), 8, 4));
/// let quantized = layer.quantized(Bits::Four { group: 4 });
/// assert_eq!(*quantized.forward(&Tensor::from([[1.0f32; 8]])).shape(), [1, 4]);
/// ```
#[derive(Tree, Clone, Debug)]
pub enum AnyLinear {
    /// With the weights themselves.
    Plain(Linear),
    /// With codes and scales.
    Quantized(QuantizedLinear),
}

impl From<Linear> for AnyLinear {
    fn from(layer: Linear) -> AnyLinear {
        AnyLinear::Plain(layer)
    }
}

impl AnyLinear {
    /// Maps `x` of shape `[.., inputs]` to shape `[.., outputs]`.
    ///
    /// # Panics
    /// Panics if the last axis of `x` does not have the size of the inputs.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        match self {
            AnyLinear::Plain(layer) => layer.forward(x),
            AnyLinear::Quantized(layer) => layer.forward(x),
        }
    }
    /// Returns the layer with quantized weights. A quantized layer stays as it is.
    ///
    /// # Panics
    /// Panics like [`QuantizedLinear::new`].
    #[must_use]
    #[track_caller]
    pub fn quantized(&self, bits: Bits) -> AnyLinear {
        match self {
            AnyLinear::Plain(layer) => AnyLinear::Quantized(QuantizedLinear::new(layer, bits)),
            AnyLinear::Quantized(layer) => AnyLinear::Quantized(layer.clone()),
        }
    }
}
