//! The array functions against NumPy, SciPy and JAX, and Jacobians against JAX: vectors that `scripts/make-array-vectors` and
//! `scripts/make-jacobians` wrote.

#![allow(clippy::wildcard_enum_match_arm, reason = "of JSON, what is not expected is a wrong vector")]

mod case;
mod functions;
mod gradients;
mod jacobians;
mod linalg;
mod messages;
mod origins;
mod random;
#[allow(dead_code, reason = "shared with other tests")]
#[path = "../../../tests/support/tolerance.rs"]
mod tolerance;

#[test]
fn functions_give_what_numpy_gives() {
    case::check(include_str!("../data/array_fns.jsonl"), functions::apply);
}

#[test]
fn random_numbers_are_those_of_jax() {
    case::check(include_str!("../data/random.jsonl"), random::apply);
}

#[test]
fn jacobians_are_those_of_jax() {
    case::check(include_str!("../data/jacobians.jsonl"), jacobians::apply);
}
