//! Arrays in files of NumPy and safetensors.

use crate::folder::{Folder, SORT, SQUARE};
use std::fs;

/// Files that NumPy wrote. `scripts/vectors npy` creates them.
const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/arrays");

/// A program that returns its input.
fn identity(ty: &str) -> String {
    format!("def f(x0): # {ty} -> {ty}\n    return x0\n")
}

fn data(folder: &Folder) {
    for file in fs::read_dir(DATA).unwrap().map(Result::unwrap) {
        fs::copy(file.path(), folder.path(file.file_name().to_str().unwrap())).unwrap();
    }
}

/// Returns what the identity program prints for an input.
fn shown(folder: &Folder, ty: &str, input: &str) -> String {
    fs::write(folder.path("f.rune"), identity(ty)).unwrap();
    let printed = folder.prints(&["run", "f.rune", "--reference", "-i", input]);
    printed.strip_prefix(&format!("# result 0: {ty}\n")).unwrap().trim_end().to_owned()
}

#[test]
fn arrays_go_in_and_out_through_files() {
    let folder = Folder::of(&[("f.rune", SQUARE), ("sort.json", SORT)]);
    let run = ["run", "f.rune", "--reference", "-o", "out", "-i"];
    assert_eq!(folder.prints(&[&run[..], &["4xf32=1 2 3 4"]].concat()), "out/result0.npy: [4, f32]\n");
    let printed = folder.prints(&["run", "f.rune", "--reference", "-i", "out/result0.npy"]);
    assert_eq!(printed, "# result 0: [4, f32]\n[  1.  16.  81. 256.]\n");
    // A file from another program, with two tensors.
    let header = r#"{"x2":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"x10":{"dtype":"I32","shape":[2,3],"data_offsets":[24,48]}}"#;
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend_from_slice(header.as_bytes());
    [3.0f32, 2.0, 1.0, 0.0, 0.0, 0.0].iter().for_each(|x| file.extend_from_slice(&x.to_le_bytes()));
    (0..6i32).for_each(|x| file.extend_from_slice(&x.to_le_bytes()));
    fs::write(folder.path("in.safetensors"), file).unwrap();
    let expected = "# result 0: [2, 3, f32]\n[[-1. -2. -3.]\n [-0. -0. -0.]]\n\
                    # result 1: [2, 3, i32]\n[[2 1 0]\n [3 4 5]]\n";
    let run = ["run", "sort.json", "--reference", "-i"];
    assert_eq!(folder.prints(&[&run[..], &["in.safetensors"]].concat()), expected);
    let both = ["in.safetensors:x2", "-i", "in.safetensors:x10"];
    assert_eq!(folder.prints(&[&run[..], &both[..]].concat()), expected);
    let message = folder.fails(1, &[&run[..], &["in.safetensors:y"]].concat());
    assert!(message.contains("in.safetensors has no `y`, only x2, x10"), "{message}");
}

#[test]
fn files_of_numpy_are_read() {
    let folder = Folder::of(&[]);
    data(&folder);
    let x = "[ 1.5 -2.   0.   4. ]";
    for file in ["plain.npy", "big_endian.npy", "one.npz", "compressed.npz:x", "compressed.npz:b/2", "many.npz:arr_10"]
    {
        assert_eq!(shown(&folder, "[4, f32]", file), x, "{file}");
    }
    let columns =
        "[[[ 0  1  2  3]\n  [ 4  5  6  7]\n  [ 8  9 10 11]]\n\n [[12 13 14 15]\n  [16 17 18 19]\n  [20 21 22 23]]]";
    assert_eq!(shown(&folder, "[2, 3, 4, i16]", "columns.npy"), columns);
    assert_eq!(shown(&folder, "[f64]", "scalar.npy"), "2.5");
    assert_eq!(shown(&folder, "[0, 4, f32]", "empty.npy"), "[]");
    assert_eq!(shown(&folder, "[2, bool]", "truths.npy"), "[ True False]");
    assert_eq!(shown(&folder, "[4, bf16]", "bf16.npz"), x);
    // Without a name, all arrays of a file are inputs, sorted by number: the eleventh comes last.
    let head = (0..11).map(|i| format!("x{i}")).collect::<Vec<_>>().join(", ");
    let types = ["[4, f32]"; 11].join(", ");
    let last = format!("def f({head}): # ({types}) -> [4, f32]\n    return x10\n");
    fs::write(folder.path("last.rune"), last).unwrap();
    let printed = folder.prints(&["run", "last.rune", "--reference", "-i", "many.npz"]);
    assert_eq!(printed, format!("# result 0: [4, f32]\n{x}\n"));
}

#[test]
fn files_that_are_no_arrays_are_refused() {
    let folder = Folder::of(&[("f.rune", &identity("[4, f32]"))]);
    data(&folder);
    let whole = fs::read(folder.path("one.npz")).unwrap();
    fs::write(folder.path("cut.npz"), &whole[..whole.len() / 2]).unwrap();
    let at = whole.windows(4).position(|w| w == 1.5f32.to_le_bytes()).unwrap();
    let mut flipped = whole;
    flipped[at] ^= 1;
    fs::write(folder.path("flipped.npz"), flipped).unwrap();
    fs::write(folder.path("junk.npz"), "no zip").unwrap();
    let cases = [
        ("none.npz", "cannot read none.npz: No such file"),
        ("none.npz:x", "cannot read none.npz: No such file"),
        ("none.safetensors", "cannot read none.safetensors: No such file"),
        ("junk.npz", "junk.npz cannot be read as arrays: it is truncated, or not a .npz file"),
        ("cut.npz", "cut.npz cannot be read as arrays: it is truncated, or not a .npz file"),
        ("flipped.npz", "`x0` in flipped.npz cannot be read as an array: Invalid checksum"),
        ("text.npz", "text.npz cannot be read as arrays: its entry `readme.txt` is not a .npy file"),
        ("compressed.npz:y", "compressed.npz has no `y`, only b/2, x"),
        ("lzma.npz", "`x0` in lzma.npz cannot be read as an array: compression method not supported: 14"),
        (
            "objects.npz",
            "its elements are `|O`, which is not a dtype of rune; convert them, for example by x.astype(np.float32)",
        ),
        ("complex.npy", "c64] is given, by complex.npy"),
        ("records.npy", "its elements are records, which is not a dtype of rune"),
        ("compressed.npz", "f.rune takes 1 input ([4, f32]), but 2 are given"),
        ("bf16.npz", "f.rune takes [4, f32] as input 0, counted from 0, but [4, bf16] is given, by bf16.npz:x0"),
        ("scalar.npy", "but [f64] is given, by scalar.npy"),
    ];
    for (input, expected) in cases {
        let message = folder.fails(1, &["run", "f.rune", "--reference", "-i", input]);
        assert!(message.contains(expected), "{input}, not {expected}: {message}");
    }
}

#[test]
fn results_go_into_files_that_are_inputs_again() {
    let sorted = ["-i", "2x3xf32=3 1 2 0 -5 4", "-i", "2x3xi32=1 2 3 4 5 6"];
    let folder = Folder::of(&[("sort.json", SORT), ("f.rune", SQUARE)]);
    let run = |output: &str| folder.prints(&[&["run", "sort.json", "--reference", "-o", output], &sorted[..]].concat());
    for output in ["out.npz", "out.safetensors"] {
        let message = run(output);
        assert_eq!(message, format!("{output}:result0: [2, 3, f32]\n{output}:result1: [2, 3, i32]\n"));
        let again = folder.prints(&["run", "sort.json", "--reference", "-i", output]);
        let expected = "# result 0: [2, 3, f32]\n[[ 3.  2.  1.]\n [ 4.  0. -5.]]\n";
        assert!(again.starts_with(expected), "{again}");
    }
    let printed = folder.prints(&["--json", "run", "f.rune", "--reference", "-i", "4xf32=2", "-o", "y.npy"]);
    assert_eq!(printed, "{\"file\":\"y.npy\",\"result\":0,\"type\":\"[4, f32]\"}\n");
    assert!(folder.prints(&["run", "f.rune", "--reference", "-i", "y.npy"]).contains("[16. 16. 16. 16.]"));

    let message = folder.fails(1, &[&["run", "sort.json", "--reference", "-o", "y.npy"], &sorted[..]].concat());
    assert!(
        message.contains("sort.json has 2 results, and y.npy holds one array; write to a folder, or to OUT.npz"),
        "{message}"
    );
    let message = folder.fails(1, &["run", "f.rune", "-i", "4xf32=2", "-o", "nowhere/y.npz"]);
    assert!(message.contains("cannot write nowhere/y.npz: there is no folder nowhere"), "{message}");
    assert_eq!(folder.files(), ["f.rune", "out.npz", "out.safetensors", "sort.json", "y.npy"]);
}
