//! Compilation without a cache.

use super::invocation::{CompilerOutput, Invocation, Output, run};
use super::phases::PHASES;
use super::{CompileError, CompileOptions, CompileReport, DispatchFile};
use crate::CompiledModule;

/// Compiles a StableHLO module from MLIR text, without a cache. Messages call it `name`.
///
/// The compiler runs in a separate process, so a crash of the compiler becomes an error. If this process ends, the
/// compiler's process ends too. `RUNE_COMPILE_MEMORY` and `RUNE_COMPILE_TIMEOUT` set the limits of the compiler. If the
/// fast flags fail on the module, it is compiled again with the plain flags.
///
/// The text must be trusted like all code of the process, because IREE checks no index at run time.
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
/// Returns an error if there is no compiler, or if it rejects the module, crashes, or exceeds a limit. The error holds
/// the compiler's diagnostics.
pub fn compile(mlir: &str, name: &str, options: &CompileOptions) -> Result<CompiledModule, CompileError> {
    Ok(compile_as(mlir, name, options, &Invocation::default())?.module)
}

/// A module, and the compiler's reports on it.
pub(super) struct CompileOutput {
    pub module: CompiledModule,
    /// The report, if it was requested.
    pub report: Option<CompileReport>,
    /// The dispatches in all their forms, if they were requested.
    pub files: Vec<DispatchFile>,
}

/// Like [`compile`], but returns everything that one run of the compiler can report.
pub(super) fn compile_as(
    mlir: &str,
    name: &str,
    options: &CompileOptions,
    invocation: &Invocation<'_>,
) -> Result<CompileOutput, CompileError> {
    let Output { result, phases, statistics, files } = run(mlir, name, options, invocation)?;
    let CompilerOutput::Module(module) = result else { return Err(CompileError::Output("it is a text".to_owned())) };
    Ok(CompileOutput { module, report: statistics.map(|statistics| CompileReport { phases, statistics }), files })
}

/// Like [`compile`], but also returns a report of the compilation. `watch` receives each phase at its start.
///
/// # Errors
/// Returns an error where [`compile`] does.
pub fn compile_with_report(
    mlir: &str,
    name: &str,
    options: &CompileOptions,
    watch: &dyn Fn(&'static str),
) -> Result<(CompiledModule, CompileReport), CompileError> {
    let invocation = Invocation { report: true, watch: Some(watch), ..Invocation::default() };
    let CompileOutput { module, report, .. } = compile_as(mlir, name, options, &invocation)?;
    Ok((module, report.unwrap_or_default()))
}

/// Returns the forms of each dispatch in the compiler: after configuration, as LLVM IR if the target uses LLVM, and in
/// the language of the target.
///
/// # Errors
/// Returns an error where [`compile`] does.
pub fn dispatch_files(mlir: &str, name: &str, options: &CompileOptions) -> Result<Vec<DispatchFile>, CompileError> {
    Ok(compile_as(mlir, name, options, &Invocation { files: true, ..Invocation::default() })?.files)
}

/// Returns the text of the module after a phase of the compiler, one of [`PHASES`].
///
/// # Errors
/// Returns an error where [`compile`] does, and if no phase has this name.
pub fn compile_to_phase(mlir: &str, name: &str, options: &CompileOptions, phase: &str) -> Result<String, CompileError> {
    if !PHASES.contains(&phase) {
        return Err(CompileError::UnknownPhase(phase.to_owned()));
    }
    match run(mlir, name, options, &Invocation { phase: Some(phase), ..Invocation::default() })?.result {
        CompilerOutput::Text(text) => Ok(text),
        CompilerOutput::Module(_) => Err(CompileError::Output("it is no text".to_owned())),
    }
}
