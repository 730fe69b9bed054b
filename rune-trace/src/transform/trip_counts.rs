//! Replaces loops of unknown length by scans, at known arguments.
//!
//! The program runs once on the arguments, to count the iterations of each loop. A loop that always has the same number
//! becomes a scan of that length. A loop within another loop may have different numbers. It becomes a scan of the
//! greatest length, whose body runs the body of the loop only while the condition of the loop is true. Therefore, the
//! scan computes nothing that the loop would not have computed, and no additional derivative can be NaN.

use super::control::subprogram::unbounded_loop;
use crate::Tensor;
use rune_ir::interpret::{Observer, interpret_observed};
use rune_ir::op::Control;
use rune_ir::{Array, DType, Instruction, Op, Origin, Program, ProgramBuilder, Var};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Returns the program with scans in place of loops of unknown length. Returns `None` unless the outputs `wanted`
/// depend, through such a loop, on the inputs that `moves` marks, and all arguments on which loops depend are known.
/// The result is the same function only at these arguments.
pub(crate) fn with_known_trip_counts(
    program: &Program,
    primals: &[Tensor],
    moves: &[bool],
    wanted: &[bool],
) -> Option<Program> {
    let mut loops = LoopSearch::default();
    if !loops.in_program(program) {
        return None;
    }
    unbounded_loop(program, moves, wanted)?;
    let (only_loops, inputs) = only_loops(program, &mut loops)?;
    let known = |i: usize| primals[i].value().ok()?.to_host().ok();
    let arguments: Vec<Array> = inputs.into_iter().map(known).collect::<Option<_>>()?;
    let mut trip_counts = TripCounts::default();
    // An error here occurs again, and is reported, when the results are read.
    interpret_observed(&only_loops, &arguments, &mut trip_counts).ok()?;
    Rewriter { trip_counts, loops, done: FxHashMap::default() }.program(program)
}

/// Whether each sub-program contains loops of unknown length, by address.
#[derive(Default)]
struct LoopSearch(FxHashMap<*const Program, bool>);

impl LoopSearch {
    fn in_program(&mut self, program: &Program) -> bool {
        program.instructions().iter().any(|i| self.in_op(&i.op))
    }
    /// Returns whether an operation is such a loop, or contains one.
    fn in_op(&mut self, op: &Op) -> bool {
        matches!(op, Op::While { .. }) || op.programs().into_iter().any(|(_, p)| self.in_shared_program(p))
    }
    fn in_shared_program(&mut self, program: &Arc<Program>) -> bool {
        if let Some(known) = self.0.get(&Arc::as_ptr(program)) {
            return *known;
        }
        let found = self.in_program(program);
        self.0.insert(Arc::as_ptr(program), found);
        found
    }
}

/// Returns the program reduced to the operations that loops need, and the inputs that it still takes.
fn only_loops(program: &Program, loops: &mut LoopSearch) -> Option<(Program, Vec<usize>)> {
    let mut needed = vec![false; program.num_vars()];
    let mut kept: Vec<&Instruction> = Vec::new();
    for instruction in program.instructions().iter().rev() {
        if loops.in_op(&instruction.op) || instruction.results().any(|v| needed[v.index()]) {
            instruction.op.operands().into_iter().for_each(|v| needed[v.index()] = true);
            kept.push(instruction);
        }
    }
    let inputs: Vec<usize> = (0..program.input_types().len()).filter(|&i| needed[i]).collect();
    let mut writer = Writer::new(program, &inputs);
    for instruction in kept.into_iter().rev() {
        writer.push(instruction, instruction.op.map(|v| writer.vars[v.index()]))?;
    }
    Some((writer.builder.finish(Vec::new()).ok()?, inputs))
}

/// The least and the greatest number of iterations of each loop, by the address of its body.
#[derive(Default)]
struct TripCounts(FxHashMap<*const Program, (usize, usize)>);

impl Observer for TripCounts {
    fn observes_instructions(&self) -> bool {
        false
    }
    fn loop_ended(&mut self, body: &Program, trip_count: usize) {
        let (least, greatest) = self.0.entry(body).or_insert((trip_count, trip_count));
        (*least, *greatest) = ((*least).min(trip_count), (*greatest).max(trip_count));
    }
    fn print(&mut self, _text: &str) {}
    fn runs_io_callbacks(&self) -> bool {
        false
    }
}

/// A program under construction, and the new variables of the old ones.
struct Writer {
    builder: ProgramBuilder,
    vars: Vec<Var>,
}

impl Writer {
    /// Returns a program that takes some of the inputs, and all constants.
    fn new(like: &Program, inputs: &[usize]) -> Writer {
        let types = inputs.iter().map(|&i| like.input_types()[i].clone()).collect();
        let builder = ProgramBuilder::new(like.name(), types, like.constants().to_vec());
        let (all, given) = (like.input_types().len(), inputs.len());
        let mut vars = vec![Var(u32::MAX); like.num_vars()];
        let constants = (0..like.constants().len()).map(|i| (all + i, given + i));
        let inputs = inputs.iter().enumerate().map(|(new, &old)| (old, new));
        inputs.chain(constants).for_each(|(old, new)| vars[old] = Var(new as u32));
        Writer { builder, vars }
    }
    /// Writes `op`, which uses new variables, in place of an instruction. Returns `None` if programs would be nested
    /// too deeply.
    fn push(&mut self, instruction: &Instruction, op: Op) -> Option<()> {
        let results = self.builder.push(op, instruction.origin.clone()).ok()?;
        instruction.results().zip(results).for_each(|(old, new)| self.vars[old.index()] = new);
        Some(())
    }
}

struct Rewriter {
    trip_counts: TripCounts,
    loops: LoopSearch,
    /// The finished sub-programs, by address.
    done: FxHashMap<*const Program, Arc<Program>>,
}

impl Rewriter {
    fn program(&mut self, program: &Program) -> Option<Program> {
        let inputs: Vec<usize> = (0..program.input_types().len()).collect();
        let mut writer = Writer::new(program, &inputs);
        for instruction in program.instructions() {
            let op = instruction.op.map(|v| writer.vars[v.index()]);
            writer.push(instruction, self.rewritten(op, &instruction.origin)?)?;
        }
        let outputs = program.outputs().iter().map(|v| writer.vars[v.index()]).collect();
        writer.builder.finish(outputs).ok()
    }

    fn sub_program(&mut self, program: &Arc<Program>) -> Option<Arc<Program>> {
        if let Some(done) = self.done.get(&Arc::as_ptr(program)) {
            return Some(done.clone());
        }
        let rewritten = Arc::new(self.program(program)?);
        self.done.insert(Arc::as_ptr(program), rewritten.clone());
        Some(rewritten)
    }

    fn rewritten(&mut self, op: Op, origin: &Origin) -> Option<Op> {
        let rules = match op.control() {
            // The rules did not run.
            Some(Control::CustomJvp { .. } | Control::CustomVjp { .. }) => true,
            Some(Control::CustomLinear { .. } | Control::CustomLinearSolve { .. }) => true,
            Some(
                Control::Call { .. }
                | Control::Remat { .. }
                | Control::Case { .. }
                | Control::While { .. }
                | Control::Scan { .. },
            )
            | None => false,
        };
        if rules || !self.loops.in_op(&op) {
            return Some(op);
        }
        let Op::While { args, consts, cond, body } = op else {
            let mut whole = true;
            let op = op.with_programs(|p| {
                let rewritten = self.sub_program(p);
                whole &= rewritten.is_some();
                rewritten.unwrap_or_else(|| p.clone())
            });
            return whole.then_some(op);
        };
        if !body.input_types()[consts..].iter().any(|ty| ty.dtype.is_inexact()) {
            return Some(Op::While { args, consts, cond, body });
        }
        // A loop in a branch that was not taken has no iterations.
        let (least, greatest) = self.trip_counts.0.get(&Arc::as_ptr(&body)).copied().unwrap_or_default();
        let carry = args.len() - consts;
        let next = self.sub_program(&body)?;
        let (length, body) = match least == greatest && !cond.has_effects() {
            true => (greatest, next),
            // The condition runs once more than the body, and its effects can be observed.
            false => (greatest + usize::from(cond.has_effects()), Arc::new(guarded_body(&cond, next, consts, origin)?)),
        };
        Some(Op::Scan { args, consts, carry, length, reverse: false, unroll: 0, body })
    }
}

/// Returns the program that runs `body` if `cond` holds, and otherwise returns the carry unchanged.
fn guarded_body(cond: &Arc<Program>, body: Arc<Program>, consts: usize, origin: &Origin) -> Option<Program> {
    let types = body.input_types().to_vec();
    let all = || (0..types.len() as u32).map(Var);
    let stay = ProgramBuilder::new("stay", types.clone(), Vec::new()).finish(all().skip(consts).collect()).ok()?;
    let mut builder = ProgramBuilder::new(body.name(), types.clone(), Vec::new());
    let mut push = |op: Op| builder.push(op, origin.clone()).ok();
    let holds = push(Op::Call { args: all().collect(), program: cond.clone() })?[0];
    let index = push(Op::Convert { x: holds, dtype: DType::I32 })?[0];
    let chosen = push(Op::Case { index, args: all().collect(), branches: vec![Arc::new(stay), body] })?;
    builder.finish(chosen.to_vec()).ok()
}
