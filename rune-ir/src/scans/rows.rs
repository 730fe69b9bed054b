//! Finds the arrays that the iterations of a loop read and write row by row.

use super::counted::{Loop, producer};
use super::counting::{Counting, Scalar};
use crate::op::Dims;
use crate::{BuildError, Op, Origin, Program, ProgramBuilder, Type, Var};

/// The rows of an array that a loop visits. Each iteration takes the next block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Rows {
    /// The array, an input of the loop.
    pub array: usize,
    /// The first row of the first block.
    lowest: usize,
    /// The number of rows that one iteration takes.
    size: usize,
    /// Whether the first iteration takes the last block.
    pub back: bool,
}

/// The rows that an iteration writes.
pub(super) struct Write {
    pub rows: Rows,
    /// The block that is written.
    pub update: Var,
}

/// Returns the reads, one entry for each instruction of the body, and the writes. An array is written if its next value
/// is the array with one block replaced, and if nothing else uses the array or its next value.
pub(super) fn reads_and_writes(
    counted: &Loop,
    trip_count: usize,
    counting: &Counting,
) -> (Vec<Option<Rows>>, Vec<Write>) {
    let body = counted.body;
    let reads = body.instructions().iter().map(|instruction| {
        let Op::DynamicSlice { x, start_indices, slice_sizes } = &instruction.op else { return None };
        let array = x.index();
        let there = array < counted.types().len() && counted.is_invariant(array);
        Rows::new(counting, trip_count, array, body.ty(*x), slice_sizes, start_indices).filter(|_| there)
    });
    let reads = reads.collect();
    let mut uses = vec![0usize; body.num_vars()];
    let operands = body.instructions().iter().flat_map(|i| i.op.operands().into_iter().copied());
    operands.chain(body.outputs().iter().copied()).for_each(|v| uses[v.index()] += 1);
    let writes = (counted.consts..counted.types().len()).filter_map(|array| {
        let next = counted.next(array);
        let Op::DynamicUpdateSlice { x, update, start_indices } = producer(body, next)? else { return None };
        let alone = x.index() == array && uses[array] == 1 && uses[next.index()] == 1;
        let block = &body.ty(*update).shape;
        let rows = Rows::new(counting, trip_count, array, body.ty(*x), block, start_indices).filter(|_| alone)?;
        Some(Write { rows, update: *update })
    });
    (reads, writes.collect())
}

impl Rows {
    /// Returns the rows of blocks that start at these indices. Returns `None` unless each block belongs to one
    /// iteration and all blocks are in range.
    fn new(
        counting: &Counting,
        trip_count: usize,
        array: usize,
        ty: &Type,
        block: &[usize],
        start_indices: &[Var],
    ) -> Option<Rows> {
        let (&n, row) = ty.shape.split_first()?;
        let (&size, inner) = block.split_first()?;
        // Along the other axes the block is complete, whatever the index.
        if size == 0 || inner != row {
            return None;
        }
        let start = counting.get(start_indices[0])?;
        let Scalar::Number { step, .. } = start else { return None };
        let [first, last] = counting.extremes(start)?;
        if trip_count > 1 && step.unsigned_abs() != size as u128 {
            return None;
        }
        let lowest = usize::try_from(first.min(last)).ok()?;
        let end = usize::try_from(first.max(last)).ok()?.checked_add(size)?;
        (end <= n).then_some(Rows { array, lowest, size, back: trip_count > 1 && step < 0 })
    }

    /// Returns the type of the rows of one iteration, where `ty` is the type of the array.
    pub fn block(&self, ty: &Type) -> Type {
        let row = ty.with_shape(&ty.shape[1..]);
        if self.size == 1 { row } else { row.batched(self.size) }
    }
    fn stack(&self, ty: &Type, trip_count: usize) -> Type {
        self.block(ty).batched(trip_count)
    }
    /// Returns whether the loop visits all rows of the array.
    fn covers_array(&self, ty: &Type, trip_count: usize) -> bool {
        self.size * trip_count == ty.shape[0]
    }

    /// Returns the array to scan. `x` is the array that contains the rows.
    pub fn scanned_array(&self, b: &mut Steps, x: Var, trip_count: usize, reverse: bool) -> Var {
        let ty = b.ty(x);
        let mut stack = b.slice(x, self.lowest, self.lowest + self.size * trip_count);
        if self.size > 1 {
            stack = b.step(Op::Reshape { x: stack, shape: self.stack(&ty, trip_count).shape });
        }
        if self.back != reverse && trip_count > 1 { b.reversed(stack) } else { stack }
    }

    /// Returns the array `x` after the loop, from the stacked blocks.
    pub fn put_back(&self, b: &mut Steps, x: Var, mut stack: Var, trip_count: usize, reverse: bool) -> Var {
        let ty = b.ty(x);
        if self.back != reverse && trip_count > 1 {
            stack = b.reversed(stack);
        }
        let rows = self.size * trip_count;
        if self.size > 1 {
            stack = b.step(Op::Reshape { x: stack, shape: ty.with_shape(&ty.shape[1..]).batched(rows).shape });
        }
        if self.covers_array(&ty, trip_count) {
            return stack;
        }
        let before = b.slice(x, 0, self.lowest);
        let after = b.slice(x, self.lowest + rows, ty.shape[0]);
        b.step(Op::Concatenate { xs: vec![before, stack, after], dimension: 0 })
    }
}

/// Instructions with one result each and one origin.
pub(super) struct Steps {
    pub builder: ProgramBuilder,
    pub origin: Origin,
}

impl Steps {
    pub fn ty(&self, x: Var) -> Type {
        self.builder.ty(x).expect("a variable of these steps").clone()
    }
    pub fn step(&mut self, op: Op) -> Var {
        self.builder.push(op, self.origin.clone()).expect("steps are well-typed")[0]
    }
    fn slice(&mut self, x: Var, from: usize, to: usize) -> Var {
        let ty = self.ty(x);
        let mut start = Dims::from_elem(0, ty.rank());
        let mut limit: Dims = ty.shape.iter().copied().collect();
        (start[0], limit[0]) = (from, to);
        self.step(Op::Slice { x, start, limit, strides: Dims::from_elem(1, ty.rank()) })
    }
    fn reversed(&mut self, x: Var) -> Var {
        self.step(Op::Reverse { x, axes: Dims::from_elem(0, 1) })
    }
    pub fn finish(self, outputs: Vec<Var>) -> Result<Program, BuildError> {
        self.builder.finish(outputs)
    }
}
