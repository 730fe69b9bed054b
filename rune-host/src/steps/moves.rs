//! Steps that move elements to known positions, or to positions in scalar operands: padding, concatenation, dynamic
//! slices and updates.

use super::walk::{Strides, Walk, row_major_strides};
use super::{Scalar, in_pieces, position};
use crate::view::View;
use rune_ir::op::Padding;
use rune_ir::with_word;

/// The contents of the destination before elements are copied.
#[derive(Clone, Debug)]
pub(crate) enum InitialFill {
    /// Arbitrary bytes, because the copies cover everything.
    Nothing,
    /// These bits, everywhere.
    Bits(u128),
    /// The scalar in the last operand, everywhere.
    Operand,
}

/// Copies operands into one new array.
#[derive(Clone, Debug)]
pub(crate) struct Copies {
    /// The number of bytes of an element.
    pub size: usize,
    pub filler: InitialFill,
    /// For each operand, the walk over it and the result, and the offsets where the walk begins.
    pub walks: Vec<(Walk<2>, [isize; 2])>,
}

impl Copies {
    /// Concatenates the operands along an axis.
    pub(crate) fn concatenate(size: usize, operands: &[View], shape: &[usize], axis: usize) -> Copies {
        let steps = row_major_strides(shape);
        let mut at = 0;
        let walk = |operand: &View| {
            let begin = [operand.offset, at * steps[axis]];
            at += operand.shape[axis] as isize;
            (Walk::new(&operand.shape, [&operand.strides, &steps]), begin)
        };
        Copies { size, walks: operands.iter().map(walk).collect(), filler: InitialFill::Nothing }
    }

    /// Pads an operand around and between its elements.
    pub(crate) fn pad(size: usize, x: &View, filler: InitialFill, shape: &[usize], config: &[Padding]) -> Copies {
        let to = row_major_strides(shape);
        let (mut sizes, mut steps, mut begin) = (Vec::new(), Strides::new(), [x.offset, 0]);
        for (axis, p) in config.iter().enumerate() {
            // The type rules bound the sizes but not the padding, so a sum may need more than 64 bits.
            let (low, step, n) = (i128::from(p.low), p.interior as i128 + 1, x.shape[axis] as i128);
            // The elements from `first` up to `end` lie inside.
            let first = if low < 0 { (step - 1 - low) / step } else { 0 };
            let last = shape[axis] as i128 - 1 - low;
            let end = if last < 0 { 0 } else { (last / step + 1).min(n) };
            sizes.push((end - first).max(0) as usize);
            begin[0] += first.min(n) as isize * x.strides[axis];
            begin[1] += (low + first * step).min(shape[axis] as i128) as isize * to[axis];
            steps.push((step as isize).wrapping_mul(to[axis]));
        }
        let filler = if sizes[..] == *shape { InitialFill::Nothing } else { filler };
        Copies { size, filler, walks: vec![(Walk::new(&sizes, [&x.strides, &steps]), begin)] }
    }

    pub(super) fn run(&self, operands: &[&[u8]], out: &mut [u8]) {
        with_word!(self.size, W => {
            let out: &mut [W] = bytemuck::cast_slice_mut(out);
            match self.filler {
                InitialFill::Nothing => {}
                InitialFill::Bits(bits) => out.fill(bytemuck::pod_read_unaligned(&bits.to_le_bytes()[..self.size])),
                InitialFill::Operand => out.fill(bytemuck::cast_slice::<u8, W>(operands[self.walks.len()])[0]),
            }
            for ((walk, begin), operand) in self.walks.iter().zip(operands) {
                walk.copy::<W>(bytemuck::cast_slice(operand), out, *begin);
            }
        });
    }
}

/// The start of a block of an array along each axis, clamped so that the block lies inside the array.
#[derive(Clone, Debug)]
pub(crate) struct BlockStart {
    /// The first element of the array.
    offset: isize,
    /// For each axis: the position, the stride in the array, and the greatest position.
    axes: Vec<(Scalar, isize, i64)>,
}

impl BlockStart {
    /// Returns the start of a block of these sizes in an array.
    pub(crate) fn new(array: &View, sizes: &[usize], starts: Vec<Scalar>) -> BlockStart {
        let axes = starts.into_iter().enumerate();
        let axes = axes.map(|(a, start)| (start, array.strides[a], (array.shape[a] - sizes[a]) as i64));
        BlockStart { offset: array.offset, axes: axes.collect() }
    }
    fn at(&self, operands: &[&[u8]]) -> isize {
        let along = |(start, step, room): &(Scalar, isize, i64)| {
            let at = match start {
                Scalar::Known(at) => *at,
                Scalar::Operand { operand, dtype } => position(operands[*operand], *dtype),
            };
            at.clamp(0, *room) as isize * step
        };
        self.offset + self.axes.iter().map(along).sum::<isize>()
    }
}

/// A block of an array whose start is given by scalar operands. The array is the first operand or the destination.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// The number of bytes of an element.
    pub size: usize,
    pub begin: BlockStart,
    /// The walk over the source and the destination.
    pub walk: Walk<2>,
}

impl Block {
    pub(crate) fn slice(size: usize, x: &View, sizes: &[usize], starts: Vec<Scalar>) -> Block {
        Block {
            size,
            begin: BlockStart::new(x, sizes, starts),
            walk: Walk::new(sizes, [&x.strides, &row_major_strides(sizes)]),
        }
    }
    /// Returns the block of a row-major array that `update` replaces.
    pub(crate) fn update(size: usize, shape: &rune_ir::Shape, update: &View, starts: Vec<Scalar>) -> Block {
        let array = View::dense(shape);
        let walk = Walk::new(&update.shape, [&update.strides, &array.strides]);
        Block { size, begin: BlockStart::new(&array, &update.shape, starts), walk }
    }
    /// Reads the block of the first operand.
    pub(super) fn read(&self, operands: &[&[u8]], out: &mut [u8]) {
        let at = self.begin.at(operands);
        with_word!(self.size, W => {
            self.walk.copy::<W>(bytemuck::cast_slice(operands[0]), bytemuck::cast_slice_mut(out), [at, 0]);
        });
    }
    /// Writes the first operand to the block of `out`. The first element of the operand is at `offset`.
    pub(super) fn write(&self, offset: isize, operands: &[&[u8]], out: &mut [u8]) {
        let at = self.begin.at(operands);
        with_word!(self.size, W => {
            self.walk.copy::<W>(bytemuck::cast_slice(operands[0]), bytemuck::cast_slice_mut(out), [offset, at]);
        });
    }
}

/// Makes complex numbers of their parts. `size` is the number of bytes of a part.
pub(super) fn interleave(size: usize, re: &[u8], im: &[u8], out: &mut [u8]) {
    /// The number of complex numbers of a piece.
    const PIECE: usize = 1 << 14;
    in_pieces(out, PIECE * 2 * size, true, &|first, out| {
        with_word!(size, W => {
            let (re, im): (&[W], &[W]) = (bytemuck::cast_slice(re), bytemuck::cast_slice(im));
            let (re, im) = (&re[first * PIECE..], &im[first * PIECE..]);
            let out: &mut [[W; 2]] = bytemuck::cast_slice_mut(out);
            out.iter_mut().zip(re).zip(im).for_each(|((z, &re), &im)| *z = [re, im]);
        });
    });
}
