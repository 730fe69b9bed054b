//! Functions and comparisons of two numbers.

use super::integer::Int;
use super::map::{update2, zip};
use super::number::{ComplexNumber, Extremes, Float, Ordered, Scalar, with_kind};
use super::{InterpretError, undefined};
use crate::op::{BinaryFn, Comparison};
use crate::{Array, Complex64};

/// Applies `f` to each pair of elements.
pub(super) fn binary(f: BinaryFn, x: Array, y: Array) -> Result<Array, InterpretError> {
    let dtype = x.dtype();
    let result = with_kind!(dtype,
        float T => float::<T>(f, x, y),
        int T => int::<T>(f, x, y),
        complex T => complex::<T>(f, x, y),
        bool => boolean(f, x, y));
    result.ok_or(undefined(f.name(), dtype))
}

/// Sums, differences, products and quotients use the arithmetic of the dtype, and are rounded once. The other functions
/// are computed in `f64`, which is exact for remainders and extremes.
fn float<T: Float>(f: BinaryFn, x: Array, y: Array) -> Option<Array> {
    let by = |f: fn(f64, f64) -> f64, x, y| update2(x, y, move |x: T, y: T| T::from_f64(f(x.to_f64(), y.to_f64())));
    Some(match f {
        BinaryFn::Add => update2(x, y, |x: T, y: T| x + y),
        BinaryFn::Sub => update2(x, y, |x: T, y: T| x - y),
        BinaryFn::Mul => update2(x, y, |x: T, y: T| x * y),
        BinaryFn::Div => update2(x, y, |x: T, y: T| x / y),
        BinaryFn::Rem => by(|x, y| x % y, x, y),
        BinaryFn::Pow => by(f64::powf, x, y),
        BinaryFn::Max => update2(x, y, |x: T, y: T| T::from_f64(x.to_f64().greater(y.to_f64()))),
        BinaryFn::Min => update2(x, y, |x: T, y: T| T::from_f64(x.to_f64().lesser(y.to_f64()))),
        BinaryFn::Atan2 => by(f64::atan2, x, y),
        BinaryFn::And
        | BinaryFn::Or
        | BinaryFn::Xor
        | BinaryFn::ShiftLeft
        | BinaryFn::ShiftRightArithmetic
        | BinaryFn::ShiftRightLogical => return None,
    })
}

fn int<T: Int>(f: BinaryFn, x: Array, y: Array) -> Option<Array> {
    Some(match f {
        BinaryFn::Add => update2(x, y, T::plus),
        BinaryFn::Sub => update2(x, y, T::minus),
        BinaryFn::Mul => update2(x, y, T::times),
        BinaryFn::Div => update2(x, y, T::quotient),
        BinaryFn::Rem => update2(x, y, T::remainder),
        BinaryFn::Pow => update2(x, y, T::power),
        BinaryFn::Max => update2(x, y, T::greater),
        BinaryFn::Min => update2(x, y, T::lesser),
        BinaryFn::And => update2(x, y, T::and),
        BinaryFn::Or => update2(x, y, T::or),
        BinaryFn::Xor => update2(x, y, T::xor),
        BinaryFn::ShiftLeft => update2(x, y, T::shift_left),
        BinaryFn::ShiftRightArithmetic => update2(x, y, T::shift_right_arithmetic),
        BinaryFn::ShiftRightLogical => update2(x, y, T::shift_right_logical),
        BinaryFn::Atan2 => return None,
    })
}

fn complex<T: ComplexNumber>(f: BinaryFn, x: Array, y: Array) -> Option<Array> {
    let f: fn(Complex64, Complex64) -> Complex64 = match f {
        BinaryFn::Add => |x, y| x + y,
        BinaryFn::Sub => |x, y| x - y,
        BinaryFn::Mul => |x, y| x * y,
        BinaryFn::Div => super::complex::divide,
        BinaryFn::Pow => super::complex::power,
        BinaryFn::Rem
        | BinaryFn::Max
        | BinaryFn::Min
        | BinaryFn::Atan2
        | BinaryFn::And
        | BinaryFn::Or
        | BinaryFn::Xor
        | BinaryFn::ShiftLeft
        | BinaryFn::ShiftRightArithmetic
        | BinaryFn::ShiftRightLogical => return None,
    };
    Some(update2(x, y, move |x: T, y: T| T::from_accumulator(f(x.to_accumulator(), y.to_accumulator()))))
}

fn boolean(f: BinaryFn, x: Array, y: Array) -> Option<Array> {
    Some(match f {
        BinaryFn::Max | BinaryFn::Or => update2(x, y, |x: bool, y| x | y),
        BinaryFn::Min | BinaryFn::And => update2(x, y, |x: bool, y| x & y),
        BinaryFn::Xor => update2(x, y, |x: bool, y| x ^ y),
        BinaryFn::Add
        | BinaryFn::Sub
        | BinaryFn::Mul
        | BinaryFn::Div
        | BinaryFn::Rem
        | BinaryFn::Pow
        | BinaryFn::Atan2
        | BinaryFn::ShiftLeft
        | BinaryFn::ShiftRightArithmetic
        | BinaryFn::ShiftRightLogical => return None,
    })
}

/// Compares each pair of elements.
pub(super) fn compare(direction: Comparison, x: &Array, y: &Array) -> Result<Array, InterpretError> {
    fn equal<T: Scalar>(direction: Comparison, x: &Array, y: &Array) -> Option<Array> {
        match direction {
            Comparison::Eq => Some(zip(x, y, |x: T, y: T| x == y)),
            Comparison::Ne => Some(zip(x, y, |x: T, y: T| x != y)),
            Comparison::Lt | Comparison::Le | Comparison::Gt | Comparison::Ge => None,
        }
    }
    fn by<T: Ordered>(direction: Comparison, x: &Array, y: &Array) -> Array {
        match direction {
            Comparison::Eq => zip(x, y, |x: T, y: T| x == y),
            Comparison::Ne => zip(x, y, |x: T, y: T| x != y),
            Comparison::Lt => zip(x, y, |x: T, y: T| x < y),
            Comparison::Le => zip(x, y, |x: T, y: T| x <= y),
            Comparison::Gt => zip(x, y, |x: T, y: T| x > y),
            Comparison::Ge => zip(x, y, |x: T, y: T| x >= y),
        }
    }
    let dtype = x.dtype();
    with_kind!(dtype,
        float T => Ok(by::<T>(direction, x, y)),
        int T => Ok(by::<T>(direction, x, y)),
        complex T => equal::<T>(direction, x, y).ok_or(undefined(direction.name(), dtype)),
        bool => Ok(by::<bool>(direction, x, y)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(f: BinaryFn, x: f32, y: f32) -> f32 {
        binary(f, Array::scalar(x), Array::scalar(y)).unwrap().as_slice()[0]
    }

    #[test]
    fn edges_of_floats() {
        assert!(of(BinaryFn::Max, 1.0, f32::NAN).is_nan() && of(BinaryFn::Min, f32::NAN, 1.0).is_nan());
        assert_eq!((of(BinaryFn::Rem, -7.5, 2.0), of(BinaryFn::Pow, f32::NAN, 0.0)), (-1.5, 1.0));
        assert_eq!(of(BinaryFn::Atan2, 0.0, -1.0), std::f32::consts::PI);
    }

    #[test]
    fn either_operand_may_become_the_result() {
        let (x, y) = (Array::from_slice([2], &[5i32, 6]), Array::from_slice([2], &[1i32, 2]));
        let kept = x.clone();
        assert_eq!(binary(BinaryFn::Sub, x, y).unwrap().as_slice::<i32>(), [4, 4]);
        assert_eq!(binary(BinaryFn::Sub, kept.clone(), kept.clone()).unwrap().as_slice::<i32>(), [0, 0]);
        assert_eq!(kept.as_slice::<i32>(), [5, 6]);
    }

    #[test]
    fn nothing_is_related_to_nan() {
        let x = Array::scalar(f32::NAN);
        let related = |c| compare(c, &x, &x).unwrap().as_slice::<bool>()[0];
        assert!(Comparison::ALL.iter().all(|&c| related(c) == (c == Comparison::Ne)));
        assert_eq!(compare(Comparison::Lt, &Array::scalar(false), &Array::scalar(true)).unwrap(), Array::scalar(true));
    }
}
