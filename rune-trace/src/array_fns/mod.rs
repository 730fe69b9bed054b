//! The functions that users call: operators and functions with broadcasting, literals and negative axes, built from the
//! strict primitives in [`crate::lax`].
//!
//! All are `#[track_caller]`: misuse panics at the user's line, and operations record this line as their origin. None
//! calls a primitive inside a closure, because a closure would hide the line.

mod activations;
mod arithmetic;
mod axes;
mod bits;
mod broadcast;
mod choose;
pub mod cluster;
mod collectives;
mod complex;
mod complex_order;
mod conv;
mod convert;
mod creation;
mod differences;
mod dynamic;
mod einsum;
mod elementwise;
mod erf_inv;
pub mod fft;
mod filters;
mod floats;
mod grids;
mod histogram;
pub mod image;
mod index;
pub mod interpolate;
mod join;
pub mod linalg;
mod matmul;
mod names;
mod nan;
mod ndarray;
pub mod ndimage;
mod nested;
mod operators;
mod order;
mod partial_order;
mod polynomial;
mod pool;
mod ragged;
pub mod random;
mod rearrange;
mod reductions;
mod roots;
mod scalar;
mod segment;
mod sets;
mod shape;
pub mod signal;
pub mod special;
mod stacking;
mod statistics;
pub mod stats;
mod windows;

pub use axes::Axes;
pub use bits::BitOrder;
pub use choose::ResultSize;
pub use collectives::{
    all_gather, all_gather_tiled, all_to_all, all_to_all_tiled, axis_index, axis_size, pmax, pmean, pmin, ppermute,
    pshuffle, psum, psum_scatter, psum_scatter_tiled, pswapaxes,
};
pub use complex::complex;
pub use conv::{ConvOptions, ConvPadding, Layout, PerAxis};
pub use convert::TensorElement;
pub use einsum::einsum;
pub use elementwise::where_;
pub use histogram::Bins;
pub use index::{At, Ellipsis, IndexItem, Indexer, Indices, NewAxis, stepped};
pub use join::Sections;
pub use nested::Nested;
#[doc(hidden)]
pub use nested::nested;
pub use pool::PoolOptions;
pub use ragged::{RaggedDotDims, RaggedDotError};
pub use rearrange::PadMode;
pub use scalar::{Argument, Operand, Scalar};
pub use segment::{segment_max, segment_min, segment_prod, segment_sum};
pub use sets::Unique;
pub use shape::Sizes;
pub use stacking::broadcast_shapes;
