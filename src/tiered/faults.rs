//! Tests that the tier `auto` detects each known fault of IREE (`docs/iree.md`) on the first call, and returns correct
//! results. Without its defences, rune would compile these programs wrongly.
//!
//! The tests turn the defences off: programs are not simplified, so constants are not folded; they are lowered without
//! barriers and rewrites (`LowerOptions::defences`); and data tiling is on.

use super::*;
use crate::compile::load;
use crate::compiled_program::ENTRY;
use crate::precompile::Precompiled;
use crate::timings::Timings;
use rune_iree::{CompileOptions, CompiledModule, Target, compile};
use rune_lower::{LowerOptions, Purpose, lower};
use rune_testing::faults::{array, lines};
use rune_trace::interpret::interpret;
use rune_trace::{
    Array, ConvOptions, DType, ModuleSignature, PoolOptions, Tensor, Tree, grad, make_program, where_, while_loop,
};
use std::path::Path;

/// Compiles a module unchanged, with data tiling.
fn module(text: &str, name: &str) -> Result<CompiledModule, Error> {
    let extra_flags = vec!["--iree-opt-data-tiling=true".to_owned()];
    // Not all faults occur for every CPU, but all of them for this one.
    let options = CompileOptions::for_target(Target::llvm_cpu_named("haswell").unwrap());
    Ok(compile(text, name, &CompileOptions { extra_flags, ..options })?)
}

/// Compiles and loads a module.
fn compiled(program: &Program, text: &str, signature: &ModuleSignature, device: &Device) -> Result<Runnable, Error> {
    load(program, device, &module(text, program.name())?, signature)
}

/// Calls a program in the tier `auto` with `compiled` as its compiled code. Asserts that the results are those of the
/// interpreter. Returns the fault of the code, if any.
fn tiered_fault(
    program: Program,
    inputs: &[Array],
    compiled: Result<Runnable, Error>,
    device: Device,
) -> Option<String> {
    let right = interpret(&program, inputs).unwrap();
    let values: Vec<Value> = inputs.iter().cloned().map(Value::Host).collect();
    let near = |results: &[Value]| {
        results.iter().zip(&right).all(|(result, right)| {
            let (xs, ys) = (result.to_host().unwrap().to_f64_vec(), right.to_f64_vec());
            xs.iter()
                .zip(&ys)
                .all(|(x, y)| (x - y).abs() <= 1e-4 * (1.0 + y.abs()) || x == y || x.is_nan() && y.is_nan())
        })
    };
    let fault = match &compiled {
        Ok(runnable) => match runnable.run(&values.iter().collect::<Vec<_>>()) {
            Ok(results) => (!near(&results)).then(|| "wrong results".to_owned()),
            Err(error) => Some(error.to_string()),
        },
        Err(error) => Some(error.to_string()),
    };
    let plan = Plan::new(&program);
    let tiered = Tiered::new(Arc::new(program), plan, device);
    tiered.set(State::Compiling);
    tiered.finish(compiled);
    for _ in 0..TRIALS + 1 {
        let results = tiered.run_with(values.iter().map(Arg::Borrow).collect()).unwrap();
        assert!(near(&results), "`{}` answers wrong results", tiered.program.name());
        assert!(
            fault.is_none() || tiered.state() == State::Host,
            "`{}` is wrong, and not found",
            tiered.program.name()
        );
    }
    assert!(matches!(tiered.state(), State::Host | State::Iree));
    fault
}

/// Like [`tiered_fault`], for a function that is lowered without defences. Returns whether the code is wrong.
#[track_caller]
fn is_wrong<A: Tree>(f: impl Fn(&A) -> Vec<Tensor> + Send + Sync, x: &A) -> bool {
    let program = make_program(f, x).unwrap();
    let options = LowerOptions {
        purpose: Purpose::Device,
        entry: ENTRY.to_owned(),
        locations: false,
        defences: false,
        ..LowerOptions::default()
    };
    let device = Device::open("cpu").unwrap();
    let lowered = lower(&program, &options).unwrap();
    let compiled = compiled(&program, &lowered.text, &lowered.signature, &device);
    let inputs: Vec<Array> = x.leaves().iter().map(|leaf| leaf.to_array().unwrap()).collect();
    tiered_fault(program, &inputs, compiled, device).is_some()
}

/// Asserts that all programs are compiled wrongly. `tiered_fault` has already asserted that each fault was detected.
#[track_caller]
fn all_wrong(all: &[bool]) {
    assert!(
        all.iter().all(|wrong| *wrong),
        "IREE has become right in some ({all:?}): see docs/iree.md for what can go"
    );
}

/// Returns whether this machine shows the faults. They occur in x86 code with vectors of at least eight numbers.
fn can_be_seen() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

fn arange(n: usize) -> Tensor {
    Tensor::arange(0..n as i32, DType::F32)
}

/// Returns a lower-triangular mask.
fn causal_mask(t: usize) -> Tensor {
    arange(t).reshape([1, t]).le(arange(t).reshape([t, 1]))
}

#[test]
fn sums_of_constants() {
    if !can_be_seen() {
        return;
    }
    let difference = |n: usize| {
        let x = arange(n);
        is_wrong(move |b: &Tensor| vec![grad(|b: &Tensor| (&x - b).sum())(b)], &Tensor::scalar(0.5f32))
    };
    let likelihood = |s: &Tensor| {
        let x = arange(20) * 0.1;
        vec![grad(move |s: &Tensor| ((&x / s).powi(2) * -0.5 - s.log()).sum())(s)]
    };
    let mean = |x: &Tensor| vec![x.ones_like().exp().mean_keepdims([2]), x.ones_like().exp().var_axes([2])];
    let all = [
        difference(5),
        difference(17),
        is_wrong(|x: &Tensor| vec![grad(|x: &Tensor| (x - x.max()).sum())(x)], &arange(17)),
        is_wrong(likelihood, &Tensor::scalar(2.0f32)),
        is_wrong(mean, &arange(9).reshape([1, 3, 3])),
    ];
    all_wrong(&all);
}

#[test]
fn constant_cotangents_and_not_a_number() {
    if !can_be_seen() {
        return;
    }
    let x = arange(9).reshape([1, 3, 3]) * 0.1;
    let all = [
        is_wrong(|x: &Tensor| vec![grad(|x: &Tensor| (x - x.mean_keepdims([2])).sum())(x)], &x),
        is_wrong(|x: &Tensor| vec![grad(|x: &Tensor| x.log_softmax(2).sum())(x)], &x),
        is_wrong(|x: &Tensor| vec![grad(|s: &Tensor| (x * s - s).sum())(&x.i((0, 0, 0)))], &x),
        is_wrong(|x: &Tensor| vec![(x * f64::NAN).exp()], &arange(5)),
    ];
    all_wrong(&all);
}

#[test]
fn masks_beside_products() {
    if !can_be_seen() {
        return;
    }
    let masked = |(a, m): &(Tensor, Tensor)| vec![where_(m, a.matmul(a.t()), -1.0)];
    let attention = |(x, m): &(Tensor, Tensor)| {
        let scores = where_(m, x.matmul(x.t()) * 0.25, -1e9);
        vec![scores.softmax(-1).matmul(x)]
    };
    let selected = |(m, z): &(Tensor, Tensor)| {
        let (k, g) = (Tensor::from([[1.0f32, 7.0], [2.0, 3.0]]), Tensor::from([[4.0f32, 7.0], [2.0, 3.0]]));
        vec![where_(m, z, k.matmul(&g).matmul(z))]
    };
    let mask = Tensor::from([[true, false], [false, true]]);
    let of = |t: usize| (arange(4 * t).reshape([t, 4]) * 0.7).sin();
    let all = [
        is_wrong(masked, &(arange(32).reshape([8, 4]) * 0.1 + 0.5, causal_mask(8))),
        is_wrong(attention, &(of(8), causal_mask(8))),
        is_wrong(attention, &(of(5), causal_mask(5))),
        is_wrong(selected, &(mask, Tensor::from([[8.8f32, 9.8], [10.8, 11.8]]))),
    ];
    all_wrong(&all);
}

#[test]
fn windows_of_one_position_and_what_does_not_compile() {
    if !can_be_seen() {
        return;
    }
    let x = Tensor::from_vec([1, 2, 3, 3], (0..18).map(|i| ((7 * i) % 11) as f32 - 5.0).collect::<Vec<f32>>());
    let conv = |x: &Tensor| {
        let options = ConvOptions { strides: 2.into(), ..ConvOptions::default() };
        vec![x.conv(&Tensor::ones([1, 1, 2, 2], DType::F32), &options)]
    };
    let halving = |x: &Tensor| {
        let start = (x.clone(), Tensor::full([], 1e9f32, DType::F32));
        let (x, gap) =
            while_loop(|(_, gap): &(Tensor, Tensor)| gap.gt(1e-4), |(x, _)| (x * 0.5, (x * 0.5 - x).abs()), &start);
        vec![x, gap]
    };
    let all = [
        is_wrong(|x: &Tensor| vec![x.max_pool(2, &PoolOptions::default())], &x),
        is_wrong(|x: &Tensor| vec![x.avg_pool(2, &PoolOptions::default())], &x),
        is_wrong(conv, &arange(9).reshape([1, 1, 3, 3])),
        is_wrong(halving, &Tensor::scalar(1.0f32)),
        is_wrong(|x: &Tensor| vec![grad(|x: &Tensor| (-(x.t().roll(-1, 1)).t()).sum())(x)], &arange(9).reshape([3, 3])),
    ];
    all_wrong(&all);
}

/// Compiles each module in `tests/data/iree-faults/` unchanged.
#[test]
fn the_smallest_module_of_each_fault() {
    if !can_be_seen() {
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/iree-faults");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // The subfolders hold faults of GPUs.
        if path.is_dir() {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let inputs: Vec<Array> = lines(&text, "input").into_iter().map(array).collect();
        let (program, device) = (crate::stablehlo::import(&text).unwrap(), Device::open("cpu").unwrap());
        let (types, outputs) = (program.input_types().to_vec(), program.output_types());
        let signature = ModuleSignature { inputs: types, outputs, ..ModuleSignature::default() };
        let compiled = compiled(&program, &text, &signature, &device);
        assert!(tiered_fault(program, &inputs, compiled, device).is_some(), "{}: nothing is wrong", path.display());
        count += 1;
    }
    assert!(count >= 8, "{count} faults only");
}

/// A module that computes other results, or fails, does not pass the check of `rune-cli compile`.
#[test]
fn modules_with_faults_do_not_pass_the_check() {
    if !can_be_seen() {
        return;
    }
    for (file, reported) in [("handed_on", "output 0"), ("carried_twice", "compiled code fails")] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/iree-faults");
        let text = std::fs::read_to_string(folder.join(file).with_extension("mlir")).unwrap();
        let inputs: Vec<Array> = lines(&text, "input").into_iter().map(array).collect();
        let (program, module) = (crate::stablehlo::import(&text).unwrap(), module(&text, "fault").unwrap());
        let (types, outputs) = (program.input_types().to_vec(), program.output_types());
        let signature = ModuleSignature { inputs: types, outputs, ..ModuleSignature::default() };
        let difference = Precompiled::of(&program, module, signature, Timings::default()).check(&program, &inputs);
        let difference = difference.unwrap().unwrap_or_default();
        assert!(difference.contains(reported), "{file}: {difference:?}");
    }
}
