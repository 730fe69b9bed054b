//! Memory of buffers on the processor.
//!
//! IREE takes cleared memory for each buffer and returns it after use. So every result was cleared before it was written, and one of
//! some size was made of pages that the operating system had to find: a sum of two arrays of 64 MB took 120 ms, and takes 9.
//! Here large blocks are not cleared, and are kept for the next buffer of about that size.

use super::runtime::libc_ctl;
use eerie_sys::runtime as sys;
use std::collections::VecDeque;
use std::ffi::c_void;
use std::ptr::{NonNull, null_mut};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Blocks from this size on are kept. The C library keeps smaller ones itself.
const LARGE: usize = 64 << 10;
/// At most so many bytes lie idle; blocks that lay idle longest are returned first.
const MOST_IDLE: usize = 1 << 30;
/// Before each block stands its capacity; as much as keeps the alignment that the C library gives.
const HEADER: usize = 16;
/// Of a large block so many bytes are cleared: at the start of a buffer IREE keeps what it knows of it, and counts on zeros there.
const CLEARED: usize = 4 << 10;

/// Allocates buffers.
pub(super) fn buffer_memory() -> sys::iree_allocator_t {
    sys::iree_allocator_t { self_: null_mut(), ctl: Some(control) }
}

/// Blocks that nobody uses, those freed last at the end.
struct Idle {
    blocks: VecDeque<Block>,
    bytes: usize,
}

/// A block of the C library, which begins with its capacity.
struct Block {
    start: NonNull<u8>,
    capacity: usize,
}
// SAFETY: an idle block belongs to whoever holds this; nothing else points to it.
unsafe impl Send for Block {}

impl Idle {
    const NONE: Idle = Idle { blocks: VecDeque::new(), bytes: 0 };

    /// The block of this capacity that was used last, if there is one.
    fn take(&mut self, capacity: usize) -> Option<Block> {
        let at = self.blocks.iter().rposition(|b| b.capacity == capacity)?;
        self.bytes -= capacity;
        self.blocks.remove(at)
    }
    /// Keeps a block, and gives back those that are too much for `most` bytes.
    fn keep(&mut self, block: Block, most: usize) -> impl Iterator<Item = Block> + use<> {
        self.bytes += block.capacity;
        self.blocks.push_back(block);
        let mut excess = Vec::new();
        while self.bytes > most
            && let Some(block) = self.blocks.pop_front()
        {
            self.bytes -= block.capacity;
            excess.push(block);
        }
        excess.into_iter()
    }
}

fn idle() -> MutexGuard<'static, Idle> {
    static IDLE: Mutex<Idle> = Mutex::new(Idle::NONE);
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Large sizes are rounded up by at most an eighth, so that buffers of about one size can use each other's blocks.
fn capacity_for(bytes: usize) -> usize {
    if bytes < LARGE {
        return bytes;
    }
    let step = 1 << (bytes.ilog2() - 3);
    bytes.checked_next_multiple_of(step).unwrap_or(bytes)
}

/// What IREE calls an allocator: one function for all that is asked of it.
///
/// # Safety
/// To be called as IREE does: `params` are those of the command, and `inout` holds, or takes, a block of this allocator.
unsafe extern "C" fn control(
    _: *mut c_void,
    command: sys::iree_allocator_command_e,
    params: *const c_void,
    inout: *mut *mut c_void,
) -> sys::iree_status_t {
    // SAFETY: by the contract of this function.
    unsafe {
        match command {
            sys::iree_allocator_command_e_IREE_ALLOCATOR_COMMAND_MALLOC
            | sys::iree_allocator_command_e_IREE_ALLOCATOR_COMMAND_CALLOC => {
                let bytes = (*params.cast::<sys::iree_allocator_alloc_params_t>()).byte_length;
                allocate(capacity_for(bytes), inout)
            }
            sys::iree_allocator_command_e_IREE_ALLOCATOR_COMMAND_FREE => {
                if let Some(data) = NonNull::new((*inout).cast::<u8>()) {
                    free(data);
                    *inout = null_mut();
                }
                null_mut()
            }
            // Buffers do not grow.
            _ => sys::iree_status_code_e_IREE_STATUS_UNIMPLEMENTED as usize as sys::iree_status_t,
        }
    }
}

/// # Safety
/// `out` can be written.
unsafe fn allocate(capacity: usize, out: *mut *mut c_void) -> sys::iree_status_t {
    let kept = if capacity < LARGE { None } else { idle().take(capacity) };
    // SAFETY: a block is longer than its capacity by its header.
    unsafe {
        let mut start = kept.map_or(null_mut(), |block| block.start.as_ptr().cast::<c_void>());
        if start.is_null() {
            let params = sys::iree_allocator_alloc_params_t { byte_length: capacity.saturating_add(HEADER) };
            let command = match capacity {
                ..LARGE => sys::iree_allocator_command_e_IREE_ALLOCATOR_COMMAND_CALLOC,
                _ => sys::iree_allocator_command_e_IREE_ALLOCATOR_COMMAND_MALLOC,
            };
            let status = libc_ctl(command, (&raw const params).cast(), &mut start);
            if !status.is_null() {
                return status;
            }
            start.cast::<usize>().write(capacity);
        }
        let data = start.cast::<u8>().add(HEADER);
        if capacity >= LARGE {
            data.write_bytes(0, CLEARED);
        }
        *out = data.cast();
    }
    null_mut()
}

/// # Safety
/// `data` is what `allocate` gave, and is not used after.
unsafe fn free(data: NonNull<u8>) {
    // SAFETY: `allocate` wrote the capacity there.
    let block = unsafe {
        let start = data.sub(HEADER);
        Block { start, capacity: start.cast::<usize>().read() }
    };
    if block.capacity < LARGE {
        // SAFETY: the block is not used again.
        unsafe { release(block) };
        return;
    }
    let excess = idle().keep(block, MOST_IDLE);
    // SAFETY: nobody uses idle blocks.
    excess.for_each(|block| unsafe { release(block) });
}

/// # Safety
/// The block is not used again.
unsafe fn release(block: Block) {
    let mut start = block.start.as_ptr().cast::<c_void>();
    let command = sys::iree_allocator_command_e_IREE_ALLOCATOR_COMMAND_FREE;
    // SAFETY: the block came from the same allocator. Freeing does not fail.
    unsafe { libc_ctl(command, std::ptr::null(), &mut start) };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allocated(bytes: usize) -> NonNull<u8> {
        let mut data = null_mut();
        // SAFETY: the block is written and freed below, within its size.
        unsafe {
            assert!(allocate(capacity_for(bytes), &mut data).is_null());
            std::ptr::write_bytes(data.cast::<u8>(), 7, bytes);
        }
        assert_eq!(data.align_offset(16), 0);
        NonNull::new(data.cast()).unwrap()
    }

    #[test]
    fn large_blocks_are_used_again() {
        // Of a size that no other test uses.
        let size = (3 << 20) + 4096;
        let (first, second) = (allocated(size), allocated(size));
        assert_ne!(first, second);
        // SAFETY: each is freed once.
        unsafe {
            free(first);
            assert_eq!(allocated(size - 64), first, "one of about that size");
            free(second);
            free(first);
            assert_eq!(allocated(size), first, "the one used last");
            assert_eq!(allocated(size), second);
            free(first);
            free(second);
        }
    }

    #[test]
    fn what_lies_idle_longest_goes_first() {
        let block = |capacity| Block { start: NonNull::dangling(), capacity };
        let mut idle = Idle::NONE;
        assert_eq!(idle.keep(block(100), 250).count(), 0);
        assert_eq!(idle.keep(block(120), 250).count(), 0);
        assert!(idle.keep(block(90), 250).map(|b| b.capacity).eq([100]));
        assert_eq!(idle.bytes, 210);
        assert!(idle.take(100).is_none());
        assert_eq!(idle.take(120).map(|b| b.capacity), Some(120));
        // More than may be kept at all.
        assert!(idle.keep(block(300), 250).map(|b| b.capacity).eq([90, 300]));
        assert_eq!(idle.bytes, 0);
    }

    #[test]
    fn sizes_are_rounded_little() {
        for bytes in [1, 100, LARGE - 1, LARGE, LARGE + 1, 1 << 20, (1 << 20) + 1, 12_800_064, (1 << 40) - 1] {
            let capacity = capacity_for(bytes);
            assert!(capacity >= bytes && capacity <= bytes + bytes / 8, "{bytes}: {capacity}");
        }
        assert_eq!(capacity_for(usize::MAX), usize::MAX);
    }
}
