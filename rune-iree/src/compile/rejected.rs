//! Saves rejected programs with all diagnostics in files. Messages show only the beginning of the diagnostics.

use super::cache_directory::cache_directory;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The number of files to keep in the folder of the cache.
const KEPT: usize = 16;

/// Writes a rejected program to a file, with the diagnostics as comments, and returns its path. Returns `None` if it
/// cannot be written, because there is already an error to report.
///
/// The file is in the folder `rejected` of the cache, which keeps only the last files. If that folder cannot be
/// written, the file is a temporary file.
pub fn save_rejected(name: &str, program: &str, said: &str) -> Option<PathBuf> {
    let mut text = String::new();
    for line in said.lines() {
        let _ = writeln!(text, "// {line}");
    }
    text.push_str(program);
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' };
    let name: String = name.chars().take(40).map(plain).collect();
    let hash = blake3::hash(text.as_bytes()).to_hex();
    let lasting = || -> Option<PathBuf> {
        let folder = cache_directory()?.join("rejected");
        fs::create_dir_all(&folder).ok()?;
        let path = folder.join(format!("{name}-{}.mlir", &hash[..16]));
        fs::write(&path, &text).ok()?;
        forget(&folder);
        Some(path)
    };
    let temporary = || -> Option<PathBuf> {
        let prefix = format!("rune-rejected-{name}-");
        let mut file = tempfile::Builder::new().prefix(&prefix).suffix(".mlir").tempfile().ok()?;
        file.write_all(text.as_bytes()).ok()?;
        std::path::absolute(file.keep().ok()?.1).ok()
    };
    lasting().or_else(temporary)
}

/// Removes all files except the last [`KEPT`].
fn forget(folder: &Path) {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<(SystemTime, PathBuf)> =
        files.filter_map(|file| Some((file.metadata().ok()?.modified().ok()?, file.path()))).collect();
    files.sort();
    for (_, path) in files.iter().rev().skip(KEPT) {
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ones_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        for i in 0..2 * KEPT {
            let path = folder.path().join(format!("{i}"));
            fs::write(&path, "").unwrap();
            let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(i as u64);
            fs::File::open(&path).unwrap().set_modified(time).unwrap();
        }
        forget(folder.path());
        let mut left: Vec<usize> = fs::read_dir(folder.path())
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap().parse().unwrap())
            .collect();
        left.sort_unstable();
        assert_eq!(left, (KEPT..2 * KEPT).collect::<Vec<_>>());
    }
}
