//! Batching of reads and writes at computed indices.

use super::{Batched, prepend, shift_axes, with_batch_axis};
use crate::Tensor;
use crate::tensor::lax;
use rune_ir::op::{Dims, GatherDims, Literal, ScatterDims, ScatterMode};
use rune_ir::{DType, Op, Shape};

/// Gathers a block with mapped indices. A gather clamps like a dynamic slice.
pub(super) fn dynamic_slice(x: &Batched, starts: &[Batched], sizes: &[usize], size: usize) -> Tensor {
    let rank = sizes.len();
    if starts.iter().all(|s| !s.mapped) {
        return lax::dynamic_slice(&x.t, &with_zero(starts), &prepend(size, sizes).collect::<Dims>());
    }
    let axes: Dims = (0..rank).collect();
    let dims = GatherDims { offset: axes.clone(), start_index_map: axes, ..GatherDims::default() };
    let indices = Batched::mapped(coordinates(starts, size));
    Tensor::apply1(gather(x, &indices, &dims, sizes, size))
}

/// Scatters a block with mapped indices. The indices are clamped first, because a scatter does not clamp.
pub(super) fn dynamic_update_slice(x: &Batched, update: &Batched, starts: &[Batched], size: usize) -> Tensor {
    let (wide, update) = (x.broadcast(size), update.broadcast(size));
    if starts.iter().all(|s| !s.mapped) {
        return lax::dynamic_update_slice(&wide, &update, &with_zero(starts));
    }
    let room = wide.shape().iter().zip(update.shape().iter()).skip(1).map(|(n, part)| n - part);
    let clamped: Vec<Batched> = starts
        .iter()
        .zip(room)
        .map(|(start, last)| {
            let bound = |n: f64| lax::full(start.t.dtype(), start.t.shape(), n);
            Batched { t: lax::clamp(&bound(0.0), &start.t, &bound(last as f64)), mapped: start.mapped }
        })
        .collect();
    let axes: Dims = (0..x.rank()).collect();
    let dims = ScatterDims { update_window: axes.clone(), scatter_map: axes, ..ScatterDims::default() };
    let dims = scatter_dims(&dims, true);
    lax::scatter(&wide, &coordinates(&clamped, size), &update, dims, ScatterMode::Set, true)
}

/// Returns the start indices, with 0 for the batch axis.
fn with_zero(starts: &[Batched]) -> Vec<Tensor> {
    let dtype = starts.first().map_or(DType::I32, |s| s.t.dtype());
    let zero = lax::constant(Literal::from_f64(dtype, 0.0));
    std::iter::once(zero).chain(starts.iter().map(|s| s.t.clone())).collect()
}

/// Returns the indices of each batch element along the last axis.
fn coordinates(starts: &[Batched], size: usize) -> Tensor {
    let columns: Vec<Tensor> =
        starts.iter().map(|s| lax::reshape(&s.broadcast(size), Shape::from([size, 1]))).collect();
    lax::concatenate(&columns, 1)
}

/// If the operand is mapped, a slice contains its batch axis. If the indices are mapped, their batch axis is one more
/// axis of the indices. If both are mapped, it is a batch axis of the gather.
pub(super) fn gather(
    x: &Batched,
    indices: &Batched,
    dims: &GatherDims,
    slice_sizes: &[usize],
    size: usize,
) -> Op<Tensor> {
    let together = with_mapped_operand(dims, indices.mapped);
    let (dims, slice_sizes) = match (x.mapped, indices.mapped) {
        (true, false) => (together, prepend(size, slice_sizes).collect()),
        (true, true) => (together, prepend(1, slice_sizes).collect()),
        (false, _) => {
            let offset = shift_axes(&dims.offset);
            let indices_batching = shift_axes(&dims.indices_batching);
            (GatherDims { offset, indices_batching, ..dims.clone() }, slice_sizes.into())
        }
    };
    Op::Gather { x: x.t.clone(), indices: indices.t.clone(), dims: Box::new(dims), slice_sizes }
}

/// Like [`gather`], for an operand that is always mapped.
pub(super) fn scatter_dims(dims: &ScatterDims, indices_mapped: bool) -> ScatterDims {
    with_mapped_operand(&dims.gather(), indices_mapped).scatter()
}

/// Returns the axes of a gather or scatter whose operand is mapped.
fn with_mapped_operand(dims: &GatherDims, indices_mapped: bool) -> GatherDims {
    let (collapsed, start_index_map) = (shift_axes(&dims.collapsed), shift_axes(&dims.start_index_map));
    if indices_mapped {
        let (operand_batching, indices_batching) =
            (with_batch_axis(&dims.operand_batching), with_batch_axis(&dims.indices_batching));
        let offset = shift_axes(&dims.offset);
        return GatherDims { offset, collapsed, operand_batching, indices_batching, start_index_map };
    }
    let (operand_batching, indices_batching) = (shift_axes(&dims.operand_batching), dims.indices_batching.clone());
    GatherDims { offset: with_batch_axis(&dims.offset), collapsed, operand_batching, indices_batching, start_index_map }
}
