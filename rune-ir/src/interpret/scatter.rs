//! Scatters.

use super::convert::convert;
use super::index::{Slices, positions};
use super::number::{Extremes, Number, Real, Ring, with_kind};
use super::strided::with_word;
use super::{InterpretError, undefined};
use crate::op::{Dims, GatherDims, ScatterDims, ScatterMode};
use crate::{Array, DType};

/// Combines the slices of `updates` into `x`, in order. Slices that do not lie completely inside are skipped. Sums and
/// products of half-precision types accumulate in `f32`, and are rounded once.
pub(super) fn scatter(
    x: Array,
    indices: &Array,
    updates: Array,
    dims: &ScatterDims,
    mode: ScatterMode,
) -> Result<Array, InterpretError> {
    if updates.ty().size() == 0 || x.ty().size() == 0 {
        return Ok(x);
    }
    let dtype = x.dtype();
    if dtype.is_reduced_float() && matches!(mode, ScatterMode::Add | ScatterMode::Mul) {
        let wide = scatter(convert(x, DType::F32), indices, convert(updates, DType::F32), dims, mode)?;
        return Ok(convert(wide, dtype));
    }
    // The corresponding gather reads what the scatter writes.
    let gather = GatherDims {
        offset: dims.update_window.clone(),
        collapsed: dims.inserted_window.clone(),
        operand_batching: dims.operand_batching.clone(),
        indices_batching: dims.indices_batching.clone(),
        start_index_map: dims.scatter_map.clone(),
    };
    let mut window = dims.update_window.iter().map(|&a| updates.shape()[a]);
    let single = |a: &usize| dims.inserted_window.contains(a) || dims.operand_batching.contains(a);
    let sizes: Dims = (0..x.ty().rank()).map(|a| if single(&a) { 1 } else { window.next().unwrap_or(1) }).collect();
    let slices = Slices::new(x.shape(), updates.shape(), indices.shape(), &gather, &sizes);
    let indices = positions(indices);
    match mode {
        ScatterMode::Set => Ok(set(x, &updates, &slices, &indices)),
        ScatterMode::Add | ScatterMode::Mul | ScatterMode::Min | ScatterMode::Max => with_kind!(dtype,
            float T => Ok(real::<T>(x, &updates, &slices, &indices, mode)),
            int T => Ok(real::<T>(x, &updates, &slices, &indices, mode)),
            complex T => match mode {
                ScatterMode::Set => Ok(set(x, &updates, &slices, &indices)),
                ScatterMode::Add => Ok(combine(x, &updates, &slices, &indices, by::<T>(Ring::plus))),
                ScatterMode::Mul => Ok(combine(x, &updates, &slices, &indices, by::<T>(Ring::times))),
                ScatterMode::Min | ScatterMode::Max => Err(undefined("scatter", dtype)),
            },
            bool => Ok(boolean(x, &updates, &slices, &indices, mode))),
    }
}

/// Calls `f` with the offsets in the updates and in the array, for each element of the slices that lie inside.
fn for_each(slices: &Slices, indices: &[i64], mut f: impl FnMut(usize, usize)) {
    slices.for_each(indices, |from, to, coordinates| {
        if let Some(at) = slices.offset_in_bounds(to, coordinates) {
            slices.slice.for_each([from, at], |[from, to]| f(from as usize, to as usize));
        }
    });
}

fn set(mut x: Array, updates: &Array, slices: &Slices, indices: &[i64]) -> Array {
    with_word!(x.dtype().size(), W => {
        let (updates, x): (&[W], &mut [W]) =
            (bytemuck::cast_slice(updates.bytes()), bytemuck::cast_slice_mut(x.bytes_mut()));
        for_each(slices, indices, |from, to| x[to] = updates[from]);
    });
    x
}

fn combine<T: crate::Element>(
    mut x: Array,
    updates: &Array,
    slices: &Slices,
    indices: &[i64],
    f: impl Fn(T, T) -> T,
) -> Array {
    let (updates, out) = (updates.as_slice(), x.make_mut());
    for_each(slices, indices, |from, to| out[to] = f(out[to], updates[from]));
    x
}

/// Returns `f` of two elements, rounded once.
fn by<T: Number>(f: fn(T::Accumulator, T::Accumulator) -> T::Accumulator) -> impl Fn(T, T) -> T {
    move |x, y| T::from_accumulator(f(x.to_accumulator(), y.to_accumulator()))
}

fn real<T: Real>(x: Array, updates: &Array, slices: &Slices, indices: &[i64], mode: ScatterMode) -> Array {
    match mode {
        ScatterMode::Set => set(x, updates, slices, indices),
        ScatterMode::Add => combine(x, updates, slices, indices, by::<T>(T::Accumulator::plus)),
        ScatterMode::Mul => combine(x, updates, slices, indices, by::<T>(T::Accumulator::times)),
        ScatterMode::Min => combine(x, updates, slices, indices, by::<T>(T::Accumulator::lesser)),
        ScatterMode::Max => combine(x, updates, slices, indices, by::<T>(T::Accumulator::greater)),
    }
}

fn boolean(x: Array, updates: &Array, slices: &Slices, indices: &[i64], mode: ScatterMode) -> Array {
    match mode {
        ScatterMode::Set => set(x, updates, slices, indices),
        ScatterMode::Add | ScatterMode::Max => combine(x, updates, slices, indices, |x: bool, y| x | y),
        ScatterMode::Mul | ScatterMode::Min => combine(x, updates, slices, indices, |x: bool, y| x & y),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use half::bf16;
    use smallvec::smallvec;

    fn rows() -> ScatterDims {
        ScatterDims {
            update_window: smallvec![1],
            inserted_window: smallvec![0],
            scatter_map: smallvec![0],
            ..ScatterDims::default()
        }
    }

    #[test]
    fn slices_meet_and_those_outside_are_left_out() {
        let x = Array::zeros(crate::Type::new(DType::I32, [2, 2]));
        let updates = Array::from_fn([4, 2], |i| i as i32 + 1);
        let indices = Array::from_slice([4, 1], &[1i32, 2, -1, 1]);
        let out = scatter(x, &indices, updates, &rows(), ScatterMode::Add).unwrap();
        assert_eq!(out.as_slice::<i32>(), [0, 0, 8, 10]);
    }

    #[test]
    fn a_slice_that_sticks_out_is_left_out_whole() {
        let x = Array::from_slice([3], &[1i32, 2, 3]);
        let dims = ScatterDims { update_window: smallvec![1], scatter_map: smallvec![0], ..ScatterDims::default() };
        let updates = Array::from_slice([2, 2], &[7, 8, 9, 10]);
        let out = scatter(x, &Array::from_slice([2, 1], &[2i32, 0]), updates, &dims, ScatterMode::Set).unwrap();
        assert_eq!(out.as_slice::<i32>(), [9, 10, 3]);
    }

    #[test]
    fn halves_are_rounded_once() {
        let x = Array::from_slice([1, 1], &[bf16::from_f32(256.0)]);
        let updates = Array::from_slice([2, 1], &[bf16::from_f32(1.0); 2]);
        let out = scatter(x, &Array::from_slice([2, 1], &[0i32; 2]), updates, &rows(), ScatterMode::Add).unwrap();
        assert_eq!(out.as_slice::<bf16>(), [bf16::from_f32(258.0)]);
    }
}
