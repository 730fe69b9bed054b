//! How a program becomes a plan.

use super::cluster::{Cluster, flat, lane};
use super::order::{Node, order};
use super::view::View;
use super::{Dense, Plan, Step};
use crate::conv::{Conv, Unfit};
use crate::kernel::{Form, Instruction, Reduction, Register};
use crate::products::{Factor, Product};
use rune_ir::op::{BinaryFn, Control, ConvDims, DotDims, Literal, ReduceFn, UnaryFn};
use rune_ir::{DType, Op, Program, Shape, Type, Var};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::sync::Arc;

/// Rows of more elements are reduced piece by piece, and not in registers.
const LONGEST_ROW: usize = if cfg!(test) { 6 } else { 1 << 13 };
/// Instructions from which on a cluster takes no more.
const LONGEST_CLUSTER: usize = if cfg!(test) { 12 } else { 512 };

type Id = usize;

/// A variable of the program, or of one that it calls.
#[derive(Clone)]
struct Variable {
    ty: Type,
    place: Place,
}

/// Where the elements of a variable are.
#[derive(Clone)]
enum Place {
    /// In a buffer.
    Stored { buffer: usize, view: View },
    /// In a register of a cluster, in row-major order.
    Lane { cluster: usize, register: Register, per_row: bool },
    /// In a register, looked at in another way.
    Viewed { base: Id, view: View },
    /// The same everywhere.
    Constant(Literal),
    /// The positions along an axis of `size` elements that lie `stride` apart.
    Iota { stride: usize, size: usize },
}

/// A step that is no kernel.
struct Other {
    step: Step,
    reads: Vec<usize>,
    writes: Vec<usize>,
    after: Option<usize>,
    position: usize,
}

#[derive(Default)]
struct Builder {
    variables: Vec<Variable>,
    clusters: Vec<Cluster>,
    others: Vec<Other>,
    buffers: Vec<Type>,
    /// The first stage in which a buffer can be read.
    ready: Vec<u32>,
    /// The clusters of a size and a stage.
    by_stage: FxHashMap<(usize, u32), Vec<usize>>,
    /// The last step with effects.
    effect: Option<usize>,
    /// The first stage that a step with effects can be in.
    effect_stage: u32,
    /// The number of operations so far.
    position: usize,
}

pub(super) fn plan(program: &Program) -> Plan {
    let mut builder = Builder::default();
    let inputs = program.input_types().to_vec();
    let constants = program.constants().to_vec();
    let types = inputs.iter().chain(constants.iter().map(rune_ir::Value::ty));
    let arguments: Vec<Id> = types
        .map(|ty| {
            let buffer = builder.buffer(ty.clone(), 0);
            builder.variable(ty.clone(), Place::Stored { buffer, view: View::dense(&ty.shape) })
        })
        .collect();
    let outputs = builder.program(program, &arguments);
    let outputs = outputs.into_iter().map(|id| builder.dense(id)).collect();
    builder.finish(program.name(), inputs, constants, outputs)
}

impl Builder {
    fn variable(&mut self, ty: Type, place: Place) -> Id {
        self.variables.push(Variable { ty, place });
        self.variables.len() - 1
    }
    fn buffer(&mut self, ty: Type, ready: u32) -> usize {
        self.buffers.push(ty);
        self.ready.push(ready);
        self.buffers.len() - 1
    }
    fn ty(&self, id: Id) -> &Type {
        &self.variables[id].ty
    }
    fn shape(&self, id: Id) -> Shape {
        self.variables[id].ty.shape.clone()
    }

    /// The outputs of a program on these inputs and constants.
    fn program(&mut self, program: &Program, arguments: &[Id]) -> Vec<Id> {
        let mut ids: Vec<Option<Id>> = vec![None; program.num_vars()];
        ids.iter_mut().zip(arguments).for_each(|(id, &argument)| *id = Some(argument));
        for instruction in program.instructions() {
            if instruction.results == 0 && !instruction.op.has_effects() {
                continue;
            }
            self.position += 1;
            let op = instruction.op.map(|v: &Var| ids[v.index()].expect("variables are assigned before they are used"));
            let types: Vec<Type> = instruction.results().map(|v| program.ty(v).clone()).collect();
            let results = self.operation(&op, &types);
            for (var, id) in instruction.results().zip(results) {
                ids[var.index()] = Some(id);
            }
        }
        program.outputs().iter().map(|v| ids[v.index()].expect("outputs are assigned")).collect()
    }

    fn operation(&mut self, op: &Op<Id>, types: &[Type]) -> Vec<Id> {
        match op.control() {
            Some(
                Control::Call { args, program }
                | Control::Remat { args, program, .. }
                | Control::CustomJvp { args, program, .. }
                | Control::CustomVjp { args, program, .. },
            ) => return self.program(program, args),
            Some(Control::Case { index, args, branches }) => {
                let index = self.dense(*index);
                let args = args.iter().map(|&a| self.dense(a)).collect::<Vec<_>>();
                let reads = args.iter().chain([&index]).map(|d| d.buffer).collect();
                let branches = branches.iter().map(|b| Arc::new(plan(b))).collect();
                return self.other(reads, types, op.has_effects(), |results| Step::Case {
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
                return self.other(reads, types, op.has_effects(), make);
            }
            Some(Control::Scan { args, consts, carry, length, reverse, unroll: _, body }) => {
                let mut args = args.iter().map(|&a| self.dense(a)).collect::<Vec<_>>();
                let reads = args.iter().map(|d| d.buffer).collect();
                let slices = args.split_off(consts + carry);
                let carry = args.split_off(consts);
                let body = Arc::new(plan(body));
                let make = |results| Step::Scan { consts: args, carry, slices, length, reverse, body, results };
                return self.other(reads, types, op.has_effects(), make);
            }
            // The interpreter says why it cannot be computed.
            Some(Control::CustomLinear { .. }) | None => {}
        }
        if let Op::OptimizationBarrier { xs } = op {
            return xs.clone();
        }
        if let Op::StopGradient { x } | Op::CheckpointName { x, name: _ } = op {
            return vec![*x];
        }
        let empty = op.operands().into_iter().any(|&id| self.ty(id).size() == 0) || types.iter().any(|t| t.size() == 0);
        match (types, empty) {
            ([ty], false) => match self.native(op, ty) {
                Some(id) => vec![id],
                None => self.evaluate(op, types),
            },
            _ => self.evaluate(op, types),
        }
    }

    /// The result of an operation that is part of a kernel, a view, or a product.
    fn native(&mut self, op: &Op<Id>, ty: &Type) -> Option<Id> {
        #[allow(clippy::wildcard_enum_match_arm, reason = "all other operations are left to the interpreter")]
        Some(match *op {
            Op::Constant { value } => self.variable(ty.clone(), Place::Constant(value)),
            Op::Iota { dtype: _, ref shape, dimension } => {
                let stride = shape.strides()[dimension];
                self.variable(ty.clone(), Place::Iota { stride, size: shape[dimension] })
            }
            Op::Unary { f, x } => {
                let dtype = lane(self.ty(x).dtype);
                let rounded = if f == UnaryFn::IsFinite { None } else { half(ty) };
                self.elementwise(ty, &[x], rounded, |[x], d| Instruction::Unary { f, dtype, x, d })
            }
            Op::IntegerPow { x, y } => {
                let dtype = lane(ty.dtype);
                self.elementwise(ty, &[x], half(ty), |[x], d| Instruction::IntegerPow { dtype, x, y, d })
            }
            Op::Binary { f, .. } if is_rare(f) && ty.dtype.is_int() => return None,
            Op::Binary { f, x, y } => {
                let dtype = lane(ty.dtype);
                self.elementwise(ty, &[x, y], half(ty), |[x, y], d| Instruction::Binary { f, dtype, x, y, d })
            }
            Op::Compare { direction, x, y } => {
                let dtype = lane(self.ty(x).dtype);
                self.elementwise(ty, &[x, y], None, |[x, y], d| Instruction::Compare { direction, dtype, x, y, d })
            }
            Op::Select { pred, on_true, on_false } => {
                let size = lane(ty.dtype).size();
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
                let dtype = lane(ty.dtype);
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

    /// An instruction on each element. The result is then rounded to `rounded`.
    fn elementwise<const N: usize>(
        &mut self,
        ty: &Type,
        operands: &[Id; N],
        rounded: Option<DType>,
        make: impl FnOnce([Register; N], Register) -> Instruction,
    ) -> Id {
        let (cluster, per_row) = self.home(operands, ty.size());
        let operands = operands.map(|id| self.operand(id, cluster, per_row));
        let c = &mut self.clusters[cluster];
        c.last = self.position;
        let mut register = c.push(per_row, |d| make(operands, d));
        if let Some(half) = rounded {
            let x = register;
            register = c.push(per_row, |d| Instruction::Round { half, x, d });
        }
        self.variable(ty.clone(), Place::Lane { cluster, register, per_row })
    }

    fn convert(&mut self, x: Id, dtype: DType) -> Option<Id> {
        let from = self.ty(x).dtype;
        let ty = self.ty(x).with_dtype(dtype);
        if from == dtype {
            return Some(x);
        }
        let (source, target) = (lane(from), lane(dtype));
        let plain = |[x]: [Register; 1], d| Instruction::Convert { from: source, to: target, x, d };
        Some(match (dtype.is_half(), from) {
            (true, DType::I64 | DType::U64) => return None,
            (true, DType::F16 | DType::BF16 | DType::F32) => {
                self.elementwise(&ty, &[x], None, |[x], d| Instruction::Round { half: dtype, x, d })
            }
            (true, DType::F64) => {
                self.elementwise(&ty, &[x], None, |[x], d| Instruction::RoundOnce { half: dtype, x, d })
            }
            (true, _) => {
                let wide = self.convert(x, DType::F64)?;
                return self.convert(wide, dtype);
            }
            // Half types are `f32` in registers already.
            (false, DType::F16 | DType::BF16) if dtype == DType::F32 => {
                self.elementwise(&ty, &[x], None, |[x], d| Instruction::Copy { size: 4, x, d })
            }
            (false, _) => self.elementwise(&ty, &[x], None, plain),
        })
    }

    /// The bits under a dtype of the same size.
    fn bitcast(&mut self, x: Id, dtype: DType) -> Option<Id> {
        let from = self.ty(x).dtype;
        let ty = self.ty(x).with_dtype(dtype);
        if from.size() != dtype.size() {
            return None;
        }
        let size = dtype.size();
        Some(match (from.is_half(), dtype.is_half()) {
            (false, false) => self.elementwise(&ty, &[x], None, |[x], d| Instruction::Copy { size, x, d }),
            // From one half type to the other, the bits of NaN may change on the way.
            _ => return None,
        })
    }

    /// A variable looked at in another way, or a copy where `look` finds none.
    fn view(&mut self, x: Id, ty: &Type, look: impl Fn(&View) -> Option<View>) -> Id {
        let place = match &self.variables[x].place {
            Place::Constant(value) => Some(Place::Constant(*value)),
            Place::Stored { buffer, view } => look(view).map(|view| Place::Stored { buffer: *buffer, view }),
            Place::Viewed { base, view } => look(view).map(|view| Place::Viewed { base: *base, view }),
            Place::Lane { .. } => look(&View::dense(&self.shape(x))).map(|view| Place::Viewed { base: x, view }),
            Place::Iota { stride, size } => {
                let dense = look(&View::dense(&self.shape(x)));
                let iota = Place::Iota { stride: *stride, size: *size };
                dense.filter(|v| v.is_dense() && v.shape.size() == self.ty(x).size()).map(|_| iota)
            }
        };
        match place {
            Some(place) => self.variable(ty.clone(), place),
            None => {
                let copy = self.copy(x);
                let view = look(&View::dense(&self.shape(x))).expect("whatever is dense can be reshaped");
                self.variable(ty.clone(), Place::Viewed { base: copy, view })
            }
        }
    }

    /// A variable in a register, in row-major order.
    fn copy(&mut self, x: Id) -> Id {
        let (cluster, per_row) = self.home(&[x], self.ty(x).size());
        let register = self.operand(x, cluster, per_row);
        self.clusters[cluster].last = self.position;
        self.variable(self.ty(x).clone(), Place::Lane { cluster, register, per_row })
    }

    fn reduce(&mut self, f: ReduceFn, x: Id, axes: &[usize], ty: &Type) -> Id {
        let shape = self.shape(x);
        let kept: Vec<usize> = (0..shape.rank()).filter(|a| !axes.contains(a)).collect();
        let steps = ty.shape.strides();
        let step = |a: usize| kept.iter().position(|&k| k == a).map_or(0, |i| steps[i]);
        let mut joined: SmallVec<[(usize, usize); 4]> = SmallVec::new();
        for (a, &size) in shape.iter().enumerate().filter(|&(_, &size)| size != 1) {
            match joined.last_mut() {
                Some(last) if last.1 == step(a) * size => *last = (last.0 * size, step(a)),
                _ => joined.push((size, step(a))),
            }
        }
        let row = match joined.as_slice() {
            [(row, 0)] | [(_, 1), (row, 0)] if *row <= LONGEST_ROW => Some(*row),
            _ => None,
        };
        let dtype = self.ty(x).dtype;
        let cluster = self.home_of_reduction(x, shape.size(), row);
        let register = self.operand(x, cluster, false);
        let c = &mut self.clusters[cluster];
        c.last = self.position;
        let (dtype, half) = (lane(dtype), half(ty));
        if row.is_some() && (c.row.is_none() || c.row == row) {
            c.row = row;
            let register = c.push(true, |d| Instruction::ReduceRows { f, dtype, half, x: register, d });
            return self.variable(ty.clone(), Place::Lane { cluster, register, per_row: true });
        }
        let stage = c.stage;
        let buffer = self.buffer(ty.clone(), stage + 1);
        self.clusters[cluster].reduce(register, Reduction { f, dtype, half, axes: joined, buffer, ty: ty.clone() });
        self.variable(ty.clone(), Place::Stored { buffer, view: View::dense(&ty.shape) })
    }

    /// The first stage in which a variable can be read from memory.
    fn ready(&self, id: Id) -> u32 {
        match &self.variables[id].place {
            Place::Stored { buffer, .. } => self.ready[*buffer],
            Place::Lane { cluster, .. } => self.clusters[*cluster].stage + 1,
            Place::Viewed { base, .. } => self.ready(*base),
            Place::Constant(_) | Place::Iota { .. } => 0,
        }
    }

    /// Whether a variable can be had in a cluster.
    fn is_available(&self, id: Id, cluster: usize, per_row: bool) -> bool {
        let c = &self.clusters[cluster];
        match &self.variables[id].place {
            Place::Lane { cluster: at, per_row: held, .. } if *at == cluster => *held == per_row,
            Place::Viewed { base, view } => match &self.variables[*base].place {
                Place::Lane { cluster: at, per_row: held, .. } if *at == cluster => {
                    let same = view.is_dense() && view.shape.size() == self.ty(*base).size();
                    if same {
                        *held == per_row
                    } else {
                        *held && !per_row && c.row.is_some_and(|row| is_spread(view, c.size / row, row))
                    }
                }
                Place::Stored { .. }
                | Place::Lane { .. }
                | Place::Viewed { .. }
                | Place::Constant(_)
                | Place::Iota { .. } => self.ready(*base) <= c.stage,
            },
            Place::Stored { .. } | Place::Lane { .. } | Place::Constant(_) | Place::Iota { .. } => {
                self.ready(id) <= c.stage
            }
        }
    }

    /// The cluster that computes on these operands, with results of `size` elements, and whether it does so for each row.
    fn home(&mut self, operands: &[Id], size: usize) -> (usize, bool) {
        let mut best: Option<(u32, usize, bool)> = None;
        for &id in operands {
            let Some(cluster) = self.cluster_of(id) else { continue };
            let c = &self.clusters[cluster];
            let per_row = match (c.size == size, c.rows() == Some(size)) {
                (true, _) => false,
                (false, true) => true,
                (false, false) => continue,
            };
            let fits = c.len() < LONGEST_CLUSTER && best.is_none_or(|(stage, ..)| stage < c.stage);
            if fits && operands.iter().all(|&id| self.is_available(id, cluster, per_row)) {
                best = Some((c.stage, cluster, per_row));
            }
        }
        if let Some((_, cluster, per_row)) = best {
            return (cluster, per_row);
        }
        let stage = operands.iter().map(|&id| self.ready(id)).max().unwrap_or(0);
        (self.cluster_at(size, stage, None), false)
    }
    /// The cluster that reduces all `size` elements of `x`; rather one whose rows can be of `row` elements.
    fn home_of_reduction(&mut self, x: Id, size: usize, row: Option<usize>) -> usize {
        if let Some(cluster) = self.cluster_of(x) {
            let c = &self.clusters[cluster];
            let fits =
                c.size == size && c.len() < LONGEST_CLUSTER && (row.is_none() || c.row.is_none() || c.row == row);
            if fits && self.is_available(x, cluster, false) {
                return cluster;
            }
        }
        self.cluster_at(size, self.ready(x), row)
    }
    /// The cluster that a variable is computed in.
    fn cluster_of(&self, id: Id) -> Option<usize> {
        let base = if let Place::Viewed { base, .. } = &self.variables[id].place { *base } else { id };
        if let Place::Lane { cluster, .. } = self.variables[base].place { Some(cluster) } else { None }
    }
    /// A cluster of this size and stage; rather one whose rows can be of `row` elements.
    fn cluster_at(&mut self, size: usize, stage: u32, row: Option<usize>) -> usize {
        let same = self.by_stage.entry((size, stage)).or_default();
        let fits = |c: &Cluster| c.len() < LONGEST_CLUSTER && (row.is_none() || c.row.is_none() || c.row == row);
        if let Some(&cluster) = same.iter().find(|&&c| fits(&self.clusters[c])) {
            return cluster;
        }
        self.clusters.push(Cluster::new(size, stage));
        same.push(self.clusters.len() - 1);
        self.clusters.len() - 1
    }

    /// The register that holds a variable in a cluster where it is available.
    fn operand(&mut self, id: Id, cluster: usize, per_row: bool) -> Register {
        let Variable { ty, place } = self.variables[id].clone();
        match place {
            Place::Lane { cluster: at, register, .. } if at == cluster => register,
            Place::Lane { .. } => {
                let (buffer, view) = self.stored(id);
                self.clusters[cluster].load(buffer, &view, ty.dtype, per_row)
            }
            Place::Viewed { base, view } => match self.variables[base].place {
                Place::Lane { cluster: at, register, per_row: held } if at == cluster => match held == per_row {
                    true => register,
                    false => self.clusters[cluster].spread(register, ty.dtype),
                },
                Place::Stored { .. }
                | Place::Lane { .. }
                | Place::Viewed { .. }
                | Place::Constant(_)
                | Place::Iota { .. } => {
                    let (buffer, _) = self.stored(base);
                    self.clusters[cluster].load(buffer, &view, ty.dtype, per_row)
                }
            },
            Place::Stored { buffer, view } => self.clusters[cluster].load(buffer, &view, ty.dtype, per_row),
            Place::Constant(value) => self.clusters[cluster].fill(value),
            Place::Iota { stride, size } => self.clusters[cluster].iota(ty.dtype, stride, size, per_row),
        }
    }

    /// The buffer that a variable lies in, and how.
    fn stored(&mut self, id: Id) -> (usize, View) {
        let Variable { ty, place } = self.variables[id].clone();
        match place {
            Place::Stored { buffer, view } => (buffer, view),
            Place::Viewed { base, view } => (self.stored(base).0, view),
            Place::Lane { cluster, register, per_row } => {
                let view = View::dense(&ty.shape);
                if let Some(buffer) = self.clusters[cluster].stored(register, ty.dtype) {
                    return (buffer, view);
                }
                let buffer = self.buffer(flat(ty.dtype, ty.size()), self.clusters[cluster].stage + 1);
                self.clusters[cluster].store(register, ty.dtype, per_row, buffer);
                (buffer, view)
            }
            Place::Constant(_) | Place::Iota { .. } => {
                let copy = self.copy(id);
                self.stored(copy)
            }
        }
    }

    /// A variable as a whole buffer.
    fn dense(&mut self, id: Id) -> Dense {
        let shape = self.shape(id);
        let (buffer, view) = self.stored(id);
        if view.is_dense() && shape.size() == self.buffers[buffer].size() {
            return Dense { buffer, shape };
        }
        let copy = self.copy(id);
        Dense { buffer: self.stored(copy).0, shape }
    }

    /// A step of its own.
    fn other(
        &mut self,
        reads: Vec<usize>,
        types: &[Type],
        effects: bool,
        make: impl FnOnce(Vec<usize>) -> Step,
    ) -> Vec<Id> {
        let mut stage = reads.iter().map(|&b| self.ready[b]).max().unwrap_or(0);
        if effects {
            // What runs in an earlier stage does not wait for this one.
            stage = stage.max(self.effect_stage);
            self.effect_stage = stage + 1;
        }
        let writes: Vec<usize> = types.iter().map(|ty| self.buffer(ty.clone(), stage + 1)).collect();
        let after = if effects { self.effect } else { None };
        let step = make(writes.clone());
        self.others.push(Other { step, reads, writes: writes.clone(), after, position: self.position });
        if effects {
            self.effect = Some(self.others.len() - 1);
        }
        let stored =
            |(buffer, ty): (usize, &Type)| (ty.clone(), Place::Stored { buffer, view: View::dense(&ty.shape) });
        writes.into_iter().zip(types).map(stored).map(|(ty, place)| self.variable(ty, place)).collect()
    }

    fn evaluate(&mut self, op: &Op<Id>, types: &[Type]) -> Vec<Id> {
        let op = op.map(|&id| self.dense(id));
        let reads = op.operands().into_iter().map(|d| d.buffer).collect();
        let effects = op.has_effects();
        let types_of_results = types.to_vec();
        self.other(reads, types, effects, |results| Step::Evaluate {
            op,
            results: types_of_results.into_iter().zip(results).collect(),
        })
    }

    /// A product of floats, by way of `f32` for half types.
    fn product(&mut self, lhs: Id, rhs: Id, dims: &DotDims, out: DType, ty: &Type) -> Option<Id> {
        let wide = match (self.ty(lhs).dtype, out) {
            (DType::F64, _) | (_, DType::F64) => DType::F64,
            (dtype, _) if dtype.is_float() => DType::F32,
            _ => return None,
        };
        if !out.is_float() {
            return None;
        }
        let (lhs, rhs) = (self.convert(lhs, wide)?, self.convert(rhs, wide)?);
        let a = self.factor(lhs, &dims.lhs_batch, &dims.lhs_contract);
        let b = self.factor(rhs, &dims.rhs_batch, &dims.rhs_contract);
        let product = Product::new(a, b, wide);
        let wide_ty = ty.with_dtype(wide);
        let reads = vec![product.lhs.buffer, product.rhs.buffer];
        let ids = self.other(reads, &[wide_ty], false, |results| Step::Product { product, buffer: results[0] });
        self.convert(ids[0], out)
    }

    /// An operand of a product, copied where its axes are not one within the other.
    fn factor(&mut self, x: Id, batch: &[usize], contract: &[usize]) -> Factor {
        let (buffer, view) = self.stored(x);
        if let Some(factor) = Factor::new(buffer, &view, batch, contract) {
            return factor;
        }
        let free = (0..view.shape.rank()).filter(|a| !batch.contains(a) && !contract.contains(a));
        let order: SmallVec<[usize; 4]> = batch.iter().copied().chain(free).chain(contract.iter().copied()).collect();
        let shape: Shape = order.iter().map(|&a| view.shape[a]).collect();
        let moved = self.view(x, &self.ty(x).with_shape(shape), |v| Some(v.transpose(&order)));
        let moved = self.dense(moved);
        let rank = order.len();
        let (b, c): (Vec<usize>, Vec<usize>) = ((0..batch.len()).collect(), (rank - contract.len()..rank).collect());
        Factor::new(moved.buffer, &View::dense(&moved.shape), &b, &c)
            .expect("axes in this order lie one within the other")
    }

    /// A convolution of floats, by way of `f32` for half types.
    fn conv(&mut self, lhs: Id, rhs: Id, dims: &ConvDims, ty: &Type) -> Option<Id> {
        if !ty.dtype.is_float() {
            return None;
        }
        let wide = if ty.dtype == DType::F64 { DType::F64 } else { DType::F32 };
        let (mut lhs, mut rhs) = (self.convert(lhs, wide)?, self.convert(rhs, wide)?);
        let mut dims = dims.clone();
        let conv = loop {
            let (x, kernel) = (self.stored(lhs), self.stored(rhs));
            match Conv::new((x.0, &x.1), (kernel.0, &kernel.1), &dims, &ty.shape, wide) {
                Some(Ok(conv)) => break conv,
                Some(Err(Unfit { permutation })) => {
                    let shape: Shape = permutation.iter().map(|&a| kernel.1.shape[a]).collect();
                    let moved = self.view(rhs, &Type::new(wide, shape), |v| Some(v.transpose(&permutation)));
                    rhs = self.whole(moved);
                    let rank = permutation.len();
                    dims.rhs = [rank - 1, rank - 2].into_iter().chain(0..rank - 2).collect();
                }
                // Images that are read backwards.
                None => lhs = self.whole(lhs),
            }
        };
        let layout = conv.layout();
        let shape: Shape = layout.iter().map(|&part| ty.shape[dims.out[part]]).collect();
        let reads = vec![conv.lhs, conv.rhs];
        let laid_out = Type::new(wide, shape);
        let result = self.other(reads, &[laid_out], false, |results| Step::Conv { conv, buffer: results[0] })[0];
        let mut permutation: SmallVec<[usize; 4]> = SmallVec::from_elem(0, layout.len());
        layout.iter().enumerate().for_each(|(at, &part)| permutation[dims.out[part]] = at);
        let result = self.view(result, &ty.with_dtype(wide), |v| Some(v.transpose(&permutation)));
        self.convert(result, ty.dtype)
    }

    /// A variable that lies in a buffer of its own, in row-major order.
    fn whole(&mut self, id: Id) -> Id {
        let Dense { buffer, shape } = self.dense(id);
        let place = Place::Stored { buffer, view: View::dense(&shape) };
        self.variable(self.ty(id).clone(), place)
    }

    fn finish(self, name: &str, inputs: Vec<Type>, constants: Vec<rune_ir::Value>, outputs: Vec<Dense>) -> Plan {
        let others = self.others.len();
        let mut nodes: Vec<Node> = Vec::new();
        let mut steps: Vec<Step> = Vec::new();
        for Other { step, reads, writes, after, position } in self.others {
            nodes.push(Node { reads, writes, after, position });
            steps.push(step);
        }
        for cluster in self.clusters {
            if cluster.outputs.is_empty() && cluster.reductions.is_empty() {
                continue;
            }
            let position = cluster.last;
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
        let steps = order.into_iter().map(|i| steps[i].take().expect("each step comes once")).collect();
        Plan { name: name.to_owned(), inputs, constants, buffers: self.buffers, steps, uses, outputs }
    }
}

/// The half type of a result, which is rounded to it.
fn half(ty: &Type) -> Option<DType> {
    ty.dtype.is_half().then_some(ty.dtype)
}

/// Functions of integers that are left to the interpreter.
fn is_rare(f: BinaryFn) -> bool {
    matches!(f, BinaryFn::Div | BinaryFn::Rem | BinaryFn::Pow)
}

/// Whether a view repeats each of `rows` elements `row` times.
fn is_spread(view: &View, rows: usize, row: usize) -> bool {
    let access = view.access();
    access.offset == 0
        && match access.form() {
            Form::Rows(n, times) => (n, times) == (rows, row),
            Form::Scalar => rows == 1 && view.shape.size() == row,
            Form::Dense => row == 1 && view.shape.size() == rows,
            Form::Strided | Form::Cyclic(_) => false,
        }
}
