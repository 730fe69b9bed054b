//! Dot products.

use crate::gemm::{Matrix, Real, multiply};
use rune_trace::interpret::eval_op;
use rune_trace::op::DotDims;
use rune_trace::{Array, DType, Op, Shape, Type};

/// From so many multiplications on, all threads work on one product.
const PARALLEL: usize = 1 << 23;

/// The products of `lhs` and `rhs` summed over the contracted axes, of dtype `out`, as [`Op::DotGeneral`] has it; nothing where there is no
/// kernel for the dtypes. Kernels are there for `f32` and `f64` that give their own dtype; they accumulate in it.
///
/// ```
/// use rune_trace::op::DotDims;
/// use rune_trace::{Array, DType};
/// let (a, b) = (Array::from_slice([2, 2], &[1f32, 2., 3., 4.]), Array::from_slice([2, 1], &[10f32, 1.]));
/// let dims = DotDims { lhs_contract: [1].into_iter().collect(), rhs_contract: [0].into_iter().collect(), ..DotDims::default() };
/// let c = rune_host::dot_general(&a, &b, &dims, DType::F32).unwrap();
/// assert_eq!(c, Array::from_slice([2, 1], &[12f32, 34.]));
/// ```
///
/// # Panics
/// If the operands are not of the shapes that the axes want.
pub fn dot_general(lhs: &Array, rhs: &Array, dims: &DotDims, out: DType) -> Option<Array> {
    if lhs.dtype() != out || rhs.dtype() != out {
        return None;
    }
    #[allow(clippy::wildcard_enum_match_arm, reason = "kernels are there for two dtypes")]
    match out {
        DType::F32 => Some(product::<f32>(lhs, rhs, dims)),
        DType::F64 => Some(product::<f64>(lhs, rhs, dims)),
        _ => None,
    }
}

/// An operand with its axes in groups: batch, free and contracted.
struct Operand {
    array: Array,
    /// Sizes and steps of the batch axes.
    batch: Vec<(usize, usize)>,
    /// Size and step of the axes that stay, as one.
    free: (usize, usize),
    /// Size and step of the contracted axes, as one.
    contracted: (usize, usize),
}

impl Operand {
    fn new(array: &Array, batch: &[usize], contract: &[usize]) -> Operand {
        let free: Vec<usize> =
            (0..array.shape().rank()).filter(|a| !batch.contains(a) && !contract.contains(a)).collect();
        let strides = array.shape().strides();
        let axes =
            |axes: &[usize]| -> Vec<(usize, usize)> { axes.iter().map(|&a| (array.shape()[a], strides[a])).collect() };
        if let (Some(free), Some(contracted)) = (as_one(&axes(&free)), as_one(&axes(contract))) {
            return Operand { array: array.clone(), batch: axes(batch), free, contracted };
        }
        // Axes that do not lie one within the other are moved.
        let order = batch.iter().chain(&free).chain(contract).copied().collect();
        let moved = eval_op(&Op::Transpose { x: array, permutation: order }).expect("the order has each axis once");
        let moved = moved.into_iter().next().expect("a transpose has one result");
        let (b, f) = (batch.len(), batch.len() + free.len());
        let places: Vec<usize> = (0..array.shape().rank()).collect();
        Operand::new(&moved, &places[..b], &places[f..])
    }
    fn at(&self, mut index: usize) -> usize {
        let mut offset = 0;
        for &(size, step) in self.batch.iter().rev() {
            offset += index % size * step;
            index /= size;
        }
        offset
    }
}

/// Axes as one, if each lies within the one before it.
fn as_one(axes: &[(usize, usize)]) -> Option<(usize, usize)> {
    let mut axes = axes.iter().copied().filter(|&(size, _)| size != 1);
    let Some(first) = axes.next() else { return Some((1, 1)) };
    axes.try_fold(first, |(size, step), (next, inner)| (step == next * inner).then_some((size * next, inner)))
}

fn product<T: Real + 'static>(lhs: &Array, rhs: &Array, dims: &DotDims) -> Array {
    let a = Operand::new(lhs, &dims.lhs_batch, &dims.lhs_contract);
    let b = Operand::new(rhs, &dims.rhs_batch, &dims.rhs_contract);
    let kept = |x: &Array, batch: &[usize], contract: &[usize]| -> Vec<usize> {
        (0..x.shape().rank()).filter(|a| !batch.contains(a) && !contract.contains(a)).map(|a| x.shape()[a]).collect()
    };
    let batch = dims.lhs_batch.iter().map(|&axis| lhs.shape()[axis]);
    let shape: Shape = batch
        .clone()
        .chain(kept(lhs, &dims.lhs_batch, &dims.lhs_contract))
        .chain(kept(rhs, &dims.rhs_batch, &dims.rhs_contract))
        .collect();
    let mut out = Array::zeros(Type::new(T::DTYPE, shape));
    let (m, k, n) = (a.free.0, a.contracted.0, b.free.0);
    let batches: usize = batch.product();
    if m * n == 0 || k == 0 {
        return out;
    }
    let (x, y) = (a.array.as_slice::<T>(), b.array.as_slice::<T>());
    for (i, c) in out.make_mut::<T>().chunks_exact_mut(m * n).enumerate().take(batches) {
        let (row_step, column_step) = (a.free.1, a.contracted.1);
        let left = Matrix { data: x, offset: a.at(i), rows: m, columns: k, row_step, column_step };
        let (row_step, column_step) = (b.contracted.1, b.free.1);
        let right = Matrix { data: y, offset: b.at(i), rows: k, columns: n, row_step, column_step };
        multiply(left, right, c, m.saturating_mul(k).saturating_mul(n) >= PARALLEL);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every division of up to four axes of two operands into batch, free and contracted ones, in many orders.
    #[test]
    fn products_are_those_of_the_interpreter() {
        let sizes = [2, 3, 4, 5];
        let mut state = 1u64;
        let mut below = |n: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize % n
        };
        for _ in 0..500 {
            let (batch, contract) = (below(3), below(3));
            let (free_lhs, free_rhs) = (below(3), below(3));
            let shared: Vec<usize> = (0..batch + contract).map(|_| sizes[below(4)]).collect();
            let mut operand = |free: usize| {
                let rank = batch + contract + free;
                let mut places: Vec<usize> = (0..rank).collect();
                (1..rank).for_each(|i| places.swap(i, below(i + 1)));
                let mut shape = vec![0; rank];
                for (i, &place) in places.iter().enumerate() {
                    shape[place] = shared.get(i).copied().unwrap_or_else(|| 1 + below(4));
                }
                let array = Array::from_fn(shape, |_| (below(17) as f64 - 8.0) / 2.0);
                (array, places[..batch].to_vec(), places[batch..batch + contract].to_vec())
            };
            let (lhs, lhs_batch, lhs_contract) = operand(free_lhs);
            let (rhs, rhs_batch, rhs_contract) = operand(free_rhs);
            let dims = DotDims {
                lhs_batch: lhs_batch.into(),
                rhs_batch: rhs_batch.into(),
                lhs_contract: lhs_contract.into(),
                rhs_contract: rhs_contract.into(),
            };
            let found = dot_general(&lhs, &rhs, &dims, DType::F64).unwrap();
            let op = Op::DotGeneral { lhs: &lhs, rhs: &rhs, dims: Box::new(dims), out: DType::F64 };
            let expected = &eval_op(&op).unwrap()[0];
            // All numbers are halves, so that no sum is rounded. 0 may be -0.
            assert_eq!(found.ty(), expected.ty());
            assert_eq!(found.as_slice::<f64>(), expected.as_slice::<f64>());
        }
    }
}
