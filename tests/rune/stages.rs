//! Tests that each stage of a compiled function, and its cost, can be shown.

use crate::engine::jit;
use rune::{Compiled, Error, Stage, prelude::*};
use std::process::Command;

fn layer(x: &Tensor, w: &Tensor) -> Tensor {
    x.matmul(w).tanh().sum()
}

#[test]
fn stages_of_a_function_are_shown() {
    let (x, w) = (Tensor::ones([8, 16], DType::F32), Tensor::ones([16, 4], DType::F32));
    let lowered = jit(layer).lower((&x, &w)).unwrap();
    let stages = lowered.stages();
    assert_eq!(stages.text(Stage::Program).unwrap(), lowered.program().to_string());
    assert_eq!(stages.text(Stage::StableHlo).unwrap(), lowered.code());
    for (stage, part) in
        [(Stage::Input, "linalg."), (Stage::Flow, "flow.dispatch"), (Stage::Vm, "vm.func"), (Stage::Llvm, "define")]
    {
        assert!(stages.text(stage).unwrap().contains(part), "{stage}");
    }
    let error = stages.text(Stage::Ptx).unwrap_err().to_string();
    assert_eq!(error, "there is no ptx to show of a program for llvm-cpu: only the target cuda has it");
    assert!(matches!(stages.dispatch(Stage::Input, "0"), Err(Error::NoStage { .. })));
    let start = stages.dispatch(Stage::Vm, "0").unwrap();
    assert!(start.contains("@hal.command_buffer.dispatch(") && start.contains("main_dispatch_0"), "{start}");

    let compiled = lowered.compile().unwrap();
    let assembly = compiled.assembly().unwrap();
    assert!(assembly.starts_with("# main_dispatch_0\nmain_dispatch_0_") && assembly.contains("ret"), "{assembly}");
    let stats = compiled.stats().unwrap();
    let arguments = 4 * (8 * 16 + 16 * 4 + 1);
    assert!(stats.peak_bytes >= arguments && stats.peak_bytes < 100 * arguments, "{stats:?}");
    assert!(stats.statistics.dispatches >= 1 && stats.module_bytes > 1000, "{stats:?}");
    assert_eq!(stats.phases.first().unwrap().0, "input");
    assert_eq!(compiled.stages().text(Stage::Simplified).unwrap(), compiled.program().to_string());
}

#[test]
fn a_compiled_function_is_loaded_with_its_signature_checked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("layer.vmfb");
    let (x, w) = (Tensor::ones([8, 16], DType::F32), Tensor::ones([16, 4], DType::F32));
    jit(layer).compile((&x, &w)).unwrap().save(&path).unwrap();
    let loaded = Compiled::load(&path).unwrap();
    let y = loaded.call(&[x.clone(), w.clone()]).unwrap();
    assert_eq!(y[0].item::<f32>().unwrap(), jit(layer)(&x, &w).item::<f32>().unwrap());
    let error = loaded.call(&[w, x]).unwrap_err().to_string();
    assert!(error.contains("was compiled for [8, 16, f32] as tensor 0"), "{error}");
}

/// Compiles a function. The next test runs this test with `LOG_JIT=2`.
#[test]
fn a_function_named_frice_is_compiled() {
    fn frice(x: &Tensor) -> Tensor {
        x.exp() * 4.0
    }
    for size in [2, 3] {
        assert_eq!(jit(frice)(&Tensor::zeros(size, DType::F32)).to_vec::<f32>().unwrap(), vec![4.0; size]);
    }
}

#[test]
fn log_jit_2_shows_the_code() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "stages::a_function_named_frice_is_compiled", "--nocapture"])
        .env("LOG_JIT", "2")
        .env("RUNE_TEST_TIER", "iree")
        .output()
        .unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    for part in
        ["---- frice codegen: (first call)", "\"stablehlo.exponential\"", "# main_dispatch_0\nmain_dispatch_0_", "ret"]
    {
        assert!(log.contains(part), "no {part} in:\n{log}");
    }
}
