//! Products of groups of rows: an axis is cut into groups of sizes that are known only at run time.

use super::bits::expect_int;
use super::broadcast::broadcast;
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::op::{Dims, DotDims};
use rune_ir::{DType, Shape, Type};

/// The axes of [`Tensor::ragged_dot_general`].
#[doc(alias = "RaggedDotDimensionNumbers")]
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct RaggedDotDims {
    /// The batch axes and the contracted axes of both operands.
    pub dot: DotDims,
    /// The axis of the left operand that is cut into groups.
    pub ragged: usize,
    /// The axis of the right operand that has a matrix for each group, if the ragged axis is neither a batch axis nor
    /// contracted.
    pub group: Option<usize>,
}

/// Why operands do not fit [`RaggedDotDims`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RaggedDotError(String);

/// What the ragged axis of the left operand is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Kept,
    Contracted,
    Batch,
}

impl RaggedDotDims {
    fn kind(&self) -> Kind {
        if self.dot.lhs_contract.contains(&self.ragged) {
            Kind::Contracted
        } else if self.dot.lhs_batch.contains(&self.ragged) {
            Kind::Batch
        } else {
            Kind::Kept
        }
    }
    /// Returns the axes of the left operand that the sizes of groups may depend on: the batch axes, and the axes before
    /// the ragged one of its kind.
    fn lhs_prefix(&self, rank: usize) -> Dims {
        let DotDims { lhs_batch, lhs_contract, .. } = &self.dot;
        let before = |axes: &[usize]| axes.iter().copied().take_while(|&a| a != self.ragged).collect::<Dims>();
        let others = match self.kind() {
            Kind::Batch => return before(lhs_batch),
            Kind::Contracted => before(lhs_contract),
            Kind::Kept => {
                let kept = (0..rank).filter(|a| !lhs_batch.contains(a) && !lhs_contract.contains(a));
                before(&kept.collect::<Dims>())
            }
        };
        lhs_batch.iter().copied().chain(others).collect()
    }

    /// Checks that these are axes of operands of these types, and that the sizes fit.
    pub fn check(&self, lhs: &Type, rhs: &Type, group_sizes: &Type) -> Result<(), RaggedDotError> {
        let fail = |problem: String| Err(RaggedDotError(problem));
        if lhs.dtype != rhs.dtype || lhs.dtype == DType::Bool {
            return fail(format!("takes numbers of one dtype, but has {lhs} and {rhs}"));
        }
        let Some((&groups, sizes)) = group_sizes.shape.split_last().filter(|_| group_sizes.dtype.is_int()) else {
            return fail(format!("takes sizes of groups as integers along an axis, but has {group_sizes}"));
        };
        let DotDims { lhs_batch, rhs_batch, lhs_contract, rhs_contract } = &self.dot;
        let once = |axes: Dims, rank: usize| (0..axes.len()).all(|i| axes[i] < rank && !axes[..i].contains(&axes[i]));
        let left = lhs_batch.iter().chain(lhs_contract).copied().collect();
        let right = rhs_batch.iter().chain(rhs_contract).copied().chain(self.group).collect();
        if !once(left, lhs.rank()) || !once(right, rhs.rank()) || self.ragged >= lhs.rank() {
            return fail(format!("has axes out of range or twice for {lhs} and {rhs}: {self:?}"));
        }
        let same = |l: &[usize], r: &[usize]| {
            l.len() == r.len() && l.iter().zip(r).all(|(&l, &r)| lhs.shape[l] == rhs.shape[r])
        };
        if !same(lhs_batch, rhs_batch) || !same(lhs_contract, rhs_contract) {
            return fail(format!("goes along axes of {lhs} and {rhs} whose sizes differ: {self:?}"));
        }
        let kept = self.kind() == Kind::Kept;
        if kept != self.group.is_some() || self.group.is_some_and(|a| rhs.shape[a] != groups) {
            return fail(format!(
                "needs an axis of {groups} groups of the right operand exactly if the ragged axis is neither contracted \
                 nor a batch axis, but has {lhs} and {rhs}: {self:?}"
            ));
        }
        let prefix: Shape = self.lhs_prefix(lhs.rank()).iter().map(|&a| lhs.shape[a]).collect();
        if !sizes.is_empty() && *sizes != *prefix {
            return fail(format!(
                "takes sizes of {groups} groups, for each element of {prefix}, but has {group_sizes}"
            ));
        }
        Ok(())
    }
}

/// Returns `x` for each group, along a new first axis: the elements of other groups along the axis `ragged` are 0. The
/// axes of `sizes` are the `prefix` of `x`, then the groups.
#[track_caller]
fn groups_of(x: &Tensor, ragged: usize, prefix: &[usize], sizes: &Tensor) -> Tensor {
    let groups = sizes.shape()[prefix.len()];
    let end = sizes.cumsum(-1);
    let mut shape = sizes.shape().clone();
    shape.dims_mut().push(x.shape()[ragged]);
    let place = lax::iota(sizes.dtype(), shape, prefix.len() + 1);
    let within = place.ge((&end - sizes).unsqueeze(-1)) & place.lt(end.unsqueeze(-1));
    // The axes of `within`, in the result.
    let axes: Dims = prefix.iter().map(|a| a + 1).chain([0, ragged + 1]).collect();
    let mut order: Dims = (0..axes.len()).collect();
    order.sort_by_key(|&i| axes[i]);
    let sorted: Dims = order.iter().map(|&i| axes[i]).collect();
    let all: Shape = [groups].into_iter().chain(x.shape().iter().copied()).collect();
    let mask = lax::broadcast_in_dim(&lax::transpose(&within, &order), all.clone(), &sorted);
    let x = lax::broadcast_in_dim(x, all, &(1..=x.rank()).collect::<Dims>());
    lax::select(&mask, &x, &x.zeros_like())
}

/// Returns the axes behind a new first one.
fn behind(axes: &[usize]) -> Dims {
    axes.iter().map(|a| a + 1).collect()
}

/// Products of groups.
impl Tensor {
    /// Multiplies groups of rows of this matrix with one matrix each: the first `group_sizes[0]` rows with `others[0]`,
    /// the next `group_sizes[1]` rows with `others[1]`, and so on. Rows beyond all groups become 0.
    ///
    /// # Panics
    /// If the shapes are not `[m, k]`, `[g, k, n]` and `[g]`, the dtypes differ, or `group_sizes` are not integers.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([[1.0f32], [2.0], [3.0]]);
    /// let y = x.ragged_dot(&Tensor::from([[[10.0f32]], [[100.0]]]), &Tensor::from([1, 2]));
    /// assert_eq!(y.to_vec::<f32>().unwrap(), [10.0, 200.0, 300.0]);
    /// ```
    #[doc(alias = "grouped_mm")]
    #[track_caller]
    pub fn ragged_dot(&self, others: &Tensor, group_sizes: &Tensor) -> Tensor {
        expect_int("ragged_dot", group_sizes);
        let fits = self.rank() == 2
            && others.rank() == 3
            && others.shape()[1] == self.shape()[1]
            && *group_sizes.shape() == [others.shape()[0]];
        if !fits {
            refuse!(
                "ragged_dot: takes [m, k], [g, k, n] and [g], but got shapes {}, {} and {}",
                self.shape(),
                others.shape(),
                group_sizes.shape()
            );
        }
        let dot = DotDims { lhs_contract: [1][..].into(), rhs_contract: [1][..].into(), ..DotDims::default() };
        product(
            "ragged_dot",
            [self, others, group_sizes],
            &RaggedDotDims { dot, ragged: 0, group: Some(0) },
            self.dtype(),
        )
    }
    /// Computes a dot product with an axis of this tensor that is cut into groups. `group_sizes` are the numbers of
    /// elements of the groups along this axis, one after the other. There are three kinds, by the ragged axis:
    ///
    /// - It is neither a batch axis nor contracted: each group is multiplied with its own part of `other`, along the
    ///   axis `dims.group`. Elements beyond all groups become 0.
    /// - It is contracted: the result has a new first axis, with the contraction of each group alone.
    /// - It is a batch axis: the result is the dot product, whatever the groups are.
    ///
    /// The axes of a result are those of a dot product: batch axes, other axes of this tensor, other axes of `other`.
    /// `group_sizes` is a vector, or has axes before the groups: the batch axes of this tensor, then its axes before the
    /// ragged one that are contracted like it, or like it are not. If the ragged axis is a batch axis, these are only
    /// the batch axes before it. Sums and the result have the dtype `dtype`.
    ///
    /// # Panics
    /// If [`RaggedDotDims::check`] finds a problem. If `dtype` and the dtype of the operands are not both complex, both
    /// float or both integer.
    ///
    /// ```
    /// use rune_trace::{DType, RaggedDotDims, Tensor, op::DotDims};
    /// let x = Tensor::from([[1.0f32, 2.0, 3.0]]);
    /// let y = Tensor::from([[1.0f32], [10.0], [100.0]]);
    /// let dot = DotDims { lhs_contract: [1][..].into(), rhs_contract: [0][..].into(), ..DotDims::default() };
    /// let dims = RaggedDotDims { dot, ragged: 1, group: None };
    /// let sums = x.ragged_dot_general(&y, &Tensor::from([1, 2]), &dims, DType::F32);
    /// assert_eq!(sums.to_vec::<f32>()?, [1.0, 320.0]);
    /// assert_eq!(*sums.shape(), [2, 1, 1]);
    /// # Ok::<(), rune_trace::EvalError>(())
    /// ```
    #[track_caller]
    pub fn ragged_dot_general(
        &self,
        other: &Tensor,
        group_sizes: &Tensor,
        dims: &RaggedDotDims,
        dtype: DType,
    ) -> Tensor {
        product("ragged_dot_general", [self, other, group_sizes], dims, dtype)
    }
}

#[track_caller]
fn product(op: &str, [x, y, sizes]: [&Tensor; 3], dims: &RaggedDotDims, dtype: DType) -> Tensor {
    if let Err(problem) = dims.check(x.ty(), y.ty(), sizes.ty()) {
        refuse!("{op}: {problem}");
    }
    let kind = dims.kind();
    if kind == Kind::Batch {
        return lax::dot_general(x, y, dims.dot.clone(), dtype);
    }
    let prefix = dims.lhs_prefix(x.rank());
    let sizes =
        sizes.cast(if sizes.dtype().size() > 4 || sizes.dtype() == DType::U32 { DType::I64 } else { DType::I32 });
    let groups = sizes.shape()[sizes.rank() - 1];
    let all: Shape = prefix.iter().map(|&a| x.shape()[a]).chain([groups]).collect();
    let sizes = broadcast(op, &sizes, &all);
    let left = groups_of(x, dims.ragged, &prefix, &sizes);
    let DotDims { lhs_batch, rhs_batch, lhs_contract, rhs_contract } = &dims.dot;
    let with = |first: usize, axes: Dims| [first].into_iter().chain(axes).collect::<Dims>();
    if let Some(group) = dims.group {
        // The groups are contracted too: only the group of an element is not 0.
        let dot = DotDims {
            lhs_batch: behind(lhs_batch),
            rhs_batch: rhs_batch.clone(),
            lhs_contract: with(0, behind(lhs_contract)),
            rhs_contract: with(group, rhs_contract.clone()),
        };
        return lax::dot_general(&left, y, dot, dtype);
    }
    // Both operands are cut, so that an infinite number does not turn the zeros of other groups into NaN.
    let place = lhs_contract.iter().take_while(|&&a| a != dims.ragged).count();
    let prefix: Dims = rhs_batch.iter().chain(&rhs_contract[..place]).copied().collect();
    let right = groups_of(y, rhs_contract[place], &prefix, &sizes);
    let dot = DotDims {
        lhs_batch: with(0, behind(lhs_batch)),
        rhs_batch: with(0, behind(rhs_batch)),
        lhs_contract: behind(lhs_contract),
        rhs_contract: behind(rhs_contract),
    };
    lax::dot_general(&left, &right, dot, dtype)
}
