//! Conversions to another dtype.

use super::map::map;
use super::number::Scalar;
use crate::{Array, DType, Type, with_element};

/// Converts the elements to `dtype`, to the nearest numbers that it can hold.
pub(super) fn convert(x: Array, dtype: DType) -> Array {
    if x.dtype() == dtype {
        return x;
    }
    with_element!(x.dtype(), S => with_element!(dtype, D => map(&x, cast::<S, D>)))
}

#[inline(always)]
fn cast<S: Scalar, D: Scalar>(x: S) -> D {
    if S::DTYPE.is_complex() {
        D::from_complex(x.to_complex())
    } else if S::FLOAT {
        // Every float is exact in f64, so this rounds once. For integers, `from_f64` truncates and saturates.
        D::from_f64(x.to_f64())
    } else if S::UNSIGNED {
        D::from_u64(x.to_i64() as u64)
    } else {
        D::from_i64(x.to_i64())
    }
}

/// Reinterprets the bits as another type.
pub(super) fn bitcast(x: &Array, ty: &Type) -> Array {
    Array::from_bytes(ty.clone(), x.bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Complex32, Complex64};
    use half::{bf16, f16};

    fn to<T: crate::Element>(x: Array) -> T {
        convert(x, T::DTYPE).as_slice::<T>()[0]
    }

    #[test]
    fn numbers_are_kept_or_wrapped_or_saturated() {
        assert_eq!((to::<i8>(Array::scalar(300.7f32)), to::<u8>(Array::scalar(-1.0f32))), (127, 0));
        assert_eq!((to::<i32>(Array::scalar(f32::NAN)), to::<i32>(Array::scalar(-1.9f64))), (0, -1));
        assert_eq!((to::<i8>(Array::scalar(300i32)), to::<u16>(Array::scalar(-1i8))), (44, 65535));
        assert_eq!(
            (to::<i64>(Array::scalar(u64::MAX)), to::<f32>(Array::scalar(u64::MAX))),
            (-1, 18446744073709551616.)
        );
        assert_eq!((to::<bool>(Array::scalar(f32::NAN)), to::<bool>(Array::scalar(-0.0f32))), (true, false));
        assert_eq!((to::<bool>(Array::scalar(256i32)), to::<f32>(Array::scalar(true))), (true, 1.0));
        assert_eq!(to::<i64>(Array::scalar(1e30f32)), i64::MAX);
        assert_eq!(to::<f16>(Array::scalar(1.0 + 2f64.powi(-11) + 2f64.powi(-40))), f16::from_f32(1.0009766));
        assert_eq!(to::<bf16>(Array::scalar((1i64 << 40) + (1 << 32) + 1)), bf16::from_f32(1108101562368.0));
        assert_eq!(to::<f16>(Array::scalar(i64::MIN)), f16::NEG_INFINITY);
        let z = |re, im| Array::scalar(Complex64::new(re, im));
        assert_eq!((to::<i32>(z(-2.7, 5.0)), to::<f32>(z(0.5, 1.0))), (-2, 0.5));
        assert_eq!(
            (to::<bool>(z(0.0, 1.0)), to::<bool>(z(0.0, -0.0)), to::<bool>(z(0.0, f64::NAN))),
            (true, false, true)
        );
        assert_eq!(to::<Complex32>(Array::scalar(true)), Complex32::new(1.0, 0.0));
        assert_eq!(to::<Complex32>(z(0.1, f64::MAX)), Complex32::new(0.1, f32::INFINITY));
    }

    #[test]
    fn bits_split_lowest_first() {
        let x = Array::from_slice([1], &[0x0102_0304u32]);
        let parts = bitcast(&x, &Type::new(DType::U8, [1, 4]));
        assert_eq!(parts.as_slice::<u8>(), [4, 3, 2, 1]);
        assert_eq!(bitcast(&parts, x.ty()), x);
    }
}
