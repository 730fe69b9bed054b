//! Functions that change the shape or the order of axes, but not the elements.

use super::axes::{Axes, resolve_axis, resolve_below};
use super::broadcast::broadcast;
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::Shape;
use rune_ir::op::Dims;
use smallvec::SmallVec;

/// The sizes of a requested shape. One of them may be -1, which means that it is inferred.
///
/// ```
/// use rune_trace::{DType, Tensor};
/// let x = Tensor::zeros([4, 6], DType::F32);
/// assert_eq!(*x.reshape([2, -1]).shape(), [2, 12]);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sizes(SmallVec<[isize; 4]>);

macro_rules! sizes {
    ($($t:ty),*) => {$(
        impl From<$t> for Sizes {
            fn from(n: $t) -> Sizes {
                Sizes::from([n])
            }
        }
        impl<const N: usize> From<[$t; N]> for Sizes {
            fn from(sizes: [$t; N]) -> Sizes {
                Sizes::from(sizes.as_slice())
            }
        }
        impl From<&[$t]> for Sizes {
            fn from(sizes: &[$t]) -> Sizes {
                Sizes(sizes.iter().map(|&n| isize::try_from(n).unwrap_or(isize::MAX)).collect())
            }
        }
        impl From<Vec<$t>> for Sizes {
            fn from(sizes: Vec<$t>) -> Sizes {
                Sizes::from(sizes.as_slice())
            }
        }
        impl From<&Vec<$t>> for Sizes {
            fn from(sizes: &Vec<$t>) -> Sizes {
                Sizes::from(sizes.as_slice())
            }
        }
    )*};
}
sizes!(i32, i64, isize, usize);
impl From<()> for Sizes {
    fn from(_: ()) -> Sizes {
        Sizes(SmallVec::new())
    }
}
impl From<&Shape> for Sizes {
    fn from(shape: &Shape) -> Sizes {
        Sizes::from(&**shape)
    }
}
impl From<Shape> for Sizes {
    fn from(shape: Shape) -> Sizes {
        Sizes::from(&*shape)
    }
}

impl Sizes {
    /// Returns the shape with these sizes and the number of elements of `x`.
    #[track_caller]
    fn resolve(&self, op: &str, x: &Tensor) -> Shape {
        let sizes = self.0.as_slice();
        let mut open = None;
        let mut known = Shape::scalar();
        for (i, &n) in sizes.iter().enumerate() {
            match usize::try_from(n) {
                Ok(n) => known.dims_mut().push(n),
                Err(_) if n == -1 && open.is_none() => open = Some(i),
                Err(_) => refuse!("{op}: {sizes:?} is not a shape; sizes are 0 or more, and one may be -1"),
            }
        }
        let size = known.checked_size();
        match (open, size) {
            (None, Some(n)) if n == x.size() => known,
            (Some(at), Some(n)) if n != 0 && x.size().is_multiple_of(n) => {
                known.dims_mut().insert(at, x.size() / n);
                known
            }
            _ => refuse!("{op}: shape {} with {} elements cannot become {sizes:?}", x.shape(), x.size()),
        }
    }
}

/// Shapes.
impl Tensor {
    /// Reshapes the tensor, in row-major order. One size may be -1, and is then inferred.
    ///
    /// # Panics
    /// If the numbers of elements differ.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// let x = Tensor::arange(0..6, DType::I32);
    /// assert_eq!(*x.reshape([2, 3]).shape(), [2, 3]);
    /// assert_eq!(*x.reshape([-1, 2]).shape(), [3, 2]);
    /// ```
    #[doc(alias = "view")]
    #[track_caller]
    pub fn reshape(&self, sizes: impl Into<Sizes>) -> Tensor {
        lax::reshape(self, sizes.into().resolve("reshape", self))
    }
    /// Returns all elements along one axis.
    #[doc(alias = "ravel")]
    #[track_caller]
    pub fn flatten(&self) -> Tensor {
        lax::reshape(self, [self.size()])
    }
    /// Merges the axes from `first` to `last`, both included.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// assert_eq!(*Tensor::zeros([2, 3, 4], DType::F32).flatten_axes(1, -1).shape(), [2, 12]);
    /// ```
    #[doc(alias = "collapse")]
    #[track_caller]
    pub fn flatten_axes(&self, first: isize, last: isize) -> Tensor {
        let first = resolve_axis("flatten_axes", first, self.shape());
        let last = resolve_axis("flatten_axes", last, self.shape());
        if first > last {
            refuse!("flatten_axes: the first axis, {first}, comes after the last, {last}, of shape {}", self.shape());
        }
        let (before, rest) = self.shape().split_at(first);
        let (joined, after) = rest.split_at(last - first + 1);
        let joined: usize = joined.iter().product();
        lax::reshape(self, before.iter().copied().chain([joined]).chain(after.iter().copied()).collect::<Shape>())
    }
    /// Removes these axes, which must have size 1. `..` removes every axis of size 1.
    ///
    /// # Panics
    /// If one of the axes does not have size 1.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// let x = Tensor::zeros([1, 3, 1], DType::F32);
    /// assert_eq!(*x.squeeze(0).shape(), [3, 1]);
    /// assert_eq!(*x.squeeze(..).shape(), [3]);
    /// ```
    #[track_caller]
    pub fn squeeze(&self, axes: impl Into<Axes>) -> Tensor {
        let axes = axes.into();
        let gone: Dims = if axes == Axes::ALL {
            (0..self.rank()).filter(|&a| self.shape()[a] == 1).collect()
        } else {
            axes.resolve("squeeze", self.shape())
        };
        for &a in &gone {
            if self.shape()[a] != 1 {
                refuse!("squeeze: axis {a} of shape {} does not have size 1", self.shape());
            }
        }
        lax::reshape(self, self.shape().without(&gone))
    }
    /// Inserts a new axis of size 1 at the index `axis` of the result.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// let x = Tensor::zeros([2, 3], DType::F32);
    /// assert_eq!(*x.unsqueeze(0).shape(), [1, 2, 3]);
    /// assert_eq!(*x.unsqueeze(-1).shape(), [2, 3, 1]);
    /// ```
    #[doc(alias = "newaxis")]
    #[doc(alias = "expand_dims")]
    #[track_caller]
    pub fn unsqueeze(&self, axis: isize) -> Tensor {
        let at = resolve_below("unsqueeze", axis, self.rank() + 1, &|| "the result".to_owned());
        let mut shape = self.shape().clone();
        shape.dims_mut().insert(at, 1);
        lax::reshape(self, shape)
    }
    /// Like [`Tensor::broadcast_to`]; -1 keeps the size of an existing axis.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// let x = Tensor::zeros([3, 1], DType::F32);
    /// assert_eq!(*x.expand([2, -1, 4]).shape(), [2, 3, 4]);
    /// ```
    #[track_caller]
    pub fn expand(&self, sizes: impl Into<Sizes>) -> Tensor {
        let sizes = sizes.into().0;
        let mut shape = Shape::scalar();
        for (i, &n) in sizes.iter().enumerate() {
            let own = (i + self.rank()).checked_sub(sizes.len()).map(|a| self.shape()[a]);
            match (usize::try_from(n), own) {
                (Ok(n), _) => shape.dims_mut().push(n),
                (Err(_), Some(own)) if n == -1 => shape.dims_mut().push(own),
                _ => refuse!("expand: {:?} has no size for shape {}", sizes.as_slice(), self.shape()),
            }
        }
        broadcast("expand", self, &shape)
    }
    /// Permutes the axes: axis `i` of the result is axis `axes[i]` of this tensor.
    ///
    /// # Panics
    /// If an axis is missing, named twice or out of range.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// assert_eq!(*Tensor::zeros([2, 3, 4], DType::F32).permute([2, 0, 1]).shape(), [4, 2, 3]);
    /// ```
    #[doc(alias = "permute_dims")]
    #[track_caller]
    pub fn permute(&self, axes: impl Into<Axes>) -> Tensor {
        let axes = axes.into().resolve("permute", self.shape());
        if axes.len() != self.rank() {
            refuse!("permute: {:?} does not name every axis of shape {}", axes.as_slice(), self.shape());
        }
        lax::transpose(self, &axes)
    }
    /// Exchanges two axes.
    #[doc(alias = "swapdims")]
    #[doc(alias = "transpose")]
    #[track_caller]
    pub fn swapaxes(&self, a: isize, b: isize) -> Tensor {
        let (a, b) = (resolve_axis("swapaxes", a, self.shape()), resolve_axis("swapaxes", b, self.shape()));
        let mut order: Dims = (0..self.rank()).collect();
        order.swap(a, b);
        lax::transpose(self, &order)
    }
    /// Exchanges the last two axes: transposes a matrix, or each matrix of a batch.
    ///
    /// # Panics
    /// If there are fewer than two axes.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([[1, 2], [3, 4]]).t().to_vec::<i32>().unwrap(), [1, 3, 2, 4]);
    /// ```
    #[doc(alias = "matrix_transpose")]
    #[doc(alias = "mT")]
    #[track_caller]
    pub fn t(&self) -> Tensor {
        if self.rank() < 2 {
            refuse!("t: shape {} has fewer than two axes to exchange", self.shape());
        }
        self.swapaxes(-2, -1)
    }
    /// Reverses the order of the axes, like NumPy's `T`. [`Tensor::permute`] takes any order.
    #[track_caller]
    pub fn transpose(&self) -> Tensor {
        let order: Dims = (0..self.rank()).rev().collect();
        lax::transpose(self, &order)
    }
    /// Moves the axes `from` to the indices `to`. All other axes keep their order.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// assert_eq!(*Tensor::zeros([2, 3, 4], DType::F32).moveaxis(0, -1).shape(), [3, 4, 2]);
    /// ```
    #[doc(alias = "movedim")]
    #[track_caller]
    pub fn moveaxis(&self, from: impl Into<Axes>, to: impl Into<Axes>) -> Tensor {
        let from = from.into().resolve("moveaxis", self.shape());
        let to = to.into().resolve("moveaxis", self.shape());
        if from.len() != to.len() {
            refuse!("moveaxis: {} axes are moved to {} positions", from.len(), to.len());
        }
        let mut order: Dims = (0..self.rank()).filter(|a| !from.contains(a)).collect();
        let mut moves: Vec<(usize, usize)> = to.into_iter().zip(from).collect();
        moves.sort_unstable();
        for (to, from) in moves {
            order.insert(to, from);
        }
        lax::transpose(self, &order)
    }
    /// Adds axes of size 1 at the front, up to the rank `rank`.
    #[doc(alias = "broadcast_to_rank")]
    #[track_caller]
    pub fn at_least_rank(&self, rank: usize) -> Tensor {
        let missing = rank.saturating_sub(self.rank());
        lax::reshape(self, std::iter::repeat_n(1, missing).chain(self.shape().iter().copied()).collect::<Shape>())
    }
}
