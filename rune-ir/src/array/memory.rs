//! The memory of arrays. Memory of freed large arrays is kept for new ones, because the system clears new memory page
//! by page.

use super::{ALIGNMENT, AlignedBytes};
use once_cell::sync::Lazy;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

/// The minimum number of bytes of a kept block. Allocating a smaller block is faster than finding a kept one.
const MIN_RECYCLED: usize = 1 << 14;
/// The maximum number of kept bytes.
const MAX_RECYCLED: usize = 1 << 28;
/// The maximum number of kept blocks.
const MAX_BLOCKS: usize = 64;

/// The bytes of an array. When the array is dropped, its memory is kept for new arrays.
pub(super) struct Memory(AlignedBytes);

impl Memory {
    pub fn new(bytes: AlignedBytes) -> Memory {
        Memory(bytes)
    }
    pub fn into_bytes(mut self) -> AlignedBytes {
        std::mem::replace(&mut self.0, AlignedBytes::new(ALIGNMENT))
    }
    pub fn zeros(bytes: usize) -> Memory {
        let mut memory = uninitialized(bytes);
        memory.clear();
        memory.resize(bytes, 0);
        Memory(memory)
    }
    pub fn copy(bytes: &[u8]) -> Memory {
        let mut memory = uninitialized(bytes.len());
        memory.clear();
        memory.extend_from_slice(bytes);
        Memory(memory)
    }
}
impl Clone for Memory {
    fn clone(&self) -> Memory {
        Memory::copy(&self.0)
    }
}
impl Deref for Memory {
    type Target = AlignedBytes;
    fn deref(&self) -> &AlignedBytes {
        &self.0
    }
}
impl DerefMut for Memory {
    fn deref_mut(&mut self) -> &mut AlignedBytes {
        &mut self.0
    }
}
impl Drop for Memory {
    fn drop(&mut self) {
        if self.0.capacity() >= MIN_RECYCLED {
            recycle(std::mem::replace(&mut self.0, AlignedBytes::new(ALIGNMENT)));
        }
    }
}

#[derive(Default)]
struct FreeBlocks {
    /// The most recent block is last; it is most likely in the processor's cache.
    blocks: Vec<AlignedBytes>,
    bytes: usize,
}

static FREE_BLOCKS: Lazy<Mutex<FreeBlocks>> = Lazy::new(Mutex::default);

/// Returns `bytes` bytes for an array. Their contents are arbitrary: those of a freed array, or zeros.
///
/// ```
/// use rune_ir::{Array, DType, Type, array_memory};
/// let mut memory = array_memory(8);
/// memory.copy_from_slice(&[0, 0, 128, 63, 0, 0, 0, 64]);
/// let x = Array::from_aligned(Type::new(DType::F32, [2]), memory);
/// assert_eq!(x.as_slice::<f32>(), [1.0, 2.0]);
/// ```
pub fn array_memory(bytes: usize) -> AlignedBytes {
    let mut memory = uninitialized(bytes);
    memory.resize(bytes, 0);
    memory
}

/// Returns memory with room for `bytes`, of any length.
fn uninitialized(bytes: usize) -> AlignedBytes {
    let found = if bytes < MIN_RECYCLED { None } else { find(bytes) };
    found.unwrap_or_else(|| AlignedBytes::with_capacity(ALIGNMENT, bytes))
}

fn find(bytes: usize) -> Option<AlignedBytes> {
    let mut kept = FREE_BLOCKS.lock().unwrap_or_else(PoisonError::into_inner);
    // A kept block must not be much larger than `bytes`, because the rest of it is wasted.
    let fits = |memory: &AlignedBytes| (bytes..=bytes + bytes / 4).contains(&memory.capacity());
    let found = kept.blocks.iter().rposition(fits)?;
    let memory = kept.blocks.remove(found);
    kept.bytes -= memory.capacity();
    Some(memory)
}

fn recycle(memory: AlignedBytes) {
    let mut kept = FREE_BLOCKS.lock().unwrap_or_else(PoisonError::into_inner);
    kept.bytes += memory.capacity();
    kept.blocks.push(memory);
    let mut old = Vec::new();
    while kept.bytes > MAX_RECYCLED || kept.blocks.len() > MAX_BLOCKS {
        let oldest = kept.blocks.remove(0);
        kept.bytes -= oldest.capacity();
        old.push(oldest);
    }
    // The memory is freed without the lock.
    drop(kept);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_one_array_serves_the_next() {
        // No other test uses this size.
        let size = MIN_RECYCLED + 4097;
        let mut first = array_memory(size);
        first.fill(7);
        let address = first.as_ptr().addr();
        drop(Memory::new(first));
        let second = array_memory(size - 1);
        assert_eq!(second.as_ptr().addr(), address);
        assert_eq!((second.len(), second[0]), (size - 1, 7));
        assert_ne!(array_memory(size).as_ptr().addr(), address);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        for i in 0..100 {
            drop(Memory::new(AlignedBytes::with_capacity(ALIGNMENT, (1 << 20) + (i << 16))));
        }
        let kept = FREE_BLOCKS.lock().unwrap();
        assert!(kept.bytes <= MAX_RECYCLED && kept.blocks.len() <= MAX_BLOCKS);
    }
}
