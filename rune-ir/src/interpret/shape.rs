//! Operations that move elements to statically known places.

use super::map::write;
use super::number::{Number, with_kind};
use super::strided::{Strides, Walk, row_major_strides, view, with_word, write_bytes};
use super::{InterpretError, undefined};
use crate::op::Padding;
use crate::{Array, Type};

/// Broadcasts `x` to the shape of `ty`, with its axes at `dims`.
pub(super) fn broadcast_in_dim(x: Array, ty: &Type, dims: &[usize]) -> Array {
    if x.ty().size() == ty.size() {
        return x.reshaped(ty.shape.clone());
    }
    let mut steps = Strides::from_elem(0, ty.rank());
    for ((&dim, &step), &size) in dims.iter().zip(&row_major_strides(x.shape())).zip(x.shape().iter()) {
        steps[dim] = if size == 1 { 0 } else { step };
    }
    view(&x, ty, 0, &steps)
}

/// Permutes axes: axis `i` of the result is axis `permutation[i]` of `x`.
pub(super) fn transpose(x: Array, permutation: &[usize]) -> Array {
    if permutation.iter().enumerate().all(|(i, &p)| i == p) {
        return x;
    }
    let steps = row_major_strides(x.shape());
    let steps: Strides = permutation.iter().map(|&p| steps[p]).collect();
    let ty = x.ty().with_shape(permutation.iter().map(|&p| x.shape()[p]).collect::<crate::Shape>());
    view(&x, &ty, 0, &steps)
}

/// Returns every `strides`-th element from `start` on, as many as `ty` holds.
pub(super) fn slice(x: Array, ty: &Type, start: &[usize], strides: &[usize]) -> Array {
    if x.ty() == ty {
        return x;
    }
    let steps = row_major_strides(x.shape());
    let offset = steps.iter().zip(start).map(|(&step, &start)| step * start as isize).sum();
    let steps: Strides = steps.iter().zip(strides).map(|(&step, &stride)| step.wrapping_mul(stride as isize)).collect();
    view(&x, ty, offset, &steps)
}

/// Reverses the order of elements along `axes`.
pub(super) fn reverse(x: &Array, axes: &[usize]) -> Array {
    let mut steps = row_major_strides(x.shape());
    let mut offset = 0;
    for &axis in axes {
        offset += steps[axis] * (x.shape()[axis] as isize - 1);
        steps[axis] = -steps[axis];
    }
    view(x, x.ty(), offset, &steps)
}

/// Adds `padding` around and between the elements of `x`.
pub(super) fn pad(x: &Array, ty: &Type, padding: &Array, config: &[Padding]) -> Array {
    let (from, to) = (row_major_strides(x.shape()), row_major_strides(&ty.shape));
    // The elements from `first` up to `end` along an axis remain after the padding, and start at `at`.
    let mut dims = crate::op::Dims::new();
    let (mut base, mut steps) = ([0, 0], Strides::new());
    for (axis, p) in config.iter().enumerate() {
        // Type rules bound the sizes but not the amounts of padding, so these may not fit into 64 bits.
        let (low, step, size) = (i128::from(p.low), p.interior as i128 + 1, x.shape()[axis] as i128);
        let first = if low < 0 { (step - 1 - low) / step } else { 0 };
        let last = ty.shape[axis] as i128 - 1 - low;
        let end = if last < 0 { 0 } else { (last / step + 1).min(size) };
        dims.push((end - first).max(0) as usize);
        base[0] += (first.min(size) as isize) * from[axis];
        base[1] += ((low + first * step).min(ty.shape[axis] as i128) as isize) * to[axis];
        steps.push((step as isize).wrapping_mul(to[axis]));
    }
    let walk = Walk::new(&dims, [&from, &steps]);
    write_bytes(ty, |out| {
        with_word!(ty.dtype.size(), W => {
            let out: &mut [W] = bytemuck::cast_slice_mut(out);
            out.fill(bytemuck::cast_slice::<u8, W>(padding.bytes())[0]);
            walk.copy(bytemuck::cast_slice(x.bytes()), out, base);
        });
    })
}

/// Joins the operands along `dimension`.
pub(super) fn concatenate(mut xs: Vec<Array>, ty: &Type, dimension: usize) -> Array {
    if xs.len() == 1 {
        return xs.swap_remove(0);
    }
    let to = row_major_strides(&ty.shape);
    write_bytes(ty, |out| {
        with_word!(ty.dtype.size(), W => {
            let out: &mut [W] = bytemuck::cast_slice_mut(out);
            let mut at = 0;
            for x in &xs {
                let walk = Walk::new(x.shape(), [&row_major_strides(x.shape()), &to]);
                walk.copy(bytemuck::cast_slice(x.bytes()), out, [0, at * to[dimension]]);
                at += x.shape()[dimension] as isize;
            }
        });
    })
}

/// Returns an array whose elements are their indices along `dimension`.
pub(super) fn iota(ty: &Type, dimension: usize) -> Result<Array, InterpretError> {
    fn by<T: Number>(ty: &Type, dimension: usize) -> Array {
        let inner: usize = ty.shape[dimension + 1..].iter().product();
        write(ty, |out: &mut [T]| {
            for (i, run) in out.chunks_exact_mut(inner.max(1)).enumerate() {
                run.fill(T::from_i64((i % ty.shape[dimension]) as i64));
            }
        })
    }
    with_kind!(ty.dtype,
        float T => Ok(by::<T>(ty, dimension)),
        int T => Ok(by::<T>(ty, dimension)),
        complex T => Ok(by::<T>(ty, dimension)),
        bool => Err(undefined("iota", ty.dtype)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DType;

    fn count(shape: impl Into<crate::Shape>) -> Array {
        Array::from_fn(shape, |i| i as i32)
    }

    #[test]
    fn repeats_along_new_axes_and_axes_of_size_one() {
        let out = broadcast_in_dim(count([2, 1]), &Type::new(DType::I32, [2, 2, 3]), &[1, 2]);
        assert_eq!(out.as_slice::<i32>(), [0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1]);
        let out = broadcast_in_dim(Array::scalar(7i32), &Type::new(DType::I32, [0, 3]), &[]);
        assert_eq!(out.shape(), &[0, 3]);
    }

    #[test]
    fn padding_may_be_negative_and_interior() {
        let padded = |low, high, interior, n: usize| {
            let ty = Type::new(DType::I32, [n]);
            let out = pad(&count([3]), &ty, &Array::scalar(9i32), &[Padding { low, high, interior }]);
            out.as_slice::<i32>().to_vec()
        };
        assert_eq!(padded(1, 2, 0, 6), [9, 0, 1, 2, 9, 9]);
        assert_eq!(padded(-1, 0, 1, 4), [9, 1, 9, 2]);
        assert_eq!(padded(0, -2, 1, 3), [0, 9, 1]);
        assert_eq!(padded(-5, 4, 0, 2), [9, 9]);
        assert_eq!(padded(4, -5, 0, 2), [9, 9]);
    }

    #[test]
    fn pieces_move() {
        let x = count([2, 3]);
        assert_eq!(transpose(x.clone(), &[1, 0]).as_slice::<i32>(), [0, 3, 1, 4, 2, 5]);
        assert_eq!(reverse(&x, &[1]).as_slice::<i32>(), [2, 1, 0, 5, 4, 3]);
        assert_eq!(slice(x.clone(), &Type::new(DType::I32, [1, 2]), &[1, 0], &[1, 2]).as_slice::<i32>(), [3, 5]);
        let out = concatenate(vec![x, count([2, 1])], &Type::new(DType::I32, [2, 4]), 1);
        assert_eq!(out.as_slice::<i32>(), [0, 1, 2, 0, 3, 4, 5, 1]);
        let out = iota(&Type::new(DType::F32, [2, 2]), 0).unwrap();
        assert_eq!(out.as_slice::<f32>(), [0.0, 0.0, 1.0, 1.0]);
    }
}
