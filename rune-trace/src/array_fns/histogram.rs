//! Histograms.

use super::broadcast::expect_one_dtype;
use super::choose::ResultSize;
use super::join::part;
use super::reductions::as_float;
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::op::Dims;
use rune_ir::{DType, Shape};
use std::ops::Range;

/// The bins of a histogram.
#[derive(Clone, Debug)]
pub enum Bins {
    /// This number of equal bins, from the least to the greatest element.
    Count(usize),
    /// This number of equal bins over a range.
    Range(usize, Range<f64>),
    /// Bins between these edges, in ascending order.
    Edges(Tensor),
}
impl From<usize> for Bins {
    fn from(n: usize) -> Bins {
        Bins::Count(n)
    }
}
impl From<(usize, Range<f64>)> for Bins {
    fn from((n, range): (usize, Range<f64>)) -> Bins {
        Bins::Range(n, range)
    }
}
impl From<&Tensor> for Bins {
    fn from(edges: &Tensor) -> Bins {
        Bins::Edges(edges.clone())
    }
}

/// Counts.
impl Tensor {
    /// Returns the number of times that each of the numbers 0, 1, 2, … occurs in a vector of integers, as `i32`.
    /// Negative numbers count as 0, and numbers beyond the length are ignored.
    ///
    /// The length is the greatest number plus 1 (`..`), or a given number. Inside `jit`, it must be given.
    ///
    /// # Panics
    /// If this is not a vector of integers, or the length is `..` and the elements are unknown.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([0, 2, 2]);
    /// assert_eq!(x.bincount(..).to_vec::<i32>().unwrap(), [1, 0, 2]);
    /// assert_eq!(x.bincount(4).to_vec::<i32>().unwrap(), [1, 0, 2, 0]);
    /// ```
    #[track_caller]
    pub fn bincount(&self, length: impl Into<ResultSize>) -> Tensor {
        let ones = lax::full(DType::I32, self.shape(), 1.0);
        bins("bincount", self, &ones, &length.into())
    }
    /// Like [`Tensor::bincount`], but sums the `weights` of the occurrences instead of counting them.
    ///
    /// # Panics
    /// Like [`Tensor::bincount`], and if the shapes differ.
    #[track_caller]
    pub fn bincount_weighted(&self, weights: &Tensor, length: impl Into<ResultSize>) -> Tensor {
        if weights.shape() != self.shape() {
            refuse!("bincount_weighted: shapes {} and {} differ", self.shape(), weights.shape());
        }
        bins("bincount_weighted", self, weights, &length.into())
    }
    /// Returns the index of the bin of each element, as `i32`: 0 before the first edge, and the number of edges after
    /// the last. The edges must increase or decrease. A bin includes its lower edge, or its upper edge if `right`.
    ///
    /// # Panics
    /// If `edges` is not a vector or has another dtype.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let edges = Tensor::from([0.0f32, 1.0, 2.0]);
    /// assert_eq!(Tensor::from([0.5f32, 1.0, 7.0]).digitize(&edges, false).to_vec::<i32>().unwrap(), [1, 2, 3]);
    /// ```
    #[doc(alias = "bucketize")]
    #[track_caller]
    pub fn digitize(&self, edges: &Tensor, right: bool) -> Tensor {
        expect_one_dtype("digitize", &[self.dtype(), edges.dtype()]);
        if edges.rank() != 1 {
            refuse!("digitize: edges must be a vector, but are {}", edges.ty());
        }
        let n = edges.size();
        if n == 0 {
            return lax::full(DType::I32, self.shape(), 0.0);
        }
        let up = edges.searchsorted(self, !right);
        let down = n as i32 - edges.flip(0).searchsorted(self, right);
        let rising = lax::reshape(&part(edges, 0, 0, 1).le(part(edges, 0, n - 1, n)), Shape::scalar());
        lax::select(&lax::broadcast_in_dim(&rising, up.shape().clone(), &[]), &up, &down)
    }
    /// Returns the edges of the bins of a histogram, one more than there are bins. For integers, they are `f32`.
    ///
    /// # Panics
    /// If there are no bins, or the given edges are not a vector.
    #[track_caller]
    pub fn histogram_bin_edges(&self, bins: impl Into<Bins>) -> Tensor {
        let x = as_float(self);
        let (n, low, high) = match bins.into() {
            Bins::Edges(edges) => {
                if edges.rank() != 1 {
                    refuse!("histogram_bin_edges: edges must be a vector, but are {}", edges.ty());
                }
                return as_float(&edges);
            }
            Bins::Count(n) if x.size() == 0 => (n, constant(&x, 0.0), constant(&x, 1.0)),
            Bins::Count(n) => (n, x.min(), x.max()),
            Bins::Range(n, range) => (n, constant(&x, range.start), constant(&x, range.end)),
        };
        if n == 0 {
            refuse!("histogram_bin_edges: there are no bins");
        }
        // If all elements are equal, the bins surround them.
        let single = low.eq(&high);
        let (low, high) = (lax::select(&single, &(&low - 0.5), &low), lax::select(&single, &(&high + 0.5), &high));
        let i = lax::iota(x.dtype(), [n + 1], 0) / n as f64;
        let edges = &low * (1.0 - &i) + &high * &i;
        edges.at(-1).set(&high)
    }
    /// Returns the number of elements in each bin, as floats, and the edges of the bins. Each bin includes its lower
    /// edge. The last bin also includes its upper edge.
    ///
    /// # Panics
    /// Like [`Tensor::histogram_bin_edges`].
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let (counts, edges) = Tensor::from([0.0f32, 1.0, 1.0, 4.0]).histogram(2);
    /// assert_eq!(counts.to_vec::<f32>().unwrap(), [3.0, 1.0]);
    /// assert_eq!(edges.to_vec::<f32>().unwrap(), [0.0, 2.0, 4.0]);
    /// ```
    #[doc(alias = "histc")]
    #[track_caller]
    pub fn histogram(&self, bins: impl Into<Bins>) -> (Tensor, Tensor) {
        let x = as_float(self).flatten();
        let edges = x.histogram_bin_edges(bins);
        let ones = x.ones_like();
        let counts = histogram_of("histogram", &[x], std::slice::from_ref(&edges), &ones);
        (counts, edges)
    }
    /// Like [`Tensor::histogram`], but sums the `weights` of the elements in each bin. `weights` have the shape of this
    /// tensor. With `density`, the result is a density: its integral is 1.
    ///
    /// # Panics
    /// Like [`Tensor::histogram`]. Also if the shapes or dtypes differ.
    #[track_caller]
    pub fn histogram_weighted(&self, bins: impl Into<Bins>, weights: &Tensor, density: bool) -> (Tensor, Tensor) {
        if weights.shape() != self.shape() {
            refuse!("histogram_weighted: shapes {} and {} differ", self.shape(), weights.shape());
        }
        let (x, weights) = (as_float(self).flatten(), as_float(weights).flatten());
        expect_one_dtype("histogram_weighted", &[x.dtype(), weights.dtype()]);
        let edges = x.histogram_bin_edges(bins);
        let counts = histogram_of("histogram_weighted", &[x], std::slice::from_ref(&edges), &weights);
        if !density {
            return (counts, edges);
        }
        (&counts / edges.diff(1, 0) / counts.sum(), edges)
    }
    /// Returns the number of points (`self`, `y`) in each cell of a grid, and the edges along both axes.
    ///
    /// # Panics
    /// Like [`Tensor::histogram`]. Also if the sizes or dtypes differ.
    #[track_caller]
    pub fn histogram2d(
        &self,
        y: &Tensor,
        x_bins: impl Into<Bins>,
        y_bins: impl Into<Bins>,
    ) -> (Tensor, Tensor, Tensor) {
        if y.size() != self.size() {
            refuse!("histogram2d: shapes {} and {} differ", self.shape(), y.shape());
        }
        let (x, y) = (as_float(self).flatten(), as_float(y).flatten());
        expect_one_dtype("histogram2d", &[x.dtype(), y.dtype()]);
        let (x_edges, y_edges) = (x.histogram_bin_edges(x_bins), y.histogram_bin_edges(y_bins));
        let ones = x.ones_like();
        let counts = histogram_of("histogram2d", &[x, y], &[x_edges.clone(), y_edges.clone()], &ones);
        (counts, x_edges, y_edges)
    }
    /// Returns the number of points in each cell of a grid, and the edges along each axis. Each row of this matrix is a
    /// point, and the grid has an axis for each column.
    ///
    /// # Panics
    /// Like [`Tensor::histogram`]. Also if this tensor is not a matrix, or if its number of columns differs from the
    /// number of `bins`.
    #[track_caller]
    pub fn histogramdd(&self, bins: &[Bins]) -> (Tensor, Vec<Tensor>) {
        if self.rank() != 2 || self.shape()[1] != bins.len() || bins.is_empty() {
            refuse!("histogramdd: {} lists of bins are given for points of {}", bins.len(), self.ty());
        }
        let columns = as_float(self).unstack(1);
        let mut edges = Vec::with_capacity(bins.len());
        for (x, bins) in columns.iter().zip(bins) {
            edges.push(x.histogram_bin_edges(bins.clone()));
        }
        let ones = columns[0].ones_like();
        (histogram_of("histogramdd", &columns, &edges, &ones), edges)
    }
}

#[track_caller]
fn constant(x: &Tensor, value: f64) -> Tensor {
    lax::full(x.dtype(), &Shape::scalar(), value)
}

/// Returns, for each number 0, 1, 2, …, the sum of the `weights` of its occurrences in `x`.
#[track_caller]
fn bins(op: &str, x: &Tensor, weights: &Tensor, length: &ResultSize) -> Tensor {
    if x.rank() != 1 || !x.dtype().is_int() {
        refuse!("{op}: takes a vector of integers, but got {}", x.ty());
    }
    let n = match length.explicit_size() {
        Some(n) => n,
        None if x.size() == 0 => 0,
        None => {
            let greatest = super::choose::concrete_i64(op, &x.max().cast(DType::I64));
            usize::try_from(greatest[0]).unwrap_or(0) + 1
        }
    };
    lax::full(weights.dtype(), &[n].into(), 0.0).at(x.maximum(0)).add(weights)
}

/// Sums the `weights` of the points in each cell between `edges`. Points beyond the edges are ignored.
#[track_caller]
fn histogram_of(op: &str, coordinates: &[Tensor], edges: &[Tensor], weights: &Tensor) -> Tensor {
    let shape: Dims = edges.iter().map(|e| e.size().saturating_sub(1)).collect();
    let shape = Shape::from(shape.as_slice());
    if shape.size() == 0 {
        return lax::full(weights.dtype(), &shape, 0.0);
    }
    let mut flat: Option<(Tensor, Tensor)> = None;
    for ((x, edges), &n) in coordinates.iter().zip(edges).zip(shape.iter()) {
        expect_one_dtype(op, &[x.dtype(), edges.dtype()]);
        let last = lax::reshape(&part(edges, 0, n, n + 1), Shape::scalar());
        let at = edges.searchsorted(x, true) - 1;
        let at = lax::select(&x.eq(last), &lax::full_like(&at, n as f64 - 1.0), &at);
        let inside = at.ge(0) & at.lt(n);
        flat = Some(match flat {
            None => (at, inside),
            Some((before, all)) => (before * n + at, all & inside),
        });
    }
    let Some((at, inside)) = flat else { refuse!("{op}: there are no coordinates") };
    // Indices out of range are ignored.
    let at = lax::select(&inside, &at, &lax::full_like(&at, shape.size() as f64));
    lax::reshape(&lax::full(weights.dtype(), &[shape.size()].into(), 0.0).at(at).add(weights), shape)
}
