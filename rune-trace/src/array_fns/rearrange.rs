//! Padding, flipping, rolling, triangles and diagonals.

use super::axes::{Axes, resolve_axis};
use super::join::{concat, part};
use super::scalar::Operand;
use crate::tensor::refuse;
use crate::{Tensor, Tree, lax};
use rune_ir::op::{Dims, Padding};
use rune_ir::{DType, Shape};

/// The elements that [`Tensor::pad_with`] adds.
#[derive(Tree, Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PadMode {
    /// The outermost element: `1 1 | 1 2 3 | 3 3`.
    Edge,
    /// The elements, mirrored at the outermost one: `3 2 | 1 2 3 | 2 1`.
    Reflect,
    /// The elements, mirrored at the edge: `2 1 | 1 2 3 | 3 2`.
    Symmetric,
    /// The elements from the other end: `2 3 | 1 2 3 | 1 2`.
    Wrap,
}

/// Padding, and other orders of elements.
impl Tensor {
    /// Pads the tensor with `value`. `widths` holds, for each axis, the numbers of elements to add before and after.
    /// Negative numbers remove elements.
    ///
    /// # Panics
    /// If there is not one pair for each axis, or more elements are removed than there are.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([1, 2]).pad(&[(1, 2)], 0);
    /// assert_eq!(x.to_vec::<i32>().unwrap(), [0, 1, 2, 0, 0]);
    /// ```
    #[track_caller]
    pub fn pad(&self, widths: &[(isize, isize)], value: impl Operand) -> Tensor {
        expect_widths("pad", self, widths.len());
        let value = value.into_argument().into_tensor("pad", self.dtype());
        let config = widths.iter().map(|&(low, high)| Padding { low: low as i64, high: high as i64, interior: 0 });
        if widths.iter().all(|&w| w == (0, 0)) {
            return self.clone();
        }
        lax::pad(self, &value, config.collect())
    }
    /// Pads the tensor with its own elements. `widths` holds, for each axis, the numbers of elements to add before and
    /// after.
    ///
    /// # Panics
    /// If there is not one pair for each axis, or an axis has too few elements to repeat.
    ///
    /// ```
    /// use rune_trace::{PadMode, Tensor};
    /// let x = Tensor::from([1, 2, 3]).pad_with(&[(2, 1)], PadMode::Reflect);
    /// assert_eq!(x.to_vec::<i32>().unwrap(), [3, 2, 1, 2, 3, 2]);
    /// ```
    #[doc(alias = "pad")]
    #[track_caller]
    pub fn pad_with(&self, widths: &[(usize, usize)], mode: PadMode) -> Tensor {
        expect_widths("pad_with", self, widths.len());
        let mut x = self.clone();
        for (axis, &(low, high)) in widths.iter().enumerate() {
            if (low, high) == (0, 0) {
                continue;
            }
            let n = x.shape()[axis];
            let most = match mode {
                PadMode::Edge if n > 0 => usize::MAX,
                PadMode::Edge | PadMode::Symmetric | PadMode::Wrap => n,
                PadMode::Reflect => n.saturating_sub(1),
            };
            if low.max(high) > most {
                refuse!(
                    "pad_with: {low} and {high} elements around axis {axis} of shape {} are too many",
                    self.shape()
                );
            }
            let (before, after) = match mode {
                PadMode::Edge => (
                    part(&x, axis, 0, 1).repeat(low, axis as isize),
                    part(&x, axis, n - 1, n).repeat(high, axis as isize),
                ),
                PadMode::Reflect => (
                    lax::reverse(&part(&x, axis, 1, 1 + low), &[axis]),
                    lax::reverse(&part(&x, axis, n - 1 - high, n - 1), &[axis]),
                ),
                PadMode::Symmetric => (
                    lax::reverse(&part(&x, axis, 0, low), &[axis]),
                    lax::reverse(&part(&x, axis, n - high, n), &[axis]),
                ),
                PadMode::Wrap => (part(&x, axis, n - low, n), part(&x, axis, 0, high)),
            };
            x = concat("pad_with", &[before, x, after], axis as isize);
        }
        x
    }
    /// Reverses the order of elements along `axes`.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([1, 2, 3]).flip(0).to_vec::<i32>().unwrap(), [3, 2, 1]);
    /// ```
    #[doc(alias = "rev")]
    #[track_caller]
    pub fn flip(&self, axes: impl Into<Axes>) -> Tensor {
        let axes = axes.into().resolve_sorted("flip", self.shape());
        if axes.is_empty() { self.clone() } else { lax::reverse(self, &axes) }
    }
    /// Moves elements by `shift` positions along `axis`. Elements that leave at one end enter at the other.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([1, 2, 3]).roll(1, 0).to_vec::<i32>().unwrap(), [3, 1, 2]);
    /// ```
    #[track_caller]
    pub fn roll(&self, shift: isize, axis: isize) -> Tensor {
        let at = resolve_axis("roll", axis, self.shape());
        let n = self.shape()[at];
        let shift = if n == 0 { 0 } else { shift.rem_euclid(n as isize) as usize };
        if shift == 0 {
            return self.clone();
        }
        concat("roll", &[part(self, at, n - shift, n), part(self, at, 0, n - shift)], axis)
    }
    /// Returns the lower triangle of a matrix, or of each matrix of a batch: 0 above the `k`-th diagonal.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([[1, 2], [3, 4]]).tril(0).to_vec::<i32>().unwrap(), [1, 0, 3, 4]);
    /// ```
    #[track_caller]
    pub fn tril(&self, k: isize) -> Tensor {
        lax::select(&lower("tril", self, k), self, &self.zeros_like())
    }
    /// Returns the upper triangle of a matrix, or of each matrix of a batch: 0 below the `k`-th diagonal.
    #[track_caller]
    pub fn triu(&self, k: isize) -> Tensor {
        lax::select(&lower("triu", self, k.saturating_sub(1)), &self.zeros_like(), self)
    }
    /// Returns the `k`-th diagonal of the matrices whose rows are along axis `a` and whose columns are along axis `b`. A
    /// positive `k` is above the main diagonal. The result has the other axes, in their order, then an axis for the
    /// diagonal.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([[1, 2, 3], [4, 5, 6]]);
    /// assert_eq!(x.diagonal(1, 0, 1).to_vec::<i32>().unwrap(), [2, 6]);
    /// ```
    #[track_caller]
    pub fn diagonal(&self, k: isize, a: isize, b: isize) -> Tensor {
        let (a, b) = (resolve_axis("diagonal", a, self.shape()), resolve_axis("diagonal", b, self.shape()));
        if a == b {
            refuse!("diagonal: both axes are {a}, of shape {}", self.shape());
        }
        let mut order: Dims = (0..self.rank()).filter(|&c| c != a && c != b).collect();
        order.extend([a, b]);
        let x = lax::transpose(self, &order);
        let batch = Shape::from(&x.shape()[..x.rank() - 2]);
        let (m, n) = (x.shape()[x.rank() - 2], x.shape()[x.rank() - 1]);
        let (down, right) = (k.min(0).unsigned_abs(), k.max(0).unsigned_abs());
        let len = m.saturating_sub(down).min(n.saturating_sub(right));
        // In row-major order, the diagonal is every (n + 1)-th element.
        let mut flat = batch.clone();
        flat.dims_mut().push(m * n);
        let x = lax::reshape(&x, flat);
        let start = if len == 0 { 0 } else { down * n + right };
        let limit = if len == 0 { 0 } else { start + (len - 1) * (n + 1) + 1 };
        let mut starts: Dims = Dims::from_elem(0, x.rank());
        let mut limits: Dims = x.shape().iter().copied().collect();
        let mut steps: Dims = Dims::from_elem(1, x.rank());
        let last = x.rank() - 1;
        (starts[last], limits[last], steps[last]) = (start, limit, n + 1);
        lax::slice(&x, &starts, &limits, &steps)
    }
    /// For a vector, returns the matrix with this vector on its `k`-th diagonal and 0 elsewhere. For a matrix, returns
    /// its `k`-th diagonal.
    ///
    /// # Panics
    /// If this is neither a vector nor a matrix.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([1, 2]).diag(0);
    /// assert_eq!(x.to_vec::<i32>().unwrap(), [1, 0, 0, 2]);
    /// assert_eq!(x.diag(0).to_vec::<i32>().unwrap(), [1, 2]);
    /// ```
    #[track_caller]
    pub fn diag(&self, k: isize) -> Tensor {
        match self.rank() {
            1 => {
                let (down, right) = (k.min(0).unsigned_abs() as isize, k.max(0));
                let size = self.size() + k.unsigned_abs();
                let row = self.pad(&[(right, down)], 0);
                let rows = lax::broadcast_in_dim(&row, [size, size], &[1]);
                let (i, j) = (lax::iota(DType::I32, [size, size], 0), lax::iota(DType::I32, [size, size], 1));
                lax::select(&(i + k).eq(&j), &rows, &rows.zeros_like())
            }
            2 => self.diagonal(k, 0, 1),
            _ => refuse!("diag: takes a vector or a matrix, but got {}; see `diagonal`", self.ty()),
        }
    }
    /// Returns the sum of the diagonal of the last two axes.
    #[track_caller]
    pub fn trace(&self) -> Tensor {
        if self.rank() < 2 {
            refuse!("trace: shape {} has no diagonal", self.shape());
        }
        self.diagonal(0, -2, -1).sum_axes(-1)
    }
}

#[track_caller]
fn expect_widths(op: &str, x: &Tensor, given: usize) {
    if given != x.rank() {
        refuse!("{op}: {given} pairs of widths are given for shape {}, which has {} axes", x.shape(), x.rank());
    }
}

/// Returns which elements of `x` are on or below the `k`-th diagonal.
#[track_caller]
fn lower(op: &str, x: &Tensor, k: isize) -> Tensor {
    let Some(rows) = x.rank().checked_sub(2) else { refuse!("{op}: shape {} is of no matrix", x.shape()) };
    let matrix = Shape::from(&x.shape()[rows..]);
    let bound = matrix.iter().copied().max().unwrap_or(0) as isize + 1;
    let i = lax::iota(DType::I32, matrix.clone(), 0) + k.clamp(-bound, bound);
    let mask = lax::ge(&i, &lax::iota(DType::I32, matrix, 1));
    lax::broadcast_in_dim(&mask, x.shape().clone(), &[rows, rows + 1])
}
