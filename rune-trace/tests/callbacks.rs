//! User functions that programs call: interpreted, transformed, and misused. `tests/rune/callbacks.rs` tests them in
//! compiled code.

use rune_testing::callbacks;
use rune_trace::ProgramExt;

use rune_trace::interpret::interpret;
use rune_trace::{
    Array, DType, Program, ScanOptions, Tensor, Type, VmapMethod, checkpoint, cond, custom_jvp, custom_vjp, debug_to,
    grad, io_callback, jvp, linearize, make_program, pure_callback, pure_callback_with, scan, scan_with, vjp, vmap,
    while_loop,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

fn scalar(x: f32) -> Tensor {
    Tensor::scalar(x)
}
fn item(x: &Tensor) -> f32 {
    x.item().unwrap()
}

/// Checks that `f` panics with a message that contains these parts.
#[track_caller]
fn panics_with<T>(f: impl FnOnce() -> T, parts: &[&str]) {
    let Err(payload) = catch_unwind(AssertUnwindSafe(f)) else { panic!("it does not panic with: {parts:?}") };
    let message = payload.downcast_ref::<String>().unwrap();
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

/// Returns a callback that doubles its argument, and its number of calls.
fn doubling_callback() -> (impl Fn(&Tensor) -> Tensor + Clone + Send + Sync, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = calls.clone();
    let f = move |x: &Tensor| {
        count.fetch_add(1, Ordering::Relaxed);
        x * 2.0
    };
    (move |x: &Tensor| pure_callback(f.clone(), x.ty(), x), calls)
}

/// Returns a callback that returns its argument and records it, and a function that returns the record.
fn recording_callback() -> (impl Fn(&Tensor) -> Tensor + Clone + Send + Sync, impl Fn() -> Vec<f32>) {
    let log: Arc<Mutex<Vec<f32>>> = Arc::default();
    let to = log.clone();
    let f = move |x: &Tensor| -> Result<Tensor, rune_trace::EvalError> {
        to.lock().unwrap().extend(x.to_vec::<f32>()?);
        Ok(x.clone())
    };
    (move |x: &Tensor| io_callback(f.clone(), x.ty(), x), move || std::mem::take(&mut *log.lock().unwrap()))
}

#[test]
fn callbacks_are_given_what_they_are_in_jax() {
    let vectors = include_str!("data/callbacks.jsonl");
    let both = ["affine", "parts"];
    assert_eq!(callbacks::check(vectors, &both, callbacks::all), 126);
    // The same inside one traced program.
    let traced = |jobs: &[callbacks::Job]| {
        let one = |(what, f): &callbacks::Job| {
            let program = make_program(|_: &Tensor| callbacks::transformed(what, f), &scalar(0.0)).unwrap();
            let outputs = interpret(&program.simplify(), &[Array::scalar(0.0f32)]).unwrap();
            outputs.into_iter().map(Tensor::from).collect()
        };
        jobs.iter().map(one).collect()
    };
    assert_eq!(callbacks::check(vectors, &both, traced), 126);
}

#[test]
fn trees_go_in_and_out() {
    let types = vec![(Type::scalar(DType::F32), [Type::new(DType::I32, [2])])];
    let f = |(x, rest): &(Tensor, Vec<Tensor>), n: &Option<Tensor>| {
        assert!(n.is_none() && rest.len() == 2);
        vec![(x + &rest[0], [rest[1].cast(DType::I32)])]
    };
    let rest = vec![scalar(2.0), Tensor::from([3.0f32, 4.0])];
    let y = pure_callback(f, types, (&(scalar(1.0), rest), &None));
    assert_eq!((item(&y[0].0), y[0].1[0].to_vec::<i32>().unwrap()), (3.0, vec![3, 4]));
    // A tree can also specify the types.
    let like = (scalar(0.0), Tensor::zeros(2, DType::I32));
    let (x, n) = pure_callback(|x: &Tensor| (x.sum(), x.cast(DType::I32)), &like, &Tensor::from([1.5f32, 2.0]));
    assert_eq!((item(&x), n.to_vec::<i32>().unwrap()), (3.5, vec![1, 2]));
}

#[test]
fn pure_ones_are_called_as_seldom_as_possible() {
    let (f, calls) = doubling_callback();
    let called = || calls.swap(0, Ordering::Relaxed);
    let x = scalar(3.0);
    drop(f(&x));
    assert_eq!(called(), 0);
    let y = f(&x);
    assert_eq!((item(&y), item(&y), called()), (6.0, 6.0, 1));
    // Unused callbacks are removed, when a function is traced and in a sub-program.
    let pair = |x: &Tensor| (f(x), f(&x.exp()));
    assert_eq!(make_program(|x: &Tensor| pair(x).0, &x).unwrap().instructions().len(), 1);
    let inner = Arc::new(make_program(pair, &x).unwrap());
    let first = |x: &Tensor| rune_trace::lax::call(&inner, std::slice::from_ref(x)).remove(0);
    let choice = make_program(|x: &Tensor| cond(&x.gt(0.0), || first(x), || first(x)), &x).unwrap().simplify();
    assert_eq!(choice.to_string().matches("pure_callback").count(), 1, "{choice}");
    // Calls of a closure that captures something are all different. Calls of a function that captures nothing are
    // equal.
    let sum = make_program(|x: &Tensor| f(x) + f(x), &x).unwrap().simplify();
    assert_eq!(sum.instructions().len(), 3);
    let thrice = |x: &Tensor| pure_callback(|x: &Tensor| x * 3.0, x.ty(), x);
    let sum = make_program(|x: &Tensor| thrice(x) + thrice(x), &x).unwrap().simplify();
    assert_eq!(sum.instructions().len(), 2, "{sum}");
    let inner = Arc::new(make_program(f.clone(), &x).unwrap());
    let twice = |x: &Tensor| {
        let call = || rune_trace::lax::call(&inner, std::slice::from_ref(x)).remove(0);
        call() + call()
    };
    let program = make_program(twice, &x).unwrap().simplify();
    assert_eq!(interpret(&program, &[Array::scalar(1.0f32)]).unwrap(), [Array::scalar(4.0f32)]);
    assert_eq!(called(), 1, "{program}");
}

#[test]
fn effects_happen_once_and_in_order() {
    let (note, log) = recording_callback();
    // Outside of traced functions, the call happens immediately, and never again.
    let y = note(&scalar(1.0));
    assert_eq!(log(), [1.0]);
    assert_eq!((item(&y), log()), (1.0, vec![]));
    let f = |x: &Tensor| {
        note(&(x + 1.0));
        note(&(x * 2.0)); // its result is not used
        let y = note(&(x + 2.0));
        x * y.stop_gradient()
    };
    let x = scalar(10.0);
    let all = [11.0, 20.0, 12.0];
    let program = make_program(f, &x).unwrap();
    assert_eq!(log(), [0.0; 0]);
    for program in [program.clone(), program.simplify(), program.simplify().simplify()] {
        assert_eq!(interpret(&program, &[Array::scalar(10.0f32)]).unwrap(), [Array::scalar(120.0f32)]);
        assert_eq!(log(), all, "{program}");
    }
    // `x + 2` depends on `x`, so its gradient is stopped before the call.
    let f = |x: &Tensor| {
        note(&(x.stop_gradient() + 1.0));
        let y = note(&x.stop_gradient());
        x * x * y
    };
    let all: [(&str, &dyn Fn() -> f32); 7] = [
        ("grad", &|| item(&grad(f)(&x))),
        ("jvp", &|| item(&jvp(f, &x, &scalar(1.0)).1)),
        ("vjp", &|| item(&vjp(f, &x).1(&scalar(1.0)))),
        ("linearize", &|| item(&linearize(f, &x).1.call(&scalar(1.0)))),
        ("grad of checkpoint", &|| item(&grad(checkpoint(f))(&x))),
        ("grad of cond", &|| item(&grad(|x: &Tensor| cond(&x.gt(0.0), || f(x), || x.clone()))(&x))),
        ("grad of scan", &|| {
            let loss = |x: &Tensor| scan(|(), x: &Tensor| ((), f(x)), &(), &x.unsqueeze(0)).1.sum();
            item(&grad(loss)(&x))
        }),
    ];
    for (what, value) in all {
        assert_eq!((value(), log()), (200.0, vec![11.0, 10.0]), "{what}");
    }
    assert_eq!(item(&grad(grad(f))(&x)), 20.0);
    assert_eq!(log(), [11.0, 10.0]);
    let count = |x: &Tensor| while_loop(|x: &Tensor| x.lt(4.0), |x: &Tensor| note(x) + 1.0, x);
    assert_eq!((item(&count(&scalar(1.0))), log()), (4.0, vec![1.0, 2.0, 3.0]));
    assert_eq!(item(&make_program(count, &x).unwrap().apply(&[scalar(3.0)])[0]), 4.0);
    assert_eq!(log(), [3.0]);
    // In each iteration, the callback returns another result, although its arguments do not depend on the loop.
    let tickets = Arc::new(AtomicUsize::new(1));
    let issued = tickets.clone();
    let next = move |_: &()| scalar(issued.fetch_add(1, Ordering::Relaxed) as f32);
    let sum = |x: &Tensor| {
        let body = |sum: &Tensor, _: &()| (sum + x * x * io_callback(next.clone(), Type::scalar(DType::F32), &()), ());
        scan_with(ScanOptions { length: Some(3), ..ScanOptions::default() }, body, &scalar(0.0), &()).0
    };
    for (what, dx) in [("scan", grad(sum)), ("checkpoint of scan", grad(checkpoint(sum)))] {
        assert_eq!((item(&dx(&scalar(2.0))), tickets.swap(1, Ordering::Relaxed)), (24.0, 4), "{what}");
    }
    // A callback without results, and one whose arguments do not differ between lanes.
    let lanes = Tensor::from([1.0f32, 2.0, 3.0]);
    let (seen, to) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
    let log = seen.clone();
    vmap(move |x: &Tensor| {
        let (log, to) = (log.clone(), to.clone());
        io_callback(move |x: &Tensor| log.lock().unwrap().push(item(x)), (), x);
        let ticket = move |_: &()| Tensor::scalar(to.fetch_add(1, Ordering::Relaxed) as i32);
        let ticket = io_callback(ticket, Type::scalar(DType::I32), &());
        x * ticket.cast(DType::F32)
    })(&lanes);
    assert_eq!(*seen.lock().unwrap(), [1.0, 2.0, 3.0]);
}

#[test]
fn derivatives_are_those_of_the_functions_around() {
    let (f, calls) = doubling_callback();
    let x = scalar(3.0);
    let square = |x: &Tensor| f(x) * x; // 2x²
    panics_with(
        || grad(square)(&x),
        &["`pure_callback` at rune-trace/tests/callbacks.rs:", "has no derivative", "`custom_jvp` or `custom_vjp`"],
    );
    panics_with(|| jvp(square, &x, &x), &["has no derivative"]);
    let program = make_program(square, &x).unwrap();
    for error in [program.jvp(&[0]), program.vjp(&[0]), program.grad(&[0], false)].map(Result::unwrap_err) {
        assert!(error.to_string().contains("has a callback at rune-trace/tests/callbacks.rs:"), "{error}");
    }
    let (note, _) = recording_callback();
    panics_with(|| grad(|x: &Tensor| note(x))(&x), &["`io_callback` at ", "has no derivative"]);
    // Values that are not differentiated need no derivative.
    assert_eq!(item(&grad(|x: &Tensor| x * f(&x.stop_gradient()))(&x)), 6.0);
    let n = Tensor::scalar(2i32);
    let times = |x: &Tensor, n: &Tensor| x * pure_callback(|n: &Tensor| n.cast(DType::F32), x.ty(), n);
    assert_eq!(item(&grad(times)(&x, &n)), 2.0);

    let by_jvp = custom_jvp(&square, |(x,), (dx,)| (square(x), 4.0 * x * dx));
    let by_vjp = custom_vjp(&square, |x: &Tensor| (square(x), x.clone()), |x, ct| 4.0 * x * ct);
    calls.store(0, Ordering::Relaxed);
    assert_eq!((item(&grad(&by_jvp)(&x)), item(&grad(grad(&by_jvp))(&x))), (12.0, 4.0));
    assert_eq!((item(&jvp(&by_jvp, &x, &scalar(1.0)).1), item(&grad(&by_vjp)(&x))), (12.0, 12.0));
    assert_eq!(item(&program_of(grad(&by_vjp)).apply(std::slice::from_ref(&x))[0]), 12.0);
    let lanes = |x: &Tensor| pure_callback_with(VmapMethod::BroadcastAll, |x: &Tensor| x.exp(), x.ty(), x);
    let exp = custom_jvp(lanes, |(x,), (dx,)| (lanes(x), lanes(x) * dx));
    let xs = Tensor::from([0.0f32, 1.0]);
    assert_eq!(vmap(grad(&exp))(&xs).to_vec::<f32>().unwrap(), [1.0, 1.0f32.exp()]);
    assert_eq!(grad(|x: &Tensor| vmap(&exp)(x).sum())(&xs).to_vec::<f32>().unwrap(), [1.0, 1.0f32.exp()]);
}

fn program_of(f: impl Fn(&Tensor) -> Tensor + Send + Sync) -> Program {
    make_program(f, &scalar(0.0)).unwrap()
}

#[test]
fn what_fails_is_told_with_its_line() {
    let x = Tensor::from([1.0f32, 2.0]);
    let fails = |y: &Tensor, parts: &[&str]| {
        let message = y.to_array().unwrap_err().to_string();
        for part in parts.iter().chain(&["`pure_callback` at rune-trace/tests/callbacks.rs:", " failed: "]) {
            assert!(message.contains(part), "`{part}` is not in: {message}");
        }
    };
    let singular = |_: &Tensor| -> Result<Tensor, String> { Err("the matrix is singular".to_owned()) };
    fails(&pure_callback(singular, x.ty(), &x), &["failed: the matrix is singular"]);
    fails(
        &pure_callback(|_: &Tensor| -> Tensor { panic!("out of {}", "luck") }, x.ty(), &x),
        &["it panicked: out of luck"],
    );
    fails(
        &pure_callback(|x: &Tensor| x.sum(), x.ty(), &x),
        &["it returned `result` of type [f32], and [2, f32] was announced"],
    );
    fails(
        &pure_callback(|x: &Tensor| (x.clone(), x.cast(DType::I32)), (x.ty(), x.ty()), &x).0,
        &["it returned `result[1]` of type [2, i32], and [2, f32] was announced"],
    );
    let y = pure_callback(|x: &Tensor| vec![x.clone()], vec![x.ty(), x.ty()], &x);
    fails(&y[0], &["a tree of another structure than announced"]);
    // An unknown value.
    let escaped = Arc::new(Mutex::new(None));
    let to = escaped.clone();
    drop(make_program(move |x: &Tensor| to.lock().unwrap().insert(x.clone()).clone(), &x));
    let unknown = escaped.lock().unwrap().clone().unwrap();
    fails(
        &pure_callback(move |x: &Tensor| x + &unknown, x.ty(), &x),
        &["inside a function that `make_program` is tracing"],
    );

    let io = |_: &Tensor| -> Result<(), &str> { Err("the disk is full") };
    panics_with(
        || io_callback(io, (), &x),
        &["`io_callback` at rune-trace/tests/callbacks.rs:", "failed: the disk is full"],
    );
    // Lanes.
    let plain = |x: &Tensor| pure_callback(|x: &Tensor| x.clone(), x.ty(), x);
    panics_with(
        || vmap(plain)(&x),
        &["`pure_callback` at ", "is batched by `vmap`", "pure_callback_with(VmapMethod::Sequential"],
    );
    assert_eq!(vmap(|y: &Tensor| y + plain(&x).sum())(&x).to_vec::<f32>().unwrap(), [4.0, 5.0]);
    let one = |x: &Tensor| pure_callback_with(VmapMethod::ExpandDims, |_: &Tensor| Tensor::scalar(0.0f32), x.ty(), x);
    fails(&vmap(one)(&x), &["it returned `result` of type [f32], and [2, f32] was announced"]);
    let (note, log) = recording_callback();
    panics_with(
        || vmap(|x: &Tensor| cond(&x.gt(1.0), || note(x), || x.clone()))(&x),
        &["`io_callback` at ", "a branch with a mapped index", "the same for all batch elements"],
    );
    let loops =
        |x: &Tensor| while_loop(|x: &Tensor| x.lt(4.0), |x: &Tensor| note(&x.stop_gradient()) * 0.0 + x * 2.0, x);
    panics_with(|| vmap(loops)(&x), &["`io_callback` at ", "a loop with a mapped condition"]);
    panics_with(|| linearize(loops, &scalar(1.0)), &["`io_callback` at ", "linearization would run twice"]);
    let error = make_program(loops, &scalar(1.0)).unwrap().vjp(&[0]).unwrap_err().to_string();
    assert!(error.contains("has a `while` at ") && error.contains("with an `io_callback`"), "{error}");
    assert_eq!(item(&jvp(loops, &scalar(1.0), &scalar(1.0)).1), 4.0);
    assert_eq!(log(), [1.0, 2.0]);
    // The result is unknown before the call.
    panics_with(
        || grad(|x: &Tensor| if item(&note(&x.stop_gradient())) > 0.0 { x.clone() } else { -x })(&scalar(1.0)),
        &["the result of `io_callback` at ", "was read while the function around it is traced"],
    );
    assert_eq!(log(), [0.0; 0]);
}

#[test]
fn programs_with_callbacks_print_and_are_not_saved() {
    let (f, _) = doubling_callback();
    let program = make_program(|x: &Tensor| cond(&x.gt(0.0), || f(x), || x.clone()), &scalar(1.0)).unwrap();
    let text = program.to_string();
    assert!(
        text.contains(r#"rune.pure_callback(x0, callback="doubling_callback", results=["[f32]"], vmap_method=null)"#),
        "{text}"
    );
    let error = Program::parse(&text).unwrap_err().to_string();
    assert!(
        error.contains(
            "`doubling_callback` is a function of the process that traced the program, and not part of any text"
        ),
        "{error}"
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.json");
    for error in [program.to_json().unwrap_err(), program.save(&path).unwrap_err()] {
        let error = error.to_string();
        assert!(error.contains("calls `doubling_callback`, at rune-trace/tests/callbacks.rs:"), "{error}");
        assert!(error.contains("is a function of this process and cannot be saved"), "{error}");
    }
    assert!(!path.exists());
    assert!(serde_json::to_string(&program).is_err());
    // Two programs that differ only in the function are different.
    let other =
        make_program(|x: &Tensor| cond(&x.gt(0.0), || doubling_callback().0(x), || x.clone()), &scalar(1.0)).unwrap();
    assert_eq!(other.to_string(), text);
    assert_ne!(other.structural_hash(), program.structural_hash());
    let again = program.simplify().simplify();
    assert_eq!((again.callback().unwrap().name(), &again), ("doubling_callback", &program.simplify()));
}

#[test]
fn functions_live_as_long_as_what_calls_them() {
    let counted = Arc::new(());
    let make = || {
        let held = counted.clone();
        let f = move |x: &Tensor| {
            let _held = &held;
            x * 2.0
        };
        let x = scalar(1.0);
        (pure_callback(f, x.ty(), &x), counted.clone()).0
    };
    let y = make();
    assert_eq!(Arc::strong_count(&counted), 2);
    let _ = item(&y);
    assert_eq!(Arc::strong_count(&counted), 1, "a tensor that is known drops its history");
    drop(make());
    assert_eq!(Arc::strong_count(&counted), 1);
}

#[test]
fn nothing_under_way_concerns_them() {
    // Operations of a callback are not part of the function that is being traced while it runs.
    let (note, log) = recording_callback();
    let inside = move |x: &Tensor| {
        note(&(x + 1.0));
        grad(|x: &Tensor| x * x)(x)
    };
    let f = |x: &Tensor| {
        let y = pure_callback(inside.clone(), x.ty(), &x.stop_gradient());
        if item(&y) > 0.0 { x * 2.0 } else { x.clone() }
    };
    assert_eq!((item(&grad(f)(&scalar(1.0))), log()), (2.0, vec![2.0]));
    let f = rune_trace::vmap_named("i", |x: &Tensor| {
        let axes = |x: &Tensor| {
            assert!(rune_trace::named_axes().is_empty());
            x.clone()
        };
        let fixed = pure_callback(axes, Type::scalar(DType::F32), &scalar(1.0));
        x * item(&fixed)
    });
    assert_eq!(f(&Tensor::from([1.0f32, 2.0])).to_vec::<f32>().unwrap(), [1.0, 2.0]);
    // With an observer, callbacks are also called once.
    let (note, log) = recording_callback();
    let mut shown = Vec::new();
    let f = |x: &Tensor| x * note(&x.stop_gradient());
    assert_eq!(item(&debug_to(f, &mut shown)(&scalar(3.0))), 9.0);
    assert_eq!(log(), [3.0]);
    assert_eq!(item(&grad(debug_to(f, &mut shown))(&scalar(3.0))), 3.0);
    assert_eq!(log(), [3.0]);
    assert!(String::from_utf8(shown).unwrap().contains("io_callback("));
}
