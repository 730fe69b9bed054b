//! The tests that cross crates: one binary, since each links MLIR.

mod batch;
mod callbacks;
mod checkpoint;
mod compiled;
mod control;
mod custom;
mod debugging;
mod devices;
mod donation;
mod eager;
mod engine;
mod environment;
mod errors;
mod faults;
mod feature_table;
mod features;
#[allow(clippy::wildcard_enum_match_arm, reason = "of JSON, what is not expected is a wrong vector")]
mod indices;
mod jit;
mod loops;
mod named_axes;
mod nodes;
mod pairs;
mod random;
mod recursion;
mod saved;
mod shown;
mod stages;
mod threads;
mod tiers;
mod training;
mod transformed;
mod transformer;
mod views;
mod windows;
