//! Special functions of each element, by the names of `jax.scipy.special` and of SciPy.
//!
//! Each takes floats: `f32` and `f64` are computed as they are, half types in `f32`. Functions of several arguments broadcast them; Rust numbers take
//! the dtype of the tensors. All are made of the primitives, so they work under every transformation and on every engine, and have
//! derivatives of their own, which are finite wherever the derivative is.
//!
//! ```
//! use rune_trace::{Tensor, grad, special};
//! let x = Tensor::scalar(3.0f64);
//! assert!((special::gammaln(&x).item::<f64>().unwrap() - 2f64.ln()).abs() < 1e-15);
//! let slope = grad(|x: &Tensor| special::gammaln(x))(&x).item::<f64>().unwrap();
//! assert_eq!(slope, special::digamma(&x).item::<f64>().unwrap());
//! ```

mod bessel;
mod elementary;
mod error;
mod exponential_integrals;
mod gamma;
mod incomplete_beta;
mod incomplete_gamma;
mod integrals;
mod quotients;
pub(crate) mod support;
mod tables;
mod zeta;

pub use bessel::{bessel_jn, i0, i0e, i1, i1e};
pub use elementary::{boxcox, boxcox1p, entr, expit, kl_div, logit, rel_entr, sinc, xlog1py, xlogy};
pub use error::{erfc, erfcx, log_ndtr, ndtr, ndtri};
pub use exponential_integrals::{exp1, expi, expn};
pub(crate) use gamma::lgamma_of;
pub use gamma::{
    beta, betaln, comb, digamma, factorial, gamma, gammaln, gammasgn, loggamma, multigammaln, poch, polygamma,
};
pub use incomplete_beta::betainc;
pub(crate) use incomplete_gamma::random_gamma_grad_of;
pub use incomplete_gamma::{gammainc, gammaincc, random_gamma_grad};
pub use integrals::{dawsn, fresnel, owens_t, sici, spence};
pub use zeta::zeta;
