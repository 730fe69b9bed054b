//! Reductions, window reductions and cumulative functions.

use crate::builder::{Builder, Val, combiner};
use crate::legalize::{arg_reduce, cumulative, half, sums, windows};
use crate::module_lowering::ModuleLowering;
use rune_ir::DType;
use rune_ir::op::{ArgFn, CumulativeFn, Dims, ReduceFn, Window, WindowFn};

pub(super) fn reduce<'c>(
    b: &Builder<'c>,
    lowering: &ModuleLowering<'c>,
    f: ReduceFn,
    x: &Val<'c>,
    axes: &Dims,
) -> Val<'c> {
    if x.ty.size() == 0 {
        return b.full(f.neutral(x.dtype()), &x.shape().without(axes));
    }
    half::in_f32(b, x, |x| match f {
        ReduceFn::Sum if x.dtype().is_float() => sums::sum(b, x, axes, lowering.has_f64()),
        ReduceFn::Sum | ReduceFn::Prod | ReduceFn::Max | ReduceFn::Min | ReduceFn::And | ReduceFn::Or => {
            b.reduce(x, f.neutral(x.dtype()), axes, combiner(f, x.dtype()))
        }
    })
}

pub(super) fn arg_reduce<'c>(b: &Builder<'c>, f: ArgFn, x: &Val<'c>, axis: usize, index: DType) -> Val<'c> {
    arg_reduce::arg_reduce(b, f, x, axis, index)
}

pub(super) fn reduce_window<'c>(b: &Builder<'c>, f: WindowFn, x: &Val<'c>, window: &Window) -> Val<'c> {
    let f = match f {
        WindowFn::Sum => ReduceFn::Sum,
        WindowFn::Max => ReduceFn::Max,
        WindowFn::Min => ReduceFn::Min,
    };
    half::in_f32(b, x, |x| windows::reduce_window(b, f, x, window))
}

pub(super) fn cumulative<'c>(
    b: &Builder<'c>,
    lowering: &ModuleLowering<'c>,
    f: CumulativeFn,
    x: &Val<'c>,
    axis: usize,
    reverse: bool,
) -> Val<'c> {
    half::in_f32(b, x, |x| cumulative::cumulative(b, lowering, f, x, axis, reverse))
}
