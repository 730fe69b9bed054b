//! Elementwise operations that belong to no family.

use super::integer::Int;
use super::map::{update, write};
use super::number::{ComplexNumber, Extremes, Float, Real, Ring, with_kind};
use super::strided::with_word;
use super::{InterpretError, undefined};
use crate::Array;

/// Raises each element to a fixed power, by repeated squaring. Floats are computed in `f64`, and rounded once.
pub(super) fn integer_pow(x: Array, y: i32) -> Result<Array, InterpretError> {
    fn float<T: Float>(x: Array, y: i32) -> Array {
        update(x, |x: T| {
            let x = x.to_f64();
            T::from_f64(power(if y < 0 { 1.0 / x } else { x }, y.unsigned_abs()))
        })
    }
    fn int<T: Int>(x: Array, y: i32) -> Option<Array> {
        (y >= 0).then(|| update(x, |x: T| power(x, y.unsigned_abs())))
    }
    let dtype = x.dtype();
    fn complex<T: ComplexNumber>(x: Array, y: i32) -> Array {
        update(x, |x: T| {
            let x = x.to_accumulator();
            T::from_accumulator(power(if y < 0 { x.finv() } else { x }, y.unsigned_abs()))
        })
    }
    let result = with_kind!(dtype,
        float T => Some(float::<T>(x, y)),
        int T => int::<T>(x, y),
        complex T => Some(complex::<T>(x, y)),
        bool => None);
    result.ok_or(undefined("integer_pow", dtype))
}

fn power<T: Ring>(mut base: T, mut exponent: u32) -> T {
    let mut result = T::ONE;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result.times(base);
        }
        exponent >>= 1;
        if exponent > 0 {
            base = base.times(base);
        }
    }
    result
}

/// Returns the elements of one array where `pred` is true, and those of the other elsewhere.
pub(super) fn select(pred: &Array, mut on_true: Array, on_false: Array) -> Array {
    let pred = pred.as_slice::<bool>();
    let (mut out, other, from_other) =
        if on_true.is_unique() { (on_true, on_false, false) } else { (on_false, on_true, true) };
    with_word!(out.dtype().size(), W => {
        let other: &[W] = bytemuck::cast_slice(other.bytes());
        let out: &mut [W] = bytemuck::cast_slice_mut(out.bytes_mut());
        for ((out, &other), &pred) in out.iter_mut().zip(other).zip(pred) {
            if pred == from_other {
                *out = other;
            }
        }
    });
    out
}

/// Computes `min(max(x, min), max)`.
pub(super) fn clamp(min: &Array, x: Array, max: &Array) -> Result<Array, InterpretError> {
    fn by<T: Real>(min: &Array, mut x: Array, max: &Array) -> Array {
        let clamped = |min: T, x: T, max: T| {
            T::from_accumulator(x.to_accumulator().greater(min.to_accumulator()).lesser(max.to_accumulator()))
        };
        let bounds = min.as_slice().iter().zip(max.as_slice());
        if x.is_unique() {
            x.make_mut().iter_mut().zip(bounds).for_each(|(x, (&min, &max))| *x = clamped(min, *x, max));
            return x;
        }
        write(x.ty(), |out| {
            for ((out, &x), (&min, &max)) in out.iter_mut().zip(x.as_slice()).zip(bounds) {
                *out = clamped(min, x, max);
            }
        })
    }
    let dtype = x.dtype();
    with_kind!(dtype,
        float T => Ok(by::<T>(min, x, max)),
        int T => Ok(by::<T>(min, x, max)),
        complex T => Err(undefined("clamp", <T as crate::Element>::DTYPE)),
        bool => Err(undefined("clamp", dtype)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_powers() {
        let of = |x: f32, y| integer_pow(Array::scalar(x), y).unwrap().as_slice::<f32>()[0];
        assert_eq!((of(-3.0, 3), of(2.0, -2), of(f32::NAN, 0), of(0.0, -1)), (-27.0, 0.25, 1.0, f32::INFINITY));
        assert_eq!(integer_pow(Array::scalar(3i8), 5).unwrap(), Array::scalar(-13i8));
        assert!(integer_pow(Array::scalar(3i8), -1).is_err());
    }

    #[test]
    fn a_choice_takes_either_buffer() {
        let pred = Array::from_slice([2], &[true, false]);
        let (a, b) = (Array::from_slice([2], &[1i16, 2]), Array::from_slice([2], &[3i16, 4]));
        let expected = Array::from_slice([2], &[1i16, 4]);
        assert_eq!(select(&pred, a.clone(), b.clone()), expected);
        let kept = a.clone();
        assert_eq!(select(&pred, a, b), expected);
        assert_eq!(kept.as_slice::<i16>(), [1, 2]);
    }

    #[test]
    fn bounds_cross_and_nan_wins() {
        let of = |min: f32, x: f32, max: f32| {
            let out = clamp(&Array::scalar(min), Array::scalar(x), &Array::scalar(max)).unwrap();
            out.as_slice::<f32>()[0]
        };
        assert_eq!((of(0.0, 5.0, 1.0), of(3.0, 2.0, 1.0)), (1.0, 1.0));
        assert!(of(f32::NAN, 0.0, 1.0).is_nan() && of(0.0, f32::NAN, 1.0).is_nan() && of(0.0, 0.0, f32::NAN).is_nan());
    }
}
