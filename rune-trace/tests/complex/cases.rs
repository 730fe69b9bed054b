//! Cases that `scripts/oracle/complex_cases.py` writes: functions, with JAX's values, derivatives and batches.

use rune_testing::coverage::{self, Engine};
use rune_trace::{
    Array, Complex64, DType, Element, Program, Shape, Tensor, grad, jvp, make_program, vjp, vmap, with_element,
};
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub fn array(json: &Value) -> Array {
    let dtype: DType = json[0].as_str().unwrap().parse().unwrap();
    let shape: Shape = json[1].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
    let numbers: Vec<f64> = json[2].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    with_element!(dtype, T => match dtype.is_complex() {
        true => Array::from_fn(shape, |i| T::from_complex(Complex64::new(numbers[2 * i], numbers[2 * i + 1]))),
        false => Array::from_fn(shape, |i| T::from_f64(numbers[i])),
    })
}

fn tensors(json: &Value) -> Vec<Tensor> {
    json.as_array().unwrap().iter().map(|x| array(x).into()).collect()
}

/// Returns the difference between two arrays, if it is more than rounding.
fn difference(what: &str, found: &Tensor, expected: &Value, of: f64) -> Option<String> {
    let (found, expected) = (found.to_array().unwrap(), array(expected));
    if found.ty() != expected.ty() {
        return Some(format!("{what} is of type {} for {}", found.ty(), expected.ty()));
    }
    let (xs, ys) = (found.to_complex_vec(), expected.to_complex_vec());
    let greatest = ys.iter().map(|y| y.norm()).fold(1.0, f64::max);
    let differs = |i: &usize| {
        let apart = (xs[*i] - ys[*i]).norm();
        apart.is_nan() || apart > of * greatest
    };
    let at = (0..xs.len()).find(differs)?;
    Some(format!("{what}: element {at} is {} for {}", xs[at], ys[at]))
}

fn all(what: &str, found: &[Tensor], expected: &Value, of: f64) -> Option<String> {
    found.iter().zip(expected.as_array().unwrap()).find_map(|(x, y)| difference(what, x, y, of))
}

/// Returns the real function of the result whose gradient is compared.
fn real_function(y: &Tensor) -> Tensor {
    (y.real().square() + y.real() * y.imag() * 3.0 + y.imag()).sum()
}

/// Returns the program of a function if its operations are counted, unless the function reads its arguments.
fn recorded_program(f: impl Fn(&Vec<Tensor>) -> Tensor + Send + Sync, x: &Vec<Tensor>) -> Option<Program> {
    let program = || catch_unwind(AssertUnwindSafe(|| make_program(f, x))).ok()?.ok();
    coverage::is_recorded().then(program)?
}

/// Returns the number of compared values, derivatives and batches, and those that differ by more than the `tolerance`
/// of the function.
pub fn check(
    lines: &str,
    tolerance: impl Fn(&str) -> f64,
    apply: impl Fn(&str, &Value, &[Tensor]) -> Tensor + Send + Sync,
) -> usize {
    let mut failures = Vec::new();
    let mut checked = 0;
    for line in lines.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let (name, args) = (case["fn"].as_str().unwrap(), &case["args"]);
        let of = tolerance(name);
        let f = |xs: &Vec<Tensor>| apply(name, args, xs);
        let x = tensors(&case["in"]);
        let program = recorded_program(f, &x);
        let mut note = |transform: &'static str, found: Option<String>| {
            checked += 1;
            if let Some(program) = &program {
                coverage::count_complex(program, Engine::Interpreter, transform, found.is_none());
            }
            failures.extend(found.map(|what| format!("{name} {args}: {what}")));
        };
        note("none", difference("value", &f(&x), &case["value"], of));
        if case["jvp"].is_null() {
            continue;
        }
        let tangents = tensors(&case["tangents"]);
        let (_, tangent) = jvp(f, &x, &tangents);
        note("jvp", difference("jvp", &tangent, &case["jvp"], of));
        let ct: Tensor = array(&case["ct"]).into();
        let pull = |x: &Vec<Tensor>| vjp(f, x).1(&ct);
        note("vjp", all("vjp", &pull(&x), &case["vjp"], of));
        if case["grad"].is_null() {
            continue;
        }
        let gradient = grad(|x: &Vec<Tensor>| real_function(&f(x)));
        note("vjp", all("grad", &gradient(&x), &case["grad"], of));
        let (_, second) = jvp(&gradient, &x, &tangents);
        note("jvp_grad", all("hvp", &second, &case["hvp"], 10.0 * of));
        let batch = tensors(&case["batch"]);
        note("vmap", difference("vmap", &vmap(f)(&batch), &case["vmap"], of));
        note("vmap_grad", all("vmap of vjp", &vmap(pull)(&batch), &case["vmap_vjp"], of));
    }
    coverage::write(&[]);
    let count = failures.len();
    assert!(failures.is_empty(), "{count} of {checked} failed:\n{}", failures.join("\n"));
    checked
}
