//! General dot products.

use super::InterpretError;
use super::gemm::{Gemm, Matrix};
use super::number::{Number, Ring, with_kind};
use super::shape::transpose;
use super::{convert::convert, map::write, undefined};
use crate::op::{Dims, DotDims};
use crate::{Array, Type};

/// A stack of matrices: an operand with its axes in groups.
struct Stack {
    /// The matrices, stacked.
    array: Array,
    /// The number of matrices.
    batch: usize,
    /// The size of the free axes.
    free: usize,
    /// The size of the contracted axes.
    contracted: usize,
    /// Whether the free axes come before the contracted ones.
    free_first: bool,
}

impl Stack {
    /// Returns the operand as a stack: without a copy if its axes are already in groups, in either order.
    fn new(x: Array, batch: &Dims, contract: &Dims) -> Stack {
        let free: Dims = (0..x.ty().rank()).filter(|a| !batch.contains(a) && !contract.contains(a)).collect();
        let size = |axes: &Dims| axes.iter().map(|&a| x.shape()[a]).product();
        let (n, m, k) = (size(batch), size(&free), size(contract));
        let order =
            |second: &Dims, third: &Dims| -> Dims { batch.iter().chain(second).chain(third).copied().collect() };
        let contract_first = order(contract, &free);
        let free_first = !contract_first.iter().enumerate().all(|(i, &a)| i == a);
        let array = if free_first { transpose(x, &order(&free, contract)) } else { x };
        Stack { array, batch: n, free: m, contracted: k, free_first }
    }
    /// Returns one of the matrices, `free × contracted`.
    fn matrix<'a, T>(&self, elements: &'a [T], batch: usize) -> Matrix<'a, T> {
        let size = self.free * self.contracted;
        let data = &elements[batch * size..(batch + 1) * size];
        if self.free_first {
            Matrix { data, row: self.contracted, col: 1 }
        } else {
            Matrix { data, row: 1, col: self.free }
        }
    }
}

/// Sums products over the contracted axes. Floats accumulate in `f64`, and are rounded once to the dtype of `ty`.
pub(super) fn dot_general(lhs: Array, rhs: Array, dims: &DotDims, ty: &Type) -> Result<Array, InterpretError> {
    with_kind!(ty.dtype,
        float T => Ok(product::<T>(lhs, rhs, dims, ty, |x| x.to_f64_vec())),
        // Wrapping before or after the product makes no difference.
        int T => Ok(product::<T>(convert(lhs, ty.dtype), convert(rhs, ty.dtype), dims, ty, |x| x.as_slice::<T>().to_vec())),
        complex T => Ok(product::<T>(lhs, rhs, dims, ty, |x| x.as_slice::<T>().iter().map(|x| x.to_accumulator()).collect())),
        bool => Err(undefined("dot_general", ty.dtype)))
}

fn product<T: Number<Accumulator: Gemm>>(
    lhs: Array,
    rhs: Array,
    dims: &DotDims,
    ty: &Type,
    to_accumulator: impl Fn(&Array) -> Vec<T::Accumulator>,
) -> Array {
    let lhs = Stack::new(lhs, &dims.lhs_batch, &dims.lhs_contract);
    let rhs = Stack::new(rhs, &dims.rhs_batch, &dims.rhs_contract);
    let (a, b) = (to_accumulator(&lhs.array), to_accumulator(&rhs.array));
    let (m, k, n) = (lhs.free, lhs.contracted, rhs.free);
    let mut c = vec![T::Accumulator::ZERO; ty.size()];
    if !c.is_empty() && k > 0 {
        for (i, c) in c.chunks_exact_mut(m * n).enumerate().take(lhs.batch) {
            T::Accumulator::gemm(m, k, n, lhs.matrix(&a, i), rhs.matrix(&b, i).transposed(), c);
        }
    }
    write(ty, |out: &mut [T]| out.iter_mut().zip(&c).for_each(|(out, &c)| *out = T::from_accumulator(c)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DType;
    use half::f16;
    use smallvec::smallvec;

    fn matmul(lhs: Array, rhs: Array, dtype: DType) -> Array {
        let dims = DotDims { lhs_contract: smallvec![1], rhs_contract: smallvec![0], ..DotDims::default() };
        let ty = Type::new(dtype, [lhs.shape()[0], rhs.shape()[1]]);
        dot_general(lhs, rhs, &dims, &ty).unwrap()
    }

    #[test]
    fn small_and_large_agree() {
        let at = |i: usize| ((i * 7919) % 13) as f64 - 6.0;
        let (x, y) = (Array::from_fn([31, 40], at), Array::from_fn([40, 23], at));
        let out = matmul(x.clone(), y.clone(), DType::F64);
        let expected = matmul(convert(x, DType::I64), convert(y, DType::I64), DType::I64);
        assert_eq!(convert(out, DType::I64), expected);
    }

    #[test]
    fn results_of_another_dtype() {
        let halves = Array::from_slice([1, 2], &[f16::from_f32(300.0); 2]);
        let out = matmul(halves.clone(), halves.reshaped([2, 1]), DType::F32);
        assert_eq!(out.as_slice::<f32>(), [180_000.0]);
        let bytes = Array::from_slice([1, 1], &[-128i8]);
        assert_eq!(matmul(bytes.clone(), bytes, DType::I32).as_slice::<i32>(), [16384]);
    }

    #[test]
    fn batches_and_any_order_of_axes() {
        let lhs = Array::from_fn([2, 3, 2], |i| i as i32);
        let rhs = Array::from_fn([2, 2], |i| i as i32 + 1);
        let dims = DotDims {
            lhs_batch: smallvec![2],
            rhs_batch: smallvec![1],
            lhs_contract: smallvec![0],
            rhs_contract: smallvec![0],
        };
        let out = dot_general(lhs, rhs, &dims, &Type::new(DType::I32, [2, 3])).unwrap();
        assert_eq!(out.as_slice::<i32>(), [18, 26, 34, 30, 42, 54]);
    }

    #[test]
    fn sums_over_nothing_are_zero() {
        let zeros = |m, n| Array::zeros(Type::new(DType::F32, [m, n]));
        assert_eq!(matmul(zeros(2, 0), zeros(0, 2), DType::F32).as_slice::<f32>(), [0.0; 4]);
        assert_eq!(matmul(zeros(0, 2), zeros(2, 2), DType::F32).ty().size(), 0);
    }
}
