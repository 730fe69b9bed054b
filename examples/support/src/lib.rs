//! Models, solvers, data and plots that the examples and their tests share.

pub mod curve;
pub mod digits;
pub mod gpt;
pub mod mlp;
pub mod ode;
pub mod picture;
pub mod recurrent;
pub mod transformer;
pub mod workloads;
