//! Rules of contractions: dot products and convolutions.

use super::elementwise::DTypeSet;
use super::{TypeProblem, axes};
use crate::op::{ConvDims, DotDims};
use crate::{DType, Shape, Type};

fn one_dtype(lhs: &Type, rhs: &Type) -> Result<(), TypeProblem> {
    DTypeSet::Number.check(lhs)?;
    if lhs.dtype == rhs.dtype {
        return Ok(());
    }
    let rank = |ty: &Type| (ty.dtype.is_complex(), ty.dtype.is_float());
    let suggested = if rank(rhs) > rank(lhs) { rhs.dtype } else { lhs.dtype };
    Err(TypeProblem::MixedDTypes { found: vec![lhs.clone(), rhs.clone()], suggested })
}

pub(super) fn dot_general(lhs: &Type, rhs: &Type, dims: &DotDims, out: DType) -> Result<Type, TypeProblem> {
    one_dtype(lhs, rhs)?;
    let kind = |dtype: DType| (dtype.is_complex(), dtype.is_float(), dtype.is_int());
    if kind(lhs.dtype) != kind(out) {
        let kind = match kind(lhs.dtype) {
            (true, ..) => "a complex",
            (_, true, _) => "a float",
            _ => "an integer",
        };
        return Err(TypeProblem::Attribute(format!("of {lhs} and {rhs} gives {kind} dtype, but was asked for {out}")));
    }
    let DotDims { lhs_batch, rhs_batch, lhs_contract, rhs_contract } = dims;
    axes::length("rhs_batch", rhs_batch, lhs_batch.len())?;
    axes::length("rhs_contract", rhs_contract, lhs_contract.len())?;
    let left = axes::distinct("lhs_batch", lhs_batch, lhs.rank())?
        .disjoint(axes::distinct("lhs_contract", lhs_contract, lhs.rank())?, "lhs_batch and lhs_contract")?;
    let right = axes::distinct("rhs_batch", rhs_batch, rhs.rank())?
        .disjoint(axes::distinct("rhs_contract", rhs_contract, rhs.rank())?, "rhs_batch and rhs_contract")?;
    let pairs = lhs_batch.iter().zip(rhs_batch).chain(lhs_contract.iter().zip(rhs_contract));
    for (&l, &r) in pairs {
        if lhs.shape[l] != rhs.shape[r] {
            return Err(TypeProblem::Attribute(format!(
                "goes along axis {l} of {lhs} together with axis {r} of {rhs}, and their sizes differ"
            )));
        }
    }
    let batch = lhs_batch.iter().map(|&a| lhs.shape[a]);
    Ok(Type::new(
        out,
        batch.chain(left.sizes_without(&lhs.shape)).chain(right.sizes_without(&rhs.shape)).collect::<Shape>(),
    ))
}

pub(super) fn conv(lhs: &Type, rhs: &Type, dims: &ConvDims) -> Result<Type, TypeProblem> {
    one_dtype(lhs, rhs)?;
    let rank = lhs.rank();
    let Some(spatial) = rank.checked_sub(2).filter(|_| rhs.rank() == rank) else {
        return Err(TypeProblem::Mixed { what: "rank, which is at least 2", found: vec![lhs.clone(), rhs.clone()] });
    };
    for (name, list, expected) in [
        ("lhs", &dims.lhs, rank),
        ("rhs", &dims.rhs, rank),
        ("out", &dims.out, rank),
        ("strides", &dims.strides, spatial),
        ("lhs_dilation", &dims.lhs_dilation, spatial),
        ("rhs_dilation", &dims.rhs_dilation, spatial),
    ] {
        axes::length(name, list, expected)?;
        if expected == rank {
            axes::distinct(name, list, rank)?;
        } else if list.contains(&0) {
            return Err(TypeProblem::Attribute(format!("needs `{name}` of 1 or more, but got {list:?}")));
        }
    }
    axes::length("padding", &dims.padding, spatial)?;

    let (batch, features) = (lhs.shape[dims.lhs[0]], lhs.shape[dims.lhs[1]]);
    let (out_features, in_features) = (rhs.shape[dims.rhs[0]], rhs.shape[dims.rhs[1]]);
    let (by_feature, by_batch) = (dims.feature_groups, dims.batch_groups);
    if by_feature == 0 || by_batch == 0 || by_feature > 1 && by_batch > 1 {
        return Err(TypeProblem::Attribute(format!(
            "needs 1 or more `feature_groups` and `batch_groups`, and 1 of one of them, but got {by_feature} and {by_batch}"
        )));
    }
    if features % by_feature != 0 || features / by_feature != in_features {
        return Err(TypeProblem::Attribute(format!(
            "of {lhs} with {rhs} in {by_feature} groups has {features} features in the operand and {in_features} in \
             each group of the kernel"
        )));
    }
    if batch % by_batch != 0 || out_features % by_feature != 0 || out_features % by_batch != 0 {
        return Err(TypeProblem::Attribute(format!(
            "of {lhs} with {rhs} cannot part {batch} images and {out_features} output features into \
             {by_batch} and {by_feature} groups of one size"
        )));
    }
    let Some(sizes) = dims.spatial_output(&lhs.shape, &rhs.shape) else {
        return Err(TypeProblem::Attribute(format!(
            "of {lhs} with {rhs} padded by {:?} has an empty kernel, or an axis of negative size or too large for any \
             memory",
            dims.padding
        )));
    };
    let mut shape: Shape = lhs.shape.clone();
    for (&a, &n) in dims.out.iter().zip([batch / by_batch, out_features].iter().chain(&sizes)) {
        shape.dims_mut()[a] = n;
    }
    Ok(lhs.with_shape(shape))
}
