//! Tests of compiling, and of the compiler's messages.

use super::*;
use std::fmt::Write;

#[test]
fn what_the_compiler_refuses_is_shown_in_the_users_source() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("model.rs");
    std::fs::write(&file, "fn f(x: &Tensor) {\n    let l = cholesky(x);\n}\nfn main() { f(&a) }\n").unwrap();
    let text = format!(
        "func.func @main(%a: tensor<4x4xf32>) -> tensor<4x4xf32> {{\n  %0 = \"stablehlo.cholesky\"(%a) {{lower = true}} : \
         (tensor<4x4xf32>) -> tensor<4x4xf32> loc(callsite(\"{0}\":2:13 at \"{0}\":4:13))\n  return %0 : tensor<4x4xf32>\n}}",
        file.display()
    );
    let error = compile(&text, "model", &CompileOptions::default()).unwrap_err();
    let shown = error.to_string();
    assert!(shown.contains("model.rs:2:13") && shown.contains("stablehlo.cholesky"), "{shown}");
    let source = "\n    2 | let l = cholesky(x);\n      |         ^\n    called from ";
    assert!(shown.contains(source) && shown.contains("4 | fn main() { f(&a) }"), "{shown}");
    let CompileError::Rejected { diagnostics, .. } = error else { panic!("{shown}") };
    let d = diagnostics.iter().find(|d| d.file.as_deref() == Some(&file)).unwrap();
    assert_eq!((d.severity, d.line, d.column), (Severity::Error, 2, 13));

    let error = compile("func.func @main( {", "broken", &CompileOptions::default()).unwrap_err().to_string();
    assert!(error.contains("broken:1:"), "{error}");
}

/// An error for a rejected program shows the beginning of the message, and names a file with everything.
#[test]
fn a_long_program_that_is_refused_is_in_a_file() {
    let mut text = String::from("func.func @main(%a: tensor<4xf32>) -> tensor<4xf32> {\n");
    let _ = writeln!(text, "  %r = \"stablehlo.all_reduce\"(%a) ({{\n  ^bb0(%x: tensor<f32>, %y: tensor<f32>):");
    let _ = writeln!(text, "    %0 = stablehlo.sine %x : tensor<f32>");
    for i in 1..3000 {
        let _ = writeln!(text, "    %{i} = stablehlo.add %{}, %y : tensor<f32>", i - 1);
    }
    let groups = "replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>";
    let _ = writeln!(
        text,
        "    stablehlo.return %2999 : tensor<f32>\n  }}) {{{groups}}} : (tensor<4xf32>) -> tensor<4xf32>"
    );
    text.push_str("  return %r : tensor<4xf32>\n}\n");
    let error = compile(&text, "a long/name", &CompileOptions::default()).unwrap_err();
    let shown = error.to_string();
    assert!(shown.contains("IREE cannot compile `a long/name` for llvm-cpu"), "{shown}");
    assert!(
        shown.lines().count() <= 30 && shown.len() < 8000,
        "{} bytes in {} lines",
        shown.len(),
        shown.lines().count()
    );
    let CompileError::Rejected { diagnostics, saved, .. } = error else { panic!("{shown}") };
    let saved = saved.unwrap();
    assert!(shown.contains(&format!("are in {}", saved.display())) && saved.is_absolute(), "{shown}");
    // The file holds all diagnostics, and the program in a form that can be compiled again.
    let file = std::fs::read_to_string(&saved).unwrap();
    assert!(file.ends_with(&text) && file.starts_with("// IREE cannot compile `a long/name`"), "{}", &file[..500]);
    assert!(diagnostics.iter().all(|d| file.contains(d.message.lines().next().unwrap())));
    assert!(text.len() > 50_000);
    let again = compile(&file, "again", &CompileOptions::default()).unwrap_err().to_string();
    assert!(again.contains("all_reduce"), "{again}");
    std::fs::remove_file(saved).unwrap();
}

#[test]
fn flags_and_phases_are_checked() {
    let options = CompileOptions { extra_flags: vec!["--no-such-flag".into()], ..Default::default() };
    let text = binary("add", "tensor<4xf32>");
    assert!(matches!(compile(&text, "test", &options), Err(CompileError::Flags(_))));
    let options = CompileOptions::default();
    assert!(matches!(compile_to_phase(&text, "test", &options, "nowhere"), Err(CompileError::UnknownPhase(_))));
    let flow = compile_to_phase(&text, "test", &options, "flow").unwrap();
    assert!(flow.contains("flow.dispatch"), "{flow}");
}

#[test]
fn what_the_fast_flags_fail_on_is_compiled_plainly() {
    // With data tiling, a complex product is rejected.
    let text = "func.func @main(%a: tensor<8x8xf32>) -> tensor<8x8xf32> {\n\
        %z = stablehlo.complex %a, %a : tensor<8x8xcomplex<f32>>\n\
        %0 = stablehlo.dot_general %z, %z, contracting_dims = [1] x [0] : (tensor<8x8xcomplex<f32>>, tensor<8x8xcomplex<f32>>) -> tensor<8x8xcomplex<f32>>\n\
        %1 = stablehlo.imag %0 : (tensor<8x8xcomplex<f32>>) -> tensor<8x8xf32>\n return %1 : tensor<8x8xf32>\n}";
    compile(text, "complex", &CompileOptions::default()).unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn nothing_is_written_to_the_standard_streams() {
    // This program fails in the linker, whose messages IREE sends to standard error.
    if std::env::var_os("RUNE_TEST_QUIET").is_some() {
        let text = "func.func @main(%a: tensor<4xf64>) -> tensor<4xf64> {\n %0 = stablehlo.sine %a : tensor<4xf64>\n \
                    return %0 : tensor<4xf64>\n}";
        let error = compile(text, "sine", &CompileOptions::default()).unwrap_err().to_string();
        assert!(error.contains("linker: undefined symbol: sin"), "{error}");
        return;
    }
    let mut me = std::process::Command::new(std::env::current_exe().unwrap());
    me.args(["compiler::nothing_is_written_to_the_standard_streams", "--exact", "--nocapture"])
        .env("RUNE_TEST_QUIET", "1");
    let output = me.output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("1 passed"));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn a_module_is_saved_and_loaded() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("add.vmfb");
    let module = compile(&binary("add", "tensor<4xf32>"), "add", &CompileOptions::default()).unwrap();
    module.save(&path).unwrap();
    assert_eq!(CompiledModule::load(&path).unwrap().bytes(), module.bytes());
    std::fs::write(&path, "no module").unwrap();
    let error = CompiledModule::load(&path).unwrap_err().to_string();
    assert!(error.contains("add.vmfb is no compiled module"), "{error}");
    assert!(CompiledModule::load(dir.path().join("none")).unwrap_err().to_string().contains("cannot read"));
}

#[test]
fn several_threads_compile_at_once() {
    let text = binary("add", "tensor<4xf32>");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| compile(&text, "test", &CompileOptions::default()).unwrap());
        }
    });
}

#[test]
fn phase_by_phase_the_module_is_the_same() {
    let (options, text) = (CompileOptions::default(), binary("add", "tensor<4xf32>"));
    let seen = std::cell::RefCell::new(Vec::new());
    let (module, report) = compile_with_report(&text, "add", &options, &|phase| seen.borrow_mut().push(phase)).unwrap();
    assert_eq!(module.bytes(), compile(&text, "add", &options).unwrap().bytes());
    assert_eq!(seen.into_inner(), PHASES);
    assert_eq!(report.phases.iter().map(|(phase, _)| *phase).collect::<Vec<_>>(), PHASES);
    assert!(report.phases.iter().all(|(_, time)| !time.is_zero()), "{report:?}");
    assert_eq!((report.statistics.dispatches, report.statistics.executables), (1, 1));
    let files = dispatch_files(&text, "add", &options).unwrap();
    let kinds: Vec<_> = files.iter().map(|file| (file.dispatch.as_str(), file.kind)).collect();
    assert_eq!(kinds, ["mlir", "optimized.ll", "s"].map(|kind| ("main_dispatch_0", kind)));
}

#[test]
fn in_the_background_modules_are_the_same_and_what_is_unwanted_is_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let cache = CompileCache::in_dir(folder.path(), 1 << 30);
    let options = CompileOptions::default();
    let get = |text: &str, wanted: &dyn Fn() -> bool| {
        cache.get_in_background(text, "f", &options, false, wanted, || Ok::<_, CompileError>(text.to_owned()))
    };
    let text = binary("add", "tensor<2xf32>");
    assert!(cache.find(&text, &options).is_none());
    let cancelled = get(&text, &|| false).unwrap_err();
    assert!(matches!(&cancelled, CompileError::Cancelled(name) if name == "f"), "{cancelled}");
    let compiled = get(&text, &|| true).unwrap();
    assert_eq!(compiled.outcome, CacheOutcome::Compiled);
    assert_eq!(get(&text, &|| false).unwrap().outcome, CacheOutcome::Memory);
    assert_eq!(cache.find(&text, &options).unwrap().outcome, CacheOutcome::Memory);
    let another = CompileCache::in_dir(folder.path(), 1 << 30).find(&text, &options).unwrap();
    assert_eq!((another.outcome, another.module.bytes()), (CacheOutcome::Disk, compiled.module.bytes()));
    assert_eq!(compile(&text, "f", &options).unwrap().bytes(), compiled.module.bytes());
    let Err(CompileError::Rejected { diagnostics, .. }) = get("func.func @main(", &|| true) else {
        panic!("it is no module")
    };
    assert!(diagnostics[0].message.contains("expected"), "{diagnostics:?}");
}

#[test]
fn verdicts_are_kept_beside_their_entries() {
    let folder = tempfile::tempdir().unwrap();
    let open = || CompileCache::in_dir(folder.path(), 1 << 30);
    let (cache, options, text) = (open(), CompileOptions::default(), binary("add", "tensor<2xf32>"));
    cache.get_or_compile(&text, "f", &options, || text.clone()).unwrap();
    assert_eq!(cache.verdict(&text, &options), None);
    let times = [2u64, 1].map(std::time::Duration::from_millis);
    let verdict = Verdict::new(times, None, 4);
    cache.set_verdict(&text, &options, &verdict);
    for cache in [&cache, &open()] {
        assert_eq!(cache.verdict(&text, &options), Some(verdict.clone()));
        assert_eq!((cache.entries().len(), cache.usage().0), (1, 1));
    }
    let entry = open().entries().remove(0);
    assert!(open().remove(&entry));
    assert_eq!(open().verdict(&text, &options), None);
    assert_eq!(std::fs::read_dir(folder.path().join("modules")).unwrap().count(), 0);
}
