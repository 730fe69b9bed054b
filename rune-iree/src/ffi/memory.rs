//! Memory of buffers on the host. Large blocks are kept for later buffers of about the same size.
//!
//! The operating system has to find and clear the pages of a new block. A sum of two arrays of 64 MB takes 120 ms with
//! new blocks, and 9 ms with kept ones.

use crate::environment::bytes_from;
use std::alloc::{Layout, alloc, alloc_zeroed, dealloc};
use std::collections::VecDeque;
use std::ptr::NonNull;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// The size in bytes from which blocks are kept. The C library itself keeps smaller blocks.
const LARGE: usize = 64 << 10;
/// The alignment that IREE requires of buffers. It is that of rune's arrays.
const ALIGNMENT: usize = rune_trace::ALIGNMENT;
/// The default maximum size of the kept blocks, in bytes. `RUNE_IDLE_MEMORY` and [`set_idle_memory_limit`] override it.
const DEFAULT_LIMIT: u64 = 1 << 30;

/// An owned block of memory.
pub(super) struct Block {
    start: NonNull<u8>,
    capacity: usize,
}
// SAFETY: nothing else points to the memory of a block.
unsafe impl Send for Block {}

impl Block {
    /// Returns a block of at least this many bytes. The contents of a large block are arbitrary. Returns `None` if
    /// there is too little memory.
    pub(super) fn new(bytes: usize) -> Option<Block> {
        let capacity = capacity_for(bytes);
        if capacity >= LARGE
            && let Some(block) = idle().take(capacity)
        {
            return Some(block);
        }
        let layout = Layout::from_size_align(capacity, ALIGNMENT).ok()?;
        // SAFETY: no capacity is 0.
        let fresh = || NonNull::new(unsafe { if capacity < LARGE { alloc_zeroed(layout) } else { alloc(layout) } });
        let start = fresh().or_else(|| {
            release_idle_memory();
            fresh()
        })?;
        Some(Block { start, capacity })
    }
    pub(super) fn start(&self) -> NonNull<u8> {
        self.start
    }
    /// Gives the block back. A large block is kept for another buffer of about its size.
    pub(super) fn give_back(self) {
        // The blocks are freed after the lock is released.
        let excess = if self.capacity < LARGE { vec![self] } else { idle().keep(self) };
        drop(excess);
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        let layout = Layout::from_size_align(self.capacity, ALIGNMENT).expect("it was allocated with this layout");
        // SAFETY: the block was allocated with this layout, and nothing else points to it.
        unsafe { dealloc(self.start.as_ptr(), layout) }
    }
}

/// The free blocks, the most recently freed last.
struct Idle {
    blocks: VecDeque<Block>,
    bytes: u64,
    limit: u64,
}

impl Idle {
    /// Returns the block of this capacity that was given back last, if there is one.
    fn take(&mut self, capacity: usize) -> Option<Block> {
        let at = self.blocks.iter().rposition(|b| b.capacity == capacity)?;
        self.bytes -= capacity as u64;
        self.blocks.remove(at)
    }
    /// Keeps a block. Returns the blocks beyond the limit.
    fn keep(&mut self, block: Block) -> Vec<Block> {
        self.bytes += block.capacity as u64;
        self.blocks.push_back(block);
        self.trim(self.limit)
    }
    /// Removes and returns blocks until the others have at most `limit` bytes. Blocks that were idle longest are
    /// removed first.
    fn trim(&mut self, limit: u64) -> Vec<Block> {
        let mut excess = Vec::new();
        while self.bytes > limit
            && let Some(block) = self.blocks.pop_front()
        {
            self.bytes -= block.capacity as u64;
            excess.push(block);
        }
        excess
    }
}

fn idle() -> MutexGuard<'static, Idle> {
    static IDLE: LazyLock<Mutex<Idle>> = LazyLock::new(|| {
        let limit = bytes_from("RUNE_IDLE_MEMORY", DEFAULT_LIMIT);
        Mutex::new(Idle { blocks: VecDeque::new(), bytes: 0, limit })
    });
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sets the maximum size of this process's idle memory, in bytes. Idle memory is used by no buffer, and is kept for
/// later buffers. Memory beyond the limit is returned to the system at once. The initial limit is the environment
/// variable `RUNE_IDLE_MEMORY` (such as `500MB` or `2GiB`); the default is 1 GiB.
///
/// ```
/// rune_iree::set_idle_memory_limit(100 << 20);
/// assert!(rune_iree::idle_memory() <= 100 << 20);
/// ```
pub fn set_idle_memory_limit(bytes: u64) {
    let excess = {
        let mut idle = idle();
        idle.limit = bytes;
        idle.trim(bytes)
    };
    drop(excess);
}

/// Returns the size of this process's idle memory in bytes. Idle memory is used by no buffer, and is kept for later
/// buffers.
///
/// ```
/// rune_iree::set_idle_memory_limit(0);
/// assert_eq!(rune_iree::idle_memory(), 0);
/// ```
pub fn idle_memory() -> u64 {
    idle().bytes
}

/// Returns the kept blocks to the system.
pub(super) fn release_idle_memory() {
    let blocks = idle().trim(0);
    drop(blocks);
}

/// Rounds large sizes up by at most an eighth, so that buffers of similar sizes can use each other's blocks.
fn capacity_for(bytes: usize) -> usize {
    if bytes < LARGE {
        return bytes.max(1);
    }
    let step = 1 << (bytes.ilog2() - 3);
    bytes.checked_next_multiple_of(step).unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pool belongs to the process, so tests that inspect it take turns.
    fn alone() -> MutexGuard<'static, ()> {
        static TURN: Mutex<()> = Mutex::new(());
        TURN.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn allocated(bytes: usize) -> Block {
        let block = Block::new(bytes).unwrap();
        // SAFETY: the block has this many bytes.
        unsafe { block.start().as_ptr().write_bytes(7, bytes) };
        assert_eq!(block.start().align_offset(ALIGNMENT), 0);
        block
    }

    #[test]
    fn large_blocks_are_used_again() {
        let _alone = alone();
        // No other test uses this size.
        let size = (3 << 20) + 4096;
        let (first, second) = (allocated(size), allocated(size));
        let (at_first, at_second) = (first.start(), second.start());
        assert_ne!(at_first, at_second);
        first.give_back();
        let first = allocated(size - 64);
        assert_eq!(first.start(), at_first, "one of about that size");
        second.give_back();
        first.give_back();
        let (last, before) = (allocated(size), allocated(size));
        assert_eq!((last.start(), before.start()), (at_first, at_second), "the one used last comes first");
    }

    #[test]
    fn the_limit_of_idle_memory_can_be_set() {
        let _alone = alone();
        set_idle_memory_limit(10 << 20);
        (0..4).map(|_| allocated(4 << 20)).collect::<Vec<_>>().into_iter().for_each(Block::give_back);
        assert_eq!(idle_memory(), 8 << 20);
        set_idle_memory_limit(5 << 20);
        assert_eq!(idle_memory(), 4 << 20);
        set_idle_memory_limit(0);
        allocated(4 << 20).give_back();
        assert_eq!(idle_memory(), 0);
        set_idle_memory_limit(DEFAULT_LIMIT);
    }

    #[test]
    fn what_lies_idle_longest_goes_first() {
        let mut idle = Idle { blocks: VecDeque::new(), bytes: 0, limit: 250 };
        let block = |bytes| Block::new(bytes).unwrap();
        let capacities = |blocks: Vec<Block>| blocks.iter().map(|b| b.capacity).collect::<Vec<_>>();
        assert!(idle.keep(block(100)).is_empty());
        assert!(idle.keep(block(120)).is_empty());
        assert_eq!(capacities(idle.keep(block(90))), [100]);
        assert_eq!(idle.bytes, 210);
        assert!(idle.take(100).is_none());
        assert_eq!(idle.take(120).map(|b| b.capacity), Some(120));
        // This is more than the limit.
        assert_eq!(capacities(idle.keep(block(300))), [90, 300]);
        assert_eq!(idle.bytes, 0);
    }

    #[test]
    fn sizes_are_rounded_little() {
        for bytes in [1, 100, LARGE - 1, LARGE, LARGE + 1, 1 << 20, (1 << 20) + 1, 12_800_064, (1 << 40) - 1] {
            let capacity = capacity_for(bytes);
            assert!(capacity >= bytes && capacity <= bytes + bytes / 8, "{bytes}: {capacity}");
        }
        assert_eq!((capacity_for(0), capacity_for(usize::MAX)), (1, usize::MAX));
        assert!(Block::new(usize::MAX).is_none());
    }
}
