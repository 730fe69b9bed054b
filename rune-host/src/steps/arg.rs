//! The index of the first greatest or least element along an axis.

use super::{AxisSplit, in_pieces, with_summed};
use crate::kernel::number::Number;
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use num_traits::AsPrimitive;
use rune_ir::op::ArgFn;
use rune_ir::{DType, Element};

/// The minimum number of elements for which several threads share the work.
const PARALLEL_THRESHOLD: usize = if cfg!(test) { 16 } else { 1 << 17 };
/// The number of elements of a row that are combined at a time.
const BLOCK: usize = if cfg!(test) { 5 } else { 1024 };

#[derive(Clone, Debug)]
pub(crate) struct ArgReduce {
    pub f: ArgFn,
    pub runs: AxisSplit,
    pub dtype: DType,
    /// The dtype of the indices.
    pub index: DType,
}

impl ArgReduce {
    pub(super) fn run(&self, x: &[u8], out: &mut [u8]) {
        let mut wide = Vec::new();
        let mut widened = |convert: &dyn Fn(&mut [f32])| {
            wide.resize(x.len() / 2, 0.0);
            convert(&mut wide);
        };
        match self.dtype {
            DType::F16 => widened(&|to| f16::cast_slice(x).convert_to_f32_slice(to)),
            DType::BF16 => widened(&|to| bf16::cast_slice(x).convert_to_f32_slice(to)),
            dtype => return with_summed!(dtype, T => self.to_index::<T>(bytemuck::cast_slice(x), out)),
        }
        self.to_index::<f32>(&wide, out);
    }

    fn to_index<T: Number + Sync>(&self, x: &[T], out: &mut [u8]) {
        let found = self.positions(x);
        fn write<I: Copy + 'static>(found: &[u32], out: &mut [I])
        where
            u32: AsPrimitive<I>,
        {
            out.iter_mut().zip(found).for_each(|(out, &i)| *out = i.as_());
        }
        match self.index {
            // A position has the same bits in both dtypes.
            DType::I32 | DType::U32 => out.copy_from_slice(bytemuck::cast_slice(&found)),
            DType::I64 | DType::U64 => write::<i64>(&found, bytemuck::cast_slice_mut(out)),
            DType::I16 | DType::U16 => write::<u16>(&found, bytemuck::cast_slice_mut(out)),
            _ => write::<u8>(&found, bytemuck::cast_slice_mut(out)),
        }
    }

    fn positions<T: Number + Sync>(&self, x: &[T]) -> Vec<u32> {
        let AxisSplit { outer, len, inner } = self.runs;
        let mut found = vec![0u32; outer * inner];
        let least = self.f == ArgFn::Min;
        let piece = |x: &[T], found: &mut [u32]| match (inner, least) {
            (1, false) => found[0] = along_row(x, |x, best| x > best),
            (1, true) => found[0] = along_row(x, |x, best| x < best),
            (_, false) => of_columns(x, found, |x, best| x > best),
            (_, true) => of_columns(x, found, |x, best| x < best),
        };
        let each = inner * size_of::<u32>();
        in_pieces(bytemuck::cast_slice_mut(&mut found), each, x.len() >= PARALLEL_THRESHOLD, &|first, found| {
            let found: &mut [u32] = bytemuck::cast_slice_mut(found);
            let x = x[first * len * inner..].chunks_exact(len * inner);
            x.zip(found.chunks_exact_mut(inner)).for_each(|(x, found)| piece(x, found));
        });
        found
    }
}

fn is_nan<T: PartialOrd>(x: T) -> bool {
    x.partial_cmp(&x).is_none()
}

/// Returns the extreme element of a block, and whether the block holds a NaN. The compiler vectorizes the loop over
/// lanes.
fn best_of_block<T: Number>(block: &[T], better: impl Fn(T, T) -> bool) -> (T, bool) {
    const LANES: usize = 16;
    let (mut lanes, mut nans) = ([block[0]; LANES], [false; LANES]);
    let (chunks, rest) = block.as_chunks::<LANES>();
    for chunk in chunks {
        for ((lane, nan), &x) in lanes.iter_mut().zip(&mut nans).zip(chunk) {
            *lane = if better(x, *lane) { x } else { *lane };
            *nan |= is_nan(x);
        }
    }
    let pick = |best: T, &x: &T| if better(x, best) { x } else { best };
    let nan = nans.contains(&true) || rest.iter().any(|&x| is_nan(x));
    (rest.iter().fold(lanes.iter().fold(lanes[0], pick), pick), nan)
}

/// Works block by block: finds the extreme of a block, then the index of the extreme.
fn along_row<T: Number>(x: &[T], better: impl Fn(T, T) -> bool + Copy) -> u32 {
    let mut best: Option<(T, usize)> = None;
    for (i, block) in x.chunks(BLOCK).enumerate() {
        let (of_block, nan) = best_of_block(block, better);
        if nan {
            let at = block.iter().position(|&x| is_nan(x)).unwrap_or(0);
            return (i * BLOCK + at) as u32;
        }
        if best.is_none_or(|(best, _)| better(of_block, best)) {
            best = Some((of_block, i));
        }
    }
    let Some((best, block)) = best else { return 0 };
    let first = block * BLOCK;
    (first + x[first..].iter().position(|&x| x == best).unwrap_or(0)) as u32
}

/// Works row by row, and keeps the extreme of each column so far.
fn of_columns<T: Number>(x: &[T], found: &mut [u32], better: impl Fn(T, T) -> bool) {
    let mut best = x[..found.len()].to_vec();
    for (i, row) in x.chunks_exact(found.len()).enumerate().skip(1) {
        for ((&x, best), found) in row.iter().zip(&mut best).zip(found.iter_mut()) {
            let takes = better(x, *best) | (is_nan(x) & !is_nan(*best));
            *found = if takes { i as u32 } else { *found };
            *best = if takes { x } else { *best };
        }
    }
}
