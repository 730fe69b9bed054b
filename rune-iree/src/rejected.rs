//! What the compiler refused, in a file: the program and all that was said of it, of which messages show the beginning.

use crate::cache;
use crate::diagnostics::Diagnostic;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// So many of them stay in the folder of the cache.
const KEPT: usize = 16;

/// Writes a program that was refused, with what was said of it as comments, and gives the file. Nothing where it cannot be written, for
/// there is an error to be told already.
///
/// It is in the folder `rejected` of the cache, where the last ones are kept, or where that cannot be written among temporary files.
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
        let folder = cache::directory()?.join("rejected");
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

/// Removes all but the last few.
fn forget(folder: &Path) {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<(SystemTime, PathBuf)> =
        files.filter_map(|file| Some((file.metadata().ok()?.modified().ok()?, file.path()))).collect();
    files.sort();
    for (_, path) in files.iter().rev().skip(KEPT) {
        let _ = fs::remove_file(path);
    }
}

/// All that was said, uncut.
pub(crate) fn whole(diagnostics: &[Diagnostic]) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        for said in std::iter::once(diagnostic).chain(&diagnostic.notes) {
            let place = said.file.as_ref().map(|file| format!("{}:{}:{}: ", file.display(), said.line, said.column));
            let _ = writeln!(text, "{}{}: {}", place.unwrap_or_default(), said.severity, said.message);
        }
    }
    text
}

/// The beginning of a text: so many lines of bounded length. What is left out is counted.
///
/// ```
/// use rune_iree::excerpt;
/// assert_eq!(excerpt("a\nb", 3), "a\nb");
/// assert_eq!(excerpt("a\nb\nc\nd\n", 2), "a\nb\n… and 2 lines more");
/// ```
pub fn excerpt(text: &str, lines: usize) -> String {
    /// A constant in a program may be a line of megabytes.
    const WIDTH: usize = 240;
    let cut = |line: &str| match line.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}… and {} bytes more", &line[..end], line.len() - end),
        None => line.to_owned(),
    };
    let mut shown: Vec<String> = text.lines().take(lines).map(cut).collect();
    match text.lines().count().saturating_sub(lines) {
        0 => {}
        1 => shown.push("… and 1 line more".to_owned()),
        more => shown.push(format!("… and {more} lines more")),
    }
    shown.join("\n")
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

    #[test]
    fn long_lines_are_cut() {
        let shown = excerpt(&"é".repeat(10_000), 5);
        assert!(shown.len() < 600 && shown.ends_with("… and 19520 bytes more"), "{shown}");
    }
}
