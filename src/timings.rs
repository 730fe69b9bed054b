//! The times of the steps of compiling.

use std::time::Duration;

/// The times that making a program callable took.
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
