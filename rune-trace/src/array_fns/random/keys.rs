//! Keys, and random bits.

use crate::array_fns::scalar::Operand;
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::{Array, DType, Shape};

/// Returns the key for a number: [its upper half, its lower half].
///
/// ```
/// use rune_trace::random;
/// assert_eq!(random::key(7).to_vec::<u32>().unwrap(), [0, 7]);
/// ```
#[doc(alias = "PRNGKey")]
#[doc(alias = "manual_seed")]
pub fn key(seed: u64) -> Tensor {
    Array::from_slice([2], &[(seed >> 32) as u32, seed as u32]).into()
}

/// Returns the two words of a key.
#[track_caller]
fn words(key: &Tensor) -> [Tensor; 2] {
    if key.dtype() != DType::U32 || *key.shape() != [2] {
        refuse!("random: a key has type [2, u32], as `random::key` returns it, but this one has {}", key.ty());
    }
    let mut words = key.unstack(0);
    let second = words.remove(1);
    [words.remove(0), second]
}

/// Encrypts the numbers 0, 1, 2, … with `key`, and returns both words of the results, each in `shape`.
#[track_caller]
fn cipher(key: &Tensor, shape: &Shape) -> [Tensor; 2] {
    let [k0, k1] = words(key);
    let n = shape.size();
    if u32::try_from(n).is_err() {
        refuse!("random: shape {shape} has more elements than one key can generate; split the key");
    }
    let low = lax::iota(DType::U32, [n], 0);
    let high = low.zeros_like();
    let (k0, k1) = (k0.broadcast_to([n]), k1.broadcast_to([n]));
    let [a, b] = lax::threefry2x32([&k0, &k1], [&high, &low]);
    [lax::reshape(&a, shape.clone()), lax::reshape(&b, shape.clone())]
}

/// Returns `n` new keys, as a tensor of shape [n, 2].
///
/// # Panics
/// If `key` is not a key.
///
/// ```
/// use rune_trace::random;
/// let keys = random::split(&random::key(0), 2);
/// assert_eq!(keys.to_vec::<u32>().unwrap(), [1797259609, 2579123966, 928981903, 3453687069]);
/// ```
#[track_caller]
pub fn split(key: &Tensor, n: usize) -> Tensor {
    let [a, b] = cipher(key, &Shape::from([n]));
    Tensor::stack(&[a, b], -1)
}

/// Returns `N` new keys as an array.
///
/// ```
/// use rune_trace::random;
/// let [a, b, c] = random::split_into(&random::key(0));
/// ```
#[track_caller]
pub fn split_into<const N: usize>(key: &Tensor) -> [Tensor; N] {
    let keys = split(key, N).unstack(0);
    keys.try_into().expect("as many keys as are asked for")
}

/// Returns a new key from `key` and a number, such as the number of a step. The number may be a tensor of rank 0. It is
/// converted to `u32`.
///
/// # Panics
/// If `key` is not a key, or `data` is not an integer of rank 0.
///
/// ```
/// use rune_trace::random;
/// let key = random::fold_in(&random::key(0), 3);
/// assert_eq!(*key.shape(), [2]);
/// ```
#[track_caller]
pub fn fold_in(key: &Tensor, data: impl Operand) -> Tensor {
    let [k0, k1] = words(key);
    let data = data.into_argument().into_tensor("random::fold_in", DType::U32);
    if data.rank() != 0 || !data.dtype().is_int() {
        refuse!("random::fold_in: takes an integer, but got {}", data.ty());
    }
    let data = lax::convert(&data, DType::U32);
    let [a, b] = lax::threefry2x32([&k0, &k1], [&data.zeros_like(), &data]);
    Tensor::stack(&[a, b], 0)
}

/// Returns random bits: each integer of the unsigned `dtype` has equal probability.
///
/// # Panics
/// If `key` is not a key, or `dtype` is not an unsigned integer.
///
/// ```
/// use rune_trace::{DType, random};
/// assert_eq!(random::bits(&random::key(0), [], DType::U32).item::<u32>().unwrap(), 4070199207);
/// ```
#[track_caller]
pub fn bits(key: &Tensor, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    if !dtype.is_unsigned_int() {
        refuse!("random::bits: draws unsigned integers, but was asked for {dtype}");
    }
    let [a, b] = cipher(key, &shape.into());
    if dtype == DType::U64 {
        return (lax::convert(&a, dtype) << 32) | lax::convert(&b, dtype);
    }
    lax::convert(&lax::xor(&a, &b), dtype)
}
