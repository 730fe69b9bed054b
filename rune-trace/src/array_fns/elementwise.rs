//! Elementwise functions.

use super::broadcast::{broadcast, expect_joint_shape, unify, unify_with};
use super::complex::{self, expect_inexact};
use super::scalar::Operand;
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::op::UnaryFn;
use rune_ir::{DType, Op};
use std::f64::consts;

macro_rules! unary {
    ($($(#[$doc:meta])* $name:ident $f:ident;)*) => {
        /// Elementwise functions. Each panics at the caller's line if it does not support the dtype.
        impl Tensor {$(
            $(#[$doc])*
            #[track_caller]
            pub fn $name(&self) -> Tensor {
                Tensor::apply1(Op::Unary { f: UnaryFn::$f, x: self.clone() })
            }
        )*}
    };
}
unary! {
    /// Returns |x|, for floats, signed integers and complex numbers. The magnitude of a complex number is a float. The
    /// derivative at 0 is 0.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([-1.5f32, 2.0]).abs().to_vec::<f32>().unwrap(), [1.5, 2.0]);
    /// ```
    #[doc(alias = "absolute")]
    #[doc(alias = "fabs")]
    abs Abs;
    /// Returns -x, for numbers. It wraps on overflow.
    #[doc(alias = "negative")]
    neg Neg;
    /// Returns the sign of numbers: -1, 0 or 1. NaN stays NaN. For complex numbers, it is x / |x|, or 0 for 0.
    sign Sign;
    /// Returns the largest integer not above x, for floats.
    floor Floor;
    /// Returns the smallest integer not below x, for floats.
    ceil Ceil;
    /// Returns the nearest integer, for floats. Halves round away from zero, like Rust's `round`.
    round_half_away RoundAfz;
    /// Returns eˣ, for floats and complex numbers.
    exp Exp;
    /// Returns 2ˣ, for floats and complex numbers.
    exp2 Exp2;
    /// Returns eˣ - 1, without loss of precision near 0, for floats and complex numbers.
    expm1 Expm1;
    /// Returns ln x, for floats and complex numbers.
    log Log;
    /// Returns ln (1 + x), without loss of precision near 0, for floats and complex numbers.
    log1p Log1p;
    /// Returns √x, for floats and complex numbers.
    sqrt Sqrt;
    /// Returns 1 / √x, for floats and complex numbers.
    rsqrt Rsqrt;
    /// Returns ∛x, for floats.
    cbrt Cbrt;
    /// Returns sin x, for floats and complex numbers.
    sin Sin;
    /// Returns cos x, for floats and complex numbers.
    cos Cos;
    /// Returns tan x, for floats and complex numbers.
    tan Tan;
    /// Returns tanh x, for floats and complex numbers.
    tanh Tanh;
    /// Returns 1 / (1 + e⁻ˣ), for floats and complex numbers.
    #[doc(alias = "logistic")]
    #[doc(alias = "expit")]
    sigmoid Logistic;
    /// Returns the error function, for floats.
    erf Erf;
    /// Inverts each bit of integers and `bool`: `!x`.
    #[doc(alias = "bitwise_not")]
    #[doc(alias = "invert")]
    logical_not Not;
}

/// Elementwise functions composed of others.
impl Tensor {
    /// Returns the nearest whole number, for floats. Halves go to the even number, like NumPy's `round`. For complex
    /// numbers, rounds each part.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([0.5f32, 1.5, 2.5]).round().to_vec::<f32>().unwrap(), [0.0, 2.0, 2.0]);
    /// ```
    #[doc(alias = "round_")]
    #[track_caller]
    pub fn round(&self) -> Tensor {
        if self.dtype().is_complex() {
            return lax::complex(&lax::round_even(&lax::real(self)), &lax::round_even(&lax::imag(self)));
        }
        lax::round_even(self)
    }
    /// Returns whether x is neither infinite nor NaN, for floats and complex numbers.
    #[track_caller]
    pub fn isfinite(&self) -> Tensor {
        if self.dtype().is_complex() {
            return lax::and(&lax::is_finite(&lax::real(self)), &lax::is_finite(&lax::imag(self)));
        }
        lax::is_finite(self)
    }
    /// Returns 1 / x, for floats and complex numbers.
    #[track_caller]
    pub fn reciprocal(&self) -> Tensor {
        expect_inexact("reciprocal", self);
        lax::div(&self.ones_like(), self)
    }
    /// Returns x², for numbers.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([3, -4]).square().to_vec::<i32>().unwrap(), [9, 16]);
    /// ```
    #[track_caller]
    pub fn square(&self) -> Tensor {
        lax::mul(self, self)
    }
    /// Returns x to a constant integer power, by multiplication. For integers, the power must not be negative.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::scalar(-2.0f32).powi(3).item::<f32>().unwrap(), -8.0);
    /// ```
    #[track_caller]
    pub fn powi(&self, power: i32) -> Tensor {
        lax::integer_pow(self, power)
    }
    /// Returns the logarithm to base 2, for floats and complex numbers.
    #[track_caller]
    pub fn log2(&self) -> Tensor {
        lax::div(&self.log(), &lax::full_like(self, consts::LN_2))
    }
    /// Returns the logarithm to base 10, for floats and complex numbers.
    #[track_caller]
    pub fn log10(&self) -> Tensor {
        lax::div(&self.log(), &lax::full_like(self, consts::LN_10))
    }
    /// Returns sinh x, for floats and complex numbers.
    #[track_caller]
    pub fn sinh(&self) -> Tensor {
        if self.dtype().is_complex() {
            return complex::sinh(self);
        }
        expect_float("sinh", self);
        // Near 0, uses expm1. Elsewhere, uses a difference of halves, which does not overflow if the result is in
        // range.
        let near = self.abs().lt(1.0);
        let e = lax::select(&near, self, &self.zeros_like()).expm1();
        let small = (&e + &e / (&e + 1.0)) * 0.5;
        let large = (self - consts::LN_2).exp() - (-self - consts::LN_2).exp();
        lax::select(&near, &small, &large)
    }
    /// Returns cosh x, for floats and complex numbers.
    #[track_caller]
    pub fn cosh(&self) -> Tensor {
        if self.dtype().is_complex() {
            return complex::cosh(self);
        }
        expect_float("cosh", self);
        (self - consts::LN_2).exp() + (-self - consts::LN_2).exp()
    }
    /// Returns the inverse sine of x, for floats and complex numbers.
    #[track_caller]
    pub fn asin(&self) -> Tensor {
        if self.dtype().is_complex() {
            return complex::asin(self);
        }
        expect_float("asin", self);
        // A product of roots, because the derivative of the root of a product would be ∞ · 0 at ±1.
        self.atan2((1.0 - self).sqrt() * (1.0 + self).sqrt() + 1.0) * 2.0
    }
    /// Returns the inverse cosine of x, for floats and complex numbers.
    #[track_caller]
    pub fn acos(&self) -> Tensor {
        if self.dtype().is_complex() {
            return complex::acos(self);
        }
        expect_float("acos", self);
        (1.0 - self).sqrt().atan2((1.0 + self).sqrt()) * 2.0
    }
    /// Returns the inverse tangent of x, for floats and complex numbers.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let quarter = Tensor::scalar(1.0f64).atan().item::<f64>().unwrap();
    /// assert!((quarter - std::f64::consts::FRAC_PI_4).abs() < 1e-15);
    /// ```
    #[track_caller]
    pub fn atan(&self) -> Tensor {
        if self.dtype().is_complex() {
            return complex::atan(self);
        }
        self.atan2(1.0)
    }
    /// Returns the inverse of [`Tensor::sinh`], for floats and complex numbers.
    #[track_caller]
    pub fn asinh(&self) -> Tensor {
        if self.dtype().is_complex() {
            return complex::asinh(self);
        }
        expect_float("asinh", self);
        // Computes |x| as x times its sign, because this product has a derivative at 0.
        let sign = lax::select(&self.lt(0.0), &lax::full_like(self, -1.0), &self.ones_like());
        let x = lax::mul(self, &sign);
        let huge = x.gt(root_of_max(self.dtype()));
        let safe = lax::select(&huge, &x.ones_like(), &x);
        let square = safe.square();
        let small = (&safe + &square / ((&square + 1.0).sqrt() + 1.0)).log1p();
        let large = lax::select(&huge, &x, &x.ones_like()).log() + consts::LN_2;
        lax::mul(&sign, &lax::select(&huge, &large, &small))
    }
    /// Returns the nonnegative inverse of [`Tensor::cosh`], for floats and complex numbers. NaN for floats below 1.
    #[track_caller]
    pub fn acosh(&self) -> Tensor {
        if self.dtype().is_complex() {
            return complex::acosh(self);
        }
        expect_float("acosh", self);
        let huge = self.gt(root_of_max(self.dtype()));
        let safe = lax::select(&huge, &self.ones_like(), self) - 1.0;
        let small = (&safe + (&safe * (&safe + 2.0)).sqrt()).log1p();
        let large = lax::select(&huge, self, &self.ones_like()).log() + consts::LN_2;
        lax::select(&huge, &large, &small)
    }
    /// Returns the inverse of [`Tensor::tanh`], for floats and complex numbers. NaN for floats outside -1 … 1.
    #[track_caller]
    pub fn atanh(&self) -> Tensor {
        if self.dtype().is_complex() {
            return complex::atanh(self);
        }
        expect_float("atanh", self);
        (self.log1p() - (-self).log1p()) * 0.5
    }
    /// Returns whether x is NaN. For integers and `bool`, it is false.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([f32::NAN, 1.0]).isnan().to_vec::<bool>().unwrap(), [true, false]);
    /// ```
    #[track_caller]
    pub fn isnan(&self) -> Tensor {
        lax::ne(self, self)
    }
    /// Returns whether x or a part of x is ∞ or -∞, for floats and complex numbers.
    #[track_caller]
    pub fn isinf(&self) -> Tensor {
        self.abs().eq(f64::INFINITY)
    }
    /// Replaces NaN with 0, and infinities with the greatest and least finite numbers, for floats.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([f32::NAN, f32::NEG_INFINITY]).nan_to_num();
    /// assert_eq!(x.to_vec::<f32>().unwrap(), [0.0, f32::MIN]);
    /// ```
    #[track_caller]
    pub fn nan_to_num(&self) -> Tensor {
        if self.dtype().is_complex() {
            return lax::complex(&lax::real(self).nan_to_num(), &lax::imag(self).nan_to_num());
        }
        expect_float("nan_to_num", self);
        let max = max_of(self.dtype());
        let x = lax::select(&self.isnan(), &self.zeros_like(), self);
        let x = lax::select(&x.eq(f64::INFINITY), &lax::full_like(self, max), &x);
        lax::select(&x.eq(f64::NEG_INFINITY), &lax::full_like(self, -max), &x)
    }
    /// Clamps numbers to `min` … `max`, which can be numbers or tensors: `min(max(x, min), max)`.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([-3, 1, 7]).clamp(0, 5).to_vec::<i32>().unwrap(), [0, 1, 5]);
    /// ```
    #[doc(alias = "clip")]
    #[track_caller]
    pub fn clamp(&self, min: impl Operand, max: impl Operand) -> Tensor {
        let [min, x, max] = unify("clamp", [min.into_argument(), self.into_argument(), max.into_argument()]);
        lax::clamp(&min, &x, &max)
    }
    /// Returns √(x² + y²) without overflow, for floats.
    #[track_caller]
    pub fn hypot(&self, other: impl Operand) -> Tensor {
        expect_float("hypot", self);
        let [x, y] = unify("hypot", [self.into_argument(), other.into_argument()]);
        let (x, y) = (x.abs(), y.abs());
        let (long, short) = (x.maximum(&y), x.minimum(&y));
        let infinite = x.eq(f64::INFINITY) | y.eq(f64::INFINITY);
        let degenerate = long.eq(0.0) | &infinite;
        let ratio = &short / lax::select(&degenerate, &long.ones_like(), &long);
        let length = lax::select(&degenerate, &long, &(&long * (ratio.square() + 1.0).sqrt()));
        lax::select(&infinite, &lax::full_like(&long, f64::INFINITY), &length)
    }
    /// Interpolates floats linearly: `self + (end - self) * weight` is `self` at weight 0 and `end` at weight 1.
    #[track_caller]
    pub fn lerp(&self, end: impl Operand, weight: impl Operand) -> Tensor {
        expect_inexact("lerp", self);
        let arguments = [self.into_argument(), end.into_argument(), weight.into_argument()];
        let [start, end, weight] = unify("lerp", arguments);
        &start + (end - &start) * weight
    }
    /// Returns ln (eˣ + eʸ) without overflow, for floats and complex numbers.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::scalar(1000.0f32).logaddexp(1000.0);
    /// assert_eq!(x.item::<f32>().unwrap(), 1000.0 + std::f32::consts::LN_2);
    /// ```
    #[track_caller]
    pub fn logaddexp(&self, other: impl Operand) -> Tensor {
        expect_inexact("logaddexp", self);
        let [x, y] = unify("logaddexp", [self.into_argument(), other.into_argument()]);
        let [alike, greater, below] = max_and_distance(&x, &y);
        let sum = lax::select(&alike, &(&x + &y), &(greater + below.exp().log1p()));
        complex::wrap_angle(&sum, consts::PI)
    }
    /// Returns the quotient, rounded down, like Python's `//`.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([7, -7]).floor_divide(2).to_vec::<i32>().unwrap(), [3, -4]);
    /// ```
    #[track_caller]
    pub fn floor_divide(&self, other: impl Operand) -> Tensor {
        let [x, y] = unify("floor_divide", [self.into_argument(), other.into_argument()]);
        let (quotient, rest) = (lax::div(&x, &y), lax::rem(&x, &y));
        if x.dtype().is_unsigned_int() {
            return quotient;
        }
        let below = rest.ne(0) & rest.lt(0).ne(y.lt(0));
        if x.dtype().is_float() {
            // (x - remainder) / y is an integer except for rounding.
            let whole = lax::div(&(&x - &rest), &y);
            let whole = lax::select(&below, &(&whole - 1.0), &whole).round();
            return lax::select(&y.eq(0.0), &quotient, &whole);
        }
        lax::select(&below, &(&quotient - 1), &quotient)
    }
    /// Returns the remainder of [`Tensor::floor_divide`], with the sign of `other`, like Python's `%`.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([7, -7]).remainder(3).to_vec::<i32>().unwrap(), [1, 2]);
    /// ```
    #[track_caller]
    pub fn remainder(&self, other: impl Operand) -> Tensor {
        let [x, y] = unify("remainder", [self.into_argument(), other.into_argument()]);
        let rest = lax::rem(&x, &y);
        let opposite = rest.ne(0) & rest.lt(0).ne(y.lt(0));
        lax::select(&opposite, &(&rest + &y), &rest)
    }
    /// Returns the inverse of [`Tensor::erf`], for floats. Half-precision types are computed in `f32`.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::scalar(0.5f64).erf_inv().item::<f64>().unwrap();
    /// assert!((x - 0.476_936_276_204_469_9).abs() < 1e-15);
    /// ```
    #[doc(alias = "erfinv")]
    #[track_caller]
    pub fn erf_inv(&self) -> Tensor {
        expect_float("erf_inv", self);
        super::erf_inv::erf_inv(self)
    }
    /// Converts the elements to another dtype. Returns this tensor itself if it already has that dtype.
    ///
    /// To an integer: a float is truncated toward zero and saturates (NaN becomes 0), a wider integer wraps. To `bool`:
    /// whether the element is not zero. To a float: rounds to the nearest, ties to even.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// assert_eq!(Tensor::from([1.9f32, -1.9]).cast(DType::I32).to_vec::<i32>().unwrap(), [1, -1]);
    /// ```
    #[doc(alias = "to")]
    #[doc(alias = "convert_element_type")]
    #[doc(alias = "astype")]
    #[track_caller]
    pub fn cast(&self, dtype: DType) -> Tensor {
        lax::convert(self, dtype)
    }
    /// Reinterprets the bits of the elements as another dtype. Neither dtype may be `bool`. If the element sizes differ
    /// by a factor n, a last axis of size n holds the parts of an element, lowest first. A smaller dtype adds this
    /// axis; a larger one removes it.
    #[doc(alias = "bitcast_convert_type")]
    #[doc(alias = "view")]
    #[track_caller]
    pub fn bitcast(&self, dtype: DType) -> Tensor {
        lax::bitcast_convert(self, dtype)
    }
    /// Returns whether floats are close: |x - y| ≤ `atol` + `rtol` · |y|. Equal infinities are close, NaN is not.
    #[track_caller]
    pub fn isclose(&self, other: impl Operand, rtol: f64, atol: f64) -> Tensor {
        expect_inexact("isclose", self);
        let [x, y] = unify("isclose", [self.into_argument(), other.into_argument()]);
        let near = (&x - &y).abs().le(y.abs() * rtol + atol);
        (near & x.isfinite() & y.isfinite()) | x.eq(&y)
    }
    /// Returns this tensor as a constant for differentiation.
    ///
    /// ```
    /// use rune_trace::{Tensor, grad};
    /// let f = |x: &Tensor| x * x.stop_gradient();
    /// assert_eq!(grad(f)(&Tensor::scalar(3.0f32)).item::<f32>().unwrap(), 3.0);
    /// ```
    #[doc(alias = "detach")]
    #[track_caller]
    pub fn stop_gradient(&self) -> Tensor {
        lax::stop_gradient(self)
    }
    /// Like [`Tensor::stop_gradient`], under its name in raven's Rune.
    #[track_caller]
    pub fn detach(&self) -> Tensor {
        lax::stop_gradient(self)
    }
}

/// Returns the elements of `on_true` where the `bool` tensor `cond` is true, and those of `on_false` elsewhere. All
/// three broadcast. Numbers take the dtype of the tensor among `on_true` and `on_false`, or are `f32`, `i32` or `bool`.
///
/// # Panics
/// If `cond` is not `bool`, dtypes differ or shapes do not broadcast.
///
/// ```
/// use rune_trace::{Tensor, where_};
/// let x = Tensor::from([-1.0f32, 4.0]);
/// assert_eq!(where_(&x.gt(0.0), &x, 0.0).to_vec::<f32>().unwrap(), [0.0, 4.0]);
/// ```
#[doc(alias = "putmask")]
#[doc(alias = "select")]
#[doc(alias = "where")]
#[track_caller]
pub fn where_(cond: impl Operand, on_true: impl Operand, on_false: impl Operand) -> Tensor {
    let cond = cond.into_argument().into_tensor("where_", DType::Bool);
    if cond.dtype() != DType::Bool {
        refuse!("where_: the condition has type {}; make it bool, for example with `.ne(0)`", cond.ty());
    }
    let arguments = [on_true.into_argument(), on_false.into_argument()];
    let [on_true, on_false] = unify_with("where_", arguments, &[cond.shape()]);
    let shape = expect_joint_shape("where_", &[cond.shape(), on_true.shape()]);
    lax::select(&broadcast("where_", &cond, &shape), &on_true, &on_false)
}

/// Checks that `x` is a float.
#[track_caller]
pub(crate) fn expect_float(op: &str, x: &Tensor) {
    if !x.dtype().is_float() {
        refuse!("{op}: takes a float dtype, but got {}; convert it, as with `.cast(DType::F32)`", x.ty());
    }
}

/// Returns the greatest finite number of a float or complex dtype.
pub(crate) fn max_of(dtype: DType) -> f64 {
    dtype.finfo().map_or(f64::MAX, |info| info.max)
}
/// Returns the greatest number of a float or complex dtype: ∞, if there is one.
pub(crate) fn greatest_of(dtype: DType) -> f64 {
    if dtype == DType::F8E4M3FN { max_of(dtype) } else { f64::INFINITY }
}
fn root_of_max(dtype: DType) -> f64 {
    max_of(dtype).sqrt() / 2.0
}

/// Returns whether `x` and `y` are equal infinities, the greater of `x` and `y`, and -|x - y|. The logarithm of a sum
/// of powers, such as ln (eˣ + eʸ), is the greater number plus a function of the distance. For equal infinities, it is
/// that infinity.
#[track_caller]
pub(super) fn max_and_distance(x: &Tensor, y: &Tensor) -> [Tensor; 3] {
    let delta = x - y;
    // The difference of equal infinities is NaN.
    let alike = delta.isnan();
    let delta = lax::select(&alike, &delta.zeros_like(), &delta);
    // Does not use `maximum` and `abs`: their derivatives at 0 are means of both sides, so second derivatives would be
    // 0 where x = y.
    let above = delta.gt(0.0);
    let greater = lax::select(&above, x, y);
    let below = lax::select(&above, &-&delta, &delta);
    [alike, greater, below]
}
