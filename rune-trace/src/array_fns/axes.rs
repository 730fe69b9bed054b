//! Axes as arguments. Negative axes count from the end.

use crate::tensor::refuse;
use rune_ir::Shape;
use rune_ir::op::Dims;
use smallvec::SmallVec;
use std::ops::RangeFull;

/// The axes of a function: one, a list, or all (`..`). Negative axes count from the end.
///
/// ```
/// use rune_trace::{DType, Tensor};
/// let x = Tensor::ones([2, 3, 4], DType::F32);
/// assert_eq!(*x.sum_axes(-1).shape(), [2, 3]);
/// assert_eq!(*x.sum_axes([0, -1]).shape(), [3]);
/// assert_eq!(*x.sum_keepdims(..).shape(), [1, 1, 1]);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Axes(Option<SmallVec<[isize; 4]>>);

impl Axes {
    /// All axes.
    pub const ALL: Axes = Axes(None);

    /// Returns the number of axes, or `None` for all axes.
    pub(crate) fn count(&self) -> Option<usize> {
        self.0.as_ref().map(SmallVec::len)
    }
    /// Returns the indices of the axes, in the given order.
    #[track_caller]
    pub(crate) fn resolve(&self, op: &str, shape: &Shape) -> Dims {
        let Some(list) = &self.0 else { return (0..shape.rank()).collect() };
        let mut axes = Dims::new();
        for &axis in list {
            let axis = resolve_axis(op, axis, shape);
            if axes.contains(&axis) {
                refuse!("{op}: axis {axis} is named twice in {:?}, for shape {shape}", list.as_slice());
            }
            axes.push(axis);
        }
        axes
    }
    /// Returns the indices of the axes in ascending order.
    #[track_caller]
    pub(crate) fn resolve_sorted(&self, op: &str, shape: &Shape) -> Dims {
        let mut axes = self.resolve(op, shape);
        axes.sort_unstable();
        axes
    }
}

/// Returns the index of an axis of an array of this shape.
#[track_caller]
pub(crate) fn resolve_axis(op: &str, axis: isize, shape: &Shape) -> usize {
    resolve_below(op, axis, shape.rank(), &|| format!("shape {shape}"))
}

/// Returns the index of `axis` among `rank` axes. Error messages describe the array as `what`.
#[track_caller]
pub(crate) fn resolve_below(op: &str, axis: isize, rank: usize, what: &dyn Fn() -> String) -> usize {
    let position = if axis < 0 { axis.checked_add_unsigned(rank) } else { Some(axis) };
    match position.and_then(|a| usize::try_from(a).ok()) {
        Some(a) if a < rank => a,
        _ => refuse!("{op}: axis {axis} is out of range for {}, which has {rank} axes", what()),
    }
}

impl From<RangeFull> for Axes {
    fn from(_: RangeFull) -> Axes {
        Axes::ALL
    }
}
impl From<&Axes> for Axes {
    fn from(axes: &Axes) -> Axes {
        axes.clone()
    }
}
macro_rules! axes {
    ($($t:ty),*) => {$(
        impl From<$t> for Axes {
            fn from(axis: $t) -> Axes {
                Axes::from([axis])
            }
        }
        impl<const N: usize> From<[$t; N]> for Axes {
            fn from(axes: [$t; N]) -> Axes {
                Axes::from(axes.as_slice())
            }
        }
        impl From<&[$t]> for Axes {
            fn from(axes: &[$t]) -> Axes {
                // An index that does not fit into isize is out of range for any axis, and so is isize::MAX. Wrapping
                // could give a valid index.
                Axes(Some(axes.iter().map(|&a| isize::try_from(a).unwrap_or(isize::MAX)).collect()))
            }
        }
        impl From<Vec<$t>> for Axes {
            fn from(axes: Vec<$t>) -> Axes {
                Axes::from(axes.as_slice())
            }
        }
        impl From<&Vec<$t>> for Axes {
            fn from(axes: &Vec<$t>) -> Axes {
                Axes::from(axes.as_slice())
            }
        }
    )*};
}
axes!(i32, i64, isize, usize);
