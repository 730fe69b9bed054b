//! Functions with derivatives of their own, under `jit`.

use crate::support::custom::{F, check, transformed};
use rune::prelude::*;

/// The function is compiled within its transformations, and once with them around it.
#[test]
fn compiled_derivatives_are_those_that_the_rules_give() {
    let vectors = include_str!("../../rune-trace/tests/data/custom.jsonl");
    let inside = |f: &F, what: &str| {
        let compiled: F = Box::new(|x, y| jit(f)(x, y));
        transformed(what, &compiled)
    };
    let count = check(vectors, inside);
    assert!(count >= 70, "{count}");
    let outside = |f: &F, what: &str| jit(|_: &Tensor| transformed(what, f))(&Tensor::scalar(0.0f64));
    assert_eq!(check(vectors, outside), count);
}
