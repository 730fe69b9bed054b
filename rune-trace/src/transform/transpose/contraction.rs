//! Transposes of dot products, convolutions and windowed sums.

use super::{Cotangents, NotLinear, VariableState};
use crate::Tensor;
use crate::tensor::lax;
use rune_ir::op::{ConvDims, Dims, DotDims, Window, WindowFn};
use rune_ir::{DType, Shape};
use smallvec::SmallVec;
use std::cmp::Ordering;

/// For z = x · y, the cotangent of x is the cotangent of z, contracted with y over the axes that z has from y.
pub(super) fn dot_general(
    ct: &Tensor,
    lhs: &VariableState,
    rhs: &VariableState,
    dims: &DotDims,
    acc: &mut Cotangents,
) -> Result<(), NotLinear> {
    acc.try_accumulate(lhs, || Ok(operand(ct, lhs, rhs.known()?, dims, false)))?;
    let swapped = DotDims {
        lhs_batch: dims.rhs_batch.clone(),
        rhs_batch: dims.lhs_batch.clone(),
        lhs_contract: dims.rhs_contract.clone(),
        rhs_contract: dims.lhs_contract.clone(),
    };
    acc.try_accumulate(rhs, || Ok(operand(ct, rhs, lhs.known()?, &swapped, true)))
}

/// Returns the cotangent of the operand `x`, the left one of `dims`. If `second`, its free axes in `ct` come after
/// those of `other`.
fn operand(ct: &Tensor, x: &VariableState, other: &Tensor, dims: &DotDims, second: bool) -> Tensor {
    let free = |rank: usize, batch: &Dims, contract: &Dims| -> Vec<usize> {
        (0..rank).filter(|a| !batch.contains(a) && !contract.contains(a)).collect()
    };
    let x_free = free(x.shape().rank(), &dims.lhs_batch, &dims.lhs_contract);
    let other_free = free(other.rank(), &dims.rhs_batch, &dims.rhs_contract);
    let batch = dims.lhs_batch.len();
    let first = if second { batch } else { batch + x_free.len() };
    let back = DotDims {
        lhs_batch: (0..batch).collect(),
        rhs_batch: dims.rhs_batch.clone(),
        lhs_contract: (first..first + other_free.len()).collect(),
        rhs_contract: other_free.into(),
    };
    // If the product accumulates in a wider dtype, so does this one. If the product rounds to a narrower dtype, the
    // operands were in the wider one.
    let wide = match ct.dtype().size().cmp(&other.dtype().size()) {
        Ordering::Greater => ct.dtype(),
        Ordering::Less => other.dtype(),
        Ordering::Equal if ct.dtype() == other.dtype() => ct.dtype(),
        Ordering::Equal => DType::F32,
    };
    // The axes of the product are the batch axes, the free axes of x, and the contracted axes in the order of `other`.
    // The last two groups may be exchanged. If one of these orders is that of x, the product needs no transpose.
    let mut contracted: Vec<(usize, usize)> =
        dims.rhs_contract.iter().copied().zip(dims.lhs_contract.iter().copied()).collect();
    contracted.sort_unstable();
    let contracted: Vec<usize> = contracted.into_iter().map(|(_, a)| a).collect();
    let axes = |first: &[usize], second: &[usize]| [&dims.lhs_batch[..], first, second].concat();
    let (ct, other) = (lax::convert(ct, wide), lax::convert(other, wide));
    let (axes, product) = match axes(&contracted, &x_free) {
        axes if axes.is_sorted() => {
            let DotDims { lhs_batch, rhs_batch, lhs_contract, rhs_contract } = back;
            let (lhs_batch, rhs_batch) = (rhs_batch, lhs_batch);
            let (lhs_contract, rhs_contract) = (rhs_contract, lhs_contract);
            let back = DotDims { lhs_batch, rhs_batch, lhs_contract, rhs_contract };
            (axes, lax::dot_general(&other, &ct, back, wide))
        }
        _ => (axes(&x_free, &contracted), lax::dot_general(&ct, &other, back, wide)),
    };
    let mut order = vec![0; axes.len()];
    axes.iter().enumerate().for_each(|(i, &a)| order[a] = i);
    lax::convert(&lax::transpose(&product, &order), x.dtype())
}

pub(super) fn conv(
    ct: &Tensor,
    lhs: &VariableState,
    rhs: &VariableState,
    dims: &ConvDims,
    acc: &mut Cotangents,
) -> Result<(), NotLinear> {
    acc.try_accumulate(lhs, || Ok(conv_lhs(ct, lhs, rhs.known()?, dims)))?;
    acc.try_accumulate(rhs, || Ok(conv_rhs(ct, lhs.known()?, rhs, dims)))
}

fn swapped(spec: &Dims) -> Dims {
    let mut spec = spec.clone();
    spec.swap(0, 1);
    spec
}

/// Returns the sizes of the spatial axes of `shape` in the layout `spec`.
fn spatial(shape: &Shape, spec: &Dims) -> Vec<i64> {
    spec[2..].iter().map(|&a| shape[a] as i64).collect()
}

fn dilated(n: i64, by: usize) -> i64 {
    if n == 0 { 0 } else { (n - 1) * by as i64 + 1 }
}

/// Returns the cotangent of the image: the cotangent of the result, convolved with the reversed kernel, whose features
/// are swapped.
fn conv_lhs(ct: &Tensor, lhs: &VariableState, rhs: &Tensor, dims: &ConvDims) -> Tensor {
    let groups = dims.feature_groups.max(dims.batch_groups);
    let kernel = match groups {
        1 => rhs.clone(),
        n => merge_axis(&split_axis(rhs, dims.rhs[0], n), dims.rhs[0], dims.rhs[1]),
    };
    let (image, window, out) =
        (spatial(lhs.shape(), &dims.lhs), spatial(rhs.shape(), &dims.rhs), spatial(ct.shape(), &dims.out));
    let padding = (0..image.len())
        .map(|i| {
            let w = dilated(window[i], dims.rhs_dilation[i]);
            let before = w - dims.padding[i].0 - 1;
            let after = dilated(image[i], dims.lhs_dilation[i]) + w - 1 - dilated(out[i], dims.strides[i]) - before;
            (before, after)
        })
        .collect();
    let back = ConvDims {
        lhs: dims.out.clone(),
        rhs: swapped(&dims.rhs),
        out: dims.lhs.clone(),
        strides: dims.lhs_dilation.clone(),
        padding,
        lhs_dilation: dims.strides.clone(),
        rhs_dilation: dims.rhs_dilation.clone(),
        feature_groups: groups,
        batch_groups: 1,
    };
    let result = lax::conv_general_dilated(ct, &lax::reverse(&kernel, &dims.rhs[2..]), back);
    match dims.batch_groups {
        1 => result,
        n => merge_axis(&split_axis(&result, dims.lhs[1], n), dims.lhs[1], dims.lhs[0]),
    }
}

/// Returns the cotangent of the kernel: the image convolved with the cotangent of the result, with batch and features
/// swapped.
fn conv_rhs(ct: &Tensor, lhs: &Tensor, rhs: &VariableState, dims: &ConvDims) -> Tensor {
    if ct.size() == 0 {
        return super::zeros(rhs);
    }
    let (image, window, out) =
        (spatial(lhs.shape(), &dims.lhs), spatial(rhs.shape(), &dims.rhs), spatial(ct.shape(), &dims.out));
    let padding = (0..image.len())
        .map(|i| {
            let low = dims.padding[i].0;
            let from_image = dilated(out[i], dims.strides[i]) - dilated(image[i], dims.lhs_dilation[i]);
            (low, from_image + dilated(window[i], dims.rhs_dilation[i]) - low - 1)
        })
        .collect();
    let back = ConvDims {
        lhs: swapped(&dims.lhs),
        rhs: swapped(&dims.out),
        out: swapped(&dims.rhs),
        strides: dims.rhs_dilation.clone(),
        padding,
        lhs_dilation: dims.lhs_dilation.clone(),
        rhs_dilation: dims.strides.clone(),
        feature_groups: dims.batch_groups,
        batch_groups: dims.feature_groups,
    };
    lax::conv_general_dilated(lhs, ct, back)
}

/// Splits axis `axis` into two, the first of size `n`.
fn split_axis(x: &Tensor, axis: usize, n: usize) -> Tensor {
    let mut shape: SmallVec<[usize; 8]> = SmallVec::from_slice(x.shape());
    let inner = shape[axis] / n;
    shape[axis] = n;
    shape.insert(axis + 1, inner);
    lax::reshape(x, shape.as_slice())
}

/// Merges axis `from` into axis `into`, as its outer part.
fn merge_axis(x: &Tensor, from: usize, into: usize) -> Tensor {
    let mut order: Vec<usize> = (0..x.rank()).filter(|&a| a != from).collect();
    let mut shape: Vec<usize> = order.iter().map(|&a| x.shape()[a]).collect();
    order.insert(into, from);
    shape[into] *= x.shape()[from];
    lax::reshape(&lax::transpose(x, &order), shape)
}

/// Sums the cotangents of the windows that contain each element. This is again a windowed sum, with steps and dilation
/// swapped.
pub(super) fn window_sum(ct: &Tensor, x: &VariableState, window: &Window) -> Tensor {
    let padding = (0..x.shape().rank())
        .map(|a| {
            let w = dilated(window.dimensions[a] as i64, window.window_dilation[a]);
            let before = w - window.padding[a].0 - 1;
            let image = dilated(x.shape()[a] as i64, window.base_dilation[a]);
            (before, image + w - 1 - dilated(ct.shape()[a] as i64, window.strides[a]) - before)
        })
        .collect();
    let back = Window {
        dimensions: window.dimensions.clone(),
        strides: window.base_dilation.clone(),
        padding,
        base_dilation: window.strides.clone(),
        window_dilation: window.window_dilation.clone(),
    };
    lax::reduce_window(WindowFn::Sum, ct, back)
}
