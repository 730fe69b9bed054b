//! Tests of compiled programs in files.

use crate::engine::jit;
use rune::ProgramExt;
use rune::prelude::*;
use rune::{CompiledProgram, Program};

fn folder(name: &str) -> std::path::PathBuf {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("saved-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn a_compiled_function_is_saved_and_runs_without_its_program() {
    let folder = folder("function");
    let path = folder.join("f.vmfb");
    let weights = Tensor::arange(0.0..100.0, DType::F32);
    // The function has a captured tensor, a host call, an overwritten argument, and two results.
    let f = |x: &Tensor, y: &Tensor| ((x * &weights).sort(0), y.at(1..2).set(7.0));
    let (x, y) = (Tensor::full([100], -1.0, DType::F32), Tensor::from([1.0f32, 2.0, 3.0]));
    let compiled = jit(f).compile((&x, &y)).unwrap();
    compiled.save(&path).unwrap();
    let (expected, _) = compiled.call((&x, &y)).unwrap();

    let loaded = CompiledProgram::load(&path).unwrap();
    assert_eq!(loaded.input_types(), [x.ty().clone(), y.ty().clone()]);
    for _ in 0..2 {
        let results = loaded.call(&[x.clone(), y.clone()]).unwrap();
        assert_eq!(results[0].to_vec::<f32>().unwrap(), expected.to_vec::<f32>().unwrap());
        assert_eq!(results[1].to_vec::<f32>().unwrap(), [1.0, 7.0, 3.0]);
        assert_eq!(y.to_vec::<f32>().unwrap(), [1.0, 2.0, 3.0]);
    }
    let error = loaded.call(std::slice::from_ref(&x)).unwrap_err().to_string();
    assert!(error.contains("`f` was compiled for the arguments [100, f32], [3, f32], and is called with [100, f32]"));
    let error = loaded.call(&[x.clone(), x]).unwrap_err().to_string();
    assert!(error.contains("[3, f32]") && error.contains("[100, f32]"), "{error}");

    // Constants of another program are detected.
    let constants = folder.join("f.vmfb.safetensors");
    let other = rune::Array::zeros(y.ty().clone());
    rune::storage::write(&constants, [("c0", &other)]).unwrap();
    let error = CompiledProgram::load(&path).unwrap_err().to_string();
    assert!(error.contains("`c0` is [3, f32], and") && error.contains("was compiled for [100, f32]"), "{error}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_program_is_saved_and_compiled_later() {
    let folder = folder("program");
    make_program(|x: &Tensor| x.sin() * 2.0, &Tensor::from([0.5f32])).unwrap().save(folder.join("f.json")).unwrap();
    let program = Program::load(folder.join("f.json")).unwrap();
    let options = rune::CompileOptions::default();
    rune::Precompiled::new(&program, &options).unwrap().save(folder.join("f.vmfb")).unwrap();
    let y = CompiledProgram::load(folder.join("f.vmfb")).unwrap().call(&[Tensor::from([0.5f32])]).unwrap().remove(0);
    assert!((y.item::<f32>().unwrap() - 2.0 * 0.5f32.sin()).abs() < 1e-6);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn programs_that_differ_in_what_the_host_does_are_not_mixed_up() {
    // The modules differ only in the operation behind the host call.
    let x = Tensor::from([[3.0f32, 1.0], [2.0, 4.0]]);
    for (axis, expected) in [(0, [2.0f32, 1.0, 3.0, 4.0]), (1, [1.0, 3.0, 2.0, 4.0])] {
        let path = folder("axis").join("f.vmfb");
        jit(move |x: &Tensor| x.sort(axis)).compile(&x).unwrap().save(&path).unwrap();
        let y = CompiledProgram::load(&path).unwrap().call(std::slice::from_ref(&x)).unwrap().remove(0);
        assert_eq!(y.to_vec::<f32>().unwrap(), expected);
    }
    std::fs::remove_dir_all(folder("axis")).unwrap();
}

/// Tests a program that a script wrote from a JAX trace, only by the description of the format.
#[test]
fn a_program_written_by_another_language_gives_what_jax_gives() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/jaxpr");
    let program = Program::load(folder.join("mlp.json")).unwrap();
    let results: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("mlp.results.json")).unwrap()).unwrap();
    let arrays = |list: &serde_json::Value| -> Vec<(rune::Type, Vec<f64>)> {
        let array = |x: &serde_json::Value| {
            let ty = serde_json::from_value(x["type"].clone()).unwrap();
            (ty, serde_json::from_value(x["data"].clone()).unwrap())
        };
        list.as_array().unwrap().iter().map(array).collect()
    };
    let close = |found: &Tensor, expected: &[f64]| {
        let found: Vec<f64> = found.cast(DType::F64).to_vec().unwrap();
        assert_eq!(found.len(), expected.len());
        for (a, b) in found.iter().zip(expected) {
            assert!((a - b).abs() <= 1e-6 * (1.0 + b.abs()), "{a}, and {b} in JAX");
        }
    };
    let arguments: Vec<Tensor> = arrays(&results["arguments"])
        .iter()
        .map(|(ty, data)| Tensor::from_slice(ty.shape.clone(), data).cast(ty.dtype))
        .collect();
    let gradient = program.grad(&[0, 1, 2, 3], true).unwrap();
    let compiled = jit(move |arguments: &Vec<Tensor>| gradient.apply(arguments));
    let found = compiled(&arguments);
    close(&program.apply(&arguments)[0], &[results["value"].as_f64().unwrap()]);
    close(&found[0], &[results["value"].as_f64().unwrap()]);
    for (found, (ty, expected)) in found[1..].iter().zip(arrays(&results["gradient"])) {
        assert_eq!(*found.ty(), ty);
        close(found, &expected);
    }
}

/// If a CPU lacks an extension that the code uses, the code would end the process.
#[cfg(target_arch = "x86_64")]
#[test]
fn a_module_for_another_cpu_is_refused() {
    let folder = folder("cpu");
    let program = make_program(|x: &Tensor| x * 2.0, &Tensor::from([0.5f32])).unwrap();
    // No CPU has the extensions of both.
    let targets = ["llvm-cpu:sapphirerapids", "llvm-cpu:bdver4", "llvm-cpu:generic@aarch64-unknown-linux-gnu"];
    let errors = targets.map(|target| {
        let options = rune::CompileOptions::for_target(target.parse().unwrap());
        let compiled = rune::Precompiled::new(&program, &options).unwrap();
        compiled.save(folder.join("f.vmfb")).unwrap();
        let from_file = CompiledProgram::load(folder.join("f.vmfb")).err()?.to_string();
        let error = compiled.load_on(&rune::Device::open("cpu").unwrap()).err()?.to_string();
        let (_, reason) = error.split_once("cannot be run: ").unwrap();
        assert!(
            from_file.contains("f.vmfb cannot be run: ") && from_file.ends_with(reason),
            "{from_file}, and {error}"
        );
        Some(from_file)
    });
    let lacking = errors[..2].iter().flatten().collect::<Vec<_>>();
    assert!(!lacking.is_empty());
    assert!(lacking.iter().all(|e| e.contains("the CPU of this machine lacks ")), "{lacking:?}");
    let architecture = errors[2].as_ref().unwrap();
    assert!(architecture.contains("compiled for aarch64, and this machine is x86_64"), "{architecture}");
    std::fs::remove_dir_all(folder).unwrap();
}
