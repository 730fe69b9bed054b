//! What users write: operators and functions with broadcasting, literals, negative axes and other comforts, made of the strict
//! primitives in [`crate::lax`].
//!
//! All are `#[track_caller]`: misuse panics at the user's line, and operations note it as their origin. So that the line gets through,
//! none calls a primitive from inside of a closure.

mod activations;
mod axes;
mod broadcast;
mod convert;
mod creation;
mod elementwise;
mod erf_inv;
mod join;
mod matmul;
#[cfg(feature = "ndarray")]
mod ndarray;
mod operators;
mod reductions;
mod scalar;
mod shape;

pub use axes::Axes;
pub use elementwise::where_;
pub use join::Sections;
pub use scalar::{Argument, Operand, Scalar};
pub use shape::Sizes;
