//! Exchanges between ranks: the calls that carry out operations over axes of ranks.
//!
//! Such operations stay ordinary operations while a program is differentiated and batched. Before the program runs,
//! each becomes calls with effects. Effects are never dropped, merged or reordered, so all ranks exchange in the order
//! of the program. If the communicator overlaps, one call starts the exchange as soon as its operand is known, and
//! another waits for it where the result is used.

use super::{Instruction, Program, ProgramBuilder};
use crate::op::{Callback, CallbackFn, Dims, Exchange, Identity, Literal, Ranks};
use crate::{Array, DType, Loc, Op, Origin, Type, Var};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::sync::Arc;

impl Program {
    /// Returns the program with calls of the [`Communicator`](crate::op::Communicator) in place of operations over axes
    /// of ranks.
    pub fn with_exchanges(&self) -> Program {
        if self.has_ranks() { rewrite(self, &mut FxHashMap::default()) } else { self.clone() }
    }
}

/// An exchange, and the moves of axes before and after it.
pub(crate) struct Steps {
    pub exchange: Exchange,
    /// The axis to move to the front first.
    pub before: Option<usize>,
    /// The index to which the front axis of the result moves.
    pub after: Option<usize>,
}

impl Steps {
    /// Returns the steps of an operation that exchanges, and its operand; `None` for any other operation.
    #[allow(clippy::wildcard_enum_match_arm, reason = "no other operation exchanges")]
    pub(crate) fn of<V>(op: &Op<V>) -> Option<(Steps, &V)> {
        let plain = |exchange| Steps { exchange, before: None, after: None };
        Some(match op {
            Op::Collective { f, x, .. } => (plain(Exchange::Reduce(*f)), x),
            Op::AllGather { x, dimension, .. } => (Steps { after: Some(*dimension), ..plain(Exchange::Gather) }, x),
            Op::AllToAll { x, split, concat, .. } => {
                (Steps { exchange: Exchange::AllToAll, before: Some(*split), after: Some(*concat) }, x)
            }
            Op::Ppermute { x, pairs, .. } => (plain(Exchange::Permute(pairs.clone())), x),
            _ => return None,
        })
    }
}

/// Returns the permutation that moves axis `from` to index `to`.
pub(crate) fn move_axis_permutation(rank: usize, from: usize, to: usize) -> Dims {
    let mut permutation: Dims = (0..rank).collect();
    permutation.remove(from);
    permutation.insert(to, from);
    permutation
}

/// The rewritten sub-programs, keyed by the address of the original. The entry keeps the original alive.
type Rewritten = FxHashMap<*const Program, [Arc<Program>; 2]>;

/// An exchange that has started, and that nothing has waited for yet.
struct Started {
    ticket: Var,
    ranks: Ranks,
    steps: Steps,
    /// The type of the result of the exchange itself.
    ty: Type,
    origin: Origin,
}

struct Rewriter {
    builder: ProgramBuilder,
    renamed: Vec<Var>,
    /// The exchanges in the order of their start, each with its variable of the old program.
    started: Vec<(Var, Started)>,
}

fn rewrite(program: &Program, done: &mut Rewritten) -> Program {
    let known = program.inputs().len() + program.constants().len();
    let mut renamed: Vec<Var> = (0..known as u32).map(Var).collect();
    renamed.resize(program.num_vars(), Var(u32::MAX));
    let builder = ProgramBuilder::new(program.name(), program.input_types().to_vec(), program.constants().to_vec());
    let mut rewriter = Rewriter { builder, renamed, started: Vec::new() };
    for index in schedule(program) {
        rewriter.instruction(program, &program.instructions()[index], done);
    }
    while !rewriter.started.is_empty() {
        rewriter.finish(0);
    }
    let outputs = program.outputs().iter().map(|v| rewriter.renamed[v.index()]).collect();
    rewriter.builder.finish(outputs).expect("outputs are renamed")
}

/// Returns the indices of the instructions in an order that puts exchanges early: each effect follows immediately after
/// its last operand. Effects and exchanges keep their order.
fn schedule(program: &Program) -> Vec<usize> {
    let instructions = program.instructions();
    let overlaps = |op: &Op| op.ranks().is_some_and(|ranks| ranks.communicator().overlaps());
    if !instructions.iter().any(|i| overlaps(&i.op)) {
        return (0..instructions.len()).collect();
    }
    let mut maker = vec![usize::MAX; program.num_vars()];
    for (index, instruction) in instructions.iter().enumerate() {
        instruction.results().for_each(|v| maker[v.index()] = index);
    }
    let (mut placed, mut order) = (vec![false; instructions.len()], Vec::with_capacity(instructions.len()));
    let ordered = |op: &Op| op.has_effects() || op.has_ranks();
    for (index, _) in instructions.iter().enumerate().filter(|(_, i)| ordered(&i.op)) {
        let (mut needed, mut stack) = (Vec::new(), vec![index]);
        while let Some(index) = stack.pop() {
            if index == usize::MAX || std::mem::replace(&mut placed[index], true) {
                continue;
            }
            needed.push(index);
            stack.extend(instructions[index].op.operands().into_iter().map(|v| maker[v.index()]));
        }
        needed.sort_unstable();
        order.extend(needed);
    }
    order.extend((0..instructions.len()).filter(|&index| !placed[index]));
    order
}

impl Rewriter {
    fn instruction(&mut self, program: &Program, instruction: &Instruction, done: &mut Rewritten) {
        for operand in instruction.op.operands() {
            if let Some(place) = self.started.iter().position(|(var, _)| var == operand) {
                self.finish(place);
            }
        }
        let origin = &instruction.origin;
        let mut op = instruction.op.map(|v| self.renamed[v.index()]);
        if let (Some(ranks), Some((steps, &x))) = (op.ranks().cloned(), Steps::of(&op)) {
            return self.exchange(instruction.first, ranks, steps, x, origin);
        }
        if let (Some(ranks), Op::AxisIndex { .. }) = (op.ranks(), &op) {
            op = Op::Constant { value: Literal::new(ranks.rank() as i32) };
        }
        if op.programs().iter().any(|(_, p)| p.has_ranks()) {
            op = op.with_programs(|inner| sub_program(inner, done));
        }
        let results = self.builder.push(op, origin.clone()).expect("the types are those of before");
        debug_assert!(
            instruction.results().zip(&results).all(|(old, &new)| Some(program.ty(old)) == self.builder.ty(new))
        );
        for (old, new) in instruction.results().zip(results) {
            self.renamed[old.index()] = new;
        }
    }

    fn push(&mut self, op: Op, origin: &Origin) -> Var {
        self.builder.push(op, origin.clone()).expect("exchanges keep programs well-typed")[0]
    }

    fn transpose(&mut self, x: Var, from: usize, to: usize, origin: &Origin) -> Var {
        let rank = self.ty(x).rank();
        if from == to {
            x
        } else {
            self.push(Op::Transpose { x, permutation: move_axis_permutation(rank, from, to) }, origin)
        }
    }

    fn ty(&self, v: Var) -> &Type {
        self.builder.ty(v).expect("renamed variables are assigned")
    }

    /// Starts an exchange, and waits for it unless the communicator overlaps.
    fn exchange(&mut self, old: Var, ranks: Ranks, steps: Steps, x: Var, origin: &Origin) {
        let x = match steps.before {
            Some(axis) => self.transpose(x, axis, 0, origin),
            None => x,
        };
        let mut ty = self.ty(x).clone();
        if steps.exchange == Exchange::Gather {
            ty.shape.dims_mut().insert(0, ranks.size());
        }
        let loc = origin.loc.clone();
        let (communicator, exchange, name) =
            (ranks.communicator().clone(), steps.exchange.clone(), steps.exchange.name());
        if !communicator.overlaps() {
            let run = move |args: &[Array]| {
                let ticket = communicator.start(&exchange, args[0].clone(), loc.as_ref())?;
                Ok(vec![communicator.wait(ticket)?])
            };
            let y = self.push(call(name.to_owned(), origin, x, ty, run), origin);
            self.renamed[old.index()] = self.move_axis_back(y, &steps, origin);
            return;
        }
        let start = move |args: &[Array]| {
            Ok(vec![Array::scalar(communicator.start(&exchange, args[0].clone(), loc.as_ref())?)])
        };
        let ticket = self.push(call(format!("{name}_start"), origin, x, Type::scalar(DType::I32), start), origin);
        self.started.push((old, Started { ticket, ranks, steps, ty, origin: origin.clone() }));
    }

    /// Waits for the exchange at index `place` of the list.
    fn finish(&mut self, place: usize) {
        let (old, Started { ticket, ranks, steps, ty, origin }) = self.started.remove(place);
        let communicator = ranks.communicator().clone();
        let wait = move |args: &[Array]| Ok(vec![communicator.wait(args[0].as_slice::<i32>()[0])?]);
        let y = self.push(call(format!("{}_wait", steps.exchange.name()), &origin, ticket, ty, wait), &origin);
        self.renamed[old.index()] = self.move_axis_back(y, &steps, &origin);
    }

    fn move_axis_back(&mut self, y: Var, steps: &Steps, origin: &Origin) -> Var {
        match steps.after {
            Some(axis) => self.transpose(y, 0, axis, origin),
            None => y,
        }
    }
}

fn sub_program(program: &Arc<Program>, done: &mut Rewritten) -> Arc<Program> {
    if !program.has_ranks() {
        return program.clone();
    }
    if let Some([_, new]) = done.get(&Arc::as_ptr(program)) {
        return new.clone();
    }
    let new = Arc::new(rewrite(program, done));
    done.insert(Arc::as_ptr(program), [program.clone(), new.clone()]);
    new
}

fn call<F>(name: String, origin: &Origin, x: Var, ty: Type, run: F) -> Op
where
    F: Fn(&[Array]) -> Result<Vec<Array>, String> + Send + Sync + 'static,
{
    let unknown = Loc { file: Cow::Borrowed("an unknown line"), line: 0, column: 0 };
    let loc = origin.loc.clone().unwrap_or(unknown);
    let callback = Callback::new(Identity::of::<F, ()>(0), name, loc, vec!["result".to_owned()], run);
    Op::Callback { f: CallbackFn::Io, args: vec![x], callback, results: vec![ty], vmap_method: None }
}
