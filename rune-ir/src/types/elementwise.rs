//! Rules of elementwise operations.

use super::{TypeProblem, Types};
use crate::op::{BinaryFn, Comparison, UnaryFn};
use crate::{DType, Shape, Type};
use smallvec::smallvec;

/// A set of dtypes that an operation takes.
#[derive(Clone, Copy)]
pub(super) enum DTypeSet {
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

impl DTypeSet {
    fn has(self, dtype: DType) -> bool {
        match self {
            DTypeSet::Ordered => !dtype.is_complex(),
            DTypeSet::Float => dtype.is_float(),
            DTypeSet::Inexact => dtype.is_inexact(),
            DTypeSet::Complex => dtype.is_complex(),
            DTypeSet::Int => dtype.is_int(),
            DTypeSet::Number => dtype != DType::Bool,
            DTypeSet::Real => dtype.is_float() || dtype.is_int(),
            DTypeSet::Signed => dtype.is_inexact() || dtype.is_signed_int(),
            DTypeSet::Bits => !dtype.is_inexact(),
        }
    }
    fn takes(self) -> &'static str {
        match self {
            DTypeSet::Ordered => {
                "a dtype whose elements have an order (not a complex one; compare parts, as with `.real()`, or magnitudes, `.abs()`)"
            }
            DTypeSet::Float => "a float dtype (convert, as with `.cast(DType::F32)`)",
            DTypeSet::Inexact => "a float or complex dtype (convert, as with `.cast(DType::F32)`)",
            DTypeSet::Complex => "a complex dtype (convert, as with `.cast(DType::C64)`)",
            DTypeSet::Int => "an integer dtype",
            DTypeSet::Number => "an integer, float or complex dtype (not `bool`; convert, as with `.cast(DType::I32)`)",
            DTypeSet::Real => "an integer or float dtype (not `bool`; convert, as with `.cast(DType::I32)`)",
            DTypeSet::Signed => "a float, complex or signed integer dtype",
            DTypeSet::Bits => "an integer dtype or `bool`",
        }
    }
    pub(super) fn check(self, ty: &Type) -> Result<(), TypeProblem> {
        if self.has(ty.dtype) { Ok(()) } else { Err(TypeProblem::operand(self.takes(), ty)) }
    }
}

/// Checks that all types are equal.
pub(super) fn expect_equal(types: &[&Type]) -> Result<(), TypeProblem> {
    if types.windows(2).all(|w| w[0] == w[1]) { Ok(()) } else { Err(TypeProblem::mismatch(types)) }
}

pub(super) fn unary(f: UnaryFn, x: &Type) -> Result<Type, TypeProblem> {
    use UnaryFn::*;
    let kind = match f {
        Abs => DTypeSet::Signed,
        Neg | Sign => DTypeSet::Number,
        Not => DTypeSet::Bits,
        Floor | Ceil | RoundAfz | RoundEven | Cbrt | Erf | IsFinite => DTypeSet::Float,
        Exp | Exp2 | Expm1 | Log | Log1p | Sqrt | Rsqrt | Sin | Cos | Tan | Tanh | Logistic => DTypeSet::Inexact,
        Real | Imag | Conj => DTypeSet::Complex,
    };
    kind.check(x)?;
    Ok(match f {
        IsFinite => x.with_dtype(DType::Bool),
        Abs | Real | Imag => x.with_dtype(x.dtype.real()),
        Neg | Sign | Not | Floor | Ceil | RoundAfz | RoundEven | Exp | Exp2 | Expm1 | Log | Log1p | Sqrt | Rsqrt
        | Cbrt | Sin | Cos | Tan | Tanh | Logistic | Erf | Conj => x.clone(),
    })
}

pub(super) fn integer_pow(x: &Type, y: i32) -> Result<Type, TypeProblem> {
    DTypeSet::Number.check(x)?;
    if x.dtype.is_int() && y < 0 {
        return Err(TypeProblem::Attribute(format!("of integers takes no negative power, but got {x} and {y}")));
    }
    Ok(x.clone())
}

pub(super) fn binary(f: BinaryFn, x: &Type, y: &Type) -> Result<Type, TypeProblem> {
    use BinaryFn::*;
    expect_equal(&[x, y])?;
    let kind = match f {
        Add | Sub | Mul | Div | Pow => DTypeSet::Number,
        Rem => DTypeSet::Real,
        Max | Min => DTypeSet::Ordered,
        Atan2 => DTypeSet::Float,
        And | Or | Xor => DTypeSet::Bits,
        ShiftLeft | ShiftRightArithmetic | ShiftRightLogical => DTypeSet::Int,
    };
    kind.check(x)?;
    Ok(x.clone())
}

pub(super) fn complex(re: &Type, im: &Type) -> Result<Type, TypeProblem> {
    expect_equal(&[re, im])?;
    match re.dtype.complex() {
        Some(dtype) if !re.dtype.is_complex() => Ok(re.with_dtype(dtype)),
        _ => Err(TypeProblem::operand("parts of f32 or f64 (convert, as with `.cast(DType::F32)`)", re)),
    }
}

pub(super) fn compare(direction: Comparison, x: &Type, y: &Type) -> Result<Type, TypeProblem> {
    expect_equal(&[x, y])?;
    if !matches!(direction, Comparison::Eq | Comparison::Ne) {
        DTypeSet::Ordered.check(x)?;
    }
    Ok(x.with_dtype(DType::Bool))
}

pub(super) fn select(pred: &Type, on_true: &Type, on_false: &Type) -> Result<Type, TypeProblem> {
    expect_equal(&[on_true, on_false])?;
    let mask = on_true.with_dtype(DType::Bool);
    if *pred != mask {
        return Err(TypeProblem::operand(
            format!("a `pred` of type {mask} to choose between arrays of type {on_true}"),
            pred,
        ));
    }
    Ok(on_true.clone())
}

pub(super) fn clamp(min: &Type, x: &Type, max: &Type) -> Result<Type, TypeProblem> {
    expect_equal(&[min, x, max])?;
    DTypeSet::Real.check(x)?;
    Ok(x.clone())
}

pub(super) fn bitcast_convert(x: &Type, dtype: DType) -> Result<Type, TypeProblem> {
    if [x.dtype, dtype].iter().any(|&d| d == DType::Bool || d.is_complex()) {
        return Err(TypeProblem::Attribute(format!(
            "does not go to or from `bool` or a complex dtype, but got {x} for {dtype}"
        )));
    }
    let (from, to) = (x.dtype.size(), dtype.size());
    let mut dims: Vec<usize> = x.shape.to_vec();
    if from > to {
        dims.push(from / to);
    }
    if from < to && dims.pop() != Some(to / from) {
        return Err(TypeProblem::operand(format!("an array whose last axis is of size {} for {dtype}", to / from), x));
    }
    Ok(Type::new(dtype, Shape::from(dims)))
}

pub(super) fn threefry2x32(operands: [&Type; 4]) -> Result<Types, TypeProblem> {
    let [k0, ..] = operands;
    expect_equal(&operands)?;
    if k0.dtype != DType::U32 {
        return Err(TypeProblem::operand("operands of dtype u32", k0));
    }
    Ok(smallvec![k0.clone(), k0.clone()])
}
