//! Static dependence analysis: which variables of a program depend on which inputs.
//!
//! Running a transformation to find out would take one run for each iteration of a fixpoint at each level of nested
//! loops: exponential time. This analysis visits each sub-program once for each kind of dependence. The program caches
//! the result.

use crate::op::{AxisName, Control};
use crate::{Instruction, Op, Program};
use smallvec::{SmallVec, smallvec};
use std::sync::{Arc, Mutex, PoisonError};

/// The kind of dependence of results on operands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DependenceKind {
    /// All results of an operation depend on all its operands; its programs are not examined. The results of an effect
    /// always depend.
    Operands,
    /// Results depend on operands according to the programs of the operation.
    Values,
    /// The tangents of results depend on tangents of operands, for floats with a nonzero derivative.
    Tangents,
    /// Results differ between batch elements if operands do. Operations over the axis of this name work on the batch
    /// itself.
    BatchAxis(Option<AxisName>),
}

impl DependenceKind {
    /// Returns the kind for a sub-program. The name of the batch axis matters only to operations over that axis.
    fn within(&self, program: &Program) -> DependenceKind {
        match self {
            DependenceKind::BatchAxis(Some(name)) if !program.axes().contains_key(name) => {
                DependenceKind::BatchAxis(None)
            }
            DependenceKind::Operands
            | DependenceKind::Values
            | DependenceKind::Tangents
            | DependenceKind::BatchAxis(_) => self.clone(),
        }
    }
}

/// The analysis value of a variable: whether the variable depends on marked inputs, or on which inputs it depends.
pub trait Lattice: Clone + Default {
    /// Joins `other` into this value. Returns whether this value changed.
    fn join(&mut self, other: &Self) -> bool;
}

impl Lattice for bool {
    fn join(&mut self, other: &bool) -> bool {
        let more = *other && !*self;
        *self |= *other;
        more
    }
}

/// Indices of inputs, as a bit set.
#[derive(Clone, Default, Debug)]
struct Sources(SmallVec<[u64; 2]>);

impl Sources {
    fn singleton(i: usize) -> Sources {
        let mut bits = smallvec![0; i / 64 + 1];
        bits[i / 64] = 1 << (i % 64);
        Sources(bits)
    }
    fn positions(&self) -> impl Iterator<Item = usize> + '_ {
        let bits = |(i, &word): (usize, &u64)| (0..64).filter(move |b| word >> b & 1 == 1).map(move |b| i * 64 + b);
        self.0.iter().enumerate().flat_map(bits)
    }
}

impl Lattice for Sources {
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

fn join_all<'a, M: Lattice + 'a>(marks: impl IntoIterator<Item = &'a M>) -> M {
    let mut all = M::default();
    for one in marks {
        all.join(one);
    }
    all
}

/// The inputs that the outputs of a program depend on.
#[derive(Debug)]
struct Flow {
    /// The inputs of each output. The index after the last input represents a dependence that always exists.
    outputs: Vec<Sources>,
}

/// The analysis results of a program, for each requested kind.
#[derive(Default, Debug)]
pub(super) struct Flows(Mutex<Vec<(DependenceKind, Arc<Flow>)>>);

/// A clone starts empty, because the program may be about to change.
impl Clone for Flows {
    fn clone(&self) -> Flows {
        Flows::default()
    }
}

impl Program {
    fn flow(&self, kind: &DependenceKind) -> Arc<Flow> {
        let kind = kind.within(self);
        let known = || self.flows.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, flow)) = known().iter().find(|(known, _)| *known == kind) {
            return flow.clone();
        }
        let inputs = self.inputs().len();
        let env = propagate(self, &kind, (0..inputs).map(Sources::singleton).collect(), &Sources::singleton(inputs));
        let flow = Arc::new(Flow { outputs: self.outputs().iter().map(|v| env[v.index()].clone()).collect() });
        known().push((kind, flow.clone()));
        flow
    }
}

/// Returns the values of the outputs of `program`, given the values of its inputs. `always` is the value of a
/// dependence that always exists.
pub fn outputs<M: Lattice>(program: &Program, kind: &DependenceKind, inputs: &[M], always: &M) -> Vec<M> {
    let of = |i| inputs.get(i).unwrap_or(always);
    program.flow(kind).outputs.iter().map(|sources| join_all(sources.positions().map(of))).collect()
}

/// Returns which outputs of `program` depend on the inputs that `marks` marks.
pub fn reached(program: &Program, kind: &DependenceKind, marks: &[bool]) -> Vec<bool> {
    outputs(program, kind, marks, &true)
}

/// Returns which variables of `program` depend on the inputs and constants that `marks` marks.
pub fn reached_variables(program: &Program, kind: &DependenceKind, marks: &[bool]) -> Vec<bool> {
    propagate(program, &kind.within(program), marks.to_vec(), &true)
}

/// Returns the values of all variables, given the values of the inputs.
fn propagate<M: Lattice>(program: &Program, kind: &DependenceKind, inputs: Vec<M>, always: &M) -> Vec<M> {
    let mut env = inputs;
    env.resize(program.num_vars(), M::default());
    for instruction in program.instructions() {
        crate::work::count_step();
        step(program, instruction, kind, &mut env, always);
    }
    env
}

fn step<M: Lattice>(program: &Program, instruction: &Instruction, kind: &DependenceKind, env: &mut [M], always: &M) {
    let given = results(&instruction.op, |v| &env[v.index()], kind, always);
    for (i, v) in instruction.results().enumerate() {
        if *kind == DependenceKind::Tangents && !program.ty(v).dtype.is_inexact() {
            continue;
        }
        env[v.index()] = match &given {
            Results::All(marks) => marks.clone(),
            Results::Each(marks) => marks[i].clone(),
        };
    }
}

/// The values of the results of an operation: one for all, or one for each.
pub enum Results<M> {
    /// One value for all results.
    All(M),
    /// One value for each result.
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

/// Returns the values of the results of `op`. `of` returns the value of an operand.
pub fn results<'a, V, M: Lattice + 'a>(
    op: &'a Op<V>,
    of: impl Fn(&'a V) -> &'a M,
    kind: &DependenceKind,
    always: &M,
) -> Results<M> {
    let all = || Results::All(join_all(op.operands().into_iter().map(&of)));
    match kind {
        DependenceKind::Operands => {
            let mut marks = join_all(op.operands().into_iter().map(&of));
            // An effect may return something else each time.
            if op.has_effects() {
                marks.join(always);
            }
            Results::All(marks)
        }
        DependenceKind::Tangents if op.is_flat() => Results::All(M::default()),
        DependenceKind::BatchAxis(name) if op.axis().is_some_and(|axis| Some(&axis.name) == name.as_ref()) => {
            Results::All(axis_op_mark(op, of, always))
        }
        DependenceKind::Values | DependenceKind::Tangents | DependenceKind::BatchAxis(_) => {
            result_marks(op, &of, kind, always).map_or_else(all, Results::Each)
        }
    }
}

/// Returns one value for each result if the operation holds programs or is a barrier. Returns `None` if every result
/// has the joined value of all operands.
fn result_marks<'a, V, M: Lattice + 'a>(
    op: &'a Op<V>,
    of: &impl Fn(&'a V) -> &'a M,
    kind: &DependenceKind,
    always: &M,
) -> Option<Vec<M>> {
    let marks = |args: &'a [V]| -> Vec<M> { args.iter().map(|x| of(x).clone()).collect() };
    let of_batch = matches!(kind, DependenceKind::BatchAxis(_));
    match op.control() {
        Some(Control::Call { args, program } | Control::Remat { args, program, .. }) => {
            Some(outputs(program, kind, &marks(args), always))
        }
        Some(Control::Case { index, args, branches }) => {
            let args = marks(args);
            let mut results = vec![of(index).clone(); branches[0].outputs().len()];
            for branch in branches {
                join_each(&mut results, &outputs(branch, kind, &args, always));
            }
            Some(results)
        }
        Some(Control::While { args, consts, cond, body }) => {
            let mut marks = marks(args);
            while_iteration(cond, body, kind, &mut marks, consts, always);
            Some(marks.split_off(consts))
        }
        Some(Control::Scan { args, consts, carry, body, .. }) => {
            let mut marks = marks(args);
            scan_iteration(body, kind, &mut marks, consts, carry, always);
            let mut results = outputs(body, kind, &marks, always);
            results[..carry].clone_from_slice(&marks[consts..consts + carry]);
            Some(results)
        }
        Some(Control::CustomJvp { args, program, rule, num_args, takes_results }) => {
            of_batch.then(|| custom_jvp(marks(args), program, rule, num_args, takes_results, kind, always))
        }
        Some(Control::CustomVjp { args, program, forward, backward, num_args }) => {
            of_batch.then(|| custom_vjp(marks(args), program, forward, backward, num_args, kind, always))
        }
        Some(Control::CustomLinear { xs, backward }) => {
            of_batch.then(|| custom_linear(&marks(xs), backward, kind, always))
        }
        Some(Control::CustomLinearSolve { .. }) => None,
        None => {
            if let Op::OptimizationBarrier { xs } = op {
                Some(marks(xs))
            } else {
                None
            }
        }
    }
}

/// Joins the final carry of a scan into its initial carry, until nothing changes.
pub fn scan_iteration<M: Lattice>(
    body: &Program,
    kind: &DependenceKind,
    marks: &mut [M],
    consts: usize,
    carry: usize,
    always: &M,
) {
    loop {
        let out = outputs(body, kind, marks, always);
        if !join_each(&mut marks[consts..consts + carry], &out) {
            return;
        }
    }
}

/// Like [`scan_iteration`], for a `while` loop. Everything depends on the number of iterations. Returns the value of
/// the condition.
pub fn while_iteration<M: Lattice>(
    cond: &Program,
    body: &Program,
    kind: &DependenceKind,
    marks: &mut [M],
    consts: usize,
    always: &M,
) -> M {
    loop {
        let goes_on = join_all(&outputs(cond, kind, marks, always));
        let mut out = outputs(body, kind, marks, always);
        out.iter_mut().for_each(|out| _ = out.join(&goes_on));
        if !join_each(&mut marks[consts..], &out) {
            return goes_on;
        }
    }
}

/// Joins each value with the value at the same index of `others`. Returns whether any changed.
fn join_each<M: Lattice>(marks: &mut [M], others: &[M]) -> bool {
    marks.iter_mut().zip(others).fold(false, |more, (mine, theirs)| mine.join(theirs) | more)
}

/// Returns the value of an operation over the batch axis.
fn axis_op_mark<'a, V, M: Lattice + 'a>(op: &'a Op<V>, of: impl Fn(&'a V) -> &'a M, always: &M) -> M {
    if let Op::Collective { .. } | Op::AllGather { .. } = op {
        return M::default(); // All batch elements get the same result.
    }
    if let Op::Ppermute { x, axis, pairs } = op
        && pairs.len() == axis.size
    {
        return of(x).clone();
    }
    always.clone()
}

/// Returns the values of the results of a function with a rule for tangents. A result and its tangent have one type, so
/// a result is mapped if either is.
fn custom_jvp<M: Lattice>(
    args: Vec<M>,
    program: &Program,
    rule: &Program,
    num_args: usize,
    takes_results: bool,
    kind: &DependenceKind,
    always: &M,
) -> Vec<M> {
    let tangents = floats(&args[..num_args], program);
    let mut results = outputs(program, kind, &args, always);
    let types = program.output_types();
    loop {
        let given = if takes_results { &results[..] } else { &[] };
        let given = outputs(rule, kind, &[&args[..], given, &tangents].concat(), always);
        let values = if takes_results { 0 } else { types.len() };
        let mut more = join_each(&mut results, &given[..values]);
        let changes = results.iter_mut().zip(&types).filter(|(_, ty)| ty.dtype.is_inexact()).map(|(m, _)| m);
        for (result, change) in changes.zip(&given[values..]) {
            more |= result.join(change);
        }
        if !more {
            return results;
        }
    }
}

/// Like [`custom_jvp`], for a function with a rule for cotangents. If the cotangent of a mapped argument depends on the
/// cotangent of a result, that cotangent is mapped, and so is the result.
fn custom_vjp<M: Lattice>(
    args: Vec<M>,
    program: &Program,
    forward: &Program,
    backward: &Program,
    num_args: usize,
    kind: &DependenceKind,
    always: &M,
) -> Vec<M> {
    let mut results = outputs(program, kind, &args, always);
    let forward = outputs(forward, kind, &args, always);
    join_each(&mut results, &forward);
    let own = floats(&args[..num_args], program);
    let residuals = forward.len() - results.len();
    let back = backward.flow(&DependenceKind::Operands);
    let moves: Vec<bool> = program.output_types().iter().map(|ty| ty.dtype.is_inexact()).collect();
    for (ct, result) in results.iter_mut().zip(moves).filter(|(_, float)| *float).map(|(r, _)| r).enumerate() {
        let to = back.outputs.iter().zip(&own).filter(|(from, _)| from.positions().any(|i| i == residuals + ct));
        result.join(&join_all(to.map(|(_, own)| own)));
    }
    results
}

/// Like [`custom_jvp`], for the linear operation that replaces tangents of a function with a rule for cotangents.
fn custom_linear<M: Lattice>(xs: &[M], backward: &Program, kind: &DependenceKind, always: &M) -> Vec<M> {
    let mut any = join_all(xs);
    if let DependenceKind::BatchAxis(Some(name)) = kind
        && backward.axes().contains_key(name)
    {
        any.join(always);
    }
    vec![any; backward.inputs().len() - (xs.len() - backward.outputs().len())]
}

/// Returns the values of the inputs that are floats.
fn floats<M: Lattice>(marks: &[M], program: &Program) -> Vec<M> {
    marks.iter().zip(program.input_types()).filter(|(_, ty)| ty.dtype.is_inexact()).map(|(m, _)| m.clone()).collect()
}
