//! What branches give.
//!
//! IREE puts what a branch computes into one block of memory, and hands that on once for each result. In a loop whose values come from a
//! branch, the byte code then loses the block, and a later kernel has none to read ("indirect buffer reference slot 0 is out range",
//! "ref is null"). So each result that a branch computes beside others goes through a barrier, which gives it memory of its own. Constants
//! go through barriers too, as they do in loops.

use crate::builder::{Builder, Val};

/// The results of a branch that takes `args`.
pub(crate) fn results<'c>(b: &Builder<'c>, args: &[Val<'c>], outputs: &[Val<'c>]) -> Vec<Val<'c>> {
    let is_given = |y: &Val<'c>| args.iter().any(|x| x.raw == y.raw);
    let many = outputs.iter().filter(|y| !is_given(y)).count() > 1;
    let result = |y: &Val<'c>| if many && !is_given(y) { b.barrier(&[y]).remove(0) } else { b.opaque(y) };
    outputs.iter().map(result).collect()
}
