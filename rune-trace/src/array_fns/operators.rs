//! Operators on tensors, references to tensors and Rust numbers, and the methods with the same meaning.
//!
//! The right side of an operator is any [`Operand`]. The left side may be a tensor, an `f64` or an `i32`. With more
//! types, a literal would be ambiguous, and `(1.0 - &x).sqrt()` would need a type annotation. Put other numbers on the
//! right side, or convert them: `f64::from(rate) * &x`.

use super::broadcast::unify;
use super::complex_order;
use super::scalar::{Argument, Operand};
use crate::{Tensor, lax};
use half::{bf16, f16};
use rune_ir::op::{BinaryFn, Comparison, UnaryFn};
use rune_ir::{Complex32, Complex64, Op};
use std::ops;

#[track_caller]
pub(crate) fn binary(f: BinaryFn, x: Argument, y: Argument) -> Tensor {
    let [x, y] = unify(f.name(), [x, y]);
    if x.dtype().is_complex() && matches!(f, BinaryFn::Max | BinaryFn::Min) {
        return complex_order::extreme(f, &x, &y);
    }
    Tensor::apply1(Op::Binary { f, x, y })
}

#[track_caller]
fn compare(direction: Comparison, x: Argument, y: Argument) -> Tensor {
    let [x, y] = unify(direction.name(), [x, y]);
    if x.dtype().is_complex() {
        return complex_order::compare(direction, &x, &y);
    }
    Tensor::apply1(Op::Compare { direction, x, y })
}

/// Right shift: arithmetic for signed integers and logical for unsigned ones, like in Rust.
#[track_caller]
fn shift_right(x: Argument, y: Argument) -> Tensor {
    let [x, y] = unify("shift_right", [x, y]);
    if x.dtype().is_unsigned_int() { lax::shift_right_logical(&x, &y) } else { lax::shift_right_arithmetic(&x, &y) }
}

macro_rules! operators {
    ($($Op:ident $op:ident, $Assign:ident $assign:ident, |$x:ident, $y:ident| $apply:expr, [$($t:ty),*];)*) => {$(
        impl<R: Operand> ops::$Op<R> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $op(self, other: R) -> Tensor {
                let ($x, $y) = (Argument::Tensor(self), other.into_argument());
                $apply
            }
        }
        impl<R: Operand> ops::$Op<R> for &Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $op(self, other: R) -> Tensor {
                let ($x, $y) = (self.into_argument(), other.into_argument());
                $apply
            }
        }
        impl<R: Operand> ops::$Assign<R> for Tensor {
            #[track_caller]
            fn $assign(&mut self, other: R) {
                let ($x, $y) = (Argument::Tensor(self.clone()), other.into_argument());
                *self = $apply;
            }
        }
        $(
            impl ops::$Op<Tensor> for $t {
                type Output = Tensor;
                #[track_caller]
                fn $op(self, other: Tensor) -> Tensor {
                    let ($x, $y) = (self.into_argument(), Argument::Tensor(other));
                    $apply
                }
            }
            impl ops::$Op<&Tensor> for $t {
                type Output = Tensor;
                #[track_caller]
                fn $op(self, other: &Tensor) -> Tensor {
                    let ($x, $y) = (self.into_argument(), other.into_argument());
                    $apply
                }
            }
        )*
    )*};
}
macro_rules! numbers {
    ($($Op:ident $op:ident, $Assign:ident $assign:ident, $f:ident;)*) => {
        operators! {$(
            $Op $op, $Assign $assign, |x, y| binary(BinaryFn::$f, x, y),
            [i32, f16, bf16, f64, Complex32, Complex64];
        )*}
    };
}
macro_rules! bits {
    ($($Op:ident $op:ident, $Assign:ident $assign:ident, $f:ident;)*) => {
        operators! {$(
            $Op $op, $Assign $assign, |x, y| binary(BinaryFn::$f, x, y),
            [bool, i32];
        )*}
    };
}
numbers! {
    Add add, AddAssign add_assign, Add;
    Sub sub, SubAssign sub_assign, Sub;
    Mul mul, MulAssign mul_assign, Mul;
    Div div, DivAssign div_assign, Div;
    Rem rem, RemAssign rem_assign, Rem;
}
bits! {
    BitAnd bitand, BitAndAssign bitand_assign, And;
    BitOr bitor, BitOrAssign bitor_assign, Or;
    BitXor bitxor, BitXorAssign bitxor_assign, Xor;
}
operators! {
    Shl shl, ShlAssign shl_assign, |x, y| binary(BinaryFn::ShiftLeft, x, y), [i32];
    Shr shr, ShrAssign shr_assign, |x, y| shift_right(x, y), [i32];
}

macro_rules! prefix {
    ($($Op:ident $op:ident $f:ident;)*) => {$(
        impl ops::$Op for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $op(self) -> Tensor {
                Tensor::apply1(Op::Unary { f: UnaryFn::$f, x: self })
            }
        }
        impl ops::$Op for &Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $op(self) -> Tensor {
                Tensor::apply1(Op::Unary { f: UnaryFn::$f, x: self.clone() })
            }
        }
    )*};
}
prefix! {
    Neg neg Neg;
    Not not Not;
}

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident: |$x:ident, $y:ident| $apply:expr;)*) => {
        /// Functions of two operands: tensors of one dtype whose shapes broadcast by NumPy's rules, or a tensor and a
        /// Rust number, which takes the dtype of the tensor.
        ///
        /// Each panics at the caller's line if dtypes differ, if shapes do not broadcast, or if the function does not
        /// support the dtype.
        impl Tensor {$(
            $(#[$doc])*
            #[track_caller]
            pub fn $name(&self, other: impl Operand) -> Tensor {
                let ($x, $y) = (self.into_argument(), other.into_argument());
                $apply
            }
        )*}
    };
}
methods! {
    /// Computes `self + other`.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([[1.0f32], [2.0]]);
    /// assert_eq!(x.add(&Tensor::from([10.0f32, 20.0])).to_vec::<f32>().unwrap(), [11.0, 21.0, 12.0, 22.0]);
    /// ```
    add: |x, y| binary(BinaryFn::Add, x, y);
    /// Computes `self - other`.
    #[doc(alias = "subtract")]
    sub: |x, y| binary(BinaryFn::Sub, x, y);
    /// Computes `self * other`.
    #[doc(alias = "multiply")]
    mul: |x, y| binary(BinaryFn::Mul, x, y);
    /// Computes `self / other`. Integers round toward zero: see [`BinaryFn::Div`].
    #[doc(alias = "divide")]
    #[doc(alias = "true_divide")]
    div: |x, y| binary(BinaryFn::Div, x, y);
    /// Computes the remainder of `self / other`, with the sign of `self`, like Rust's `%`. See also
    /// [`Tensor::remainder`].
    #[doc(alias = "fmod")]
    rem: |x, y| binary(BinaryFn::Rem, x, y);
    /// Raises `self` to the power `other`. For a constant integer power, use [`Tensor::powi`].
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::scalar(2.0f32).pow(0.5).item::<f32>().unwrap(), 2.0f32.sqrt());
    /// ```
    #[doc(alias = "power")]
    pow: |x, y| binary(BinaryFn::Pow, x, y);
    /// Returns the elementwise maximum, or NaN if either element is NaN. For `bool`, it is the logical or. Complex
    /// numbers are ordered by their real parts, then by their imaginary parts.
    ///
    /// ```
    /// use rune_trace::{Complex32, Tensor};
    /// let (x, y) = (Complex32::new(1.0, 2.0), Complex32::new(1.0, -3.0));
    /// assert_eq!(Tensor::scalar(x).maximum(Tensor::scalar(y)).item::<Complex32>()?, x);
    /// # Ok::<(), rune_trace::EvalError>(())
    /// ```
    #[doc(alias = "clamp_min")]
    maximum: |x, y| binary(BinaryFn::Max, x, y);
    /// Returns the elementwise minimum, or NaN if either element is NaN. For `bool`, it is the logical and. Complex
    /// numbers are ordered like in [`Tensor::maximum`].
    #[doc(alias = "clamp_max")]
    minimum: |x, y| binary(BinaryFn::Min, x, y);
    /// Returns the angle of the point (`other`, `self`) seen from the origin, for floats.
    #[doc(alias = "arctan2")]
    atan2: |x, y| binary(BinaryFn::Atan2, x, y);
    /// Computes `self & other`: bitwise and, for integers and `bool`.
    #[doc(alias = "logical_and")]
    #[doc(alias = "bitwise_and")]
    bitand: |x, y| binary(BinaryFn::And, x, y);
    /// Computes `self | other`: bitwise or, for integers and `bool`.
    #[doc(alias = "logical_or")]
    #[doc(alias = "bitwise_or")]
    bitor: |x, y| binary(BinaryFn::Or, x, y);
    /// Computes `self ^ other`: bitwise exclusive or, for integers and `bool`.
    #[doc(alias = "logical_xor")]
    #[doc(alias = "bitwise_xor")]
    bitxor: |x, y| binary(BinaryFn::Xor, x, y);
    /// Computes `self << other` for integers. It is 0 if `other` is at least the bit width.
    #[doc(alias = "left_shift")]
    shift_left: |x, y| binary(BinaryFn::ShiftLeft, x, y);
    /// Computes `self >> other` for integers. It fills with the sign bit for signed integers, and with zeros for
    /// unsigned ones.
    #[doc(alias = "right_shift")]
    shift_right: |x, y| shift_right(x, y);
    /// Returns whether elements are equal, as `bool`.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([1, 2, 3]).eq(2).to_vec::<bool>().unwrap(), [false, true, false]);
    /// ```
    #[doc(alias = "equal")]
    eq: |x, y| compare(Comparison::Eq, x, y);
    /// Returns whether elements differ, as `bool`.
    #[doc(alias = "not_equal")]
    ne: |x, y| compare(Comparison::Ne, x, y);
    /// Returns whether elements of `self` are less than those of `other`, as `bool`. Complex numbers are ordered like
    /// in [`Tensor::maximum`].
    #[doc(alias = "less")]
    lt: |x, y| compare(Comparison::Lt, x, y);
    /// Returns whether elements of `self` are at most those of `other`, as `bool`; false if one is NaN.
    #[doc(alias = "less_equal")]
    le: |x, y| compare(Comparison::Le, x, y);
    /// Returns whether elements of `self` are greater than those of `other`, as `bool`.
    #[doc(alias = "greater")]
    gt: |x, y| compare(Comparison::Gt, x, y);
    /// Returns whether elements of `self` are at least those of `other`, as `bool`; false if one is NaN.
    #[doc(alias = "greater_equal")]
    ge: |x, y| compare(Comparison::Ge, x, y);
}

#[cfg(test)]
mod tests {
    use crate::Tensor;
    use rune_ir::DType;

    #[test]
    #[should_panic(expected = "add: shapes [2, 3] and [4] do not broadcast")]
    fn shapes_that_do_not_broadcast() {
        let _ = Tensor::zeros([2, 3], DType::F32) + Tensor::zeros([4], DType::F32);
    }
    #[test]
    #[should_panic(expected = "add: operands are f32 and i32; convert one, as with `.cast(DType::F32)`")]
    fn dtypes_that_differ() {
        let _ = Tensor::zeros([2, 3], DType::F32) + Tensor::zeros([4], DType::I32);
    }
    #[test]
    #[should_panic(expected = "mul: the float 2.5 is used with a tensor of i32")]
    fn a_fraction_meets_integers() {
        let _ = 2.5 * Tensor::zeros([2], DType::I32);
    }
    #[test]
    #[should_panic(expected = "add: the number 300 is out of the range of u8")]
    fn a_number_out_of_range() {
        let _ = Tensor::zeros([2], DType::U8) + 300;
    }
    #[test]
    fn the_panic_shows_the_callers_line() {
        use std::sync::{Arc, Mutex};
        let seen = Arc::new(Mutex::new(None));
        let (note, me, line) = (seen.clone(), std::thread::current().id(), line!() + 9);
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if std::thread::current().id() == me {
                *note.lock().unwrap() = info.location().map(|l| (l.file().to_owned(), l.line()));
            }
        }));
        let x = Tensor::zeros([2, 3], DType::F32);
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _ = &x + Tensor::zeros([4], DType::F32);
        }));
        std::panic::set_hook(hook);
        assert!(result.is_err());
        assert_eq!(*seen.lock().unwrap(), Some((file!().to_owned(), line)));
    }
}
