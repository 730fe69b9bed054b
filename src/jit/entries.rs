//! The table of compiled programs of one jitted function: read without a lock, and bounded.

use crate::device::Device;
use crate::log::Statics;
use crate::runnable::Runnable;
use arc_swap::{ArcSwap, Guard};
use rune_ir::{Program, Type};
use rune_trace::Tensor;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The maximum number of entries of one function. Calls search them linearly: with 255 other entries, the search takes
/// at most 0.5 µs, less than the shortest call.
pub(super) const MAX_ENTRIES: usize = 256;

/// A compiled program with its argument types and structure.
pub(super) struct Entry<Out> {
    pub device: Device,
    pub types: Vec<Type>,
    pub structure: u64,
    /// The static fields, from which messages name differences of structure.
    pub statics: Statics,
    pub program: Arc<Program>,
    pub runnable: Runnable,
    pub output: Out,
    /// The value of `Entries::made` at the last use.
    pub used: AtomicU64,
}

impl<Out> Entry<Out> {
    fn matches(&self, device: &Device, leaves: &[&Tensor], structure: u64) -> bool {
        self.structure == structure
            && self.device == *device
            && self.types.len() == leaves.len()
            && self.types.iter().zip(leaves).all(|(ty, leaf)| ty == leaf.ty())
    }
}

/// The entries in the order of their creation.
pub(super) struct Entries<Out> {
    all: ArcSwap<Vec<Arc<Entry<Out>>>>,
    /// The number of entries created so far, which serves as a clock for [`Entry::used`]. While it does not change,
    /// repeated calls write nothing that other threads read.
    made: AtomicU64,
}

impl<Out> Entries<Out> {
    pub fn new() -> Entries<Out> {
        Entries { all: ArcSwap::default(), made: AtomicU64::new(0) }
    }
    pub fn load(&self) -> Guard<Arc<Vec<Arc<Entry<Out>>>>> {
        self.all.load()
    }
    /// Removes all entries.
    pub fn clear(&self) {
        self.all.store(Arc::default());
    }
    /// Returns the entry for calls with these arguments on this device.
    pub fn find(&self, device: &Device, leaves: &[&Tensor], structure: u64) -> Option<Arc<Entry<Out>>> {
        let entries = self.load();
        let entry = entries.iter().find(|entry| entry.matches(device, leaves, structure))?;
        let now = self.made.load(Ordering::Relaxed);
        if entry.used.load(Ordering::Relaxed) != now {
            entry.used.store(now, Ordering::Relaxed);
        }
        Some(entry.clone())
    }
    /// Adds an entry. If there are [`MAX_ENTRIES`], it replaces the least recently used one. Returns the new entries
    /// and the number of entries created so far. Must not be called by two threads at once.
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
