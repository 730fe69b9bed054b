//! Views: arrays whose elements are in the buffer of another array.

use crate::kernel::Access;
use rune_ir::Shape;
use smallvec::SmallVec;

/// The position in a buffer of each element of an array.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct View {
    pub offset: isize,
    pub shape: Shape,
    pub strides: SmallVec<[isize; 4]>,
}

impl View {
    /// Returns the view of a whole buffer, in row-major order.
    pub(crate) fn dense(shape: &Shape) -> View {
        View { offset: 0, shape: shape.clone(), strides: shape.strides().iter().map(|&s| s as isize).collect() }
    }
    /// Returns the access of a kernel whose index space is this array.
    pub(crate) fn access(&self) -> Access {
        Access::new(self.offset, self.shape.iter().copied().zip(self.strides.iter().copied()))
    }
    /// Returns whether the view is a whole buffer from its start, in row-major order.
    pub(crate) fn is_dense(&self) -> bool {
        let access = self.access();
        access.offset == 0 && matches!(access.axes.as_slice(), [] | [(_, 1)])
    }
    /// Returns the broadcast view: axis `i` becomes axis `dims[i]`.
    pub(crate) fn broadcast(&self, shape: &Shape, dims: &[usize]) -> View {
        let mut strides = SmallVec::from_elem(0, shape.rank());
        for (axis, &to) in dims.iter().enumerate() {
            strides[to] = if self.shape[axis] == 1 { 0 } else { self.strides[axis] };
        }
        View { offset: self.offset, shape: shape.clone(), strides }
    }
    pub(crate) fn transpose(&self, permutation: &[usize]) -> View {
        let shape = permutation.iter().map(|&a| self.shape[a]).collect();
        View { offset: self.offset, shape, strides: permutation.iter().map(|&a| self.strides[a]).collect() }
    }
    pub(crate) fn slice(&self, shape: &Shape, start: &[usize], steps: &[usize]) -> View {
        let offset = self.strides.iter().zip(start).map(|(&s, &n)| s * n as isize).sum::<isize>();
        let strides = self.strides.iter().zip(steps).map(|(&s, &n)| s * n as isize).collect();
        View { offset: self.offset + offset, shape: shape.clone(), strides }
    }
    pub(crate) fn reverse(&self, axes: &[usize]) -> View {
        let mut view = self.clone();
        for &axis in axes {
            view.offset += view.strides[axis] * (view.shape[axis] as isize - 1);
            view.strides[axis] = -view.strides[axis];
        }
        view
    }
    /// Returns the same elements in another shape, if each of its axes has one stride.
    pub(crate) fn reshape(&self, shape: &Shape) -> Option<View> {
        let access = self.access();
        let mut strides: SmallVec<[isize; 4]> = SmallVec::from_elem(0, shape.rank());
        let mut from = access.axes.iter().rev().copied();
        let mut current = from.next();
        for axis in (0..shape.rank()).rev() {
            let size = shape[axis];
            if size == 1 {
                continue;
            }
            // The current axis of the access is split. Its inner part becomes this axis.
            let (left, step) = current?;
            if left % size != 0 {
                return None;
            }
            strides[axis] = step;
            current = if left == size { from.next() } else { Some((left / size, step * size as isize)) };
        }
        Some(View { offset: access.offset, shape: shape.clone(), strides })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(view: &View) -> Vec<isize> {
        let mut all = vec![view.offset];
        for (&n, &s) in view.shape.iter().zip(&view.strides) {
            all = all.into_iter().flat_map(|at| (0..n as isize).map(move |i| at + i * s)).collect();
        }
        all
    }

    #[test]
    fn reshaping_keeps_the_order() {
        let x = View::dense(&Shape::from([4, 6]));
        let strided = x.slice(&Shape::from([4, 3]), &[0, 1], &[1, 2]);
        assert!(strided.reshape(&Shape::from([12])).is_some_and(|v| elements(&v) == elements(&strided)));
        let cut = x.slice(&Shape::from([4, 4]), &[0, 1], &[1, 1]);
        assert!(cut.reshape(&Shape::from([16])).is_none());
        let split = cut.reshape(&Shape::from([2, 1, 2, 2, 2])).unwrap();
        assert_eq!(elements(&split), elements(&cut));
        let turned = x.transpose(&[1, 0]).reverse(&[0]);
        assert!(turned.reshape(&Shape::from([24])).is_none());
        assert_eq!(elements(&turned.reshape(&Shape::from([3, 2, 4])).unwrap()), elements(&turned));
        let spread = View::dense(&Shape::from([3])).broadcast(&Shape::from([3, 4]), &[0]);
        assert_eq!(elements(&spread.reshape(&Shape::from([3, 2, 2])).unwrap()), elements(&spread));
        assert!(spread.reshape(&Shape::from([12])).is_none());
    }
}
