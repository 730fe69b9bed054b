//! Spherical harmonics, by the recurrence of normalized associated Legendre functions over the degree (DLMF 14.10.3; W.
//! H. Press et al., "Numerical Recipes", 3rd edition, section 6.7).

use super::support::floats;
use crate::array_fns::broadcast::unify;
use crate::array_fns::scalar::Operand;
use crate::tensor::{at_caller, current_origin, refuse, with_origin};
use crate::{Tensor, complex, fori_loop, lax};
use rune_ir::DType;
use std::f64::consts::PI;

/// Returns the complex spherical harmonics Yₙᵐ(θ, φ) of degree `n`, order `m`, polar angle `theta` and azimuth `phi`,
/// which broadcast. `n` and `m` have one integer dtype, and degrees are at most `n_max`. `theta` and `phi` are floats.
/// Where |m| > n, or n is not in 0 … `n_max`, the result is 0.
///
/// It is differentiable with respect to both angles.
///
/// # Panics
/// If a dtype is not supported, dtypes differ, or shapes do not broadcast.
///
/// ```
/// use rune_trace::{Complex64, Tensor, special};
/// let (theta, phi) = (Tensor::scalar(0.5f64), Tensor::scalar(0.25f64));
/// let y = special::sph_harm_y(1, -1, &theta, &phi, 1).item::<Complex64>().unwrap();
/// let size = (3.0 / (8.0 * std::f64::consts::PI)).sqrt() * 0.5f64.sin();
/// assert!((y.re - size * 0.25f64.cos()).abs() < 1e-15 && (y.im + size * 0.25f64.sin()).abs() < 1e-15);
/// ```
#[doc(alias = "spherical harmonics")]
#[track_caller]
pub fn sph_harm_y(n: impl Operand, m: impl Operand, theta: impl Operand, phi: impl Operand, n_max: usize) -> Tensor {
    let op = "special::sph_harm_y";
    let [theta, phi] = floats(op, [theta.into_argument(), phi.into_argument()]);
    let [n, m] = unify(op, [n.into_argument(), m.into_argument()]);
    if !n.dtype().is_int() {
        refuse!("{op}: degrees and orders are integers, but are {}", n.ty());
    }
    let half = theta.dtype().is_reduced_float();
    at_caller(|| {
        let dtype = if half { DType::F32 } else { theta.dtype() };
        let float = |x: &Tensor| lax::convert(x, dtype);
        let (n, m, theta, phi) = (float(&n), float(&m), float(&theta), float(&phi));
        let shape = (&n + &m + &theta + &phi).shape().clone();
        let [n, m, theta, phi] = [n, m, theta, phi].map(|x| x.broadcast_to(&shape));
        let order = m.abs();
        let (x, y) = (theta.cos(), theta.sin());
        let zero = x.zeros_like();
        let init = vec![zero.clone(), zero.clone(), &zero + 0.5 / PI.sqrt(), zero];
        let origin = current_origin();
        let step = |l: &Tensor, c: &Vec<Tensor>| {
            with_origin(&origin, || {
                let [before, last, diagonal, found] = [&c[0], &c[1], &c[2], &c[3]];
                let l = lax::convert(l, dtype);
                // For degree l: the diagonal if the order is l, and the recurrence if it is less.
                let on = order.eq(&l);
                let within = order.lt(&l);
                let square = l.square();
                let gap = lax::select(&within, &(&square - order.square()), &order.ones_like());
                // The unused values must not be NaN, which would spread to derivatives.
                let lead = ((&square * 4.0 - 1.0).abs() / &gap).sqrt();
                let less = (&l - 1.0).square() - order.square();
                let less = lax::select(&order.lt(&l - 1.0), &less, &less.zeros_like());
                let second = ((&l * 2.0 + 1.0) * less / ((&l * 2.0 - 3.0) * gap)).abs().sqrt();
                let by_recurrence = lead * &x * last - second * before;
                let value = lax::select(&within, &by_recurrence, &diagonal.zeros_like());
                let value = lax::select(&on, diagonal, &value);
                let found = lax::select(&n.eq(&l), &value, found);
                // -√(1 + 1/(2l)) sin θ leads to the next degree on the diagonal.
                let following = &l + 1.0;
                let diagonal = -(0.5 / following + 1.0).sqrt() * &y * diagonal;
                vec![last.clone(), value, diagonal, found]
            })
        };
        let last = fori_loop(0, n_max as i64 + 1, step, &init);
        let legendre = &last[3];
        // For negative orders: (-1)ᵐ times the conjugate.
        let odd = order.remainder(2.0).eq(1.0);
        let negative = m.lt(0.0);
        let sign = lax::select(&(&negative & odd), &-m.ones_like(), &m.ones_like());
        let angle = &m * phi;
        let size = legendre * sign;
        let re = &size * angle.cos();
        complex(re, size * angle.sin())
    })
}
