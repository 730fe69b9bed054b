//! Rules of reductions.

use super::{TypeProblem, axes, elementwise::DTypeSet};
use crate::op::{CumulativeFn, ReduceFn, Window, WindowFn};
use crate::{DType, Type};

pub(super) fn reduce(f: ReduceFn, x: &Type, over: &[usize]) -> Result<Type, TypeProblem> {
    let kind = match f {
        ReduceFn::Sum | ReduceFn::Prod => DTypeSet::Number,
        ReduceFn::Max | ReduceFn::Min => DTypeSet::Ordered,
        ReduceFn::And | ReduceFn::Or => DTypeSet::Bits,
    };
    kind.check(x)?;
    let gone = axes::distinct("axes", over, x.rank())?;
    Ok(x.with_shape(gone.sizes_without(&x.shape).collect::<crate::Shape>()))
}

pub(super) fn arg_reduce(x: &Type, axis: usize, index: DType) -> Result<Type, TypeProblem> {
    DTypeSet::Real.check(x)?;
    axes::axis("axis", axis, x.rank())?;
    let n = x.shape[axis];
    if n == 0 {
        return Err(TypeProblem::operand(format!("an array with elements along axis {axis}"), x));
    }
    check_positions(index, n)?;
    Ok(Type::new(index, x.shape.without(&[axis])))
}

/// Checks that `index` can hold the indices along an axis of size `n`.
pub(super) fn check_positions(index: DType, n: usize) -> Result<(), TypeProblem> {
    let bits = index.size() * 8 - usize::from(index.is_signed_int());
    if !index.is_int() || (n.saturating_sub(1) as u64).checked_shr(bits as u32).unwrap_or(0) != 0 {
        return Err(TypeProblem::Attribute(format!(
            "gives positions below {n} as integers, which {index} cannot hold"
        )));
    }
    Ok(())
}

pub(super) fn reduce_window(f: WindowFn, x: &Type, window: &Window) -> Result<Type, TypeProblem> {
    match f {
        WindowFn::Sum => DTypeSet::Number.check(x)?,
        WindowFn::Max | WindowFn::Min => DTypeSet::Real.check(x)?,
    }
    let rank = x.rank();
    let Window { dimensions, strides, padding, base_dilation, window_dilation } = window;
    for (name, list) in [
        ("dimensions", dimensions),
        ("strides", strides),
        ("base_dilation", base_dilation),
        ("window_dilation", window_dilation),
    ] {
        axes::length(name, list, rank)?;
        if list.contains(&0) {
            return Err(TypeProblem::Attribute(format!("needs `{name}` of 1 or more, but got {list:?}")));
        }
    }
    axes::length("padding", padding, rank)?;
    match window.output_shape(&x.shape) {
        Some(shape) => Ok(x.with_shape(shape)),
        None => Err(TypeProblem::Attribute(format!(
            "of {x} padded by {padding:?} leaves an axis of negative size, or too large for any memory"
        ))),
    }
}

pub(super) fn cumulative(f: CumulativeFn, x: &Type, axis: usize) -> Result<Type, TypeProblem> {
    let kind = match f {
        CumulativeFn::Sum | CumulativeFn::Prod => DTypeSet::Number,
        CumulativeFn::Max | CumulativeFn::Min => DTypeSet::Real,
        CumulativeFn::LogSumExp => DTypeSet::Float,
    };
    kind.check(x)?;
    axes::axis("axis", axis, x.rank())?;
    Ok(x.clone())
}
