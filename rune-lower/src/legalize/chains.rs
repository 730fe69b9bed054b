//! Long chains of operations on elements.
//!
//! IREE fuses them into one piece of code, and needs time for it that grows with the square of its length and more: 3,000 times
//! `(z * 0.5).sin()` took over five minutes. So a chain ends at a barrier; equal pieces are compiled once.

use crate::builder::{Builder, Val};

/// The longest chain. A piece reads and writes each array once, which for so many operations on it is nothing.
const LONGEST: u32 = 256;

/// Values, each from behind a barrier if the chain that leads to it is long.
pub(crate) fn cut<'c>(b: &Builder<'c>, values: Vec<Val<'c>>) -> Vec<Val<'c>> {
    values.into_iter().map(|x| if x.depth > LONGEST { b.barrier(&[&x]).remove(0) } else { x }).collect()
}
