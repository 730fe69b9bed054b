//! Functions on the bits of floats: neighbors, exponents and mantissas.

use super::bits::{expect_int, signed, width};
use super::broadcast::unify;
use super::elementwise::expect_float;
use super::scalar::Operand;
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::DType;

/// Floats and their neighbors, exponents and mantissas.
impl Tensor {
    /// Returns the next float of the dtype after `self` towards `other`. The derivative is 0.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::scalar(1.0f32).nextafter(2.0).item::<f32>().unwrap();
    /// assert_eq!(x, 1.0 + f32::EPSILON);
    /// ```
    #[track_caller]
    pub fn nextafter(&self, other: impl Operand) -> Tensor {
        expect_float("nextafter", self);
        let [x, y] = unify("nextafter", [self.into_argument(), other.into_argument()]);
        let (x, y) = (lax::stop_gradient(&x), lax::stop_gradient(&y));
        let bits = signed(x.dtype());
        let (xb, yb) = (lax::bitcast_convert(&x, bits), lax::bitcast_convert(&y, bits));
        // The bits are sign and magnitude. For both signs, a step away from 0 adds 1.
        let inward = xb.lt(0).ne(yb.lt(0)) | x.abs().gt(y.abs());
        let one = xb.ones_like();
        let stepped = lax::select(&inward, &lax::sub(&xb, &one), &lax::add(&xb, &one));
        let sign = lax::shift_left(&lax::convert(&yb.lt(0), bits), &lax::full_like(&yb, (width(bits) - 1) as f64));
        let from_zero = lax::or(&sign, &one);
        let stepped = lax::select(&x.eq(0.0), &from_zero, &stepped);
        let stepped = lax::select(&x.eq(&y), &yb, &stepped);
        let next = lax::bitcast_convert(&stepped, x.dtype());
        lax::select(&(x.isnan() | y.isnan()), &lax::full_like(&x, f64::NAN), &next)
    }
    /// Returns the distance to the next float of the dtype away from 0, with the sign of the number. It is NaN
    /// for infinite numbers. The derivative is 0.
    ///
    /// # Panics
    /// If the dtype is not a float, or is [`DType::F8E4M3FN`], which has no infinities.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([1.0f32, -4.0]).spacing().to_vec::<f32>().unwrap(), [f32::EPSILON, -4.0 * f32::EPSILON]);
    /// ```
    #[track_caller]
    pub fn spacing(&self) -> Tensor {
        expect_float("spacing", self);
        if self.dtype() == DType::F8E4M3FN {
            refuse!("spacing: takes a dtype with infinities, but got {}", self.ty());
        }
        let x = lax::stop_gradient(self);
        let outward =
            lax::select(&x.signbit(), &lax::full_like(&x, f64::NEG_INFINITY), &lax::full_like(&x, f64::INFINITY));
        x.nextafter(outward) - x
    }
    /// Returns `self` · 2ⁿ for integers `n`, for `f32` and `f64`.
    ///
    /// # Panics
    /// If a dtype is not supported, or the shapes do not broadcast.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([0.75f32]).ldexp(&Tensor::from([4])).to_vec::<f32>().unwrap(), [12.0]);
    /// ```
    #[track_caller]
    pub fn ldexp(&self, n: &Tensor) -> Tensor {
        let (most, _) = exponents("ldexp", self);
        expect_int("ldexp", n);
        let mut rest = n.cast(signed(self.dtype()));
        let mut x = self.clone();
        // The exponent of a factor is at most `most`. Three factors suffice to scale any finite number to any other.
        for _ in 0..3 {
            let step = rest.clamp(1 - most, most);
            x *= power_of_two(&step, self.dtype());
            rest -= step;
        }
        x
    }
    /// Returns mantissas m and exponents n, with x = m · 2ⁿ and 0.5 ≤ |m| < 1, for `f32` and `f64`. Exponents are
    /// `i32`. 0, ∞ and NaN have the exponent 0.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let (m, n) = Tensor::from([12.0f32]).frexp();
    /// assert_eq!((m.to_vec::<f32>().unwrap(), n.to_vec::<i32>().unwrap()), (vec![0.75], vec![4]));
    /// ```
    #[track_caller]
    pub fn frexp(&self) -> (Tensor, Tensor) {
        let (most, mantissa) = exponents("frexp", self);
        let bits = signed(self.dtype());
        // Makes subnormal numbers normal first.
        let scale = 2f64.powi(mantissa as i32 + 1);
        let tiny = self.abs().lt(2f64.powi(1 - most as i32));
        let normal = lax::select(&tiny, &(self * scale), self);
        let raw = lax::shift_right_logical(
            &lax::bitcast_convert(&normal, bits),
            &lax::full(bits, self.shape(), mantissa as f64),
        );
        let biased = raw & (2 * most + 1);
        let n = biased - (most - 1) - lax::convert(&tiny, bits) * (mantissa + 1);
        let special = self.eq(0.0) | self.isfinite().logical_not();
        let n = lax::select(&special, &n.zeros_like(), &n);
        // Divides by 2ⁿ in two steps, because -n may be out of the range of exponents.
        let half = &n >> 1;
        let m = self * power_of_two(&-&half, self.dtype()) * power_of_two(&(&half - &n), self.dtype());
        (lax::select(&special, self, &m), lax::convert(&n, DType::I32))
    }
}

/// Returns the greatest exponent of a power of two, and the number of mantissa bits.
#[track_caller]
fn exponents(op: &str, x: &Tensor) -> (i64, i64) {
    if !x.dtype().is_float() || x.dtype().is_reduced_float() {
        refuse!("{op}: takes f32 or f64, but got {}", x.ty());
    }
    if x.dtype() == DType::F32 { (127, 23) } else { (1023, 52) }
}

/// Returns 2ⁿ exactly, if n is the exponent of a normal number.
#[track_caller]
fn power_of_two(n: &Tensor, dtype: DType) -> Tensor {
    let (bias, mantissa) = if dtype == DType::F32 { (127, 23) } else { (1023, 52) };
    lax::bitcast_convert(&((n + bias) << mantissa), dtype)
}
