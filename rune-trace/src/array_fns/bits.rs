//! Functions on the bits of numbers.

use super::axes::{Axes, resolve_axis};
use super::broadcast::unify;
use super::elementwise::expect_float;
use super::join::part;
use super::reductions::to_bool;
use super::scalar::Operand;
use crate::autodiff::custom_jvp;
use crate::tensor::{Caller, at_caller, refuse};
use crate::{Tensor, Tree, lax};
use rune_ir::{DType, Shape};

/// Returns the number of bits of an element.
pub(super) fn width(dtype: DType) -> usize {
    8 * dtype.size()
}
/// Returns the signed integer dtype with the size of this dtype.
pub(super) fn signed(dtype: DType) -> DType {
    match dtype.size() {
        1 => DType::I8,
        2 => DType::I16,
        4 => DType::I32,
        _ => DType::I64,
    }
}
/// Returns the unsigned integer dtype with the size of this dtype.
pub(super) fn unsigned(dtype: DType) -> DType {
    match dtype.size() {
        1 => DType::U8,
        2 => DType::U16,
        4 => DType::U32,
        _ => DType::U64,
    }
}

/// Returns the bits of `x` as unsigned integers.
#[track_caller]
fn unsigned_bits(x: &Tensor) -> Tensor {
    if x.dtype().is_unsigned_int() { x.clone() } else { lax::bitcast_convert(x, unsigned(x.dtype())) }
}
/// Returns the byte `pattern`, repeated in each byte of the dtype of `x`.
#[track_caller]
fn repeated(x: &Tensor, pattern: u8) -> Tensor {
    let bytes = [pattern; 8];
    let all = u64::from_le_bytes(bytes) >> (64 - width(x.dtype()));
    x.full_like(all)
}

/// The order of the bits of a byte in [`Tensor::packbits`] and [`Tensor::unpackbits`].
#[derive(Tree, Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum BitOrder {
    /// The most significant bit is first.
    #[default]
    Big,
    /// The least significant bit is first.
    Little,
}

/// Functions on the bits of integers.
impl Tensor {
    /// Returns the number of set bits of integers, in their dtype.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([7, -1]).population_count().to_vec::<i32>().unwrap(), [3, 32]);
    /// ```
    #[doc(alias = "popcount")]
    #[track_caller]
    pub fn population_count(&self) -> Tensor {
        expect_int("population_count", self);
        let x = unsigned_bits(self);
        // Counts the bits of pairs, then of groups of four, then of bytes, in parallel (Warren, Hacker's Delight, 5-1).
        let pairs = &x - ((&x >> 1) & repeated(&x, 0x55));
        let fours = (&pairs & repeated(&x, 0x33)) + ((&pairs >> 2) & repeated(&x, 0x33));
        let bytes = (&fours + (&fours >> 4)) & repeated(&x, 0x0f);
        let sum = if x.dtype().size() == 1 { bytes } else { (bytes * repeated(&x, 1)) >> (width(x.dtype()) - 8) };
        lax::convert(&sum, self.dtype())
    }
    /// Returns the number of set bits of |x| for integers, as `u8`: NumPy's `bitwise_count`.
    #[track_caller]
    pub fn bitwise_count(&self) -> Tensor {
        expect_int("bitwise_count", self);
        let x = if self.dtype().is_signed_int() { self.abs() } else { self.clone() };
        lax::convert(&x.population_count(), DType::U8)
    }
    /// Returns the number of leading zero bits of integers, in their dtype.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([1u8, 0]).clz().to_vec::<u8>().unwrap(), [7, 8]);
    /// ```
    #[doc(alias = "count_leading_zeros")]
    #[track_caller]
    pub fn clz(&self) -> Tensor {
        expect_int("clz", self);
        let mut x = unsigned_bits(self);
        let mut shift = 1;
        while shift < width(self.dtype()) {
            x = &x | (&x >> shift);
            shift *= 2;
        }
        lax::convert(&x.logical_not().population_count(), self.dtype())
    }
    /// Returns the upper half of the elementwise product of integers. [`Tensor::mul`] returns the lower half.
    ///
    /// # Panics
    /// If the dtype is not an integer, dtypes differ, or the shapes do not broadcast.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([1i32 << 30]).mulhi(8).to_vec::<i32>().unwrap(), [2]);
    /// ```
    #[track_caller]
    pub fn mulhi(&self, other: impl Operand) -> Tensor {
        let [x, y] = unify("mulhi", [self.into_argument(), other.into_argument()]);
        expect_int("mulhi", &x);
        let dtype = x.dtype();
        if dtype.size() < 8 {
            let wide = if dtype.is_signed_int() { DType::I64 } else { DType::U64 };
            let product = lax::convert(&x, wide) * lax::convert(&y, wide);
            return lax::convert(&(product >> width(dtype)), dtype);
        }
        // Multiplies halves of 32 bits. The upper halves keep the sign.
        let half = 0xffff_ffff_u64;
        let (x0, x1) = (&x & half, &x >> 32);
        let (y0, y1) = (&y & half, &y >> 32);
        let carry = lax::shift_right_logical(&(&x0 * &y0), &x.full_like(32));
        let first = &x1 * &y0 + carry;
        let second = &x0 * &y1 + (&first & half);
        x1 * y1 + (first >> 32) + (second >> 32)
    }
    /// Packs truth values along `axis` into `u8` bytes, eight values per byte. A number is true unless it is 0. Zeros
    /// fill the last byte.
    ///
    /// # Panics
    /// If the axis is out of range.
    ///
    /// ```
    /// use rune_trace::{BitOrder, Tensor};
    /// let bits = Tensor::from([true, false, false, false, false, false, false, true, true]);
    /// assert_eq!(bits.packbits(0, BitOrder::Big).to_vec::<u8>().unwrap(), [129, 128]);
    /// ```
    #[track_caller]
    pub fn packbits(&self, axis: isize, order: BitOrder) -> Tensor {
        let axis = resolve_axis("packbits", axis, self.shape());
        let bits = lax::convert(&to_bool(self), DType::U8);
        let n = self.shape()[axis];
        let mut widths = vec![(0, 0); self.rank()];
        widths[axis] = (0, (n.div_ceil(8) * 8 - n) as isize);
        let mut grouped = self.shape().clone();
        grouped.dims_mut()[axis] = n.div_ceil(8);
        grouped.dims_mut().insert(axis + 1, 8);
        let bits = lax::reshape(&bits.pad(&widths, 0), grouped.clone());
        (bits << bit_shifts(&grouped, axis + 1, order)).sum_axes(axis + 1)
    }
    /// Unpacks the bits of bytes along `axis`, as `u8` elements 0 and 1.
    ///
    /// # Panics
    /// If the dtype is not `u8`, or the axis is out of range.
    ///
    /// ```
    /// use rune_trace::{BitOrder, Tensor};
    /// let bits = Tensor::from([5u8]).unpackbits(0, BitOrder::Big);
    /// assert_eq!(bits.to_vec::<u8>().unwrap(), [0, 0, 0, 0, 0, 1, 0, 1]);
    /// ```
    #[track_caller]
    pub fn unpackbits(&self, axis: isize, order: BitOrder) -> Tensor {
        let axis = resolve_axis("unpackbits", axis, self.shape());
        if self.dtype() != DType::U8 {
            refuse!("unpackbits: takes bytes, of dtype u8, but got {}", self.ty());
        }
        let mut wide = self.shape().clone();
        wide.dims_mut().insert(axis + 1, 8);
        let bits = (self.unsqueeze(axis as isize + 1) >> bit_shifts(&wide, axis + 1, order)) & 1;
        bits.flatten_axes(axis as isize, axis as isize + 1)
    }
    /// Returns the exclusive or of all elements along `axes`, for integers and `bool`. Without elements, the result is
    /// 0.
    ///
    /// # Panics
    /// If the dtype is a float or complex, or an axis is out of range or named twice.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([1, 2, 7]).reduce_xor(..).item::<i32>().unwrap(), 4);
    /// ```
    #[track_caller]
    pub fn reduce_xor(&self, axes: impl Into<Axes>) -> Tensor {
        if self.dtype().is_inexact() {
            refuse!("reduce_xor: takes integers or bool, but got {}", self.ty());
        }
        let axes = axes.into().resolve_sorted("reduce_xor", self.shape());
        let kept: Vec<usize> = (0..self.rank()).filter(|a| !axes.contains(a)).collect();
        let order: Vec<usize> = axes.iter().copied().chain(kept.iter().copied()).collect();
        let n: usize = axes.iter().map(|&a| self.shape()[a]).product();
        let rest = self.shape().without(&axes);
        let mut x = lax::reshape(&lax::transpose(self, &order), [n, rest.size()]);
        // Combines halves, because no primitive reduces by exclusive or.
        while x.shape()[0] > 1 {
            let n = x.shape()[0];
            let (half, odd) = (n / 2, n % 2);
            let pairs = part(&x, 0, 0, half) ^ part(&x, 0, half, 2 * half);
            x = if odd == 1 { super::join::concat("reduce_xor", &[pairs, part(&x, 0, n - 1, n)], 0) } else { pairs };
        }
        if n == 0 { lax::full(self.dtype(), &rest, 0.0) } else { lax::reshape(&x, rest) }
    }
}

/// Returns the shift of each bit along `axis`.
#[track_caller]
fn bit_shifts(shape: &Shape, axis: usize, order: BitOrder) -> Tensor {
    let i = lax::iota(DType::U8, shape.clone(), axis);
    match order {
        BitOrder::Big => 7 - i,
        BitOrder::Little => i,
    }
}

/// Functions on the bits of floats.
impl Tensor {
    /// Rounds floats to a format with this many bits of exponent and mantissa, to the nearest number, ties to even.
    /// Keeps the dtype. Numbers that are too great for the format become ±∞, and numbers that are too small become ±0.
    /// The derivative is 1.
    ///
    /// # Panics
    /// If the dtype is not a float, or the format has more bits than the dtype, or no exponent bits.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// // The precision of bfloat16.
    /// assert_eq!(Tensor::scalar(1.003f32).reduce_precision(8, 7).item::<f32>().unwrap(), 1.0);
    /// ```
    #[track_caller]
    pub fn reduce_precision(&self, exponent: u32, mantissa: u32) -> Tensor {
        expect_float("reduce_precision", self);
        let info = self.dtype().finfo().expect("it is a float");
        let (own_exponent, own_mantissa) = (info.exponent_bits(), info.mantissa_bits);
        if exponent == 0 || exponent > own_exponent || mantissa > own_mantissa {
            refuse!(
                "reduce_precision: {exponent} bits of exponent and {mantissa} of mantissa do not fit into {}, which has {own_exponent} and {own_mantissa}",
                self.dtype()
            );
        }
        if self.dtype().is_float8() {
            let x = lax::convert(self, DType::F32).reduce_precision(exponent, mantissa);
            return lax::convert(&x, self.dtype());
        }
        let (to, own, caller) = ((exponent, mantissa), (own_exponent, own_mantissa), Caller::here());
        at_caller(|| {
            custom_jvp(
                |x: &Tensor| caller.run(|| round_bits(x, to, own)),
                |(x,), (dx,)| (caller.run(|| round_bits(x, to, own)), dx.clone()),
            )(self)
        })
    }
}

/// Returns the bits of `x`, whose format is `own`, rounded to the format `to`.
#[track_caller]
fn round_bits(x: &Tensor, to: (u32, u32), own: (u32, u32)) -> Tensor {
    let bits = unsigned_bits(x);
    let sign_mask = 1u64 << (width(x.dtype()) - 1);
    let sign = &bits & sign_mask;
    let mut magnitude = &bits & (sign_mask - 1);
    let dropped = own.1 - to.1;
    if dropped > 0 {
        // Adds half of the last kept place, or slightly less if that place is even. Then truncates.
        let last = (&magnitude >> dropped) & 1;
        let half = (1u64 << (dropped - 1)) - 1;
        magnitude = ((&magnitude + last + half) >> dropped) << dropped;
    }
    if to.0 < own.0 {
        let bias = |bits: u32| (1u64 << (bits - 1)) - 1;
        let most = (bias(own.0) + bias(to.0)) << own.1 | (((1u64 << to.1) - 1) << dropped);
        let least = (bias(own.0) - bias(to.0) + 1) << own.1;
        let infinite = ((1u64 << own.0) - 1) << own.1;
        let over = magnitude.gt(most);
        magnitude = lax::select(&over, &magnitude.full_like(infinite), &magnitude);
        let under = magnitude.lt(least);
        magnitude = lax::select(&under, &magnitude.zeros_like(), &magnitude);
    }
    let rounded = lax::bitcast_convert(&(magnitude | sign), x.dtype());
    lax::select(&x.isnan(), x, &rounded)
}

/// Panics unless `x` holds integers.
#[track_caller]
pub(super) fn expect_int(op: &str, x: &Tensor) {
    if !x.dtype().is_int() {
        refuse!("{op}: takes an integer dtype, but got {}", x.ty());
    }
}
