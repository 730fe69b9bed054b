//! Products of matrices.

use super::number::Ring;
use crate::Complex64;
use ndarray::{ArrayView2, ArrayViewMut2, ShapeBuilder};

/// A matrix in a slice, with the steps from row to row and from column to column.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a, T> {
    /// The elements, starting with the first of the matrix.
    pub(super) data: &'a [T],
    /// The step to the next row.
    pub(super) row: usize,
    /// The step to the next column.
    pub(super) col: usize,
}

impl<T> Matrix<'_, T> {
    /// Returns the transpose.
    pub(super) fn transposed(self) -> Self {
        Matrix { data: self.data, row: self.col, col: self.row }
    }
}

/// An accumulator type, with the product of its matrices.
pub(super) trait Gemm: Ring {
    /// Adds the product of `a` (`m × k`) and `b` (`k × n`) to `c`, which is dense.
    fn gemm(m: usize, k: usize, n: usize, a: Matrix<'_, Self>, b: Matrix<'_, Self>, c: &mut [Self]) {
        multiply(m, k, n, a, b, c);
    }
}

macro_rules! in_order {
    ($($t:ty)*) => {$(impl Gemm for $t {})*};
}
in_order!(i8 i16 i32 i64 u8 u16 u32 u64 Complex64);

fn multiply<T: Ring>(m: usize, k: usize, n: usize, a: Matrix<'_, T>, b: Matrix<'_, T>, c: &mut [T]) {
    if n == 0 {
        return;
    }
    for (i, c) in c.chunks_exact_mut(n).enumerate().take(m) {
        if b.col == 1 {
            for p in 0..k {
                let x = a.data[i * a.row + p * a.col];
                for (c, &y) in c.iter_mut().zip(&b.data[p * b.row..p * b.row + n]) {
                    *c = c.plus(x.times(y));
                }
            }
        } else {
            for (j, c) in c.iter_mut().enumerate() {
                for p in 0..k {
                    *c = c.plus(a.data[i * a.row + p * a.col].times(b.data[p * b.row + j * b.col]));
                }
            }
        }
    }
}

impl Gemm for f64 {
    /// Computes large products in blocks, with the vector instructions of the processor.
    fn gemm(m: usize, k: usize, n: usize, a: Matrix<'_, f64>, b: Matrix<'_, f64>, c: &mut [f64]) {
        // Below this size, packing blocks costs more than it saves (measured).
        const SMALL: usize = 1 << 11;
        if m * k * n <= SMALL || m == 1 || n == 1 {
            return multiply(m, k, n, a, b, c);
        }
        let lhs = ArrayView2::from_shape((m, k).strides((a.row, a.col)), a.data);
        let rhs = ArrayView2::from_shape((k, n).strides((b.row, b.col)), b.data);
        if let (Ok(lhs), Ok(rhs)) = (lhs, rhs)
            && let Ok(mut out) = ArrayViewMut2::from_shape((m, n), &mut *c)
        {
            return ndarray::linalg::general_mat_mul(1.0, &lhs, &rhs, 1.0, &mut out);
        }
        multiply(m, k, n, a, b, c);
    }
}
