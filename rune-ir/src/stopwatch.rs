//! A stopwatch for machines with and without a clock.

use std::time::Duration;

/// Measures durations. WebAssembly without an operating system has no clock; there, all durations are zero.
///
/// ```
/// let stopwatch = rune_ir::Stopwatch::start();
/// assert!(stopwatch.elapsed() <= stopwatch.elapsed());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(#[cfg(not(all(target_family = "wasm", target_os = "unknown")))] std::time::Instant);

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
impl Stopwatch {
    /// Starts to measure.
    pub fn start() -> Stopwatch {
        Stopwatch(std::time::Instant::now())
    }
    /// Returns the time since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
impl Stopwatch {
    /// Starts to measure.
    pub fn start() -> Stopwatch {
        Stopwatch()
    }
    /// Returns the time since the start.
    pub fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
}
