//! Tests of special functions and distributions on the host engine.

use super::batch::{self, Code};
use super::engine;
use rune::{DType, Device, Precompiled, Tensor, Tier, grad, jit, random};
use rune_testing::array_fns::{case, special};
use rune_testing::{check_near_interpreter, special_program};
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

/// Seeds of compositions that IREE once refused: two loops that start from one constant, and constants of `c128`.
const REFUSED_ONCE: [u64; 5] = [9, 19, 29, 34, 37];

/// Compositions of special functions, Fourier transforms and linear algebra, also transformed, compiled by IREE.
/// `RUNE_PROGRAMS` sets their number, and `RUNE_SEED` the first seed.
#[test]
fn compositions_are_compiled_as_near_as_their_arguments() {
    let env = |name: &str, default| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default);
    let (start, count): (u64, u64) = (env("RUNE_SEED", 0), env("RUNE_PROGRAMS", 6));
    let failures = (start..start + count).chain(REFUSED_ONCE).filter_map(|seed| {
        let (program, inputs) = special_program(seed);
        let compiled = Precompiled::new(&program.simplify(), &engine::compile_options());
        let loaded = compiled.and_then(|compiled| compiled.load_on(&Device::Iree(engine::device())));
        let found = loaded.map_err(|e| e.to_string()).and_then(|code| batch::call(&Code::Whole(code), &inputs));
        let near = found.and_then(|found| check_near_interpreter(&program, &inputs, &found));
        near.err().map(|why| format!("seed {seed}: {why}"))
    });
    let failures: Vec<String> = failures.collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
