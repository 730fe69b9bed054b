//! Identifies the compiler by a hash of its library.
//!
//! The library has some 200 MB, and hashing it takes about as long as compiling a small program. The hash is therefore
//! stored in `DIR/compilers`, with a stamp of the file: its path, size, modification time, and, if available, its inode
//! and its change time, which no program can set. Reading the compiler's revision would take as long.

use crate::compile::library;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::UNIX_EPOCH;

/// The stamp of a file. If the stamp is unchanged, so is the file.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(super) struct Stamp {
    path: PathBuf,
    bytes: u64,
    modified: u128,
    /// The device, the inode and the change time.
    file: Option<(u64, u64, i64, i64)>,
}

impl Stamp {
    pub fn of(path: &Path) -> io::Result<Stamp> {
        let meta = fs::metadata(path)?;
        let modified = meta.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        Ok(Stamp { path: path.to_owned(), bytes: meta.len(), modified, file: file_of(&meta) })
    }
}

#[cfg(unix)]
fn file_of(meta: &Metadata) -> Option<(u64, u64, i64, i64)> {
    use std::os::unix::fs::MetadataExt;
    Some((meta.dev(), meta.ino(), meta.ctime(), meta.ctime_nsec()))
}
#[cfg(not(unix))]
fn file_of(_: &Metadata) -> Option<(u64, u64, i64, i64)> {
    None
}

/// Returns the hash of the compiler that this process would run, in hexadecimal digits. Returns `None` if there is no
/// compiler. `dir` is the folder of the cache.
pub(super) fn compiler(dir: &Path) -> Option<String> {
    hash(&Stamp::of(library_path()?).ok()?, dir)
}

/// Returns the path of the library. It is searched for once.
fn library_path() -> Option<&'static Path> {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    if let Some(path) = PATH.get() {
        return Some(path);
    }
    let found = library::find_without_python().or_else(|| library::compiler_library().ok())?;
    Some(PATH.get_or_init(|| found))
}

/// Returns the hash of the file with this stamp. Returns `None` if the file has changed.
fn hash(stamp: &Stamp, dir: &Path) -> Option<String> {
    static HASHES: Mutex<Option<HashMap<Stamp, String>>> = Mutex::new(None);
    let mut hashes = HASHES.lock().unwrap_or_else(PoisonError::into_inner);
    let hashes = hashes.get_or_insert_default();
    if let Some(hash) = hashes.get(stamp) {
        return Some(hash.clone());
    }
    let hash = kept(stamp, dir).or_else(|| {
        let hash = hash_file(&stamp.path).ok()?;
        // The file may have been replaced in the meantime.
        (Stamp::of(&stamp.path).ok()? == *stamp).then_some(())?;
        let _ = keep(stamp, &hash, dir);
        Some(hash)
    })?;
    hashes.insert(stamp.clone(), hash.clone());
    Some(hash)
}

fn hash_file(path: &Path) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok(hasher.finalize().to_hex().to_string())
}

#[derive(Serialize, Deserialize)]
struct StoredHash {
    stamp: Stamp,
    hash: String,
}

/// Returns the file that holds the hash of the library at this path.
fn file(stamp: &Stamp, dir: &Path) -> PathBuf {
    let name = blake3::hash(stamp.path.as_os_str().as_encoded_bytes()).to_hex();
    dir.join("compilers").join(&name[..16])
}

fn kept(stamp: &Stamp, dir: &Path) -> Option<String> {
    let kept: StoredHash = serde_json::from_slice(&fs::read(file(stamp, dir)).ok()?).ok()?;
    (kept.stamp == *stamp).then_some(kept.hash)
}

fn keep(stamp: &Stamp, hash: &str, dir: &Path) -> io::Result<()> {
    let file = file(stamp, dir);
    fs::create_dir_all(dir.join("compilers"))?;
    let temporary = file.with_extension(format!("{}.tmp", std::process::id()));
    let kept = StoredHash { stamp: stamp.clone(), hash: hash.to_owned() };
    fs::write(&temporary, serde_json::to_vec(&kept)?)?;
    fs::rename(&temporary, &file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &Path, dir: &Path) -> String {
        hash(&Stamp::of(path).unwrap(), dir).unwrap()
    }

    #[test]
    fn compilers_of_one_size_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("compiler.so");
        fs::write(&path, "revision 1").unwrap();
        let (first, time) = (of(&path, dir.path()), fs::metadata(&path).unwrap().modified().unwrap());
        assert_eq!(of(&path, dir.path()), first);
        // Another file with the same size and modification time replaces it.
        fs::write(&path, "revision 2").unwrap();
        let second = of(&path, dir.path());
        assert_ne!(second, first);
        fs::write(&path, "revision 3").unwrap();
        File::open(&path).unwrap().set_modified(time).unwrap();
        let third = of(&path, dir.path());
        assert!(cfg!(not(unix)) || third != first && third != second);
        // The first file returns. Only the contents matter.
        fs::write(&path, "revision 1").unwrap();
        assert_eq!(of(&path, dir.path()), first);
        let copy = dir.path().join("copy.so");
        fs::copy(&path, &copy).unwrap();
        assert_eq!(of(&copy, dir.path()), first);
    }

    #[test]
    fn hashes_are_kept_for_other_processes_until_the_file_changes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("compiler.so");
        fs::write(&path, "revision 1").unwrap();
        let stamp = Stamp::of(&path).unwrap();
        keep(&stamp, "what another process found", dir.path()).unwrap();
        assert_eq!(of(&path, dir.path()), "what another process found");
        // If the file differs from the stamp, there is no hash.
        let other = Stamp { bytes: 1, ..stamp };
        assert_eq!(hash(&other, dir.path()), None);
        fs::write(&path, "revision 2").unwrap();
        assert_eq!(of(&path, dir.path()), hash_file(&path).unwrap());
        assert_eq!(kept(&Stamp::of(&path).unwrap(), dir.path()), Some(hash_file(&path).unwrap()));
    }
}
