//! Index tensors and grids: triangles, diagonals, and indices in row-major order.

use super::broadcast::expect_one_dtype;
use super::choose::unravel;
use super::scalar::{Operand, Scalar};
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::{Array, Complex64, DType, Element, Shape, with_element};

/// Converts known positions in a matrix to tensors of `i32`.
#[track_caller]
fn row_and_column_indices(positions: &[(usize, usize)]) -> (Tensor, Tensor) {
    let rows: Vec<i32> = positions.iter().map(|p| p.0 as i32).collect();
    let columns: Vec<i32> = positions.iter().map(|p| p.1 as i32).collect();
    (rows.into(), columns.into())
}

/// Returns the positions in a matrix of `n` rows and `m` columns for which `chosen` accepts the number of the diagonal.
#[track_caller]
fn diagonals(n: usize, m: usize, chosen: &dyn Fn(isize) -> bool) -> (Tensor, Tensor) {
    let all = (0..n).flat_map(|i| (0..m).map(move |j| (i, j)));
    row_and_column_indices(&all.filter(|&(i, j)| chosen(j as isize - i as isize)).collect::<Vec<_>>())
}

/// Positions.
impl Tensor {
    /// Returns the rows and the columns, as `i32`, of the elements on or below the `k`-th diagonal of a matrix with `n`
    /// rows and `m` columns.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let (rows, columns) = Tensor::tril_indices(2, 0, 2);
    /// assert_eq!(rows.to_vec::<i32>().unwrap(), [0, 1, 1]);
    /// assert_eq!(columns.to_vec::<i32>().unwrap(), [0, 0, 1]);
    /// ```
    #[track_caller]
    pub fn tril_indices(n: usize, k: isize, m: usize) -> (Tensor, Tensor) {
        diagonals(n, m, &|d| d <= k)
    }
    /// Returns the rows and the columns, as `i32`, of the elements on or above the `k`-th diagonal.
    #[track_caller]
    pub fn triu_indices(n: usize, k: isize, m: usize) -> (Tensor, Tensor) {
        diagonals(n, m, &|d| d >= k)
    }
    /// Returns the rows and the columns, as `i32`, of the elements that `mask` keeps in a matrix with `n` rows and
    /// columns. `mask` takes a matrix of ones and `k`, like [`Tensor::triu`].
    ///
    /// # Panics
    /// If `mask` panics, or returns another shape or unknown elements.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let (rows, columns) = Tensor::mask_indices(2, |x, k| x.triu(k), 1);
    /// assert_eq!((rows.to_vec::<i32>().unwrap(), columns.to_vec::<i32>().unwrap()), (vec![0], vec![1]));
    /// ```
    #[track_caller]
    pub fn mask_indices(n: usize, mask: impl FnOnce(&Tensor, isize) -> Tensor, k: isize) -> (Tensor, Tensor) {
        let kept = mask(&lax::full(DType::I32, &[n, n].into(), 1.0), k);
        if *kept.shape() != [n, n] {
            refuse!("mask_indices: the mask must be a matrix of {n} rows and columns, but is {}", kept.ty());
        }
        let mut places = kept.nonzero(..);
        let columns = places.pop().expect("a matrix has two axes");
        (places.pop().expect("a matrix has two axes"), columns)
    }
    /// Returns [`Tensor::tril_indices`] for the size of this matrix.
    ///
    /// # Panics
    /// If this is not a matrix.
    #[track_caller]
    pub fn tril_indices_from(&self, k: isize) -> (Tensor, Tensor) {
        let (n, m) = matrix("tril_indices_from", self);
        Tensor::tril_indices(n, k, m)
    }
    /// Returns [`Tensor::triu_indices`] for the size of this matrix.
    ///
    /// # Panics
    /// If this is not a matrix.
    #[track_caller]
    pub fn triu_indices_from(&self, k: isize) -> (Tensor, Tensor) {
        let (n, m) = matrix("triu_indices_from", self);
        Tensor::triu_indices(n, k, m)
    }
    /// Returns the positions of the diagonal of an array with `rank` axes of size `n`, one vector for each axis.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([[1, 2], [3, 4]]);
    /// let diagonal = Tensor::diag_indices(2, 2);
    /// assert_eq!(x.i((&diagonal[0], &diagonal[1])).to_vec::<i32>().unwrap(), [1, 4]);
    /// ```
    #[track_caller]
    pub fn diag_indices(n: usize, rank: usize) -> Vec<Tensor> {
        vec![lax::iota(DType::I32, [n], 0); rank]
    }
    /// Returns [`Tensor::diag_indices`] for the shape of this tensor.
    ///
    /// # Panics
    /// If there are fewer than two axes, or they differ in size.
    #[track_caller]
    pub fn diag_indices_from(&self) -> Vec<Tensor> {
        if self.rank() < 2 || self.shape().iter().any(|&n| n != self.shape()[0]) {
            refuse!("diag_indices_from: takes two or more axes of one size, but got shape {}", self.shape());
        }
        Tensor::diag_indices(self.shape()[0], self.rank())
    }
    /// Converts indices in row-major order to one index tensor for each axis of `shape`. Negative indices count from
    /// the end. Indices out of range are clamped.
    ///
    /// # Panics
    /// If this tensor does not hold integers.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let positions = Tensor::from([5, 0]).unravel_index([2, 3]);
    /// assert_eq!(positions[0].to_vec::<i32>().unwrap(), [1, 0]);
    /// assert_eq!(positions[1].to_vec::<i32>().unwrap(), [2, 0]);
    /// ```
    #[track_caller]
    pub fn unravel_index(&self, shape: impl Into<Shape>) -> Vec<Tensor> {
        super::bits::expect_int("unravel_index", self);
        let shape = shape.into();
        let Some(size) = shape.checked_size() else { refuse!("unravel_index: shape {shape} has too many elements") };
        let from_end =
            if self.dtype().is_signed_int() { lax::select(&self.lt(0), &(self + size), self) } else { self.clone() };
        unravel(&from_end.clamp(0, size.max(1) - 1), &shape)
    }
    /// Converts one index tensor for each axis of `shape` to indices in row-major order. The tensors broadcast. Indices
    /// out of range are clamped.
    ///
    /// # Panics
    /// If there is not one integer tensor for each axis, or the dtypes differ.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let (rows, columns) = (Tensor::from([1, 0]), Tensor::from([2, 0]));
    /// assert_eq!(Tensor::ravel_multi_index(&[rows, columns], [2, 3]).to_vec::<i32>().unwrap(), [5, 0]);
    /// ```
    #[track_caller]
    pub fn ravel_multi_index<T: AsRef<Tensor>>(positions: &[T], shape: impl Into<Shape>) -> Tensor {
        let shape = shape.into();
        if positions.len() != shape.rank() || positions.is_empty() {
            refuse!("ravel_multi_index: positions along {} axes are given for shape {shape}", positions.len());
        }
        let mut flat: Option<Tensor> = None;
        for (along, &n) in positions.iter().zip(shape.iter()) {
            super::bits::expect_int("ravel_multi_index", along.as_ref());
            let along = along.as_ref().clamp(0, n.max(1) - 1);
            flat = Some(match flat {
                None => along,
                Some(flat) => flat * n + along,
            });
        }
        flat.expect("there is an axis")
    }
    /// Reshapes vectors so that together they index a grid: the `i`-th vector is along axis `i`.
    ///
    /// # Panics
    /// If an operand is not a vector.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// let x = Tensor::arange(0..6, DType::I32).reshape([2, 3]);
    /// let grid = Tensor::ix_(&[Tensor::from([1, 0]), Tensor::from([0, 2])]);
    /// assert_eq!(x.i((&grid[0], &grid[1])).to_vec::<i32>().unwrap(), [3, 5, 0, 2]);
    /// ```
    #[track_caller]
    pub fn ix_<T: AsRef<Tensor>>(vectors: &[T]) -> Vec<Tensor> {
        let mut all = Vec::with_capacity(vectors.len());
        for (i, x) in vectors.iter().enumerate() {
            let x = x.as_ref();
            if x.rank() != 1 {
                refuse!("ix_: takes vectors, but got {}", x.ty());
            }
            let mut shape = vec![1; vectors.len()];
            shape[i] = x.size();
            all.push(lax::reshape(x, shape));
        }
        all
    }
}

#[track_caller]
fn matrix(op: &str, x: &Tensor) -> (usize, usize) {
    match **x.shape() {
        [n, m] => (n, m),
        _ => refuse!("{op}: takes a matrix, but got {}", x.ty()),
    }
}

/// Tensors with patterns.
impl Tensor {
    /// Returns a matrix of `n` rows and `m` columns that is 1 on and below the `k`-th diagonal, and 0 above.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// assert_eq!(Tensor::tri(2, 3, 1, DType::I32).to_vec::<i32>().unwrap(), [1, 1, 0, 1, 1, 1]);
    /// ```
    #[track_caller]
    pub fn tri(n: usize, m: usize, k: isize, dtype: DType) -> Tensor {
        Tensor::ones([n, m], dtype).tril(k)
    }
    /// Returns a matrix with all elements, in row-major order, on its `k`-th diagonal, and 0 elsewhere.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([[1], [2]]).diagflat(0).to_vec::<i32>().unwrap(), [1, 0, 0, 2]);
    /// ```
    #[track_caller]
    pub fn diagflat(&self, k: isize) -> Tensor {
        self.flatten().diag(k)
    }
    /// Returns the tensor with `value` on its diagonal: at the positions whose indices are equal along all axes.
    ///
    /// # Panics
    /// If there are fewer than two axes, or more than two that differ in size.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([[1, 2], [3, 4]]).fill_diagonal(0);
    /// assert_eq!(x.to_vec::<i32>().unwrap(), [0, 2, 3, 0]);
    /// ```
    #[doc(alias = "fill_diagonal_")]
    #[track_caller]
    pub fn fill_diagonal(&self, value: impl Operand) -> Tensor {
        let differ = self.rank() > 2 && self.shape().iter().any(|&n| n != self.shape()[0]);
        if self.rank() < 2 || differ {
            refuse!("fill_diagonal: takes two axes, or more of one size, but got shape {}", self.shape());
        }
        let value = value.into_argument().into_tensor("fill_diagonal", self.dtype());
        expect_one_dtype("fill_diagonal", &[self.dtype(), value.dtype()]);
        let n = self.shape().iter().copied().min().unwrap_or(0);
        let along = super::IndexItem::Tensor(lax::iota(DType::I32, [n], 0));
        self.at(vec![along; self.rank()]).set(value)
    }
    /// Returns a Vandermonde matrix: the columns are powers of a vector, from the (`n` - 1)-th down to the 0-th, or up
    /// if `increasing`.
    ///
    /// # Panics
    /// If this is not a vector of numbers.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([2.0f32, 3.0]).vander(3, false);
    /// assert_eq!(x.to_vec::<f32>().unwrap(), [4.0, 2.0, 1.0, 9.0, 3.0, 1.0]);
    /// ```
    #[track_caller]
    pub fn vander(&self, n: usize, increasing: bool) -> Tensor {
        if self.rank() != 1 || self.dtype() == DType::Bool {
            refuse!("vander: takes a vector of numbers, but got {}", self.ty());
        }
        if n == 0 {
            return lax::full(self.dtype(), &[self.size(), 0].into(), 0.0);
        }
        let mut columns = Vec::with_capacity(n);
        for power in 0..n {
            columns.push(if power == 0 { self.ones_like() } else { self.powi(power as i32) });
        }
        if !increasing {
            columns.reverse();
        }
        Tensor::stack(&columns, 1)
    }
    /// Returns `n` numbers, evenly spaced on a logarithmic scale. The first is `base` to the power `start`, and the
    /// last is `base` to the power `end`.
    ///
    /// # Panics
    /// If `dtype` is neither float nor complex, or `start` or `end` is complex and `dtype` is not.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// assert_eq!(Tensor::logspace(0.0, 2.0, 3, 10.0, DType::F32).to_vec::<f32>().unwrap(), [1.0, 10.0, 100.0]);
    /// ```
    #[track_caller]
    pub fn logspace(start: impl Into<Scalar>, end: impl Into<Scalar>, n: usize, base: f64, dtype: DType) -> Tensor {
        let [start, end] = ends("logspace", [start.into(), end.into()], dtype);
        spaced_complex("logspace", n, dtype, &|t| {
            let power = start + (end - start) * t;
            // The power of real numbers is exact where that of complex numbers rounds.
            if power.im == 0.0 { base.powf(power.re).into() } else { power.expf(base) }
        })
    }
    /// Returns `n` numbers from `start` to `end`, both included. Consecutive numbers have a constant ratio. Complex
    /// numbers are on a spiral around 0. It does not cross the negative real axis, or the positive one if both real
    /// parts are negative.
    ///
    /// # Panics
    /// If `dtype` is neither float nor complex, if `start` or `end` is 0 or complex and `dtype` is not, or if their
    /// signs differ and `dtype` is a float.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// assert_eq!(Tensor::geomspace(1.0, 8.0, 4, DType::F32).to_vec::<f32>().unwrap(), [1.0, 2.0, 4.0, 8.0]);
    /// ```
    #[track_caller]
    pub fn geomspace(start: impl Into<Scalar>, end: impl Into<Scalar>, n: usize, dtype: DType) -> Tensor {
        let [start, end] = ends("geomspace", [start.into(), end.into()], dtype);
        let zero = Complex64::new(0.0, 0.0);
        if start == zero || end == zero || !dtype.is_complex() && (start.re < 0.0) != (end.re < 0.0) {
            refuse!(
                "geomspace: the numbers from {start} to {end} are no multiples of each other; both are to be of one sign, and not 0"
            );
        }
        let sign = if start.re < 0.0 && end.re < 0.0 { -1.0 } else { 1.0 };
        let (low, high) = ((start * sign).ln(), (end * sign).ln());
        spaced_complex("geomspace", n, dtype, &|t| match t {
            0.0 => start,
            1.0 => end,
            t => (low + (high - low) * t).exp() * sign,
        })
    }
    /// Returns `f(indices)`. `indices` holds, for each axis, a tensor of the indices along it, as `i32`.
    ///
    /// # Panics
    /// If `f` panics.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::fromfunction([2, 3], |i| &i[0] * 10 + &i[1]);
    /// assert_eq!(x.to_vec::<i32>().unwrap(), [0, 1, 2, 10, 11, 12]);
    /// ```
    #[track_caller]
    pub fn fromfunction(shape: impl Into<Shape>, f: impl FnOnce(&[Tensor]) -> Tensor) -> Tensor {
        let shape = shape.into();
        let mut positions = Vec::with_capacity(shape.rank());
        for axis in 0..shape.rank() {
            positions.push(lax::iota(DType::I32, shape.clone(), axis));
        }
        f(&positions)
    }
}

/// Applies `f` to evenly spaced numbers from 0 to 1.
#[track_caller]
pub(super) fn spaced(op: &str, n: usize, dtype: DType, f: &dyn Fn(f64) -> f64) -> Tensor {
    if !dtype.is_float() {
        refuse!("{op}: needs a float dtype, but got {dtype}");
    }
    spaced_complex(op, n, dtype, &|t| f(t).into())
}

#[track_caller]
fn spaced_complex(op: &str, n: usize, dtype: DType, f: &dyn Fn(f64) -> Complex64) -> Tensor {
    if !dtype.is_inexact() {
        refuse!("{op}: needs a float or complex dtype, but got {dtype}");
    }
    let last = n.saturating_sub(1).max(1) as f64;
    with_element!(dtype, T => Array::from_fn([n], |i| <T as Element>::from_complex(f(i as f64 / last)))).into()
}

/// Returns the ends of a range of numbers of `dtype`.
#[track_caller]
pub(super) fn ends(op: &str, ends: [Scalar; 2], dtype: DType) -> [Complex64; 2] {
    for end in ends {
        if matches!(end, Scalar::Complex(_)) && !dtype.is_complex() {
            refuse!("{op}: the end {end} is complex and the dtype is {dtype}; use a complex dtype, as `DType::C64`");
        }
    }
    ends.map(Scalar::to_complex)
}
