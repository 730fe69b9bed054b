//! Transposes of gather and scatter: each is the transpose of the other.

use super::{Cotangents, NotLinear, VariableState, zeros};
use crate::Tensor;
use crate::tensor::lax;
use rune_ir::op::{Dims, GatherDims, ScatterDims, ScatterMode};
use rune_ir::{DType, Shape};

/// A gather clamps its indices, but a scatter skips slices that are out of range. Therefore, the indices are clamped
/// first.
pub(super) fn gather(ct: &Tensor, x: &VariableState, indices: &Tensor, dims: &GatherDims, sizes: &Dims) -> Tensor {
    let indices = clamped(indices, x.shape(), &dims.start_index_map, sizes);
    lax::scatter(&zeros(x), &indices, ct, dims.scatter(), ScatterMode::Add, false)
}

#[allow(clippy::too_many_arguments, reason = "they are the operands and attributes of the operation")]
pub(super) fn scatter(
    ct: &Tensor,
    x: &VariableState,
    indices: &Tensor,
    updates: &VariableState,
    dims: &ScatterDims,
    mode: ScatterMode,
    unique: bool,
    acc: &mut Cotangents,
) -> Result<(), NotLinear> {
    let read = || {
        // No slice of an empty array can be read, and no update has reached it.
        if x.shape().size() == 0 {
            return zeros(updates);
        }
        let sizes = dims.slice_sizes(x.shape(), updates.shape());
        let read = lax::gather(ct, indices, dims.gather(), &sizes);
        let inside = inside(indices, x.shape(), dims, &sizes, updates.shape());
        lax::select(&inside, &read, &zeros(updates))
    };
    match mode {
        ScatterMode::Add => {
            acc.accumulate(x, || ct.clone());
            acc.accumulate(updates, read);
        }
        ScatterMode::Set => {
            acc.accumulate(x, || lax::scatter(ct, indices, &zeros(updates), dims.clone(), ScatterMode::Set, unique));
            acc.accumulate(updates, read);
        }
        ScatterMode::Mul => {
            let updates = updates.known()?;
            acc.accumulate(x, || lax::scatter(ct, indices, updates, dims.clone(), ScatterMode::Mul, unique));
        }
        ScatterMode::Min | ScatterMode::Max => return Err(NotLinear),
    }
    Ok(())
}

/// Returns the last valid start of a slice, along each axis that the coordinates index, as a row to compare with
/// `indices`.
fn last_starts(indices: &Tensor, shape: &Shape, map: &[usize], sizes: &[usize]) -> Tensor {
    let last = map.iter().map(|&a| {
        let start = lax::full(DType::I64, &Shape::from([1]), (shape[a] as i64 - sizes[a] as i64) as f64);
        lax::convert(&start, signed_index_dtype(indices.dtype()))
    });
    let row = match map.is_empty() {
        true => lax::full(signed_index_dtype(indices.dtype()), &Shape::from([0]), 0.0),
        false => lax::concatenate(&last.collect::<Vec<_>>(), 0),
    };
    lax::broadcast_in_dim(&row, indices.shape().clone(), &[indices.rank() - 1])
}

/// Returns a signed dtype that can hold the indices of `dtype` and every size.
fn signed_index_dtype(dtype: DType) -> DType {
    if dtype == DType::I64 || dtype == DType::U64 || dtype == DType::U32 { DType::I64 } else { DType::I32 }
}

/// Returns the indices in a signed dtype. A value that does not fit into `i64` would become negative. It is replaced by
/// 2⁶², which is also out of range of any axis.
fn to_signed(indices: &Tensor) -> Tensor {
    let beyond = 2f64.powi(62);
    let fits =
        if indices.dtype() == DType::U64 { &lax::min(indices, &lax::full_like(indices, beyond)) } else { indices };
    lax::convert(fits, signed_index_dtype(indices.dtype()))
}

fn clamped(indices: &Tensor, shape: &Shape, map: &[usize], sizes: &[usize]) -> Tensor {
    let indices = to_signed(indices);
    let last = last_starts(&indices, shape, map, sizes);
    lax::clamp(&lax::full_like(&indices, 0.0), &indices, &last)
}

/// Returns, for each element of the updates, whether its slice lies completely inside the operand.
fn inside(indices: &Tensor, shape: &Shape, dims: &ScatterDims, sizes: &[usize], updates: &Shape) -> Tensor {
    let indices = to_signed(indices);
    let last = last_starts(&indices, shape, &dims.scatter_map, sizes);
    let each = lax::and(&lax::ge(&indices, &lax::full_like(&indices, 0.0)), &lax::le(&indices, &last));
    let all = lax::reduce(rune_ir::op::ReduceFn::And, &each, &[indices.rank() - 1]);
    let batch: Vec<usize> = (0..updates.rank()).filter(|a| !dims.update_window.contains(a)).collect();
    lax::broadcast_in_dim(&all, updates.clone(), &batch)
}
