//! The tests that cross crates: one binary, since each links MLIR.

mod eager;
mod environment;
mod errors;
mod feature_table;
mod features;
mod jit;
mod nodes;
mod saved;
mod shown;
mod threads;
