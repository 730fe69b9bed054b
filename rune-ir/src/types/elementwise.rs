//! Rules of elementwise operations.

use super::{Problem, Types};
use crate::op::{BinaryFn, UnaryFn};
use crate::{DType, Shape, Type};
use smallvec::smallvec;

/// A set of dtypes that an operation takes.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Any,
    Float,
    Int,
    /// Integers and floats.
    Number,
    /// Signed integers and floats.
    Signed,
    /// Integers and `bool`.
    Bits,
}

impl Kind {
    fn has(self, dtype: DType) -> bool {
        match self {
            Kind::Any => true,
            Kind::Float => dtype.is_float(),
            Kind::Int => dtype.is_int(),
            Kind::Number => dtype != DType::Bool,
            Kind::Signed => dtype.is_float() || dtype.is_signed_int(),
            Kind::Bits => !dtype.is_float(),
        }
    }
    fn takes(self) -> &'static str {
        match self {
            Kind::Any => "any dtype",
            Kind::Float => "a float dtype (convert, as with `.cast(DType::F32)`)",
            Kind::Int => "an integer dtype",
            Kind::Number => "an integer or float dtype (not `bool`; convert, as with `.cast(DType::I32)`)",
            Kind::Signed => "a float or signed integer dtype",
            Kind::Bits => "an integer dtype or `bool`",
        }
    }
    pub(super) fn check(self, ty: &Type) -> Result<(), Problem> {
        if self.has(ty.dtype) { Ok(()) } else { Err(Problem::operand(self.takes(), ty)) }
    }
}

/// Checks that all types are equal.
pub(super) fn same(types: &[&Type]) -> Result<(), Problem> {
    if types.windows(2).all(|w| w[0] == w[1]) { Ok(()) } else { Err(Problem::mixed(types)) }
}

pub(super) fn unary(f: UnaryFn, x: &Type) -> Result<Type, Problem> {
    use UnaryFn::*;
    let kind = match f {
        Abs => Kind::Signed,
        Neg | Sign => Kind::Number,
        Not => Kind::Bits,
        Floor | Ceil | RoundAfz | RoundEven | Exp | Exp2 | Expm1 | Log | Log1p | Sqrt | Rsqrt | Cbrt | Sin | Cos
        | Tan | Tanh | Logistic | Erf | IsFinite => Kind::Float,
    };
    kind.check(x)?;
    Ok(if f == IsFinite { x.with_dtype(DType::Bool) } else { x.clone() })
}

pub(super) fn integer_pow(x: &Type, y: i32) -> Result<Type, Problem> {
    Kind::Number.check(x)?;
    if x.dtype.is_int() && y < 0 {
        return Err(Problem::Attribute(format!("of integers takes no negative power, but got {x} and {y}")));
    }
    Ok(x.clone())
}

pub(super) fn binary(f: BinaryFn, x: &Type, y: &Type) -> Result<Type, Problem> {
    use BinaryFn::*;
    same(&[x, y])?;
    let kind = match f {
        Add | Sub | Mul | Div | Rem | Pow => Kind::Number,
        Max | Min => Kind::Any,
        Atan2 => Kind::Float,
        And | Or | Xor => Kind::Bits,
        ShiftLeft | ShiftRightArithmetic | ShiftRightLogical => Kind::Int,
    };
    kind.check(x)?;
    Ok(x.clone())
}

pub(super) fn compare(x: &Type, y: &Type) -> Result<Type, Problem> {
    same(&[x, y])?;
    Ok(x.with_dtype(DType::Bool))
}

pub(super) fn select(pred: &Type, on_true: &Type, on_false: &Type) -> Result<Type, Problem> {
    same(&[on_true, on_false])?;
    let mask = on_true.with_dtype(DType::Bool);
    if *pred != mask {
        return Err(Problem::operand(
            format!("a `pred` of type {mask} to choose between arrays of type {on_true}"),
            pred,
        ));
    }
    Ok(on_true.clone())
}

pub(super) fn clamp(min: &Type, x: &Type, max: &Type) -> Result<Type, Problem> {
    same(&[min, x, max])?;
    Kind::Number.check(x)?;
    Ok(x.clone())
}

pub(super) fn bitcast_convert(x: &Type, dtype: DType) -> Result<Type, Problem> {
    if x.dtype == DType::Bool || dtype == DType::Bool {
        return Err(Problem::Attribute(format!("does not go to or from `bool`, but got {x} for {dtype}")));
    }
    let (from, to) = (x.dtype.size(), dtype.size());
    let mut dims: Vec<usize> = x.shape.to_vec();
    if from > to {
        dims.push(from / to);
    }
    if from < to && dims.pop() != Some(to / from) {
        return Err(Problem::operand(format!("an array whose last axis is of size {} for {dtype}", to / from), x));
    }
    Ok(Type::new(dtype, Shape::from(dims)))
}

pub(super) fn threefry2x32(operands: [&Type; 4]) -> Result<Types, Problem> {
    let [k0, ..] = operands;
    same(&operands)?;
    if k0.dtype != DType::U32 {
        return Err(Problem::operand("operands of dtype u32", k0));
    }
    Ok(smallvec![k0.clone(), k0.clone()])
}
