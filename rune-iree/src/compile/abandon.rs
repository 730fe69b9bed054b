//! The temporary files of compilations. They are removed even if a process ends before its compilations do.

use super::cache_directory::cache_directory;
use super::{CompileError, child};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, PoisonError};
use std::time::Duration;

/// The prefix of the names of all temporary folders. The process id and `-` follow.
const PREFIX: &str = "rune-compile-";
/// The age at which folders of dead processes are removed.
const STALE: Duration = Duration::from_secs(3600);

/// Whether compilations were abandoned. The lock is held while a folder is created, so that no folder is created after
/// compilations are abandoned.
static ABANDONED: Mutex<bool> = Mutex::new(false);

/// Creates a folder for one run of the compiler on the program `name`.
pub(super) fn folder(name: &str) -> Result<tempfile::TempDir, CompileError> {
    static SWEPT: Once = Once::new();
    SWEPT.call_once(|| sweep(&std::env::temp_dir(), STALE));
    let abandoned = ABANDONED.lock().unwrap_or_else(PoisonError::into_inner);
    if *abandoned {
        return Err(CompileError::Cancelled(name.to_owned()));
    }
    let prefix = format!("{PREFIX}{}-", std::process::id());
    let made = tempfile::Builder::new().prefix(&prefix).tempdir();
    made.map_err(|e| {
        let parent = std::env::temp_dir();
        CompileError::Output(format!("no folder for it can be made in {}: {e}; set TMPDIR", parent.display()))
    })
}

/// Removes folders older than `stale` of processes that died without removing them, for example by a signal.
fn sweep(dir: &Path, stale: Duration) {
    let is_old = |path: &Path| {
        let modified = fs::metadata(path).and_then(|meta| meta.modified());
        modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > stale))
    };
    let is_dead = |name: &str| {
        let id = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
        // Without `/proc`, only the age decides.
        id.is_some_and(|id| id.parse::<u32>().is_ok() && !Path::new("/proc").join(id).join("stat").exists())
    };
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    for entry in entries {
        if entry.file_name().to_str().is_some_and(is_dead) && is_old(&entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Ends the compilations of this process, and removes their temporary files. No compilation starts afterwards. Call it
/// before the process ends early, for example on a signal.
///
/// ```
/// rune_iree::abandon_compilations();
/// ```
pub fn abandon_compilations() {
    let id = std::process::id();
    *ABANDONED.lock().unwrap_or_else(PoisonError::into_inner) = true;
    child::end_all();
    remove(&std::env::temp_dir(), |name| name.starts_with(&format!("{PREFIX}{id}-")));
    if let Some(dir) = cache_directory() {
        for folder in ["modules", "compilers"] {
            remove(&dir.join(folder), |name| name.ends_with(&format!(".{id}.tmp")));
        }
    }
}

/// Removes the entries of a folder whose names `ours` accepts. Ignores errors, because the process is about to end.
fn remove(dir: &Path, ours: impl Fn(&str) -> bool) {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let found: Vec<PathBuf> = entries.filter(|e| e.file_name().to_str().is_some_and(&ours)).map(|e| e.path()).collect();
    for path in found {
        let _ = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_ours_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["7.0", "7.1", "77.0"] {
            fs::create_dir(dir.path().join(name)).unwrap();
            fs::write(dir.path().join(name).join("log"), "said").unwrap();
        }
        fs::write(dir.path().join("7.file"), "").unwrap();
        remove(dir.path(), |name| name.starts_with("7."));
        let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["77.0"]);
    }

    #[test]
    fn folders_of_dead_processes_are_swept_and_those_of_living_ones_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let living = format!("{PREFIX}{}-a", std::process::id());
        let names = [living.as_str(), "rune-compile-4294967295-b", "rune-compile-x-c", "other-4294967295-d"];
        for name in names {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        sweep(dir.path(), Duration::from_secs(3600));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 4);
        std::thread::sleep(Duration::from_millis(5));
        sweep(dir.path(), Duration::ZERO);
        let mut left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        left.sort();
        let dead_is_gone = !left.iter().any(|name| name == "rune-compile-4294967295-b");
        assert!(dead_is_gone && left.len() == 3, "{left:?}");
    }
}
