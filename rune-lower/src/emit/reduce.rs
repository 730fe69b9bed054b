//! Reductions, windows and running functions.

use crate::builder::{Builder, Val};
use crate::legalize::{argument, half, running, sums, windows};
use rune_trace::DType;
use rune_trace::op::{ArgFn, CumulativeFn, Dims, Literal, ReduceFn, Window, WindowFn};

/// The neutral element of a function.
pub(crate) fn neutral(f: ReduceFn, dtype: DType) -> Literal {
    // As `f64` the greatest integers saturate to themselves.
    let extreme = |sign: f64| {
        if dtype == DType::Bool { Literal::new(sign > 0.0) } else { Literal::from_f64(dtype, sign * f64::INFINITY) }
    };
    match f {
        ReduceFn::Sum | ReduceFn::Or => Literal::from_f64(dtype, 0.0),
        ReduceFn::Prod => Literal::from_f64(dtype, 1.0),
        ReduceFn::Max => extreme(-1.0),
        ReduceFn::Min => extreme(1.0),
        ReduceFn::And if dtype.is_signed_int() => Literal::from_f64(dtype, -1.0),
        ReduceFn::And => Literal::from_f64(dtype, f64::INFINITY),
    }
}

/// The operation of two elements.
pub(crate) fn combiner(f: ReduceFn, dtype: DType) -> &'static str {
    match f {
        ReduceFn::Sum => "stablehlo.add",
        ReduceFn::Prod => "stablehlo.multiply",
        ReduceFn::Max if dtype == DType::Bool => "stablehlo.or",
        ReduceFn::Min if dtype == DType::Bool => "stablehlo.and",
        ReduceFn::Max => "stablehlo.maximum",
        ReduceFn::Min => "stablehlo.minimum",
        ReduceFn::And => "stablehlo.and",
        ReduceFn::Or => "stablehlo.or",
    }
}

pub(super) fn reduce<'c>(b: &Builder<'c>, f: ReduceFn, x: &Val<'c>, axes: &Dims) -> Val<'c> {
    if x.ty.size() == 0 {
        return b.full(neutral(f, x.dtype()), &x.shape().without(axes));
    }
    half::in_f32(b, x, |x| match f {
        ReduceFn::Sum if x.dtype().is_float() => sums::sum(b, x, axes),
        ReduceFn::Sum | ReduceFn::Prod | ReduceFn::Max | ReduceFn::Min | ReduceFn::And | ReduceFn::Or => {
            b.reduce(x, neutral(f, x.dtype()), axes, combiner(f, x.dtype()))
        }
    })
}

pub(super) fn arg_reduce<'c>(b: &Builder<'c>, f: ArgFn, x: &Val<'c>, axis: usize, index: DType) -> Val<'c> {
    argument::arg_reduce(b, f, x, axis, index)
}

pub(super) fn reduce_window<'c>(b: &Builder<'c>, f: WindowFn, x: &Val<'c>, window: &Window) -> Val<'c> {
    let f = match f {
        WindowFn::Sum => ReduceFn::Sum,
        WindowFn::Max => ReduceFn::Max,
        WindowFn::Min => ReduceFn::Min,
    };
    half::in_f32(b, x, |x| windows::reduce_window(b, f, x, window))
}

pub(super) fn cumulative<'c>(b: &Builder<'c>, f: CumulativeFn, x: &Val<'c>, axis: usize, reverse: bool) -> Val<'c> {
    half::in_f32(b, x, |x| running::cumulative(b, f, x, axis, reverse))
}
