//! Unusual names of files and folders: relative, missing, with spaces and quotes, not in UTF-8, or not writable.
#![cfg(unix)]

use crate::folder::{CONSTANT, Folder, SQUARE};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Names that a shell, a format string or a decoder could misread.
fn names() -> Vec<OsString> {
    let texts = [
        "plain",
        "with space",
        "with'quote",
        "with\"two",
        "with$HOME",
        "with;semicolon",
        "with{}brace",
        "mit ä",
        "-dash",
    ];
    let bytes: [&[u8]; 2] = [b"not-utf8-\xff", b"\xc3\x28 '"];
    texts.iter().map(OsString::from).chain(bytes.iter().map(|b| OsStr::from_bytes(b).to_owned())).collect()
}

fn with(name: &OsStr, end: &str) -> OsString {
    let mut name = name.to_owned();
    name.push(end);
    name
}

fn run(folder: &Folder, args: &[&OsStr]) -> Output {
    let mut command = folder.command(&[]);
    command.args(args).output().unwrap()
}

#[track_caller]
fn succeeds(output: &Output, what: &dyn std::fmt::Debug) -> String {
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && message.is_empty(), "{what:?}: {:?} {message}", output.status);
    // Columns are padded with spaces.
    String::from_utf8_lossy(&output.stdout).replace(' ', "")
}

/// Asserts that the command fails with exit code 1 and a message of a few lines.
#[track_caller]
fn fails(output: &Output, expected: &str, what: &dyn std::fmt::Debug) {
    let message = String::from_utf8_lossy(&output.stderr);
    let right = output.status.code() == Some(1) && message.starts_with("error: ") && message.contains(expected);
    assert!(
        right && message.lines().count() <= 30 && !message.contains("panicked"),
        "{what:?}: {:?} {message}",
        output.status
    );
}

/// Covers every file that a command reads or writes.
#[test]
fn files_may_have_any_names() {
    for name in names() {
        for relative in [true, false] {
            let folder = Folder::of(&[("f.rune", SQUARE), ("c.json", CONSTANT)]);
            let inside = folder.path("").join(&name);
            fs::create_dir(&inside).unwrap();
            let at = |end: &str| -> OsString {
                let file = Path::new(&name).join(with(&name, end));
                // A name that begins with a dash would be an option.
                if relative { Path::new(".").join(file).into() } else { folder.path("").join(file).into() }
            };
            let os = OsStr::new;
            fs::copy(folder.path("f.rune"), inside.join(with(&name, ".rune"))).unwrap();
            let (program, json, module) = (at(".rune"), at(".json"), at(".vmfb"));
            succeeds(&run(&folder, &[os("fmt"), &program, os("-o"), &json]), &name);
            succeeds(&run(&folder, &[os("verify"), &program, &json]), &name);
            for (command, more) in
                [("grad", "--argnums=0"), ("simplify", "--to=json"), ("jvp", "--to=text"), ("transpose", "")]
            {
                let out = at(&format!("-{command}.json"));
                let more: Vec<&OsStr> = if more.is_empty() { Vec::new() } else { vec![os(more)] };
                let output = run(&folder, &[&[os(command), &program, os("-o"), &out], &more[..]].concat());
                // A square is not linear, and has no scalar result. The error must name the right file.
                match command {
                    "simplify" | "jvp" => drop(succeeds(&output, &(command, &name))),
                    _ => assert!(output.status.code() == Some(1), "{command}"),
                }
            }
            let forward = at("-forward.json");
            succeeds(
                &run(&folder, &[os("linearize"), &program, os("--forward"), &forward, os("-o"), &at("-linear.json")]),
                &name,
            );
            succeeds(&run(&folder, &[os("export"), &program, os("-o"), &at(".mlir")]), &name);
            succeeds(&run(&folder, &[os("import"), &at(".mlir"), os("-o"), &at("-back.rune")]), &name);
            succeeds(&run(&folder, &[os("diff"), &program, &at("-back.rune")]), &name);
            succeeds(&run(&folder, &[os("inspect"), &program, os("--graph"), &at(".svg")]), &name);
            assert!(inside.join(with(&name, ".svg")).is_file());

            // Arrays of each kind are written and read.
            let four = os("4xf32=1 2 3 4");
            for end in [".npy", ".npz", ".safetensors"] {
                let arrays = at(end);
                let written =
                    run(&folder, &[os("run"), &program, os("--reference"), os("-i"), four, os("-o"), &arrays]);
                succeeds(&written, &(end, &name));
                let read = run(&folder, &[os("run"), &program, os("--reference"), os("-i"), &arrays]);
                assert!(succeeds(&read, &(end, &name)).contains("[1.16.81.256.]"), "{end} {name:?}");
            }
            let results = at("-results");
            succeeds(
                &run(&folder, &[os("run"), &program, os("--reference"), os("-i"), four, os("-o"), &results]),
                &name,
            );
            assert!(inside.join(with(&name, "-results")).join("result0.npy").is_file());
            assert_eq!(run(&folder, &[os("run"), &program, os("-i"), &at(".txt")]).status.code(), Some(2));

            // The program is compiled, with its constants in a second file.
            succeeds(&run(&folder, &[os("compile"), &program, os("-o"), &module]), &name);
            let called = run(&folder, &[os("run"), &module, os("-i"), four]);
            assert!(succeeds(&called, &name).contains("[1.4.9.16.]"), "{name:?}");
            let shifted = at("-shifted.vmfb");
            succeeds(&run(&folder, &[os("compile"), os("c.json"), os("-o"), &shifted]), &name);
            let called = run(&folder, &[os("run"), &shifted, os("-i"), os("2xf32=1 2")]);
            assert!(succeeds(&called, &name).contains("[11.22.]"), "{name:?}");
            assert!(inside.join(with(&name, "-shifted.vmfb.safetensors")).is_file());
        }
    }
}

/// If a file cannot be read or written, the error names it, and nothing is left behind.
#[test]
fn files_that_cannot_be_are_named() {
    let folder = Folder::of(&[("f.rune", SQUARE), ("file", "")]);
    let os = OsStr::new;
    let outputs: &[&[&str]] = &[
        &["fmt", "f.rune", "-o"],
        &["simplify", "f.rune", "-o"],
        &["jvp", "f.rune", "-o"],
        &["compile", "f.rune", "-o"],
        &["export", "f.rune", "-o"],
        &["inspect", "f.rune", "--graph"],
        &["linearize", "f.rune", "-o", "g.json", "--forward"],
        &["run", "f.rune", "--reference", "-i", "4xf32=1", "-o"],
    ];
    let read_only = folder.path("locked");
    fs::create_dir(&read_only).unwrap();
    fs::set_permissions(&read_only, fs::Permissions::from_mode(0o500)).unwrap();
    // Root may write everywhere, so this test does not apply to root.
    let kept_out = fs::write(read_only.join("probe"), "").is_err();
    let before = folder.files();
    for args in outputs {
        for end in ["npy", "svg", "json", "vmfb", "mlir"] {
            let fits = match args[0] {
                "run" => end == "npy",
                "compile" => end == "vmfb",
                "inspect" => end == "svg",
                "export" => end == "mlir",
                _ => end == "json",
            };
            let mut targets = vec![format!("missing/out.{end}"), format!("file/out.{end}")];
            if kept_out {
                targets.push(format!("locked/out.{end}"));
            }
            for target in targets.iter().filter(|_| fits) {
                let all: Vec<&OsStr> = args.iter().copied().chain([target.as_str()]).map(os).collect();
                fails(&run(&folder, &all), target, &all);
                assert_eq!(folder.files(), before, "{all:?}");
            }
        }
    }
    let name = OsStr::from_bytes(b"none-\xff.json");
    for command in ["verify", "compile", "fmt", "simplify", "export", "inspect"] {
        fails(&run(&folder, &[os(command), name]), "none-", &command);
        fails(&run(&folder, &[os(command), os("file/f.rune")]), "file/f.", &command);
    }
    let array = OsStr::from_bytes(b"none-\xff.npy");
    fails(&run(&folder, &[os("run"), os("f.rune"), os("-i"), array]), "cannot read none-", &"run");
}

/// Arguments that are not valid text must not cause a panic.
#[test]
fn arguments_that_are_no_text_are_wrong_usage() {
    let folder = Folder::of(&[("f.rune", SQUARE)]);
    let (os, wrong) = (OsStr::new, OsStr::from_bytes(b"\xff"));
    for args in [
        &[wrong][..],
        &[os("run"), os("f.rune"), os("--device"), wrong],
        &[os("run"), os("f.rune"), os("-i"), wrong],
        &[os("run"), os("f.rune"), OsStr::from_bytes(b"--\xff")],
        &[os("compile"), os("f.rune"), os("--cpu"), wrong, os("--json")],
    ] {
        let output = run(&folder, args);
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && !message.contains("panicked"), "{args:?}: {message}");
    }
}

/// Runs the command in a folder with these environment variables.
fn compile(folder: &Folder, variables: &[(&str, &OsStr)]) -> Output {
    let mut command: Command = folder.command(&["run", "f.rune", "-i", "4xf32=1 2 3 4"]);
    command.env_remove("RUNE_IREE_COMPILER").envs(variables.iter().copied());
    command.output().unwrap()
}

#[track_caller]
fn computes(output: &Output, what: &dyn std::fmt::Debug) -> String {
    let (out, message) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.replace(' ', "").contains("[1.4.9.16.]"), "{what:?}: {out}{message}");
    message.into_owned()
}

#[test]
fn the_cache_may_be_anywhere() {
    let nested = ["cache", "./sub/../cache", "deep/er/cache", "../CACHE"].map(OsString::from);
    for cache in nested.into_iter().chain(names()) {
        let outer = Folder::of(&[]);
        let folder = Folder::of(&[("f.rune", SQUARE)]);
        fs::create_dir(folder.path("sub")).unwrap();
        // `..` stays inside the test's folder.
        let cache: OsString = if cache == "../CACHE" { outer.path("sub/../CACHE").into() } else { cache };
        let variables = [("RUNE_CACHE_DIR", cache.as_os_str())];
        let message = computes(&compile(&folder, &variables), &cache);
        assert_eq!(message, "", "{cache:?}");
        let modules = folder.path("").join(&cache).join("modules");
        assert_eq!(fs::read_dir(&modules).unwrap().count(), 1, "{}", modules.display());
        // The entry is found again, also from another folder by its absolute path.
        let absolute = fs::canonicalize(folder.path("").join(&cache)).unwrap();
        let elsewhere = Folder::of(&[("f.rune", SQUARE)]);
        assert_eq!(computes(&compile(&elsewhere, &[("RUNE_CACHE_DIR", absolute.as_os_str())]), &cache), "");
        assert_eq!(fs::read_dir(&modules).unwrap().count(), 1, "{}", modules.display());
        assert_eq!(elsewhere.files(), ["f.rune"]);
    }
}

#[test]
fn a_cache_that_cannot_be_written_is_done_without() {
    let folder = Folder::of(&[("f.rune", SQUARE), ("file", "")]);
    let mut dirs = vec!["file", "file/below", "/proc/none"];
    let locked = folder.path("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o500)).unwrap();
    if fs::write(locked.join("probe"), "").is_err() {
        dirs.push("locked");
    }
    for dir in dirs {
        let message = computes(&compile(&folder, &[("RUNE_CACHE_DIR", OsStr::new(dir))]), &dir);
        assert!(message.contains("cannot write to the compile cache") && message.contains(dir), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
    // With the cache turned off, nothing is written or reported.
    let missing = OsStr::new("nowhere");
    for off in ["off", "0", "false", "no"] {
        let variables = [("RUNE_CACHE", OsStr::new(off)), ("RUNE_CACHE_DIR", missing)];
        assert_eq!(computes(&compile(&folder, &variables), &off), "");
        assert!(!folder.path("nowhere").exists());
    }
}

#[test]
fn limits_and_names_that_are_none_are_told() {
    let folder = Folder::of(&[("f.rune", SQUARE)]);
    let cache = folder.path("cache");
    let with = |variable: &str, value: &[u8]| {
        compile(&folder, &[("RUNE_CACHE_DIR", cache.as_os_str()), (variable, OsStr::from_bytes(value))])
    };
    for limit in [&b""[..], b"0", b"1", b"500MB", b"2 GiB"] {
        assert_eq!(computes(&with("RUNE_CACHE_LIMIT", limit), &limit), "");
    }
    for limit in [&b"much"[..], b"-1", b"1e9", b"99999999999999999999", b"99999999TB", b"\xff"] {
        let message = computes(&with("RUNE_CACHE_LIMIT", limit), &limit);
        assert!(
            message.contains("RUNE_CACHE_LIMIT") && message.contains("using 2147483648 bytes"),
            "{limit:?}: {message}"
        );
    }
    assert_eq!(computes(&with("RUNE_DEVICE", b""), &"no device"), "");
    for device in [&b"tpu"[..], b"CPU", b" cpu", b"\xff", b"cpu0"] {
        fails(
            &with("RUNE_DEVICE", device),
            "is not a device; known are reference (the interpreter), host, cpu",
            &device,
        );
    }
    for eager in [&b""[..], b"auto"] {
        assert_eq!(computes(&with("RUNE_EAGER", eager), &eager), "");
    }
    for other in ["LOG_JIT", "RUNE_DEBUG_NANS", "RUNE_DEBUG_INFS", "VIRTUAL_ENV", "RUNE_CACHE"] {
        computes(&with(other, b"\xff"), &other);
    }
}

/// Returns the compiler's library, which `scripts/setup` installs.
fn library() -> PathBuf {
    if let Some(path) = std::env::var_os("RUNE_IREE_COMPILER") {
        return path.into();
    }
    let venv = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv/lib");
    let versions = fs::read_dir(&venv).unwrap_or_else(|e| panic!("{}: {e}", venv.display()));
    let file = Path::new("site-packages/iree/compiler/_mlir_libs/libIREECompiler.so");
    let found = versions.map(|version| version.unwrap().path().join(file)).find(|path| path.is_file());
    fs::canonicalize(found.expect("the compiler is installed")).unwrap()
}

#[test]
fn the_compiler_may_be_anywhere() {
    let (library, mut tried) = (library(), 0);
    let around = library.parent().unwrap();
    for name in names() {
        let folder = Folder::of(&[("f.rune", SQUARE)]);
        symlink(around, folder.path("").join(&name)).unwrap();
        let file = Path::new(&name).join(library.file_name().unwrap());
        // The library is named by its absolute path, by its folder, and by its relative path. The first name tests all
        // three, and each other name tests one of them.
        let paths = [folder.path("").join(&file), PathBuf::from(&name), file];
        let turns = if tried == 0 { 0..3 } else { tried % 3..tried % 3 + 1 };
        for path in &paths[turns] {
            let message = computes(
                &compile(&folder, &[("RUNE_IREE_COMPILER", path.as_os_str()), ("RUNE_CACHE_DIR", OsStr::new("cache"))]),
                &path,
            );
            assert_eq!(message, "", "{path:?}");
            fs::remove_dir_all(folder.path("cache")).unwrap();
            tried += 1;
        }
    }
    assert_eq!(tried, names().len() + 2);
    let folder = Folder::of(&[("f.rune", SQUARE), ("no-library.so", "no library")]);
    for (path, expected) in [
        (&b"none/lib.so"[..], "none/lib.so, which is not there"),
        (b".", "which is not there; let it name libIREECompiler"),
        (b"none-\xff.so", "which is not there"),
        (b"no-library.so", "iree-compile is not there; install iree-base-compiler"),
    ] {
        let variables = [("RUNE_IREE_COMPILER", OsStr::from_bytes(path)), ("RUNE_CACHE_DIR", OsStr::new("cache"))];
        fails(&compile(&folder, &variables), expected, &path);
    }
    // An empty variable counts as unset.
    assert_eq!(computes(&compile(&folder, &[("RUNE_IREE_COMPILER", OsStr::new(""))]), &"empty"), "");
}

/// If the folder of the cache has no plain name, the links to the linker are in TMPDIR. TMPDIR itself must
/// be plain: IREE puts its own files there, and passes their names to a shell without quotes.
#[test]
fn temporary_files_may_be_anywhere() {
    let folder = Folder::of(&[("f.rune", SQUARE)]);
    let dir = folder.path("temporary");
    fs::create_dir(&dir).unwrap();
    for (cache, tmp) in
        [("cache", dir.as_os_str()), ("a cache", dir.as_os_str()), ("another cache", OsStr::new("temporary"))]
    {
        let output = compile(&folder, &[("RUNE_CACHE_DIR", OsStr::new(cache)), ("TMPDIR", tmp)]);
        assert_eq!(computes(&output, &(cache, tmp)), "");
    }
    let missing = folder.path("missing");
    let output = compile(&folder, &[("RUNE_CACHE_DIR", OsStr::new("one more")), ("TMPDIR", missing.as_os_str())]);
    fails(&output, "set TMPDIR", &missing);
}

/// An error about a rejected program has a few lines, however long the program is. It names the file with all details.
#[test]
fn what_is_refused_is_told_in_a_few_lines() {
    let mut text = String::from(
        "func.func @main(%a: tensor<4x4xf32>) -> tensor<4x4xf32> {\n  %0 = stablehlo.add %a, %a : tensor<4x4xf32>\n",
    );
    for i in 1..4000 {
        text += &format!("  %{i} = stablehlo.add %{}, %a : tensor<4x4xf32>\n", i - 1);
    }
    text += "  %r = stablehlo.no_such_operation %3999 : tensor<4x4xf32>\n  return %r : tensor<4x4xf32>\n}\n";
    let huge = format!(
        "func.func @main() -> tensor<200000xi8> {{ %0 = stablehlo.constant dense<\"0x{}\"> : tensor<2000xi8> return %0 }}",
        "00".repeat(200_000)
    );
    let folder = Folder::of(&[
        ("long.mlir", &text),
        ("wide.mlir", &huge),
        ("wide.rune", &SQUARE.replace("rune.mul(x0, x0)", &format!("rune.mul(x0, {})", "x0, ".repeat(90_000)))),
    ]);
    for args in
        [&["import", "long.mlir"][..], &["import", "wide.mlir"], &["verify", "wide.rune"], &["compile", "wide.rune"]]
    {
        let message = folder.fails(1, args);
        assert!(
            message.lines().count() <= 30 && message.len() < 3000,
            "{args:?}: {} bytes: {}",
            message.len(),
            &message[..1000]
        );
    }
}
