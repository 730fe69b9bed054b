//! Tests of debugging.

use crate::engine::jit;
use rune::prelude::*;
use rune::{Column, CompiledProgram, cond, scan, while_loop};
use rune_lower::{Backend, LowerOptions, Purpose};

fn cube(x: &Tensor) -> Tensor {
    debug_print!("x = {x}");
    let y = x * x * x;
    debug_print!("y = {y:.1}");
    y
}

fn model(x: &Tensor) -> Tensor {
    name_scope("layer", || (x * 2.0).sin()).sum()
}

#[test]
fn jitted_functions_are_shown_inside() {
    let x = Tensor::from([0.0f32, 1.0]);
    let options = DebugOptions::new().columns([Column::Types]);
    let mut shown = Vec::new();
    let y = options.debug_to(jit(grad(model)), &mut shown)(&x);
    assert_eq!(y.to_vec::<f32>().unwrap(), grad(model)(&x).to_vec::<f32>().unwrap());
    insta::assert_snapshot!(String::from_utf8(shown).unwrap(), @"
    f(x0)
    │   x0                            [2, f32]
    │ f(x0)
    │ │ layer
    │ │ │   z0 = constant()           () -> [f32]
    │ │ │   z1 = broadcast_in_dim(z0)  [f32] -> [2, f32]
    │ │ │   z2 = mul(x0, z1)          ([2, f32], [2, f32]) -> [2, f32]
    │ │ │ ∂ z3 = cos(z2)              [2, f32] -> [2, f32]
    │ │ │ ◀ y0 = mul(z3, z1)          ([2, f32], [2, f32]) -> [2, f32]
    │ └ return y0
    │   y0 = call(x0)                 [2, f32] -> [2, f32]
    └ return y0
    ");
}

#[test]
fn compiled_functions_print_in_order_each_time() {
    let x = Tensor::scalar(2.0f32);
    let both = "x = 2.0\ny = 8.0\n";
    let f = jit(cube);
    let (y, first) = capture_debug(|| f(&x));
    assert_eq!((y.item::<f32>().unwrap(), first.as_str()), (8.0, both));
    assert_eq!(capture_debug(|| f(&x)).1, both);
    assert_eq!(capture_debug(|| jit(grad(cube))(&x)).1, both);
    assert_eq!(capture_debug(|| grad(jit(cube))(&x)).1, both);
    assert_eq!(capture_debug(|| jit(grad(grad(cube)))(&x)).1, both);
    let lanes = Tensor::from([1.0f32, 2.0]);
    let each = "x = 1.0\nx = 2.0\ny = 1.0\ny = 8.0\n";
    assert_eq!(capture_debug(|| jit(vmap(cube))(&lanes)).1, each);
    assert_eq!(capture_debug(|| vmap(jit(grad(cube)))(&lanes)).1, each);
    // Effects also happen if their function's result is unused, and if a nested function is called twice.
    let twice = jit(|x: &Tensor| {
        let inner = jit(cube);
        inner(x);
        debug_print!("between");
        inner(x);
        x + 1.0
    });
    assert_eq!(capture_debug(|| twice(&x)).1, format!("{both}between\n{both}"));
    // Recomputation for a derivative does not print again.
    let again = capture_debug(|| jit(grad(checkpoint(cube)))(&x)).1;
    assert_eq!(again, capture_debug(|| grad(checkpoint(cube))(&x)).1);
    assert_eq!(again, both);
}

#[test]
fn compiled_functions_print_every_dtype_and_shape() {
    let show = |x: &Tensor| {
        for dtype in DType::ALL {
            let x = x.cast(dtype);
            debug_print!("{dtype} {x} {} {} {}", x.reshape([2, 1, 2]), x.i(0), x.i(..0));
        }
        x.clone()
    };
    let x = Tensor::from([0.0f32, 1.0, 2.0, 3.0]);
    let (_, compiled) = capture_debug(|| jit(show)(&x));
    let (_, interpreted) = capture_debug(|| show(&x));
    // The prints keep their order, although none depends on another.
    assert_eq!(compiled, interpreted);
    assert!(compiled.contains("bool [False  True  True  True] [[[False  True]]"), "{compiled}");
    assert!(compiled.contains("\nu64 [0 1 2 3] [[[0 1]]"), "{compiled}");
}

#[test]
fn saved_functions_print() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cube.vmfb");
    let x = Tensor::scalar(2.0f32);
    jit(cube).compile(&x).unwrap().save(&path).unwrap();
    let loaded = CompiledProgram::load(&path).unwrap();
    let (y, text) = capture_debug(|| loaded.call(&[x]).unwrap());
    assert_eq!((y[0].item::<f32>().unwrap(), text.as_str()), (8.0, "x = 2.0\ny = 8.0\n"));
}

/// Compiled code calls the process to print, even on GPUs. A module that does not run in this process cannot.
#[test]
fn printing_calls_the_process() {
    let program = make_program(cube, &Tensor::scalar(2.0f32)).unwrap();
    let lowered = |purpose| {
        let options = LowerOptions { backend: Backend::Cuda, purpose, ..LowerOptions::default() };
        rune_lower::lower(&program, &options)
    };
    assert_eq!(lowered(Purpose::Run).unwrap().host.len(), 2);
    let text = lowered(Purpose::Device).unwrap_err().to_string();
    assert!(text.contains("debugging.rs:"), "{text}");
    assert!(text.contains("`debug_print` cannot be compiled for cuda: it calls the process that runs"), "{text}");
}

#[test]
fn loops_and_branches_print_in_order() {
    fn halves(x: &Tensor) -> Tensor {
        let halve = |carry: &Tensor, i: &Tensor| {
            debug_print!("{i:.0}: {carry}");
            (carry * 0.5, carry.clone())
        };
        let (y, _) = scan(halve, x, &Tensor::arange(0..3, DType::F32));
        let large = || {
            debug_print!("large: {y}");
            y.clone()
        };
        let small = || {
            debug_print!("small: {y}");
            -&y
        };
        cond(&y.gt(1.0), large, small)
    }
    fn doubles(x: &Tensor) -> Tensor {
        let body = |x: &Tensor| {
            debug_print!("{x}");
            x * 2.0
        };
        while_loop(|x: &Tensor| x.lt(10.0), body, x)
    }
    let (x, y) = (Tensor::scalar(16.0f32), Tensor::scalar(4.0f32));
    let large = "0: 16.0\n1: 8.0\n2: 4.0\nlarge: 2.0\n";
    let small = "0: 4.0\n1: 2.0\n2: 1.0\nsmall: 0.5\n";
    let printed = |f: &dyn Fn(&Tensor) -> Tensor, x: &Tensor| capture_debug(|| f(x).item::<f32>().unwrap());
    for (f, values) in [
        (&halves as &dyn Fn(&Tensor) -> Tensor, [2.0, -0.5]),
        (&*jit(halves), [2.0, -0.5]),
        (&grad(halves), [0.125, -0.125]),
        (&*jit(grad(halves)), [0.125, -0.125]),
        (&grad(jit(halves)), [0.125, -0.125]),
    ] {
        assert_eq!(printed(f, &x), (values[0], large.to_owned()));
        assert_eq!(printed(f, &y), (values[1], small.to_owned()));
    }
    let twice = "4.0\n8.0\n";
    assert_eq!(printed(&doubles, &y), (16.0, twice.to_owned()));
    assert_eq!(printed(&*jit(doubles), &y), (16.0, twice.to_owned()));
    // All batch elements print while any of them continues.
    let lanes = Tensor::from([4.0f32, 16.0]);
    let (_, text) = capture_debug(|| vmap(jit(doubles))(&lanes).to_vec::<f32>().unwrap());
    assert_eq!(text, "4.0\n16.0\n8.0\n16.0\n");
}

/// Computes a NaN outside compiled functions, and in one. The next test runs it with `RUNE_DEBUG_NANS=1`.
#[test]
fn a_nan_is_made() {
    let x = Tensor::from([1.0f32, -1.0]);
    let eager = (&x * 2.0).log().sum().item::<f32>();
    let compiled = jit(|x: &Tensor| name_scope("inner", || x.sqrt()) + 1.0).compile(&x).unwrap().call(&x);
    if std::env::var_os("RUNE_DEBUG_NANS").is_none() {
        assert!(eager.unwrap().is_nan() && compiled.unwrap().to_vec::<f32>().unwrap()[1].is_nan());
        return;
    }
    let (eager, compiled) = (eager.unwrap_err().to_string(), compiled.unwrap_err().to_string());
    assert!(eager.contains("`log` at tests/rune/debugging.rs:"), "{eager}");
    assert!(compiled.contains("`sqrt` at tests/rune/debugging.rs:"), "{compiled}");
    assert!(compiled.contains(" in \"inner\" made [2, f32] (all 1, 1 nan)"), "{compiled}");
    println!("both were found");
}

#[test]
fn the_environment_looks_for_nans() {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "debugging::a_nan_is_made", "--nocapture"])
        .env("RUNE_DEBUG_NANS", "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("both were found"), "{text}");
}

#[test]
fn prints_hand_on_a_token() {
    let f = jit(|x: &Tensor| {
        debug_print!("{x}");
        debug_print!("{}", x.sum());
        debug_print!("{x}");
        x.clone()
    });
    let lowered = f.lower(&Tensor::from([1.0f32, 2.0])).unwrap();
    let code = lowered.code();
    // Equal prints share one function. Each call takes the token of the previous one.
    assert_eq!(code.matches("func.func private @host.").count(), 2, "{code}");
    let calls: Vec<&str> = code.lines().filter(|l| l.contains("call @host.")).map(str::trim).collect();
    assert_eq!(calls.len(), 3, "{code}");
    for pair in calls.windows(2) {
        let token = pair[0].split(" = ").next().unwrap();
        assert!(pair[1].contains(&format!(", {token})")), "{code}");
    }
}
