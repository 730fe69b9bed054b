//! The command line as its users see it: the binary itself is run.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const SQUARE: &str = "\
def square(x0): # [4, f32] -> [4, f32]
    y0 = rune.mul(x0, x0) # ([4, f32], [4, f32]) -> [4, f32]
    return y0
";
const SQUARE_JSON: &str = r#"{ "rune": 1, "name": "square",
  "inputs": [{ "name": "x0", "type": "[4, f32]" }],
  "instructions": [{ "op": "mul", "inputs": ["x0", "x0"], "results": [{ "name": "y0", "type": "[4, f32]" }] }],
  "outputs": ["y0"] }
"#;
/// Two operands, sorted by the first along the last axis: a call of the host on CPUs.
const SORT: &str = r#"{ "rune": 1, "name": "sorted",
  "inputs": [{ "name": "k", "type": "[2, 3, f32]" }, { "name": "v", "type": "[2, 3, i32]" }],
  "instructions": [
    { "op": "sort", "inputs": ["k", "v"], "attributes": { "dimension": 1, "num_keys": 1 },
      "results": [{ "name": "a", "type": "[2, 3, f32]" }, { "name": "b", "type": "[2, 3, i32]" }] },
    { "op": "neg", "inputs": ["a"], "results": [{ "name": "c", "type": "[2, 3, f32]" }] }],
  "outputs": ["c", "b"] }
"#;
const CONSTANT: &str = r#"{ "rune": 1, "name": "shifted",
  "inputs": [{ "name": "x", "type": "[2, f32]" }],
  "constants": [{ "name": "w", "type": "[2, f32]", "data": [10, 20] }],
  "instructions": [{ "op": "add", "inputs": ["x", "w"], "results": [{ "name": "y", "type": "[2, f32]" }] }],
  "outputs": ["y"] }
"#;

/// A folder with files in it, in which the binary runs.
struct Folder(TempDir);

impl Folder {
    fn of(files: &[(&str, &str)]) -> Folder {
        let folder = Folder(TempDir::new().unwrap());
        files.iter().for_each(|(name, text)| fs::write(folder.path(name), text).unwrap());
        folder
    }
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rune-cli"));
        command.args(args).current_dir(self.0.path()).env_remove("RUNE_DEVICE").env_remove("LOG_JIT");
        command.env("RUNE_CACHE_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-cache"));
        command
    }
    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }
    /// What it prints when all is well.
    fn prints(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
        String::from_utf8(output.stdout).unwrap()
    }
    /// What it complains, exiting with `code`.
    fn fails(&self, code: i32, args: &[&str]) -> String {
        let output = self.run(args);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{args:?}");
        assert!(said.starts_with("error: ") && !said.contains("panicked"), "{said}");
        said
    }
    fn files(&self) -> Vec<String> {
        let name = |e: std::io::Result<fs::DirEntry>| e.unwrap().file_name().into_string().unwrap();
        let mut files: Vec<String> = fs::read_dir(self.0.path()).unwrap().map(name).collect();
        files.sort();
        files
    }
}

#[test]
fn a_program_is_compiled_and_run() {
    let folder = Folder::of(&[("f.rune", SQUARE), ("g.json", SQUARE_JSON)]);
    let said = folder.prints(&["compile", "f.rune"]);
    assert!(said.starts_with("f.vmfb: ") && said.contains(" kB for llvm-cpu; lowered in "), "{said}");
    folder.prints(&["compile", "g.json", "-o", "g.module", "--opt", "plain", "--cpu", "host"]);
    let expected = "# result 0: [4, f32]\n[ 1.0,  4.0,  9.0, 16.0]\n";
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
    let sorted = "# result 0: [2, 3, f32]\n[[-1.0, -2.0, -3.0],\n [ 5.0, -0.0,  NaN]]\n\
                  # result 1: [2, 3, i32]\n[[2, 3, 1],\n [5, 4, 6]]\n";
    assert_eq!(folder.prints(&[&["run", "sort.vmfb"], &inputs[..]].concat()), sorted);
    let shifted = "# result 0: [2, f32]\n[11.0, 21.0]\n";
    assert_eq!(folder.prints(&["run", "shift.vmfb", "-i", "2xf32=1"]), shifted);
    assert_eq!(folder.prints(&["run", "shift.json", "--reference", "-i", "2xf32=1"]), shifted);

    fs::remove_file(folder.path("shift.vmfb.safetensors")).unwrap();
    let said = folder.fails(1, &["run", "shift.vmfb", "-i", "2xf32=1"]);
    assert!(said.contains("shift.vmfb.safetensors: No such file"), "{said}");
}

#[test]
fn arrays_go_in_and_out_through_files() {
    let folder = Folder::of(&[("f.rune", SQUARE), ("sort.json", SORT)]);
    let run = ["run", "f.rune", "--reference", "-o", "out", "-i"];
    assert_eq!(folder.prints(&[&run[..], &["4xf32=1 2 3 4"]].concat()), "out/result0.npy: [4, f32]\n");
    let said = folder.prints(&["run", "f.rune", "--reference", "-i", "out/result0.npy"]);
    assert_eq!(said, "# result 0: [4, f32]\n[  1.0,  16.0,  81.0, 256.0]\n");
    // A file that something else wrote: 2 tensors.
    let header = r#"{"x2":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"x10":{"dtype":"I32","shape":[2,3],"data_offsets":[24,48]}}"#;
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend_from_slice(header.as_bytes());
    [3.0f32, 2.0, 1.0, 0.0, 0.0, 0.0].iter().for_each(|x| file.extend_from_slice(&x.to_le_bytes()));
    (0..6i32).for_each(|x| file.extend_from_slice(&x.to_le_bytes()));
    fs::write(folder.path("in.safetensors"), file).unwrap();
    let expected = "# result 0: [2, 3, f32]\n[[-1.0, -2.0, -3.0],\n [-0.0, -0.0, -0.0]]\n\
                    # result 1: [2, 3, i32]\n[[2, 1, 0],\n [3, 4, 5]]\n";
    let run = ["run", "sort.json", "--reference", "-i"];
    assert_eq!(folder.prints(&[&run[..], &["in.safetensors"]].concat()), expected);
    let both = ["in.safetensors:x2", "-i", "in.safetensors:x10"];
    assert_eq!(folder.prints(&[&run[..], &both[..]].concat()), expected);
    let said = folder.fails(1, &[&run[..], &["in.safetensors:y"]].concat());
    assert!(said.contains("in.safetensors holds no `y`, only x10, x2"), "{said}");
}

#[test]
fn a_program_comes_from_the_standard_input() {
    let folder = Folder::of(&[]);
    for text in [SQUARE, SQUARE_JSON] {
        let mut command = folder.command(&["run", "-", "--reference", "-i", "4xf32=3"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "# result 0: [4, f32]\n[9.0, 9.0, 9.0, 9.0]\n");
    }
}

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
        (&["compile", "f.rune", "--target", "cuda", "--cpu", "host"], "--cpu goes with --target llvm-cpu only"),
        (&["compile", "f.rune", "--arch", "sm_80"], "--arch is of GPUs"),
        (&["compile", "f.rune", "--target", "metal", "--arch", "m1"], "--target metal takes no --arch"),
        (&["compile", "f.rune", "--opt", "fastest"], "[possible values: fast, plain]"),
        (&["compile", "-"], "a program from the standard input needs --output OUT.vmfb"),
        (&["compile"], "<PROGRAM>"),
        (&["run", "f.rune", "--device", "tpu"], "[possible values: cpu, local-sync"),
        (&["run", "f.rune", "--reference", "--device", "cpu"], "cannot be used with"),
        (&["run", "f.rune", "-i", "x.txt"], "write the type and the elements, as 2x3xf32=1 2 3 4 5 6"),
        (&["run", "f.rune", "-i", "4xf33=1"], "`4xf33` is not a type; write its sizes and its dtype"),
        (&["run", "f.rune", "-i", "4xf32=1 2 3"], "[4, f32] has 4 elements, and 3 are given"),
        (&["run", "f.rune", "-i", "4xf32=1 2 3 four"], "`four` is not an element of type f32"),
        (&["run", "f.rune", "-i", "99999999999x99999999999xf32=0"], "[99999999999, 99999999999, f32]"),
        (&["dance"], "unrecognized subcommand 'dance'"),
    ];
    for (args, expected) in cases {
        let said = folder.fails(2, args);
        assert!(said.contains(expected), "{args:?}: {said}");
    }
    assert_eq!(folder.files(), ["f.rune"]);
}

#[test]
fn failures_exit_with_1_and_leave_nothing_behind() {
    let wrong_type = SQUARE_JSON.replace(r#""y0", "type": "[4, f32]""#, r#""y0", "type": "[5, f32]""#);
    let future = SQUARE_JSON.replace(r#""rune": 1"#, r#""rune": 7"#);
    let files = [
        ("f.rune", SQUARE),
        ("typo.rune", &SQUARE.replace("rune.mul(x0, x0)", "rune.mull(x0, x0)")),
        ("cut.json", &SQUARE_JSON[..SQUARE_JSON.len() / 2]),
        ("type.json", &wrong_type),
        ("future.json", &future),
        ("junk.vmfb", "no module at all"),
        ("zip.vmfb", "PK\x03\x04 and no more of a module"),
        ("junk.npy", "no array"),
    ];
    let folder = Folder::of(&files);
    fs::write(folder.path("binary.json"), [0xff, 0xfe, 0]).unwrap();
    let files = folder.files();
    let one = ["-i", "4xf32=1"];
    let cases: &[(&[&str], &str)] = &[
        (&["compile", "none.json"], "cannot read none.json: No such file"),
        (&["compile", "typo.rune"], "typo.rune:2:"),
        (&["compile", "typo.rune"], "there is no operation `mull`"),
        (&["compile", "cut.json"], "cut.json:3:"),
        (&["compile", "cut.json"], "EOF while parsing"),
        (
            &["compile", "type.json"],
            "instruction 0 (`mul`) of the program: the types are [4, f32], and are said to be [5",
        ),
        (&["compile", "future.json"], "it is of version 7 of the format"),
        (&["compile", "binary.json"], "binary.json is not a program: it is neither JSON nor text"),
        (&["compile", "junk.vmfb"], "junk.vmfb is a compiled module, and a program is needed"),
        (&["compile", "f.rune", "-o", "nowhere/f.vmfb"], "cannot write nowhere/f.vmfb: there is no folder nowhere"),
        (&["run", "none.vmfb"], "cannot read the compiled module none.vmfb: No such file"),
        (&["run", "junk.vmfb"], "junk.vmfb is no compiled module (.vmfb): it does not begin as one"),
        (&["run", "zip.vmfb"], "zip.vmfb cannot be run: it is damaged, or was not compiled by rune: FlatBuffer"),
        (&["run", "f.rune", "--reference"], "f.rune takes 1 input ([4, f32]), and none are given"),
        (&["run", "f.rune", "-i", "4xf32=1", "-i", "f32=1"], "f.rune takes 1 input ([4, f32]), and 2 are given"),
        (
            &["run", "f.rune", "-i", "5xf32=1"],
            "f.rune takes [4, f32] as input 0, counted from 0, and [5, f32] is given",
        ),
        (
            &["run", "f.rune", "-i", "4xf64=1"],
            "f.rune takes [4, f32] as input 0, counted from 0, and [4, f64] is given",
        ),
        (&["run", "f.rune", "-i", "none.npy"], "cannot read none.npy: No such file"),
        (&["run", "f.rune", "-i", "junk.npy"], "junk.npy cannot be read as an array: it does not begin as a .npy file"),
        (&["run", "f.rune", one[0], one[1], "--reference", "-o", "f.rune"], "cannot make the folder f.rune: "),
    ];
    for (args, expected) in cases {
        let said = folder.fails(1, args);
        assert!(said.contains(expected), "{args:?}: {said}");
        assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    }
    assert_eq!(folder.files(), files);
}

#[test]
fn a_module_that_is_damaged_or_of_another_target_is_refused() {
    let folder = Folder::of(&[("f.rune", SQUARE)]);
    folder.prints(&["compile", "f.rune"]);
    let input = "4xf32=2";
    let said = folder.fails(1, &["run", "f.vmfb", "-i", "3xf32=2"]);
    assert!(said.contains("f.vmfb takes [4, f32] as input 0, counted from 0, and [3, f32] is given"), "{said}");
    let said = folder.fails(2, &["run", "f.vmfb", "-i", input, "--reference"]);
    assert!(said.contains("the reference interpreter runs programs, and this is a compiled module"), "{said}");

    let module = fs::read(folder.path("f.vmfb")).unwrap();
    for cut in [5, 100, module.len() / 2, module.len() - 3000] {
        fs::write(folder.path("cut.vmfb"), &module[..cut]).unwrap();
        let said = folder.fails(1, &["run", "cut.vmfb", "-i", input]);
        assert!(said.contains("cut.vmfb cannot be run: it is damaged"), "{cut}: {said}");
    }
    folder.prints(&["compile", "f.rune", "--target", "vulkan", "-o", "gpu.vmfb"]);
    let said = folder.fails(1, &["run", "gpu.vmfb", "-i", input]);
    assert!(said.contains("gpu.vmfb cannot be run: it was compiled for vulkan, and the device is cpu"), "{said}");
}

#[test]
fn help_shows_examples() {
    let folder = Folder::of(&[]);
    for (args, expected) in [
        (&["--help"][..], "Exit codes: 0 done, 1 failed, 2 wrong usage"),
        (&["run", "--help"], "rune-cli run f.vmfb --input x.npy"),
        (&["compile", "--help"], "rune-cli compile f.json --target cuda --arch sm_89"),
    ] {
        let said = folder.prints(args);
        assert!(said.contains(expected), "{said}");
    }
}
