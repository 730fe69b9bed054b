//! Conversions. A conversion of a float to an integer saturates, and NaN becomes 0. StableHLO leaves both cases
//! undefined, and IREE returns the minimum integer for all out-of-range values.

use crate::builder::{Builder, Val};
use crate::legalize::half;
use rune_ir::DType;
use rune_ir::op::{Comparison, Literal};

pub(crate) fn convert<'c>(b: &Builder<'c>, x: &Val<'c>, dtype: DType) -> Val<'c> {
    match () {
        () if x.dtype() == dtype => x.clone(),
        () if x.dtype().is_float8() => convert(b, &b.convert(x, DType::F32), dtype),
        () if dtype == DType::Bool => b.compare_n(Comparison::Ne, x, 0.0),
        () if x.dtype().is_float() && dtype.is_int() => {
            saturating(b, &b.convert(x, half::accumulator(x.dtype())), dtype)
        }
        () if x.dtype() == DType::F64 && dtype.is_reduced_float() => b.convert(&to_odd(b, x), dtype),
        () if x.dtype() == DType::Bool && dtype.is_reduced_float() => {
            let number = |n| b.number_of(n, dtype, x.shape());
            b.select(x, &number(1.0), &number(0.0))
        }
        // A direct conversion rounds twice in IREE, and does not link for CPUs without an instruction for bf16.
        () if x.dtype().is_int() && dtype.is_reduced_float() => b.convert(&to_odd(b, &odd_f64(b, x)), dtype),
        () => b.convert(x, dtype),
    }
}

/// Rounds an `f64` to odd as an `f32`, so that a second rounding gives the result of a single one. If the value is not
/// exact, the result is the neighbour whose last bit is set. IREE rounds 1 + 2⁻¹¹ + 2⁻⁴⁰ to the `f16` 1, and 10⁻⁷ to 0.
fn to_odd<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    let near = b.convert(x, DType::F32);
    let (bits, back) = (b.bits(&near, DType::I32), b.convert(&near, DType::F64));
    let beyond = b.compare(Comparison::Gt, &b.abs(&back), &b.abs(x));
    let toward_zero = b.select(&beyond, &b.add_n(&bits, -1.0), &bits);
    let odd = b.or(&toward_zero, &b.number(1.0, &bits));
    let inexact = b.compare(Comparison::Ne, &back, x);
    b.bits(&b.select(&inexact, &odd, &bits), DType::F32)
}

/// Converts an integer to an `f64`. 64-bit integers are rounded to odd above their lowest 16 bits, far below the
/// precision of a half type.
fn odd_f64<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    if x.dtype().size() < 8 {
        return b.convert(x, DType::F64);
    }
    const LOW: f64 = 65536.0;
    // Below this limit, an `f64` is exact.
    const SMALL: f64 = (1u64 << 48) as f64;
    let mask = Literal::from_bytes(x.dtype(), &(!0xffffu64).to_le_bytes());
    let high = b.and(x, &b.full(mask, x.shape()));
    let sticky = b.select(&b.compare(Comparison::Ne, x, &high), &b.number(LOW, x), &b.number(0.0, x));
    let odd = b.or(&high, &sticky);
    let small = match x.dtype().is_signed_int() {
        true => b.and(&b.compare_n(Comparison::Lt, x, SMALL), &b.compare_n(Comparison::Gt, x, -SMALL)),
        false => b.compare_n(Comparison::Lt, x, SMALL),
    };
    b.convert(&b.select(&small, x, &odd), DType::F64)
}

fn saturating<'c>(b: &Builder<'c>, x: &Val<'c>, dtype: DType) -> Val<'c> {
    let bits = dtype.size() as i32 * 8;
    let least = if dtype.is_signed_int() { -(2f64.powi(bits - 1)) } else { 0.0 };
    // The maximum plus one: a power of two, which every float type here can represent.
    let over = 2f64.powi(if dtype.is_signed_int() { bits - 1 } else { bits });
    // The greatest float below `over`.
    let top = if x.dtype() == DType::F64 { over.next_down() } else { f64::from((over as f32).next_down()) };
    // The order matters: IREE's minimum and maximum propagate NaN.
    let clamped = b.min(&b.max(x, &b.number(least, x)), &b.number(top, x));
    // Unsigned integers go through a signed one that holds all of their values (see `Builder::convert`).
    let inside = match dtype.size() {
        1 | 2 if dtype.is_unsigned_int() => b.convert(&b.convert(&clamped, DType::I32), dtype),
        4 if dtype.is_unsigned_int() => b.convert(&b.convert(&clamped, DType::I64), dtype),
        _ => b.convert(&clamped, dtype),
    };
    let greatest = b.full(Literal::from_f64(dtype, f64::INFINITY), x.shape());
    let saturated = b.select(&b.compare_n(Comparison::Ge, x, over), &greatest, &inside);
    b.select(&b.is_nan(x), &b.number_of(0.0, dtype, x.shape()), &saturated)
}
