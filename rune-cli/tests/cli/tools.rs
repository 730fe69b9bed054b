//! Tests of comparing, measuring, checking, devices, targets and the cache.

use crate::folder::{Folder, SORT, SQUARE, SQUARE_JSON};
use serde_json::Value;
use std::fs;

/// Returns the JSON values of the lines.
fn values(message: &str) -> Vec<Value> {
    message.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn programs_are_verified() {
    let folder = Folder::of(&[("f.rune", SQUARE), ("sort.json", SORT)]);
    let printed = folder.prints(&["verify", "f.rune", "sort.json"]);
    let expected =
        "f.rune: sound, 1 input, 1 instruction, 1 output\nsort.json: sound, 2 inputs, 2 instructions, 2 outputs\n";
    assert_eq!(printed, expected);
    let json = values(&folder.prints(&["--json", "verify", "f.rune"]));
    assert_eq!((&json[0]["name"], &json[0]["inputs"][0]), (&"square".into(), &"[4, f32]".into()));
}

#[test]
fn programs_are_compared_by_structure_and_by_results() {
    let twice = SQUARE.replace("    return", "    z9 = rune.add(x0, x0)\n    return");
    let cube = SQUARE.replace("return y0", "z0 = rune.mul(y0, x0)\n    return z0");
    let renamed = SQUARE.replace("y0", "product");
    let files = [
        ("f.rune", SQUARE),
        ("f.json", SQUARE_JSON),
        ("twice.rune", &twice),
        ("cube.rune", &cube),
        ("renamed.rune", &renamed),
    ];
    let folder = Folder::of(&files);
    for same in ["f.json", "renamed.rune"] {
        let printed = folder.prints(&["diff", "f.rune", same, "--reference"]);
        assert_eq!(printed, "the 2 instructions are the same\noutput 0, [4, f32]: the same\n");
    }
    // There are more instructions, but the results are the same.
    let printed = folder.prints(&["diff", "f.rune", "twice.rune"]);
    let expected = "\
--- f.rune
+++ twice.rune
  y0 = rune.mul(x0, x0) # ([4, f32], [4, f32]) -> [4, f32]
+ z0 = rune.add(x0, x0) # ([4, f32], [4, f32]) -> [4, f32]
  return y0
output 0, [4, f32]: the same
";
    assert_eq!(printed, expected);
    assert_eq!(folder.run(&["diff", "f.rune", "twice.rune", "--structure"]).status.code(), Some(1));
    let output = folder.run(&["diff", "f.rune", "cube.rune", "--reference"]);
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(printed.contains("- return y0") && printed.contains("output 0, [4, f32]: differs, at most "), "{printed}");
    let loose = ["--json", "diff", "f.rune", "cube.rune", "--reference", "--atol", "2"];
    let json = values(&folder.prints(&loose));
    assert_eq!((&json[0]["results"][0]["agrees"], &json[0]["same_instructions"]), (&true.into(), &false.into()));
}

#[test]
fn nan_is_told_apart() {
    let log = SQUARE.replace("rune.mul(x0, x0) # ([4, f32], [4, f32])", "rune.log(x0) # [4, f32]");
    let of_size = log.replace("y0 = rune.log(x0)", "z0 = rune.abs(x0)\n    y0 = rune.log(z0)");
    let folder = Folder::of(&[("log.rune", &log), ("size.rune", &of_size), ("sort.json", SORT)]);
    let printed = folder.prints(&["diff", "log.rune", "log.rune", "--reference"]);
    let times: u64 = printed.split("NaN ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap().parse().unwrap();
    assert!(printed.ends_with(&format!("the same, NaN {times} times in both\n")) && times > 1, "{printed}");
    let output = folder.run(&["--json", "diff", "size.rune", "log.rune", "--reference"]);
    let json = values(&String::from_utf8(output.stdout).unwrap());
    let compared = &json[0]["results"][0];
    assert_eq!(
        (output.status.code(), &compared["agrees"], &compared["max_abs_error"]),
        (Some(1), &false.into(), &0.0.into())
    );
    let nans = ["nan_in_a", "nan_in_b", "nan_in_both"].map(|name| compared[name].as_u64().unwrap());
    assert_eq!(nans, [0, times, 0]);
    // If the results cannot be compared, the instructions still are.
    let output = folder.run(&["diff", "log.rune", "sort.json"]);
    let (message, complained) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(
        message.contains("- y0 = rune.log(x0)") && complained.contains("the results cannot be compared"),
        "{message}"
    );
}

#[test]
fn a_profile_has_the_operations_and_their_work() {
    let folder = Folder::of(&[("f.rune", SQUARE)]);
    let json = values(&folder.prints(&["--json", "profile", "f.rune"]));
    let row = &json[0]["by_operation"][0];
    assert_eq!((&row["name"], &row["times"], &row["flops"]), (&"mul".into(), &1.0.into(), &4.into()), "{row}");
    assert!(json[0]["peak_flops"].as_f64().unwrap() > 0.0 && json[0]["peak_bandwidth"].as_f64().unwrap() > 0.0);
    let printed = folder.prints(&["profile", "f.rune"]);
    assert!(printed.contains("operation") && printed.contains("line") && printed.contains("GFLOP/s"), "{printed}");
}

#[test]
fn calls_are_measured() {
    let folder = Folder::of(&[("f.rune", SQUARE)]);
    let json = values(&folder.prints(&["--json", "bench", "f.rune", "--seconds", "0.05"]));
    assert_eq!((json.len(), &json[0]["flags"], &json[1]["flags"]), (2, &"fast flags".into(), &"plain flags".into()));
    for measured in &json {
        let of = |name: &str| measured["seconds"][name].as_f64().unwrap();
        assert!(
            of("min") > 0.0 && of("min") <= of("p50") && of("p50") <= of("p99") && of("p99") <= of("max"),
            "{measured}"
        );
        let rate = measured["calls_per_second"].as_f64().unwrap();
        assert!(rate >= 1.0 / of("max") && rate <= 1.0 / of("min"), "{measured}");
        assert!(measured["calls"].as_u64().unwrap() > 1);
        let gflops = 4.0 / of("p50") / 1e9;
        assert!((measured["gflops"].as_f64().unwrap() / gflops - 1.0).abs() < 1e-9, "{measured}");
    }
    folder.prints(&["compile", "f.rune"]);
    let message =
        folder.prints(&["bench", "f.vmfb", "--seconds", "0.01", "--input", "4xf32=1 2 3 4", "--device", "local-task"]);
    assert!(
        message.starts_with("f.vmfb on local-task, compiled: ") && message.contains(" calls per second\n  median "),
        "{message}"
    );
}

/// Returns the value of `--json` for a kind of device.
fn device(folder: &Folder, name: &str) -> Value {
    let devices = values(&folder.prints(&["--json", "devices"]));
    devices.iter().find(|d| d["device"] == name).unwrap_or_else(|| panic!("no {name} in {devices:?}")).clone()
}

#[test]
fn devices_and_targets_are_listed() {
    let folder = Folder::of(&[("f.rune", SQUARE)]);
    for name in ["cpu", "local-sync", "local-task", "reference", "host"] {
        let device = device(&folder, name);
        assert_eq!((&device["built"], &device["available"]), (&true.into(), &true.into()), "{device}");
        assert!(device["reason"].is_null() && device["found"].as_array().unwrap().is_empty(), "{device}");
    }
    let printed = folder.prints(&["devices"]);
    for name in ["cuda", "hip", "metal", "vulkan"] {
        let device = device(&folder, name);
        let found = device["found"].as_array().unwrap();
        match device["reason"].as_str() {
            // The reason names what is missing: the feature, the driver, or the device.
            Some(reason) => {
                assert_eq!((&device["available"], found.len()), (&false.into(), 0), "{device}");
                assert_eq!(device["built"], !reason.contains("built without"), "{device}");
                assert!(printed.contains(reason), "`{reason}` is not in {printed}");
                let message = folder.fails(1, &["run", "f.rune", "-d", &format!("{name}:0"), "-i", "4xf32=2"]);
                assert!(message.contains(reason) || message.contains("the driver finds no device"), "{message}");
            }
            None => {
                assert_eq!((&device["built"], &device["available"]), (&true.into(), &true.into()), "{device}");
                let first = &found[0];
                assert_eq!(first["name"], format!("{name}:0"));
                assert!(
                    printed.contains(first["product"].as_str().unwrap()) && first["memory"].as_u64() > Some(0),
                    "{printed}"
                );
                let expected = folder.prints(&["run", "f.rune", "-i", "4xf32=1 2 3 4"]);
                for device in [name, &format!("{name}:0")] {
                    assert_eq!(folder.prints(&["run", "f.rune", "-d", device, "-i", "4xf32=1 2 3 4"]), expected);
                }
                let message = folder.fails(1, &["run", "f.rune", "-d", &format!("{name}:99"), "-i", "4xf32=2"]);
                assert!(message.contains(&format!("there is no device {name}:99: the driver finds ")), "{message}");
            }
        }
    }
    let message = folder.fails(2, &["run", "f.rune", "-d", "cpu:1", "-i", "4xf32=2"]);
    assert!(message.contains("only GPUs have numbers"), "{message}");
    let message = folder.fails(2, &["run", "f.rune", "-d", "tpu", "-i", "4xf32=2"]);
    assert!(message.contains("known are cpu, local-sync, local-task, cuda"), "{message}");
    let targets = folder.prints(&["targets"]);
    for part in
        ["--target llvm-cpu  --cpu generic", "--target cuda  --arch sm_60", "--target metal", "--triple riscv64-…"]
    {
        assert!(targets.contains(part), "{part} in {targets}");
    }
}

#[test]
fn the_cache_is_shown_checked_and_emptied() {
    let folder = Folder::of(&[("f.rune", SQUARE), ("sort.json", SORT)]);
    let cache = folder.path("cache");
    let run = |args: &[&str]| {
        let output = folder.command(args).env("RUNE_CACHE_DIR", &cache).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let dir = cache.display();
    assert_eq!(run(&["cache", "list"]).1, format!("0 entries of 0 B in {dir}\n"));
    run(&["compile", "f.rune"]);
    run(&["compile", "sort.json"]);
    let (_, listed, _) = run(&["cache", "list"]);
    assert!(listed.contains("[4, f32] -> [4, f32]") && listed.contains("\n2 entries of "), "{listed}");
    let entries = values(&run(&["--json", "cache", "list"]).1);
    let sort = entries.iter().find(|e| e["inputs"][1] == "[2, 3, i32]").unwrap();
    let key = sort["key"].as_str().unwrap();
    let (_, shown, _) = run(&["cache", "show", &key[..16]]);
    assert!(shown.contains("inputs     [2, 3, f32], [2, 3, i32]\n") && shown.contains("on host    sort"), "{shown}");
    assert!(run(&["cache", "verify"]).1.starts_with("2 entries sound, 0 damaged"));

    let file = cache.join("modules").join(key);
    let mut bytes = fs::read(&file).unwrap();
    bytes[1000] ^= 1;
    fs::write(&file, bytes).unwrap();
    let (code, message, _) = run(&["cache", "verify"]);
    assert_eq!((code, message.contains(&format!("{key}  damaged"))), (Some(1), true), "{message}");
    let (code, message, _) = run(&["cache", "verify", "--remove"]);
    assert_eq!((code, message.contains("damaged, removed")), (Some(0), true), "{message}");
    assert!(!file.exists());
    assert!(run(&["cache", "clear"]).1.starts_with("removed 1 entry of "));
    assert_eq!(values(&run(&["--json", "cache", "list"]).1).len(), 0);

    let output = folder.command(&["cache", "list"]).env("RUNE_CACHE", "off").output().unwrap();
    assert!(String::from_utf8(output.stderr).unwrap().contains("there is no cache: RUNE_CACHE turns it off"));
}

#[test]
fn shells_complete() {
    let folder = Folder::of(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = folder.prints(&["completions", shell]);
        assert!(script.contains("value-and-grad") && script.contains("argnums"), "{shell}");
    }
    let output = folder.shell("rune-cli completions bash > c.bash && bash -n c.bash");
    assert!(output.status.success());
}
