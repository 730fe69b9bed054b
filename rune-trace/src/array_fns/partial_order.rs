//! Orders by several keys, and partial orders.

use super::axes::resolve_axis;
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::DType;

/// Orders.
impl Tensor {
    /// Partitions the elements along `axis`: the `k`-th least element is at index `k`, no greater element is before it,
    /// and no lesser one is after it. This function sorts all elements. NaN comes last.
    ///
    /// # Panics
    /// If the axis or `k` is out of range.
    #[track_caller]
    pub fn partition(&self, k: isize, axis: isize) -> Tensor {
        expect_rank("partition", self, k, axis);
        self.sort(axis)
    }
    /// Returns the indices of the elements that [`Tensor::partition`] returns, as `i32`.
    ///
    /// # Panics
    /// If the axis or `k` is out of range.
    #[track_caller]
    pub fn argpartition(&self, k: isize, axis: isize) -> Tensor {
        expect_rank("argpartition", self, k, axis);
        self.argsort(axis)
    }
    /// Returns the indices that sort the elements along `axis` in ascending order by several keys, as `i32`. The last
    /// key is the primary one. Equal elements keep their order.
    ///
    /// # Panics
    /// If there are no keys, their shapes differ, or the axis is out of range.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let (minor, major) = (Tensor::from([2, 1, 0]), Tensor::from([5, 5, 1]));
    /// assert_eq!(Tensor::lexsort(&[minor, major], 0).to_vec::<i32>().unwrap(), [2, 1, 0]);
    /// ```
    #[track_caller]
    pub fn lexsort<T: AsRef<Tensor>>(keys: &[T], axis: isize) -> Tensor {
        let Some(first) = keys.first().map(AsRef::as_ref) else { refuse!("lexsort: there are no keys") };
        let at = resolve_axis("lexsort", axis, first.shape());
        let mut operands = Vec::with_capacity(keys.len() + 1);
        for key in keys.iter().rev() {
            let key = key.as_ref();
            if key.shape() != first.shape() {
                refuse!("lexsort: shapes {} and {} differ", first.shape(), key.shape());
            }
            operands.push(key.clone());
        }
        operands.push(lax::iota(DType::I32, first.shape().clone(), at));
        lax::sort(&operands, at, keys.len()).remove(keys.len())
    }
    /// Returns the elements of this tensor in ascending order along `axis`, and those of `values` in the same order.
    ///
    /// # Panics
    /// If the shapes differ, or the axis is out of range.
    #[track_caller]
    pub fn sort_key_val(&self, values: &Tensor, axis: isize) -> (Tensor, Tensor) {
        if values.shape() != self.shape() {
            refuse!("sort_key_val: shapes {} and {} differ", self.shape(), values.shape());
        }
        let at = resolve_axis("sort_key_val", axis, self.shape());
        let mut sorted = lax::sort(&[self.clone(), values.clone()], at, 1);
        let values = sorted.remove(1);
        (sorted.remove(0), values)
    }
    /// [`Tensor::top_k`], under JAX's name. It is exact on every device.
    ///
    /// # Panics
    /// Like [`Tensor::top_k`].
    #[track_caller]
    pub fn approx_max_k(&self, k: usize) -> (Tensor, Tensor) {
        self.top_k(k)
    }
    /// Returns the `k` least elements along the last axis in ascending order, and their indices as `i32`. Equal
    /// elements keep their order.
    ///
    /// # Panics
    /// If the last axis has fewer than `k` elements, or there is none.
    #[track_caller]
    pub fn approx_min_k(&self, k: usize) -> (Tensor, Tensor) {
        let Some(&n) = self.shape().last().filter(|&&n| n >= k) else {
            refuse!("approx_min_k: shape {} has no last axis of {k} elements", self.shape());
        };
        let last = self.rank() - 1;
        let positions = lax::iota(DType::I32, self.shape().clone(), last);
        let mut sorted = lax::sort(&[self.clone(), positions], last, 1);
        debug_assert!(k <= n, "checked above");
        let positions = super::join::part(&sorted.remove(1), last, 0, k);
        (super::join::part(&sorted.remove(0), last, 0, k), positions)
    }
}

#[track_caller]
fn expect_rank(op: &str, x: &Tensor, k: isize, axis: isize) {
    let at = resolve_axis(op, axis, x.shape());
    let n = x.shape()[at] as isize;
    if !(-n..n).contains(&k) {
        refuse!("{op}: rank {k} is out of range for axis {at} of shape {}", x.shape());
    }
}
