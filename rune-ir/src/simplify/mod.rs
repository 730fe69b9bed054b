//! Simplification: less work for the same results, bit for bit.
//!
//! A forward pass rewrites each instruction by the identities in `rules/`, folds operations on arrays that hold one
//! known number (`splats.rs`), and merges equal operations. A backward pass then removes unused instructions. Two
//! barriers are never merged, and nothing is known about their results, so no operation moves across a barrier.
//!
//! Invariant: a rule holds for every value of its operands, including NaN, infinities and -0 (but not the payload of a
//! NaN). For example, `x + 0` stays, because it turns -0 into 0. Sums and products of more than 16,384 equal numbers
//! may differ in the last place: they are rounded once.

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
    /// Returns an equivalent program with fewer instructions. It returns the same results bit for bit, except for
    /// payloads of NaN. It removes what is unused, computed twice, constant, or undone again. Inputs and outputs stay;
    /// unused constants are removed. It takes linear time.
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
    // Rewriting may leave results of loops and branches unused.
    if may_be_narrowed(&simple) { simplify(&simple, programs) } else { simple }
}

/// Returns whether a loop or branch has unused results.
fn may_be_narrowed(program: &Program) -> bool {
    let with_programs = program.instructions().iter().filter(|i| !i.op.programs().is_empty());
    let mut with_programs = with_programs.peekable();
    if with_programs.peek().is_none() {
        return false;
    }
    let live = compact::live(program).vars;
    with_programs.any(|i| narrow(&i.op, &i.results().map(|v| live[v.index()]).collect::<Vec<_>>()).is_some())
}

/// The result of a rule for an operation.
enum Rewrite {
    /// The operation returns this variable.
    Is(Var),
    /// The operation equals another one, which may be simplified further.
    Becomes(Op),
    /// All elements of the result are this number.
    Splat(Literal),
    /// No rule applies.
    Stays,
}

/// The forward pass.
struct Forward<'a> {
    builder: ProgramBuilder,
    /// The variable of the new program for each variable of the old one.
    renamed: Vec<Var>,
    /// For each variable of the new program, the operation that has it as its only result.
    made_by: Vec<Option<Op>>,
    /// For each variable of the new program, the value of all its elements, if it is known.
    splats: Vec<Option<Literal>>,
    /// The first result of each operation in the new program.
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

    /// Simplifies an instruction. `alive` marks the results that are used.
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
                        Source::Unused => {}
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

    /// Adds an operation on variables of the new program, and returns its results.
    fn emit(&mut self, mut op: Op, origin: &Origin) -> SmallVec<[Var; 2]> {
        /// Few rules apply in sequence. The bound matters only if two rules undo each other.
        const MAX_PASSES: usize = 16;
        for _ in 0..MAX_PASSES {
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

    /// Returns the number that all elements of an operation's result are. Only two operations have this form.
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

    /// Returns the type of the first result of an operation. The operation has a result.
    fn infer(&self, op: &Op) -> Type {
        self.infer_all(op).into_iter().next().expect("rules are of operations with a result")
    }
}

/// Returns the operation to look up among the existing ones, or `None` if it is never merged.
fn key<'a>(op: &Op, ty: impl Fn(Var) -> &'a Type) -> Option<Op> {
    if op.is_unmerged() || op.has_effects() {
        return None;
    }
    if let Op::Binary { f, x, y } = op
        && y < x
        && commutes(*f, ty(*x))
    {
        return Some(Op::Binary { f: *f, x: *y, y: *x });
    }
    Some(op.clone())
}

/// Returns whether the operands can be exchanged. Those of `max` and `min` of floats cannot, because of 0 and -0.
fn commutes(f: BinaryFn, ty: &Type) -> bool {
    use BinaryFn::*;
    match f {
        Add | Mul | And | Or | Xor => true,
        Max | Min => !ty.dtype.is_inexact(),
        Sub | Div | Rem | Pow | Atan2 | ShiftLeft | ShiftRightArithmetic | ShiftRightLogical => false,
    }
}
