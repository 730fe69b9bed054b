//! Sets and maps of node ids. The nodes of one trace were created together, so their ids are close to each other, and
//! are on few pages.

use rustc_hash::FxHashMap;

const PAGE: u64 = 1024;

/// A map from ids to values.
pub(super) struct IdMap<T> {
    pages: Vec<Box<[T]>>,
    /// The index of the page for the ids from `PAGE` times the key on.
    places: FxHashMap<u64, usize>,
    /// The page that was used last, and its key. The next id is probably on it.
    last: (u64, usize),
    none: T,
}

impl<T: Copy + PartialEq> IdMap<T> {
    /// Returns a map with the value `none` for every id.
    pub fn new(none: T) -> IdMap<T> {
        IdMap { pages: Vec::new(), places: FxHashMap::default(), last: (u64::MAX, 0), none }
    }
    pub fn get(&self, id: u64) -> T {
        let key = id / PAGE;
        let page = if key == self.last.0 { Some(self.last.1) } else { self.places.get(&key).copied() };
        page.map_or(self.none, |page| self.pages[page][(id % PAGE) as usize])
    }
    /// Replaces a value, and returns the previous one.
    pub fn insert(&mut self, id: u64, value: T) -> T {
        let key = id / PAGE;
        if key != self.last.0 {
            let page = *self.places.entry(key).or_insert_with(|| {
                self.pages.push(vec![self.none; PAGE as usize].into());
                self.pages.len() - 1
            });
            self.last = (key, page);
        }
        std::mem::replace(&mut self.pages[self.last.1][(id % PAGE) as usize], value)
    }
    pub fn contains(&self, id: u64) -> bool {
        self.get(id) != self.none
    }
}

/// A set of ids.
pub(super) struct IdSet(IdMap<bool>);

impl IdSet {
    pub fn new() -> IdSet {
        IdSet(IdMap::new(false))
    }
    pub fn contains(&self, id: u64) -> bool {
        self.0.get(id)
    }
    /// Adds an id. Returns whether the set did not contain it before.
    pub fn insert(&mut self, id: u64) -> bool {
        !self.0.insert(id, true)
    }
    pub fn remove(&mut self, id: u64) {
        self.0.insert(id, false);
    }
}

impl Extend<u64> for IdSet {
    fn extend<I: IntoIterator<Item = u64>>(&mut self, ids: I) {
        ids.into_iter().for_each(|id| _ = self.insert(id));
    }
}

impl FromIterator<u64> for IdSet {
    fn from_iter<I: IntoIterator<Item = u64>>(ids: I) -> IdSet {
        let mut set = IdSet::new();
        set.extend(ids);
        set
    }
}

#[cfg(test)]
mod tests {
    use super::IdSet;
    use std::collections::BTreeSet;

    #[test]
    fn they_hold_what_was_put_in() {
        let ids: Vec<u64> = (0..4000).map(|i: u64| i * i * 7 % 9_001 + (i % 3) * 1_000_000_007).collect();
        let (mut set, mut expected) = (IdSet::new(), BTreeSet::new());
        for (i, &id) in ids.iter().enumerate() {
            assert_eq!(set.insert(id), expected.insert(id));
            if i % 5 == 0 {
                set.remove(ids[i / 2]);
                expected.remove(&ids[i / 2]);
            }
        }
        assert!(expected.len() > 1000);
        assert!((0..10_000).chain(ids).all(|id| set.contains(id) == expected.contains(&id)));
    }
}
