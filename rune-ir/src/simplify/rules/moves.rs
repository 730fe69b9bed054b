//! Identities of operations that move elements.

use super::{Forward, Rewrite};
use crate::op::{Dims, Padding};
use crate::{Op, Shape, Type, Var};

impl Forward<'_> {
    pub(super) fn broadcast_in_dim(&self, x: Var, shape: &Shape, dims: &[usize]) -> Rewrite {
        // `dims` increases, so a broadcast to the same shape is the identity.
        if self.ty(x).shape == *shape {
            return Rewrite::Is(x);
        }
        match self.producer(x) {
            Some(Op::BroadcastInDim { x, shape: _, dims: inner }) => {
                let dims: Dims = inner.iter().map(|&d| dims[d]).collect();
                Rewrite::Becomes(Op::BroadcastInDim { x: *x, shape: shape.clone(), dims })
            }
            _ => Rewrite::Stays,
        }
    }

    pub(super) fn reshape(&self, x: Var, shape: &Shape) -> Rewrite {
        if self.ty(x).shape == *shape {
            return Rewrite::Is(x);
        }
        match self.producer(x) {
            Some(Op::Reshape { x, .. }) => Rewrite::Becomes(Op::Reshape { x: *x, shape: shape.clone() }),
            // A broadcast scalar has the same elements in any shape.
            Some(Op::BroadcastInDim { x, .. }) if self.ty(*x).rank() == 0 => {
                Rewrite::Becomes(Op::BroadcastInDim { x: *x, shape: shape.clone(), dims: Dims::new() })
            }
            // A broadcast that copies nothing only adds axes of size 1.
            Some(Op::BroadcastInDim { x: inner, .. }) if self.ty(*inner).size() == self.ty(x).size() => {
                Rewrite::Becomes(Op::Reshape { x: *inner, shape: shape.clone() })
            }
            _ => Rewrite::Stays,
        }
    }

    pub(super) fn transpose(&self, x: Var, permutation: &[usize]) -> Rewrite {
        if permutation.is_sorted() {
            return Rewrite::Is(x);
        }
        // Axes of size 1 do not affect the order of elements.
        let shape = &self.ty(x).shape;
        if permutation.iter().filter(|&&a| shape[a] != 1).is_sorted() {
            return Rewrite::Becomes(Op::Reshape { x, shape: permutation.iter().map(|&a| shape[a]).collect() });
        }
        match self.producer(x) {
            Some(Op::Transpose { x, permutation: inner }) => {
                let permutation: Dims = permutation.iter().map(|&a| inner[a]).collect();
                Rewrite::Becomes(Op::Transpose { x: *x, permutation })
            }
            Some(Op::BroadcastInDim { x: scalar, .. }) if self.ty(*scalar).rank() == 0 => {
                let shape = permutation.iter().map(|&a| self.ty(x).shape[a]).collect();
                Rewrite::Becomes(Op::BroadcastInDim { x: *scalar, shape, dims: Dims::new() })
            }
            _ => Rewrite::Stays,
        }
    }

    pub(super) fn slice(&self, x: Var, start: &[usize], limit: &[usize], strides: &[usize]) -> Rewrite {
        let ty = self.ty(x);
        let along = |a: usize| start[a] == 0 && limit[a] == ty.shape[a] && (strides[a] == 1 || ty.shape[a] <= 1);
        if (0..ty.rank()).all(along) { Rewrite::Is(x) } else { Rewrite::Stays }
    }

    pub(super) fn pad(&self, x: Var, config: &[Padding]) -> Rewrite {
        let along = |(p, &n): (&Padding, &usize)| p.low == 0 && p.high == 0 && (p.interior == 0 || n <= 1);
        if config.iter().zip(self.ty(x).shape.iter()).all(along) { Rewrite::Is(x) } else { Rewrite::Stays }
    }

    pub(super) fn concatenate(&self, xs: &[Var], dimension: usize) -> Rewrite {
        if let [one] = xs {
            return Rewrite::Is(*one);
        }
        let mut some: Vec<Var> = xs.iter().copied().filter(|&x| self.ty(x).shape[dimension] != 0).collect();
        if some.len() == xs.len() {
            return Rewrite::Stays;
        }
        if some.is_empty() {
            some.push(xs[0]);
        }
        Rewrite::Becomes(Op::Concatenate { xs: some, dimension })
    }

    pub(super) fn reverse(&self, x: Var, axes: &[usize]) -> Rewrite {
        let ty = self.ty(x);
        if axes.iter().all(|&a| ty.shape[a] <= 1) {
            return Rewrite::Is(x);
        }
        match self.producer(x) {
            Some(Op::Reverse { x, axes: inner }) => {
                // Reversing an axis twice changes nothing.
                let once = |a: &usize| axes.contains(a) != inner.contains(a);
                let axes = (0..ty.rank()).filter(once).collect();
                Rewrite::Becomes(Op::Reverse { x: *x, axes })
            }
            _ => Rewrite::Stays,
        }
    }

    pub(super) fn dynamic_slice(&self, x: Var, start_indices: &[Var], slice_sizes: &[usize]) -> Rewrite {
        let ty = self.ty(x);
        // A block as large as the array starts at 0, whatever the index.
        let begin = |a: usize| {
            let last = ty.shape[a] - slice_sizes[a];
            if last == 0 { Some(0) } else { self.position(start_indices[a], last) }
        };
        let Some(start) = (0..ty.rank()).map(begin).collect::<Option<Dims>>() else { return Rewrite::Stays };
        let limit = start.iter().zip(slice_sizes).map(|(from, n)| from + n).collect();
        Rewrite::Becomes(Op::Slice { x, start, limit, strides: Dims::from_elem(1, ty.rank()) })
    }

    /// Returns the known index `v`, clamped to 0 … `last`.
    fn position(&self, v: Var, last: usize) -> Option<usize> {
        usize::try_from(self.splat_value(v)?.to_integer()?.clamp(0, last as i128)).ok()
    }

    pub(super) fn dynamic_update_slice(&self, x: Var, update: Var) -> Rewrite {
        let (of_x, of_update): (&Type, &Type) = (self.ty(x), self.ty(update));
        if of_x == of_update {
            return Rewrite::Is(update);
        }
        if of_update.shape.contains(&0) { Rewrite::Is(x) } else { Rewrite::Stays }
    }
}
