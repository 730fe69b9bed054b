//! Rewrites of code that IREE's code generators for GPUs compile wrongly.
//!
//! IREE merges a conversion of unsigned integers or booleans into a following matrix product or convolution, which then
//! takes the numbers as signed: `true` is -1, and 200 of `u8` is -56. Such operands therefore go through a barrier.
//!
//! IREE turns a sum of negated numbers into a reduction that subtracts, and then finds no neutral element for it. A
//! barrier before the sum prevents that.

use crate::tree::{Context, Mark, Value};
use crate::value::Val;
use rune_ir::DType;

/// Returns whether the operation is a product that would read the operand as signed, although it is unsigned.
pub(crate) fn is_misread(context: &Context, name: &str, operand: &Val) -> bool {
    matches!(name, "stablehlo.dot_general" | "stablehlo.convolution")
        && context.is_gpu
        && context.has(Mark::Unsigned, operand.raw)
}

/// Returns whether the compiler would merge a negation into a sum of `x`.
pub(crate) fn is_negated(context: &Context, x: &Val) -> bool {
    context.is_gpu && context.has(Mark::Negated, x.raw)
}

/// Returns whether IREE takes a wrong neutral element for the extremes of this dtype. It pads the results of subgroups
/// with -1, which is the greatest unsigned number, for a minimum of signed ones: `argmax` of 40 numbers is -1 if a
/// subgroup has 8 threads.
pub(crate) fn has_wrong_neutral(context: &Context, f: &str, dtype: DType) -> bool {
    context.is_gpu && dtype.is_signed_int() && matches!(f, "stablehlo.minimum" | "stablehlo.maximum")
}

/// Records whether a result is negated or converted from unsigned numbers. Results of operations that only move
/// elements keep the record of their operands, because the compiler looks through such operations.
pub(crate) fn note(context: &Context, name: &str, operands: &[&Val], result: Value) {
    let moves = matches!(name, "stablehlo.reshape" | "stablehlo.transpose" | "stablehlo.broadcast_in_dim");
    if name == "stablehlo.negate" || moves && context.has(Mark::Negated, operands[0].raw) {
        context.note(Mark::Negated, result);
    }
    let is = match name {
        "stablehlo.convert" => {
            let from = operands[0].dtype();
            from == DType::Bool || from.is_unsigned_int() || context.has(Mark::Unsigned, operands[0].raw)
        }
        "stablehlo.reshape"
        | "stablehlo.transpose"
        | "stablehlo.broadcast_in_dim"
        | "stablehlo.slice"
        | "stablehlo.reverse"
        | "stablehlo.dynamic_slice"
        | "stablehlo.pad"
        | "stablehlo.concatenate"
        | "stablehlo.bitcast_convert" => operands.iter().any(|x| context.has(Mark::Unsigned, x.raw)),
        _ => false,
    };
    if is {
        context.note(Mark::Unsigned, result);
    }
}
