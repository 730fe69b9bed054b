//! Control flow as operations: branches and loops whose course is decided when the program runs.
//!
//! What the closures use of the values around them becomes an operand. Each function is traced once and stays a sub-program,
//! whichever way or how often it runs.

mod associative;
mod branches;
mod closure;
mod loops;
mod scan;

pub use associative::{associative_scan, associative_scan_axis};
pub use branches::{cond, switch};
pub use loops::{Bound, fori_loop, while_loop};
pub use scan::{ScanOptions, map, scan, scan_with};
