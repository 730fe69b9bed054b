//! Complex numbers: their parts, and functions composed of simpler ones.

use super::broadcast::unify;
use super::scalar::Operand;
use crate::tensor::{at_caller, refuse};
use crate::{Tensor, custom_tangent, lax};

/// Returns the complex numbers with the real parts `re` and the imaginary parts `im`. The parts are both `f32` or both
/// `f64`. They broadcast.
///
/// ```
/// use rune_trace::{Complex32, Tensor, complex};
/// let z = complex(Tensor::from([1.0f32, 2.0]), -1.0);
/// assert_eq!(z.to_vec::<Complex32>()?, [Complex32::new(1.0, -1.0), Complex32::new(2.0, -1.0)]);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
///
/// # Panics
/// If the dtypes differ, are neither `f32` nor `f64`, or the shapes do not broadcast.
#[track_caller]
pub fn complex(re: impl Operand, im: impl Operand) -> Tensor {
    let [re, im] = unify("complex", [re.into_argument(), im.into_argument()]);
    lax::complex(&re, &im)
}

/// Complex numbers.
impl Tensor {
    /// Returns the real parts. A tensor that is not complex is returned unchanged.
    ///
    /// ```
    /// use rune_trace::{Complex32, Tensor};
    /// let z = Tensor::from([Complex32::new(1.0, -2.0)]);
    /// assert_eq!((z.real().to_vec::<f32>()?, z.imag().to_vec::<f32>()?), (vec![1.0], vec![-2.0]));
    /// assert_eq!(z.conj().to_vec::<Complex32>()?, [Complex32::new(1.0, 2.0)]);
    /// # Ok::<(), rune_trace::EvalError>(())
    /// ```
    #[track_caller]
    pub fn real(&self) -> Tensor {
        if self.dtype().is_complex() { lax::real(self) } else { self.clone() }
    }
    /// Returns the imaginary parts. They are zeros if the tensor is not complex.
    #[track_caller]
    pub fn imag(&self) -> Tensor {
        if self.dtype().is_complex() { lax::imag(self) } else { self.zeros_like() }
    }
    /// Returns the complex conjugates. A tensor that is not complex is returned unchanged.
    #[track_caller]
    pub fn conj(&self) -> Tensor {
        if self.dtype().is_complex() { lax::conj(self) } else { self.clone() }
    }
    /// Returns the angles in the complex plane, in radians between -π and π. The angle of a float is 0 or π.
    ///
    /// ```
    /// use rune_trace::{Complex64, Tensor};
    /// let z = Tensor::scalar(Complex64::new(0.0, 2.0));
    /// assert_eq!(z.angle().item::<f64>()?, std::f64::consts::FRAC_PI_2);
    /// # Ok::<(), rune_trace::EvalError>(())
    /// ```
    ///
    /// # Panics
    /// If the dtype is neither float nor complex.
    #[track_caller]
    pub fn angle(&self) -> Tensor {
        expect_inexact("angle", self);
        lax::atan2(&self.imag(), &self.real())
    }
    /// Returns whether elements have a nonzero imaginary part. Elements of other dtypes have none.
    #[track_caller]
    pub fn iscomplex(&self) -> Tensor {
        self.imag().ne(self.imag().zeros_like())
    }
    /// Returns whether elements have no imaginary part, or one that is zero.
    #[track_caller]
    pub fn isreal(&self) -> Tensor {
        self.imag().eq(self.imag().zeros_like())
    }
}

/// Panics unless the dtype of `x` is float or complex.
#[track_caller]
pub(crate) fn expect_inexact(op: &str, x: &Tensor) {
    if !x.dtype().is_inexact() {
        refuse!("{op}: takes a float or complex dtype, but got {}; convert it, as with `.cast(DType::F32)`", x.ty());
    }
}

/// Returns i z.
#[track_caller]
fn times_i(z: &Tensor) -> Tensor {
    lax::complex(&lax::neg(&lax::imag(z)), &lax::real(z))
}

/// Returns -i z.
#[track_caller]
fn times_minus_i(z: &Tensor) -> Tensor {
    lax::complex(&lax::imag(z), &lax::neg(&lax::real(z)))
}

/// Adds multiples of 2 `half` to imaginary parts, so that they are from -`half` up to `half`: the parts of a logarithm.
/// Floats are returned unchanged.
#[track_caller]
pub(super) fn wrap_angle(z: &Tensor, half: f64) -> Tensor {
    if !z.dtype().is_complex() {
        return z.clone();
    }
    lax::complex(&z.real(), &((z.imag() + half).remainder(2.0 * half) - half))
}

#[track_caller]
pub(super) fn sinh(z: &Tensor) -> Tensor {
    times_minus_i(&lax::sin(&times_i(z)))
}

#[track_caller]
pub(super) fn cosh(z: &Tensor) -> Tensor {
    lax::cos(&times_i(z))
}

// The inverse functions use the parts of square roots, as in W. Kahan, "Branch cuts for complex elementary functions"
// (1987).

/// Returns z + x for a real number x. Unlike an addition of complex numbers, this function keeps the sign of a zero
/// imaginary part, which selects the side of a branch cut.
fn add_real(z: &Tensor, x: f64) -> Tensor {
    lax::complex(&(z.real() + x), &z.imag())
}

/// Returns 1 - z. Unlike a subtraction of complex numbers, this function negates a zero imaginary part.
fn from_one(z: &Tensor) -> Tensor {
    lax::complex(&(1.0 - z.real()), &-z.imag())
}

/// Applies `f`, a holomorphic function whose derivative is `1 / divisor`, to `z`.
#[track_caller]
fn holomorphic(z: &Tensor, f: fn(&Tensor) -> Tensor, divisor: fn(&Tensor) -> Tensor) -> Tensor {
    at_caller(|| custom_tangent(f, move |(z,), _, (dz,)| lax::div(dz, &divisor(z)))(z))
}

pub(super) fn asin(z: &Tensor) -> Tensor {
    holomorphic(z, asin_of, |z| (1.0 - z).sqrt() * (1.0 + z).sqrt())
}

fn asin_of(z: &Tensor) -> Tensor {
    let (below, above) = (from_one(z).sqrt(), add_real(z, 1.0).sqrt());
    let re = z.real().atan2((&below * &above).real());
    lax::complex(&re, &(below.conj() * above).imag().asinh())
}

pub(super) fn acos(z: &Tensor) -> Tensor {
    let of = |z: &Tensor| {
        let (below, above) = (from_one(z).sqrt(), add_real(z, 1.0).sqrt());
        let re = below.real().atan2(above.real()) * 2.0;
        lax::complex(&re, &(above.conj() * below).imag().asinh())
    };
    holomorphic(z, of, |z| -((1.0 - z).sqrt() * (1.0 + z).sqrt()))
}

pub(super) fn acosh(z: &Tensor) -> Tensor {
    let of = |z: &Tensor| {
        let (below, above) = (add_real(z, -1.0).sqrt(), add_real(z, 1.0).sqrt());
        let im = below.imag().atan2(above.real()) * 2.0;
        lax::complex(&(below.conj() * above).real().asinh(), &im)
    };
    holomorphic(z, of, |z| (z - 1.0).sqrt() * (z + 1.0).sqrt())
}

pub(super) fn asinh(z: &Tensor) -> Tensor {
    holomorphic(
        z,
        |z| times_minus_i(&asin_of(&times_i(z))),
        |z| {
            let turned = times_i(z);
            (1.0 - &turned).sqrt() * (1.0 + &turned).sqrt()
        },
    )
}

pub(super) fn atanh(z: &Tensor) -> Tensor {
    holomorphic(z, atanh_of, |z| (1.0 - z) * (1.0 + z))
}

pub(super) fn atan(z: &Tensor) -> Tensor {
    holomorphic(z, |z| times_minus_i(&atanh_of(&times_i(z))), |z| 1.0 + z.square())
}

fn atanh_of(z: &Tensor) -> Tensor {
    let (x, y) = (z.real(), z.imag());
    // The function is odd. Uses |x|, because the formula loses precision near -1.
    let (length, sign) = (x.abs(), x.sign());
    let re = sign * (4.0 * &length / ((1.0 - &length).square() + y.square())).log1p() * 0.25;
    let im = (2.0 * &y).atan2((1.0 - &x) * (1.0 + &x) - y.square()) * 0.5;
    lax::complex(&re, &im)
}
