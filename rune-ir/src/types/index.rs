//! Rules of operations that move elements by computed indices.

use super::axes::{self, AxisSet};
use super::{TypeProblem, elementwise::DTypeSet};
use crate::op::{GatherDims, ScatterDims, ScatterMode};
use crate::{Shape, Type};

/// Checks that there is one integer scalar for each axis of `x`, all of one dtype.
fn expect_start_indices(x: &Type, start_indices: &[&Type]) -> Result<(), TypeProblem> {
    axes::length("start_indices", start_indices, x.rank())?;
    for &index in start_indices {
        if index.rank() != 0 || !index.dtype.is_int() {
            return Err(TypeProblem::operand("integer scalars as `start_indices`", index));
        }
    }
    if start_indices.windows(2).any(|w| w[0] != w[1]) {
        return Err(TypeProblem::mismatch(start_indices));
    }
    Ok(())
}

/// Checks that a block of these sizes fits into `x`.
fn expect_block_fits(what: &str, sizes: &[usize], x: &Type) -> Result<(), TypeProblem> {
    match (0..x.rank()).find(|&a| sizes[a] > x.shape[a]) {
        None => Ok(()),
        Some(a) => Err(TypeProblem::Attribute(format!(
            "takes {what} that fits into {x}, but got {} along axis {a}, of size {}",
            sizes[a], x.shape[a]
        ))),
    }
}

pub(super) fn dynamic_slice(x: &Type, start_indices: &[&Type], slice_sizes: &[usize]) -> Result<Type, TypeProblem> {
    expect_start_indices(x, start_indices)?;
    axes::length("slice_sizes", slice_sizes, x.rank())?;
    expect_block_fits("a block", slice_sizes, x)?;
    Ok(x.with_shape(slice_sizes))
}

pub(super) fn dynamic_update_slice(x: &Type, update: &Type, start_indices: &[&Type]) -> Result<Type, TypeProblem> {
    expect_start_indices(x, start_indices)?;
    if update.rank() != x.rank() {
        return Err(TypeProblem::operand(format!("an `update` of rank {} for {x}", x.rank()), update));
    }
    if update.dtype != x.dtype {
        return Err(TypeProblem::mismatch(&[x, &x.with_dtype(update.dtype)]));
    }
    expect_block_fits("an `update`", &update.shape, x)?;
    Ok(x.clone())
}

/// The common part of a gather and a scatter. A slice has the axes of the operand. `window` are the axes of the result
/// (or updates) that are axes of a slice. `left_out` are the axes of the operand that the window lacks; their slice
/// size is 1.
struct Slices<'a> {
    operand: &'a Type,
    indices: &'a Type,
    window: &'a [usize],
    left_out: &'a [usize],
    operand_batching: &'a [usize],
    indices_batching: &'a [usize],
    coordinates: &'a [usize],
    /// The operation's names for `window`, for the two sets in `left_out`, for both sets together, and for
    /// `coordinates`.
    names: [&'static str; 5],
}

impl Slices<'_> {
    /// Returns the axes of the operand that are not in the window.
    fn check(&self) -> Result<AxisSet, TypeProblem> {
        let [_, left_out_name, both_name, map_name, map_batching] = self.names;
        let (rank, batch) = (self.operand.rank(), self.batch()?);
        let left_out = axes::increasing(left_out_name, self.left_out, rank)?;
        let batching = axes::increasing("operand_batching", self.operand_batching, rank)?;
        let outside = left_out.disjoint(batching, both_name)?;
        axes::length("indices_batching", self.indices_batching, self.operand_batching.len())?;
        axes::distinct("indices_batching", self.indices_batching, batch.len())?;
        for (&a, &i) in self.operand_batching.iter().zip(self.indices_batching) {
            if self.operand.shape[a] != batch[i] {
                return Err(TypeProblem::Attribute(format!(
                    "goes along axis {a} of {} together with axis {i} of {}, and their sizes differ",
                    self.operand, self.indices
                )));
            }
        }
        axes::length(map_name, self.coordinates, self.indices.shape[batch.len()])?;
        axes::distinct(map_name, self.coordinates, rank)?.disjoint(batching, map_batching)?;
        let in_window = rank - self.left_out.len() - self.operand_batching.len();
        axes::length(self.names[0], self.window, in_window)?;
        Ok(outside)
    }
    /// Returns the sizes of the indices along all axes except the last.
    fn batch(&self) -> Result<&[usize], TypeProblem> {
        DTypeSet::Int.check(self.indices)?;
        match self.indices.shape.split_last() {
            Some((_, batch)) => Ok(batch),
            None => Err(TypeProblem::operand("`indices` whose last axis holds the coordinates", self.indices)),
        }
    }
    /// Returns the shape of the result (or updates). It has the sizes `window` along the axes of the window, and those
    /// of the indices along all others.
    fn result_shape(&self, window: impl Iterator<Item = usize>) -> Result<Shape, TypeProblem> {
        let batch = self.batch()?;
        let rank = batch.len() + self.window.len();
        let places = axes::increasing(self.names[0], self.window, rank)?;
        let (mut window, mut batch) = (window, batch.iter().copied());
        let sizes = (0..rank).map(|a| if places.contains(a) { window.next() } else { batch.next() });
        Ok(sizes.map(|d| d.unwrap_or(1)).collect())
    }
}

pub(super) fn gather(x: &Type, indices: &Type, dims: &GatherDims, slice_sizes: &[usize]) -> Result<Type, TypeProblem> {
    let GatherDims { offset, collapsed, operand_batching, indices_batching, start_index_map } = dims;
    let slices = Slices {
        operand: x,
        indices,
        window: offset,
        left_out: collapsed,
        operand_batching,
        indices_batching,
        coordinates: start_index_map,
        names: [
            "offset",
            "collapsed",
            "collapsed and operand_batching",
            "start_index_map",
            "start_index_map and operand_batching",
        ],
    };
    let outside = slices.check()?;
    axes::length("slice_sizes", slice_sizes, x.rank())?;
    expect_block_fits("a slice", slice_sizes, x)?;
    if let Some(a) = (0..x.rank()).find(|&a| outside.contains(a) && slice_sizes[a] != 1) {
        return Err(TypeProblem::Attribute(format!(
            "takes slices of size 1 along axis {a}, which is not in the result, but got {}",
            slice_sizes[a]
        )));
    }
    Ok(x.with_shape(slices.result_shape(outside.sizes_without(slice_sizes))?))
}

pub(super) fn scatter(
    x: &Type,
    indices: &Type,
    updates: &Type,
    dims: &ScatterDims,
    mode: ScatterMode,
) -> Result<Type, TypeProblem> {
    let ScatterDims { update_window, inserted_window, operand_batching, indices_batching, scatter_map } = dims;
    match mode {
        ScatterMode::Add | ScatterMode::Mul => DTypeSet::Number.check(x)?,
        ScatterMode::Min | ScatterMode::Max => DTypeSet::Ordered.check(x)?,
        ScatterMode::Set => {}
    }
    if updates.dtype != x.dtype {
        return Err(TypeProblem::mismatch(&[updates, &updates.with_dtype(x.dtype)]));
    }
    let slices = Slices {
        operand: x,
        indices,
        window: update_window,
        left_out: inserted_window,
        operand_batching,
        indices_batching,
        coordinates: scatter_map,
        names: [
            "update_window",
            "inserted_window",
            "inserted_window and operand_batching",
            "scatter_map",
            "scatter_map and operand_batching",
        ],
    };
    let outside = slices.check()?;
    axes::increasing("update_window", update_window, updates.rank())?;
    let expected = slices.result_shape(update_window.iter().map(|&a| updates.shape[a]))?;
    if expected != updates.shape {
        let takes = format!("`updates` of shape {expected} for indices {indices} and window axes {update_window:?}");
        return Err(TypeProblem::operand(takes, updates));
    }
    for (&a, most) in update_window.iter().zip(outside.sizes_without(&x.shape)) {
        if updates.shape[a] > most {
            return Err(TypeProblem::operand(
                format!("`updates` of size {most} at most along axis {a} for {x}"),
                updates,
            ));
        }
    }
    Ok(x.clone())
}
