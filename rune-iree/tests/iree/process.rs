//! Tests of the compiler's process: failures, limits, and its end.

use super::*;
use rune_testing::process::wait_until_ended;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Returns a folder with a script in place of the compiler.
fn fake(script: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("libIREECompiler.so"), script).unwrap();
    let executable = folder.path().join("iree-compile");
    std::fs::write(&executable, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&executable, std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// Returns the command that runs the next test in a new process.
fn compiling(compiler: &Path, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "process::compiles_as_the_environment_says", "--nocapture"]);
    command.env("RUNE_IREE_COMPILER", compiler).env("RUNE_TEST_COMPILES", "1").env("RUNE_CACHE", "off");
    command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Other tests run this with their own compilers. It prints the error, and the processes that are left.
#[test]
fn compiles_as_the_environment_says() {
    if std::env::var_os("RUNE_TEST_COMPILES").is_none() {
        return;
    }
    let text = binary("add", "tensor<4xf32>");
    match compile(&text, "sum_of_two", &CompileOptions::default()) {
        Ok(module) => println!("compiled {} bytes", module.bytes().len()),
        Err(error) => println!("error: {error}"),
    }
    let children: Vec<String> = std::fs::read_dir("/proc/self/task")
        .unwrap()
        .filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("children")).ok())
        .collect();
    println!("left: {:?}", children.concat().trim());
}

/// Returns the output of the test above. Asserts that no process is left.
fn outcome(compiler: &Path, variables: &[(&str, &str)]) -> String {
    let Output { status, stdout, stderr } = compiling(compiler, variables).output().unwrap();
    let output = String::from_utf8(stdout).unwrap();
    assert!(status.success() && output.contains("left: \"\""), "{output}");
    assert_eq!(String::from_utf8(stderr).unwrap(), "");
    output
}

fn real() -> std::path::PathBuf {
    compiler_library().unwrap()
}

#[test]
fn each_failure_of_the_compiler_is_an_error_that_says_what_happened() {
    let crashed = "IREE cannot compile `sum_of_two` for llvm-cpu";
    let cases: [(&str, &[&str]); 8] = [
        ("kill -SEGV $$", &[crashed, "the compiler crashed (signal: 11 (SIGSEGV)"]),
        (
            "echo 'LLVM ERROR: no such thing' >&2; kill -ABRT $$",
            &[crashed, "the compiler crashed (signal: 6 (SIGABRT)", "no such thing"],
        ),
        ("echo 'LLVM ERROR: out of memory' >&2; kill -ABRT $$", &["needs more than", "RUNE_COMPILE_MEMORY"]),
        ("exit 3", &[crashed, "the compiler failed (exit status: 3) and gave no reason"]),
        ("echo what a day >&2; exit 1", &[crashed, "error: what a day"]),
        (
            "echo 'iree-compile: Unknown command line argument --x.  Try: --help' >&2; exit 1",
            &["IREE rejects the flags of this compilation: Unknown command line argument --x."],
        ),
        ("exit 0", &["IREE could not write what it compiled", "module.vmfb"]),
        (
            "for last; do :; done; echo no module > $last",
            &["IREE could not write what it compiled", "no compiled module"],
        ),
    ];
    for (script, parts) in cases {
        let output = outcome(fake(script).path(), &[]);
        for part in parts {
            assert!(output.contains(part), "{script}: `{part}` is not in\n{output}");
        }
    }
    let folder = fake("");
    std::fs::remove_file(folder.path().join("iree-compile")).unwrap();
    let output = outcome(folder.path(), &[]);
    assert!(
        output.contains("the IREE compiler is incomplete") && output.contains("iree-compile is not there"),
        "{output}"
    );
}

#[test]
fn what_the_compiler_says_is_not_printed_whole() {
    let output =
        outcome(fake("yes 'm.mlir:1:1: error: %0 = stablehlo.add' | head -c 20000000 >&2; exit 1").path(), &[]);
    assert!(output.len() < 8000 && output.contains("stablehlo.add"), "{} bytes", output.len());
}

#[test]
fn a_compiler_that_takes_too_long_is_ended() {
    let start = Instant::now();
    let output = outcome(fake("exec sleep 600").path(), &[("RUNE_COMPILE_TIMEOUT", "0.2")]);
    assert!(output.contains("IREE takes longer than 0.2 s to compile `sum_of_two`"), "{output}");
    assert!(output.contains("RUNE_COMPILE_TIMEOUT") && start.elapsed() < Duration::from_secs(60), "{output}");
}

#[test]
fn a_compiler_that_needs_too_much_memory_is_an_error() {
    let output = outcome(&real(), &[("RUNE_COMPILE_MEMORY", "24MiB")]);
    assert!(output.contains("needs more than 24 MiB of memory") && output.contains("RUNE_COMPILE_MEMORY"), "{output}");
    assert!(outcome(&real(), &[("RUNE_COMPILE_MEMORY", "4GiB")]).contains("compiled "));
}

#[test]
fn a_full_disk_is_an_error() {
    // The compiler writes the module to a device that is always full.
    let script = format!(
        "i=$#; while [ $i -gt 0 ]; do a=$1; shift; case $a in */module.vmfb) a=/dev/full;; esac; set -- \"$@\" \"$a\"; i=$((i-1)); \
         done; exec '{}' \"$@\"",
        real().with_file_name("iree-compile").display()
    );
    let output = outcome(fake(&script).path(), &[]);
    assert!(output.contains("error: ") && !output.contains("compiled "), "{output}");
    let output = outcome(&real(), &[("TMPDIR", "/nowhere/at/all")]);
    assert!(
        output.contains("no folder for it can be made in /nowhere/at/all") && output.contains("set TMPDIR"),
        "{output}"
    );
}

/// Waits until a file holds a line, and returns the line.
fn line_in(file: &Path) -> String {
    let start = Instant::now();
    loop {
        match std::fs::read_to_string(file) {
            Ok(text) if text.ends_with('\n') => return text.trim().to_owned(),
            _ => assert!(start.elapsed() < Duration::from_secs(60), "nothing is in {}", file.display()),
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Returns a process that is compiling, and the process id of its compiler.
fn in_the_midst() -> (Child, String, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("compiler");
    let script = format!("echo $$ > {0}.new; mv {0}.new {0}; exec sleep 600", file.display());
    let compiler = fake(&script);
    let child = compiling(compiler.path(), &[("TMPDIR", folder.path().to_str().unwrap())]).spawn().unwrap();
    let process = line_in(&file);
    (child, process, folder)
}

#[test]
fn the_compiler_ends_with_the_process_that_started_it() {
    let (mut child, process, _folder) = in_the_midst();
    // SIGKILL.
    child.kill().unwrap();
    child.wait().unwrap();
    wait_until_ended(&process);
}
