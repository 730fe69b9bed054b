//! NumPy's and SciPy's functions against JAX: values, derivatives, programs and batches.

use rune_testing::array_fns::case::{self, Line};
use rune_testing::array_fns::numpy::{apply, apply_to};
use rune_trace::{DType, Tensor, interpret, make_program, vjp, vmap};
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};

const NUMPY: &str = include_str!("../data/numpy.jsonl");

#[test]
fn numpys_functions_give_what_jax_gives() {
    case::check(NUMPY, apply);
}

/// Returns every case with its line of JSON.
fn lines() -> impl Iterator<Item = (Line, Value)> {
    case::cases(NUMPY).zip(NUMPY.lines().map(|line| serde_json::from_str(line).unwrap()))
}

/// Runs `check` on all cases, and reports all failures and panics together.
fn collect(check: impl Fn(&Line, &Value) -> Option<Result<(), String>>, least: usize) {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for (line, json) in lines() {
        match catch_unwind(AssertUnwindSafe(|| check(&line, &json))) {
            Ok(None) => {}
            Ok(Some(Ok(()))) => count += 1,
            Ok(Some(Err(error))) => wrong.push(format!("{}: {error}", line.label)),
            Err(payload) => {
                let text = payload.downcast_ref::<String>().cloned().unwrap_or_default();
                wrong.push(format!("{}: panics with: {text}", line.label));
            }
        }
    }
    let shown = wrong.len().min(40);
    assert!(wrong.is_empty(), "{} cases are wrong, and {count} right:\n{}", wrong.len(), wrong[..shown].join("\n"));
    assert!(count > least, "only {count} cases");
}

/// Returns whether the size of the result depends on values.
fn open(line: &Line) -> bool {
    let args = &line.case.args;
    match line.case.function.as_str() {
        "nonzero" | "argwhere" | "flatnonzero" | "extract" | "unique" | "unique_all" | "bincount"
        | "bincount_weighted" => args.is_null(),
        "compress" | "set" | "segment" => args[1].is_null(),
        _ => false,
    }
}

/// Returns the tolerance for derivatives, which lose slightly more precision than values.
fn derivative_tolerance(tol: &Value) -> Value {
    Value::from(tol.as_f64().unwrap_or(0.0).max(1e-6) * 4.0)
}

#[test]
fn numpys_functions_have_the_derivatives_of_jax() {
    collect(
        |line, json| {
            let grads = json["grads"].as_array()?;
            let case = &line.case;
            let floats: Vec<Tensor> = case.inputs.iter().filter(|x| x.dtype().is_float()).cloned().collect();
            let f = |given: &Vec<Tensor>| {
                let mut given = given.iter();
                let inputs: Vec<Tensor> = case
                    .inputs
                    .iter()
                    .map(|x| if x.dtype().is_float() { given.next().unwrap().clone() } else { x.clone() })
                    .collect();
                let results = apply_to(&case.function, &case.args, &inputs);
                results.into_iter().filter(|y| y.dtype().is_float()).collect::<Vec<_>>()
            };
            let (y, back) = vjp(f, &floats);
            let cts: Vec<Tensor> = y
                .iter()
                .map(|y| (Tensor::iota([y.size()], 0, DType::F64) + 1.0).cos().cast(y.dtype()).reshape(y.shape()))
                .collect();
            let found = back(&cts);
            let expected = grads.iter().filter(|g| !g.is_null()).map(case::array);
            for (found, expected) in found.iter().zip(expected) {
                if let Err(error) = case::compare(found, &expected, &derivative_tolerance(&line.tol)) {
                    return Some(Err(error));
                }
            }
            Some(Ok(()))
        },
        300,
    );
}

#[test]
fn numpys_functions_give_the_same_in_a_program() {
    collect(
        |line, _| {
            if open(line) {
                return None;
            }
            let case = &line.case;
            let f = |inputs: &Vec<Tensor>| apply_to(&case.function, &case.args, inputs);
            let program = make_program(f, &case.inputs).unwrap();
            let arrays: Vec<_> = case.inputs.iter().map(|x| x.to_array().unwrap()).collect();
            let results = interpret::interpret(&program, &arrays).unwrap();
            let expected = line.right.as_ref().unwrap();
            for (found, expected) in results.into_iter().zip(expected) {
                if let Err(error) = case::compare(&found.into(), expected, &line.tol) {
                    return Some(Err(error));
                }
            }
            Some(Ok(()))
        },
        800,
    );
}

#[test]
fn numpys_functions_give_the_same_on_batches() {
    collect(
        |line, _| {
            let case = &line.case;
            if open(line) || case.inputs.is_empty() {
                return None;
            }
            // The second batch element has the same elements in reverse order, except where they must increase.
            let ordered = ["interp", "grid", "digitize", "histogram_edges", "trapezoid_at"];
            let keep = ordered.contains(&case.function.as_str());
            let other = |x: &Tensor| if keep { x.clone() } else { x.flip(..) };
            let f = |inputs: &Vec<Tensor>| apply_to(&case.function, &case.args, inputs);
            let others: Vec<Tensor> = case.inputs.iter().map(other).collect();
            let batch: Vec<Tensor> = case.inputs.iter().zip(&others).map(|(x, y)| Tensor::stack(&[x, y], 0)).collect();
            let found = vmap(f)(&batch);
            for (i, inputs) in [&case.inputs, &others].into_iter().enumerate() {
                for (found, expected) in found.iter().zip(f(inputs)) {
                    let expected = expected.to_array().unwrap();
                    if let Err(error) = case::compare(&found.i(i), &expected, &derivative_tolerance(&line.tol)) {
                        return Some(Err(format!("example {i}: {error}")));
                    }
                }
            }
            Some(Ok(()))
        },
        800,
    );
}

#[test]
fn sizes_that_depend_on_values_are_told_inside_of_programs() {
    let x = Tensor::from([0, 1, 2]);
    let Err(payload) = catch_unwind(AssertUnwindSafe(|| make_program(|x: &Tensor| x.flatnonzero(..), &x))) else {
        panic!("no error")
    };
    let text = payload.downcast_ref::<String>().unwrap();
    assert!(text.contains("flatnonzero: the size of the result depends on the values"), "{text}");
    assert!(text.contains("give the size, as in `flatnonzero(5)`"), "{text}");
}
