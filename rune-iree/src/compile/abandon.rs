//! Removing the temporary files of a process that ends before its compilations do.

use super::cache;
use std::fs;
use std::path::{Path, PathBuf};

/// The start of the names of this process's folders among temporary files.
pub(super) fn prefix() -> String {
    format!("rune-{}-", std::process::id())
}

/// Removes the temporary files of the compilations that run in this process. Call it before the process ends early, as on a signal.
///
/// ```
/// rune_iree::abandon_compilations();
/// ```
pub fn abandon_compilations() {
    let id = std::process::id();
    remove(&std::env::temp_dir(), |name| name.starts_with(&prefix()));
    if let Some(dir) = cache::directory() {
        remove(&dir.join("linker"), |name| name.starts_with(&format!("{id}.")) || name.ends_with(&format!(".{id}")));
        for folder in ["modules", "compilers"] {
            remove(&dir.join(folder), |name| name.ends_with(&format!(".{id}.tmp")));
        }
    }
}

/// Ignores errors, since the process is about to end.
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
}
