//! Simplification: less work, and bit for bit the same results.
//!
//! One pass forward rewrites each instruction by the identities of `rules/`, folds operations on arrays that hold one known number
//! everywhere (`splats.rs`), and reuses what was computed already. One pass backward then leaves out what nothing uses. An
//! `optimization_barrier` is never left out in favour of another, and nothing is known of what comes out of it, so
//! nothing is moved across it.
//!
//! Invariant: a rule holds for every value of its operands, NaN, infinities and -0 included (the payload of a NaN
//! excepted). `x + 0` stays, for it makes 0 of -0. Sums and products of more than 16,384 equal numbers may differ in the last place:
//! they are rounded once.

mod compact;
mod programs;
mod results;
mod rules;
mod splats;

pub(crate) use compact::live;

use crate::op::{BinaryFn, Literal};
use crate::{Instruction, Op, Origin, Program, ProgramBuilder, Type, Var};
use programs::SubPrograms;
use results::{Source, narrow};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

impl Program {
    /// The same function with fewer instructions, which gives the same results bit for bit (but for payloads of NaN):
    /// without what is not used, computed twice, known beforehand or undone again. Inputs and outputs stay; constants
    /// that are not used are left out. Takes linear time.
    ///
    /// ```
    /// use rune_ir::Program;
    /// let program: Program = "\
    /// def f(x0): # [2, f32] -> [2, f32]
    ///     z0 = rune.neg(x0)
    ///     z1 = rune.neg(z0)
    ///     z2 = rune.mul(z1, x0)
    ///     z3 = rune.mul(x0, x0)
    ///     z4 = rune.sin(z2)
    ///     return z3
    /// ".parse().unwrap();
    /// assert_eq!(program.simplify().to_string(), "\
    /// def f(x0): # [2, f32] -> [2, f32]
    ///     y0 = rune.mul(x0, x0) # ([2, f32], [2, f32]) -> [2, f32]
    ///     return y0
    /// ");
    /// ```
    pub fn simplify(&self) -> Program {
        let _span = crate::profile::span("transform", || format!("simplify {}", self.name()));
        simplify(self, &mut SubPrograms::default())
    }
}

fn simplify(program: &Program, programs: &mut SubPrograms) -> Program {
    let mut forward = Forward::new(program, programs);
    let live = compact::live(program);
    for (instruction, _) in program.instructions().iter().zip(&live.instructions).filter(|(_, live)| **live) {
        let alive: Vec<bool> = instruction.results().map(|v| live.vars[v.index()]).collect();
        forward.instruction(instruction, &alive);
    }
    let outputs = program.outputs().iter().map(|v| forward.renamed[v.index()]).collect();
    let rewritten = forward.builder.finish(outputs).expect("outputs are rewritten as what is assigned");
    let simple = compact::without_dead(&rewritten);
    debug_assert_eq!(simple.verify(), Ok(()));
    // Rewriting may have left results of loops and branches without use.
    if may_be_narrowed(&simple) { simplify(&simple, programs) } else { simple }
}

/// Whether a loop or branch gives more than is used of it.
fn may_be_narrowed(program: &Program) -> bool {
    let with_programs = program.instructions().iter().filter(|i| !i.op.programs().is_empty());
    let mut with_programs = with_programs.peekable();
    if with_programs.peek().is_none() {
        return false;
    }
    let live = compact::live(program).vars;
    with_programs.any(|i| narrow(&i.op, &i.results().map(|v| live[v.index()]).collect::<Vec<_>>()).is_some())
}

/// What a rule makes of an operation.
enum Rewrite {
    /// It gives this variable.
    Is(Var),
    /// It is the same as another operation, which may be simplified further.
    Becomes(Op),
    /// It gives this number everywhere.
    Splat(Literal),
    /// It stays as it is.
    Stays,
}

/// The pass forward.
struct Forward<'a> {
    builder: ProgramBuilder,
    /// The variables of the old program as those of the new one.
    renamed: Vec<Var>,
    /// What each variable of the new program is the only result of.
    made_by: Vec<Option<Op>>,
    /// The number that each variable of the new program holds everywhere, where that is known.
    splats: Vec<Option<Literal>>,
    /// The first results of the operations that are in the new program.
    known: FxHashMap<Op, SmallVec<[Var; 2]>>,
    programs: &'a mut SubPrograms,
}

impl<'a> Forward<'a> {
    fn new(program: &Program, programs: &'a mut SubPrograms) -> Forward<'a> {
        let known = program.inputs().len() + program.constants().len();
        let (inputs, constants) = (program.input_types().to_vec(), program.constants().to_vec());
        let mut renamed: Vec<Var> = (0..known as u32).map(Var).collect();
        renamed.resize(program.num_vars(), Var(u32::MAX));
        Forward {
            builder: ProgramBuilder::new(program.name(), inputs, constants),
            renamed,
            made_by: vec![None; known],
            splats: vec![None; known],
            known: FxHashMap::default(),
            programs,
        }
    }

    /// An instruction, of whose results something uses those that are `alive`.
    fn instruction(&mut self, instruction: &Instruction, alive: &[bool]) {
        let op = instruction.op.try_map(|v| Ok::<_, std::convert::Infallible>(self.renamed[v.index()]));
        let Ok(mut op) = op;
        if !op.programs().is_empty() {
            op = self.programs.rewrite(&op).unwrap_or(op);
            if let Some((narrower, sources)) = narrow(&op, alive) {
                let results = self.emit(narrower, &instruction.origin);
                for (old, source) in instruction.results().zip(sources) {
                    match source {
                        Source::Result(i) => self.renamed[old.index()] = results[i],
                        Source::Operand(v) => self.renamed[old.index()] = v,
                        Source::Nowhere => {}
                    }
                }
                return;
            }
        }
        let results = self.emit(op, &instruction.origin);
        for (old, new) in instruction.results().zip(results) {
            self.renamed[old.index()] = new;
        }
    }

    /// The results of an operation on variables of the new program.
    fn emit(&mut self, mut op: Op, origin: &Origin) -> SmallVec<[Var; 2]> {
        /// Rules follow on each other a few times at most; this is only there in case two undo each other.
        const MOST: usize = 16;
        for _ in 0..MOST {
            match self.rewrite(&op) {
                Rewrite::Is(v) => return SmallVec::from_slice(&[v]),
                Rewrite::Splat(value) => {
                    let ty = self.infer(&op);
                    return SmallVec::from_slice(&[self.splat(value, &ty, origin)]);
                }
                Rewrite::Becomes(other) => op = other,
                Rewrite::Stays => break,
            }
        }
        if let Some(values) = self.splat_results(&op) {
            let types = self.infer_all(&op);
            return values.into_iter().zip(&types).map(|(value, ty)| self.splat(value, ty, origin)).collect();
        }
        let key = key(&op, |v| self.ty(v));
        if let Some(known) = key.as_ref().and_then(|k| self.known.get(k)) {
            return known.clone();
        }
        let splat = self.splat_of(&op);
        let results = self.builder.push(op.clone(), origin.clone()).expect("rules keep programs well-typed");
        let only = results.len() == 1;
        self.made_by.extend(results.iter().map(|_| only.then(|| op.clone())));
        self.splats.extend(results.iter().map(|_| splat));
        if let Some(key) = key {
            self.known.insert(key, results.clone());
        }
        results
    }

    fn splat(&mut self, value: Literal, ty: &Type, origin: &Origin) -> Var {
        let x = self.emit(Op::Constant { value }, origin)[0];
        if ty.rank() == 0 {
            return x;
        }
        self.emit(Op::BroadcastInDim { x, shape: ty.shape.clone(), dims: SmallVec::new() }, origin)[0]
    }

    /// The number that the result of an operation holds everywhere: such arrays are written in two ways only.
    #[allow(clippy::wildcard_enum_match_arm, reason = "no other operation makes such an array")]
    fn splat_of(&self, op: &Op) -> Option<Literal> {
        match op {
            Op::Constant { value } => Some(*value),
            Op::BroadcastInDim { x, .. } => self.splats[x.index()],
            _ => None,
        }
    }

    fn ty(&self, v: Var) -> &Type {
        self.builder.ty(v).expect("rewritten variables are assigned")
    }

    /// The type of the first result of an operation, which has one.
    fn infer(&self, op: &Op) -> Type {
        self.infer_all(op).into_iter().next().expect("rules are of operations with a result")
    }
}

/// The operation to look up among those that are there; none for those that are not the same when they look the same.
fn key<'a>(op: &Op, ty: impl Fn(Var) -> &'a Type) -> Option<Op> {
    match op {
        Op::OptimizationBarrier { .. } | Op::DebugPrint { .. } => None,
        op if op.has_effects() => None,
        Op::Binary { f, x, y } if y < x && commutes(*f, ty(*x)) => Some(Op::Binary { f: *f, x: *y, y: *x }),
        Op::Constant { .. }
        | Op::Unary { .. }
        | Op::IntegerPow { .. }
        | Op::Binary { .. }
        | Op::Compare { .. }
        | Op::Select { .. }
        | Op::Clamp { .. }
        | Op::Convert { .. }
        | Op::BitcastConvert { .. }
        | Op::BroadcastInDim { .. }
        | Op::Reshape { .. }
        | Op::Transpose { .. }
        | Op::Slice { .. }
        | Op::Pad { .. }
        | Op::Concatenate { .. }
        | Op::Reverse { .. }
        | Op::Iota { .. }
        | Op::DynamicSlice { .. }
        | Op::DynamicUpdateSlice { .. }
        | Op::Gather { .. }
        | Op::Scatter { .. }
        | Op::Reduce { .. }
        | Op::ArgReduce { .. }
        | Op::ReduceWindow { .. }
        | Op::Cumulative { .. }
        | Op::Sort { .. }
        | Op::TopK { .. }
        | Op::Factor { .. }
        | Op::TriangularSolve { .. }
        | Op::LuSolve { .. }
        | Op::DotGeneral { .. }
        | Op::Conv { .. }
        | Op::Threefry2x32 { .. }
        | Op::Collective { .. }
        | Op::AxisIndex { .. }
        | Op::AllGather { .. }
        | Op::AllToAll { .. }
        | Op::Ppermute { .. }
        | Op::Call { .. }
        | Op::Remat { .. }
        | Op::CheckpointName { .. }
        | Op::Case { .. }
        | Op::While { .. }
        | Op::Scan { .. }
        | Op::CustomJvp { .. }
        | Op::CustomVjp { .. }
        | Op::CustomLinear { .. }
        | Op::Callback { .. }
        | Op::StopGradient { .. } => Some(op.clone()),
    }
}

/// Whether the operands may change places without another result. The extremes of floats may not: of 0 and -0.
fn commutes(f: BinaryFn, ty: &Type) -> bool {
    use BinaryFn::*;
    match f {
        Add | Mul | And | Or | Xor => true,
        Max | Min => !ty.dtype.is_float(),
        Sub | Div | Rem | Pow | Atan2 | ShiftLeft | ShiftRightArithmetic | ShiftRightLogical => false,
    }
}
