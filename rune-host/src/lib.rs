//! The fast engine of the host: programs as plans of few steps, which run at once, without a compiler.
//!
//! [`Plan::new`] fuses operations into kernels, which compute tile by tile with vector instructions. The interpreter of `rune-ir` is exact
//! and slow, and what this is tested against; it computes what there is no kernel for. Compiled code calls [`dot_general`], where that beats
//! what the compiler makes. All `unsafe` code is in the private module `gemm`.

mod conv;
mod gemm;
mod kernel;
mod plan;
mod products;
mod profile;
mod run;
mod steps;
#[cfg(test)]
mod tests;

pub use plan::Plan;
pub use products::dot_general;
pub use profile::{Profile, Row};
