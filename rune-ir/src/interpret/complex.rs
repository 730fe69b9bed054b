//! Functions of complex numbers.
//!
//! `num-complex` has most of them, but loses digits near branch points and overflows early. The formulas are those of
//! W. Kahan, "Branch cuts for complex elementary functions" (1987), and of Annex G of the C standard.

use super::map::{map, update, zip};
use super::number::{ComplexNumber, Number};
use super::{InterpretError, undefined};
use crate::op::UnaryFn;
use crate::{Array, Complex32, Complex64, DType, Type};

/// Applies `f` to each element.
pub(super) fn unary<T: ComplexNumber>(f: UnaryFn, x: Array) -> Option<Array> {
    let by = |f: fn(Complex64) -> Complex64, x| update(x, move |x: T| T::from_accumulator(f(x.to_accumulator())));
    Some(match f {
        UnaryFn::Abs => map(&x, |x: T| T::Part::from_accumulator(abs(x.to_accumulator()))),
        UnaryFn::Real => map(&x, |x: T| x.parts()[0]),
        UnaryFn::Imag => map(&x, |x: T| x.parts()[1]),
        UnaryFn::Conj => by(|z| z.conj(), x),
        UnaryFn::Neg => by(|z| -z, x),
        UnaryFn::Sign => by(sign, x),
        UnaryFn::Exp => by(exp, x),
        UnaryFn::Exp2 => by(exp2, x),
        UnaryFn::Expm1 => by(expm1, x),
        UnaryFn::Log => by(log, x),
        UnaryFn::Log1p => by(log1p, x),
        UnaryFn::Sqrt => by(sqrt, x),
        UnaryFn::Rsqrt => by(|z| divide(ONE, sqrt(z)), x),
        UnaryFn::Sin => by(sin, x),
        UnaryFn::Cos => by(cos, x),
        UnaryFn::Tan => by(|z| times_minus_i(tanh(times_i(z))), x),
        UnaryFn::Tanh => by(tanh, x),
        UnaryFn::Logistic => by(logistic, x),
        UnaryFn::Floor
        | UnaryFn::Ceil
        | UnaryFn::RoundAfz
        | UnaryFn::RoundEven
        | UnaryFn::Cbrt
        | UnaryFn::Erf
        | UnaryFn::IsFinite
        | UnaryFn::Not => return None,
    })
}

/// Returns the complex numbers with these parts.
#[allow(clippy::wildcard_enum_match_arm, reason = "all others are real")]
pub(super) fn complex(re: &Array, im: &Array, ty: &Type) -> Result<Array, InterpretError> {
    match ty.dtype {
        DType::C64 => Ok(zip(re, im, Complex32::new)),
        DType::C128 => Ok(zip(re, im, Complex64::new)),
        other => Err(undefined("complex", other)),
    }
}

const ONE: Complex64 = Complex64::new(1.0, 0.0);

/// Returns i z.
fn times_i(z: Complex64) -> Complex64 {
    Complex64::new(-z.im, z.re)
}

/// Returns -i z.
fn times_minus_i(z: Complex64) -> Complex64 {
    Complex64::new(z.im, -z.re)
}

fn abs(z: Complex64) -> f64 {
    z.re.hypot(z.im)
}

fn sign(z: Complex64) -> Complex64 {
    if z.re == 0.0 && z.im == 0.0 { z } else { z / abs(z) }
}

/// Returns the quotient as in Annex G of C, with its rules for infinities. The divisor is scaled, so that no
/// intermediate result overflows.
pub(super) fn divide(x: Complex64, y: Complex64) -> Complex64 {
    let (a, b, mut c, mut d) = (x.re, x.im, y.re, y.im);
    let greatest = c.abs().max(d.abs());
    let mut scale = 0;
    if greatest.is_finite() && greatest > 0.0 {
        scale = libm::ilogb(greatest);
        (c, d) = (libm::scalbn(c, -scale), libm::scalbn(d, -scale));
    }
    let denominator = c * c + d * d;
    let re = libm::scalbn((a * c + b * d) / denominator, -scale);
    let im = libm::scalbn((b * c - a * d) / denominator, -scale);
    if !(re.is_nan() && im.is_nan()) {
        return Complex64::new(re, im);
    }
    let unit = |x: f64| if x.is_infinite() { 1f64 } else { 0.0 }.copysign(x);
    if denominator == 0.0 && !(a.is_nan() && b.is_nan()) {
        let infinite = f64::INFINITY.copysign(c);
        Complex64::new(infinite * a, infinite * b)
    } else if (a.is_infinite() || b.is_infinite()) && c.is_finite() && d.is_finite() {
        let (a, b) = (unit(a), unit(b));
        Complex64::new(f64::INFINITY * (a * c + b * d), f64::INFINITY * (b * c - a * d))
    } else if greatest.is_infinite() && a.is_finite() && b.is_finite() {
        let (c, d) = (unit(c), unit(d));
        Complex64::new(0.0 * (a * c + b * d), 0.0 * (b * c - a * d))
    } else {
        Complex64::new(re, im)
    }
}

/// Returns `scale` times the point of the unit circle at `angle`. A real number stays real.
fn polar(scale: f64, angle: f64) -> Complex64 {
    if angle == 0.0 {
        return Complex64::new(scale, angle);
    }
    let (sin, cos) = angle.sin_cos();
    let part = |x: f64| if scale == 0.0 { 0f64.copysign(x) } else { scale * x };
    Complex64::new(part(cos), part(sin))
}

fn exp(z: Complex64) -> Complex64 {
    if z.re == f64::NEG_INFINITY && !z.im.is_finite() {
        return Complex64::new(0.0, 0.0);
    }
    if z.re == f64::INFINITY && !z.im.is_finite() {
        return Complex64::new(f64::INFINITY, f64::NAN);
    }
    let scale = z.re.exp();
    if scale.is_infinite() && z.re.is_finite() && z.im != 0.0 {
        // The exponential of the real part overflows, but a part of the result may be in range.
        return polar((z.re / 2.0).exp(), z.im) * (z.re / 2.0).exp();
    }
    polar(scale, z.im)
}

fn exp2(z: Complex64) -> Complex64 {
    if z.re.abs() < 1000.0 {
        return polar(z.re.exp2(), z.im * std::f64::consts::LN_2);
    }
    exp(z * std::f64::consts::LN_2)
}

fn expm1(z: Complex64) -> Complex64 {
    if !z.re.is_finite() || !z.im.is_finite() || z.re > 1.0 {
        let e = exp(z);
        return Complex64::new(e.re - 1.0, e.im);
    }
    // eˣ cos y - 1 = (eˣ - 1) cos y - 2 sin² y/2.
    let half = (z.im / 2.0).sin();
    let e = z.re.exp_m1();
    let im = if z.im == 0.0 { z.im } else { z.re.exp() * z.im.sin() };
    Complex64::new(e * z.im.cos() - 2.0 * half * half, im)
}

fn log(z: Complex64) -> Complex64 {
    let (greater, lesser) = (z.re.abs().max(z.im.abs()), z.re.abs().min(z.im.abs()));
    let near_one = (0.5..2.0).contains(&greater);
    // |z|² - 1 without cancellation: (m - 1)(m + 1) + n².
    let re = match near_one {
        true => ((greater - 1.0) * (greater + 1.0) + lesser * lesser).ln_1p() / 2.0,
        false => abs(z).ln(),
    };
    Complex64::new(re, z.im.atan2(z.re))
}

fn log1p(z: Complex64) -> Complex64 {
    let (x, y) = (z.re, z.im);
    // |1 + z|² - 1 = x (2 + x) + y².
    let re = match x.abs() < 0.5 && y.abs() < 0.5 {
        true => (x * (2.0 + x) + y * y).ln_1p() / 2.0,
        false => log(Complex64::new(1.0 + x, y)).re,
    };
    Complex64::new(re, y.atan2(1.0 + x))
}

pub(super) fn sqrt(z: Complex64) -> Complex64 {
    let (x, y) = (z.re, z.im);
    if x == 0.0 && y == 0.0 {
        return Complex64::new(0.0, y);
    }
    if y.is_infinite() {
        return Complex64::new(f64::INFINITY, y);
    }
    if x.is_infinite() {
        let zero_or_nan = if y.is_nan() { y } else { 0.0 };
        return match x > 0.0 {
            true => Complex64::new(x, zero_or_nan.copysign(y)),
            false => Complex64::new(zero_or_nan, f64::INFINITY.copysign(y)),
        };
    }
    // Scaled by a power of 4, so that neither the magnitude nor its sum with |x| overflows or loses digits.
    let greatest = x.abs().max(y.abs());
    let shift = if greatest.is_nan() { 0 } else { libm::ilogb(greatest) & !1 };
    let (x, y) = (libm::scalbn(x, -shift), libm::scalbn(y, -shift));
    let root = ((x.abs() + x.hypot(y)) / 2.0).sqrt();
    let other = y.abs() / (2.0 * root);
    let (re, im) = if x >= 0.0 { (root, other) } else { (other, root) };
    Complex64::new(libm::scalbn(re, shift / 2), libm::scalbn(im, shift / 2).copysign(y))
}

/// Hyperbolic sine and cosine of a real number.
fn sinh_cosh(x: f64) -> (f64, f64) {
    (x.sinh(), x.cosh())
}

fn sin(z: Complex64) -> Complex64 {
    if z.im == 0.0 {
        return Complex64::new(z.re.sin(), z.re.cos() * z.im);
    }
    let ((sin, cos), (sinh, cosh)) = (z.re.sin_cos(), sinh_cosh(z.im));
    let re = if z.re == 0.0 { z.re } else { sin * cosh };
    Complex64::new(re, cos * sinh)
}

fn cos(z: Complex64) -> Complex64 {
    let ((sin, cos), (sinh, cosh)) = (z.re.sin_cos(), sinh_cosh(z.im));
    let im = if z.re == 0.0 || z.im == 0.0 { -(sin * sinh.clamp(-1.0, 1.0)) } else { -sin * sinh };
    Complex64::new(cos * cosh, im)
}

fn tanh(z: Complex64) -> Complex64 {
    let (x, y) = (z.re, z.im);
    // From here on, the real part rounds to ±1.
    if x.abs() > 22.0 {
        let im = if y.is_finite() { 4.0 * y.sin() * y.cos() * (-2.0 * x.abs()).exp() } else { 0f64.copysign(y) };
        return Complex64::new(1f64.copysign(x), im);
    }
    let (t, s) = (y.tan(), x.sinh());
    if t.is_infinite() {
        return Complex64::new((1.0 + s * s).sqrt() / s, 1.0 / t);
    }
    let beta = 1.0 + t * t;
    let denominator = 1.0 + beta * s * s;
    Complex64::new(beta * (1.0 + s * s).sqrt() * s / denominator, t / denominator)
}

/// Computes 1 / (1 + e⁻ᶻ). Each form is used only where it does not overflow.
fn logistic(z: Complex64) -> Complex64 {
    if z.re >= 0.0 {
        divide(ONE, ONE + exp(-z))
    } else {
        let e = exp(z);
        divide(e, ONE + e)
    }
}

pub(super) fn power(x: Complex64, y: Complex64) -> Complex64 {
    if y.re == 0.0 && y.im == 0.0 {
        return ONE;
    }
    if x.re == 0.0 && x.im == 0.0 && y.re > 0.0 {
        return Complex64::new(0.0, 0.0);
    }
    exp(y * log(x))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_near(found: Complex64, re: f64, im: f64) {
        let close = |a: f64, b: f64| a == b || (a - b).abs() <= 4.0 * f64::EPSILON * b.abs();
        assert!(close(found.re, re) && close(found.im, im), "{found} is not {re} + {im}i");
    }

    #[test]
    fn no_digits_are_lost_where_terms_cancel() {
        let z = Complex64::new;
        assert_near(log(z(1.0, 1e-9)), 5e-19, 1e-9);
        assert_near(log1p(z(1e-20, 1e-18)), 1e-20, 1e-18);
        assert_near(expm1(z(1e-20, 1e-18)), 1e-20, 1e-18);
        assert_near(sqrt(z(-1e300, 1e-300)), 5e-451, 1e150);
        // Subnormal parts.
        let unit = f64::MIN_POSITIVE * 2f64.powi(-18);
        assert_near(sqrt(z(3.0 * unit, 4.0 * unit)), 2.0 * 2f64.powi(-520), 2f64.powi(-520));
        assert_near(divide(z(1e300, 1e300), z(2e300, 0.0)), 0.5, 0.5);
        assert_near(tanh(z(300.0, 1.0)), 1.0, 2.0 * 2f64.sin() * (-600f64).exp());
    }

    #[test]
    fn cuts_are_on_the_negative_axis_and_zeros_keep_their_sign() {
        let z = Complex64::new;
        assert_eq!((log(z(-1.0, 0.0)).im, log(z(-1.0, -0.0)).im), (std::f64::consts::PI, -std::f64::consts::PI));
        assert_eq!((sqrt(z(-4.0, 0.0)), sqrt(z(-4.0, -0.0))), (z(0.0, 2.0), z(0.0, -2.0)));
        assert!(exp(z(1.0, -0.0)).im.is_sign_negative() && sin(z(0.0, 1.0)).re == 0.0);
        assert_eq!(exp(z(1e4, 0.0)), z(f64::INFINITY, 0.0));
        assert_eq!((power(z(0.0, 0.0), z(0.0, 0.0)), power(z(0.0, 0.0), z(2.0, 1.0))), (z(1.0, 0.0), z(0.0, 0.0)));
    }

    #[test]
    fn infinities_and_zeros_divide() {
        let z = Complex64::new;
        assert_eq!(divide(z(1.0, -1.0), z(0.0, 0.0)), z(f64::INFINITY, f64::NEG_INFINITY));
        assert_eq!(divide(z(1.0, 1.0), z(f64::INFINITY, 1.0)), z(0.0, 0.0));
        assert_eq!(sign(z(3.0, -4.0)), z(0.6, -0.8));
    }
}
