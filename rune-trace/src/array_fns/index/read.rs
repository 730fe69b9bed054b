//! Reading by index.

use super::items::{IndexItem, Indices};
use super::plan::{Plan, expect_elements, wrap};
use crate::array_fns::axes::resolve_axis;
use crate::array_fns::broadcast::{broadcast, expect_joint_shape};
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::op::{Dims, GatherDims};
use rune_ir::{DType, Shape};

/// Indexing.
impl Tensor {
    /// Returns the elements that an index selects, by NumPy's rules.
    ///
    /// An index has one part for each axis, from the first axis on. Several parts form a tuple. Each part is an integer
    /// (which removes the axis), a range (`1..3`, `..`, `2..`, `..-1`), a range with a step
    /// ([`stepped`](crate::stepped)), or an array, vector or tensor of integers. Negative integers count from the end.
    /// [`NewAxis`](crate::NewAxis) adds an axis, and [`Ellipsis`](crate::Ellipsis) selects all axes that are not
    /// mentioned.
    ///
    /// Several index arrays broadcast together. If the axes that they index are adjacent, the axes of the arrays
    /// replace them. Otherwise, the axes of the arrays come first. A range that exceeds an axis ends where the axis
    /// ends. Indices in tensors, of any integer dtype, are clamped to the axis.
    ///
    /// # Panics
    /// If a known index is out of range, there are more parts than axes, index arrays do not broadcast or are not
    /// integers, or there are index arrays and the axis has no elements.
    ///
    /// ```
    /// use rune_trace::{DType, NewAxis, Tensor, stepped};
    /// let x = Tensor::arange(0..12, DType::I32).reshape([3, 4]);
    /// assert_eq!(x.i((0, 1..3)).to_vec::<i32>().unwrap(), [1, 2]);
    /// assert_eq!(x.i((-1, stepped(.., -2))).to_vec::<i32>().unwrap(), [11, 9]);
    /// assert_eq!(x.i(([0, 2], [1, -1])).to_vec::<i32>().unwrap(), [1, 11]);
    /// assert_eq!(*x.i((NewAxis, .., 0)).shape(), [1, 3]);
    /// ```
    #[doc(alias = "index_take")]
    #[doc(alias = "index_in_dim")]
    #[doc(alias = "index_select")]
    #[doc(alias = "getitem")]
    #[track_caller]
    pub fn i(&self, index: impl Indices) -> Tensor {
        let items = index.into_items();
        let plan = Plan::new("i", self.shape(), &items);
        let gathered = plan.gather("i", &plan.slice(self));
        lax::reshape(&gathered, plan.result.clone())
    }
    /// Returns the slices along `axis` at `indices` (integers, of any shape). The axes of `indices` replace `axis`.
    /// Negative indices count from the end. Indices out of range are clamped. Without indices, the result is empty,
    /// even if the axis has no elements.
    ///
    /// # Panics
    /// If `indices` are not integers, the axis is out of range, or it has no elements and there are indices.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([[1, 2], [3, 4], [5, 6]]);
    /// assert_eq!(x.take(&Tensor::from([2, 0]), 0).to_vec::<i32>().unwrap(), [5, 6, 1, 2]);
    /// ```
    #[doc(alias = "gather")]
    #[doc(alias = "index_select")]
    #[track_caller]
    pub fn take(&self, indices: &Tensor, axis: isize) -> Tensor {
        let axis = resolve_axis("take", axis, self.shape());
        let mut items = vec![IndexItem::Range { start: None, stop: None, step: 1 }; axis];
        items.push(IndexItem::Tensor(indices.clone()));
        let plan = Plan::new("take", self.shape(), &items);
        plan.gather("take", self)
    }
    /// Returns, for each element of `indices`, the element of this tensor at the same position, except along `axis`,
    /// where the element of `indices` is the position. All other axes broadcast. Indices are treated like in
    /// [`Tensor::take`].
    ///
    /// # Panics
    /// If `indices` are not integers or have another rank, do not broadcast, or the axis has no elements and there are
    /// indices.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([[3, 1, 2], [6, 5, 4]]);
    /// let sorted = x.take_along_axis(&x.argsort(-1), -1);
    /// assert_eq!(sorted.to_vec::<i32>().unwrap(), [1, 2, 3, 4, 5, 6]);
    /// ```
    #[doc(alias = "gather")]
    #[track_caller]
    pub fn take_along_axis(&self, indices: &Tensor, axis: isize) -> Tensor {
        let op = "take_along_axis";
        let axis = resolve_axis(op, axis, self.shape());
        if !indices.dtype().is_int() || indices.rank() != self.rank() {
            refuse!("{op}: of {} takes integer indices of as many axes, but got {}", self.ty(), indices.ty());
        }
        let n = self.shape()[axis];
        let (mut own, mut theirs) = (self.shape().clone(), indices.shape().clone());
        let count = theirs[axis];
        (own.dims_mut()[axis], theirs.dims_mut()[axis]) = (1, 1);
        let mut joint = expect_joint_shape(op, &[&own, &theirs]);
        joint.dims_mut()[axis] = count;
        if joint.size() == 0 {
            return lax::full(self.dtype(), &joint, 0.0);
        }
        expect_elements(op, axis, self.shape());
        joint.dims_mut()[axis] = n;
        let x = broadcast(op, self, &joint);
        joint.dims_mut()[axis] = count;
        let dtype = if indices.dtype().size() > 4 || indices.dtype() == DType::U32 { DType::I64 } else { DType::I32 };
        let indices = broadcast(op, &wrap(indices, dtype, n), &joint);
        let others: Dims = (0..x.rank()).filter(|&a| a != axis).collect();
        let dims = GatherDims {
            collapsed: Dims::from_slice(&[axis]),
            start_index_map: Dims::from_slice(&[axis]),
            operand_batching: others.clone(),
            indices_batching: others,
            ..GatherDims::default()
        };
        let mut coordinates: Shape = indices.shape().clone();
        coordinates.dims_mut().push(1);
        lax::gather(&x, &lax::reshape(&indices, coordinates), dims, &Dims::from_elem(1, x.rank()))
    }
}
