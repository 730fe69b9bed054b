//! Compiling each program once: a cache in memory in front of one on disk.

use crate::compiler::{Compiled, compile_telling};
use crate::disk_cache::DiskCache;
use crate::environment::bytes_from;
use crate::{
    CacheEntry, CompileError, CompileOptions, CompileReport, CompiledModule, DispatchFile, compile_with_report, library,
};
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

/// The version of IREE that this crate compiles for and runs with.
const IREE_VERSION: &str = "3.13.0";
/// Modules in memory beyond these bytes are let go; they are still on disk.
const MEMORY_LIMIT: usize = 256 << 20;
/// Bytes on disk, unless `RUNE_CACHE_LIMIT` says otherwise.
const DISK_LIMIT: u64 = 2 << 30;

/// Where a module came from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CacheOutcome {
    /// This process had it.
    Memory,
    /// An earlier process left it on disk, or another one has just compiled it.
    Disk,
    /// It was compiled.
    Compiled,
}

/// What getting a module took.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CompileTimings {
    /// Looking into the caches, and waiting for another thread or process that compiles the same.
    pub lookup: Duration,
    /// Making the text of the module.
    pub lower: Duration,
    /// Compiling it.
    pub compile: Duration,
}

/// A cache of compiled modules. Threads, and processes with the same directory, that want the same module at the same
/// time compile it once.
///
/// The entries on disk are checked when they are read; a bad one is compiled again. A directory that cannot be written
/// is reported once in the log, and done without.
pub struct CompileCache {
    memory: Mutex<HashMap<Key, Arc<Slot>>>,
    disk: Option<DiskCache>,
}

/// Held while the module is got, so that others wait for it.
type Slot = Mutex<Option<(CompiledModule, Option<CompileReport>)>>;

/// A module, and what there is to tell of it.
#[derive(Clone, Debug)]
pub struct Cached {
    /// The module.
    pub module: CompiledModule,
    /// Where it came from.
    pub outcome: CacheOutcome,
    /// What getting it took.
    pub timings: CompileTimings,
    /// What the compiler told when it was compiled; none if that is not known any more.
    pub report: Option<CompileReport>,
    /// The code of its dispatches in all forms, if it was compiled now and they were asked for.
    pub files: Vec<DispatchFile>,
}

/// What a module is filed under.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key([u8; 32]);

impl Key {
    /// All that decides what the compiler makes.
    fn of(material: &str, options: &CompileOptions) -> Key {
        let mut hash = blake3::Hasher::new();
        let mut add = |part: &str| {
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        };
        add(IREE_VERSION);
        add(compiler_identity());
        for flag in options.flags() {
            add(&flag);
        }
        add(if options.target.is_host_cpu() { host_cpu() } else { "" });
        add(material);
        Key(*hash.finalize().as_bytes())
    }
    /// The key in hexadecimal digits.
    pub(crate) fn hex(&self) -> String {
        self.0.iter().map(|b| format!("{b:02x}")).collect()
    }
    /// A number below 256.
    pub(crate) fn shard(&self) -> u8 {
        self.0[0]
    }
}

impl CompileCache {
    /// The cache of this process: in the directory `RUNE_CACHE_DIR`, else in the user's directory for caches; in memory
    /// only if `RUNE_CACHE` is `off`. It keeps at most `RUNE_CACHE_LIMIT` bytes on disk (`500MB`, `2GiB`; 2 GiB if
    /// unset), and drops what was not used for longest.
    pub fn global() -> &'static CompileCache {
        static GLOBAL: OnceLock<CompileCache> = OnceLock::new();
        GLOBAL.get_or_init(|| match directory() {
            Some(dir) => CompileCache::in_dir(dir, bytes_from("RUNE_CACHE_LIMIT", DISK_LIMIT)),
            None => CompileCache::in_memory(),
        })
    }
    /// A cache without a disk.
    pub fn in_memory() -> CompileCache {
        CompileCache { memory: Mutex::default(), disk: None }
    }
    /// A cache in a directory, which is made when it is first needed, of at most `limit` bytes.
    pub fn in_dir(dir: impl Into<PathBuf>, limit: u64) -> CompileCache {
        CompileCache { memory: Mutex::default(), disk: Some(DiskCache::new(dir.into(), limit)) }
    }
    /// The directory.
    pub fn dir(&self) -> Option<&Path> {
        self.disk.as_ref().map(DiskCache::dir)
    }
    /// The number of entries on disk, and their bytes.
    pub fn usage(&self) -> (usize, u64) {
        self.disk.as_ref().map_or((0, 0), DiskCache::usage)
    }
    /// Forgets everything, in memory and on disk.
    pub fn clear(&self) {
        lock(&self.memory).clear();
        if let Some(disk) = &self.disk {
            disk.clear();
        }
    }

    /// The module for a program.
    ///
    /// `material` is what the program is known by: its text, or a hash of all that its text is made from. `mlir` makes
    /// the text, and is called only if nobody has the module; `name` stands in messages.
    ///
    /// # Errors
    /// As [`compile`](crate::compile()).
    pub fn get_or_compile(
        &self,
        material: &str,
        name: &str,
        options: &CompileOptions,
        mlir: impl FnOnce() -> String,
    ) -> Result<(CompiledModule, CacheOutcome, CompileTimings), CompileError> {
        self.get_or_try_compile(material, name, options, || Ok(mlir()))
    }
    /// As [`CompileCache::get_or_compile`], where making the text may fail.
    ///
    /// # Errors
    /// As [`compile`](crate::compile()), and those of `mlir`.
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
    /// As [`CompileCache::get_or_try_compile`], with all that is known of the module. If it is compiled, and `files` are asked
    /// for, they come of the same compilation.
    ///
    /// # Errors
    /// Likewise.
    pub fn get<E: From<CompileError>>(
        &self,
        material: &str,
        name: &str,
        options: &CompileOptions,
        files: bool,
        mlir: impl FnOnce() -> Result<String, E>,
    ) -> Result<Cached, E> {
        let start = Instant::now();
        let key = Key::of(material, options);
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
        // Held until the entry is written: other processes wait for it.
        let mut _lock = None;
        if let Some(disk) = &self.disk {
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
        let Compiled { module: compiled, report, files } = compile_telling(&text, name, options, &|_| {}, files)?;
        timings.compile = start.elapsed() - timings.lookup - timings.lower;
        tracing::debug!(program = name, time = ?timings.compile, bytes = compiled.bytes().len(), "compiled");
        if let Some(disk) = &self.disk {
            disk.write(&key, compiled.bytes(), report.as_ref());
        }
        self.keep(&mut module, &(compiled.clone(), report.clone()));
        Ok(Cached { module: compiled, outcome: CacheOutcome::Compiled, timings, report, files })
    }
    /// Compiles a program whether or not its module is there, and puts the module in the place of the old one.
    ///
    /// # Errors
    /// As [`compile`](crate::compile()).
    pub fn compile_anew(
        &self,
        material: &str,
        name: &str,
        options: &CompileOptions,
        mlir: &str,
        watch: &dyn Fn(&'static str),
    ) -> Result<(CompiledModule, CompileReport), CompileError> {
        let key = Key::of(material, options);
        let (module, report) = compile_with_report(mlir, name, options, watch)?;
        if let Some(disk) = &self.disk {
            let _lock = disk.lock(&key);
            disk.write(&key, module.bytes(), Some(&report));
        }
        let slot = lock(&self.memory).entry(key).or_default().clone();
        self.keep(&mut lock(&slot), &(module.clone(), Some(report.clone())));
        Ok((module, report))
    }
    /// What is on disk, the last used first.
    pub fn entries(&self) -> Vec<CacheEntry> {
        self.disk.as_ref().map_or_else(Vec::new, DiskCache::entries)
    }
    /// The module of an entry, if it is sound.
    pub fn module(&self, entry: &CacheEntry) -> Option<CompiledModule> {
        self.disk.as_ref().and_then(|disk| disk.module(entry))
    }
    /// Removes an entry from the disk; whether it could be.
    pub fn remove(&self, entry: &CacheEntry) -> bool {
        self.disk.as_ref().is_some_and(|disk| disk.remove(entry))
    }
    fn keep(
        &self,
        slot: &mut Option<(CompiledModule, Option<CompileReport>)>,
        module: &(CompiledModule, Option<CompileReport>),
    ) {
        *slot = Some(module.clone());
        let mut memory = lock(&self.memory);
        // A slot that is in use is skipped: its module is on its way.
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

/// The directory that the environment says, if caching on disk is not turned off. It is looked up once, so that the cache stays where it
/// is when the process changes its working directory.
pub(crate) fn directory() -> Option<PathBuf> {
    static DIRECTORY: OnceLock<Option<PathBuf>> = OnceLock::new();
    DIRECTORY
        .get_or_init(|| {
            let off = std::env::var("RUNE_CACHE").is_ok_and(|v| ["off", "0", "false", "no"].contains(&v.as_str()));
            if off {
                return None;
            }
            match library::path_from("RUNE_CACHE_DIR") {
                Some(dir) => Some(dir),
                None => directories::ProjectDirs::from("", "", "rune").map(|dirs| dirs.cache_dir().to_owned()),
            }
        })
        .clone()
}

/// Tells compilers apart without loading them, which takes longer than reading an entry.
fn compiler_identity() -> &'static str {
    static IDENTITY: OnceLock<String> = OnceLock::new();
    IDENTITY.get_or_init(|| {
        let bytes = library::quick().and_then(|path| path.metadata().ok()).map_or(0, |m| m.len());
        format!("{bytes} bytes")
    })
}

/// The CPU of this machine and what it can do.
fn host_cpu() -> &'static str {
    static CPU: OnceLock<String> = OnceLock::new();
    CPU.get_or_init(|| {
        let mut found = vec![std::env::consts::ARCH.to_owned()];
        if let Ok(text) = std::fs::read_to_string("/proc/cpuinfo") {
            // The first processor's.
            let lines = text.lines().take_while(|l| !l.is_empty());
            let telling =
                ["model name", "cpu family", "model", "flags", "Features", "CPU part", "CPU implementer", "isa"];
            found.extend(
                lines
                    .filter(|l| l.split(':').next().is_some_and(|name| telling.contains(&name.trim())))
                    .map(str::to_owned),
            );
        } else if let Ok(out) = std::process::Command::new("sysctl").args(["-n", "machdep.cpu.brand_string"]).output() {
            found.push(String::from_utf8_lossy(&out.stdout).into_owned());
        }
        found.join("\n")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ_where_the_result_may() {
        let (fast, plain) =
            (CompileOptions::default(), CompileOptions { opt: crate::Opt::Plain, ..CompileOptions::default() });
        assert!(Key::of("a", &fast) == Key::of("a", &fast));
        assert!(Key::of("a", &fast) != Key::of("b", &fast));
        assert!(Key::of("a", &fast) != Key::of("a", &plain));
        let cuda = CompileOptions::for_target("cuda".parse().unwrap());
        assert!(Key::of("a", &fast) != Key::of("a", &cuda));
    }
}
