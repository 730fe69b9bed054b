//! Reads the parts of a tree that are not tensors from a file.

use super::statics::{self, SOME, Static, hash};
use super::{PathPart, Tree, TreePath};
use once_cell::sync::Lazy;
use rune_ir::storage::Difference;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::any::Any;
use std::collections::BTreeSet;
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};

/// The current position in a tree that is read from a file, and the differences so far: see [`Tree::restore`].
#[derive(Debug, Default)]
pub struct Restore {
    path: TreePath,
    differences: Vec<Difference>,
}

impl Restore {
    /// Reads a part.
    pub fn inside<R>(&mut self, part: PathPart, read: impl FnOnce(&mut Restore) -> R) -> R {
        self.path.push(part);
        let result = read(self);
        self.path.pop();
        result
    }
    /// Returns the differences.
    pub(crate) fn differences(self) -> Vec<Difference> {
        self.differences
    }
    /// Reports that the value in the file does not fit here.
    pub fn refuse<T>(&mut self, expected: impl Into<String>, found: &Value) -> Option<T> {
        let (name, found) = (self.path.name(), statics::shortened(found));
        self.differences.push(Difference::Static { name, expected: expected.into(), found });
        None
    }
    /// Reads the fields of a struct, tuple or variant with these names.
    pub fn fields<'v>(&mut self, found: Option<&'v Value>, names: &[PathPart]) -> Option<Fields<'v>> {
        let Some(found) = found else { return Some(Fields(None)) };
        let Value::Object(map) = found else { return self.refuse("fields", found) };
        let mut known = true;
        for (name, value) in map {
            if !names.iter().any(|part| part.name() == *name) {
                known = false;
                self.inside(PathPart::Key(name.clone()), |at| at.refuse::<()>("nothing", value));
            }
        }
        known.then_some(Fields(Some(map)))
    }
    /// Reads one of the fields that [`Restore::fields`] returned.
    pub fn field<T>(
        &mut self,
        fields: Fields<'_>,
        part: PathPart,
        read: impl FnOnce(Option<&Value>, &mut Restore) -> Option<T>,
    ) -> Option<T> {
        let found = fields.0.and_then(|map| map.get(&part.name()));
        self.inside(part, |at| read(found, at))
    }
    /// Returns the variant in the file, and the values of its fields.
    pub fn variant<'v>(&mut self, found: &'v Value) -> Option<(&'v str, Option<&'v Value>)> {
        match found {
            Value::String(name) => Some((name, None)),
            Value::Object(map) if map.len() == 1 => {
                map.iter().next().map(|(name, fields)| (name.as_str(), Some(fields)))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                self.refuse("a variant", found)
            }
        }
    }
    /// Reads a part that has no counterpart in the tree `like` of [`Tree::restore`]. All differences in the part are
    /// reported as one.
    pub fn read_as_one<T>(
        &mut self,
        expected: &str,
        found: &Value,
        read: impl FnOnce(&mut Restore) -> Option<T>,
    ) -> Option<T> {
        let before = self.differences.len();
        let result = read(self);
        if result.is_none() {
            self.differences.truncate(before);
            return self.refuse(expected, found);
        }
        result
    }
}

/// The fields of a struct in a file: see [`Restore::fields`].
#[derive(Clone, Copy, Debug)]
pub struct Fields<'v>(Option<&'v Map<String, Value>>);

/// Returns a copy of the tree with the same tensors.
pub(super) fn clone_tree<T: Tree>(tree: &T) -> T {
    tree.map(&mut |leaf| leaf.clone())
}

/// Returns `None` for an empty object, which means that nothing is stored.
pub(super) fn non_empty(found: Option<&Value>) -> Option<&Value> {
    found.filter(|value| !value.as_object().is_some_and(Map::is_empty))
}

/// Reads a number, text or boolean from the file, or takes it from `like`.
pub(super) fn value<T: Tree>(
    like: Option<&T>,
    found: Option<&Value>,
    at: &mut Restore,
    read: impl FnOnce(&Value) -> Option<T>,
) -> Option<T> {
    match found {
        None => like.map(clone_tree),
        Some(found) => match read(found) {
            Some(value) => Some(value),
            None => at.refuse(std::any::type_name::<T>(), found),
        },
    }
}

pub(super) fn option<T: Tree>(like: Option<&Option<T>>, found: Option<&Value>, at: &mut Restore) -> Option<Option<T>> {
    let inner = like.and_then(Option::as_ref);
    match found {
        None => like.map(clone_tree),
        Some(Value::Null) => Some(None),
        Some(found) => {
            let marked = found.as_object().filter(|map| map.len() == 1).and_then(|map| map.get(SOME));
            T::restore(inner, Some(marked.unwrap_or(found)), at).map(Some)
        }
    }
}

pub(super) fn list<T: Tree>(like: Option<&[T]>, found: Option<&Value>, at: &mut Restore) -> Option<Vec<T>> {
    match non_empty(found) {
        None => like.map(|like| like.iter().map(clone_tree).collect()),
        Some(Value::Array(items)) => {
            let item = |(i, found)| {
                at.inside(PathPart::Index(i), |at| T::restore(like.and_then(|l| l.get(i)), Some(found), at))
            };
            // Reads all of them, so that all differences are reported.
            let items: Vec<Option<T>> = items.iter().enumerate().map(item).collect();
            items.into_iter().collect()
        }
        Some(found) => at.refuse("a list", found),
    }
}

/// Returns the entries of a map, with keys as text.
pub(super) fn entries<K: 'static, T: Tree>(
    like: Option<Vec<(&K, String, &T)>>,
    found: &Value,
    clone: impl Fn(&K) -> K,
    at: &mut Restore,
) -> Option<Vec<(K, T)>> {
    let none = Map::new();
    let map = match found {
        Value::Object(map) => map,
        Value::Array(items) if items.is_empty() => &none,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            return at.refuse("a map", found);
        }
    };
    let like = like.unwrap_or_default();
    let entry = |(name, found): (&String, &Value)| {
        at.inside(PathPart::Key(name.clone()), |at| {
            let known = like.iter().find(|(_, text, _)| text == name);
            let Some(key) = known.map(|(key, ..)| clone(key)).or_else(|| parsed(name)) else {
                return at.refuse("no key", found);
            };
            Some((key, T::restore(known.map(|(.., item)| *item), Some(found), at)?))
        })
    };
    let entries: Vec<Option<(K, T)>> = map.iter().map(entry).collect();
    entries.into_iter().collect()
}

/// Parses the key of a map, if it is a text or a number.
fn parsed<K: 'static>(text: &str) -> Option<K> {
    fn as_key<K: 'static, T: 'static>(value: Option<T>) -> Option<K> {
        let value: Box<dyn Any> = Box::new(value?);
        value.downcast::<K>().ok().map(|key| *key)
    }
    macro_rules! parse_as_one_of {
        ($($T:ty),*) => { None$(.or_else(|| as_key::<K, $T>(text.parse().ok())))* };
    }
    parse_as_one_of!(String, char, bool, i8, i16, i32, i64, u8, u16, u32, u64, usize, isize)
        .or_else(|| as_key::<K, &'static str>(Some(interned(text))))
}

/// Returns a text that lives as long as the process. Equal texts are stored once.
pub(super) fn interned(text: &str) -> &'static str {
    static TEXTS: Lazy<Mutex<BTreeSet<&'static str>>> = Lazy::new(Mutex::default);
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    match texts.get(text) {
        Some(known) => known,
        None => {
            let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
            texts.insert(text);
            text
        }
    }
}

/// A field that is marked `#[tree(static)]`. The traits of its type determine how it is written. A method call on
/// `&&&StaticField` resolves to the first of [`ViaTree`], [`ViaSerde`] and [`ViaHash`] that applies.
#[derive(Debug)]
pub struct StaticField<T>(pub PhantomData<T>);

/// A type that is a tree.
pub trait ViaTree<T> {
    /// Returns the value for files.
    fn statics(&self, value: &T) -> Static;
    /// Returns the value in the file, or that of `like`.
    fn restore(&self, like: Option<&T>, found: Option<&Value>, at: &mut Restore) -> Option<T>;
}

impl<T: Tree> ViaTree<T> for &&StaticField<T> {
    fn statics(&self, value: &T) -> Static {
        value.statics()
    }
    fn restore(&self, like: Option<&T>, found: Option<&Value>, at: &mut Restore) -> Option<T> {
        T::restore(like, found, at)
    }
}

/// A type that serde reads and writes.
pub trait ViaSerde<T> {
    /// Returns the value for files.
    fn statics(&self, value: &T) -> Static;
    /// Returns the value in the file, or that of `like`.
    fn restore(&self, like: Option<&T>, found: Option<&Value>, at: &mut Restore) -> Option<T>;
}

impl<T: Serialize + DeserializeOwned + Clone + Hash> ViaSerde<T> for &StaticField<T> {
    fn statics(&self, value: &T) -> Static {
        // JSON lacks some values, such as NaN. A value that would not be read back as an equal value is not written.
        let json = serde_json::to_value(value).ok();
        let comes_back = |json: &Value| T::deserialize(json).is_ok_and(|back| hash(&back) == hash(value));
        json.filter(comes_back).map_or_else(|| Static::opaque(value, false), Static::Value)
    }
    fn restore(&self, like: Option<&T>, found: Option<&Value>, at: &mut Restore) -> Option<T> {
        match found {
            None => like.cloned(),
            Some(found) => match T::deserialize(found) {
                Ok(value) => Some(value),
                Err(error) => at.refuse(format!("{}: {error}", std::any::type_name::<T>()), found),
            },
        }
    }
}

/// Any other type.
pub trait ViaHash<T> {
    /// Returns the value for files.
    fn statics(&self, value: &T) -> Static;
    /// Returns the value of `like`.
    fn restore(&self, like: Option<&T>, found: Option<&Value>, at: &mut Restore) -> Option<T>;
}

impl<T: Clone + Hash> ViaHash<T> for StaticField<T> {
    fn statics(&self, value: &T) -> Static {
        Static::opaque(value, false)
    }
    fn restore(&self, like: Option<&T>, found: Option<&Value>, at: &mut Restore) -> Option<T> {
        match found {
            None => like.cloned(),
            Some(found) => at.refuse(std::any::type_name::<T>(), found),
        }
    }
}
