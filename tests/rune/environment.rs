//! Tests of environment variables. They run other tests of this binary again in separate processes.

use std::process::{Command, Output};

/// Runs the tests whose names start with `filter`, with these variables.
pub(super) fn rerun_tests(filter: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(filter).args(["--nocapture", "--test-threads=1"]);
    // Most of these tests are about IREE, which is therefore the default.
    command.env("RUNE_TEST_TIER", "iree").envs(variables.iter().copied());
    command.output().unwrap()
}

pub(super) fn succeeds(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    assert!(!out.contains("running 0 tests"), "{out}");
    (out, err)
}

#[test]
fn log_jit_tells_what_is_compiled_and_why() {
    let cache = std::env::temp_dir().join(format!("rune-log-{}", std::process::id()));
    let variables = [("LOG_JIT", "1"), ("RUNE_CACHE_DIR", cache.to_str().unwrap())];
    let test = ["--exact", "jit::traces_once_for_one_type_and_again_for_another"];
    let (_, err) = succeeds(&rerun_tests(&test, &variables));
    assert_eq!(err.matches(" codegen:").count(), 3, "{err}");
    assert_eq!(err.matches("===============").count(), 3, "{err}");
    for part in [
        "(first call)",
        "arguments[0]: [3, f32] was [2, f32])",
        "arguments[0]: [2, f64] was [3, f32])",
        "rune.mul(",
        "\"stablehlo.multiply\"",
        "compiled in",
    ] {
        assert!(err.contains(part), "`{part}` is not in\n{err}");
    }
    // Another process runs the same programs, which are in the cache.
    let (_, err) = succeeds(&rerun_tests(&test, &variables));
    assert_eq!(err.matches("found on disk in").count(), 3, "{err}");
    std::fs::remove_dir_all(cache).unwrap();
}

#[test]
fn the_reference_device_interprets() {
    let (_, err) = succeeds(&rerun_tests(
        &["jit::composes", "jit::takes", "jit::captured"],
        &[("RUNE_DEVICE", "reference"), ("LOG_JIT", "1")],
    ));
    assert!(!err.contains("codegen"), "{err}");
}

#[test]
fn the_device_with_threads_computes_the_same() {
    succeeds(&rerun_tests(
        &["jit::composes", "jit::takes", "jit::captured", "jit::arguments"],
        &[("RUNE_DEVICE", "local-task")],
    ));
}

#[test]
fn eager_evaluation_can_be_compiled() {
    let (_, err) = succeeds(&rerun_tests(
        &["eager::a_training_loop", "eager::captures"],
        &[("RUNE_EAGER", "compile"), ("LOG_JIT", "1")],
    ));
    assert!(err.contains("RUNE_EAGER=compile"), "{err}");
}

#[test]
fn small_work_is_interpreted_and_what_recurs_is_compiled_once() {
    let variables = [("RUNE_EAGER", "auto"), ("LOG_JIT", "1"), ("RUNE_TIER", "iree")];
    let recurring = ["--exact", "eager::work_that_recurs_computes_the_same_however_it_is_done"];
    let (_, err) = succeeds(&rerun_tests(&recurring, &variables));
    assert_eq!(err.matches("codegen: (read outside `jit`)").count(), 1, "{err}");
    let (_, err) = succeeds(&rerun_tests(&["--exact", "eager::host_control_flow_under_grad"], &variables));
    assert!(!err.contains("codegen"), "{err}");
}

#[test]
fn the_host_engine_needs_no_compiler() {
    let missing = ("RUNE_IREE_COMPILER", "/nowhere/libIREECompiler.so");
    for tier in ["auto", "host", ""] {
        let variables = [missing, ("LOG_JIT", "1"), ("RUNE_TIER", tier), ("RUNE_TEST_TIER", "none")];
        let (_, err) = succeeds(&rerun_tests(&["jit::composes", "jit::takes", "eager::work_that_recurs"], &variables));
        assert!(err.contains(" plan: (first call)"), "{err}");
        assert!(err.contains("plan: (read outside `jit`)"), "{err}");
        assert!(err.contains("of the host engine, planned in"), "{err}");
        assert!(!err.contains("codegen"), "{err}");
    }
}

#[test]
fn an_unknown_tier_is_told() {
    let variables = [("RUNE_TIER", "abacus"), ("RUNE_TEST_TIER", "none")];
    let output = rerun_tests(&["--exact", "jit::unused_arguments_and_plain_results"], &variables);
    let text = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success());
    assert!(text.contains("`abacus` is not a tier; write auto, host or iree"), "{text}");
}

#[test]
fn an_unknown_device_is_told() {
    let output = rerun_tests(&["--exact", "jit::unused_arguments_and_plain_results"], &[("RUNE_DEVICE", "abacus")]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success());
    assert!(text.contains("`abacus` is not a device"), "{text}");
}

#[test]
fn a_missing_compiler_is_told() {
    let cache = std::env::temp_dir().join(format!("rune-missing-{}", std::process::id()));
    let variables =
        [("RUNE_IREE_COMPILER", "/nowhere/libIREECompiler.so"), ("RUNE_CACHE_DIR", cache.to_str().unwrap())];
    let output = rerun_tests(&["--exact", "jit::unused_arguments_and_plain_results"], &variables);
    let text = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success());
    for part in ["/nowhere/libIREECompiler.so", "RUNE_IREE_COMPILER"] {
        assert!(text.contains(part), "`{part}` is not in\n{text}");
    }
    let _ = std::fs::remove_dir_all(cache);
}
