//! Scalars in programs.

use crate::{Array, Complex64, DType, Element, Type, with_element};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A scalar of any dtype, compared by its bits. Its text is the number and its dtype: `1.5:f32`, `-inf:f64`,
/// `true:bool`, `1.5-2.0j:c64`. A NaN with other bits than `NaN` is written with them, such as `NaN(0xffc00000):f32`.
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
    bits: [u64; 2],
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
    /// Returns the scalar of dtype `dtype` nearest to `z`; see [`Element::from_complex`].
    pub fn from_complex(dtype: DType, z: Complex64) -> Literal {
        with_element!(dtype, T => Literal::new(T::from_complex(z)))
    }
    /// Returns the scalar in `array`, which has rank 0 and is in host memory.
    pub fn from_array(array: &Array) -> Option<Literal> {
        (array.ty().rank() == 0).then(|| Literal::from_bytes(array.dtype(), array.bytes()))
    }
    /// Returns the scalar with these bytes, at most sixteen.
    pub fn from_bytes(dtype: DType, bytes: &[u8]) -> Literal {
        let mut raw = [0u8; 16];
        raw[..bytes.len()].copy_from_slice(bytes);
        Literal::from_bits(dtype, u128::from_le_bytes(raw))
    }
    /// Returns the scalar with these bits. They are stored as two words, because `u128` would align every operation to
    /// 16 bytes.
    fn from_bits(dtype: DType, bits: u128) -> Literal {
        Literal { dtype, bits: [bits as u64, (bits >> 64) as u64] }
    }
    /// Returns the dtype.
    pub fn dtype(self) -> DType {
        self.dtype
    }
    /// Returns the type, which is that of a scalar.
    pub fn ty(self) -> Type {
        Type::scalar(self.dtype)
    }
    /// Returns the bits, right-aligned.
    pub fn bits(self) -> u128 {
        u128::from(self.bits[0]) | u128::from(self.bits[1]) << 64
    }
    /// Returns a scalar array.
    pub fn to_array(self) -> Array {
        let raw = self.bits().to_le_bytes();
        Array::from_bytes(self.ty(), &raw[..self.dtype.size()])
    }
    /// Returns an array of type `ty` whose elements are all this scalar. `ty` has the dtype of the scalar.
    pub(crate) fn to_array_of(self, ty: &Type) -> Array {
        let raw = self.bits().to_le_bytes();
        Array::from_bytes(ty.clone(), &raw[..self.dtype.size()].repeat(ty.size()))
    }
    /// Returns the value of an integer.
    pub fn to_integer(self) -> Option<i128> {
        let unused = 64u32.saturating_sub(8 * self.dtype.size() as u32);
        if self.dtype.is_signed_int() {
            return Some(i128::from((self.bits[0] << unused) as i64 >> unused));
        }
        self.dtype.is_unsigned_int().then_some(i128::from(self.bits[0]))
    }
    /// Returns the nearest `f64`. For a complex number, it returns the real part.
    pub fn to_f64(self) -> f64 {
        with_element!(self.dtype, T => self.to_array().as_slice::<T>()[0].to_f64())
    }
    /// Returns the number as a complex one.
    pub fn to_complex(self) -> Complex64 {
        with_element!(self.dtype, T => self.to_array().as_slice::<T>()[0].to_complex())
    }
    /// Returns whether the number, or a part of it, is NaN.
    pub fn is_nan(self) -> bool {
        self.to_complex().is_nan()
    }
    /// Returns the real and the imaginary part of a complex number, each as a scalar of its dtype.
    #[allow(clippy::wildcard_enum_match_arm, reason = "all others are real")]
    pub fn parts(self) -> Option<[Literal; 2]> {
        let part = |bits| Literal { dtype: self.dtype.real(), bits: [bits, 0] };
        match self.dtype {
            DType::C64 => Some([part(self.bits[0] & u64::from(u32::MAX)), part(self.bits[0] >> 32)]),
            DType::C128 => Some(self.bits.map(part)),
            _ => None,
        }
    }
    /// Returns the complex number with these parts, or `None` if they do not have the dtype of the parts of `dtype`.
    pub fn from_parts(dtype: DType, [re, im]: [Literal; 2]) -> Option<Literal> {
        let fit = dtype.is_complex() && [re, im].iter().all(|x| x.dtype == dtype.real());
        fit.then(|| Literal::from_bits(dtype, re.bits() | im.bits() << (8 * re.dtype.size())))
    }
}

impl Literal {
    /// Returns the number as text without its dtype. The text determines all bits.
    pub fn number(self) -> String {
        if let Some([re, im]) = self.parts() {
            let (re, im) = (re.number(), im.number());
            let sign = if im.starts_with('-') { "" } else { "+" };
            return format!("{re}{sign}{im}j");
        }
        if self.dtype.is_float() && self.to_f64().is_nan() && self != Literal::from_f64(self.dtype, f64::NAN) {
            return format!("NaN({:#x})", self.bits());
        }
        with_element!(self.dtype, T => format!("{:?}", self.to_array().as_slice::<T>()[0]))
    }
    /// Parses the number of a scalar of dtype `dtype`.
    pub(crate) fn parse_number(dtype: DType, text: &str) -> Option<Literal> {
        let text = text.trim();
        if dtype.is_complex() {
            let parts = split_complex(text)?.map(|part| Literal::parse_number(dtype.real(), part));
            let [Some(re), Some(im)] = parts else { return None };
            return Literal::from_parts(dtype, [re, im]);
        }
        if text == "NaN" && dtype.is_float() {
            return Some(Literal::from_f64(dtype, f64::NAN));
        }
        if let Some(bits) = text.strip_prefix("NaN(0x").and_then(|t| t.strip_suffix(')')) {
            let bits = u64::from_str_radix(bits, 16).ok()?;
            let fits = bits.checked_shr(8 * dtype.size() as u32).unwrap_or(0) == 0;
            let nan = Literal { dtype, bits: [bits, 0] };
            return (dtype.is_float() && fits && nan.to_f64().is_nan()).then_some(nan);
        }
        with_element!(dtype, T => text.parse::<T>().ok().map(Literal::new))
    }
}

/// Splits the text of a complex number into the texts of its parts. A missing part is zero.
fn split_complex(text: &str) -> Option<[&str; 2]> {
    let Some(text) = text.strip_suffix('j') else { return Some([text, "0"]) };
    // The sign of the imaginary part is the last sign outside an exponent.
    let bytes = text.as_bytes();
    let of_exponent = |i: usize| matches!(bytes[i - 1], b'e' | b'E') && i >= 2 && bytes[i - 2] != b'x';
    let sign = (1..bytes.len()).rev().find(|&i| matches!(bytes[i], b'+' | b'-') && !of_exponent(i));
    let Some(sign) = sign else { return Some(["0", text]) };
    let (re, im) = text.split_at(sign);
    Some([re, im.strip_prefix('+').unwrap_or(im)])
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Complex32;

    #[test]
    fn complex_numbers_as_text() {
        for (re, im) in [(1.5f32, -2.0f32), (-0.0, 0.0), (1e-30, -1e30), (f32::NAN, f32::NEG_INFINITY), (-1.0, -0.0)] {
            let x = Literal::new(Complex32::new(re, im));
            assert_eq!(x.to_string().parse::<Literal>().unwrap(), x, "{x}");
        }
        let strange = Complex64::new(f64::from_bits(0xfff8_0000_0000_000e), f64::from_bits(0x7ff8_0000_0000_0001));
        let x = Literal::new(strange);
        assert_eq!(x.to_string(), "NaN(0xfff800000000000e)+NaN(0x7ff8000000000001)j:c128");
        assert_eq!(x.to_string().parse::<Literal>().unwrap(), x);
        let of = |text: &str| text.parse::<Literal>().map(Literal::to_complex);
        assert_eq!(of("3:c64"), Ok(Complex64::new(3.0, 0.0)));
        assert_eq!(of("-2e-1j:c128"), Ok(Complex64::new(0.0, -0.2)));
        assert_eq!(of("1e+2-3E-4j:c128"), Ok(Complex64::new(100.0, -3e-4)));
        assert!(of("1+j:c64").is_err() && of("j:c64").is_err() && of("1+2:c64").is_err() && of(":c64").is_err());
    }
}
