//! Tests of compiling and running.

use crate::folder::{CONSTANT, Folder, SORT, SQUARE, SQUARE_JSON};
use std::fs;
use std::io::Write;
use std::process::Stdio;

#[test]
fn a_program_is_compiled_and_run() {
    let folder = Folder::of(&[("f.rune", SQUARE), ("g.json", SQUARE_JSON)]);
    let printed = folder.prints(&["compile", "f.rune"]);
    assert!(
        printed.starts_with("f.vmfb: ") && printed.contains(" kB for llvm-cpu, 1 dispatch\nlowered in "),
        "{printed}"
    );
    let phases = ["input", "flow", "stream", "executable-targets", "vm"].map(|phase| format!("\n  {phase} "));
    assert!(phases.iter().all(|phase| printed.contains(phase)), "{printed}");
    folder.prints(&["compile", "g.json", "-o", "g.module", "--opt", "plain", "--cpu", "host"]);
    let expected = "# result 0: [4, f32]\n[ 1.  4.  9. 16.]\n";
    let input = "4xf32=1 2 3 -4";
    for program in ["f.vmfb", "g.module", "f.rune", "g.json"] {
        assert_eq!(folder.prints(&["run", program, "--input", input]), expected, "{program}");
    }
    for program in ["f.rune", "g.json"] {
        assert_eq!(folder.prints(&["run", program, "--input", input, "--reference"]), expected);
        assert_eq!(folder.prints(&["run", program, "-i", input, "--device", "reference"]), expected);
    }
    assert_eq!(folder.prints(&["run", "f.vmfb", "-d", "local-task", "-i", "[4, f32]=[1, 2, 3, -4]"]), expected);
    assert_eq!(folder.files(), ["f.rune", "f.vmfb", "g.json", "g.module"]);
}

#[test]
fn host_calls_and_constants_come_with_the_module() {
    let folder = Folder::of(&[("sort.json", SORT), ("shift.json", CONSTANT)]);
    folder.prints(&["compile", "sort.json"]);
    folder.prints(&["compile", "shift.json"]);
    assert!(folder.path("shift.vmfb.safetensors").exists() && !folder.path("sort.vmfb.safetensors").exists());
    fs::remove_file(folder.path("sort.json")).unwrap();
    let inputs = ["-i", "2x3xf32=3 1 2 0 -5 nan", "-i", "2x3xi32=1 2 3 4 5 6"];
    let sorted = "# result 0: [2, 3, f32]\n[[-1. -2. -3.]\n [ 5. -0. nan]]\n\
                  # result 1: [2, 3, i32]\n[[2 3 1]\n [5 4 6]]\n";
    assert_eq!(folder.prints(&[&["run", "sort.vmfb"], &inputs[..]].concat()), sorted);
    let shifted = "# result 0: [2, f32]\n[11. 21.]\n";
    assert_eq!(folder.prints(&["run", "shift.vmfb", "-i", "2xf32=1"]), shifted);
    assert_eq!(folder.prints(&["run", "shift.json", "--reference", "-i", "2xf32=1"]), shifted);

    fs::remove_file(folder.path("shift.vmfb.safetensors")).unwrap();
    let message = folder.fails(1, &["run", "shift.vmfb", "-i", "2xf32=1"]);
    assert!(message.contains("shift.vmfb.safetensors: No such file"), "{message}");
}

#[test]
fn a_program_comes_from_the_standard_input() {
    let folder = Folder::of(&[]);
    for text in [SQUARE, SQUARE_JSON] {
        let mut command = folder.command(&["run", "-", "--reference", "-i", "4xf32=3"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "# result 0: [4, f32]\n[9. 9. 9. 9.]\n");
    }
}

#[test]
fn what_a_program_prints_is_not_among_its_results() {
    let printing =
        SQUARE.replace("    return", "    () = rune.debug_print(y0, format=\"y is {}\", batch=[])\n    return");
    let folder = Folder::of(&[("f.rune", &printing)]);
    for device in ["reference", "cpu"] {
        let output = folder.run(&["--json", "run", "f.rune", "-d", device, "-i", "4xf32=2"]);
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "y is [4. 4. 4. 4.]\n");
        let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(result["elements"][0], 4.0);
    }
    let printed = folder.prints(&["diff", "f.rune", "f.rune", "--reference"]);
    assert_eq!(printed, "the 3 instructions are the same\noutput 0, [4, f32]: the same\n");
}

#[test]
fn a_module_that_is_damaged_or_of_another_target_is_refused() {
    let folder = Folder::of(&[("f.rune", SQUARE)]);
    folder.prints(&["compile", "f.rune"]);
    let input = "4xf32=2";
    let message = folder.fails(1, &["run", "f.vmfb", "-i", "3xf32=2"]);
    assert!(message.contains("f.vmfb takes [4, f32] as input 0, counted from 0, but [3, f32] is given"), "{message}");
    let message = folder.fails(2, &["run", "f.vmfb", "-i", input, "--reference"]);
    assert!(message.contains("the device `reference` runs programs, not compiled modules"), "{message}");

    let module = fs::read(folder.path("f.vmfb")).unwrap();
    for cut in [5, 100, module.len() / 2, module.len() - 3000] {
        fs::write(folder.path("cut.vmfb"), &module[..cut]).unwrap();
        let message = folder.fails(1, &["run", "cut.vmfb", "-i", input]);
        assert!(message.contains("cut.vmfb is no compiled module (.vmfb): its end is missing"), "{cut}: {message}");
    }
    folder.prints(&["compile", "f.rune", "--target", "vulkan", "-o", "gpu.vmfb"]);
    let message = folder.fails(1, &["run", "gpu.vmfb", "-i", input]);
    assert!(message.contains("gpu.vmfb cannot be run: it was compiled for vulkan, and the device is cpu"), "{message}");
}

/// A module whose results differ from the host engine's is not written.
#[cfg(unix)]
#[test]
fn a_wrong_module_is_not_written() {
    use std::os::unix::fs::PermissionsExt;
    // This compiler always returns a module of another program.
    let folder = Folder::of(&[("f.rune", SQUARE), ("g.rune", &SQUARE.replace("mul", "add"))]);
    let printed = folder.prints(&["compile", "g.rune"]);
    assert!(printed.ends_with("\nchecked: the host engine computes the same from 3 random inputs\n"), "{printed}");
    let (wrong, compiler) = (folder.path("g.vmfb"), folder.path("compiler"));
    fs::create_dir(&compiler).unwrap();
    fs::write(compiler.join("libIREECompiler.so"), "").unwrap();
    let script = format!("#!/bin/sh\nfor last; do :; done\ncp '{}' \"$last\"\n", wrong.display());
    fs::write(compiler.join("iree-compile"), script).unwrap();
    fs::set_permissions(compiler.join("iree-compile"), fs::Permissions::from_mode(0o755)).unwrap();
    let compile = |more: &[&str]| {
        let mut command = folder.command(&[&["compile", "f.rune"], more].concat());
        command.env("RUNE_IREE_COMPILER", &compiler).env("RUNE_CACHE", "off").output().unwrap()
    };
    let output = compile(&[]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && !folder.path("f.vmfb").exists(), "{message}");
    for part in ["other results than the host engine on random inputs (output 0, [4, f32] of `mul`", "--no-check"] {
        assert!(message.contains(part), "`{part}` is not in\n{message}");
    }
    let output = compile(&["--no-check"]);
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.ends_with("\nnot checked: --no-check\n") && folder.path("f.vmfb").exists(), "{printed}");
}
