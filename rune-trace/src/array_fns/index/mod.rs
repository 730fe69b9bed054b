//! Indexing like NumPy, with ranges, steps, negative numbers and index arrays.

mod items;
mod plan;
mod read;
mod update;

pub use items::{Ellipsis, IndexItem, Indexer, Indices, NewAxis, stepped};
pub use update::At;
