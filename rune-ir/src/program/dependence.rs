//! From which inputs of a program its variables are reached, told by its look.
//!
//! To find that out by running a rule would take a run for each turn that marks go round a loop, at each level of a nest: exponential time.
//! Here each sub-program is looked at once for each thing that is followed. What was found stays with the program.

use crate::op::AxisName;
use crate::{Instruction, Op, Program};
use smallvec::{SmallVec, smallvec};
use std::sync::{Arc, Mutex, PoisonError};

/// What is followed from operands to results.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Along {
    /// All results of an operation depend on all its operands, whatever is in its programs; those of an effect on more than that.
    Operands,
    /// Results depend on operands as the programs of an operation have it.
    Values,
    /// Results move with operands, as far as they are floats and have a derivative.
    Tangents,
    /// Results differ by lane if operands do; operations over the axis of this name are over the lanes.
    Lanes(Option<AxisName>),
}

impl Along {
    /// The same, of a program: whether lanes have a name says something only to operations over the axis.
    fn within(&self, program: &Program) -> Along {
        match self {
            Along::Lanes(Some(name)) if !program.axes().contains_key(name) => Along::Lanes(None),
            Along::Operands | Along::Values | Along::Tangents | Along::Lanes(_) => self.clone(),
        }
    }
}

/// The marks of a variable: that it is reached, or from where.
pub trait Marks: Clone + Default {
    /// Adds those of another variable; whether they are more now.
    fn join(&mut self, other: &Self) -> bool;
}

impl Marks for bool {
    fn join(&mut self, other: &bool) -> bool {
        let more = *other && !*self;
        *self |= *other;
        more
    }
}

/// Positions of inputs, a bit for each.
#[derive(Clone, Default, Debug)]
struct Sources(SmallVec<[u64; 2]>);

impl Sources {
    fn only(i: usize) -> Sources {
        let mut bits = smallvec![0; i / 64 + 1];
        bits[i / 64] = 1 << (i % 64);
        Sources(bits)
    }
    fn positions(&self) -> impl Iterator<Item = usize> + '_ {
        let bits = |(i, &word): (usize, &u64)| (0..64).filter(move |b| word >> b & 1 == 1).map(move |b| i * 64 + b);
        self.0.iter().enumerate().flat_map(bits)
    }
}

impl Marks for Sources {
    fn join(&mut self, other: &Sources) -> bool {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        let mut more = false;
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            more |= theirs & !*mine != 0;
            *mine |= theirs;
        }
        more
    }
}

fn joined<'a, M: Marks + 'a>(marks: impl IntoIterator<Item = &'a M>) -> M {
    let mut all = M::default();
    for one in marks {
        all.join(one);
    }
    all
}

/// From which inputs the outputs of a program are reached.
#[derive(Debug)]
struct Flow {
    /// For each output the inputs; the position after the last one stands for what is reached in any case.
    outputs: Vec<Sources>,
}

/// The flows through a program that were asked for.
#[derive(Default, Debug)]
pub(super) struct Flows(Mutex<Vec<(Along, Arc<Flow>)>>);

/// Found again for a copy, which may be about to change.
impl Clone for Flows {
    fn clone(&self) -> Flows {
        Flows::default()
    }
}

impl Program {
    fn flow(&self, along: &Along) -> Arc<Flow> {
        let along = along.within(self);
        let known = || self.flows.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, flow)) = known().iter().find(|(known, _)| *known == along) {
            return flow.clone();
        }
        let inputs = self.inputs().len();
        let env = follow(self, &along, (0..inputs).map(Sources::only).collect(), &Sources::only(inputs));
        let flow = Arc::new(Flow { outputs: self.outputs().iter().map(|v| env[v.index()].clone()).collect() });
        known().push((along, flow.clone()));
        flow
    }
}

/// The marks of the outputs of `program` for those of its inputs; `anyway` are those of what is reached in any case.
pub fn outputs<M: Marks>(program: &Program, along: &Along, inputs: &[M], anyway: &M) -> Vec<M> {
    let of = |i| inputs.get(i).unwrap_or(anyway);
    program.flow(along).outputs.iter().map(|sources| joined(sources.positions().map(of))).collect()
}

/// Which outputs of `program` are reached from the inputs that `marks` marks.
pub fn reached(program: &Program, along: &Along, marks: &[bool]) -> Vec<bool> {
    outputs(program, along, marks, &true)
}

/// Which variables of `program` are reached from the inputs and constants that `marks` marks.
pub fn reached_variables(program: &Program, along: &Along, marks: &[bool]) -> Vec<bool> {
    follow(program, &along.within(program), marks.to_vec(), &true)
}

/// The marks of all variables, for those of the inputs.
fn follow<M: Marks>(program: &Program, along: &Along, inputs: Vec<M>, anyway: &M) -> Vec<M> {
    let mut env = inputs;
    env.resize(program.num_vars(), M::default());
    for instruction in program.instructions() {
        crate::work::note();
        step(program, instruction, along, &mut env, anyway);
    }
    env
}

fn step<M: Marks>(program: &Program, instruction: &Instruction, along: &Along, env: &mut [M], anyway: &M) {
    let given = results(&instruction.op, |v| &env[v.index()], along, anyway);
    for (i, v) in instruction.results().enumerate() {
        if *along == Along::Tangents && !program.ty(v).dtype.is_inexact() {
            continue;
        }
        env[v.index()] = match &given {
            Results::All(marks) => marks.clone(),
            Results::Each(marks) => marks[i].clone(),
        };
    }
}

/// The marks of the results of an operation.
pub enum Results<M> {
    /// They all have the same.
    All(M),
    /// One after the other.
    Each(Vec<M>),
}

impl<M: Clone> Results<M> {
    pub fn into_vec(self, count: usize) -> Vec<M> {
        match self {
            Results::All(marks) => vec![marks; count],
            Results::Each(marks) => marks,
        }
    }
}

/// The marks of the results of `op`; `of` are those of an operand.
pub fn results<'a, V, M: Marks + 'a>(
    op: &'a Op<V>,
    of: impl Fn(&'a V) -> &'a M,
    along: &Along,
    anyway: &M,
) -> Results<M> {
    let all = || Results::All(joined(op.operands().into_iter().map(&of)));
    let given = match along {
        Along::Operands => {
            let mut marks = joined(op.operands().into_iter().map(&of));
            // Each time it gives what it will.
            if op.has_effects() {
                marks.join(anyway);
            }
            return Results::All(marks);
        }
        Along::Tangents if is_flat(op) => return Results::All(M::default()),
        Along::Values | Along::Tangents => None,
        Along::Lanes(name) => {
            if op.axis().is_some_and(|axis| Some(&axis.name) == name.as_ref()) {
                return Results::All(over_lanes(op, of, anyway));
            }
            with_rules(op, &of, along, anyway)
        }
    };
    given.or_else(|| within(op, &of, along, anyway)).map_or_else(all, Results::Each)
}

/// Of branches, loops and calls, by their programs, and of barriers; `None` for other operations.
fn within<'a, V, M: Marks + 'a>(
    op: &'a Op<V>,
    of: &impl Fn(&'a V) -> &'a M,
    along: &Along,
    anyway: &M,
) -> Option<Vec<M>> {
    let marks = |args: &'a [V]| -> Vec<M> { args.iter().map(|x| of(x).clone()).collect() };
    if let Op::Call { args, program } | Op::Remat { args, program, .. } = op {
        Some(outputs(program, along, &marks(args), anyway))
    } else if let Op::Case { index, args, branches } = op {
        let args = marks(args);
        let mut results = vec![of(index).clone(); branches[0].outputs().len()];
        for branch in branches {
            join_each(&mut results, &outputs(branch, along, &args, anyway));
        }
        Some(results)
    } else if let Op::While { args, consts, cond, body } = op {
        let mut marks = marks(args);
        while_turn(cond, body, along, &mut marks, *consts, anyway);
        Some(marks.split_off(*consts))
    } else if let Op::Scan { args, consts, carry, body, .. } = op {
        let mut marks = marks(args);
        scan_turn(body, along, &mut marks, *consts, *carry, anyway);
        let mut results = outputs(body, along, &marks, anyway);
        results[..*carry].clone_from_slice(&marks[*consts..consts + carry]);
        Some(results)
    } else if let Op::OptimizationBarrier { xs } = op {
        Some(marks(xs))
    } else {
        None
    }
}

/// Adds to what goes into a turn of a scan, of what is carried, what comes out of turns.
pub fn scan_turn<M: Marks>(body: &Program, along: &Along, marks: &mut [M], consts: usize, carry: usize, anyway: &M) {
    loop {
        let out = outputs(body, along, marks, anyway);
        if !join_each(&mut marks[consts..consts + carry], &out) {
            return;
        }
    }
}

/// As [`scan_turn`], of a loop that a condition ends: how many turns there are tells on everything. The marks of the condition.
pub fn while_turn<M: Marks>(
    cond: &Program,
    body: &Program,
    along: &Along,
    marks: &mut [M],
    consts: usize,
    anyway: &M,
) -> M {
    loop {
        let goes_on = joined(&outputs(cond, along, marks, anyway));
        let mut out = outputs(body, along, marks, anyway);
        out.iter_mut().for_each(|out| _ = out.join(&goes_on));
        if !join_each(&mut marks[consts..], &out) {
            return goes_on;
        }
    }
}

/// Adds marks to marks; whether any are more now.
fn join_each<M: Marks>(marks: &mut [M], others: &[M]) -> bool {
    marks.iter_mut().zip(others).fold(false, |more, (mine, theirs)| mine.join(theirs) | more)
}

/// Whether the derivative is zero wherever there is one.
pub fn is_flat<V>(op: &Op<V>) -> bool {
    use crate::op::UnaryFn::{Ceil, Floor, RoundAfz, RoundEven, Sign};
    matches!(op, Op::StopGradient { .. } | Op::Unary { f: Sign | Floor | Ceil | RoundAfz | RoundEven, .. })
}

/// Of an operation over the axis that the lanes lie along.
fn over_lanes<'a, V, M: Marks + 'a>(op: &'a Op<V>, of: impl Fn(&'a V) -> &'a M, anyway: &M) -> M {
    if let Op::Collective { .. } | Op::AllGather { .. } = op {
        return M::default(); // All lanes get the same.
    }
    if let Op::Ppermute { x, axis, pairs } = op
        && pairs.len() == axis.size
    {
        return of(x).clone();
    }
    anyway.clone()
}

/// Of functions with derivatives of their own, on lanes.
fn with_rules<'a, V, M: Marks + 'a>(
    op: &'a Op<V>,
    of: &impl Fn(&'a V) -> &'a M,
    along: &Along,
    anyway: &M,
) -> Option<Vec<M>> {
    let marks = |args: &'a [V]| -> Vec<M> { args.iter().map(|x| of(x).clone()).collect() };
    if let Op::CustomJvp { args, program, rule, num_args, takes_results } = op {
        // A result is of one type with its tangent: it differs where either does.
        let args = marks(args);
        let tangents = floats(&args[..*num_args], program);
        let mut results = outputs(program, along, &args, anyway);
        let types = program.output_types();
        loop {
            let given = if *takes_results { &results[..] } else { &[] };
            let given = outputs(rule, along, &[&args[..], given, &tangents].concat(), anyway);
            let values = if *takes_results { 0 } else { types.len() };
            let mut more = join_each(&mut results, &given[..values]);
            let changes = results.iter_mut().zip(&types).filter(|(_, ty)| ty.dtype.is_inexact()).map(|(m, _)| m);
            for (result, change) in changes.zip(&given[values..]) {
                more |= result.join(change);
            }
            if !more {
                return Some(results);
            }
        }
    } else if let Op::CustomVjp { args, program, forward, backward, num_args } = op {
        let args = marks(args);
        let mut results = outputs(program, along, &args, anyway);
        let forward = outputs(forward, along, &args, anyway);
        join_each(&mut results, &forward);
        // A result that moves with what differs, as the rule has it, has a cotangent of its own in each lane.
        let own = floats(&args[..*num_args], program);
        let residuals = forward.len() - results.len();
        let back = backward.flow(&Along::Operands);
        let moves: Vec<bool> = program.output_types().iter().map(|ty| ty.dtype.is_inexact()).collect();
        for (ct, result) in results.iter_mut().zip(moves).filter(|(_, float)| *float).map(|(r, _)| r).enumerate() {
            let to = back.outputs.iter().zip(&own).filter(|(from, _)| from.positions().any(|i| i == residuals + ct));
            result.join(&joined(to.map(|(_, own)| own)));
        }
        Some(results)
    } else if let Op::CustomLinear { xs, backward } = op {
        let mut any = joined(xs.iter().map(of));
        if let Along::Lanes(Some(name)) = along
            && backward.axes().contains_key(name)
        {
            any.join(anyway);
        }
        Some(vec![any; backward.inputs().len() - (xs.len() - backward.outputs().len())])
    } else {
        None
    }
}

/// The marks of those inputs that are of a float dtype.
fn floats<M: Marks>(marks: &[M], program: &Program) -> Vec<M> {
    marks.iter().zip(program.input_types()).filter(|(_, ty)| ty.dtype.is_inexact()).map(|(m, _)| m.clone()).collect()
}
