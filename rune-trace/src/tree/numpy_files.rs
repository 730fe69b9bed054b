//! Tensors in NumPy's files.

use crate::{EvalError, Tensor};
use rune_ir::Array;
use rune_ir::storage::npz::NpzError;
use rune_ir::storage::{StorageError, npy, npz, replace};
use std::collections::BTreeMap;
use std::path::Path;

/// Returns the array for writing it to `path`. Computes it if it is pending.
fn computed(path: &Path, x: &Tensor) -> Result<Array, StorageError> {
    x.to_array().map_err(|source: EvalError| StorageError::Pending { path: path.to_owned(), source: Box::new(source) })
}

/// Reads the tensor in a `.npy` file, like `numpy.load`.
///
/// # Errors
/// Returns an error if the file cannot be read, is damaged, or holds elements for which rune has no dtype.
///
/// ```
/// use rune_trace::{Tensor, storage};
/// let path = std::env::temp_dir().join(format!("rune-load-{}.npy", std::process::id()));
/// storage::save_npy(&path, &Tensor::from([[1.0f32, 2.0]]))?;
/// assert_eq!(storage::load_npy(&path)?.to_vec::<f32>().unwrap(), [1.0, 2.0]);
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), storage::StorageError>(())
/// ```
#[doc(alias = "load")]
pub fn load_npy(path: impl AsRef<Path>) -> Result<Tensor, StorageError> {
    let path = path.as_ref();
    let bytes = std::fs::read(path).map_err(|source| StorageError::Io { path: path.to_owned(), source })?;
    let array = npy::parse(&bytes);
    let array = array.map_err(|e| StorageError::Numpy { path: path.to_owned(), reason: e.to_string() })?;
    Ok(array.into())
}

/// Writes a tensor as a `.npy` file, like `numpy.save`. An existing file is replaced atomically.
///
/// # Errors
/// Returns an error if the tensor cannot be computed or the file cannot be written.
#[doc(alias = "save")]
pub fn save_npy(path: impl AsRef<Path>, x: &Tensor) -> Result<(), StorageError> {
    let path = path.as_ref();
    let array = computed(path, x)?;
    replace(path, |temporary| npy::save(temporary, &array))
}

/// Reads the tensors in a `.npz` file by name, like `numpy.load`.
///
/// # Errors
/// Returns an error if the file cannot be read, is damaged, or holds elements for which rune has no dtype.
pub fn load_npz(path: impl AsRef<Path>) -> Result<BTreeMap<String, Tensor>, StorageError> {
    let path = path.as_ref();
    let arrays = npz::read(path, None).map_err(|error| match error {
        NpzError::Unreadable(source) => StorageError::Io { path: path.to_owned(), source },
        error @ (NpzError::Malformed(_) | NpzError::Array(..) | NpzError::Missing { .. }) => {
            StorageError::Numpy { path: path.to_owned(), reason: error.to_string() }
        }
    })?;
    Ok(arrays.into_iter().map(|(name, array)| (name, array.into())).collect())
}

/// Writes tensors by name as a `.npz` file, like `numpy.savez`. An existing file is replaced atomically.
///
/// # Errors
/// Returns an error if a tensor cannot be computed or the file cannot be written.
///
/// ```
/// use rune_trace::{Tensor, storage};
/// let path = std::env::temp_dir().join(format!("rune-savez-{}.npz", std::process::id()));
/// storage::save_npz(&path, [("x", &Tensor::from([1, 2])), ("y", &Tensor::scalar(0.5f32))])?;
/// let tensors = storage::load_npz(&path)?;
/// assert_eq!(tensors["x"].to_vec::<i32>().unwrap(), [1, 2]);
/// assert_eq!(tensors["y"].item::<f32>().unwrap(), 0.5);
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), storage::StorageError>(())
/// ```
#[doc(alias = "savez")]
pub fn save_npz<'a>(
    path: impl AsRef<Path>,
    tensors: impl IntoIterator<Item = (&'a str, &'a Tensor)>,
) -> Result<(), StorageError> {
    let path = path.as_ref();
    let mut arrays: BTreeMap<&str, Array> = BTreeMap::new();
    for (name, x) in tensors {
        if arrays.contains_key(name) {
            return Err(StorageError::SameName { path: path.to_owned(), name: name.to_owned() });
        }
        arrays.insert(name, computed(path, x)?);
    }
    replace(path, |temporary| npz::write(temporary, arrays.iter().map(|(name, array)| (*name, array))))
}

/// Tensors in NumPy's files.
impl Tensor {
    /// Calls [`storage::load_npy`](crate::storage::load_npy).
    ///
    /// # Errors
    /// Like that function.
    pub fn load_npy(path: impl AsRef<Path>) -> Result<Tensor, StorageError> {
        load_npy(path)
    }
    /// Calls [`storage::save_npy`](crate::storage::save_npy).
    ///
    /// # Errors
    /// Like that function.
    pub fn save_npy(&self, path: impl AsRef<Path>) -> Result<(), StorageError> {
        save_npy(path, self)
    }
}
