//! Runs of the compiler, each in a separate process.

use super::child::{self, CompilerRun, ExitReason};
use super::diagnostics::{Diagnostic, Severity};
use super::limits::Limits;
use super::phases::PhaseClock;
use super::report::Statistics;
use super::{CompileError, CompileOptions, DispatchFile, abandon, dispatches, library, messages};
use crate::{CompiledModule, Opt};
use std::ffi::OsString;
use std::fs::File;
use std::path::Path;
use std::time::Duration;

/// The settings of one run of the compiler that do not affect the compiled code.
#[derive(Clone, Copy, Default)]
pub(super) struct Invocation<'a> {
    /// Stops after this phase, and returns text.
    pub phase: Option<&'a str>,
    /// Returns the times of the phases and the statistics.
    pub report: bool,
    /// Returns the forms of the dispatches.
    pub files: bool,
    /// Receives each phase at its start.
    pub watch: Option<&'a dyn Fn(&'static str)>,
    /// Runs at the lowest priority and on one core.
    pub background: bool,
    /// Called every few milliseconds. The run is cancelled if it returns false.
    pub wanted: Option<&'a dyn Fn() -> bool>,
}

/// The output of one run of the compiler.
pub(super) struct Output {
    pub result: CompilerOutput,
    pub phases: Vec<(&'static str, Duration)>,
    pub statistics: Option<Statistics>,
    pub files: Vec<DispatchFile>,
}

pub(super) enum CompilerOutput {
    Module(CompiledModule),
    /// The text after a phase.
    Text(String),
}

/// Runs the compiler. If the fast flags fail on a module, compiles it again with the plain flags.
pub(super) fn run(
    mlir: &str,
    name: &str,
    options: &CompileOptions,
    invocation: &Invocation<'_>,
) -> Result<Output, CompileError> {
    // Other flags help only if a pass fails on the program.
    match run_once(mlir, name, options, invocation) {
        Err(CompilerFailure { error, stderr, may_be_flags: true })
            if options.opt != Opt::Plain && options.target.has_plain_flags() =>
        {
            let plain = CompileOptions { opt: Opt::Plain, ..options.clone() };
            match run_once(mlir, name, &plain, invocation) {
                Ok(output) => {
                    let error = error.to_string();
                    tracing::debug!(program = name, stderr, error, "the fast flags fail; compiled with the plain ones");
                    Ok(output)
                }
                Err(CompilerFailure { error, stderr, .. }) => Err(error.with_program(mlir, &stderr)),
            }
        }
        result => result.map_err(|CompilerFailure { error, stderr, .. }| error.with_program(mlir, &stderr)),
    }
}

struct CompilerFailure {
    error: Box<CompileError>,
    /// The whole output of the compiler.
    stderr: String,
    /// Whether other flags can help.
    may_be_flags: bool,
}

impl From<CompileError> for CompilerFailure {
    fn from(error: CompileError) -> CompilerFailure {
        CompilerFailure { error: Box::new(error), stderr: String::new(), may_be_flags: false }
    }
}

fn run_once(
    mlir: &str,
    name: &str,
    options: &CompileOptions,
    invocation: &Invocation<'_>,
) -> Result<Output, CompilerFailure> {
    let executable = library::compiler_executable()?;
    let folder = abandon::folder(name)?;
    let path = |name: &str| folder.path().join(name);
    let (input, output, statistics) = (path("module.mlir"), path("module.vmfb"), path("statistics.json"));
    let (dispatches, phases) = (path("dispatches"), path("phases"));
    let failed = |what: &str, error: std::io::Error| CompileError::Output(format!("{what}: {error}"));
    let written = std::fs::write(&input, mlir).and_then(|()| File::open(&input));
    let program = written.map_err(|e| failed("the program cannot be written", e))?;

    let flag = |flag: &str, file: &Path| {
        let mut flag = OsString::from(flag);
        flag.push(file);
        flag
    };
    let mut arguments: Vec<OsString> = options.flags().into_iter().map(OsString::from).collect();
    arguments.push("--iree-input-type=stablehlo".into());
    if let Some(phase) = invocation.phase {
        // The text is the same after the last two phases.
        let phase = if phase == "end" { "vm" } else { phase };
        arguments.push(format!("--compile-to={phase}").into());
    }
    if invocation.report {
        arguments.push("--iree-scheduling-dump-statistics-format=json".into());
        arguments.push(flag("--iree-scheduling-dump-statistics-file=", &statistics));
    }
    let times_phases = invocation.report || invocation.watch.is_some();
    if times_phases {
        arguments.push(flag("--dump-compilation-phases-to=", &phases));
    }
    if invocation.files {
        arguments.push(flag("--iree-hal-dump-executable-files-to=", &dispatches));
    }
    if invocation.background {
        arguments.push("--mlir-disable-threading".into());
    }
    // The module is read from standard input: its path would become part of the compiled module, and differs each time.
    arguments.extend(["-".into(), "-o".into(), output.clone().into()]);

    let mut clock = times_phases.then(|| PhaseClock::start(&phases, invocation.watch));
    let mut go_on = || {
        clock.iter_mut().for_each(PhaseClock::look);
        invocation.wanted.is_none_or(|wanted| wanted())
    };
    let limits = Limits::from_environment();
    let (folder, background) = (folder.path(), invocation.background);
    let run = CompilerRun {
        executable: &executable,
        arguments,
        input: program,
        folder,
        background,
        limits,
        go_on: &mut go_on,
    };
    let (ended, stderr) = child::run(run).map_err(|e| CompileError::Run { path: executable.clone(), source: e })?;
    check(&ended, stderr, name, options, limits)?;

    let unreadable = |e: std::io::Error| failed("what it wrote cannot be read", e);
    let result = match invocation.phase {
        Some(_) => CompilerOutput::Text(std::fs::read_to_string(&output).map_err(unreadable)?),
        None => CompilerOutput::Module(CompiledModule::load(&output).map_err(|e| CompileError::Output(e.to_string()))?),
    };
    let files = if invocation.files { dispatches::read(&dispatches).map_err(unreadable)? } else { Vec::new() };
    let statistics = std::fs::read_to_string(&statistics).ok().and_then(|text| Statistics::parse(&text));
    Ok(Output { result, phases: clock.map_or_else(Vec::new, PhaseClock::finish), statistics, files })
}

/// Returns an error if the compiler did not succeed.
fn check(
    ended: &ExitReason,
    stderr: String,
    name: &str,
    options: &CompileOptions,
    limits: Limits,
) -> Result<(), CompilerFailure> {
    let (program, target) = (name.to_owned(), options.target.to_string());
    let failed =
        |error, may_be_flags| Err(CompilerFailure { error: Box::new(error), stderr: stderr.clone(), may_be_flags });
    let status = match ended {
        ExitReason::Exited(status) if status.success() => return Ok(()),
        ExitReason::Exited(status) => *status,
        ExitReason::TimedOut(limit) => {
            return failed(CompileError::TimedOut { name: program, target, limit: *limit, saved: None }, false);
        }
        ExitReason::Cancelled => return failed(CompileError::Cancelled(program), false),
    };
    if let Some(message) = messages::refused_flags(&stderr) {
        return failed(CompileError::Flags(message), false);
    }
    let mut diagnostics = messages::diagnostics(&stderr, name);
    // Notes and remarks are not reasons for a failure.
    let says_why = diagnostics.iter().any(|d| d.severity == Severity::Error);
    if status.code().is_none() {
        if limits.memory > 0 && messages::is_out_of_memory(&stderr) {
            let limit = limits.memory;
            return failed(CompileError::OutOfMemory { name: program, target, limit, saved: None }, false);
        }
        let words = messages::last_words(&stderr).map(|words| format!(": {words}")).unwrap_or_default();
        let message = format!("the compiler crashed ({status}){words}");
        diagnostics.insert(0, Diagnostic::without_place(Severity::Error, message));
    } else if !says_why {
        let message = match stderr.trim() {
            "" => format!("the compiler failed ({status}) and gave no reason"),
            stderr => stderr.to_owned(),
        };
        diagnostics.insert(0, Diagnostic::without_place(Severity::Error, message));
    }
    failed(CompileError::Rejected { name: program, target, diagnostics, saved: None }, true)
}
