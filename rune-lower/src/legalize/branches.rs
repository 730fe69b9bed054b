//! What branches give.
//!
//! IREE puts what a branch computes into one block of memory, and hands that on once for each result. In a loop whose values come from a
//! branch, the byte code then loses the block, and a later kernel has none to read ("indirect buffer reference slot 0 is out range",
//! "ref is null"). So each of several results goes through a barrier, which gives it memory of its own, also those that a branch hands
//! on as they are. Constants go through barriers in any case, as they do in loops.

use crate::builder::{Builder, Val};

/// What a branch with these results gives.
pub(crate) fn results<'c>(b: &Builder<'c>, outputs: &[Val<'c>]) -> Vec<Val<'c>> {
    let result = |y| if outputs.len() > 1 { b.barrier(&[y]).remove(0) } else { b.opaque(y) };
    outputs.iter().map(result).collect()
}
