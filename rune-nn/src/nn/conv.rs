//! Convolutions.

use super::init;
use rune_ir::DType;
use rune_trace::{ConvOptions, Layout, Tensor, Tree};

/// A convolution over as many spatial axes as its window has, such as two for images.
///
/// ```
/// use rune_nn::nn::Conv;
/// use rune_trace::{ConvOptions, ConvPadding, DType, Tensor, random};
/// let options = ConvOptions::new().strides(2).padding(ConvPadding::Same);
/// let layer = Conv::new(&random::key(0), 3, 16, [5, 5], options);
/// let images = Tensor::zeros([8, 3, 32, 32], DType::F32);
/// assert_eq!(*layer.forward(&images).shape(), [8, 16, 16, 16]);
/// ```
#[doc(alias = "Conv2d")]
#[derive(Tree, Clone, Debug)]
pub struct Conv {
    /// Has the shape `[outputs, inputs / groups, window…]` if channels are first, and `[window…, inputs / groups,
    /// outputs]` if they are last.
    pub weight: Tensor,
    /// Has the shape `[outputs]`.
    pub bias: Option<Tensor>,
    /// Strides, padding, dilations, groups and layout.
    #[tree(static)]
    pub options: ConvOptions,
}

impl Conv {
    /// Creates a layer with a kernel from [`init::lecun_normal`] and a zero bias.
    ///
    /// # Panics
    /// Panics if `key` is not a key, or if the channels are not a multiple of the groups.
    #[track_caller]
    pub fn new<const N: usize>(
        key: &Tensor,
        inputs: usize,
        outputs: usize,
        window: [usize; N],
        options: ConvOptions,
    ) -> Conv {
        let (weight, bias) = init_parameters("Conv", key, [inputs, outputs], &window, &options);
        Conv { weight, bias: Some(bias), options }
    }
    /// Returns the layer without a bias.
    #[must_use]
    pub fn without_bias(self) -> Conv {
        Conv { bias: None, ..self }
    }
    /// Convolves `x`, a batch with a channel axis and spatial axes in the order of the layout. The result has the
    /// output channels.
    ///
    /// # Panics
    /// Panics like [`Tensor::conv`].
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        with_bias(x.conv(&self.weight, &self.options), self.bias.as_ref(), self.options.layout)
    }
}

/// A transposed convolution, which enlarges the spatial axes by its strides. See [`Tensor::conv_transpose`].
///
/// ```
/// use rune_nn::nn::ConvTranspose;
/// use rune_trace::{ConvOptions, ConvPadding, DType, Tensor, random};
/// let options = ConvOptions::new().strides(2).padding(ConvPadding::Same);
/// let layer = ConvTranspose::new(&random::key(0), 16, 3, [4, 4], options);
/// let features = Tensor::zeros([8, 16, 16, 16], DType::F32);
/// assert_eq!(*layer.forward(&features).shape(), [8, 3, 32, 32]);
/// ```
#[doc(alias = "ConvTranspose2d")]
#[derive(Tree, Clone, Debug)]
pub struct ConvTranspose {
    /// Has the shape `[outputs, inputs / groups, window…]` if channels are first, and `[window…, inputs / groups,
    /// outputs]` if they are last.
    pub weight: Tensor,
    /// Has the shape `[outputs]`.
    pub bias: Option<Tensor>,
    /// Strides, padding, dilations, groups and layout.
    #[tree(static)]
    pub options: ConvOptions,
}

impl ConvTranspose {
    /// Creates a layer with a kernel from [`init::lecun_normal`] and a zero bias.
    ///
    /// # Panics
    /// Panics if `key` is not a key, or if the channels are not a multiple of the groups.
    #[track_caller]
    pub fn new<const N: usize>(
        key: &Tensor,
        inputs: usize,
        outputs: usize,
        window: [usize; N],
        options: ConvOptions,
    ) -> ConvTranspose {
        let (weight, bias) = init_parameters("ConvTranspose", key, [inputs, outputs], &window, &options);
        ConvTranspose { weight, bias: Some(bias), options }
    }
    /// Returns the layer without a bias.
    #[must_use]
    pub fn without_bias(self) -> ConvTranspose {
        ConvTranspose { bias: None, ..self }
    }
    /// Applies the transposed convolution to `x`, a batch with a channel axis and spatial axes in the order of the
    /// layout. The result has the output channels and larger spatial axes.
    ///
    /// # Panics
    /// Panics like [`Tensor::conv_transpose`].
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        with_bias(x.conv_transpose(&self.weight, &self.options), self.bias.as_ref(), self.options.layout)
    }
}

#[track_caller]
fn init_parameters(
    layer: &str,
    key: &Tensor,
    [inputs, outputs]: [usize; 2],
    window: &[usize],
    options: &ConvOptions,
) -> (Tensor, Tensor) {
    let groups = options.groups;
    if groups == 0 || !inputs.is_multiple_of(groups) || !outputs.is_multiple_of(groups) {
        refuse!("{layer}: {inputs} and {outputs} channels cannot be divided into {groups} groups of equal size");
    }
    let channels_first = [outputs, inputs / groups];
    let (shape, initializer) = match options.layout {
        Layout::ChannelsFirst => ([&channels_first, window].concat(), init::lecun_normal().axes([1], [0])),
        Layout::ChannelsLast => ([window, &[inputs / groups, outputs]].concat(), init::lecun_normal()),
    };
    (initializer.draw(key, shape, DType::F32), Tensor::zeros([outputs], DType::F32))
}

#[track_caller]
fn with_bias(y: Tensor, bias: Option<&Tensor>, layout: Layout) -> Tensor {
    match bias {
        Some(bias) => &y + per_channel(bias, &y, layout),
        None => y,
    }
}

/// Reshapes one number per channel so that it broadcasts to `x`.
#[track_caller]
pub(super) fn per_channel(numbers: &Tensor, x: &Tensor, layout: Layout) -> Tensor {
    let mut shape = vec![1; x.rank()];
    shape[channel_axis(x, layout)] = numbers.size();
    numbers.reshape(shape)
}

/// Returns the axis of the channels.
#[track_caller]
pub(super) fn channel_axis(x: &Tensor, layout: Layout) -> usize {
    if x.rank() < 2 {
        refuse!("nn: {} lacks a batch axis and a channel axis", x.ty());
    }
    match layout {
        Layout::ChannelsFirst => 1,
        Layout::ChannelsLast => x.rank() - 1,
    }
}
