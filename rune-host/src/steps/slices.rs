//! Gathers and scatters: slices of an array at indices in an operand.

use super::walk::{Strides, Walk, row_major_strides};
use super::{in_pieces, positions, with_summed};
use crate::kernel::number::{Bits, Number};
use rune_ir::op::{GatherDims, ScatterDims, ScatterMode};
use rune_ir::{DType, Element, Shape, with_word};

/// The minimum number of elements for which several threads share a gather or a scatter.
const PARALLEL_THRESHOLD: usize = if cfg!(test) { 16 } else { 1 << 18 };

/// The slices of an array, one for each index vector.
#[derive(Clone, Debug)]
pub(crate) struct Slices {
    index: DType,
    /// The walk over one slice, in the array of slices and in the sliced array.
    slice: Walk<2>,
    /// The walk over the index vectors, in the array of slices, in the indices, and in the sliced array.
    batch: Walk<3>,
    /// For each index: its stride in the array, and the greatest value for which the slice lies inside.
    coordinates: Vec<(isize, i64)>,
}

impl Slices {
    /// Returns the slices of sizes `sizes` in an array of shape `shape`. `slices` is the shape of the array of slices.
    pub(crate) fn new(
        shape: &Shape,
        slices: &Shape,
        (indices, index): (&Shape, DType),
        dims: &GatherDims,
        sizes: &[usize],
    ) -> Slices {
        let (outer, inner) = (row_major_strides(slices), row_major_strides(shape));
        let kept = (0..shape.rank()).filter(|a| !dims.collapsed.contains(a) && !dims.operand_batching.contains(a));
        let (kept_sizes, kept_steps): (Vec<usize>, Strides) = kept.map(|a| (sizes[a], inner[a])).unzip();
        let offset_steps: Strides = dims.offset.iter().map(|&a| outer[a]).collect();
        let batch = &indices[..indices.rank() - 1];
        let batch_steps: Strides = (0..slices.rank()).filter(|a| !dims.offset.contains(a)).map(|a| outer[a]).collect();
        let mut array_steps = Strides::from_elem(0, batch.len());
        for (&operand, &index) in dims.operand_batching.iter().zip(&dims.indices_batching) {
            array_steps[index] = inner[operand];
        }
        let coordinate = |&a: &usize| (inner[a], shape[a] as i64 - sizes[a] as i64);
        Slices {
            index,
            slice: Walk::new(&kept_sizes, [&offset_steps, &kept_steps]),
            batch: Walk::new(batch, [&batch_steps, &row_major_strides(indices)[..batch.len()], &array_steps]),
            coordinates: dims.start_index_map.iter().map(coordinate).collect(),
        }
    }
    /// Returns the position of a slice, clamped so that it lies inside.
    fn clamped_offset(&self, base: isize, coordinates: &[i64]) -> isize {
        let along = |(&(step, room), &i): (&(isize, i64), &i64)| i.clamp(0, room) as isize * step;
        base + self.coordinates.iter().zip(coordinates).map(along).sum::<isize>()
    }
    /// Returns the position of a slice if it lies inside.
    fn offset_in_bounds(&self, base: isize, coordinates: &[i64]) -> Option<isize> {
        let mut each = self.coordinates.iter().zip(coordinates);
        each.try_fold(base, |at, (&(step, room), &i)| (0..=room).contains(&i).then(|| at + i as isize * step))
    }
}

/// Copies slices of an array. Indices are clamped.
#[derive(Clone, Debug)]
pub(crate) struct Gather {
    /// The number of bytes of an element.
    pub size: usize,
    pub slices: Slices,
}

impl Gather {
    pub(super) fn run(&self, x: &[u8], indices: &[u8], out: &mut [u8]) {
        let Slices { index, slice, batch, coordinates } = &self.slices;
        let indices = positions(indices, *index);
        let (len, steps) = slice.run();
        let (_, [between, stride, base]) = batch.run();
        // Successive rows of the result, at successive index vectors.
        let rows = slice.is_one_run() && (len == 1 || steps == [1, 1]) && batch.is_one_run() && base == 0;
        if rows && (between == len as isize || out.len() == len * self.size) {
            let stride = if stride == 0 { coordinates.len() } else { stride as usize };
            return with_word!(self.size, W => self.rows::<W>(
                bytemuck::cast_slice(x), &indices, stride, len, bytemuck::cast_slice_mut(out),
            ));
        }
        with_word!(self.size, W => {
            let (x, out): (&[W], &mut [W]) = (bytemuck::cast_slice(x), bytemuck::cast_slice_mut(out));
            batch.for_each([0; 3], |[to, at, base]| {
                let from = self.slices.clamped_offset(base, &indices[at as usize..]);
                slice.runs([to, from], |[to, from]| {
                    if steps == [1, 1] {
                        out[to as usize..][..len].copy_from_slice(&x[from as usize..][..len]);
                        return;
                    }
                    for i in 0..len as isize {
                        out[(to + i * steps[0]) as usize] = x[(from + i * steps[1]) as usize];
                    }
                });
            });
        });
    }

    fn rows<W: bytemuck::Pod + Sync>(&self, x: &[W], indices: &[i64], stride: usize, len: usize, out: &mut [W]) {
        let shared = out.len() >= PARALLEL_THRESHOLD;
        in_pieces(bytemuck::cast_slice_mut(out), len * size_of::<W>(), shared, &|first, out| {
            let out: &mut [W] = bytemuck::cast_slice_mut(out);
            for (i, out) in out.chunks_exact_mut(len).enumerate() {
                let at = (first + i) * stride;
                let from = match self.slices.coordinates[..] {
                    [(step, room)] => indices[at].clamp(0, room) as usize * step as usize,
                    _ => self.slices.clamped_offset(0, indices.get(at..).unwrap_or(&[])) as usize,
                };
                match out {
                    [out] => *out = x[from],
                    out => out.copy_from_slice(&x[from..from + len]),
                }
            }
        });
    }
}

/// Combines slices into an array, in order. A slice that does not lie inside is ignored.
#[derive(Clone, Debug)]
pub(crate) struct Scatter {
    pub dtype: DType,
    pub mode: ScatterMode,
    pub slices: Slices,
}

impl Scatter {
    pub(crate) fn new(
        dtype: DType,
        x: &Shape,
        indices: (&Shape, DType),
        updates: &Shape,
        dims: &ScatterDims,
        mode: ScatterMode,
    ) -> Scatter {
        let sizes = dims.slice_sizes(x, updates);
        Scatter { dtype, mode, slices: Slices::new(x, updates, indices, &dims.gather(), &sizes) }
    }

    /// Combines `updates` into `x`.
    pub(super) fn run(&self, x: &mut [u8], indices: &[u8], updates: &[u8]) {
        let indices = positions(indices, self.slices.index);
        if self.mode == ScatterMode::Set {
            with_word!(self.dtype.size(), W => {
                let (x, updates): (&mut [W], &[W]) = (bytemuck::cast_slice_mut(x), bytemuck::cast_slice(updates));
                self.combine(x, &indices, updates, |_, y| y);
            });
            return;
        }
        match self.dtype {
            DType::Bool if matches!(self.mode, ScatterMode::Add | ScatterMode::Max) => {
                self.combine(x, &indices, updates, u8::or);
            }
            DType::Bool => self.combine(x, &indices, updates, u8::and),
            // The sum is rounded once, whatever the number of updates.
            DType::F16 => self.run_half::<half::f16>(x, &indices, updates, half::f16::to_f32, half::f16::from_f32),
            DType::BF16 => self.run_half::<half::bf16>(x, &indices, updates, half::bf16::to_f32, half::bf16::from_f32),
            dtype => with_summed!(dtype, T => self.run_typed::<T>(
                bytemuck::cast_slice_mut(x), &indices, bytemuck::cast_slice(updates)
            )),
        }
    }

    fn run_half<H: Element>(
        &self,
        x: &mut [u8],
        indices: &[i64],
        updates: &[u8],
        to_f32: impl Fn(H) -> f32,
        from_f32: impl Fn(f32) -> H,
    ) {
        let widened = |x: &[u8]| -> Vec<f32> { H::cast_slice(x).iter().map(|&x| to_f32(x)).collect() };
        let mut wide = widened(x);
        self.run_typed::<f32>(&mut wide, indices, &widened(updates));
        for (x, &wide) in H::cast_slice_mut(x).iter_mut().zip(&wide) {
            *x = from_f32(wide);
        }
    }

    fn run_typed<T: Number + Sync>(&self, x: &mut [T], indices: &[i64], updates: &[T]) {
        match self.mode {
            ScatterMode::Set => self.combine(x, indices, updates, |_, y| y),
            ScatterMode::Add => self.combine(x, indices, updates, T::plus),
            ScatterMode::Mul => self.combine(x, indices, updates, T::times),
            ScatterMode::Min => self.combine(x, indices, updates, T::lesser),
            ScatterMode::Max => self.combine(x, indices, updates, T::greater),
        }
    }

    /// Combines the updates in order. Each thread handles one part of the array, so the result does not depend on the
    /// number of threads.
    fn combine<T: bytemuck::Pod + Sync>(
        &self,
        x: &mut [T],
        indices: &[i64],
        updates: &[T],
        f: impl Fn(T, T) -> T + Copy + Sync,
    ) {
        let Slices { slice, batch, .. } = &self.slices;
        let (len, steps) = slice.run();
        let part = |first: usize, x: &mut [u8]| {
            let x: &mut [T] = bytemuck::cast_slice_mut(x);
            let end = first + x.len();
            batch.for_each([0; 3], |[from, at, base]| {
                let Some(to) = self.slices.offset_in_bounds(base, indices.get(at as usize..).unwrap_or(&[])) else {
                    return;
                };
                slice.runs([from, to], |[from, to]| {
                    let (from, to) = (from as usize, to as usize);
                    if len > 1 && steps == [1, 1] {
                        let (begin, stop) = (to.max(first), (to + len).min(end));
                        if begin < stop {
                            let updates = &updates[from + begin - to..from + stop - to];
                            let x = &mut x[begin - first..stop - first];
                            x.iter_mut().zip(updates).for_each(|(x, &y)| *x = f(*x, y));
                        }
                        return;
                    }
                    for i in 0..len {
                        let to = to.wrapping_add_signed(i as isize * steps[1]);
                        if (first..end).contains(&to) {
                            let at = to - first;
                            x[at] = f(x[at], updates[from.wrapping_add_signed(i as isize * steps[0])]);
                        }
                    }
                });
            });
        };
        let shared = updates.len() >= PARALLEL_THRESHOLD;
        // There are only as many parts as threads, because each part visits all slices.
        let each = if shared { x.len().div_ceil(rayon::current_num_threads()) } else { x.len() };
        in_pieces(bytemuck::cast_slice_mut(x), each * size_of::<T>(), shared, &|piece, x| part(piece * each, x));
    }
}
