//! The regularized incomplete beta function, by its continued fraction (DLMF 8.17.22) and Lentz's method, as modified
//! by I. Thompson and A. Barnett ("Coulomb and Bessel functions of complex arguments and order", 1986).

use super::gamma::{betaln_of, lgamma_of};
use super::support::{epsilon, lift_all, partial, replace_where, tiny, while_loop_with_origin, with_partials};
use crate::array_fns::scalar::Operand;
use crate::{Tensor, lax};
use rune_ir::DType;

/// Returns the continued fraction 1 / (1 + d₁ / (1 + d₂ / …)). For an integer b, the fraction has finitely many levels,
/// but its derivatives with respect to the parameters have infinitely many.
fn fraction(a: &Tensor, b: &Tensor, x: &Tensor, differentiated: bool) -> Tensor {
    let small = epsilon(x) / 2.0;
    let most = if x.dtype() == DType::F64 { 600.0 } else { 200.0 };
    let apart = |y: &Tensor| replace_where(&y.abs().lt(small), small, y);
    // The first denominator is 0 and the first numerator 1, so the first step is already done.
    let (c, d, one) = (lax::full_like(x, 1.0 / small), x.ones_like(), x.ones_like());
    let h = one.clone();
    let init = [lax::full(DType::Bool, x.shape(), 1.0), x.zeros_like(), c, d, h];
    let last = while_loop_with_origin(
        |s: &[Tensor; 5]| s[0].any(),
        |[on, n, c, d, h]| {
            // d₂ₘ₊₁ for n = 2m and d₂ₘ for n = 2m - 1.
            let half = n * 0.5;
            let even = half.eq(half.floor());
            let m = lax::select(&even, &half, &(&half + 0.5));
            let twice = &m * 2.0;
            let odd_numerator = -(a + &m) * (a + b + &m) * x / ((a + &twice) * (a + &twice + 1.0));
            let first = -(a + b) * x / (a + 1.0);
            let odd_numerator = lax::select(&m.eq(0.0), &first, &odd_numerator);
            let even_numerator = &m * (b - &m) * x / ((a + &twice - 1.0) * (a + &twice));
            let numerator = lax::select(&even, &odd_numerator, &even_numerator);
            let c = apart(&(1.0 + &numerator / c));
            let d = 1.0 / apart(&(1.0 + numerator * d));
            let delta = &c * &d;
            let n = n + 1.0;
            let mut more = (&delta - 1.0).abs().ge(small);
            if differentiated {
                more |= n.lt(lax::stop_gradient(&(b * 2.0 + 60.0)));
            }
            let more = on & more & n.lt(most);
            // Finished elements keep their value, whatever the others do.
            [more, n, c, d, lax::select(on, &(h * delta), h)]
        },
        &init,
    );
    let [_, _, _, _, h] = last;
    h
}

/// Returns the part of the integral up to `x`, or the rest if `upper`.
fn betainc_value([a, b, x]: [&Tensor; 3], upper: bool, differentiated: bool) -> Tensor {
    let infinity = f64::INFINITY;
    let a_is_zero = a.eq(0.0) | b.eq(infinity);
    let b_is_zero = b.eq(0.0) | a.eq(infinity);
    let (at_zero, at_one) = (x.eq(0.0), x.eq(1.0));
    let zero = (&b_is_zero & !&at_one) | (&a_is_zero & &at_zero);
    let one = (&a_is_zero & !&at_zero) | (&b_is_zero & &at_one);
    let nan =
        a.lt(0.0) | b.lt(0.0) | x.lt(0.0) | x.gt(1.0) | (&a_is_zero & &b_is_zero) | a.isnan() | b.isnan() | x.isnan();
    // Where this fraction converges slowly, that of the complement converges fast.
    let fast = x.lt((a + 1.0) / (a + b + 2.0));
    let (a, b) = (lax::select(&fast, a, b), lax::select(&fast, b, a));
    let x = lax::select(&fast, x, &(1.0 - x));
    let settled = &nan | &zero | &one;
    let [a, b, x] = [&a, &b, &x].map(|x| replace_where(&settled, 0.5, x));
    // If a is so small that Γ(a) overflows, a Γ(a) = Γ(a + 1) is 1.
    let ratio = lgamma_of(&b) - lgamma_of(&(&a + &b));
    let small = ((-&x).log1p() * &b - ratio).exp();
    let usual = (x.log() * &a + (-&x).log1p() * &b - betaln_of(&a, &b)).exp() / &a;
    let factor = lax::select(&a.lt(2.0 * tiny(&x)), &small, &usual);
    let y = fraction(&a, &b, &x, differentiated) * factor;
    let rest = 1.0 - &y;
    let (y, one, zero) =
        if upper { (lax::select(&fast, &rest, &y), zero, one) } else { (lax::select(&fast, &y, &rest), one, zero) };
    let y = replace_where(&one, 1.0, &replace_where(&zero, 0.0, &y));
    replace_where(&nan, f64::NAN, &y)
}
/// Returns the function, or 1 minus the function if `upper`. Call it inside `at_caller`.
fn either_of(a: &Tensor, b: &Tensor, x: &Tensor, upper: bool) -> Tensor {
    let value = move |xs: &[Tensor]| betainc_value([&xs[0], &xs[1], &xs[2]], upper, false);
    with_partials(value, &[a, b, x], move |xs, _| {
        let [a, b, x] = [&xs[0], &xs[1], &xs[2]];
        let density = ((b - 1.0) * (-x).log1p() + (a - 1.0) * x.log() - betaln_of(a, b)).exp();
        let longer = |xs: &[Tensor]| betainc_value([&xs[0], &xs[1], &xs[2]], upper, true);
        vec![partial(longer, xs, 0), partial(longer, xs, 1), if upper { -density } else { density }]
    })
}
/// Returns the function. Call it inside `at_caller`.
pub(crate) fn betainc_of(a: &Tensor, b: &Tensor, x: &Tensor) -> Tensor {
    either_of(a, b, x, false)
}
/// Returns 1 minus the function. Call it inside `at_caller`.
pub(crate) fn betaincc_of(a: &Tensor, b: &Tensor, x: &Tensor) -> Tensor {
    either_of(a, b, x, true)
}

/// Returns the regularized incomplete beta function, Iₓ(a, b) = ∫₀ˣ tᵃ⁻¹ (1 - t)ᵇ⁻¹ dt / B(a, b). It is NaN for
/// negative `a` or `b`, and for `x` outside of 0 … 1. It is differentiable with respect to all three; JAX's is
/// differentiable only with respect to `x`.
///
/// # Panics
/// If the dtype is not a float, dtypes differ or shapes do not broadcast.
///
/// ```
/// use rune_trace::{Tensor, special};
/// let x = special::betainc(2.0, 1.0, &Tensor::scalar(0.5f64)).item::<f64>().unwrap();
/// assert!((x - 0.25).abs() < 1e-15);
/// ```
#[track_caller]
pub fn betainc(a: impl Operand, b: impl Operand, x: impl Operand) -> Tensor {
    let args = [a.into_argument(), b.into_argument(), x.into_argument()];
    lift_all("special::betainc", args, |[a, b, x]| betainc_of(a, b, x))
}
