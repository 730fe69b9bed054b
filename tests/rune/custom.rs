//! Tests of functions with custom derivative rules under `jit`.

use crate::engine::jit;
use rune::prelude::*;
use rune_testing::custom::{F, check, transformed};

#[test]
fn compiled_derivatives_are_those_that_the_rules_give() {
    let vectors = include_str!("../../rune-trace/tests/data/custom.jsonl");
    // Compiled functions inside transformations.
    let inside = |f: &F<'_>, all: &[&str]| {
        let compiled = |x: &Tensor, y: &Tensor| jit(f)(x, y);
        all.iter().map(|what| transformed(what, &compiled)).collect()
    };
    let count = check(vectors, inside);
    assert!(count >= 120, "{count}");
    // Transformations inside a compiled function.
    let outside = |f: &F<'_>, all: &[&str]| {
        let all = |_: &Tensor| all.iter().map(|what| transformed(what, f)).collect::<Vec<_>>();
        jit(all)(&Tensor::scalar(0.0f64))
    };
    assert_eq!(check(vectors, outside), count);
}
