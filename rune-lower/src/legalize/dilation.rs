//! Interior padding.

use crate::builder::{Builder, Val};
use rune_ir::Shape;

/// Returns `x` padded. `config` holds `(low, high, interior)` for each axis.
pub(crate) fn pad<'c>(b: &Builder<'c>, x: &Val<'c>, padding: &Val<'c>, config: &[(i64, i64, i64)]) -> Val<'c> {
    if config.iter().all(|c| c.2 == 0) {
        return b.pad(x, padding, config);
    }
    let interior: Vec<usize> = config.iter().map(|c| c.2 as usize).collect();
    let dilated = dilate(b, x, padding, &interior);
    // Dilation also pads after the last element. This padding counts towards `high`.
    let edges: Vec<_> = config.iter().map(|&(low, high, interior)| (low, high - interior, 0)).collect();
    b.pad(&dilated, padding, &edges)
}

/// Returns `x` with `interior` copies of `padding` after each element along each axis, even after the last.
///
/// StableHLO's `pad` with interior padding becomes an insertion with strides. If another padding directly precedes or
/// follows it, IREE folds both insertions into one and loses the strides: `pad(pad(x, interior = 1), low = 1, high =
/// 1)` places the elements of `x` side by side (3.13.0). Here, a new axis of size 1 behind each axis is padded at its
/// end, which needs no strides.
fn dilate<'c>(b: &Builder<'c>, x: &Val<'c>, padding: &Val<'c>, interior: &[usize]) -> Val<'c> {
    let axes = || x.shape().iter().zip(interior);
    let apart: Shape = axes().flat_map(|(&n, &i)| [n, 1].into_iter().take(if i > 0 { 2 } else { 1 })).collect();
    let behind =
        interior.iter().flat_map(|&i| [(0, 0, 0), (0, i as i64, 0)].into_iter().take(if i > 0 { 2 } else { 1 }));
    let padded = b.pad(&b.reshape(x, apart), padding, &behind.collect::<Vec<_>>());
    b.reshape(&padded, axes().map(|(&n, &i)| n * (i + 1)).collect::<Shape>())
}
