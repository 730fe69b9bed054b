//! The parts of an index.

use crate::Tensor;
use crate::tensor::refuse;
use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

/// One part of an index.
#[derive(Clone, Debug)]
pub enum IndexItem {
    /// One index, which removes the axis. A negative index counts from the end.
    At(isize),
    /// Every `step`-th index from `start` up to but not including `stop`. Negative indices count from the end. If
    /// `step` is negative, the indices decrease from `start`.
    Range {
        /// The first index. `None` is the start of the axis, or its last index if `step` is negative.
        start: Option<isize>,
        /// The index to stop before. `None` includes all indices to the end of the axis, or to its start if `step` is
        /// negative.
        stop: Option<isize>,
        /// The step, which is not 0.
        step: isize,
    },
    /// A new axis of size 1.
    NewAxis,
    /// All axes that the index does not mention.
    Ellipsis,
    /// Known indices along one axis of the result. Negative ones count from the end.
    List(Vec<isize>),
    /// Indices in a tensor of integers. Negative ones count from the end.
    Tensor(Tensor),
}

/// A new axis of size 1, in an index.
///
/// ```
/// use rune_trace::{NewAxis, Tensor};
/// assert_eq!(*Tensor::from([1, 2]).i((.., NewAxis)).shape(), [2, 1]);
/// ```
#[doc(alias = "newaxis")]
#[derive(Clone, Copy, Debug)]
pub struct NewAxis;

/// All axes that an index does not mention.
///
/// ```
/// use rune_trace::{DType, Ellipsis, Tensor};
/// assert_eq!(*Tensor::zeros([2, 3, 4], DType::F32).i((Ellipsis, 0)).shape(), [2, 3]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Ellipsis;

/// Returns every `step`-th index of a range, backward if `step` is negative.
///
/// ```
/// use rune_trace::{Tensor, stepped};
/// let x = Tensor::from([0, 1, 2, 3, 4]);
/// assert_eq!(x.i(stepped(1.., 2)).to_vec::<i32>().unwrap(), [1, 3]);
/// assert_eq!(x.i(stepped(.., -1)).to_vec::<i32>().unwrap(), [4, 3, 2, 1, 0]);
/// ```
///
/// # Panics
/// If `step` is 0, or the argument is not a range.
#[track_caller]
pub fn stepped(range: impl Indexer, step: isize) -> IndexItem {
    if step == 0 {
        refuse!("stepped: the step is 0");
    }
    match range.into_item() {
        IndexItem::Range { start, stop, step: inner } => {
            // A step that does not fit into isize exceeds every axis, and so does the largest step.
            IndexItem::Range { start, stop, step: inner.saturating_mul(step) }
        }
        other @ (IndexItem::At(_)
        | IndexItem::NewAxis
        | IndexItem::Ellipsis
        | IndexItem::List(_)
        | IndexItem::Tensor(_)) => {
            refuse!("stepped: goes through ranges, but got {other:?}")
        }
    }
}

/// One part of an index: an integer, a range, [`NewAxis`], [`Ellipsis`], an array or vector of integers, or a
/// [`Tensor`] of integers.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot index a tensor")]
pub trait Indexer {
    /// Returns the part.
    fn into_item(self) -> IndexItem;
}

impl Indexer for IndexItem {
    fn into_item(self) -> IndexItem {
        self
    }
}
impl Indexer for NewAxis {
    fn into_item(self) -> IndexItem {
        IndexItem::NewAxis
    }
}
impl Indexer for Ellipsis {
    fn into_item(self) -> IndexItem {
        IndexItem::Ellipsis
    }
}
impl Indexer for RangeFull {
    fn into_item(self) -> IndexItem {
        IndexItem::Range { start: None, stop: None, step: 1 }
    }
}
impl Indexer for Tensor {
    fn into_item(self) -> IndexItem {
        IndexItem::Tensor(self)
    }
}
impl Indexer for &Tensor {
    fn into_item(self) -> IndexItem {
        IndexItem::Tensor(self.clone())
    }
}

/// Converts an index to `isize`. An integer that does not fit becomes `isize::MAX`, which is out of range for every
/// axis.
fn clip<T: TryInto<isize>>(x: T) -> isize {
    x.try_into().unwrap_or(isize::MAX)
}
/// Returns the exclusive end of an inclusive range, or `None`, the end of the axis, if the last index is -1.
fn exclusive_end(last: isize) -> Option<isize> {
    if last == -1 { None } else { Some(last.saturating_add(1)) }
}
fn range(start: Option<isize>, stop: Option<isize>) -> IndexItem {
    IndexItem::Range { start, stop, step: 1 }
}

macro_rules! positions {
    ($($t:ty),*) => {$(
        impl Indexer for $t {
            fn into_item(self) -> IndexItem {
                IndexItem::At(clip(self))
            }
        }
        impl Indexer for Range<$t> {
            fn into_item(self) -> IndexItem {
                range(Some(clip(self.start)), Some(clip(self.end)))
            }
        }
        impl Indexer for RangeFrom<$t> {
            fn into_item(self) -> IndexItem {
                range(Some(clip(self.start)), None)
            }
        }
        impl Indexer for RangeTo<$t> {
            fn into_item(self) -> IndexItem {
                range(None, Some(clip(self.end)))
            }
        }
        impl Indexer for RangeInclusive<$t> {
            fn into_item(self) -> IndexItem {
                range(Some(clip(*self.start())), exclusive_end(clip(*self.end())))
            }
        }
        impl Indexer for RangeToInclusive<$t> {
            fn into_item(self) -> IndexItem {
                range(None, exclusive_end(clip(self.end)))
            }
        }
        impl<const N: usize> Indexer for [$t; N] {
            fn into_item(self) -> IndexItem {
                IndexItem::List(self.into_iter().map(clip).collect())
            }
        }
        impl Indexer for &[$t] {
            fn into_item(self) -> IndexItem {
                IndexItem::List(self.iter().copied().map(clip).collect())
            }
        }
        impl Indexer for Vec<$t> {
            fn into_item(self) -> IndexItem {
                IndexItem::List(self.into_iter().map(clip).collect())
            }
        }
    )*};
}
positions!(i32, i64, isize, usize);

/// A complete index: one [`Indexer`], a tuple of up to eight, or a vector of [`IndexItem`]s.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot index a tensor")]
pub trait Indices {
    /// Returns the parts.
    fn into_items(self) -> Vec<IndexItem>;
}
impl<T: Indexer> Indices for T {
    fn into_items(self) -> Vec<IndexItem> {
        vec![self.into_item()]
    }
}
impl Indices for Vec<IndexItem> {
    fn into_items(self) -> Vec<IndexItem> {
        self
    }
}
impl Indices for () {
    fn into_items(self) -> Vec<IndexItem> {
        Vec::new()
    }
}
macro_rules! tuples {
    ($($($T:ident $i:tt),+;)*) => {$(
        impl<$($T: Indexer),+> Indices for ($($T,)+) {
            fn into_items(self) -> Vec<IndexItem> {
                vec![$(self.$i.into_item()),+]
            }
        }
    )*};
}
tuples! {
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
}
