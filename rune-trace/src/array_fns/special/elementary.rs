//! Functions composed of logarithms and exponentials, precise where a simple composition is not.

use super::support::{
    lift, lift_all, lift_all_inexact, lift_inexact, polynomial, replace_where, with_slope, with_slopes,
};
use crate::array_fns::scalar::Operand;
use crate::{Tensor, lax};
use std::f64::consts::{LN_2, PI};

/// Returns x ln y. It is 0 where x is 0 and y is not NaN.
fn xlogy_value(x: &Tensor, y: &Tensor) -> Tensor {
    lax::select(&(x.ne(0.0) | y.isnan()), &(x * y.log()), &x.zeros_like())
}
pub(crate) fn xlogy_of(x: &Tensor, y: &Tensor) -> Tensor {
    with_slopes(xlogy_value, [x, y], |x, y, _| [y.log(), x / y])
}
fn xlog1py_value(x: &Tensor, y: &Tensor) -> Tensor {
    lax::select(&(x.ne(0.0) | y.isnan()), &(x * y.log1p()), &x.zeros_like())
}
pub(crate) fn xlog1py_of(x: &Tensor, y: &Tensor) -> Tensor {
    with_slopes(xlog1py_value, [x, y], |x, y, _| [y.log1p(), x / (y + 1.0)])
}
/// Returns x ln x. Its derivative is ln x + 1, which is -∞ at 0.
fn xlogx_of(x: &Tensor) -> Tensor {
    with_slope(|x: &Tensor| xlogy_value(x, x), x, |x, _| x.log() + 1.0)
}
fn rel_entr_of(x: &Tensor, y: &Tensor) -> Tensor {
    let both = x.gt(0.0) & y.gt(0.0);
    let none = x.eq(0.0) & y.ge(0.0);
    let (p, q) = (replace_where(&!&both, 1.0, x), replace_where(&!&both, 1.0, y));
    let nan = x.isnan() | y.isnan();
    let entropy = xlogx_of(&p) - xlogy_of(&p, &q);
    let y = replace_where(&(x.eq(f64::INFINITY) & y.lt(f64::INFINITY)), f64::INFINITY, &entropy);
    let otherwise = replace_where(&none, 0.0, &lax::full_like(x, f64::INFINITY));
    replace_where(&nan, f64::NAN, &lax::select(&both, &y, &otherwise))
}

/// Returns x · ln y, and 0 where x is 0, for floats and complex numbers.
///
/// # Panics
/// If the dtype is neither float nor complex, dtypes differ or shapes do not broadcast.
///
/// ```
/// use rune_trace::{Tensor, special};
/// let x = special::xlogy(&Tensor::from([0.0f32, 2.0]), 0.0).to_vec::<f32>().unwrap();
/// assert_eq!(x, [0.0, f32::NEG_INFINITY]);
/// ```
#[track_caller]
pub fn xlogy(x: impl Operand, y: impl Operand) -> Tensor {
    lift_all_inexact("special::xlogy", [x.into_argument(), y.into_argument()], |[x, y]| xlogy_of(x, y))
}
/// Returns x · ln (1 + y), and 0 where x is 0, for floats and complex numbers.
///
/// # Panics
/// If the dtype is neither float nor complex, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn xlog1py(x: impl Operand, y: impl Operand) -> Tensor {
    lift_all_inexact("special::xlog1py", [x.into_argument(), y.into_argument()], |[x, y]| xlog1py_of(x, y))
}
/// Returns -x · ln x, the contribution of a probability x to the entropy. It is 0 at 0, and -∞ where x is negative.
///
/// # Panics
/// If the dtype of `x` is not a float.
///
/// ```
/// use rune_trace::{Tensor, special};
/// let x = special::entr(&Tensor::from([0.5f32, 0.5])).sum().item::<f32>().unwrap();
/// assert!((x - 2f32.ln()).abs() < 1e-6);
/// ```
#[track_caller]
pub fn entr(x: &Tensor) -> Tensor {
    lift("special::entr", x, |x| replace_where(&x.lt(0.0), f64::NEG_INFINITY, &-xlogx_of(x)))
}
/// Returns x · ln (x / y), a term of the relative entropy. It is 0 where x is 0 and y is not negative, and ∞ where one
/// of them is negative.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn rel_entr(x: impl Operand, y: impl Operand) -> Tensor {
    lift_all("special::rel_entr", [x.into_argument(), y.into_argument()], |[x, y]| rel_entr_of(x, y))
}
/// Returns [`rel_entr`] - x + y, which is not negative.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn kl_div(x: impl Operand, y: impl Operand) -> Tensor {
    lift_all("special::kl_div", [x.into_argument(), y.into_argument()], |[x, y]| {
        let outside = x.lt(0.0) | y.lt(0.0) | (x.gt(0.0) & y.eq(0.0));
        let nan = x.isnan() | y.isnan();
        let y = replace_where(&outside, f64::INFINITY, &(rel_entr_of(x, y) - x + y));
        replace_where(&nan, f64::NAN, &y)
    })
}

/// Returns ln (x / (1 - x)). Call it inside `at_caller`.
pub(crate) fn logit_of(x: &Tensor) -> Tensor {
    with_slope(|x: &Tensor| (x / (1.0 - x)).log(), x, |x, _| 1.0 / (x * (1.0 - x)))
}
/// Returns ln (x / (1 - x)), the inverse of [`expit`], for floats and complex numbers.
///
/// # Panics
/// If the dtype of `x` is neither float nor complex.
///
/// ```
/// use rune_trace::{Tensor, special};
/// assert_eq!(special::logit(&Tensor::from([0.0f32, 0.5])).to_vec::<f32>().unwrap(), [f32::NEG_INFINITY, 0.0]);
/// ```
#[track_caller]
pub fn logit(x: &Tensor) -> Tensor {
    lift_inexact("special::logit", x, logit_of)
}
/// Returns 1 / (1 + e⁻ˣ), like [`Tensor::sigmoid`].
///
/// # Panics
/// If the dtype of `x` is neither float nor complex.
#[track_caller]
pub fn expit(x: &Tensor) -> Tensor {
    lift_inexact("special::expit", x, Tensor::sigmoid)
}

/// Returns the derivative of sinc. Uses the series where both terms of the quotient nearly cancel.
fn sinc_slope(x: &Tensor) -> Tensor {
    /// (-1)ᵏ⁺¹ (2k + 2) / (2k + 3)! for k from 0: -1/3, 1/30, …
    const TERMS: usize = 9;
    let z = x * PI;
    let small = z.abs().lt(1.0);
    let inner = replace_where(&!&small, 0.0, &z);
    let mut coefficients = Vec::new();
    let mut factorial = 1.0;
    for k in 0..TERMS {
        let m = (2 * k + 3) as f64;
        factorial *= m * (m - 1.0);
        coefficients.push(if k % 2 == 0 { -1.0 } else { 1.0 } * (m - 1.0) / factorial);
    }
    coefficients.reverse();
    let near = &inner * polynomial(&inner.square(), &coefficients);
    let outer = replace_where(&small, 1.0, &z);
    let far = (outer.cos() - outer.sin() / &outer) / outer;
    lax::select(&small, &near, &far) * PI
}
/// Returns sin πx / πx. Call it inside `at_caller`.
pub(crate) fn sinc_of(x: &Tensor) -> Tensor {
    let value = |x: &Tensor| {
        let zero = x.eq(0.0);
        let z = replace_where(&zero, 1.0, x) * PI;
        replace_where(&zero, 1.0, &(z.sin() / z))
    };
    with_slope(value, x, |x, _| sinc_slope(x))
}
/// Returns sin(πx) / (πx), and 1 at 0, for floats and complex numbers.
///
/// # Panics
/// If the dtype of `x` is neither float nor complex.
///
/// ```
/// use rune_trace::{Tensor, special};
/// let x = special::sinc(&Tensor::from([0.0f64, 0.5])).to_vec::<f64>().unwrap();
/// assert!(x[0] == 1.0 && (x[1] - 2.0 / std::f64::consts::PI).abs() < 1e-15);
/// ```
#[track_caller]
pub fn sinc(x: &Tensor) -> Tensor {
    lift_inexact("special::sinc", x, sinc_of)
}

/// Returns (e^(λ y) - 1) / λ, and y where λ is 0.
fn power(y: &Tensor, lambda: &Tensor) -> Tensor {
    let zero = lambda.eq(0.0);
    let inner = replace_where(&zero, 1.0, lambda);
    lax::select(&zero, y, &((&inner * y).expm1() / &inner))
}
/// Returns the Box-Cox transformation: (xᵘ - 1) / u with u = `lambda`, and ln x where u is 0.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn boxcox(x: impl Operand, lambda: impl Operand) -> Tensor {
    lift_all("special::boxcox", [x.into_argument(), lambda.into_argument()], |[x, u]| power(&x.log(), u))
}
/// Returns [`boxcox`] of 1 + x, without loss of precision near 0.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn boxcox1p(x: impl Operand, lambda: impl Operand) -> Tensor {
    lift_all("special::boxcox1p", [x.into_argument(), lambda.into_argument()], |[x, u]| power(&x.log1p(), u))
}

/// Returns ln (1 - e⁻ˣ), by M. Mächler, "Accurately Computing log(1 - exp(-|a|))" (2012).
pub(crate) fn log1mexp_of(x: &Tensor) -> Tensor {
    let value = |x: &Tensor| {
        let small = x.lt(LN_2);
        lax::select(&small, &(-(-x).expm1()).log(), &(-(-x).exp()).log1p())
    };
    with_slope(value, x, |x, _| 1.0 / x.expm1())
}

/// Functions of each element.
impl Tensor {
    /// Returns ln (1 - e⁻ˣ) for x > 0, without loss of precision near 0 and for large x. Also takes complex numbers.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::scalar(1e-10f64).log1mexp().item::<f64>().unwrap();
    /// assert!((x + 23.025_850_929_990_457).abs() < 1e-13);
    /// ```
    #[track_caller]
    pub fn log1mexp(&self) -> Tensor {
        lift_inexact("log1mexp", self, log1mexp_of)
    }
    /// Returns 0 for x ≤ -1, (x + 1)² / 4 for -1 < x ≤ 1, and x above. Complex numbers are compared by their real parts,
    /// then by their imaginary parts.
    #[track_caller]
    pub fn sparse_plus(&self) -> Tensor {
        lift_inexact("sparse_plus", self, |x| {
            let y = (x + 1.0).square() * 0.25;
            replace_where(&x.le(-1.0), 0.0, &lax::select(&x.ge(1.0), x, &y))
        })
    }
    /// Returns the derivative of [`Tensor::sparse_plus`]: 0 for x ≤ -1, (x + 1) / 2 for -1 < x ≤ 1, and 1 above.
    #[track_caller]
    pub fn sparse_sigmoid(&self) -> Tensor {
        lift("sparse_sigmoid", self, |x| ((x + 1.0) * 0.5).clamp(0.0, 1.0))
    }
}
