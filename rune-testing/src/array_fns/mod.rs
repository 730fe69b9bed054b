//! Array functions by their names, on the inputs of vectors.

pub mod case;
pub mod functions;
pub mod integers;
pub mod numpy;
pub mod special;
pub mod stats;
