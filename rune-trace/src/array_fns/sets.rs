//! Unique values, and set operations.

use super::broadcast::expect_one_dtype;
use super::choose::{ResultSize, compact};
use super::join::{concat, part};
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::{DType, Shape};

/// The result of [`Tensor::unique_all`].
#[derive(Clone, Debug)]
pub struct Unique {
    /// The unique values in ascending order.
    pub values: Tensor,
    /// The index of the first element with each value in row-major order, as `i32`.
    pub index: Tensor,
    /// For each element of the tensor, the index of its value in `values`, as `i32`, in the shape of the tensor.
    pub inverse: Tensor,
    /// The number of elements with each value, as `i32`.
    pub counts: Tensor,
}

/// Sets.
impl Tensor {
    /// Returns the unique values in ascending order. NaN counts as one value. The result is padded with the least
    /// value, unless `size` sets another fill value.
    ///
    /// # Panics
    /// If the number of results is `..` and the elements are unknown, or if an empty tensor must be padded and there is
    /// no fill value.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([3, 1, 3, 2]);
    /// assert_eq!(x.unique(..).to_vec::<i32>().unwrap(), [1, 2, 3]);
    /// assert_eq!(x.unique((4, 0)).to_vec::<i32>().unwrap(), [1, 2, 3, 0]);
    /// ```
    #[track_caller]
    pub fn unique(&self, size: impl Into<ResultSize>) -> Tensor {
        let sorted = self.flatten().sort(0);
        values("unique", &sorted, &is_first(&sorted), &size.into())
    }
    /// Returns the unique values in ascending order, their indices and their counts. Padding has the index of the least
    /// value, and count 0.
    ///
    /// # Panics
    /// Like [`Tensor::unique`].
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let unique = Tensor::from([3, 1, 3]).unique_all(..);
    /// assert_eq!(unique.values.to_vec::<i32>().unwrap(), [1, 3]);
    /// assert_eq!(unique.index.to_vec::<i32>().unwrap(), [1, 0]);
    /// assert_eq!(unique.inverse.to_vec::<i32>().unwrap(), [1, 0, 1]);
    /// assert_eq!(unique.counts.to_vec::<i32>().unwrap(), [1, 2]);
    /// ```
    #[track_caller]
    pub fn unique_all(&self, size: impl Into<ResultSize>) -> Unique {
        let size = size.into();
        let flat = self.flatten();
        let i = lax::iota(DType::I32, flat.shape().clone(), 0);
        let [sorted, order]: [Tensor; 2] =
            lax::sort(&[flat, i.clone()], 0, 1).try_into().expect("two operands are sorted");
        let first = is_first(&sorted);
        let values = values("unique_all", &sorted, &first, &size);
        let n = values.size();
        let inverse = if i.size() == 0 {
            i.clone()
        } else {
            i.zeros_like().at(&order).set(lax::convert(&first, DType::I32).cumsum(0) - 1)
        };
        let least = if i.size() == 0 { lax::full(DType::I32, &Shape::scalar(), 0.0) } else { order.i(0) };
        let index = compact(&order, &first, n, &least);
        // The elements with one value end where those with the next value begin.
        let end = lax::full(DType::I32, &Shape::scalar(), i.size() as f64);
        let counts = compact(&i, &first, n + 1, &end).diff(1, 0);
        Unique { values, index, inverse: lax::reshape(&inverse, self.shape().clone()), counts }
    }
    /// Returns the values and the counts of [`Tensor::unique_all`].
    ///
    /// # Panics
    /// Like [`Tensor::unique`].
    #[track_caller]
    pub fn unique_counts(&self, size: impl Into<ResultSize>) -> (Tensor, Tensor) {
        let Unique { values, counts, .. } = self.unique_all(size);
        (values, counts)
    }
    /// Returns the values of [`Tensor::unique_all`], and, for each element of the tensor, the index of its value in
    /// them.
    ///
    /// # Panics
    /// Like [`Tensor::unique`].
    #[track_caller]
    pub fn unique_inverse(&self, size: impl Into<ResultSize>) -> (Tensor, Tensor) {
        let Unique { values, inverse, .. } = self.unique_all(size);
        (values, inverse)
    }
    /// Returns [`Tensor::unique`], under the name of the array API.
    ///
    /// # Panics
    /// Like [`Tensor::unique`].
    #[track_caller]
    pub fn unique_values(&self, size: impl Into<ResultSize>) -> Tensor {
        self.unique(size)
    }
    /// Returns whether each element is in `others`. Each element is compared with each element of `others`.
    ///
    /// # Panics
    /// If the dtypes differ.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([1, 2, 3]).isin(&Tensor::from([3, 1]));
    /// assert_eq!(x.to_vec::<bool>().unwrap(), [true, false, true]);
    /// ```
    #[doc(alias = "in1d")]
    #[track_caller]
    pub fn isin(&self, others: &Tensor) -> Tensor {
        expect_one_dtype("isin", &[self.dtype(), others.dtype()]);
        self.unsqueeze(-1).eq(others.flatten()).any_axes(-1)
    }
    /// Returns the unique values that are in either tensor, in ascending order, padded like [`Tensor::unique`].
    ///
    /// # Panics
    /// Like [`Tensor::unique`], and if the dtypes differ.
    #[track_caller]
    pub fn union1d(&self, other: &Tensor, size: impl Into<ResultSize>) -> Tensor {
        let all = concat("union1d", &[self.flatten(), other.flatten()], 0).sort(0);
        values("union1d", &all, &is_first(&all), &size.into())
    }
    /// Returns the unique values that are in both tensors, in ascending order, padded like [`Tensor::unique`].
    ///
    /// # Panics
    /// Like [`Tensor::unique`], and if the dtypes differ.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([1, 2, 2, 3]).intersect1d(&Tensor::from([2, 3, 5]), ..);
    /// assert_eq!(x.to_vec::<i32>().unwrap(), [2, 3]);
    /// ```
    #[track_caller]
    pub fn intersect1d(&self, other: &Tensor, size: impl Into<ResultSize>) -> Tensor {
        expect_one_dtype("intersect1d", &[self.dtype(), other.dtype()]);
        let sorted = self.flatten().sort(0);
        values("intersect1d", &sorted, &(is_first(&sorted) & sorted.isin(other)), &size.into())
    }
    /// Returns the unique values of this tensor that are not in `other`, in ascending order, padded like
    /// [`Tensor::unique`].
    ///
    /// # Panics
    /// Like [`Tensor::unique`], and if the dtypes differ.
    #[track_caller]
    pub fn setdiff1d(&self, other: &Tensor, size: impl Into<ResultSize>) -> Tensor {
        expect_one_dtype("setdiff1d", &[self.dtype(), other.dtype()]);
        let sorted = self.flatten().sort(0);
        values("setdiff1d", &sorted, &(is_first(&sorted) & sorted.isin(other).logical_not()), &size.into())
    }
    /// Returns the unique values that are in exactly one of the tensors, in ascending order, padded like
    /// [`Tensor::unique`].
    ///
    /// # Panics
    /// Like [`Tensor::unique`], and if the dtypes differ.
    #[track_caller]
    pub fn setxor1d(&self, other: &Tensor, size: impl Into<ResultSize>) -> Tensor {
        expect_one_dtype("setxor1d", &[self.dtype(), other.dtype()]);
        let sorted = concat("setxor1d", &[self.flatten(), other.flatten()], 0).sort(0);
        let one = sorted.isin(self).ne(sorted.isin(other));
        values("setxor1d", &sorted, &(is_first(&sorted) & one), &size.into())
    }
}

/// Returns whether each element of a sorted vector differs from the previous one.
#[track_caller]
fn is_first(sorted: &Tensor) -> Tensor {
    let n = sorted.size();
    if n < 2 {
        return lax::convert(&lax::full(DType::I32, sorted.shape(), 1.0), DType::Bool);
    }
    let (after, before) = (part(sorted, 0, 1, n), part(sorted, 0, 0, n - 1));
    // NaN counts as one value.
    let differ = after.ne(&before) & (after.isnan() & before.isnan()).logical_not();
    concat("unique", &[Tensor::from([true]), differ], 0)
}

/// Returns the elements of a sorted vector where `mask` is true.
#[track_caller]
fn values(op: &str, sorted: &Tensor, mask: &Tensor, size: &ResultSize) -> Tensor {
    let n = size.resolve_size(op, mask);
    let fill = match size.fill(op, sorted.dtype()) {
        Some(fill) => fill,
        None if sorted.size() > 0 => {
            // The first element may be absent from the result. The least value of the result is the first element where
            // `mask` is true.
            let first = lax::convert(mask, DType::I32).argmax();
            sorted.i(&first)
        }
        None if n == 0 => lax::full(sorted.dtype(), &Shape::scalar(), 0.0),
        None => refuse!(
            "{op}: {n} results are asked for of no elements; say what to fill them up with, as in `{op}(({n}, 0))`"
        ),
    };
    compact(sorted, mask, n, &fill)
}
