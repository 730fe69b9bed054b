//! Training on text and on images, with `rune::train`: the code that the programs in `src/bin` and the tests share.

pub mod language;
pub mod pictures;

use std::path::{Path, PathBuf};

/// Returns the root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
