//! Sums of floats.

use crate::builder::{Builder, Val};
use rune_trace::op::Literal;

pub(crate) fn sum<'c>(b: &Builder<'c>, x: &Val<'c>, axes: &[usize]) -> Val<'c> {
    b.reduce(x, Literal::from_f64(x.dtype(), 0.0), axes, "stablehlo.add")
}
