//! NumPy's functions that stack, split, insert and delete parts of tensors.

use super::axes::resolve_axis;
use super::broadcast::{broadcast, expect_joint_shape, expect_one_dtype};
use super::join::{Sections, concat, part};
use super::scalar::Operand;
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::op::Dims;
use rune_ir::{DType, Shape};

/// Reshapes each tensor to the shape that `f` returns.
#[track_caller]
fn reshape_each<T: AsRef<Tensor>>(tensors: &[T], f: fn(&Tensor) -> Shape) -> Vec<Tensor> {
    let mut shaped = Vec::with_capacity(tensors.len());
    for x in tensors {
        shaped.push(lax::reshape(x.as_ref(), f(x.as_ref())));
    }
    shaped
}

/// Returns the shape with at least one axis. The next two functions do the same for two and three axes, like NumPy's
/// `atleast_1d`, `atleast_2d` and `atleast_3d`.
fn at_least_1d(x: &Tensor) -> Shape {
    if x.rank() == 0 { [1].into() } else { x.shape().clone() }
}
fn at_least_2d(x: &Tensor) -> Shape {
    let own = x.shape();
    std::iter::repeat_n(1, 2usize.saturating_sub(x.rank())).chain(own.iter().copied()).collect()
}
fn at_least_3d(x: &Tensor) -> Shape {
    let own = x.shape();
    match own.rank() {
        0 => [1, 1, 1].into(),
        1 => [1, own[0], 1].into(),
        2 => [own[0], own[1], 1].into(),
        _ => own.clone(),
    }
}
/// Returns the shape of a vector as a column.
fn column(x: &Tensor) -> Shape {
    if x.rank() < 2 { [x.size(), 1].into() } else { x.shape().clone() }
}

/// Joining tensors, under NumPy's names.
impl Tensor {
    /// Concatenates tensors along the second axis, and vectors along their only axis. Scalars count as vectors.
    ///
    /// # Panics
    /// If other sizes or the dtypes differ, or there are no tensors.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([[1], [2]]);
    /// assert_eq!(Tensor::hstack(&[&x, &x]).to_vec::<i32>().unwrap(), [1, 1, 2, 2]);
    /// ```
    #[track_caller]
    pub fn hstack<T: AsRef<Tensor>>(tensors: &[T]) -> Tensor {
        let tensors = reshape_each(tensors, at_least_1d);
        let axis = isize::from(tensors.first().is_some_and(|x| x.rank() > 1));
        concat("hstack", &tensors, axis)
    }
    /// Concatenates tensors along the first axis. Vectors count as rows of a matrix.
    ///
    /// # Panics
    /// If other sizes or the dtypes differ, or there are no tensors.
    #[doc(alias = "row_stack")]
    #[track_caller]
    pub fn vstack<T: AsRef<Tensor>>(tensors: &[T]) -> Tensor {
        concat("vstack", &reshape_each(tensors, at_least_2d), 0)
    }
    /// Concatenates tensors along the third axis. Matrices and vectors get the axes of [`Tensor::atleast_3d`] first.
    ///
    /// # Panics
    /// If other sizes or the dtypes differ, or there are no tensors.
    #[track_caller]
    pub fn dstack<T: AsRef<Tensor>>(tensors: &[T]) -> Tensor {
        concat("dstack", &reshape_each(tensors, at_least_3d), 2)
    }
    /// Concatenates tensors along the second axis. Vectors count as columns of a matrix.
    ///
    /// # Panics
    /// If other sizes or the dtypes differ, or there are no tensors.
    #[track_caller]
    pub fn column_stack<T: AsRef<Tensor>>(tensors: &[T]) -> Tensor {
        concat("column_stack", &reshape_each(tensors, column), 1)
    }
    /// Assembles a tensor from rows of blocks.
    ///
    /// # Panics
    /// If the sizes do not match, the dtypes differ, or there are no blocks.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// let (a, b) = (&Tensor::eye(2, DType::I32), &Tensor::zeros([2, 1], DType::I32));
    /// assert_eq!(*Tensor::block(&[&[a, b], &[a, b]]).shape(), [4, 3]);
    /// ```
    #[track_caller]
    pub fn block<T: AsRef<Tensor>>(rows: &[&[T]]) -> Tensor {
        let mut joined = Vec::with_capacity(rows.len());
        for row in rows {
            joined.push(concat("block", &reshape_each(row, at_least_2d), -1));
        }
        concat("block", &joined, -2)
    }
    /// Broadcasts tensors to one shape. Their dtypes may differ.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn broadcast_arrays<T: AsRef<Tensor>>(tensors: &[T]) -> Vec<Tensor> {
        let shapes: Vec<&Shape> = tensors.iter().map(|x| x.as_ref().shape()).collect();
        let joint = expect_joint_shape("broadcast_arrays", &shapes);
        let mut all = Vec::with_capacity(tensors.len());
        for x in tensors {
            all.push(broadcast("broadcast_arrays", x.as_ref(), &joint));
        }
        all
    }
    /// Appends `values` along `axis`.
    ///
    /// # Panics
    /// If other sizes or the dtypes differ.
    #[track_caller]
    pub fn append(&self, values: &Tensor, axis: isize) -> Tensor {
        concat("append", &[self.clone(), values.clone()], axis)
    }
}

/// Tensors with a minimum number of axes.
impl Tensor {
    /// Returns a scalar as a vector of one element, and any other tensor unchanged.
    #[track_caller]
    pub fn atleast_1d(&self) -> Tensor {
        lax::reshape(self, at_least_1d(self))
    }
    /// Returns the tensor with at least two axes. New axes come first.
    #[track_caller]
    pub fn atleast_2d(&self) -> Tensor {
        lax::reshape(self, at_least_2d(self))
    }
    /// Returns the tensor with at least three axes: a matrix gains a last axis, and a vector gains a first and a last
    /// one.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(*Tensor::from([1, 2]).atleast_3d().shape(), [1, 2, 1]);
    /// ```
    #[track_caller]
    pub fn atleast_3d(&self) -> Tensor {
        lax::reshape(self, at_least_3d(self))
    }
}

/// Splitting tensors, and inserting and deleting parts.
impl Tensor {
    /// Splits the tensor along `axis` into `n` parts. If the size is not a multiple of `n`, the first parts have one
    /// more element than the others.
    ///
    /// # Panics
    /// If `n` is 0 or the axis is out of range.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// let sizes: Vec<usize> = Tensor::arange(0..8, DType::I32).array_split(3, 0).iter().map(Tensor::size).collect();
    /// assert_eq!(sizes, [3, 3, 2]);
    /// ```
    #[doc(alias = "tensor_split")]
    #[track_caller]
    pub fn array_split(&self, n: usize, axis: isize) -> Vec<Tensor> {
        let at = resolve_axis("array_split", axis, self.shape());
        if n == 0 {
            refuse!("array_split: into no parts");
        }
        let size = self.shape()[at];
        let sizes: Vec<usize> = (0..n).map(|i| size / n + usize::from(i < size % n)).collect();
        self.split(sizes, axis)
    }
    /// Splits the tensor along the second axis, and a vector along its only axis, like [`Tensor::split`].
    ///
    /// # Panics
    /// Like [`Tensor::split`].
    #[track_caller]
    pub fn hsplit(&self, sections: impl Into<Sections>) -> Vec<Tensor> {
        self.split(sections, isize::from(self.rank() > 1))
    }
    /// Splits the tensor along the first axis, like [`Tensor::split`].
    ///
    /// # Panics
    /// Like [`Tensor::split`].
    #[track_caller]
    pub fn vsplit(&self, sections: impl Into<Sections>) -> Vec<Tensor> {
        self.split(sections, 0)
    }
    /// Splits the tensor along the third axis, like [`Tensor::split`].
    ///
    /// # Panics
    /// Like [`Tensor::split`].
    #[track_caller]
    pub fn dsplit(&self, sections: impl Into<Sections>) -> Vec<Tensor> {
        self.split(sections, 2)
    }
    /// Returns the tensor without the slices at these indices along `axis`. Negative indices count from the end.
    ///
    /// # Panics
    /// If an index is out of range.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([1, 2, 3, 4]).delete(&[1, -1], 0).to_vec::<i32>().unwrap(), [1, 3]);
    /// ```
    #[track_caller]
    pub fn delete(&self, positions: &[isize], axis: isize) -> Tensor {
        let axis = resolve_axis("delete", axis, self.shape());
        let n = self.shape()[axis];
        let mut gone = vec![false; n];
        for &at in positions {
            gone[position("delete", at, n, axis)] = true;
        }
        let (mut runs, mut start) = (Vec::new(), 0);
        for (end, gone) in gone.into_iter().chain([true]).enumerate() {
            if gone {
                if end > start {
                    runs.push(part(self, axis, start, end));
                }
                start = end + 1;
            }
        }
        if runs.is_empty() { part(self, axis, 0, 0) } else { concat("delete", &runs, axis as isize) }
    }
    /// Inserts `values` before index `at` along `axis`. `values` may lack the axis. They broadcast along the other
    /// axes.
    ///
    /// # Panics
    /// If the index is out of range, `values` do not match, or the dtypes differ.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([1, 2]).insert(1, 9, 0).to_vec::<i32>().unwrap(), [1, 9, 2]);
    /// ```
    #[track_caller]
    pub fn insert(&self, at: isize, values: impl Operand, axis: isize) -> Tensor {
        let axis = resolve_axis("insert", axis, self.shape());
        let n = self.shape()[axis];
        // Like in NumPy, -1 inserts before the last element. Only the size of the axis inserts after it.
        let at = if at == n as isize { n } else { position("insert", at, n, axis) };
        let values = values.into_argument().into_tensor("insert", self.dtype());
        expect_one_dtype("insert", &[self.dtype(), values.dtype()]);
        let mut shape = self.shape().clone();
        shape.dims_mut()[axis] = if values.rank() == self.rank() { values.shape()[axis] } else { 1 };
        let values = broadcast("insert", &values, &shape);
        concat("insert", &[part(self, axis, 0, at), values, part(self, axis, at, n)], axis as isize)
    }
    /// Returns the elements in row-major order, repeated or truncated to fill `shape`.
    ///
    /// # Panics
    /// If this tensor is empty and `shape` is not.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([1, 2, 3]).resize([2, 2]).to_vec::<i32>().unwrap(), [1, 2, 3, 1]);
    /// ```
    #[track_caller]
    pub fn resize(&self, shape: impl Into<Shape>) -> Tensor {
        let shape = shape.into();
        let Some(size) = shape.checked_size() else { refuse!("resize: shape {shape} has too many elements") };
        if self.size() == 0 && size > 0 {
            refuse!("resize: shape {} has no elements to fill {shape} with", self.shape());
        }
        let times = if size == 0 { 0 } else { size.div_ceil(self.size()) };
        let tiled = self.flatten().tile(&[times]);
        lax::reshape(&part(&tiled, 0, 0, size), shape)
    }
}

/// Returns the nonnegative index for `at` along an axis of size `n`.
#[track_caller]
fn position(op: &str, at: isize, n: usize, axis: usize) -> usize {
    let position = if at < 0 { at.checked_add_unsigned(n) } else { Some(at) };
    match position.and_then(|a| usize::try_from(a).ok()) {
        Some(a) if a < n => a,
        _ => refuse!("{op}: position {at} is out of range for axis {axis}"),
    }
}

/// Reordering elements and axes.
impl Tensor {
    /// Reverses the columns: [`Tensor::flip`] along the second axis.
    ///
    /// # Panics
    /// If there are fewer than two axes.
    #[track_caller]
    pub fn fliplr(&self) -> Tensor {
        if self.rank() < 2 {
            refuse!("fliplr: shape {} has fewer than two axes", self.shape());
        }
        self.flip(1)
    }
    /// Reverses the rows: [`Tensor::flip`] along the first axis.
    ///
    /// # Panics
    /// If there are no axes.
    #[track_caller]
    pub fn flipud(&self) -> Tensor {
        if self.rank() < 1 {
            refuse!("flipud: shape {} has no axis", self.shape());
        }
        self.flip(0)
    }
    /// Rotates the tensor by `k` times 90° in the plane of two axes, from the first towards the second.
    ///
    /// # Panics
    /// If an axis is out of range, or both are the same.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([[1, 2], [3, 4]]).rot90(1, 0, 1);
    /// assert_eq!(x.to_vec::<i32>().unwrap(), [2, 4, 1, 3]);
    /// ```
    #[track_caller]
    pub fn rot90(&self, k: isize, a: isize, b: isize) -> Tensor {
        let (from, to) = (resolve_axis("rot90", a, self.shape()), resolve_axis("rot90", b, self.shape()));
        if from == to {
            refuse!("rot90: both axes are {from}, of shape {}", self.shape());
        }
        match k.rem_euclid(4) {
            0 => self.clone(),
            1 => self.flip(to).swapaxes(a, b),
            2 => self.flip([from, to]),
            _ => self.swapaxes(a, b).flip(to),
        }
    }
    /// Moves the axis `axis` to the position before the axis `start`, like NumPy's `rollaxis`. [`Tensor::moveaxis`] is
    /// easier to read.
    ///
    /// # Panics
    /// If an axis is out of range.
    #[track_caller]
    pub fn rollaxis(&self, axis: isize, start: isize) -> Tensor {
        let axis = resolve_axis("rollaxis", axis, self.shape());
        let rank = self.rank() as isize;
        let start = if start < 0 { start + rank } else { start };
        if !(0..=rank).contains(&start) {
            refuse!("rollaxis: position {start} is out of range for shape {}", self.shape());
        }
        let to = if start > axis as isize { start - 1 } else { start };
        self.moveaxis(axis, to)
    }
    /// Returns the indices of a grid: for each axis of `shape`, the index along it. They are stacked along a new first
    /// axis.
    ///
    /// # Panics
    /// If `dtype` is `bool`.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// assert_eq!(Tensor::indices([2, 2], DType::I32).to_vec::<i32>().unwrap(), [0, 0, 1, 1, 0, 1, 0, 1]);
    /// ```
    #[track_caller]
    pub fn indices(shape: impl Into<Shape>, dtype: DType) -> Tensor {
        let shape = shape.into();
        if shape.rank() == 0 {
            return Tensor::zeros([0], dtype);
        }
        let mut parts = Vec::with_capacity(shape.rank());
        for axis in 0..shape.rank() {
            parts.push(lax::iota(dtype, shape.clone(), axis));
        }
        Tensor::stack(&parts, 0)
    }
    /// Repeats the tensor along new first axes of these sizes, like `lax.broadcast`.
    #[track_caller]
    pub fn broadcast(&self, sizes: &[usize]) -> Tensor {
        let dims: Dims = (sizes.len()..sizes.len() + self.rank()).collect();
        let shape: Shape = sizes.iter().chain(self.shape().iter()).copied().collect();
        lax::broadcast_in_dim(self, shape, &dims)
    }
}

/// Returns the shape to which arrays of these shapes broadcast, by NumPy's rules.
///
/// # Panics
/// If they do not broadcast.
///
/// ```
/// use rune_trace::{Shape, broadcast_shapes};
/// assert_eq!(broadcast_shapes(&[Shape::from([2, 1]), Shape::from([3])]), [2, 3]);
/// ```
#[track_caller]
pub fn broadcast_shapes(shapes: &[Shape]) -> Shape {
    expect_joint_shape("broadcast_shapes", &shapes.iter().collect::<Vec<_>>())
}
