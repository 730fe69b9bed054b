//! Long chains of operations on elements.
//!
//! IREE fuses them into one piece of code, and needs time for it that grows with the square of its length and more: 3,000 times
//! `(z * 0.5).sin()` took over five minutes. So a chain ends at a barrier; equal pieces are compiled once.

use crate::builder::{Builder, Val};
use crate::legalize::views;

/// The longest chain. A piece reads and writes each array once, which for so many operations on it is nothing.
const LONGEST: u32 = 256;

/// How many operations lead to the result of an operation without regions, this one included.
pub(crate) fn depth(name: &str, operands: &[&Val]) -> u32 {
    match name {
        "stablehlo.optimization_barrier"
        | "stablehlo.dot_general"
        | "stablehlo.convolution"
        | "stablehlo.gather"
        | "stablehlo.concatenate"
        | "stablehlo.dynamic_update_slice"
        | "func.call" => 0,
        _ => operands.iter().map(|x| x.depth + 1).max().unwrap_or(0),
    }
}

/// Values, each from behind a barrier if the chain that leads to it is long.
pub(crate) fn cut<'c>(b: &Builder<'c>, values: Vec<Val<'c>>) -> Vec<Val<'c>> {
    let is_long = |x: &Val| x.depth > LONGEST || x.views.len() > views::MOST;
    values.into_iter().map(|x| if is_long(&x) { b.barrier(&[&x]).remove(0) } else { x }).collect()
}
