//! The storage of registers.

use bytemuck::{Pod, Zeroable};

/// A cache line. Its alignment keeps each vector of a register within one line.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
pub(super) struct Line([u64; 8]);

/// The elements of a register in the current tile.
pub(super) enum Slot<'a> {
    /// In scratch memory of the task.
    Scratch(Vec<Line>),
    /// In an input.
    Input(&'a [u8]),
    /// In an output.
    Output(&'a mut [u8]),
}

impl Slot<'_> {
    /// A placeholder for a slot that is in use.
    pub(super) const EMPTY: Slot<'static> = Slot::Input(&[]);

    /// Returns the first `n` elements.
    pub(super) fn read<T: Pod>(&self, n: usize) -> &[T] {
        let elements: &[T] = match self {
            Slot::Scratch(lines) => bytemuck::cast_slice(lines),
            Slot::Input(bytes) => bytemuck::cast_slice(bytes),
            Slot::Output(bytes) => bytemuck::cast_slice(bytes),
        };
        &elements[..n]
    }
    /// Makes sure that `n` bytes can be read.
    pub(super) fn reserve(&mut self, n: usize) {
        self.write::<u8>(n);
    }
    /// Returns the first `n` elements for writing.
    pub(super) fn write<T: Pod>(&mut self, n: usize) -> &mut [T] {
        let elements: &mut [T] = match self {
            Slot::Scratch(lines) => {
                let needed = (n * size_of::<T>()).div_ceil(size_of::<Line>());
                if lines.len() < needed {
                    lines.resize(needed, Line::zeroed());
                }
                bytemuck::cast_slice_mut(lines)
            }
            Slot::Output(bytes) => bytemuck::cast_slice_mut(bytes),
            Slot::Input(_) => unreachable!("no instruction writes to an input"),
        };
        &mut elements[..n]
    }
}
