//! Walks over several arrays at once, and copies by such walks.

use super::in_pieces;
use bytemuck::Pod;
use smallvec::SmallVec;

/// The minimum number of elements for which several threads share a copy.
const PARALLEL_THRESHOLD: usize = if cfg!(test) { 64 } else { 1 << 19 };

/// The strides of an array.
pub(super) type Strides = SmallVec<[isize; 4]>;

/// A walk over an index space in row-major order. It keeps an offset in each of `N` arrays. Axes of size 1 are dropped,
/// and adjacent axes that are contiguous in all arrays are merged.
#[derive(Clone, Debug)]
pub(crate) struct Walk<const N: usize> {
    /// The size and the strides of each axis except the last.
    outer: SmallVec<[(usize, [isize; N]); 4]>,
    /// The last axis.
    run: (usize, [isize; N]),
    is_empty: bool,
}

impl<const N: usize> Walk<N> {
    pub(super) fn new(sizes: &[usize], steps: [&[isize]; N]) -> Walk<N> {
        let mut axes: SmallVec<[(usize, [isize; N]); 4]> = SmallVec::new();
        for (axis, &size) in sizes.iter().enumerate().filter(|&(_, &size)| size != 1) {
            let step: [isize; N] = std::array::from_fn(|n| steps[n][axis]);
            match axes.last_mut() {
                Some(last) if (0..N).all(|n| last.1[n] == step[n] * size as isize) => *last = (last.0 * size, step),
                _ => axes.push((size, step)),
            }
        }
        let run = axes.pop().unwrap_or((1, [0; N]));
        Walk { outer: axes, run, is_empty: sizes.contains(&0) }
    }
    /// Returns the length of the last axis and the strides along it.
    pub(super) fn run(&self) -> (usize, [isize; N]) {
        self.run
    }
    /// Returns whether there is at most one axis.
    pub(super) fn is_one_run(&self) -> bool {
        self.outer.is_empty() && !self.is_empty
    }
    /// Calls `f` with the offsets at the start of each run along the last axis.
    pub(super) fn runs(&self, base: [isize; N], mut f: impl FnMut([isize; N])) {
        if self.is_empty {
            return;
        }
        let mut index: SmallVec<[usize; 4]> = SmallVec::from_elem(0, self.outer.len());
        let mut at = base;
        loop {
            f(at);
            let mut axis = self.outer.len();
            loop {
                let Some(before) = axis.checked_sub(1) else { return };
                axis = before;
                let (size, steps) = self.outer[axis];
                index[axis] += 1;
                (0..N).for_each(|n| at[n] += steps[n]);
                if index[axis] < size {
                    break;
                }
                (0..N).for_each(|n| at[n] -= steps[n] * size as isize);
                index[axis] = 0;
            }
        }
    }
    /// Calls `f` with the offsets of each element.
    pub(super) fn for_each(&self, base: [isize; N], mut f: impl FnMut([isize; N])) {
        let (len, steps) = self.run;
        self.runs(base, |mut at| {
            for _ in 0..len {
                f(at);
                (0..N).for_each(|n| at[n] += steps[n]);
            }
        });
    }
}

impl Walk<2> {
    /// Copies elements of the first array to the second.
    pub(super) fn copy<W: Pod + Sync>(&self, from: &[W], to: &mut [W], base: [isize; 2]) {
        let Some((&(size, [from_step, to_step]), inner)) = self.outer.split_first() else {
            return self.copy_runs(from, to, base);
        };
        let elements = self.run.0 * self.outer.iter().map(|axis| axis.0).product::<usize>();
        // If the outermost axis splits the destination into disjoint pieces, threads share the pieces.
        let within: isize = inner.iter().chain([&self.run]).map(|&(n, [_, step])| (n as isize - 1) * step).sum();
        if self.is_empty || elements < PARALLEL_THRESHOLD || to_step <= within || base[1] < 0 {
            return self.copy_runs(from, to, base);
        }
        let rest = Walk { outer: inner.into(), run: self.run, is_empty: false };
        let (begin, piece) = (base[1] as usize, to_step as usize);
        // The last piece may be shorter than the stride.
        let end = begin + (size - 1) * piece + within as usize + 1;
        let to: &mut [u8] = bytemuck::cast_slice_mut(&mut to[begin..end]);
        in_pieces(to, piece * size_of::<W>(), true, &|first, to| {
            let to: &mut [W] = bytemuck::cast_slice_mut(to);
            for i in 0..to.len().div_ceil(piece) {
                let from_base = base[0] + (first + i) as isize * from_step;
                rest.copy_runs(from, to, [from_base, i as isize * to_step]);
            }
        });
    }

    fn copy_runs<W: Pod>(&self, from: &[W], to: &mut [W], base: [isize; 2]) {
        let (len, steps) = self.run;
        self.runs(base, |[f, t]| match steps {
            [1, 1] => to[t as usize..][..len].copy_from_slice(&from[f as usize..][..len]),
            [0, 1] => to[t as usize..][..len].fill(from[f as usize]),
            [step, 1] => {
                let mut at = f;
                for to in &mut to[t as usize..][..len] {
                    *to = from[at as usize];
                    at += step;
                }
            }
            [from_step, to_step] => {
                for i in 0..len as isize {
                    to[(t + i * to_step) as usize] = from[(f + i * from_step) as usize];
                }
            }
        });
    }
}

/// Returns the strides of a row-major array.
pub(super) fn row_major_strides(shape: &[usize]) -> Strides {
    let mut steps = Strides::from_elem(1, shape.len());
    for axis in (0..shape.len().saturating_sub(1)).rev() {
        steps[axis] = steps[axis + 1] * shape[axis + 1] as isize;
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_that_are_walked_as_one_are_joined() {
        let steps = row_major_strides(&[2, 1, 3, 4]);
        assert_eq!(Walk::new(&[2, 1, 3, 4], [&steps]).run(), (24, [1]));
        assert!(Walk::<1>::new(&[], [&[]]).is_one_run());
        assert!(!Walk::new(&[0], [&[1]]).is_one_run());
    }

    #[test]
    fn threads_copy_what_one_copies() {
        let from: Vec<u32> = (0..7 * 5 * 3).collect();
        let mut to = vec![0u32; 8 * 6 * 4];
        Walk::new(&[7, 5, 3], [&row_major_strides(&[7, 5, 3]), &row_major_strides(&[8, 6, 4])]).copy(
            &from,
            &mut to,
            [0, 29],
        );
        let mut expected = vec![0u32; 8 * 6 * 4];
        for (i, &x) in from.iter().enumerate() {
            expected[29 + i / 15 * 24 + i / 3 % 5 * 4 + i % 3] = x;
        }
        assert_eq!(to, expected);
    }
}
