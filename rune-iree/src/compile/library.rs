//! Finds the compiler. The executable `iree-compile` is in the folder of its library.

use super::CompileError;
use crate::environment::path_from;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// The name of the compiler's executable.
#[cfg(not(windows))]
const EXECUTABLE: &str = "iree-compile";
#[cfg(windows)]
const EXECUTABLE: &str = "iree-compile.exe";

#[cfg(target_os = "linux")]
const FILE: &str = "libIREECompiler.so";
#[cfg(target_os = "macos")]
const FILE: &str = "libIREECompiler.dylib";
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
const FILE: &str = "IREECompiler.dll";

/// Returns the path of the compiler library. `RUNE_IREE_COMPILER` names the library or its directory. Otherwise the
/// search covers the `.venv` of the repository, then the active Python environment. The executable `iree-compile` is
/// beside the library.
///
/// # Errors
/// Returns an error if no library is found.
pub fn compiler_library() -> Result<PathBuf, CompileError> {
    find(path_from("RUNE_IREE_COMPILER"), &venvs(), true)
}

/// Returns the library at `named`, else the first one in the virtual environments `venvs`, else the one of `python3` if
/// `ask_python`.
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

/// Like [`compiler_library`], but does not start Python, which is slow.
pub(super) fn find_without_python() -> Option<PathBuf> {
    find(path_from("RUNE_IREE_COMPILER"), &venvs(), false).ok()
}

fn library_in(site_packages: &Path) -> PathBuf {
    site_packages.join("iree/compiler/_mlir_libs").join(FILE)
}

/// Returns the virtual environments of this program: the active one, and the `.venv` folders in or above the working
/// directory, the directory of the executable, and the directory of the source.
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

/// Asks `python3` for the location of the package `iree.compiler`, without importing it.
fn from_python() -> Option<PathBuf> {
    const QUESTION: &str = "import importlib.util, os\n\
        s = importlib.util.find_spec('iree.compiler')\n\
        print(os.path.dirname(s.origin) if s else '')";
    let answer = Command::new("python3").args(["-c", QUESTION]).output().ok()?;
    let dir = String::from_utf8(answer.stdout).ok()?;
    let file = Path::new(dir.trim()).join("_mlir_libs").join(FILE);
    (!dir.trim().is_empty() && file.is_file()).then_some(file)
}

/// Returns the path of the compiler's executable, beside the library.
pub(super) fn compiler_executable() -> Result<PathBuf, CompileError> {
    static FOUND: Mutex<Option<PathBuf>> = Mutex::new(None);
    let mut found = FOUND.lock().unwrap_or_else(|e| e.into_inner());
    // A failure is not cached.
    if let Some(path) = found.as_ref().filter(|path| path.is_file()) {
        return Ok(path.clone());
    }
    let path = compiler_library()?.with_file_name(EXECUTABLE);
    if !path.is_file() {
        return Err(CompileError::NoExecutable(path));
    }
    Ok(found.insert(path).clone())
}

/// Returns the compiler's version, as it prints it.
///
/// # Errors
/// Returns an error if there is no compiler, or if it cannot be run.
pub fn compiler_revision() -> Result<String, CompileError> {
    let path = compiler_executable()?;
    let mut command = Command::new(&path);
    let output = command.arg("--version").stdin(Stdio::null()).output();
    let output = output.map_err(|source| CompileError::Run { path: path.clone(), source })?;
    let version = String::from_utf8_lossy(&output.stdout);
    let revision = version.lines().find_map(|line| line.trim().strip_prefix("IREE compiler version "));
    revision.map(str::to_owned).ok_or_else(|| {
        let reason = format!("`iree-compile --version` says: {}", super::excerpt(&version, 3));
        CompileError::Output(reason)
    })
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
