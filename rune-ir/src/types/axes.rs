//! Checks of axes and sizes that several rules need.

use super::TypeProblem;
use crate::{MAX_RANK, Shape, TooLarge};

/// A set of axes below [`MAX_RANK`].
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct AxisSet(u64);

impl AxisSet {
    pub(super) fn contains(self, axis: usize) -> bool {
        axis < MAX_RANK && self.0 >> axis & 1 == 1
    }
    /// Returns the sizes of `shape` along the axes that are not in the set.
    pub(super) fn sizes_without(self, shape: &[usize]) -> impl Iterator<Item = usize> {
        shape.iter().enumerate().filter(move |&(a, _)| !self.contains(a)).map(|(_, &d)| d)
    }
    /// Joins two disjoint sets. `attribute` names both in the message if they overlap.
    pub(super) fn disjoint(self, other: AxisSet, attribute: &'static str) -> Result<AxisSet, TypeProblem> {
        match self.0 & other.0 {
            0 => Ok(AxisSet(self.0 | other.0)),
            both => Err(TypeProblem::RepeatedAxis { attribute, axis: both.trailing_zeros() as usize }),
        }
    }
}

/// Checks that `axis` is less than `rank`.
pub(super) fn axis(attribute: &'static str, axis: usize, rank: usize) -> Result<(), TypeProblem> {
    if axis < rank.min(MAX_RANK) { Ok(()) } else { Err(TypeProblem::Axis { attribute, axis, rank }) }
}

/// Returns the axes of a list, which must be less than `rank` and distinct.
pub(super) fn distinct(attribute: &'static str, axes: &[usize], rank: usize) -> Result<AxisSet, TypeProblem> {
    let mut set = AxisSet::default();
    for &a in axes {
        axis(attribute, a, rank)?;
        if set.contains(a) {
            return Err(TypeProblem::RepeatedAxis { attribute, axis: a });
        }
        set.0 |= 1 << a;
    }
    Ok(set)
}

/// Returns the axes of a list, which must be less than `rank` and increase.
pub(super) fn increasing(attribute: &'static str, axes: &[usize], rank: usize) -> Result<AxisSet, TypeProblem> {
    let set = distinct(attribute, axes, rank)?;
    if axes.is_sorted() {
        return Ok(set);
    }
    Err(TypeProblem::Attribute(format!("needs `{attribute}` to increase, but got {axes:?}")))
}

/// Checks that a list has `expected` entries.
pub(super) fn length<T>(attribute: &'static str, list: &[T], expected: usize) -> Result<(), TypeProblem> {
    let found = list.len();
    if found == expected { Ok(()) } else { Err(TypeProblem::Length { attribute, expected, found }) }
}

/// Returns the number of elements.
pub(super) fn size(shape: &Shape) -> Result<usize, TypeProblem> {
    shape.checked_size().ok_or_else(|| TypeProblem::TooLarge(TooLarge(format!("shape {shape}"))))
}
