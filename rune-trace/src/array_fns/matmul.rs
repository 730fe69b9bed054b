//! Matrix products, and other functions that consist of one dot product.

use super::broadcast::{expect_joint_shape, expect_one_dtype};
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::Shape;
use rune_ir::op::{Dims, DotDims};

/// Products. Both operands have the same dtype. Half-precision types accumulate in `f32`.
impl Tensor {
    /// Returns the matrix product, by NumPy's rules: the last axis of `self` is contracted with the second to last axis
    /// of `other` (or its only axis). All axes before these broadcast.
    ///
    /// # Panics
    /// If the contracted sizes or the dtypes differ, the other axes do not broadcast, or an operand is a scalar.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// let x = Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.matmul(&Tensor::from([1.0f32, 1.0])).to_vec::<f32>().unwrap(), [3.0, 7.0]);
    /// let batch = Tensor::zeros([5, 2, 3], DType::F32);
    /// assert_eq!(*x.matmul(&batch).shape(), [5, 2, 3]);
    /// let gram = x.matmul(x.t()); // takes a reference or a value
    /// assert_eq!(gram.to_vec::<f32>().unwrap(), [5.0, 11.0, 11.0, 25.0]);
    /// ```
    #[doc(alias = "batch_matmul")]
    #[doc(alias = "mm")]
    #[doc(alias = "bmm")]
    #[track_caller]
    pub fn matmul(&self, other: impl AsRef<Tensor>) -> Tensor {
        let (x, y) = (self, other.as_ref());
        expect_one_dtype("matmul", &[x.dtype(), y.dtype()]);
        if x.rank() == 0 || y.rank() == 0 {
            refuse!("matmul: one of the shapes {} and {} is a scalar; multiply with `*`", x.shape(), y.shape());
        }
        let (kx, ky) = (x.rank() - 1, y.rank().saturating_sub(2));
        if x.shape()[kx] != y.shape()[ky] {
            refuse!(
                "matmul: shapes {} and {} do not fit: axis {kx} of the first has size {}, and axis {ky} of the second {}",
                x.shape(),
                y.shape(),
                x.shape()[kx],
                y.shape()[ky]
            );
        }
        // The axes before the matrices, aligned at the last one.
        let (bx, by) = (x.rank().saturating_sub(2), y.rank().saturating_sub(2));
        let (sx, sy) = (Shape::from(&x.shape()[..bx]), Shape::from(&y.shape()[..by]));
        if super::broadcast::joint_shape(&[&sx, &sy]).is_none() {
            refuse!("matmul: the batches {sx} and {sy} of shapes {} and {} do not broadcast", x.shape(), y.shape());
        }
        let batch = expect_joint_shape("matmul", &[&sx, &sy]);
        let mut plan = Plan::default();
        for axis in 0..batch.rank() {
            let of = |rank: usize, shape: &Shape| {
                (axis + rank).checked_sub(batch.rank()).map(|a| (a, shape[a])).filter(|&(_, n)| n != 1)
            };
            plan.batch_axis(of(bx, x.shape()), of(by, y.shape()));
        }
        let rows = (x.rank() > 1).then(|| x.rank() - 2);
        let columns = (y.rank() > 1).then(|| y.rank() - 1);
        let product = plan.run(x, y, (kx, ky), rows, columns);
        let rows = rows.map(|a| x.shape()[a]);
        let columns = columns.map(|a| y.shape()[a]);
        lax::reshape(&product, batch.iter().copied().chain(rows).chain(columns).collect::<Shape>())
    }
    /// Returns NumPy's `dot`: the last axis of `self` is contracted with the second to last axis of `other` (or its
    /// only axis). The result has all other axes of both. If an operand is a scalar, the result is the product.
    #[track_caller]
    pub fn dot(&self, other: impl AsRef<Tensor>) -> Tensor {
        let other = other.as_ref();
        if self.rank() == 0 || other.rank() == 0 {
            return self * other;
        }
        self.tensordot(other, [self.rank() - 1], [other.rank().saturating_sub(2)])
    }
    /// Returns the sum of the products of all elements of two tensors of the same size. The elements of `self` are
    /// conjugated if they are complex.
    ///
    /// ```
    /// use rune_trace::{Complex32, Tensor};
    /// let z = Tensor::from([Complex32::new(3.0, 4.0)]);
    /// assert_eq!(z.vdot(&z).item::<Complex32>().unwrap(), Complex32::new(25.0, 0.0));
    /// ```
    #[track_caller]
    pub fn vdot(&self, other: impl AsRef<Tensor>) -> Tensor {
        let other = other.as_ref();
        self.conj().flatten().tensordot(other.flatten(), 0, 0)
    }
    /// Returns the product of each element of `self` with each element of `other`. Both are flattened.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([1, 2]).outer(&Tensor::from([3, 4])).to_vec::<i32>().unwrap(), [3, 4, 6, 8]);
    /// ```
    #[doc(alias = "ger")]
    #[track_caller]
    pub fn outer(&self, other: impl AsRef<Tensor>) -> Tensor {
        let other = other.as_ref();
        lax::reshape(self, [self.size(), 1]) * lax::reshape(other, [1, other.size()])
    }
    /// Sums products over `axes` of this tensor, paired with `other_axes` of `other`. The remaining axes of this tensor
    /// come first in the result.
    ///
    /// # Panics
    /// If the sizes of a pair of axes or the dtypes differ.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// let (x, y) = (Tensor::ones([2, 3, 4], DType::F32), Tensor::ones([4, 3, 5], DType::F32));
    /// assert_eq!(*x.tensordot(&y, [1, 2], [1, 0]).shape(), [2, 5]);
    /// ```
    #[track_caller]
    pub fn tensordot(
        &self,
        other: impl AsRef<Tensor>,
        axes: impl Into<super::Axes>,
        other_axes: impl Into<super::Axes>,
    ) -> Tensor {
        let other = other.as_ref();
        expect_one_dtype("tensordot", &[self.dtype(), other.dtype()]);
        let lhs_contract = axes.into().resolve("tensordot", self.shape());
        let rhs_contract = other_axes.into().resolve("tensordot", other.shape());
        let sizes = |x: &Tensor, axes: &[usize]| axes.iter().map(|&a| x.shape()[a]).collect::<Vec<_>>();
        if sizes(self, &lhs_contract) != sizes(other, &rhs_contract) {
            refuse!(
                "tensordot: axes {:?} of shape {} and axes {:?} of shape {} do not fit",
                lhs_contract.as_slice(),
                self.shape(),
                rhs_contract.as_slice(),
                other.shape()
            );
        }
        let dims = DotDims { lhs_contract, rhs_contract, ..DotDims::default() };
        lax::dot_general(self, other, dims, self.dtype())
    }
}

/// Products of vectors and matrices, under the names of the array API.
impl Tensor {
    /// Returns the sums of products along the last axes. The result has all other axes.
    ///
    /// # Panics
    /// If the last sizes or the dtypes differ.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([[1, 2], [3, 4]]);
    /// assert_eq!(x.inner(&x).to_vec::<i32>().unwrap(), [5, 11, 11, 25]);
    /// ```
    #[track_caller]
    pub fn inner(&self, other: impl AsRef<Tensor>) -> Tensor {
        let other = other.as_ref();
        if self.rank() == 0 || other.rank() == 0 {
            return self * other;
        }
        self.tensordot(other, -1, -1)
    }
    /// Returns the sum of products along `axis` of two tensors that broadcast. The elements of `self` are conjugated if
    /// they are complex.
    ///
    /// # Panics
    /// If the shapes do not broadcast, the dtypes differ, or the axis is out of range.
    #[track_caller]
    pub fn vecdot(&self, other: impl AsRef<Tensor>, axis: isize) -> Tensor {
        let other = other.as_ref();
        (self.conj() * other).sum_axes(axis)
    }
    /// Returns the products of matrices, along the last two axes, with vectors, along the last axis of `vector`.
    /// Earlier axes broadcast.
    ///
    /// # Panics
    /// If the sizes do not match or the dtypes differ.
    #[doc(alias = "mv")]
    #[track_caller]
    pub fn matvec(&self, vector: impl AsRef<Tensor>) -> Tensor {
        let vector = vector.as_ref();
        if vector.rank() == 0 {
            refuse!("matvec: takes vectors, but got {}", vector.ty());
        }
        self.matmul(vector.unsqueeze(-1)).squeeze(-1)
    }
    /// Returns the products of vectors, along the last axis, with matrices, along the last two axes of `matrix`.
    /// Earlier axes broadcast. The elements of `self` are conjugated if they are complex.
    ///
    /// # Panics
    /// If the sizes do not match or the dtypes differ.
    #[track_caller]
    pub fn vecmat(&self, matrix: impl AsRef<Tensor>) -> Tensor {
        let matrix = matrix.as_ref();
        if self.rank() == 0 {
            refuse!("vecmat: takes vectors, but got {}", self.ty());
        }
        self.conj().unsqueeze(-2).matmul(matrix).squeeze(-2)
    }
}

/// The batch axes of a product: those of both operands, and those of only one. Axes of size 1 are in neither group, and
/// are dropped.
#[derive(Default)]
struct Plan {
    lhs_batch: Dims,
    rhs_batch: Dims,
    /// The source of each batch axis.
    order: Vec<Source>,
    lhs_free: Dims,
    rhs_free: Dims,
}
enum Source {
    Both(usize),
    Left(usize),
    Right(usize),
}

impl Plan {
    fn batch_axis(&mut self, left: Option<(usize, usize)>, right: Option<(usize, usize)>) {
        match (left, right) {
            (Some((l, _)), Some((r, _))) => {
                self.order.push(Source::Both(self.lhs_batch.len()));
                self.lhs_batch.push(l);
                self.rhs_batch.push(r);
            }
            (Some((l, _)), None) => {
                self.order.push(Source::Left(self.lhs_free.len()));
                self.lhs_free.push(l);
            }
            (None, Some((r, _))) => {
                self.order.push(Source::Right(self.rhs_free.len()));
                self.rhs_free.push(r);
            }
            (None, None) => {}
        }
    }
    /// Returns the product, with its axes in order: batch (except those of size 1), rows, columns.
    #[track_caller]
    fn run(self, x: &Tensor, y: &Tensor, k: (usize, usize), rows: Option<usize>, columns: Option<usize>) -> Tensor {
        let keep = |batch: &Dims, free: &Dims, k: usize, last: Option<usize>| -> Dims {
            let kept = |a: &usize| batch.contains(a) || free.contains(a) || *a == k || Some(*a) == last;
            (0..).take_while(|&a| a <= k.max(last.unwrap_or(0))).filter(kept).collect()
        };
        let (kept_x, kept_y) =
            (keep(&self.lhs_batch, &self.lhs_free, k.0, rows), keep(&self.rhs_batch, &self.rhs_free, k.1, columns));
        // The positions of axes after batch axes of size 1 are dropped.
        let at = |kept: &Dims, axes: &[usize]| -> Dims {
            axes.iter().map(|a| kept.iter().position(|b| a == b).expect("the axis is kept")).collect()
        };
        let shape = |t: &Tensor, kept: &Dims| kept.iter().map(|&a| t.shape()[a]).collect::<Shape>();
        let x2 = lax::reshape(x, shape(x, &kept_x));
        let y2 = lax::reshape(y, shape(y, &kept_y));
        let dims = DotDims {
            lhs_batch: at(&kept_x, &self.lhs_batch),
            rhs_batch: at(&kept_y, &self.rhs_batch),
            lhs_contract: at(&kept_x, &[k.0]),
            rhs_contract: at(&kept_y, &[k.1]),
        };
        let product = lax::dot_general(&x2, &y2, dims, x.dtype());
        // The current order of axes: batch axes of both, left batch axes, rows, right batch axes, columns.
        let left = self.lhs_batch.len();
        let rows_at = left + self.lhs_free.len();
        let right = rows_at + usize::from(rows.is_some());
        let columns_at = right + self.rhs_free.len();
        let mut order: Dims = self
            .order
            .iter()
            .map(|source| match source {
                Source::Both(i) => *i,
                Source::Left(i) => left + i,
                Source::Right(i) => right + i,
            })
            .collect();
        order.extend(rows.map(|_| rows_at));
        order.extend(columns.map(|_| columns_at));
        lax::transpose(&product, &order)
    }
}
