//! Rules of operations that sort elements.

use super::elementwise::DTypeSet;
use super::reduction::check_positions;
use super::{TypeProblem, Types, axes};
use crate::{DType, Shape, Type};
use smallvec::smallvec;

pub(super) fn sort(operands: &[&Type], dimension: usize, num_keys: usize) -> Result<Types, TypeProblem> {
    let Some(&first) = operands.first() else {
        return Err(TypeProblem::Attribute("takes at least one operand, but got none".to_owned()));
    };
    if operands.iter().any(|x| x.shape != first.shape) {
        let found = operands.iter().map(|&x| x.clone()).collect();
        return Err(TypeProblem::Mixed { what: "shape", found });
    }
    axes::axis("dimension", dimension, first.rank())?;
    if num_keys == 0 || num_keys > operands.len() {
        return Err(TypeProblem::Attribute(format!(
            "needs 1 to {} of its operands as keys, but got `num_keys` {num_keys}",
            operands.len()
        )));
    }
    Ok(operands.iter().map(|&x| x.clone()).collect())
}

pub(super) fn top_k(x: &Type, k: usize) -> Result<Types, TypeProblem> {
    let Some((&n, batch)) = x.shape.split_last() else {
        return Err(TypeProblem::operand("an array with at least one axis", x));
    };
    if k > n {
        return Err(TypeProblem::Attribute(format!("takes `k` up to {n} for {x}, but got {k}")));
    }
    DTypeSet::Ordered.check(x)?;
    check_positions(DType::I32, n)?;
    let shape: Shape = batch.iter().copied().chain([k]).collect();
    Ok(smallvec![x.with_shape(&shape), Type::new(DType::I32, shape)])
}
