//! Long reductions and products in levels, for Vulkan and Metal. IREE computes them in one loop of one thread or
//! subgroup if the length has no suitable factor. That is slow, and Mesa's software device ends every loop after 65,535
//! iterations.

use crate::builder::{Builder, Val};
use crate::tree::Context;
use rune_ir::op::{DotDims, Literal};
use rune_ir::{Shape, Type};

/// The maximum number of terms of one level.
const LONG: usize = 1 << 15;
/// The maximum number of terms of a run in the first level.
const RUN: usize = 256;

/// Returns whether a reduction of this many terms is computed in levels.
pub(crate) fn is_long(context: &Context, terms: usize) -> bool {
    context.is_spirv && terms > LONG
}

/// Reduces long axes in levels. `f` is StableHLO's operation.
pub(crate) fn reduce<'c>(b: &Builder<'c>, x: &Val<'c>, init: Literal, axes: &[usize], f: &str) -> Val<'c> {
    // One axis after the other, from the last, so that the numbers of the others stay.
    let mut axes = axes.to_vec();
    axes.sort_unstable();
    if let [others @ .., last] = &axes[..]
        && !others.is_empty()
    {
        return b.reduce(&b.reduce(x, init, &[*last], f), init, others, f);
    }
    let axis = axes[0];
    let (runs, rest) = split(b, x, axis, RUN);
    let total = b.reduce(&b.reduce(&runs, init, &[axis + 1], f), init, &[axis], f);
    match rest {
        Some(rest) => b.binary(f, &total, &b.reduce(&rest, init, &[axis], f)),
        None => total,
    }
}

/// Multiplies runs of the longest contracted axis, and adds the products. `product` multiplies arrays, in more levels if
/// their product is still long.
pub(crate) fn dot_general<'c>(
    b: &Builder<'c>,
    (lhs, rhs): (&Val<'c>, &Val<'c>),
    dims: &DotDims,
    ty: &Type,
    product: &dyn Fn(&Val<'c>, &Val<'c>, &DotDims, &Type) -> Val<'c>,
) -> Val<'c> {
    let longest = (0..dims.lhs_contract.len()).max_by_key(|&i| lhs.shape()[dims.lhs_contract[i]]);
    let longest = longest.expect("a long product has a contracted axis");
    let (left, right) = (dims.lhs_contract[longest], dims.rhs_contract[longest]);
    // The other contracted axes are whole in each run.
    let others: usize = dims.lhs_contract.iter().filter(|&&a| a != left).map(|&a| lhs.shape()[a]).product();
    let run = (LONG / others).clamp(1, RUN);
    let ((lhs, lhs_rest), (rhs, rhs_rest)) = (split(b, lhs, left, run), split(b, rhs, right, run));
    // Each axis behind the new one has a greater number. The new axis is the first of the batch.
    let moved =
        |axes: &[usize], new: usize| -> Vec<usize> { axes.iter().map(|&a| if a >= new { a + 1 } else { a }).collect() };
    let batch = |axes: &[usize], new: usize| [new].into_iter().chain(moved(axes, new)).collect();
    let of_runs = DotDims {
        lhs_batch: batch(&dims.lhs_batch, left),
        rhs_batch: batch(&dims.rhs_batch, right),
        lhs_contract: moved(&dims.lhs_contract, left).into_iter().collect(),
        rhs_contract: moved(&dims.rhs_contract, right).into_iter().collect(),
    };
    let shape: Shape = [lhs.shape()[left]].into_iter().chain(ty.shape.iter().copied()).collect();
    let products = product(&lhs, &rhs, &of_runs, &ty.with_shape(shape));
    let total = b.reduce(&products, Literal::from_f64(ty.dtype, 0.0), &[0], "stablehlo.add");
    match (lhs_rest, rhs_rest) {
        (Some(lhs), Some(rhs)) => b.add(&total, &product(&lhs, &rhs, dims, ty)),
        _ => total,
    }
}

/// Splits an axis into two: runs, and the `run` elements of each. Returns the elements behind the last run too, if there
/// are any.
pub(super) fn split<'c>(b: &Builder<'c>, x: &Val<'c>, axis: usize, run: usize) -> (Val<'c>, Option<Val<'c>>) {
    let n = x.shape()[axis];
    let runs = n / run;
    let mut shape = x.shape().to_vec();
    shape.splice(axis..=axis, [runs, run]);
    let whole = b.reshape(&b.slice_axis(x, axis, 0, runs * run), shape);
    (whole, (runs * run < n).then(|| b.slice_axis(x, axis, runs * run, n)))
}
