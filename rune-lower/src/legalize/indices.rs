//! Computed indices.

use crate::builder::{Builder, Val};
use rune_ir::op::{Comparison, Literal};
use rune_ir::{Array, DType, Shape};

/// Converts indices to `i32` or `i64`. IREE treats unsigned indices with the highest bit set as negative.
pub(crate) fn signed<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    match (x.dtype().is_signed_int(), x.dtype().size()) {
        (true, 4 | 8) => x.clone(),
        (false, 4) => b.convert(x, DType::I64),
        (false, 8) => {
            let greatest = b.full(Literal::new(i64::MAX as u64), x.shape());
            b.convert(&b.min(x, &greatest), DType::I64)
        }
        (_, _) => b.convert(x, DType::I32),
    }
}

/// Broadcasts one value per coordinate along the last axis of `indices`.
fn columns<'c>(b: &Builder<'c>, indices: &Val<'c>, values: &[usize]) -> Val<'c> {
    let literal = |v: usize| Literal::from_f64(indices.dtype(), v as f64);
    match values {
        [first, rest @ ..] if rest.iter().all(|v| v == first) => b.full(literal(*first), indices.shape()),
        _ => {
            let row = if indices.dtype() == DType::I64 {
                Array::from_vec([values.len()], values.iter().map(|&v| v as i64).collect())
            } else {
                Array::from_vec([values.len()], values.iter().map(|&v| v.min(i32::MAX as usize) as i32).collect())
            };
            b.broadcast(&b.dense(&row), indices.shape(), &[indices.rank() - 1])
        }
    }
}

/// Clamps the coordinates to 0..=`limits`. IREE does not clamp indices in the form of an embedding lookup, and reads
/// arbitrary memory (iree#24881).
pub(crate) fn clamped<'c>(b: &Builder<'c>, indices: &Val<'c>, limits: &[usize]) -> Val<'c> {
    if limits.is_empty() {
        return indices.clone();
    }
    b.min(&b.max(indices, &b.number(0.0, indices)), &columns(b, indices, limits))
}

/// Returns whether all coordinates of each index are between 0 and `limits`. The result has the shape of `indices`
/// without the last axis.
pub(crate) fn inside<'c>(b: &Builder<'c>, indices: &Val<'c>, limits: &[usize]) -> Val<'c> {
    let axis = indices.rank() - 1;
    if limits.is_empty() {
        let shape: Shape = indices.shape()[..axis].into();
        return b.full(Literal::new(true), &shape);
    }
    let low = b.compare_n(Comparison::Ge, indices, 0.0);
    let high = b.compare(Comparison::Le, indices, &columns(b, indices, limits));
    b.reduce(&b.and(&low, &high), Literal::new(true), &[axis], "stablehlo.and")
}
