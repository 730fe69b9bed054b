//! Control flow as operations: branches and loops that are decided at run time.
//!
//! Values that the closures capture become operands. Each closure is traced once, and stays a sub-program, however
//! often it runs.

mod associative;
mod branches;
mod closure;
mod loops;
mod scan;

pub use associative::{associative_scan, associative_scan_axis};
pub use branches::{cond, switch};
pub use loops::{Bound, fori_loop, while_loop};
pub use scan::{ScanOptions, map, scan, scan_with};
