//! The reference interpreter: it defines what every operation means, and computes on the host.
//!
//! Tests compare compiled programs with the interpreter. The interpreter also runs programs that are too small to be
//! worth compiling. It is exact where possible, and elsewhere more exact than compiled code:
//!
//! - Every float is computed in `f64` (including sums of `f32` and of half types, dot products and convolutions), or in
//!   its own arithmetic, and rounded once to nearest even. Long sums are pairwise.
//! - Integers wrap. Where Rust defines no result, the table of operations does.
//! - Complex numbers are computed in `c128` and rounded once.
//! - `max` and `min` propagate NaN, and 0 is greater than -0.
//!
//! The result may take the memory of an operand that nothing else holds. [`interpret_owned`] reuses memory in this way
//! between the operations of a program.

mod binary;
mod complex;
mod control;
mod conv;
mod convert;
mod dot;
mod elementwise;
mod fourier;
mod gemm;
mod index;
mod integer;
mod linalg;
mod map;
mod number;
mod order;
mod random;
mod reduce;
mod run;
mod scatter;
mod shape;
mod sink;
mod strided;
mod unary;
mod window;

#[doc(hidden)]
pub use run::NoObserver;
use run::run as run_program;
pub use run::{Observer, interpret, interpret_observed, interpret_owned};
#[doc(hidden)]
pub use sink::emit;
pub use sink::{DebugSink, capture_debug, set_debug_sink};

use crate::op::{AxisName, CallbackError, CallbackFn, Ranks, template};
use crate::program::exchanges::{Steps, move_axis_permutation};
use crate::types::{self, TypeError};
use crate::{Array, DType, Loc, Op, Origin, Type};
use once_cell::sync::Lazy;
use smallvec::{SmallVec, smallvec};

/// A reason why an operation or a program cannot be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InterpretError {
    /// The operation does not take these operands.
    #[error(transparent)]
    Type(#[from] TypeError),
    /// The operation is not defined for a dtype.
    #[error("`{op}` is not defined for {dtype}")]
    Undefined {
        /// The operation.
        op: &'static str,
        /// The dtype.
        dtype: DType,
    },
    /// The operation works on a batch axis, but the program computes one batch element.
    #[error(
        "`{op}`{} is over the axis `{axis}`, but no enclosing `vmap` has an axis of that name; `Program::vmap_named` creates the program of the whole batch",
        loc.as_ref().map(|loc| format!(" at {loc}")).unwrap_or_default()
    )]
    UnboundAxis {
        /// The operation.
        op: &'static str,
        /// The name of the axis.
        axis: AxisName,
        /// The line of the operation.
        loc: Option<Box<Loc>>,
    },
    /// Tangents reach a function that has only a rule for cotangents.
    #[error(
        "`custom_vjp`{} has no forward mode, because its rule computes cotangents; use `custom_jvp` for both modes",
        loc.as_ref().map(|loc| format!(" at {loc}")).unwrap_or_default()
    )]
    OnlyTransposed {
        /// The line of the function.
        loc: Option<Box<Loc>>,
    },
    /// An operation over an axis of ranks failed.
    #[error("`{op}`{} failed: {reason}", loc.as_ref().map(|loc| format!(" at {loc}")).unwrap_or_default())]
    Exchange {
        /// The operation.
        op: &'static str,
        /// The line of the operation.
        loc: Option<Box<Loc>>,
        /// The message of the communicator.
        reason: String,
    },
    /// A user function failed.
    #[error(transparent)]
    Callback(#[from] Box<CallbackError>),
    /// The result of an `io_callback` is read while the function around it is traced or observed, or after that
    /// function has run.
    #[error(
        "the result of `io_callback` at {loc} was read while the function around it is traced or observed, but it is called only once, when that function runs; use `cond`, `while_loop`, `scan` or `select`, so that the decision becomes part of the program"
    )]
    NotCalled {
        /// The line of the callback.
        loc: Loc,
    },
    /// The number of inputs is wrong.
    #[error("program `{program}` takes {expected} inputs, but got {found}")]
    InputCount {
        /// The program.
        program: String,
        /// The number that it takes.
        expected: usize,
        /// The number that it got.
        found: usize,
    },
    /// An input has the wrong type.
    #[error("input {index} of program `{program}` has type {expected}, but got an array of type {found}")]
    InputType {
        /// The program.
        program: String,
        /// The index of the input, from 0.
        index: usize,
        /// The type of the input.
        expected: Box<Type>,
        /// The type of the array.
        found: Box<Type>,
    },
    /// A constant cannot be read.
    #[error("constant {index} of program `{program}` cannot be read from its device: {reason}")]
    Constant {
        /// The program.
        program: String,
        /// The index of the constant, from 0.
        index: usize,
        /// The message of the device.
        reason: String,
    },
}

impl InterpretError {
    /// Adds the origin of the instruction to the error.
    fn at(mut self, origin: &Origin) -> InterpretError {
        if let InterpretError::UnboundAxis { loc: loc @ None, .. }
        | InterpretError::Exchange { loc: loc @ None, .. }
        | InterpretError::OnlyTransposed { loc: loc @ None } = &mut self
        {
            *loc = origin.loc.clone().map(Box::new);
        }
        self
    }
}

fn undefined(op: &'static str, dtype: DType) -> InterpretError {
    InterpretError::Undefined { op, dtype }
}

/// The results of an operation. Most have one.
type Results = SmallVec<[Array; 2]>;

/// Returns the results of an operation on arrays.
///
/// # Errors
/// If the operation does not take these arrays.
///
/// ```
/// use rune_ir::interpret::eval_op;
/// use rune_ir::op::{BinaryFn, Op};
/// use rune_ir::Array;
/// let (x, y) = (Array::scalar(1.5f32), Array::scalar(2.0f32));
/// let sum = eval_op(&Op::Binary { f: BinaryFn::Add, x: &x, y: &y }).unwrap();
/// assert_eq!(sum, [Array::scalar(3.5f32)]);
/// ```
pub fn eval_op(op: &Op<&Array>) -> Result<Vec<Array>, InterpretError> {
    let types = types::infer(&op.try_map(|x| Ok::<&Type, TypeError>(x.ty()))?)?;
    let ty = types.first().unwrap_or(&NO_RESULT);
    Ok(eval(op, ty, &mut |x| Array::clone(x), &mut NoObserver)?.into_vec())
}

/// Returns the results of an operation. `ty` is the type of the first result, if there is one. `take` returns each
/// operand, once and in order. The operation may overwrite an array that nothing else holds.
///
/// # Errors
/// Like [`eval_op`]. The types are not checked.
pub fn eval_taking<V>(
    op: &Op<V>,
    ty: Option<&Type>,
    mut take: impl FnMut(&V) -> Array,
) -> Result<SmallVec<[Array; 2]>, InterpretError> {
    eval(op, ty.unwrap_or(&NO_RESULT), &mut take, &mut NoObserver)
}

/// A placeholder for the type of the first result of an operation without results.
static NO_RESULT: Lazy<Type> = Lazy::new(|| Type::scalar(DType::Bool));

/// Returns the results of an operation whose first result has the type `ty`. `take` returns the operands. It is called
/// once for each, in order. The operation may overwrite an array that `take` moves out. `observer` observes
/// sub-programs.
fn eval<V>(
    op: &Op<V>,
    ty: &Type,
    take: &mut impl FnMut(&V) -> Array,
    observer: &mut dyn Observer,
) -> Result<Results, InterpretError> {
    let result = match op {
        Op::Constant { value } => value.to_array(),
        Op::Unary { f, x } => unary::unary(*f, take(x))?,
        Op::IntegerPow { x, y } => elementwise::integer_pow(take(x), *y)?,
        Op::Binary { f, x, y } => binary::binary(*f, take(x), take(y))?,
        Op::Complex { re, im } => complex::complex(&take(re), &take(im), ty)?,
        Op::Compare { direction, x, y } => binary::compare(*direction, &take(x), &take(y))?,
        Op::Select { pred, on_true, on_false } => elementwise::select(&take(pred), take(on_true), take(on_false)),
        Op::Clamp { min, x, max } => elementwise::clamp(&take(min), take(x), &take(max))?,
        Op::Convert { x, dtype } => convert::convert(take(x), *dtype),
        Op::BitcastConvert { x, dtype: _ } => convert::bitcast(&take(x), ty),

        Op::BroadcastInDim { x, shape: _, dims } => shape::broadcast_in_dim(take(x), ty, dims),
        Op::Reshape { x, shape: _ } => take(x).reshaped(ty.shape.clone()),
        Op::Transpose { x, permutation } => shape::transpose(take(x), permutation),
        Op::Slice { x, start, limit: _, strides } => shape::slice(take(x), ty, start, strides),
        Op::Pad { x, padding, config } => shape::pad(&take(x), ty, &take(padding), config),
        Op::Concatenate { xs, dimension } => shape::concatenate(xs.iter().map(take).collect(), ty, *dimension),
        Op::Reverse { x, axes } => shape::reverse(&take(x), axes),
        Op::Iota { dtype: _, shape: _, dimension } => shape::iota(ty, *dimension)?,

        Op::DynamicSlice { x, start_indices, slice_sizes: _ } => {
            index::dynamic_slice(&take(x), &all(start_indices, take), ty)
        }
        Op::DynamicUpdateSlice { x, update, start_indices } => {
            index::dynamic_update_slice(take(x), &take(update), &all(start_indices, take))
        }
        Op::Gather { x, indices, dims, slice_sizes } => index::gather(&take(x), &take(indices), dims, slice_sizes, ty),
        Op::Scatter { x, indices, updates, dims, mode, unique: _ } => {
            scatter::scatter(take(x), &take(indices), take(updates), dims, *mode)?
        }

        Op::Reduce { f, x, axes } => reduce::reduce(*f, take(x), axes, ty)?,
        Op::ArgReduce { f, x, axis, index: _ } => reduce::arg_reduce(*f, &take(x), *axis, ty)?,
        Op::ReduceWindow { f, x, window } => window::reduce_window(*f, &take(x), window, ty)?,
        Op::Cumulative { f, x, axis, reverse } => window::cumulative(*f, take(x), *axis, *reverse)?,

        Op::Sort { operands, dimension, num_keys } => {
            return Ok(order::sort(all(operands, take), *dimension, *num_keys).into());
        }
        Op::TopK { x, k } => return Ok(order::top_k(&take(x), *k, ty)?.into()),

        Op::DotGeneral { lhs, rhs, dims, out: _ } => dot::dot_general(take(lhs), take(rhs), dims, ty)?,
        Op::Conv { lhs, rhs, dims } => conv::conv(take(lhs), take(rhs), dims, ty)?,

        Op::Fft { f, x, lengths } => fourier::fft(*f, &take(x), lengths, ty),

        Op::Factor { f, x } => return Ok(linalg::factor(*f, &take(x))),
        Op::TriangularSolve { a, b, how } => linalg::triangular_solve(&take(a), &take(b), *how),
        Op::LuSolve { a, lu, permutation, b, transpose } => {
            take(a);
            linalg::lu_solve(&take(lu), &take(permutation), &take(b), *transpose)
        }

        Op::Threefry2x32 { k0, k1, x0, x1 } => {
            return Ok(random::threefry2x32(&take(k0), &take(k1), &take(x0), &take(x1)).into());
        }

        Op::Collective { axis, .. }
        | Op::AxisIndex { axis }
        | Op::AllGather { axis, .. }
        | Op::AllToAll { axis, .. }
        | Op::Ppermute { axis, .. } => {
            if let Some(ranks) = axis.name.ranks() {
                return Ok(smallvec![over_ranks(op, ranks, take)?]);
            }
            return Err(InterpretError::UnboundAxis { op: op.name(), axis: axis.name.clone(), loc: None });
        }

        Op::Call { args, program }
        | Op::Remat { args, program, .. }
        | Op::CustomJvp { args, program, .. }
        | Op::CustomVjp { args, program, .. } => {
            return Ok(run_program(program, all(args, take), observer)?.into());
        }
        Op::Case { index, args, branches } => return control::case(&take(index), all(args, take), branches, observer),
        Op::While { args, consts, cond, body } => {
            return control::while_loop(all(args, take), *consts, cond, body, observer);
        }
        Op::Scan { args, consts, carry, length, reverse, unroll: _, body } => {
            return control::scan(all(args, take), *consts, *carry, *length, *reverse, body, observer);
        }
        Op::CustomLinearSolve { args, solve, .. } => return Ok(run_program(solve, all(args, take), observer)?.into()),
        Op::CustomLinear { .. } => return Err(InterpretError::OnlyTransposed { loc: None }),
        Op::OptimizationBarrier { xs } => return Ok(xs.iter().map(take).collect()),
        Op::StopGradient { x } | Op::CheckpointName { x, name: _ } => take(x),
        Op::DebugPrint { args, format, batch } => {
            observer.print(&template::lines(format, batch, &all(args, take)));
            return Ok(Results::new());
        }
        Op::Callback { f, args, callback, results, vmap_method: _ } => {
            if *f == CallbackFn::Io && !observer.runs_io_callbacks() {
                return Err(InterpretError::NotCalled { loc: callback.loc().clone() });
            }
            return Ok(callback.call(f.name(), &all(args, take), results).map_err(Box::new)?.into());
        }
    };
    Ok(smallvec![result])
}

/// Returns the result of an operation over an axis of ranks.
fn over_ranks<V>(op: &Op<V>, ranks: &Ranks, take: &mut impl FnMut(&V) -> Array) -> Result<Array, InterpretError> {
    let Some((steps, x)) = Steps::of(op) else { return Ok(Array::scalar(ranks.rank() as i32)) };
    let moved = |x: Array, from: usize, to: usize| {
        let permutation = move_axis_permutation(x.ty().rank(), from, to);
        shape::transpose(x, &permutation)
    };
    let mut x = take(x);
    if let Some(axis) = steps.before {
        x = moved(x, axis, 0);
    }
    let communicator = ranks.communicator();
    let ran = communicator.start(&steps.exchange, x, None).and_then(|ticket| communicator.wait(ticket));
    let y = ran.map_err(|reason| InterpretError::Exchange { op: op.name(), loc: None, reason })?;
    Ok(match steps.after {
        Some(axis) => moved(y, 0, axis),
        None => y,
    })
}

fn all<V>(operands: &[V], take: &mut impl FnMut(&V) -> Array) -> Vec<Array> {
    operands.iter().map(take).collect()
}
