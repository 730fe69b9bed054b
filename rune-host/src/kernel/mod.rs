//! Kernels: many operations on arrays of one size, in one pass over tiles that stay in the cache.

mod access;
mod compute;
mod instruction;
mod lanes;
mod math;
pub(crate) mod number;
mod reduction;
mod single;
mod slot;
mod sums;

pub(crate) use access::{Access, Form, Source};
pub(crate) use compute::{in_pair, is_by_row};
pub(crate) use instruction::{Instruction, Register};
pub(crate) use reduction::Reduction;
pub(crate) use sums::{HalfByte, Narrow, ROWS_ADDED, ROWS_MULTIPLIED, add_scaled, dots};

use rayon::prelude::*;
use reduction::Partial;
use rune_ir::AlignedBytes;
use slot::{Line, Slot};
use smallvec::SmallVec;
use std::cell::RefCell;
use std::ops::Range;

/// The number of elements of a task. A larger kernel is divided into tasks. The size of a task does not depend on the
/// number of threads, so sums do not either.
const TASK_SIZE: usize = if cfg!(test) { 24 } else { 1 << 16 };
/// The maximum number of tasks of a kernel with reductions.
const MAX_PARTIALS: usize = 64;
/// The maximum number of accumulators of all tasks together.
const MAX_ACCUMULATORS: usize = 1 << 22;
/// The minimum number of elements that a task combines into each accumulator. The accumulators of all tasks are
/// combined at the end, which costs time.
const MIN_COMBINED: usize = if cfg!(test) { 2 } else { 64 };

/// An input of a kernel.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    /// The buffer that holds the input.
    pub buffer: usize,
    /// The number of bytes of an element.
    pub size: usize,
    pub access: Access,
}

/// An output of a kernel: all elements of a register.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub buffer: usize,
    pub register: Register,
    /// The number of bytes of an element.
    pub size: usize,
    /// Whether there is one element for each row.
    pub per_row: bool,
}

/// Code that runs over an index space of `size` elements, in rows of `row` elements.
#[derive(Clone, Debug)]
pub(crate) struct Kernel {
    pub size: usize,
    pub row: usize,
    /// The number of elements computed at a time, a multiple of `row`.
    pub tile: usize,
    pub registers: usize,
    pub inputs: Vec<Input>,
    /// The code that runs once for each task. It writes the registers that are the same in all tiles.
    pub prologue: Vec<Instruction>,
    pub code: Vec<Instruction>,
    /// Whether the result of each instruction of `code` has one element for each row.
    pub per_row: Vec<bool>,
    pub outputs: Vec<Output>,
    pub reductions: Vec<Reduction>,
}

thread_local! {
    /// Memory for registers, which tasks reuse.
    static SCRATCH: RefCell<Vec<Vec<Line>>> = const { RefCell::new(Vec::new()) };
}

/// The maximum scratch memory that a thread keeps: the number of lines of a register, and the number of registers.
const KEPT_LINES: usize = 1 << 11;
const KEPT_REGISTERS: usize = 64;

/// Parts of the outputs.
pub(crate) type Parts<'a> = SmallVec<[&'a mut [u8]; 4]>;

impl Kernel {
    /// Computes the outputs and the results of the reductions. `inputs` is the memory of the inputs.
    pub(crate) fn run(&self, inputs: &[Source<'_>], outputs: &mut [AlignedBytes], reduced: &mut [AlignedBytes]) {
        let task = self.task_size();
        let tasks = self.size.div_ceil(task);
        if tasks == 1 {
            let outputs = outputs.iter_mut().map(|b| b.as_mut_slice()).collect();
            let partials = self.run_task(inputs, 0, self.size, outputs);
            for (i, (reduction, out)) in self.reductions.iter().zip(reduced).enumerate() {
                reduction.finish(&partials[i..=i], out);
            }
            return;
        }
        let mut parts: Vec<Parts> = (0..tasks).map(|_| Parts::with_capacity(outputs.len())).collect();
        for (output, bytes) in self.outputs.iter().zip(outputs) {
            let each = if output.per_row { task / self.row } else { task } * output.size;
            for (part, chunk) in parts.iter_mut().zip(bytes.chunks_mut(each)) {
                part.push(chunk);
            }
        }
        let one =
            |(i, outputs): (usize, Parts)| self.run_task(inputs, i * task, self.size.min((i + 1) * task), outputs);
        let partials: Vec<SmallVec<[Partial; 1]>> = parts.into_par_iter().enumerate().map(one).collect();
        let mut columns: Vec<Vec<Partial>> = self.reductions.iter().map(|_| Vec::with_capacity(tasks)).collect();
        for partial in partials {
            for (column, partial) in columns.iter_mut().zip(partial) {
                column.push(partial);
            }
        }
        for ((reduction, partials), out) in self.reductions.iter().zip(&columns).zip(reduced) {
            reduction.finish(partials, out);
        }
    }

    /// Removes the inputs that no instruction loads.
    pub(crate) fn drop_unread_inputs(&mut self) {
        let mut places = vec![None; self.inputs.len()];
        let mut inputs = Vec::new();
        for instruction in self.prologue.iter_mut().chain(&mut self.code) {
            if let Instruction::Load { input, .. } = instruction {
                let place = *places[*input].get_or_insert_with(|| {
                    inputs.push(self.inputs[*input].clone());
                    inputs.len() - 1
                });
                *input = place;
            }
        }
        self.inputs = inputs;
    }

    /// Returns the number of elements of a task, a multiple of the tile.
    fn task_size(&self) -> usize {
        let mut tasks = self.size.div_ceil(TASK_SIZE);
        if !self.reductions.is_empty() {
            let accumulators: usize = self.reductions.iter().map(|r| r.ty.size()).sum();
            tasks = tasks.min(MAX_PARTIALS).min((MAX_ACCUMULATORS / accumulators).max(1));
            tasks = tasks.min((self.size / (accumulators * MIN_COMBINED)).max(1));
        }
        self.size.div_ceil(tasks).next_multiple_of(self.tile)
    }

    /// Computes the outputs in a range of whole rows. The kernel must have no reductions. An input that is only a part of
    /// a buffer must be dense, and must hold the elements of the range.
    pub(crate) fn run_range(&self, inputs: &[Source<'_>], range: Range<usize>, outputs: Parts<'_>) {
        debug_assert!(self.reductions.is_empty(), "a reduction needs all elements");
        self.run_task(inputs, range.start, range.end, outputs);
    }

    fn run_task(
        &self,
        inputs: &[Source<'_>],
        start: usize,
        end: usize,
        mut outputs: Parts<'_>,
    ) -> SmallVec<[Partial; 1]> {
        let mut slots: SmallVec<[Slot; 8]> = SCRATCH.with_borrow_mut(|kept| {
            (0..self.registers).map(|_| Slot::Scratch(kept.pop().unwrap_or_default())).collect()
        });
        let mut partials: SmallVec<[Partial; 1]> = self.reductions.iter().map(|r| r.partial(start, end)).collect();
        let widest = self.tile.min(end - start);
        for instruction in &self.prologue {
            self.step(instruction, false, inputs, &mut slots, &mut partials, 0, widest);
        }
        let mut at = start;
        while at < end {
            let n = self.tile.min(end - at);
            for (output, rest) in self.outputs.iter().zip(&mut outputs) {
                let bytes = if output.per_row { n / self.row } else { n } * output.size;
                let (now, later) = std::mem::take(rest).split_at_mut(bytes);
                if let Slot::Scratch(words) = std::mem::replace(&mut slots[output.register], Slot::Output(now)) {
                    recycle(words);
                }
                *rest = later;
            }
            let mut next = 0;
            while let Some(instruction) = self.code.get(next) {
                let per_row = self.per_row[next];
                next += 1 + self.step(instruction, per_row, inputs, &mut slots, &mut partials, at, n);
            }
            at += n;
        }
        for slot in slots {
            if let Slot::Scratch(words) = slot {
                recycle(words);
            }
        }
        partials
    }

    /// Runs an instruction on the tile of `n` elements at `start`. Returns the number of instructions to skip.
    #[allow(
        clippy::too_many_arguments,
        reason = "the state of a task, which is in no struct so that its parts can be borrowed apart"
    )]
    fn step<'a>(
        &self,
        instruction: &Instruction,
        per_row: bool,
        inputs: &[Source<'a>],
        slots: &mut [Slot<'a>],
        partials: &mut [Partial],
        start: usize,
        n: usize,
    ) -> usize {
        use Instruction::*;
        let rows = n / self.row;
        let (start, n) = if per_row { (start / self.row, rows) } else { (start, n) };
        let take = |slots: &mut [Slot<'a>], d: usize| std::mem::replace(&mut slots[d], Slot::EMPTY);
        match *instruction {
            Skip { pred, unless, count, ref unwritten } => {
                if !compute::has(&slots[pred], unless, n) {
                    unwritten.iter().for_each(|&(d, size)| slots[d].reserve(n * size));
                    return count;
                }
            }
            Accumulate { reduction, x } => {
                self.reductions[reduction].accumulate(&mut partials[reduction], &slots[x], start, n);
            }
            Load { input, d } => {
                let Input { size, access, .. } = &self.inputs[input];
                if let Some(from) = access.in_place(start, n) {
                    if let Slot::Scratch(lines) = take(slots, d) {
                        recycle(lines);
                    }
                    let Source { bytes, start } = inputs[input];
                    slots[d] = Slot::Input(&bytes[from * size - start..(from + n) * size - start]);
                } else {
                    let mut to = scratch(take(slots, d));
                    access.load(inputs[input].bytes, *size, start, n, &mut to);
                    slots[d] = to;
                }
            }
            Threefry { key, x, d } => {
                let [mut d0, mut d1] = d.map(|d| take(slots, d));
                let [k0, k1, x0, x1] = [key[0], key[1], x[0], x[1]].map(|r| &slots[r]);
                compute::threefry([k0, k1, x0, x1], [&mut d0, &mut d1], n);
                (slots[d[0]], slots[d[1]]) = (d0, d1);
            }
            Iota { d, .. }
            | Fill { d, .. }
            | Copy { d, .. }
            | Widen { d, .. }
            | Narrow { d, .. }
            | Round { d, .. }
            | RoundOnce { d, .. }
            | Unary { d, .. }
            | IntegerPow { d, .. }
            | Binary { d, .. }
            | BinaryByRow { d, .. }
            | Compare { d, .. }
            | Select { d, .. }
            | Clamp { d, .. }
            | Convert { d, .. }
            | ReduceRows { d, .. }
            | SumSquares { d, .. }
            | Normalize { d, .. }
            | ExpDifference { d, .. }
            | Pair { d, .. }
            | Spread { d, .. } => {
                let mut to = take(slots, d);
                self.compute(instruction, slots, &mut to, start, n, rows);
                slots[d] = to;
            }
        }
        0
    }

    /// Computes `n` elements of the result of an instruction.
    fn compute(&self, i: &Instruction, slots: &[Slot<'_>], d: &mut Slot<'_>, start: usize, n: usize, rows: usize) {
        use Instruction::*;
        match *i {
            Load { .. } | Skip { .. } | Accumulate { .. } | Threefry { .. } => {
                unreachable!("these do not have one result")
            }
            Iota { dtype, stride, size, d: _ } => compute::iota(dtype, [stride, size], start, d, n),
            Fill { value, d: _ } => {
                let bytes = value.bits().to_le_bytes();
                rune_ir::with_word!(value.dtype().size(), W => {
                    d.write::<W>(n).fill(bytemuck::pod_read_unaligned(&bytes[..size_of::<W>()]));
                })
            }
            Copy { size, x, d: _ } => {
                rune_ir::with_word!(size, W => d.write::<W>(n).copy_from_slice(slots[x].read(n)));
            }
            Widen { reduced, x, d: _ } => compute::widen(reduced, &slots[x], d, n),
            Narrow { reduced, x, d: _ } => compute::narrow(reduced, &slots[x], d, n),
            Round { reduced, x, d: _ } => compute::round(reduced, &slots[x], d, n),
            RoundOnce { reduced, x, d: _ } => compute::round_once(reduced, &slots[x], d, n),
            Unary { f, dtype, x, d: _ } => compute::unary(f, dtype, &slots[x], d, n),
            IntegerPow { dtype, x, y, d: _ } => compute::integer_pow(dtype, &slots[x], y, d, n),
            Binary { f, dtype, x, y, d: _ } => compute::binary(f, dtype, &slots[x], &slots[y], d, n),
            BinaryByRow { f, dtype, x, y, swapped, d: _ } => {
                compute::binary_by_row((f, dtype, swapped), &slots[x], &slots[y], d, [rows, self.row]);
            }
            Pair { f, x, y, z, by_row, d: _ } => {
                compute::pair(f, [x, y, z].map(|r| &slots[r]), by_row, d, [rows, self.row]);
            }
            SumSquares { x, center, d: _ } => {
                compute::sum_squares(&slots[x], center.map(|c| &slots[c]), d, [rows, self.row]);
            }
            Normalize { x, center, by, divides, scale, shift, d: _ } => {
                let others = [scale, shift].map(|r| r.map(|r| &slots[r]));
                compute::normalize(divides, &slots[x], [center, by].map(|r| &slots[r]), others, d, [rows, self.row]);
            }
            ExpDifference { x, y, d: _ } => compute::exp_difference(&slots[x], &slots[y], d, [rows, self.row]),
            Compare { direction, dtype, x, y, d: _ } => {
                compute::compare(direction, dtype, &slots[x], &slots[y], d, n);
            }
            Select { size, pred, on_true, on_false, d: _ } => {
                compute::select(size, [pred, on_true, on_false].map(|r| &slots[r]), d, n);
            }
            Clamp { dtype, min, x, max, d: _ } => compute::clamp(dtype, [min, x, max].map(|r| &slots[r]), d, n),
            Convert { from, to, x, d: _ } => compute::convert(from, to, &slots[x], d, n),
            ReduceRows { f, dtype, reduced, x, d: _ } => {
                reduction::rows(f, dtype, reduced, &slots[x], d, rows, self.row);
            }
            Spread { size, x, d: _ } => compute::spread(size, &slots[x], d, rows, self.row),
        }
    }
}

/// Returns memory for writing: that of the slot, unless the slot was read in place.
fn scratch(slot: Slot<'_>) -> Slot<'_> {
    match slot {
        Slot::Input(_) => Slot::Scratch(SCRATCH.with_borrow_mut(Vec::pop).unwrap_or_default()),
        Slot::Scratch(_) | Slot::Output(_) => slot,
    }
}

/// Keeps the memory of a register for later tasks of the thread.
fn recycle(lines: Vec<Line>) {
    if lines.capacity() == 0 || lines.capacity() > KEPT_LINES {
        return;
    }
    SCRATCH.with_borrow_mut(|kept| {
        if kept.len() < KEPT_REGISTERS {
            kept.push(lines);
        }
    });
}
