//! Selection of elements by conditions. The sizes of the results may depend on values.

use super::axes::resolve_axis;
use super::broadcast::{broadcast, expect_joint_shape, expect_one_dtype};
use super::reductions::to_bool;
use super::scalar::{Operand, Scalar};
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::{DType, Shape};
use std::ops::RangeFull;

/// The number of results of a function, where this number depends on the values of its operands.
///
/// `..` takes all results. Inside `jit`, `vmap` and other traced functions, values are unknown, so the number must be
/// given: `5` takes the first five results, padded with 0 (or the fill value of the function); `(5, -1)` pads with -1.
///
/// ```
/// use rune_trace::Tensor;
/// let x = Tensor::from([0, 7, 0, 8]);
/// assert_eq!(x.flatnonzero(..).to_vec::<i32>().unwrap(), [1, 3]);
/// assert_eq!(x.flatnonzero(1).to_vec::<i32>().unwrap(), [1]);
/// assert_eq!(x.flatnonzero((3, -1)).to_vec::<i32>().unwrap(), [1, 3, -1]);
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ResultSize {
    size: Option<usize>,
    fill: Option<Scalar>,
}

impl ResultSize {
    pub(super) fn explicit_size(&self) -> Option<usize> {
        self.size
    }
    /// Returns the number of results: the given one, or the number of true elements of the vector `mask`.
    #[track_caller]
    pub(super) fn resolve_size(&self, op: &str, mask: &Tensor) -> usize {
        match self.size {
            Some(n) => n,
            None => concrete_i64(op, &lax::convert(mask, DType::I64).sum())[0] as usize,
        }
    }
    /// The fill value.
    #[track_caller]
    pub(super) fn fill(&self, op: &str, dtype: DType) -> Option<Tensor> {
        Some(lax::constant(self.fill?.literal(op, dtype)))
    }
    #[track_caller]
    fn fill_or_zero(&self, op: &str, dtype: DType) -> Tensor {
        lax::constant(self.fill.unwrap_or(Scalar::Int(0)).literal(op, dtype))
    }
}
impl From<RangeFull> for ResultSize {
    fn from(_: RangeFull) -> ResultSize {
        ResultSize { size: None, fill: None }
    }
}
macro_rules! sizes {
    ($($t:ty),*) => {$(
        impl From<$t> for ResultSize {
            fn from(n: $t) -> ResultSize {
                ResultSize { size: Some(usize::try_from(n).unwrap_or(0)), fill: None }
            }
        }
        impl<T: Into<Scalar>> From<($t, T)> for ResultSize {
            fn from((n, fill): ($t, T)) -> ResultSize {
                ResultSize { fill: Some(fill.into()), ..ResultSize::from(n) }
            }
        }
    )*};
}
sizes!(i32, usize);

/// Reads the elements of `x` as `i64`. The size of a result depends on them.
#[track_caller]
pub(super) fn concrete_i64(op: &str, x: &Tensor) -> Vec<i64> {
    match x.to_vec::<i64>() {
        Ok(elements) => elements,
        Err(error) => refuse!(
            "{op}: the size of the result depends on the values of a tensor, which cannot be read here; give the size, as in `{op}(5)` or \
             `{op}((5, fill))` ({error})"
        ),
    }
}

/// Returns the elements of the vector `x` where `mask` is true, padded with `fill` to `size`.
#[track_caller]
pub(super) fn compact(x: &Tensor, mask: &Tensor, size: usize, fill: &Tensor) -> Tensor {
    let start = lax::broadcast_in_dim(fill, [size], &[]);
    if size == 0 || x.size() == 0 {
        return start;
    }
    let place = lax::convert(mask, DType::I32).cumsum(0) - 1;
    // Sends the elements where `mask` is false to an index out of range, which `set` ignores.
    let place = lax::select(mask, &place, &lax::full_like(&place, size as f64));
    start.at(place).set(x)
}

/// Returns the indices where the vector `mask` is true, padded to a size, and a mask that is false for the padding.
#[track_caller]
fn positions(op: &str, mask: &Tensor, size: &ResultSize, fill: f64) -> (Tensor, Tensor) {
    let n = size.resolve_size(op, mask);
    let i = lax::iota(DType::I32, mask.shape().clone(), 0);
    let fill = lax::full(DType::I32, &Shape::scalar(), fill);
    let found = lax::convert(mask, DType::I32).sum();
    let is = lax::iota(DType::I32, [n], 0).lt(&found);
    (compact(&i, mask, n, &fill), is)
}

/// Indices of elements, and elements by conditions.
impl Tensor {
    /// Returns the positions of the nonzero elements, as `i32`: for each axis, a vector of the positions along it.
    ///
    /// # Panics
    /// If the number of results is `..` and the elements are unknown.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([[3, 0], [0, 4]]);
    /// let positions = x.nonzero(..);
    /// assert_eq!(positions[0].to_vec::<i32>().unwrap(), [0, 1]);
    /// assert_eq!(positions[1].to_vec::<i32>().unwrap(), [0, 1]);
    /// ```
    #[track_caller]
    pub fn nonzero(&self, size: impl Into<ResultSize>) -> Vec<Tensor> {
        nonzero("nonzero", self, &size.into())
    }
    /// Like [`Tensor::nonzero`], but returns one matrix with a row for each position.
    ///
    /// # Panics
    /// Like [`Tensor::nonzero`].
    #[track_caller]
    pub fn argwhere(&self, size: impl Into<ResultSize>) -> Tensor {
        let columns = nonzero("argwhere", self, &size.into());
        if columns.is_empty() {
            lax::full(DType::I32, &[usize::from(self.size() > 0), 0].into(), 0.0)
        } else {
            Tensor::stack(&columns, 1)
        }
    }
    /// Returns the positions of the nonzero elements in row-major order, as `i32`.
    ///
    /// # Panics
    /// Like [`Tensor::nonzero`].
    #[track_caller]
    pub fn flatnonzero(&self, size: impl Into<ResultSize>) -> Tensor {
        nonzero("flatnonzero", &self.flatten(), &size.into()).remove(0)
    }
    /// Returns the elements where `condition` holds, in row-major order.
    ///
    /// # Panics
    /// If the shapes differ, or the number of results is `..` and the elements of `condition` are unknown.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([3, -1, 4, -1]);
    /// assert_eq!(x.extract(&x.gt(0), ..).to_vec::<i32>().unwrap(), [3, 4]);
    /// ```
    #[doc(alias = "masked_select")]
    #[doc(alias = "boolean_mask")]
    #[track_caller]
    pub fn extract(&self, condition: &Tensor, size: impl Into<ResultSize>) -> Tensor {
        if condition.shape() != self.shape() {
            refuse!("extract: shapes {} and {} differ", self.shape(), condition.shape());
        }
        let (size, mask) = (size.into(), to_bool(condition).flatten());
        let fill = size.fill_or_zero("extract", self.dtype());
        compact(&self.flatten(), &mask, size.resolve_size("extract", &mask), &fill)
    }
    /// Returns the slices along `axis` for which the vector `condition` is true. Drops slices beyond the end of
    /// `condition`.
    ///
    /// # Panics
    /// If `condition` is not a vector or is longer than the axis, or if the number of results is `..` and the elements
    /// of `condition` are unknown.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([[1, 2], [3, 4]]).compress(&Tensor::from([false, true]), 0, ..);
    /// assert_eq!(x.to_vec::<i32>().unwrap(), [3, 4]);
    /// ```
    #[track_caller]
    pub fn compress(&self, condition: &Tensor, axis: isize, size: impl Into<ResultSize>) -> Tensor {
        let at = resolve_axis("compress", axis, self.shape());
        if condition.rank() != 1 || condition.size() > self.shape()[at] {
            refuse!("compress: a condition of {} does not fit axis {at} of shape {}", condition.ty(), self.shape());
        }
        let size = size.into();
        let (chosen, is) = positions("compress", &to_bool(condition), &size, 0.0);
        let mut shape = self.shape().clone();
        shape.dims_mut()[at] = chosen.size();
        let fill = size.fill_or_zero("compress", self.dtype());
        let fill = lax::broadcast_in_dim(&fill, shape.clone(), &[]);
        if shape.size() == 0 || self.shape()[at] == 0 {
            return fill;
        }
        lax::select(&lax::broadcast_in_dim(&is, shape, &[at]), &self.take(&chosen, at as isize), &fill)
    }
}

#[track_caller]
fn nonzero(op: &str, x: &Tensor, size: &ResultSize) -> Vec<Tensor> {
    let holds = to_bool(x);
    let (flat, is) = positions(op, &holds.flatten(), size, 0.0);
    let fill = size.fill(op, DType::I32);
    let mut all = unravel(&flat, x.shape());
    if let Some(fill) = fill {
        for one in &mut all {
            *one = lax::select(&is, one, &lax::broadcast_in_dim(&fill, one.shape().clone(), &[]));
        }
    }
    all
}

/// Converts positions in row-major order to positions along each axis.
#[track_caller]
pub(super) fn unravel(flat: &Tensor, shape: &Shape) -> Vec<Tensor> {
    let mut rest = flat.clone();
    let mut all = Vec::with_capacity(shape.rank());
    for &n in shape.iter().rev() {
        let n = lax::full_like(&rest, n.max(1) as f64);
        all.push(lax::rem(&rest, &n));
        rest = lax::div(&rest, &n);
    }
    all.reverse();
    all
}

/// Choices for each element.
impl Tensor {
    /// Returns, for each element, the choice of the first true condition, or else `default`. All operands broadcast.
    ///
    /// # Panics
    /// If the numbers of conditions and choices differ, a condition is not of `bool`, the dtypes differ, or the shapes
    /// do not broadcast.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([-2, 0, 5]);
    /// let y = Tensor::select(&[x.lt(0), x.gt(0)], &[-&x, &x * 10], 7);
    /// assert_eq!(y.to_vec::<i32>().unwrap(), [2, 7, 50]);
    /// ```
    #[doc(alias = "piecewise")]
    #[track_caller]
    pub fn select<C: AsRef<Tensor>, T: AsRef<Tensor>>(
        conditions: &[C],
        choices: &[T],
        default: impl Operand,
    ) -> Tensor {
        if conditions.len() != choices.len() || choices.is_empty() {
            refuse!("select: {} conditions are given for {} choices", conditions.len(), choices.len());
        }
        let dtype = choices[0].as_ref().dtype();
        let mut y = default.into_argument().into_tensor("select", dtype);
        for (condition, choice) in conditions.iter().zip(choices).rev() {
            y = super::where_(condition.as_ref(), choice.as_ref(), &y);
        }
        y
    }
    /// Returns the element of `choices[i]` for each integer `i` in this tensor. All operands broadcast. Numbers out of
    /// range are clamped.
    ///
    /// # Panics
    /// If this tensor does not hold integers, there are no choices, the dtypes of the choices differ, or the shapes do
    /// not broadcast.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let y = Tensor::from([0, 1, 0]).choose(&[Tensor::from([1, 2, 3]), Tensor::from([10, 20, 30])]);
    /// assert_eq!(y.to_vec::<i32>().unwrap(), [1, 20, 3]);
    /// ```
    #[doc(alias = "select_n")]
    #[track_caller]
    pub fn choose<T: AsRef<Tensor>>(&self, choices: &[T]) -> Tensor {
        super::bits::expect_int("choose", self);
        let Some(last) = choices.last() else { refuse!("choose: there are no choices") };
        let mut shapes: Vec<&Shape> = choices.iter().map(|c| c.as_ref().shape()).collect();
        shapes.push(self.shape());
        let joint = expect_joint_shape("choose", &shapes);
        let number = broadcast("choose", self, &joint);
        let mut y = broadcast("choose", last.as_ref(), &joint);
        for (i, choice) in choices.iter().enumerate().rev().skip(1) {
            expect_one_dtype("choose", &[choice.as_ref().dtype(), y.dtype()]);
            y = lax::select(&number.le(i), &broadcast("choose", choice.as_ref(), &joint), &y);
        }
        y
    }
    /// Returns the tensor with `values` at the positions `indices`, in row-major order. `values` broadcast to
    /// `indices`.
    ///
    /// # Panics
    /// If `indices` are not integers, dtypes differ, or `values` do not broadcast.
    #[track_caller]
    pub fn put(&self, indices: &Tensor, values: impl Operand) -> Tensor {
        lax::reshape(&self.flatten().at(indices).set(values), self.shape().clone())
    }
    /// Returns the tensor with `values` at the positions from which [`Tensor::take_along_axis`] takes. `values`
    /// broadcast to `indices`.
    ///
    /// # Panics
    /// If `indices` are not integers or have another rank, the axis is out of range, dtypes differ, or shapes do not
    /// broadcast.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([[1, 2], [3, 4]]);
    /// let y = x.put_along_axis(&Tensor::from([[1], [0]]), 9, 1);
    /// assert_eq!(y.to_vec::<i32>().unwrap(), [1, 9, 9, 4]);
    /// ```
    #[doc(alias = "scatter")]
    #[track_caller]
    pub fn put_along_axis(&self, indices: &Tensor, values: impl Operand, axis: isize) -> Tensor {
        let axis = resolve_axis("put_along_axis", axis, self.shape());
        if !indices.dtype().is_int() || indices.rank() != self.rank() {
            refuse!("put_along_axis: of {} takes integer indices of as many axes, but got {}", self.ty(), indices.ty());
        }
        let mut shape = self.shape().clone();
        shape.dims_mut()[axis] = indices.shape()[axis];
        let indices = broadcast("put_along_axis", indices, &shape);
        let mut items = Vec::with_capacity(self.rank());
        for a in 0..self.rank() {
            let index = if a == axis { indices.clone() } else { lax::iota(DType::I32, shape.clone(), a) };
            items.push(super::IndexItem::Tensor(index));
        }
        self.at(items).set(values)
    }
}
