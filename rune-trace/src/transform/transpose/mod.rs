//! Transposition: runs a program that is linear in some inputs backward, from cotangents of its outputs.

mod contraction;
mod fourier;
mod index;

use super::control::{call, case, custom, linear_solve, partition::some_results, remat::Remat, scan, scan_transpose};
use crate::Tensor;
use crate::tensor::refuse;
use crate::tensor::{lax, with_origin, with_transform};
use rune_ir::op::{BinaryFn, CollectiveFn, CumulativeFn, Padding, ReduceFn, UnaryFn, WindowFn};
use rune_ir::program::dependence::{self, DependenceKind};
use rune_ir::{DType, Instruction, Op, Program, Shape, Transform, Type, Var};
use smallvec::{SmallVec, smallvec};

/// The state of a variable: its value is known, or it is linear in a wanted input.
#[derive(Clone)]
pub(super) enum VariableState {
    Known(Tensor),
    Wanted { ty: Type, var: Var },
}

impl VariableState {
    /// Returns a wanted input of this type. Its number is set later.
    pub fn wanted(ty: Type) -> VariableState {
        VariableState::Wanted { ty, var: Var(0) }
    }
    pub fn known_or_none(&self) -> Option<&Tensor> {
        match self {
            VariableState::Known(value) => Some(value),
            VariableState::Wanted { .. } => None,
        }
    }
    /// Returns the value. If it is unknown, the operation is not linear: its transpose needs the value of a wanted
    /// operand.
    pub fn known(&self) -> Result<&Tensor, NotLinear> {
        self.known_or_none().ok_or(NotLinear)
    }
    pub fn ty(&self) -> &Type {
        match self {
            VariableState::Known(value) => value.ty(),
            VariableState::Wanted { ty, .. } => ty,
        }
    }
    fn shape(&self) -> &Shape {
        &self.ty().shape
    }
    fn dtype(&self) -> DType {
        self.ty().dtype
    }
    fn is_wanted(&self) -> bool {
        self.known_or_none().is_none()
    }
}

/// An operation is not linear in its wanted operands. Tangents are always linear, but a user function may not be.
pub(super) struct NotLinear;

/// The cotangents so far, one for each variable. The cotangents from several users are summed.
pub(super) struct Cotangents(Vec<Option<Tensor>>);

impl Cotangents {
    /// Adds the cotangent that `ct` computes to that of `to`, if it is wanted.
    pub fn accumulate(&mut self, to: &VariableState, ct: impl FnOnce() -> Tensor) {
        _ = self.try_accumulate(to, || Ok(ct()));
    }
    /// Like [`Cotangents::accumulate`], for a cotangent that may not exist.
    pub fn try_accumulate(
        &mut self,
        to: &VariableState,
        ct: impl FnOnce() -> Result<Tensor, NotLinear>,
    ) -> Result<(), NotLinear> {
        let VariableState::Wanted { ty, var } = to else { return Ok(()) };
        let ct = ct()?;
        debug_assert_eq!(ct.ty(), ty, "a cotangent has the type of its variable");
        let sum = &mut self.0[var.index()];
        *sum = Some(match sum.take() {
            Some(before) => lax::add(&before, &ct),
            None => ct,
        });
        Ok(())
    }
}

/// Returns the cotangents of the wanted inputs, in order, from the cotangents of the outputs. `None` is zero.
pub(super) fn transpose(
    program: &Program,
    inputs: Vec<VariableState>,
    cotangents: Vec<Option<Tensor>>,
) -> Vec<Option<Tensor>> {
    let mut env: Vec<VariableState> = inputs;
    env.extend(program.constants().iter().map(|c| VariableState::Known(Tensor::from_value(c.clone()))));
    for (i, slot) in env.iter_mut().enumerate() {
        if let VariableState::Wanted { var, .. } = slot {
            *var = Var(i as u32);
        }
    }
    for instruction in program.instructions() {
        let op = instruction.op.map(|v| &env[v.index()]);
        match op.try_map(|x| x.known().cloned()) {
            Ok(known) => {
                let results = with_origin(&instruction.origin, || Tensor::apply(known));
                env.extend(results.into_iter().map(VariableState::Known));
            }
            Err(NotLinear) => {
                let known = known_results(instruction, &op);
                let slot = |(var, known): (Var, Option<Tensor>)| match known {
                    Some(value) => VariableState::Known(value),
                    None => VariableState::Wanted { ty: program.ty(var).clone(), var },
                };
                env.extend(instruction.results().zip(known).map(slot));
            }
        }
    }
    let mut acc = Cotangents(vec![None; program.num_vars()]);
    for (&output, ct) in program.outputs().iter().zip(cotangents) {
        if let Some(ct) = ct {
            acc.accumulate(&env[output.index()], || ct);
        }
    }
    for instruction in program.instructions().iter().rev() {
        if instruction.results().any(|v| env[v.index()].is_wanted()) {
            step(instruction, &env, &mut acc);
        }
    }
    program.inputs().filter(|v| env[v.index()].is_wanted()).map(|v| acc.0[v.index()].take()).collect()
}

/// Returns the results of an operation with wanted operands that do not depend on these operands. Operations with
/// sub-programs may have such results in addition to tangents.
fn known_results(instruction: &Instruction, op: &Op<&VariableState>) -> SmallVec<[Option<Tensor>; 2]> {
    let count = instruction.results().len();
    if instruction.op.programs().is_empty() {
        return smallvec![None; count];
    }
    let wanted = |x: &&VariableState| if x.is_wanted() { &true } else { &false };
    let wanted = dependence::results(op, wanted, &DependenceKind::Values, &true).into_vec(count);
    let known: Vec<bool> = wanted.iter().map(|wanted| !wanted).collect();
    let given = op.map(|x| x.known_or_none().cloned());
    with_origin(&instruction.origin, || some_results(&instruction.op, &given, &known)).into()
}

fn step(instruction: &Instruction, env: &[VariableState], acc: &mut Cotangents) {
    let cts: Vec<Option<Tensor>> = instruction.results().map(|v| acc.0[v.index()].take()).collect();
    let op = instruction.op.map(|v| &env[v.index()]);
    let run = || {
        if let Err(NotLinear) = rule(&op, &cts, acc) {
            not_linear(instruction);
        }
    };
    with_origin(&instruction.origin, || with_transform(Transform::Transpose, run));
}

/// Adds the cotangents of the operands of a linear operation, computed from those of its results.
fn rule(op: &Op<&VariableState>, cts: &[Option<Tensor>], acc: &mut Cotangents) -> Result<(), NotLinear> {
    // The cotangent of the result, if the operation has one result.
    let Some(ct) = cts.iter().flatten().next() else { return Ok(()) };
    match op {
        Op::Unary { f: UnaryFn::Neg, x } => acc.accumulate(x, || lax::neg(ct)),
        // The pairing of tangents and cotangents is the real part of their product, without conjugation, like in JAX.
        Op::Unary { f: UnaryFn::Real, x } => acc.accumulate(x, || lax::complex(ct, &lax::full_like(ct, 0.0))),
        Op::Unary { f: UnaryFn::Imag, x } => {
            acc.accumulate(x, || lax::complex(&lax::full_like(ct, 0.0), &lax::neg(ct)))
        }
        Op::Unary { f: UnaryFn::Conj, x } => acc.accumulate(x, || lax::conj(ct)),
        Op::Complex { re, im } => {
            acc.accumulate(re, || lax::real(ct));
            acc.accumulate(im, || lax::neg(&lax::imag(ct)));
        }
        Op::Fft { f, x, lengths } => acc.accumulate(x, || fourier::fft(ct, *f, lengths)),
        Op::Binary { f: BinaryFn::Add, x, y } => {
            acc.accumulate(x, || ct.clone());
            acc.accumulate(y, || ct.clone());
        }
        Op::Binary { f: BinaryFn::Sub, x, y } => {
            acc.accumulate(x, || ct.clone());
            acc.accumulate(y, || lax::neg(ct));
        }
        Op::Binary { f: BinaryFn::Mul, x, y } => {
            acc.try_accumulate(x, || Ok(lax::mul(ct, y.known()?)))?;
            acc.try_accumulate(y, || Ok(lax::mul(x.known()?, ct)))?;
        }
        Op::Binary { f: BinaryFn::Div, x, y } => {
            let y = y.known()?;
            acc.accumulate(x, || lax::div(ct, y));
        }
        Op::Convert { x, dtype } if x.dtype().is_inexact() && dtype.is_inexact() => {
            acc.accumulate(x, || lax::convert(ct, x.dtype()))
        }
        Op::Select { pred, on_true, on_false } => {
            let (pred, zero) = (pred.known()?, lax::full_like(ct, 0.0));
            acc.accumulate(on_true, || lax::select(pred, ct, &zero));
            acc.accumulate(on_false, || lax::select(pred, &zero, ct));
        }

        Op::BroadcastInDim { x, shape, dims } => acc.accumulate(x, || {
            let repeated = |a: &usize| !dims.iter().zip(x.shape().iter()).any(|(d, &n)| d == a && n == shape[*a]);
            let axes: Vec<usize> = (0..shape.rank()).filter(repeated).collect();
            lax::reshape(&lax::reduce_sum(ct, &axes), x.shape().clone())
        }),
        Op::Reshape { x, shape: _ } => acc.accumulate(x, || lax::reshape(ct, x.shape().clone())),
        Op::Transpose { x, permutation } => acc.accumulate(x, || {
            let mut inverse = vec![0; permutation.len()];
            permutation.iter().enumerate().for_each(|(i, &a)| inverse[a] = i);
            lax::transpose(ct, &inverse)
        }),
        Op::Slice { x, start, limit: _, strides } => acc.accumulate(x, || {
            let config = (0..x.shape().rank()).map(|a| {
                let (n, taken, interior) = (x.shape()[a], ct.shape()[a], strides[a] - 1);
                let reach = if taken == 0 { 0 } else { (taken - 1) * strides[a] + 1 };
                let (low, high) = if taken == 0 { (n, 0) } else { (start[a], n - start[a] - reach) };
                Padding { low: low as i64, high: high as i64, interior }
            });
            lax::pad(ct, &scalar_zero(ct), config.collect())
        }),
        Op::Pad { x, padding, config } => {
            let part = unpad(ct, x.shape(), config);
            acc.accumulate(padding, || lax::sub(&sum(ct), &sum(&part)));
            acc.accumulate(x, || part);
        }
        Op::Concatenate { xs, dimension } => {
            let mut at = 0;
            for x in xs {
                let n = x.shape()[*dimension];
                acc.accumulate(x, || {
                    let (mut start, mut limit) = (vec![0; ct.rank()], ct.shape().to_vec());
                    (start[*dimension], limit[*dimension]) = (at, at + n);
                    lax::slice(ct, &start, &limit, &vec![1; ct.rank()])
                });
                at += n;
            }
        }
        Op::Reverse { x, axes } => acc.accumulate(x, || lax::reverse(ct, axes)),
        Op::CheckpointName { x, name: _ } => acc.accumulate(x, || ct.clone()),

        Op::DynamicSlice { x, start_indices, slice_sizes: _ } => {
            let starts = start_indices.iter().map(|i| i.known().cloned()).collect::<Result<Vec<_>, _>>()?;
            acc.accumulate(x, || lax::dynamic_update_slice(&zeros(x), ct, &starts));
        }
        Op::DynamicUpdateSlice { x, update, start_indices } => {
            let starts = start_indices.iter().map(|i| i.known().cloned()).collect::<Result<Vec<_>, _>>()?;
            acc.accumulate(x, || lax::dynamic_update_slice(ct, &zeros(update), &starts));
            acc.accumulate(update, || lax::dynamic_slice(ct, &starts, update.shape()));
        }
        Op::Gather { x, indices, dims, slice_sizes } => {
            let indices = indices.known()?;
            acc.accumulate(x, || index::gather(ct, x, indices, dims, slice_sizes));
        }
        Op::Scatter { x, indices, updates, dims, mode, unique } => {
            index::scatter(ct, x, indices.known()?, updates, dims, *mode, *unique, acc)?;
        }

        Op::Reduce { f: ReduceFn::Sum, x, axes } => acc.accumulate(x, || {
            let kept: Vec<usize> = (0..x.shape().rank()).filter(|a| !axes.contains(a)).collect();
            lax::broadcast_in_dim(ct, x.shape().clone(), &kept)
        }),
        Op::ReduceWindow { f: WindowFn::Sum, x, window } => {
            acc.accumulate(x, || contraction::window_sum(ct, x, window))
        }
        Op::Cumulative { f: CumulativeFn::Sum, x, axis, reverse } => {
            acc.accumulate(x, || lax::cumulative(CumulativeFn::Sum, ct, *axis, !reverse));
        }
        Op::DotGeneral { lhs, rhs, dims, out: _ } => contraction::dot_general(ct, lhs, rhs, dims, acc)?,
        Op::Conv { lhs, rhs, dims } => contraction::conv(ct, lhs, rhs, dims, acc)?,
        // Like JAX's `_triangular_solve_transpose_rule`.
        Op::LuSolve { a, lu, permutation, b, transpose } => {
            let factors = [a.known()?, lu.known()?, permutation.known()?];
            acc.accumulate(b, || lax::lu_solve(factors, ct, !transpose));
        }
        Op::TriangularSolve { a, b, how } => {
            let a = a.known()?;
            acc.accumulate(b, || lax::triangular_solve(a, ct, how.transposed()));
        }

        // Each batch element contributes to all sums, so its cotangent is the sum of all cotangents.
        Op::Collective { f: CollectiveFn::Sum, x, axis } => {
            acc.accumulate(x, || lax::collective(CollectiveFn::Sum, ct, axis));
        }
        // Sums the cotangents of this part from all batch elements.
        Op::AllGather { x, axis, dimension } => acc.accumulate(x, || {
            let parts = lax::all_to_all(ct, axis, *dimension, 0);
            lax::reduce_sum(&parts, &[0])
        }),
        Op::AllToAll { x, axis, split, concat } => acc.accumulate(x, || lax::all_to_all(ct, axis, *concat, *split)),
        Op::Ppermute { x, axis, pairs } => acc.accumulate(x, || {
            let back = pairs.iter().map(|&(from, to)| (to, from)).collect();
            lax::ppermute(ct, axis, back)
        }),

        Op::OptimizationBarrier { xs } => barrier(xs, cts, acc),
        // Within a rule, a linear user function is treated as its program.
        Op::Call { args, program } | Op::CustomJvp { args, program, .. } | Op::CustomVjp { args, program, .. } => {
            call::transpose(program, args, cts, acc);
        }
        Op::Remat { args, program, policy, differentiated: _ } => {
            Remat { program, policy, differentiated: true }.transpose(args, cts, acc);
        }
        Op::CustomLinear { xs, backward } => {
            let (tangents, residuals) = xs.split_at(backward.outputs().len());
            custom::transpose(tangents, residuals, backward, cts, acc)?;
        }
        Op::CustomLinearSolve { args, matvec, solve, transpose_solve } => {
            linear_solve::transpose(args, [matvec, solve, transpose_solve], ct, acc)?;
        }
        Op::Case { index, args, branches } => case::transpose(index, args, branches, cts, acc),
        Op::Scan { args, consts, carry, length, reverse, unroll, body } => {
            let how = lax::Scan { length: *length, reverse: *reverse, unroll: *unroll };
            scan_transpose::transpose(&scan::Parts::new(args, *consts, *carry, body, how), cts, acc);
        }

        Op::Unary { .. }
        | Op::Binary { .. }
        | Op::Convert { .. }
        | Op::Reduce { .. }
        | Op::Collective { .. }
        | Op::ReduceWindow { .. }
        | Op::Cumulative { .. }
        | Op::IntegerPow { .. }
        | Op::Compare { .. }
        | Op::Clamp { .. }
        | Op::BitcastConvert { .. }
        | Op::ArgReduce { .. }
        | Op::Sort { .. }
        | Op::TopK { .. }
        | Op::Factor { .. }
        | Op::Threefry2x32 { .. }
        | Op::While { .. }
        | Op::StopGradient { .. }
        | Op::DebugPrint { .. }
        | Op::Callback { .. }
        | Op::Constant { .. }
        | Op::Iota { .. }
        | Op::AxisIndex { .. } => return Err(NotLinear),
    }
    Ok(())
}

fn not_linear(instruction: &Instruction) -> ! {
    let place = instruction.origin.loc.as_ref().map(|loc| format!(" at {loc}")).unwrap_or_default();
    if matches!(instruction.op, Op::While { .. }) {
        refuse!(
            "`while_loop`{place} has no reverse mode, because the number of its iterations, and so of its residuals, is unknown; use `scan`, `fori_loop` with bounds known at tracing, or forward mode (`jvp`, `jacfwd`), or differentiate outside `jit` and `vmap`, where the arguments are known"
        );
    }
    let scope = instruction.origin.scope.as_ref().map(|scope| format!(", in `{scope}`,")).unwrap_or_default();
    refuse!(
        "`{}`{place}{scope} is not linear in an operand to transpose, but only linear functions have a transpose",
        instruction.op.name()
    )
}

fn barrier(xs: &[&VariableState], cts: &[Option<Tensor>], acc: &mut Cotangents) {
    let given: Vec<Tensor> = cts.iter().flatten().cloned().collect();
    let mut kept = lax::optimization_barrier(&given).into_iter();
    for (x, ct) in xs.iter().zip(cts) {
        if ct.is_some() {
            let ct = kept.next().expect("one result for each operand");
            acc.accumulate(x, || ct);
        }
    }
}

/// Returns the part of `ct` that the operand of a pad, of shape `shape`, fills. Elements that negative padding removed
/// are zero.
fn unpad(ct: &Tensor, shape: &Shape, config: &[Padding]) -> Tensor {
    let around = config.iter().map(|p| Padding { low: -p.low, high: -p.high, interior: 0 }).collect();
    let dilated = lax::pad(ct, &scalar_zero(ct), around);
    let strides: Vec<usize> = config.iter().map(|p| p.interior + 1).collect();
    // An empty axis with interior padding has no elements to step from.
    let limit: Vec<usize> = (0..shape.rank()).map(|a| if shape[a] == 0 { 0 } else { dilated.shape()[a] }).collect();
    lax::slice(&dilated, &vec![0; shape.rank()], &limit, &strides)
}

fn zeros(like: &VariableState) -> Tensor {
    lax::full(like.dtype(), like.shape(), 0.0)
}

fn scalar_zero(like: &Tensor) -> Tensor {
    lax::full(like.dtype(), &Shape::scalar(), 0.0)
}

fn sum(x: &Tensor) -> Tensor {
    lax::reduce_sum(x, &(0..x.rank()).collect::<Vec<_>>())
}
