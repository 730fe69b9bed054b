//! Dot products.

mod factor;
mod few_rows;
pub(crate) mod gemm;
mod transpose;

pub(crate) use factor::{Factor, as_one};
pub(crate) use few_rows::{Element, MAX_ROWS};

use crate::kernel::Source;
use crate::view::View;
use gemm::{Matrix, Real, Target, multiply};
use rayon::prelude::*;
use rune_ir::interpret::eval_op;
use rune_ir::op::{Dims, DotDims};
use rune_ir::{Array, DType, Op, Shape, Type, array_memory};
use std::ops::Range;

/// The minimum number of multiplications of a product that all threads share.
const PARALLEL_THRESHOLD: usize = 1 << 23;

/// Returns the products of `lhs` and `rhs`, summed over the contracted axes, as [`Op::DotGeneral`] defines it. `out` is
/// the dtype of the result. Returns `None` if there is no kernel for the dtypes. The kernels compute `f32` and `f64`;
/// result and accumulator have the dtype of the operands.
///
/// ```
/// use rune_ir::op::DotDims;
/// use rune_ir::{Array, DType};
/// let (a, b) = (Array::from_slice([2, 2], &[1f32, 2., 3., 4.]), Array::from_slice([2, 1], &[10f32, 1.]));
/// let dims = DotDims { lhs_contract: [1].into_iter().collect(), rhs_contract: [0].into_iter().collect(), ..DotDims::default() };
/// let c = rune_host::dot_general(&a, &b, &dims, DType::F32).unwrap();
/// assert_eq!(c, Array::from_slice([2, 1], &[12f32, 34.]));
/// ```
///
/// # Panics
/// If the shapes of the operands do not fit the axes.
pub fn dot_general(lhs: &Array, rhs: &Array, dims: &DotDims, out: DType) -> Option<Array> {
    if lhs.dtype() != out || rhs.dtype() != out || !matches!(out, DType::F32 | DType::F64) {
        return None;
    }
    crate::threads();
    let free = |x: &Array, batch: &[usize], contract: &[usize]| x.shape().without(&[batch, contract].concat());
    let batch = dims.lhs_batch.iter().map(|&axis| lhs.shape()[axis]);
    let (rows, columns) =
        (free(lhs, &dims.lhs_batch, &dims.lhs_contract), free(rhs, &dims.rhs_batch, &dims.rhs_contract));
    let ty = Type::new(out, batch.chain(rows.iter().copied()).chain(columns.iter().copied()).collect::<Shape>());
    if ty.size() == 0 || lhs.ty().size() == 0 {
        return Some(Array::zeros(ty));
    }
    let (lhs, a) = factor(lhs, &dims.lhs_batch, &dims.lhs_contract);
    let (rhs, b) = factor(rhs, &dims.rhs_batch, &dims.rhs_contract);
    let mut bytes = array_memory(ty.bytes());
    Product::new(a, b, out).run(lhs.bytes(), rhs.bytes(), &mut bytes);
    Some(Array::from_aligned(ty, bytes))
}

/// Returns an array as an operand of a product: itself, or a transposed copy.
fn factor(array: &Array, batch: &[usize], contract: &[usize]) -> (Array, Factor) {
    if let Some(factor) = Factor::new(0, &View::dense(array.shape()), batch, contract) {
        return (array.clone(), factor);
    }
    let free = (0..array.shape().rank()).filter(|a| !batch.contains(a) && !contract.contains(a));
    let order: Dims = batch.iter().copied().chain(free).chain(contract.iter().copied()).collect();
    let rank = order.len();
    let moved = eval_op(&Op::Transpose { x: array, permutation: order }).expect("the order has each axis once");
    let moved = moved.into_iter().next().expect("a transpose has one result");
    let places: Vec<usize> = (0..rank).collect();
    factor(&moved, &places[..batch.len()], &places[rank - contract.len()..])
}

/// A product of two operands of one dtype, `f32` or `f64`, in which it accumulates.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    pub lhs: Factor,
    pub rhs: Factor,
    /// The dtype of the operands and of the product.
    pub dtype: DType,
    /// The operand that is a large matrix, if the other operand has a few rows of `f32` and `gemm` is not fast.
    pub matrix: Option<(Side, Element)>,
}

/// An operand of a product.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Side {
    Left,
    Right,
}

impl Product {
    pub(crate) fn new(lhs: Factor, rhs: Factor, dtype: DType) -> Product {
        let fits = |rows: &Factor, matrix: &Factor| dtype == DType::F32 && few_rows::is_fit_for_f32(rows, matrix);
        let side = match () {
            () if fits(&lhs, &rhs) => Some(Side::Right),
            () if fits(&rhs, &lhs) => Some(Side::Left),
            () => None,
        };
        let matrix = side.map(|side| (side, Element::F32));
        Product { lhs, rhs, dtype, matrix }
    }
    /// Returns the product of a few rows of `f32` with a matrix of narrow elements. Returns `None` if there is no
    /// kernel for these shapes.
    pub(crate) fn of_rows(lhs: Factor, rhs: Factor, side: Side, element: Element) -> Option<Product> {
        let (rows, matrix) = if side == Side::Left { (&rhs, &lhs) } else { (&lhs, &rhs) };
        let fit = few_rows::is_fit(rows, matrix);
        fit.then_some(Product { lhs, rhs, dtype: DType::F32, matrix: Some((side, element)) })
    }
    /// Returns the number of multiplications.
    pub(crate) fn multiplications(&self) -> u64 {
        let matrices: usize = self.lhs.batch.iter().map(|axis| axis.0).product();
        [matrices, self.lhs.free.0, self.lhs.contracted.0, self.rhs.free.0].iter().map(|&n| n as u64).product()
    }
    /// Writes the product of two buffers. Its axes are the batch axes, the free axes of the left operand, and those of
    /// the right operand.
    pub(crate) fn run(&self, lhs: &[u8], rhs: &[u8], out: &mut [u8]) {
        match self.matrix {
            Some((Side::Left, element)) => {
                let rows = (&self.rhs, bytemuck::cast_slice(rhs));
                return few_rows::multiply(rows, (&self.lhs, lhs, element), true, bytemuck::cast_slice_mut(out));
            }
            Some((Side::Right, element)) => {
                let rows = (&self.lhs, bytemuck::cast_slice(lhs));
                return few_rows::multiply(rows, (&self.rhs, rhs, element), false, bytemuck::cast_slice_mut(out));
            }
            None => {}
        }
        if self.dtype == DType::F64 { self.multiply::<f64>(lhs, rhs, out) } else { self.multiply::<f32>(lhs, rhs, out) }
    }
    /// Writes some rows of the product. Rows are counted through all matrices of the batch. An operand that is only a
    /// part must hold the elements that these rows need.
    pub(crate) fn run_rows(&self, rows: Range<usize>, lhs: Source<'_>, rhs: Source<'_>, out: &mut [u8]) {
        debug_assert!(self.matrix.is_none(), "products of a few rows are computed as a whole");
        if self.dtype == DType::F64 {
            self.multiply_rows::<f64>(rows, lhs, rhs, out);
        } else {
            self.multiply_rows::<f32>(rows, lhs, rhs, out);
        }
    }
    fn multiply_rows<T: Real>(&self, rows: Range<usize>, lhs: Source<'_>, rhs: Source<'_>, out: &mut [u8]) {
        let start = |source: Source<'_>| source.start / size_of::<T>();
        let operands = [(T::cast_slice(lhs.bytes), start(lhs)), (T::cast_slice(rhs.bytes), start(rhs))];
        let (mut out, mut at, m) = (T::cast_slice_mut(out), rows.start, self.lhs.free.0);
        while at < rows.end {
            let end = rows.end.min((at / m + 1) * m);
            let (c, rest) = std::mem::take(&mut out).split_at_mut((end - at) * self.rhs.free.0);
            self.multiply_matrix(at / m, at % m..at % m + (end - at), operands, c, false);
            (out, at) = (rest, end);
        }
    }
    /// Writes some rows of one matrix of the batch. Each operand has the position of its first element in the buffer.
    fn multiply_matrix<T: Real>(
        &self,
        index: usize,
        rows: Range<usize>,
        [(x, x_start), (y, y_start)]: [(&[T], usize); 2],
        out: &mut [T],
        threads: bool,
    ) {
        let (a, b) = (&self.lhs, &self.rhs);
        let (k, n) = (a.contracted.0, b.free.0);
        let (row_step, column_step) = (a.free.1, a.contracted.1);
        let offset = a.at(index) + rows.start * row_step - x_start;
        let left = Matrix { data: x, offset, rows: rows.len(), columns: k, row_step, column_step };
        let (row_step, column_step) = (b.contracted.1, b.free.1);
        let right = Matrix { data: y, offset: b.at(index) - y_start, rows: k, columns: n, row_step, column_step };
        multiply(left, right, out, Target { offset: 0, row_step: n, column_step: 1 }, threads);
    }
    fn multiply<T: Real>(&self, lhs: &[u8], rhs: &[u8], out: &mut [u8]) {
        let (x, y, out) = (T::cast_slice(lhs), T::cast_slice(rhs), T::cast_slice_mut(out));
        let (m, k, n) = (self.lhs.free.0, self.lhs.contracted.0, self.rhs.free.0);
        let one = |(i, c): (usize, &mut [T]), threads: bool| {
            self.multiply_matrix(i, 0..m, [(x, 0), (y, 0)], c, threads);
        };
        let work = m.saturating_mul(k).saturating_mul(n);
        let matrices = out.chunks_exact_mut(m * n);
        let batches = matrices.len();
        // Threads share the small products of a batch, each as a whole. They share a large product itself.
        if work < PARALLEL_THRESHOLD && batches > 1 && work.saturating_mul(batches) >= PARALLEL_THRESHOLD {
            let each = batches.div_ceil(4 * rayon::current_num_threads());
            out.par_chunks_mut(m * n * each).enumerate().for_each(|(group, matrices)| {
                matrices.chunks_exact_mut(m * n).enumerate().for_each(|(i, c)| one((group * each + i, c), false));
            });
            return;
        }
        matrices.enumerate().for_each(|matrix| one(matrix, work >= PARALLEL_THRESHOLD));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Divides up to four axes of two operands into batch, free and contracted axes in every way, and in many orders.
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
            // All numbers are multiples of a half, so no sum is rounded. 0 may be -0.
            assert_eq!(found.ty(), expected.ty());
            assert_eq!(found.as_slice::<f64>(), expected.as_slice::<f64>());
        }
    }
}
