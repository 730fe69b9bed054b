//! The traits of element types that the kernels need.

use crate::{Complex32, Complex64, Element, F8E4M3FN, F8E5M2};
use half::{bf16, f16};
use std::ops::{Add, Div, Mul, Sub};

/// Runs one of four blocks depending on the kind of a dtype, with a type alias for its Rust type.
macro_rules! with_kind {
    ($dtype:expr, float $F:ident => $float:expr, int $I:ident => $int:expr, complex $C:ident => $complex:expr, bool => $bool:expr) => {
        match $dtype {
            crate::DType::C64 => {
                type $C = crate::Complex32;
                $complex
            }
            crate::DType::C128 => {
                type $C = crate::Complex64;
                $complex
            }
            crate::DType::Bool => $bool,
            crate::DType::I8 => {
                type $I = i8;
                $int
            }
            crate::DType::I16 => {
                type $I = i16;
                $int
            }
            crate::DType::I32 => {
                type $I = i32;
                $int
            }
            crate::DType::I64 => {
                type $I = i64;
                $int
            }
            crate::DType::U8 => {
                type $I = u8;
                $int
            }
            crate::DType::U16 => {
                type $I = u16;
                $int
            }
            crate::DType::U32 => {
                type $I = u32;
                $int
            }
            crate::DType::U64 => {
                type $I = u64;
                $int
            }
            crate::DType::F8E4M3FN => {
                type $F = crate::F8E4M3FN;
                $float
            }
            crate::DType::F8E5M2 => {
                type $F = crate::F8E5M2;
                $float
            }
            crate::DType::F16 => {
                type $F = half::f16;
                $float
            }
            crate::DType::BF16 => {
                type $F = half::bf16;
                $float
            }
            crate::DType::F32 => {
                type $F = f32;
                $float
            }
            crate::DType::F64 => {
                type $F = f64;
                $float
            }
        }
    };
}
pub(super) use with_kind;

/// An element of any dtype.
pub(super) trait Scalar: Element + Default {
    /// Whether this is a float.
    const FLOAT: bool;
    /// Whether this is an unsigned integer.
    const UNSIGNED: bool;
    /// Returns an integer or `bool` in the lowest bits, sign-extended. Truncates floats.
    fn to_i64(self) -> i64;
    /// Returns the nearest number: wrapped for integers, rounded once for floats. `bool` is true if `x` is not 0.
    fn from_i64(x: i64) -> Self;
    /// Like [`Scalar::from_i64`], for an unsigned number.
    fn from_u64(x: u64) -> Self;
}

/// An element of any dtype that is not complex, and so has an order.
pub(super) trait Ordered: Scalar + PartialOrd {
    /// Returns a key that orders elements like sorting: NaN last and all NaNs equal, 0 and -0 equal.
    fn key(self) -> u64;
}

/// An element of a dtype that is not `bool`.
pub(super) trait Number: Scalar {
    /// The type of accumulators: `f64` for every float, `Complex64` for complex numbers, and the integer itself for an
    /// integer.
    type Accumulator: Ring;
    /// Converts to the accumulator type, exactly.
    fn to_accumulator(self) -> Self::Accumulator;
    /// Converts from the accumulator type, rounding once.
    fn from_accumulator(x: Self::Accumulator) -> Self;
}

/// An element of an integer or floating-point dtype.
pub(super) trait Real: Number<Accumulator: Extremes> + Ordered {}
impl<T: Number<Accumulator: Extremes> + Ordered> Real for T {}

/// An element of a complex dtype.
pub(super) trait ComplexNumber: Number<Accumulator = Complex64> {
    /// The type of the real and the imaginary part.
    type Part: Float;
    /// Returns the real and the imaginary part.
    fn parts(self) -> [Self::Part; 2];
}

/// An element of a floating-point dtype. Its operators round once.
pub(super) trait Float:
    Number<Accumulator = f64> + Ordered + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
}

/// The accumulator type of extremes.
pub(super) trait Extremes: Ring + PartialOrd {
    /// The neutral element of maxima.
    const LEAST: Self;
    /// The neutral element of minima.
    const GREATEST: Self;
    /// Returns the greater number, or NaN if either is NaN. 0 is greater than -0.
    fn greater(self, other: Self) -> Self;
    /// Returns the lesser number, or NaN if either is NaN. -0 is less than 0.
    fn lesser(self, other: Self) -> Self;
}

/// The accumulator type of sums and products.
pub(super) trait Ring: Copy + PartialEq + 'static {
    /// The neutral element of sums.
    const ZERO: Self;
    /// The neutral element of products.
    const ONE: Self;
    /// Returns the sum. Integers wrap.
    fn plus(self, other: Self) -> Self;
    /// Returns the product. Integers wrap.
    fn times(self, other: Self) -> Self;
}

impl Ring for f64 {
    const ZERO: f64 = 0.0;
    const ONE: f64 = 1.0;
    #[inline(always)]
    fn plus(self, other: f64) -> f64 {
        self + other
    }
    #[inline(always)]
    fn times(self, other: f64) -> f64 {
        self * other
    }
}

impl Extremes for f64 {
    const LEAST: f64 = f64::NEG_INFINITY;
    const GREATEST: f64 = f64::INFINITY;
    #[inline(always)]
    fn greater(self, other: f64) -> f64 {
        if self > other || self.is_nan() || (self == other && other.is_sign_negative()) { self } else { other }
    }
    #[inline(always)]
    fn lesser(self, other: f64) -> f64 {
        if self < other || self.is_nan() || (self == other && self.is_sign_negative()) { self } else { other }
    }
}

impl Ring for Complex64 {
    const ZERO: Complex64 = Complex64::new(0.0, 0.0);
    const ONE: Complex64 = Complex64::new(1.0, 0.0);
    #[inline(always)]
    fn plus(self, other: Complex64) -> Complex64 {
        self + other
    }
    #[inline(always)]
    fn times(self, other: Complex64) -> Complex64 {
        self * other
    }
}

macro_rules! complex {
    ($($t:ty, $part:ty;)*) => {$(
        impl Scalar for $t {
            const FLOAT: bool = false;
            const UNSIGNED: bool = false;
            fn to_i64(self) -> i64 {
                self.re as i64
            }
            fn from_i64(x: i64) -> Self {
                Self::new(x as $part, 0.0)
            }
            fn from_u64(x: u64) -> Self {
                Self::new(x as $part, 0.0)
            }
        }
        impl Number for $t {
            type Accumulator = Complex64;
            #[inline(always)]
            fn to_accumulator(self) -> Complex64 {
                self.to_complex()
            }
            #[inline(always)]
            fn from_accumulator(x: Complex64) -> Self {
                <$t as Element>::from_complex(x)
            }
        }
        impl ComplexNumber for $t {
            type Part = $part;
            fn parts(self) -> [$part; 2] {
                [self.re, self.im]
            }
        }
    )*};
}
complex! {
    Complex32, f32;
    Complex64, f64;
}

/// Returns a key that orders `f64` like sorting.
fn float_key(x: f64) -> u64 {
    if x.is_nan() {
        return u64::MAX;
    }
    let bits = if x == 0.0 { 0 } else { x.to_bits() };
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

/// Rounds an integer to odd. It works on the integer, because `f64` may not hold all bits of it.
fn int_to_odd(magnitude: u64, negative: bool) -> f32 {
    let shift = 64u32.saturating_sub(magnitude.leading_zeros()).saturating_sub(24);
    let kept = magnitude >> shift;
    let odd = kept | u64::from(kept << shift != magnitude);
    let x = odd as f32 * 2f32.powi(shift as i32);
    if negative { -x } else { x }
}

macro_rules! floats {
    ($($t:ty, $from_i64:expr, $from_u64:expr;)*) => {$(
        impl Scalar for $t {
            const FLOAT: bool = true;
            const UNSIGNED: bool = false;
            fn to_i64(self) -> i64 {
                self.to_f64() as i64
            }
            #[inline(always)]
            fn from_i64(x: i64) -> Self {
                $from_i64(x)
            }
            #[inline(always)]
            fn from_u64(x: u64) -> Self {
                $from_u64(x)
            }
        }
        impl Ordered for $t {
            #[inline(always)]
            fn key(self) -> u64 {
                float_key(self.to_f64())
            }
        }
        impl Number for $t {
            type Accumulator = f64;
            #[inline(always)]
            fn to_accumulator(self) -> f64 {
                self.to_f64()
            }
            #[inline(always)]
            fn from_accumulator(x: f64) -> Self {
                <$t as Element>::from_f64(x)
            }
        }
        impl Float for $t {}
    )*};
}
floats! {
    F8E4M3FN, |x: i64| F8E4M3FN::from_f32(int_to_odd(x.unsigned_abs(), x < 0)), |x| F8E4M3FN::from_f32(int_to_odd(x, false));
    F8E5M2, |x: i64| F8E5M2::from_f32(int_to_odd(x.unsigned_abs(), x < 0)), |x| F8E5M2::from_f32(int_to_odd(x, false));
    f16, |x: i64| f16::from_f32(int_to_odd(x.unsigned_abs(), x < 0)), |x| f16::from_f32(int_to_odd(x, false));
    bf16, |x: i64| bf16::from_f32(int_to_odd(x.unsigned_abs(), x < 0)), |x| bf16::from_f32(int_to_odd(x, false));
    f32, |x| x as f32, |x| x as f32;
    f64, |x| x as f64, |x| x as f64;
}

impl Scalar for bool {
    const FLOAT: bool = false;
    const UNSIGNED: bool = true;
    fn to_i64(self) -> i64 {
        i64::from(self)
    }
    fn from_i64(x: i64) -> bool {
        x != 0
    }
    fn from_u64(x: u64) -> bool {
        x != 0
    }
}
impl Ordered for bool {
    fn key(self) -> u64 {
        u64::from(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_rounded_once() {
        // The number is just above the midpoint of two numbers of f16. Rounding to f32 first would give the midpoint,
        // which then rounds to the even number below.
        let above_midpoint = 1.0 + 2f64.powi(-11) + 2f64.powi(-40);
        assert_eq!(<f16 as Element>::from_f64(above_midpoint), f16::from_f32(1.0 + 2f32.powi(-10)));
        let above_midpoint = -(1.0 + 2f64.powi(-8) + 2f64.powi(-40));
        assert_eq!(<bf16 as Element>::from_f64(above_midpoint), bf16::from_f32(-1.0 - 2f32.powi(-7)));
        assert_eq!(bf16::from_i64((1 << 40) + (1 << 32) + 1), bf16::from_f32(2f32.powi(40) + 2f32.powi(33)));
        assert_eq!(<f16 as Element>::from_f64(65519.99), f16::MAX);
        assert_eq!(<f16 as Element>::from_f64(65520.0), f16::INFINITY);
        assert_eq!(<f16 as Element>::from_f64(-1e300), f16::NEG_INFINITY);
        assert!(<f16 as Element>::from_f64(f64::NAN).is_nan());
        assert_eq!(<f16 as Element>::from_f64(-1e-300).to_bits(), 0x8000);
    }

    #[test]
    fn keys_order_as_sorting_does() {
        let sorted = [f64::NEG_INFINITY, -1.0, -1e-320, 0.0, 1e-320, 2.0, f64::INFINITY, f64::NAN];
        assert!(sorted.windows(2).all(|w| w[0].key() < w[1].key()));
        assert_eq!((-0.0f32).key(), 0f32.key());
        assert_eq!((-f32::NAN).key(), f32::NAN.key());
        assert!([i64::MIN, -1, 0, i64::MAX].windows(2).all(|w| w[0].key() < w[1].key()));
    }

    #[test]
    fn extremes_order_zeros_and_keep_nan() {
        assert!((-0.0f64).greater(0.0).is_sign_positive() && 0.0f64.greater(-0.0).is_sign_positive());
        assert!((-0.0f64).lesser(0.0).is_sign_negative() && 0.0f64.lesser(-0.0).is_sign_negative());
        assert!(f64::NAN.greater(1.0).is_nan() && 1.0f64.lesser(f64::NAN).is_nan());
    }
}
