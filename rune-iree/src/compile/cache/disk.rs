//! The compile cache on disk.
//!
//! `DIR/modules/KEY` is an entry. It holds a header of 64 bytes (a magic word, the length of the module, the BLAKE3
//! hash of the rest), the module, and the compiler's report as JSON. The size of the header aligns the module to 64
//! bytes in memory. Entries are written atomically: under another name, then renamed. The modification time is the time
//! of the last use. `DIR/locks/NN` is locked while a process creates an entry whose key begins with `NN`.
//! `DIR/modules/KEY.verdict` holds the results of real calls, as JSON.

use super::key::Key;
use crate::CompiledModule;
use crate::compile::CompileReport;
use crate::module::read_aligned;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};
use std::time::{Duration, SystemTime};

const HEADER: usize = 64;
/// The extension of the file with the verdict on an entry.
const VERDICT: &str = "verdict";
const MAGIC: &[u8; 8] = b"rune-vm1";
/// The age at which unfinished files of dead processes are removed.
const STALE: Duration = Duration::from_secs(3600);

/// A module in the cache on disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CacheEntry {
    /// The key, in hexadecimal digits.
    pub key: String,
    /// The size of the file.
    pub bytes: u64,
    /// The time of the last use.
    pub used: SystemTime,
}

pub(super) struct DiskCache {
    dir: PathBuf,
    limit: u64,
    complained: Once,
}

impl DiskCache {
    pub fn new(dir: PathBuf, limit: u64) -> DiskCache {
        DiskCache { dir, limit, complained: Once::new() }
    }
    pub fn dir(&self) -> &Path {
        &self.dir
    }
    fn modules(&self) -> PathBuf {
        self.dir.join("modules")
    }
    fn entry(&self, key: &Key) -> PathBuf {
        self.modules().join(key.hex())
    }

    /// Returns the module and the compiler's report, if there is an intact entry.
    pub fn read(&self, key: &Key) -> Option<(CompiledModule, Option<CompileReport>)> {
        let path = self.entry(key);
        let bytes = match read_aligned(&path) {
            Ok(bytes) => bytes,
            // If the folder is missing too, the write reports it.
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return None,
            Err(e) => {
                tracing::warn!("cannot read the cached module {}: {e}; it is compiled again", path.display());
                return None;
            }
        };
        if !is_sound((*bytes).as_ref()) {
            tracing::warn!("the cached module {} is damaged; it is compiled again", path.display());
            let _ = fs::remove_file(&path);
            return None;
        }
        // A cache that is not writable can still be read.
        let _ = File::open(&path).and_then(|file| file.set_modified(SystemTime::now()));
        content(bytes, &path)
    }
    /// Waits until no other process is creating an entry whose key has the same first two digits, and returns the lock.
    /// Returns `None` if locking fails.
    pub fn lock(&self, key: &Key) -> Option<File> {
        let dir = self.dir.join("locks");
        let path = dir.join(format!("{:02x}", key.shard()));
        let open = || File::options().create(true).append(true).open(&path);
        let locked = open().or_else(|_| fs::create_dir_all(&dir).and_then(|()| open()));
        let locked = locked.and_then(|file| file.lock().map(|()| file));
        locked.inspect_err(|e| self.complain(e)).ok()
    }
    /// Stores a module. Removes the least recently used entries beyond the limit.
    pub fn write(&self, key: &Key, module: &[u8], report: Option<&CompileReport>) {
        match self.try_write(key, module, report) {
            Ok(()) => self.evict(),
            Err(e) => self.complain(&e),
        }
    }
    fn try_write(&self, key: &Key, module: &[u8], report: Option<&CompileReport>) -> io::Result<()> {
        let dir = self.modules();
        fs::create_dir_all(&dir)?;
        let temporary = dir.join(format!("{}.{}.tmp", key.hex(), std::process::id()));
        let write = || {
            let mut file = File::create(&temporary)?;
            let report = report.map(CompileReport::to_json).unwrap_or_default();
            let content = [module, report.as_bytes()].concat();
            file.write_all(&header(module.len() as u64, &content))?;
            file.write_all(&content)?;
            fs::rename(&temporary, self.entry(key))
        };
        let written = write();
        written.inspect_err(|_| {
            let _ = fs::remove_file(&temporary);
        })
    }
    /// Returns the verdict on an entry.
    pub fn read_verdict(&self, key: &Key) -> Option<String> {
        fs::read_to_string(self.entry(key).with_extension(VERDICT)).ok()
    }
    pub fn write_verdict(&self, key: &Key, verdict: &str) {
        let temporary = self.modules().join(format!("{}.{}.tmp", key.hex(), std::process::id()));
        let path = self.entry(key).with_extension(VERDICT);
        let write = || {
            fs::create_dir_all(self.modules())?;
            fs::write(&temporary, verdict)?;
            fs::rename(&temporary, path)
        };
        if let Err(e) = write() {
            let _ = fs::remove_file(&temporary);
            self.complain(&e);
        }
    }
    fn complain(&self, error: &io::Error) {
        self.complained.call_once(|| {
            tracing::warn!(
                "cannot write to the compile cache {}: {error}; programs are compiled anew by each process. \
                 RUNE_CACHE_DIR can name another directory, and RUNE_CACHE=off turns it off",
                self.dir.display()
            );
        });
    }

    /// Returns all files, each with the time of its last use and its size.
    fn files(&self) -> Vec<(SystemTime, u64, PathBuf)> {
        let files = fs::read_dir(self.modules()).into_iter().flatten().flatten();
        files
            .filter_map(|file| {
                let meta = file.metadata().ok()?;
                Some((meta.modified().ok()?, meta.len(), file.path()))
            })
            .collect()
    }
    pub fn entries(&self) -> Vec<CacheEntry> {
        let mut files = self.files();
        files.sort_by(|a, b| b.cmp(a));
        let whole = files.into_iter().filter(|(_, _, path)| path.extension().is_none());
        let entry = |(used, bytes, path): (SystemTime, u64, PathBuf)| {
            let key = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            CacheEntry { key, bytes, used }
        };
        whole.map(entry).collect()
    }
    pub fn module(&self, entry: &CacheEntry) -> Option<CompiledModule> {
        let path = self.modules().join(&entry.key);
        let bytes = read_aligned(&path).ok().filter(|bytes| is_sound((**bytes).as_ref()))?;
        Some(content(bytes, &path)?.0)
    }
    pub fn remove(&self, entry: &CacheEntry) -> bool {
        let path = self.modules().join(&entry.key);
        let _ = fs::remove_file(path.with_extension(VERDICT));
        fs::remove_file(path).is_ok()
    }
    fn evict(&self) {
        let mut files = self.files();
        let mut total: u64 = files.iter().map(|(_, size, _)| size).sum();
        files.sort();
        // A verdict is removed with its entry. A program that does not compile has only a verdict.
        let goes_along =
            |path: &Path| path.extension().is_some_and(|e| e == VERDICT) && path.with_extension("").exists();
        for (used, size, path) in files {
            if goes_along(&path) {
                continue;
            }
            let left_over = path.extension().is_some_and(|e| e == "tmp") && used.elapsed().is_ok_and(|age| age > STALE);
            if (total > self.limit || left_over) && fs::remove_file(&path).is_ok() {
                let _ = fs::remove_file(path.with_extension(VERDICT));
                total -= size;
            }
        }
    }
    pub fn usage(&self) -> (usize, u64) {
        let files = self.files();
        let entries = files.iter().filter(|(_, _, path)| path.extension().is_none());
        (entries.count(), files.iter().map(|(_, size, _)| size).sum())
    }
    pub fn clear(&self) {
        for (_, _, path) in self.files() {
            let _ = fs::remove_file(path);
        }
    }
}

/// Returns the header of an entry with a module of this length and with this content.
fn header(length: u64, content: &[u8]) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(MAGIC);
    header[8..16].copy_from_slice(&length.to_le_bytes());
    header[16..48].copy_from_slice(blake3::hash(content).as_bytes());
    header
}

fn is_sound(entry: &[u8]) -> bool {
    end(entry).is_some_and(|end| {
        end <= entry.len() && {
            let (stored, content) = entry.split_at(HEADER);
            header((end - HEADER) as u64, content) == stored
        }
    })
}

/// Returns the end of the module in an entry, according to its header.
fn end(entry: &[u8]) -> Option<usize> {
    let length = u64::from_le_bytes(*entry.get(8..16)?.first_chunk()?);
    usize::try_from(length).ok().filter(|length| *length > 0)?.checked_add(HEADER)
}

/// Returns the content of an intact entry.
fn content(entry: Arc<dyn AsRef<[u8]> + Send + Sync>, path: &Path) -> Option<(CompiledModule, Option<CompileReport>)> {
    let bytes = (*entry).as_ref();
    let end = end(bytes)?;
    // Entries of older versions have no report.
    let report = std::str::from_utf8(bytes.get(end..)?).ok().and_then(CompileReport::from_json);
    let module = CompiledModule::from_storage(entry, HEADER..end, &path.display().to_string()).ok()?;
    Some((module, report))
}
