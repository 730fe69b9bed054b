//! Attributes of operations that are structures.

use crate::Shape;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// A list of axes, or of sizes along axes.
pub type Dims = SmallVec<[usize; 4]>;

/// The padding of one axis.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Padding {
    /// Elements before the first. A negative count removes elements.
    pub low: i64,
    /// Elements after the last. A negative count removes elements.
    pub high: i64,
    /// Elements between every two.
    pub interior: usize,
}

/// Relates the axes of the operands of a gather.
///
/// The axes `offset` of the result are those of a slice, without the collapsed and batching ones. The other axes of the
/// result are those of `indices` without the last one, in order.
#[doc(alias = "GatherDimensionNumbers")]
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatherDims {
    /// Axes of the result that are axes of a slice, increasing.
    pub offset: Dims,
    /// Axes of the operand with slice size 1 that the result drops, increasing.
    pub collapsed: Dims,
    /// Batch axes of the operand, increasing. Their slice size is 1, and a slice does not have them.
    pub operand_batching: Dims,
    /// The batch axes of the indices, one for each of `operand_batching`, of the same size.
    pub indices_batching: Dims,
    /// The axis of the operand that each coordinate indexes.
    pub start_index_map: Dims,
}

/// Relates the axes of the operands of a scatter. The fields match those of the gather that reads what the scatter
/// writes.
#[doc(alias = "ScatterDimensionNumbers")]
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScatterDims {
    /// Axes of the updates that are axes of a slice, increasing.
    pub update_window: Dims,
    /// Axes of the operand with slice size 1 that the updates lack, increasing.
    pub inserted_window: Dims,
    /// Batch axes of the operand, increasing. A slice of the updates does not have them.
    pub operand_batching: Dims,
    /// The batch axes of the indices, one for each of `operand_batching`, of the same size.
    pub indices_batching: Dims,
    /// The axis of the operand that each coordinate indexes.
    pub scatter_map: Dims,
}

impl ScatterDims {
    /// Returns the gather that reads what this scatter writes.
    pub fn gather(&self) -> GatherDims {
        GatherDims {
            offset: self.update_window.clone(),
            collapsed: self.inserted_window.clone(),
            operand_batching: self.operand_batching.clone(),
            indices_batching: self.indices_batching.clone(),
            start_index_map: self.scatter_map.clone(),
        }
    }
    /// Returns the sizes of a slice of an operand of shape `x`, for updates of shape `updates`.
    pub fn slice_sizes(&self, x: &Shape, updates: &Shape) -> Dims {
        let mut window = self.update_window.iter().map(|&a| updates[a]);
        let gone = |a: &usize| self.inserted_window.contains(a) || self.operand_batching.contains(a);
        (0..x.rank()).map(|a| if gone(&a) { 1 } else { window.next().expect("one size for each axis") }).collect()
    }
}

impl GatherDims {
    /// Returns the scatter that writes what this gather reads.
    pub fn scatter(&self) -> ScatterDims {
        ScatterDims {
            update_window: self.offset.clone(),
            inserted_window: self.collapsed.clone(),
            operand_batching: self.operand_batching.clone(),
            indices_batching: self.indices_batching.clone(),
            scatter_map: self.start_index_map.clone(),
        }
    }
}

/// The function that combines an element of the operand with an update in a scatter.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScatterMode {
    /// The update replaces the element. If several updates have the same destination, which one remains is unspecified.
    Set,
    /// Their sum.
    Add,
    /// Their product.
    Mul,
    /// The lesser one.
    Min,
    /// The greater one.
    Max,
}

/// The window of a windowed reduction. Each list has one entry for each axis of the operand.
///
/// The operand is dilated (with `base_dilation - 1` neutral elements between every two) and padded. The window, itself
/// dilated, moves over it in steps of `strides`, as long as it lies completely inside.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Sizes of the window.
    pub dimensions: Dims,
    /// Steps between windows.
    pub strides: Dims,
    /// Neutral elements before and after. Negative counts remove elements.
    pub padding: Vec<(i64, i64)>,
    /// Steps between elements of the operand, in the dilated operand.
    pub base_dilation: Dims,
    /// Steps between elements of the window, in the dilated operand.
    pub window_dilation: Dims,
}

impl Window {
    /// Returns the shape of the result for an operand of this shape, or `None` if ranks differ or a size is out of
    /// range.
    pub fn output_shape(&self, shape: &Shape) -> Option<Shape> {
        let rank = shape.rank();
        let lists = [&self.dimensions, &self.strides, &self.base_dilation, &self.window_dilation];
        if lists.iter().any(|l| l.len() != rank || l.contains(&0)) || self.padding.len() != rank {
            return None;
        }
        (0..rank)
            .map(|a| {
                let padding = self.padding[a];
                windows(
                    shape[a],
                    self.dimensions[a],
                    self.strides[a],
                    padding,
                    self.base_dilation[a],
                    self.window_dilation[a],
                )
            })
            .collect()
    }
}

/// Returns the number of positions of a window along an axis of size `n`.
fn windows(n: usize, size: usize, stride: usize, padding: (i64, i64), base: usize, dilation: usize) -> Option<usize> {
    let n = i64::try_from(n).ok()?;
    let dilated =
        |n: i64, by: usize| if n == 0 { Some(0) } else { (n - 1).checked_mul(i64::try_from(by).ok()?)?.checked_add(1) };
    let padded = dilated(n, base)?.checked_add(padding.0)?.checked_add(padding.1)?;
    let window = dilated(i64::try_from(size).ok()?, dilation)?;
    if padded < 0 {
        return None;
    }
    if padded < window { Some(0) } else { usize::try_from((padded - window) / i64::try_from(stride).ok()? + 1).ok() }
}

/// The batch axes and the contracted axes of a general dot product.
#[doc(alias = "DotDimensionNumbers")]
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DotDims {
    /// Batch axes of the left operand.
    pub lhs_batch: Dims,
    /// Batch axes of the right operand, in the same order and of the same sizes.
    pub rhs_batch: Dims,
    /// Contracted axes of the left operand.
    pub lhs_contract: Dims,
    /// Contracted axes of the right operand, in the same order and of the same sizes.
    pub rhs_contract: Dims,
}

/// The layout and steps of a convolution with `n` spatial axes. Each list has one entry for each of them.
#[doc(alias = "ConvDimensionNumbers")]
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConvDims {
    /// Axes of the left operand: batch, feature, then the spatial ones.
    pub lhs: Dims,
    /// Axes of the kernel: output feature, input feature, then the spatial ones.
    pub rhs: Dims,
    /// Axes of the result: batch, feature, then the spatial ones.
    pub out: Dims,
    /// Steps of the window.
    pub strides: Dims,
    /// Zeros before and after the dilated left operand. Negative counts remove elements.
    pub padding: Vec<(i64, i64)>,
    /// Steps between elements of the left operand, in the dilated operand.
    pub lhs_dilation: Dims,
    /// Steps between elements of the kernel, in the dilated operand.
    pub rhs_dilation: Dims,
    /// The number of feature groups. An output feature depends only on the input features of its group.
    pub feature_groups: usize,
    /// The number of batch groups. An output feature depends only on the images of its group.
    pub batch_groups: usize,
}

impl ConvDims {
    /// Returns the sizes of the spatial axes of the result, or `None` if a list has the wrong length or a size is out
    /// of range.
    pub fn spatial_output(&self, lhs: &[usize], rhs: &[usize]) -> Option<Dims> {
        let n = self.lhs.len().checked_sub(2)?;
        let window = Window {
            dimensions: self.rhs.get(2..)?.iter().map(|&a| rhs.get(a).copied()).collect::<Option<_>>()?,
            strides: self.strides.clone(),
            padding: self.padding.clone(),
            base_dilation: self.lhs_dilation.clone(),
            window_dilation: self.rhs_dilation.clone(),
        };
        let shape: Shape = self.lhs[2..].iter().map(|&a| lhs.get(a).copied()).collect::<Option<_>>()?;
        (shape.rank() == n).then_some(())?;
        if window.dimensions.contains(&0) {
            return None;
        }
        window.output_shape(&shape).map(|s| s.iter().copied().collect())
    }
}

/// The form of a triangular solve.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Triangular {
    /// Whether the matrix is to the left of the unknowns.
    pub left_side: bool,
    /// Whether the lower triangle is read, rather than the upper one.
    pub lower: bool,
    /// Whether the triangle is transposed.
    pub transpose_a: bool,
    /// Whether the diagonal is 1 and is not read.
    pub unit_diagonal: bool,
}

impl Triangular {
    /// Returns the form with the matrix on the left.
    pub const fn left(lower: bool) -> Triangular {
        Triangular { left_side: true, lower, transpose_a: false, unit_diagonal: false }
    }
    /// Returns the form with the matrix on the right.
    pub const fn right(lower: bool) -> Triangular {
        Triangular { left_side: false, ..Triangular::left(lower) }
    }
    /// Returns the form with `transpose_a` inverted.
    pub const fn transposed(self) -> Triangular {
        Triangular { transpose_a: !self.transpose_a, ..self }
    }
    /// Returns the form with 1 on the diagonal.
    pub const fn unit(self) -> Triangular {
        Triangular { unit_diagonal: true, ..self }
    }
}
