//! The errors of compilation.

use super::diagnostics::{Diagnostic, Diagnostics};
use super::excerpt::excerpt;
use super::phases::PHASES;
use super::rejected;
use std::path::PathBuf;
use std::time::Duration;

/// An error of compilation.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// No compiler was found.
    #[error(
        "the IREE compiler is not installed: run scripts/setup, or `pip install iree-base-compiler==3.13.0`, or name \
         libIREECompiler in RUNE_IREE_COMPILER{}",
        looked_in(looked)
    )]
    MissingCompiler {
        /// The virtual environments that were searched.
        looked: Vec<PathBuf>,
    },
    /// `RUNE_IREE_COMPILER` names no library.
    #[error("RUNE_IREE_COMPILER names {0}, which is not there; let it name libIREECompiler, or unset it")]
    NoSuchCompiler(PathBuf),
    /// The library exists, but the executable does not.
    #[error("the IREE compiler is incomplete: {0} is not there; install iree-base-compiler==3.13.0")]
    NoExecutable(PathBuf),
    /// The executable cannot be run.
    #[error("the IREE compiler {path} cannot be run: {source}; install iree-base-compiler==3.13.0")]
    Run {
        /// The executable.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// IREE rejects a flag.
    #[error("IREE rejects the flags of this compilation: {0}; look at `extra_flags`")]
    Flags(String),
    /// No phase has this name.
    #[error("`{0}` is not a phase of the compiler; phases are {phases}", phases = PHASES.join(", "))]
    UnknownPhase(String),
    /// IREE rejects the program.
    #[error("IREE cannot compile `{name}` for {target}:{}{}", Diagnostics(diagnostics), saved_in(saved))]
    Rejected {
        /// The name of the program.
        name: String,
        /// The target.
        target: String,
        /// The diagnostics of IREE, in its order.
        diagnostics: Vec<Diagnostic>,
        /// The file that holds the program and all diagnostics. The message shows only the beginning.
        saved: Option<PathBuf>,
    },
    /// The compiler exceeded the time limit.
    #[error(
        "IREE takes longer than {} s to compile `{name}` for {target}; RUNE_COMPILE_TIMEOUT sets the limit, in seconds{}",
        limit.as_secs_f64(),
        saved_in(saved)
    )]
    TimedOut {
        /// The name of the program.
        name: String,
        /// The target.
        target: String,
        /// The limit.
        limit: Duration,
        /// The file that holds the program.
        saved: Option<PathBuf>,
    },
    /// The compiler exceeded the memory limit.
    #[error(
        "IREE needs more than {} MiB of memory to compile `{name}` for {target}; RUNE_COMPILE_MEMORY sets the limit{}",
        limit >> 20,
        saved_in(saved)
    )]
    OutOfMemory {
        /// The name of the program.
        name: String,
        /// The target.
        target: String,
        /// The limit, in bytes.
        limit: u64,
        /// The file that holds the program.
        saved: Option<PathBuf>,
    },
    /// The result is no longer wanted.
    #[error("the compilation of `{0}` was cancelled")]
    Cancelled(String),
    /// The output of the compiler cannot be read.
    #[error("IREE could not write what it compiled: {0}")]
    Output(String),
}

fn saved_in(file: &Option<PathBuf>) -> String {
    let file = file.as_ref();
    file.map(|file| format!("\n  the program and IREE's messages are in {}", file.display())).unwrap_or_default()
}

impl CompileError {
    /// Returns whether the compiler works, but rejects this program.
    pub fn is_of_program(&self) -> bool {
        use CompileError::{OutOfMemory, Rejected, TimedOut};
        matches!(self, Rejected { .. } | TimedOut { .. } | OutOfMemory { .. })
    }
    /// Returns one line for a warning: the operation and its place, if known, and the file that holds the program.
    pub fn summary(&self) -> String {
        let CompileError::Rejected { saved, .. } = self else { return excerpt(&self.to_string(), 2) };
        let Some(reason) = self.reason() else { return excerpt(&self.to_string(), 2) };
        let operation = reason.operation().map(|operation| format!(" {operation}")).unwrap_or_default();
        let place =
            reason.file.as_ref().map(|file| format!(" at {}:{}:{}", file.display(), reason.line, reason.column));
        let message = excerpt(&reason.message, 1);
        format!("IREE cannot compile{operation}{}: {message}{}", place.unwrap_or_default(), saved_in(saved))
    }
    /// Returns the decisive diagnostic, with the operation if a diagnostic names one.
    pub fn reason(&self) -> Option<&Diagnostic> {
        let CompileError::Rejected { diagnostics, .. } = self else { return None };
        let named = diagnostics.iter().find(|d| d.operation().is_some());
        named.or_else(|| diagnostics.first())
    }
    /// Saves the rejected program and the output of the compiler in a file. Returns the error with the path of the
    /// file.
    pub(super) fn with_program(mut self, mlir: &str, stderr: &str) -> CompileError {
        let first = self.to_string();
        if let CompileError::Rejected { name, saved, .. }
        | CompileError::TimedOut { name, saved, .. }
        | CompileError::OutOfMemory { name, saved, .. } = &mut self
        {
            let first = first.lines().next().unwrap_or_default();
            *saved = rejected::save_rejected(name, mlir, &format!("{first}\n{stderr}"));
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
