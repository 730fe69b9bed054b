//! Tests that every stage of a program can be shown.

use crate::folder::{Folder, SORT, SQUARE};
use serde_json::Value;

/// A product that is too small for a host call, with some operations on the result.
const LAYER: &str = "\
def layer(x0, x1): # ([32, 48, f32], [48, 32, f32]) -> [32, f32]
    z0 = rune.dot_general(x0, x1, dims={\"lhs_batch\": [], \"rhs_batch\": [], \"lhs_contract\": [1], \"rhs_contract\": [0]}, out=\"f32\")
    z1 = rune.neg(z0)
    z2 = rune.neg(z1)
    z3 = rune.tanh(z2)
    y0 = rune.reduce_sum(z3, axes=[1])
    return y0
";

fn folder() -> Folder {
    Folder::of(&[("f.rune", SQUARE), ("layer.rune", LAYER), ("sort.json", SORT)])
}

#[test]
fn each_stage_is_shown() {
    let folder = folder();
    for (stage, expected) in [
        ("program", "z1 = rune.neg(z0) # [32, 32, f32] -> [32, 32, f32]"),
        ("simplified", "z1 = rune.tanh(z0)"),
        ("stablehlo", "\"stablehlo.dot_general\"(%x0, %x1)"),
        ("input", "linalg."),
        ("flow", "flow.executable private @main_dispatch_0"),
        ("stream", "stream.cmd.dispatch"),
        ("hal", "hal.command_buffer.dispatch"),
        ("vm", "vm.call"),
        ("llvm", "define internal"),
        ("asm", "# main_dispatch_0\n"),
        ("ptx", ".visible .entry main_dispatch_0"),
        ("msl", "kernel void"),
        ("spirv", "spirv."),
    ] {
        let printed = folder.prints(&["inspect", "layer.rune", "--stage", stage]);
        assert!(printed.contains(expected), "{stage}: {printed}");
        let longest = printed.lines().map(str::len).max().unwrap();
        assert!(longest < 20_000, "{stage} has a line of {longest} bytes");
    }
    assert_eq!(folder.prints(&["inspect", "f.rune"]), SQUARE);
    let json: Value = serde_json::from_str(&folder.prints(&["--json", "inspect", "f.rune"])).unwrap();
    assert_eq!((&json["stage"], &json["text"]), (&"program".into(), &SQUARE.into()));
    let gpu = folder.prints(&["inspect", "f.rune", "--stage", "asm", "--target", "rocm"]);
    assert!(gpu.contains("s_endpgm"), "{gpu}");
}

#[test]
fn one_instruction_or_dispatch_is_shown() {
    let folder = folder();
    let printed = folder.prints(&["inspect", "layer.rune", "--op", "3"]);
    assert_eq!(
        printed,
        "def tanh(x0): # [32, 32, f32] -> [32, 32, f32]\n    y0 = rune.tanh(x0) # [32, 32, f32] -> [32, 32, f32]\n    return y0\n"
    );
    let printed = folder.prints(&["inspect", "layer.rune", "--op", "3", "--stage", "stablehlo"]);
    assert!(printed.contains("stablehlo.tanh") && !printed.contains("stablehlo.dot_general"), "{printed}");
    let code = folder.prints(&["inspect", "layer.rune", "--stage", "asm"]);
    assert!(code.matches("\n# ").count() >= 1, "more than one dispatch: {code}");
    let first = folder.prints(&["inspect", "layer.rune", "--stage", "asm", "--dispatch", "0"]);
    assert!(first.starts_with("main_dispatch_0_") && code.contains(&first) && first.len() < code.len(), "{first}");
    for stage in ["flow", "stream", "hal", "vm", "llvm"] {
        let named = folder.prints(&["inspect", "layer.rune", "--stage", stage, "--dispatch", "main_dispatch_0"]);
        let numbered = folder.prints(&["inspect", "layer.rune", "--stage", stage, "--dispatch", "0"]);
        // LLVM numbers its metadata differently each time.
        assert!(numbered == named || stage == "llvm" && numbered.lines().count() == named.lines().count(), "{stage}");
        assert!(named.contains("main_dispatch_0") && !named.contains("main_dispatch_1"), "{stage}: {named}");
    }
}

#[test]
fn statistics_are_of_the_compiled_program() {
    let folder = folder();
    let printed = folder.prints(&["inspect", "layer.rune", "--stats"]);
    for row in [
        "instructions          5, and 3 when simplified\n",
        "operations            dot_general 1, reduce_sum 1, tanh 1\n",
        "inputs                12.3 kB\n",
        "multiply-adds         49,152, and 2,048 other steps\n",
        "outputs               128 B\n",
        "target                llvm-cpu\n",
    ] {
        assert!(printed.contains(row), "{row} in {printed}");
    }
    let json: Value = serde_json::from_str(&folder.prints(&["--json", "inspect", "layer.rune", "--stats"])).unwrap();
    let number = |name: &str| json[name].as_u64().unwrap();
    assert_eq!((number("input_bytes"), number("output_bytes")), (4 * (32 * 48 + 48 * 32), 4 * 32));
    assert!(number("dispatches") >= number("kernels") && number("kernels") >= 1, "{json}");
    assert!(number("peak_bytes") >= number("input_bytes") + number("output_bytes"), "{json}");
    assert_eq!((number("multiply_adds"), number("flops")), (32 * 48 * 32, 2 * 32 * 32), "{json}");
    // Only the derivative of tanh is a residual: the operands of the product are inputs.
    assert_eq!((number("residuals"), number("residual_bytes")), (1, 4 * 32 * 32), "{json}");
    assert_eq!(json["operations"]["tanh"], 1);
}
