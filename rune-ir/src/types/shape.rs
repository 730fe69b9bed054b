//! Rules of operations that move elements according to their attributes.

use super::{TypeProblem, axes};
use crate::op::Padding;
use crate::{DType, Shape, TooLarge, Type};

pub(super) fn broadcast_in_dim(x: &Type, shape: &Shape, dims: &[usize]) -> Result<Type, TypeProblem> {
    axes::length("dims", dims, x.rank())?;
    axes::increasing("dims", dims, shape.rank())?;
    for (i, (&n, &d)) in x.shape.iter().zip(dims).enumerate() {
        if n != shape[d] && n != 1 {
            return Err(TypeProblem::Attribute(format!(
                "cannot bring {x} to shape {shape}: its axis {i}, of size {n}, would become axis {d}, of size {}; \
                 only axes of size 1 repeat",
                shape[d]
            )));
        }
    }
    Ok(x.with_shape(shape))
}

pub(super) fn reshape(x: &Type, shape: &Shape) -> Result<Type, TypeProblem> {
    let (old, new) = (axes::size(&x.shape)?, axes::size(shape)?);
    if old != new {
        return Err(TypeProblem::Attribute(format!(
            "cannot reshape {x}, with {old} elements, to shape {shape}, with {new}"
        )));
    }
    Ok(x.with_shape(shape))
}

pub(super) fn transpose(x: &Type, permutation: &[usize]) -> Result<Type, TypeProblem> {
    axes::length("permutation", permutation, x.rank())?;
    axes::distinct("permutation", permutation, x.rank())?;
    Ok(x.with_shape(permutation.iter().map(|&a| x.shape[a]).collect::<Shape>()))
}

pub(super) fn slice(x: &Type, start: &[usize], limit: &[usize], strides: &[usize]) -> Result<Type, TypeProblem> {
    axes::length("start", start, x.rank())?;
    axes::length("limit", limit, x.rank())?;
    axes::length("strides", strides, x.rank())?;
    let along = |a: usize| {
        let (from, to, step, n) = (start[a], limit[a], strides[a], x.shape[a]);
        if step == 0 {
            return Err(TypeProblem::Attribute(format!("needs strides of 1 or more, but got {strides:?}")));
        }
        if from > to || to > n {
            return Err(TypeProblem::Attribute(format!(
                "of {x} from {from} up to {to} along axis {a} does not lie inside, which is from 0 up to {n}"
            )));
        }
        Ok((to - from).div_ceil(step))
    };
    Ok(x.with_shape((0..x.rank()).map(along).collect::<Result<Shape, _>>()?))
}

pub(super) fn pad(x: &Type, padding: &Type, config: &[Padding]) -> Result<Type, TypeProblem> {
    if *padding != Type::scalar(x.dtype) {
        return Err(TypeProblem::operand(format!("a `padding` of type {} for {x}", Type::scalar(x.dtype)), padding));
    }
    axes::length("config", config, x.rank())?;
    let along = |(a, p): (usize, &Padding)| {
        let n = i64::try_from(x.shape[a]).ok()?;
        let between = i64::try_from(p.interior).ok()?.checked_mul((n - 1).max(0))?;
        let padded = n.checked_add(between)?.checked_add(p.low)?.checked_add(p.high)?;
        usize::try_from(padded).ok()
    };
    let sizes: Option<Shape> = config.iter().enumerate().map(along).collect();
    let shape = sizes.ok_or_else(|| {
        TypeProblem::Attribute(format!(
            "of {x} by {config:?} leaves an axis of negative size, or too large for any memory"
        ))
    })?;
    Ok(x.with_shape(shape))
}

pub(super) fn concatenate(xs: &[&Type], dimension: usize) -> Result<Type, TypeProblem> {
    let Some((&first, rest)) = xs.split_first() else {
        return Err(TypeProblem::Attribute("takes at least one operand, but got none".to_owned()));
    };
    axes::axis("dimension", dimension, first.rank())?;
    let mut shape = first.shape.clone();
    for &x in rest {
        let agree = x.rank() == first.rank() && (0..x.rank()).all(|a| a == dimension || x.shape[a] == first.shape[a]);
        if !agree {
            let takes = format!("operands like the first, {first}, but for the size along axis {dimension}");
            return Err(TypeProblem::operand(takes, x));
        }
        if x.dtype != first.dtype {
            return Err(TypeProblem::mismatch(&[first, &first.with_dtype(x.dtype)]));
        }
        let total = shape[dimension].checked_add(x.shape[dimension]);
        shape.dims_mut()[dimension] =
            total.ok_or_else(|| TypeProblem::TooLarge(TooLarge(format!("operands like {x} one after the other"))))?;
    }
    Ok(first.with_shape(shape))
}

pub(super) fn reverse(x: &Type, axes: &[usize]) -> Result<Type, TypeProblem> {
    axes::distinct("axes", axes, x.rank())?;
    Ok(x.clone())
}

pub(super) fn iota(dtype: DType, shape: &Shape, dimension: usize) -> Result<Type, TypeProblem> {
    let ty = Type::new(dtype, shape);
    if dtype == DType::Bool {
        return Err(TypeProblem::Attribute(format!("returns numbers, but was asked for {ty}")));
    }
    axes::axis("dimension", dimension, shape.rank())?;
    Ok(ty)
}
