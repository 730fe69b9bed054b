//! Loops that count, as scans.
//!
//! Formats without a scan hold a `while` in its place, as StableHLO does: a counter goes by a constant step up to a constant bound, each
//! turn reads the next rows of some arrays, and writes the next rows of others. Such a loop becomes a `scan` again, of which it is
//! known how often it goes round, so that it has a reverse mode. `counting.rs` finds out what integers are in each turn, `counted.rs`
//! whether a loop counts, `rows.rs` what it reads and writes row by row, and `rewrite.rs` makes the scan of that.
//!
//! Invariant: results stay the same bit for bit. What fits no pattern stays as it is: an array that is also read elsewhere is carried
//! along, and a counter too, where something else needs it.

mod counted;
mod counting;
mod inline;
mod rewrite;
mod rows;

#[doc(hidden)]
pub use counting::{holds, turns};

use crate::Program;

impl Program {
    /// The same function with a `scan` in the place of each `while` that goes round a number of times that is known: one with a counter
    /// that goes from a constant by a constant up (or down) to a constant. It gives the same results bit for bit, and can be
    /// differentiated in reverse mode. What nothing uses is left out.
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
