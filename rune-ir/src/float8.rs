//! Floats of 8 bits, as in the [OCP 8-bit floating point specification](https://www.opencompute.org/documents/ocp-8-bit-floating-point-specification-ofp8-revision-1-0-2023-12-01-pdf-1).

use bytemuck::{Pod, Zeroable};
use std::cmp::Ordering;
use std::fmt;
use std::num::ParseFloatError;
use std::ops::{Add, Div, Mul, Sub};
use std::str::FromStr;

/// The number of bits of an `f32` below the exponent, and the bias of its exponent.
const MANTISSA32: u32 = f32::MANTISSA_DIGITS - 1;
const BIAS32: u32 = 127;
const SIGN: u8 = 0x80;

/// A format of 8 bits: a sign, an exponent, and a mantissa.
trait Format {
    /// The number of bits of the mantissa.
    const MANTISSA: u32;
    /// The bias of the exponent.
    const BIAS: u32;
    /// The bits of the first magnitude that is not finite. It is infinity, or NaN if the format has no infinity.
    const NOT_FINITE: u32;
    /// The bits of the NaN that results have.
    const NAN: u32;
    /// The least positive number.
    const LEAST: f32 = 1.0 / (1u32 << (Self::BIAS + Self::MANTISSA - 1)) as f32;
}

// The loops over many numbers become vector instructions, because nothing branches.
#[inline(always)]
fn decode<F: Format>(bits: u8) -> f32 {
    let (sign, magnitude) = (u32::from(bits & SIGN) << 24, u32::from(bits & !SIGN));
    let normal = (magnitude + ((BIAS32 - F::BIAS) << F::MANTISSA)) << (MANTISSA32 - F::MANTISSA);
    let subnormal = (magnitude as f32 * F::LEAST).to_bits();
    let finite = if magnitude < 1 << F::MANTISSA { subnormal } else { normal };
    let special = if magnitude == F::NOT_FINITE && F::NOT_FINITE != F::NAN { f32::INFINITY } else { f32::NAN };
    f32::from_bits(sign | if magnitude >= F::NOT_FINITE { special.to_bits() } else { finite })
}

#[inline(always)]
fn encode<F: Format>(x: f32) -> u8 {
    const DROPPED: u32 = MANTISSA32;
    let (sign, magnitude) = ((x.to_bits() >> 24) as u8 & SIGN, x.to_bits() & !(1 << 31));
    let shift = DROPPED - F::MANTISSA;
    // Half a unit, and one less if the kept bits are even: a tie then rounds down.
    let rounded = (magnitude + (1 << (shift - 1)) - 1 + (magnitude >> shift & 1)) >> shift;
    let normal = rounded.saturating_sub((BIAS32 - F::BIAS) << F::MANTISSA).min(F::NOT_FINITE);
    // The sum has no bits below one unit: adding rounds to the nearest even number of units.
    let units = f32::from_bits(magnitude) / F::LEAST + (1u32 << MANTISSA32) as f32;
    let subnormal = units.to_bits() & ((1 << MANTISSA32) - 1);
    let least_normal = F::LEAST.to_bits() + (F::MANTISSA << MANTISSA32);
    let number = if magnitude < least_normal { subnormal } else { normal };
    sign | (if magnitude > f32::INFINITY.to_bits() { F::NAN } else { number }) as u8
}

macro_rules! float8 {
    ($(#[doc = $doc:literal])* $name:ident, mantissa: $mantissa:literal, bias: $bias:literal, not finite: $not_finite:literal, nan: $nan:literal) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Default, Pod, Zeroable)]
        #[repr(transparent)]
        pub struct $name(u8);

        impl Format for $name {
            const MANTISSA: u32 = $mantissa;
            const BIAS: u32 = $bias;
            const NOT_FINITE: u32 = $not_finite;
            const NAN: u32 = $nan;
        }

        impl $name {
            /// Returns the number with these bits.
            pub const fn from_bits(bits: u8) -> Self {
                Self(bits)
            }
            /// Returns the bits.
            pub const fn to_bits(self) -> u8 {
                self.0
            }
            /// Returns the nearest number. Ties round to even.
            #[inline(always)]
            pub fn from_f32(x: f32) -> Self {
                Self(encode::<Self>(x))
            }
            /// Returns the same number as an `f32`.
            #[inline(always)]
            pub fn to_f32(self) -> f32 {
                decode::<Self>(self.0)
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.to_f32() == other.to_f32()
            }
        }
        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                self.to_f32().partial_cmp(&other.to_f32())
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.to_f32(), f)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.to_f32(), f)
            }
        }
        impl FromStr for $name {
            type Err = ParseFloatError;
            fn from_str(text: &str) -> Result<Self, ParseFloatError> {
                text.parse().map(Self::from_f32)
            }
        }
        // An `f32` has more than twice as many bits, so that the second rounding changes nothing.
        float8!(operators $name, Add add, Sub sub, Mul mul, Div div);
    };
    (operators $name:ident, $($trait:ident $method:ident),*) => {$(
        impl $trait for $name {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self::from_f32(self.to_f32().$method(other.to_f32()))
            }
        }
    )*};
}

float8! {
    /// A float of 8 bits with 4 bits of exponent and 3 of mantissa, without infinities: from ±2⁻⁹ to ±448. Greater
    /// numbers and infinities become NaN.
    ///
    /// ```
    /// use rune_ir::F8E4M3FN;
    /// assert_eq!(F8E4M3FN::from_f32(0.3).to_f32(), 0.3125);
    /// assert!(F8E4M3FN::from_f32(500.0).to_f32().is_nan());
    /// ```
    F8E4M3FN, mantissa: 3, bias: 7, not finite: 0x7f, nan: 0x7f
}
float8! {
    /// A float of 8 bits with 5 bits of exponent and 2 of mantissa: from ±2⁻¹⁶ to ±57344. Greater numbers become
    /// infinite.
    ///
    /// ```
    /// use rune_ir::F8E5M2;
    /// assert_eq!(F8E5M2::from_f32(0.3).to_f32(), 0.3125);
    /// assert_eq!(F8E5M2::from_f32(1e6).to_f32(), f32::INFINITY);
    /// ```
    F8E5M2, mantissa: 2, bias: 15, not finite: 0x7c, nan: 0x7e
}

#[cfg(test)]
mod tests {
    use super::*;
    use half::f16;

    /// Checks a format: each number is kept, and the numbers between two neighbours round to the nearest.
    fn check<F: Format>(from: fn(f32) -> u8) {
        let finite: Vec<f32> = (0..F::NOT_FINITE).map(|bits| decode::<F>(bits as u8)).collect();
        assert_eq!((finite[0], finite[1]), (0.0, F::LEAST));
        for (bits, two) in finite.windows(2).enumerate() {
            let (bits, low, high) = (bits as u8, two[0], two[1]);
            let tie = (low + high) / 2.0;
            assert_eq!(
                [from(low), from(tie.next_down()), from(tie.next_up()), from(high)],
                [bits, bits, bits + 1, bits + 1]
            );
            assert_eq!([from(tie), from(-tie)], [bits + bits % 2, SIGN | (bits + bits % 2)], "{tie}");
        }
        let (greatest, step) = (finite[finite.len() - 1], finite[finite.len() - 1] - finite[finite.len() - 2]);
        let last = F::NOT_FINITE as u8 - 1;
        assert_eq!(from((greatest + step / 2.0).next_down()), last);
        assert_eq!(from(greatest + step / 2.0), last + last % 2);
        for x in [(greatest + step / 2.0).next_up(), f32::MAX, f32::INFINITY] {
            assert_eq!([from(x), from(-x)], [F::NOT_FINITE as u8, SIGN | F::NOT_FINITE as u8], "{x}");
        }
        assert_eq!([from(f32::NAN), from(-f32::NAN)], [F::NAN as u8, SIGN | F::NAN as u8]);
        assert_eq!([from(-0.0), from(-1e-30), from(f32::from_bits(1))], [SIGN, SIGN, 0]);
    }

    #[test]
    fn numbers_round_to_the_nearest() {
        check::<F8E4M3FN>(encode::<F8E4M3FN>);
        check::<F8E5M2>(encode::<F8E5M2>);
    }

    #[test]
    fn the_bits_are_those_of_the_formats() {
        // The second format is the upper half of an `f16`.
        for bits in 0..=u8::MAX {
            let (x, half) = (F8E5M2::from_bits(bits).to_f32(), f16::from_bits(u16::from(bits) << 8).to_f32());
            assert!(x == half || x.is_nan() && half.is_nan(), "{bits:#x}: {x}, {half}");
            assert_eq!(x.is_sign_negative(), bits >= SIGN);
        }
        let of = |bits| F8E4M3FN::from_bits(bits).to_f32();
        assert_eq!(
            [of(0x01), of(0x07), of(0x08), of(0x38), of(0x7e)],
            [2f32.powi(-9), 0.875 * 2f32.powi(-6), 2f32.powi(-6), 1.0, 448.0]
        );
        assert!(of(0x7f).is_nan() && of(0xff).is_nan() && of(0x80).is_sign_negative());
    }
}
