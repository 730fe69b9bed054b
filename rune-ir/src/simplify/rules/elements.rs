//! Identities of elementwise operations.

use super::{Forward, Rewrite};
use crate::op::{BinaryFn, Literal, UnaryFn};
use crate::{Complex64, DType, Op, Var};

impl Forward<'_> {
    #[allow(clippy::wildcard_enum_match_arm, reason = "the other functions of a complex number stay")]
    pub(super) fn unary(&self, f: UnaryFn, x: Var) -> Rewrite {
        use UnaryFn::*;
        if let Some(Op::Complex { re, im }) = self.producer(x) {
            return match f {
                Real => Rewrite::Is(*re),
                Imag => Rewrite::Is(*im),
                _ => Rewrite::Stays,
            };
        }
        let Some(Op::Unary { f: inner, x: inside }) = self.producer(x) else { return Rewrite::Stays };
        match (f, inner) {
            (Neg, Neg) | (Not, Not) | (Conj, Conj) => Rewrite::Is(*inside),
            (Real, Conj) => Rewrite::Becomes(Op::Unary { f: Real, x: *inside }),
            (Abs, Conj) => Rewrite::Becomes(Op::Unary { f: Abs, x: *inside }),
            // The sign of a complex number is rounded, so the sign of the sign may differ from it.
            (Sign, Sign) if self.dtype(x).is_complex() => Rewrite::Stays,
            // |-x| = |x|, also for the least integer, which is its own negative.
            (Abs, Neg) => Rewrite::Becomes(Op::Unary { f: Abs, x: *inside }),
            (Abs, Abs) | (Sign, Sign) => Rewrite::Is(x),
            // An integer is already rounded.
            (Floor | Ceil | RoundAfz | RoundEven, Floor | Ceil | RoundAfz | RoundEven) => Rewrite::Is(x),
            _ => Rewrite::Stays,
        }
    }

    pub(super) fn integer_pow(&self, x: Var, y: i32) -> Rewrite {
        match y {
            0 => Rewrite::Splat(Literal::from_f64(self.dtype(x), 1.0)),
            1 => Rewrite::Is(x),
            _ => Rewrite::Stays,
        }
    }

    pub(super) fn binary(&self, f: BinaryFn, x: Var, y: Var) -> Rewrite {
        use BinaryFn::*;
        let dtype = self.dtype(x);
        let exact = !dtype.is_inexact();
        if dtype.is_complex() {
            return self.complex_binary(f, x, y);
        }
        let (zero_x, zero_y) = (self.is_splat_of(x, 0.0), self.is_splat_of(y, 0.0));
        let (one_x, one_y) = (self.is_splat_of(x, 1.0), self.is_splat_of(y, 1.0));
        // -0.0 is the neutral element of float addition: 0.0 + -0.0 is 0.0, and -0.0 + -0.0 is -0.0.
        let neutral =
            |v: Var, zero: bool| if exact { zero } else { self.splat_value(v) == Some(Literal::from_f64(dtype, -0.0)) };
        let is = |from: Var, yes: bool| if yes { Some(from) } else { None };
        let found = match f {
            Add => is(x, neutral(y, zero_y)).or(is(y, neutral(x, zero_x))),
            // x - 0.0 is x, also for -0.0; x - -0.0 is not.
            Sub => is(x, zero_y),
            Mul => is(x, one_y).or(is(y, one_x)).or(is(x, exact && zero_x)).or(is(y, exact && zero_y)),
            Div => is(x, one_y),
            Pow => is(x, one_y),
            Rem | Atan2 => None,
            Max | Min => is(x, x == y),
            And => is(x, x == y || self.all_bits_set(y) || zero_x).or(is(y, self.all_bits_set(x) || zero_y)),
            Or => is(x, x == y || self.all_bits_set(x) || zero_y).or(is(y, self.all_bits_set(y) || zero_x)),
            Xor => is(x, zero_y).or(is(y, zero_x)),
            ShiftLeft | ShiftRightArithmetic | ShiftRightLogical => is(x, zero_y),
        };
        match found {
            Some(v) => Rewrite::Is(v),
            None if exact && x == y && matches!(f, Sub | Xor) => Rewrite::Splat(Literal::from_f64(dtype, 0.0)),
            None => Rewrite::Stays,
        }
    }

    /// For complex numbers, a product with 1 is not an identity: it changes an operand with a part that is infinite or
    /// -0.
    #[allow(clippy::wildcard_enum_match_arm, reason = "the other functions stay")]
    fn complex_binary(&self, f: BinaryFn, x: Var, y: Var) -> Rewrite {
        let dtype = self.dtype(x);
        let holds =
            |v: Var, part: f64| self.splat_value(v) == Some(Literal::from_complex(dtype, Complex64::new(part, part)));
        match f {
            BinaryFn::Add if holds(y, -0.0) => Rewrite::Is(x),
            BinaryFn::Add if holds(x, -0.0) => Rewrite::Is(y),
            BinaryFn::Sub if holds(y, 0.0) => Rewrite::Is(x),
            _ => Rewrite::Stays,
        }
    }

    /// A complex number that is made from both parts of a number is that number.
    pub(super) fn complex(&self, re: Var, im: Var) -> Rewrite {
        match (self.producer(re), self.producer(im)) {
            (Some(Op::Unary { f: UnaryFn::Real, x }), Some(Op::Unary { f: UnaryFn::Imag, x: y })) if x == y => {
                Rewrite::Is(*x)
            }
            _ => Rewrite::Stays,
        }
    }

    /// Returns whether all bits of all elements of an integer or `bool` variable are set.
    fn all_bits_set(&self, v: Var) -> bool {
        self.splat_value(v).is_some_and(|known| {
            let bits = if known.dtype() == DType::Bool { 1 } else { 8 * known.dtype().size() };
            known.bits() == u128::MAX >> (128 - bits)
        })
    }

    pub(super) fn select(&self, pred: Var, on_true: Var, on_false: Var) -> Rewrite {
        if on_true == on_false || self.splat_value(pred).is_some_and(|p| p.bits() == 1) {
            return Rewrite::Is(on_true);
        }
        if self.splat_value(pred).is_some_and(|p| p.bits() == 0) {
            return Rewrite::Is(on_false);
        }
        match self.producer(pred) {
            Some(Op::Unary { f: UnaryFn::Not, x }) => {
                Rewrite::Becomes(Op::Select { pred: *x, on_true: on_false, on_false: on_true })
            }
            _ => Rewrite::Stays,
        }
    }

    pub(super) fn convert(&self, x: Var, dtype: DType) -> Rewrite {
        if self.dtype(x) == dtype {
            return Rewrite::Is(x);
        }
        match self.producer(x) {
            Some(Op::Convert { x: inside, .. }) if is_direct(self.dtype(*inside), self.dtype(x)) => {
                Rewrite::Becomes(Op::Convert { x: *inside, dtype })
            }
            _ => Rewrite::Stays,
        }
    }

    pub(super) fn bitcast_convert(&self, x: Var, dtype: DType) -> Rewrite {
        if self.dtype(x) == dtype {
            return Rewrite::Is(x);
        }
        match self.producer(x) {
            Some(Op::BitcastConvert { x: inside, .. }) if self.dtype(*inside) == dtype => Rewrite::Is(*inside),
            _ => Rewrite::Stays,
        }
    }
}

/// Returns whether every number of dtype `from` is also one of dtype `to`. If so, a conversion through `to` can be
/// direct.
///
/// A conversion from a float to an integer through a wider float can also be direct: both truncate and saturate in the
/// same way.
fn is_direct(from: DType, to: DType) -> bool {
    use DType::*;
    match (from, to) {
        // `bool` is 0 or 1 in every dtype.
        (Bool, _) => true,
        (_, Bool) => false,
        (F8E4M3FN | F8E5M2, F16 | BF16) | (F8E4M3FN | F8E5M2 | F16 | BF16, F32 | F64 | C64 | C128) => true,
        (F32, F64 | C64 | C128) | (F64 | C64, C128) => true,
        (F8E4M3FN | F8E5M2 | F16 | BF16 | F32 | F64 | C64 | C128, _) => false,
        (I8 | U8, F16) => true,
        (I8 | U8, BF16) => true,
        (I8 | U8 | I16 | U16, F32 | C64) => true,
        (I8 | U8 | I16 | U16 | I32 | U32, F64 | C128) => true,
        (_, F8E4M3FN | F8E5M2 | F16 | BF16 | F32 | F64 | C64 | C128) => false,
        // An integer that is at least as wide keeps all bits. A signed integer does not embed in an unsigned one: a
        // negative number changes, because its sign is extended.
        (I8 | I16 | I32 | I64, U8 | U16 | U32 | U64) => false,
        (I8 | I16 | I32 | I64, I8 | I16 | I32 | I64) => from.size() <= to.size(),
        (U8 | U16 | U32 | U64, U8 | U16 | U32 | U64) => from.size() <= to.size(),
        (U8 | U16 | U32 | U64, I8 | I16 | I32 | I64) => from.size() < to.size(),
    }
}
