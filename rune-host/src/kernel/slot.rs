//! The storage of the elements of registers.

use bytemuck::{Pod, Zeroable};

/// A line of the cache. Vectors of registers so lie within one.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
pub(super) struct Line([u64; 8]);

/// The elements of a register in the tile that is computed.
pub(super) enum Slot<'a> {
    /// In memory of the task.
    Scratch(Vec<Line>),
    /// In an input.
    Input(&'a [u8]),
    /// In an output.
    Output(&'a mut [u8]),
}

impl Slot<'_> {
    /// Stands for a slot that is in use.
    pub(super) const EMPTY: Slot<'static> = Slot::Input(&[]);

    /// The first `n` elements.
    pub(super) fn read<T: Pod>(&self, n: usize) -> &[T] {
        let elements: &[T] = match self {
            Slot::Scratch(lines) => bytemuck::cast_slice(lines),
            Slot::Input(bytes) => bytemuck::cast_slice(bytes),
            Slot::Output(bytes) => bytemuck::cast_slice(bytes),
        };
        &elements[..n]
    }
    /// The first `n` elements, to write.
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
