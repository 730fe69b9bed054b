//! Scalars in programs.

use crate::{Array, DType, Element, Type, with_element};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A scalar of any dtype, compared by its bits. Its text is the number and its dtype: `1.5:f32`, `-inf:f64`,
/// `true:bool`. A NaN with other bits than `NaN` is written with them, such as `NaN(0xffc00000):f32`.
///
/// ```
/// use rune_ir::op::Literal;
/// let half = Literal::new(0.5f32);
/// assert_eq!(half.to_string(), "0.5:f32");
/// assert_eq!("0.5:f32".parse::<Literal>().unwrap(), half);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Literal {
    dtype: DType,
    bits: u64,
}

impl Literal {
    /// Returns the scalar `x`.
    pub fn new<T: Element>(x: T) -> Literal {
        Literal::from_bytes(T::DTYPE, T::as_bytes(&[x]))
    }
    /// Returns the scalar of dtype `dtype` nearest to `x`: see [`Element::from_f64`].
    pub fn from_f64(dtype: DType, x: f64) -> Literal {
        with_element!(dtype, T => Literal::new(T::from_f64(x)))
    }
    /// Returns the scalar in `array`, which has rank 0 and is in host memory.
    pub fn from_array(array: &Array) -> Option<Literal> {
        (array.ty().rank() == 0).then(|| Literal::from_bytes(array.dtype(), array.bytes()))
    }
    /// Returns the scalar with these bytes, at most eight.
    pub fn from_bytes(dtype: DType, bytes: &[u8]) -> Literal {
        let mut raw = [0u8; 8];
        raw[..bytes.len()].copy_from_slice(bytes);
        Literal { dtype, bits: u64::from_le_bytes(raw) }
    }
    /// Returns the dtype.
    pub fn dtype(self) -> DType {
        self.dtype
    }
    /// Returns the type, which is that of a scalar.
    pub fn ty(self) -> Type {
        Type::scalar(self.dtype)
    }
    /// Returns the bits, in the lowest places.
    pub fn bits(self) -> u64 {
        self.bits
    }
    /// Returns a scalar array.
    pub fn to_array(self) -> Array {
        let raw = self.bits.to_le_bytes();
        Array::from_bytes(self.ty(), &raw[..self.dtype.size()])
    }
    /// Returns the array of type `ty`, with the same dtype, whose elements are all this scalar.
    pub(crate) fn to_array_of(self, ty: &Type) -> Array {
        let raw = self.bits.to_le_bytes();
        Array::from_bytes(ty.clone(), &raw[..self.dtype.size()].repeat(ty.size()))
    }
    /// Returns the number of an integer.
    pub fn to_integer(self) -> Option<i128> {
        let unused = 64 - 8 * self.dtype.size() as u32;
        if self.dtype.is_signed_int() {
            return Some(i128::from((self.bits << unused) as i64 >> unused));
        }
        self.dtype.is_unsigned_int().then_some(i128::from(self.bits))
    }
    /// Returns the nearest `f64`.
    pub fn to_f64(self) -> f64 {
        with_element!(self.dtype, T => self.to_array().as_slice::<T>()[0].to_f64())
    }
}

impl Literal {
    /// Returns the number as text without its dtype. It contains all bits.
    pub fn number(self) -> String {
        if self.dtype.is_float() && self.to_f64().is_nan() && self != Literal::from_f64(self.dtype, f64::NAN) {
            return format!("NaN({:#x})", self.bits);
        }
        with_element!(self.dtype, T => format!("{:?}", self.to_array().as_slice::<T>()[0]))
    }
    /// Parses the number of a scalar of dtype `dtype`.
    pub(crate) fn parse_number(dtype: DType, text: &str) -> Option<Literal> {
        let text = text.trim();
        if text == "NaN" && dtype.is_float() {
            return Some(Literal::from_f64(dtype, f64::NAN));
        }
        if let Some(bits) = text.strip_prefix("NaN(0x").and_then(|t| t.strip_suffix(')')) {
            let bits = u64::from_str_radix(bits, 16).ok()?;
            let fits = bits.checked_shr(8 * dtype.size() as u32).unwrap_or(0) == 0;
            let nan = Literal { dtype, bits };
            return (dtype.is_float() && fits && nan.to_f64().is_nan()).then_some(nan);
        }
        with_element!(dtype, T => text.parse::<T>().ok().map(Literal::new))
    }
}
impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.number(), self.dtype)
    }
}
impl fmt::Debug for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl From<Literal> for String {
    fn from(literal: Literal) -> String {
        literal.to_string()
    }
}

/// The text is not a scalar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a scalar; a scalar is written as a number and its dtype, as 1.5:f32")]
pub struct InvalidLiteral(pub String);

impl FromStr for Literal {
    type Err = InvalidLiteral;
    fn from_str(s: &str) -> Result<Literal, InvalidLiteral> {
        let invalid = || InvalidLiteral(s.to_owned());
        let (number, dtype) = s.rsplit_once(':').ok_or_else(invalid)?;
        let dtype: DType = dtype.parse().map_err(|_| invalid())?;
        Literal::parse_number(dtype, number).ok_or_else(invalid)
    }
}
impl TryFrom<String> for Literal {
    type Error = InvalidLiteral;
    fn try_from(s: String) -> Result<Literal, InvalidLiteral> {
        s.parse()
    }
}
