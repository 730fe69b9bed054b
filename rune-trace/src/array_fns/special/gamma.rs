//! The gamma function and related functions.

use super::lanczos::lgamma_value;
use super::polygamma::digamma_of;
use super::support::{lift, lift_all, replace_where, with_slope, with_slopes};
use crate::array_fns::scalar::Operand;
use crate::tensor::refuse;
use crate::{Tensor, lax};
use std::f64::consts::PI;

/// Returns ln |Γ(x)|. Call it inside `at_caller`.
pub(crate) fn lgamma_of(x: &Tensor) -> Tensor {
    with_slope(lgamma_value, x, |x, _| digamma_of(x))
}

/// Returns the sign of Γ(x). Call it inside `at_caller`.
pub(super) fn gammasgn_of(x: &Tensor) -> Tensor {
    let floor = x.floor();
    let negative = x.lt(0.0);
    let half = &floor * 0.5;
    let odd = lax::ne(&half, &half.floor());
    // 1 / -0 is -∞.
    let minus_zero = x.eq(0.0) & (1.0 / x).lt(0.0);
    let sign = replace_where(&((&negative & odd) | minus_zero), -1.0, &x.ones_like());
    replace_where(&((negative & x.eq(&floor)) | x.isnan()), f64::NAN, &sign)
}

/// Returns ln |Γ(x)|. It is ∞ at 0, at negative integers and at ±∞.
///
/// The derivative is [`digamma`](super::digamma).
///
/// # Panics
/// If the dtype of `x` is not a float.
///
/// ```
/// use rune_trace::{Tensor, special};
/// let x = special::gammaln(&Tensor::from([5.0f64, 0.5]));
/// let expected = [24f64.ln(), std::f64::consts::PI.sqrt().ln()];
/// for (x, y) in x.to_vec::<f64>().unwrap().into_iter().zip(expected) {
///     assert!((x - y).abs() < 1e-14);
/// }
/// ```
#[doc(alias = "lgamma")]
#[track_caller]
pub fn gammaln(x: &Tensor) -> Tensor {
    lift("special::gammaln", x, lgamma_of)
}
/// Returns ln Γ(x). It is NaN where x is negative. For the logarithm of |Γ(x)|, use [`gammaln`].
///
/// # Panics
/// If the dtype of `x` is not a float.
#[track_caller]
pub fn loggamma(x: &Tensor) -> Tensor {
    lift("special::loggamma", x, |x| {
        let positive = x.ge(0.0);
        let inner = lax::select(&positive, x, &x.ones_like());
        lax::select(&positive, &lgamma_of(&inner), &lax::full_like(x, f64::NAN))
    })
}
/// Returns Γ(x). It is NaN at negative integers, and ±∞ at ±0.
///
/// # Panics
/// If the dtype of `x` is not a float.
///
/// ```
/// use rune_trace::{Tensor, special};
/// let x = special::gamma(&Tensor::from([5.0f32, -0.5])).to_vec::<f32>().unwrap();
/// assert!((x[0] - 24.0).abs() < 1e-4 && (x[1] + 3.544_907_7).abs() < 1e-5);
/// ```
#[track_caller]
pub fn gamma(x: &Tensor) -> Tensor {
    lift("special::gamma", x, gamma_of)
}
pub(crate) fn gamma_of(x: &Tensor) -> Tensor {
    with_slope(|x: &Tensor| gammasgn_of(x) * lgamma_of(x).exp(), x, |x, y| y * digamma_of(x))
}
/// Returns the sign of Γ(x), as 1 or -1. It is NaN at negative integers, and -1 at -0.
///
/// # Panics
/// If the dtype of `x` is not a float.
#[track_caller]
pub fn gammasgn(x: &Tensor) -> Tensor {
    lift("special::gammasgn", x, gammasgn_of)
}
/// Returns x! = Γ(x + 1), and 0 where x is negative.
///
/// # Panics
/// If the dtype of `x` is not a float.
///
/// ```
/// use rune_trace::{Tensor, special};
/// let x = special::factorial(&Tensor::scalar(5.0f64)).item::<f64>().unwrap();
/// assert!((x - 120.0).abs() < 1e-11);
/// ```
#[track_caller]
pub fn factorial(x: &Tensor) -> Tensor {
    lift("special::factorial", x, |x| {
        let negative = x.lt(0.0);
        let inner = lax::select(&negative, &x.zeros_like(), x);
        replace_where(&negative, 0.0, &lgamma_of(&(inner + 1.0)).exp())
    })
}
/// Returns the binomial coefficient "`n` over `k`" of real numbers. It is 0 where `k` is negative or above `n`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
///
/// ```
/// use rune_trace::{Tensor, special};
/// let x = special::comb(5.0, &Tensor::from([0.0f64, 2.0, 6.0])).round();
/// assert_eq!(x.to_vec::<f64>().unwrap(), [1.0, 10.0, 0.0]);
/// ```
#[track_caller]
pub fn comb(n: impl Operand, k: impl Operand) -> Tensor {
    lift_all("special::comb", [n.into_argument(), k.into_argument()], |[n, k]| {
        let some = k.le(n) & n.ge(0.0) & k.ge(0.0);
        let (n, k) = (lax::select(&some, n, &n.zeros_like()), lax::select(&some, k, &k.zeros_like()));
        // Uses 1 / ((n + 1) B(n - k + 1, k + 1)), whose logarithm is smaller than those of the factorials.
        let log = -betaln_of(&(&n - &k + 1.0), &(&k + 1.0)) - n.log1p();
        lax::select(&some, &log.exp(), &log.zeros_like())
    })
}
/// Returns Pochhammer's symbol Γ(z + m) / Γ(z), and 1 where `m` is 0.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
///
/// ```
/// use rune_trace::special;
/// let x = special::poch(3.0f32, 2.0f32).item::<f32>().unwrap();
/// assert!((x - 12.0).abs() < 1e-4);
/// ```
#[track_caller]
pub fn poch(z: impl Operand, m: impl Operand) -> Tensor {
    fn value(z: &Tensor, m: &Tensor) -> Tensor {
        replace_where(&m.eq(0.0), 1.0, &(gamma_of(&(z + m)) / gamma_of(z)))
    }
    lift_all("special::poch", [z.into_argument(), m.into_argument()], |[z, m]| {
        with_slopes(value, [z, m], |z, m, y| {
            let above = digamma_of(&(z + m));
            [(&above - digamma_of(z)) * y, above * y]
        })
    })
}

/// Returns ln Γ(b) - ln Γ(a + b) for a ≤ b and b ≥ 8, without the cancellation of large parts. Uses Stirling's series
/// (A. DiDonato and A. Morris, "Algorithm 708", 1992).
fn log_ratio(a: &Tensor, b: &Tensor) -> Tensor {
    /// B₂ₖ / (2k (2k - 1)), adjusted so that six terms suffice.
    const STIRLING: [f64; 6] = [
        0.083_333_333_333_333_3,
        -0.002_777_777_777_609_91,
        0.000_793_650_666_825_39,
        -0.000_595_202_931_351_87,
        0.000_837_308_034_031_215,
        -0.001_653_229_627_807_13,
    ];
    let h = a / b;
    let x = 1.0 / (1.0 + &h);
    let square = &x * &x;
    // (1 - xⁿ) / (1 - x) for n = 1, 3, …, 11.
    let mut sums = vec![x.ones_like()];
    for _ in 1..STIRLING.len() {
        let last = sums.last().expect("there is one");
        sums.push(&x + &square * last + 1.0);
    }
    let t = (1.0 / b).square();
    let mut w = &sums[5] * STIRLING[5];
    for k in (0..5).rev() {
        w = w * &t + &sums[k] * STIRLING[k];
    }
    let w = w * (&h * x / b);
    let u = (b + (a - 0.5)) * h.log1p();
    let v = a * (b.log() - 1.0);
    lax::select(&u.le(&v), &(&w - &v - &u), &(&w - &u - &v))
}
fn betaln_value(a: &Tensor, b: &Tensor) -> Tensor {
    let (a, b) = (lax::min(a, b), lax::max(a, b));
    let log_gamma_a = lgamma_of(&a);
    let small = &log_gamma_a + (lgamma_of(&b) - lgamma_of(&(&a + &b)));
    lax::select(&b.lt(8.0), &small, &(log_gamma_a + log_ratio(&a, &b)))
}
pub(crate) fn betaln_of(a: &Tensor, b: &Tensor) -> Tensor {
    with_slopes(betaln_value, [a, b], |a, b, _| {
        let both = digamma_of(&(a + b));
        [digamma_of(a) - &both, digamma_of(b) - both]
    })
}
/// Returns ln |B(a, b)|, the logarithm of the beta function. It is precise even for large arguments.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
///
/// ```
/// use rune_trace::special;
/// let x = special::betaln(2.0f64, 3.0f64).item::<f32>().unwrap();
/// assert!((x + 12f32.ln()).abs() < 1e-6);
/// ```
#[track_caller]
pub fn betaln(a: impl Operand, b: impl Operand) -> Tensor {
    lift_all("special::betaln", [a.into_argument(), b.into_argument()], |[a, b]| betaln_of(a, b))
}
/// Returns the beta function, Γ(a) Γ(b) / Γ(a + b).
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
#[track_caller]
pub fn beta(a: impl Operand, b: impl Operand) -> Tensor {
    lift_all("special::beta", [a.into_argument(), b.into_argument()], |[a, b]| {
        gammasgn_of(a) * gammasgn_of(b) * gammasgn_of(&(a + b)) * betaln_of(a, b).exp()
    })
}
/// Returns the logarithm of the multivariate gamma function of dimension `d`, ln π^(d (d - 1) / 4) ∏ Γ(a - j / 2) for j
/// from 0 to d - 1.
///
/// # Panics
/// If the dtype of `a` is not a float, or `d` is 0.
#[doc(alias = "mvlgamma")]
#[track_caller]
pub fn multigammaln(a: &Tensor, d: usize) -> Tensor {
    if d == 0 {
        refuse!("special::multigammaln: the dimension must be at least 1, but is 0");
    }
    lift("special::multigammaln", a, |a| {
        let mut sum = lax::full_like(a, 0.25 * (d * (d - 1)) as f64 * PI.ln());
        for j in 0..d {
            sum += lgamma_of(&(a - j as f64 / 2.0));
        }
        sum
    })
}
/// Gamma functions of each element.
impl Tensor {
    /// Returns ln |Γ(x)|: see [`special::gammaln`](crate::special::gammaln).
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert!((Tensor::scalar(5.0f64).lgamma().item::<f64>().unwrap() - 24f64.ln()).abs() < 1e-14);
    /// ```
    #[doc(alias = "gammaln")]
    #[track_caller]
    pub fn lgamma(&self) -> Tensor {
        lift("lgamma", self, lgamma_of)
    }
    /// Returns the derivative of [`Tensor::lgamma`]: see [`special::digamma`](crate::special::digamma).
    #[track_caller]
    pub fn digamma(&self) -> Tensor {
        lift("digamma", self, digamma_of)
    }
}
