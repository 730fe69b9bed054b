//! Tests of IREE's faults, and of rune's defences against them.
//!
//! `tests/data/iree-faults/` holds a small module for each fault, with its correct result. The tests compile each
//! module unchanged. They fail once IREE is correct, so that the defence can be removed. The modules in `vulkan/` run
//! on a Vulkan device, if this build and machine have one. Those in `cuda/` and `rocm/` do not compile.

use super::guarded;
use crate::engine::jit;
use rune::prelude::*;
use rune::{ConvOptions, PoolOptions, value_and_grad, where_};
use rune_ir::ModuleSignature;
use rune_iree::{CompileOptions, Device, Executable, Signature, Target};
use rune_testing::faults::{array, lines};
use rune_trace::{Array, Type, Value};
use std::path::Path;

/// Returns the result of the unchanged module.
fn compiled(text: &str, inputs: &[Array], right: &Array) -> Result<Array, String> {
    compiled_for("cpu", text, inputs, right)
}

/// Returns the result of the unchanged module on a device.
fn compiled_for(device: &str, text: &str, inputs: &[Array], right: &Array) -> Result<Array, String> {
    let executable = loaded(device, text, inputs, right)?;
    let values: Vec<Value> = inputs.iter().cloned().map(Value::from).collect();
    let results = executable.call(&values.iter().collect::<Vec<_>>()).map_err(|e| e.to_string())?;
    results[0].to_host()
}

/// Returns a CPU for which IREE's code has all faults. Not all of them occur for every CPU.
fn faulty_cpu() -> Target {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") {
        return Target::llvm_cpu_named("haswell").unwrap();
    }
    Target::llvm_cpu()
}

/// Compiles the unchanged module with its flags.
fn loaded(device: &str, text: &str, inputs: &[Array], right: &Array) -> Result<Executable, String> {
    let flags = lines(text, "flags").into_iter().flat_map(|l| l.split(' '));
    let flags = flags.map(str::to_owned).collect();
    let device = Device::open(device).map_err(|e| e.to_string())?;
    let target = if device.target().is_cpu() { faulty_cpu() } else { device.target().clone() };
    let options = CompileOptions { extra_flags: flags, ..CompileOptions::for_target(target) };
    let module = rune_iree::compile(text, "fault", &options).map_err(|e| e.to_string())?;
    let types: Vec<Type> = inputs.iter().map(|x| x.ty().clone()).collect();
    let signature = Signature::new(types, vec![right.ty().clone()]);
    Executable::load(&module, &device, "main", signature, None).map_err(|e| e.to_string())
}

/// The guarded calls of the tests detect reads of foreign memory. IREE's lookup does not check bounds.
#[test]
fn reading_foreign_memory_is_seen() {
    let inputs = |row: i32| [array("4x2xf32=1 2 3 4 5 6 7 8"), Array::from_fn([1], |_| row)];
    let right = array("1x2xf32=1");
    // The signature says that no argument is overwritten. Without it, each call would copy its arguments out of the
    // guards.
    let types = |arrays: &[Array]| arrays.iter().map(|x| x.ty().clone()).collect();
    let signature = ModuleSignature {
        inputs: types(&inputs(0)),
        outputs: types(std::slice::from_ref(&right)),
        ..ModuleSignature::default()
    };
    let text = format!(
        r#"func.func @main(%x: tensor<4x2xf32>, %i: tensor<1xi32>) -> tensor<1x2xf32>
          attributes {{iree.reflection = {{{} = {:?}}}}} {{
      %y = "stablehlo.torch_index_select"(%x, %i) {{dim = 0 : i64, batch_dims = 0 : i64}}
        : (tensor<4x2xf32>, tensor<1xi32>) -> tensor<1x2xf32>
      return %y : tensor<1x2xf32>
    }}"#,
        ModuleSignature::KEY,
        signature.to_json()
    );
    let of = |row: i32| {
        let inputs = inputs(row);
        let executable = loaded("cpu", &text, &inputs, &right).unwrap();
        guarded::call(&inputs, |inputs| {
            let results = executable.call(&inputs.iter().collect::<Vec<_>>()).map_err(|e| e.to_string())?;
            results.iter().map(Value::to_host).collect()
        })
    };
    assert_eq!(of(3).unwrap()[0].to_f64_vec(), [7.0, 8.0]);
    for row in [-2, 4, 6] {
        let error = of(row).unwrap_err();
        assert!(error.starts_with("result 0 depends on memory that is not of the arguments"), "{row}: {error}");
    }
}

fn same(x: &Array, y: &Array) -> bool {
    let near = |(x, y): (&f64, &f64)| x == y || x.is_nan() && y.is_nan();
    x.to_f64_vec().iter().zip(&y.to_f64_vec()).all(near)
}

/// The faults occur in x86 code with vectors of at least eight numbers.
#[cfg(target_arch = "x86_64")]
#[test]
fn iree_still_has_the_faults_that_rune_defends_against() {
    if !std::is_x86_feature_detected!("avx2") {
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/iree-faults");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let inputs: Vec<Array> = lines(&text, "input").into_iter().map(array).collect();
        let right = array(lines(&text, "right")[0]);
        let found = compiled(&text, &inputs, &right);
        let is_right = found.as_ref().is_ok_and(|found| same(found, &right));
        assert!(!is_right, "IREE has become right in {}: see docs/iree.md for what can go", path.display());
        // rune compiles the same module correctly, because of its defences.
        let program = rune::stablehlo::import(&text).unwrap();
        let interpreted = rune_trace::interpret::interpret(&program, &inputs).unwrap();
        assert!(same(&interpreted[0], &right), "{}: the interpreter gives {:?}", path.display(), interpreted[0]);
        let compiled = rune::Precompiled::new(&program, &CompileOptions::default()).unwrap();
        let device = rune::Device::open("cpu").unwrap();
        let values: Vec<Value> = inputs.into_iter().map(Value::from).collect();
        let found = compiled.load_on(&device).unwrap().call_values(&values).unwrap()[0].to_host().unwrap();
        assert!(same(&found, &right), "{}: rune gives {found:?}", path.display());
        count += 1;
    }
    assert!(count >= 7, "{count} faults only");
}

/// Returns the modules in a folder of `tests/data/iree-faults`, each with its inputs and its correct result.
fn faults_of(folder: &str) -> Vec<(String, String, Vec<Array>, Array)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/iree-faults").join(folder);
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let inputs = lines(&text, "input").into_iter().map(array).collect();
        let right = array(lines(&text, "right")[0]);
        (path.display().to_string(), text, inputs, right)
    };
    files.map(read).collect()
}

#[test]
fn iree_still_has_the_faults_on_vulkan() {
    let device = match rune::Device::vulkan(0) {
        Ok(device) => device,
        Err(error) => return eprintln!("skipped: {error}"),
    };
    let rune::Device::Iree(opened) = &device else { unreachable!("it is a device of IREE") };
    let faults = faults_of("vulkan");
    for (path, text, inputs, right) in &faults {
        let found = compiled_for("vulkan", text, inputs, right);
        assert!(!found.is_ok_and(|found| same(&found, right)), "IREE has become right in {path}: see docs/iree.md");
        // rune compiles the same module correctly.
        let program = rune::stablehlo::import(text).unwrap();
        let compiled = rune::Precompiled::new(&program, &CompileOptions::for_target(opened.target().clone())).unwrap();
        let (compiled, values) = (compiled.load_on(&device).unwrap(), inputs.iter().cloned().map(Value::from));
        let values: Vec<Value> = values.collect();
        for _ in 0..2 {
            let found = compiled.call_values(&values).unwrap()[0].to_host().unwrap();
            assert!(same(&found, right), "{path}: rune gives {found:?}");
        }
    }
    assert!(faults.len() >= 4, "{} faults only", faults.len());
}

/// On a device whose threads compute while the host goes on, the unchanged module fails in each call.
#[test]
fn barriers_on_carried_values_wait_for_other_threads() {
    let (text, inputs, right) = {
        let mut faults = faults_of("vulkan").into_iter();
        let (_, text, inputs, right) = faults.find(|(path, ..)| path.contains("carried_behind_barrier")).unwrap();
        (text, inputs, right)
    };
    let error = compiled_for("local-task", &text, &inputs, &right).unwrap_err();
    assert!(error.contains("transient buffer has not been committed"), "{error}");
    let program = rune::stablehlo::import(&text).unwrap();
    let compiled = rune::Precompiled::new(&program, &CompileOptions::default()).unwrap();
    let compiled = compiled.load_on(&rune::Device::open("local-task").unwrap()).unwrap();
    let values: Vec<Value> = inputs.into_iter().map(Value::from).collect();
    for _ in 0..5 {
        let found = compiled.call_values(&values).unwrap()[0].to_host().unwrap();
        assert!(same(&found, &right), "rune gives {found:?}");
    }
}

#[test]
fn iree_still_refuses_modules_for_gpus() {
    for (folder, target) in [("cuda", "cuda:sm_89"), ("rocm", "rocm:gfx942")] {
        let options = CompileOptions::for_target(target.parse().unwrap());
        let faults = faults_of(folder);
        for (path, text, ..) in &faults {
            assert!(rune_iree::compile(text, "fault", &options).is_err(), "IREE compiles {path}: see docs/iree.md");
            let program = rune::stablehlo::import(text).unwrap();
            rune::Precompiled::new(&program, &options).unwrap();
        }
        assert!(!faults.is_empty());
    }
}

/// IREE's older code for reductions on GPUs compiles neither of these, which every training step contains.
#[test]
fn sums_of_scaled_and_negated_numbers_compile_for_gpus() {
    let x = Tensor::zeros([512, 256], DType::F32);
    let sums = |x: &Tensor| ((x * 2.0).sum_axes(1), (x * x.i((.., ..1))).sum_axes(1), (-x).sum_axes(1));
    let program = make_program(sums, &x).unwrap();
    for target in ["cuda:sm_89", "rocm:gfx942", "vulkan:ampere"] {
        let options = CompileOptions::for_target(target.parse().unwrap());
        rune::Precompiled::new(&program, &options).unwrap_or_else(|error| panic!("{target}: {error}"));
    }
}

/// Asserts that the compiled results of `f` equal the interpreted ones, and returns them.
#[track_caller]
fn agrees<A: Tree>(name: &str, f: impl Fn(&A) -> Vec<Tensor> + Send + Sync + Copy + 'static, x: &A) -> Vec<Vec<f32>> {
    let read = |ys: Vec<Tensor>| -> Vec<Vec<f32>> { ys.iter().map(|y| y.to_vec::<f32>().unwrap()).collect() };
    let (found, expected) = (read(jit(f)(x)), read(f(x)));
    for (i, (x, y)) in found.iter().zip(&expected).enumerate() {
        for (j, (x, y)) in x.iter().zip(y).enumerate() {
            let near = (x - y).abs() <= 2e-5 * (1.0 + y.abs()) || x == y || x.is_nan() && y.is_nan();
            assert!(near, "{name}: element {j} of result {i} is {x}, and should be {y}");
        }
    }
    found
}

fn arange(n: usize) -> Tensor {
    Tensor::arange(0..n as i32, DType::F32)
}

#[test]
fn sums_of_constants() {
    const LENGTHS: [usize; 9] = [2, 3, 4, 5, 8, 16, 17, 32, 100];
    let of_difference = |b: &Tensor| {
        LENGTHS
            .iter()
            .map(|&n| {
                let x = arange(n);
                grad(|b: &Tensor| (&x - b).sum())(b)
            })
            .collect::<Vec<_>>()
    };
    let found = agrees("x - b", of_difference, &Tensor::scalar(0.5f32));
    assert_eq!(found, LENGTHS.map(|n| vec![-(n as f32)]));
    let centred = |one: &Tensor| {
        LENGTHS.iter().map(|&n| grad(|x: &Tensor| (x - x.max()).sum())(&(arange(n) * one))).collect::<Vec<_>>()
    };
    for (found, n) in agrees("x - max x", centred, &Tensor::scalar(1.0f32)).iter().zip(LENGTHS) {
        assert_eq!(found[n - 1], 1.0 - n as f32);
    }
    let likelihood = |s: &Tensor| {
        let of = |n: usize| {
            let x = arange(n) * 0.1;
            grad(move |s: &Tensor| ((&x / s).powi(2) * -0.5 - s.log()).sum())(s)
        };
        LENGTHS.iter().map(|&n| of(n)).collect::<Vec<_>>()
    };
    agrees("log likelihood", likelihood, &Tensor::scalar(2.0f32));
    let cotangents = |x: &Tensor| {
        vec![
            grad(|x: &Tensor| x.log_softmax(2).sum())(x),
            grad(|x: &Tensor| (x - x.mean_keepdims([2])).sum())(x),
            grad(|s: &Tensor| (x * s - s).sum())(&x.i((0, 0, 0))),
            (x.ones_like()).exp().mean_keepdims([2]),
            (x.ones_like()).exp().var_axes([2]),
        ]
    };
    for n in [2, 3, 5, 9, 17] {
        agrees("constant cotangents", cotangents, &(arange(3 * n).reshape([1, 3, n]) * 0.1));
    }
}

#[test]
fn masks_beside_products() {
    let masked = |(a, m): &(Tensor, Tensor)| vec![where_(m, a.matmul(a.t()), -1.0)];
    let causal = |t: usize| arange(t).reshape([1, t]).le(arange(t).reshape([t, 1]));
    for t in [2, 3, 5, 8, 12, 16, 17, 32] {
        let a = arange(4 * t).reshape([t, 4]) * 0.1 + 0.5;
        agrees("masked product", masked, &(a, causal(t)));
        let attention = |(x, m): &(Tensor, Tensor)| {
            let scores = where_(m, x.matmul(x.t()) * 0.25, -1e9);
            vec![scores.softmax(-1).matmul(x)]
        };
        let gradient = move |(x, m): &(Tensor, Tensor)| {
            let loss = |x: &Tensor| (attention(&(x.clone(), m.clone())).remove(0) * x).sum();
            vec![grad(loss)(x)]
        };
        let x = (arange(4 * t).reshape([t, 4]) * 0.7).sin();
        agrees("masked attention", attention, &(x.clone(), causal(t)));
        agrees("its gradient", gradient, &(x, causal(t)));
    }
}

#[test]
fn windows_of_one_position() {
    let x = Tensor::from_vec([1, 2, 3, 3], (0..18).map(|i| ((7 * i) % 11) as f32 - 5.0).collect::<Vec<f32>>());
    let pools = |x: &Tensor| {
        let stride = PoolOptions::default();
        vec![
            x.max_pool(2, &stride),
            x.avg_pool(2, &stride),
            grad(|x: &Tensor| x.max_pool(2, &PoolOptions::default()).sum())(x),
        ]
    };
    let found = agrees("pools", pools, &x);
    assert_eq!((&found[0][..], &found[1][..]), (&[5.0f32, 3.0][..], &[0.75f32, 0.5][..]));
    let conv = |x: &Tensor| {
        let options = ConvOptions { strides: 2.into(), ..ConvOptions::default() };
        vec![x.conv(&Tensor::ones([1, 1, 2, 2], DType::F32), &options)]
    };
    assert_eq!(agrees("conv", conv, &arange(9).reshape([1, 1, 3, 3])), [[8.0]]);
}

#[test]
fn loops_that_replace_what_they_do_not_read() {
    let halving = |x: &Tensor| {
        let start = (x.clone(), Tensor::full([], 1e9f32, DType::F32));
        let (x, gap) =
            while_loop(|(_, gap): &(Tensor, Tensor)| gap.gt(1e-4), |(x, _)| (x * 0.5, (x * 0.5 - x).abs()), &start);
        vec![x, gap]
    };
    agrees("until converged", halving, &Tensor::scalar(1.0f32));
    let fibonacci = |x: &Tensor| {
        let (a, b) = fori_loop(0, 7, |_, (a, b): &(Tensor, Tensor)| (b.clone(), a + b), &(x.clone(), x * 2.0));
        vec![a, b]
    };
    agrees("(a, b) = (b, a + b)", fibonacci, &Tensor::from([1.0f32, 2.0, 3.0]));
    let replaced = |x: &Tensor| {
        let (a, b) = fori_loop(0, 5, |_, (_, b): &(Tensor, Tensor)| (b.clone(), b.sin()), &(x.clone(), x * 2.0));
        vec![a, b]
    };
    agrees("(a, b) = (b, f(b))", replaced, &Tensor::from([1.0f32, 2.0, 3.0]));
}

#[test]
fn constants_made_of_constants() {
    let rolled = |x: &Tensor| vec![grad(|x: &Tensor| (-(x.t().roll(-1, 1)).t()).sum())(x)];
    assert_eq!(agrees("roll", rolled, &arange(9).reshape([3, 3])), [[-1.0f32; 9]]);
    let not_numbers = |x: &Tensor| {
        let nan = x * f64::NAN;
        let all = [
            nan.exp(),
            nan.expm1(),
            nan.sigmoid(),
            nan.gelu(),
            nan.silu(),
            nan.softmax(0),
            nan.logsumexp(),
            nan.sinh(),
            nan.cosh(),
        ];
        all.to_vec()
    };
    for found in agrees("NaN", not_numbers, &arange(5)) {
        assert!(found.iter().all(|x| x.is_nan()));
    }
    let set = |(x, v): &(Tensor, Tensor)| {
        let (value, gradient) = value_and_grad(|x: &Tensor| x.at((.., [3, 1])).set(v).sum())(x);
        vec![value, gradient]
    };
    agrees("at([3, 1]).set", set, &(arange(8).reshape([2, 4]), arange(4).reshape([2, 2])));
}

#[test]
fn long_chains_compile() {
    let chain = |x: &Tensor| {
        let mut z = x.clone();
        for _ in 0..100 {
            z = (z * 0.5).sin();
        }
        // A sine consists of some 60 operations.
        for _ in 0..1000 {
            z = (z * 0.5).abs() + 0.25;
        }
        vec![z]
    };
    agrees("3,000 operations in a row, and 100 sines", chain, &arange(8));
    let reused = |x: &Tensor| {
        let (mut a, mut b) = (x.clone(), x * 0.5);
        for _ in 0..500 {
            (a, b) = (&a * 0.5 + &b * 0.25, &a * 0.25 - &b * 0.5);
        }
        vec![a, b]
    };
    agrees("2,000 operations that use each other", reused, &arange(8));
}

#[test]
fn long_sums_are_as_exact_as_those_of_jax() {
    const N: usize = 10_000_000;
    let tenth = f64::from(0.1f32);
    let sums = jit(|x: &Tensor| {
        let columns = x.reshape([N / 4, 4]).sum_axes([0]);
        (x.sum(), x.cumsum(0).i(-1), columns, x.reshape([4, N / 4]).sum_axes([1]), x.mean())
    });
    let (sum, last, columns, rows, mean) = sums(&Tensor::full([N], 0.1f32, DType::F32));
    let near = |x: &Tensor, right: f64| {
        for x in x.to_vec::<f32>().unwrap() {
            let error = (f64::from(x) - right).abs() / right;
            assert!(error < 1e-6, "{x} instead of {right}: off by {error:.1e}");
        }
    };
    near(&sum, tenth * N as f64);
    near(&last, tenth * N as f64);
    near(&columns, tenth * (N / 4) as f64);
    near(&rows, tenth * (N / 4) as f64);
    near(&mean, tenth);
    // The values are 9,999.5 and 10,000.5.
    let variance = jit(|x: &Tensor| (x.var(), x.mean()));
    let (variance, mean) = variance(&(Tensor::arange(0..1_000_000, DType::F32) % 2.0 + 9_999.5));
    near(&variance, 0.25);
    near(&mean, 10_000.0);
}

/// Functions of operations on constants, most of which are not finite.
#[test]
fn constants_that_are_special() {
    let specials = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.0, 1e-40, -1.0];
    let functions = |x: &Tensor| {
        vec![
            x.exp(),
            x.exp2(),
            x.expm1(),
            x.log(),
            x.log1p(),
            x.sqrt(),
            x.rsqrt(),
            x.cbrt(),
            x.sin(),
            x.cos(),
            x.tan(),
            x.tanh(),
            x.sigmoid(),
            x.erf(),
            x.abs(),
            x.sign(),
            x.floor(),
            x.ceil(),
            x.gelu(),
            x.silu(),
            x.softplus(),
            x.sum(),
            x.prod(),
            x.max(),
            x.powi(3),
            x.powi(-2),
            x.pow(2.5),
            x.softmax(0),
            x.logsumexp(),
            x.cumsum(0),
        ]
    };
    for c in specials {
        let of_constant = move |x: &Tensor| functions(&x.full_like(c));
        // The compiler finds these constants after unrolling the loop.
        let of_loop = move |x: &Tensor| {
            let rows = Tensor::full([2, 5], c, DType::F32);
            let (total, all) =
                scan(|total: &Tensor, row: &Tensor| (total + row, functions(row)), &x.zeros_like(), &rows);
            [all, vec![total]].concat()
        };
        let mixed = move |x: &Tensor| {
            [x * c, x + c, x - c, x / c, x.maximum(c), x.minimum(c)].iter().flat_map(functions).collect::<Vec<_>>()
        };
        let name = format!("{c}");
        let small = arange(5) * 0.5 + 0.25;
        // Compiled code treats subnormal numbers as 0.
        if c != 1e-40 {
            agrees(&name, of_constant, &small);
            agrees(&name, of_loop, &small);
            agrees(&name, mixed, &small);
        }
    }
}

/// Hamiltonian Monte Carlo: ten steps followed by a choice failed with "circular dependency".
#[test]
fn a_step_of_hamiltonian_monte_carlo() {
    type Args = (Tensor, Tensor, Tensor, Tensor);
    let step = |(w, q, x, y): &Args| {
        let log_posterior = |w: &Tensor| {
            let z = x.matmul(w);
            (y * &z - z.softplus()).sum() - (w * w).sum() * 0.5
        };
        let p = q.sin();
        let leapfrog = |_: &Tensor, (w, p): &(Tensor, Tensor)| {
            let p = p + grad(log_posterior)(w) * 0.005;
            let w = w + &p * 0.01;
            let p = &p + grad(log_posterior)(&w) * 0.005;
            (w, p)
        };
        let (w1, p1) = fori_loop(0, 10, leapfrog, &(w.clone(), p.clone()));
        let gain = log_posterior(&w1) - log_posterior(w) + ((&p * &p).sum() - (&p1 * &p1).sum()) * 0.5;
        vec![where_(gain.gt(0.0), &w1, w), w1, p1]
    };
    let x = (arange(2500).reshape([500, 5]) * 0.7).sin();
    let y = (arange(500) * 1.3).sin().gt(0.0).cast(DType::F32);
    agrees("HMC", step, &(Tensor::zeros([5], DType::F32), arange(5), x, y));
}
