//! Rewrites of everything that IREE 3.13 compiles wrongly, slowly or not at all. Each rewrite is in one file, with the
//! reason. Times are from two Zen 5 cores. `docs/iree.md` lists IREE's surprising behaviour.
//!
//! One difference from the interpreter remains: IREE's code on CPUs treats subnormal operands and results as 0.

pub(crate) mod across;
pub(crate) mod arg_reduce;
pub(crate) mod branches;
pub(crate) mod carried;
pub(crate) mod chains;
pub(crate) mod convert;
pub(crate) mod convolution;
pub(crate) mod cumulative;
pub(crate) mod dilation;
pub(crate) mod exponential;
pub(crate) mod float8;
pub(crate) mod gpu;
pub(crate) mod half;
pub(crate) mod indices;
pub(crate) mod integer;
pub(crate) mod levels;
pub(crate) mod math64;
pub(crate) mod network;
pub(crate) mod patches;
pub(crate) mod power;
pub(crate) mod products;
pub(crate) mod remainder;
pub(crate) mod scatter;
pub(crate) mod scatter_operand;
pub(crate) mod sorting;
pub(crate) mod spirv;
pub(crate) mod sums;
pub(crate) mod trigonometry;
pub(crate) mod unsigned;
pub(crate) mod views;
pub(crate) mod waits;
pub(crate) mod windows;
