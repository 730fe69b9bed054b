//! The order of complex numbers: by their real parts, then by their imaginary parts, like NumPy and JAX.
//!
//! The operations of rune, like those of StableHLO, order only real numbers. The functions here use these operations.

use super::where_;
use crate::tensor::{Caller, at_caller};
use crate::{Tensor, custom_tangent, lax};
use rune_ir::op::{ArgFn, BinaryFn, Comparison, ReduceFn, ScatterMode};
use rune_ir::{DType, Shape};

/// Compares complex numbers. If an imaginary part is NaN, different real parts still decide the order. Otherwise, the
/// order is false if a part is NaN.
#[track_caller]
pub(super) fn compare(direction: Comparison, x: &Tensor, y: &Tensor) -> Tensor {
    let ([a, b], [c, d]) = ([x.real(), x.imag()], [y.real(), y.imag()]);
    let by_imag = match direction {
        Comparison::Eq => return lax::eq(x, y),
        Comparison::Ne => return lax::ne(x, y),
        Comparison::Lt => lax::lt(&b, &d),
        Comparison::Le => lax::le(&b, &d),
        Comparison::Gt => lax::gt(&b, &d),
        Comparison::Ge => lax::ge(&b, &d),
    };
    let ascending = matches!(direction, Comparison::Lt | Comparison::Le);
    let by_real = if ascending { lax::lt(&a, &c) } else { lax::gt(&a, &c) };
    lax::or(&by_real, &lax::and(&lax::eq(&a, &c), &by_imag))
}

/// Returns the greater or lesser of two numbers, or the first that is NaN. Equal numbers share the derivative.
#[track_caller]
pub(super) fn extreme(f: BinaryFn, x: &Tensor, y: &Tensor) -> Tensor {
    let caller = Caller::here();
    let direction = if f == BinaryFn::Max { Comparison::Gt } else { Comparison::Lt };
    let is_first = |x: &Tensor, y: &Tensor| lax::or(&compare(direction, x, y), &is_nan(x));
    let tangent = |(x, y): (&Tensor, &Tensor), (dx, dy): (&Tensor, &Tensor)| {
        let chosen = lax::select(&is_first(x, y), dx, dy);
        lax::select(&lax::eq(x, y), &((dx + dy) * 0.5), &chosen)
    };
    at_caller(|| {
        custom_tangent(
            |x: &Tensor, y: &Tensor| caller.run(|| lax::select(&is_first(x, y), x, y)),
            |primals, _, tangents| caller.run(|| tangent(primals, tangents)),
        )(x, y)
    })
}

/// Returns the greatest or least number over some axes, and removes these axes. It is NaN if any number is, and -∞ or ∞
/// without elements. Equal extremes share the derivative.
#[track_caller]
pub(super) fn reduce(f: ReduceFn, x: &Tensor, axes: &[usize]) -> Tensor {
    let caller = Caller::here();
    let kept: Shape = (0..x.rank()).map(|a| if axes.contains(&a) { 1 } else { x.shape()[a] }).collect();
    let value = |x: &Tensor| {
        let neutral = if f == ReduceFn::Max { f64::NEG_INFINITY } else { f64::INFINITY };
        let over = |x: &Tensor| lax::reshape(&lax::reduce(f, x, axes), kept.clone());
        let (re, im) = (x.real(), x.imag());
        let real = over(&re);
        let imag = over(&where_(re.eq(&real), &im, neutral));
        let none = axes.iter().any(|&a| x.shape()[a] == 0);
        // Without elements, the imaginary part is 0.
        let extreme = lax::complex(&real, &if none { imag.zeros_like() } else { imag });
        let nan = lax::reshape(&lax::reduce(ReduceFn::Or, &is_nan(x), axes), kept.clone());
        let nans = lax::full_like(&real, f64::NAN);
        let found = lax::select(&nan, &lax::complex(&nans, &nans), &extreme);
        lax::reshape(&found, x.shape().without(axes))
    };
    let tangent = |x: &Tensor, y: &Tensor, dx: &Tensor| {
        let equal = x.eq(lax::reshape(y, kept.clone()));
        let sum = |x: &Tensor| lax::reduce(ReduceFn::Sum, x, axes);
        sum(&where_(&equal, dx, 0.0)) / sum(&lax::convert(&equal, x.dtype()))
    };
    at_caller(|| {
        custom_tangent(|x: &Tensor| caller.run(|| value(x)), |(x,), y, (dx,)| caller.run(|| tangent(x, y, dx)))(x)
    })
}

/// Returns `x` with the extremes of selected elements and their `values`. `mode` is `Max` or `Min`. `scatter` combines the
/// elements of a tensor like `x` with a tensor like `values`, and `gather` returns the selected elements. A result is NaN
/// if any of its numbers is. Equal extremes share the derivative.
#[track_caller]
pub(super) fn scatter(
    mode: ScatterMode,
    (x, values): (&Tensor, &Tensor),
    scatter: impl Fn(ScatterMode, &Tensor, &Tensor) -> Tensor + Send + Sync,
    gather: impl Fn(&Tensor) -> Tensor + Send + Sync,
) -> Tensor {
    let caller = Caller::here();
    let selected = || {
        let values = lax::full(DType::Bool, values.shape(), 1.0);
        scatter(ScatterMode::Set, &lax::full(DType::Bool, x.shape(), 0.0), &values)
    };
    let value = |x: &Tensor, values: &Tensor| {
        let neutral = if mode == ScatterMode::Max { f64::NEG_INFINITY } else { f64::INFINITY };
        let [(a, b), (c, d)] = [(x.real(), x.imag()), (values.real(), values.imag())];
        let real = scatter(mode, &a, &c);
        let above = where_(a.eq(&real), &b, neutral);
        let imag = scatter(mode, &above, &where_(c.eq(gather(&real)), &d, neutral));
        let nan = scatter(ScatterMode::Max, &is_nan(x), &is_nan(values));
        let nans = lax::full_like(&real, f64::NAN);
        let found = lax::select(&nan, &lax::complex(&nans, &nans), &lax::complex(&real, &imag));
        lax::select(&selected(), &found, x)
    };
    let tangent = |(x, values): (&Tensor, &Tensor), y: &Tensor, (dx, dvalues): (&Tensor, &Tensor)| {
        let [own, others] = [x.eq(y), values.eq(gather(y))];
        let sum = |x: &Tensor, values: &Tensor| scatter(ScatterMode::Add, x, values);
        let share = sum(&where_(&own, dx, 0.0), &where_(&others, dvalues, 0.0));
        let count = sum(&lax::convert(&own, x.dtype()), &lax::convert(&others, x.dtype()));
        lax::select(&selected(), &(share / count), dx)
    };
    at_caller(|| {
        custom_tangent(
            |x: &Tensor, values: &Tensor| caller.run(|| value(x, values)),
            |primals, y, tangents| caller.run(|| tangent(primals, y, tangents)),
        )(x, values)
    })
}

/// Returns the position of the first extreme along an axis, as `i32`, and removes the axis. If there is a NaN, returns
/// the position of the first one.
#[track_caller]
pub(super) fn arg_reduce(f: ArgFn, x: &Tensor, axis: usize) -> Tensor {
    let over = if f == ArgFn::Max { ReduceFn::Max } else { ReduceFn::Min };
    let mut kept = x.shape().to_vec();
    kept[axis] = 1;
    let extreme = lax::reshape(&reduce(over, &lax::stop_gradient(x), &[axis]), kept);
    let found = x.eq(&extreme) | is_nan(x);
    lax::arg_reduce(ArgFn::Max, &lax::convert(&found, DType::I32), axis, DType::I32)
}

/// Returns whether a part is NaN.
#[track_caller]
fn is_nan(x: &Tensor) -> Tensor {
    lax::ne(x, x)
}
