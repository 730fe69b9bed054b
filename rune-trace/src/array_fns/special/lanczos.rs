//! ln Γ and its derivative, without derivative rules.
//!
//! Like XLA, this uses Lanczos's approximation ("A precision approximation of the gamma function", 1964) with the
//! coefficients of P. Godfrey for g = 7 and nine terms. Below 1/2, it uses reflection (DLMF 5.5.3).

use super::support::replace_where;
use crate::{Tensor, lax};
use std::f64::consts::PI;

const G: f64 = 7.0;
const LANCZOS: [f64; 8] = [
    676.520_368_121_885_1,
    -1_259.139_216_722_402_8,
    771.323_428_777_653_1,
    -176.615_029_162_140_6,
    12.507_343_278_686_905,
    -0.138_571_095_265_720_12,
    9.984_369_578_019_572e-6,
    1.505_632_735_149_311_6e-7,
];
const LANCZOS_0: f64 = 0.999_999_999_999_809_9;

/// Returns z such that z + 1 is x or 1 - x, and whether x is below 1/2.
fn reflected(x: &Tensor) -> (Tensor, Tensor) {
    let below = x.lt(0.5);
    (lax::select(&below, &-x, &(x - 1.0)), below)
}

/// Returns ln (z + g + 1/2), and z + g + 1/2.
fn log_base(z: &Tensor) -> (Tensor, Tensor) {
    let base = G + 0.5;
    (((z / base).log1p() + base.ln()), z + base)
}

/// Returns ln |Γ(x)|.
pub(super) fn lgamma_value(x: &Tensor) -> Tensor {
    let (z, below) = reflected(x);
    let mut sum = lax::full_like(x, LANCZOS_0);
    for (k, c) in LANCZOS.into_iter().enumerate() {
        sum += c / (&z + (k + 1) as f64);
    }
    let (log_t, t) = log_base(&z);
    // (z + 1/2) ln t and t are large and nearly cancel. This form subtracts them before the product.
    let y = (&z + 0.5 - t / &log_t) * &log_t + (0.5 * (2.0 * PI).ln()) + sum.log();
    let magnitude = x.abs();
    let fraction = &magnitude - magnitude.floor();
    let fraction = lax::min(&fraction, &(1.0 - &fraction));
    let log_sin = (fraction * PI).sin().log();
    let reflection = lax::select(&log_sin.isfinite(), &(PI.ln() - &log_sin - &y), &-&log_sin);
    let y = lax::select(&below, &reflection, &y);
    replace_where(&magnitude.eq(f64::INFINITY), f64::INFINITY, &y)
}
/// Returns the derivative of ln |Γ(x)|.
pub(super) fn digamma_value(x: &Tensor) -> Tensor {
    let (z, below) = reflected(x);
    let mut sum = lax::full_like(x, LANCZOS_0);
    let mut slope = lax::full_like(x, 0.0);
    for (k, c) in LANCZOS.into_iter().enumerate() {
        let term = &z + (k + 1) as f64;
        slope -= c / (&term * &term);
        sum += c / term;
    }
    let (log_t, t) = log_base(&z);
    let y = log_t + slope / sum - G / t;
    // π cot πx, computed from the fractional part of x.
    let angle = (x + (x + 0.5).floor().abs()) * PI;
    let reflection = &y - angle.cos() * PI / angle.sin();
    let y = lax::select(&below, &reflection, &y);
    replace_where(&(x.le(0.0) & x.eq(x.floor())), f64::NAN, &y)
}
