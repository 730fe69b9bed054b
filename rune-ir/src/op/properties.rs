//! Properties that operations declare in their table, by `#[op(…)]`.

use super::{BinaryFn, UnaryFn};

/// The cost of recomputing a result instead of keeping it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RecomputeCost {
    /// The operation moves elements, or creates known ones.
    Free,
    /// The operation takes about as long as reading its operands.
    Cheap,
    /// Keeping the result is better.
    Expensive,
}

/// The work of an operation for each element: see [`Program::cost`](crate::Program::cost).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Work {
    /// One elementary step for each element of the result.
    PerElement,
    /// It moves or creates elements, and computes nothing.
    Move,
    /// It returns its operands, and moves nothing.
    None,
}

/// The cost of a power by repeated multiplication.
pub(super) fn integer_pow_cost(y: i32) -> RecomputeCost {
    if (-3..=4).contains(&y) { RecomputeCost::Cheap } else { RecomputeCost::Expensive }
}

impl UnaryFn {
    /// Returns the cost of recomputing the function.
    pub const fn recompute_cost(self) -> RecomputeCost {
        use UnaryFn::*;
        match self {
            Neg | Abs | Sign | Not | IsFinite | Floor | Ceil | RoundAfz | RoundEven | Real | Imag | Conj => {
                RecomputeCost::Cheap
            }
            Exp | Exp2 | Expm1 | Log | Log1p | Sqrt | Rsqrt | Cbrt | Sin | Cos | Tan | Tanh | Logistic | Erf => {
                RecomputeCost::Expensive
            }
        }
    }
    /// Returns whether the derivative is zero wherever it exists.
    pub const fn is_flat(self) -> bool {
        use UnaryFn::*;
        matches!(self, Sign | Floor | Ceil | RoundAfz | RoundEven)
    }
}

impl BinaryFn {
    /// Returns the cost of recomputing the function.
    pub const fn recompute_cost(self) -> RecomputeCost {
        use BinaryFn::*;
        match self {
            Add | Sub | Mul | Div | Max | Min | And | Or | Xor => RecomputeCost::Cheap,
            ShiftLeft | ShiftRightArithmetic | ShiftRightLogical => RecomputeCost::Cheap,
            Pow | Atan2 | Rem => RecomputeCost::Expensive,
        }
    }
}
