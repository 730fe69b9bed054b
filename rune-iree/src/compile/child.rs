//! Compiling in a process of its own, which a crash, a hang or the end of this process does no harm to.

use super::diagnostics::{Diagnostic, Severity};
use super::{CompileError, CompileOptions, excerpt, folder, library};
use crate::{CompiledModule, Opt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

/// The compiler's executable, beside its library.
#[cfg(not(windows))]
const EXECUTABLE: &str = "iree-compile";
#[cfg(windows)]
const EXECUTABLE: &str = "iree-compile.exe";

/// Compiles a module with `iree-compile`, at the lowest priority. The process ends with this one where the system can arrange that.
/// If the fast flags fail, the plain ones are tried.
pub(super) fn compile(mlir: &str, name: &str, options: &CompileOptions) -> Result<CompiledModule, CompileError> {
    let library = library::compiler_library()?;
    let executable = library.parent().map(|dir| dir.join(EXECUTABLE)).filter(|path| path.is_file());
    let executable = executable.ok_or_else(|| CompileError::NoSuchCompiler(library.with_file_name(EXECUTABLE)))?;
    match run(&executable, mlir, name, options) {
        Err(CompileError::Rejected { .. }) if options.opt != Opt::Plain && options.target.is_cpu() => {
            let plain = CompileOptions { opt: Opt::Plain, ..options.clone() };
            run(&executable, mlir, name, &plain)
        }
        result => result,
    }
}

fn run(executable: &Path, mlir: &str, name: &str, options: &CompileOptions) -> Result<CompiledModule, CompileError> {
    let folder = folder()?;
    let (input, output) = (folder.path().join("module.mlir"), folder.path().join("module.vmfb"));
    let failed = |what: &str, error: std::io::Error| CompileError::Output(format!("{what}: {error}"));
    std::fs::write(&input, mlir).map_err(|e| failed("the program cannot be written", e))?;
    let mut command = wrapped(executable);
    command.args(options.flags()).arg("--iree-input-type=stablehlo").arg(&input).arg("-o").arg(&output);
    // A crash is an error like others: no need to name each frame, which takes half a minute.
    command.env("LLVM_DISABLE_SYMBOLIZATION", "1").env("LLVM_DISABLE_CRASH_REPORT", "1");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let finished = command.output().map_err(|e| failed("iree-compile cannot be run", e))?;
    if !finished.status.success() || !output.is_file() {
        let said = String::from_utf8_lossy(&finished.stderr);
        return Err(rejected(name, options, mlir, finished.status, &said));
    }
    CompiledModule::load(&output).map_err(|e| CompileError::Output(e.to_string()))
}

/// The command that runs the compiler politely: last among all processes, and not longer than this one.
fn wrapped(executable: &Path) -> Command {
    let found = |tool: &str| ["/usr/bin", "/bin"].iter().map(|dir| Path::new(dir).join(tool)).find(|p| p.is_file());
    let mut words: Vec<PathBuf> = Vec::new();
    // Without these two the compilation is not as polite, and works.
    if let (true, Some(setpriv)) = (cfg!(target_os = "linux"), found("setpriv")) {
        words.extend([setpriv, "--pdeathsig".into(), "KILL".into(), "--".into()]);
    }
    if let Some(nice) = found("nice") {
        words.extend([nice, "-n".into(), "19".into()]);
    }
    words.push(executable.to_owned());
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    command
}

fn rejected(name: &str, options: &CompileOptions, mlir: &str, status: ExitStatus, said: &str) -> CompileError {
    /// More is in the file.
    const LINES: usize = 12;
    let message = match (status.code(), said.trim()) {
        (None, "") => format!("the compiler crashed ({status})"),
        (None, said) => format!("the compiler crashed ({status}): {}", excerpt(said, LINES)),
        (Some(_), "") => format!("the compiler failed ({status}) and gave no reason"),
        (Some(_), said) => excerpt(said, LINES),
    };
    let diagnostics = vec![Diagnostic::without_place(Severity::Error, message)];
    let target = options.target.to_string();
    CompileError::Rejected { name: name.to_owned(), target, diagnostics, saved: None }.with_program(mlir)
}
