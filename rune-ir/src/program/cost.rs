//! Estimates what running a program costs.

use super::{Instruction, Program};
use crate::op::{Control, ScatterMode, Work};
use crate::{Op, Type, Var};
use rustc_hash::FxHashMap;
use std::fmt;
use std::ops::Add;

/// The cost of running a program, counted for each operation separately: nothing is fused, removed or cached.
/// [`Program::cost`] returns it.
///
/// Counts saturate.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Cost {
    /// The number of operations. Operations of sub-programs count for each run.
    pub operations: u64,
    /// Multiply-adds of products and convolutions. Zeros of padding count like any number.
    pub multiply_adds: u64,
    /// Elementary steps of all other operations: one for each element that an elementwise operation returns, or that a
    /// reduction takes. Moving elements takes no steps.
    pub flops: u64,
    /// The bytes of the operands. For a gather or slice, only the bytes that it takes.
    pub bytes_read: u64,
    /// The bytes of the results. For an update, only the bytes that it changes.
    pub bytes_written: u64,
    /// Whether there is a loop with an unknown number of iterations.
    pub unbounded: bool,
}

impl Program {
    /// Returns the cost of running this program, with its sub-programs.
    ///
    /// ```
    /// use rune_ir::DType;
    /// use rune_trace::{Tensor, make_program};
    /// let (x, w) = (Tensor::ones([8, 64], DType::F32), Tensor::ones([64, 10], DType::F32));
    /// let cost = make_program(|x: &Tensor, w: &Tensor| x.matmul(w).exp(), (&x, &w))?.cost();
    /// assert_eq!((cost.operations, cost.multiply_adds, cost.flops), (2, 8 * 64 * 10, 8 * 10));
    /// assert_eq!((cost.bytes_read, cost.bytes_written), (4 * (8 * 64 + 64 * 10 + 80), 4 * (80 + 80)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// A loop of known length costs the sum of its iterations. A loop of unknown length counts as one iteration. Of
    /// several branches, the most expensive one counts.
    pub fn cost(&self) -> Cost {
        self.cost_with(1)
    }
    /// Like [`Program::cost`], with this number of iterations for each loop of unknown length.
    pub fn cost_with(&self, iterations: u64) -> Cost {
        Counter { iterations, counted: FxHashMap::default() }.program(self)
    }
}

/// Computes the cost of each sub-program only once, even if the sub-program is used several times.
struct Counter {
    iterations: u64,
    counted: FxHashMap<*const Program, Cost>,
}

impl Counter {
    fn program(&mut self, program: &Program) -> Cost {
        program.instructions().iter().map(|i| self.instruction(program, i)).fold(Cost::default(), Cost::add)
    }

    fn sub_program(&mut self, program: &Program) -> Cost {
        // The address stays valid: the program that is being counted holds the sub-program.
        let key: *const Program = program;
        if let Some(cost) = self.counted.get(&key) {
            return *cost;
        }
        let cost = self.program(program);
        self.counted.insert(key, cost);
        cost
    }

    fn instruction(&mut self, program: &Program, instruction: &Instruction) -> Cost {
        match instruction.op.control() {
            Some(
                Control::Call { program, .. }
                | Control::Remat { program, .. }
                | Control::CustomJvp { program, .. }
                | Control::CustomVjp { program, .. },
            ) => self.sub_program(program),
            Some(Control::CustomLinearSolve { solve, .. }) => self.sub_program(solve),
            // Only the transpose of this linear function is known, and only the transpose will be computed.
            Some(Control::CustomLinear { backward, .. }) => self.sub_program(backward),
            Some(Control::Case { branches, .. }) => {
                branches.iter().map(|branch| self.sub_program(branch)).fold(Cost::default(), |a, b| a.join(b, u64::max))
            }
            Some(Control::While { cond, body, .. }) => {
                let iteration = self.sub_program(cond) + self.sub_program(body);
                Cost { unbounded: true, ..iteration.times(self.iterations) }
            }
            Some(Control::Scan { length, body, .. }) => self.sub_program(body).times(length as u64),
            None => operation(program, instruction),
        }
    }
}

/// Returns the cost of an operation without sub-programs.
fn operation(program: &Program, instruction: &Instruction) -> Cost {
    let ty = |v: &Var| program.ty(*v);
    let size = |v: &Var| ty(v).size() as u64;
    let written: Vec<&Type> = instruction.results().map(|v| program.ty(v)).collect();
    let made = written.first().map_or(0, |ty| ty.size() as u64);
    let bytes_read = instruction.op.operands().into_iter().map(|v| bytes(ty(v))).fold(0, u64::saturating_add);
    let bytes_written = written.iter().map(|ty| bytes(ty)).fold(0, u64::saturating_add);
    let each = |flops: u64| Cost { operations: 1, flops, bytes_read, bytes_written, ..Cost::default() };
    let products = |n: u64| Cost { multiply_adds: n, ..each(0) };
    #[allow(clippy::wildcard_enum_match_arm, reason = "the other operations declare their work in their table")]
    match &instruction.op {
        Op::Clamp { .. } => each(made.saturating_mul(2)),
        // For each pair of words: twenty rounds of an addition, a rotation (three steps) and an exclusive or, and five
        // injections of the key, of three steps each.
        Op::Threefry2x32 { .. } => each(made.saturating_mul(20 * 5 + 5 * 3)),

        Op::Slice { .. } => Cost { bytes_read: bytes_written, ..each(0) },
        Op::DynamicSlice { x, .. } | Op::Gather { x, .. } => {
            Cost { bytes_read: (bytes_read - bytes(ty(x))).saturating_add(bytes_written), ..each(0) }
        }
        Op::DynamicUpdateSlice { x, update, .. } => {
            Cost { bytes_read: bytes_read - bytes(ty(x)), bytes_written: bytes(ty(update)), ..each(0) }
        }
        Op::Scatter { x, updates, mode, .. } => {
            let (combines, update) = (*mode != ScatterMode::Set, bytes(ty(updates)));
            let others = bytes_read - bytes(ty(x));
            let bytes_read = if combines { others.saturating_add(update) } else { others };
            Cost { bytes_read, bytes_written: update, ..each(if combines { size(updates) } else { 0 }) }
        }

        Op::Collective { x, .. } | Op::Reduce { x, .. } | Op::ArgReduce { x, .. } | Op::Cumulative { x, .. } => {
            each(size(x))
        }
        Op::ReduceWindow { window, .. } => each(window.dimensions.iter().fold(made, times)),
        // The number of comparisons of a merge sort.
        Op::Sort { operands, dimension, .. } => each(made.saturating_mul(halvings(ty(&operands[0]).shape[*dimension]))),
        Op::TopK { x, k } => each(size(x).saturating_mul(halvings(*k))),

        Op::DotGeneral { lhs, dims, .. } => {
            products(dims.lhs_contract.iter().map(|&a| &ty(lhs).shape[a]).fold(made, times))
        }
        Op::Conv { rhs, dims, .. } => {
            let kernel = &ty(rhs).shape;
            products(dims.rhs[1..].iter().map(|&a| &kernel[a]).fold(made, times))
        }
        // Each halving of n costs one complex product for every two numbers, which is two multiply-adds per number.
        Op::Fft { x, lengths, .. } => {
            let halved: u64 = lengths.iter().map(|&n| halvings(n)).sum();
            products(size(x).max(made).saturating_mul(2 * halved))
        }
        // The product of the matrix with itself. Each factorization takes a part or a small multiple of it.
        Op::Factor { x, .. } => products(ty(x).shape.iter().rev().take(2).min().map_or(0, |k| times(size(x), k))),
        Op::LuSolve { a, .. } => products(ty(a).shape.last().map_or(0, |n| times(made, n))),
        Op::TriangularSolve { a, .. } => products(ty(a).shape.last().map_or(0, |n| times(made, n) / 2)),
        op => match op.work() {
            Work::PerElement => each(made),
            Work::Move => each(0),
            Work::None => Cost { operations: 1, ..Cost::default() },
        },
    }
}

fn bytes(ty: &Type) -> u64 {
    ty.bytes() as u64
}

fn times(n: u64, factor: &usize) -> u64 {
    n.saturating_mul(*factor as u64)
}

/// Returns how many halvings make `n` 0.
fn halvings(n: usize) -> u64 {
    u64::from(usize::BITS - n.leading_zeros())
}

impl Cost {
    /// Returns the bytes read and written.
    pub fn bytes(self) -> u64 {
        self.bytes_read.saturating_add(self.bytes_written)
    }
    /// Returns this cost, `n` times.
    fn times(self, n: u64) -> Cost {
        self.join(self, |x, _| x.saturating_mul(n))
    }
    /// Combines the costs field by field.
    fn join(self, other: Cost, f: impl Fn(u64, u64) -> u64) -> Cost {
        Cost {
            operations: f(self.operations, other.operations),
            multiply_adds: f(self.multiply_adds, other.multiply_adds),
            flops: f(self.flops, other.flops),
            bytes_read: f(self.bytes_read, other.bytes_read),
            bytes_written: f(self.bytes_written, other.bytes_written),
            unbounded: self.unbounded || other.unbounded,
        }
    }
}

impl Add for Cost {
    type Output = Cost;
    fn add(self, other: Cost) -> Cost {
        self.join(other, u64::saturating_add)
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cost { operations, multiply_adds, flops, bytes_read, bytes_written, unbounded } = self;
        let note = if *unbounded { ", and more for each further iteration of loops" } else { "" };
        write!(
            f,
            "{operations} operations: {multiply_adds} multiply-adds, {flops} other steps, {bytes_read} bytes read, \
             {bytes_written} written{note}"
        )
    }
}
