//! Tracks which values the compiler can recognize as constant.
//!
//! IREE folds computations on constants into the code that uses them, and gets some of them wrong. A sum or product
//! over a constant counts each vector as one element if the length is not a multiple of the vector width. Functions
//! whose expansion uses an integer return 0 for NaN. Simplification leaves no such constants in programs, but lowering
//! creates new ones when it unrolls loops and inlines branches. Each value therefore records what the compiler can know
//! about it, and these operations take constants through a barrier
//! ([`Builder::opaque`](crate::builder::Builder::opaque)).

use crate::names;
use crate::value::{Known, Val};
use rune_ir::op::Literal;

/// Returns what the compiler can know about the results of an operation without regions.
pub(crate) fn of_results(name: &str, operands: &[&Val]) -> Known {
    let of = |i: usize| operands[i].known;
    match name {
        "stablehlo.iota" => Known::Positions,
        // The compiler does not look through these.
        "stablehlo.optimization_barrier" | names::COMPUTE_BARRIER | "func.call" => Known::Nothing,
        "stablehlo.reshape" | "stablehlo.transpose" | "stablehlo.broadcast_in_dim" | "stablehlo.reverse" => of(0),
        "stablehlo.slice" | "stablehlo.dynamic_slice" | "stablehlo.gather" => match of(0) {
            Known::Nothing => Known::Nothing,
            splat @ Known::Splat(_) => splat,
            // The result may come from a part that is constant.
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
        // A single operand may determine the result.
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

/// Returns whether an operand may be 0, the minimum or the maximum in all elements.
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
