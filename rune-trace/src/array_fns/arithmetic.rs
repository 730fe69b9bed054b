//! More elementwise functions: rounding, parts of numbers, comparison with tolerances, angles.

use super::axes::resolve_axis;
use super::bits::{expect_int, signed};
use super::broadcast::{expect_one_dtype, unify};
use super::complex::{expect_inexact, wrap_angle};
use super::elementwise::{expect_float, max_and_distance};
use super::join::{concat, part};
use super::reductions::as_float;
use super::scalar::Operand;
use crate::control::while_loop;
use crate::tensor::{Caller, at_caller};
use crate::{Tensor, lax};
use std::f64::consts;

/// Signs, roundings and extremes.
impl Tensor {
    /// Rounds floats towards 0.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([1.7f32, -1.7]).trunc().to_vec::<f32>().unwrap(), [1.0, -1.0]);
    /// ```
    #[doc(alias = "fix")]
    #[track_caller]
    pub fn trunc(&self) -> Tensor {
        expect_float("trunc", self);
        lax::select(&self.lt(0.0), &self.ceil(), &self.floor())
    }
    /// Rounds floats, or the parts of complex numbers, to this number of decimals. Halves go to the even digit. A
    /// negative number rounds digits before the decimal point.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([1.237f32, 125.0]).around(2).to_vec::<f32>().unwrap(), [1.24, 125.0]);
    /// assert_eq!(Tensor::from([1.25f32, 125.0]).around(-1).to_vec::<f32>().unwrap(), [0.0, 120.0]);
    /// ```
    #[track_caller]
    pub fn around(&self, decimals: i32) -> Tensor {
        if decimals == 0 {
            return self.round();
        }
        if self.dtype().is_complex() {
            return lax::complex(&lax::real(self).around(decimals), &lax::imag(self).around(decimals));
        }
        expect_float("around", self);
        let factor = 10f64.powi(decimals.abs());
        if decimals > 0 { (self * factor).round() / factor } else { (self / factor).round() * factor }
    }
    /// Returns the fractional part and the whole part of floats. Both have the sign of x.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let (fraction, whole) = Tensor::from([-1.5f32, 2.25]).modf();
    /// assert_eq!(fraction.to_vec::<f32>().unwrap(), [-0.5, 0.25]);
    /// assert_eq!(whole.to_vec::<f32>().unwrap(), [-1.0, 2.0]);
    /// ```
    #[track_caller]
    pub fn modf(&self) -> (Tensor, Tensor) {
        expect_float("modf", self);
        let whole = lax::select(&self.lt(0.0), &self.ceil(), &self.floor());
        (self - &whole, whole)
    }
    /// Returns the quotient rounded down and the remainder: [`Tensor::floor_divide`] and [`Tensor::remainder`].
    #[track_caller]
    pub fn divmod(&self, other: impl Operand) -> (Tensor, Tensor) {
        let [x, y] = unify("divmod", [self.into_argument(), other.into_argument()]);
        (x.floor_divide(&y), x.remainder(&y))
    }
    /// Returns whether the sign bit of floats is set. It is also set in -0 and in a negative NaN.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([-0.0f32, 0.0]).signbit().to_vec::<bool>().unwrap(), [true, false]);
    /// ```
    #[track_caller]
    pub fn signbit(&self) -> Tensor {
        expect_float("signbit", self);
        lax::bitcast_convert(self, signed(self.dtype())).lt(0)
    }
    /// Returns the magnitude of `self` with the sign of `other`, for floats.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([1.0f32, -2.0]).copysign(-0.0).to_vec::<f32>().unwrap(), [-1.0, -2.0]);
    /// ```
    #[track_caller]
    pub fn copysign(&self, other: impl Operand) -> Tensor {
        expect_float("copysign", self);
        let [x, y] = unify("copysign", [self.into_argument(), other.into_argument()]);
        lax::select(&x.signbit().ne(y.signbit()), &-&x, &x)
    }
    /// Returns 0 for negative floats, 1 for positive ones, `at_zero` for 0, and NaN for NaN.
    #[track_caller]
    pub fn heaviside(&self, at_zero: impl Operand) -> Tensor {
        expect_float("heaviside", self);
        let [x, h] = unify("heaviside", [self.into_argument(), at_zero.into_argument()]);
        let step = lax::select(&x.lt(0.0), &x.zeros_like(), &lax::select(&x.gt(0.0), &x.ones_like(), &h));
        lax::select(&x.isnan(), &x, &step)
    }
    /// Returns the elementwise maximum. If one element is NaN, returns the other.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([f32::NAN, 3.0]).fmax(2.0).to_vec::<f32>().unwrap(), [2.0, 3.0]);
    /// ```
    #[track_caller]
    pub fn fmax(&self, other: impl Operand) -> Tensor {
        let [x, y] = unify("fmax", [self.into_argument(), other.into_argument()]);
        lax::select(&(x.gt(&y) | y.isnan()), &x, &y)
    }
    /// Returns the elementwise minimum. If one element is NaN, returns the other.
    #[track_caller]
    pub fn fmin(&self, other: impl Operand) -> Tensor {
        let [x, y] = unify("fmin", [self.into_argument(), other.into_argument()]);
        lax::select(&(x.lt(&y) | y.isnan()), &x, &y)
    }
    /// Returns whether floats are ∞.
    #[track_caller]
    pub fn isposinf(&self) -> Tensor {
        expect_float("isposinf", self);
        self.eq(f64::INFINITY)
    }
    /// Returns whether floats are -∞.
    #[track_caller]
    pub fn isneginf(&self) -> Tensor {
        expect_float("isneginf", self);
        self.eq(f64::NEG_INFINITY)
    }
}

/// Logarithms, powers of two and angles.
impl Tensor {
    /// Returns log₂ (2ˣ + 2ʸ) without intermediate overflow, for floats and complex numbers.
    #[track_caller]
    pub fn logaddexp2(&self, other: impl Operand) -> Tensor {
        expect_inexact("logaddexp2", self);
        let [x, y] = unify("logaddexp2", [self.into_argument(), other.into_argument()]);
        let [alike, greater, below] = max_and_distance(&x, &y);
        let sum = lax::select(&alike, &(&x + &y), &(greater + below.exp2().log1p() / consts::LN_2));
        wrap_angle(&sum, consts::PI / consts::LN_2)
    }
    /// Converts floats and complex numbers from radians to degrees.
    #[doc(alias = "rad2deg")]
    #[track_caller]
    pub fn degrees(&self) -> Tensor {
        expect_inexact("degrees", self);
        self * (180.0 / consts::PI)
    }
    /// [`Tensor::degrees`], under NumPy's other name.
    #[track_caller]
    pub fn rad2deg(&self) -> Tensor {
        self.degrees()
    }
    /// Converts floats and complex numbers from degrees to radians.
    #[track_caller]
    pub fn radians(&self) -> Tensor {
        expect_inexact("radians", self);
        self * (consts::PI / 180.0)
    }
    /// [`Tensor::radians`], under NumPy's other name.
    #[track_caller]
    pub fn deg2rad(&self) -> Tensor {
        self.radians()
    }
    /// Adds multiples of `period` to floats along `axis`, so that neighbors differ by at most half a period.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([3.0f32, 0.5, 1.0]).unwrap(4.0, 0).to_vec::<f32>().unwrap(), [3.0, 4.5, 5.0]);
    /// ```
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn unwrap(&self, period: f64, axis: isize) -> Tensor {
        expect_float("unwrap", self);
        let at = resolve_axis("unwrap", axis, self.shape());
        let n = self.shape()[at];
        if n < 2 {
            return self.clone();
        }
        let half = period / 2.0;
        let (first, rest) = (part(self, at, 0, 1), part(self, at, 1, n));
        let step = &rest - part(self, at, 0, n - 1);
        let near = (&step + half).remainder(period) - half;
        let upper = near.eq(-half) & step.gt(0.0);
        let near = lax::select(&upper, &lax::full_like(&near, half), &near);
        let correction = lax::select(&step.abs().lt(half), &step.zeros_like(), &(&near - &step));
        concat("unwrap", &[first, rest + correction.cumsum(axis)], axis)
    }
}

/// Comparisons of whole tensors.
impl Tensor {
    /// Returns whether all elements are close, as a `bool` scalar: see [`Tensor::isclose`]. NumPy's defaults are 1e-5
    /// for `rtol` and 1e-8 for `atol`. Integers and `bool` are compared as `f32`.
    ///
    /// # Panics
    /// If the shapes do not broadcast or the dtypes differ.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([1.0f32, 2.0]);
    /// assert!(x.allclose(&x + 1e-7, 1e-5, 1e-8).item::<bool>().unwrap());
    /// ```
    #[track_caller]
    pub fn allclose(&self, other: impl Operand, rtol: f64, atol: f64) -> Tensor {
        let [x, y] = unify("allclose", [self.into_argument(), other.into_argument()]);
        as_float(&x).isclose(as_float(&y), rtol, atol).all()
    }
    /// Returns whether the shapes and all elements are equal, as a `bool` scalar.
    ///
    /// # Panics
    /// If the dtypes differ.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([1, 2]);
    /// assert!(x.array_equal(&x).item::<bool>().unwrap());
    /// assert!(!x.array_equal(&Tensor::from([1, 2, 3])).item::<bool>().unwrap());
    /// ```
    #[track_caller]
    pub fn array_equal(&self, other: &Tensor) -> Tensor {
        expect_one_dtype("array_equal", &[self.dtype(), other.dtype()]);
        if self.shape() != other.shape() { Tensor::scalar(false) } else { self.eq(other).all() }
    }
    /// Returns whether the shapes broadcast and all elements are equal, as a `bool` scalar.
    ///
    /// # Panics
    /// If the dtypes differ.
    #[track_caller]
    pub fn array_equiv(&self, other: &Tensor) -> Tensor {
        expect_one_dtype("array_equiv", &[self.dtype(), other.dtype()]);
        let joint = super::broadcast::joint_shape(&[self.shape(), other.shape()]);
        if joint.is_none() { Tensor::scalar(false) } else { self.eq(other).all() }
    }
}

/// Whole numbers.
impl Tensor {
    /// Returns the elementwise greatest common divisor of integers. The result is 0 or positive.
    ///
    /// # Panics
    /// If the dtype is not an integer, the dtypes differ, or the shapes do not broadcast.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([12, -18]).gcd(8).to_vec::<i32>().unwrap(), [4, 2]);
    /// ```
    #[track_caller]
    pub fn gcd(&self, other: impl Operand) -> Tensor {
        let [x, y] = unify("gcd", [self.into_argument(), other.into_argument()]);
        expect_int("gcd", &x);
        let (x, y) = (magnitude(&x), magnitude(&y));
        let caller = Caller::here();
        // Euclid's algorithm, until all elements are done.
        let pair = |(x, y): &(Tensor, Tensor)| {
            caller.run(|| {
                let done = y.eq(0);
                let rest = lax::rem(x, &lax::select(&done, &y.ones_like(), y));
                (lax::select(&done, x, y), lax::select(&done, y, &rest))
            })
        };
        at_caller(|| while_loop(|(_, y): &(Tensor, Tensor)| caller.run(|| y.ne(0).any()), pair, &(x, y)).0)
    }
    /// Returns the elementwise least common multiple of integers. The result is 0 or positive, unless it overflows and
    /// wraps.
    ///
    /// # Panics
    /// Like [`Tensor::gcd`].
    #[track_caller]
    pub fn lcm(&self, other: impl Operand) -> Tensor {
        let [x, y] = unify("lcm", [self.into_argument(), other.into_argument()]);
        expect_int("lcm", &x);
        let divisor = x.gcd(&y);
        let (x, y) = (magnitude(&x), magnitude(&y));
        let none = divisor.eq(0);
        let quotient = lax::div(&y, &lax::select(&none, &y.ones_like(), &divisor));
        lax::select(&none, &x.zeros_like(), &lax::mul(&x, &quotient))
    }
}

#[track_caller]
fn magnitude(x: &Tensor) -> Tensor {
    if x.dtype().is_signed_int() { x.abs() } else { x.clone() }
}
