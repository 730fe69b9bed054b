//! Why a program is not compiled.

use super::diagnostics::{Diagnostic, Diagnostics};
use super::phases::PHASES;
use super::rejected;
use std::path::PathBuf;

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
        /// The virtual environments that were searched.
        looked: Vec<PathBuf>,
    },
    /// `RUNE_IREE_COMPILER` names no library.
    #[error("RUNE_IREE_COMPILER names {0}, which is not there; let it name libIREECompiler, or unset it")]
    NoSuchCompiler(PathBuf),
    /// The library is there, but cannot be loaded.
    #[error("the IREE compiler {path} cannot be loaded: {reason}; install iree-base-compiler==3.13.0")]
    Load {
        /// The library.
        path: PathBuf,
        /// Why not.
        reason: String,
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
    /// IREE could not hand over the result.
    #[error("IREE could not write what it compiled: {0}")]
    Output(String),
}

fn saved_in(file: &Option<PathBuf>) -> String {
    let file = file.as_ref();
    file.map(|file| format!("\n  the program, and all that IREE said of it, is in {}", file.display()))
        .unwrap_or_default()
}

impl CompileError {
    /// The error, after the rejected program is saved in a file.
    pub(super) fn with_program(mut self, mlir: &str) -> CompileError {
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
