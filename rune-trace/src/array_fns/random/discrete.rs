//! Random numbers of discrete distributions, and random permutations.

use super::continuous::{gumbel, uniform};
use super::{bits, split_into};
use crate::array_fns::axes::resolve_axis;
use crate::array_fns::broadcast::broadcast;
use crate::array_fns::elementwise::expect_float;
use crate::array_fns::scalar::{Argument, Operand};
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::{DType, Shape};

/// Returns booleans that are true with probability `p`, which broadcasts to `shape`. A Rust number becomes `f32`.
///
/// # Panics
/// If `key` is not a key, or `p` is not a float or does not broadcast to `shape`.
///
/// ```
/// use rune_trace::random;
/// let x = random::bernoulli(&random::key(0), 0.25, [1000]);
/// assert!((x.mean().item::<f32>().unwrap() - 0.25).abs() < 0.05);
/// ```
#[track_caller]
pub fn bernoulli(key: &Tensor, p: impl Operand, shape: impl Into<Shape>) -> Tensor {
    let shape = shape.into();
    let p = p.into_argument().into_tensor("random::bernoulli", DType::F32);
    expect_float("random::bernoulli", &p);
    let p = broadcast("random::bernoulli", &p, &shape);
    uniform(key, shape, p.dtype(), 0.0, 1.0).lt(&p)
}

/// Returns a limit as `dtype`, clamped to `min` … `max`, and whether it was above `max`.
#[track_caller]
fn limit(x: Argument, dtype: DType, (min, max): (i128, i128), shape: &Shape) -> (Tensor, Tensor) {
    let (value, above) = match x {
        Argument::Tensor(x) => {
            if !x.dtype().is_int() {
                refuse!("random::randint: limits must be integers, but one has type {}", x.ty());
            }
            let (low, high) = int_range(x.dtype());
            let above = if high > max { x.gt(clip(max)) } else { lax::full(DType::Bool, x.shape(), 0.0) };
            let x = if low < min { x.maximum(clip(min)) } else { x };
            let x = if high > max { x.minimum(clip(max)) } else { x };
            (lax::convert(&x, dtype), above)
        }
        Argument::Scalar(crate::Scalar::Int(x)) => {
            let value = crate::Scalar::Int(x.clamp(min, max)).literal("random::randint", dtype);
            (lax::constant(value), Tensor::scalar(x > max))
        }
        Argument::Scalar(x) => refuse!("random::randint: limits must be integers, but one is {x}"),
    };
    (value.broadcast_to(shape), above.broadcast_to(shape))
}
fn clip(x: i128) -> crate::Scalar {
    crate::Scalar::Int(x)
}
fn int_range(dtype: DType) -> (i128, i128) {
    let bits = 8 * dtype.size() as u32;
    if dtype.is_signed_int() { (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) } else { (0, (1 << bits) - 1) }
}

/// Returns integers from `low` up to but not including `high`. If the range is empty, all are `low`. `low` and `high`
/// broadcast to `shape`, and are clamped to the range of `dtype`.
///
/// # Panics
/// If `key` is not a key, `dtype` is not an integer, or a limit is not an integer or does not broadcast.
///
/// ```
/// use rune_trace::{DType, random};
/// let x = random::randint(&random::key(0), [100], 1, 7, DType::I32);
/// assert_eq!((x.min().item::<i32>().unwrap(), x.max().item::<i32>().unwrap()), (1, 6));
/// ```
#[track_caller]
pub fn randint(key: &Tensor, shape: impl Into<Shape>, low: impl Operand, high: impl Operand, dtype: DType) -> Tensor {
    if !dtype.is_int() {
        refuse!("random::randint: draws integers, but was asked for {dtype}");
    }
    let shape = shape.into();
    // Short integers are drawn as i32, so that the limit can be one more than their maximum.
    let (min, max) = int_range(dtype);
    let (drawn, range) = if dtype.size() < 4 { (DType::I32, (min, max + 1)) } else { (dtype, (min, max)) };
    let (low, _) = limit(low.into_argument(), drawn, range, &shape);
    let (high, above) = limit(high.into_argument(), drawn, range, &shape);
    let (unsigned, root) = if drawn.size() == 4 { (DType::U32, 16) } else { (DType::U64, 32) };
    // Draws twice as many bits as the dtype has, and reduces them to the span: (a · 2ⁿ + b) mod span, in parts.
    let [k1, k2] = split_into(key);
    let (upper, lower) = (bits(&k1, &shape, unsigned), bits(&k2, &shape, unsigned));
    let span = lax::convert(&lax::sub(&high, &low), unsigned);
    let empty = lax::le(&high, &low);
    let span = lax::select(&empty, &lax::full_like(&span, 1.0), &span);
    // A limit above the range means one more than the maximum. For the whole range, the span is 0, and nothing is
    // reduced.
    let span = if drawn == dtype { lax::select(&(above & !empty), &(&span + 1), &span) } else { span };
    let root = lax::rem(&lax::full_like(&span, 2f64.powi(root)), &span);
    let multiplier = lax::rem(&lax::mul(&root, &root), &span);
    let offset = lax::add(&lax::mul(&lax::rem(&upper, &span), &multiplier), &lax::rem(&lower, &span));
    lax::convert(&lax::add(&low, &lax::convert(&lax::rem(&offset, &span), drawn)), dtype)
}

/// Returns the elements of `x` in random order along `axis`, independently for each slice.
///
/// # Panics
/// If `key` is not a key, or the axis is out of range.
#[track_caller]
pub fn shuffle(key: &Tensor, x: &Tensor, axis: isize) -> Tensor {
    let axis = resolve_axis("random::shuffle", axis, x.shape());
    // Sorts by random keys, in enough rounds that two elements hardly ever have the same keys in all of them.
    let rounds = (3.0 * (x.size().max(1) as f64).ln() / f64::from(u32::MAX).ln()).ceil() as usize;
    let (mut key, mut x) = (key.clone(), x.clone());
    for _ in 0..rounds {
        let [next, own] = split_into(&key);
        let order = bits(&own, x.shape(), DType::U32);
        x = lax::sort(&[order, x], axis, 1).remove(1);
        key = next;
    }
    x
}

/// Returns the slices of `x` along `axis` in random order.
///
/// # Panics
/// If `key` is not a key, or the axis is out of range.
///
/// ```
/// use rune_trace::{DType, Tensor, random};
/// let x = random::permutation(&random::key(0), &Tensor::arange(0..5, DType::I32), 0);
/// assert_eq!(x.sort(0).to_vec::<i32>().unwrap(), [0, 1, 2, 3, 4]);
/// ```
#[doc(alias = "randperm")]
#[track_caller]
pub fn permutation(key: &Tensor, x: &Tensor, axis: isize) -> Tensor {
    let at = resolve_axis("random::permutation", axis, x.shape());
    if x.rank() == 1 {
        return shuffle(key, x, axis);
    }
    let order = lax::iota(DType::I32, [x.shape()[at]], 0);
    x.take(&shuffle(key, &order, 0), axis)
}

/// Returns class numbers, as `i32`: one for each index of the other axes. The probabilities of the classes along `axis`
/// are the `softmax` of `logits`.
///
/// # Panics
/// If `key` is not a key, `logits` are not floats, or the axis is out of range.
///
/// ```
/// use rune_trace::{Tensor, random};
/// let logits = Tensor::from([f32::NEG_INFINITY, 0.0, f32::NEG_INFINITY]);
/// assert_eq!(random::categorical(&random::key(0), &logits, -1).item::<i32>().unwrap(), 1);
/// ```
#[track_caller]
pub fn categorical(key: &Tensor, logits: &Tensor, axis: isize) -> Tensor {
    expect_float("random::categorical", logits);
    let noise = gumbel(key, logits.shape(), logits.dtype());
    (noise + logits).argmax_axis(axis)
}

/// Returns `n` random slices of `x` along axis 0, with or without replacement, each with equal probability.
///
/// # Panics
/// If `key` is not a key, if `x` is a scalar or has no elements, or if `x` has fewer than `n` slices and there is no
/// replacement.
///
/// ```
/// use rune_trace::{Tensor, random};
/// let x = random::choice(&random::key(0), &Tensor::from([1, 2, 3]), 2, false);
/// assert_eq!(*x.shape(), [2]);
/// ```
#[track_caller]
pub fn choice(key: &Tensor, x: &Tensor, n: usize, replace: bool) -> Tensor {
    let size = x.shape().first().copied().unwrap_or(0);
    if size == 0 || !replace && n > size {
        refuse!("random::choice: {n} slices of shape {} cannot be drawn", x.shape());
    }
    if replace {
        return x.take(&randint(key, [n], 0, size, DType::I32), 0);
    }
    permutation(key, x, 0).i(..n)
}
