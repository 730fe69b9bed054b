//! The messages of the linker. IREE runs `iree-lld` as a process of its own, which writes to the standard error of the whole program. This
//! module captures its messages for the diagnostics.
//!
//! IREE is given, instead of the linker, a link to a script that runs it. The script leaves the messages in a file
//! beside the link, and a failure in another one: for IREE the linker succeeds, so that it says nothing of its own, and
//! what it then makes is thrown away. Each compilation has its own link, so concurrent ones are told apart. Redirecting
//! file descriptor 2 instead would take the messages of all other threads too, and lose the last words of a compiler
//! that crashes.

use super::diagnostics::{Diagnostic, Severity};
use std::path::{Path, PathBuf};

/// The messages of the linker in one compilation.
pub(super) struct LinkerLog {
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
    /// Whether the linker failed.
    pub(crate) fn failed(&self) -> bool {
        self.dir.join("failed").exists()
    }
    /// What the linker said.
    pub(crate) fn diagnostics(&self) -> Vec<Diagnostic> {
        let text = std::fs::read_to_string(self.dir.join("log")).unwrap_or_default();
        let lines = text.lines().map(|l| l.trim_start_matches("iree-lld: ").trim_start_matches("error: "));
        let message = |line| Diagnostic::without_place(Severity::Error, format!("linker: {line}"));
        lines.filter(|l| !l.is_empty()).map(message).collect()
    }
}
impl Drop for LinkerLog {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

#[cfg(unix)]
mod imp {
    use super::super::cache;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// A new directory with `lld` in it.
    pub(super) fn link(library: &Path) -> Option<PathBuf> {
        static SCRIPT: OnceLock<Option<PathBuf>> = OnceLock::new();
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let script = SCRIPT.get_or_init(|| script(library)).as_ref()?;
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = script.with_file_name(format!("{}.{count}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir(&dir).ok()?;
        symlink(script, dir.join("lld")).ok()?;
        Some(dir)
    }

    /// The script, in the cache directory, from where it is used for good, or else in a new directory.
    fn script(library: &Path) -> Option<PathBuf> {
        let linker = library.parent()?.join("iree-lld");
        if !linker.is_file() {
            return None;
        }
        let text = script_text(&linker);
        let name = format!("link-{}", &blake3::hash(&text).to_hex()[..16]);
        let lasting = cache::directory().map(|dir| dir.join("linker"));
        let lasting = lasting.filter(|dir| fs::create_dir_all(dir).is_ok() && is_plain(dir));
        lasting.and_then(|dir| write(&dir, &name, &text)).or_else(|| {
            let temporary = std::path::absolute(std::env::temp_dir()).ok().filter(|dir| is_plain(dir) && dir.is_dir());
            // Elsewhere than TMPDIR, where that is not there, or nothing for a shell.
            let parent = temporary.unwrap_or_else(|| PathBuf::from("/tmp"));
            write(&new_dir(&parent)?, &name, &text)
        })
    }

    /// What runs the linker, whose path may be of any bytes.
    fn script_text(linker: &Path) -> Vec<u8> {
        let mut text = b"#!/bin/sh\n'".to_vec();
        for &byte in linker.as_os_str().as_bytes() {
            match byte {
                b'\'' => text.extend_from_slice(br"'\''"),
                byte => text.push(byte),
            }
        }
        text.extend_from_slice(b"' \"$@\" 2>>\"${0%/*}/log\" || : >\"${0%/*}/failed\" || exit 1\n");
        text
    }

    /// IREE passes the path to a shell.
    fn is_plain(path: &Path) -> bool {
        let plain = |c: char| c.is_alphanumeric() || "/._-+@".contains(c);
        path.to_str().is_some_and(|p| p.chars().all(plain))
    }

    fn write(dir: &Path, name: &str, text: &[u8]) -> Option<PathBuf> {
        let (script, temporary) = (dir.join(name), dir.join(format!("{name}.{}", std::process::id())));
        if fs::read(&script).is_ok_and(|found| found == text) {
            return Some(script);
        }
        fs::write(&temporary, text).ok()?;
        fs::set_permissions(&temporary, fs::Permissions::from_mode(0o700)).ok()?;
        // The directory may forbid execution. `-flavor gnu --version` does nothing but succeed.
        let mut try_it = Command::new(&temporary);
        try_it.args(["-flavor", "gnu", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
        let works = try_it.status().is_ok_and(|s| s.success()) && !dir.join("failed").exists();
        let _ = fs::remove_file(dir.join("log"));
        if !works {
            let _ = fs::remove_file(&temporary);
            return None;
        }
        fs::rename(&temporary, &script).ok()?;
        Some(script)
    }

    /// Makes a directory that only this user can enter.
    fn new_dir(parent: &Path) -> Option<PathBuf> {
        use std::os::unix::fs::DirBuilderExt;
        (0..100u32).find_map(|i| {
            let dir = parent.join(format!("rune-link-{}.{i}", std::process::id()));
            fs::DirBuilder::new().mode(0o700).create(&dir).ok().map(|()| dir)
        })
    }
}

#[cfg(not(unix))]
mod imp {
    pub(super) fn link(_: &std::path::Path) -> Option<std::path::PathBuf> {
        None
    }
}
