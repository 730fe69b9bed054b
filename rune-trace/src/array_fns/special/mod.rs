//! Elementwise special functions, under the names of `jax.scipy.special` and SciPy.
//!
//! All functions take floats. `f32` and `f64` are computed in their own precision, and half-precision types in `f32`.
//! Several arguments broadcast, and Rust numbers take the dtype of the tensors. All functions are composed of the
//! primitives, so they work under every transformation and on every engine. They have their own derivative rules, whose
//! results are finite wherever the true derivative is.
//!
//! ```
//! use rune_trace::{Tensor, grad, special};
//! let x = Tensor::scalar(3.0f64);
//! assert!((special::gammaln(&x).item::<f64>().unwrap() - 2f64.ln()).abs() < 1e-14);
//! let slope = grad(|x: &Tensor| special::gammaln(x))(&x).item::<f64>().unwrap();
//! assert_eq!(slope, special::digamma(&x).item::<f64>().unwrap());
//! ```

mod bessel;
mod elementary;
mod error;
mod exponential_integrals;
mod faddeeva;
mod gamma;
mod harmonics;
mod hypergeometric;
mod incomplete_beta;
mod incomplete_gamma;
mod integrals;
mod lanczos;
mod polygamma;
mod quotients;
pub(crate) mod support;
mod tables;
mod zeta;

pub(crate) use bessel::i0e_of;
pub use bessel::{bessel_jn, i0, i0e, i1, i1e};
pub use elementary::{boxcox, boxcox1p, entr, expit, kl_div, logit, rel_entr, sinc, xlog1py, xlogy};
pub(crate) use elementary::{log1mexp_of, logit_of, xlog1py_of, xlogy_of};
pub use error::{erfc, erfcx, log_ndtr, ndtr, ndtri};
pub(crate) use error::{log_ndtr_of, ndtr_of, ndtri_of, normal_density};
pub use exponential_integrals::{exp1, expi, expn};
pub use faddeeva::wofz;
pub use gamma::{beta, betaln, comb, factorial, gamma, gammaln, gammasgn, loggamma, multigammaln, poch};
pub(crate) use gamma::{betaln_of, lgamma_of};
pub use harmonics::sph_harm_y;
pub use hypergeometric::{hyp1f1, hyp2f1};
pub use incomplete_beta::betainc;
pub(crate) use incomplete_beta::{betainc_of, betaincc_of};
pub use incomplete_gamma::{gammainc, gammaincc, igamma_grad_a, random_gamma_grad};
pub(crate) use incomplete_gamma::{gammainc_of, gammaincc_of, random_gamma_grad_of};
pub use integrals::{dawsn, fresnel, owens_t, sici, spence};
pub use polygamma::{digamma, polygamma};
pub use zeta::{bernoulli, zeta};
