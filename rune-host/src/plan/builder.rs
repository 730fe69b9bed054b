//! Builds a plan from a program.

use super::blocks::group;
use super::cluster::{Cluster, register_dtype};
use super::order::{Node, order};
use super::{Dense, Label, Plan, Step};
use crate::kernel::{Instruction, Register};
use crate::products::Element;
use crate::view::View;
use rune_ir::op::{Control, Literal, UnaryFn};
use rune_ir::{DType, Loc, Op, Program, Shape, Type, Var};
use rustc_hash::FxHashMap;
use std::sync::Arc;

pub(super) type VariableId = usize;

/// A variable of the program, or of a program that it calls.
#[derive(Clone)]
pub(super) struct Variable {
    pub ty: Type,
    pub storage: Storage,
}

/// The storage of the elements of a variable.
#[derive(Clone)]
pub(super) enum Storage {
    /// In a buffer.
    Stored { buffer: usize, view: View },
    /// In a register of a cluster, in row-major order.
    Lane { cluster: usize, register: Register, per_row: bool },
    /// A view of a variable in a register.
    Viewed { base: VariableId, view: View },
    /// One number everywhere.
    Constant(Literal),
    /// The positions along an axis of `size` elements with stride `stride`.
    Iota { stride: usize, size: usize },
}

/// A step other than a kernel.
struct NonKernelStep {
    step: Step,
    reads: Vec<usize>,
    writes: Vec<usize>,
    after: Option<usize>,
    position: usize,
}

#[derive(Default)]
pub(super) struct Builder {
    pub variables: Vec<Variable>,
    pub clusters: Vec<Cluster>,
    non_kernel_steps: Vec<NonKernelStep>,
    pub buffers: Vec<Type>,
    /// The first stage in which a buffer can be read.
    pub ready: Vec<u32>,
    /// For each variable that was widened to `f32`: the narrow variable.
    pub widened: FxHashMap<VariableId, VariableId>,
    /// For each variable whose elements are a part of each byte of another variable: the other variable, and the part.
    pub parts_of_bytes: FxHashMap<VariableId, (VariableId, Element)>,
    /// The clusters of each size and stage.
    pub by_stage: FxHashMap<(usize, u32), Vec<usize>>,
    /// The last step with effects.
    effect: Option<usize>,
    /// The first stage that a step with effects can be in.
    effect_stage: u32,
    /// The number of operations so far.
    pub position: usize,
    /// The names and lines of the operations.
    origins: Vec<(&'static str, Option<Loc>)>,
}

fn plan(program: &Program) -> Plan {
    let mut builder = Builder::default();
    let inputs = program.input_types().to_vec();
    let constants = program.constants().to_vec();
    let types = inputs.iter().chain(constants.iter().map(rune_ir::Value::ty));
    let arguments: Vec<VariableId> = types
        .map(|ty| {
            let buffer = builder.buffer(ty.clone(), 0);
            builder.variable(ty.clone(), Storage::Stored { buffer, view: View::dense(&ty.shape) })
        })
        .collect();
    let outputs = builder.program(program, &arguments);
    let outputs = outputs.into_iter().map(|id| builder.dense(id)).collect();
    builder.finish(program.name(), inputs, constants, outputs)
}

impl Plan {
    /// Returns the plan of a program. It computes everything in the program; remove unused parts with
    /// [`Program::simplify`] first.
    pub fn new(program: &Program) -> Plan {
        // Sizes the pool before rayon makes it.
        crate::threads();
        plan(&program.in_parts(true))
    }
}

impl Builder {
    pub(super) fn variable(&mut self, ty: Type, storage: Storage) -> VariableId {
        self.variables.push(Variable { ty, storage });
        self.variables.len() - 1
    }

    pub(super) fn buffer(&mut self, ty: Type, ready: u32) -> usize {
        self.buffers.push(ty);
        self.ready.push(ready);
        self.buffers.len() - 1
    }

    pub(super) fn ty(&self, id: VariableId) -> &Type {
        &self.variables[id].ty
    }

    pub(super) fn shape(&self, id: VariableId) -> Shape {
        self.variables[id].ty.shape.clone()
    }

    /// Returns the outputs of a program on these inputs and constants.
    fn program(&mut self, program: &Program, arguments: &[VariableId]) -> Vec<VariableId> {
        let mut ids: Vec<Option<VariableId>> = vec![None; program.num_vars()];
        ids.iter_mut().zip(arguments).for_each(|(id, &argument)| *id = Some(argument));
        for instruction in program.instructions() {
            if instruction.results == 0 && !instruction.op.has_effects() {
                continue;
            }
            self.position += 1;
            self.origins.push((instruction.op.name(), instruction.origin.loc.clone()));
            let op = instruction.op.map(|v: &Var| ids[v.index()].expect("variables are assigned before they are used"));
            let types: Vec<Type> = instruction.results().map(|v| program.ty(v).clone()).collect();
            let results = self.operation(&op, &types);
            for (var, id) in instruction.results().zip(results) {
                ids[var.index()] = Some(id);
            }
        }
        program.outputs().iter().map(|v| ids[v.index()].expect("outputs are assigned")).collect()
    }

    fn operation(&mut self, op: &Op<VariableId>, types: &[Type]) -> Vec<VariableId> {
        match op.control() {
            Some(
                Control::Call { args, program }
                | Control::Remat { args, program, .. }
                | Control::CustomJvp { args, program, .. }
                | Control::CustomVjp { args, program, .. },
            ) => return self.program(program, args),
            Some(Control::CustomLinearSolve { args, solve, .. }) => return self.program(solve, args),
            Some(Control::Case { index, args, branches }) => {
                let index = self.dense(*index);
                let args = args.iter().map(|&a| self.dense(a)).collect::<Vec<_>>();
                let reads = args.iter().chain([&index]).map(|d| d.buffer).collect();
                let branches = branches.iter().map(|b| Arc::new(plan(b))).collect();
                return self.push_step(reads, types, op.has_effects(), |results| Step::Case {
                    index,
                    args,
                    branches,
                    results,
                });
            }
            Some(Control::While { args, consts, cond, body }) => {
                let mut args = args.iter().map(|&a| self.dense(a)).collect::<Vec<_>>();
                let reads = args.iter().map(|d| d.buffer).collect();
                let carry = args.split_off(consts);
                let (cond, body) = (Arc::new(plan(cond)), Arc::new(plan(body)));
                let make = |results| Step::While { consts: args, carry, cond, body, results };
                return self.push_step(reads, types, op.has_effects(), make);
            }
            Some(Control::Scan { args, consts, carry, length, reverse, unroll: _, body }) => {
                let mut args = args.iter().map(|&a| self.dense(a)).collect::<Vec<_>>();
                let reads = args.iter().map(|d| d.buffer).collect();
                let slices = args.split_off(consts + carry);
                let carry = args.split_off(consts);
                let body = Arc::new(plan(body));
                let make = |results| Step::Scan { consts: args, carry, slices, length, reverse, body, results };
                return self.push_step(reads, types, op.has_effects(), make);
            }
            // The interpreter reports why it cannot be computed.
            Some(Control::CustomLinear { .. }) | None => {}
        }
        if let Op::OptimizationBarrier { xs } = op {
            return xs.clone();
        }
        if let Op::StopGradient { x } | Op::CheckpointName { x, name: _ } = op {
            return vec![*x];
        }
        if types.iter().all(|ty| ty.size() > 0)
            && let Some(result) = self.part_or_whole(op)
        {
            return vec![result];
        }
        let all = || op.operands().into_iter().map(|&id| self.ty(id)).chain(types);
        // Kernels and other steps take only real numbers.
        if all().any(|ty| ty.dtype.is_complex() || ty.size() == 0) {
            return self.evaluate(op, types);
        }
        let found = match types {
            [ty] => self.in_kernel(op, ty).map(|id| vec![id]),
            _ => None,
        };
        found.or_else(|| self.native(op, types)).unwrap_or_else(|| self.evaluate(op, types))
    }

    /// Returns the result of an operation that becomes part of a kernel, a view, or a product.
    fn in_kernel(&mut self, op: &Op<VariableId>, ty: &Type) -> Option<VariableId> {
        #[allow(clippy::wildcard_enum_match_arm, reason = "all other operations are steps of their own")]
        Some(match *op {
            Op::Constant { value } => self.variable(ty.clone(), Storage::Constant(value)),
            Op::Iota { dtype: _, ref shape, dimension } => {
                let stride = shape.strides()[dimension];
                self.variable(ty.clone(), Storage::Iota { stride, size: shape[dimension] })
            }
            Op::Unary { f, x } => {
                let dtype = register_dtype(self.ty(x).dtype);
                let rounded = if f == UnaryFn::IsFinite { None } else { reduced(ty) };
                self.elementwise(ty, &[x], rounded, |[x], d| Instruction::Unary { f, dtype, x, d })
            }
            Op::IntegerPow { x, y } => {
                let dtype = register_dtype(ty.dtype);
                self.elementwise(ty, &[x], reduced(ty), |[x], d| Instruction::IntegerPow { dtype, x, y, d })
            }
            Op::Binary { f, x, y } => {
                let dtype = register_dtype(ty.dtype);
                let make = |[x, y]: [Register; 2], d| Instruction::Binary { f, dtype, x, y, d };
                let result = self.elementwise(ty, &[x, y], reduced(ty), make);
                self.note_parts(result, f, x, y);
                result
            }
            Op::Compare { direction, x, y } => {
                let dtype = register_dtype(self.ty(x).dtype);
                self.elementwise(ty, &[x, y], None, |[x, y], d| Instruction::Compare { direction, dtype, x, y, d })
            }
            Op::Select { pred, on_true, on_false } => {
                let size = register_dtype(ty.dtype).size();
                let make = |[pred, on_true, on_false]: [Register; 3], d| Instruction::Select {
                    size,
                    pred,
                    on_true,
                    on_false,
                    d,
                };
                self.elementwise(ty, &[pred, on_true, on_false], None, make)
            }
            Op::Clamp { min, x, max } => {
                let dtype = register_dtype(ty.dtype);
                self.elementwise(ty, &[min, x, max], None, |[min, x, max], d| Instruction::Clamp {
                    dtype,
                    min,
                    x,
                    max,
                    d,
                })
            }
            Op::Convert { x, dtype } => return self.convert(x, dtype),
            Op::BitcastConvert { x, dtype } => return self.bitcast(x, dtype),
            Op::BroadcastInDim { x, ref shape, ref dims } => self.view(x, ty, |view| Some(view.broadcast(shape, dims))),
            Op::Reshape { x, ref shape } => self.view(x, ty, |view| view.reshape(shape)),
            Op::Transpose { x, ref permutation } => self.view(x, ty, |view| Some(view.transpose(permutation))),
            Op::Slice { x, ref start, limit: _, ref strides } => {
                self.view(x, ty, |view| Some(view.slice(&ty.shape, start, strides)))
            }
            Op::Reverse { x, ref axes } => self.view(x, ty, |view| Some(view.reverse(axes))),
            Op::Reduce { f, x, ref axes } => self.reduce(f, x, axes, ty),
            Op::DotGeneral { lhs, rhs, ref dims, out } => return self.product(lhs, rhs, dims, out, ty),
            Op::Conv { lhs, rhs, ref dims } => return self.conv(lhs, rhs, dims, ty),
            _ => return None,
        })
    }

    /// Adds a step other than a kernel.
    pub(super) fn push_step(
        &mut self,
        reads: Vec<usize>,
        types: &[Type],
        effects: bool,
        make: impl FnOnce(Vec<usize>) -> Step,
    ) -> Vec<VariableId> {
        let mut stage = reads.iter().map(|&b| self.ready[b]).max().unwrap_or(0);
        if effects {
            // A step in an earlier stage would not wait for this one.
            stage = stage.max(self.effect_stage);
            self.effect_stage = stage + 1;
        }
        let writes: Vec<usize> = types.iter().map(|ty| self.buffer(ty.clone(), stage + 1)).collect();
        let after = if effects { self.effect } else { None };
        let step = make(writes.clone());
        self.non_kernel_steps.push(NonKernelStep {
            step,
            reads,
            writes: writes.clone(),
            after,
            position: self.position,
        });
        if effects {
            self.effect = Some(self.non_kernel_steps.len() - 1);
        }
        let stored =
            |(buffer, ty): (usize, &Type)| (ty.clone(), Storage::Stored { buffer, view: View::dense(&ty.shape) });
        writes.into_iter().zip(types).map(stored).map(|(ty, place)| self.variable(ty, place)).collect()
    }

    fn evaluate(&mut self, op: &Op<VariableId>, types: &[Type]) -> Vec<VariableId> {
        let op = op.map(|&id| self.dense(id));
        let reads = op.operands().into_iter().map(|d| d.buffer).collect();
        let effects = op.has_effects();
        let types_of_results = types.to_vec();
        self.push_step(reads, types, effects, |results| Step::Evaluate {
            op,
            results: types_of_results.into_iter().zip(results).collect(),
        })
    }

    fn finish(self, name: &str, inputs: Vec<Type>, constants: Vec<rune_ir::Value>, outputs: Vec<Dense>) -> Plan {
        let others = self.non_kernel_steps.len();
        let mut nodes: Vec<Node> = Vec::new();
        let mut steps: Vec<Step> = Vec::new();
        let mut labels: Vec<Label> = Vec::new();
        let label = |members: &[usize]| {
            let origins = members.iter().filter_map(|&position| self.origins.get(position.checked_sub(1)?));
            let loc = origins.clone().next_back().and_then(|(_, loc)| loc.clone());
            Label { operations: origins.map(|&(name, _)| name).collect(), loc }
        };
        for NonKernelStep { step, reads, writes, after, position } in self.non_kernel_steps {
            labels.push(label(&[position]));
            nodes.push(Node { reads, writes, after, position });
            steps.push(step);
        }
        for cluster in self.clusters {
            if cluster.outputs.is_empty() && cluster.reductions.is_empty() {
                continue;
            }
            let position = cluster.last();
            labels.push(label(&cluster.members));
            let mut kernel = cluster.finish();
            kernel.drop_unread_inputs();
            let reads = kernel.inputs.iter().map(|i| i.buffer).collect();
            let writes =
                kernel.outputs.iter().map(|o| o.buffer).chain(kernel.reductions.iter().map(|r| r.buffer)).collect();
            nodes.push(Node { reads, writes, after: None, position });
            steps.push(Step::Kernel(kernel));
        }
        debug_assert!(nodes[..others].iter().all(|n| n.after.is_none_or(|a| a < others)));
        let order = order(&nodes, self.buffers.len());
        let mut uses = vec![0; self.buffers.len()];
        nodes.iter().flat_map(|n| &n.reads).chain(outputs.iter().map(|o| &o.buffer)).for_each(|&b| uses[b] += 1);
        let mut steps: Vec<Option<Step>> = steps.into_iter().map(Some).collect();
        let mut labels = order.iter().map(|&i| std::mem::take(&mut labels[i])).collect();
        let mut steps = order.into_iter().map(|i| steps[i].take().expect("each step comes once")).collect();
        group(&mut steps, &mut labels, &self.buffers, &mut uses);
        Plan { name: name.to_owned(), inputs, constants, buffers: self.buffers, steps, labels, uses, outputs }
    }
}

/// Returns the reduced float type to which results of a type are rounded, if any.
pub(super) fn reduced(ty: &Type) -> Option<DType> {
    ty.dtype.is_reduced_float().then_some(ty.dtype)
}
