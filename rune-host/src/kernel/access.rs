//! The access of a kernel to an input: it maps the index space to offsets in a buffer.

use bytemuck::Pod;
use rune_ir::with_word;
use smallvec::SmallVec;

/// The memory of a buffer that a step reads: all of it, or a contiguous part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    pub bytes: &'a [u8],
    /// The number of bytes of the buffer before the part.
    pub start: usize,
}

impl<'a> Source<'a> {
    /// Returns all of a buffer.
    pub(crate) fn whole(bytes: &'a [u8]) -> Source<'a> {
        Source { bytes, start: 0 }
    }
}

/// The axes of the index space and their strides in the buffer. Adjacent axes that are contiguous are merged, and axes
/// of size 1 are dropped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Access {
    /// The position of the first element.
    pub offset: isize,
    /// Size and step of each axis, outermost first.
    pub axes: SmallVec<[(usize, isize); 4]>,
}

/// The simpler forms of access.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// Contiguous elements.
    Dense,
    /// The same element everywhere.
    Scalar,
    /// This number of contiguous elements, each repeated this many times in a row.
    Rows(usize, usize),
    /// This number of contiguous elements, repeated as a whole.
    Cyclic(usize),
    /// Anything else.
    Strided,
}

impl Access {
    pub(crate) fn new(offset: isize, axes: impl IntoIterator<Item = (usize, isize)>) -> Access {
        let mut joined: SmallVec<[(usize, isize); 4]> = SmallVec::new();
        for (size, step) in axes {
            match joined.last_mut() {
                _ if size == 1 => {}
                Some(last) if last.1 == step * size as isize => *last = (last.0 * size, step),
                _ => joined.push((size, step)),
            }
        }
        Access { offset, axes: joined }
    }
    pub(crate) fn form(&self) -> Form {
        match self.axes.as_slice() {
            [] => Form::Scalar,
            [(_, 0)] => Form::Scalar,
            [(_, 1)] => Form::Dense,
            [(rows, 1), (times, 0)] => Form::Rows(*rows, *times),
            [(_, 0), (n, 1)] => Form::Cyclic(*n),
            _ => Form::Strided,
        }
    }

    /// Returns the offset of the `n` elements at positions `start..`, if they are contiguous in the source.
    pub(super) fn in_place(&self, start: usize, n: usize) -> Option<usize> {
        match self.form() {
            Form::Dense => Some(self.offset as usize + start),
            Form::Cyclic(cycle) if start % cycle + n <= cycle => Some(self.offset as usize + start % cycle),
            Form::Cyclic(_) | Form::Scalar | Form::Rows(..) | Form::Strided => None,
        }
    }

    /// Writes the elements at positions `start..` of the index space, of `size` bytes each, to a slot.
    pub(super) fn load(&self, source: &[u8], size: usize, start: usize, n: usize, slot: &mut super::slot::Slot<'_>) {
        with_word!(size, W => self.copy::<W>(bytemuck::cast_slice(source), start, slot.write::<W>(n)));
    }

    fn copy<W: Pod>(&self, source: &[W], start: usize, mut d: &mut [W]) {
        let Some((&(len, step), outer)) = self.axes.split_last() else {
            d.fill(source[self.offset as usize]);
            return;
        };
        let mut index: SmallVec<[usize; 4]> = SmallVec::from_elem(0, outer.len());
        let (mut rest, mut column) = (start / len, start % len);
        let mut at = self.offset;
        for (i, &(size, step)) in outer.iter().enumerate().rev() {
            index[i] = rest % size;
            at += index[i] as isize * step;
            rest /= size;
        }
        loop {
            let n = d.len().min(len - column);
            let (run, others) = std::mem::take(&mut d).split_at_mut(n);
            let from = at + column as isize * step;
            match step {
                0 => run.fill(source[from as usize]),
                1 => run.copy_from_slice(&source[from as usize..][..n]),
                // A part of complex numbers. The other part of the last number may lie outside of the source.
                2 => {
                    let pairs = source[from as usize..][..2 * n - 1].chunks(2);
                    run.iter_mut().zip(pairs).for_each(|(to, pair)| *to = pair[0]);
                }
                _ => {
                    let mut from = from;
                    for to in run {
                        *to = source[from as usize];
                        from += step;
                    }
                }
            }
            d = others;
            column = 0;
            if d.is_empty() {
                return;
            }
            for (i, &(size, step)) in outer.iter().enumerate().rev() {
                index[i] += 1;
                at += step;
                if index[i] < size {
                    break;
                }
                at -= size as isize * step;
                index[i] = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_that_are_walked_as_one_are_joined() {
        assert_eq!(Access::new(0, [(2, 12), (3, 4), (4, 1)]).form(), Form::Dense);
        assert_eq!(Access::new(0, [(2, 0), (1, 7), (4, 0)]).form(), Form::Scalar);
        assert_eq!(Access::new(0, [(2, 3), (3, 1), (5, 0), (2, 0)]).form(), Form::Rows(6, 10));
        assert_eq!(Access::new(0, [(2, 0), (3, 1)]).axes.as_slice(), [(2, 0), (3, 1)]);
    }

    #[test]
    fn any_part_of_a_walk() {
        let source: Vec<u16> = (0..60).collect();
        let access = Access::new(59, [(3, -20), (5, -1), (2, 0)]);
        let all: Vec<u16> = (0..30).map(|i| 59 - 20 * (i / 10) - i / 2 % 5).collect();
        for start in 0..30 {
            for n in 1..=30 - start {
                let mut d = vec![0u16; n];
                access.copy(&source, start, &mut d);
                assert_eq!(d, all[start..start + n], "from {start}, {n}");
            }
        }
    }
}
