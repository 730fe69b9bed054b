//! The semantics of each instruction.

use super::lanes::{
    Square, SquareOfDifference, encrypt, map, map_normalized, map_rows, map2, map3, map3_rows, sum_f32,
};
use super::math;
use super::number::{Accumulator, Bits, Number, with_integer, with_number};
use super::single;
use super::slot::Slot;
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use rune_ir::op::{BinaryFn, Comparison, UnaryFn};
use rune_ir::{DType, Element, F8E4M3FN, F8E5M2, with_word};

/// Computes `n` elements of `d` from the operands.
#[allow(clippy::wildcard_enum_match_arm, reason = "the macro matches the other dtypes")]
pub(super) fn unary(f: UnaryFn, dtype: DType, x: &Slot<'_>, d: &mut Slot<'_>, n: usize) {
    match dtype {
        DType::F32 if f == UnaryFn::IsFinite => map(d.write::<u8>(n), x.read(n), |x: f32| u8::from(x.is_finite())),
        DType::F64 if f == UnaryFn::IsFinite => map(d.write::<u8>(n), x.read(n), |x: f64| u8::from(x.is_finite())),
        DType::Bool => map(d.write::<u8>(n), x.read(n), |x: u8| x ^ 1),
        DType::F32 => unary_f32(f, x.read(n), d.write(n)),
        DType::F64 => unary_f64(f, x.read(n), d.write(n)),
        dtype => with_integer!(dtype, T => unary_integer::<T>(f, x.read(n), d.write(n)), _ => undefined()),
    }
}

/// Returns whether one of `n` booleans is `value`.
pub(super) fn has(x: &Slot<'_>, value: bool, n: usize) -> bool {
    let x: &[u8] = x.read(n);
    match value {
        true => x.iter().fold(0, |all, x| all | x) != 0,
        false => x.iter().fold(1, |all, x| all & x) == 0,
    }
}

/// Unreachable, because the planner leaves such operations to the interpreter.
fn undefined() -> ! {
    unreachable!("the planner makes no such instruction")
}

fn unary_integer<T: Number + Bits>(f: UnaryFn, x: &[T], d: &mut [T]) {
    match f {
        UnaryFn::Abs => map(d, x, T::absolute),
        UnaryFn::Neg => map(d, x, T::negated),
        UnaryFn::Sign => map(d, x, T::sign),
        UnaryFn::Not => map(d, x, T::not),
        UnaryFn::Floor
        | UnaryFn::Ceil
        | UnaryFn::RoundAfz
        | UnaryFn::RoundEven
        | UnaryFn::Exp
        | UnaryFn::Exp2
        | UnaryFn::Expm1
        | UnaryFn::Log
        | UnaryFn::Log1p
        | UnaryFn::Sqrt
        | UnaryFn::Rsqrt
        | UnaryFn::Cbrt
        | UnaryFn::Sin
        | UnaryFn::Cos
        | UnaryFn::Tan
        | UnaryFn::Tanh
        | UnaryFn::Logistic
        | UnaryFn::Erf
        | UnaryFn::IsFinite
        | UnaryFn::Real
        | UnaryFn::Imag
        | UnaryFn::Conj => undefined(),
    }
}

fn unary_f32(f: UnaryFn, x: &[f32], d: &mut [f32]) {
    /// Applies a function of `math`, which takes and returns `f64`.
    macro_rules! by {
        ($f:expr) => {
            map(d, x, |x: f32| $f(f64::from(x)) as f32)
        };
    }
    let within = |x: &[f32], bound: f32| x.iter().all(|x| x.abs() <= bound);
    match f {
        UnaryFn::Abs => map(d, x, f32::abs),
        UnaryFn::Neg => map(d, x, |x: f32| -x),
        UnaryFn::Sign => map(d, x, f32::sign),
        UnaryFn::Floor => map(d, x, f32::floor),
        UnaryFn::Ceil => map(d, x, f32::ceil),
        UnaryFn::RoundAfz => map(d, x, f32::round),
        UnaryFn::RoundEven => map(d, x, f32::round_ties_even),
        UnaryFn::Exp => map(d, x, single::exp),
        UnaryFn::Exp2 => map(d, x, single::exp2),
        UnaryFn::Expm1 => by!(math::expm1),
        UnaryFn::Log => map(d, x, single::log),
        UnaryFn::Log1p => by!(math::log1p),
        UnaryFn::Sqrt => map(d, x, f32::sqrt),
        UnaryFn::Rsqrt => map(d, x, |x: f32| 1.0 / x.sqrt()),
        UnaryFn::Cbrt => by!(f64::cbrt),
        UnaryFn::Sin if within(x, single::MAX_ANGLE) => map(d, x, single::sin),
        UnaryFn::Cos if within(x, single::MAX_ANGLE) => map(d, x, single::cos),
        UnaryFn::Sin if within(x, math::MAX_ANGLE as f32) => by!(math::sin),
        UnaryFn::Cos if within(x, math::MAX_ANGLE as f32) => by!(math::cos),
        UnaryFn::Tan if within(x, math::MAX_ANGLE as f32) => by!(math::tan),
        UnaryFn::Sin => by!(f64::sin),
        UnaryFn::Cos => by!(f64::cos),
        UnaryFn::Tan => by!(f64::tan),
        UnaryFn::Tanh => map(d, x, single::tanh),
        UnaryFn::Logistic => map(d, x, single::logistic),
        UnaryFn::Erf => map(d, x, single::erf),
        UnaryFn::IsFinite | UnaryFn::Not | UnaryFn::Real | UnaryFn::Imag | UnaryFn::Conj => undefined(),
    }
}

/// Computes the functions as the interpreter does, exact to the last place.
fn unary_f64(f: UnaryFn, x: &[f64], d: &mut [f64]) {
    match f {
        UnaryFn::Abs => map(d, x, f64::abs),
        UnaryFn::Neg => map(d, x, |x: f64| -x),
        UnaryFn::Sign => map(d, x, f64::sign),
        UnaryFn::Floor => map(d, x, f64::floor),
        UnaryFn::Ceil => map(d, x, f64::ceil),
        UnaryFn::RoundAfz => map(d, x, f64::round),
        UnaryFn::RoundEven => map(d, x, f64::round_ties_even),
        UnaryFn::Exp => map(d, x, f64::exp),
        UnaryFn::Exp2 => map(d, x, f64::exp2),
        UnaryFn::Expm1 => map(d, x, f64::exp_m1),
        UnaryFn::Log => map(d, x, f64::ln),
        UnaryFn::Log1p => map(d, x, f64::ln_1p),
        UnaryFn::Sqrt => map(d, x, f64::sqrt),
        UnaryFn::Rsqrt => map(d, x, |x: f64| 1.0 / x.sqrt()),
        UnaryFn::Cbrt => map(d, x, f64::cbrt),
        UnaryFn::Sin => map(d, x, f64::sin),
        UnaryFn::Cos => map(d, x, f64::cos),
        UnaryFn::Tan => map(d, x, f64::tan),
        UnaryFn::Tanh => map(d, x, f64::tanh),
        UnaryFn::Logistic => map(d, x, |x: f64| {
            let e = (-x.abs()).exp();
            (if x < 0.0 { e } else { 1.0 }) / (1.0 + e)
        }),
        UnaryFn::Erf => map(d, x, libm::erf),
        UnaryFn::IsFinite | UnaryFn::Not | UnaryFn::Real | UnaryFn::Imag | UnaryFn::Conj => undefined(),
    }
}

#[allow(clippy::wildcard_enum_match_arm, reason = "the macro matches the other dtypes")]
pub(super) fn integer_pow(dtype: DType, x: &Slot<'_>, y: i32, d: &mut Slot<'_>, n: usize) {
    fn power<A: Accumulator>(mut base: A, mut exponent: u32) -> A {
        let mut result = A::ONE;
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = result.times(base);
            }
            exponent >>= 1;
            if exponent > 0 {
                base = base.times(base);
            }
        }
        result
    }
    let exponent = y.unsigned_abs();
    match dtype {
        // The most frequent powers have vectorized code.
        DType::F32 if y == 2 => map(d.write(n), x.read(n), |x: f32| x * x),
        DType::F32 if y == 3 => {
            map(d.write(n), x.read(n), |x: f32| (f64::from(x) * f64::from(x) * f64::from(x)) as f32)
        }
        DType::F32 if y == -1 => map(d.write(n), x.read(n), |x: f32| 1.0 / x),
        DType::F64 if y == 2 => map(d.write(n), x.read(n), |x: f64| x * x),
        DType::F64 if y == 3 => map(d.write(n), x.read(n), |x: f64| x * (x * x)),
        DType::F64 if y == -1 => map(d.write(n), x.read(n), |x: f64| 1.0 / x),
        DType::F32 if y < 0 => {
            map(d.write(n), x.read(n), |x: f32| power(1.0 / f64::from(x), exponent) as f32);
        }
        DType::F64 if y < 0 => map(d.write(n), x.read(n), |x: f64| power(1.0 / x, exponent)),
        dtype => with_number!(dtype,
            T => map(d.write::<T>(n), x.read(n), |x: T| T::from_accumulator(power(x.to_accumulator(), exponent))),
            _ => undefined()),
    }
}

#[allow(clippy::wildcard_enum_match_arm, reason = "the macro matches the other dtypes")]
pub(super) fn binary(f: BinaryFn, dtype: DType, x: &Slot<'_>, y: &Slot<'_>, d: &mut Slot<'_>, n: usize) {
    match dtype {
        DType::F32 => binary_f32(f, x.read(n), y.read(n), d.write(n)),
        DType::F64 => binary_f64(f, x.read(n), y.read(n), d.write(n)),
        DType::Bool => {
            let (x, y, d) = (x.read::<u8>(n), y.read::<u8>(n), d.write::<u8>(n));
            match f {
                BinaryFn::Max | BinaryFn::Or => map2(d, x, y, |x, y| x | y),
                BinaryFn::Min | BinaryFn::And => map2(d, x, y, |x, y| x & y),
                BinaryFn::Xor => map2(d, x, y, |x, y| x ^ y),
                BinaryFn::Add
                | BinaryFn::Sub
                | BinaryFn::Mul
                | BinaryFn::Div
                | BinaryFn::Rem
                | BinaryFn::Pow
                | BinaryFn::Atan2
                | BinaryFn::ShiftLeft
                | BinaryFn::ShiftRightArithmetic
                | BinaryFn::ShiftRightLogical => undefined(),
            }
        }
        dtype => with_integer!(dtype, T => binary_integer::<T>(f, x.read(n), y.read(n), d.write(n)), _ => undefined()),
    }
}

/// Returns whether [`binary_by_row`] computes the function.
pub(crate) fn is_by_row(f: BinaryFn, dtype: DType) -> bool {
    matches!(dtype, DType::F32 | DType::F64)
        && matches!(f, BinaryFn::Add | BinaryFn::Sub | BinaryFn::Mul | BinaryFn::Div)
}

/// Applies `f` to each element of `x` and the element of `y` for its row, or to the two in reverse order.
pub(super) fn binary_by_row(
    (f, dtype, swapped): (BinaryFn, DType, bool),
    x: &Slot<'_>,
    y: &Slot<'_>,
    d: &mut Slot<'_>,
    [rows, row]: [usize; 2],
) {
    use std::ops::{Add, Div, Mul, Sub};
    fn by<T>(f: BinaryFn, swapped: bool, x: &[T], y: &[T], d: &mut [T], row: usize)
    where
        T: Copy + Add<Output = T> + Sub<Output = T> + Mul<Output = T> + Div<Output = T>,
    {
        match (f, swapped) {
            (BinaryFn::Add, _) => map_rows(d, x, y, row, |x, y| x + y),
            (BinaryFn::Mul, _) => map_rows(d, x, y, row, |x, y| x * y),
            (BinaryFn::Sub, false) => map_rows(d, x, y, row, |x, y| x - y),
            (BinaryFn::Sub, true) => map_rows(d, x, y, row, |x, y| y - x),
            (BinaryFn::Div, false) => map_rows(d, x, y, row, |x, y| x / y),
            (BinaryFn::Div, true) => map_rows(d, x, y, row, |x, y| y / x),
            (_, _) => undefined(),
        }
    }
    let n = rows * row;
    if dtype == DType::F64 {
        return by::<f64>(f, swapped, x.read(n), y.read(rows), d.write(n), row);
    }
    by::<f32>(f, swapped, x.read(n), y.read(rows), d.write(n), row);
}

/// Returns whether the operands commute, if [`pair`] computes the function.
pub(crate) fn in_pair(f: BinaryFn) -> Option<bool> {
    match matches!(f, BinaryFn::Add | BinaryFn::Mul) {
        true => Some(true),
        false => (f == BinaryFn::Sub).then_some(false),
    }
}

/// Computes two functions of `f32` in one pass. The second and the third operand may have one element for each row.
#[allow(clippy::wildcard_enum_match_arm, reason = "the planner makes no pair of other functions")]
pub(super) fn pair(f: [BinaryFn; 2], x: [&Slot<'_>; 3], by_row: [bool; 2], d: &mut Slot<'_>, [rows, row]: [usize; 2]) {
    /// Runs a block with the function of three numbers that the two functions compose.
    macro_rules! with_pair {
        ($f:ident => $body:expr) => {{
            macro_rules! second {
                ($first:expr) => {
                    match f[1] {
                        BinaryFn::Add => {
                            let $f = |x: f32, y: f32, z: f32| $first(x, y) + z;
                            $body
                        }
                        BinaryFn::Sub => {
                            let $f = |x: f32, y: f32, z: f32| $first(x, y) - z;
                            $body
                        }
                        _ => {
                            let $f = |x: f32, y: f32, z: f32| $first(x, y) * z;
                            $body
                        }
                    }
                };
            }
            match f[0] {
                BinaryFn::Add => second!(|x: f32, y: f32| x + y),
                BinaryFn::Sub => second!(|x: f32, y: f32| x - y),
                _ => second!(|x: f32, y: f32| x * y),
            }
        }};
    }
    let n = rows * row;
    let many = |by_row: bool| if by_row { rows } else { n };
    let (x, y, z) = (x[0].read::<f32>(n), x[1].read::<f32>(many(by_row[0])), x[2].read::<f32>(many(by_row[1])));
    let d = d.write::<f32>(n);
    with_pair!(f => match by_row {
        [false, false] => map3(d, x, y, z, f),
        [true, false] => map3_rows(d, x, y, z, row, f),
        [false, true] => map3_rows(d, x, z, y, row, |x, z, y| f(x, y, z)),
        [true, true] => undefined(),
    });
}

/// Computes the sum of the squares of each row, or of the squares of its differences from its center.
pub(super) fn sum_squares(x: &Slot<'_>, center: Option<&Slot<'_>>, d: &mut Slot<'_>, [rows, row]: [usize; 2]) {
    let (x, d) = (x.read::<f32>(rows * row).chunks_exact(row), d.write::<f32>(rows).iter_mut());
    match center {
        None => d.zip(x).for_each(|(d, x)| *d = sum_f32(x, Square) as f32),
        Some(center) => d
            .zip(x)
            .zip(center.read::<f32>(rows))
            .for_each(|((d, x), &center)| *d = sum_f32(x, SquareOfDifference(center)) as f32),
    }
}

/// Subtracts the center of its row from each element of `x`, multiplies or divides by another number of the row, then
/// scales and shifts.
pub(super) fn normalize(
    divides: bool,
    x: &Slot<'_>,
    by_row: [&Slot<'_>; 2],
    others: [Option<&Slot<'_>>; 2],
    d: &mut Slot<'_>,
    [rows, row]: [usize; 2],
) {
    let n = rows * row;
    let (x, by_row, d) = (x.read::<f32>(n), by_row.map(|y| y.read::<f32>(rows)), d.write::<f32>(n));
    let others = others.map(|y| y.map(|y| y.read::<f32>(n)));
    macro_rules! by {
        ($f:expr) => {
            match others {
                // The function ignores these operands, which are placeholders.
                [None, _] => map_normalized(d, x, by_row, [x, x], row, |x, y, _| $f(x, y)),
                [Some(scale), None] => {
                    map_normalized(d, x, by_row, [scale, x], row, |x, y, [scale, _]| $f(x, y) * scale)
                }
                [Some(scale), Some(shift)] => {
                    map_normalized(d, x, by_row, [scale, shift], row, |x, y, [scale, shift]| $f(x, y) * scale + shift);
                }
            }
        };
    }
    match divides {
        true => by!(|x: f32, [center, by]: [f32; 2]| (x - center) / by),
        false => by!(|x: f32, [center, by]: [f32; 2]| (x - center) * by),
    }
}

/// Computes `exp(x - y)`, where `y` has one element for each row.
pub(super) fn exp_difference(x: &Slot<'_>, y: &Slot<'_>, d: &mut Slot<'_>, [rows, row]: [usize; 2]) {
    let (x, y) = (x.read::<f32>(rows * row), y.read::<f32>(rows));
    map_rows(d.write(rows * row), x, y, row, |x: f32, y: f32| single::exp(x - y));
}

fn binary_f32(f: BinaryFn, x: &[f32], y: &[f32], d: &mut [f32]) {
    match f {
        BinaryFn::Add => map2(d, x, y, |x, y| x + y),
        BinaryFn::Sub => map2(d, x, y, |x, y| x - y),
        BinaryFn::Mul => map2(d, x, y, |x, y| x * y),
        BinaryFn::Div => map2(d, x, y, |x, y| x / y),
        BinaryFn::Rem => map2(d, x, y, |x, y| x % y),
        BinaryFn::Pow if x.iter().all(|&x| x > 0.0 && x < f32::INFINITY) && y.iter().all(|y| y.is_finite()) => {
            map2(d, x, y, |x, y| math::pow(f64::from(x), f64::from(y)) as f32);
        }
        BinaryFn::Pow => map2(d, x, y, |x, y| f64::from(x).powf(f64::from(y)) as f32),
        BinaryFn::Max => map2(d, x, y, f32::greater),
        BinaryFn::Min => map2(d, x, y, f32::lesser),
        BinaryFn::Atan2 => map2(d, x, y, |x, y| f64::from(x).atan2(f64::from(y)) as f32),
        BinaryFn::And
        | BinaryFn::Or
        | BinaryFn::Xor
        | BinaryFn::ShiftLeft
        | BinaryFn::ShiftRightArithmetic
        | BinaryFn::ShiftRightLogical => undefined(),
    }
}

fn binary_f64(f: BinaryFn, x: &[f64], y: &[f64], d: &mut [f64]) {
    match f {
        BinaryFn::Add => map2(d, x, y, |x, y| x + y),
        BinaryFn::Sub => map2(d, x, y, |x, y| x - y),
        BinaryFn::Mul => map2(d, x, y, |x, y| x * y),
        BinaryFn::Div => map2(d, x, y, |x, y| x / y),
        BinaryFn::Rem => map2(d, x, y, |x, y| x % y),
        BinaryFn::Pow => map2(d, x, y, f64::powf),
        BinaryFn::Max => map2(d, x, y, f64::greater),
        BinaryFn::Min => map2(d, x, y, f64::lesser),
        BinaryFn::Atan2 => map2(d, x, y, f64::atan2),
        BinaryFn::And
        | BinaryFn::Or
        | BinaryFn::Xor
        | BinaryFn::ShiftLeft
        | BinaryFn::ShiftRightArithmetic
        | BinaryFn::ShiftRightLogical => undefined(),
    }
}

fn binary_integer<T: Number + Bits>(f: BinaryFn, x: &[T], y: &[T], d: &mut [T]) {
    match f {
        BinaryFn::Add => map2(d, x, y, T::plus),
        BinaryFn::Sub => map2(d, x, y, T::minus),
        BinaryFn::Mul => map2(d, x, y, T::times),
        BinaryFn::Max => map2(d, x, y, T::greater),
        BinaryFn::Min => map2(d, x, y, T::lesser),
        BinaryFn::And => map2(d, x, y, T::and),
        BinaryFn::Or => map2(d, x, y, T::or),
        BinaryFn::Xor => map2(d, x, y, T::xor),
        BinaryFn::ShiftLeft => map2(d, x, y, T::shift_left),
        BinaryFn::ShiftRightArithmetic => map2(d, x, y, T::shift_right_arithmetic),
        BinaryFn::ShiftRightLogical => map2(d, x, y, T::shift_right_logical),
        BinaryFn::Div => map2(d, x, y, T::quotient),
        BinaryFn::Rem => map2(d, x, y, T::remainder),
        BinaryFn::Pow => d.iter_mut().zip(x).zip(y).for_each(|((d, &x), &y)| *d = x.power(y)),
        BinaryFn::Atan2 => undefined(),
    }
}

/// Applies twenty rounds of Threefry with a key to each pair of elements.
pub(super) fn threefry(operands: [&Slot<'_>; 4], [d0, d1]: [&mut Slot<'_>; 2], n: usize) {
    let [k0, k1, x0, x1] = operands.map(|x| x.read::<u32>(n));
    encrypt([k0, k1], [x0, x1], [d0.write(n), d1.write(n)]);
}

pub(super) fn compare(direction: Comparison, dtype: DType, x: &Slot<'_>, y: &Slot<'_>, d: &mut Slot<'_>, n: usize) {
    fn by<T: PartialOrd + bytemuck::Pod>(direction: Comparison, x: &[T], y: &[T], d: &mut [u8]) {
        match direction {
            Comparison::Eq => map2(d, x, y, |x, y| u8::from(x == y)),
            Comparison::Ne => map2(d, x, y, |x, y| u8::from(x != y)),
            Comparison::Lt => map2(d, x, y, |x, y| u8::from(x < y)),
            Comparison::Le => map2(d, x, y, |x, y| u8::from(x <= y)),
            Comparison::Gt => map2(d, x, y, |x, y| u8::from(x > y)),
            Comparison::Ge => map2(d, x, y, |x, y| u8::from(x >= y)),
        }
    }
    with_number!(dtype,
        T => by::<T>(direction, x.read(n), y.read(n), d.write(n)),
        _ => by::<u8>(direction, x.read(n), y.read(n), d.write(n)));
}

pub(super) fn select(size: usize, [pred, x, y]: [&Slot<'_>; 3], d: &mut Slot<'_>, n: usize) {
    with_word!(size, W => {
        map3(d.write::<W>(n), pred.read(n), x.read(n), y.read(n), |p: u8, x: W, y: W| if p != 0 { x } else { y });
    });
}

pub(super) fn clamp(dtype: DType, [min, x, max]: [&Slot<'_>; 3], d: &mut Slot<'_>, n: usize) {
    with_number!(dtype,
        T => map3(d.write::<T>(n), min.read(n), x.read(n), max.read(n), |a: T, x: T, b: T| x.greater(a).lesser(b)),
        _ => undefined());
}

pub(super) fn convert(from: DType, to: DType, x: &Slot<'_>, d: &mut Slot<'_>, n: usize) {
    use num_traits::AsPrimitive;
    /// Converts to all dtypes except `bool`.
    fn number<S, D>(x: &[S], d: &mut [D])
    where
        S: AsPrimitive<D>,
        D: Copy + 'static,
    {
        map(d, x, |x: S| x.as_());
    }
    /// Converts from one dtype. `bool` is 0 or 1 in a byte.
    macro_rules! from {
        ($S:ty) => {
            match to {
                DType::Bool => map(d.write::<u8>(n), x.read(n), |x: $S| u8::from(x != (0u8 as $S))),
                to => with_number!(to, D => number::<$S, D>(x.read(n), d.write(n)), _ => undefined()),
            }
        };
    }
    with_number!(from, S => from!(S), _ => from!(u8));
}

#[allow(clippy::wildcard_enum_match_arm, reason = "the last reduced float is bf16")]
pub(super) fn widen(reduced: DType, x: &Slot<'_>, d: &mut Slot<'_>, n: usize) {
    match reduced {
        DType::F16 => x.read::<f16>(n).convert_to_f32_slice(d.write(n)),
        DType::F8E4M3FN => map(d.write(n), x.read(n), F8E4M3FN::to_f32),
        DType::F8E5M2 => map(d.write(n), x.read(n), F8E5M2::to_f32),
        _ => map(d.write(n), x.read(n), |x: u16| f32::from_bits(u32::from(x) << 16)),
    }
}

#[allow(clippy::wildcard_enum_match_arm, reason = "the last reduced float is bf16")]
pub(super) fn narrow(reduced: DType, x: &Slot<'_>, d: &mut Slot<'_>, n: usize) {
    match reduced {
        DType::F16 => d.write::<f16>(n).convert_from_f32_slice(x.read(n)),
        DType::F8E4M3FN => map(d.write(n), x.read(n), F8E4M3FN::from_f32),
        DType::F8E5M2 => map(d.write(n), x.read(n), F8E5M2::from_f32),
        _ => map(d.write(n), x.read(n), bf16_bits),
    }
}

/// Returns the bits of the nearest `bf16`, like the crate `half`.
#[inline(always)]
fn bf16_bits(x: f32) -> u16 {
    let bits = x.to_bits();
    let rounded = bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16;
    if x.is_nan() { (bits >> 16 | 0x40) as u16 } else { rounded as u16 }
}

#[allow(clippy::wildcard_enum_match_arm, reason = "the last reduced float is bf16")]
pub(super) fn round(reduced: DType, x: &Slot<'_>, d: &mut Slot<'_>, n: usize) {
    let (x, d) = (x.read::<f32>(n), d.write::<f32>(n));
    match reduced {
        DType::F16 => {
            let mut halves = [f16::ZERO; 64];
            for (x, d) in x.chunks(64).zip(d.chunks_mut(64)) {
                halves[..x.len()].convert_from_f32_slice(x);
                halves[..x.len()].convert_to_f32_slice(d);
            }
        }
        DType::F8E4M3FN => map(d, x, |x: f32| F8E4M3FN::from_f32(x).to_f32()),
        DType::F8E5M2 => map(d, x, |x: f32| F8E5M2::from_f32(x).to_f32()),
        _ => map(d, x, |x: f32| f32::from_bits(u32::from(bf16_bits(x)) << 16)),
    }
}

/// Rounds once to a reduced float type, and returns the number as `f32`.
#[allow(clippy::wildcard_enum_match_arm, reason = "the last reduced float is bf16")]
pub(super) fn round_to_reduced(reduced: DType, x: f64) -> f32 {
    match reduced {
        DType::F16 => <f16 as Element>::from_f64(x).to_f32(),
        DType::F8E4M3FN => <F8E4M3FN as Element>::from_f64(x).to_f32(),
        DType::F8E5M2 => <F8E5M2 as Element>::from_f64(x).to_f32(),
        _ => <bf16 as Element>::from_f64(x).to_f32(),
    }
}

pub(super) fn round_once(reduced: DType, x: &Slot<'_>, d: &mut Slot<'_>, n: usize) {
    map(d.write(n), x.read(n), |x: f64| round_to_reduced(reduced, x));
}

/// Writes the positions `start..` along an axis.
pub(super) fn iota(dtype: DType, [stride, size]: [usize; 2], start: usize, d: &mut Slot<'_>, n: usize) {
    with_number!(dtype, T => {
        let d = d.write::<T>(n);
        if stride == 1 {
            // Each run of positions follows the one before.
            let mut at = start % size;
            for d in d {
                *d = T::from_position(at);
                at = if at + 1 == size { 0 } else { at + 1 };
            }
        } else {
            let (mut at, mut left) = (start / stride % size, stride - start % stride);
            let mut d = d;
            while !d.is_empty() {
                let (run, rest) = d.split_at_mut(left.min(d.len()));
                run.fill(T::from_position(at));
                (d, left) = (rest, stride);
                at = if at + 1 == size { 0 } else { at + 1 };
            }
        }
    }, _ => undefined());
}

/// Repeats each element of `x` `times` times.
pub(super) fn spread(size: usize, x: &Slot<'_>, d: &mut Slot<'_>, rows: usize, times: usize) {
    with_word!(size, W => {
        for (d, &x) in d.write::<W>(rows * times).chunks_exact_mut(times).zip(x.read::<W>(rows)) {
            d.fill(x);
        }
    });
}
