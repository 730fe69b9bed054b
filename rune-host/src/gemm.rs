//! The one call of the crate `gemm`, which takes pointers.
#![allow(unsafe_code)]

use gemm::Parallelism;
use rune_trace::Element;

/// A matrix within a slice, by the steps from row to row and from column to column.
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
    /// Whether each element lies within the slice.
    fn is_inside(&self) -> bool {
        self.rows == 0
            || self.columns == 0
            || self.offset + (self.rows - 1) * self.row_step + (self.columns - 1) * self.column_step < self.data.len()
    }
}

/// The dtypes that it multiplies.
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

/// Writes the product of `a` and `b` to `c`, in row-major order, on all threads of the pool or on this one.
///
/// # Panics
/// If the sizes do not agree, or an operand does not lie within its slice.
pub(crate) fn multiply<T: Real + 'static>(a: Matrix<'_, T>, b: Matrix<'_, T>, c: &mut [T], threads: bool) {
    assert_eq!(a.columns, b.rows, "inner sizes of a product");
    assert_eq!(c.len(), a.rows * b.columns, "size of a product");
    assert!(a.is_inside() && b.is_inside(), "an operand of a product lies outside of its array");
    let parallelism = if threads { Parallelism::Rayon(0) } else { Parallelism::None };
    let step = |n: usize| n as isize;
    // SAFETY: the matrices lie within their slices, as was checked, and `c`, which nothing else refers to, has room for `a.rows` rows of
    // `b.columns`. `c` is not read.
    unsafe {
        gemm::gemm(
            a.rows,
            b.columns,
            a.columns,
            c.as_mut_ptr(),
            1,
            step(b.columns),
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
