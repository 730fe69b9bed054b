//! Tests of special functions and distributions on the host engine.

use rune::{DType, Tensor, Tier, grad, jit, random};
use rune_testing::array_fns::{case, special};
use serde_json::Value;

/// Asserts that numbers are equal up to a few roundings. The engine fuses operations, and has its own exponential and
/// logarithm.
fn assert_near(what: &str, found: &Tensor, expected: &Tensor) {
    let roundings = if expected.dtype() == DType::F64 { 4e-13 } else { 2e-4 };
    let (found, expected) = (found.to_array().unwrap().to_f64_vec(), expected.to_array().unwrap().to_f64_vec());
    for (a, b) in found.into_iter().zip(expected) {
        let close = a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= roundings * b.abs().max(1.0);
        assert!(close, "{what}: {a} and {b}");
    }
}

#[test]
fn special_functions_are_compiled_by_the_host_engine() {
    let text = include_str!("../../rune-trace/tests/data/special.jsonl");
    let mut count = 0;
    for line in text.lines() {
        let json: Value = serde_json::from_str(line).unwrap();
        if json["kind"] != "value" || json["out"][0][0] != "f64" {
            continue;
        }
        let name = json["fn"].as_str().unwrap().to_owned();
        let inputs: Vec<Tensor> = json["in"].as_array().unwrap().iter().map(|x| Tensor::from(case::array(x))).collect();
        let compiled = jit(|inputs: &Vec<Tensor>| special::apply(&name, inputs)).tier(Tier::Host);
        assert_near(&name, &compiled(&inputs), &special::apply(&name, &inputs));
        count += 1;
    }
    assert!(count > 40, "{count}");
}

#[test]
fn random_numbers_and_their_derivatives_are_compiled_by_the_host_engine() {
    let key = random::key(3);
    let a = Tensor::from([0.3f32, 1.0, 4.0, 50.0]);
    let draw = |a: &Tensor| random::gamma(&key, a, [4], DType::F32);
    assert_near("gamma", &jit(draw).tier(Tier::Host)(&a), &draw(&a));
    let slope = grad(|a: &Tensor| draw(a).sum());
    assert_near("its derivative", &jit(&slope).tier(Tier::Host)(&a), &slope(&a));
    let counts = |a: &Tensor| random::poisson(&key, a, [4], DType::I32).cast(DType::F32);
    assert_near("poisson", &jit(counts).tier(Tier::Host)(&a), &counts(&a));
}
