//! Random numbers of discrete distributions, and random permutations.

use super::continuous::{Resolution, gumbel, gumbel_with, step_below_one, uniform};
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

/// Like [`bernoulli`], from as many bits as `resolution` says: `jax.random.bernoulli` with a `mode`.
///
/// # Panics
/// Like [`bernoulli`]. Also if the resolution is `Highest`, which exists only for Gumbel numbers.
///
/// ```
/// use rune_trace::random::{self, Resolution};
/// let x = random::bernoulli_with(&random::key(0), 1e-9, [1000], Resolution::High);
/// assert!(!x.any().item::<bool>().unwrap());
/// ```
#[track_caller]
pub fn bernoulli_with(key: &Tensor, p: impl Operand, shape: impl Into<Shape>, resolution: Resolution) -> Tensor {
    let op = "random::bernoulli_with";
    let shape = shape.into();
    let p = p.into_argument().into_tensor(op, DType::F32);
    expect_float(op, &p);
    let p = broadcast(op, &p, &shape);
    match resolution {
        Resolution::Low => bernoulli(key, p, shape),
        Resolution::High => {
            let pair: Shape = [2].into_iter().chain(shape.iter().copied()).collect();
            let u = uniform(key, pair, p.dtype(), 0.0, 1.0);
            let finer = u.i(1) * (step_below_one(p.dtype()) * 2.0);
            finer.lt(p - u.i(0))
        }
        Resolution::Highest => refuse!("{op}: there is no resolution `Highest` of booleans; take `High`"),
    }
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

/// Returns the elements of `x` in random order along `axis`, independently for each slice: `jax.random.permutation`
/// with `independent`.
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
/// are the `softmax` of `logits`. For more than one draw of each, see [`categorical_with`].
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

/// Options of [`categorical_with`]. With the default options, it is [`categorical`] along the last axis.
#[derive(Clone, PartialEq, Debug)]
pub struct CategoricalOptions {
    /// The axis of the classes.
    pub axis: isize,
    /// The shape of the result. The shape of the logits without `axis` has to broadcast to its last axes. `None` means
    /// the shape of the logits without `axis`.
    pub shape: Option<Shape>,
    /// Whether a class can be drawn more than once along the first axes of `shape`.
    pub replace: bool,
    /// The number of random bits.
    pub resolution: Resolution,
}
impl Default for CategoricalOptions {
    fn default() -> CategoricalOptions {
        CategoricalOptions { axis: -1, shape: None, replace: true, resolution: Resolution::Low }
    }
}

/// Returns class numbers, as `i32`, with the options of `jax.random.categorical`.
///
/// # Panics
/// If `key` is not a key, `logits` are not floats, the axis is out of range, or the logits do not fit the shape. Without
/// replacement, also if the shape broadcasts the logits, or asks for more classes than there are.
///
/// ```
/// use rune_trace::random::{self, CategoricalOptions};
/// use rune_trace::{DType, Tensor};
/// let options = CategoricalOptions { shape: Some([3].into()), replace: false, ..CategoricalOptions::default() };
/// let drawn = random::categorical_with(&random::key(0), &Tensor::zeros([3], DType::F32), &options);
/// assert_eq!(drawn.sort(0).to_vec::<i32>().unwrap(), [0, 1, 2]);
/// ```
#[track_caller]
pub fn categorical_with(key: &Tensor, logits: &Tensor, options: &CategoricalOptions) -> Tensor {
    let op = "random::categorical_with";
    expect_float(op, logits);
    let axis = resolve_axis(op, options.axis, logits.shape());
    let classes = logits.shape()[axis];
    let mut batch = logits.shape().to_vec();
    batch.remove(axis);
    let shape = options.shape.clone().unwrap_or_else(|| batch.iter().copied().collect());
    let fits = |(&n, &size): (&usize, &usize)| n == size || (options.replace && n == 1);
    if shape.rank() < batch.len() || !batch.iter().zip(&shape[shape.rank() - batch.len()..]).all(fits) {
        refuse!("{op}: logits of shape {} along axis {axis} do not fit the shape {shape}", logits.shape());
    }
    let (first, last) = shape.split_at(shape.rank() - batch.len());
    if options.replace {
        let mut drawn = last.to_vec();
        drawn.insert(axis, classes);
        let drawn: Shape = first.iter().copied().chain(drawn).collect();
        let noise = gumbel_with(key, drawn, logits.dtype(), options.resolution);
        return (noise + logits).argmax_axis((first.len() + axis) as isize);
    }
    let count: usize = first.iter().product();
    if count > classes {
        refuse!("{op}: {count} of {classes} classes cannot be drawn without replacement");
    }
    let noisy = logits + gumbel_with(key, logits.shape(), logits.dtype(), options.resolution);
    let (_, found) = noisy.moveaxis(axis as isize, -1).top_k(count);
    lax::reshape(&found.moveaxis(-1, 0), shape)
}

/// Options of [`choice_with`]. The default draws along axis 0 with replacement, all with equal probability.
#[derive(Clone, Debug)]
pub struct ChoiceOptions {
    /// Whether an element can be drawn more than once.
    pub replace: bool,
    /// The probability of each element along the axis, a vector of floats. `None` means equal ones.
    pub p: Option<Tensor>,
    /// The axis of the elements.
    pub axis: isize,
    /// The number of random bits, for draws by probabilities without replacement.
    pub resolution: Resolution,
}
impl Default for ChoiceOptions {
    fn default() -> ChoiceOptions {
        ChoiceOptions { replace: true, p: None, axis: 0, resolution: Resolution::Low }
    }
}

/// Returns random slices of `x` along an axis, in place of which the result has the axes of `shape`:
/// `jax.random.choice`. For its integer `a`, pass `Tensor::arange(0..a, DType::I32)`.
///
/// Draws by probabilities without replacement take the greatest of the logarithms with Gumbel noise. If fewer
/// probabilities than draws are positive, slices of probability 0 are drawn too.
///
/// # Panics
/// If `key` is not a key, the axis is out of range, the probabilities are not a vector of floats with the size of the
/// axis, or so many slices cannot be drawn.
///
/// ```
/// use rune_trace::random::{self, ChoiceOptions};
/// use rune_trace::Tensor;
/// let p = Some(Tensor::from([0.0f32, 1.0, 0.0]));
/// let options = ChoiceOptions { p, axis: 1, ..ChoiceOptions::default() };
/// let x = random::choice_with(&random::key(0), &Tensor::from([[1, 2, 3], [4, 5, 6]]), [2], &options);
/// assert_eq!(x.to_vec::<i32>().unwrap(), [2, 2, 5, 5]);
/// ```
#[track_caller]
pub fn choice_with(key: &Tensor, x: &Tensor, shape: impl Into<Shape>, options: &ChoiceOptions) -> Tensor {
    let op = "random::choice_with";
    let shape = shape.into();
    let axis = resolve_axis(op, options.axis, x.shape());
    let (size, count) = (x.shape()[axis], shape.size());
    if count > 0 && size == 0 || !options.replace && count > size {
        refuse!("{op}: {count} slices along axis {axis} of shape {} cannot be drawn", x.shape());
    }
    let places = match &options.p {
        None if options.replace => randint(key, [count], 0, size, DType::I32),
        None => {
            let shuffled = permutation(key, x, axis as isize);
            return shaped(&shuffled.slice_in_dim(0, count, 1, axis as isize), axis, &shape);
        }
        Some(p) => {
            expect_float(op, p);
            if *p.shape() != [size] {
                refuse!("{op}: {size} slices need as many probabilities, but got {}", p.ty());
            }
            if options.replace {
                let sums = p.cumsum(0);
                let u = uniform(key, [count], p.dtype(), 0.0, 1.0);
                let drawn = sums.slice_in_dim(size.saturating_sub(1), size, 1, 0) * (1.0 - u);
                sums.searchsorted(&drawn, false)
            } else {
                let noise = gumbel_with(key, [size], p.dtype(), options.resolution);
                (noise + p.log()).top_k(count).1
            }
        }
    };
    shaped(&x.take(&places, axis as isize), axis, &shape)
}

/// Returns `x` with the axes of `shape` in place of `axis`.
#[track_caller]
fn shaped(x: &Tensor, axis: usize, shape: &Shape) -> Tensor {
    let (first, last) = (&x.shape()[..axis], &x.shape()[axis + 1..]);
    let shape: Shape = first.iter().chain(shape.iter()).chain(last).copied().collect();
    lax::reshape(x, shape)
}

/// Returns `n` random slices of `x` along axis 0, with or without replacement, each with equal probability. For
/// probabilities, other axes and shapes, see [`choice_with`].
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
