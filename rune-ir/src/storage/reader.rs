//! Reads single arrays from a safetensors file.

use super::{STATIC, StorageError, array_type, check_elements};
use crate::{Array, Type, array_memory};
use safetensors::tensor::Metadata;
use serde_json::Value;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The maximum length of a header in the format, in bytes.
const MAX_HEADER: u64 = 100_000_000;

/// An open safetensors file. It reads an array only on request, so that memory holds only the arrays in use.
///
/// ```
/// use rune_ir::{Array, storage};
/// let path = std::env::temp_dir().join(format!("rune-reader-{}.safetensors", std::process::id()));
/// let (w, b) = (Array::from_slice([2, 1], &[1.0f32, 2.0]), Array::from_slice([1], &[3.0f32]));
/// storage::write(&path, [("w", &w), ("b", &b)])?;
///
/// let mut file = storage::Reader::open(&path)?;
/// assert_eq!(file.names(), ["b", "w"]);
/// assert_eq!(file.ty("w").unwrap().to_string(), "[2, 1, f32]");
/// assert_eq!(file.array("b")?, Some(b));
/// assert_eq!(file.array("c")?, None);
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), storage::StorageError>(())
/// ```
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    file: File,
    /// The offset of the first array.
    start: u64,
    header: Metadata,
}

impl Reader {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// If the file cannot be read, or is damaged.
    pub fn open(path: impl AsRef<Path>) -> Result<Reader, StorageError> {
        let path = path.as_ref().to_owned();
        let failed = |source| StorageError::Io { path: path.clone(), source };
        let malformed = |reason: String| StorageError::Malformed { path: path.clone(), reason };
        let mut file = File::open(&path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let mut size = [0; 8];
        if length < size.len() as u64 {
            return Err(malformed("it is too short for a header".to_owned()));
        }
        file.read_exact(&mut size).map_err(failed)?;
        let start = u64::from_le_bytes(size).saturating_add(size.len() as u64);
        if start > length.min(MAX_HEADER) {
            return Err(malformed("its header is longer than the file or the format allows".to_owned()));
        }
        let mut text = vec![0; (start - size.len() as u64) as usize];
        file.read_exact(&mut text).map_err(failed)?;
        let header: Metadata = serde_json::from_slice(&text).map_err(|error| malformed(error.to_string()))?;
        if header.data_len() as u64 != length - start {
            let reason = format!("its header announces {} bytes, and {} follow", header.data_len(), length - start);
            return Err(malformed(reason));
        }
        Ok(Reader { path, file, start, header })
    }
    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }
    /// Returns the names of all arrays, in alphabetical order.
    pub fn names(&self) -> Vec<String> {
        let mut names = self.header.offset_keys();
        names.sort();
        names
    }
    /// Returns the type of an array. Returns `None` if the file lacks the array, or if rune lacks its dtype.
    pub fn ty(&self, name: &str) -> Option<Type> {
        let info = self.header.info(name)?;
        array_type(info.dtype, &info.shape).ok()
    }
    /// Reads an array. Returns `None` if the file does not have it.
    ///
    /// # Errors
    /// If the file cannot be read, or rune lacks the array's dtype.
    pub fn array(&mut self, name: &str) -> Result<Option<Array>, StorageError> {
        let Some(info) = self.header.info(name) else { return Ok(None) };
        let malformed =
            |reason: String| StorageError::Malformed { path: self.path.clone(), reason: format!("`{name}` {reason}") };
        let ty = array_type(info.dtype, &info.shape).map_err(malformed)?;
        let mut bytes = array_memory(ty.bytes());
        let begin = SeekFrom::Start(self.start + info.data_offsets.0 as u64);
        self.file
            .seek(begin)
            .and_then(|_| self.file.read_exact(&mut bytes))
            .map_err(|source| StorageError::Io { path: self.path.clone(), source })?;
        check_elements(&ty, &bytes).map_err(malformed)?;
        Ok(Some(Array::from_aligned(ty, bytes)))
    }
    /// Returns the parts of a tree that are not tensors, if the file has any.
    pub(super) fn statics(&self) -> Result<Option<Value>, StorageError> {
        let text = self.header.metadata().as_ref().and_then(|metadata| metadata.get(STATIC));
        text.map(|text| serde_json::from_str(text)).transpose().map_err(|error| StorageError::Malformed {
            path: self.path.clone(),
            reason: format!("`{STATIC}`: {error}"),
        })
    }
}
