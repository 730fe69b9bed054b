//! Converts loops that count into scans.
//!
//! Formats without a scan, such as StableHLO, use a `while` instead: a counter has a constant step and a constant
//! bound, and each iteration reads the next rows of some arrays and writes the next rows of others. Such a loop becomes
//! a `scan` again. Its number of iterations is known, so it has a reverse mode. `counting.rs` finds the values of
//! integers in each iteration. `counted.rs` finds out whether a loop counts. `rows.rs` finds what it reads and writes
//! row by row. `rewrite.rs` builds the scan.
//!
//! Invariant: results stay the same bit for bit. Whatever fits no pattern stays: an array that is also read elsewhere
//! remains part of the carry, and so does a counter with other uses.

mod counted;
mod counting;
mod inline;
mod rewrite;
mod rows;

#[doc(hidden)]
pub use counting::{is_in_range, trip_count};

use crate::Program;

impl Program {
    /// Returns the program with a `scan` in place of each `while` whose number of iterations is known: its counter runs
    /// from a constant to a constant with a constant step. The program returns the same results bit for bit, and can be
    /// differentiated in reverse mode. Unused instructions are removed.
    ///
    /// ```
    /// use rune_ir::Program;
    /// use rune_trace::ProgramExt;
    /// let program: Program = "\
    /// def f(x0): # [f32] -> [f32]
    ///     def cond(x0, x1): # ([i32], [f32]) -> [bool]
    ///         z0 = rune.constant(value=\"5:i32\")
    ///         y0 = rune.lt(x0, z0)
    ///         return y0
    ///     def body(x0, x1): # ([i32], [f32]) -> ([i32], [f32])
    ///         z0 = rune.constant(value=\"1:i32\")
    ///         y0 = rune.add(x0, z0)
    ///         y1 = rune.sin(x1)
    ///         return y0, y1
    ///     z0 = rune.constant(value=\"0:i32\")
    ///     z1, y0 = rune.while(z0, x0, consts=0, cond=@cond, body=@body)
    ///     return y0
    /// ".parse().unwrap();
    /// assert!(program.grad(&[0], false).is_err());
    /// let scan = program.loops_to_scans();
    /// assert!(scan.to_string().contains("length=5"));
    /// assert!(scan.grad(&[0], false).is_ok());
    /// ```
    pub fn loops_to_scans(&self) -> Program {
        rewrite::rewritten(self)
    }
}
