//! What the linker says. IREE runs `iree-lld` as a process of its own, whose messages go to the standard error of the
//! whole program: here they are caught, for the diagnostics.
//!
//! IREE is given, instead of the linker, a link to a one-line script that runs it with its messages going to a file
//! beside the link. Each compilation has its own link, so concurrent ones are told apart. Redirecting file descriptor
//! 2 instead would take the messages of all other threads too, and lose the last words of a crashing compiler.

use crate::diagnostics::{Diagnostic, Severity};
use std::path::{Path, PathBuf};

/// The messages of the linker in one compilation.
pub(crate) struct LinkerLog {
    dir: PathBuf,
}

impl LinkerLog {
    /// `None` where it cannot be done: the linker then says its words to standard error.
    pub(crate) fn new(library: &Path) -> Option<LinkerLog> {
        imp::link(library).map(|dir| LinkerLog { dir })
    }
    /// The flag that makes IREE use it.
    pub(crate) fn flag(&self) -> String {
        format!("--iree-llvmcpu-embedded-linker-path={}", self.dir.join("lld").display())
    }
    /// What the linker said.
    pub(crate) fn diagnostics(&self) -> Vec<Diagnostic> {
        let text = std::fs::read_to_string(self.dir.join("log")).unwrap_or_default();
        let lines = text.lines().map(|l| l.trim_start_matches("iree-lld: ").trim_start_matches("error: "));
        lines
            .filter(|l| !l.is_empty())
            .map(|line| Diagnostic {
                severity: Severity::Error,
                message: format!("linker: {line}"),
                file: None,
                line: 0,
                column: 0,
            })
            .collect()
    }
}
impl Drop for LinkerLog {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

#[cfg(unix)]
mod imp {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// A directory of this process, with the script in it.
    fn script_dir(library: &Path) -> Option<&'static Path> {
        static DIR: OnceLock<Option<PathBuf>> = OnceLock::new();
        DIR.get_or_init(|| {
            let linker = library.parent()?.join("iree-lld");
            let linker = linker.to_str().filter(|l| !l.contains('\''))?;
            if !Path::new(linker).is_file() {
                return None;
            }
            let dir = new_dir(&std::env::temp_dir().join(format!("rune-link-{}", std::process::id())))?;
            let script = dir.join("script");
            fs::write(&script, format!("#!/bin/sh\nexec '{linker}' \"$@\" 2>>\"${{0%/*}}/log\"\n")).ok()?;
            fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).ok()?;
            // The directory may forbid execution.
            let mut try_it = Command::new(&script);
            try_it.args(["-flavor", "gnu", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
            try_it.status().ok()?.success().then_some(dir)
        })
        .as_deref()
    }

    /// Makes a directory that only this user can enter, and that was not there before.
    fn new_dir(wanted: &Path) -> Option<PathBuf> {
        use std::os::unix::fs::DirBuilderExt;
        (0..100u32).find_map(|i| {
            let dir = wanted.with_file_name(format!("{}.{i}", wanted.file_name()?.to_str()?));
            fs::DirBuilder::new().mode(0o700).create(&dir).ok().map(|()| dir)
        })
    }

    pub(super) fn link(library: &Path) -> Option<PathBuf> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let root = script_dir(library)?;
        let dir = root.join(COUNT.fetch_add(1, Ordering::Relaxed).to_string());
        fs::create_dir(&dir).ok()?;
        symlink(root.join("script"), dir.join("lld")).ok()?;
        Some(dir)
    }
}

#[cfg(not(unix))]
mod imp {
    pub(super) fn link(_: &std::path::Path) -> Option<std::path::PathBuf> {
        None
    }
}
