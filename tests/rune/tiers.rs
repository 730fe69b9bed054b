//! Tests of the states of a function in the tier `auto`, and of the other tiers if IREE fails.

use super::environment::{rerun_tests, succeeds};
use rune::{Engine, Tier, prelude::*};
#[cfg(target_os = "linux")]
use rune_testing::process::wait_until_ended;
use std::path::Path;
use std::time::{Duration, Instant};

/// The next test runs this with and without a compiler.
#[test]
fn a_function_that_is_called_for_long() {
    if std::env::var_os("RUNE_TIER_AFTER").is_none() {
        return;
    }
    let f = jit(|x: &Tensor| (x.sin() * x.cos()).exp().sum_axes(0)).tier(Tier::Auto);
    let x = Tensor::full([200, 300], 0.5f32, DType::F32);
    let expected = f(&x).to_vec::<f32>().unwrap();
    // A verdict in the cache is applied after the first call.
    assert!(f.engine(&x).unwrap() == Some(Engine::Host) || f.is_settled(&x).unwrap());
    let begun = Instant::now();
    // The loop ends once the engine is chosen. On a busy machine, the compiler takes long, because it has the lowest
    // priority.
    while begun.elapsed() < Duration::from_secs(300) && !f.is_settled(&x).unwrap() {
        let found = f(&x).to_vec::<f32>().unwrap();
        let near = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-4 * b.abs();
        assert!(found.iter().zip(&expected).all(near));
        std::thread::sleep(Duration::from_millis(5));
    }
    eprintln!("at last on {:?}", f.engine(&x).unwrap().unwrap());
}

#[test]
fn what_costs_enough_is_compiled_behind_its_calls() {
    let cache = tempfile::tempdir().unwrap();
    let test = ["--exact", "tiers::a_function_that_is_called_for_long"];
    let with = |variables: &[(&str, &str)]| {
        let folder = cache.path().to_str().unwrap();
        let all = [&[("RUNE_TIER_AFTER", "0"), ("LOG_JIT", "1"), ("RUNE_CACHE_DIR", folder)], variables].concat();
        succeeds(&rerun_tests(&test, &all)).1
    };
    let missing = with(&[("RUNE_IREE_COMPILER", "/nowhere/libIREECompiler.so")]);
    assert!(missing.contains(" codegen: (the host engine took"), "{missing}");
    assert!(missing.contains("the host engine keeps it (RUNE_IREE_COMPILER names /nowhere"), "{missing}");
    assert!(missing.contains("at last on Host"), "{missing}");
    let timed = with(&[]);
    for part in [" codegen: (the host engine took", "stablehlo.exponential", "compiled in", "the host engine takes "] {
        assert!(timed.contains(part), "`{part}` is not in\n{timed}");
    }
    let won = |log: &str| {
        let iree = log.contains("IREE takes over (");
        assert!(log.contains(if iree { "at last on Iree" } else { "at last on Host" }), "{log}");
        iree
    };
    let iree = won(&timed);
    // The next process finds the module and the verdict.
    let second = with(&[]);
    assert!(second.contains("(found earlier: the host engine takes "), "{second}");
    assert!(won(&second) == iree && !second.contains("compiled in"), "{second}");
}

/// Creates a folder with a script that replaces the compiler.
#[cfg(unix)]
fn fake_compiler(script: &str) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("libIREECompiler.so"), script).unwrap();
    let executable = folder.path().join("iree-compile");
    std::fs::write(&executable, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&executable, std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

#[cfg(unix)]
#[test]
fn a_compiler_that_crashes_changes_nothing() {
    let compiler = fake_compiler("echo 'LLVM ERROR: no way' >&2; kill -ABRT $$");
    let cache = tempfile::tempdir().unwrap();
    let test = ["--exact", "tiers::a_function_that_is_called_for_long"];
    let folders = [("RUNE_IREE_COMPILER", compiler.path()), ("RUNE_CACHE_DIR", cache.path())];
    let folders = folders.map(|(name, path)| (name, path.to_str().unwrap()));
    let variables = [&[("RUNE_TIER_AFTER", "0"), ("LOG_JIT", "1")], &folders[..]].concat();
    let (_, log) = succeeds(&rerun_tests(&test, &variables));
    assert!(
        log.contains("the host engine keeps it (IREE cannot compile: the compiler crashed") && log.contains("no way"),
        "{log}"
    );
    assert!(log.contains("at last on Host"), "{log}");
    // After a crash of the compiler, the program is not compiled again.
    let (_, log) = succeeds(&rerun_tests(&test, &variables));
    assert!(
        log.contains("the host engine keeps it (found earlier: IREE cannot compile: the compiler crashed"),
        "{log}"
    );
    assert!(!log.contains(" codegen: "), "{log}");
}

#[test]
fn a_cache_that_cannot_be_written_changes_nothing() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let folder = file.path().join("cache");
    let variables = [("RUNE_TIER_AFTER", "0"), ("LOG_JIT", "1"), ("RUNE_CACHE_DIR", folder.to_str().unwrap())];
    let (_, log) = succeeds(&rerun_tests(&["--exact", "tiers::a_function_that_is_called_for_long"], &variables));
    assert!(log.contains("compiled in") && log.contains("the host engine takes "), "{log}");
}

/// Calls many functions that are all compiled. The next tests run this test with scripts that replace the compiler.
#[test]
fn many_functions_at_once() {
    if std::env::var_os("RUNE_TEST_MANY").is_none() {
        return;
    }
    let x = Tensor::full([300, 400], 0.5f32, DType::F32);
    let functions: Vec<_> =
        (1..=100).map(|i| jit(move |x: &Tensor| (x * i as f32).sin().sum()).tier(Tier::Auto)).collect();
    let sums = || functions.iter().map(|f| f(&x).item::<f32>().unwrap()).collect::<Vec<_>>();
    for (i, sum) in sums().into_iter().enumerate() {
        let expected = (0.5 * (i + 1) as f64).sin() * 120_000.0;
        assert!((f64::from(sum) - expected).abs() < 20.0, "{i}: {sum} for {expected}");
    }
    let begun = Instant::now();
    let waiting = || functions.iter().filter(|f| !f.is_settled(&x).unwrap()).count();
    if std::env::var("RUNE_TEST_MANY").as_deref() == Ok("leave") {
        // The process ends while compilers are running.
        while !Path::new(&std::env::var("RUNE_TEST_FILE").unwrap()).exists() {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(waiting(), functions.len());
        return;
    }
    let first = sums();
    while waiting() > 0 {
        assert_eq!(sums(), first);
        assert!(begun.elapsed() < Duration::from_secs(300), "some are never compiled");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(sums(), first);
}

#[cfg(unix)]
#[test]
fn a_hundred_programs_wait_for_a_compiler_for_each_core() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("runs");
    let script = format!(
        "echo + >> {0}; echo - >> {0}; echo 'iree-compile: Unknown command line argument' >&2; exit 1",
        file.display()
    );
    let compiler = fake_compiler(&script);
    let variables = [
        ("RUNE_TIER_AFTER", "0"),
        ("RUNE_TEST_MANY", "stay"),
        ("RUNE_CACHE", "off"),
        ("RUNE_IREE_COMPILER", compiler.path().to_str().unwrap()),
    ];
    succeeds(&rerun_tests(&["--exact", "tiers::many_functions_at_once"], &variables));
    let runs = std::fs::read_to_string(&file).unwrap();
    assert_eq!(runs.matches('+').count(), 100, "{runs}");
    let (mut now, mut most) = (0, 0);
    for line in runs.lines() {
        now += if line == "+" { 1 } else { -1 };
        most = most.max(now);
    }
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    assert!(now == 0 && most <= cores as i32, "{most} at once on {cores} cores, {now} left");
}

/// Starts a process whose compilers never end. Returns it with the process id of one of them.
#[cfg(target_os = "linux")]
fn with_endless_compilers(mode: &str) -> (std::process::Child, String, Vec<tempfile::TempDir>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("compiler");
    let script = format!("echo $$ > {0}.$$; mv {0}.$$ {0}; exec sleep 600", file.display());
    let compiler = fake_compiler(&script);
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "tiers::many_functions_at_once", "--nocapture"]);
    command.envs([("RUNE_TIER_AFTER", "0"), ("RUNE_TEST_MANY", mode), ("RUNE_CACHE", "off")]);
    command.env("RUNE_IREE_COMPILER", compiler.path()).env("RUNE_TEST_FILE", &file).env("TMPDIR", folder.path());
    let child = command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    let process = loop {
        match std::fs::read_to_string(&file) {
            Ok(text) if text.ends_with('\n') => break text.trim().to_owned(),
            _ => assert!(begun.elapsed() < Duration::from_secs(60), "nothing is compiled"),
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    (child, process, vec![folder, compiler])
}

#[cfg(target_os = "linux")]
#[test]
fn compilers_end_with_a_process_that_is_killed() {
    let (mut child, process, _folders) = with_endless_compilers("stay");
    // SIGKILL.
    child.kill().unwrap();
    child.wait().unwrap();
    wait_until_ended(&process);
}

#[cfg(target_os = "linux")]
#[test]
fn a_process_does_not_wait_for_its_compilers_to_end() {
    let (mut child, process, _folders) = with_endless_compilers("leave");
    assert!(child.wait().unwrap().success());
    wait_until_ended(&process);
}

/// The next test runs this test in the tier `iree` with a compiler that rejects everything.
#[test]
fn a_function_that_iree_cannot_compile() {
    if std::env::var_os("RUNE_TEST_REJECTED").is_none() {
        return;
    }
    let f = jit(|x: &Tensor| x.sin() + 1.0).tier(Tier::Iree);
    let warnings = super::jit::warnings(|| {
        for n in [2, 3] {
            let x = Tensor::zeros([n], DType::F32);
            assert_eq!(f(&x).to_vec::<f32>().unwrap(), vec![1.0; n]);
            assert_eq!(f.engine(&x).unwrap(), Some(Engine::Host));
            let error = f.compile(&x).err().unwrap().to_string();
            assert!(error.contains("IREE cannot compile") && error.contains("failed to legalize"), "{error}");
        }
    });
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let named =
        "runs on the host engine: IREE cannot compile stablehlo.sine at src/model.rs:4:9: failed to legalize operation";
    assert!(
        warnings[0].contains(named) && warnings[0].contains("the program and IREE's messages are in "),
        "{warnings:?}"
    );
}

#[cfg(unix)]
#[test]
fn in_the_tier_iree_the_host_engine_runs_what_iree_cannot_compile() {
    let log = "src/model.rs:4:9: error: failed to legalize operation 'stablehlo.sine' that was explicitly marked illegal: %0 = …";
    let compiler = fake_compiler(&format!("cat >/dev/null; echo \"{log}\" >&2; exit 1"));
    let compiler = ("RUNE_IREE_COMPILER", compiler.path().to_str().unwrap());
    let variables = [("RUNE_TEST_REJECTED", "1"), ("RUNE_CACHE", "off"), compiler];
    let (out, err) = succeeds(&rerun_tests(&["--exact", "tiers::a_function_that_iree_cannot_compile"], &variables));
    assert!(out.len() + err.len() < 4000, "{out}\n{err}");
}

/// The next test runs this test with `RUNE_CHECK=all`.
#[test]
fn functions_whose_calls_are_checked() {
    if std::env::var_os("RUNE_CHECK").is_none() {
        return;
    }
    for tier in Tier::ALL {
        let f = jit(|x: &Tensor| (x.sin() * x).sum()).tier(tier);
        let x = Tensor::from([1.0f32, 2.0, 3.0]);
        let expected: f32 = [1.0f32, 2.0, 3.0].iter().map(|x| x.sin() * x).sum();
        for _ in 0..3 {
            assert!((f(&x).item::<f32>().unwrap() - expected).abs() < 1e-5);
        }
        let compiled = f.compile(&x).unwrap();
        assert!((compiled.call(&x).unwrap().item::<f32>().unwrap() - expected).abs() < 1e-5);
        let engine = if tier == Tier::Iree { Engine::Iree } else { Engine::Host };
        assert_eq!(f.engine(&x).unwrap(), Some(engine));
        let file = tempfile::NamedTempFile::with_suffix(".vmfb").unwrap();
        compiled.save(file.path()).unwrap();
    }
}

#[test]
fn calls_are_checked_in_all_tiers() {
    succeeds(&rerun_tests(&["--exact", "tiers::functions_whose_calls_are_checked"], &[("RUNE_CHECK", "all")]));
}
