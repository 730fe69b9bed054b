//! Joining and splitting tensors.

use super::axes::{resolve_axis, resolve_below};
use super::broadcast::expect_one_dtype;
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::DType;
use rune_ir::op::Dims;

/// The parts of [`Tensor::split`]: a number of equal parts, or parts of given sizes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sections {
    /// This number of parts of equal size.
    Equal(usize),
    /// Parts of these sizes.
    Sizes(Vec<usize>),
}
impl From<usize> for Sections {
    fn from(n: usize) -> Sections {
        Sections::Equal(n)
    }
}
impl<const N: usize> From<[usize; N]> for Sections {
    fn from(sizes: [usize; N]) -> Sections {
        Sections::Sizes(sizes.to_vec())
    }
}
impl From<&[usize]> for Sections {
    fn from(sizes: &[usize]) -> Sections {
        Sections::Sizes(sizes.to_vec())
    }
}
impl From<Vec<usize>> for Sections {
    fn from(sizes: Vec<usize>) -> Sections {
        Sections::Sizes(sizes)
    }
}

/// Returns a list of tensors, owned or borrowed, as owned ones.
fn owned<T: AsRef<Tensor>>(xs: &[T]) -> Vec<Tensor> {
    xs.iter().map(|x| x.as_ref().clone()).collect()
}

impl AsRef<Tensor> for Tensor {
    fn as_ref(&self) -> &Tensor {
        self
    }
}

/// Returns the elements of `x` from `start` up to `limit` along `axis`.
#[track_caller]
pub(crate) fn part(x: &Tensor, axis: usize, start: usize, limit: usize) -> Tensor {
    if start == 0 && limit == x.shape()[axis] {
        return x.clone();
    }
    let mut starts: Dims = Dims::from_elem(0, x.rank());
    let mut limits: Dims = x.shape().iter().copied().collect();
    (starts[axis], limits[axis]) = (start, limit);
    lax::slice(x, &starts, &limits, &Dims::from_elem(1, x.rank()))
}

/// Joining and splitting.
impl Tensor {
    /// Joins tensors along `axis`. All other sizes and the dtypes must agree.
    ///
    /// # Panics
    /// If other sizes or the dtypes differ, or there are no tensors.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let (x, y) = (Tensor::from([1, 2]), Tensor::from([3]));
    /// assert_eq!(Tensor::concat(&[x, y], 0).to_vec::<i32>().unwrap(), [1, 2, 3]);
    /// ```
    #[doc(alias = "concatenate")]
    #[doc(alias = "cat")]
    #[track_caller]
    pub fn concat<T: AsRef<Tensor>>(tensors: &[T], axis: isize) -> Tensor {
        concat("concat", &owned(tensors), axis)
    }
    /// Stacks tensors of one type along a new axis.
    ///
    /// # Panics
    /// If their types differ, or there are no tensors.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let (x, y) = (Tensor::from([1, 2]), Tensor::from([3, 4]));
    /// assert_eq!(Tensor::stack(&[&x, &y], 0).to_vec::<i32>().unwrap(), [1, 2, 3, 4]);
    /// assert_eq!(Tensor::stack(&[&x, &y], -1).to_vec::<i32>().unwrap(), [1, 3, 2, 4]);
    /// ```
    #[track_caller]
    pub fn stack<T: AsRef<Tensor>>(tensors: &[T], axis: isize) -> Tensor {
        let tensors = owned(tensors);
        let Some(first) = tensors.first() else { refuse!("stack: there are no tensors") };
        let at = resolve_below("stack", axis, first.rank() + 1, &|| "the result".to_owned());
        let mut parts = Vec::with_capacity(tensors.len());
        for x in &tensors {
            if x.shape() != first.shape() {
                refuse!("stack: shapes {} and {} differ", first.shape(), x.shape());
            }
            parts.push(x.unsqueeze(at as isize));
        }
        concat("stack", &parts, at as isize)
    }
    /// Splits this tensor along `axis` into a number of equal parts, or into parts of given sizes. NumPy's `split` takes
    /// the positions between parts instead of their sizes.
    ///
    /// # Panics
    /// If the size of the axis is not a multiple of the number, or not the sum of the sizes.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// let x = Tensor::arange(0..6, DType::I32);
    /// assert_eq!(x.split(3, 0)[1].to_vec::<i32>().unwrap(), [2, 3]);
    /// assert_eq!(x.split([1, 5], 0)[0].to_vec::<i32>().unwrap(), [0]);
    /// ```
    #[track_caller]
    pub fn split(&self, sections: impl Into<Sections>, axis: isize) -> Vec<Tensor> {
        let axis = resolve_axis("split", axis, self.shape());
        let size = self.shape()[axis];
        let sizes = match sections.into() {
            Sections::Equal(n) if n > 0 && size.is_multiple_of(n) => vec![size / n; n],
            Sections::Equal(n) => refuse!(
                "split: axis {axis} of shape {} does not split into {n} equal parts; `chunk` allows a smaller last one",
                self.shape()
            ),
            Sections::Sizes(sizes) => sizes,
        };
        if sizes.iter().try_fold(0usize, |sum, &n| sum.checked_add(n)) != Some(size) {
            refuse!(
                "split: the sizes {sizes:?} do not add up to axis {axis} of shape {}; they are sizes of the parts, not \
                 positions as in NumPy",
                self.shape()
            );
        }
        self.parts(axis, &sizes)
    }
    /// Splits this tensor along `axis` into at most `n` parts of equal size. The last part may be smaller.
    #[track_caller]
    pub fn chunk(&self, n: usize, axis: isize) -> Vec<Tensor> {
        let axis = resolve_axis("chunk", axis, self.shape());
        if n == 0 {
            refuse!("chunk: into no parts");
        }
        let size = self.shape()[axis];
        let step = size.div_ceil(n).max(1);
        let sizes: Vec<usize> = (0..size).step_by(step).map(|i| step.min(size - i)).collect();
        self.parts(axis, &sizes)
    }
    /// Splits this tensor along `axis` into parts of size 1, and removes the axis.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let columns = Tensor::from([[1, 2], [3, 4]]).unstack(-1);
    /// assert_eq!(columns[0].to_vec::<i32>().unwrap(), [1, 3]);
    /// ```
    #[doc(alias = "unbind")]
    #[track_caller]
    pub fn unstack(&self, axis: isize) -> Vec<Tensor> {
        let axis = resolve_axis("unstack", axis, self.shape());
        let mut parts = Vec::with_capacity(self.shape()[axis]);
        for i in 0..self.shape()[axis] {
            parts.push(lax::reshape(&part(self, axis, i, i + 1), self.shape().without(&[axis])));
        }
        parts
    }
    #[track_caller]
    fn parts(&self, axis: usize, sizes: &[usize]) -> Vec<Tensor> {
        let (mut start, mut parts) = (0, Vec::with_capacity(sizes.len()));
        for &n in sizes {
            parts.push(part(self, axis, start, start + n));
            start += n;
        }
        parts
    }
    /// Repeats each element (or slice) along `axis` `n` times.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([1, 2]).repeat(2, 0).to_vec::<i32>().unwrap(), [1, 1, 2, 2]);
    /// ```
    #[doc(alias = "repeat_interleave")]
    #[track_caller]
    pub fn repeat(&self, n: usize, axis: isize) -> Tensor {
        let axis = resolve_axis("repeat", axis, self.shape());
        let (mut wide, mut merged) = (self.shape().clone(), self.shape().clone());
        wide.dims_mut().insert(axis + 1, n);
        merged.dims_mut()[axis] *= n;
        let dims: Dims = (0..=self.rank()).filter(|&a| a != axis + 1).collect();
        lax::reshape(&lax::broadcast_in_dim(self, wide, &dims), merged)
    }
    /// Repeats the whole tensor this number of times along each axis. Axes are aligned at the last one. If there are
    /// more counts than axes, new axes come first.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([1, 2]).tile(&[2]).to_vec::<i32>().unwrap(), [1, 2, 1, 2]);
    /// assert_eq!(*Tensor::from([1, 2]).tile(&[3, 1]).shape(), [3, 2]);
    /// ```
    #[track_caller]
    pub fn tile(&self, counts: &[usize]) -> Tensor {
        let x = self.at_least_rank(counts.len());
        let counts = std::iter::repeat_n(1, x.rank() - counts.len()).chain(counts.iter().copied());
        let pairs: Vec<(usize, usize)> = counts.zip(x.shape().iter().copied()).collect();
        let wide = pairs.iter().flat_map(|&(count, n)| [count, n]).collect::<rune_ir::Shape>();
        let dims: Dims = (0..x.rank()).map(|a| 2 * a + 1).collect();
        let tiled = lax::broadcast_in_dim(&x, wide, &dims);
        lax::reshape(&tiled, pairs.iter().map(|&(count, n)| count * n).collect::<rune_ir::Shape>())
    }
    /// Returns the coordinate grids of vectors: the `i`-th result holds the `i`-th vector along axis `i`, repeated
    /// along all other axes.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let grids = Tensor::meshgrid(&[Tensor::from([1, 2]), Tensor::from([3, 4, 5])]);
    /// assert_eq!(grids[0].to_vec::<i32>().unwrap(), [1, 1, 1, 2, 2, 2]);
    /// assert_eq!(grids[1].to_vec::<i32>().unwrap(), [3, 4, 5, 3, 4, 5]);
    /// ```
    #[track_caller]
    pub fn meshgrid<T: AsRef<Tensor>>(vectors: &[T]) -> Vec<Tensor> {
        let vectors = owned(vectors);
        if let Some(x) = vectors.iter().find(|x| x.rank() != 1) {
            refuse!("meshgrid: takes vectors, but got {}", x.ty());
        }
        let shape: rune_ir::Shape = vectors.iter().map(Tensor::size).collect();
        let mut grids = Vec::with_capacity(vectors.len());
        for (axis, x) in vectors.iter().enumerate() {
            grids.push(lax::broadcast_in_dim(x, shape.clone(), &[axis]));
        }
        grids
    }
}

#[track_caller]
pub(crate) fn concat(op: &str, tensors: &[Tensor], axis: isize) -> Tensor {
    let Some(first) = tensors.first() else { refuse!("{op}: there are no tensors") };
    let axis = resolve_axis(op, axis, first.shape());
    let dtypes: Vec<DType> = tensors.iter().map(Tensor::dtype).collect();
    expect_one_dtype(op, &dtypes);
    for x in tensors {
        let fits = x.rank() == first.rank() && x.shape().without(&[axis]) == first.shape().without(&[axis]);
        if !fits {
            refuse!("{op}: shapes {} and {} differ in more than axis {axis}", first.shape(), x.shape());
        }
    }
    if tensors.len() == 1 { first.clone() } else { lax::concatenate(tensors, axis) }
}
