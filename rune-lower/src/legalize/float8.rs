//! Floats of 8 bits. Modules for IREE hold them as signless integers with the same bits, because only some backends of IREE have
//! these types (`arith.truncf` to `f8E4M3FN` does not translate for CUDA). Operations compute in `f32`, as XLA does.

use crate::builder::{Builder, Val};
use rune_ir::op::{Comparison, Literal, ScatterMode};
use rune_ir::{DType, Op, Type};

/// A format of 8 bits: the number of bits of the mantissa, the bias of the exponent, and the bits of the first magnitude
/// that is not finite and of NaN.
struct Format {
    mantissa: i32,
    bias: i32,
    not_finite: i32,
    nan: i32,
}

impl Format {
    fn of(dtype: DType) -> Format {
        match dtype == DType::F8E4M3FN {
            true => Format { mantissa: 3, bias: 7, not_finite: 0x7f, nan: 0x7f },
            false => Format { mantissa: 2, bias: 15, not_finite: 0x7c, nan: 0x7e },
        }
    }
    /// Returns the least positive number.
    fn least(&self) -> f64 {
        2f64.powi(1 - self.bias - self.mantissa)
    }
    /// Returns the number of bits by which the mantissa of an `f32` is longer.
    fn shift(&self) -> i32 {
        23 - self.mantissa
    }
    /// Returns the difference of the biases of `f32` and this format, at the place of the exponent in 8 bits.
    fn rebias(&self) -> f64 {
        f64::from((127 - self.bias) << self.mantissa)
    }
}

const SIGN: i32 = 0x80;

/// Returns the dtype of elements of `dtype` in a module.
pub(crate) fn held(dtype: DType) -> DType {
    if dtype.is_float8() { DType::I8 } else { dtype }
}

/// Converts floats of 8 bits to `f32`. Subnormal numbers are computed as integers, because compiled code may treat
/// subnormal `f32` numbers as 0.
pub(crate) fn decode<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    let format = Format::of(x.dtype());
    let bits = b.convert(&b.bits(x, DType::I8), DType::I32);
    let (sign, magnitude) = (and(b, &bits, SIGN), and(b, &bits, SIGN - 1));
    let normal = shift_left(b, &b.add_n(&magnitude, format.rebias()), format.shift());
    let subnormal = b.bits(&b.mul_n(&b.convert(&magnitude, DType::F32), format.least()), DType::I32);
    let is_subnormal = b.compare_n(Comparison::Lt, &magnitude, f64::from(1 << format.mantissa));
    let finite = b.select(&is_subnormal, &subnormal, &normal);
    let special = |x: f32| b.full(Literal::new(x.to_bits() as i32), magnitude.shape());
    let mut not_finite = special(f32::NAN);
    if format.nan != format.not_finite {
        let is_infinite = b.compare_n(Comparison::Eq, &magnitude, format.not_finite.into());
        not_finite = b.select(&is_infinite, &special(f32::INFINITY), &not_finite);
    }
    let is_finite = b.compare_n(Comparison::Lt, &magnitude, format.not_finite.into());
    let magnitude = b.select(&is_finite, &finite, &not_finite);
    b.bits(&b.or(&magnitude, &shift_left(b, &sign, 24)), DType::F32)
}

/// Converts `f32` to the nearest floats of 8 bits.
pub(crate) fn encode<'c>(b: &Builder<'c>, x: &Val<'c>, dtype: DType) -> Val<'c> {
    let format = Format::of(dtype);
    let bits = b.bits(x, DType::I32);
    let magnitude = and(b, &bits, i32::MAX);
    let sign = and(b, &shift_right(b, &bits, 24), SIGN);
    // Half a unit, and one less if the kept bits are even: a tie then rounds down.
    let odd = and(b, &shift_right(b, &magnitude, format.shift()), 1);
    let half = f64::from((1 << (format.shift() - 1)) - 1);
    let rounded = shift_right(b, &b.add(&b.add_n(&magnitude, half), &odd), format.shift());
    let rebiased = b.add_n(&rounded, -format.rebias());
    let normal = b.min(&rebiased, &b.number(format.not_finite.into(), &rebiased));
    let units = b.mul_n(&b.abs(x), 1.0 / format.least());
    // A number that is not subnormal has too many units for an integer.
    let units = b.min(&units, &b.number(f64::from(1 << format.mantissa), &units));
    let subnormal = b.convert(&b.unary("stablehlo.round_nearest_even", &units), DType::I32);
    let least_normal = (format.least() * f64::from(1 << format.mantissa)) as f32;
    let is_subnormal = b.compare_n(Comparison::Lt, &magnitude, least_normal.to_bits().into());
    let number = b.select(&is_subnormal, &subnormal, &normal);
    let is_nan = b.compare_n(Comparison::Gt, &magnitude, f32::INFINITY.to_bits().into());
    let number = b.select(&is_nan, &b.number(format.nan.into(), &number), &number);
    let signed = b.or(&number, &sign);
    b.bits(&b.convert(&signed, DType::I8), dtype)
}

fn and<'c>(b: &Builder<'c>, x: &Val<'c>, mask: i32) -> Val<'c> {
    b.and(x, &b.number(mask.into(), x))
}
fn shift_left<'c>(b: &Builder<'c>, x: &Val<'c>, by: i32) -> Val<'c> {
    b.binary("stablehlo.shift_left", x, &b.number(by.into(), x))
}
fn shift_right<'c>(b: &Builder<'c>, x: &Val<'c>, by: i32) -> Val<'c> {
    b.binary("stablehlo.shift_right_logical", x, &b.number(by.into(), x))
}

/// An operation whose floats of 8 bits are `f32`, and the types of its results.
pub(crate) struct Wide<'c> {
    pub op: Op<Val<'c>>,
    pub types: Vec<Type>,
}

/// Returns the operation on `f32`, if it computes with floats of 8 bits, or `None` if it only moves elements.
pub(crate) fn widened<'c>(b: &Builder<'c>, op: &Op<Val<'c>>, types: &[&Type]) -> Option<Wide<'c>> {
    let is_float8 = |ty: &Type| ty.dtype.is_float8();
    if !types.iter().any(|ty| is_float8(ty)) && !op.operands().iter().any(|x| is_float8(&x.ty)) || !computes(op) {
        return None;
    }
    let mut wide = op.map(|x| if is_float8(&x.ty) { b.convert(x, DType::F32) } else { x.clone() });
    if let Op::DotGeneral { out, .. } = &mut wide {
        *out = widen(*out);
    }
    Some(Wide { op: wide, types: types.iter().map(|ty| ty.with_dtype(widen(ty.dtype))).collect() })
}

/// Returns the results of an operation on `f32` in the types `types`.
pub(crate) fn narrowed<'c>(b: &Builder<'c>, results: Vec<Val<'c>>, types: &[&Type]) -> Vec<Val<'c>> {
    let results = results.into_iter().zip(types);
    results.map(|(x, ty)| if ty.dtype.is_float8() { b.convert(&x, ty.dtype) } else { x }).collect()
}

fn widen(dtype: DType) -> DType {
    if dtype.is_float8() { DType::F32 } else { dtype }
}

/// Returns whether an operation computes with elements, rather than moving, converting or passing them on.
fn computes<V>(op: &Op<V>) -> bool {
    match op {
        Op::Unary { .. }
        | Op::IntegerPow { .. }
        | Op::Binary { .. }
        | Op::Complex { .. }
        | Op::Compare { .. }
        | Op::Clamp { .. }
        | Op::Reduce { .. }
        | Op::ArgReduce { .. }
        | Op::ReduceWindow { .. }
        | Op::Cumulative { .. }
        | Op::Sort { .. }
        | Op::TopK { .. }
        | Op::DotGeneral { .. }
        | Op::Conv { .. }
        | Op::Fft { .. }
        | Op::LuSolve { .. }
        | Op::Factor { .. }
        | Op::TriangularSolve { .. }
        | Op::Threefry2x32 { .. } => true,
        Op::Scatter { mode, .. } => *mode != ScatterMode::Set,
        Op::Constant { .. }
        | Op::Select { .. }
        | Op::Convert { .. }
        | Op::BitcastConvert { .. }
        | Op::BroadcastInDim { .. }
        | Op::Reshape { .. }
        | Op::Transpose { .. }
        | Op::Slice { .. }
        | Op::Pad { .. }
        | Op::Concatenate { .. }
        | Op::Reverse { .. }
        | Op::Iota { .. }
        | Op::DynamicSlice { .. }
        | Op::DynamicUpdateSlice { .. }
        | Op::Gather { .. }
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
        | Op::Callback { .. } => false,
    }
}
