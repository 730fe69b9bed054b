//! The array functions against NumPy, SciPy and JAX: vectors that `scripts/make-array-vectors` wrote.

#![allow(clippy::wildcard_enum_match_arm, reason = "of JSON, what is not expected is a wrong vector")]

mod case;
mod functions;
mod gradients;
mod messages;
mod origins;
mod random;

#[test]
fn functions_give_what_numpy_gives() {
    case::check(include_str!("../data/array_fns.jsonl"), functions::apply);
}

#[test]
fn random_numbers_are_those_of_jax() {
    case::check(include_str!("../data/random.jsonl"), random::apply);
}
