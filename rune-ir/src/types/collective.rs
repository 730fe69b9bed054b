//! Rules of operations over a batch axis: the types of one batch element.

use super::reduction::reduce as reduce_axes;
use super::{TypeProblem, axes};
use crate::op::{CollectiveFn, NamedAxis, ReduceFn};
use crate::{Shape, Type};

pub(super) fn reduce(f: CollectiveFn, x: &Type) -> Result<Type, TypeProblem> {
    let f = match f {
        CollectiveFn::Sum => ReduceFn::Sum,
        CollectiveFn::Max => ReduceFn::Max,
        CollectiveFn::Min => ReduceFn::Min,
    };
    reduce_axes(f, x, &[])
}

pub(super) fn all_gather(x: &Type, axis: &NamedAxis, dimension: usize) -> Result<Type, TypeProblem> {
    axes::axis("dimension", dimension, x.rank() + 1)?;
    let mut shape = x.shape.clone();
    shape.dims_mut().insert(dimension, axis.size);
    Ok(x.with_shape(shape))
}

pub(super) fn all_to_all(x: &Type, axis: &NamedAxis, split: usize, concat: usize) -> Result<Type, TypeProblem> {
    axes::axis("split", split, x.rank())?;
    axes::axis("concat", concat, x.rank())?;
    if x.shape[split] != axis.size {
        return Err(TypeProblem::Attribute(format!(
            "gives each of the {} elements of axis `{}` one part along axis {split} of {x}, which is of size {}",
            axis.size, axis.name, x.shape[split]
        )));
    }
    let mut shape: Shape = x.shape.without(&[split]);
    shape.dims_mut().insert(concat, axis.size);
    Ok(x.with_shape(shape))
}

pub(super) fn ppermute(x: &Type, axis: &NamedAxis, pairs: &[(usize, usize)]) -> Result<Type, TypeProblem> {
    let side = |what: &str, elements: &mut dyn Iterator<Item = usize>| {
        let mut seen = std::collections::HashSet::new();
        for element in elements {
            if element >= axis.size {
                return Err(TypeProblem::Attribute(format!(
                    "{what} element {element} of axis `{}`, which has {}, counted from 0",
                    axis.name, axis.size
                )));
            }
            if !seen.insert(element) {
                return Err(TypeProblem::Attribute(format!("{what} element {element} of axis `{}` twice", axis.name)));
            }
        }
        Ok(())
    };
    side("takes from", &mut pairs.iter().map(|p| p.0))?;
    side("gives to", &mut pairs.iter().map(|p| p.1))?;
    Ok(x.clone())
}
