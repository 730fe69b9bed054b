//! Operations over the batch axis itself.

use super::{Batched, move_axis, prepend};
use crate::Tensor;
use crate::tensor::lax;
use rune_ir::op::{CollectiveFn, Dims, Literal, ReduceFn};
use rune_ir::{DType, Shape};

/// Returns the reduction over the batch, which is the same for all batch elements.
pub(super) fn reduce(f: CollectiveFn, x: &Batched, size: usize) -> Batched {
    Batched::unmapped(reduced(f, x, size))
}

/// Returns the index of each batch element.
pub(super) fn axis_index(size: usize) -> Batched {
    Batched::mapped(lax::iota(DType::I32, [size], 0))
}

/// Stacks the operands of all batch elements along a new axis `dimension`. The result is the same for all of them.
pub(super) fn all_gather(x: &Batched, dimension: usize, size: usize) -> Batched {
    Batched::unmapped(move_axis(&x.broadcast(size), 0, dimension))
}

/// Exchanges parts between all batch elements. The sources are along the first axis of `x`, and the destinations along
/// the axis `split` of a batch element.
pub(super) fn all_to_all(x: &Batched, split: usize, concat: usize, size: usize) -> Batched {
    let wide = x.broadcast(size);
    let mut permutation: Dims = (1..wide.rank()).filter(|a| a - 1 != split).collect();
    permutation.insert(concat, 0);
    permutation.insert(0, split + 1);
    Batched::mapped(lax::transpose(&wide, &permutation))
}

/// Permutes the batch elements.
pub(super) fn ppermute(x: &Batched, pairs: &[(usize, usize)], size: usize) -> Batched {
    let all_receive = pairs.len() == size;
    if all_receive && !x.mapped { x.clone() } else { Batched::mapped(permuted(&x.broadcast(size), pairs)) }
}

fn reduced(f: CollectiveFn, x: &Batched, size: usize) -> Tensor {
    let over_batch = |f| lax::reduce(f, &x.t, &[0]);
    match (f, x.mapped) {
        (CollectiveFn::Sum, true) => over_batch(ReduceFn::Sum),
        (CollectiveFn::Max, true) => over_batch(ReduceFn::Max),
        (CollectiveFn::Min, true) => over_batch(ReduceFn::Min),
        (CollectiveFn::Sum, false) => times(&x.t, size),
        (CollectiveFn::Max | CollectiveFn::Min, false) => x.t.clone(),
    }
}

/// Returns `n` times `x`. Half-precision types are computed in `f32`, because `n` may be out of their range. Integers
/// wrap.
fn times(x: &Tensor, n: usize) -> Tensor {
    let dtype = x.dtype();
    let wide = if dtype.is_reduced_float() { DType::F32 } else { dtype };
    let n = match wide.is_inexact() {
        true => Literal::from_f64(wide, n as f64),
        false => Literal::from_bytes(wide, &(n as u64).to_le_bytes()[..wide.size()]),
    };
    let n = lax::broadcast_in_dim(&lax::constant(n), x.shape().clone(), &[]);
    lax::convert(&lax::mul(&lax::convert(x, wide), &n), dtype)
}

/// A part of the result: `n` batch elements without a source, or with sources that are `step` apart.
enum Part {
    Zeros { n: usize },
    Elements { first: usize, step: isize, n: usize },
}

/// Permutes the batch elements of `x` in parts with a constant step between sources. A rotation has two such parts.
fn permuted(x: &Tensor, pairs: &[(usize, usize)]) -> Tensor {
    let parts: Vec<Tensor> = parts(x.shape()[0], pairs).iter().map(|part| take(x, part)).collect();
    match &parts[..] {
        [] => x.clone(),
        [one] => one.clone(),
        several => lax::concatenate(several, 0),
    }
}

/// Returns the parts in order. Their number is at most proportional to the number of pairs, whatever the batch size.
fn parts(size: usize, pairs: &[(usize, usize)]) -> Vec<Part> {
    let mut pairs = pairs.to_vec();
    pairs.sort_unstable_by_key(|&(_, to)| to);
    let mut parts: Vec<Part> = Vec::new();
    let mut end = 0;
    for (source, to) in pairs {
        if to > end {
            parts.push(Part::Zeros { n: to - end });
        }
        end = to + 1;
        match parts.last_mut() {
            Some(Part::Elements { first, step, n: n @ 1 }) => (*step, *n) = (source as isize - *first as isize, 2),
            Some(Part::Elements { first, step, n })
                if source as i128 == *first as i128 + *step as i128 * *n as i128 =>
            {
                *n += 1;
            }
            Some(_) | None => parts.push(Part::Elements { first: source, step: 1, n: 1 }),
        }
    }
    if end < size {
        parts.push(Part::Zeros { n: size - end });
    }
    parts
}

fn take(x: &Tensor, part: &Part) -> Tensor {
    let element = Shape::from(&x.shape()[1..]);
    match *part {
        Part::Zeros { n } => lax::full(x.dtype(), &prepend(n, &element).collect(), 0.0),
        Part::Elements { first, step, n } => {
            let (stride, last) = (step.unsigned_abs(), first.wrapping_add_signed(step * (n as isize - 1)));
            let start: Dims = prepend(first.min(last), &vec![0; element.rank()]).collect();
            let limit: Dims = prepend(first.max(last) + 1, &element).collect();
            let strides: Dims = prepend(stride, &vec![1; element.rank()]).collect();
            let elements = lax::slice(x, &start, &limit, &strides);
            if step < 0 { lax::reverse(&elements, &[0]) } else { elements }
        }
    }
}
