//! Failures have a message in words and the right exit code, and leave nothing behind.

use crate::folder::{CONSTANT, Folder, SORT, SQUARE, SQUARE_JSON};
use std::fs;
use std::process::Stdio;

#[test]
fn wrong_usage_exits_with_2() {
    let folder = Folder::of(&[("f.rune", SQUARE)]);
    let cases: &[(&[&str], &str)] = &[
        (&["compile", "f.rune", "--target", "tpu"], "[possible values: llvm-cpu, cuda, metal, vulkan, rocm]"),
        (
            &["compile", "f.rune", "--cpu", "z80"],
            "`z80` is not a processor that the target llvm-cpu can be compiled for",
        ),
        (&["compile", "f.rune", "--target", "cuda", "--arch", "sm_90"], "write sm_89, whose PTX the driver compiles"),
        (&["compile", "f.rune", "--target", "rocm", "--arch", "sm_80"], "known are gfx908"),
        (&["compile", "f.rune", "--target", "cuda", "--cpu", "host"], "--cpu and --triple need --target llvm-cpu"),
        (&["compile", "f.rune", "--arch", "sm_80"], "--arch is of GPUs"),
        (&["compile", "f.rune", "--triple", "z80-a-b"], "write a triple such as x86_64-unknown-linux-gnu"),
        (&["compile", "f.rune", "--triple", "aarch64"], "a triple has the form arch-vendor-system"),
        (&["compile", "f.rune", "--triple", "aarch64-a-b", "--cpu", "host"], "--cpu host is this machine"),
        (&["compile", "f.rune", "--triple", "aarch64-a-b", "--cpu", "znver4"], "known for aarch64 are generic"),
        (&["compile", "f.rune", "--target", "metal", "--arch", "m1"], "--target metal takes no --arch"),
        (&["compile", "f.rune", "--opt", "fastest"], "[possible values: fast, plain]"),
        (&["compile", "-"], "a program from the standard input needs --output OUT.vmfb"),
        (&["compile", "f.rune", "-o", "-"], "a compiled module needs a file"),
        (&["compile"], "<PROGRAM>"),
        (&["run", "f.rune", "--device", "tpu"], "known are cpu, local-sync, local-task, cuda"),
        (&["run", "f.rune", "--reference", "--device", "cpu"], "cannot be used with"),
        (&["run", "f.rune", "-i", "x.txt"], "write the type and the elements, such as 2x3xf32=1 2 3 4 5 6"),
        (&["run", "f.rune", "-i", "4xf33=1"], "`4xf33` is not a type; write the sizes and the dtype"),
        (&["run", "f.rune", "-i", "4xf32=1 2 3"], "[4, f32] has 4 elements, but 3 are given"),
        (&["run", "f.rune", "-i", "f32="], "[f32] has 1 element, but 0 are given"),
        (&["run", "f.rune", "-i", "4xf32=1 2 3 four"], "`four` is not an element of type f32"),
        (&["run", "f.rune", "-i", "99999999999x99999999999xf32=0"], "[99999999999, 99999999999, f32]"),
        (
            &["bench", "f.rune", "--device", "reference"],
            "the reference interpreter is built for correctness, not speed",
        ),
        (&["bench", "f.rune", "--seconds", "0"], "write a number of seconds between 0.001 and 3600"),
        (&["inspect", "f.rune", "--stage", "bytes"], "[possible values: program, simplified, stablehlo"),
        (&["inspect", "f.rune", "--stage", "ptx", "--target", "metal"], "--stage ptx needs --target cuda"),
        (&["inspect", "f.rune", "--stage", "input", "--dispatch", "0"], "--dispatch works with flow and later stages"),
        (&["inspect", "f.rune", "--stats", "--stage", "vm"], "cannot be used with"),
        (&["inspect", "f.rune", "--op", "first"], "invalid value 'first' for '--op <N>'"),
        (&["grad", "f.rune", "--argnums", "a"], "`a` is not an input position; write positions as 0,2-4, or floats"),
        (&["grad", "f.rune", "--argnums", "0-"], "`0-` is not an input position"),
        (&["vmap", "f.rune"], "--size <SIZE>"),
        (&["vmap", "f.rune", "--size", "3", "--in-axes", "x"], "`x` is not an axis; write axes as 0,none,-1"),
        (&["linearize", "f.rune"], "--forward <OUT>"),
        (&["linearize", "f.rune", "--forward", "-"], "two programs cannot both go to the standard output"),
        (&["diff", "-", "-"], "two programs cannot both come from the standard input"),
        (&["diff", "f.rune", "f.rune", "--runs", "0"], "0 is not in 1.."),
        (&["diff", "f.rune", "f.rune", "--rtol", "-1"], "write a number that is not negative, as 1e-3"),
        (&["diff", "f.rune", "f.rune", "--atol", "nan"], "write a number that is not negative, as 1e-3"),
        (&["fmt", "f.rune", "--to", "xml"], "[possible values: json, text]"),
        (&["fmt", "--check", "-"], "--check needs a file"),
        (&["fmt", "--check", "f.rune", "-o", "g.rune"], "cannot be used with"),
        (&["verify"], "<PROGRAM>..."),
        (&["cache", "empty"], "unrecognized subcommand 'empty'"),
        (&["completions", "cmd"], "[possible values: bash"),
        (&["dance"], "unrecognized subcommand 'dance'"),
    ];
    let mut wrong = String::new();
    for (args, expected) in cases {
        // The standard input is a valid program, so that it is not the problem.
        let output = folder.command(args).stdin(fs::File::open(folder.path("f.rune")).unwrap()).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        let right = output.status.code() == Some(2) && output.stdout.is_empty();
        if !(right && message.starts_with("error: ") && message.contains(expected)) {
            wrong += &format!("{args:?}, not {expected}: {:?} {message}", output.status.code());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!(folder.files(), ["f.rune"]);
}

#[test]
fn failures_exit_with_1_and_leave_nothing_behind() {
    let json = |from: &str, to: &str| SQUARE_JSON.replace(from, to);
    let text = |from: &str, to: &str| SQUARE.replace(from, to);
    let files = [
        ("f.rune", SQUARE.to_owned()),
        ("sort.json", SORT.to_owned()),
        ("shift.json", CONSTANT.to_owned()),
        ("double.rune", text("f32", "f64")),
        ("typo.rune", text("rune.mul(x0, x0)", "rune.mull(x0, x0)")),
        ("later.rune", text("rune.mul(x0, x0)", "rune.mul(x0, y1)")),
        ("types.rune", text("-> [4, f32]\n    return", "-> [5, f32]\n    return")),
        ("operands.rune", text("rune.mul(x0, x0)", "rune.mul(x0)")),
        ("attribute.rune", text("rune.mul(x0, x0)", "rune.mul(x0, x0, fast=true)")),
        ("no_return.rune", text("    return y0\n", "")),
        ("head.rune", "y0 = rune.neg(x0)\n".to_owned()),
        ("empty.rune", String::new()),
        ("huge.rune", text("[4, f32] ->", "[99999999999, 99999999999, f32] ->")),
        ("large.rune", text("    y0", "    c0 = constant # [1000, f32]\n    y0")),
        ("cut.json", SQUARE_JSON[..SQUARE_JSON.len() / 2].to_owned()),
        ("type.json", json(r#""y0", "type": "[4, f32]""#, r#""y0", "type": "[5, f32]""#)),
        ("future.json", json(r#""rune": 1"#, r#""rune": 7"#)),
        ("field.json", json(r#""rune": 1"#, r#""rune": 1, "speed": 9"#)),
        ("twice.json", json(r#""results": [{ "name": "y0""#, r#""results": [{ "name": "x0""#)),
        ("unknown.json", json(r#""inputs": ["x0", "x0"]"#, r#""inputs": ["x0", "x7"]"#)),
        ("output.json", json(r#""outputs": ["y0"]"#, r#""outputs": ["y9"]"#)),
        ("dtype.json", json("[4, f32]", "[4, f31]")),
        ("nan.json", CONSTANT.replace("[10, 20]", r#"[10, "nan?"]"#)),
        ("count.json", CONSTANT.replace("[10, 20]", "[10]")),
        ("beside.json", CONSTANT.replace(r#""data": [10, 20]"#, r#""tensor": "w""#)),
        ("sub.json", json(r#""results""#, r#""programs": [["program", "g"]], "results""#)),
        ("junk.vmfb", "no module at all".to_owned()),
        ("zip.vmfb", "PK\x03\x04 and no more of a module".to_owned()),
        ("junk.npy", "no array".to_owned()),
        ("junk.safetensors", "no arrays".to_owned()),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let folder = Folder::of(&files);
    fs::write(folder.path("binary.json"), [0xff, 0xfe, 0]).unwrap();
    fs::create_dir(folder.path("folder")).unwrap();
    let files = folder.files();
    let one = ["-i", "4xf32=1"];
    let cases: &[(&[&str], &str)] = &[
        (&["compile", "none.json"], "cannot read none.json: No such file"),
        (&["compile", "folder"], "cannot read folder: Is a directory"),
        (&["compile", "typo.rune"], "typo.rune:2:15: there is no operation `mull`"),
        (&["verify", "later.rune"], "later.rune:2:23: `y1` is not assigned before"),
        (&["verify", "types.rune"], "types.rune:2:"),
        (&["verify", "types.rune"], "the types are [4, f32], but the text states [5, f32]"),
        (&["verify", "operands.rune"], "`mul` takes 2 operands, but got 1"),
        (&["verify", "attribute.rune"], "`mul` has no `fast`"),
        (&["verify", "no_return.rune"], "no_return.rune:3:1: expected `return …`"),
        (&["verify", "head.rune"], "head.rune:1:1: expected `def`"),
        (&["verify", "empty.rune"], "empty.rune:1:1: expected a program"),
        (&["verify", "huge.rune"], "huge.rune:1:"),
        (&["verify", "large.rune"], "constant 0, of type [1000, f32], is not written here"),
        (&["compile", "cut.json"], "cut.json:3:"),
        (&["compile", "cut.json"], "EOF while parsing"),
        (
            &["compile", "type.json"],
            "type.json:3:20: instruction 0 (`mul`) of the program: the types are [4, f32], but the text states [5",
        ),
        (&["compile", "future.json"], "future.json:1:11: the document: it has version 7 of the format"),
        (&["verify", "field.json"], "unknown field `speed`"),
        (&["verify", "twice.json"], "`x0` is assigned already; every variable is assigned once"),
        (&["verify", "unknown.json"], "unknown.json:3:20: instruction 0 (`mul`) of the program: `x7` is not assigned"),
        (&["verify", "output.json"], "output.json:4:14: the program: `y9` is not assigned before"),
        (&["verify", "dtype.json"], "dtype.json:2:"),
        (&["verify", "nan.json"], "nan.json:3:17: constant `w`: expected an element, and found nan?"),
        (&["verify", "count.json"], "2 elements are needed, but there are 1"),
        (&["verify", "beside.json"], "beside.json needs the arrays of its constants: "),
        (&["verify", "sub.json"], "no program `g` is defined before"),
        (&["compile", "binary.json"], "binary.json is not a program: it is neither JSON nor text"),
        (&["compile", "junk.vmfb"], "junk.vmfb is a compiled module, not a program"),
        (&["compile", "f.rune", "-o", "nowhere/f.vmfb"], "cannot write nowhere/f.vmfb: there is no folder nowhere"),
        (&["compile", "f.rune", "-o", "folder"], "cannot write folder: it is a folder"),
        (&["grad", "f.rune", "-o", "nowhere/g.json"], "cannot write nowhere/g.json: there is no folder nowhere"),
        (&["grad", "f.rune"], "a gradient needs one float scalar as output"),
        (&["grad", "f.rune", "--argnums", "1"], "a gradient needs one float scalar"),
        (&["jvp", "f.rune", "--argnums", "3"], "`square` has 1 inputs, and none with index 3"),
        (&["vjp", "sort.json", "--argnums", "1"], "input x1 of `sorted` has type [2, 3, i32]"),
        (&["transpose", "f.rune"], "only linear functions have a transpose"),
        (&["vmap", "f.rune", "--size", "3", "--in-axes", "5"], "with the batch axis no axis 5"),
        (&["vmap", "f.rune", "--size", "3", "--in-axes", "0,0"], "`square` has 1 inputs, but got 2 axes"),
        (&["vmap", "f.rune", "--size", "3", "--out-axes", "none"], "depends on a mapped input, and so needs an axis"),
        (&["inspect", "f.rune", "--op", "1"], "cannot show instruction 1 of f.rune: it has 1, counted from 0"),
        (
            &["inspect", "f.rune", "--stage", "asm", "--dispatch", "7"],
            "there is no dispatch 7; there are main_dispatch_0",
        ),
        (&["inspect", "f.rune", "--stage", "llvm", "--target", "metal"], "its code does not come from LLVM"),
        (&["compile", "double.rune", "--target", "metal"], "`mul` cannot be compiled for metal: the device has no f64"),
        (&["run", "none.vmfb"], "cannot read the compiled module none.vmfb: No such file"),
        (&["run", "junk.vmfb"], "junk.vmfb is no compiled module (.vmfb): it does not begin as one"),
        (&["run", "zip.vmfb"], "zip.vmfb is no compiled module (.vmfb): its end is missing; compile the program again"),
        (&["run", "f.rune", "--reference"], "f.rune takes 1 input ([4, f32]), but none are given"),
        (&["run", "f.rune", "-i", "4xf32=1", "-i", "f32=1"], "f.rune takes 1 input ([4, f32]), but 2 are given"),
        (
            &["run", "f.rune", "-i", "5xf32=1"],
            "f.rune takes [4, f32] as input 0, counted from 0, but [5, f32] is given",
        ),
        (
            &["run", "f.rune", "-i", "4xf64=1"],
            "f.rune takes [4, f32] as input 0, counted from 0, but [4, f64] is given",
        ),
        (&["run", "f.rune", "-i", "none.npy"], "cannot read none.npy: No such file"),
        (&["run", "f.rune", "-i", "junk.npy"], "junk.npy cannot be read as an array: it does not begin as a .npy file"),
        (&["run", "f.rune", "-i", "junk.safetensors"], "junk.safetensors is not a safetensors file that rune can read"),
        (&["run", "f.rune", "--device", "cuda", one[0], one[1]], "built without devices of the kind cuda"),
        (&["run", "f.rune", one[0], one[1], "--reference", "-o", "f.rune"], "cannot create the folder f.rune: "),
        (&["cache", "show", "xyz"], "no entry starts with xyz"),
    ];
    let mut wrong = String::new();
    for (args, expected) in cases {
        let message = folder.fails(1, args);
        if !message.contains(expected) {
            wrong += &format!("{args:?}, not {expected}: {message}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!(folder.files(), files);
}

#[test]
fn the_place_of_a_mistake_is_shown() {
    let typo = SQUARE.replace("rune.mul(x0, x0)", "rune.mull(x0, x0)");
    let folder = Folder::of(&[("typo.rune", &typo), ("f.rune", SQUARE)]);
    let message = folder.fails(1, &["verify", "typo.rune"]);
    let expected = "\
error: typo.rune:2:15: there is no operation `mull`
  |
2 |     y0 = rune.mull(x0, x0) # ([4, f32], [4, f32]) -> [4, f32]
  |               ^
";
    assert_eq!(message, expected);
    let coloured = folder.fails_with(&["verify", "typo.rune", "--color", "always"]);
    assert!(coloured.contains("\x1b[") && !message.contains('\x1b'), "{coloured}");
    let output = folder.run(&["--json", "verify", "typo.rune", "f.rune"]);
    assert_eq!(output.status.code(), Some(1));
    let error =
        "{\"error\":{\"column\":15,\"file\":\"typo.rune\",\"line\":2,\"message\":\"there is no operation `mull`\"}}\n";
    assert_eq!(String::from_utf8(output.stderr).unwrap(), error);
    assert!(String::from_utf8(output.stdout).unwrap().contains("\"sound\":true"));
    let output = folder.run(&["--json", "compile", "f.rune", "--cpu", "z80"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("{\"error\":{\"message\":\"`z80` is not"));
    // Errors of the command line parser have the same form.
    let output = folder.run(&["compile", "--json"]);
    assert_eq!(output.status.code(), Some(2));
    let error = "{\"error\":{\"message\":\"the following required arguments were not provided:\\n  <PROGRAM>\"}}\n";
    assert_eq!(String::from_utf8(output.stderr).unwrap(), error);
}

/// A limit on file sizes simulates a full disk.
#[test]
#[cfg(unix)]
fn a_full_disk_leaves_nothing_half_written() {
    let elements = vec!["1.5"; 4000].join(" ");
    let identity = "def f(x0): # [4000, f32] -> [4000, f32]\n    return x0\n";
    let folder = Folder::of(&[("f.rune", identity), ("old.json", "old"), ("shift.json", CONSTANT)]);
    let files = folder.files();
    for command in [
        "fmt f.rune --to json --output old.json",
        "jvp f.rune --output new.json",
        "linearize f.rune --forward forward.json --output linear.json",
        &format!("run f.rune --reference --output . --input '4000xf32={elements}'"),
        &format!("run f.rune --reference --output new --input '4000xf32={elements}'"),
        &format!("run f.rune --reference --output new.npy --input '4000xf32={elements}'"),
        &format!("run f.rune --reference --output new.npz --input '4000xf32={elements}'"),
        &format!("run f.rune --reference --output new.safetensors --input '4000xf32={elements}'"),
    ] {
        let output = folder.shell(&format!("trap '' XFSZ; ulimit -f 0; exec rune-cli {command}"));
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{command}: {message}");
        assert!(
            message.starts_with("error: cannot write ") && message.contains("File too large"),
            "{command}: {message}"
        );
    }
    assert_eq!(folder.files(), files);
    assert_eq!(fs::read_to_string(folder.path("old.json")).unwrap(), "old");
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = folder.command(&["fmt", "f.rune"]).stdout(Stdio::from(full)).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("No space left on device"));
}

#[test]
fn help_shows_examples() {
    let folder = Folder::of(&[]);
    for (args, expected) in [
        (&["--help"][..], "Exit codes: 0 done, 1 failed, 2 wrong usage"),
        (&["run", "--help"], "rune-cli run f.vmfb --input x.npy"),
        (&["compile", "--help"], "rune-cli compile f.json --target cuda --arch sm_89"),
        (&["grad", "--help"], "rune-cli grad f.json | rune-cli grad -"),
        (&["inspect", "--help"], "rune-cli inspect f.json --stage asm --dispatch 0"),
    ] {
        let printed = folder.prints(args);
        assert!(printed.contains(expected), "{printed}");
    }
    for command in [
        "bench",
        "profile",
        "verify",
        "diff",
        "fmt",
        "simplify",
        "value-and-grad",
        "jvp",
        "vjp",
        "vmap",
        "linearize",
        "transpose",
        "devices",
        "targets",
        "cache",
        "completions",
    ] {
        let printed = folder.prints(&[command, "--help"]);
        assert!(printed.contains("Examples:\n  rune-cli"), "{command}: {printed}");
    }
}
