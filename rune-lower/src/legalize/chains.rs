//! Long chains of elementwise operations.
//!
//! IREE fuses a chain into one kernel, in time that grows faster than the square of its length: `(z * 0.5).sin()`
//! repeated 3,000 times took over five minutes. A barrier therefore ends each chain. Equal kernels are compiled once.

use crate::builder::{Builder, Val};
use crate::legalize::views;

/// The maximum length of a chain. Each kernel reads and writes an array once. For this many operations, that cost is
/// negligible.
const MAX_CHAIN: u32 = 256;

/// Puts each value at the end of a long chain behind a barrier.
pub(crate) fn cut<'c>(b: &Builder<'c>, values: Vec<Val<'c>>) -> Vec<Val<'c>> {
    let is_long = |x: &Val| x.depth > MAX_CHAIN || x.views.len() > views::MAX_VIEWS;
    values.into_iter().map(|x| if is_long(&x) { b.barrier(&[&x]).remove(0) } else { x }).collect()
}
