//! Norms.

use super::{expect_matrices, expect_square, inv, size, squares, svdvals};
use crate::array_fns::axes::Axes;
use crate::array_fns::complex::expect_inexact;
use crate::array_fns::where_;
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::DType;

/// A matrix norm.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MatrixOrd {
    /// The Frobenius norm: the square root of the sum of all squares.
    #[default]
    Fro,
    /// The sum of the singular values.
    Nuclear,
    /// The greatest sum of magnitudes of a column.
    One,
    /// The least sum of magnitudes of a column.
    MinusOne,
    /// The greatest singular value.
    Two,
    /// The least singular value.
    MinusTwo,
    /// The greatest sum of magnitudes of a row.
    Inf,
    /// The least sum of magnitudes of a row.
    MinusInf,
}

/// Returns the square root of the sum of the squares of the magnitudes of all elements. Norms of complex numbers are
/// real. The derivative at 0 is NaN, like in JAX.
///
/// # Panics
/// If the elements are neither floats nor complex.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// assert_eq!(linalg::norm(&Tensor::from([3.0f32, 4.0])).item::<f32>()?, 5.0);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn norm(x: &Tensor) -> Tensor {
    expect_inexact("linalg::norm", x);
    squares(x).sum().sqrt()
}

/// Returns the norm of vectors along `axes`: the `ord`-th root of the sum of the magnitudes to the power `ord`. For ±∞,
/// it is the greatest or least magnitude. For 0, it is the number of nonzero elements. The elements along several axes
/// are one vector. `..` means all axes.
///
/// # Panics
/// If the elements are neither floats nor complex, or there is no such axis.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let x = Tensor::from([[3.0f32, -4.0], [0.0, 2.0]]);
/// assert_eq!(linalg::vector_norm(&x, 2.0, -1).to_vec::<f32>()?, [5.0, 2.0]);
/// assert_eq!(linalg::vector_norm(&x, f64::INFINITY, -1).to_vec::<f32>()?, [4.0, 2.0]);
/// assert_eq!(linalg::vector_norm(&x, 0.0, -1).to_vec::<f32>()?, [2.0, 1.0]);
/// assert_eq!(linalg::vector_norm(&x, 1.0, ..).item::<f32>()?, 9.0);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn vector_norm(x: &Tensor, ord: f64, axes: impl Into<Axes>) -> Tensor {
    let axes = &axes.into();
    expect_inexact("linalg::vector_norm", x);
    if ord == 2.0 {
        squares(x).sum_axes(axes).sqrt()
    } else if ord == 1.0 {
        x.abs().sum_axes(axes)
    } else if ord == f64::INFINITY {
        x.abs().max_axes(axes)
    } else if ord == f64::NEG_INFINITY {
        x.abs().min_axes(axes)
    } else if ord == 0.0 {
        lax::convert(&x.ne(0.0), x.dtype().real()).sum_axes(axes)
    } else {
        x.abs().pow(ord).sum_axes(axes).pow(1.0 / ord)
    }
}

/// Returns the norm of matrices along the last two axes.
///
/// # Panics
/// If the operand does not hold matrices of `f32`, `f64`, `c64` or `c128`, or if they are empty and the norm is an
/// extreme.
///
/// ```
/// use rune_trace::Tensor;
/// use rune_trace::linalg::{MatrixOrd, matrix_norm};
/// let x = Tensor::from([[3.0f32, 0.0], [-4.0, 0.0]]);
/// assert_eq!(matrix_norm(&x, MatrixOrd::One).item::<f32>()?, 7.0);
/// assert_eq!(matrix_norm(&x, MatrixOrd::Inf).item::<f32>()?, 4.0);
/// assert_eq!(matrix_norm(&x, MatrixOrd::Two).item::<f32>()?, 5.0);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn matrix_norm(x: &Tensor, ord: MatrixOrd) -> Tensor {
    expect_matrices("matrix_norm", x);
    match ord {
        MatrixOrd::Fro => squares(x).sum_axes([-2, -1]).sqrt(),
        MatrixOrd::Nuclear => svdvals(x).sum_axes(-1),
        MatrixOrd::One => x.abs().sum_axes(-2).max_axes(-1),
        MatrixOrd::MinusOne => x.abs().sum_axes(-2).min_axes(-1),
        MatrixOrd::Two => svdvals(x).max_axes(-1),
        MatrixOrd::MinusTwo => svdvals(x).min_axes(-1),
        MatrixOrd::Inf => x.abs().sum_axes(-1).max_axes(-1),
        MatrixOrd::MinusInf => x.abs().sum_axes(-1).min_axes(-1),
    }
}

/// Returns the condition number of matrices: the factor by which solving equations can magnify relative errors. With
/// [`MatrixOrd::Two`], it is the greatest singular value divided by the least. With other norms, it is the norm of the
/// matrix times that of its inverse. It is infinite for singular matrices.
///
/// # Panics
/// If the operand does not hold matrices of `f32`, `f64`, `c64` or `c128`, if they are empty, or if they are not square
/// and the norm is not `Two` or `MinusTwo`.
///
/// ```
/// use rune_trace::Tensor;
/// use rune_trace::linalg::{MatrixOrd, cond};
/// let x = Tensor::from([[4.0f32, 0.0], [0.0, 0.5]]);
/// assert_eq!(cond(&x, MatrixOrd::Two).item::<f32>()?, 8.0);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn cond(x: &Tensor, ord: MatrixOrd) -> Tensor {
    expect_matrices("cond", x);
    if size(x).0 == 0 || size(x).1 == 0 {
        refuse!("linalg::cond: takes matrices with elements, but got shape {}", x.shape());
    }
    let ratio = match ord {
        MatrixOrd::Two | MatrixOrd::MinusTwo => {
            let s = svdvals(x);
            let (greatest, least) = (s.max_axes(-1), s.min_axes(-1));
            if ord == MatrixOrd::Two { greatest / least } else { least / greatest }
        }
        MatrixOrd::Fro
        | MatrixOrd::Nuclear
        | MatrixOrd::One
        | MatrixOrd::MinusOne
        | MatrixOrd::Inf
        | MatrixOrd::MinusInf => {
            expect_square("cond", x);
            matrix_norm(x, ord) * matrix_norm(&inv(x), ord)
        }
    };
    // A NaN in the result that is not in the matrix comes from a division by 0.
    let given = lax::convert(&x.isnan(), DType::I32).sum_axes([-2, -1]).gt(0);
    where_(ratio.isnan() & !given, f64::INFINITY, ratio)
}
