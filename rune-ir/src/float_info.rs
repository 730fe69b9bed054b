//! The properties of float dtypes.

use crate::DType;

/// The properties of a float dtype, like NumPy's `finfo`. See [`DType::finfo`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FloatInfo {
    /// The number of bits of an element.
    pub bits: u32,
    /// The number of bits of the mantissa, without the implicit one.
    pub mantissa_bits: u32,
    /// The difference between 1 and the next greater number.
    pub eps: f64,
    /// The greatest finite number.
    pub max: f64,
    /// The least positive normal number.
    pub smallest_normal: f64,
}

impl FloatInfo {
    /// Returns the number of bits of the exponent.
    ///
    /// ```
    /// assert_eq!(rune_ir::DType::BF16.finfo().map(|info| info.exponent_bits()), Some(8));
    /// ```
    pub fn exponent_bits(&self) -> u32 {
        self.bits - 1 - self.mantissa_bits
    }
}

impl DType {
    /// Returns the properties of a float dtype, or of the parts of a complex dtype. Returns `None` for any other dtype.
    ///
    /// ```
    /// use rune_ir::DType;
    /// let info = DType::C64.finfo().unwrap();
    /// assert_eq!((info.max, info.eps), (f64::from(f32::MAX), f64::from(f32::EPSILON)));
    /// assert!(DType::I32.finfo().is_none());
    /// ```
    #[allow(clippy::wildcard_enum_match_arm, reason = "all others are no floats")]
    pub fn finfo(self) -> Option<FloatInfo> {
        let (bits, mantissa_bits) = match self.real() {
            DType::F8E4M3FN => (8, 3),
            DType::F8E5M2 => (8, 2),
            DType::F16 => (16, 10),
            DType::BF16 => (16, 7),
            DType::F32 => (32, 23),
            DType::F64 => (64, 52),
            _ => return None,
        };
        let greatest_exponent = (1 << (bits - 2 - mantissa_bits)) - 1;
        let eps = 0.5f64.powi(mantissa_bits as i32);
        let smallest_normal = 2f64.powi(1 - greatest_exponent);
        // Without infinities, only the greatest number of the greatest exponent is not finite.
        let (last, exponent) =
            if self == DType::F8E4M3FN { (2.0 * eps, greatest_exponent + 1) } else { (eps, greatest_exponent) };
        let max = (2.0 - last) * 2f64.powi(exponent);
        Some(FloatInfo { bits, mantissa_bits, eps, max, smallest_normal })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use half::{bf16, f16};

    #[test]
    fn properties_are_those_of_the_types_in_rust() {
        let found = |dtype: DType| dtype.finfo().map(|i| (i.max, i.eps, i.smallest_normal)).unwrap();
        assert_eq!(found(DType::F8E4M3FN), (448.0, 0.125, 2f64.powi(-6)));
        assert_eq!(found(DType::F8E5M2), (57344.0, 0.25, 2f64.powi(-14)));
        assert_eq!(found(DType::F16), [f16::MAX, f16::EPSILON, f16::MIN_POSITIVE].map(f64::from).into());
        assert_eq!(found(DType::BF16), [bf16::MAX, bf16::EPSILON, bf16::MIN_POSITIVE].map(f64::from).into());
        assert_eq!(found(DType::F32), [f32::MAX, f32::EPSILON, f32::MIN_POSITIVE].map(f64::from).into());
        assert_eq!(found(DType::F64), (f64::MAX, f64::EPSILON, f64::MIN_POSITIVE));
        for dtype in DType::ALL {
            let info = dtype.finfo();
            assert_eq!(info.is_some(), dtype.is_inexact());
            assert!(info.is_none_or(|i| i.bits as usize == 8 * dtype.real().size()));
        }
    }
}
