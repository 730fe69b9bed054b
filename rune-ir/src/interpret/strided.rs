//! Walks over several arrays at once, with a stride along each axis, and copies by such walks.

use crate::{Array, Type};
use smallvec::SmallVec;

/// Steps along axes; negative ones walk backwards.
pub(super) type Strides = SmallVec<[isize; 6]>;

/// A walk over the index space of some axes, in row-major order, that keeps an offset in each of `N` arrays.
///
/// Axes of size 1 are removed. Adjacent axes are merged if every array is contiguous across them. A walk over
/// contiguous memory therefore has one axis, whatever the rank.
pub(super) struct Walk<const N: usize> {
    dims: SmallVec<[usize; 6]>,
    steps: SmallVec<[[isize; N]; 6]>,
    empty: bool,
}

impl<const N: usize> Walk<N> {
    /// Returns the walk over axes of sizes `dims` with these steps in each array.
    pub(super) fn new(dims: &[usize], steps: [&[isize]; N]) -> Walk<N> {
        let mut walk = Walk { dims: SmallVec::new(), steps: SmallVec::new(), empty: dims.contains(&0) };
        for (axis, &size) in dims.iter().enumerate().filter(|&(_, &size)| size != 1) {
            let step: [isize; N] = std::array::from_fn(|n| steps[n][axis]);
            match (walk.dims.last_mut(), walk.steps.last_mut()) {
                (Some(d), Some(s)) if (0..N).all(|n| s[n] == step[n] * size as isize) => {
                    *d *= size;
                    *s = step;
                }
                _ => {
                    walk.dims.push(size);
                    walk.steps.push(step);
                }
            }
        }
        walk
    }
    /// Returns the length of the innermost axis and the steps along it.
    pub(super) fn row(&self) -> (usize, [isize; N]) {
        match (self.dims.last(), self.steps.last()) {
            (Some(&d), Some(&s)) => (d, s),
            _ => (1, [0; N]),
        }
    }
    /// Calls `f` with the offsets at the start of each row, starting at `base`.
    pub(super) fn rows(&self, base: [isize; N], mut f: impl FnMut([isize; N])) {
        if self.empty {
            return;
        }
        let outer = self.dims.len().saturating_sub(1);
        let mut index: SmallVec<[usize; 6]> = SmallVec::from_elem(0, outer);
        let mut at = base;
        loop {
            f(at);
            let mut axis = outer;
            loop {
                if axis == 0 {
                    return;
                }
                axis -= 1;
                index[axis] += 1;
                (0..N).for_each(|n| at[n] += self.steps[axis][n]);
                if index[axis] < self.dims[axis] {
                    break;
                }
                (0..N).for_each(|n| at[n] -= self.steps[axis][n] * self.dims[axis] as isize);
                index[axis] = 0;
            }
        }
    }
    /// Calls `f` with the offsets of each element.
    pub(super) fn for_each(&self, base: [isize; N], mut f: impl FnMut([isize; N])) {
        let (len, step) = self.row();
        self.rows(base, |mut at| {
            for _ in 0..len {
                f(at);
                (0..N).for_each(|n| at[n] += step[n]);
            }
        });
    }
    /// Returns the walk without one axis, and the size and strides of that axis.
    fn split(&self, axis: usize) -> (Walk<N>, usize, [isize; N]) {
        let (mut dims, mut steps) = (self.dims.clone(), self.steps.clone());
        let (size, step) = (dims.remove(axis), steps.remove(axis));
        (Walk { dims, steps, empty: self.empty }, size, step)
    }
}

impl Walk<2> {
    /// Copies elements of the first array to the second, starting at the offsets `base`.
    pub(super) fn copy<W: Copy>(&self, src: &[W], dst: &mut [W], base: [isize; 2]) {
        let (len, step) = self.row();
        match step {
            [1, 1] => self.rows(base, |[s, d]| {
                dst[d as usize..d as usize + len].copy_from_slice(&src[s as usize..s as usize + len]);
            }),
            [0, 1] => self.rows(base, |[s, d]| dst[d as usize..d as usize + len].fill(src[s as usize])),
            [_, 1] => match self.steps.iter().position(|&[s, _]| s == 1) {
                Some(axis) if !self.empty => self.copy_transposed(axis, src, dst, base),
                _ => self.rows(base, |[s, d]| {
                    let mut at = s;
                    for to in &mut dst[d as usize..d as usize + len] {
                        *to = src[at as usize];
                        at += step[0];
                    }
                }),
            },
            _ => self.for_each(base, |[s, d]| dst[d as usize] = src[s as usize]),
        }
    }
    /// Copies from a source that is contiguous along `axis` to a destination that is contiguous along the last axis.
    /// Copies square tiles, so that each cache line is used completely on both sides.
    fn copy_transposed<W: Copy>(&self, axis: usize, src: &[W], dst: &mut [W], base: [isize; 2]) {
        const TILE: usize = 16;
        let (rest, rows, [_, row_step]) = self.split(axis);
        let (rest, cols, [col_step, _]) = rest.split(rest.dims.len() - 1);
        rest.for_each(base, |[s, d]| {
            for r0 in (0..rows).step_by(TILE) {
                for c0 in (0..cols).step_by(TILE) {
                    for r in r0..rows.min(r0 + TILE) {
                        let to = (d + r as isize * row_step) as usize;
                        let from = s + r as isize;
                        let end = cols.min(c0 + TILE);
                        for (c, to) in (c0..end).zip(&mut dst[to + c0..to + end]) {
                            *to = src[(from + c as isize * col_step) as usize];
                        }
                    }
                }
            }
        });
    }
}

pub(super) use crate::with_word;

/// Returns the steps of an array in row-major order.
pub(super) fn row_major_strides(shape: &[usize]) -> Strides {
    let mut steps: Strides = SmallVec::from_elem(1, shape.len());
    for axis in (0..shape.len().saturating_sub(1)).rev() {
        steps[axis] = steps[axis + 1] * shape[axis + 1] as isize;
    }
    steps
}

/// Returns an array whose bytes `f` writes. The bytes are zeros before the call.
pub(super) fn write_bytes(ty: &Type, f: impl FnOnce(&mut [u8])) -> Array {
    let n = ty.bytes();
    let mut bytes = crate::array_memory(n);
    bytes.clear();
    bytes.resize(n, 0);
    f(&mut bytes);
    Array::from_aligned(ty.clone(), bytes)
}

/// Returns an array of type `ty` that reads `x` from `offset` on, with these strides.
pub(super) fn view(x: &Array, ty: &Type, offset: isize, steps: &[isize]) -> Array {
    let walk = Walk::new(&ty.shape, [steps, &row_major_strides(&ty.shape)]);
    write_bytes(ty, |out| {
        with_word!(ty.dtype.size(), W => {
            walk.copy::<W>(bytemuck::cast_slice(x.bytes()), bytemuck::cast_slice_mut(out), [offset, 0]);
        });
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contiguous_axes_are_walked_as_one() {
        let steps = row_major_strides(&[2, 1, 3, 4]);
        assert_eq!(Walk::new(&[2, 1, 3, 4], [&steps]).row(), (24, [1]));
        assert_eq!(Walk::<1>::new(&[], [&[]]).row(), (1, [0]));
    }

    #[test]
    fn a_large_transposition_goes_by_tiles() {
        let x = Array::from_fn([37, 3, 41], |i| i as i32);
        let ty = x.ty().with_shape([41, 3, 37]);
        let y = view(&x, &ty, 0, &[1, 41, 123]);
        let expected = Array::from_fn([41, 3, 37], |i| {
            let (a, b, c) = (i / 111, i / 37 % 3, i % 37);
            (c * 123 + b * 41 + a) as i32
        });
        assert_eq!(y, expected);
    }

    #[test]
    fn nothing_is_copied_of_an_empty_walk() {
        let x = Array::from_slice([0, 3], &[] as &[f32]);
        assert_eq!(view(&x, &x.ty().with_shape([3, 0]), 0, &[1, 3]).shape().size(), 0);
    }
}
