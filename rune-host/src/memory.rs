//! Memory of buffers, which is kept for the next ones: new memory costs the system a fault for each page.

use once_cell::sync::Lazy;
use rune_ir::{ALIGNMENT, AlignedBytes, Array, Type};
use std::sync::{Mutex, PoisonError};

/// Smaller memory is quicker asked for anew.
const SMALLEST_KEPT: usize = 1 << 14;
/// Bytes that are kept at most.
const MOST_KEPT: usize = 1 << 28;
/// Buffers that are kept at most.
const MOST_BUFFERS: usize = 64;

#[derive(Default)]
struct Kept {
    /// The latest is the last, and most likely in the cache.
    buffers: Vec<AlignedBytes>,
    bytes: usize,
}

static KEPT: Lazy<Mutex<Kept>> = Lazy::new(Mutex::default);

/// Memory for an array of this type. What is in it is left open.
pub(crate) fn take(ty: &Type) -> AlignedBytes {
    let bytes = ty.bytes();
    let mut memory = if bytes < SMALLEST_KEPT { None } else { find(bytes) }
        .unwrap_or_else(|| AlignedBytes::with_capacity(ALIGNMENT, bytes));
    memory.resize(bytes, 0);
    memory
}

fn find(bytes: usize) -> Option<AlignedBytes> {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let fits = |memory: &AlignedBytes| (bytes..=2 * bytes).contains(&memory.capacity());
    let found = kept.buffers.iter().rposition(fits)?;
    let memory = kept.buffers.remove(found);
    kept.bytes -= memory.capacity();
    Some(memory)
}

/// Keeps the memory of an array that nothing else holds.
pub(crate) fn give_back(array: Array) {
    if array.bytes().len() < SMALLEST_KEPT {
        return;
    }
    let Some(memory) = array.into_memory() else { return };
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.bytes += memory.capacity();
    kept.buffers.push(memory);
    while kept.bytes > MOST_KEPT || kept.buffers.len() > MOST_BUFFERS {
        let oldest = kept.buffers.remove(0);
        kept.bytes -= oldest.capacity();
    }
}
