//! Single runs of the compiler.

use super::diagnostics::Diagnostic;
use super::linker::LinkerLog;
use super::phases::PHASES;
use super::{CompileError, CompileOptions, library};
use crate::Opt;
use crate::ffi::compiler::{self as ffi, Failure, Request};
use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock};

/// What one run of the compiler returns beside its options, which alone decide what it compiles.
#[derive(Clone, Copy, Default)]
pub(super) struct Invocation<'a> {
    /// Stops after this phase, and returns text.
    pub phase: Option<&'a str>,
    /// More flags.
    pub flags: &'a [String],
    /// Receives each phase as it begins.
    pub watch: Option<&'a dyn Fn(&'static str)>,
}

/// Runs the compiler. A module that the fast flags fail on is compiled again with the plain ones.
pub(super) fn run(
    mlir: &str,
    name: &str,
    options: &CompileOptions,
    invocation: &Invocation<'_>,
) -> Result<ffi::Output, CompileError> {
    let first = run_once(mlir, name, options, invocation);
    // Other flags help only where passes fail on the program.
    let Err((error, true)) = first else { return first.map_err(|(error, _)| error.with_program(mlir)) };
    if options.opt == Opt::Plain || !options.target.is_cpu() {
        return Err(error.with_program(mlir));
    }
    let plain = CompileOptions { opt: Opt::Plain, ..options.clone() };
    match run_once(mlir, name, &plain, invocation) {
        Ok(output) => {
            tracing::warn!(program = name, %error, "compiled with the plain flags, as the fast flags failed");
            Ok(output)
        }
        Err((error, _)) => Err(error.with_program(mlir)),
    }
}

/// Runs the compiler for a target, alone in the process if it is the first time for this backend.
///
/// The first run puts the code generators of the backend into a list of LLVM that no lock protects: two first runs at
/// once can tie that list into a ring, and look for a code generator forever.
fn registering(
    backend: &'static str,
    compile: impl FnOnce() -> Result<ffi::Output, Failure>,
) -> Result<ffi::Output, Failure> {
    static REGISTERED: RwLock<BTreeSet<&'static str>> = RwLock::new(BTreeSet::new());
    let registered = REGISTERED.read().unwrap_or_else(PoisonError::into_inner);
    if registered.contains(backend) {
        return compile();
    }
    drop(registered);
    let mut registered = REGISTERED.write().unwrap_or_else(PoisonError::into_inner);
    let compiled = compile();
    // Without its passes the compiler registers nothing.
    if !matches!(compiled, Err(Failure::Flags(_) | Failure::Parse(_))) {
        registered.insert(backend);
    }
    compiled
}

/// Compiles once. An error comes with whether other flags may help.
fn run_once(
    mlir: &str,
    name: &str,
    options: &CompileOptions,
    invocation: &Invocation<'_>,
) -> Result<ffi::Output, (CompileError, bool)> {
    let loaded = library::loaded().map_err(|e| (e, false))?;
    // The compiler crashes without it.
    let temporary = std::env::temp_dir();
    if !temporary.is_dir() {
        let said = format!("the folder for temporary files, {}, is not there; set TMPDIR", temporary.display());
        return Err((CompileError::Output(said), false));
    }
    let mut flags = options.flags();
    let linker_log = if options.target.is_cpu() { LinkerLog::new(&loaded.path) } else { None };
    flags.extend(linker_log.as_ref().map(LinkerLog::flag));
    flags.extend_from_slice(invocation.flags);
    let request =
        Request { mlir, name, flags: &flags, phases: &PHASES, phase: invocation.phase, watch: invocation.watch };
    let rejected = |messages: Vec<ffi::Message>| {
        let mut diagnostics: Vec<Diagnostic> =
            messages.iter().map(|m| Diagnostic::parse(m.severity, &m.text)).collect();
        diagnostics.extend(linker_log.iter().flat_map(LinkerLog::diagnostics));
        CompileError::Rejected { name: name.to_owned(), target: options.target.to_string(), diagnostics, saved: None }
    };
    let compiled = registering(options.target.backend(), || ffi::compile(&loaded.library, &request));
    if linker_log.as_ref().is_some_and(LinkerLog::failed) {
        return Err((rejected(Vec::new()), true));
    }
    compiled.map_err(|failure| match failure {
        Failure::Flags(message) => (CompileError::Flags(message), false),
        Failure::Parse(messages) => (rejected(messages), false),
        Failure::Passes(messages) => (rejected(messages), true),
        Failure::Output(message) => (CompileError::Output(message), true),
    })
}
