//! Element types, and the Rust types that hold them.

use crate::{F8E4M3FN, F8E5M2};
use half::{bf16, f16};
use num_complex::{Complex32, Complex64};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The type of the elements of an array.
///
/// ```
/// use rune_ir::DType;
/// assert_eq!(DType::BF16.to_string(), "bf16");
/// assert_eq!("u8".parse::<DType>().unwrap().size(), 1);
/// ```
#[doc(alias = "dtype")]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DType {
    /// Booleans, one byte each.
    #[doc(alias = "bool")]
    #[doc(alias = "bool_")]
    Bool,
    /// Signed integers of 8 bits.
    #[doc(alias = "int8")]
    I8,
    /// Signed integers of 16 bits.
    #[doc(alias = "int16")]
    #[doc(alias = "short")]
    I16,
    /// Signed integers of 32 bits.
    #[doc(alias = "int32")]
    #[doc(alias = "int_")]
    #[doc(alias = "intc")]
    #[doc(alias = "int")]
    I32,
    /// Signed integers of 64 bits.
    #[doc(alias = "int64")]
    #[doc(alias = "intp")]
    #[doc(alias = "longlong")]
    #[doc(alias = "long")]
    I64,
    /// Unsigned integers of 8 bits.
    #[doc(alias = "uint8")]
    #[doc(alias = "ubyte")]
    U8,
    /// Unsigned integers of 16 bits.
    #[doc(alias = "uint16")]
    U16,
    /// Unsigned integers of 32 bits.
    #[doc(alias = "uint")]
    #[doc(alias = "uint32")]
    U32,
    /// Unsigned integers of 64 bits.
    #[doc(alias = "uint64")]
    U64,
    /// 8-bit floats with 4 bits of exponent and 3 of mantissa, without infinities: see [`F8E4M3FN`].
    #[doc(alias = "float8_e4m3fn")]
    F8E4M3FN,
    /// 8-bit floats with 5 bits of exponent and 2 of mantissa: see [`F8E5M2`].
    #[doc(alias = "float8_e5m2")]
    F8E5M2,
    /// IEEE half precision.
    #[doc(alias = "float16")]
    #[doc(alias = "half")]
    F16,
    /// Brain floating point: the upper half of an `f32`.
    #[doc(alias = "bfloat16")]
    BF16,
    /// IEEE single precision.
    #[doc(alias = "float32")]
    #[doc(alias = "float_")]
    #[doc(alias = "single")]
    #[doc(alias = "float")]
    F32,
    /// IEEE double precision.
    #[doc(alias = "double")]
    #[doc(alias = "float64")]
    F64,
    /// Complex numbers: two `f32`, the real part first.
    #[doc(alias = "complex64")]
    #[doc(alias = "complex_")]
    #[doc(alias = "csingle")]
    C64,
    /// Complex numbers: two `f64`, the real part first.
    #[doc(alias = "cdouble")]
    #[doc(alias = "complex128")]
    #[doc(alias = "clongdouble")]
    C128,
}

impl DType {
    /// Every dtype, in a fixed order.
    pub const ALL: [DType; 17] = [
        DType::Bool,
        DType::I8,
        DType::I16,
        DType::I32,
        DType::I64,
        DType::U8,
        DType::U16,
        DType::U32,
        DType::U64,
        DType::F8E4M3FN,
        DType::F8E5M2,
        DType::F16,
        DType::BF16,
        DType::F32,
        DType::F64,
        DType::C64,
        DType::C128,
    ];

    /// Returns the name in programs and messages, such as `f32`.
    pub const fn name(self) -> &'static str {
        match self {
            DType::Bool => "bool",
            DType::I8 => "i8",
            DType::I16 => "i16",
            DType::I32 => "i32",
            DType::I64 => "i64",
            DType::U8 => "u8",
            DType::U16 => "u16",
            DType::U32 => "u32",
            DType::U64 => "u64",
            DType::F8E4M3FN => "f8e4m3fn",
            DType::F8E5M2 => "f8e5m2",
            DType::F16 => "f16",
            DType::BF16 => "bf16",
            DType::F32 => "f32",
            DType::F64 => "f64",
            DType::C64 => "c64",
            DType::C128 => "c128",
        }
    }

    /// Returns the number of bytes of one element.
    pub const fn size(self) -> usize {
        match self {
            DType::Bool | DType::I8 | DType::U8 | DType::F8E4M3FN | DType::F8E5M2 => 1,
            DType::I16 | DType::U16 | DType::F16 | DType::BF16 => 2,
            DType::I32 | DType::U32 | DType::F32 => 4,
            DType::I64 | DType::U64 | DType::F64 | DType::C64 => 8,
            DType::C128 => 16,
        }
    }

    /// Returns whether this is a floating-point type. Complex types are not.
    #[doc(alias = "isdtype")]
    #[doc(alias = "issubdtype")]
    pub const fn is_float(self) -> bool {
        self.is_reduced_float() || matches!(self, DType::F32 | DType::F64)
    }

    /// Returns whether this is a complex type.
    pub const fn is_complex(self) -> bool {
        matches!(self, DType::C64 | DType::C128)
    }

    /// Returns whether this is a floating-point or a complex type. These have derivatives.
    ///
    /// ```
    /// use rune_ir::DType;
    /// assert!(DType::F16.is_inexact() && DType::C64.is_inexact() && !DType::I32.is_inexact());
    /// ```
    pub const fn is_inexact(self) -> bool {
        self.is_float() || self.is_complex()
    }

    /// Returns the dtype of the real and imaginary parts of a complex type. It returns any other dtype unchanged.
    ///
    /// ```
    /// use rune_ir::DType;
    /// assert_eq!((DType::C128.real(), DType::F32.real()), (DType::F64, DType::F32));
    /// ```
    #[allow(clippy::wildcard_enum_match_arm, reason = "all others are real")]
    pub const fn real(self) -> DType {
        match self {
            DType::C64 => DType::F32,
            DType::C128 => DType::F64,
            _ => self,
        }
    }

    /// Returns the complex dtype whose parts are of this dtype: `c64` for `f32`, `c128` for `f64`. Returns a complex
    /// dtype unchanged, and `None` for any other dtype.
    ///
    /// ```
    /// use rune_ir::DType;
    /// assert_eq!((DType::F64.complex(), DType::F16.complex()), (Some(DType::C128), None));
    /// ```
    #[allow(clippy::wildcard_enum_match_arm, reason = "all others have no complex dtype")]
    pub const fn complex(self) -> Option<DType> {
        match self {
            DType::F32 | DType::C64 => Some(DType::C64),
            DType::F64 | DType::C128 => Some(DType::C128),
            _ => None,
        }
    }

    /// Returns whether this is an integer type, signed or unsigned. `bool` is not.
    pub const fn is_int(self) -> bool {
        self.is_signed_int() || self.is_unsigned_int()
    }

    /// Returns whether this is a signed integer type.
    pub const fn is_signed_int(self) -> bool {
        matches!(self, DType::I8 | DType::I16 | DType::I32 | DType::I64)
    }

    /// Returns whether this is an unsigned integer type. `bool` is not.
    pub const fn is_unsigned_int(self) -> bool {
        matches!(self, DType::U8 | DType::U16 | DType::U32 | DType::U64)
    }

    /// Returns the signed integer type of the same size for an unsigned one, and any other type unchanged.
    pub const fn to_signed(self) -> DType {
        match self {
            DType::U8 => DType::I8,
            DType::U16 => DType::I16,
            DType::U32 => DType::I32,
            DType::U64 => DType::I64,
            DType::Bool | DType::I8 | DType::I16 | DType::I32 | DType::I64 => self,
            DType::F8E4M3FN | DType::F8E5M2 | DType::F16 | DType::BF16 | DType::F32 | DType::F64 => self,
            DType::C64 | DType::C128 => self,
        }
    }

    /// Returns the unsigned integer type of the same size for a signed one, and any other type unchanged.
    ///
    /// ```
    /// use rune_ir::DType;
    /// assert_eq!((DType::I16.to_unsigned(), DType::F32.to_unsigned()), (DType::U16, DType::F32));
    /// ```
    pub const fn to_unsigned(self) -> DType {
        match self {
            DType::I8 => DType::U8,
            DType::I16 => DType::U16,
            DType::I32 => DType::U32,
            DType::I64 => DType::U64,
            DType::Bool | DType::U8 | DType::U16 | DType::U32 | DType::U64 => self,
            DType::F8E4M3FN | DType::F8E5M2 | DType::F16 | DType::BF16 | DType::F32 | DType::F64 => self,
            DType::C64 | DType::C128 => self,
        }
    }

    /// Returns whether this is a float of fewer bits than `f32`: `f16`, `bf16`, or a float of 8 bits. Long sums of
    /// these accumulate in `f32`.
    pub const fn is_reduced_float(self) -> bool {
        self.is_float8() || matches!(self, DType::F16 | DType::BF16)
    }

    /// Returns whether this is a float of 8 bits.
    pub const fn is_float8(self) -> bool {
        matches!(self, DType::F8E4M3FN | DType::F8E5M2)
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No dtype has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a dtype; known are bool, i8, i16, i32, i64, u8, u16, u32, u64, f8e4m3fn, f8e5m2, f16, bf16, f32, f64, c64, c128"
)]
pub struct UnknownDType(pub String);

impl FromStr for DType {
    type Err = UnknownDType;
    fn from_str(s: &str) -> Result<DType, UnknownDType> {
        DType::ALL.into_iter().find(|d| d.name() == s).ok_or_else(|| UnknownDType(s.to_owned()))
    }
}

/// A Rust type of array elements.
///
/// Implemented for `bool`, the integers of 8 to 64 bits, [`F8E4M3FN`], [`F8E5M2`], [`struct@f16`], [`bf16`], `f32`, `f64`, [`Complex32`] and
/// [`Complex64`].
pub trait Element: Copy + PartialEq + fmt::Debug + fmt::Display + Send + Sync + 'static {
    /// The dtype of this type.
    const DTYPE: DType;
    /// Returns the elements in `bytes`.
    ///
    /// # Panics
    /// If `bytes` are not aligned for the type, or do not hold a whole number of elements.
    #[track_caller]
    fn cast_slice(bytes: &[u8]) -> &[Self];
    /// Like [`Element::cast_slice`], for writing.
    #[track_caller]
    fn cast_slice_mut(bytes: &mut [u8]) -> &mut [Self];
    /// Returns the bytes of `elements`.
    fn as_bytes(elements: &[Self]) -> &[u8];
    /// Returns the nearest `f64`. For a complex number, returns the real part.
    fn to_f64(self) -> f64;
    /// Returns the nearest value of this type. Floats round to nearest even. Integers truncate and saturate. `bool` is
    /// true if the number is not zero.
    fn from_f64(x: f64) -> Self;
    /// Returns the number as a complex one.
    fn to_complex(self) -> Complex64 {
        Complex64::new(self.to_f64(), 0.0)
    }
    /// Returns the nearest value of this type. A type that is not complex keeps only the real part. `bool` is true if
    /// the number is not zero.
    fn from_complex(z: Complex64) -> Self {
        Self::from_f64(z.re)
    }
    /// Returns the number as text, with `precision` digits after the point if it is not an integer.
    #[doc(hidden)]
    fn to_text(self, precision: Option<usize>) -> String {
        match precision {
            Some(p) if Self::DTYPE.is_float() => format!("{self:.p$}"),
            _ => format!("{self:?}"),
        }
    }
}

/// Rounds `x` to odd: toward zero, with the last bit set if the result is not exact. A reduced float has far
/// fewer bits than `f32`. Rounding the result to such a type therefore gives the same number as rounding `x` to it
/// directly.
pub(crate) fn round_to_odd(x: f64) -> f32 {
    let near = x as f32;
    let exact = f64::from(near);
    if exact == x || near.is_nan() || near.is_infinite() {
        return near;
    }
    let toward_zero = near.to_bits() - u32::from(exact.abs() > x.abs());
    f32::from_bits(toward_zero | 1)
}

macro_rules! elements {
    ($($t:ty, $dtype:ident, $to:expr, $from:expr;)*) => {$(
        impl Element for $t {
            const DTYPE: DType = DType::$dtype;
            #[track_caller]
            fn cast_slice(bytes: &[u8]) -> &[Self] {
                bytemuck::cast_slice(bytes)
            }
            #[track_caller]
            fn cast_slice_mut(bytes: &mut [u8]) -> &mut [Self] {
                bytemuck::cast_slice_mut(bytes)
            }
            fn as_bytes(elements: &[Self]) -> &[u8] {
                bytemuck::cast_slice(elements)
            }
            fn to_f64(self) -> f64 {
                $to(self)
            }
            fn from_f64(x: f64) -> Self {
                $from(x)
            }
        }
    )*};
}

elements! {
    i8, I8, f64::from, |x| x as i8;
    i16, I16, f64::from, |x| x as i16;
    i32, I32, f64::from, |x| x as i32;
    i64, I64, |x| x as f64, |x| x as i64;
    u8, U8, f64::from, |x| x as u8;
    u16, U16, f64::from, |x| x as u16;
    u32, U32, f64::from, |x| x as u32;
    u64, U64, |x| x as f64, |x| x as u64;
    F8E4M3FN, F8E4M3FN, |x: F8E4M3FN| f64::from(x.to_f32()), |x| F8E4M3FN::from_f32(round_to_odd(x));
    F8E5M2, F8E5M2, |x: F8E5M2| f64::from(x.to_f32()), |x| F8E5M2::from_f32(round_to_odd(x));
    f16, F16, f16::to_f64, |x| f16::from_f32(round_to_odd(x));
    bf16, BF16, bf16::to_f64, |x| bf16::from_f32(round_to_odd(x));
    f32, F32, f64::from, |x| x as f32;
    f64, F64, |x| x, |x| x;
}

macro_rules! complex_elements {
    ($($t:ty, $part:ty, $dtype:ident;)*) => {$(
        impl Element for $t {
            const DTYPE: DType = DType::$dtype;
            #[track_caller]
            fn cast_slice(bytes: &[u8]) -> &[Self] {
                bytemuck::cast_slice(bytes)
            }
            #[track_caller]
            fn cast_slice_mut(bytes: &mut [u8]) -> &mut [Self] {
                bytemuck::cast_slice_mut(bytes)
            }
            fn as_bytes(elements: &[Self]) -> &[u8] {
                bytemuck::cast_slice(elements)
            }
            fn to_f64(self) -> f64 {
                f64::from(self.re)
            }
            fn from_f64(x: f64) -> Self {
                Self::new(x as $part, 0.0)
            }
            fn to_complex(self) -> Complex64 {
                Complex64::new(f64::from(self.re), f64::from(self.im))
            }
            fn from_complex(z: Complex64) -> Self {
                Self::new(z.re as $part, z.im as $part)
            }
            fn to_text(self, precision: Option<usize>) -> String {
                let sign = if self.im.is_sign_negative() && !self.im.is_nan() { "" } else { "+" };
                format!("{}{sign}{}j", self.re.to_text(precision), self.im.to_text(precision))
            }
        }
    )*};
}

complex_elements! {
    Complex32, f32, C64;
    Complex64, f64, C128;
}

impl Element for bool {
    const DTYPE: DType = DType::Bool;
    fn cast_slice(bytes: &[u8]) -> &[Self] {
        bytemuck::checked::cast_slice(bytes)
    }
    fn cast_slice_mut(bytes: &mut [u8]) -> &mut [Self] {
        bytemuck::checked::cast_slice_mut(bytes)
    }
    fn as_bytes(elements: &[Self]) -> &[u8] {
        bytemuck::cast_slice(elements)
    }
    fn to_f64(self) -> f64 {
        f64::from(u8::from(self))
    }
    fn from_f64(x: f64) -> Self {
        x != 0.0
    }
    fn from_complex(z: Complex64) -> Self {
        z.re != 0.0 || z.im != 0.0
    }
}

/// Runs a block with a type alias for a plain type of `size` bytes, which is enough to move elements.
#[doc(hidden)]
#[macro_export]
macro_rules! with_word {
    ($size:expr, $W:ident => $body:expr) => {
        match $size {
            1 => {
                type $W = u8;
                $body
            }
            2 => {
                type $W = u16;
                $body
            }
            4 => {
                type $W = u32;
                $body
            }
            8 => {
                type $W = u64;
                $body
            }
            _ => {
                // `u128` would need more alignment than `Complex64` has.
                type $W = [u64; 2];
                $body
            }
        }
    };
}

/// Runs a block with a type alias for the Rust type of a dtype: `with_element!(dtype, T => { … })`.
#[macro_export]
macro_rules! with_element {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            $crate::DType::Bool => {
                type $T = bool;
                $body
            }
            $crate::DType::I8 => {
                type $T = i8;
                $body
            }
            $crate::DType::I16 => {
                type $T = i16;
                $body
            }
            $crate::DType::I32 => {
                type $T = i32;
                $body
            }
            $crate::DType::I64 => {
                type $T = i64;
                $body
            }
            $crate::DType::U8 => {
                type $T = u8;
                $body
            }
            $crate::DType::U16 => {
                type $T = u16;
                $body
            }
            $crate::DType::U32 => {
                type $T = u32;
                $body
            }
            $crate::DType::U64 => {
                type $T = u64;
                $body
            }
            $crate::DType::F8E4M3FN => {
                type $T = $crate::F8E4M3FN;
                $body
            }
            $crate::DType::F8E5M2 => {
                type $T = $crate::F8E5M2;
                $body
            }
            $crate::DType::F16 => {
                type $T = half::f16;
                $body
            }
            $crate::DType::BF16 => {
                type $T = half::bf16;
                $body
            }
            $crate::DType::F32 => {
                type $T = f32;
                $body
            }
            $crate::DType::F64 => {
                type $T = f64;
                $body
            }
            $crate::DType::C64 => {
                type $T = $crate::Complex32;
                $body
            }
            $crate::DType::C128 => {
                type $T = $crate::Complex64;
                $body
            }
        }
    };
}
