//! Running functions along an axis.

use crate::builder::{Builder, Val};
use crate::emit::{combiner, neutral};
use crate::module::Unit;
use rune_trace::op::{Comparison, CumulativeFn, Literal, ReduceFn};
use rune_trace::Shape;

/// By doubling: after step k each element holds the function of 2ᵏ elements up to it.
pub(crate) fn cumulative<'c>(
    b: &Builder<'c>,
    _unit: &Unit<'c>,
    f: CumulativeFn,
    x: &Val<'c>,
    axis: usize,
    reverse: bool,
) -> Val<'c> {
    let plain = match f {
        CumulativeFn::Sum => Some(ReduceFn::Sum),
        CumulativeFn::Prod => Some(ReduceFn::Prod),
        CumulativeFn::Max => Some(ReduceFn::Max),
        CumulativeFn::Min => Some(ReduceFn::Min),
        CumulativeFn::LogSumExp => None,
    };
    let init = match plain {
        Some(f) => neutral(f, x.dtype()),
        None => Literal::from_f64(x.dtype(), f64::NEG_INFINITY),
    };
    let combine = |x: &Val<'c>, y: &Val<'c>| match plain {
        Some(f) => b.binary(combiner(f, x.dtype()), x, y),
        None => log_add_exp(b, x, y),
    };
    let n = x.shape()[axis];
    let padding = b.full(init, &Shape::scalar());
    let mut x = x.clone();
    let mut step = 1;
    while step < n {
        let mut config = vec![(0, 0, 0); x.rank()];
        let by = step as i64;
        config[axis] = if reverse { (-by, by, 0) } else { (by, -by, 0) };
        x = combine(&b.pad(&x, &padding, &config), &x);
        step *= 2;
    }
    x
}

/// ln (eˣ + eʸ) = max + ln (1 + e^-|x - y|).
fn log_add_exp<'c>(b: &Builder<'c>, x: &Val<'c>, y: &Val<'c>) -> Val<'c> {
    let max = b.max(x, y);
    let gap = b.neg(&b.abs(&b.sub(x, y)));
    let sum = b.add(&max, &b.unary("stablehlo.log_plus_one", &b.unary("stablehlo.exponential", &gap)));
    // Of two equal infinities the difference is NaN, and the sum is either.
    let equal = b.and(&b.compare(Comparison::Eq, x, y), &b.compare_n(Comparison::Eq, &b.abs(x), f64::INFINITY));
    b.select(&equal, x, &sum)
}
