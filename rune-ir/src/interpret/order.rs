//! Sorting, and the greatest elements.

use super::map::write;
use super::number::{ComplexNumber, Float, Ordered, with_kind};
use super::shape::transpose;
use super::strided::{with_word, write_bytes};
use super::{InterpretError, undefined};
use crate::op::Dims;
use crate::{Array, Type};
use std::cmp::Ordering;

/// Sorts along `dimension`, so that the first `num_keys` operands ascend. All operands are permuted alike.
pub(super) fn sort(operands: Vec<Array>, dimension: usize, num_keys: usize) -> Vec<Array> {
    let Some(ty) = operands.first().map(|x| x.ty().clone()) else { return operands };
    let (rank, len) = (ty.rank(), ty.shape[dimension]);
    if ty.size() == 0 || len == 1 || num_keys == 0 {
        return operands;
    }
    if dimension + 1 != rank {
        // Exchanging two axes is its own inverse.
        let mut exchange: Dims = (0..rank).collect();
        exchange.swap(dimension, rank - 1);
        let operands = operands.into_iter().map(|x| transpose(x, &exchange)).collect();
        return sort(operands, rank - 1, num_keys).into_iter().map(|x| transpose(x, &exchange)).collect();
    }
    match <[Array; 1]>::try_from(operands) {
        Ok([x]) => vec![sort_single(x, len)],
        Err(operands) => {
            let order = orders(&operands[..num_keys.min(operands.len())], len);
            operands.iter().map(|x| reorder(x, &order, len)).collect()
        }
    }
}

/// Sorts each row of `len` elements.
fn sort_single(mut x: Array, len: usize) -> Array {
    with_kind!(x.dtype(),
        float T => {
            let mut buffer = Vec::new();
            x.make_mut::<T>().chunks_exact_mut(len).for_each(|row| sort_floats(row, &mut buffer));
        },
        int T => x.make_mut::<T>().chunks_exact_mut(len).for_each(<[T]>::sort_unstable),
        complex T => x.make_mut::<T>().chunks_exact_mut(len).for_each(|row| row.sort_by_key(|x| x.parts().map(Ordered::key))),
        bool => x.make_mut::<bool>().chunks_exact_mut(len).for_each(<[bool]>::sort_unstable));
    x
}

/// Sorts floats. Only zeros and NaNs can compare equal and have different bits. They are taken out, so that the fastest
/// sort works for the others, and are put back in their original order.
fn sort_floats<T: Float>(row: &mut [T], others: &mut Vec<T>) {
    let zero = T::default();
    let (mut zeros, mut nans) = (Vec::new(), Vec::new());
    others.clear();
    for &x in row.iter() {
        match x.partial_cmp(&zero) {
            Some(Ordering::Equal) => zeros.push(x),
            None => nans.push(x),
            Some(Ordering::Less | Ordering::Greater) => others.push(x),
        }
    }
    others.sort_unstable_by(|x, y| x.partial_cmp(y).unwrap_or(Ordering::Equal));
    let (below, above) = others.split_at(others.partition_point(|&x| x < zero));
    let sorted = below.iter().chain(&zeros).chain(above).chain(&nans);
    row.iter_mut().zip(sorted).for_each(|(to, &x)| *to = x);
}

/// Returns, for each row, the indices of its elements in sorted order.
fn orders(keys: &[Array], len: usize) -> Vec<u32> {
    let keys: Vec<Vec<u64>> = keys.iter().flat_map(keys_of).collect();
    let Some((first, others)) = keys.split_first() else { return Vec::new() };
    let mut order = Vec::with_capacity(first.len());
    let mut row: Vec<(u64, u32)> = Vec::with_capacity(len);
    for start in (0..first.len()).step_by(len) {
        row.clear();
        row.extend(first[start..start + len].iter().copied().zip(0..));
        // The index is the last key, so an unstable sort is stable.
        if others.is_empty() {
            row.sort_unstable();
        } else {
            row.sort_unstable_by(|x, y| {
                let by_others = || {
                    let at = |p: u32| start + p as usize;
                    others.iter().map(|k| k[at(x.1)].cmp(&k[at(y.1)])).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
                };
                x.0.cmp(&y.0).then_with(by_others).then(x.1.cmp(&y.1))
            });
        }
        order.extend(row.iter().map(|&(_, position)| position));
    }
    order
}

/// The numbers that order the elements. Complex elements have two lists: for the real parts, then for the imaginary
/// parts.
fn keys_of(x: &Array) -> Vec<Vec<u64>> {
    fn ordered<T: Ordered>(x: &Array) -> Vec<Vec<u64>> {
        vec![x.as_slice::<T>().iter().map(|x| x.key()).collect()]
    }
    with_kind!(x.dtype(),
        float T => ordered::<T>(x),
        int T => ordered::<T>(x),
        complex T => {
            let part = |i: usize| x.as_slice::<T>().iter().map(|x| x.parts()[i].key()).collect();
            vec![part(0), part(1)]
        },
        bool => ordered::<bool>(x))
}

fn reorder(x: &Array, order: &[u32], len: usize) -> Array {
    write_bytes(x.ty(), |out| {
        with_word!(x.dtype().size(), W => {
            let (x, out): (&[W], &mut [W]) = (bytemuck::cast_slice(x.bytes()), bytemuck::cast_slice_mut(out));
            let rows = x.chunks_exact(len).zip(order.chunks_exact(len));
            for (out, (x, order)) in out.chunks_exact_mut(len).zip(rows) {
                out.iter_mut().zip(order).for_each(|(out, &from)| *out = x[from as usize]);
            }
        });
    })
}

/// Returns the `k` greatest elements along the last axis, in descending order, and their positions.
pub(super) fn top_k(x: &Array, k: usize, ty: &Type) -> Result<[Array; 2], InterpretError> {
    with_kind!(x.dtype(),
        float T => Ok(greatest::<T>(x, k, ty)),
        int T => Ok(greatest::<T>(x, k, ty)),
        complex T => Err(undefined("top_k", <T as crate::Element>::DTYPE)),
        bool => Ok(greatest::<bool>(x, k, ty)))
}

fn greatest<T: Ordered>(x: &Array, k: usize, ty: &Type) -> [Array; 2] {
    let len = x.shape().last().copied().unwrap_or(1);
    let mut positions: Vec<i32> = Vec::with_capacity(ty.size());
    let values = {
        let xs = x.as_slice::<T>();
        let mut row: Vec<(u64, u32)> = Vec::with_capacity(len);
        write(ty, |out: &mut [T]| {
            if k == 0 || len == 0 {
                return;
            }
            for (xs, out) in xs.chunks_exact(len).zip(out.chunks_exact_mut(k)) {
                row.clear();
                row.extend(xs.iter().map(|x| !x.key()).zip(0..));
                if k < len {
                    row.select_nth_unstable(k - 1);
                }
                row[..k].sort_unstable();
                for (out, &(_, from)) in out.iter_mut().zip(&row) {
                    *out = xs[from as usize];
                    positions.push(from as i32);
                }
            }
        })
    };
    [values, Array::from_vec(ty.shape.clone(), positions)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DType;

    #[test]
    fn nan_last_and_zeros_as_they_were() {
        let x = Array::from_slice([5], &[f32::NAN, 0.0, -0.0, f32::INFINITY, -1.0]);
        let out = sort(vec![x], 0, 1);
        let bits: Vec<u32> = out[0].as_slice::<f32>().iter().map(|x| x.to_bits()).collect();
        let expected = [-1.0, 0.0, -0.0, f32::INFINITY, f32::NAN].map(f32::to_bits);
        assert_eq!(bits, expected);
    }

    #[test]
    fn operands_go_together_along_any_dimension() {
        let keys = Array::from_slice([3, 2], &[2i32, 1, 1, 1, 2, 0]);
        let positions = Array::from_fn([3, 2], |i| i as u8);
        let out = sort(vec![keys.clone(), positions.clone()], 0, 1);
        assert_eq!(out[0].as_slice::<i32>(), [1, 0, 2, 1, 2, 1]);
        assert_eq!(out[1].as_slice::<u8>(), [2, 5, 0, 1, 4, 3]);
        let out = sort(vec![Array::from_slice([3], &[1i8, 0, 1]), Array::from_slice([3], &[5.0f32, 9.0, 4.0])], 0, 2);
        assert_eq!(out[1].as_slice::<f32>(), [9.0, 4.0, 5.0]);
    }

    #[test]
    fn the_greatest_first_and_nan_before_all() {
        let x = Array::from_slice([2, 4], &[1.0f32, 3.0, 3.0, 2.0, 0.0, f32::NAN, f32::INFINITY, 1.0]);
        let [values, positions] = top_k(&x, 2, &Type::new(DType::F32, [2, 2])).unwrap();
        assert_eq!(positions.as_slice::<i32>(), [1, 2, 1, 2]);
        assert_eq!(values.as_slice::<f32>()[3], f32::INFINITY);
        let [values, _] = top_k(&x, 0, &Type::new(DType::F32, [2, 0])).unwrap();
        assert_eq!(values.ty().size(), 0);
    }
}
