//! Splits a program into two: one returns the outputs and the values that a policy keeps, and the other recomputes the
//! rest from them. The policy also applies inside calls, branches and loops, like in JAX's partial evaluation of
//! `jax.checkpoint`.

use super::case::SharedResiduals;
use super::scan::{Parts, marked};
use super::subprogram::{sub_program, zeros};
use crate::Tensor;
use crate::tensor::{lax, with_origin};
use crate::transform::ProgramExt;
use rune_ir::op::{CheckpointPolicy, Control};
use rune_ir::program::dependence::{DependenceKind, reached_variables};
use rune_ir::{Instruction, Op, Program, Type, Var};
use rustc_hash::FxHashMap;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The variables of a program that are needed again. Some are kept, and the others are recomputed.
pub(super) struct Partition<'a> {
    program: &'a Program,
    policy: &'a CheckpointPolicy,
    /// The names of variables.
    names: FxHashMap<Var, Vec<String>>,
    /// For each variable, the instruction that computes it.
    made_by: Vec<usize>,
    needed: Vec<bool>,
    /// The kept variables.
    kept: BTreeSet<Var>,
    /// The instructions that are recomputed, with the partitions of their sub-programs.
    recomputed_ops: BTreeMap<usize, Vec<Partition<'a>>>,
    /// The types of the kept values, and whether they differ between iterations of the loop with this body. They are
    /// computed once the needed variables are known.
    kept_types: OnceCell<Vec<Type>>,
    kept_varies: OnceCell<Vec<bool>>,
}

impl<'a> Partition<'a> {
    pub fn new(program: &'a Program, policy: &'a CheckpointPolicy) -> Partition<'a> {
        let mut made_by = vec![usize::MAX; program.num_vars()];
        for (i, instruction) in program.instructions().iter().enumerate() {
            instruction.results().for_each(|v| made_by[v.index()] = i);
        }
        let needed = vec![false; program.num_vars()];
        let mut partition = Partition {
            program,
            policy,
            names: FxHashMap::default(),
            made_by,
            needed,
            kept: BTreeSet::new(),
            recomputed_ops: BTreeMap::new(),
            kept_types: OnceCell::new(),
            kept_varies: OnceCell::new(),
        };
        for instruction in program.instructions() {
            if let Op::CheckpointName { x, name } = &instruction.op {
                let named = partition.without_checkpoint_name(*x);
                partition.names.entry(named).or_default().push(name.clone());
            }
        }
        partition
    }
    fn instruction(&self, v: Var) -> Option<&'a Instruction> {
        self.program.instructions().get(self.made_by[v.index()])
    }
    /// Returns the variable without its name.
    fn without_checkpoint_name(&self, mut v: Var) -> Var {
        while let Some(Instruction { op: Op::CheckpointName { x, .. }, .. }) = self.instruction(v) {
            v = *x;
        }
        v
    }
    fn is_saveable(&self, v: Var, op: &Op) -> bool {
        let names = self.names.get(&v).map_or(&[][..], Vec::as_slice);
        // For operations that hold programs, the policy applies inside. Literals are not kept: they are not arrays in
        // memory yet.
        let looked_into = !policy_programs(op).is_empty() && names.is_empty();
        // Effects happen once.
        let effect = policy_programs(op).is_empty() && op.has_effects();
        effect || !looked_into && !op.operands().is_empty() && self.policy.saves(op, names)
    }

    /// Marks an output as needed again.
    pub fn mark_output_needed(&mut self, i: usize) {
        self.mark_needed(self.program.outputs()[i]);
    }
    fn mark_needed(&mut self, v: Var) {
        let mut stack = vec![v];
        while let Some(v) = stack.pop() {
            if std::mem::replace(&mut self.needed[v.index()], true) {
                continue;
            }
            let Some(instruction) = self.instruction(v) else { continue };
            let op = &instruction.op;
            // A named value is kept without its name.
            if !matches!(op, Op::CheckpointName { .. }) && self.is_saveable(v, op) {
                self.kept.insert(v);
                continue;
            }
            let inside = || policy_programs(op).into_iter().map(|p| Partition::new(p, self.policy)).collect();
            let programs = self.recomputed_ops.entry(self.made_by[v.index()]).or_insert_with(inside);
            if programs.is_empty() {
                stack.extend(op.operands().into_iter().copied());
            } else {
                stack.extend(mark_needed_in_programs(op, programs, (v.0 - instruction.first.0) as usize));
            }
        }
    }
    /// Returns which inputs are needed.
    pub fn inputs(&self) -> Vec<bool> {
        self.needed[..self.program.inputs().len()].to_vec()
    }
    /// Returns whether all needed values exist or are kept.
    pub fn is_all_kept(&self) -> bool {
        let named = |i: &usize| matches!(self.program.instructions()[*i].op, Op::CheckpointName { .. });
        self.recomputed_ops.keys().all(named)
    }
    /// Returns the types of the kept values: first of variables, then of values within operations.
    fn kept_types(&self) -> &[Type] {
        self.kept_types.get_or_init(|| {
            let own = self.kept.iter().map(|v| self.program.ty(*v).clone());
            let inner = self
                .recomputed_ops
                .iter()
                .flat_map(|(&at, p)| kept_in_programs(&self.program.instructions()[at].op, p));
            own.chain(inner).collect()
        })
    }
    /// Returns, for each kept array, whether it depends on inputs from index `consts` on.
    fn kept_varies(&self, consts: usize) -> &[bool] {
        self.kept_varies.get_or_init(|| {
            let marks: Vec<bool> = (0..self.program.inputs().len()).map(|i| i >= consts).collect();
            let varies = reached_variables(self.program, &DependenceKind::Operands, &marks);
            let own = self.kept.iter().map(|v| varies[v.index()]);
            let inner = self.recomputed_ops.iter().flat_map(|(&at, programs)| {
                let op = &self.program.instructions()[at].op;
                let any = op.has_effects() || op.operands().into_iter().any(|v| varies[v.index()]);
                vec![any; kept_in_programs(op, programs).len()]
            });
            own.chain(inner).collect()
        })
    }

    /// Returns the outputs, for all inputs, and the kept values.
    pub fn forward(&self, inputs: &[Tensor]) -> (Vec<Tensor>, Vec<Tensor>) {
        let mut env = inputs.to_vec();
        let mut inner = Vec::new();
        for (at, instruction) in self.program.instructions().iter().enumerate() {
            let op = instruction.op.map(|v| env[v.index()].clone());
            let programs = self.recomputed_ops.get(&at).map_or(&[][..], Vec::as_slice);
            let keeps = !kept_in_programs(&instruction.op, programs).is_empty();
            let run = || match PartitionedOp::new(&op) {
                Some(opened) if keeps => forward_in_programs(&opened, programs),
                Some(_) | None => (Tensor::apply(op.clone()).into_vec(), Vec::new()),
            };
            let (results, kept) = with_origin(&instruction.origin, run);
            env.extend(results);
            inner.extend(kept);
        }
        let of = |v: &Var| env[v.index()].clone();
        let kept = self.kept.iter().map(of).chain(inner).collect();
        (self.program.outputs().iter().map(of).collect(), kept)
    }
    /// Returns the variables that are needed again, from the needed inputs and the kept values.
    fn recompute(&self, inputs: &[Tensor], kept: &[Tensor]) -> Vec<Option<Tensor>> {
        let mut given = inputs.iter();
        let mut env: Vec<Option<Tensor>> = vec![None; self.program.num_vars()];
        for v in self.program.inputs().filter(|v| self.needed[v.index()]) {
            env[v.index()] = given.next().cloned();
        }
        let (own, mut inner) = kept.split_at(self.kept.len());
        self.kept.iter().zip(own).for_each(|(v, x)| env[v.index()] = Some(x.clone()));
        for (&at, programs) in &self.recomputed_ops {
            let instruction = &self.program.instructions()[at];
            let (mine, rest) = inner.split_at(kept_in_programs(&instruction.op, programs).len());
            inner = rest;
            let at = |v: &Var| env[v.index()].clone();
            let run = || match PartitionedOp::new(&instruction.op.map(at)) {
                Some(opened) => recompute_in_programs(&opened, programs, mine),
                None => {
                    let op = instruction.op.map(|v| at(v).expect("what is needed is given"));
                    Tensor::apply(op).into_iter().map(Some).collect()
                }
            };
            for (v, x) in instruction.results().zip(with_origin(&instruction.origin, run)) {
                // Kept values are not recomputed.
                env[v.index()] = env[v.index()].take().or(x);
            }
        }
        env
    }
    /// Returns the marked outputs, from the needed inputs and the kept values.
    pub fn recompute_outputs(&self, inputs: &[Tensor], kept: &[Tensor], marked: &[bool]) -> Vec<Tensor> {
        let env = self.recompute(inputs, kept);
        let outputs = self.program.outputs().iter().zip(marked).filter(|(_, m)| **m);
        outputs.map(|(v, _)| env[v.index()].clone().expect("it is needed")).collect()
    }
    fn needed_outputs(&self) -> Vec<bool> {
        self.program.outputs().iter().map(|v| self.needed[v.index()]).collect()
    }
}

/// Returns the outputs with these indices. Only the inputs that they depend on are required.
pub(super) fn part(program: &Program, inputs: Vec<Option<Tensor>>, outputs: &[usize]) -> Vec<Tensor> {
    let mut partition = Partition::new(program, &CheckpointPolicy::NothingSaveable);
    outputs.iter().for_each(|&i| partition.mark_output_needed(i));
    let given = marked(inputs, &partition.inputs()).map(|x| x.expect("what is needed is given")).collect::<Vec<_>>();
    let env = partition.recompute(&given, &[]);
    let output = |&i: &usize| env[program.outputs()[i].index()].clone().expect("it is needed");
    outputs.iter().map(output).collect()
}

/// Like [`part`], for the marked results of an operation with the operands `given`. Returns `None` if a policy does not
/// apply inside the operation.
pub(in crate::transform) fn some_results(op: &Op, given: &Op<Option<Tensor>>, marks: &[bool]) -> Vec<Option<Tensor>> {
    let policy = CheckpointPolicy::NothingSaveable;
    let (Some(opened), true) = (PartitionedOp::new(given), marks.contains(&true)) else {
        return vec![None; marks.len()];
    };
    let mut programs: Vec<Partition> = policy_programs(op).into_iter().map(|p| Partition::new(p, &policy)).collect();
    for i in (0..marks.len()).filter(|&i| marks[i]) {
        mark_needed_in_programs(op, &mut programs, i);
    }
    let results = recompute_in_programs(&opened, &programs, &[]);
    results.into_iter().zip(marks).map(|(x, &marked)| x.filter(|_| marked)).collect()
}

/// An operation in whose programs a policy applies.
enum PartitionedOp<'a, V> {
    Call {
        args: &'a [V],
        program: &'a Arc<Program>,
        /// The policy of a checkpointed function, and whether it is differentiated.
        remat: Option<(&'a CheckpointPolicy, bool)>,
    },
    Case {
        index: &'a V,
        args: &'a [V],
        branches: &'a [Arc<Program>],
    },
    Scan(Parts<'a, V>),
}

impl<'a, V> PartitionedOp<'a, V> {
    fn new(op: &'a Op<V>) -> Option<PartitionedOp<'a, V>> {
        match op.control()? {
            Control::Call { args, program } => Some(PartitionedOp::Call { args, program, remat: None }),
            Control::Remat { args, program, policy, differentiated } => {
                Some(PartitionedOp::Call { args, program, remat: Some((policy, differentiated)) })
            }
            Control::Case { index, args, branches } => Some(PartitionedOp::Case { index, args, branches }),
            Control::Scan { args, consts, carry, length, reverse, unroll, body } => {
                let how = lax::Scan { length, reverse, unroll };
                Some(PartitionedOp::Scan(Parts::new(args, consts, carry, body, how)))
            }
            // The kept values of a loop of unknown length would have no known size.
            Control::While { .. } => None,
            // The derivative runs the rule instead of the program.
            Control::CustomJvp { .. } | Control::CustomVjp { .. } => None,
            Control::CustomLinear { .. } | Control::CustomLinearSolve { .. } => None,
        }
    }
}

/// The programs in which a policy applies.
fn policy_programs<V>(op: &Op<V>) -> Vec<&Program> {
    match PartitionedOp::new(op) {
        Some(PartitionedOp::Call { program, .. }) => vec![program],
        Some(PartitionedOp::Case { branches, .. }) => branches.iter().map(|b| &**b).collect(),
        Some(PartitionedOp::Scan(scan)) => vec![scan.body],
        None => Vec::new(),
    }
}

/// Marks a result of an operation as needed again. `programs` are its sub-programs. Returns the operands that the
/// result needs.
fn mark_needed_in_programs(op: &Op, programs: &mut [Partition], result: usize) -> Vec<Var> {
    programs.iter_mut().for_each(|p| p.mark_output_needed(result));
    if let Some(PartitionedOp::Scan(scan)) = PartitionedOp::new(op) {
        let (consts, carry) = (scan.consts.len(), scan.init.len());
        let body = &mut programs[0];
        // The carry that one iteration returns is the carry that the next one takes, so both are needed together.
        let round = |body: &Partition, k: usize| (body.needed[consts + k], body.needed_outputs()[k]);
        while let Some(k) = (0..carry).find(|&k| round(body, k).0 != round(body, k).1) {
            if round(body, k).0 { body.mark_output_needed(k) } else { body.needed[consts + k] = true }
        }
    }
    let needed = needed_inputs(programs);
    // The index of a `case` is the first operand.
    let operands = op.operands();
    let (index, args) = operands.split_at(operands.len() - needed.len());
    index.iter().copied().chain(marked(args.iter().copied(), &needed)).copied().collect()
}

/// Returns the inputs that any of these programs needs. All programs have the same inputs.
fn needed_inputs(programs: &[Partition]) -> Vec<bool> {
    let each = programs.iter().map(Partition::inputs);
    each.reduce(|a, b| a.iter().zip(b).map(|(a, b)| *a || b).collect()).unwrap_or_default()
}

/// Returns the types of the kept values of an operation with these programs.
fn kept_in_programs<V>(op: &Op<V>, programs: &[Partition]) -> Vec<Type> {
    match PartitionedOp::new(op) {
        _ if programs.is_empty() => Vec::new(),
        Some(PartitionedOp::Scan(scan)) => {
            let varies = programs[0].kept_varies(scan.consts.len());
            let stacked = |(ty, varies): (&Type, &bool)| if *varies { ty.batched(scan.how.length) } else { ty.clone() };
            programs[0].kept_types().iter().zip(varies).map(stacked).collect()
        }
        Some(PartitionedOp::Call { .. }) => programs[0].kept_types().to_vec(),
        Some(PartitionedOp::Case { .. }) => shared_residuals(programs).types,
        None => Vec::new(),
    }
}

fn shared_residuals(branches: &[Partition]) -> SharedResiduals {
    SharedResiduals::new(branches.iter().map(|b| b.kept_types().to_vec()))
}

/// Returns the results of an operation with these programs, and its kept values.
fn forward_in_programs(op: &PartitionedOp<Tensor>, programs: &[Partition]) -> (Vec<Tensor>, Vec<Tensor>) {
    let outputs = programs[0].program.outputs().len();
    let mut results = match op {
        PartitionedOp::Case { index, args, .. } => {
            let places = shared_residuals(programs);
            let branches = programs.iter().zip(&places.of).map(|(branch, of)| {
                sub_program(branch.program.name(), branch.program.input_types().to_vec(), |params| {
                    let (mut outputs, kept) = branch.forward(params);
                    let at = |place: usize| of.iter().position(|&p| p == place);
                    let filled = |(i, ty)| at(i).map_or_else(|| zeros(ty), |kept_at| kept[kept_at].clone());
                    outputs.extend(places.types.iter().enumerate().map(filled));
                    outputs
                })
            });
            lax::case(index, &branches.collect::<Vec<_>>(), args)
        }
        PartitionedOp::Scan(scan) => return forward_iterations(scan, &programs[0]),
        PartitionedOp::Call { args, remat, .. } => {
            let inner = &programs[0];
            let program = sub_program(inner.program.name(), inner.program.input_types().to_vec(), |params| {
                let (outputs, kept) = inner.forward(params);
                [outputs, kept].concat()
            });
            call(*remat, &program, args)
        }
    };
    let kept = results.split_off(outputs);
    (results, kept)
}

/// Like [`forward_in_programs`], for a loop. It stacks the kept values that differ between iterations.
fn forward_iterations(scan: &Parts<Tensor>, body: &Partition) -> (Vec<Tensor>, Vec<Tensor>) {
    let outputs = body.program.outputs().len();
    let varies = body.kept_varies(scan.consts.len());
    let all = sub_program(body.program.name(), body.program.input_types().to_vec(), |params| {
        let (outputs, kept) = body.forward(params);
        [outputs, kept].concat()
    });
    let once: Vec<usize> = (0..varies.len()).filter(|&i| !varies[i]).map(|i| outputs + i).collect();
    let given = scan.consts.iter().cloned().map(Some).chain(vec![None; scan.init.len() + scan.xs.len()]);
    let mut once = part(&all, given.collect(), &once).into_iter();
    let step = sub_program(body.program.name(), body.program.input_types().to_vec(), |params| {
        let mut results = all.apply(params);
        let kept = results.split_off(outputs);
        results.extend(marked(kept, varies));
        results
    });
    let mut results = lax::scan(&step, scan.consts, scan.init, scan.xs, scan.how);
    let mut stacks = results.split_off(outputs).into_iter();
    let kept = varies.iter().map(|&varies| if varies { stacks.next() } else { once.next() });
    (results, kept.map(|x| x.expect("it is one or the other")).collect())
}

/// Returns the results of an operation with these programs that are needed again, from its kept values.
fn recompute_in_programs(
    op: &PartitionedOp<Option<Tensor>>,
    programs: &[Partition],
    kept: &[Tensor],
) -> Vec<Option<Tensor>> {
    let operands: Vec<&Option<Tensor>> = match op {
        PartitionedOp::Call { args, .. } | PartitionedOp::Case { args, .. } => args.iter().collect(),
        PartitionedOp::Scan(scan) => scan.args().collect(),
    };
    let needed = needed_inputs(programs);
    let inputs: Vec<Tensor> =
        marked(operands, &needed).map(|x| Option::clone(x).expect("what is needed is given")).collect();
    let all: Vec<Tensor> = inputs.iter().chain(kept).cloned().collect();
    let types = || all.iter().map(|x| x.ty().clone()).collect::<Vec<_>>();
    // All branches need the requested outputs. A branch may need more outputs for itself.
    let outputs = programs.iter().map(Partition::needed_outputs);
    let outputs = outputs.reduce(|a, b| a.iter().zip(b).map(|(a, b)| *a && b).collect()).unwrap_or_default();
    let results = match op {
        PartitionedOp::Case { index, .. } => {
            let index = index.as_ref().expect("it is needed");
            let places = shared_residuals(programs);
            let branches = programs.iter().zip(&places.of).map(|(branch, of)| {
                sub_program(branch.program.name(), types(), |params| {
                    let (inputs_of_any, kept) = params.split_at(inputs.len());
                    let own = marked(branch.inputs(), &needed).collect::<Vec<_>>();
                    let own: Vec<Tensor> = marked(inputs_of_any.iter().cloned(), &own).collect();
                    let kept: Vec<Tensor> = of.iter().map(|&place| kept[place].clone()).collect();
                    branch.recompute_outputs(&own, &kept, &outputs)
                })
            });
            lax::case(index, &branches.collect::<Vec<_>>(), &all)
        }
        PartitionedOp::Scan(scan) => {
            let counts = [scan.consts.len(), scan.init.len()];
            recompute_iterations(&programs[0], &needed, counts, &inputs, kept, &outputs, scan.how)
        }
        PartitionedOp::Call { remat, .. } => {
            let inner = &programs[0];
            let program = sub_program(inner.program.name(), types(), |params| {
                let (inputs, kept) = params.split_at(inputs.len());
                inner.recompute_outputs(inputs, kept, &outputs)
            });
            call(*remat, &program, &all)
        }
    };
    let mut results = results.into_iter();
    outputs.iter().map(|&given| if given { results.next() } else { None }).collect()
}

/// Like [`recompute_in_programs`], for a loop with the operands that are `needed`.
fn recompute_iterations(
    body: &Partition,
    needed: &[bool],
    [consts, carry]: [usize; 2],
    inputs: &[Tensor],
    kept: &[Tensor],
    outputs: &[bool],
    how: lax::Scan,
) -> Vec<Tensor> {
    let count = |marks: &[bool]| marks.iter().filter(|m| **m).count();
    let varies = body.kept_varies(consts);
    let fixed: Vec<bool> = varies.iter().map(|v| !v).collect();
    let (own_fixed, rest) = inputs.split_at(count(&needed[..consts]));
    let (init, own_xs) = rest.split_at(count(&needed[consts..consts + carry]));
    let consts: Vec<Tensor> = own_fixed.iter().cloned().chain(marked(kept.iter().cloned(), &fixed)).collect();
    let xs: Vec<Tensor> = own_xs.iter().cloned().chain(marked(kept.iter().cloned(), varies)).collect();
    let slices = xs.iter().map(|x| x.ty().with_shape(&x.shape()[1..]));
    let types: Vec<Type> = consts.iter().chain(init).map(|x| x.ty().clone()).chain(slices).collect();
    let step = sub_program(body.program.name(), types, |params| {
        let (fixed, rest) = params.split_at(consts.len());
        let (carried, slices) = rest.split_at(init.len());
        let (own_fixed, kept_fixed) = fixed.split_at(own_fixed.len());
        let (own_slices, kept_slices) = slices.split_at(own_xs.len());
        let (mut kept_fixed, mut kept_slices) = (kept_fixed.iter(), kept_slices.iter());
        let kept = varies.iter().map(|&varies| if varies { kept_slices.next() } else { kept_fixed.next() });
        let kept: Vec<Tensor> = kept.map(|x| x.expect("it is one or the other").clone()).collect();
        body.recompute_outputs(&[own_fixed, carried, own_slices].concat(), &kept, outputs)
    });
    lax::scan(&step, &consts, init, &xs, how)
}

/// Calls a program. It is checkpointed as `remat` specifies.
fn call(remat: Option<(&CheckpointPolicy, bool)>, program: &Arc<Program>, args: &[Tensor]) -> Vec<Tensor> {
    match remat {
        Some((policy, differentiated)) => lax::remat(program, args, policy, differentiated),
        None => lax::call(program, args),
    }
}
