//! Batching: runs each instruction on a whole batch.
//!
//! A rule turns an operation on one batch element into one wider operation on all of them, with the batch axis first.
//! There is no loop over the batch. Values that depend on no mapped input are computed once.

mod callback;
mod collective;
mod contraction;
mod index;
mod linalg;
mod programs;

pub(in crate::transform) use callback::not_batched;
pub use programs::VmapError;
pub(super) use programs::{vmap_named_program, vmap_program};

use super::control::{call, case, custom, linear_solve, remat::Remat, scan, while_loop};
use crate::Tensor;
use crate::tensor::{lax, with_origin, with_transform};
use rune_ir::op::{AxisName, Dims, NamedAxis, Padding, Window};
use rune_ir::program::dependence::{DependenceKind, results};
use rune_ir::{Op, Program, Shape, Transform, Type, types};
use smallvec::{SmallVec, smallvec};
use std::iter::once;

/// A tensor with the batch along its first axis, or one that is the same for all batch elements.
#[derive(Clone)]
pub(crate) struct Batched {
    pub t: Tensor,
    pub mapped: bool,
}

impl Batched {
    pub(crate) fn mapped(t: Tensor) -> Batched {
        Batched { t, mapped: true }
    }
    pub(crate) fn unmapped(t: Tensor) -> Batched {
        Batched { t, mapped: false }
    }
    /// Returns the type of one batch element.
    fn ty(&self) -> Type {
        if self.mapped { self.t.ty().with_shape(&self.t.shape()[1..]) } else { self.t.ty().clone() }
    }
    /// Returns the number of axes of one batch element.
    fn rank(&self) -> usize {
        self.t.rank() - usize::from(self.mapped)
    }
    /// Returns the whole batch, along the first axis.
    pub(crate) fn broadcast(&self, size: usize) -> Tensor {
        if self.mapped {
            return self.t.clone();
        }
        let shape = Shape::from_iter(prepend(size, self.t.shape()));
        // Repeats the operand of a broadcast, so that the result is still recognizable as a broadcast.
        if let Some(apply) = self.t.0.apply()
            && let Op::BroadcastInDim { x, shape: _, dims } = &apply.op
        {
            return lax::broadcast_in_dim(x, shape, &shift_axes(dims));
        }
        let dims: Dims = (1..=self.t.rank()).collect();
        lax::broadcast_in_dim(&self.t, shape, &dims)
    }
}

/// The size of a batch, and the name of its axis, if it has one.
#[derive(Clone, Debug)]
pub(crate) struct BatchAxis {
    pub size: usize,
    pub name: Option<AxisName>,
}

impl BatchAxis {
    /// Returns whether the batch axis has this name.
    fn is(&self, name: &AxisName) -> bool {
        self.name.as_ref() == Some(name)
    }
    /// Returns the kind of dependence that determines which results are mapped.
    pub(in crate::transform) fn dependence(&self) -> DependenceKind {
        DependenceKind::BatchAxis(self.name.clone())
    }
    /// Returns whether batching changes an operation: it has a mapped operand, or works on this batch axis.
    fn affects(&self, op: &Op<Batched>) -> bool {
        let own = |axis: &NamedAxis| self.is(&axis.name);
        let inside = |p: &Program| self.name.as_ref().is_some_and(|name| p.axes().contains_key(name));
        op.operands().iter().any(|x| x.mapped)
            || op.axis().is_some_and(own)
            || op.programs().iter().any(|(_, p)| inside(p))
    }
}

/// Returns the outputs of `program` for the whole batch.
pub(crate) fn vmap(program: &Program, batch_axis: &BatchAxis, inputs: Vec<Batched>) -> Vec<Batched> {
    let mut env = inputs;
    env.extend(program.constants().iter().map(|c| Batched::unmapped(Tensor::from_value(c.clone()))));
    for instruction in program.instructions() {
        let op = instruction.op.map(|v| env[v.index()].clone());
        let run = || match batch_axis.affects(&op) {
            true => with_transform(Transform::Vmap, || step(&op, batch_axis)),
            false => Tensor::apply(op.map(|x| x.t.clone())).into_iter().map(Batched::unmapped).collect(),
        };
        env.extend(with_origin(&instruction.origin, run));
    }
    program.outputs().iter().map(|v| env[v.index()].clone()).collect()
}

/// Runs an operation that batching changes.
fn step(op: &Op<Batched>, batch_axis: &BatchAxis) -> SmallVec<[Batched; 2]> {
    // An operation over the batch axis itself has results even for an empty batch.
    let own = op.axis().is_some_and(|axis| batch_axis.is(&axis.name));
    if batch_axis.size == 0 && !own { empty_batch(op) } else { rule(op, batch_axis) }
}

/// Returns the results of an operation for the whole batch, by one wider operation if there is one.
fn rule(op: &Op<Batched>, batch_axis: &BatchAxis) -> SmallVec<[Batched; 2]> {
    let size = batch_axis.size;
    let all = |x: &Batched| x.broadcast(size);
    let one = |t: Tensor| smallvec![Batched::mapped(t)];
    // Applies the wider operation; `mapped` marks its results.
    let with_marks = |op: Op<Tensor>, mapped: Vec<bool>| {
        Tensor::apply(op).into_iter().zip(mapped).map(|(t, mapped)| Batched { t, mapped }).collect()
    };
    let mapped = |count| results(op, |x| &x.mapped, &batch_axis.dependence(), &true).into_vec(count);
    let wide: Op<Tensor> = match op {
        Op::Unary { .. }
        | Op::IntegerPow { .. }
        | Op::Binary { .. }
        | Op::Complex { .. }
        | Op::Compare { .. }
        | Op::Select { .. }
        | Op::Clamp { .. }
        | Op::Convert { .. }
        | Op::BitcastConvert { .. }
        | Op::Threefry2x32 { .. }
        | Op::CheckpointName { .. }
        | Op::StopGradient { .. } => op.map(all),

        Op::BroadcastInDim { x, shape, dims } => {
            Op::BroadcastInDim { x: all(x), shape: prepend(size, shape).collect(), dims: with_batch_axis(dims) }
        }
        Op::Reshape { x, shape } => Op::Reshape { x: all(x), shape: prepend(size, shape).collect() },
        Op::Transpose { x, permutation } => Op::Transpose { x: all(x), permutation: with_batch_axis(permutation) },
        Op::Slice { x, start, limit, strides } => Op::Slice {
            x: all(x),
            start: prepend(0, start).collect(),
            limit: prepend(size, limit).collect(),
            strides: prepend(1, strides).collect(),
        },
        Op::Pad { x, padding, config } if padding.mapped => return one(pad(x, padding, config, size)),
        Op::Pad { x, padding, config } => {
            Op::Pad { x: all(x), padding: padding.t.clone(), config: prepend(Padding::default(), config).collect() }
        }
        Op::Concatenate { xs, dimension } => {
            Op::Concatenate { xs: xs.iter().map(all).collect(), dimension: dimension + 1 }
        }
        Op::Reverse { x, axes } => Op::Reverse { x: all(x), axes: shift_axes(axes) },
        Op::DynamicSlice { x, start_indices, slice_sizes } => {
            return one(index::dynamic_slice(x, start_indices, slice_sizes, size));
        }
        Op::DynamicUpdateSlice { x, update, start_indices } => {
            return one(index::dynamic_update_slice(x, update, start_indices, size));
        }
        Op::Gather { x, indices, dims, slice_sizes } => index::gather(x, indices, dims, slice_sizes, size),
        Op::Scatter { x, indices, updates, dims, mode, unique } => {
            let dims = Box::new(index::scatter_dims(dims, indices.mapped));
            let indices = indices.t.clone();
            Op::Scatter { x: all(x), indices, updates: all(updates), dims, mode: *mode, unique: *unique }
        }

        Op::Reduce { f, x, axes } => Op::Reduce { f: *f, x: all(x), axes: shift_axes(axes) },
        Op::ArgReduce { f, x, axis, index } => Op::ArgReduce { f: *f, x: all(x), axis: axis + 1, index: *index },
        Op::ReduceWindow { f, x, window } => {
            Op::ReduceWindow { f: *f, x: all(x), window: Box::new(batched_window(window)) }
        }
        Op::Cumulative { f, x, axis, reverse } => {
            Op::Cumulative { f: *f, x: all(x), axis: axis + 1, reverse: *reverse }
        }
        Op::Sort { operands, dimension, num_keys } => {
            Op::Sort { operands: operands.iter().map(all).collect(), dimension: dimension + 1, num_keys: *num_keys }
        }
        Op::TopK { x, k } => Op::TopK { x: all(x), k: *k },
        Op::Factor { f, x } => Op::Factor { f: *f, x: all(x) },
        Op::Fft { f, x, lengths } => Op::Fft { f: *f, x: all(x), lengths: lengths.clone() },

        Op::DotGeneral { lhs, rhs, dims, out } => return one(contraction::dot_general(lhs, rhs, dims, *out)),
        Op::Conv { lhs, rhs, dims } => return one(contraction::conv(lhs, rhs, dims, size)),
        Op::LuSolve { a, lu, permutation, b, transpose } => {
            let (transpose, factors) = (*transpose, [a, lu, permutation]);
            return one(linalg::solve(&factors, b, true, size, |a, b| lax::lu_solve(a, b, transpose)));
        }
        Op::TriangularSolve { a, b, how } => {
            return one(linalg::solve(&[a], b, how.left_side, size, |[a], b| lax::triangular_solve(a, b, *how)));
        }

        Op::Collective { f, x, axis } if batch_axis.is(&axis.name) => {
            return smallvec![collective::reduce(*f, x, size)];
        }
        Op::AxisIndex { axis } if batch_axis.is(&axis.name) => return smallvec![collective::axis_index(size)],
        Op::AllGather { x, axis, dimension } if batch_axis.is(&axis.name) => {
            return smallvec![collective::all_gather(x, *dimension, size)];
        }
        Op::AllToAll { x, axis, split, concat } if batch_axis.is(&axis.name) => {
            return smallvec![collective::all_to_all(x, *split, *concat, size)];
        }
        Op::Ppermute { x, axis, pairs } if batch_axis.is(&axis.name) => {
            return smallvec![collective::ppermute(x, pairs, size)];
        }
        Op::Collective { .. } | Op::Ppermute { .. } => op.map(all),
        Op::AllGather { x, axis, dimension } => {
            Op::AllGather { x: all(x), axis: axis.clone(), dimension: dimension + 1 }
        }
        Op::AllToAll { x, axis, split, concat } => {
            Op::AllToAll { x: all(x), axis: axis.clone(), split: split + 1, concat: concat + 1 }
        }

        Op::DebugPrint { args, format, batch } => Op::DebugPrint {
            args: args.iter().map(all).collect(),
            format: format.clone(),
            batch: prepend(size, batch).collect(),
        },

        // These have no mapped operand.
        Op::Constant { .. } | Op::Iota { .. } | Op::AxisIndex { .. } => {
            return Tensor::apply(op.map(all)).into_iter().map(Batched::unmapped).collect();
        }
        Op::OptimizationBarrier { xs } => {
            let results = Tensor::apply(op.map(|x| x.t.clone()));
            return results.into_iter().zip(xs).map(|(t, x)| Batched { t, mapped: x.mapped }).collect();
        }
        Op::Callback { f, args, callback, results, vmap_method } => {
            return callback::batch(*f, args, callback, results, *vmap_method, batch_axis);
        }
        Op::Call { args, program } => return call::batch(program, args, batch_axis),
        Op::Remat { args, program, policy, differentiated } => {
            return Remat { program, policy, differentiated: *differentiated }.batch(args, batch_axis);
        }
        Op::Case { index, args, branches } => return case::batch(index, args, branches, batch_axis),
        Op::While { args, consts, cond, body } => return while_loop::batch(args, *consts, cond, body, batch_axis),
        Op::Scan { args, consts, carry, length, reverse, unroll, body } => {
            let how = lax::Scan { length: *length, reverse: *reverse, unroll: *unroll };
            return scan::batch(&scan::Parts::new(args, *consts, *carry, body, how), batch_axis);
        }
        Op::CustomJvp { args, program, rule, num_args, takes_results } => {
            let mapped = mapped(program.outputs().len());
            let programs = [program, rule];
            let op = custom::batch_custom_jvp(args, programs, *num_args, *takes_results, &mapped, batch_axis);
            return with_marks(op, mapped);
        }
        Op::CustomVjp { args, program, forward, backward, num_args } => {
            let mapped = mapped(program.outputs().len());
            let op = custom::batch_custom_vjp(args, [program, forward, backward], *num_args, &mapped, batch_axis);
            return with_marks(op, mapped);
        }
        Op::CustomLinearSolve { args, matvec, solve, transpose_solve } => {
            linear_solve::batch(args, [matvec, solve, transpose_solve], batch_axis)
        }
        Op::CustomLinear { xs, backward } => {
            let residuals = xs.len() - backward.outputs().len();
            let mapped = mapped(backward.inputs().len() - residuals);
            return with_marks(custom::batch_custom_linear(xs, backward, &mapped, batch_axis), mapped);
        }
    };
    Tensor::apply(wide).into_iter().map(Batched::mapped).collect()
}

/// Returns the empty results for an empty batch. Windows and slices of size 1 would not fit into an empty axis.
fn empty_batch(op: &Op<Batched>) -> SmallVec<[Batched; 2]> {
    let types = op.map(Batched::ty);
    let types = types::infer(&types.map(|ty| ty)).expect("the operation was checked when it was made");
    let empty = |ty: Type| lax::full(ty.dtype, &prepend(0, &ty.shape).collect(), 0.0);
    types.into_iter().map(|ty| Batched::mapped(empty(ty))).collect()
}

/// Pads with a mapped padding value, which is selected where the padded array has no element of `x`.
fn pad(x: &Batched, padding: &Batched, config: &[Padding], size: usize) -> Tensor {
    let ty = x.ty();
    let none = lax::full(rune_ir::DType::Bool, &Shape::scalar(), 0.0);
    let inside = lax::pad(&lax::full(rune_ir::DType::Bool, &ty.shape, 1.0), &none, config.to_vec());
    let shape: Shape = prepend(size, inside.shape()).collect();
    let outside = lax::broadcast_in_dim(&padding.t, shape, &[0]);
    let zero = lax::full(ty.dtype, &Shape::scalar(), 0.0);
    let padded = lax::pad(&x.broadcast(size), &zero, prepend(Padding::default(), config).collect());
    lax::select(&Batched::unmapped(inside).broadcast(size), &padded, &outside)
}

/// Returns the window for each batch element.
fn batched_window(window: &Window) -> Window {
    Window {
        dimensions: prepend(1, &window.dimensions).collect(),
        strides: prepend(1, &window.strides).collect(),
        padding: prepend((0, 0), &window.padding).collect(),
        base_dilation: prepend(1, &window.base_dilation).collect(),
        window_dilation: prepend(1, &window.window_dilation).collect(),
    }
}

/// Returns `first`, then `list`.
fn prepend<T: Copy>(first: T, list: &[T]) -> impl Iterator<Item = T> {
    once(first).chain(list.iter().copied())
}

/// Returns axes of one batch element as axes of the batch.
fn shift_axes(axes: &[usize]) -> Dims {
    axes.iter().map(|a| a + 1).collect()
}

/// Like [`shift_axes`], with the batch axis first.
fn with_batch_axis(axes: &[usize]) -> Dims {
    prepend(0, &shift_axes(axes)).collect()
}

/// Moves axis `from` of `x` to index `to`.
pub(crate) fn move_axis(x: &Tensor, from: usize, to: usize) -> Tensor {
    let mut permutation: Dims = (0..x.rank()).collect();
    permutation.remove(from);
    permutation.insert(to, from);
    lax::transpose(x, &permutation)
}

/// Returns the index of `axis` among `rank` axes. Negative axes count from the end.
pub(crate) fn position(axis: i64, rank: usize) -> Option<usize> {
    let rank = i64::try_from(rank).ok()?;
    let axis = if axis < 0 { axis.checked_add(rank)? } else { axis };
    if axis < rank { usize::try_from(axis).ok() } else { None }
}
