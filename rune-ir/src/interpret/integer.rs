//! Integer operations, as the table of operations defines them.

use super::number::{Extremes, Number, Ordered, Ring, Scalar};

/// An element of an integer dtype. The methods are the operations of the same names.
pub(super) trait Int: Number<Accumulator = Self> + Ordered + Extremes + Ord {
    /// All bits set.
    const ONES: Self;
    fn minus(self, other: Self) -> Self;
    fn quotient(self, other: Self) -> Self;
    fn remainder(self, other: Self) -> Self;
    fn power(self, exponent: Self) -> Self;
    fn and(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;
    fn xor(self, other: Self) -> Self;
    fn shift_left(self, by: Self) -> Self;
    fn shift_right_arithmetic(self, by: Self) -> Self;
    fn shift_right_logical(self, by: Self) -> Self;
    fn absolute(self) -> Self;
    fn sign(self) -> Self;
    fn not(self) -> Self;
}

macro_rules! ints {
    ($($t:ident, $unsigned:ident, $signed:ident, $key:expr, $power:expr, $absolute:expr;)*) => {$(
        impl Scalar for $t {
            const FLOAT: bool = false;
            const UNSIGNED: bool = $t::MIN == 0;
            #[inline(always)]
            fn to_i64(self) -> i64 {
                self as i64
            }
            #[inline(always)]
            fn from_i64(x: i64) -> $t {
                x as $t
            }
            #[inline(always)]
            fn from_u64(x: u64) -> $t {
                x as $t
            }
        }
        impl Ordered for $t {
            #[inline(always)]
            fn key(self) -> u64 {
                $key(self)
            }
        }
        impl Number for $t {
            type Accumulator = $t;
            #[inline(always)]
            fn to_accumulator(self) -> $t {
                self
            }
            #[inline(always)]
            fn from_accumulator(x: $t) -> $t {
                x
            }
        }
        impl Ring for $t {
            const ZERO: $t = 0;
            const ONE: $t = 1;
            #[inline(always)]
            fn plus(self, other: $t) -> $t {
                self.wrapping_add(other)
            }
            #[inline(always)]
            fn times(self, other: $t) -> $t {
                self.wrapping_mul(other)
            }
        }
        impl Extremes for $t {
            const LEAST: $t = $t::MIN;
            const GREATEST: $t = $t::MAX;
            #[inline(always)]
            fn greater(self, other: $t) -> $t {
                self.max(other)
            }
            #[inline(always)]
            fn lesser(self, other: $t) -> $t {
                self.min(other)
            }
        }
        impl Int for $t {
            const ONES: $t = !0;
            #[inline(always)]
            fn minus(self, other: $t) -> $t {
                self.wrapping_sub(other)
            }
            #[inline(always)]
            fn quotient(self, other: $t) -> $t {
                if other == 0 { !0 } else { self.wrapping_div(other) }
            }
            #[inline(always)]
            fn remainder(self, other: $t) -> $t {
                if other == 0 { self } else { self.wrapping_rem(other) }
            }
            fn power(self, exponent: $t) -> $t {
                let unsigned: fn($t, u64) -> $t = |mut base, mut exponent| {
                    let mut result: $t = 1;
                    while exponent > 0 {
                        if exponent & 1 == 1 {
                            result = result.wrapping_mul(base);
                        }
                        base = base.wrapping_mul(base);
                        exponent >>= 1;
                    }
                    result
                };
                $power(self, exponent, unsigned)
            }
            #[inline(always)]
            fn and(self, other: $t) -> $t {
                self & other
            }
            #[inline(always)]
            fn or(self, other: $t) -> $t {
                self | other
            }
            #[inline(always)]
            fn xor(self, other: $t) -> $t {
                self ^ other
            }
            #[inline(always)]
            fn shift_left(self, by: $t) -> $t {
                if (by as $unsigned as u64) < u64::from($t::BITS) { self << by } else { 0 }
            }
            #[inline(always)]
            fn shift_right_arithmetic(self, by: $t) -> $t {
                let by = (by as $unsigned as u64).min(u64::from($t::BITS) - 1);
                ((self as $signed) >> by) as $t
            }
            #[inline(always)]
            fn shift_right_logical(self, by: $t) -> $t {
                let by = by as $unsigned as u64;
                if by < u64::from($t::BITS) { ((self as $unsigned) >> by) as $t } else { 0 }
            }
            #[inline(always)]
            fn absolute(self) -> $t {
                $absolute(self)
            }
            #[inline(always)]
            fn sign(self) -> $t {
                if self == 0 { 0 } else if self > 0 { 1 } else { !0 }
            }
            #[inline(always)]
            fn not(self) -> $t {
                !self
            }
        }
    )*};
}
macro_rules! signed_and_unsigned {
    ($($signed:ident, $unsigned:ident;)*) => {
        ints! {$(
            $signed, $unsigned, $signed, |x| (i64::from(x) as u64) ^ 1 << 63,
                |base: $signed, exponent: $signed, unsigned: fn($signed, u64) -> $signed| match (exponent >= 0, base) {
                    (true, _) => unsigned(base, exponent as u64),
                    (false, 1) => 1,
                    (false, -1) => if exponent & 1 == 0 { 1 } else { -1 },
                    (false, _) => 0,
                },
                $signed::wrapping_abs;
            $unsigned, $unsigned, $signed, u64::from,
                |base, exponent, unsigned: fn($unsigned, u64) -> $unsigned| unsigned(base, u64::from(exponent)),
                |x| x;
        )*}
    };
}
signed_and_unsigned! {
    i8, u8;
    i16, u16;
    i32, u32;
    i64, u64;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_follow_the_table() {
        assert_eq!((7i32.quotient(0), i32::MIN.quotient(-1), (-7i32).quotient(2)), (-1, i32::MIN, -3));
        assert_eq!((7u8.quotient(0), 7u8.remainder(0), i32::MIN.remainder(-1), (-7i32).remainder(4)), (255, 7, 0, -3));
        assert_eq!((2i8.power(9), 2i8.power(-1), 1i8.power(-5), (-1i8).power(-3), 0i8.power(-1)), (0, 0, 1, -1, 0));
        assert_eq!((1i32.shift_left(31), 1i32.shift_left(32), 1i32.shift_left(-1)), (i32::MIN, 0, 0));
        assert_eq!(((-8i16).shift_right_arithmetic(99), (-8i16).shift_right_arithmetic(1)), (-1, -4));
        assert_eq!((128u8.shift_right_arithmetic(200), (-1i8).shift_right_logical(7)), (255, 1));
        assert_eq!((i8::MIN.absolute(), (-3i8).sign(), 0u8.sign(), 9u64.sign()), (i8::MIN, -1, 0, 1));
    }
}
