//! Reading and writing at computed indices.

use crate::attr;
use crate::builder::{Builder, Val};
use crate::legalize::{indices, scatter as scatters};
use rune_ir::op::{GatherDims, ScatterDims, ScatterMode};
use rune_ir::{Type, op::Dims};

pub(super) fn dynamic_slice<'c>(b: &Builder<'c>, x: &Val<'c>, starts: &[Val<'c>], sizes: &Dims) -> Val<'c> {
    // The compiler crashes on scalars.
    if x.rank() == 0 {
        return x.clone();
    }
    let starts: Vec<_> = starts.iter().map(|i| indices::signed(b, i)).collect();
    let operands: Vec<_> = std::iter::once(x).chain(&starts).collect();
    let attributes = [("slice_sizes", attr::dims(b.context, sizes))];
    b.op1("stablehlo.dynamic_slice", &operands, &attributes, x.ty.with_shape(sizes.as_slice()))
}

pub(super) fn dynamic_update_slice<'c>(b: &Builder<'c>, x: &Val<'c>, update: &Val<'c>, starts: &[Val<'c>]) -> Val<'c> {
    if update.ty.size() == 0 {
        return x.clone();
    }
    if x.rank() == 0 {
        return update.clone();
    }
    let starts: Vec<_> = starts.iter().map(|i| indices::signed(b, i)).collect();
    let operands: Vec<_> = [x, update].into_iter().chain(&starts).collect();
    b.op1("stablehlo.dynamic_update_slice", &operands, &[], x.ty.clone())
}

pub(super) fn gather<'c>(
    b: &Builder<'c>,
    x: &Val<'c>,
    indices: &Val<'c>,
    dims: &GatherDims,
    sizes: &Dims,
    ty: &Type,
) -> Val<'c> {
    let limits: Vec<_> = dims.start_index_map.iter().map(|&a| x.shape()[a] - sizes[a]).collect();
    let indices = indices::clamped(b, &indices::signed(b, indices), &limits);
    let text = format!(
        "#stablehlo.gather<offset_dims = {}, collapsed_slice_dims = {}, operand_batching_dims = {}, \
         start_indices_batching_dims = {}, start_index_map = {}, index_vector_dim = {}>",
        attr::list(&dims.offset),
        attr::list(&dims.collapsed),
        attr::list(&dims.operand_batching),
        attr::list(&dims.indices_batching),
        attr::list(&dims.start_index_map),
        indices.rank() - 1,
    );
    let attributes = [
        ("dimension_numbers", attr::parse(b.context, &text)),
        ("slice_sizes", attr::dims(b.context, sizes)),
        ("indices_are_sorted", attr::bool(b.context, false)),
    ];
    b.op1("stablehlo.gather", &[&b.not_strided(x), &indices], &attributes, ty.clone())
}

pub(super) fn scatter<'c>(
    b: &Builder<'c>,
    x: &Val<'c>,
    indices: &Val<'c>,
    updates: &Val<'c>,
    dims: &ScatterDims,
    mode: ScatterMode,
) -> Val<'c> {
    if updates.ty.size() == 0 {
        return x.clone();
    }
    scatters::scatter(b, x, &indices::signed(b, indices), updates, dims, mode)
}
