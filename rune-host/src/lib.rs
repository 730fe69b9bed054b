//! The fast host engine: programs become plans of few steps, which run immediately, without a compiler.
//!
//! [`Plan::new`] fuses operations into kernels, which compute tile by tile with vector instructions. The interpreter of
//! `rune-ir` is exact and slow. Tests compare this engine with the interpreter. The interpreter also runs the
//! operations that have no kernel. Compiled code calls [`dot_general`] and [`fft`] where they are faster than its own
//! code.
//! All `unsafe` code is in the private module `products::gemm`.

mod blocks;
mod conv;
mod fourier;
mod kernel;
mod plan;
mod products;
mod profile;
mod run;
mod steps;
#[cfg(test)]
mod tests;
mod threads;
mod view;

use rune_ir::Array;
use rune_ir::op::FactorFn;

pub use fourier::fft;
pub use plan::Plan;
pub use products::dot_general;
pub use profile::{Profile, Row};
pub use threads::threads;

/// Returns the factors of each matrix of `x`, as [`FactorFn`] defines them, if there is a faster algorithm than the
/// interpreter's. There is one for large matrices with the feature `faer`.
///
/// ```
/// use rune_ir::Array;
/// use rune_ir::op::FactorFn;
/// let small = Array::from_slice([2, 2], &[2f32, 0., 0., 1.]);
/// assert!(rune_host::factor(FactorFn::Eigh, &small).is_none());
/// ```
#[cfg_attr(not(feature = "faer"), allow(unused_variables, reason = "the interpreter computes all factors"))]
pub fn factor(f: FactorFn, x: &Array) -> Option<Vec<Array>> {
    #[cfg(feature = "faer")]
    return rune_linalg::factor(f, x);
    #[cfg(not(feature = "faer"))]
    None
}
