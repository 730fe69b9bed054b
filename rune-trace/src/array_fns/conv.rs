//! Convolutions.

use super::broadcast::expect_one_dtype;
use crate::tensor::refuse;
use crate::{Tensor, Tree, lax};
use rune_ir::op::{ConvDims, Dims};

/// A number for each spatial axis: a list, or one number for all.
#[derive(Tree, Clone, PartialEq, Eq, Hash, Debug)]
pub enum PerAxis {
    /// The same number for every axis.
    Same(usize),
    /// One number for each axis.
    Each(Vec<usize>),
}
impl From<usize> for PerAxis {
    fn from(n: usize) -> PerAxis {
        PerAxis::Same(n)
    }
}
impl<const N: usize> From<[usize; N]> for PerAxis {
    fn from(list: [usize; N]) -> PerAxis {
        PerAxis::Each(list.to_vec())
    }
}
impl From<&[usize]> for PerAxis {
    fn from(list: &[usize]) -> PerAxis {
        PerAxis::Each(list.to_vec())
    }
}
impl From<Vec<usize>> for PerAxis {
    fn from(list: Vec<usize>) -> PerAxis {
        PerAxis::Each(list)
    }
}
impl PerAxis {
    #[track_caller]
    pub(super) fn resolve(&self, op: &str, what: &str, axes: usize) -> Dims {
        let list = match self {
            PerAxis::Same(n) => Dims::from_elem(*n, axes),
            PerAxis::Each(list) => Dims::from_slice(list),
        };
        if list.len() != axes {
            refuse!("{op}: {} {what} are given for {axes} spatial axes", list.len());
        }
        if list.contains(&0) {
            refuse!("{op}: {what} are 1 or more, and {:?} are given", list.as_slice());
        }
        list
    }
}

/// The padding of the spatial axes.
#[derive(Tree, Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum ConvPadding {
    /// No padding: windows lie completely inside the operand.
    #[default]
    Valid,
    /// Pads so that the size of the result is the size of the operand divided by the stride, rounded up. If the padding
    /// is odd, the end gets the additional element.
    Same,
    /// The numbers of elements before and after each axis.
    Explicit(Vec<(isize, isize)>),
}
/// The same number of elements before and after each axis.
impl<const N: usize> From<[usize; N]> for ConvPadding {
    fn from(list: [usize; N]) -> ConvPadding {
        ConvPadding::Explicit(list.iter().map(|&n| (n as isize, n as isize)).collect())
    }
}
impl<const N: usize> From<[(isize, isize); N]> for ConvPadding {
    fn from(list: [(isize, isize); N]) -> ConvPadding {
        ConvPadding::Explicit(list.to_vec())
    }
}
impl ConvPadding {
    /// Returns the numbers of elements before and after each axis. `windows` are the dilated sizes of the windows.
    #[track_caller]
    pub(super) fn resolve(&self, op: &str, sizes: &[usize], windows: &[usize], strides: &[usize]) -> Vec<(i64, i64)> {
        match self {
            ConvPadding::Valid => vec![(0, 0); sizes.len()],
            ConvPadding::Explicit(list) => {
                if list.len() != sizes.len() {
                    refuse!("{op}: {} pairs of padding are given for {} spatial axes", list.len(), sizes.len());
                }
                list.iter().map(|&(low, high)| (low as i64, high as i64)).collect()
            }
            ConvPadding::Same => (0..sizes.len())
                .map(|a| {
                    let last = sizes[a].div_ceil(strides[a]).saturating_sub(1) * strides[a];
                    let total = (last + windows[a]).saturating_sub(sizes[a]) as i64;
                    (total / 2, total - total / 2)
                })
                .collect(),
        }
    }
}

/// The order of the axes.
#[doc(alias = "conv_dimension_numbers")]
#[derive(Tree, Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Layout {
    /// Batch, channels, then the spatial axes (NCHW); kernels: output channels, input channels, spatial axes (OIHW).
    #[default]
    ChannelsFirst,
    /// Batch, the spatial axes, channels (NHWC); kernels: spatial axes, input channels, output channels (HWIO).
    ChannelsLast,
}
impl Layout {
    /// Returns the batch axis, the channel axis, and the spatial axes.
    pub(super) fn operand(self, spatial: usize) -> Dims {
        match self {
            Layout::ChannelsFirst => (0..spatial + 2).collect(),
            Layout::ChannelsLast => [0, spatial + 1].into_iter().chain(1..=spatial).collect(),
        }
    }
    /// Returns the axes of output channels and input channels, and the spatial axes.
    fn kernel(self, spatial: usize) -> Dims {
        match self {
            Layout::ChannelsFirst => (0..spatial + 2).collect(),
            Layout::ChannelsLast => [spatial + 1, spatial].into_iter().chain(0..spatial).collect(),
        }
    }
}

/// Options of a convolution. The default is stride 1, no padding, no dilation, one group, and channels first.
///
/// ```
/// use rune_trace::{ConvOptions, ConvPadding, Layout};
/// let options = ConvOptions::new().strides(2).padding(ConvPadding::Same).layout(Layout::ChannelsLast);
/// ```
#[derive(Tree, Clone, PartialEq, Eq, Hash, Debug)]
#[must_use]
pub struct ConvOptions {
    /// The strides of the kernel.
    pub strides: PerAxis,
    /// The padding.
    pub padding: ConvPadding,
    /// The dilations of the kernel: the distances between its elements.
    pub dilations: PerAxis,
    /// The number of channel groups.
    pub groups: usize,
    /// The order of the axes.
    pub layout: Layout,
}
impl Default for ConvOptions {
    fn default() -> ConvOptions {
        ConvOptions {
            strides: PerAxis::Same(1),
            padding: ConvPadding::Valid,
            dilations: PerAxis::Same(1),
            groups: 1,
            layout: Layout::ChannelsFirst,
        }
    }
}
impl ConvOptions {
    /// Returns the defaults.
    pub fn new() -> ConvOptions {
        ConvOptions::default()
    }
    /// Sets the strides of the kernel.
    pub fn strides(self, strides: impl Into<PerAxis>) -> ConvOptions {
        ConvOptions { strides: strides.into(), ..self }
    }
    /// Sets the padding.
    pub fn padding(self, padding: impl Into<ConvPadding>) -> ConvOptions {
        ConvOptions { padding: padding.into(), ..self }
    }
    /// Sets the dilations of the kernel: the distances between its elements.
    pub fn dilations(self, dilations: impl Into<PerAxis>) -> ConvOptions {
        ConvOptions { dilations: dilations.into(), ..self }
    }
    /// Sets the number of channel groups. Each output channel depends only on the input channels of its group.
    pub fn groups(self, groups: usize) -> ConvOptions {
        ConvOptions { groups, ..self }
    }
    /// Sets the order of the axes.
    pub fn layout(self, layout: Layout) -> ConvOptions {
        ConvOptions { layout, ..self }
    }
}

/// Convolutions over any number of spatial axes.
impl Tensor {
    /// Convolves this tensor with a kernel. As in JAX and other machine learning libraries, the kernel is not flipped.
    ///
    /// With channels first, this tensor has the shape [batch, channels, spatial axes…], and the kernel has the shape
    /// [output channels, channels / groups, spatial axes…]; see [`Layout`]. Half-precision types accumulate in `f32`.
    ///
    /// # Panics
    /// If the ranks, channels or dtypes do not match.
    ///
    /// ```
    /// use rune_trace::{ConvOptions, ConvPadding, DType, Tensor};
    /// let (x, kernel) = (Tensor::ones([1, 1, 4, 4], DType::F32), Tensor::ones([2, 1, 3, 3], DType::F32));
    /// let y = x.conv(&kernel, &ConvOptions::new());
    /// assert_eq!((*y.shape() == [1, 2, 2, 2], y.max().item::<f32>().unwrap()), (true, 9.0));
    /// assert_eq!(*x.conv(&kernel, &ConvOptions::new().padding(ConvPadding::Same)).shape(), [1, 2, 4, 4]);
    /// ```
    #[doc(alias = "conv_with_general_padding")]
    #[doc(alias = "conv3d")]
    #[doc(alias = "conv2d")]
    #[doc(alias = "conv1d")]
    #[doc(alias = "conv_general_dilated")]
    #[track_caller]
    pub fn conv(&self, kernel: &Tensor, options: &ConvOptions) -> Tensor {
        let (sizes, windows, mut dims) = prepare("conv", self, kernel, options);
        dims.padding = options.padding.resolve("conv", &sizes, &windows, &dims.strides);
        lax::conv_general_dilated(self, kernel, dims)
    }
    /// Computes the transposed (fractionally strided) convolution, like `jax.lax.conv_transpose`: dilates this tensor
    /// by the strides, and convolves it with the kernel. With [`ConvPadding::Same`], the size of the result is the size
    /// of this tensor times the strides.
    ///
    /// # Panics
    /// Like [`Tensor::conv`].
    ///
    /// ```
    /// use rune_trace::{ConvOptions, ConvPadding, DType, Tensor};
    /// let (x, kernel) = (Tensor::ones([1, 1, 4], DType::F32), Tensor::ones([1, 1, 3], DType::F32));
    /// let y = x.conv_transpose(&kernel, &ConvOptions::new().strides(2).padding(ConvPadding::Same));
    /// assert_eq!(*y.shape(), [1, 1, 8]);
    /// ```
    #[doc(alias = "conv_transpose2d")]
    #[track_caller]
    pub fn conv_transpose(&self, kernel: &Tensor, options: &ConvOptions) -> Tensor {
        let (sizes, windows, mut dims) = prepare("conv_transpose", self, kernel, options);
        let strides = std::mem::replace(&mut dims.strides, Dims::from_elem(1, sizes.len()));
        dims.padding = match &options.padding {
            ConvPadding::Explicit(_) => options.padding.resolve("conv_transpose", &sizes, &windows, &strides),
            padding @ (ConvPadding::Same | ConvPadding::Valid) => windows
                .iter()
                .zip(&strides)
                .map(|(&k, &s)| {
                    let (k, s) = (k as i64, s as i64);
                    let (total, low) = if *padding == ConvPadding::Same {
                        (k + s - 2, if s > k - 1 { k - 1 } else { (k + s - 1) / 2 })
                    } else {
                        (k + s - 2 + (k - s).max(0), k - 1)
                    };
                    (low, total - low)
                })
                .collect(),
        };
        dims.lhs_dilation = strides;
        lax::conv_general_dilated(self, kernel, dims)
    }
}

/// Returns the spatial sizes of the operand and of the dilated kernel, and the dimension numbers.
#[track_caller]
fn prepare(op: &str, x: &Tensor, kernel: &Tensor, options: &ConvOptions) -> (Dims, Dims, ConvDims) {
    expect_one_dtype(op, &[x.dtype(), kernel.dtype()]);
    let spatial = match x.rank().checked_sub(2) {
        Some(n) if n > 0 && kernel.rank() == x.rank() => n,
        _ => {
            refuse!(
                "{op}: shapes {} and {} are not both of batch, channels and spatial axes",
                x.shape(),
                kernel.shape()
            )
        }
    };
    let (lhs, rhs) = (options.layout.operand(spatial), options.layout.kernel(spatial));
    let (channels, taken) = (x.shape()[lhs[1]], kernel.shape()[rhs[1]]);
    if options.groups == 0
        || taken * options.groups != channels
        || !kernel.shape()[rhs[0]].is_multiple_of(options.groups)
    {
        refuse!(
            "{op}: an operand of shape {} with {channels} channels does not fit a kernel of shape {} in {} groups, layout {:?}",
            x.shape(),
            kernel.shape(),
            options.groups,
            options.layout
        );
    }
    let dilations = options.dilations.resolve(op, "dilations", spatial);
    let sizes: Dims = lhs[2..].iter().map(|&a| x.shape()[a]).collect();
    let windows: Dims =
        rhs[2..].iter().zip(&dilations).map(|(&a, &d)| (kernel.shape()[a].saturating_sub(1)) * d + 1).collect();
    let dims = ConvDims {
        out: lhs.clone(),
        lhs,
        rhs,
        strides: options.strides.resolve(op, "strides", spatial),
        padding: Vec::new(),
        lhs_dilation: Dims::from_elem(1, spatial),
        rhs_dilation: dilations,
        feature_groups: options.groups,
        batch_groups: 1,
    };
    (sizes, windows, dims)
}
