//! Rewrites of code that IREE's code generators for GPUs compile wrongly.
//!
//! IREE merges a conversion of unsigned integers or booleans into a following matrix product or convolution, which then
//! takes the numbers as signed: `true` is -1, and 200 of `u8` is -56. Such operands therefore go through a barrier.
//!
//! IREE turns a sum of negated numbers into a reduction that subtracts, and then finds no neutral element for it. A
//! barrier before the sum prevents that.

use crate::builder::{Builder, Val};
use crate::tree::{Mark, Value};
use rune_ir::DType;

/// Returns the operands of a product. Operands that are converted from unsigned numbers are behind barriers. Returns
/// `None` if there are no such operands.
pub(crate) fn apart<'c>(b: &Builder<'c>, name: &str, operands: &[&Val<'c>]) -> Option<Vec<Val<'c>>> {
    let is_product = matches!(name, "stablehlo.dot_general" | "stablehlo.convolution");
    if !is_product || !operands.iter().any(|x| b.context.has(Mark::Unsigned, x.raw)) {
        return None;
    }
    let guarded = |x: &&Val<'c>| match b.context.has(Mark::Unsigned, x.raw) {
        true => b.barrier(&[x]).remove(0),
        false => (*x).clone(),
    };
    Some(operands.iter().map(guarded).collect())
}

/// Returns the operand of a sum, behind a barrier if it is negated.
pub(crate) fn summand<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    if b.context.is_gpu && b.context.has(Mark::Negated, x.raw) { b.barrier(&[x]).remove(0) } else { x.clone() }
}

/// Records whether a result is negated or converted from unsigned numbers, as far as the compiler sees it through moves
/// of elements.
pub(crate) fn note<'c>(b: &Builder<'c>, name: &str, operands: &[&Val<'c>], result: Value<'c>) {
    let moves = matches!(name, "stablehlo.reshape" | "stablehlo.transpose" | "stablehlo.broadcast_in_dim");
    if name == "stablehlo.negate" || moves && b.context.has(Mark::Negated, operands[0].raw) {
        b.context.note(Mark::Negated, result);
    }
    let is = match name {
        "stablehlo.convert" => {
            let from = operands[0].dtype();
            from == DType::Bool || from.is_unsigned_int() || b.context.has(Mark::Unsigned, operands[0].raw)
        }
        "stablehlo.reshape"
        | "stablehlo.transpose"
        | "stablehlo.broadcast_in_dim"
        | "stablehlo.slice"
        | "stablehlo.reverse"
        | "stablehlo.dynamic_slice"
        | "stablehlo.pad"
        | "stablehlo.concatenate"
        | "stablehlo.bitcast_convert" => operands.iter().any(|x| b.context.has(Mark::Unsigned, x.raw)),
        _ => false,
    };
    if is {
        b.context.note(Mark::Unsigned, result);
    }
}
