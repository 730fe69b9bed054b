//! Tests of compiled code that calls user functions.

use crate::engine::jit;
use rune::prelude::*;
use rune::{CompileOptions, Error, Precompiled, RunError, Target, Type};
use rune_testing::callbacks::{Job, all, check};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

type Log = Arc<Mutex<Vec<f32>>>;

/// Returns a function that records its argument and returns it.
fn recorder(log: &Log) -> impl Fn(&Tensor) -> Tensor + Clone + Send + Sync + use<> {
    let log = log.clone();
    move |x: &Tensor| {
        let log = log.clone();
        let note = move |x: &Tensor| {
            log.lock().unwrap().extend(x.to_vec::<f32>().unwrap());
            x.clone()
        };
        io_callback(note, x.ty(), x)
    }
}

fn take_log(log: &Log) -> Vec<f32> {
    std::mem::take(&mut *log.lock().unwrap())
}

fn times(factor: f32) -> impl Fn(&Tensor) -> Tensor + Send + Sync {
    move |x: &Tensor| pure_callback(move |x: &Tensor| x * factor, x.ty(), x)
}

#[test]
fn compiled_code_calls_as_jax_does() {
    let vectors = include_str!("../../rune-trace/tests/data/callbacks.jsonl");
    let run = |jobs: &[Job]| jit(|_: &Tensor| all(jobs))(&Tensor::scalar(0.0f32));
    assert_eq!(check(vectors, &["parts"], run), 63);
}

/// Equal programs of closures of one type are compiled once, and each calls its own closure.
#[test]
fn each_function_calls_its_own_closure() {
    let x = Tensor::from([1.0f32, 2.0, 3.0]);
    let (two, three) = (jit(times(2.0)), jit(times(3.0)));
    let (twice, thrice) = (two.compile(&x).unwrap(), three.compile(&x).unwrap());
    assert!(!thrice.timings().compiled, "equal code is compiled once");
    for _ in 0..2 {
        assert_eq!(two(&x).to_vec::<f32>().unwrap(), [2.0, 4.0, 6.0]);
        assert_eq!(three(&x).to_vec::<f32>().unwrap(), [3.0, 6.0, 9.0]);
        assert_eq!(twice.call(&x).unwrap().to_vec::<f32>().unwrap(), [2.0, 4.0, 6.0]);
        assert_eq!(thrice.call(&x).unwrap().to_vec::<f32>().unwrap(), [3.0, 6.0, 9.0]);
    }
    // One program calls both, and calls one of them twice.
    let (f, g) = (times(2.0), times(3.0));
    let both = jit(move |x: &Tensor| f(x) - g(x) + g(&f(x)));
    assert_eq!(both(&x).to_vec::<f32>().unwrap(), [5.0, 10.0, 15.0]);
}

#[test]
fn closures_are_freed_with_the_function() {
    let held = Arc::new(());
    let (x, y) = (Tensor::scalar(1.0f32), Tensor::from([1.0f32, 2.0]));
    let make = || {
        let held = held.clone();
        jit(move |x: &Tensor| {
            let held = held.clone();
            let inner = move |x: &Tensor| {
                let _held = &held;
                x * 2.0
            };
            pure_callback(inner, x.ty(), x)
        })
    };
    let f = make();
    assert_eq!((f(&x).item::<f32>().unwrap(), f(&y).to_vec::<f32>().unwrap()), (2.0, vec![2.0, 4.0]));
    let again = f.compile(&x).unwrap();
    assert!(Arc::strong_count(&held) >= 4, "one in the function, and one in each compiled program");
    drop(f);
    assert_eq!(again.call(&x).unwrap().item::<f32>().unwrap(), 2.0);
    drop(again);
    assert_eq!(Arc::strong_count(&held), 1);
}

#[test]
fn effects_happen_at_every_call_in_order() {
    let log = Log::default();
    let note = recorder(&log);
    let f = jit(move |x: &Tensor| {
        note(&(x + 1.0)); // its result is unused
        let y = note(&(x * 2.0));
        let loops = |x: &Tensor| while_loop(|x: &Tensor| x.lt(100.0), |x: &Tensor| note(x) * 5.0, x);
        debug_print!("y = {y}");
        cond(&x.gt(0.0), || loops(&y), || note(x))
    });
    let call = |x: f32| capture_debug(|| f(&Tensor::scalar(x)).item::<f32>().unwrap());
    for _ in 0..2 {
        assert_eq!(call(3.0), (150.0, "y = 6.0\n".to_owned()));
        assert_eq!(take_log(&log), [4.0, 6.0, 6.0, 30.0]);
        assert_eq!(call(-1.0), (-1.0, "y = -2.0\n".to_owned()));
        assert_eq!(take_log(&log), [0.0, -2.0, -1.0]);
    }
    let note = recorder(&log);
    let g = |x: &Tensor| x * x * note(&x.stop_gradient());
    let x = Tensor::scalar(3.0f32);
    for g in [&*jit(grad(&g)), &grad(jit(&g)), &*jit(grad(checkpoint(&g)))] {
        assert_eq!((g(&x).item::<f32>().unwrap(), take_log(&log)), (18.0, vec![3.0]));
    }
    assert_eq!(jit(vmap(&g))(&Tensor::from([1.0f32, 2.0])).to_vec::<f32>().unwrap(), [1.0, 8.0]);
    assert_eq!(take_log(&log), [1.0, 2.0]);
    let code = jit(&g).lower(&x).unwrap().code().to_owned();
    assert!(
        code.contains("func.func private @host.f0(tensor<f32>, tensor<i32>) -> (tensor<f32>, tensor<i32>)"),
        "{code}"
    );
}

#[test]
fn every_dtype_and_shape_goes_through() {
    for dtype in DType::ALL.iter().copied() {
        let x = Tensor::from([0.0f32, 1.0, 2.0, 3.0]).cast(dtype);
        let f = move |x: &Tensor| {
            let all = |x: &Tensor| (x.flip(0), x.reshape([2, 1, 2]), x.i(1), x.i(..0), x.clone());
            let types = (x.ty(), x.ty().with_shape([2, 1, 2]), x.ty().with_shape([]), x.ty().with_shape([0]), x.ty());
            let types = (types.0, &types.1, &types.2, &types.3, types.4);
            let (a, b, c, d, e) = pure_callback(all, types, x);
            let both = |x: &Tensor| Tensor::concat(&[x, x], 0);
            vec![both(&a), b, c, d, both(&e)]
        };
        let (compiled, interpreted) = (jit(f)(&x), f(&x));
        for (a, b) in compiled.iter().zip(&interpreted) {
            assert_eq!(a.to_array().unwrap(), b.to_array().unwrap(), "{dtype}");
        }
    }
}

#[test]
fn what_fails_is_an_error_with_its_line() {
    let x = Tensor::from([1.0f32, 2.0]);
    let failing = |x: &Tensor| -> Result<Tensor, String> {
        match x.sum().item::<f32>().map_err(|e| e.to_string())? {
            3.0 => Err("three is too much".to_owned()),
            4.0 => panic!("and so is {}", 4),
            _ => Ok(x.sum()),
        }
    };
    let f = jit(move |x: &Tensor| pure_callback(failing, x.ty(), x) + 1.0).compile(&x).unwrap();
    let error = |x: [f32; 2]| {
        let error = f.call(&Tensor::from(x)).unwrap_err();
        assert!(matches!(error, Error::Run(RunError::Callback { .. })), "{error}");
        error.to_string()
    };
    for (x, reason) in [
        ([1.0, 2.0], "three is too much"),
        ([2.0, 2.0], "it panicked: and so is 4"),
        ([2.0, 3.0], "it returned `result` of type [f32], and [2, f32] was announced"),
    ] {
        let error = error(x);
        assert!(error.starts_with("`pure_callback` at tests/rune/callbacks.rs:"), "{error}");
        assert!(error.ends_with(&format!(" failed: {reason}")), "{error}");
    }
    // After an error, everything works as before.
    let log = Log::default();
    let note = recorder(&log);
    let steps = move |x: &Tensor| {
        let check = |x: &Tensor| if x.item::<f32>().unwrap() < 3.0 { Ok(()) } else { Err("enough") };
        scan(|(), x: &Tensor| (io_callback(check, (), &note(x)), ()), &(), x);
        x.clone()
    };
    let f = jit(steps).compile(&x).unwrap();
    for _ in 0..2 {
        let error = f.call(&Tensor::from([1.0f32, 5.0])).unwrap_err().to_string();
        assert!(
            error.contains("`io_callback` at tests/rune/callbacks.rs:") && error.ends_with("failed: enough"),
            "{error}"
        );
        assert_eq!(take_log(&log), [1.0, 5.0]);
        f.call(&x).unwrap();
        assert_eq!(take_log(&log), [1.0, 2.0]);
    }
}

/// A callback may keep its arguments, although compiled code lends the memory. It may also return arrays that something
/// else holds.
#[test]
fn arguments_may_be_kept_and_results_shared() {
    let kept: Arc<Mutex<Vec<Tensor>>> = Arc::default();
    let table = Tensor::from([7.0f32, 8.0]).realize().unwrap().clone();
    let (to, shared) = (kept.clone(), table.clone());
    let f = jit(move |x: &Tensor| {
        let (to, shared) = (to.clone(), shared.clone());
        let keep = move |x: &Tensor| {
            to.lock().unwrap().push(x.clone());
            shared.clone()
        };
        let y = io_callback(keep, x.ty(), &(x + 1.0));
        y.at(0).set(x.sum()) // an update in place of the returned array
    });
    for i in 0..3 {
        let x = Tensor::from([i as f32, 2.0]);
        assert_eq!(f(&x).to_vec::<f32>().unwrap(), [i as f32 + 2.0, 8.0]);
    }
    let kept: Vec<f32> = kept.lock().unwrap().iter().map(|x| x.i(0).item::<f32>().unwrap()).collect();
    assert_eq!(kept, [1.0, 2.0, 3.0]);
    assert_eq!(table.to_vec::<f32>().unwrap(), [7.0, 8.0]);
}

/// Returns a callback that runs compiled code, which calls back too.
#[test]
fn compiled_code_is_called_from_within() {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = calls.clone();
    let counted = move |x: &Tensor| {
        count.fetch_add(1, Ordering::Relaxed);
        x + 1.0
    };
    let inner = Arc::new(jit(move |x: &Tensor| pure_callback(counted.clone(), x.ty(), x) * 2.0));
    let outer = jit(move |x: &Tensor| {
        let inner = inner.clone();
        pure_callback(move |x: &Tensor| inner(&inner(x)), x.ty(), x) * 10.0
    });
    for _ in 0..2 {
        assert_eq!(outer(&Tensor::scalar(1.0f32)).item::<f32>().unwrap(), 100.0);
    }
    assert_eq!(calls.load(Ordering::Relaxed), 4);
    std::thread::scope(|scope| {
        for i in 0..4 {
            let outer = &outer;
            scope.spawn(move || {
                for _ in 0..20 {
                    assert_eq!(outer(&Tensor::scalar(i as f32)).item::<f32>().unwrap(), 40.0 * i as f32 + 60.0);
                }
            });
        }
    });
}

#[test]
fn programs_with_callbacks_are_for_this_process() {
    let x = Tensor::scalar(1.0f32);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.vmfb");
    let program = make_program(times(2.0), &x).unwrap();
    let saved = Precompiled::new(&program, &CompileOptions::default()).unwrap().save(&path).unwrap_err();
    for error in [jit(times(2.0)).compile(&x).unwrap().save(&path).unwrap_err(), saved] {
        let text = error.to_string();
        assert!(matches!(error, Error::Callback { .. }), "{text}");
        assert!(text.contains("the program calls `times`, at tests/rune/callbacks.rs:"), "{text}");
    }
    assert!(!path.exists());
    // A module that does not run in this process cannot make the call.
    let error = rune_lower::lower(&program, &rune_lower::LowerOptions::default()).unwrap_err().to_string();
    assert!(error.contains("callbacks.rs:") && error.contains("`pure_callback` cannot be compiled for cpu"), "{error}");
    assert!(error.contains("it calls a function of the process that traced the program"), "{error}");
    // Modules for a GPU cannot be saved either, because they also call this process.
    let options = CompileOptions::for_target(Target::cuda("sm_80").unwrap());
    let error = Precompiled::new(&program, &options).unwrap().save(&path).unwrap_err();
    assert!(matches!(error, Error::Callback { .. }) && error.to_string().contains("callbacks.rs:"), "{error}");
    assert!(!path.exists());
    assert!(rune::stablehlo::export(&program).unwrap_err().to_string().contains("`pure_callback` cannot be compiled"));
}

/// Large expressions that are read outside compiled functions are compiled too, and closures are not kept alive.
#[test]
fn eager_programs_call_and_keep_nothing() {
    let held = Arc::new(());
    for size in [4usize, 700] {
        let inside = held.clone();
        let f = move |x: &Tensor| {
            let _held = &inside;
            x * 2.0
        };
        let x = Tensor::ones([size, size], DType::F32);
        let y = pure_callback(f, x.ty(), &x.matmul(&x)).matmul(&x);
        assert_eq!(y.i((0, 0)).item::<f32>().unwrap(), 2.0 * (size * size) as f32);
        drop(y);
        assert_eq!(Arc::strong_count(&held), 1, "{size}");
    }
    let ty = Type::scalar(DType::F32);
    let (zero, x) = (|_: &()| Tensor::scalar(0.0f32), Tensor::scalar(1.0f32));
    assert_eq!(jit(move |x: &Tensor| x + pure_callback(zero, &ty, &()))(&x).item::<f32>().unwrap(), 1.0);
}
