//! Rust numbers without a dtype, and operands: numbers or tensors.

use crate::tensor::refuse;
use crate::{Tensor, lax};
use half::{bf16, f16};
use rune_ir::op::Literal;
use rune_ir::{Complex32, Complex64, DType, Element, F8E4M3FN, F8E5M2};
use std::fmt;

/// A Rust number without a dtype. It takes the dtype of the other operand, a tensor.
///
/// Converts from `bool`, the integers, [`F8E4M3FN`], [`F8E5M2`], [`struct@f16`], [`bf16`], `f32`, `f64`, [`Complex32`]
/// and [`Complex64`].
///
/// ```
/// use rune_trace::{DType, Tensor};
/// let x = Tensor::ones([2], DType::BF16);
/// assert_eq!((x * 2.5).dtype(), DType::BF16);
/// ```
#[doc(alias = "number")]
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Scalar {
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i128),
    /// A number that may have a fraction.
    Float(f64),
    /// A complex number.
    Complex(Complex64),
}

impl Scalar {
    /// Returns the number as an element of dtype `dtype`. Messages name the function `op`.
    ///
    /// # Panics
    /// If a float is used with an integer dtype, an integer is out of range, or exactly one of the number and the dtype
    /// is `bool`.
    #[track_caller]
    pub(crate) fn literal(self, op: &str, dtype: DType) -> Literal {
        match (self, dtype) {
            (Scalar::Bool(x), DType::Bool) => Literal::new(x),
            (Scalar::Int(x), DType::Bool) if x == 0 || x == 1 => Literal::new(x == 1),
            (_, DType::Bool) => {
                refuse!("{op}: the number {self} is used with a tensor of bool; write `true` or `false`")
            }
            (Scalar::Bool(x), _) => {
                refuse!(
                    "{op}: the boolean {x} is used with a tensor of {dtype}; convert the tensor, as with `.cast(DType::Bool)`"
                )
            }
            (Scalar::Complex(x), _) if dtype.is_complex() => Literal::from_complex(dtype, x),
            (Scalar::Complex(_), _) => refuse!(
                "{op}: the number {self} is complex and meets a tensor of {dtype}; convert the tensor, as with `.cast(DType::C64)`"
            ),
            (Scalar::Int(x), _) if dtype.is_int() => match int_literal(x, dtype) {
                Some(literal) => literal,
                None => {
                    refuse!("{op}: the number {x} is out of the range of {dtype}; convert the tensor to a wider dtype")
                }
            },
            (Scalar::Int(x), _) => Literal::from_f64(dtype, x as f64),
            (Scalar::Float(x), _) if dtype.is_int() => refuse!(
                "{op}: the float {x:?} is used with a tensor of {dtype}; write an integer, or convert the tensor, as with `.cast(DType::F32)`"
            ),
            (Scalar::Float(x), _) => Literal::from_f64(dtype, x),
        }
    }
    /// Returns the dtype of the number if there is no tensor: `bool`, `i32`, `f32` or `c64`.
    pub(crate) fn default_dtype(self) -> DType {
        match self {
            Scalar::Bool(_) => DType::Bool,
            Scalar::Int(_) => DType::I32,
            Scalar::Float(_) => DType::F32,
            Scalar::Complex(_) => DType::C64,
        }
    }
    pub(crate) fn to_complex(self) -> Complex64 {
        match self {
            Scalar::Complex(x) => x,
            Scalar::Bool(_) | Scalar::Int(_) | Scalar::Float(_) => self.to_f64().into(),
        }
    }
    /// Returns the number as `f64`. For a complex number, returns the real part.
    pub(crate) fn to_f64(self) -> f64 {
        match self {
            Scalar::Bool(x) => f64::from(u8::from(x)),
            Scalar::Int(x) => x as f64,
            Scalar::Float(x) => x,
            Scalar::Complex(x) => x.re,
        }
    }
}

fn int_literal(x: i128, dtype: DType) -> Option<Literal> {
    macro_rules! checked {
        ($($D:ident $t:ty),*) => {
            match dtype {
                $(DType::$D => <$t>::try_from(x).ok().map(Literal::new),)*
                DType::Bool | DType::F8E4M3FN | DType::F8E5M2 | DType::F16 | DType::BF16 | DType::F32 => None,
                DType::F64 | DType::C64 | DType::C128 => None,
            }
        };
    }
    checked!(I8 i8, I16 i16, I32 i32, I64 i64, U8 u8, U16 u16, U32 u32, U64 u64)
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Bool(x) => write!(f, "{x}"),
            Scalar::Int(x) => write!(f, "{x}"),
            Scalar::Float(x) => write!(f, "{x:?}"),
            Scalar::Complex(x) => f.write_str(&x.to_text(None)),
        }
    }
}

/// An operand of an elementwise function: a [`Tensor`], a reference to one, or a Rust number.
///
/// A Rust number takes the dtype of the other operand, a tensor. Two tensors must have the same dtype.
///
/// ```
/// use rune_trace::Tensor;
/// let x = Tensor::from([-1.0f32, 2.0]);
/// assert_eq!(x.maximum(0.0).to_vec::<f32>().unwrap(), [0.0, 2.0]);
/// assert_eq!(x.maximum(&-&x).to_vec::<f32>().unwrap(), [1.0, 2.0]);
/// ```
#[diagnostic::on_unimplemented(message = "`{Self}` is neither a tensor nor a number")]
pub trait Operand {
    /// Returns the operand as a value.
    fn into_argument(self) -> Argument;
}

/// An [`Operand`] as a value.
#[derive(Clone, Debug)]
pub enum Argument {
    /// A tensor.
    Tensor(Tensor),
    /// A number without a dtype.
    Scalar(Scalar),
}

impl Argument {
    /// Returns the dtype, if the operand is a tensor.
    pub(crate) fn dtype(&self) -> Option<DType> {
        match self {
            Argument::Tensor(t) => Some(t.dtype()),
            Argument::Scalar(_) => None,
        }
    }
    /// Returns a tensor. A number becomes a scalar of dtype `dtype`.
    #[track_caller]
    pub(crate) fn into_tensor(self, op: &str, dtype: DType) -> Tensor {
        match self {
            Argument::Tensor(t) => t,
            Argument::Scalar(x) => lax::constant(x.literal(op, dtype)),
        }
    }
}

impl Operand for Tensor {
    fn into_argument(self) -> Argument {
        Argument::Tensor(self)
    }
}
impl Operand for &Tensor {
    fn into_argument(self) -> Argument {
        Argument::Tensor(self.clone())
    }
}
impl Operand for Argument {
    fn into_argument(self) -> Argument {
        self
    }
}
impl Operand for Scalar {
    fn into_argument(self) -> Argument {
        Argument::Scalar(self)
    }
}

macro_rules! scalars {
    ($($t:ty: $x:ident => $scalar:expr;)*) => {$(
        impl From<$t> for Scalar {
            fn from($x: $t) -> Scalar {
                $scalar
            }
        }
        impl Operand for $t {
            fn into_argument(self) -> Argument {
                Argument::Scalar(self.into())
            }
        }
    )*};
}
scalars! {
    bool: x => Scalar::Bool(x);
    i8: x => Scalar::Int(x.into());
    i16: x => Scalar::Int(x.into());
    i32: x => Scalar::Int(x.into());
    i64: x => Scalar::Int(x.into());
    isize: x => Scalar::Int(x as i128);
    u8: x => Scalar::Int(x.into());
    u16: x => Scalar::Int(x.into());
    u32: x => Scalar::Int(x.into());
    u64: x => Scalar::Int(x.into());
    usize: x => Scalar::Int(x as i128);
    F8E4M3FN: x => Scalar::Float(x.to_f64());
    F8E5M2: x => Scalar::Float(x.to_f64());
    f16: x => Scalar::Float(x.to_f64());
    bf16: x => Scalar::Float(x.to_f64());
    f32: x => Scalar::Float(x.into());
    f64: x => Scalar::Float(x);
    Complex32: x => Scalar::Complex(x.to_complex());
    Complex64: x => Scalar::Complex(x);
}
