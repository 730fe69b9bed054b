//! Compiling StableHLO to modules, in this process, and caching them.

mod abandon;
mod cache;
mod child;
mod diagnostics;
mod dispatches;
mod error;
mod excerpt;
mod invocation;
mod library;
mod linker;
mod options;
mod phases;
mod rejected;
mod report;

pub use abandon::abandon_compilations;
pub use cache::{CacheEntry, CacheOutcome, Cached, CompileCache, CompileTimings};
pub use diagnostics::{Diagnostic, Severity};
pub use dispatches::DispatchFile;
pub use error::CompileError;
pub use excerpt::excerpt;
pub use library::compiler_library;
pub use options::CompileOptions;
pub use phases::PHASES;
pub use rejected::save_rejected;
pub use report::{CompileReport, Statistics};

use crate::CompiledModule;
use crate::ffi::compiler::Output;
use invocation::{Invocation, run};
use std::cell::RefCell;
use std::sync::Arc;
use std::time::Instant;

/// Compiles a StableHLO module, given as MLIR text, without any cache. Messages call it `name`.
///
/// If the fast flags fail on the module, it is compiled again with the plain flags, and the log has a warning.
///
/// The text is trusted like any code that the process runs: IREE compiles what it says, and checks no index at run time.
///
/// ```
/// use rune_iree::{CompileOptions, compile};
/// let text = "func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> { return %x : tensor<2xf32> }";
/// let module = compile(text, "identity", &CompileOptions::default())?;
/// assert!(!module.bytes().is_empty());
/// # Ok::<(), rune_iree::CompileError>(())
/// ```
///
/// # Errors
/// Returns an error if there is no compiler, or if it rejects the module. The error holds the diagnostics of the compiler.
pub fn compile(mlir: &str, name: &str, options: &CompileOptions) -> Result<CompiledModule, CompileError> {
    Ok(compile_with_details(mlir, name, options, &|_| {}, false)?.module)
}

/// A module, and what the compiler reported of it.
pub(super) struct CompileOutput {
    pub module: CompiledModule,
    /// None if there is no folder for the compiler to write it to.
    pub report: Option<CompileReport>,
    /// The dispatches in all their forms, if they were asked for.
    pub files: Vec<DispatchFile>,
}

/// Like [`compile`], with all that one run of the compiler can report.
pub(super) fn compile_with_details(
    mlir: &str,
    name: &str,
    options: &CompileOptions,
    watch: &dyn Fn(&'static str),
    files: bool,
) -> Result<CompileOutput, CompileError> {
    let folder = match folder() {
        // Its name goes into a flag, which is text.
        Ok(folder) if folder.path().to_str().is_some() => folder,
        Err(error) if files => return Err(error),
        Ok(folder) if files => {
            let said = format!("the folder for temporary files, {}, has no name in UTF-8", folder.path().display());
            return Err(CompileError::Output(said));
        }
        Ok(_) | Err(_) => {
            let module =
                module(run(mlir, name, options, &Invocation { watch: Some(watch), ..Invocation::default() })?)?;
            return Ok(CompileOutput { module, report: None, files: Vec::new() });
        }
    };
    let (file, dump) = (folder.path().join("statistics.json"), folder.path().join("dispatches"));
    let mut flags = vec![
        "--iree-scheduling-dump-statistics-format=json".to_owned(),
        format!("--iree-scheduling-dump-statistics-file={}", file.display()),
    ];
    if files {
        flags.push(format!("--iree-hal-dump-executable-files-to={}", dump.display()));
    }
    let begun: RefCell<Vec<(&'static str, Instant)>> = RefCell::default();
    let clock = |phase| {
        // The compilation may begin anew, with other flags.
        if phase == PHASES[0] {
            begun.borrow_mut().clear();
        }
        begun.borrow_mut().push((phase, Instant::now()));
        watch(phase);
    };
    let output = run(mlir, name, options, &Invocation { flags: &flags, watch: Some(&clock), ..Invocation::default() })?;
    let end = Instant::now();
    let begun = begun.into_inner();
    let ends = begun.iter().skip(1).map(|(_, time)| *time).chain([end]);
    let phases = begun.iter().zip(ends).map(|((phase, from), to)| (*phase, to - *from)).collect();
    let statistics = std::fs::read_to_string(&file).ok().and_then(|text| Statistics::parse(&text));
    let unreadable = |e: std::io::Error| CompileError::Output(e.to_string());
    let files = if files { dispatches::read(&dump).map_err(unreadable)? } else { Vec::new() };
    let report = statistics.map(|statistics| CompileReport { phases, statistics });
    Ok(CompileOutput { module: module(output)?, report, files })
}

/// Like [`compile`], and returns a report of the compilation. `watch` receives each phase as it begins.
///
/// # Errors
/// Returns an error where [`compile`] does.
pub fn compile_with_report(
    mlir: &str,
    name: &str,
    options: &CompileOptions,
    watch: &dyn Fn(&'static str),
) -> Result<(CompiledModule, CompileReport), CompileError> {
    let CompileOutput { module, report, .. } = compile_with_details(mlir, name, options, watch, false)?;
    Ok((module, report.unwrap_or_default()))
}

/// Returns the forms that each dispatch takes in the compiler: after configuration, as LLVM's code if the target has such, and in the
/// language of the target.
///
/// # Errors
/// Returns an error where [`compile`] does.
pub fn dispatch_files(mlir: &str, name: &str, options: &CompileOptions) -> Result<Vec<DispatchFile>, CompileError> {
    Ok(compile_with_details(mlir, name, options, &|_| {}, true)?.files)
}

fn folder() -> Result<tempfile::TempDir, CompileError> {
    let made = tempfile::Builder::new().prefix(&abandon::prefix()).tempdir();
    made.map_err(|e| CompileError::Output(format!("no folder for it can be made: {e}")))
}

fn module(output: Output) -> Result<CompiledModule, CompileError> {
    CompiledModule::from_storage(Arc::new(output), .., "what IREE compiled")
        .map_err(|e| CompileError::Output(e.to_string()))
}

/// Returns the text of the module after a phase of the compiler, one of [`PHASES`].
///
/// # Errors
/// Returns an error where [`compile`] does, and if no phase has this name.
pub fn compile_to_phase(mlir: &str, name: &str, options: &CompileOptions, phase: &str) -> Result<String, CompileError> {
    if !PHASES.contains(&phase) {
        return Err(CompileError::UnknownPhase(phase.to_owned()));
    }
    let output = run(mlir, name, options, &Invocation { phase: Some(phase), ..Invocation::default() })?;
    Ok(String::from_utf8_lossy(output.as_ref()).into_owned())
}

/// Returns the compiler's own name for its version.
///
/// # Errors
/// Returns an error if there is no compiler.
pub fn compiler_revision() -> Result<String, CompileError> {
    Ok(library::loaded()?.library.revision().to_owned())
}
