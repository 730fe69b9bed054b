//! Tests of compiled functions over named axes of `vmap`.

use crate::engine::jit;
use rune::prelude::*;
use rune_testing::named_axes::{cases, function, lanes, weighted};
use rune_testing::tolerance::Tolerance;

fn check(title: &str, found: &Tensor, expected: &rune::Array, failures: &mut Vec<String>) {
    let found = found.to_array().unwrap();
    if let Err(why) = Tolerance::Around1(64.0).check(&found, expected) {
        failures.push(format!("{title}: {why}"));
    }
}

/// `jit` around `vmap`, and `vmap` around `jit`.
#[test]
fn compiled_functions_over_named_axes_give_what_jax_gives() {
    let mut failures = Vec::new();
    let mut count = 0;
    for case in cases().iter().filter(|case| case.inputs[0].dtype() == DType::F32) {
        let mapped = case.of == "vmap of both";
        let (f, both) = function(&case.function);
        let [x, c] = &case.inputs;
        count += 1;
        let outer = jit(lanes(f, both, mapped))(x, c);
        check(&format!("jit of vmap of `{}`", case.function), &outer, &case.outputs[0], &mut failures);
        let inner = lanes(|x: &Tensor, c: &Tensor| jit(f)(x, c), both, mapped)(x, c);
        check(&format!("vmap of jit of `{}`", case.function), &inner, &case.outputs[0], &mut failures);
    }
    for case in cases().iter().filter(|case| case.of == "grad of vmap").step_by(3) {
        let (f, both) = function(&case.function);
        let [x, c] = &case.inputs;
        count += 1;
        let dx = jit(grad(weighted(lanes(f, both, false))))(x, c);
        check(&format!("jit of grad of vmap of `{}`", case.function), &dx, &case.outputs[0], &mut failures);
    }
    println!("{count} functions");
    assert!(failures.is_empty() && count > 80, "{} fail:\n{}", failures.len(), failures.join("\n"));
}

/// A jitted function is traced for its enclosing named axes, whatever it was compiled for before.
#[test]
fn one_jitted_function_under_several_axes() {
    let share = jit(|x: &Tensor| x / psum(x, "i") * axis_size("i") as f32);
    let f = |x: &Tensor| vmap_named("i", |x: &Tensor| share(x))(x).to_vec::<f32>().unwrap();
    assert_eq!(f(&Tensor::from([1.0f32, 3.0])), [0.5, 1.5]);
    assert_eq!(f(&Tensor::from([1.0f32, 1.0, 2.0])), [0.75, 0.75, 1.5]);
    // This also applies to a value that is the same for all batch elements.
    let one = Tensor::scalar(2.0f32);
    let same = vmap_named("i", |x: &Tensor| x * share(&one))(&Tensor::from([1.0f32, 2.0]));
    assert_eq!(same.to_vec::<f32>().unwrap(), [1.0, 2.0]);
    let text = *std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| share(&one)))
        .unwrap_err()
        .downcast::<String>()
        .unwrap();
    assert!(text.starts_with("psum: no enclosing `vmap` has an axis `i`"), "{text}");
}

/// A program over an axis that nothing maps is not compiled.
#[test]
fn a_program_of_one_batch_element_is_not_compiled() {
    let text = "def f(x0): # [f32] -> [f32]\n    y0 = rune.psum(x0, axis={\"name\": \"i\", \"size\": 3}) # [f32] -> [f32] @ a.rs:3:5\n    return y0\n";
    let program: rune::Program = text.parse().unwrap();
    let error = rune_lower::lower(&program, &rune_lower::LowerOptions::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a.rs:3:5: `psum` cannot be compiled for cpu: it is over the axis `i`, but no enclosing `vmap` has an axis of that name; \
         `Program::vmap_named` creates the program of the whole batch"
    );
}
