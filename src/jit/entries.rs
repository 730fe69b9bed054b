//! The table of compiled programs of one jitted function: read without a lock, and bounded.

use crate::device::Device;
use crate::log::Statics;
use crate::runnable::Runnable;
use arc_swap::{ArcSwap, Guard};
use rune_ir::{Program, Type};
use rune_trace::Tensor;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The most entries of one function. Calls look through them one by one: past 255 others the entry that fits is found within 0.5 µs, less than
/// the shortest call takes.
pub(super) const MAX_ENTRIES: usize = 256;

/// A compiled program with its argument types and structure.
pub(super) struct Entry<Out> {
    pub device: Device,
    pub types: Vec<Type>,
    pub structure: u64,
    /// Names the differences of structures in messages.
    pub statics: Statics,
    pub program: Arc<Program>,
    pub runnable: Runnable,
    pub output: Out,
    /// The last use, as the number of entries created until then.
    pub used: AtomicU64,
}

impl<Out> Entry<Out> {
    fn fits(&self, device: &Device, leaves: &[&Tensor], structure: u64) -> bool {
        self.structure == structure
            && self.device == *device
            && self.types.len() == leaves.len()
            && self.types.iter().zip(leaves).all(|(ty, leaf)| ty == leaf.ty())
    }
}

/// The entries in the order in which they were made.
pub(super) struct Entries<Out> {
    all: ArcSwap<Vec<Arc<Entry<Out>>>>,
    /// The number of entries created, which serves as a clock: calls write nothing that other threads read until the next entry is created.
    made: AtomicU64,
}

impl<Out> Entries<Out> {
    pub fn new() -> Entries<Out> {
        Entries { all: ArcSwap::default(), made: AtomicU64::new(0) }
    }
    pub fn load(&self) -> Guard<Arc<Vec<Arc<Entry<Out>>>>> {
        self.all.load()
    }
    /// Forgets all programs.
    pub fn clear(&self) {
        self.all.store(Arc::default());
    }
    /// The entry for calls on this device with these arguments.
    pub fn find(&self, device: &Device, leaves: &[&Tensor], structure: u64) -> Option<Arc<Entry<Out>>> {
        let entries = self.load();
        let entry = entries.iter().find(|entry| entry.fits(device, leaves, structure))?;
        let now = self.made.load(Ordering::Relaxed);
        if entry.used.load(Ordering::Relaxed) != now {
            entry.used.store(now, Ordering::Relaxed);
        }
        Some(entry.clone())
    }
    /// Adds an entry, in the place of the least recently used one if there are [`MAX_ENTRIES`]. Returns the entries after that, and
    /// the number of entries ever made. Must not be called by two threads at once.
    pub fn insert(&self, entry: Arc<Entry<Out>>) -> (Arc<Vec<Arc<Entry<Out>>>>, u64) {
        let made = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        entry.used.store(made, Ordering::Relaxed);
        let mut entries = self.load().to_vec();
        if entries.len() >= MAX_ENTRIES {
            let oldest = (0..entries.len()).min_by_key(|&i| entries[i].used.load(Ordering::Relaxed));
            oldest.map(|i| entries.remove(i));
        }
        entries.push(entry);
        let entries = Arc::new(entries);
        self.all.store(entries.clone());
        (entries, made)
    }
}
