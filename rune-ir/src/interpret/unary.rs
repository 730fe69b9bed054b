//! Functions of one number.

use super::integer::Int;
use super::map::{map, update};
use super::number::{Float, with_kind};
use super::{InterpretError, undefined};
use crate::Array;
use crate::op::UnaryFn;
use std::ops::Not;

/// Applies `f` to each element.
pub(super) fn unary(f: UnaryFn, x: Array) -> Result<Array, InterpretError> {
    let dtype = x.dtype();
    let result = with_kind!(dtype,
        float T => float::<T>(f, x),
        int T => int::<T>(f, x),
        complex T => super::complex::unary::<T>(f, x),
        bool => (f == UnaryFn::Not).then(|| update(x, bool::not)));
    result.ok_or(undefined(f.name(), dtype))
}

/// Floats are computed in `f64` and rounded once. Exact functions of `f32` therefore stay exact, and the error of the
/// others is hardly more than half a unit in the last place.
fn float<T: Float>(f: UnaryFn, x: Array) -> Option<Array> {
    let by = |f: fn(f64) -> f64, x| update(x, move |x: T| T::from_f64(f(x.to_f64())));
    Some(match f {
        UnaryFn::Abs => update(x, |x: T| T::from_f64(x.to_f64().abs())),
        UnaryFn::Neg => update(x, |x: T| T::from_f64(-x.to_f64())),
        UnaryFn::Sign => update(x, |x: T| T::from_f64(sign(x.to_f64()))),
        UnaryFn::Floor => by(f64::floor, x),
        UnaryFn::Ceil => by(f64::ceil, x),
        UnaryFn::RoundAfz => by(f64::round, x),
        UnaryFn::RoundEven => by(f64::round_ties_even, x),
        UnaryFn::Exp => by(f64::exp, x),
        UnaryFn::Exp2 => by(f64::exp2, x),
        UnaryFn::Expm1 => by(f64::exp_m1, x),
        UnaryFn::Log => by(f64::ln, x),
        UnaryFn::Log1p => by(f64::ln_1p, x),
        UnaryFn::Sqrt => update(x, |x: T| T::from_f64(x.to_f64().sqrt())),
        UnaryFn::Rsqrt => update(x, |x: T| T::from_f64(1.0 / x.to_f64().sqrt())),
        UnaryFn::Cbrt => by(f64::cbrt, x),
        UnaryFn::Sin => by(f64::sin, x),
        UnaryFn::Cos => by(f64::cos, x),
        UnaryFn::Tan => by(f64::tan, x),
        UnaryFn::Tanh => by(f64::tanh, x),
        UnaryFn::Logistic => by(logistic, x),
        UnaryFn::Erf => by(libm::erf, x),
        UnaryFn::IsFinite => map(&x, |x: T| x.to_f64().is_finite()),
        UnaryFn::Not | UnaryFn::Real | UnaryFn::Imag | UnaryFn::Conj => return None,
    })
}

fn int<T: Int>(f: UnaryFn, x: Array) -> Option<Array> {
    Some(match f {
        UnaryFn::Abs => update(x, T::absolute),
        UnaryFn::Neg => update(x, |x| T::ZERO.minus(x)),
        UnaryFn::Sign => update(x, T::sign),
        UnaryFn::Not => update(x, T::not),
        UnaryFn::Floor
        | UnaryFn::Ceil
        | UnaryFn::RoundAfz
        | UnaryFn::RoundEven
        | UnaryFn::Exp
        | UnaryFn::Exp2
        | UnaryFn::Expm1
        | UnaryFn::Log
        | UnaryFn::Log1p
        | UnaryFn::Sqrt
        | UnaryFn::Rsqrt
        | UnaryFn::Cbrt
        | UnaryFn::Sin
        | UnaryFn::Cos
        | UnaryFn::Tan
        | UnaryFn::Tanh
        | UnaryFn::Logistic
        | UnaryFn::Erf
        | UnaryFn::IsFinite
        | UnaryFn::Real
        | UnaryFn::Imag
        | UnaryFn::Conj => return None,
    })
}

/// Returns the sign. Zeros keep their sign, and NaN stays NaN.
fn sign(x: f64) -> f64 {
    if x > 0.0 {
        1.0
    } else if x < 0.0 {
        -1.0
    } else {
        x
    }
}

/// Computes 1 / (1 + e⁻ˣ). Each form is used where it does not overflow, so small results keep all their digits.
fn logistic(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::UnaryFn::*;
    use half::f16;

    fn of(f: UnaryFn, x: f32) -> f32 {
        unary(f, Array::scalar(x)).unwrap().as_slice()[0]
    }

    #[test]
    fn edges_of_floats() {
        assert_eq!(of(Sign, -0.0).to_bits(), (-0.0f32).to_bits());
        assert!(of(Sign, f32::NAN).is_nan());
        assert_eq!(
            (of(RoundEven, 2.5), of(RoundEven, -3.5), of(RoundAfz, 2.5), of(RoundAfz, -2.5)),
            (2., -4., 3., -3.)
        );
        assert_eq!((of(Expm1, 1e-10), of(Log1p, 1e-10), of(Cbrt, -8.0)), (1e-10, 1e-10, -2.0));
        assert_eq!((of(Logistic, -100.0), of(Logistic, 100.0), of(Rsqrt, 0.0)), (3.8e-44, 1.0, f32::INFINITY));
        assert_eq!((of(Neg, 0.0).to_bits(), of(Abs, -0.0).to_bits()), (1 << 31, 0));
    }

    #[test]
    fn integers_and_bool() {
        let x = unary(Abs, Array::from_slice([2], &[i8::MIN, -3])).unwrap();
        assert_eq!(x.as_slice::<i8>(), [i8::MIN, 3]);
        assert_eq!(unary(Neg, Array::scalar(1u8)).unwrap().as_slice::<u8>(), [255]);
        assert_eq!(unary(UnaryFn::Not, Array::scalar(true)).unwrap().as_slice::<bool>(), [false]);
        assert!(unary(Exp, Array::scalar(1i32)).is_err());
    }

    #[test]
    fn finiteness_is_a_bool() {
        let x = Array::from_slice([3], &[f16::INFINITY, f16::NAN, f16::MAX]);
        assert_eq!(unary(IsFinite, x).unwrap().as_slice::<bool>(), [false, false, true]);
    }
}
