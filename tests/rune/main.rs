//! The tests that cross crates: one binary, since each links MLIR.

mod algorithms;
mod batch;
mod callbacks;
mod checkpoint;
mod compiled;
mod compiled_programs;
mod control;
mod custom;
mod debugging;
mod donation;
mod eager;
mod environment;
mod errors;
mod faults;
mod feature_table;
mod features;
mod guarded;
#[allow(clippy::wildcard_enum_match_arm, reason = "of JSON, what is not expected is a wrong vector")]
mod indices;
mod jit;
mod loops;
mod named_axes;
mod nodes;
mod pairs;
mod random;
mod saved;
mod shown;
mod smooth;
mod stages;
mod threads;
mod training;
mod transformed;
mod transformer;
mod views;
mod windows;

#[path = "../support"]
mod support {
    #[allow(dead_code, reason = "shared with the tests of rune-trace")]
    pub mod callbacks;
    #[allow(dead_code, reason = "shared with the tests of rune-trace")]
    pub mod coverage;
    #[allow(dead_code, reason = "shared with the tests of rune-trace")]
    pub mod custom;
    #[allow(dead_code, reason = "shared with the tests of rune-trace")]
    pub mod named_axes;
    #[allow(dead_code, reason = "shared with the tests of rune-trace")]
    pub mod tolerance;
    #[allow(dead_code, reason = "shared with the tests of rune-trace")]
    pub mod transforms;
    #[allow(dead_code, reason = "shared with the tests of rune-trace")]
    pub mod vectors;
}
