//! Traits of the Rust types of elements.

use super::lanes::{Identity, accumulate, add_rows_f32, fold, sum_f32};
use bytemuck::Pod;

/// A number as an element of a tile: an `f32`, an `f64`, or an integer.
pub(crate) trait Number: Pod + PartialOrd + Send {
    /// The neutral elements of maxima and of minima.
    const LEAST: Self;
    const GREATEST: Self;
    /// The type in which sums, products and extremes of many numbers are accumulated.
    type Accumulator: Accumulator;
    fn to_accumulator(self) -> Self::Accumulator;
    fn from_accumulator(x: Self::Accumulator) -> Self;
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
    /// Returns the greater number, or NaN if either is NaN. 0 is greater than -0.
    fn greater(self, other: Self) -> Self;
    /// Returns the lesser number, or NaN if either is NaN. -0 is less than 0.
    fn lesser(self, other: Self) -> Self;
    fn negated(self) -> Self;
    fn absolute(self) -> Self;
    /// Returns -1, 0 or 1. Returns -0, 0 and NaN unchanged.
    fn sign(self) -> Self;
    fn from_position(i: usize) -> Self;
    /// Returns the sum of all elements.
    fn sum(x: &[Self]) -> Self::Accumulator;
    /// Adds rows to `a`. Each row has as many elements as `a`.
    fn add_rows(a: &mut [Self::Accumulator], x: &[Self]) {
        x.chunks_exact(a.len()).for_each(|row| accumulate(a, row, Self::to_accumulator, Self::Accumulator::plus));
    }
}

/// A type in which numbers are accumulated.
pub(crate) trait Accumulator: Number {
    const ZERO: Self;
    const ONE: Self;
}

/// The additional operations of integers, and of `bool` as 0 and 1.
pub(crate) trait Bits: Pod {
    const ONES: Self;
    const NONE: Self;
    fn and(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;
    fn xor(self, other: Self) -> Self;
    fn not(self) -> Self;
    fn shift_left(self, by: Self) -> Self;
    fn shift_right_arithmetic(self, by: Self) -> Self;
    fn shift_right_logical(self, by: Self) -> Self;
    /// Returns the quotient, rounded toward zero. If the divisor is 0, all bits of the result are set.
    fn quotient(self, other: Self) -> Self;
    /// Returns the remainder, with the sign of `self`. If the divisor is 0, returns `self`.
    fn remainder(self, other: Self) -> Self;
    /// Returns the power, which wraps. A negative exponent gives 0, except for 1 and -1.
    fn power(self, exponent: Self) -> Self;
}

macro_rules! floats {
    ($($t:ident $sum:expr, $add_rows:expr;)*) => {$(
        impl Number for $t {
            const LEAST: $t = $t::NEG_INFINITY;
            const GREATEST: $t = $t::INFINITY;
            type Accumulator = f64;
            #[inline(always)]
            fn to_accumulator(self) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn from_accumulator(x: f64) -> $t {
                x as $t
            }
            #[inline(always)]
            fn plus(self, other: $t) -> $t {
                self + other
            }
            #[inline(always)]
            fn minus(self, other: $t) -> $t {
                self - other
            }
            #[inline(always)]
            fn times(self, other: $t) -> $t {
                self * other
            }
            #[inline(always)]
            fn greater(self, other: $t) -> $t {
                let first = (self > other) | (self.is_nan()) | ((self == other) & other.is_sign_negative());
                if first { self } else { other }
            }
            #[inline(always)]
            fn lesser(self, other: $t) -> $t {
                let first = (self < other) | (self.is_nan()) | ((self == other) & self.is_sign_negative());
                if first { self } else { other }
            }
            #[inline(always)]
            fn negated(self) -> $t {
                -self
            }
            #[inline(always)]
            fn absolute(self) -> $t {
                self.abs()
            }
            #[inline(always)]
            fn sign(self) -> $t {
                let below = if self < 0.0 { -1.0 } else { self };
                if self > 0.0 { 1.0 } else { below }
            }
            #[inline(always)]
            fn from_position(i: usize) -> $t {
                i as $t
            }
            fn sum(x: &[$t]) -> f64 {
                $sum(x)
            }
            fn add_rows(a: &mut [f64], x: &[$t]) {
                $add_rows(a, x);
            }
        }
    )*};
}
floats! {
    f32 |x| sum_f32(x, Identity), add_rows_f32;
    f64 |x| fold(x, 0.0, |x| x, |x, y| x + y), |a: &mut [f64], x: &[f64]| {
        x.chunks_exact(a.len()).for_each(|row| accumulate(a, row, |x| x, |x, y| x + y));
    };
}

impl Accumulator for f64 {
    const ZERO: f64 = 0.0;
    const ONE: f64 = 1.0;
}

macro_rules! integers {
    ($($t:ident $unsigned:ident $signed:ident $absolute:expr, $wide:expr;)*) => {$(
        impl Number for $t {
            const LEAST: $t = $t::MIN;
            const GREATEST: $t = $t::MAX;
            type Accumulator = $t;
            #[inline(always)]
            fn to_accumulator(self) -> $t {
                self
            }
            #[inline(always)]
            fn from_accumulator(x: $t) -> $t {
                x
            }
            #[inline(always)]
            fn plus(self, other: $t) -> $t {
                self.wrapping_add(other)
            }
            #[inline(always)]
            fn minus(self, other: $t) -> $t {
                self.wrapping_sub(other)
            }
            #[inline(always)]
            fn times(self, other: $t) -> $t {
                self.wrapping_mul(other)
            }
            #[inline(always)]
            fn greater(self, other: $t) -> $t {
                self.max(other)
            }
            #[inline(always)]
            fn lesser(self, other: $t) -> $t {
                self.min(other)
            }
            #[inline(always)]
            fn negated(self) -> $t {
                self.wrapping_neg()
            }
            #[inline(always)]
            fn absolute(self) -> $t {
                $absolute(self)
            }
            #[inline(always)]
            #[allow(unused_comparisons, reason = "no unsigned number is below 0")]
            fn sign(self) -> $t {
                let below = if self < 0 { !0 } else { 0 };
                if self > 0 { 1 } else { below }
            }
            #[inline(always)]
            fn from_position(i: usize) -> $t {
                i as $t
            }
            fn sum(x: &[$t]) -> $t {
                fold(x, 0, |x| x, $t::wrapping_add)
            }
        }
        impl Accumulator for $t {
            const ZERO: $t = 0;
            const ONE: $t = 1;
        }
        impl Bits for $t {
            const ONES: $t = !0;
            const NONE: $t = 0;
            #[inline(always)]
            fn and(self, other: $t) -> $t {
                self & other
            }
            #[inline(always)]
            fn or(self, other: $t) -> $t {
                self | other
            }
            #[inline(always)]
            fn xor(self, other: $t) -> $t {
                self ^ other
            }
            #[inline(always)]
            fn not(self) -> $t {
                !self
            }
            #[inline(always)]
            fn shift_left(self, by: $t) -> $t {
                if (by as $unsigned as u64) < u64::from($t::BITS) { self.wrapping_shl(by as u32) } else { 0 }
            }
            #[inline(always)]
            fn shift_right_arithmetic(self, by: $t) -> $t {
                let by = (by as $unsigned as u64).min(u64::from($t::BITS) - 1);
                ((self as $signed).wrapping_shr(by as u32)) as $t
            }
            #[inline(always)]
            fn shift_right_logical(self, by: $t) -> $t {
                let inside = (by as $unsigned as u64) < u64::from($t::BITS);
                if inside { ((self as $unsigned).wrapping_shr(by as u32)) as $t } else { 0 }
            }
            #[inline(always)]
            fn quotient(self, other: $t) -> $t {
                let by = if other == 0 { 1 } else { other };
                let quotient = if $wide { self.wrapping_div(by) } else { (self as f64 / by as f64) as i64 as $t };
                if other == 0 { !0 } else { quotient }
            }
            #[inline(always)]
            fn remainder(self, other: $t) -> $t {
                let by = if other == 0 { 1 } else { other };
                let quotient = if $wide { self.wrapping_div(by) } else { (self as f64 / by as f64) as i64 as $t };
                if other == 0 { self } else { self.wrapping_sub(quotient.wrapping_mul(other)) }
            }
            #[allow(unused_comparisons, reason = "no unsigned number is below 0")]
            fn power(self, exponent: $t) -> $t {
                if exponent < 0 {
                    let odd = exponent & 1 == 1;
                    return if self == 1 || (self == !0 && !odd) { 1 } else if self == !0 { !0 } else { 0 };
                }
                let (mut base, mut left, mut result) = (self, exponent, 1 as $t);
                while left > 0 {
                    if left & 1 == 1 {
                        result = result.wrapping_mul(base);
                    }
                    base = base.wrapping_mul(base);
                    left >>= 1;
                }
                result
            }
        }
    )*};
}
// Quotients of narrower integers are exact in `f64`, which has vector instructions for division.
integers! {
    i8 u8 i8 i8::wrapping_abs, false;
    i16 u16 i16 i16::wrapping_abs, false;
    i32 u32 i32 i32::wrapping_abs, false;
    i64 u64 i64 i64::wrapping_abs, true;
    u8 u8 i8 std::convert::identity, false;
    u16 u16 i16 std::convert::identity, false;
    u32 u32 i32 std::convert::identity, false;
    u64 u64 i64 std::convert::identity, true;
}

/// Runs a block with a type alias for the Rust type of an integer dtype, or another block for any other dtype.
macro_rules! with_integer {
    ($dtype:expr, $T:ident => $int:expr, _ => $other:expr) => {{
        use rune_ir::DType::*;
        match $dtype {
            I8 => {
                type $T = i8;
                $int
            }
            I16 => {
                type $T = i16;
                $int
            }
            I32 => {
                type $T = i32;
                $int
            }
            I64 => {
                type $T = i64;
                $int
            }
            U8 => {
                type $T = u8;
                $int
            }
            U16 => {
                type $T = u16;
                $int
            }
            U32 => {
                type $T = u32;
                $int
            }
            U64 => {
                type $T = u64;
                $int
            }
            Bool | F8E4M3FN | F8E5M2 | F16 | BF16 | F32 | F64 | C64 | C128 => $other,
        }
    }};
}
pub(crate) use with_integer;

/// Runs a block with a type alias for the Rust type of a number in tiles. Runs another block for `bool` and for half
/// types, which are widened before computing.
macro_rules! with_number {
    ($dtype:expr, $T:ident => $number:expr, _ => $other:expr) => {{
        use rune_ir::DType::*;
        match $dtype {
            F32 => { type $T = f32; $number }
            F64 => { type $T = f64; $number }
            dtype => $crate::kernel::number::with_integer!(dtype, $T => $number, _ => $other),
        }
    }};
}
pub(crate) use with_number;
