//! The compile cache, in memory and on disk.

mod disk;
mod identity;
mod key;
mod verdict;

pub use disk::CacheEntry;
pub use verdict::Verdict;

use super::cache_directory::cache_directory;
use super::invocation::Invocation;
use super::uncached::{CompileOutput, compile_as, compile_with_report};
use super::{CompileError, CompileOptions, CompileReport, DispatchFile};
use crate::CompiledModule;
use crate::environment::bytes_from;
use disk::DiskCache;
use key::Key;
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

/// The maximum size of the modules in memory, in bytes. Modules beyond it are only on disk.
const MEMORY_LIMIT: usize = 256 << 20;
/// The default maximum size on disk, in bytes. `RUNE_CACHE_LIMIT` overrides it.
const DISK_LIMIT: u64 = 2 << 30;

/// The source of a module.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CacheOutcome {
    /// It was in the memory of this process.
    Memory,
    /// It was on disk, from an earlier process or from another one that has just compiled it.
    Disk,
    /// It was compiled.
    Compiled,
}

/// The times of the steps of getting a module.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CompileTimings {
    /// Searching the caches, and waiting for another thread or process that compiles the same program.
    pub lookup: Duration,
    /// Creating the text of the module.
    pub lower: Duration,
    /// Compiling it.
    pub compile: Duration,
}

/// A cache of compiled modules. If several threads, or processes with the same directory, need the same module at the
/// same time, only one compiles it.
///
/// Entries on disk are checked when they are read; a damaged entry is compiled again. If the directory cannot be
/// written, the log gets one warning, and the cache works in memory.
///
/// ```
/// use rune_iree::{CacheOutcome, CompileCache, CompileOptions};
/// let text = || "func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> { return %x : tensor<2xf32> }".to_owned();
/// let cache = CompileCache::in_memory();
/// let get = || cache.get_or_compile("the identity of f32[2]", "identity", &CompileOptions::default(), text);
/// assert_eq!(get()?.1, CacheOutcome::Compiled);
/// assert_eq!(get()?.1, CacheOutcome::Memory);
/// # Ok::<(), rune_iree::CompileError>(())
/// ```
pub struct CompileCache {
    memory: Mutex<HashMap<Key, Arc<Slot>>>,
    verdicts: Mutex<HashMap<Key, Verdict>>,
    disk: Option<DiskCache>,
}

/// A module that may be under construction. It is locked during construction, so that other threads wait for it.
type Slot = Mutex<Option<(CompiledModule, Option<CompileReport>)>>;

/// A module, and information on its compilation.
#[derive(Clone, Debug)]
pub struct Cached {
    /// The module.
    pub module: CompiledModule,
    /// The source of the module.
    pub outcome: CacheOutcome,
    /// The times of getting it.
    pub timings: CompileTimings,
    /// The report of its compilation, if it is available.
    pub report: Option<CompileReport>,
    /// All forms of its dispatches, if they were requested and it was compiled now.
    pub files: Vec<DispatchFile>,
}

impl CompileCache {
    /// Returns the cache of this process. Its directory is `RUNE_CACHE_DIR`, by default in the user's cache directory.
    /// If `RUNE_CACHE` is `off`, the cache is only in memory. It keeps at most `RUNE_CACHE_LIMIT` bytes on disk (such
    /// as `500MB` or `2GiB`; the default is 2 GiB). It removes the least recently used entries first.
    pub fn global() -> &'static CompileCache {
        static GLOBAL: OnceLock<CompileCache> = OnceLock::new();
        GLOBAL.get_or_init(|| match cache_directory() {
            Some(dir) => CompileCache::in_dir(dir, bytes_from("RUNE_CACHE_LIMIT", DISK_LIMIT)),
            None => CompileCache::in_memory(),
        })
    }
    /// Returns a cache that is only in memory.
    pub fn in_memory() -> CompileCache {
        CompileCache { memory: Mutex::default(), verdicts: Mutex::default(), disk: None }
    }
    /// Returns a cache of at most `limit` bytes in a directory, which is created on first use.
    pub fn in_dir(dir: impl Into<PathBuf>, limit: u64) -> CompileCache {
        CompileCache {
            memory: Mutex::default(),
            verdicts: Mutex::default(),
            disk: Some(DiskCache::new(dir.into(), limit)),
        }
    }
    /// Returns the directory, if the cache is on disk.
    pub fn dir(&self) -> Option<&Path> {
        self.disk.as_ref().map(DiskCache::dir)
    }
    /// Returns the number of entries on disk, and their size in bytes.
    pub fn usage(&self) -> (usize, u64) {
        self.disk.as_ref().map_or((0, 0), DiskCache::usage)
    }
    /// Removes all entries from memory and disk.
    pub fn clear(&self) {
        lock(&self.memory).clear();
        lock(&self.verdicts).clear();
        if let Some(disk) = &self.disk {
            disk.clear();
        }
    }

    /// Returns the module for a program. Compiles the program if no cache has the module.
    ///
    /// `material` identifies the program: its text, or a hash of everything that determines its text. `mlir` returns
    /// the text, and is only called on a cache miss. Messages call the program `name`.
    ///
    /// # Errors
    /// Returns an error where [`compile`](crate::compile()) does.
    pub fn get_or_compile(
        &self,
        material: &str,
        name: &str,
        options: &CompileOptions,
        mlir: impl FnOnce() -> String,
    ) -> Result<(CompiledModule, CacheOutcome, CompileTimings), CompileError> {
        self.get_or_try_compile(material, name, options, || Ok(mlir()))
    }
    /// Like [`CompileCache::get_or_compile`], but creating the text may fail.
    ///
    /// # Errors
    /// Returns an error where [`compile`](crate::compile()) or `mlir` does.
    pub fn get_or_try_compile<E: From<CompileError>>(
        &self,
        material: &str,
        name: &str,
        options: &CompileOptions,
        mlir: impl FnOnce() -> Result<String, E>,
    ) -> Result<(CompiledModule, CacheOutcome, CompileTimings), E> {
        let Cached { module, outcome, timings, .. } = self.get(material, name, options, false, mlir)?;
        Ok((module, outcome, timings))
    }
    /// Like [`CompileCache::get_or_try_compile`], but returns all information on the module. On a cache miss with
    /// `files`, the same run of the compiler also writes the forms of the dispatches.
    ///
    /// # Errors
    /// Returns an error where [`CompileCache::get_or_try_compile`] does.
    pub fn get<E: From<CompileError>>(
        &self,
        material: &str,
        name: &str,
        options: &CompileOptions,
        files: bool,
        mlir: impl FnOnce() -> Result<String, E>,
    ) -> Result<Cached, E> {
        let invocation = Invocation { report: true, files, ..Invocation::default() };
        self.get_by(material, name, options, mlir, |text| compile_as(text, name, options, &invocation))
    }
    /// Like [`CompileCache::get`], but the compiler runs at the lowest priority, on one core, and without a report.
    /// `wanted` is called every few milliseconds; if it returns false, the compiler is ended.
    ///
    /// # Errors
    /// Returns an error where [`CompileCache::get_or_try_compile`] does, and if the compilation is no longer wanted.
    pub fn get_in_background<E: From<CompileError>>(
        &self,
        material: &str,
        name: &str,
        options: &CompileOptions,
        files: bool,
        wanted: &dyn Fn() -> bool,
        mlir: impl FnOnce() -> Result<String, E>,
    ) -> Result<Cached, E> {
        let invocation = Invocation { background: true, wanted: Some(wanted), files, ..Invocation::default() };
        self.get_by(material, name, options, mlir, |text| compile_as(text, name, options, &invocation))
    }
    /// Returns the module for a program, if the cache holds it. It does not wait for a compilation.
    pub fn find(&self, material: &str, options: &CompileOptions) -> Option<Cached> {
        let start = Instant::now();
        let (key, disk) = self.key(material, options);
        let slot = lock(&self.memory).get(&key).cloned();
        let in_memory = slot.as_ref().map(|slot| slot.try_lock());
        let ((module, report), outcome) = match in_memory {
            Some(Ok(kept)) if kept.is_some() => (kept.clone()?, CacheOutcome::Memory),
            Some(Err(_)) => return None,
            _ => (disk?.read(&key)?, CacheOutcome::Disk),
        };
        let timings = CompileTimings { lookup: start.elapsed(), ..CompileTimings::default() };
        Some(Cached { module, outcome, timings, report, files: Vec::new() })
    }
    /// Returns the verdict on the module of a program from earlier calls in any process.
    pub fn verdict(&self, material: &str, options: &CompileOptions) -> Option<Verdict> {
        let (key, disk) = self.key(material, options);
        let known = lock(&self.verdicts).get(&key).cloned();
        known.or_else(|| Verdict::from_json(&disk?.read_verdict(&key)?))
    }
    /// Stores the verdict on the module of a program, beside its entry.
    pub fn set_verdict(&self, material: &str, options: &CompileOptions, verdict: &Verdict) {
        let (key, disk) = self.key(material, options);
        lock(&self.verdicts).insert(key, verdict.clone());
        if let Some(disk) = disk {
            disk.write_verdict(&key, &verdict.to_json());
        }
    }
    fn get_by<E: From<CompileError>>(
        &self,
        material: &str,
        name: &str,
        options: &CompileOptions,
        mlir: impl FnOnce() -> Result<String, E>,
        compile: impl FnOnce(&str) -> Result<CompileOutput, CompileError>,
    ) -> Result<Cached, E> {
        let start = Instant::now();
        let (key, disk) = self.key(material, options);
        let slot = Arc::clone(lock(&self.memory).entry(key).or_default());
        let mut module = lock(&slot);
        let mut timings = CompileTimings::default();
        let found = |(module, report): &(CompiledModule, Option<CompileReport>), outcome, timings| {
            let (module, report) = (module.clone(), report.clone());
            Ok(Cached { module, outcome, timings, report, files: Vec::new() })
        };
        if let Some(module) = &*module {
            timings.lookup = start.elapsed();
            return found(module, CacheOutcome::Memory, timings);
        }
        // The lock is held until the entry is written. Other processes wait for it.
        let mut _lock = None;
        if let Some(disk) = disk {
            let read = disk.read(&key).or_else(|| {
                _lock = disk.lock(&key);
                _lock.as_ref().and_then(|_| disk.read(&key))
            });
            if let Some(read) = read {
                timings.lookup = start.elapsed();
                self.keep(&mut module, &read);
                return found(&read, CacheOutcome::Disk, timings);
            }
        }
        timings.lookup = start.elapsed();
        let text = mlir()?;
        timings.lower = start.elapsed() - timings.lookup;
        let CompileOutput { module: compiled, report, files } = compile(&text)?;
        timings.compile = start.elapsed() - timings.lookup - timings.lower;
        tracing::debug!(program = name, time = ?timings.compile, bytes = compiled.bytes().len(), "compiled");
        if let Some(disk) = disk {
            disk.write(&key, compiled.bytes(), report.as_ref());
        }
        self.keep(&mut module, &(compiled.clone(), report.clone()));
        Ok(Cached { module: compiled, outcome: CacheOutcome::Compiled, timings, report, files })
    }
    /// Compiles a program even if the cache holds its module, and replaces that module. `watch` receives each phase at
    /// its start.
    ///
    /// # Errors
    /// Returns an error where [`compile`](crate::compile()) does.
    pub fn recompile(
        &self,
        material: &str,
        name: &str,
        options: &CompileOptions,
        mlir: &str,
        watch: &dyn Fn(&'static str),
    ) -> Result<(CompiledModule, CompileReport), CompileError> {
        let (module, report) = compile_with_report(mlir, name, options, watch)?;
        let (key, disk) = self.key(material, options);
        if let Some(disk) = disk {
            let _lock = disk.lock(&key);
            disk.write(&key, module.bytes(), Some(&report));
        }
        let slot = lock(&self.memory).entry(key).or_default().clone();
        self.keep(&mut lock(&slot), &(module.clone(), Some(report.clone())));
        Ok((module, report))
    }
    /// Returns the entries on disk, the most recently used first.
    pub fn entries(&self) -> Vec<CacheEntry> {
        self.disk.as_ref().map_or_else(Vec::new, DiskCache::entries)
    }
    /// Returns the module of an entry, unless the entry is damaged.
    pub fn module(&self, entry: &CacheEntry) -> Option<CompiledModule> {
        self.disk.as_ref().and_then(|disk| disk.module(entry))
    }
    /// Removes an entry from the disk, and returns whether that succeeded.
    pub fn remove(&self, entry: &CacheEntry) -> bool {
        self.disk.as_ref().is_some_and(|disk| disk.remove(entry))
    }
    /// Returns the key of a program. Also returns the cache on disk, if the compiler is known.
    fn key(&self, material: &str, options: &CompileOptions) -> (Key, Option<&DiskCache>) {
        match self.disk.as_ref().and_then(|disk| Some((disk, identity::compiler(disk.dir())?))) {
            Some((disk, compiler)) => (Key::of(material, options, &compiler), Some(disk)),
            None => (Key::of(material, options, ""), None),
        }
    }
    fn keep(
        &self,
        slot: &mut Option<(CompiledModule, Option<CompileReport>)>,
        module: &(CompiledModule, Option<CompileReport>),
    ) {
        *slot = Some(module.clone());
        let mut memory = lock(&self.memory);
        // A locked slot is skipped, because its module is being compiled.
        let size = |slot: &Arc<Slot>| slot.try_lock().map_or(0, |m| m.as_ref().map_or(0, |(m, _)| m.bytes().len()));
        if memory.values().map(size).sum::<usize>() > MEMORY_LIMIT {
            memory.retain(|_, slot| slot.try_lock().is_err());
        }
    }
}

impl fmt::Debug for CompileCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.dir() {
            Some(dir) => write!(f, "CompileCache(in {})", dir.display()),
            None => f.write_str("CompileCache(in memory)"),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}
