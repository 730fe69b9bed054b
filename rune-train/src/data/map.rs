//! Memory maps: the only `unsafe` code of this crate.

#![allow(unsafe_code)]

use memmap2::Mmap;
use std::fs::File;
use std::path::Path;

/// Maps a file into memory for reading. The file must not change while it is mapped.
pub(super) fn map(path: &Path) -> std::io::Result<Mmap> {
    let file = File::open(path)?;
    // SAFETY: the map is only read, as bytes, for which every value is valid. If another process changes the file, the
    // numbers that are read change. If it shortens the file, the next read ends this process. `Tokens::open` documents
    // that neither may happen, and there is no safe way to map a file.
    unsafe { Mmap::map(&file) }
}
