//! Lowers instructions to operations of the module. Operations that IREE computes wrongly or slowly go through
//! `legalize`.

mod callback;
mod complex;
mod contract;
mod control;
mod elementwise;
mod fourier;
mod index;
mod linalg;
mod order;
mod random;
mod reduce;
mod shape;

use crate::attr;
use crate::builder::{Builder, Val};
use crate::error::LowerError;
use crate::legalize::{across, chains, float8, patches, scatter_operand, unsigned, waits};
use crate::module_lowering::{EmitError, ModuleLowering};
use crate::value::Known;
use rune_ir::op::{Literal, ScatterMode};
use rune_ir::{DType, Op, Program, Type};
use std::collections::HashMap;
use std::sync::Arc;

/// Appends a program's instructions to a block, and returns the program's outputs. `values` are its inputs and
/// constants.
pub(crate) fn instructions<'c>(
    builder: &Builder<'c>,
    lowering: &ModuleLowering<'c>,
    program: &Program,
    mut values: Vec<Val<'c>>,
) -> Result<Vec<Val<'c>>, LowerError> {
    values.reserve(program.num_vars() - values.len());
    let contested = scatter_operand::contested(program);
    let overlapping = scatter_operand::overlapping(program);
    let last_uses = across::last_uses(program);
    let (mut with_loops, mut fence) = (HashMap::new(), across::Fence::default());
    fence.push(values.len(), false);
    for (i, instruction) in program.instructions().iter().enumerate() {
        builder.set_location(lowering.location(&instruction.origin));
        let has_loop = across::has_loop(&instruction.op, &mut with_loops);
        if has_loop {
            fence.before_loop(builder, &mut values, |v| last_uses[v] > i);
        }
        let updated = scatter_operand::start(&instruction.op).filter(|v| contested[v.index()]);
        let source = scatter_operand::source(&instruction.op).filter(|v| overlapping[v.index()]);
        let op = instruction.op.map(|&v| match updated == Some(v) || source == Some(v) {
            true => scatter_operand::computed(builder, &values[v.index()]),
            false => values[v.index()].clone(),
        });
        let types: Vec<&Type> = instruction.results().map(|v| program.ty(v)).collect();
        let place = || instruction.origin.loc.as_ref().map_or_else(|| program.name().to_owned(), ToString::to_string);
        let results = emit(builder, lowering, &op, &types).map_err(|e| e.at(lowering, &op, place()))?;
        debug_assert!(
            results.len() == types.len() && results.iter().zip(&types).all(|(r, &t)| r.ty == *t),
            "{} was lowered to {:?}, not {types:?}",
            op.name(),
            results.iter().map(|r| &r.ty).collect::<Vec<_>>()
        );
        fence.push(results.len(), !has_loop);
        values.extend(chains::cut(builder, results));
    }
    Ok(program.outputs().iter().map(|v| values[v.index()].clone()).collect())
}

/// Emits `op` and returns its results, which have the types `types`.
fn emit<'c>(
    b: &Builder<'c>,
    lowering: &ModuleLowering<'c>,
    op: &Op<Val<'c>>,
    types: &[&Type],
) -> Result<Vec<Val<'c>>, EmitError> {
    if !lowering.has_f64() && !lowering.is_export() {
        let operands = op.operands();
        if types.iter().copied().chain(operands.iter().map(|x| &x.ty)).any(|t| t.dtype.real() == DType::F64) {
            return Err(EmitError::Unsupported("the device has no f64; convert to f32 first".to_owned()));
        }
    }
    // There is nothing to compute, and some operations on empty arrays do not compile.
    if types.iter().all(|t| t.size() == 0) && !op.has_effects() {
        return Ok(types.iter().map(|t| b.full(Literal::from_f64(t.dtype, 0.0), &t.shape)).collect());
    }
    let one = |x: Val<'c>| Ok(vec![x]);
    if let Some(wide) = float8::widened(b, op, types) {
        let results = emit(b, lowering, &wide.op, &wide.types.iter().collect::<Vec<_>>())?;
        return Ok(float8::narrowed(b, results, types));
    }
    let op = &opaque(b, op);
    match op {
        Op::Constant { value } => one(complex::constant(b, *value)),
        Op::Unary { f, x } if x.dtype().is_complex() => one(complex::unary(b, *f, x)),
        Op::Unary { f, x } => one(elementwise::unary(b, lowering, *f, x)),
        Op::IntegerPow { x, y } => one(elementwise::integer_pow(b, x, *y)),
        Op::Binary { f, x, y } => one(elementwise::binary(b, lowering, *f, x, y)),
        Op::Complex { re, im } => one(complex::complex(b, re, im)),
        Op::Compare { direction, x, y } => one(b.compare(*direction, x, y)),
        Op::Select { pred, on_true, on_false } => one(b.select(pred, on_true, on_false)),
        Op::Clamp { min, x, max } => one(b.min(&b.max(x, min), max)),
        Op::Convert { x, dtype } if x.dtype().is_complex() || dtype.is_complex() => one(complex::convert(b, x, *dtype)),
        Op::Convert { x, dtype } => one(crate::legalize::convert::convert(b, x, *dtype)),
        Op::BitcastConvert { x, .. } => one(b.op1("stablehlo.bitcast_convert", &[x], &[], types[0].clone())),

        Op::BroadcastInDim { x, shape, dims } if x.dtype().is_complex() => one(complex::broadcast(b, x, shape, dims)),
        Op::BroadcastInDim { x, shape, dims } => one(b.broadcast(x, shape, dims)),
        Op::Reshape { x, shape } => one(b.reshape(x, shape)),
        Op::Transpose { x, permutation } => one(b.transpose(x, permutation)),
        Op::Slice { x, start, limit, strides } => one(b.slice(x, start, limit, strides)),
        Op::Pad { x, padding, config } => one(shape::pad(b, x, padding, config, types[0])),
        Op::Concatenate { xs, dimension } => one(shape::concatenate(b, xs, *dimension)),
        Op::Reverse { x, axes } => one(unsigned::reverse(b, x, axes)),
        Op::Iota { dtype, shape, dimension } => one(shape::iota(b, *dtype, shape, *dimension)),
        Op::DynamicSlice { x, start_indices, slice_sizes } => {
            one(index::dynamic_slice(b, x, start_indices, slice_sizes))
        }
        Op::DynamicUpdateSlice { x, update, start_indices } => {
            one(index::dynamic_update_slice(b, x, update, start_indices))
        }
        Op::Gather { x, indices, dims, slice_sizes } => one(index::gather(b, x, indices, dims, slice_sizes, types[0])),
        Op::Scatter { x, mode: ScatterMode::Mul, .. } if x.dtype().is_complex() && !lowering.is_export() => {
            linalg::on_host(b, lowering, &op.map(|x| unsigned::signed_bits(b, x)), types)
        }
        // Lowering does not pass on the promise of unique indices, because it redirects invalid updates to rows that
        // other updates also write.
        Op::Scatter { x, indices, updates, dims, mode, unique: _ } => {
            one(index::scatter(b, x, indices, updates, dims, *mode))
        }

        Op::Reduce { f, x, axes } => one(reduce::reduce(b, lowering, *f, x, axes)),
        Op::ArgReduce { f, x, axis, index } => one(reduce::arg_reduce(b, *f, x, *axis, *index)),
        Op::ReduceWindow { f, x, window } => one(reduce::reduce_window(b, *f, x, window)),
        Op::Cumulative { f, x, axis, reverse } => one(reduce::cumulative(b, lowering, *f, x, *axis, *reverse)),

        // StableHLO compares complex numbers for equality only.
        Op::Sort { operands, num_keys, .. } if operands[..*num_keys].iter().any(|x| x.dtype().is_complex()) => {
            linalg::on_host(b, lowering, op, types)
        }
        Op::Sort { operands, dimension, num_keys } => Ok(order::sort(b, lowering, op, operands, *dimension, *num_keys)),
        Op::TopK { x, k } => Ok(order::top_k(b, lowering, op, x, *k)),

        Op::DotGeneral { lhs, rhs, dims, out } => {
            one(contract::dot_general(b, lowering, lhs, rhs, dims, *out, types[0]))
        }
        Op::Conv { rhs, dims, .. } if b.context.is_spirv && !patches::are_few(rhs.shape(), dims, types[0]) => {
            linalg::on_host(b, lowering, op, types)
        }
        Op::Conv { lhs, rhs, dims } => one(contract::conv(b, lowering, lhs, rhs, dims, types[0])),

        Op::Fft { f, x, lengths } => fourier::fft(b, lowering, op, (*f, x, lengths), types),
        Op::LuSolve { .. } => linalg::on_host(b, lowering, op, types),
        Op::Factor { f, x } => linalg::factor(b, lowering, op, (*f, x), types),
        Op::TriangularSolve { a, b: sides, how } => linalg::triangular_solve(b, lowering, op, (a, sides, how), types),

        Op::Threefry2x32 { k0, k1, x0, x1 } => Ok(random::threefry2x32(b, k0, k1, x0, x1)),

        Op::Collective { axis, .. }
        | Op::AxisIndex { axis }
        | Op::AllGather { axis, .. }
        | Op::AllToAll { axis, .. }
        | Op::Ppermute { axis, .. } => Err(EmitError::Unsupported(format!(
            "it is over the axis `{}`, but no enclosing `vmap` has an axis of that name; `Program::vmap_named` creates the program of the \
             whole batch",
            axis.name
        ))),

        Op::CustomLinear { .. } => Err(EmitError::Unsupported(
            "a `custom_vjp` has no forward mode, because its rule computes cotangents; use `custom_jvp` for both modes"
                .to_owned(),
        )),
        // Only differentiation uses the rule.
        Op::Call { args, program } | Op::CustomJvp { args, program, .. } | Op::CustomVjp { args, program, .. } => {
            call(b, lowering, program, args, types)
        }
        Op::CustomLinearSolve { args, solve, .. } => call(b, lowering, solve, args, types),
        // The compiler must neither merge rematerialized values with the original ones, nor compute them before the
        // cotangents exist.
        Op::Remat { args, program, policy: _, differentiated } => {
            if !differentiated || args.is_empty() {
                return call(b, lowering, program, args, types);
            }
            call(b, lowering, program, &b.schedule_barrier(&args.iter().collect::<Vec<_>>()), types)
        }
        Op::Case { index, args, branches } => control::case(b, lowering, index, args, branches, types),
        Op::While { args, consts, cond, body } => control::while_loop(b, lowering, args, *consts, cond, body),
        Op::Scan { args, consts, carry, length, reverse, unroll, body } => {
            let (fixed, rest) = args.split_at(*consts);
            let (init, xs) = rest.split_at(*carry);
            let plan = control::UnrollPlan::new(*length, *reverse, *unroll, body);
            control::scan(b, lowering, fixed, init, xs, body, plan)
        }
        Op::OptimizationBarrier { xs } => Ok(b.optimization_barrier(&xs.iter().collect::<Vec<_>>())),
        Op::StopGradient { x } | Op::CheckpointName { x, name: _ } => one(x.clone()),
        Op::DebugPrint { args, .. } if lowering.calls_host() => {
            let bits: Vec<Val<'c>> = args.iter().map(|x| unsigned::signed_bits(b, x)).collect();
            let token = lowering.token(b);
            let call = lowering.host(op.map(|x| x.ty.clone()), &[]);
            lowering.set_token(call.call(b, &bits.iter().chain([&token]).collect::<Vec<_>>()).remove(0));
            Ok(Vec::new())
        }
        Op::DebugPrint { .. } => Err(EmitError::Unsupported(
            "it calls the process that runs the program, and this module may not; remove `debug_print!`".to_owned(),
        )),
        Op::Callback { args, results, .. } => callback::callback(b, lowering, op, args, results),
    }
}

/// Returns the operation. Its constant operands are behind barriers if the compiler would fold them wrongly. For
/// elementwise functions, one operand that may be NaN suffices.
fn opaque<'c>(b: &Builder<'c>, op: &Op<Val<'c>>) -> Op<Val<'c>> {
    let is_nan = |x: &&Val<'c>| match x.known {
        Known::Splat(Some(value)) => value.dtype().is_float() && value.to_f64().is_nan(),
        Known::Splat(None) => x.dtype().is_float(),
        Known::Nothing | Known::Parts | Known::Positions => false,
    };
    let operands = op.operands();
    #[allow(clippy::wildcard_enum_match_arm, reason = "the others move elements, or go through `Builder::reduce`")]
    let hides = match op {
        Op::Unary { .. } | Op::IntegerPow { .. } | Op::Binary { .. } | Op::Convert { .. } | Op::Compare { .. } => {
            operands.iter().all(|x| matches!(x.known, Known::Splat(_))) || operands.iter().any(is_nan)
        }
        Op::DotGeneral { .. } | Op::Conv { .. } | Op::ReduceWindow { .. } | Op::Cumulative { .. } => {
            operands.iter().all(|x| x.known.is_constant())
        }
        _ => false,
    };
    if hides { op.map(|x| b.opaque(x)) } else { op.clone() }
}

fn call<'c>(
    b: &Builder<'c>,
    lowering: &ModuleLowering<'c>,
    program: &Arc<Program>,
    args: &[Val<'c>],
    types: &[&Type],
) -> Result<Vec<Val<'c>>, EmitError> {
    // A program with effects is inlined, so that its effects keep their order with the surrounding ones. The compiler
    // inlines all others: barriers in them must not take carried values.
    if program.has_effects() || args.iter().any(|x| waits::is_carried(b, x)) {
        return control::inline(b, lowering, program, args.to_vec());
    }
    let callee = attr::symbol(b.context, &lowering.function(program));
    let types: Vec<Type> = types.iter().map(|&t| t.clone()).collect();
    // The compiler inlines functions, and then sees their operands.
    let args: Vec<_> = args.iter().map(|x| b.opaque(x)).collect();
    Ok(b.op("func.call", &args.iter().collect::<Vec<_>>(), &[("callee", callee)], Vec::new(), &types))
}
