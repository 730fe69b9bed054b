//! What the compiler tells of a compilation.

use serde::Deserialize;
use std::io;
use std::path::Path;
use std::time::Duration;

/// What a compilation took, and what came of it.
#[derive(Clone, Debug, Default)]
pub struct CompileReport {
    /// The phases in order, with the time that each took.
    pub phases: Vec<(&'static str, Duration)>,
    /// What the module does when it is called.
    pub statistics: Statistics,
}

/// How IREE scheduled a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Statistics {
    /// The kernels that a call starts.
    pub dispatches: u64,
    /// The kernels that there are; equal ones are one.
    pub executables: u64,
    /// Fills and copies of memory in a call, beside the dispatches.
    pub transfers: u64,
    /// The bytes that a call needs beside arguments and results.
    pub transient_bytes: u64,
    /// The bytes of constants within the module.
    pub constant_bytes: u64,
}

impl Statistics {
    /// What IREE writes with `--iree-scheduling-dump-statistics-format=json`.
    pub(crate) fn parse(text: &str) -> Option<Statistics> {
        let File { aggregate: Aggregate { global, execution, executable } } = serde_json::from_str(text).ok()?;
        Some(Statistics {
            dispatches: execution.dispatches,
            executables: executable.count,
            transfers: execution.fills + execution.copies,
            transient_bytes: execution.transient,
            constant_bytes: global.constants,
        })
    }
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "stream-aggregate")]
    aggregate: Aggregate,
}
#[derive(Deserialize)]
struct Aggregate {
    global: Global,
    execution: Execution,
    executable: Executable,
}
#[derive(Deserialize)]
struct Global {
    #[serde(rename = "constant-size")]
    constants: u64,
}
#[derive(Deserialize)]
struct Execution {
    #[serde(rename = "transient-memory-size")]
    transient: u64,
    #[serde(rename = "fill-count")]
    fills: u64,
    #[serde(rename = "copy-count")]
    copies: u64,
    #[serde(rename = "dispatch-count")]
    dispatches: u64,
}
#[derive(Deserialize)]
struct Executable {
    #[serde(rename = "executable-count")]
    count: u64,
}

/// A file that the compiler wrote of a dispatch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DispatchFile {
    /// The dispatch, as `main_dispatch_0`.
    pub dispatch: String,
    /// What it is: `mlir` (after configuration), `optimized.ll`, `s`, `ptx`, `metal`, `spirv.mlir`, `rocmasm`.
    pub kind: &'static str,
    /// The text.
    pub text: String,
}

/// Endings of the files that are text for people.
const KINDS: [&str; 6] = ["optimized.ll", "s", "ptx", "metal", "spirv.mlir", "rocmasm"];

/// The files in the folder that `--iree-hal-dump-executable-files-to` named, by number of the dispatch.
///
/// Their names are `module_DISPATCH_FORMAT.KIND`, and of the configured form `configured_module_DISPATCH.mlir`, which is there for
/// every dispatch. Metal's have the number of the function before the dot.
pub(crate) fn files_in(folder: &Path) -> io::Result<Vec<DispatchFile>> {
    let names = std::fs::read_dir(folder)?.map(|e| Ok(e?.file_name().to_string_lossy().into_owned()));
    let names = names.collect::<io::Result<Vec<String>>>()?;
    let dispatch = |name: &String| Some(name.strip_prefix("configured_module_")?.strip_suffix(".mlir")?.to_owned());
    let mut dispatches: Vec<String> = names.iter().filter_map(dispatch).collect();
    dispatches.sort_by_key(|d| (number(d), d.clone()));
    let mut files = Vec::new();
    for dispatch in dispatches {
        let read = |name: &str, kind| {
            let text = String::from_utf8_lossy(&std::fs::read(folder.join(name))?).into_owned();
            io::Result::Ok(DispatchFile { dispatch: dispatch.clone(), kind, text })
        };
        files.push(read(&format!("configured_module_{dispatch}.mlir"), "mlir")?);
        let start = format!("module_{dispatch}_");
        let mut own: Vec<(&String, &'static str)> = Vec::new();
        for name in names.iter().filter(|name| name.starts_with(&start)) {
            let kind = KINDS.into_iter().find(|kind| name.strip_suffix(kind).is_some_and(|stem| stem.ends_with('.')));
            own.extend(kind.map(|kind| (name, kind)));
        }
        own.sort();
        for (name, kind) in own {
            files.push(read(name, kind)?);
        }
    }
    Ok(files)
}

/// `main_dispatch_7` is number 7; what is no dispatch of the function, as the packing of constants, comes last.
fn number(dispatch: &str) -> u64 {
    dispatch.rsplit_once("_dispatch_").and_then(|(_, n)| n.parse().ok()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart_by_dispatch_and_kind() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "configured_module_main_dispatch_10.mlir",
            "configured_module_main_dispatch_1.mlir",
            "configured_module__encoding_0.mlir",
            "module_main_dispatch_1.mlir",
            "module_main_dispatch_1_embedded_elf_x86_64.s",
            "module_main_dispatch_1_embedded_elf_x86_64.so",
            "module_main_dispatch_1_embedded_elf_x86_64.codegen.ll",
            "module_main_dispatch_1_embedded_elf_x86_64.optimized.ll",
            "module_main_dispatch_1_embedded_elf_x86_64_benchmark.mlir",
            "module_main_dispatch_10_metal_msl_fb0.metal",
            "module_main_dispatch_10_metal_msl_fb.spv",
        ] {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        let files = files_in(folder.path()).unwrap();
        let found: Vec<_> = files.iter().map(|f| (f.dispatch.as_str(), f.kind)).collect();
        let first = "main_dispatch_1";
        let ten = "main_dispatch_10";
        assert_eq!(
            found,
            [
                (first, "mlir"),
                (first, "optimized.ll"),
                (first, "s"),
                (ten, "mlir"),
                (ten, "metal"),
                ("_encoding_0", "mlir")
            ]
        );
    }
}
