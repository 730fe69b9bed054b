//! Slices at computed indices: dynamic slices and gathers.

use super::number::{Scalar, with_kind};
use super::strided::{Strides, Walk, row_major_strides, view, with_word, write_bytes};
use crate::op::GatherDims;
use crate::{Array, Type};

/// Returns integers of any dtype as `i64`. A number above `i64::MAX` becomes `i64::MAX`, which is out of bounds too.
pub(super) fn positions(indices: &Array) -> Vec<i64> {
    with_kind!(indices.dtype(),
        float T => indices.as_slice::<T>().iter().map(|i| i.to_i64()).collect(),
        int T => indices
            .as_slice::<T>()
            .iter()
            .map(|i| if T::UNSIGNED && i.to_i64() < 0 { i64::MAX } else { i.to_i64() })
            .collect(),
        complex T => indices.as_slice::<T>().iter().map(|i| i.to_i64()).collect(),
        bool => indices.as_slice::<bool>().iter().map(|i| i.to_i64()).collect())
}

/// Returns where a block of sizes `sizes` starts, clamped so that it lies inside `shape`.
fn block_offset(shape: &[usize], sizes: &[usize], start_indices: &[Array], steps: &[isize]) -> isize {
    let starts = start_indices.iter().map(|i| positions(i)[0]);
    let room = shape.iter().zip(sizes).map(|(&n, &size)| (n - size) as i64);
    starts.zip(room).zip(steps).map(|((start, room), &step)| start.clamp(0, room) as isize * step).sum()
}

/// Returns the block with the sizes of `ty` that starts at `start_indices`, clamped.
pub(super) fn dynamic_slice(x: &Array, start_indices: &[Array], ty: &Type) -> Array {
    let steps = row_major_strides(x.shape());
    view(x, ty, block_offset(x.shape(), &ty.shape, start_indices, &steps), &steps)
}

/// Replaces the block of `x` that starts at `start_indices`, clamped.
pub(super) fn dynamic_update_slice(mut x: Array, update: &Array, start_indices: &[Array]) -> Array {
    let steps = row_major_strides(x.shape());
    let offset = block_offset(x.shape(), update.shape(), start_indices, &steps);
    let walk = Walk::new(update.shape(), [&row_major_strides(update.shape()), &steps]);
    with_word!(x.dtype().size(), W => {
        walk.copy::<W>(bytemuck::cast_slice(update.bytes()), bytemuck::cast_slice_mut(x.bytes_mut()), [0, offset]);
    });
    x
}

/// Slices of an array, one for each vector of coordinates: those that a gather reads or a scatter writes.
pub(super) struct Slices {
    /// The walk over one slice: in the array of slices, and in the indexed array.
    pub(super) slice: Walk<2>,
    /// The walk over the vectors of coordinates: in the array of slices, in `indices`, and, along the batch axes, in
    /// the indexed array.
    batch: Walk<3>,
    /// For each coordinate, its step in the array, and the greatest value that keeps the slice inside.
    coordinates: Vec<(isize, i64)>,
}

impl Slices {
    /// Returns the slices, of sizes `slice_sizes`, of an array of shape `shape`. The array of slices has the shape
    /// `slices`.
    pub(super) fn new(
        shape: &[usize],
        slices: &[usize],
        indices: &[usize],
        dims: &GatherDims,
        slice_sizes: &[usize],
    ) -> Slices {
        let (outer, inner) = (row_major_strides(slices), row_major_strides(shape));
        let kept = (0..shape.len()).filter(|a| !dims.collapsed.contains(a) && !dims.operand_batching.contains(a));
        let (mut sizes, mut slice_steps) = (Strides::new(), Strides::new());
        for axis in kept {
            sizes.push(slice_sizes[axis] as isize);
            slice_steps.push(inner[axis]);
        }
        let sizes: Vec<usize> = sizes.into_iter().map(|n| n as usize).collect();
        let offset_steps: Strides = dims.offset.iter().map(|&a| outer[a]).collect();
        let slice = Walk::new(&sizes, [&offset_steps, &slice_steps]);

        let batch_dims = &indices[..indices.len() - 1];
        let batch_steps: Strides = (0..slices.len()).filter(|a| !dims.offset.contains(a)).map(|a| outer[a]).collect();
        let index_steps = &row_major_strides(indices)[..batch_dims.len()];
        let mut array_steps = Strides::from_elem(0, batch_dims.len());
        for (&operand, &index) in dims.operand_batching.iter().zip(&dims.indices_batching) {
            array_steps[index] = inner[operand];
        }
        let batch = Walk::new(batch_dims, [&batch_steps, index_steps, &array_steps]);
        let coordinates =
            dims.start_index_map.iter().map(|&a| (inner[a], shape[a] as i64 - slice_sizes[a] as i64)).collect();
        Slices { slice, batch, coordinates }
    }
    /// Calls `f` for each slice. The arguments are the offset of the slice in the array of slices, its offset along the
    /// batch axes of the indexed array, and the rest of `indices`, which begins with the coordinates of the slice.
    pub(super) fn for_each(&self, indices: &[i64], mut f: impl FnMut(isize, isize, &[i64])) {
        self.batch.for_each([0; 3], |[outer, at, inner]| f(outer, inner, &indices[at as usize..]));
    }
    /// Returns the offset, from `base`, of the slice with these coordinates, clamped.
    fn clamped_offset(&self, base: isize, coordinates: &[i64]) -> isize {
        let along = |(&(step, room), &i): (&(isize, i64), &i64)| i.clamp(0, room) as isize * step;
        base + self.coordinates.iter().zip(coordinates).map(along).sum::<isize>()
    }
    /// Returns the offset, from `base`, of the slice with these coordinates, if it is inside.
    pub(super) fn offset_in_bounds(&self, base: isize, coordinates: &[i64]) -> Option<isize> {
        let mut each = self.coordinates.iter().zip(coordinates);
        each.try_fold(base, |at, (&(step, room), &i)| (0..=room).contains(&i).then(|| at + i as isize * step))
    }
}

/// Returns the slices of `x` at `indices`, clamped.
pub(super) fn gather(x: &Array, indices: &Array, dims: &GatherDims, slice_sizes: &[usize], ty: &Type) -> Array {
    if ty.size() == 0 {
        return Array::zeros(ty.clone());
    }
    let slices = Slices::new(x.shape(), &ty.shape, indices.shape(), dims, slice_sizes);
    let indices = positions(indices);
    let (len, step) = slices.slice.row();
    write_bytes(ty, |out| {
        with_word!(ty.dtype.size(), W => {
            let (x, out): (&[W], &mut [W]) = (bytemuck::cast_slice(x.bytes()), bytemuck::cast_slice_mut(out));
            slices.for_each(&indices, |to, from, coordinates| {
                let from = slices.clamped_offset(from, coordinates);
                slices.slice.rows([to, from], |[to, from]| {
                    if step == [1, 1] {
                        let (to, from) = (to as usize, from as usize);
                        return out[to..to + len].copy_from_slice(&x[from..from + len]);
                    }
                    for i in 0..len as isize {
                        out[(to + i * step[0]) as usize] = x[(from + i * step[1]) as usize];
                    }
                });
            });
        });
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DType;
    use smallvec::smallvec;

    #[test]
    fn blocks_are_moved_inside() {
        let x = Array::from_fn([3, 3], |i| i as i32);
        let at = |i: i8, j: i8| vec![Array::scalar(i), Array::scalar(j)];
        let ty = Type::new(DType::I32, [2, 1]);
        assert_eq!(dynamic_slice(&x, &at(5, -5), &ty).as_slice::<i32>(), [3, 6]);
        let out = dynamic_update_slice(x.clone(), &Array::from_slice([2, 1], &[-1, -2]), &at(-1, 7));
        assert_eq!(out.as_slice::<i32>(), [0, 1, -1, 3, 4, -2, 6, 7, 8]);
        let far = [Array::scalar(u64::MAX), Array::scalar(u64::MAX)];
        assert_eq!(dynamic_slice(&x, &far, &ty).as_slice::<i32>(), [5, 8]);
    }

    #[test]
    fn rows_are_gathered_and_clamped() {
        let x = Array::from_fn([3, 2], |i| i as i32);
        let dims = GatherDims {
            offset: smallvec![1],
            collapsed: smallvec![0],
            start_index_map: smallvec![0],
            ..GatherDims::default()
        };
        let indices = Array::from_slice([3, 1], &[2i64, -9, 9]);
        let out = gather(&x, &indices, &dims, &[1, 2], &Type::new(DType::I32, [3, 2]));
        assert_eq!(out.as_slice::<i32>(), [4, 5, 0, 1, 4, 5]);
    }

    #[test]
    fn batching_axes_go_together() {
        let x = Array::from_fn([2, 3], |i| i as i32);
        let dims = GatherDims {
            operand_batching: smallvec![0],
            indices_batching: smallvec![0],
            collapsed: smallvec![1],
            start_index_map: smallvec![1],
            ..GatherDims::default()
        };
        let indices = Array::from_slice([2, 2, 1], &[2u8, 0, 1, 1]);
        let out = gather(&x, &indices, &dims, &[1, 1], &Type::new(DType::I32, [2, 2]));
        assert_eq!(out.as_slice::<i32>(), [2, 0, 4, 4]);
    }
}
