//! Forward mode: runs each instruction on values and tangents.

use super::control::{call, case, custom, linear_solve, remat::Remat, scan, while_loop};
use super::tangent::{Dual, Tangent};
use super::{cumulative, derivs, linalg, windows};
use crate::Tensor;
use crate::tensor::refuse;
use crate::tensor::{lax, with_origin, with_transform};
use rune_ir::op::{
    CollectiveFn, CumulativeFn, Dims, GatherDims, NamedAxis, ReduceFn, ScatterDims, ScatterMode, WindowFn,
};
use rune_ir::{DType, Op, Program, Transform};
use smallvec::{SmallVec, smallvec};

pub(super) type Tangents = SmallVec<[Tangent; 2]>;

/// Whether tangents run with the values, or become a separate linear program. Loops treat the two differently.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mode {
    /// Tangents are computed together with the values: a loop carries both, and keeps no residuals.
    Forward,
    /// Tangents become a separate linear program: a loop becomes two, and the first one keeps the residuals of the
    /// second.
    Linearize,
}

/// Returns the outputs of `program` and their tangents, for inputs with tangents.
pub(super) fn jvp(program: &Program, inputs: Vec<Dual>, mode: Mode) -> Vec<Dual> {
    let mut env = inputs;
    env.extend(program.constants().iter().map(|c| Dual::constant(Tensor::from_value(c.clone()))));
    for instruction in program.instructions() {
        let op = instruction.op.map(|v| env[v.index()].clone());
        let results = with_origin(&instruction.origin, || step(&op, mode));
        env.extend(results);
    }
    program.outputs().iter().map(|v| env[v.index()].clone()).collect()
}

/// Runs one operation on duals.
fn step(op: &Op<Dual>, mode: Mode) -> SmallVec<[Dual; 2]> {
    if op.operands().iter().all(|x| x.t.is_zero()) {
        return Tensor::apply(op.map(|x| x.v.clone())).into_iter().map(Dual::constant).collect();
    }
    // Computes the values first, and then their tangents by a rule.
    let all = |rule: &dyn Fn(&[Tensor]) -> Tangents| -> SmallVec<[Dual; 2]> {
        let out = Tensor::apply(op.map(|x| x.v.clone()));
        let tangents = with_transform(Transform::Jvp, || rule(&out));
        debug_assert_eq!(out.len(), tangents.len());
        out.into_iter().zip(tangents).map(|(v, t)| Dual { v, t }).collect()
    };
    let one = |rule: &dyn Fn(&Tensor) -> Tangent| all(&|out| smallvec![rule(&out[0])]);
    let zero = || all(&|out| out.iter().map(|_| Tangent::ZERO).collect());
    match op {
        Op::Unary { f, x } => one(&|out| derivs::unary(*f, x, out)),
        Op::IntegerPow { x, y } => one(&|_| derivs::integer_pow(x, *y)),
        Op::Binary { f, x, y } => one(&|out| derivs::binary(*f, x, y, out)),
        Op::Complex { re, im } => one(&|_| derivs::complex(re, im)),
        Op::Clamp { min, x, max } => one(&|_| derivs::clamp(min, x, max)),
        Op::Convert { x, dtype } if x.v.dtype().is_inexact() && dtype.is_inexact() => one(&|_| linear(op)),
        Op::Convert { .. } | Op::BitcastConvert { .. } => zero(),
        Op::Compare { .. } | Op::ArgReduce { .. } | Op::StopGradient { .. } | Op::Threefry2x32 { .. } => zero(),
        Op::Constant { .. } | Op::Iota { .. } | Op::AxisIndex { .. } => zero(),
        Op::Select { pred, on_true, on_false } => {
            one(&|out| Tangent::select(&pred.v, &on_true.t, &on_false.t, out.ty()))
        }

        Op::BroadcastInDim { .. }
        | Op::Reshape { .. }
        | Op::Transpose { .. }
        | Op::Slice { .. }
        | Op::Pad { .. }
        | Op::Concatenate { .. }
        | Op::Reverse { .. }
        | Op::DynamicSlice { .. }
        | Op::DynamicUpdateSlice { .. }
        | Op::Gather { .. }
        | Op::Fft { .. }
        | Op::AllGather { .. }
        | Op::AllToAll { .. }
        | Op::Ppermute { .. } => one(&|_| linear(op)),
        Op::Scatter { x, indices, updates, dims, mode, unique } => {
            one(&|out| scatter(x, &indices.v, updates, dims, *mode, *unique, out))
        }

        Op::Reduce { f, x, axes } => one(&|out| reduce(*f, x, axes, out)),
        Op::Collective { f, x, axis } => one(&|out| collective(*f, x, axis, out)),
        Op::ReduceWindow { f: WindowFn::Sum, .. } => one(&|_| linear(op)),
        Op::ReduceWindow { f: WindowFn::Max, x, window } => one(&|_| windows::extreme(x, window, true)),
        Op::ReduceWindow { f: WindowFn::Min, x, window } => one(&|_| windows::extreme(x, window, false)),
        Op::Cumulative { f: CumulativeFn::Sum, .. } => one(&|_| linear(op)),
        Op::Cumulative { f, x, axis, reverse } => one(&|_| cumulative::cumulative(*f, x, *axis, *reverse)),
        Op::Sort { operands, dimension, num_keys } => sort(operands, *dimension, *num_keys),
        Op::TopK { x, .. } => all(&|out| smallvec![take_along_axis(&x.t, &out[1], x.v.rank() - 1), Tangent::ZERO]),

        Op::DotGeneral { lhs, rhs, .. } | Op::Conv { lhs, rhs, .. } => one(&|_| bilinear(op, lhs, rhs)),
        Op::Factor { f, x } => all(&|out| linalg::factor(*f, x, out)),
        Op::TriangularSolve { a, b, how } => one(&|out| linalg::triangular_solve(a, b, *how, out)),
        Op::LuSolve { a, lu, permutation, b, transpose } => {
            one(&|out| linalg::lu_solve(a, [&lu.v, &permutation.v], b, *transpose, out))
        }

        Op::OptimizationBarrier { xs } => all(&|_| barrier(xs)),
        // The tangent has no name, because only values are kept.
        Op::CheckpointName { x, name: _ } => one(&|_| x.t.clone()),
        Op::DebugPrint { .. } => zero(),
        Op::Callback { f, callback, .. } => refuse!(
            "`{}` at {} has no derivative; define one with `custom_jvp` or `custom_vjp` around it, or make its arguments constants with `.stop_gradient()`",
            f.name(),
            callback.loc()
        ),

        Op::Call { args, program } => call::jvp(program, args),
        Op::Remat { args, program, policy, differentiated } => {
            Remat { program, policy, differentiated: *differentiated }.jvp(args, mode)
        }
        Op::Case { index, args, branches } => case::jvp(index, args, branches, mode),
        Op::While { args, consts, cond, body } => while_loop::jvp(args, *consts, cond, body, mode),
        Op::Scan { args, consts, carry, length, reverse, unroll, body } => {
            let how = lax::Scan { length: *length, reverse: *reverse, unroll: *unroll };
            scan::jvp(&scan::Parts::new(args, *consts, *carry, body, how), mode)
        }
        Op::CustomJvp { args, program, rule, num_args, takes_results } => {
            let results = takes_results.then(|| Tensor::apply(op.map(|x| x.v.clone())).into_vec());
            custom::jvp_by_rule(args, program, rule, *num_args, results)
        }
        Op::CustomVjp { args, program, forward, backward, num_args } => {
            custom::jvp_by_transpose(args, program, forward, backward, *num_args, mode)
        }
        Op::CustomLinear { xs, backward } => custom::jvp_of_linear(xs, backward),
        Op::CustomLinearSolve { args, matvec, .. } => linear_solve::jvp(op, args, matvec),
    }
}

/// Applies an operation to tangents. It must be linear in all its float and complex operands together.
fn linear(op: &Op<Dual>) -> Tangent {
    let tangents = op.map(|x| if x.v.dtype().is_inexact() { x.tangent() } else { x.v.clone() });
    Tangent::new(Some(Tensor::apply1(tangents)))
}

/// d(x · y) = dx · y + x · dy, for every product.
fn bilinear(op: &Op<Dual>, lhs: &Dual, rhs: &Dual) -> Tangent {
    let product = |x: &Tensor, y: &Tensor| {
        let mut operands = [x, y].into_iter();
        Tensor::apply1(op.map(|_| operands.next().expect("a product has two operands").clone()))
    };
    let by_lhs = Tangent::new(lhs.t.clone().into_tensor().map(|t| product(&t, &rhs.v)));
    let by_rhs = Tangent::new(rhs.t.clone().into_tensor().map(|t| product(&lhs.v, &t)));
    by_lhs.add(&by_rhs)
}

fn reduce(f: ReduceFn, x: &Dual, axes: &Dims, out: &Tensor) -> Tangent {
    match f {
        ReduceFn::Sum => x.t.reduce_sum(axes),
        ReduceFn::Prod => cumulative::product(x, axes),
        // The extreme elements share the tangent equally.
        ReduceFn::Max | ReduceFn::Min => {
            let kept: Vec<usize> = (0..x.v.rank()).filter(|a| !axes.contains(a)).collect();
            let extreme = lax::broadcast_in_dim(out, x.v.shape().clone(), &kept);
            let chosen = derivs::indicator(&lax::eq(&x.v, &extreme), x.v.dtype());
            let count = lax::reduce_sum(&chosen, axes);
            x.t.mul(|| chosen).reduce_sum(axes).div(&count)
        }
        ReduceFn::And | ReduceFn::Or => Tangent::ZERO,
    }
}

fn collective(f: CollectiveFn, x: &Dual, axis: &NamedAxis, out: &Tensor) -> Tangent {
    match f {
        CollectiveFn::Sum => x.t.psum(axis),
        // Like the reduction over axes: the extreme elements share the tangent equally.
        CollectiveFn::Max | CollectiveFn::Min => {
            let chosen = derivs::indicator(&lax::eq(&x.v, out), x.v.dtype());
            let count = lax::collective(CollectiveFn::Sum, &chosen, axis);
            x.t.mul(|| chosen).psum(axis).div(&count)
        }
    }
}

fn scatter(
    x: &Dual,
    indices: &Tensor,
    updates: &Dual,
    dims: &ScatterDims,
    mode: ScatterMode,
    unique: bool,
    out: &Tensor,
) -> Tangent {
    // No slice of an empty array can be read, and there is nothing to differentiate.
    if x.v.size() == 0 {
        return Tangent::ZERO;
    }
    let put = |x: &Tensor, updates: &Tensor, mode| lax::scatter(x, indices, updates, dims.clone(), mode, unique);
    let read = |x: &Tensor| lax::gather(x, indices, dims.gather(), &dims.slice_sizes(x.shape(), updates.v.shape()));
    let dtype = x.v.dtype();
    let zeros = || lax::full_like(&x.v, 0.0);
    let scatter_add = |x: &Tangent, ut: &Tangent| {
        Tangent::new(Some(put(&x.instantiate(out.ty()), &ut.instantiate(updates.v.ty()), ScatterMode::Add)))
    };
    match mode {
        ScatterMode::Add => scatter_add(&x.t, &updates.t),
        ScatterMode::Set if unique => Tangent::new(Some(put(&x.tangent(), &updates.tangent(), ScatterMode::Set))),
        // It is unspecified which update remains. Therefore, each update gets a number, and the numbers are scattered.
        // Only the updates whose numbers remain pass on their tangents.
        ScatterMode::Set => {
            let flat = lax::iota(DType::I32, [updates.v.size()], 0);
            let marks = lax::add(
                &lax::reshape(&flat, updates.v.shape().clone()),
                &lax::full(DType::I32, updates.v.shape(), 1.0),
            );
            let none = lax::full(DType::I32, x.v.shape(), 0.0);
            let stayed = put(&none, &marks, ScatterMode::Set);
            let through = derivs::indicator(&lax::eq(&read(&stayed), &marks), dtype);
            let untouched = derivs::indicator(&lax::eq(&stayed, &none), dtype);
            scatter_add(&x.t.mul(|| untouched), &updates.t.mul(|| through))
        }
        // Each term is the tangent of a factor times the product of all others. That product is derived from the
        // product of the nonzero factors.
        ScatterMode::Mul => {
            let by_x = Tangent::new(x.t.clone().into_tensor().map(|t| put(&t, &updates.v, ScatterMode::Mul)));
            if updates.t.is_zero() {
                return by_x;
            }
            let is_zero = lax::eq(&updates.v, &lax::full_like(&updates.v, 0.0));
            let nonzero = lax::select(&is_zero, &lax::full_like(&updates.v, 1.0), &updates.v);
            let product = read(&put(&x.v, &nonzero, ScatterMode::Mul));
            let zero_count = read(&put(&zeros(), &derivs::indicator(&is_zero, dtype), ScatterMode::Add));
            let others_zero = lax::sub(&zero_count, &derivs::indicator(&is_zero, dtype));
            let others = lax::select(
                &lax::eq(&others_zero, &lax::full_like(&updates.v, 0.0)),
                &lax::div(&product, &nonzero),
                &lax::full_like(&updates.v, 0.0),
            );
            by_x.add(&scatter_add(&Tangent::ZERO, &updates.t.mul(|| others)))
        }
        ScatterMode::Min | ScatterMode::Max => {
            let chosen_x = derivs::indicator(&lax::eq(&x.v, out), dtype);
            let chosen_u = derivs::indicator(&lax::eq(&updates.v, &read(out)), dtype);
            let count = put(&chosen_x, &chosen_u, ScatterMode::Add);
            scatter_add(&x.t.mul(|| chosen_x), &updates.t.mul(|| chosen_u)).div(&count)
        }
    }
}

/// Sorts the indices too, and moves the tangents in the same way.
fn sort(operands: &[Dual], dimension: usize, num_keys: usize) -> SmallVec<[Dual; 2]> {
    let positions = lax::iota(DType::I32, operands[0].v.shape().clone(), dimension);
    let mut all: Vec<Tensor> = operands.iter().map(|x| x.v.clone()).collect();
    all.push(positions);
    let mut sorted = lax::sort(&all, dimension, num_keys);
    let positions = sorted.pop().expect("the positions were sorted too");
    let moved = |x: &Dual| with_transform(Transform::Jvp, || take_along_axis(&x.t, &positions, dimension));
    sorted.into_iter().zip(operands).map(|(v, x)| Dual { v, t: moved(x) }).collect()
}

/// Returns the elements of `t` at the indices `positions` along `axis`. All other axes are batch axes.
fn take_along_axis(t: &Tangent, positions: &Tensor, axis: usize) -> Tangent {
    if positions.size() == 0 {
        return Tangent::ZERO;
    }
    let rank = positions.rank();
    let others: Dims = (0..rank).filter(|&a| a != axis).collect();
    let dims = GatherDims {
        collapsed: smallvec![axis],
        operand_batching: others.clone(),
        indices_batching: others,
        start_index_map: smallvec![axis],
        ..GatherDims::default()
    };
    let mut shape = positions.shape().clone();
    shape.dims_mut().push(1);
    t.gather(&lax::reshape(positions, shape), dims, &vec![1; rank])
}

fn barrier(xs: &[Dual]) -> Tangents {
    let changing: Vec<Tensor> = xs.iter().filter_map(|x| x.t.clone().into_tensor()).collect();
    let mut kept = lax::optimization_barrier(&changing).into_iter();
    xs.iter().map(|x| if x.t.is_zero() { Tangent::ZERO } else { Tangent::new(kept.next()) }).collect()
}
