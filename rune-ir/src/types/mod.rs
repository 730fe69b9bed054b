//! Type rules: the types of operands that each operation takes, and the types of its results.
//!
//! Programs also come from files. Therefore no rule panics, overflows, or allocates memory in proportion to an
//! attribute.

mod axes;
mod collective;
mod contraction;
mod control;
mod custom;
mod elementwise;
mod error;
mod fourier;
mod index;
pub(crate) mod linalg;
mod order;
mod reduction;
mod shape;
#[cfg(test)]
mod tests;

pub use crate::ty::MAX_RANK;
pub use error::{TypeError, TypeProblem};

use crate::op::template;
use crate::{DType, Op, Type};
use smallvec::{SmallVec, smallvec};

/// The types of the results of an operation.
pub type Types = SmallVec<[Type; 2]>;

/// Returns the types of the results of `op` on operands of the given types.
///
/// # Errors
/// If the operation does not take operands of these types.
///
/// ```
/// use rune_ir::op::{BinaryFn, Op};
/// use rune_ir::{DType, Type, types};
/// let (x, y) = (Type::new(DType::F32, [2]), Type::new(DType::F32, [3]));
/// let error = types::infer(&Op::Binary { f: BinaryFn::Add, x: &x, y: &y }).unwrap_err();
/// assert_eq!(error.to_string(), "`add` takes operands of one type, but got [2, f32] and [3, f32]");
/// ```
pub fn infer(op: &Op<&Type>) -> Result<Types, TypeError> {
    let checked = || {
        op.operands().into_iter().try_for_each(|ty| check(ty))?;
        let results = rule(op)?;
        results.iter().try_for_each(check)?;
        Ok(results)
    };
    checked().map_err(|problem| TypeError { op: op.name(), problem })
}

/// Checks that a variable of a program can have this type: its size and its rank are in range.
///
/// # Errors
/// If the size or the rank is out of range.
pub fn check(ty: &Type) -> Result<(), TypeProblem> {
    Ok(ty.check()?)
}

fn rule(op: &Op<&Type>) -> Result<Types, TypeProblem> {
    let result: Type = match op {
        Op::Constant { value } => value.ty(),
        Op::Unary { f, x } => elementwise::unary(*f, x)?,
        Op::IntegerPow { x, y } => elementwise::integer_pow(x, *y)?,
        Op::Binary { f, x, y } => elementwise::binary(*f, x, y)?,
        Op::Complex { re, im } => elementwise::complex(re, im)?,
        Op::Compare { direction, x, y } => elementwise::compare(*direction, x, y)?,
        Op::Select { pred, on_true, on_false } => elementwise::select(pred, on_true, on_false)?,
        Op::Clamp { min, x, max } => elementwise::clamp(min, x, max)?,
        Op::Convert { x, dtype } => x.with_dtype(*dtype),
        Op::BitcastConvert { x, dtype } => elementwise::bitcast_convert(x, *dtype)?,

        Op::BroadcastInDim { x, shape, dims } => shape::broadcast_in_dim(x, shape, dims)?,
        Op::Reshape { x, shape } => shape::reshape(x, shape)?,
        Op::Transpose { x, permutation } => shape::transpose(x, permutation)?,
        Op::Slice { x, start, limit, strides } => shape::slice(x, start, limit, strides)?,
        Op::Pad { x, padding, config } => shape::pad(x, padding, config)?,
        Op::Concatenate { xs, dimension } => shape::concatenate(xs, *dimension)?,
        Op::Reverse { x, axes } => shape::reverse(x, axes)?,
        Op::Iota { dtype, shape, dimension } => shape::iota(*dtype, shape, *dimension)?,

        Op::DynamicSlice { x, start_indices, slice_sizes } => index::dynamic_slice(x, start_indices, slice_sizes)?,
        Op::DynamicUpdateSlice { x, update, start_indices } => index::dynamic_update_slice(x, update, start_indices)?,
        Op::Gather { x, indices, dims, slice_sizes } => index::gather(x, indices, dims, slice_sizes)?,
        Op::Scatter { x, indices, updates, dims, mode, unique: _ } => index::scatter(x, indices, updates, dims, *mode)?,

        Op::Reduce { f, x, axes } => reduction::reduce(*f, x, axes)?,
        Op::ArgReduce { f: _, x, axis, index } => reduction::arg_reduce(x, *axis, *index)?,
        Op::ReduceWindow { f, x, window } => reduction::reduce_window(*f, x, window)?,
        Op::Cumulative { f, x, axis, reverse: _ } => reduction::cumulative(*f, x, *axis)?,

        Op::Sort { operands, dimension, num_keys } => return order::sort(operands, *dimension, *num_keys),
        Op::TopK { x, k } => return order::top_k(x, *k),

        Op::DotGeneral { lhs, rhs, dims, out } => contraction::dot_general(lhs, rhs, dims, *out)?,
        Op::Fft { f, x, lengths } => fourier::fft(*f, x, lengths)?,
        Op::Conv { lhs, rhs, dims } => contraction::conv(lhs, rhs, dims)?,

        Op::Factor { f, x } => return linalg::factor(*f, x),
        Op::TriangularSolve { a, b, how } => linalg::triangular_solve(a, b, how.left_side)?,
        Op::LuSolve { a, lu, permutation, b, transpose: _ } => linalg::lu_solve([a, lu, permutation, b])?,

        Op::Threefry2x32 { k0, k1, x0, x1 } => return elementwise::threefry2x32([k0, k1, x0, x1]),

        Op::Collective { f, x, axis: _ } => collective::reduce(*f, x)?,
        Op::AxisIndex { axis: _ } => Type::scalar(DType::I32),
        Op::AllGather { x, axis, dimension } => collective::all_gather(x, axis, *dimension)?,
        Op::AllToAll { x, axis, split, concat } => collective::all_to_all(x, axis, *split, *concat)?,
        Op::Ppermute { x, axis, pairs } => collective::ppermute(x, axis, pairs)?,

        Op::Call { args, program } | Op::Remat { args, program, .. } => return control::call(args, program),
        Op::Case { index, args, branches } => return control::case(index, args, branches),
        Op::While { args, consts, cond, body } => return control::while_loop(args, *consts, cond, body),
        Op::Scan { args, consts, carry, length, reverse: _, unroll: _, body } => {
            return control::scan(args, *consts, *carry, *length, body);
        }
        Op::CustomVjp { args, program, forward, backward, num_args } => {
            return custom::custom_vjp(args, program, forward, backward, *num_args);
        }
        Op::CustomLinear { xs, backward } => return custom::custom_linear(xs, backward),
        Op::CustomLinearSolve { args, matvec, solve, transpose_solve } => {
            return custom::custom_linear_solve(args, matvec, solve, transpose_solve);
        }
        Op::CustomJvp { args, program, rule, num_args, takes_results } => {
            return custom::custom_jvp(args, program, rule, *num_args, *takes_results);
        }
        Op::OptimizationBarrier { xs } => return Ok(xs.iter().map(|&x| x.clone()).collect()),
        Op::StopGradient { x } | Op::CheckpointName { x, name: _ } => Type::clone(x),
        Op::DebugPrint { args, format, batch } => return debug_print(args, format, batch),
        Op::Callback { f: _, args: _, callback: _, results, vmap_method: _ } => {
            return Ok(results.iter().cloned().collect());
        }
    };
    Ok(smallvec![result])
}

fn debug_print(args: &[&Type], format: &str, batch: &[usize]) -> Result<Types, TypeProblem> {
    let parts = template::parse(format).map_err(TypeProblem::Attribute)?;
    let places = parts.iter().filter(|part| matches!(part, template::Part::Array(_))).count();
    if places != args.len() {
        return Err(TypeProblem::Attribute(format!(
            "has {places} placeholders in its format, but got {} operands",
            args.len()
        )));
    }
    if args.is_empty() && !batch.is_empty() {
        return Err(TypeProblem::Attribute("has batch axes, but got no operands".to_owned()));
    }
    match args.iter().find(|ty| !ty.shape.starts_with(batch)) {
        None => Ok(Types::new()),
        Some(ty) => Err(TypeProblem::operand(format!("operands whose first sizes are {batch:?}"), ty)),
    }
}
