//! Batching of contractions: one dot product, or one convolution, for the whole batch.

use super::{Batched, move_axis, prepend, shift_axes, with_batch_axis};
use crate::Tensor;
use crate::tensor::lax;
use rune_ir::op::{ConvDims, Dims, DotDims};
use rune_ir::{DType, Shape};
use smallvec::smallvec;

/// Two mapped operands share one more batch axis. The batch axis of a single mapped operand becomes an axis of the
/// result.
pub(super) fn dot_general(lhs: &Batched, rhs: &Batched, dims: &DotDims, out: DType) -> Tensor {
    // For a matrix times mapped vectors, the batch axis is last. For vectors times a matrix, it is first.
    let vectors = dims.rhs_batch.is_empty() && rhs.rank() == dims.rhs_contract.len();
    if vectors && rhs.mapped && !lhs.mapped {
        let DotDims { lhs_contract, rhs_contract, .. } = dims.clone();
        let swapped = DotDims { lhs_contract: rhs_contract, rhs_contract: lhs_contract, ..DotDims::default() };
        return dot_general(rhs, lhs, &swapped, out);
    }
    let side = |x: &Batched, batch: &[usize], contract: &[usize]| match (x.mapped, lhs.mapped && rhs.mapped) {
        (true, true) => (with_batch_axis(batch), shift_axes(contract)),
        (true, false) => (shift_axes(batch), shift_axes(contract)),
        (false, _) => (batch.into(), contract.into()),
    };
    let (lhs_batch, lhs_contract) = side(lhs, &dims.lhs_batch, &dims.lhs_contract);
    let (rhs_batch, rhs_contract) = side(rhs, &dims.rhs_batch, &dims.rhs_contract);
    // The axes are the batch axes, the free axes of `lhs`, then those of `rhs`, whose first one is the batch axis.
    let at = match (lhs.mapped, rhs.mapped) {
        (true, true) => 0,
        (true, false) => lhs_batch.len(),
        (false, _) => lhs.rank() - lhs_contract.len(),
    };
    let wide = DotDims { lhs_batch, rhs_batch, lhs_contract, rhs_contract };
    move_axis(&lax::dot_general(&lhs.t, &rhs.t, wide, out), at, 0)
}

/// Works like JAX's `_conv_general_dilated_batch_rule`: mapped images become more images, mapped kernels become more
/// output features, and if both are mapped, they become more groups.
pub(super) fn conv(lhs: &Batched, rhs: &Batched, dims: &ConvDims, size: usize) -> Tensor {
    let (images, features, kernels) = (dims.lhs[0], dims.lhs[1], dims.rhs[0]);
    let (out_images, out_features) = (dims.out[0], dims.out[1]);
    let mut wide = dims.clone();
    match (lhs.mapped, rhs.mapped) {
        (true, true) if dims.batch_groups > 1 => {
            wide.batch_groups *= size;
            let out = lax::conv_general_dilated(&fold(&lhs.t, images, 1), &fold(&rhs.t, kernels, 1), wide);
            unfold(&out, out_features, 1, size)
        }
        (true, true) => {
            wide.feature_groups *= size;
            let out = lax::conv_general_dilated(&fold(&lhs.t, features, 1), &fold(&rhs.t, kernels, 1), wide);
            unfold(&out, out_features, 1, size)
        }
        (true, false) => {
            // The batch is inside each batch group, so that each group stays whole.
            let out = lax::conv_general_dilated(&fold(&lhs.t, images, dims.batch_groups), &rhs.t, wide);
            unfold(&out, out_images, 1, size)
        }
        (false, _) => {
            // The same holds for the output features of a group.
            let groups = dims.feature_groups.max(dims.batch_groups);
            let out = lax::conv_general_dilated(&lhs.t, &fold(&rhs.t, kernels, groups), wide);
            unfold(&out, out_features, groups, size)
        }
    }
}

/// Moves the batch axis of `x` into axis `axis`, inside each of its `groups`.
fn fold(x: &Tensor, axis: usize, groups: usize) -> Tensor {
    let (size, shape) = (x.shape()[0], Shape::from(&x.shape()[1..]));
    let n = shape[axis];
    let parts: Dims = if groups == 1 { smallvec![n] } else { smallvec![groups, n / groups] };
    let parted: Shape = prepend(size, &part(&shape, axis, &parts)).collect();
    let inside = move_axis(&lax::reshape(x, parted), 0, axis + parts.len() - 1);
    lax::reshape(&inside, part(&shape, axis, &[size * n]))
}

/// The inverse of [`fold`].
fn unfold(x: &Tensor, axis: usize, groups: usize, size: usize) -> Tensor {
    let n = x.shape()[axis] / size;
    let parts: Dims = if groups == 1 { smallvec![size, n] } else { smallvec![groups, size, n / groups] };
    let parted = lax::reshape(x, part(x.shape(), axis, &parts));
    let outside = move_axis(&parted, axis + parts.len() - 2, 0);
    lax::reshape(&outside, prepend(size, &part(x.shape(), axis, &[n])).collect::<Shape>())
}

/// Returns `shape` with these sizes in place of axis `axis`.
fn part(shape: &[usize], axis: usize, sizes: &[usize]) -> Shape {
    shape[..axis].iter().chain(sizes).chain(&shape[axis + 1..]).copied().collect()
}
