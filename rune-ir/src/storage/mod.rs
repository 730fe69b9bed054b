//! Named arrays and trees in files, in the safetensors format.

mod difference;
pub mod npy;
pub mod npz;
mod reader;

pub use difference::{Difference, Differences};
pub use reader::Reader;

use crate::{Array, DType, Type};
use safetensors::tensor::{Dtype, SafeTensors, View};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

/// The reason why a file of arrays cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// An input or output error.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The file is damaged, or holds arrays that rune does not support.
    #[error("{path} is not a safetensors file that rune can read: {reason}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The problem.
        reason: String,
    },
    /// The file is not a NumPy file, is damaged, or holds something that is not an array.
    #[error("{path} is not a NumPy file that rune can read: {reason}")]
    Numpy {
        /// The file.
        path: PathBuf,
        /// The problem.
        reason: String,
    },
    /// A leaf of the tree to write cannot be computed.
    #[error("{path} is not written, because a leaf cannot be computed: {source}")]
    Pending {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Two parts have the same name.
    #[error("{path} is not written: two leaves of the tree have the name `{name}`")]
    SameName {
        /// The file.
        path: PathBuf,
        /// The name of both.
        name: String,
    },
    /// A part of the tree that is not a tensor cannot be written as text.
    #[error(
        "{path} is not written: `{name}` is a `{ty}`, which is no tensor and has no text; derive `Tree`, or serde's `Serialize` and \
         `Deserialize`, for it, or mark the field `#[tree(static, skip)]` to leave it out of files"
    )]
    Static {
        /// The file.
        path: PathBuf,
        /// The name of the part.
        name: String,
        /// Its type.
        ty: &'static str,
    },
    /// The parts of the tree that are not tensors are nested too deeply to be read again.
    #[error("{path} is not written: the parts of the tree that are not tensors are nested too deeply ({reason})")]
    Nested {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// Names or types differ from those of the tree.
    #[error("{path} does not hold this tree:{differences}")]
    Differs {
        /// The file.
        path: PathBuf,
        /// All differences.
        differences: Differences,
    },
}

/// The bytes are not a safetensors file.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("not a safetensors file that rune can read: {0}")]
pub struct Malformed(String);

/// Writes arrays under their names. An existing file is replaced atomically.
///
/// # Errors
/// If the file cannot be written.
///
/// ```
/// use rune_ir::{Array, storage};
/// let path = std::env::temp_dir().join(format!("rune-{}.safetensors", std::process::id()));
/// let w = Array::from_vec([2], vec![1.0f32, 2.0]);
/// storage::write(&path, [("w", &w)]).unwrap();
/// assert_eq!(storage::read(&path).unwrap()["w"], w);
/// # std::fs::remove_file(&path).unwrap();
/// ```
pub fn write<'a>(
    path: impl AsRef<Path>,
    arrays: impl IntoIterator<Item = (&'a str, &'a Array)>,
) -> Result<(), StorageError> {
    let path = path.as_ref();
    replace(path, |temporary| write_to(temporary, arrays))
}

/// Like [`write()`], but writes directly to `path`, as [`replace_all`] needs.
///
/// # Errors
/// If the file cannot be written.
pub fn write_to<'a>(path: &Path, arrays: impl IntoIterator<Item = (&'a str, &'a Array)>) -> std::io::Result<()> {
    write_with(path, arrays, None)
}

/// The metadata key of the parts of a tree that are not tensors.
#[doc(hidden)]
pub const STATIC: &str = "rune.static";

/// Like [`write_to`]. Also writes the parts that are not tensors.
#[doc(hidden)]
pub fn write_with<'a>(
    path: &Path,
    arrays: impl IntoIterator<Item = (&'a str, &'a Array)>,
    statics: Option<String>,
) -> std::io::Result<()> {
    let entry = |(name, array): (&'a str, &'a Array)| match stored(array.dtype()) {
        Some(dtype) => Ok((name, Entry(array, dtype))),
        None => Err(std::io::Error::other(format!(
            "`{name}` is of dtype {}, which the safetensors format does not have; convert it to c64, or write a .npz file",
            array.dtype()
        ))),
    };
    let entries = arrays.into_iter().map(entry).collect::<std::io::Result<Vec<_>>>()?;
    let metadata = statics.map(|statics| HashMap::from([(STATIC.to_owned(), statics)]));
    // The crate writes another file, which only its owner may read, and renames it to this one.
    let permissions = OpenOptions::new().append(true).create(true).open(path)?.metadata()?.permissions();
    safetensors::tensor::serialize_to_file(entries, metadata, path).map_err(std::io::Error::other)?;
    std::fs::set_permissions(path, permissions)
}

/// Reads all arrays of a file, by name.
///
/// # Errors
/// If the file cannot be read, is damaged, or holds elements of a type that rune lacks.
pub fn read(path: impl AsRef<Path>) -> Result<BTreeMap<String, Array>, StorageError> {
    Ok(read_with(path.as_ref())?.0)
}

/// Like [`read`]. Also returns the parts that are not tensors, if there are any.
#[doc(hidden)]
pub fn read_with(path: &Path) -> Result<(BTreeMap<String, Array>, Option<Value>), StorageError> {
    let mut file = Reader::open(path)?;
    let statics = file.statics()?;
    let mut arrays = BTreeMap::new();
    for name in file.names() {
        if let Some(array) = file.array(&name)? {
            arrays.insert(name, array);
        }
    }
    Ok((arrays, statics))
}

/// Returns the arrays in the bytes of a safetensors file, by name.
///
/// ```
/// let error = rune_ir::storage::from_bytes(b"{}").unwrap_err();
/// assert!(error.to_string().starts_with("not a safetensors file that rune can read: "));
/// ```
///
/// # Errors
/// If the bytes are damaged, or hold elements of a type that rune lacks.
pub fn from_bytes(bytes: &[u8]) -> Result<BTreeMap<String, Array>, Malformed> {
    let tensors = SafeTensors::deserialize(bytes).map_err(|e| Malformed(e.to_string()))?;
    let mut arrays = BTreeMap::new();
    for (name, view) in tensors.iter() {
        let array = array(view.dtype(), view.shape(), view.data()).map_err(|e| Malformed(format!("`{name}` {e}")))?;
        arrays.insert(name.to_owned(), array);
    }
    Ok(arrays)
}

fn array(dtype: Dtype, shape: &[usize], bytes: &[u8]) -> Result<Array, String> {
    let ty = array_type(dtype, shape)?;
    if ty.bytes() != bytes.len() {
        return Err(format!("of type {ty} has {} bytes", bytes.len()));
    }
    check_elements(&ty, bytes)?;
    Ok(Array::from_bytes(ty, bytes))
}

fn array_type(dtype: Dtype, shape: &[usize]) -> Result<Type, String> {
    let dtype = DType::ALL.into_iter().find(|&d| stored(d) == Some(dtype));
    let ty = Type::new(dtype.ok_or("has a dtype that rune does not have")?, shape);
    ty.check().map_err(|e| e.to_string())?;
    Ok(ty)
}

fn check_elements(ty: &Type, bytes: &[u8]) -> Result<(), String> {
    if ty.dtype == DType::Bool && bytes.iter().any(|&b| b > 1) {
        return Err("holds a truth value that is neither 0 nor 1".to_owned());
    }
    Ok(())
}

/// Replaces the file `path` atomically. `write` writes to the temporary path that it gets. The finished file is then
/// renamed.
///
/// # Errors
/// If the file cannot be written or renamed.
pub fn replace(path: &Path, write: impl FnOnce(&Path) -> std::io::Result<()>) -> Result<(), StorageError> {
    let mut write = Some(write);
    replace_all(&[path], |_, temporary| write.take().map_or(Ok(()), |write| write(temporary)))
}

/// Like [`replace`], for several files. No file is renamed before all are finished. `write` gets the index of a path in
/// `paths`, and the temporary path.
///
/// # Errors
/// If a file cannot be written or renamed.
pub fn replace_all<P: AsRef<Path>>(
    paths: &[P],
    mut write: impl FnMut(usize, &Path) -> std::io::Result<()>,
) -> Result<(), StorageError> {
    let temporaries: Vec<PathBuf> = paths.iter().map(|path| temporary(path.as_ref())).collect();
    let failed = |i: usize| move |source| StorageError::Io { path: paths[i].as_ref().to_owned(), source };
    let mut replace = || {
        for (i, temporary) in temporaries.iter().enumerate() {
            write(i, temporary).map_err(failed(i))?;
        }
        for (i, temporary) in temporaries.iter().enumerate() {
            std::fs::rename(temporary, &paths[i]).map_err(failed(i))?;
        }
        Ok(())
    };
    replace().inspect_err(|_| {
        // The rest of a failed attempt is useless. An error in removing it is not reported.
        temporaries.iter().for_each(|temporary| drop(std::fs::remove_file(temporary)));
    })
}

/// Returns a temporary name for `path`, unique to this process.
pub fn temporary(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    // Without an operating system there are no processes, and no files.
    let process = if cfg!(all(target_family = "wasm", target_os = "unknown")) { 0 } else { std::process::id() };
    name.push(format!(".{process}.tmp"));
    path.with_file_name(name)
}

/// Returns whether files can hold arrays of this dtype.
pub(crate) fn is_stored(dtype: DType) -> bool {
    stored(dtype).is_some()
}

/// Returns the dtype of the format, if it has one.
fn stored(dtype: DType) -> Option<Dtype> {
    Some(match dtype {
        DType::Bool => Dtype::BOOL,
        DType::I8 => Dtype::I8,
        DType::I16 => Dtype::I16,
        DType::I32 => Dtype::I32,
        DType::I64 => Dtype::I64,
        DType::U8 => Dtype::U8,
        DType::U16 => Dtype::U16,
        DType::U32 => Dtype::U32,
        DType::U64 => Dtype::U64,
        DType::F8E4M3FN => Dtype::F8_E4M3,
        DType::F8E5M2 => Dtype::F8_E5M2,
        DType::F16 => Dtype::F16,
        DType::BF16 => Dtype::BF16,
        DType::F32 => Dtype::F32,
        DType::F64 => Dtype::F64,
        DType::C64 => Dtype::C64,
        DType::C128 => return None,
    })
}

struct Entry<'a>(&'a Array, Dtype);

impl View for Entry<'_> {
    fn dtype(&self) -> Dtype {
        self.1
    }
    fn shape(&self) -> &[usize] {
        self.0.shape()
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.0.bytes())
    }
    fn data_len(&self) -> usize {
        self.0.bytes().len()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// A file of arrays has the permissions of any new file.
    #[test]
    fn a_file_has_the_permissions_of_any_new_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("any"), "").unwrap();
        write(path("x.safetensors"), [("x", &Array::from_slice([1], &[1.0f32]))]).unwrap();
        let mode = |name: &str| std::fs::metadata(path(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode("x.safetensors"), mode("any"));
    }
}
