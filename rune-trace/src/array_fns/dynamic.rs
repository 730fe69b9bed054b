//! Slices at positions that are known only at run time, under JAX's names, and other functions of `jax.lax`.

use super::axes::resolve_axis;
use super::broadcast::expect_one_dtype;
use super::conv::{ConvOptions, Layout};
use super::scalar::Operand;
use crate::tensor::{Caller, at_caller, refuse};
use crate::{Tensor, lax, linear_transpose};
use rune_ir::op::Dims;
use rune_ir::{DType, Shape};

/// Returns the position `start` along `axis`, and 0 along all other axes.
#[track_caller]
fn starts(op: &str, start: impl Operand, axis: usize, rank: usize) -> Vec<Tensor> {
    let start = start.into_argument().into_tensor(op, DType::I32);
    if !start.dtype().is_int() || start.rank() != 0 {
        refuse!("{op}: a position must be an integer scalar, but is {}", start.ty());
    }
    let zero = lax::full_like(&start, 0.0);
    let mut all = vec![zero; rank];
    all[axis] = start;
    all
}

/// Slices at dynamic positions, which are Rust integers or integer scalars. A position is clamped so that the slice
/// lies within the tensor.
impl Tensor {
    /// Returns `size` elements along `axis` from the position `start` on.
    ///
    /// # Panics
    /// If `start` is not an integer scalar, or the axis is out of range or has fewer than `size` elements.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([1, 2, 3, 4]);
    /// let start = Tensor::scalar(2);
    /// assert_eq!(x.dynamic_slice_in_dim(&start, 2, 0).to_vec::<i32>().unwrap(), [3, 4]);
    /// ```
    #[track_caller]
    pub fn dynamic_slice_in_dim(&self, start: impl Operand, size: usize, axis: isize) -> Tensor {
        let axis = resolve_axis("dynamic_slice_in_dim", axis, self.shape());
        let mut sizes: Dims = self.shape().iter().copied().collect();
        if size > sizes[axis] {
            refuse!("dynamic_slice_in_dim: axis {axis} of shape {} has fewer than {size} elements", self.shape());
        }
        sizes[axis] = size;
        lax::dynamic_slice(self, &starts("dynamic_slice_in_dim", start, axis, self.rank()), &sizes)
    }
    /// Returns the slice at the position `index` along `axis`, and removes the axis.
    ///
    /// # Panics
    /// If `index` is not an integer scalar, or the axis is out of range or has no elements.
    #[track_caller]
    pub fn dynamic_index_in_dim(&self, index: impl Operand, axis: isize) -> Tensor {
        self.dynamic_slice_in_dim(index, 1, axis).squeeze(axis)
    }
    /// Returns the tensor with `update` along `axis` from the position `start` on.
    ///
    /// # Panics
    /// If `start` is not an integer scalar, `update` does not match, or the dtypes differ.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([1, 2, 3]).dynamic_update_slice_in_dim(&Tensor::from([9]), 1, 0);
    /// assert_eq!(x.to_vec::<i32>().unwrap(), [1, 9, 3]);
    /// ```
    #[track_caller]
    pub fn dynamic_update_slice_in_dim(&self, update: &Tensor, start: impl Operand, axis: isize) -> Tensor {
        let axis = resolve_axis("dynamic_update_slice_in_dim", axis, self.shape());
        lax::dynamic_update_slice(self, update, &starts("dynamic_update_slice_in_dim", start, axis, self.rank()))
    }
    /// Returns the tensor with `update` at the position `index` along `axis`. `update` has all axes except this one.
    ///
    /// # Panics
    /// If `index` is not an integer scalar, `update` does not match, or the dtypes differ.
    #[track_caller]
    pub fn dynamic_update_index_in_dim(&self, update: &Tensor, index: impl Operand, axis: isize) -> Tensor {
        let update = if update.rank() + 1 == self.rank() { update.unsqueeze(axis) } else { update.clone() };
        self.dynamic_update_slice_in_dim(&update, index, axis)
    }
    /// Returns every `stride`-th element along `axis`, from position `start` up to but not including `limit`.
    ///
    /// # Panics
    /// If the axis or a position is out of range.
    #[doc(alias = "narrow")]
    #[track_caller]
    pub fn slice_in_dim(&self, start: usize, limit: usize, stride: usize, axis: isize) -> Tensor {
        let axis = resolve_axis("slice_in_dim", axis, self.shape());
        let mut first: Dims = Dims::from_elem(0, self.rank());
        let mut last: Dims = self.shape().iter().copied().collect();
        let mut steps: Dims = Dims::from_elem(1, self.rank());
        (first[axis], last[axis], steps[axis]) = (start, limit, stride);
        lax::slice(self, &first, &last, &steps)
    }
}

/// Windows.
impl Tensor {
    /// Returns the elements under each position of a window, as channels. The spatial axes become the positions. There
    /// is a channel for each pair of a channel of the operand and an element of the window. The index of the element
    /// varies fastest.
    ///
    /// # Panics
    /// If the operand has no spatial axes, or the window or the options do not match.
    ///
    /// ```
    /// use rune_trace::{ConvOptions, Tensor};
    /// let x = Tensor::from([[[1.0f32, 2.0, 3.0]]]);
    /// let y = x.conv_patches(&[2], &ConvOptions::new());
    /// assert_eq!(y.to_vec::<f32>().unwrap(), [1.0, 2.0, 2.0, 3.0]);
    /// assert_eq!(*y.shape(), [1, 2, 2]);
    /// ```
    #[doc(alias = "conv_general_dilated_patches")]
    #[doc(alias = "unfold")]
    #[doc(alias = "extract_patches")]
    #[track_caller]
    pub fn conv_patches(&self, window: &[usize], options: &ConvOptions) -> Tensor {
        let last = options.layout == Layout::ChannelsLast;
        if self.rank() != window.len() + 2 || !self.dtype().is_float() {
            refuse!("conv_patches: a window of {} axes does not fit an operand of {}", window.len(), self.ty());
        }
        let channels = self.shape()[if last { self.rank() - 1 } else { 1 }];
        let places: usize = window.iter().product();
        // For each channel, one kernel for each element of the window, which selects this element.
        let mut shape: Vec<usize> = vec![places, 1];
        shape.extend(window);
        let one = Tensor::eye(places, self.dtype()).reshape(shape);
        let kernel = one.tile(&{
            let mut counts = vec![1; window.len() + 2];
            counts[0] = channels;
            counts
        });
        let kernel = if last { kernel.moveaxis([0, 1], [-1, -2]) } else { kernel };
        self.conv(&kernel, &options.clone().groups(channels))
    }
    /// Returns the sum of patches at their places in an image: the transpose of [`Tensor::conv_patches`]. `sizes` are
    /// those of the spatial axes of the image, and the window and the options are those that cut the patches. Elements
    /// in the padding are dropped.
    ///
    /// # Panics
    /// If the patches do not match an image of these sizes, or are not floats.
    ///
    /// ```
    /// use rune_trace::{ConvOptions, Tensor};
    /// let x = Tensor::from([[[1.0f32, 2.0, 3.0]]]);
    /// let y = x.conv_patches(&[2], &ConvOptions::new()).combine_patches(&[3], &[2], &ConvOptions::new());
    /// // Two patches hold the element in the middle.
    /// assert_eq!(y.to_vec::<f32>().unwrap(), [1.0, 4.0, 3.0]);
    /// ```
    #[doc(alias = "fold")]
    #[doc(alias = "col2im")]
    #[track_caller]
    pub fn combine_patches(&self, sizes: &[usize], window: &[usize], options: &ConvOptions) -> Tensor {
        let last = options.layout == Layout::ChannelsLast;
        if self.rank() != window.len() + 2 || sizes.len() != window.len() || !self.dtype().is_float() {
            refuse!(
                "combine_patches: {} do not fit a window of {} axes and an image of {} spatial axes",
                self.ty(),
                window.len(),
                sizes.len()
            );
        }
        let (at, places) = (if last { self.rank() - 1 } else { 1 }, window.iter().product::<usize>());
        let channels = self.shape()[at];
        if places == 0 || !channels.is_multiple_of(places) {
            refuse!("combine_patches: {channels} channels are not a multiple of the {places} elements of a window");
        }
        let mut image: Vec<usize> = sizes.to_vec();
        image.insert(0, self.shape()[0]);
        image.insert(at, channels / places);
        let image = Tensor::zeros(image, self.dtype());
        let patches = image.conv_patches(window, options);
        if patches.shape() != self.shape() {
            refuse!(
                "combine_patches: the patches of this image have shape {}, but got {}",
                patches.shape(),
                self.shape()
            );
        }
        let caller = Caller::here();
        let cut = |x: &Tensor| caller.run(|| x.conv_patches(window, options));
        at_caller(|| linear_transpose(cut, &image, self))
    }
    /// Returns the convolution with a different kernel at each position of the result. It multiplies the patches of
    /// [`Tensor::conv_patches`] with `kernels`, whose axes are: output channels, channels of the patches, positions.
    /// Channels must come first.
    ///
    /// # Panics
    /// Like [`Tensor::conv_patches`]. Also if the kernels do not match the patches, the dtypes differ, or the layout
    /// has channels last.
    ///
    /// ```
    /// use rune_trace::{ConvOptions, Tensor};
    /// let x = Tensor::from([[[1.0f32, 2.0, 3.0]]]);
    /// // The first position takes its first element, the second its second.
    /// let kernels = Tensor::from([[[1.0f32, 0.0], [0.0, 1.0]]]);
    /// let y = x.conv_local(&kernels, &[2], &ConvOptions::new());
    /// assert_eq!(y.to_vec::<f32>().unwrap(), [1.0, 3.0]);
    /// ```
    #[doc(alias = "conv_general_dilated_local")]
    #[track_caller]
    pub fn conv_local(&self, kernels: &Tensor, window: &[usize], options: &ConvOptions) -> Tensor {
        if options.layout == Layout::ChannelsLast {
            refuse!("conv_local: takes channels before positions, but the options have them last");
        }
        expect_one_dtype("conv_local", &[self.dtype(), kernels.dtype()]);
        let patches = self.conv_patches(window, options);
        if kernels.rank() != patches.rank() || kernels.shape()[1..] != patches.shape()[1..] {
            refuse!("conv_local: kernels of {} do not fit patches of {}", kernels.ty(), patches.ty());
        }
        let (n, k, results) = (patches.shape()[0], patches.shape()[1], kernels.shape()[0]);
        let positions: usize = patches.shape()[2..].iter().product();
        let sizes = [n, results].into_iter().chain(patches.shape()[2..].iter().copied());
        let sizes: Shape = sizes.collect();
        // The positions are the batch axis of a matrix product.
        let patches = lax::transpose(&lax::reshape(&patches, [n, k, positions]), &[2, 0, 1]);
        let kernels = lax::transpose(&lax::reshape(kernels, [results, k, positions]), &[2, 1, 0]);
        lax::reshape(&lax::transpose(&patches.matmul(kernels), &[1, 2, 0]), sizes)
    }
}
