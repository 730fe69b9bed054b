//! What the compiler can find out about a value before the program runs.
//!
//! IREE folds what depends on constants alone into the code of what uses it, and gets some of that wrong: a reduction by addition or
//! multiplication of a constant counts each vector as one element where the length is no multiple of the vector width, and functions
//! whose expansion goes through an integer give 0 for NaN. Simplification leaves no such constants in programs, but the lowering makes
//! them anew, where it unrolls loops and inlines branches. So each value carries what is known of it, and those operations get theirs
//! from behind a barrier ([`Builder::opaque`](crate::builder::Builder::opaque)).

use crate::value::{Known, Val};
use rune_ir::op::Literal;

/// What is known of the results of an operation without regions.
pub(crate) fn of_results(name: &str, operands: &[&Val]) -> Known {
    let of = |i: usize| operands[i].known;
    match name {
        "stablehlo.iota" => Known::Positions,
        // What is computed behind these is not looked through.
        "stablehlo.optimization_barrier" | "func.call" => Known::Nothing,
        "stablehlo.reshape" | "stablehlo.transpose" | "stablehlo.broadcast_in_dim" | "stablehlo.reverse" => of(0),
        "stablehlo.slice" | "stablehlo.dynamic_slice" | "stablehlo.gather" => match of(0) {
            Known::Nothing => Known::Nothing,
            splat @ Known::Splat(_) => splat,
            // It may be of a part that is one constant.
            Known::Parts | Known::Positions => Known::Splat(None),
        },
        "stablehlo.concatenate" | "stablehlo.pad" | "stablehlo.dynamic_update_slice" => {
            match operands.iter().map(|x| x.known).all(Known::is_constant) {
                true => Known::Positions,
                false if operands.iter().all(|x| x.known == Known::Nothing) => Known::Nothing,
                false => Known::Parts,
            }
        }
        "stablehlo.select" => match (of(1), of(2)) {
            (Known::Splat(Some(x)), Known::Splat(Some(y))) if x != y => of(0).without_literal(),
            (x, y) if x.is_splat() && y.is_splat() => Known::Splat(None),
            _ => elementwise(operands),
        },
        // One operand may decide alone.
        "stablehlo.multiply" | "stablehlo.and" | "stablehlo.or" | "stablehlo.minimum" | "stablehlo.maximum"
        | "stablehlo.compare"
            if !operands[0].dtype().is_float() && operands.iter().any(|x| may_decide(x)) =>
        {
            Known::Splat(None)
        }
        "stablehlo.subtract" | "stablehlo.xor" | "stablehlo.compare"
            if !operands[0].dtype().is_float() && operands[0].raw == operands[1].raw =>
        {
            Known::Splat(None)
        }
        _ => elementwise(operands),
    }
}

/// Whether an operand may be 0, or the least or the greatest number, everywhere.
fn may_decide(x: &Val) -> bool {
    match x.known {
        Known::Splat(Some(value)) => {
            let extreme = |sign: f64| Literal::from_f64(value.dtype(), sign * f64::INFINITY);
            value.bits() == 0 || value == extreme(1.0) || value == extreme(-1.0) || value.to_integer() == Some(-1)
        }
        Known::Splat(None) => true,
        Known::Nothing | Known::Parts | Known::Positions => false,
    }
}

fn elementwise(operands: &[&Val]) -> Known {
    let any = |known: Known| operands.iter().any(|x| x.known == known);
    match () {
        () if operands.is_empty() || any(Known::Nothing) => Known::Nothing,
        () if any(Known::Parts) => Known::Parts,
        () if any(Known::Positions) => Known::Positions,
        () => Known::Splat(None),
    }
}
