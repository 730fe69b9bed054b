//! Convolutions as matrix products of patches ("im2col": Chellapilla, Puri and Simard, High Performance Convolutional
//! Neural Networks for Document Processing, 2006). IREE's code for Vulkan and Metal computes convolutions wrongly, and
//! products correctly.
//!
//! A patch holds the elements of the left operand that one position of the kernel meets.

use crate::builder::{Builder, Val};
use crate::legalize::convolution;
use rune_ir::op::{ConvDims, DotDims};
use rune_ir::{Shape, Type};

/// The maximum number of slices that patches are made of.
const SLICES: usize = 256;

/// A convolution as a batched product of the patches and the kernel.
pub(crate) struct Patches<'a, 'c> {
    /// The patches: group, batch element and position, element of the kernel.
    pub patches: Val<'c>,
    /// The kernel: group, element of the kernel, output feature.
    pub kernel: Val<'c>,
    dims: &'a ConvDims,
    ty: &'a Type,
}

/// Returns whether the patches consist of few enough slices.
pub(crate) fn are_few(rhs: &Shape, dims: &ConvDims, ty: &Type) -> bool {
    let (kernel, out) = (spatial(rhs, &dims.rhs), spatial(&ty.shape, &dims.out));
    kernel.iter().product::<usize>().min(out.iter().product()) <= SLICES
}

fn spatial(shape: &Shape, axes: &[usize]) -> Vec<usize> {
    axes[2..].iter().map(|&a| shape[a]).collect()
}

/// Returns the patches and the kernel of a convolution with a result of type `ty`.
pub(crate) fn patches<'a, 'c>(
    b: &Builder<'c>,
    lhs: &Val<'c>,
    rhs: &Val<'c>,
    dims: &'a ConvDims,
    ty: &'a Type,
) -> Patches<'a, 'c> {
    let (sizes, out) = (spatial(rhs.shape(), &dims.rhs), spatial(&ty.shape, &dims.out));
    let (elements, positions) = (sizes.iter().product::<usize>(), out.iter().product::<usize>());
    let (batch, features) = (lhs.shape()[dims.lhs[0]], lhs.shape()[dims.lhs[1]]);

    // A slice holds one element of all patches, or all elements of one patch. Either way, the axes of the stack of all
    // slices are: slice, batch, feature, then the spatial axes of the slices.
    let padded = convolution::padded(b, lhs, dims);
    let by_element = elements <= positions;
    let (steps, strides, inner) = match by_element {
        true => (&dims.rhs_dilation, &dims.strides, &out),
        false => (&dims.strides, &dims.rhs_dilation, &sizes),
    };
    let places = Shape::from(if by_element { sizes.clone() } else { out.clone() });
    let slices: Vec<Val<'c>> = (0..places.size())
        .map(|slice| {
            let (mut start, mut limit) = (vec![0; lhs.rank()], padded.shape().to_vec());
            let mut stride = vec![1; lhs.rank()];
            for (i, (&place, &step)) in places.strides().iter().zip(steps.iter()).enumerate() {
                let axis = dims.lhs[i + 2];
                start[axis] = slice / place % places[i] * step;
                limit[axis] = start[axis] + (inner[i] - 1) * strides[i] + 1;
                stride[axis] = strides[i];
            }
            let slice = b.transpose(&b.slice(&padded, &start, &limit, &stride), &dims.lhs);
            b.reshape(&slice, [1].into_iter().chain(slice.shape().iter().copied()).collect::<Shape>())
        })
        .collect();
    let stack = b.concat(&slices.iter().collect::<Vec<_>>(), 0);

    let (groups, of_batch, of_features) =
        (dims.feature_groups * dims.batch_groups, dims.batch_groups, dims.feature_groups);
    let inner: usize = inner.iter().product();
    let split = [slices.len(), of_batch, batch / of_batch, of_features, features / of_features, inner];
    // Groups, batch, position, feature, element of the kernel.
    let order = if by_element { [1, 3, 2, 5, 4, 0] } else { [1, 3, 2, 0, 4, 5] };
    let patches = b.transpose(&b.reshape(&stack, split), &order);
    let length = features / of_features * elements;
    let patches = b.reshape(&patches, [groups, batch / of_batch * positions, length]);

    let outputs = rhs.shape()[dims.rhs[0]];
    let kernel = b.transpose(rhs, &dims.rhs);
    let kernel = b.transpose(&b.reshape(&kernel, [groups, outputs / groups, length]), &[0, 2, 1]);
    Patches { patches, kernel, dims, ty }
}

impl<'c> Patches<'_, 'c> {
    /// Returns the axes of the product.
    pub fn dims(&self) -> DotDims {
        let axes = |a: usize| [a].into_iter().collect();
        DotDims { lhs_batch: axes(0), rhs_batch: axes(0), lhs_contract: axes(2), rhs_contract: axes(1) }
    }
    /// Returns the type of the product.
    pub fn product_type(&self) -> Type {
        let (patches, kernel) = (self.patches.shape(), self.kernel.shape());
        self.ty.with_shape([patches[0], patches[1], kernel[2]])
    }
    /// Returns the result of the convolution.
    pub fn result(&self, b: &Builder<'c>, product: &Val<'c>) -> Val<'c> {
        let sizes: Vec<usize> = self.dims.out.iter().map(|&a| self.ty.shape[a]).collect();
        let (groups, outputs) = (product.shape()[0], product.shape()[2]);
        let positions: usize = sizes[2..].iter().product();
        let split = b.reshape(product, [groups, sizes[0], positions, outputs]);
        let all = b.reshape(&b.transpose(&split, &[1, 0, 3, 2]), sizes);
        b.transpose(&all, &convolution::inverse(&self.dims.out))
    }
}
