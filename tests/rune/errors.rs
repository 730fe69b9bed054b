//! Tests of error messages and their places in the user's source.

use crate::engine::jit;
use rune::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

/// Returns the panic message of `f`, and the place that it names.
pub(super) fn panic_of(f: impl FnOnce()) -> (String, String) {
    static HOOK: Mutex<()> = Mutex::new(());
    let _one_at_a_time = HOOK.lock().unwrap_or_else(|e| e.into_inner());
    let place = std::sync::Arc::new(Mutex::new(String::new()));
    let (seen, thread) = (place.clone(), std::thread::current().id());
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() == thread {
            *seen.lock().unwrap() = info.location().map(ToString::to_string).unwrap_or_default();
        }
    }));
    let result = catch_unwind(AssertUnwindSafe(f));
    std::panic::set_hook(before);
    let payload = result.expect_err("it should panic");
    let message = payload.downcast_ref::<String>().cloned();
    let message = message.or_else(|| payload.downcast_ref::<&str>().map(|s| (*s).to_owned())).unwrap_or_default();
    let place = place.lock().unwrap().clone();
    (message, place)
}

pub(super) fn contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

#[test]
fn shapes_that_do_not_broadcast() {
    let (x, y) = (Tensor::zeros([2, 3], DType::F32), Tensor::zeros([4], DType::F32));
    let line = line!() + 1;
    let (message, place) = panic_of(|| drop(&x + &y));
    contains(&message, &["add", "[2, 3", "[4", "broadcast"]);
    contains(&place, &["errors.rs", &format!(":{line}:")]);
}

#[test]
fn wrong_dtype() {
    let (x, y) = (Tensor::zeros([2], DType::F32), Tensor::zeros([2], DType::I32));
    let line = line!() + 1;
    let (message, place) = panic_of(|| drop(&x * &y));
    contains(&message, &["mul", "f32", "i32", "cast"]);
    contains(&place, &["errors.rs", &format!(":{line}:")]);
}

#[test]
fn gradient_of_what_is_no_scalar() {
    let line = line!() + 1;
    let (message, place) = panic_of(|| drop(grad(|x: &Tensor| x * 2.0)(&Tensor::from([1.0f32, 2.0]))));
    contains(&message, &["grad at", &format!("errors.rs:{line}:"), "[2, f32]", "scalar", ".sum()"]);
    contains(&place, &["errors.rs", &format!(":{line}:")]);
}

#[test]
fn gradient_by_an_integer() {
    let f = |x: &(Tensor, Vec<Tensor>)| x.0.sum();
    let x = (Tensor::from([1.0f32]), vec![Tensor::from([1i32])]);
    let (message, _) = panic_of(|| drop(grad(f)(&x)));
    contains(
        &message,
        &["arguments[0][1][0]", "[1, i32]", "only floats and complex numbers have derivatives", ".cast("],
    );
}

#[test]
fn item_under_jit() {
    let f = |x: &Tensor| if x.item::<f32>().unwrap() > 0.0 { x.clone() } else { -x };
    let (message, _) = panic_of(|| drop(jit(f)(&Tensor::scalar(1.0f32))));
    contains(&message, &["jit", "cond", "while_loop", "scan", "select"]);
    // Inside a gradient, tensors can be read, so nothing fails.
    assert_eq!(grad(f)(&Tensor::scalar(-1.0f32)).item::<f32>().unwrap(), -1.0);
}

/// Errors of compiling or running are reported in the function passed to `jit`.
#[test]
fn failures_under_jit_are_at_the_users_line() {
    let x = Tensor::from([1.0f32, 2.0]);
    let fails = |x: &Tensor| pure_callback(|_: &Tensor| -> Result<Tensor, String> { Err("no".to_owned()) }, x.ty(), x);
    let line = line!() - 1;
    let (message, place) = panic_of(|| drop(jit(fails)(&x)));
    contains(&message, &["no"]);
    contains(&place, &["errors.rs", &format!(":{line}:")]);
    let unread = Tensor::from([f32::NAN]);
    let line = line!() + 1;
    let (_, place) = panic_of(|| drop(jit(|x: &Tensor| x + &Tensor::from([1]))(&unread)));
    contains(&place, &["errors.rs", &format!(":{line}:")]);
}

/// The operations of a nested jitted function have its lines, and the call has the line of `jit`.
#[test]
fn calls_of_jitted_functions_have_a_line() {
    let line = line!() + 1;
    let f = jit(|x: &Tensor| x * x);
    let g = |x: &Tensor| f(x).sin();
    let program = make_program(g, &Tensor::scalar(1.0f32)).unwrap();
    let locs: Vec<String> = program.instructions().iter().map(|i| i.origin.loc.as_ref().unwrap().to_string()).collect();
    contains(&locs[0], &["errors.rs", &format!(":{line}:")]);
    contains(&locs[1], &["errors.rs", &format!(":{}:", line + 1)]);
}

#[test]
fn another_shape_through_compiled() {
    let compiled = jit(|x: &Tensor| x + 1.0).compile(&Tensor::from([1.0f32, 2.0])).unwrap();
    let error = compiled.call(&Tensor::from([1.0f32])).expect_err("it should fail").to_string();
    contains(&error, &["[2, f32]", "[1, f32]", "tensor 0", "jit"]);
    let error = compiled.call((&Tensor::from([1.0f32]), &Tensor::from([1.0f32]))).expect_err("it should fail");
    contains(&error.to_string(), &["[2, f32]", "[1, f32], [1, f32]"]);
}

#[test]
fn unknown_device() {
    let error = rune::set_default_device("tpu").unwrap_err().to_string();
    contains(&error, &["tpu", "reference", "cpu", "local-task", "cuda", "metal"]);
}

#[test]
fn reading_as_another_type() {
    let x = Tensor::from([1.0f32, 2.0]);
    contains(&x.item::<f32>().unwrap_err().to_string(), &["[2, f32]", "to_vec"]);
    contains(&x.to_vec::<i32>().unwrap_err().to_string(), &["[2, f32]", "i32", "cast"]);
}

#[test]
fn a_tensor_that_is_not_known_yet_is_named_by_its_own_type() {
    let reads = |x: &Tensor| {
        let greatest = x.max();
        if greatest.item::<f32>().unwrap() > 0.0 { x.clone() } else { -x }
    };
    let (message, _) = panic_of(|| drop(jit(reads)(&Tensor::zeros([3, 4], DType::F32))));
    contains(&message, &["a tensor of type [f32] was read", "`jit` is tracing", "`cond`"]);
}

#[test]
fn branches_that_return_other_types_are_named() {
    let x = Tensor::zeros([3, 4], DType::F32);
    let (message, _) = panic_of(|| drop(cond(&x.sum().gt(0.0), || x.clone(), || x.sum())));
    contains(&message, &["`on_true` returns another tree than `on_false`", "of type [3, 4, f32] instead of [f32]"]);
    let (message, _) = panic_of(|| drop(switch(&Tensor::from(1), &[&|| x.sum(), &|| x.sum(), &|| x.clone()])));
    contains(&message, &["`branch_2` returns another tree than `branch_0`"]);
}

#[test]
fn positions_are_not_taken_for_sizes() {
    let (message, _) = panic_of(|| drop(Tensor::arange(0..6, DType::I32).split([1, 3], 0)));
    contains(&message, &["the sizes [1, 3] do not add up to axis 0", "not positions as in NumPy"]);
}
