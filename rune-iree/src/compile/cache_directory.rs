//! The directory of this process's cache, which also keeps rejected programs.

use crate::environment::path_from;
use std::path::PathBuf;
use std::sync::OnceLock;

/// Returns the directory that the environment names, unless caching on disk is turned off. It is looked up once, so
/// that the cache does not move when the process changes its working directory.
pub(super) fn cache_directory() -> Option<PathBuf> {
    static DIRECTORY: OnceLock<Option<PathBuf>> = OnceLock::new();
    DIRECTORY
        .get_or_init(|| {
            let off = std::env::var("RUNE_CACHE").is_ok_and(|v| ["off", "0", "false", "no"].contains(&v.as_str()));
            if off {
                return None;
            }
            match path_from("RUNE_CACHE_DIR") {
                Some(dir) => Some(dir),
                None => directories::ProjectDirs::from("", "", "rune").map(|dirs| dirs.cache_dir().to_owned()),
            }
        })
        .clone()
}
