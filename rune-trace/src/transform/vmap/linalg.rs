//! Batching of systems of equations.

use super::{Batched, move_axis};
use crate::Tensor;
use crate::tensor::lax;
use rune_ir::Shape;

/// Solves systems for a batch by `solve`. `of` provides the matrices. If the matrices are not mapped, the right sides
/// become more columns of one system (rows, unless `left`), like in JAX's `_triangular_solve_batching_rule`. The
/// matrices are not repeated.
pub(super) fn solve<const N: usize>(
    of: &[&Batched; N],
    b: &Batched,
    left: bool,
    size: usize,
    solve: impl Fn([&Tensor; N], &Tensor) -> Tensor,
) -> Tensor {
    if of.iter().any(|a| a.mapped) {
        let of = of.map(|a| a.broadcast(size));
        return solve(of.each_ref(), &b.broadcast(size));
    }
    // The axis of one batch element along which right sides are adjacent; the batch axis comes before it.
    let axis = if left { b.rank() - 1 } else { b.rank() - 2 };
    let moved = move_axis(&b.t, 0, axis);
    let mut shape: Vec<usize> = moved.shape().to_vec();
    let each = shape.remove(axis + 1);
    shape[axis] = size * each;
    let found = solve(of.map(|a| &a.t), &lax::reshape(&moved, Shape::from(shape)));
    move_axis(&lax::reshape(&found, moved.shape().clone()), axis, 0)
}
