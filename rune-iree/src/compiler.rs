//! Compiling StableHLO to modules, in this process.

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::dispatches::{self, DispatchFile};
use crate::ffi::compiler::{self as ffi, Failure, Request};
use crate::linker::LinkerLog;
use crate::report::{CompileReport, Statistics};
use crate::{CompiledModule, Opt, Target, library, rejected};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

/// For what, and how, to compile. The default is this machine's CPU and the fast flags.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct CompileOptions {
    /// The processor.
    pub target: Target,
    /// How hard to try.
    pub opt: Opt,
    /// More flags of `iree-compile`, passed on as they are, after those of `target` and `opt`.
    pub extra_flags: Vec<String>,
}

impl CompileOptions {
    /// The default options for a target.
    pub fn for_target(target: Target) -> CompileOptions {
        CompileOptions { target, ..CompileOptions::default() }
    }
    /// All flags of IREE that these options mean.
    pub fn flags(&self) -> Vec<String> {
        let mut flags = self.target.flags(self.opt);
        // Evaluating constants takes a tenth to a fifth of the time to compile a training step, and what is constant in
        // rune's programs is small: captured arrays are arguments. Constant expressions are still hoisted, which costs
        // nothing, and computed once when the module is loaded.
        flags.push("--iree-opt-const-eval=false".to_owned());
        flags.extend_from_slice(&self.extra_flags);
        flags
    }
}

/// A program was not compiled.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// There is no compiler.
    #[error(
        "the IREE compiler is not installed: run scripts/setup, or `pip install iree-base-compiler==3.13.0`, or name \
         libIREECompiler in RUNE_IREE_COMPILER{}",
        looked_in(looked)
    )]
    MissingCompiler {
        /// The virtual environments that were looked into.
        looked: Vec<PathBuf>,
    },
    /// `RUNE_IREE_COMPILER` names no library.
    #[error("RUNE_IREE_COMPILER names {0}, which is not there; let it name libIREECompiler, or unset it")]
    NoSuchCompiler(PathBuf),
    /// The library is there, and cannot be loaded.
    #[error("the IREE compiler {path} cannot be loaded: {reason}; install iree-base-compiler==3.13.0")]
    Load {
        /// The library.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// IREE does not know a flag.
    #[error("IREE refuses the flags of this compilation: {0}; look at `extra_flags`")]
    Flags(String),
    /// The phase has an unknown name.
    #[error("`{0}` is not a phase of the compiler; phases are {phases}", phases = PHASES.join(", "))]
    UnknownPhase(String),
    /// IREE refused the program.
    #[error("IREE cannot compile `{name}` for {target}:{}{}", Diagnostics(diagnostics), saved_in(saved))]
    Rejected {
        /// The name of the program.
        name: String,
        /// For what it was compiled.
        target: String,
        /// What IREE said, in its order.
        diagnostics: Vec<Diagnostic>,
        /// The file with the program and all of that, for the message shows the beginning only.
        saved: Option<PathBuf>,
    },
    /// The result could not be taken from IREE.
    #[error("IREE could not write what it compiled: {0}")]
    Output(String),
}

fn saved_in(file: &Option<PathBuf>) -> String {
    let file = file.as_ref();
    file.map(|file| format!("\n  the program, and all that IREE said of it, is in {}", file.display()))
        .unwrap_or_default()
}

impl CompileError {
    /// The error, with the program that was refused in a file.
    fn with_program(mut self, mlir: &str) -> CompileError {
        if let CompileError::Rejected { name, target, diagnostics, saved } = &mut self {
            let said = format!("IREE cannot compile `{name}` for {target}:\n{}", rejected::whole(diagnostics));
            *saved = rejected::save_rejected(name, mlir, &said);
        }
        self
    }
}

fn looked_in(venvs: &[PathBuf]) -> String {
    if venvs.is_empty() {
        return String::new();
    }
    let names: Vec<String> = venvs.iter().map(|p| p.display().to_string()).collect();
    format!(" (looked in {}, and asked python3)", names.join(", "))
}

/// The phases of [`compile_to_phase`], in their order.
pub const PHASES: [&str; 13] = [
    "input",
    "abi",
    "preprocessing",
    "global-optimization",
    "dispatch-creation",
    "flow",
    "stream",
    "executable-sources",
    "executable-configurations",
    "executable-targets",
    "hal",
    "vm",
    "end",
];

/// Compiles a StableHLO module, given as MLIR text, without any cache. `name` stands in messages.
///
/// A module that the fast flags fail on is compiled again with the plain ones, with a warning in the log.
///
/// # Errors
/// If there is no compiler, or it refuses the module. The error holds what the compiler said and where.
pub fn compile(mlir: &str, name: &str, options: &CompileOptions) -> Result<CompiledModule, CompileError> {
    Ok(compile_telling(mlir, name, options, &|_| {}, false)?.module)
}

/// A module, and what the compiler told of it.
pub(crate) struct Compiled {
    pub(crate) module: CompiledModule,
    /// None where the compiler has no place to write it.
    pub(crate) report: Option<CompileReport>,
    /// The dispatches in all their forms, if they were asked for.
    pub(crate) files: Vec<DispatchFile>,
}

/// As [`compile`]. All is told at once, for compiling once more would take as long.
pub(crate) fn compile_telling(
    mlir: &str,
    name: &str,
    options: &CompileOptions,
    watch: &dyn Fn(&'static str),
    files: bool,
) -> Result<Compiled, CompileError> {
    let folder = match folder() {
        // The compiler is told of it in a flag, which is text.
        Ok(folder) if folder.path().to_str().is_some() => folder,
        Err(error) if files => return Err(error),
        Ok(folder) if files => {
            let said = format!("the folder for temporary files, {}, has no name in UTF-8", folder.path().display());
            return Err(CompileError::Output(said));
        }
        Ok(_) | Err(_) => {
            let module = module(run(mlir, name, options, &Ask { watch: Some(watch), ..Ask::default() })?)?;
            return Ok(Compiled { module, report: None, files: Vec::new() });
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
    let output = run(mlir, name, options, &Ask { flags: &flags, watch: Some(&clock), ..Ask::default() })?;
    let end = Instant::now();
    let begun = begun.into_inner();
    let ends = begun.iter().skip(1).map(|(_, time)| *time).chain([end]);
    let phases = begun.iter().zip(ends).map(|((phase, from), to)| (*phase, to - *from)).collect();
    let statistics = std::fs::read_to_string(&file).ok().and_then(|text| Statistics::parse(&text));
    let unreadable = |e: std::io::Error| CompileError::Output(e.to_string());
    let files = if files { dispatches::read(&dump).map_err(unreadable)? } else { Vec::new() };
    let report = statistics.map(|statistics| CompileReport { phases, statistics });
    Ok(Compiled { module: module(output)?, report, files })
}

/// As [`compile`], with what the compiler tells of it. `watch` is told of each phase as it begins.
///
/// # Errors
/// As [`compile`].
pub fn compile_with_report(
    mlir: &str,
    name: &str,
    options: &CompileOptions,
    watch: &dyn Fn(&'static str),
) -> Result<(CompiledModule, CompileReport), CompileError> {
    let Compiled { module, report, .. } = compile_telling(mlir, name, options, watch, false)?;
    Ok((module, report.unwrap_or_default()))
}

/// What the compiler writes of each dispatch on its way: its form after configuration, LLVM's, and the code of the target, as far as
/// there are such.
///
/// # Errors
/// As [`compile`].
pub fn dispatch_files(mlir: &str, name: &str, options: &CompileOptions) -> Result<Vec<DispatchFile>, CompileError> {
    Ok(compile_telling(mlir, name, options, &|_| {}, true)?.files)
}

fn folder() -> Result<tempfile::TempDir, CompileError> {
    let made = tempfile::Builder::new().prefix(&crate::abandon::prefix()).tempdir();
    made.map_err(|e| CompileError::Output(format!("no folder for it can be made: {e}")))
}

fn module(output: ffi::Output) -> Result<CompiledModule, CompileError> {
    CompiledModule::from_storage(Arc::new(output), .., "what IREE compiled")
        .map_err(|e| CompileError::Output(e.to_string()))
}

/// The text of the module after a phase of the compiler, one of [`PHASES`].
///
/// # Errors
/// As [`compile`], or if the phase is unknown.
pub fn compile_to_phase(mlir: &str, name: &str, options: &CompileOptions, phase: &str) -> Result<String, CompileError> {
    if !PHASES.contains(&phase) {
        return Err(CompileError::UnknownPhase(phase.to_owned()));
    }
    let output = run(mlir, name, options, &Ask { phase: Some(phase), ..Ask::default() })?;
    Ok(String::from_utf8_lossy(output.as_ref()).into_owned())
}

/// The compiler's own name for its version.
///
/// # Errors
/// If there is no compiler.
pub fn compiler_revision() -> Result<String, CompileError> {
    Ok(library::loaded()?.library.revision().to_owned())
}

/// What is asked of the compiler beside its options, and changes nothing of what it makes.
#[derive(Clone, Copy, Default)]
struct Ask<'a> {
    /// The text after this phase.
    phase: Option<&'a str>,
    /// More flags.
    flags: &'a [String],
    /// To be told of each phase.
    watch: Option<&'a dyn Fn(&'static str)>,
}

fn run(mlir: &str, name: &str, options: &CompileOptions, ask: &Ask<'_>) -> Result<ffi::Output, CompileError> {
    let first = run_once(mlir, name, options, ask);
    // What cannot be parsed, or was not compiled for another reason than the program, is not tried again.
    let Err((error, true)) = first else { return first.map_err(|(error, _)| error.with_program(mlir)) };
    if options.opt == Opt::Plain || !options.target.is_cpu() {
        return Err(error.with_program(mlir));
    }
    let plain = CompileOptions { opt: Opt::Plain, ..options.clone() };
    match run_once(mlir, name, &plain, ask) {
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

/// Compiles once. With an error comes whether other flags might do.
fn run_once(
    mlir: &str,
    name: &str,
    options: &CompileOptions,
    ask: &Ask<'_>,
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
    flags.extend_from_slice(ask.flags);
    let request = Request { mlir, name, flags: &flags, phase: ask.phase, watch: ask.watch };
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
