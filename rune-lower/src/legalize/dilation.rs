//! Padding between elements.

use crate::builder::{Builder, Val};
use rune_trace::Shape;

/// `x` padded; `(low, high, interior)` for each axis.
pub(crate) fn pad<'c>(b: &Builder<'c>, x: &Val<'c>, padding: &Val<'c>, config: &[(i64, i64, i64)]) -> Val<'c> {
    if config.iter().all(|&c| c == (0, 0, 0)) {
        return x.clone();
    }
    if config.iter().all(|c| c.2 == 0) {
        return b.pad(x, padding, config);
    }
    let interior: Vec<usize> = config.iter().map(|c| c.2 as usize).collect();
    let dilated = dilate(b, x, padding, &interior);
    // There is padding after the last element too, which counts for what is wanted there.
    let edges: Vec<_> = config.iter().map(|&(low, high, interior)| (low, high - interior, 0)).collect();
    if edges.iter().all(|&e| e == (0, 0, 0)) { dilated } else { b.pad(&dilated, padding, &edges) }
}

/// `x` with `interior` times `padding` after each element along each axis, after the last one too.
///
/// StableHLO's `pad` with interior padding becomes an insertion with strides. When another padding comes right before or after it, IREE folds the
/// two insertions into one and forgets the strides: `pad(pad(x, interior = 1), low = 1, high = 1)` puts the elements of `x` side by side
/// (3.13.0). Here an axis of size 1 behind the axis is padded at its end, which takes no strides.
fn dilate<'c>(b: &Builder<'c>, x: &Val<'c>, padding: &Val<'c>, interior: &[usize]) -> Val<'c> {
    let axes = || x.shape().iter().zip(interior);
    let apart: Shape = axes().flat_map(|(&n, &i)| [n, 1].into_iter().take(if i > 0 { 2 } else { 1 })).collect();
    let behind =
        interior.iter().flat_map(|&i| [(0, 0, 0), (0, i as i64, 0)].into_iter().take(if i > 0 { 2 } else { 1 }));
    let padded = b.pad(&b.reshape(x, apart), padding, &behind.collect::<Vec<_>>());
    b.reshape(&padded, axes().map(|(&n, &i)| n * (i + 1)).collect::<Shape>())
}
