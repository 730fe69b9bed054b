//! Where the compiler library is, and the one copy of it that this process loads.

use super::CompileError;
use super::cache::Stamp;
use crate::environment::path_from;
use crate::ffi::compiler::Library;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

#[cfg(target_os = "linux")]
const FILE: &str = "libIREECompiler.so";
#[cfg(target_os = "macos")]
const FILE: &str = "libIREECompiler.dylib";
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
const FILE: &str = "IREECompiler.dll";

/// Returns the path of the compiler library: the one that `RUNE_IREE_COMPILER` names (the library, or a directory that holds it), else the
/// one in the `.venv` of the repository, else the one in the Python environment in use.
///
/// # Errors
/// Returns an error if there is none.
pub fn compiler_library() -> Result<PathBuf, CompileError> {
    find(path_from("RUNE_IREE_COMPILER"), &venvs(), true)
}

/// The library that `named` says, or the first in the virtual environments `venvs`, or in those of `python3`.
fn find(named: Option<PathBuf>, venvs: &[PathBuf], ask_python: bool) -> Result<PathBuf, CompileError> {
    if let Some(path) = named {
        let file = if path.is_dir() { path.join(FILE) } else { path };
        return if file.is_file() { Ok(file) } else { Err(CompileError::NoSuchCompiler(file)) };
    }
    let in_venvs =
        venvs.iter().flat_map(|venv| site_packages(venv)).map(|site| library_in(&site)).find(|p| p.is_file());
    if let Some(found) = in_venvs {
        return Ok(found);
    }
    if ask_python && let Some(found) = from_python() {
        return Ok(found);
    }
    Err(CompileError::MissingCompiler { looked: venvs.to_vec() })
}

/// Like [`compiler_library`], but does not ask Python, which takes as long as starting it.
pub(super) fn find_without_python() -> Option<PathBuf> {
    find(path_from("RUNE_IREE_COMPILER"), &venvs(), false).ok()
}

fn library_in(site_packages: &Path) -> PathBuf {
    site_packages.join("iree/compiler/_mlir_libs").join(FILE)
}

/// The virtual environments that belong to this program: the active one, and the `.venv` of a directory above the
/// working directory, the executable, or the source this was built from.
fn venvs() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = path_from("VIRTUAL_ENV").into_iter().collect();
    let starts = [std::env::current_dir().ok(), std::env::current_exe().ok(), Some(env!("CARGO_MANIFEST_DIR").into())];
    for start in starts.into_iter().flatten() {
        let venv = start.ancestors().map(|dir| dir.join(".venv")).find(|venv| venv.is_dir());
        if let Some(venv) = venv
            && !found.contains(&venv)
        {
            found.push(venv);
        }
    }
    found
}

fn site_packages(venv: &Path) -> Vec<PathBuf> {
    let unix =
        std::fs::read_dir(venv.join("lib")).into_iter().flatten().flatten().map(|e| e.path().join("site-packages"));
    unix.chain([venv.join("Lib/site-packages")]).filter(|p| p.is_dir()).collect()
}

/// Asks `python3` where the package `iree.compiler` is, without importing it.
fn from_python() -> Option<PathBuf> {
    const QUESTION: &str = "import importlib.util, os\n\
        s = importlib.util.find_spec('iree.compiler')\n\
        print(os.path.dirname(s.origin) if s else '')";
    let answer = Command::new("python3").args(["-c", QUESTION]).output().ok()?;
    let dir = String::from_utf8(answer.stdout).ok()?;
    let file = Path::new(dir.trim()).join("_mlir_libs").join(FILE);
    (!dir.trim().is_empty() && file.is_file()).then_some(file)
}

/// The library, and where it was found.
pub(super) struct Loaded {
    pub library: Library,
    pub path: PathBuf,
    /// The file as it was before it was loaded.
    stamp: Option<Stamp>,
}

static LOADED: Mutex<Option<&'static Loaded>> = Mutex::new(None);

/// The file that the library was loaded from, if it is loaded.
pub(super) fn loaded_from() -> Option<Stamp> {
    LOADED.lock().unwrap_or_else(|e| e.into_inner()).and_then(|loaded| loaded.stamp.clone())
}

/// The library, loaded when first asked for and kept until the process ends. A failure is not kept: the next call looks
/// again.
pub(super) fn loaded() -> Result<&'static Loaded, CompileError> {
    let mut slot = LOADED.lock().unwrap_or_else(|e| e.into_inner());
    if let Some(loaded) = *slot {
        return Ok(loaded);
    }
    let path = compiler_library()?;
    let stamp = Stamp::of(&path).ok();
    let library = Library::load(&path).map_err(|reason| CompileError::Load { path: path.clone(), reason })?;
    tracing::debug!(path = %path.display(), revision = library.revision(), "loaded the IREE compiler");
    let loaded: &'static Loaded = Box::leak(Box::new(Loaded { library, path, stamp }));
    *slot = Some(loaded);
    Ok(loaded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_says_what_to_install() {
        let error = find(None, &["nowhere/.venv".into()], false).unwrap_err().to_string();
        assert!(error.contains("pip install iree-base-compiler==3.13.0"), "{error}");
        assert!(error.contains("scripts/setup") && error.contains("RUNE_IREE_COMPILER"), "{error}");
        let error = find(Some("nowhere/lib.so".into()), &[], false).unwrap_err().to_string();
        assert!(error.contains("nowhere/lib.so") && error.contains("RUNE_IREE_COMPILER"), "{error}");
    }
}
