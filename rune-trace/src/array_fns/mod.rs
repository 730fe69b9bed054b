//! What users write: operators and functions with broadcasting, literals, negative axes and other comforts, made of the strict
//! primitives in [`crate::lax`].
//!
//! All are `#[track_caller]`: misuse panics at the user's line, and operations note it as their origin. So that the line gets through,
//! none calls a primitive from inside of a closure.

mod activations;
mod axes;
mod broadcast;
mod collectives;
mod complex;
mod conv;
mod convert;
mod creation;
mod einsum;
mod elementwise;
mod erf_inv;
pub mod fft;
mod index;
mod join;
pub mod linalg;
mod matmul;
mod ndarray;
mod operators;
mod order;
mod pool;
pub mod random;
mod rearrange;
mod reductions;
mod scalar;
mod shape;

pub use axes::Axes;
pub use collectives::{
    all_gather, all_gather_tiled, all_to_all, all_to_all_tiled, axis_index, axis_size, pmax, pmean, pmin, ppermute,
    pshuffle, psum, psum_scatter, psum_scatter_tiled, pswapaxes,
};
pub use complex::complex;
pub use conv::{ConvOptions, ConvPadding, Layout, PerAxis};
pub use convert::TensorElement;
pub use einsum::einsum;
pub use elementwise::where_;
pub use index::{At, Ellipsis, IndexItem, Indexer, Indices, NewAxis, stepped};
pub use join::Sections;
pub use pool::PoolOptions;
pub use rearrange::PadMode;
pub use scalar::{Argument, Operand, Scalar};
pub use shape::Sizes;
