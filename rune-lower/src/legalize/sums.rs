//! Long sums of floats, in two levels.
//!
//! IREE adds one after the other, or in a few lanes with its reassociation flag: Σ 0.1 over 4 million f32 was 402,741, or
//! 418,394 with the flag, instead of 419,430.

use crate::builder::{Builder, Val};
use rune_trace::op::Literal;

/// From this many terms on.
const LONG: usize = 1 << 16;

pub(crate) fn sum<'c>(b: &Builder<'c>, x: &Val<'c>, axes: &[usize]) -> Val<'c> {
    let zero = Literal::from_f64(x.dtype(), 0.0);
    let plain = |x: &Val<'c>, axes: &[usize]| b.reduce(x, zero, axes, "stablehlo.add");
    let terms: usize = axes.iter().map(|&a| x.shape()[a]).product();
    let mut axes = axes.to_vec();
    axes.sort_unstable();
    if terms < LONG {
        return plain(x, &axes);
    }
    // Axes that are not side by side: those of the last block first, and the rest of what is left.
    if let Some(gap) = (1..axes.len()).rev().find(|&i| axes[i] != axes[i - 1] + 1) {
        return sum(b, &sum(b, x, &axes[gap..]), &axes[..gap]);
    }
    let (first, last) = (axes[0], axes[axes.len() - 1]);
    let before: usize = x.shape()[..first].iter().product();
    let after: usize = x.shape()[last + 1..].iter().product();
    // About as many sums as terms of each, and what is left over.
    let length = 1 << (terms.ilog2() / 2);
    let count = terms / length;
    let flat = b.reshape(x, [before, terms, after]);
    let whole = b.slice_axis(&flat, 1, 0, count * length);
    let parts = plain(&b.reshape(&whole, [before, count, length, after]), &[2]);
    let mut total = plain(&parts, &[1]);
    if count * length < terms {
        total = b.add(&total, &plain(&b.slice_axis(&flat, 1, count * length, terms), &[1]));
    }
    b.reshape(&total, x.shape().without(&axes))
}
