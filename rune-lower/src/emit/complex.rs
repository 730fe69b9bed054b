//! Complex numbers and Fourier transforms. Modules for IREE compute with the parts of complex numbers (`parts.rs`), and
//! exported ones with StableHLO's operations.

mod fourier;
mod functions;
mod stablehlo;

pub(super) use stablehlo::{convert, fft, unary};

use super::{emit, linalg};
use crate::builder::{Builder, Val};
use crate::legalize::unsigned;
use crate::module_lowering::{EmitError, ModuleLowering};
use functions::Functions;
use rune_ir::op::{BinaryFn, Comparison, CumulativeFn, ReduceFn, ScatterMode, UnaryFn};
use rune_ir::{DType, Op, Type};

type Emitted<'c> = Result<Vec<Val<'c>>, EmitError>;

/// Emits an operation on complex numbers as operations on their parts. Returns `None` for real numbers, and for
/// operations that treat complex values as wholes.
pub(super) fn in_parts<'c>(
    b: &Builder<'c>,
    lowering: &ModuleLowering<'c>,
    op: &Op<Val<'c>>,
    types: &[&Type],
) -> Option<Emitted<'c>> {
    let is_complex = |ty: &Type| ty.dtype.is_complex();
    if !types.iter().any(|ty| is_complex(ty)) && !op.operands().iter().any(|x| is_complex(&x.ty)) {
        return None;
    }
    // StableHLO compares complex numbers for equality only.
    if lowering.is_export() && !matches!(op, Op::Sort { .. }) {
        return None;
    }
    let functions = Functions { b, lowering };
    let one = |x| Some(Ok(vec![x]));
    let complex = |parts| one(b.complex(parts));
    match op {
        Op::Unary { f: UnaryFn::Neg, .. }
        | Op::Binary { f: BinaryFn::Add | BinaryFn::Sub, .. }
        | Op::Select { .. }
        | Op::BroadcastInDim { .. }
        | Op::Reshape { .. }
        | Op::Transpose { .. }
        | Op::Slice { .. }
        | Op::Pad { .. }
        | Op::Concatenate { .. }
        | Op::Reverse { .. }
        | Op::DynamicSlice { .. }
        | Op::DynamicUpdateSlice { .. }
        | Op::Gather { .. }
        | Op::Scatter { mode: ScatterMode::Set | ScatterMode::Add, .. }
        | Op::Reduce { f: ReduceFn::Sum, .. }
        | Op::ReduceWindow { .. }
        | Op::Cumulative { f: CumulativeFn::Sum, .. } => Some(each(b, lowering, op, types)),

        Op::Unary { f, x } if types[0].dtype.is_complex() => complex(functions.unary(*f, &b.parts(x))),
        Op::Unary { f: UnaryFn::Imag, x } => one(b.parts(x)[1].clone()),
        Op::Unary { f: UnaryFn::Abs, x } => one(functions.abs(&b.parts(x))),
        Op::Unary { x, .. } => one(b.parts(x)[0].clone()),
        Op::IntegerPow { x, y } => complex(functions.integer_pow(&b.parts(x), *y)),
        Op::Binary { f, x, y } => complex(functions.binary(*f, &b.parts(x), &b.parts(y))),
        Op::Compare { direction, x, y } => {
            let (x, y) = (b.parts(x), b.parts(y));
            let [re, im] = [0, 1].map(|i| b.compare(*direction, &x[i], &y[i]));
            one(if *direction == Comparison::Eq { b.and(&re, &im) } else { b.or(&re, &im) })
        }
        Op::Convert { x, dtype } => one(converted(b, x, *dtype)),
        Op::Iota { dtype, shape, dimension } => {
            let re = b.iota(dtype.real(), shape, *dimension);
            let im = b.number(0.0, &re);
            complex([re, im])
        }
        Op::Reduce { x, axes, .. } => complex(functions.product(&b.parts(x), axes)),
        Op::Cumulative { x, axis, reverse, .. } => complex(functions.cumulative_product(&b.parts(x), *axis, *reverse)),
        Op::Scatter { .. } => Some(on_host(b, lowering, op, types)),
        Op::Sort { operands, dimension, num_keys } => Some(sort(b, lowering, operands, *dimension, *num_keys)),
        Op::DotGeneral { lhs, rhs, dims, out } => {
            let product = |lhs, rhs| {
                let (dims, out) = (dims.clone(), out.real());
                emit_one(b, lowering, &Op::DotGeneral { lhs, rhs, dims, out }, types[0])
            };
            Some(bilinear(b, lhs, rhs, product))
        }
        Op::Conv { lhs, rhs, dims } => {
            let product = |lhs, rhs| emit_one(b, lowering, &Op::Conv { lhs, rhs, dims: dims.clone() }, types[0]);
            Some(bilinear(b, lhs, rhs, product))
        }
        // On CPUs, the crate `rustfft` takes an eighth to a half of the time of products.
        Op::Fft { .. } if lowering.is_on_cpu() && lowering.calls_host() => None,
        Op::Fft { f, x, lengths } => one(fourier::fft(b, lowering, *f, x, lengths)),

        Op::Constant { .. }
        | Op::Complex { .. }
        | Op::LuSolve { .. }
        | Op::Factor { .. }
        | Op::TriangularSolve { .. }
        | Op::Collective { .. }
        | Op::AxisIndex { .. }
        | Op::AllGather { .. }
        | Op::AllToAll { .. }
        | Op::Ppermute { .. }
        | Op::CustomLinear { .. }
        | Op::CustomLinearSolve { .. }
        | Op::Call { .. }
        | Op::CustomJvp { .. }
        | Op::CustomVjp { .. }
        | Op::Remat { .. }
        | Op::Case { .. }
        | Op::While { .. }
        | Op::Scan { .. }
        | Op::OptimizationBarrier { .. }
        | Op::StopGradient { .. }
        | Op::CheckpointName { .. }
        | Op::DebugPrint { .. }
        | Op::Callback { .. } => None,
        Op::Clamp { .. }
        | Op::BitcastConvert { .. }
        | Op::ArgReduce { .. }
        | Op::TopK { .. }
        | Op::Threefry2x32 { .. } => unreachable!("type rules refuse `{}` of complex numbers", op.name()),
    }
}

/// Emits the operation on each part alone. Real operands are those of both.
fn each<'c>(b: &Builder<'c>, lowering: &ModuleLowering<'c>, op: &Op<Val<'c>>, types: &[&Type]) -> Emitted<'c> {
    let real: Vec<Type> = types.iter().map(|ty| ty.with_dtype(ty.dtype.real())).collect();
    let part = |i: usize| {
        let op = op.map(|x| if x.dtype().is_complex() { b.parts(x)[i].clone() } else { x.clone() });
        emit(b, lowering, &op, &real.iter().collect::<Vec<_>>())
    };
    let (re, im) = (part(0)?, part(1)?);
    let whole = |((re, im), ty): ((Val<'c>, Val<'c>), &&Type)| match ty.dtype.is_complex() {
        true => b.complex([re, im]),
        false => re,
    };
    Ok(re.into_iter().zip(im).zip(types).map(whole).collect())
}

/// Emits an operation on parts, and returns its only result, a part of a result of type `ty`.
fn emit_one<'c>(
    b: &Builder<'c>,
    lowering: &ModuleLowering<'c>,
    op: &Op<Val<'c>>,
    ty: &Type,
) -> Result<Val<'c>, EmitError> {
    Ok(emit(b, lowering, op, &[&ty.with_dtype(ty.dtype.real())])?.remove(0))
}

/// Emits the complex form of a function that is linear in both operands.
fn bilinear<'c>(
    b: &Builder<'c>,
    lhs: &Val<'c>,
    rhs: &Val<'c>,
    product: impl Fn(Val<'c>, Val<'c>) -> Result<Val<'c>, EmitError>,
) -> Emitted<'c> {
    let (lhs, rhs) = (b.parts(lhs), b.parts(rhs));
    let product = |i: usize, j: usize| product(lhs[i].clone(), rhs[j].clone());
    let re = b.sub(&product(0, 0)?, &product(1, 1)?);
    let im = b.add(&product(0, 1)?, &product(1, 0)?);
    Ok(vec![b.complex([re, im])])
}

fn converted<'c>(b: &Builder<'c>, x: &Val<'c>, dtype: DType) -> Val<'c> {
    let convert = |x: &Val<'c>, dtype| crate::legalize::convert::convert(b, x, dtype);
    if !x.dtype().is_complex() {
        let re = convert(x, dtype.real());
        let im = b.number(0.0, &re);
        return b.complex([re, im]);
    }
    let [re, im] = b.parts(x);
    if dtype.is_complex() {
        return b.complex([re, im].map(|part| convert(&part, dtype.real())));
    }
    if dtype == DType::Bool { b.or(&convert(&re, dtype), &convert(&im, dtype)) } else { convert(&re, dtype) }
}

/// Sorts by the real parts, then by the imaginary ones.
fn sort<'c>(
    b: &Builder<'c>,
    lowering: &ModuleLowering<'c>,
    operands: &[Val<'c>],
    dimension: usize,
    num_keys: usize,
) -> Emitted<'c> {
    let types: Vec<Type> = operands.iter().map(|x| x.ty.clone()).collect();
    let parts = |x: &Val<'c>| if x.dtype().is_complex() { b.parts(x).to_vec() } else { vec![x.clone()] };
    let num_keys = operands[..num_keys].iter().map(|x| if x.dtype().is_complex() { 2 } else { 1 }).sum();
    let operands: Vec<Val<'c>> = operands.iter().flat_map(parts).collect();
    let sorted = emit(
        b,
        lowering,
        &Op::Sort { operands: operands.clone(), dimension, num_keys },
        &operands.iter().map(|x| &x.ty).collect::<Vec<_>>(),
    )?;
    Ok(crate::parts::join(b, sorted, &types))
}

/// Emits a host call with complex operands.
fn on_host<'c>(b: &Builder<'c>, lowering: &ModuleLowering<'c>, op: &Op<Val<'c>>, types: &[&Type]) -> Emitted<'c> {
    // Unsigned integers are passed as signed ones with the same bits.
    let signed = op.map(|x| unsigned::signed_bits(b, x));
    linalg::on_host(b, lowering, &signed, types)
}
