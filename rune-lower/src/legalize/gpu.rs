//! What IREE's code generators for GPUs compile wrongly.
//!
//! A conversion of unsigned integers or booleans before a matrix product or convolution becomes a part of the product, which then takes the
//! numbers as signed: `true` is -1, and 200 of `u8` is -56. So such operands enter through a barrier.
//!
//! A sum of negated numbers becomes a reduction that subtracts, for which there is "no neutral element". They enter through a barrier too.

use crate::builder::{Builder, Val};
use crate::tree::Value;
use rune_ir::DType;

/// Returns the operands of a product, each behind a barrier if it is converted from unsigned numbers; `None` if none is.
pub(crate) fn apart<'c>(b: &Builder<'c>, name: &str, operands: &[&Val<'c>]) -> Option<Vec<Val<'c>>> {
    let is_product = matches!(name, "stablehlo.dot_general" | "stablehlo.convolution");
    if !is_product || !operands.iter().any(|x| b.context.is_unsigned(x.raw)) {
        return None;
    }
    let guarded = |x: &&Val<'c>| match b.context.is_unsigned(x.raw) {
        true => b.barrier(&[x]).remove(0),
        false => (*x).clone(),
    };
    Some(operands.iter().map(guarded).collect())
}

/// Returns the operand of a sum, behind a barrier if it is negated.
pub(crate) fn summand<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    if b.context.is_gpu && b.context.is_negated(x.raw) { b.barrier(&[x]).remove(0) } else { x.clone() }
}

/// Notes whether a result is negated, or converted from unsigned numbers, as the compiler sees it through moves of elements.
pub(crate) fn note<'c>(b: &Builder<'c>, name: &str, operands: &[&Val<'c>], result: Value<'c>) {
    let moves = matches!(name, "stablehlo.reshape" | "stablehlo.transpose" | "stablehlo.broadcast_in_dim");
    if name == "stablehlo.negate" || moves && b.context.is_negated(operands[0].raw) {
        b.context.note_negated(result);
    }
    let is = match name {
        "stablehlo.convert" => {
            let from = operands[0].dtype();
            from == DType::Bool || from.is_unsigned_int() || b.context.is_unsigned(operands[0].raw)
        }
        "stablehlo.reshape"
        | "stablehlo.transpose"
        | "stablehlo.broadcast_in_dim"
        | "stablehlo.slice"
        | "stablehlo.reverse"
        | "stablehlo.dynamic_slice"
        | "stablehlo.pad"
        | "stablehlo.concatenate"
        | "stablehlo.bitcast_convert" => operands.iter().any(|x| b.context.is_unsigned(x.raw)),
        _ => false,
    };
    if is {
        b.context.note_unsigned(result);
    }
}
