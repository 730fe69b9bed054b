//! The times of the steps of a compilation.

use std::time::Duration;

/// The times for making a program callable.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timings {
    /// Lowering the program to StableHLO.
    pub lower: Duration,
    /// Compiling StableHLO to machine code, or finding the code in the cache.
    pub compile: Duration,
    /// Loading the machine code.
    pub load: Duration,
    /// Whether the compiler ran.
    pub compiled: bool,
}
