//! Steps with their own code, for operations that are not kernels: they move elements, order them, or scan along an
//! axis.
//!
//! Each step is prepared during planning, as far as its operands are known. Its results equal those of the interpreter
//! bit for bit.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "dtypes that the planner leaves to the interpreter have no arm of their own"
)]

mod arg;
mod cumulative;
mod moves;
mod order;
mod slices;
#[cfg(test)]
mod tests;
mod walk;
mod window;

pub(crate) use arg::ArgReduce;
pub(crate) use cumulative::Cumulative;
pub(crate) use moves::{Block, Copies, InitialFill};
pub(crate) use order::{Sort, TopK};
pub(crate) use slices::{Gather, Scatter, Slices};
pub(crate) use window::ReduceWindow;

use crate::kernel::number::{Accumulator, Number};
use bytemuck::Pod;
use half::{bf16, f16};
use rayon::prelude::*;
use rune_ir::{AlignedBytes, DType, Element};

/// A step with its own code.
#[derive(Clone, Debug)]
pub(crate) enum Native {
    Copies(Copies),
    /// Makes complex numbers of their parts, which have this number of bytes.
    Interleave(usize),
    DynamicSlice(Block),
    /// Writes into the memory of its first operand. The number is the offset of the second operand.
    DynamicUpdateSlice(Block, isize),
    Gather(Gather),
    /// Writes into the memory of its first operand.
    Scatter(Scatter),
    /// Writes into the memory of its operand.
    Cumulative(Cumulative),
    ArgReduce(ArgReduce),
    ReduceWindow(ReduceWindow),
    /// Sorts the memory of its only operand.
    SortSingle(Sort),
    Sort(Sort),
    TopK(TopK),
}

impl Native {
    /// Returns whether the first result is computed in the memory of the first operand.
    pub(crate) fn is_in_place(&self) -> bool {
        matches!(
            self,
            Native::DynamicUpdateSlice(..) | Native::Scatter(_) | Native::Cumulative(_) | Native::SortSingle(_)
        )
    }
    /// Computes the results. If the step works in place, its first operand is in the first result, and is not among
    /// `operands`.
    pub(crate) fn run(&self, operands: &[&[u8]], results: &mut [AlignedBytes]) {
        match self {
            Native::Copies(copies) => copies.run(operands, &mut results[0]),
            Native::Interleave(size) => moves::interleave(*size, operands[0], operands[1], &mut results[0]),
            Native::DynamicSlice(block) => block.read(operands, &mut results[0]),
            Native::DynamicUpdateSlice(block, offset) => block.write(*offset, operands, &mut results[0]),
            Native::Gather(gather) => gather.run(operands[0], operands[1], &mut results[0]),
            Native::Scatter(scatter) => scatter.run(&mut results[0], operands[0], operands[1]),
            Native::Cumulative(cumulative) => cumulative.run(&mut results[0]),
            Native::ArgReduce(arg) => arg.run(operands[0], &mut results[0]),
            Native::ReduceWindow(window) => window.run(operands[0], &mut results[0]),
            Native::SortSingle(sort) => sort.run_single(&mut results[0]),
            Native::Sort(sort) => sort.run(operands, results),
            Native::TopK(top_k) => top_k.run(operands[0], results),
        }
    }
}

/// An integer that a step depends on.
#[derive(Clone, Debug)]
pub(crate) enum Scalar {
    Known(i64),
    /// A scalar operand.
    Operand {
        operand: usize,
        dtype: DType,
    },
}

/// An array split at one axis, into `outer` pieces of `len` rows of `inner` elements.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AxisSplit {
    pub outer: usize,
    pub len: usize,
    pub inner: usize,
}

impl AxisSplit {
    pub(crate) fn along(shape: &[usize], axis: usize) -> AxisSplit {
        AxisSplit { outer: shape[..axis].iter().product(), len: shape[axis], inner: shape[axis + 1..].iter().product() }
    }
}

/// An element of a number type, and the type in which it is accumulated: `f64` for floats.
pub(crate) trait Summed: Pod + Send + Sync {
    type Accumulator: Accumulator + Sync;
    fn to_accumulator(self) -> Self::Accumulator;
    fn from_accumulator(x: Self::Accumulator) -> Self;
}
impl<T: Number + Sync> Summed for T
where
    T::Accumulator: Sync,
{
    type Accumulator = T::Accumulator;
    #[inline(always)]
    fn to_accumulator(self) -> T::Accumulator {
        Number::to_accumulator(self)
    }
    #[inline(always)]
    fn from_accumulator(x: T::Accumulator) -> T {
        Number::from_accumulator(x)
    }
}
macro_rules! halves {
    ($($t:ident)*) => {$(
        impl Summed for $t {
            type Accumulator = f64;
            fn to_accumulator(self) -> f64 {
                self.to_f64()
            }
            fn from_accumulator(x: f64) -> $t {
                Element::from_f64(x)
            }
        }
    )*};
}
halves!(f16 bf16);

/// Runs a block with a type alias for the Rust type of an integer dtype, `f32` or `f64`. The planner rejects other
/// dtypes.
macro_rules! with_summed {
    ($dtype:expr, $T:ident => $number:expr) => {
        $crate::kernel::number::with_number!($dtype, $T => $number, _ => $crate::steps::unplanned())
    };
}
use with_summed;

/// Like [`with_summed`], but also accepts half-precision types.
macro_rules! with_any_number {
    ($dtype:expr, $T:ident => $number:expr) => {
        match $dtype {
            rune_ir::DType::F16 => {
                type $T = half::f16;
                $number
            }
            rune_ir::DType::BF16 => {
                type $T = half::bf16;
                $number
            }
            dtype => $crate::kernel::number::with_number!(dtype, $T => $number, _ => $crate::steps::unplanned()),
        }
    };
}
use with_any_number;

/// Computes pieces of `each` bytes of a result, on all threads if `shared`. Each call of `f` gets the index of its
/// first piece, and the memory of all its pieces. `f` is not a type parameter, so that the code that shares the work is
/// compiled once.
fn in_pieces(out: &mut [u8], each: usize, shared: bool, f: &(dyn Fn(usize, &mut [u8]) + Sync)) {
    let threads = rayon::current_num_threads();
    let pieces = out.len() / each.max(1);
    if !shared || threads == 1 || pieces < 2 {
        return f(0, out);
    }
    let some = pieces.div_ceil(4 * threads);
    out.par_chunks_mut(some * each).enumerate().for_each(|(i, out)| f(i * some, out));
}

/// Copies bytes, on all threads.
pub(crate) fn copy_shared(from: &[u8], to: &mut [u8]) {
    const PIECE: usize = 1 << 16;
    in_pieces(to, PIECE, true, &|first, to| to.copy_from_slice(&from[first * PIECE..][..to.len()]));
}

fn unplanned() -> ! {
    unreachable!("the planner leaves such dtypes to the interpreter")
}

/// Returns whether steps can compute with the dtype.
pub(crate) fn is_number(dtype: DType) -> bool {
    dtype.is_int() || matches!(dtype, DType::F16 | DType::BF16 | DType::F32 | DType::F64)
}

/// Returns whether [`rune_ir::with_word`] can move the elements.
pub(crate) fn is_word(dtype: DType) -> bool {
    matches!(dtype.size(), 1 | 2 | 4 | 8)
}

/// Returns integers as `i64`. A number above `i64::MAX` becomes `i64::MAX`, which is out of bounds too.
fn positions(indices: &[u8], dtype: DType) -> Vec<i64> {
    fn all<T: Pod>(indices: &[u8], to: impl Fn(T) -> i64) -> Vec<i64> {
        bytemuck::cast_slice(indices).iter().map(|&i| to(i)).collect()
    }
    match dtype {
        DType::I32 => all(indices, |i: i32| i.into()),
        DType::I64 => all(indices, |i: i64| i),
        DType::U64 => all(indices, |i: u64| i.try_into().unwrap_or(i64::MAX)),
        DType::U32 => all(indices, |i: u32| i.into()),
        DType::I16 => all(indices, |i: i16| i.into()),
        DType::U16 => all(indices, |i: u16| i.into()),
        DType::I8 => all(indices, |i: i8| i.into()),
        DType::U8 => all(indices, |i: u8| i.into()),
        _ => unplanned(),
    }
}

/// Returns the only integer of an array.
fn position(index: &[u8], dtype: DType) -> i64 {
    match dtype {
        DType::I32 => bytemuck::cast_slice::<u8, i32>(index)[0].into(),
        DType::I64 => bytemuck::cast_slice::<u8, i64>(index)[0],
        dtype => positions(index, dtype)[0],
    }
}
