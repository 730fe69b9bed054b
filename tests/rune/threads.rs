//! Tests of calls of one compiled function from many threads.

use super::devices::is_separate_process;
use crate::engine::jit;
use rune::TraceContext;
use rune::prelude::*;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Returns the duration of a test. A full run takes ten seconds. It is shortened unless `RUNE_SLOW_TESTS` is set.
fn time() -> Duration {
    Duration::from_millis(if std::env::var_os("RUNE_SLOW_TESTS").is_some() { 10_000 } else { 700 })
}

#[test]
fn eight_threads_call_one_function() {
    let table = Tensor::arange(0.0..64.0, DType::F32);
    let f = jit(|x: &Tensor| (x * x + &table).sum());
    let (stop, calls) = (AtomicBool::new(false), AtomicU64::new(0));
    let expected = |k: usize| -> f32 { (0..64).map(|i| (k * k) as f32 + i as f32).sum() };
    std::thread::scope(|scope| {
        for thread in 0..8usize {
            let (f, stop, calls) = (&f, &stop, &calls);
            scope.spawn(move || {
                let mut k = thread;
                while !stop.load(Ordering::Relaxed) {
                    let x = Tensor::full([64], (k % 16) as f32, DType::F32);
                    assert_eq!(f(&x).item::<f32>().unwrap(), expected(k % 16));
                    calls.fetch_add(1, Ordering::Relaxed);
                    k += 1;
                }
            });
        }
        let start = Instant::now();
        while start.elapsed() < time() {
            std::thread::sleep(Duration::from_millis(20));
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(f.compiled_programs(), 1);
    assert!(calls.load(Ordering::Relaxed) >= 8);
}

/// Returns the message of a panic in another thread.
fn panic_in_thread(f: impl FnOnce() + Send) -> String {
    let payload = std::thread::scope(|scope| scope.spawn(f).join()).expect_err("it should panic");
    payload.downcast_ref::<String>().cloned().unwrap_or_default()
}

/// Returns what two calls of the compiled `f` print.
fn printed(f: impl Fn(&Tensor) -> Tensor + Send + Sync) -> Vec<String> {
    let f = jit(f);
    let call =
        |i: usize| capture_debug(|| assert_eq!(f(&Tensor::scalar(i as f32)).item::<f32>().unwrap(), 2.0 * i as f32));
    (1..3).map(|i| call(i).1).collect()
}

#[test]
fn effects_of_threads_that_a_traced_function_starts_are_part_of_it() {
    let in_thread = |x: &Tensor| {
        debug_print!("before");
        let context = TraceContext::current();
        let doubled = std::thread::scope(|scope| {
            let work = || {
                debug_print!("x is {x}");
                debug_print!("a constant");
                x * 2.0
            };
            scope.spawn(move || context.run(work)).join().unwrap()
        });
        debug_print!("after {doubled}");
        doubled
    };
    let text = |i: usize| format!("before\nx is {i}.0\na constant\nafter {}.0\n", 2 * i);
    assert_eq!(printed(in_thread), [text(1), text(2)]);
    // The output is the same if the function is differentiated, and if threads start threads.
    let (dx, text) = capture_debug(|| grad(in_thread)(&Tensor::scalar(3.0f32)).item::<f32>().unwrap());
    assert_eq!((dx, text.as_str()), (2.0, "before\nx is 3.0\na constant\nafter 6.0\n"));
    let nested = |x: &Tensor| {
        let outer = TraceContext::current();
        let inner = |x: &Tensor| {
            let inner = TraceContext::current();
            std::thread::scope(|scope| _ = scope.spawn(|| inner.run(|| debug_print!("inner {x}"))));
            x * 1.0
        };
        std::thread::scope(|scope| scope.spawn(|| outer.run(|| jit(inner)(x) * 2.0)).join().unwrap())
    };
    assert_eq!(printed(nested), ["inner 1.0\n", "inner 2.0\n"]);
}

#[test]
fn effects_of_threads_are_not_lost_silently() {
    // The thread lacks the function's context, but uses its tensors.
    let messages = std::sync::Mutex::new(Vec::new());
    let without = |x: &Tensor| {
        messages.lock().unwrap().push(panic_in_thread(|| debug_print!("x is {x}")));
        x * 2.0
    };
    jit(without)(&Tensor::scalar(1.0f32));
    grad(without)(&Tensor::scalar(1.0f32));
    let messages = messages.into_inner().unwrap();
    assert_eq!(messages.len(), 2);
    for message in messages {
        assert!(message.contains("that another thread is tracing"), "{message}");
        assert!(message.contains("`debug_print`") && message.contains("TraceContext::current()"), "{message}");
    }
    // The thread uses the context of a function that has returned.
    let context = std::sync::Mutex::new(None);
    jit(|x: &Tensor| {
        *context.lock().unwrap() = Some(TraceContext::current());
        x * 2.0
    })(&Tensor::scalar(1.0f32));
    let context = context.into_inner().unwrap().unwrap();
    context.run(|| ());
    let message = panic_in_thread(|| context.run(|| debug_print!("late")));
    assert!(message.contains("whose trace has ended"), "{message}");
}

#[test]
fn an_effect_at_once_beside_a_trace_is_warned_of() {
    // The warning is printed once per process.
    if !is_separate_process("threads::an_effect_at_once_beside_a_trace_is_warned_of", &[]) {
        return;
    }
    let messages = super::jit::warnings(|| {
        let x = jit(|x: &Tensor| {
            let dispatch = tracing::dispatcher::get_default(Clone::clone);
            std::thread::scope(|scope| {
                scope.spawn(|| tracing::dispatcher::with_default(&dispatch, || debug_print!("a constant")));
            });
            x * 2.0
        })(&Tensor::scalar(1.0f32));
        assert_eq!(x.item::<f32>().unwrap(), 2.0);
    });
    assert!(messages.len() == 1 && messages[0].contains("while another thread traces one"), "{messages:?}");
    assert!(messages[0].contains("`debug_print` at ") && messages[0].contains("threads.rs"), "{messages:?}");
}

#[test]
fn named_axes_and_scopes_are_those_of_the_context() {
    let f = |x: &Tensor| {
        let context = name_scope("outer", TraceContext::current);
        std::thread::scope(|scope| scope.spawn(|| context.run(|| psum(x, "i"))).join().unwrap())
    };
    let x = Tensor::from([1.0f32, 2.0, 4.0]);
    assert_eq!(vmap_named("i", f)(&x).to_vec::<f32>().unwrap(), [7.0; 3]);
    let program = make_program(vmap_named("i", f), &x).unwrap();
    let stacks: Vec<_> = program.instructions().iter().filter_map(|i| i.origin.name_stack()).collect();
    assert!(stacks.iter().any(|stack| stack.contains("outer")), "{stacks:?}");
}
