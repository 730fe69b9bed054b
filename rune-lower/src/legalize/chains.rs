//! Long chains of elementwise operations.
//!
//! IREE fuses a chain into one kernel, in time that grows faster than the square of its length: `(z * 0.5).sin()`
//! repeated 3,000 times took over five minutes. A barrier therefore ends each chain. Equal kernels are compiled once.

use crate::builder::{Builder, Val};
use crate::legalize::views;

/// The maximum length of a chain. A kernel reads and writes each array once, which is negligible for this many
/// operations.
const LONGEST: u32 = 256;

/// Returns the length of the chain that ends at an operation without regions, including that operation.
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

/// Puts each value at the end of a long chain behind a barrier.
pub(crate) fn cut<'c>(b: &Builder<'c>, values: Vec<Val<'c>>) -> Vec<Val<'c>> {
    let is_long = |x: &Val| x.depth > LONGEST || x.views.len() > views::MOST;
    values.into_iter().map(|x| if is_long(&x) { b.barrier(&[&x]).remove(0) } else { x }).collect()
}
