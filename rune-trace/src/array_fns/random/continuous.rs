//! Random numbers of continuous distributions.

use super::{bits, expect_float, split_into};
use crate::array_fns::elementwise::greatest_of;
use crate::array_fns::scalar::{Argument, Operand};
use crate::{Tensor, lax};
use rune_ir::op::Literal;
use rune_ir::{DType, FloatInfo, Shape};
use std::f64::consts::SQRT_2;

/// Returns the properties of a float dtype, and the unsigned integer dtype of its size. Callers must check that `dtype`
/// is a float.
fn format(dtype: DType) -> (FloatInfo, DType) {
    let info = dtype.finfo().expect("random numbers are floats");
    let unsigned = match info.bits {
        8 => DType::U8,
        16 => DType::U16,
        32 => DType::U32,
        _ => DType::U64,
    };
    (info, unsigned)
}

/// Returns the least positive normal number.
pub(super) fn tiny(dtype: DType) -> f64 {
    format(dtype).0.smallest_normal
}
/// Returns the difference between 1 and the previous number.
pub(super) fn step_below_one(dtype: DType) -> f64 {
    format(dtype).0.eps / 2.0
}

/// Returns uniform numbers from `low` up to but not including `high`. `low` and `high` broadcast to `shape`.
///
/// # Panics
/// If `key` is not a key, `dtype` is not a float, or `low` and `high` do not broadcast to `shape` or have another
/// dtype.
///
/// ```
/// use rune_trace::{DType, random};
/// let x = random::uniform(&random::key(0), [3], DType::F32, 0.0, 1.0);
/// assert_eq!(x.to_vec::<f32>().unwrap(), [0.947667, 0.9785799, 0.33229148]);
/// ```
#[doc(alias = "rand")]
#[track_caller]
pub fn uniform(key: &Tensor, shape: impl Into<Shape>, dtype: DType, low: impl Operand, high: impl Operand) -> Tensor {
    expect_float("uniform", dtype);
    let shape = shape.into();
    let (low, high) = (low.into_argument(), high.into_argument());
    let exact = spans_a_power_of_two(&low, &high);
    let low = low.into_tensor("random::uniform", dtype).broadcast_to(&shape);
    let high = high.into_tensor("random::uniform", dtype).broadcast_to(&shape);
    let (FloatInfo { bits: width, mantissa_bits: mantissa, .. }, unsigned) = format(dtype);
    // The bits of 1: an exponent of 0, whose stored form is half of the greatest.
    let one = ((1u64 << (width - 2 - mantissa)) - 1) << mantissa;
    // A random mantissa with the exponent of 1, minus 1. For `bfloat16`, whose mantissa is short, JAX draws 8 bits.
    let (drawn, wide) = if mantissa < 8 { (DType::U8, 8) } else { (unsigned, width) };
    let drawn = lax::convert(&bits(key, shape, drawn), unsigned);
    let float_bits = (drawn >> (wide - mantissa)) | one;
    let unit = lax::bitcast_convert(&float_bits, dtype) - 1.0;
    let span = lax::sub(&high, &low);
    let scaled = if dtype == DType::F32 && !exact {
        // XLA fuses the product and the sum, and so rounds once. Computing in f64, which holds the product exactly,
        // rounds the same.
        let product = lax::mul(&unit.cast(DType::F64), &span.cast(DType::F64));
        lax::add(&product, &low.cast(DType::F64)).cast(DType::F32)
    } else {
        lax::add(&lax::mul(&unit, &span), &low)
    };
    lax::max(&low, &scaled)
}

/// Returns whether the limits are known and differ by a power of two, so that the product is exact.
fn spans_a_power_of_two(low: &Argument, high: &Argument) -> bool {
    match (low, high) {
        (Argument::Scalar(low), Argument::Scalar(high)) => {
            let span = high.to_f64() as f32 - low.to_f64() as f32;
            span.to_bits() << 9 == 0 && span.is_normal()
        }
        _ => false,
    }
}

/// Returns numbers of the normal distribution with mean 0 and variance 1. The real and imaginary parts of complex
/// numbers have variance 1/2.
///
/// # Panics
/// If `key` is not a key, or `dtype` is neither float nor complex.
///
/// ```
/// use rune_trace::{DType, random};
/// let x = random::normal(&random::key(0), [1000], DType::F32);
/// assert!(x.mean().item::<f32>().unwrap().abs() < 0.1);
/// ```
#[doc(alias = "randn")]
#[track_caller]
pub fn normal(key: &Tensor, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    if dtype.is_complex() {
        let shape = shape.into();
        let [re, im] = split_into(key);
        let (re, im) = (normal(&re, shape.clone(), dtype.real()), normal(&im, shape, dtype.real()));
        return lax::complex(&re, &im) / SQRT_2;
    }
    expect_float("normal", dtype);
    let low = step_below_one(dtype) - 1.0;
    let u = uniform(key, shape, dtype, low, 1.0);
    u.erf_inv() * SQRT_2
}

/// Returns numbers of the normal distribution, truncated to `low` … `high`.
///
/// # Panics
/// Like [`uniform`].
#[track_caller]
pub fn truncated_normal(
    key: &Tensor,
    shape: impl Into<Shape>,
    dtype: DType,
    low: impl Operand,
    high: impl Operand,
) -> Tensor {
    let op = "random::truncated_normal";
    expect_float("truncated_normal", dtype);
    let shape = shape.into();
    let low = low.into_argument().into_tensor(op, dtype).broadcast_to(&shape);
    let high = high.into_argument().into_tensor(op, dtype).broadcast_to(&shape);
    let root = lax::full_like(&low, SQRT_2);
    let (a, b) = (lax::div(&low, &root).erf(), lax::div(&high, &root).erf());
    let u = uniform(key, shape, dtype, a, b);
    // Where there is no infinity, the inverse of ±1 would be NaN.
    let most = 1.0 - step_below_one(dtype);
    let u = if dtype == DType::F8E4M3FN { u.clamp(-most, most) } else { u };
    let x = u.erf_inv() * SQRT_2;
    let (low, high) = (lax::stop_gradient(&low), lax::stop_gradient(&high));
    lax::clamp(&next_toward(&low, true), &x, &next_toward(&high, false))
}

/// Returns the next number above `x` if `above`, or else the next number below `x`.
#[track_caller]
fn next_toward(x: &Tensor, above: bool) -> Tensor {
    let (FloatInfo { bits: width, .. }, unsigned) = format(x.dtype());
    let raw = lax::bitcast_convert(x, unsigned);
    let sign = lax::constant(Literal::from_f64(unsigned, 2f64.powi(width as i32 - 1)));
    let negative = raw.bitand(&sign).ne(0);
    // Away from zero, the bits increase. Both 0 and -0 become the number nearest to 0 on that side.
    let outward =
        lax::select(&negative, &lax::full_like(&raw, f64::from(!above)), &lax::full_like(&raw, f64::from(above)));
    let next = lax::select(&outward.eq(1), &(&raw + 1), &(&raw - 1));
    let least = lax::constant(Literal::from_f64(unsigned, 1.0)).broadcast_to(x.shape());
    let least = if above { least } else { least | &sign };
    let next = lax::select(&x.eq(0.0), &least, &next);
    let greatest = greatest_of(x.dtype());
    let end = if above { greatest } else { -greatest };
    lax::select(&(x.eq(end) | x.isnan()), x, &lax::bitcast_convert(&next, x.dtype()))
}

/// Returns numbers of the exponential distribution with mean 1.
///
/// # Panics
/// If `key` is not a key, or `dtype` is not a float.
#[track_caller]
pub fn exponential(key: &Tensor, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    expect_float("exponential", dtype);
    -(-uniform(key, shape, dtype, 0.0, 1.0)).log1p()
}

/// The number of random bits of a number: JAX's `mode` of [`gumbel_with`], [`bernoulli_with`](super::bernoulli_with),
/// [`choice_with`](super::choice_with) and [`categorical_with`](super::categorical_with).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Resolution {
    /// As many as the mantissa has. In `f32`, Gumbel numbers are at most about 16, and events of a probability below
    /// 10⁻⁷ have another one.
    #[default]
    Low,
    /// Twice as many. In `f32`, Gumbel numbers are at most about 32, and the limit of probabilities is 10⁻¹⁴.
    High,
    /// In `f32`, 64 bits, so that Gumbel numbers are at most about 44. In all other dtypes, it is `High`.
    Highest,
}

/// Returns numbers of the Gumbel distribution, -ln (-ln u).
///
/// # Panics
/// If `key` is not a key, or `dtype` is not a float.
#[track_caller]
pub fn gumbel(key: &Tensor, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    expect_float("gumbel", dtype);
    -(-uniform(key, shape, dtype, tiny(dtype), 1.0).log()).log()
}

/// Returns numbers of the Gumbel distribution, from as many bits as `resolution` says: `jax.random.gumbel` with a
/// `mode`.
///
/// # Panics
/// If `key` is not a key, or `dtype` is not a float.
///
/// ```
/// use rune_trace::random::{self, Resolution};
/// use rune_trace::DType;
/// let x = random::gumbel_with(&random::key(0), [1000], DType::F32, Resolution::High);
/// assert!((x.mean().item::<f32>().unwrap() - 0.577).abs() < 0.1);
/// ```
#[track_caller]
pub fn gumbel_with(key: &Tensor, shape: impl Into<Shape>, dtype: DType, resolution: Resolution) -> Tensor {
    expect_float("gumbel_with", dtype);
    let shape = shape.into();
    let pair: Shape = [2].into_iter().chain(shape.iter().copied()).collect();
    match resolution {
        Resolution::Low => gumbel(key, shape, dtype),
        Resolution::Highest if dtype == DType::F32 => gumbel_of_64_bits(&bits(key, pair, DType::U32)),
        Resolution::High | Resolution::Highest => {
            let u = uniform(key, pair, dtype, 0.0, 1.0);
            let (high, low) = (u.i(0), u.i(1));
            let finer = &high + low * step_below_one(dtype) * 2.0 + tiny(dtype);
            let u = lax::select(&high.ge(0.5), &high, &finer);
            -(-(-u).log1p()).log()
        }
    }
}

/// Returns Gumbel numbers of `f32` from high and low halves of 64 bits. They are a fraction of 1, which is computed from
/// 1 if it is nearer to it.
#[track_caller]
fn gumbel_of_64_bits(halves: &Tensor) -> Tensor {
    let (high, low) = (halves.i(0), halves.i(1));
    let below = high.lt(1u32 << 31);
    let (away_high, away_low) = (!&high, !&low);
    let away_high = away_high + away_low.eq(u32::MAX).cast(DType::U32);
    let away_low = away_low + 1u32;
    let x = fraction(&lax::select(&below, &high, &away_high), &lax::select(&below, &low, &away_low));
    let near_0 = -(-(-&x).log1p()).log();
    let near_1 = -(-x.log()).log();
    lax::select(&below, &near_0, &near_1)
}

/// Returns the fraction of 1 that 64 bits are, rounded toward 0 to `f32`.
#[track_caller]
fn fraction(high: &Tensor, low: &Tensor) -> Tensor {
    let (zeros, low_zeros) = (high.clz(), low.clz());
    let short = zeros.eq(32u32);
    let rest = lax::select(&short, &(low << &low_zeros), &(low >> (32 - &zeros)));
    let mantissa = (((high << &zeros) | rest) >> 8u32) & ((1u32 << 23) - 1);
    let exponent = 126 - lax::select(&short, &(low_zeros + 32u32), &zeros);
    lax::bitcast_convert(&((exponent << 23u32) | mantissa), DType::F32)
}

/// Returns numbers of the Laplace distribution with mean 0 and scale 1.
///
/// # Panics
/// If `key` is not a key, or `dtype` is not a float.
#[track_caller]
pub fn laplace(key: &Tensor, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    expect_float("laplace", dtype);
    let u = uniform(key, shape, dtype, step_below_one(dtype) - 1.0, 1.0);
    lax::mul(&u.sign(), &(-u.abs()).log1p())
}
