//! Computes positions of extremes with two plain reductions, which vectorize: first the extreme, then the lowest
//! position that holds it. The variadic reduction does not vectorize, and has no rule for NaN.

use crate::builder::{Builder, Val, combiner};
use crate::legalize::half;
use rune_ir::DType;
use rune_ir::op::{ArgFn, Comparison, Literal, ReduceFn};

pub(crate) fn arg_reduce<'c>(b: &Builder<'c>, f: ArgFn, x: &Val<'c>, axis: usize, index: DType) -> Val<'c> {
    let x = &b.convert(x, half::accumulator(x.dtype()));
    let f = match f {
        ArgFn::Max => ReduceFn::Max,
        ArgFn::Min => ReduceFn::Min,
    };
    // The extreme is NaN if an element is NaN. NaN equals nothing, so the second reduction then looks for NaN elements.
    let extreme = b.reduce(x, f.neutral(x.dtype()), &[axis], combiner(f, x.dtype()));
    let kept: Vec<usize> = (0..x.rank()).filter(|&a| a != axis).collect();
    let extreme = b.broadcast(&extreme, x.shape(), &kept);
    let mut found = b.compare(Comparison::Eq, x, &extreme);
    if x.dtype().is_float() {
        found = b.or(&found, &b.is_nan(x));
    }
    let position = if x.shape()[axis] > i32::MAX as usize { DType::I64 } else { DType::I32 };
    let none = b.full(Literal::from_f64(position, f64::INFINITY), x.shape());
    let positions = b.select(&found, &b.iota(position, x.shape(), axis), &none);
    let first = b.reduce(&positions, ReduceFn::Min.neutral(position), &[axis], "stablehlo.minimum");
    b.convert(&first, index)
}
