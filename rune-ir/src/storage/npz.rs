//! NumPy files with several arrays: zip files whose entries are `.npy` files.

use super::npy::{self, NpyError};
use crate::Array;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// The extension of array entries. The rest of the entry's name is the array's name.
const ENDING: &str = ".npy";

/// The reason why arrays cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum NpzError {
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(std::io::Error),
    /// The content of the file is malformed.
    #[error("{0}")]
    Malformed(String),
    /// The array with this name is malformed.
    #[error("`{0}` cannot be read as an array: {1}")]
    Array(String, String),
    /// There is no array with this name.
    #[error("there is no `{name}`, only {}", known.join(", "))]
    Missing {
        /// The name.
        name: String,
        /// The existing names.
        known: Vec<String>,
    },
}

impl From<ZipError> for NpzError {
    fn from(error: ZipError) -> NpzError {
        if let ZipError::Io(error) = error {
            return NpzError::Unreadable(error);
        }
        let cut = matches!(error, ZipError::InvalidArchive(_));
        NpzError::Malformed(if cut { "it is truncated, or not a .npz file".to_owned() } else { error.to_string() })
    }
}

/// Reads the arrays of a file by name, or only one of them.
///
/// # Errors
/// Returns an error if the file cannot be read, is malformed, or has no array of that name.
pub fn read(path: &Path, only: Option<&str>) -> Result<BTreeMap<String, Array>, NpzError> {
    parse(BufReader::new(File::open(path).map_err(NpzError::Unreadable)?), only)
}

/// Like [`read`], from the content of a file.
///
/// # Errors
/// Returns an error like [`read`].
pub fn parse(file: impl Read + Seek, only: Option<&str>) -> Result<BTreeMap<String, Array>, NpzError> {
    let mut archive = ZipArchive::new(file)?;
    let mut names = Vec::new();
    for i in 0..archive.len() {
        let entry = archive.name_for_index(i).ok_or(ZipError::FileNotFound)??.into_owned();
        let name = entry.strip_suffix(ENDING);
        let name = name.ok_or_else(|| NpzError::Malformed(format!("its entry `{entry}` is not a .npy file")))?;
        names.push(name.to_owned());
    }
    let mut arrays = BTreeMap::new();
    for (i, name) in names.iter().enumerate().filter(|(_, name)| only.is_none_or(|only| only == *name)) {
        let unreadable = |reason: String| NpzError::Array(name.clone(), reason);
        let mut entry = archive.by_index(i).map_err(|e| unreadable(e.to_string()))?;
        let mut file = Vec::new();
        // Reading to the end also checks the checksum.
        entry.read_to_end(&mut file).map_err(|e| unreadable(e.to_string()))?;
        arrays.insert(name.clone(), npy::parse(&file).map_err(|NpyError(reason)| unreadable(reason))?);
    }
    match only {
        Some(name) if arrays.is_empty() => Err(NpzError::Missing { name: name.to_owned(), known: names }),
        _ => Ok(arrays),
    }
}

/// Writes arrays under their names, like `np.savez`.
///
/// # Errors
/// Returns an error if the file cannot be written.
pub fn write<'a>(path: &Path, arrays: impl IntoIterator<Item = (&'a str, &'a Array)>) -> std::io::Result<()> {
    /// The maximum number of bytes of an entry with the usual header. Larger entries need another form of the header.
    const MAX_SMALL_ENTRY: usize = 0xffff_0000;
    let mut file = FirstError { file: BufWriter::new(File::create(path)?), error: None };
    let mut archive = ZipWriter::new(&mut file);
    for (name, array) in arrays {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        archive.start_file(format!("{name}{ENDING}"), options.large_file(array.bytes().len() > MAX_SMALL_ENTRY))?;
        npy::write(&mut archive, array)?;
    }
    archive.finish()?;
    file.flush()?;
    file.error.map_or(Ok(()), Err)
}

/// A file that keeps its first error. Otherwise the archive writer would print the error to the standard error.
struct FirstError {
    file: BufWriter<File>,
    error: Option<std::io::Error>,
}

impl FirstError {
    fn record<T>(&mut self, done: std::io::Result<T>, instead: T) -> std::io::Result<T> {
        done.or_else(|error| {
            self.error.get_or_insert(error);
            Ok(instead)
        })
    }
}

impl Write for FirstError {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let done = self.file.write(bytes);
        self.record(done, bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        let done = self.file.flush();
        self.record(done, ())
    }
}

impl Seek for FirstError {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let done = self.file.seek(to);
        self.record(done, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.npz");
        let (a, b) = (Array::from_vec([2], vec![1.5f32, -2.0]), Array::from_vec([], vec![true]));
        write(&path, [("a", &a), ("b/c", &b)]).unwrap();
        let read = |only| read(&path, only).unwrap_or_else(|_| panic!("{only:?} is read"));
        assert_eq!(read(None), BTreeMap::from([("a".to_owned(), a), ("b/c".to_owned(), b.clone())]));
        assert_eq!(read(Some("b/c")), BTreeMap::from([("b/c".to_owned(), b)]));
    }
}
