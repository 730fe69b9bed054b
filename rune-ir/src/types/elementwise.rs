//! Rules of elementwise operations.

use super::{Problem, Types};
use crate::op::{BinaryFn, Comparison, UnaryFn};
use crate::{DType, Shape, Type};
use smallvec::smallvec;

/// A set of dtypes that an operation takes.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// All but complex numbers.
    Ordered,
    Float,
    /// Floats and complex numbers.
    Inexact,
    Complex,
    Int,
    /// All but `bool`.
    Number,
    /// Integers and floats.
    Real,
    /// Signed integers, floats and complex numbers.
    Signed,
    /// Integers and `bool`.
    Bits,
}

impl Kind {
    fn has(self, dtype: DType) -> bool {
        match self {
            Kind::Ordered => !dtype.is_complex(),
            Kind::Float => dtype.is_float(),
            Kind::Inexact => dtype.is_inexact(),
            Kind::Complex => dtype.is_complex(),
            Kind::Int => dtype.is_int(),
            Kind::Number => dtype != DType::Bool,
            Kind::Real => dtype.is_float() || dtype.is_int(),
            Kind::Signed => dtype.is_inexact() || dtype.is_signed_int(),
            Kind::Bits => !dtype.is_inexact(),
        }
    }
    fn takes(self) -> &'static str {
        match self {
            Kind::Ordered => {
                "a dtype whose elements have an order (not a complex one; compare parts, as with `.real()`, or magnitudes, `.abs()`)"
            }
            Kind::Float => "a float dtype (convert, as with `.cast(DType::F32)`)",
            Kind::Inexact => "a float or complex dtype (convert, as with `.cast(DType::F32)`)",
            Kind::Complex => "a complex dtype (convert, as with `.cast(DType::C64)`)",
            Kind::Int => "an integer dtype",
            Kind::Number => "an integer, float or complex dtype (not `bool`; convert, as with `.cast(DType::I32)`)",
            Kind::Real => "an integer or float dtype (not `bool`; convert, as with `.cast(DType::I32)`)",
            Kind::Signed => "a float, complex or signed integer dtype",
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
        Floor | Ceil | RoundAfz | RoundEven | Cbrt | Erf | IsFinite => Kind::Float,
        Exp | Exp2 | Expm1 | Log | Log1p | Sqrt | Rsqrt | Sin | Cos | Tan | Tanh | Logistic => Kind::Inexact,
        Real | Imag | Conj => Kind::Complex,
    };
    kind.check(x)?;
    Ok(match f {
        IsFinite => x.with_dtype(DType::Bool),
        Abs | Real | Imag => x.with_dtype(x.dtype.real()),
        Neg | Sign | Not | Floor | Ceil | RoundAfz | RoundEven | Exp | Exp2 | Expm1 | Log | Log1p | Sqrt | Rsqrt
        | Cbrt | Sin | Cos | Tan | Tanh | Logistic | Erf | Conj => x.clone(),
    })
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
        Add | Sub | Mul | Div | Pow => Kind::Number,
        Rem => Kind::Real,
        Max | Min => Kind::Ordered,
        Atan2 => Kind::Float,
        And | Or | Xor => Kind::Bits,
        ShiftLeft | ShiftRightArithmetic | ShiftRightLogical => Kind::Int,
    };
    kind.check(x)?;
    Ok(x.clone())
}

pub(super) fn complex(re: &Type, im: &Type) -> Result<Type, Problem> {
    same(&[re, im])?;
    match re.dtype.complex() {
        Some(dtype) if !re.dtype.is_complex() => Ok(re.with_dtype(dtype)),
        _ => Err(Problem::operand("parts of f32 or f64 (convert, as with `.cast(DType::F32)`)", re)),
    }
}

pub(super) fn compare(direction: Comparison, x: &Type, y: &Type) -> Result<Type, Problem> {
    same(&[x, y])?;
    if !matches!(direction, Comparison::Eq | Comparison::Ne) {
        Kind::Ordered.check(x)?;
    }
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
    Kind::Real.check(x)?;
    Ok(x.clone())
}

pub(super) fn bitcast_convert(x: &Type, dtype: DType) -> Result<Type, Problem> {
    if [x.dtype, dtype].iter().any(|&d| d == DType::Bool || d.is_complex()) {
        return Err(Problem::Attribute(format!(
            "does not go to or from `bool` or a complex dtype, but got {x} for {dtype}"
        )));
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
