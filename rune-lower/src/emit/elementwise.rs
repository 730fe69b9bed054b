//! Elementwise functions.

use crate::builder::{Builder, Val};
use crate::legalize::{exponential, half, integer, math64, power, remainder, trigonometry};
use crate::module_lowering::ModuleLowering;
use rune_ir::DType;
use rune_ir::op::{BinaryFn, Comparison, UnaryFn};

pub(super) fn unary<'c>(b: &Builder<'c>, lowering: &ModuleLowering<'c>, f: UnaryFn, x: &Val<'c>) -> Val<'c> {
    let own64 = x.dtype() == DType::F64 && lowering.expands_f64();
    let plain = |name: &'static str| half::in_f32(b, x, |x| b.unary(name, x));
    match f {
        UnaryFn::Abs => b.abs(x),
        UnaryFn::Neg => b.neg(x),
        UnaryFn::Sign if x.dtype().is_unsigned_int() => b.min(x, &b.number(1.0, x)),
        // The compiler for AMD's GPUs crashes on the sign of `f64`.
        UnaryFn::Sign if b.context.is_gpu && x.dtype() == DType::F64 => {
            let [below, above] = [Comparison::Lt, Comparison::Gt].map(|direction| b.compare_n(direction, x, 0.0));
            b.select(&above, &b.number(1.0, x), &b.select(&below, &b.number(-1.0, x), x))
        }
        UnaryFn::Sign => b.unary("stablehlo.sign", x),
        UnaryFn::Floor => b.unary("stablehlo.floor", x),
        UnaryFn::Ceil => b.unary("stablehlo.ceil", x),
        UnaryFn::RoundAfz => b.unary("stablehlo.round_nearest_afz", x),
        UnaryFn::RoundEven => b.unary("stablehlo.round_nearest_even", x),
        UnaryFn::Exp => plain("stablehlo.exponential"),
        UnaryFn::Exp2 => half::in_f32(b, x, |x| exponential::exp2(b, x)),
        UnaryFn::Expm1 if own64 => math64::expm1(b, x),
        UnaryFn::Expm1 => plain("stablehlo.exponential_minus_one"),
        UnaryFn::Log => half::in_f32(b, x, |x| exponential::log(b, x)),
        UnaryFn::Log1p if own64 => math64::log1p(b, x),
        UnaryFn::Log1p => plain("stablehlo.log_plus_one"),
        UnaryFn::Sqrt => plain("stablehlo.sqrt"),
        UnaryFn::Rsqrt => plain("stablehlo.rsqrt"),
        UnaryFn::Cbrt if own64 => math64::cbrt(b, x),
        UnaryFn::Cbrt => half::in_f32(b, x, |x| exponential::cbrt(b, x)),
        UnaryFn::Sin => half::in_f32(b, x, |x| trigonometry::sin(b, lowering, x)),
        UnaryFn::Cos => half::in_f32(b, x, |x| trigonometry::cos(b, lowering, x)),
        UnaryFn::Tan => half::in_f32(b, x, |x| trigonometry::tan(b, lowering, x)),
        UnaryFn::Tanh if own64 => math64::tanh(b, x),
        UnaryFn::Tanh => plain("stablehlo.tanh"),
        UnaryFn::Logistic => plain("stablehlo.logistic"),
        UnaryFn::Erf => plain("chlo.erf"),
        UnaryFn::IsFinite => b.op1("stablehlo.is_finite", &[x], &[], x.ty.with_dtype(DType::Bool)),
        UnaryFn::Not => b.unary("stablehlo.not", x),
        UnaryFn::Real | UnaryFn::Imag | UnaryFn::Conj => {
            unreachable!("type rules refuse `{}` of real numbers", f.name())
        }
    }
}

pub(super) fn binary<'c>(
    b: &Builder<'c>,
    lowering: &ModuleLowering<'c>,
    f: BinaryFn,
    x: &Val<'c>,
    y: &Val<'c>,
) -> Val<'c> {
    let bool = x.dtype() == DType::Bool;
    match f {
        BinaryFn::Add => b.add(x, y),
        BinaryFn::Sub => b.sub(x, y),
        BinaryFn::Mul => b.mul(x, y),
        BinaryFn::Div if x.dtype().is_int() => integer::div(b, x, y),
        BinaryFn::Div => b.div(x, y),
        BinaryFn::Rem if x.dtype().is_int() => integer::rem(b, x, y),
        BinaryFn::Rem => half::in_f32_2(b, x, y, |x, y| remainder::rem(b, lowering, x, y)),
        BinaryFn::Pow if x.dtype().is_int() => integer::pow(b, x, y),
        BinaryFn::Pow if x.dtype().is_complex() => b.binary("stablehlo.power", x, y),
        BinaryFn::Pow => half::in_f32_2(b, x, y, |x, y| power::pow(b, x, y)),
        BinaryFn::Max if bool => b.or(x, y),
        BinaryFn::Min if bool => b.and(x, y),
        BinaryFn::Max => b.max(x, y),
        BinaryFn::Min => b.min(x, y),
        BinaryFn::Atan2 => half::in_f32_2(b, x, y, |x, y| trigonometry::atan2(b, lowering, x, y)),
        BinaryFn::And => b.and(x, y),
        BinaryFn::Or => b.or(x, y),
        BinaryFn::Xor => b.binary("stablehlo.xor", x, y),
        BinaryFn::ShiftLeft => b.binary("stablehlo.shift_left", x, y),
        BinaryFn::ShiftRightArithmetic => b.binary("stablehlo.shift_right_arithmetic", x, y),
        BinaryFn::ShiftRightLogical => b.binary("stablehlo.shift_right_logical", x, y),
    }
}

/// Squares and multiplies.
pub(super) fn integer_pow<'c>(b: &Builder<'c>, x: &Val<'c>, y: i32) -> Val<'c> {
    half::in_f32(b, x, |x| {
        let one = || b.number(1.0, x);
        let mut square = if y < 0 { b.div(&one(), x) } else { x.clone() };
        let mut exponent = y.unsigned_abs();
        let mut result: Option<Val<'c>> = None;
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = Some(result.map_or_else(|| square.clone(), |r| b.mul(&r, &square)));
            }
            exponent >>= 1;
            if exponent > 0 {
                square = b.mul(&square, &square);
            }
        }
        result.unwrap_or_else(one)
    })
}
