//! The only call of the crate `gemm`, whose interface takes pointers.
#![allow(unsafe_code)]

use super::transpose::{in_panels, is_packed_slowly};
use gemm::Parallelism;
use rune_ir::Element;

/// A matrix in a slice, with its row and column strides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix<'a, T> {
    pub data: &'a [T],
    pub offset: usize,
    pub rows: usize,
    pub columns: usize,
    pub row_step: usize,
    pub column_step: usize,
}

impl<T> Matrix<'_, T> {
    /// Returns the index of an element in the slice.
    pub(crate) fn at(&self, row: usize, column: usize) -> usize {
        self.offset + row * self.row_step + column * self.column_step
    }
    fn transpose(self) -> Self {
        let (rows, columns, row_step, column_step) = (self.columns, self.rows, self.column_step, self.row_step);
        Matrix { rows, columns, row_step, column_step, ..self }
    }
    /// Returns whether all elements are in the slice.
    fn is_inside(&self) -> bool {
        self.rows == 0
            || self.columns == 0
            || self.offset + (self.rows - 1) * self.row_step + (self.columns - 1) * self.column_step < self.data.len()
    }
}

/// The dtypes that `gemm` multiplies.
pub(crate) trait Real: Element {
    const ONE: Self;
    const ZERO: Self;
}
impl Real for f32 {
    const ONE: f32 = 1.0;
    const ZERO: f32 = 0.0;
}
impl Real for f64 {
    const ONE: f64 = 1.0;
    const ZERO: f64 = 0.0;
}

/// The destination of a product in a slice: the index of its first element, and its row and column strides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub offset: usize,
    pub row_step: usize,
    pub column_step: usize,
}

/// Writes the product of `a` and `b` to `c`, on all threads of the pool or only on this one.
///
/// # Panics
/// If the sizes do not agree, a matrix is not in its slice, or two elements of the product overlap.
pub(crate) fn multiply<T: Real + 'static>(a: Matrix<'_, T>, b: Matrix<'_, T>, c: &mut [T], to: Target, threads: bool) {
    if to.row_step < to.column_step {
        // The transposed product has contiguous rows.
        let to = Target { row_step: to.column_step, column_step: to.row_step, ..to };
        return multiply_to_rows(b.transpose(), a.transpose(), c, to, threads);
    }
    multiply_to_rows(a, b, c, to, threads);
}

/// Writes the product of `a` and `b` to the rows of `c`.
fn multiply_to_rows<T: Real>(a: Matrix<'_, T>, b: Matrix<'_, T>, c: &mut [T], to: Target, threads: bool) {
    if a.rows > 1 && is_packed_slowly(&b) {
        in_panels(&b, threads, |panel, first| {
            let to = Target { offset: to.offset + first * to.column_step, ..to };
            call(a, panel, c, to, threads);
        });
        return;
    }
    call(a, b, c, to, threads);
}

fn call<T: Real>(a: Matrix<'_, T>, b: Matrix<'_, T>, c: &mut [T], to: Target, threads: bool) {
    assert_eq!(a.columns, b.rows, "inner sizes of a product");
    assert!(a.is_inside() && b.is_inside(), "an operand of a product lies outside of its array");
    let (rows, columns) = (a.rows, b.columns);
    if rows == 0 || columns == 0 {
        return;
    }
    // Two elements do not overlap if rows are contiguous within columns, or columns within rows.
    let (row, column) =
        (if rows == 1 { usize::MAX } else { to.row_step }, if columns == 1 { usize::MAX } else { to.column_step });
    let apart = (column > 0 && row >= columns.saturating_mul(to.column_step).max(1))
        || (row > 0 && column >= rows.saturating_mul(to.row_step).max(1));
    assert!(apart, "elements of a product overlap");
    let last = to.offset + (rows - 1) * to.row_step + (columns - 1) * to.column_step;
    assert!(last < c.len(), "a product lies outside of its array");
    let parallelism = if threads { Parallelism::Rayon(0) } else { Parallelism::None };
    let step = |n: usize| n as isize;
    // SAFETY: the matrices are in their slices, as checked above, and the product is in `c`, which nothing else refers
    // to. The elements of the product do not overlap. `gemm` does not read `c`.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            a.columns,
            c.as_mut_ptr().add(to.offset),
            step(to.column_step),
            step(to.row_step),
            false,
            a.data.as_ptr().add(a.offset),
            step(a.column_step),
            step(a.row_step),
            b.data.as_ptr().add(b.offset),
            step(b.column_step),
            step(b.row_step),
            T::ZERO,
            T::ONE,
            false,
            false,
            false,
            parallelism,
        );
    }
}
