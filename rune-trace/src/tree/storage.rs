//! Trees in files, with each leaf under its name.

use super::{Restore, Tree, TreePath, Unwritable, shortened};
use crate::Tensor;
use rune_ir::Array;
use rune_ir::storage::{Difference, Differences, StorageError, read_with, replace, write_with};
use std::collections::BTreeMap;
use std::path::Path;

/// The name of a tree that is one tensor.
const SINGLE_TENSOR: &str = "tensor";

/// The name of a tree without tensors that is not a struct.
const WHOLE_TREE: &str = "tree";

fn named_leaves<T: Tree>(tree: &T) -> Vec<(String, &Tensor)> {
    let mut leaves = Vec::new();
    tree.visit(&mut TreePath::default(), &mut |path, leaf| {
        let name = path.name();
        leaves.push((if name.is_empty() { SINGLE_TENSOR.to_owned() } else { name }, leaf));
    });
    leaves
}

/// Writes the leaves of a tree under their names, such as `layers.0.weight`; see [`TreePath::name`]. An existing file
/// is replaced atomically.
///
/// To save a model together with the state of its optimizer and everything else needed to continue, use a tuple or a
/// struct.
///
/// Values that are not tensors are saved too: numbers, booleans and strings, lengths, keys of maps, variants of enums,
/// and which `Option`s are `None`. They are JSON in the metadata of the file, under `rune.static`. A field marked
/// `#[tree(static)]` is saved if its type derives `Tree`, or serde's `Serialize` and `Deserialize`. A field marked
/// `#[tree(static, skip)]`, such as a function, is not.
///
/// ```
/// use rune_trace::{Tensor, Tree, storage};
///
/// #[derive(Tree)]
/// struct Model { weight: Tensor, bias: Option<Tensor>, heads: usize }
///
/// let path = std::env::temp_dir().join(format!("rune-save-{}.safetensors", std::process::id()));
/// let model = Model { weight: Tensor::from([1.0f32, 2.0]), bias: None, heads: 4 };
/// storage::save(&path, &(model, Tensor::scalar(7))).unwrap();
///
/// let zeros = Model { weight: Tensor::from([0.0f32, 0.0]), bias: None, heads: 1 };
/// let (model, step) = storage::load(&path, &(zeros, Tensor::scalar(0))).unwrap();
/// assert_eq!((model.weight.to_vec::<f32>().unwrap(), model.heads), (vec![1.0, 2.0], 4));
/// assert_eq!(step.item::<i32>().unwrap(), 7);
/// # std::fs::remove_file(&path).unwrap();
/// ```
///
/// # Errors
/// If a leaf cannot be computed, two leaves have the same name, a field that is not a tensor cannot be written as text,
/// or the file cannot be written.
pub fn save<T: Tree>(path: impl AsRef<Path>, tree: &T) -> Result<(), StorageError> {
    let path = path.as_ref();
    let leaves = named_leaves(tree);
    let pending: Vec<Tensor> = leaves.iter().filter(|(_, t)| t.is_pending()).map(|(_, t)| (*t).clone()).collect();
    let failed = |source| StorageError::Pending { path: path.to_owned(), source: Box::new(source) };
    if !pending.is_empty() {
        Tensor::realize_all(&pending).map_err(failed)?;
    }
    let mut arrays: BTreeMap<String, Array> = BTreeMap::new();
    for (name, leaf) in leaves {
        if arrays.contains_key(&name) {
            return Err(StorageError::SameName { path: path.to_owned(), name });
        }
        arrays.insert(name, leaf.to_array().map_err(failed)?);
    }
    let statics = statics(path, tree)?;
    replace(path, |temporary| {
        write_with(temporary, arrays.iter().map(|(name, array)| (name.as_str(), array)), statics.clone())
    })
}

/// Returns the parts of the tree that are not tensors, as JSON. Returns `None` if the tensors determine everything.
fn statics<T: Tree>(path: &Path, tree: &T) -> Result<Option<String>, StorageError> {
    let path = || path.to_owned();
    let name = |name: String| if name.is_empty() { WHOLE_TREE.to_owned() } else { name };
    let json = tree.statics().to_json(&mut TreePath::default()).map_err(|unwritable| match unwritable {
        Unwritable::Opaque { name: at, ty } => StorageError::Static { path: path(), name: name(at), ty },
        Unwritable::SameName { name } => StorageError::SameName { path: path(), name },
    })?;
    let Some(json) = json else { return Ok(None) };
    let text = json.to_string();
    // JSON readers limit the nesting depth.
    match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(_) => Ok(Some(text)),
        Err(error) => Err(StorageError::Nested { path: path(), reason: error.to_string() }),
    }
}

/// Reads a tree that [`save`] wrote, or any file whose arrays have these names. The leaves of the file replace those of
/// `like`. Only the types of the leaves of `like` matter: these leaves are not computed.
///
/// Values that are not tensors also come from the file, if it contains them: a saved `usize` of 7 is 7, whatever it is
/// in `like`. Values that the file does not contain come from `like`: fields that are marked `#[tree(static, skip)]`,
/// new fields, and all such values if another program or an early version of rune wrote the file.
///
/// # Errors
/// If the file cannot be read, if its names and types are not those of the leaves of `like`, or if it contains other
/// values that do not fit the tree. The error lists all differences.
pub fn load<T: Tree>(path: impl AsRef<Path>, like: &T) -> Result<T, StorageError> {
    let path = path.as_ref();
    let (mut arrays, statics) = read_with(path)?;
    let (mut leaves, mut differences) = (Vec::new(), Vec::new());
    for (name, leaf) in named_leaves(like) {
        match arrays.remove(&name) {
            None => differences.push(Difference::Missing { name, expected: leaf.ty().clone() }),
            Some(array) if array.ty() != leaf.ty() => {
                let (expected, found) = (leaf.ty().clone(), array.ty().clone());
                differences.push(Difference::Type { name, expected, found });
            }
            Some(array) => leaves.push(Tensor::from(array)),
        }
    }
    differences
        .extend(arrays.into_iter().map(|(name, array)| Difference::Superfluous { name, found: array.ty().clone() }));
    let mut at = Restore::default();
    let tree = T::restore(Some(like), statics.as_ref(), &mut at);
    // A difference in a tensor is not reported again for the value that contains it.
    let names: Vec<String> = differences.iter().map(|d| d.name().to_owned()).collect();
    let is_reported =
        |name: &str| names.iter().any(|n| n == name || n.strip_prefix(name).is_some_and(|n| n.starts_with('.')));
    differences.extend(at.differences().into_iter().filter(|d| !is_reported(d.name())));
    let differs = |differences| StorageError::Differs { path: path.to_owned(), differences: Differences(differences) };
    match tree {
        // A file that `save` did not write may contradict its own tensors.
        Some(tree) if differences.is_empty() && same_names(&tree, like) => Ok(tree.with_leaves(leaves)),
        _ if !differences.is_empty() => Err(differs(differences)),
        _ => {
            let found = statics.as_ref().map_or_else(String::new, shortened);
            let expected = "a structure that its tensors fit".to_owned();
            Err(differs(vec![Difference::Static { name: WHOLE_TREE.to_owned(), expected, found }]))
        }
    }
}

fn same_names<T: Tree>(tree: &T, like: &T) -> bool {
    named_leaves(tree).into_iter().map(|(name, _)| name).eq(named_leaves(like).into_iter().map(|(name, _)| name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rune_ir::DType;
    use rune_ir::storage::read;

    type Pair = (Vec<Tensor>, BTreeMap<String, Tensor>);

    fn tree(n: usize, name: &str) -> Pair {
        let x = Tensor::arange(0..n, DType::F32);
        (vec![&x * 2.0, x.cast(DType::BF16)], BTreeMap::from([(name.to_owned(), Tensor::from([true, false]))]))
    }

    #[test]
    fn trees_come_back_bit_for_bit_and_under_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tree.safetensors");
        let saved = tree(3, "k");
        save(&path, &saved).unwrap();
        assert_eq!(read(&path).unwrap().keys().collect::<Vec<_>>(), ["0.0", "0.1", "1.k"]);
        let loaded = load(&path, &saved.map(&mut Tensor::zeros_like)).unwrap();
        for (x, y) in saved.leaves().iter().zip(loaded.leaves()) {
            assert_eq!(x.to_array().unwrap(), y.to_array().unwrap());
        }
        save(&path, &Tensor::scalar(1)).unwrap();
        assert_eq!(load(&path, &Tensor::scalar(0)).unwrap().item::<i32>().unwrap(), 1);
    }

    #[test]
    fn all_differences_are_told_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tree.safetensors");
        save(&path, &tree(3, "theirs")).unwrap();
        let error = load(&path, &tree(4, "mine")).unwrap_err().to_string();
        let expected = format!(
            "{} does not hold this tree:\n  `0.0` is of type [3, f32] in the file, and of [4, f32] in the tree\n  \
             `0.1` is of type [3, bf16] in the file, and of [4, bf16] in the tree\n  `1.mine` of type [2, bool] is missing\n  \
             `1.theirs` of type [2, bool] is in the file and not in the tree",
            path.display()
        );
        assert_eq!(error, expected);
        let many: Vec<Tensor> = (0..20).map(Tensor::scalar::<i32>).collect();
        let error = load(&path, &many).unwrap_err().to_string();
        assert!(error.ends_with("\n  and 11 more"), "{error}");
    }

    #[test]
    fn two_leaves_of_one_name_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tree.safetensors");
        let x = || Tensor::scalar(1);
        let inner = BTreeMap::from([("b".to_owned(), x())]);
        let tree = (BTreeMap::from([("a".to_owned(), inner)]), BTreeMap::from([("a.b".to_owned(), x())]));
        save(&path, &tree).unwrap();
        let same = BTreeMap::from([
            ("a".to_owned(), BTreeMap::from([("b.c".to_owned(), x())])),
            ("a.b".to_owned(), BTreeMap::from([("c".to_owned(), x())])),
        ]);
        let error = save(&path, &same).unwrap_err().to_string();
        assert!(error.ends_with("two leaves of the tree have the name `a.b.c`"), "{error}");
        assert!(load(&path, &tree).is_ok(), "the file before is left");
    }
}
