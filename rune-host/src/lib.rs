//! The fast host engine: programs become plans of few steps, which run immediately, without a compiler.
//!
//! [`Plan::new`] fuses operations into kernels, which compute tile by tile with vector instructions. The interpreter of
//! `rune-ir` is exact and slow. Tests compare this engine with the interpreter. The interpreter also runs the
//! operations that have no kernel. Compiled code calls [`dot_general`] where that is faster than the compiler's code.
//! All `unsafe` code is in the private module `products::gemm`.

mod blocks;
mod conv;
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

pub use plan::Plan;
pub use products::dot_general;
pub use profile::{Profile, Row};
pub use threads::threads;
