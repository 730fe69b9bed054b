//! IDX files, the format of MNIST: two zeros, the element type, the number of axes, the sizes, and the elements.

use anyhow::{Context, ensure};
use std::path::Path;

/// The element type of MNIST: bytes.
const BYTES: u8 = 8;

/// Reads the shape and the elements of an IDX file of bytes.
pub fn read(path: &Path) -> anyhow::Result<(Vec<usize>, Vec<u8>)> {
    let bytes = std::fs::read(path).with_context(|| format!("{}: run scripts/fetch-mnist first", path.display()))?;
    parse(&bytes).with_context(|| path.display().to_string())
}

/// Parses the shape and the elements of an IDX array of bytes.
pub fn parse(bytes: &[u8]) -> anyhow::Result<(Vec<usize>, Vec<u8>)> {
    let (magic, rest) = bytes.split_first_chunk::<4>().context("shorter than its header")?;
    ensure!(magic[..2] == [0, 0], "no IDX file: it begins with {magic:02x?}");
    ensure!(magic[2] == BYTES, "its elements are of type {:#04x}, and bytes are {BYTES:#04x}", magic[2]);
    let rank = usize::from(magic[3]);
    let (sizes, elements) = rest.split_at_checked(4 * rank).context("shorter than its header")?;
    let shape: Vec<usize> = sizes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|size| usize::try_from(u32::from_be_bytes(*size)))
        .collect::<Result<_, _>>()?;
    let size = shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d)).context("its shape is too large")?;
    ensure!(elements.len() == size, "{} elements for the shape {shape:?}", elements.len());
    Ok((shape, elements.to_vec()))
}
