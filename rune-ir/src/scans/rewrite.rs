//! Replaces loops with scans in programs.

use super::counted::Loop;
use super::counting::{Counting, Scalar};
use super::rows::{Rows, Steps, Write, reads_and_writes};
use crate::op::Control;
use crate::simplify::live;
use crate::{Op, Origin, Program, ProgramBuilder, Type, Var};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::sync::Arc;

/// The maximum number of instructions that replace calls.
const MAX_INLINED: usize = 1 << 16;
/// A placeholder for unused variables.
const UNUSED: Var = Var(u32::MAX);

pub(super) struct Rewriter {
    /// The finished sub-programs, keyed by address. The value keeps the original alive, so that its address is not
    /// reused.
    done: FxHashMap<*const Program, (Arc<Program>, Arc<Program>)>,
    /// Whether programs contain loops, keyed in the same way.
    loops: FxHashMap<*const Program, (Arc<Program>, bool)>,
    /// The number of instructions that may still replace calls.
    pub budget: usize,
}

pub(super) fn rewritten(program: &Program) -> Program {
    let mut rewriter = Rewriter { done: FxHashMap::default(), loops: FxHashMap::default(), budget: MAX_INLINED };
    if rewriter.has_loop(program) { rewriter.program(program, &[]) } else { program.clone() }
}

/// A program under construction, and the known values of its variables.
struct Writer {
    builder: ProgramBuilder,
    counting: Counting,
}

impl Writer {
    fn push(&mut self, op: Op, origin: &Origin) -> SmallVec<[Var; 2]> {
        let results = self.builder.push(op.clone(), origin.clone()).expect("types stay the same");
        if let [result] = results[..] {
            self.counting.note(&op, result, self.builder.ty(result).expect("it was just pushed"));
        }
        results
    }
    /// Returns the values of these variables that are the same in all iterations.
    fn invariants(&self, vars: &[Var]) -> Vec<Option<Scalar>> {
        let fixed = |scalar: &Scalar| scalar.constant().is_some() || matches!(scalar, Scalar::Truth(_));
        vars.iter().map(|&v| self.counting.get(v).filter(fixed)).collect()
    }
}

impl Rewriter {
    fn program(&mut self, program: &Program, given: &[Option<Scalar>]) -> Program {
        let (inputs, constants) = (program.input_types(), program.constants());
        let builder = ProgramBuilder::new(program.name(), inputs.to_vec(), constants.to_vec());
        let mut w = Writer { builder, counting: Counting::new(1) };
        for (i, scalar) in given.iter().enumerate() {
            if let Some(scalar) = scalar {
                w.counting.set(Var(i as u32), &inputs[i], *scalar);
            }
        }
        let first = (0..(inputs.len() + constants.len()) as u32).map(Var).collect();
        let vars = self.instructions(&mut w, program, first, |_, _| None);
        w.builder.finish(program.outputs().iter().map(|v| vars[v.index()]).collect()).expect("outputs are written")
    }

    /// Writes the needed instructions. An instruction for which `instead` returns a variable is left out.
    fn instructions(
        &mut self,
        w: &mut Writer,
        program: &Program,
        mut vars: Vec<Var>,
        mut instead: impl FnMut(&mut Writer, usize) -> Option<Var>,
    ) -> Vec<Var> {
        let live = live(program);
        for (at, instruction) in program.instructions().iter().enumerate() {
            if !live.instructions[at] {
                vars.extend(instruction.results().map(|_| UNUSED));
            } else if let Some(var) = instead(w, at) {
                vars.push(var);
            } else {
                let op = instruction.op.map(|v| vars[v.index()]);
                let alive: Vec<bool> = instruction.results().map(|v| live.vars[v.index()]).collect();
                vars.extend(self.instruction(w, op, &alive, &instruction.origin));
            }
        }
        vars
    }

    fn instruction(&mut self, w: &mut Writer, op: Op, alive: &[bool], origin: &Origin) -> SmallVec<[Var; 2]> {
        if op.programs().is_empty() {
            return w.push(op, origin);
        }
        if let Op::While { args, consts, cond, body } = &op {
            let body = self.inlined(body);
            let counted = Loop { consts: *consts, cond, body: &body, given: w.invariants(args) };
            if let Some(trip_count) = counted.trip_count() {
                let scan = self.scan(&counted, trip_count, alive, origin).simplify();
                let mut vars = args.clone();
                for instruction in scan.instructions() {
                    vars.extend(w.push(instruction.op.map(|v| vars[v.index()]), &instruction.origin));
                }
                let mut outputs = scan.outputs().iter().map(|v| vars[v.index()]);
                return alive.iter().map(|&a| if a { outputs.next().expect("one for each") } else { UNUSED }).collect();
            }
        }
        // The known inputs of the programs, which are the same in every run.
        let given = match op.control() {
            Some(Control::While { args, consts, .. } | Control::Scan { args, consts, .. }) => {
                w.invariants(&args[..consts])
            }
            Some(Control::Case { args, .. }) => w.invariants(args),
            // These programs may have other callers, so each is rewritten once for all callers.
            Some(
                Control::Call { .. }
                | Control::Remat { .. }
                | Control::CustomJvp { .. }
                | Control::CustomVjp { .. }
                | Control::CustomLinear { .. }
                | Control::CustomLinearSolve { .. },
            )
            | None => Vec::new(),
        };
        let op = op.with_programs(|program| self.sub_program(program, &given));
        w.push(op, origin)
    }

    fn has_loop(&mut self, program: &Program) -> bool {
        let mut in_op =
            |op: &Op| matches!(op, Op::While { .. }) || op.programs().iter().any(|(_, p)| self.has_loop_within(p));
        program.instructions().iter().any(|i| in_op(&i.op))
    }
    fn has_loop_within(&mut self, program: &Arc<Program>) -> bool {
        if let Some((_, known)) = self.loops.get(&Arc::as_ptr(program)) {
            return *known;
        }
        let has_loop = self.has_loop(program);
        self.loops.insert(Arc::as_ptr(program), (program.clone(), has_loop));
        has_loop
    }

    fn sub_program(&mut self, program: &Arc<Program>, given: &[Option<Scalar>]) -> Arc<Program> {
        if !self.has_loop_within(program) {
            return program.clone();
        }
        let key = Arc::as_ptr(program);
        if given.iter().any(Option::is_some) {
            return Arc::new(self.program(program, given));
        }
        if let Some((_, done)) = self.done.get(&key) {
            return done.clone();
        }
        let rewritten = Arc::new(self.program(program, &[]));
        self.done.insert(key, (program.clone(), rewritten.clone()));
        rewritten
    }

    /// Returns the program that replaces a loop with this number of iterations. It takes the arguments of the loop, and
    /// returns those results that are `alive`.
    fn scan(&mut self, counted: &Loop, trip_count: usize, alive: &[bool], origin: &Origin) -> Program {
        let (consts, types) = (counted.consts, counted.types());
        let builder = ProgramBuilder::new("scan", types.to_vec(), Vec::new());
        let mut b = Steps { builder, origin: origin.clone() };
        let wanted = || (0..alive.len()).filter(|&i| alive[i]).map(|i| consts + i);
        if trip_count == 0 {
            return b.finish(wanted().map(|i| Var(i as u32)).collect()).expect("inputs are there");
        }
        let (reads, writes) = reads_and_writes(counted, trip_count, &counted.counting(trip_count));
        let mut arrays: Vec<Rows> = Vec::new();
        for rows in reads.iter().flatten() {
            if !arrays.contains(rows) {
                arrays.push(*rows);
            }
        }
        let all = || arrays.iter().chain(writes.iter().map(|w| &w.rows));
        let reverse = 2 * all().filter(|rows| rows.back).count() > all().count();
        // Sorts the arguments: constants, carry, and arrays that are read row by row.
        let written = |i: usize| writes.iter().position(|w| w.rows.array == i);
        let (fixed, moving): (Vec<usize>, Vec<usize>) =
            (0..types.len()).filter(|&i| i < consts || written(i).is_none()).partition(|&i| counted.is_invariant(i));
        let body = self.body(counted, trip_count, [&fixed, &moving], &reads, &arrays, &writes);
        let inputs = fixed.iter().chain(&moving).map(|&i| Var(i as u32));
        let mut args: Vec<Var> = inputs.collect();
        for rows in &arrays {
            args.push(rows.scanned_array(&mut b, Var(rows.array as u32), trip_count, reverse));
        }
        let (consts, carry) = (fixed.len(), moving.len());
        let op = Op::Scan { args, consts, carry, length: trip_count, reverse, unroll: 0, body: Arc::new(body) };
        let results = b.builder.push(op, origin.clone()).expect("what is taken row by row fits");
        let outputs = wanted().map(|i| match (written(i), moving.iter().position(|&m| m == i)) {
            (Some(at), _) => writes[at].rows.put_back(&mut b, Var(i as u32), results[carry + at], trip_count, reverse),
            (None, Some(at)) => results[at],
            (None, None) => Var(i as u32),
        });
        let outputs = outputs.collect();
        b.finish(outputs).expect("results are there")
    }

    /// Returns the body of the scan. It takes the constants, the carry and the next rows, and returns the next carry
    /// and the rows to write.
    fn body(
        &mut self,
        counted: &Loop,
        trip_count: usize,
        [fixed, moving]: [&[usize]; 2],
        reads: &[Option<Rows>],
        arrays: &[Rows],
        writes: &[Write],
    ) -> Program {
        let (body, types) = (counted.body, counted.types());
        let kept = || fixed.iter().chain(moving).copied();
        let blocks = arrays.iter().map(|rows| rows.block(&types[rows.array]));
        let inputs: Vec<Type> = kept().map(|i| types[i].clone()).chain(blocks).collect();
        let mut w = Writer {
            builder: ProgramBuilder::new(body.name(), inputs, Vec::new()),
            counting: Counting::new(trip_count),
        };
        let counters = counted.counters(trip_count);
        let mut first = vec![UNUSED; types.len()];
        for (new, old) in kept().enumerate() {
            let new = Var(new as u32);
            first[old] = new;
            if let Some(scalar) = counters.get(Var(old as u32)) {
                w.counting.set(new, &types[old], scalar);
            }
        }
        let vars = self.instructions(&mut w, body, first, |w, at| {
            let instruction = &body.instructions()[at];
            if writes.iter().any(|write| counted.next(write.rows.array) == instruction.first) {
                return Some(UNUSED);
            }
            let place = arrays.iter().position(|rows| reads[at].as_ref() == Some(rows))?;
            let x = Var((fixed.len() + moving.len() + place) as u32);
            let shape = body.ty(instruction.first).shape.clone();
            Some(w.push(Op::Reshape { x, shape }, &instruction.origin)[0])
        });
        let mut outputs: Vec<Var> = moving.iter().map(|&i| vars[counted.next(i).index()]).collect();
        for write in writes {
            let (x, shape) = (vars[write.update.index()], write.rows.block(&types[write.rows.array]).shape);
            outputs.push(w.push(Op::Reshape { x, shape }, &Origin::default())[0]);
        }
        w.builder.finish(outputs).expect("outputs are written")
    }
}
