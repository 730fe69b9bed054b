//! Systems of linear equations.

use super::{Sides, Triangular};
use crate::{Tensor, lax};

/// The solution of the triangular systems that `how` tells: `a x = b`, or `x a = b`. Of `a` one triangle is read. A vector `b` gives a
/// vector (for each matrix of a batch).
///
/// # Panics
/// If sizes, batches or dtypes do not fit.
///
/// ```
/// use rune_trace::Tensor;
/// use rune_trace::linalg::{Triangular, triangular_solve};
/// let (l, b) = (Tensor::from([[2.0f32, 0.0], [1.0, 4.0]]), Tensor::from([4.0f32, 10.0]));
/// assert_eq!(triangular_solve(&l, &b, Triangular::left(true)).to_vec::<f32>().unwrap(), [2.0, 2.0]);
/// let transposed = Triangular::left(true).transposed();
/// assert_eq!(triangular_solve(&l, &b, transposed).to_vec::<f32>().unwrap(), [0.75, 2.5]);
/// ```
#[track_caller]
pub fn triangular_solve(a: &Tensor, b: &Tensor, how: Triangular) -> Tensor {
    let sides = Sides::new("triangular_solve", a, b, how.left_side);
    sides.shaped(&lax::triangular_solve(&sides.a, &sides.b, how))
}
