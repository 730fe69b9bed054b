//! Results of branches.
//!
//! IREE puts the results of a branch into one memory block, and returns the block once per result. In a loop whose
//! carried values come from a branch, the bytecode then loses the block, and a later kernel has nothing to read
//! ("indirect buffer reference slot 0 is out range", "ref is null"). If a branch has several results, each therefore
//! goes through a barrier, which gives it its own memory. This includes arguments that the branch returns unchanged.
//! Constants always go through barriers, as in loops. A value that a branch returns twice is copied.

use super::carried::Copies;
use crate::builder::{Builder, Val};

/// Returns the results of a branch behind the barriers that they need.
pub(crate) fn results<'c>(b: &Builder<'c>, outputs: &[Val<'c>]) -> Vec<Val<'c>> {
    let is_repeated = |i: usize| outputs[..i].iter().any(|earlier| earlier.raw == outputs[i].raw);
    let copies = (b.has_defences() && (0..outputs.len()).any(is_repeated)).then(|| Copies::new(b));
    let result = |(i, y): (usize, &Val<'c>)| match &copies {
        Some(copies) if is_repeated(i) => copies.copy(b, y, &[]),
        _ if outputs.len() > 1 => b.schedule_barrier(&[y]).remove(0),
        _ => b.opaque(y),
    };
    outputs.iter().enumerate().map(result).collect()
}
