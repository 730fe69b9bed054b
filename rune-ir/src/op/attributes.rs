//! Attributes of operations that are more than a number or a list.

use crate::Shape;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// A list of axes, or of sizes along axes.
pub type Dims = SmallVec<[usize; 4]>;

/// How one axis is padded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Padding {
    /// Elements before the first; negative ones are taken away.
    pub low: i64,
    /// Elements after the last; negative ones are taken away.
    pub high: i64,
    /// Elements between each two.
    pub interior: usize,
}

/// How the axes of the operands of a gather relate.
///
/// Axes of the result: those of `offset` are the axes of a slice, without the collapsed and batching ones; all others,
/// in order, are the axes of `indices` but the last.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatherDims {
    /// Axes of the result along which a slice extends, increasing.
    pub offset: Dims,
    /// Axes of the operand of slice size 1 that are not in the result, increasing.
    pub collapsed: Dims,
    /// Axes of the operand that go together with an axis of the indices, of slice size 1 and not in the result, increasing.
    pub operand_batching: Dims,
    /// The axes of the indices that go together with `operand_batching`, pairwise and of equal size.
    pub indices_batching: Dims,
    /// The axis of the operand that each coordinate is along.
    pub start_index_map: Dims,
}

/// How the axes of the operands of a scatter relate: as in the gather that reads what the scatter writes.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScatterDims {
    /// Axes of the updates along which a slice extends, increasing.
    pub update_window: Dims,
    /// Axes of the operand that are of size 1 in a slice and not in the updates, increasing.
    pub inserted_window: Dims,
    /// Axes of the operand that go together with an axis of the indices, not in the updates' window, increasing.
    pub operand_batching: Dims,
    /// The axes of the indices that go together with `operand_batching`, pairwise and of equal size.
    pub indices_batching: Dims,
    /// The axis of the operand that each coordinate is along.
    pub scatter_map: Dims,
}

impl ScatterDims {
    /// The gather that reads what this scatter writes.
    pub fn gather(&self) -> GatherDims {
        GatherDims {
            offset: self.update_window.clone(),
            collapsed: self.inserted_window.clone(),
            operand_batching: self.operand_batching.clone(),
            indices_batching: self.indices_batching.clone(),
            start_index_map: self.scatter_map.clone(),
        }
    }
    /// The sizes of a slice of an operand of shape `x`, for updates of shape `updates`.
    pub fn slice_sizes(&self, x: &Shape, updates: &Shape) -> Dims {
        let mut window = self.update_window.iter().map(|&a| updates[a]);
        let gone = |a: &usize| self.inserted_window.contains(a) || self.operand_batching.contains(a);
        (0..x.rank()).map(|a| if gone(&a) { 1 } else { window.next().expect("one size for each axis") }).collect()
    }
}

impl GatherDims {
    /// The scatter that writes what this gather reads.
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

/// What a scatter does with an element that is there and an update.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScatterMode {
    /// The update replaces it. Where several updates meet, which one stays is left open.
    Set,
    /// Their sum.
    Add,
    /// Their product.
    Mul,
    /// The lesser.
    Min,
    /// The greater.
    Max,
}

/// The window of a windowed reduction: one entry in each list for each axis of the operand.
///
/// The operand is dilated (`base_dilation - 1` neutral elements between each two), padded, and the window, itself
/// dilated, is laid on it each `strides` elements, as long as it lies wholly inside.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Sizes of the window.
    pub dimensions: Dims,
    /// Steps between windows.
    pub strides: Dims,
    /// Neutral elements before and after (negative ones take elements away).
    pub padding: Vec<(i64, i64)>,
    /// Steps between elements of the operand, in the dilated operand.
    pub base_dilation: Dims,
    /// Steps between elements of the window, in the dilated operand.
    pub window_dilation: Dims,
}

impl Window {
    /// The shape of the result on an operand of this shape, or `None` where ranks differ or a size is out of range.
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

/// How often a window fits along an axis of size `n`.
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

/// Which axes a general dot product contracts and which it goes along in both operands.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DotDims {
    /// Batch axes of the left operand.
    pub lhs_batch: Dims,
    /// Batch axes of the right operand, pairwise of the same size.
    pub rhs_batch: Dims,
    /// Contracted axes of the left operand.
    pub lhs_contract: Dims,
    /// Contracted axes of the right operand, pairwise of the same size.
    pub rhs_contract: Dims,
}

/// The layout and steps of a convolution with `n` spatial axes: lists have one entry for each.
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
    /// Zeros before and after the left operand (negative ones take elements away), after it is dilated.
    pub padding: Vec<(i64, i64)>,
    /// Steps between elements of the left operand, in the dilated operand.
    pub lhs_dilation: Dims,
    /// Steps between elements of the kernel, in the dilated operand.
    pub rhs_dilation: Dims,
    /// Groups into which features fall: output features of a group see the input features of that group only.
    pub feature_groups: usize,
    /// Groups into which the batch falls: output features of a group see the images of that group only.
    pub batch_groups: usize,
}

impl ConvDims {
    /// The sizes of the spatial axes of the result, or `None` where a list is of the wrong length or a size out of range.
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

/// Which triangular systems a triangular solve solves.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Triangular {
    /// Whether the matrix stands on the left of the unknowns.
    pub left_side: bool,
    /// Whether its lower triangle is read, or else its upper one.
    pub lower: bool,
    /// Whether the triangle is then transposed.
    pub transpose_a: bool,
    /// Whether its diagonal is 1 everywhere, and not read.
    pub unit_diagonal: bool,
}

impl Triangular {
    /// With the matrix on the left, as it is.
    pub const fn left(lower: bool) -> Triangular {
        Triangular { left_side: true, lower, transpose_a: false, unit_diagonal: false }
    }
    /// With the matrix on the right, as it is.
    pub const fn right(lower: bool) -> Triangular {
        Triangular { left_side: false, ..Triangular::left(lower) }
    }
    /// With the matrix transposed, or not where it was.
    pub const fn transposed(self) -> Triangular {
        Triangular { transpose_a: !self.transpose_a, ..self }
    }
    /// With 1 on the diagonal.
    pub const fn unit(self) -> Triangular {
        Triangular { unit_diagonal: true, ..self }
    }
}
