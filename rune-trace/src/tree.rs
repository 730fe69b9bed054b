//! Trees: structures with tensors as leaves, which functions take and return.

mod numpy_files;
mod restore;
#[cfg(test)]
mod static_tests;
mod statics;
mod storage;
#[cfg(test)]
mod tests;

pub use numpy_files::{load_npy, load_npz, save_npy, save_npz};
pub use restore::Restore;
#[doc(hidden)]
pub use restore::{Fields, StaticField, ViaHash, ViaSerde, ViaTree};
pub use statics::{Static, StaticChange};
use statics::{Unwritable, shortened};
pub use storage::{load, save};

use crate::{EvalError, Tensor};
use rustc_hash::FxHasher;
use serde_json::Value;
use smallvec::{SmallVec, smallvec};
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

/// Waits until all tensors of a tree are computed. Pending ones are computed now, in one program. Use it to measure
/// times: a call on a GPU returns before its results are computed.
///
/// ```
/// use rune_trace::{Tensor, block_until_ready};
/// let x = Tensor::from([1.0f32, 2.0]);
/// let pair = (&x + 1.0, &x * 2.0);
/// block_until_ready(&pair)?;
/// assert!(pair.0.is_ready() && pair.1.is_ready());
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
///
/// # Errors
/// Returns an error where [`Tensor::block_until_ready`] does.
pub fn block_until_ready<T: Tree>(tree: &T) -> Result<(), EvalError> {
    let leaves = tree.leaves();
    let pending: Vec<Tensor> = leaves.iter().filter(|leaf| leaf.is_pending()).cloned().collect();
    Tensor::realize_all(&pending)?;
    leaves.iter().try_for_each(|leaf| leaf.block_until_ready().map(drop))
}

/// A step from a tree to one of its parts. Every call of a compiled function walks its arguments, so only a key of a
/// map needs an allocation.
#[doc(alias = "KeyEntry")]
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum PathPart {
    /// The start of the path.
    Root(&'static str),
    /// An index, written `[0]`.
    #[doc(alias = "FlattenedIndexKey")]
    #[doc(alias = "SequenceKey")]
    Index(usize),
    /// A field, written `.name`.
    #[doc(alias = "GetAttrKey")]
    Field(&'static str),
    /// A key of a map, written `["key"]`.
    #[doc(alias = "DictKey")]
    Key(String),
}

impl PathPart {
    /// Returns the part as a name, without brackets or dots.
    fn name(&self) -> String {
        match self {
            PathPart::Root(name) | PathPart::Field(name) => (*name).to_owned(),
            PathPart::Index(i) => i.to_string(),
            PathPart::Key(key) => key.clone(),
        }
    }
}

impl fmt::Display for PathPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PathPart::Root(name) => f.write_str(name),
            PathPart::Index(i) => write!(f, "[{i}]"),
            PathPart::Field(name) => write!(f, ".{name}"),
            PathPart::Key(key) => write!(f, "[{key:?}]"),
        }
    }
}

/// The path of a leaf in a tree, such as `[0].weights`.
#[doc(alias = "KeyPath")]
#[doc(alias = "keystr")]
#[derive(Clone, Debug, Default)]
pub struct TreePath(SmallVec<[PathPart; 6]>);

impl TreePath {
    /// Returns the path that starts with this name.
    pub fn root(name: &'static str) -> TreePath {
        TreePath(smallvec![PathPart::Root(name)])
    }
    fn push(&mut self, part: PathPart) {
        self.0.push(part);
    }
    fn pop(&mut self) {
        self.0.pop();
    }
    /// Runs `f` with the path of a part of the current tree.
    pub fn inside<R>(&mut self, part: PathPart, f: impl FnOnce(&mut TreePath) -> R) -> R {
        self.0.push(part);
        let result = f(self);
        self.0.pop();
        result
    }
    /// Returns the name of the leaf in files: the parts of the path below the root, separated by dots, such as
    /// `layers.0.weight`.
    ///
    /// ```
    /// use rune_trace::{Tensor, Tree, TreePath};
    /// let tree = (vec![Tensor::scalar(1.0f32)],);
    /// let mut names = Vec::new();
    /// tree.visit(&mut TreePath::root("tree"), &mut |path, _| names.push(path.name()));
    /// assert_eq!(names, ["0.0"]);
    /// ```
    pub fn name(&self) -> String {
        let mut name = String::new();
        for part in &self.0 {
            if !name.is_empty() && !matches!(part, PathPart::Root(_)) {
                name.push('.');
            }
            if !matches!(part, PathPart::Root(_)) {
                name.push_str(&part.name());
            }
        }
        name
    }
}

impl fmt::Display for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| part.fmt(f))
    }
}

/// Returns a hash of the data that `feed` passes to the hasher. It is valid only within one process.
pub fn hashed(feed: impl FnOnce(&mut dyn Hasher)) -> u64 {
    let mut hasher = FxHasher::default();
    feed(&mut hasher);
    hasher.finish()
}

/// Returns a hash of the structure of a tree: of everything that is not a leaf.
pub(crate) fn structure_hash<T: Tree>(tree: &T) -> u64 {
    hashed(|hasher| tree.structure(hasher))
}

/// A structure with tensors as leaves: a [`Tensor`]; a tuple, `Vec`, array, `Option`, `Box` or map of trees; `()`; or a
/// struct or enum with `#[derive(Tree)]`. Numbers, `bool`, `char` and strings are trees without leaves; they are part
/// of the structure.
///
/// ```
/// use rune_trace::{Tensor, Tree};
///
/// #[derive(Tree)]
/// struct Layer { weights: Tensor, bias: Option<Tensor> }
///
/// let layer = Layer { weights: Tensor::scalar(1.0f32), bias: None };
/// let layers = vec![layer];
/// assert_eq!(layers.leaves().len(), 1);
/// let doubled = layers.map(&mut |w| w + w);
/// assert_eq!(doubled[0].weights.item::<f32>().unwrap(), 2.0);
/// ```
#[doc(alias = "register_dataclass")]
#[doc(alias = "register_pytree_node")]
#[doc(alias = "register_pytree_node_class")]
#[doc(alias = "register_pytree_with_keys")]
#[doc(alias = "register_pytree_with_keys_class")]
pub trait Tree: Sized + 'static {
    /// Calls `leaf` with each tensor and its path, always in the same order.
    fn visit<'tree>(&'tree self, path: &mut TreePath, leaf: &mut dyn FnMut(&TreePath, &'tree Tensor));
    /// Returns the tree of the same structure with the leaves that `f` returns. `f` is called in the order of
    /// [`Tree::visit`].
    #[doc(alias = "tree_map")]
    fn map(&self, f: &mut dyn FnMut(&Tensor) -> Tensor) -> Self;
    /// Passes everything that is not a leaf to `hasher`. Trees with the same structure pass the same data, and other
    /// trees pass different data.
    #[doc(alias = "tree_structure")]
    fn structure(&self, hasher: &mut dyn Hasher);
    /// Returns everything that is not a leaf, for printing and for files. [`storage::save`](crate::storage::save)
    /// cannot write a tree if a part of it returns nothing here.
    fn statics(&self) -> Static {
        Static::Opaque { ty: std::any::type_name::<Self>(), hash: structure_hash(self), skipped: false }
    }
    /// Returns the tree with the non-leaf parts from `found`, as [`Tree::statics`] wrote them, and the leaves of
    /// `like`. Parts that the file does not contain come from `like`. Returns `None`, and reports the reason to `at`,
    /// if this is not possible, or if both are missing.
    fn restore(like: Option<&Self>, found: Option<&Value>, at: &mut Restore) -> Option<Self> {
        restore::value(like, found, at, |_| None)
    }

    /// Returns the leaves in order.
    #[doc(alias = "flatten")]
    #[doc(alias = "tree_flatten")]
    #[doc(alias = "tree_leaves")]
    fn leaves(&self) -> Vec<Tensor> {
        let mut leaves = Vec::new();
        self.visit(&mut TreePath::default(), &mut |_, tensor| leaves.push(tensor.clone()));
        leaves
    }
    /// Returns the leaves with their paths below `root`.
    #[doc(alias = "flatten_with_path")]
    #[doc(alias = "leaves_with_path")]
    #[doc(alias = "tree_flatten_with_path")]
    #[doc(alias = "tree_leaves_with_path")]
    fn leaves_with_paths(&self, root: &'static str) -> Vec<(String, Tensor)> {
        let mut leaves = Vec::new();
        self.visit(&mut TreePath::root(root), &mut |path, tensor| leaves.push((path.to_string(), tensor.clone())));
        leaves
    }
    /// Returns the tree of the same structure with these leaves, in order.
    ///
    /// # Panics
    /// If the number of leaves is not the number of leaves of the tree.
    #[doc(alias = "unflatten")]
    #[doc(alias = "tree_unflatten")]
    #[track_caller]
    fn with_leaves(&self, leaves: impl IntoIterator<Item = Tensor>) -> Self {
        let mut leaves = leaves.into_iter();
        let mut missing = false;
        let tree = self.map(&mut |leaf| {
            leaves.next().unwrap_or_else(|| {
                missing = true;
                leaf.clone()
            })
        });
        assert!(!missing, "with_leaves: there are fewer leaves than the tree has");
        assert!(leaves.next().is_none(), "with_leaves: there are more leaves than the tree has");
        tree
    }
    /// Returns the tree whose leaves `f` computes from those of this tree and of `other`, which has the same structure.
    ///
    /// ```
    /// use rune_trace::{Tensor, Tree};
    /// let (x, y) = (vec![Tensor::scalar(1.0f32)], vec![Tensor::scalar(2.0f32)]);
    /// let sums = x.map2(&y, &mut |x, y| x + y);
    /// assert_eq!(sums[0].item::<f32>().unwrap(), 3.0);
    /// ```
    ///
    /// # Panics
    /// If the structures differ.
    #[track_caller]
    fn map2(&self, other: &Self, f: &mut dyn FnMut(&Tensor, &Tensor) -> Tensor) -> Self {
        assert!(structure_hash(self) == structure_hash(other), "map2: the trees have different structures");
        let mut theirs = Vec::new();
        other.visit(&mut TreePath::default(), &mut |_, leaf| theirs.push(leaf));
        let mut theirs = theirs.into_iter();
        self.map(&mut |leaf| f(leaf, theirs.next().expect("trees of one structure have as many leaves")))
    }
}

impl Tree for Tensor {
    fn visit<'tree>(&'tree self, path: &mut TreePath, leaf: &mut dyn FnMut(&TreePath, &'tree Tensor)) {
        leaf(path, self);
    }
    fn map(&self, f: &mut dyn FnMut(&Tensor) -> Tensor) -> Tensor {
        f(self)
    }
    fn structure(&self, hasher: &mut dyn Hasher) {
        hasher.write_u8(b'.');
    }
    fn statics(&self) -> Static {
        Static::Tensor
    }
    fn restore(like: Option<&Tensor>, found: Option<&Value>, at: &mut Restore) -> Option<Tensor> {
        match (like, restore::non_empty(found)) {
            (Some(like), None) => Some(like.clone()),
            (_, found) => at.refuse("a tensor", found.unwrap_or(&Value::Null)),
        }
    }
}

macro_rules! tuples {
    ($($($T:ident $i:tt),*;)*) => {$(
        impl<$($T: Tree),*> Tree for ($($T,)*) {
            #[allow(unused_variables)]
            fn visit<'tree>(&'tree self, path: &mut TreePath, leaf: &mut dyn FnMut(&TreePath, &'tree Tensor)) {
                $(path.inside(PathPart::Index($i), |path| self.$i.visit(path, leaf));)*
            }
            #[allow(unused_variables, clippy::unused_unit)]
            fn map(&self, f: &mut dyn FnMut(&Tensor) -> Tensor) -> Self {
                ($(self.$i.map(f),)*)
            }
            #[allow(unused_variables)]
            fn structure(&self, hasher: &mut dyn Hasher) {
                $(self.$i.structure(hasher);)*
            }
            fn statics(&self) -> Static {
                Static::Fields(vec![$((PathPart::Index($i), self.$i.statics())),*])
            }
            #[allow(unused_variables, clippy::unused_unit)]
            fn restore(like: Option<&Self>, found: Option<&Value>, at: &mut Restore) -> Option<Self> {
                let fields = at.fields(found, &[$(PathPart::Index($i)),*])?;
                let parts = ($(at.field(fields, PathPart::Index($i), |found, at| $T::restore(like.map(|l| &l.$i), found, at)),)*);
                Some(($(parts.$i?,)*))
            }
        }
    )*};
}
tuples! {
    ;
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
}

impl<T: Tree> Tree for Vec<T> {
    fn visit<'tree>(&'tree self, path: &mut TreePath, leaf: &mut dyn FnMut(&TreePath, &'tree Tensor)) {
        for (i, item) in self.iter().enumerate() {
            path.inside(PathPart::Index(i), |path| item.visit(path, leaf));
        }
    }
    fn map(&self, f: &mut dyn FnMut(&Tensor) -> Tensor) -> Self {
        self.iter().map(|item| item.map(f)).collect()
    }
    fn structure(&self, hasher: &mut dyn Hasher) {
        hasher.write_usize(self.len());
        self.iter().for_each(|item| item.structure(hasher));
    }
    fn statics(&self) -> Static {
        Static::List(self.iter().map(Tree::statics).collect())
    }
    fn restore(like: Option<&Self>, found: Option<&Value>, at: &mut Restore) -> Option<Self> {
        restore::list(like.map(Vec::as_slice), found, at)
    }
}

impl<T: Tree, const N: usize> Tree for [T; N] {
    fn visit<'tree>(&'tree self, path: &mut TreePath, leaf: &mut dyn FnMut(&TreePath, &'tree Tensor)) {
        for (i, item) in self.iter().enumerate() {
            path.inside(PathPart::Index(i), |path| item.visit(path, leaf));
        }
    }
    fn map(&self, f: &mut dyn FnMut(&Tensor) -> Tensor) -> Self {
        std::array::from_fn(|i| self[i].map(f))
    }
    fn structure(&self, hasher: &mut dyn Hasher) {
        self.iter().for_each(|item| item.structure(hasher));
    }
    fn statics(&self) -> Static {
        Static::List(self.iter().map(Tree::statics).collect())
    }
    fn restore(like: Option<&Self>, found: Option<&Value>, at: &mut Restore) -> Option<Self> {
        let items = restore::list(like.map(<[T; N]>::as_slice), found, at)?;
        match (items.try_into(), found) {
            (Ok(items), _) => Some(items),
            (Err(_), found) => at.refuse(format!("a list of {N}"), found.unwrap_or(&Value::Null)),
        }
    }
}

impl<T: Tree> Tree for Option<T> {
    fn visit<'tree>(&'tree self, path: &mut TreePath, leaf: &mut dyn FnMut(&TreePath, &'tree Tensor)) {
        if let Some(item) = self {
            item.visit(path, leaf);
        }
    }
    fn map(&self, f: &mut dyn FnMut(&Tensor) -> Tensor) -> Self {
        self.as_ref().map(|item| item.map(f))
    }
    fn structure(&self, hasher: &mut dyn Hasher) {
        hasher.write_u8(u8::from(self.is_some()));
        if let Some(item) = self {
            item.structure(hasher);
        }
    }
    fn statics(&self) -> Static {
        self.as_ref().map_or(Static::Absent, |item| Static::Present(Box::new(item.statics())))
    }
    fn restore(like: Option<&Self>, found: Option<&Value>, at: &mut Restore) -> Option<Self> {
        restore::option(like, found, at)
    }
}

impl<T: Tree> Tree for Box<T> {
    fn visit<'tree>(&'tree self, path: &mut TreePath, leaf: &mut dyn FnMut(&TreePath, &'tree Tensor)) {
        (**self).visit(path, leaf);
    }
    fn map(&self, f: &mut dyn FnMut(&Tensor) -> Tensor) -> Self {
        Box::new((**self).map(f))
    }
    fn structure(&self, hasher: &mut dyn Hasher) {
        (**self).structure(hasher);
    }
    fn statics(&self) -> Static {
        (**self).statics()
    }
    fn restore(like: Option<&Self>, found: Option<&Value>, at: &mut Restore) -> Option<Self> {
        T::restore(like.map(|like| &**like), found, at).map(Box::new)
    }
}

impl<K: Ord + Clone + Hash + fmt::Display + 'static, T: Tree> Tree for BTreeMap<K, T> {
    fn visit<'tree>(&'tree self, path: &mut TreePath, leaf: &mut dyn FnMut(&TreePath, &'tree Tensor)) {
        for (key, item) in self {
            path.inside(PathPart::Key(key.to_string()), |path| item.visit(path, leaf));
        }
    }
    fn map(&self, f: &mut dyn FnMut(&Tensor) -> Tensor) -> Self {
        self.iter().map(|(key, item)| (key.clone(), item.map(f))).collect()
    }
    fn structure(&self, mut hasher: &mut dyn Hasher) {
        hasher.write_usize(self.len());
        for (key, item) in self {
            key.hash(&mut hasher);
            item.structure(hasher);
        }
    }
    fn statics(&self) -> Static {
        Static::Map(self.iter().map(|(key, item)| (PathPart::Key(key.to_string()), item.statics())).collect())
    }
    fn restore(like: Option<&Self>, found: Option<&Value>, at: &mut Restore) -> Option<Self> {
        let Some(found) = restore::non_empty(found) else { return like.map(restore::clone_tree) };
        let like = like.map(|like| like.iter().map(|(key, item)| (key, key.to_string(), item)).collect());
        Some(restore::entries(like, found, K::clone, at)?.into_iter().collect())
    }
}

macro_rules! structure_only {
    ($($T:ty, $to:expr, $from:expr;)*) => {$(
        /// A part of the structure, without leaves.
        impl Tree for $T {
            fn visit<'tree>(&'tree self, _: &mut TreePath, _: &mut dyn FnMut(&TreePath, &'tree Tensor)) {}
            fn map(&self, _: &mut dyn FnMut(&Tensor) -> Tensor) -> Self {
                self.clone()
            }
            fn structure(&self, mut hasher: &mut dyn Hasher) {
                self.hash(&mut hasher);
            }
            fn statics(&self) -> Static {
                let to: fn(&$T) -> Value = $to;
                Static::Value(to(self))
            }
            fn restore(like: Option<&Self>, found: Option<&Value>, at: &mut Restore) -> Option<Self> {
                let from: fn(&Value) -> Option<$T> = $from;
                restore::value(like, found, at, from)
            }
        }
    )*};
    ($($T:ty),*) => { structure_only!($($T, |&n| Value::from(n), |found| <$T>::try_from(statics::integer(found)?).ok();)*); };
}
structure_only! {
    bool, |&b| Value::from(b), Value::as_bool;
    char, |c| Value::from(c.to_string()), |found| found.as_str()?.parse().ok();
    String, |text| Value::from(text.as_str()), |found| found.as_str().map(str::to_owned);
    &'static str, |text| Value::from(*text), |found| found.as_str().map(restore::interned);
}
structure_only!(i8, i16, i32, i64, u8, u16, u32, u64, usize, isize);

macro_rules! floats {
    ($($T:ty, $to:expr, $from:expr;)*) => {$(
        /// A part of the structure, without leaves: a setting, such as the epsilon of a layer. Use a tensor for a value
        /// that changes from call to call, because a function is compiled again for each structure.
        impl Tree for $T {
            fn visit<'tree>(&'tree self, _: &mut TreePath, _: &mut dyn FnMut(&TreePath, &'tree Tensor)) {}
            fn map(&self, _: &mut dyn FnMut(&Tensor) -> Tensor) -> Self {
                *self
            }
            fn structure(&self, mut hasher: &mut dyn Hasher) {
                self.to_bits().hash(&mut hasher);
            }
            fn statics(&self) -> Static {
                let to: fn($T) -> Value = $to;
                Static::Value(to(*self))
            }
            fn restore(like: Option<&Self>, found: Option<&Value>, at: &mut Restore) -> Option<Self> {
                let from: fn(&Value) -> Option<$T> = $from;
                restore::value(like, found, at, from)
            }
        }
    )*};
}
floats! {
    f32, statics::float32, statics::read_float32;
    f64, statics::float, statics::read_float;
}

impl<T: 'static> Tree for PhantomData<T> {
    fn visit<'tree>(&'tree self, _: &mut TreePath, _: &mut dyn FnMut(&TreePath, &'tree Tensor)) {}
    fn map(&self, _: &mut dyn FnMut(&Tensor) -> Tensor) -> Self {
        PhantomData
    }
    fn structure(&self, _: &mut dyn Hasher) {}
    fn statics(&self) -> Static {
        Static::Fields(Vec::new())
    }
    fn restore(_: Option<&Self>, found: Option<&Value>, at: &mut Restore) -> Option<Self> {
        at.fields(found, &[]).map(|_| PhantomData)
    }
}
