//! Fast kernels of the host. Compiled code calls them where they beat what the compiler makes.
//!
//! The interpreter is exact and slow, and what these are tested against. All `unsafe` code is in the private module `gemm`.

mod gemm;
mod products;

pub use products::dot_general;
