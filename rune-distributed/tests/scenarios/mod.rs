//! Scenarios that every rank of a run executes. Each panics on a rank with a wrong result.

#![allow(dead_code, reason = "not every test binary runs every scenario")]

pub mod collectives;
pub mod control;
pub mod training;

use rune::Array;
use rune::prelude::*;
use rune_testing::tolerance::Tolerance;

/// Returns a message if two arrays differ by more than rounding.
pub fn difference(found: &Tensor, expected: &Tensor) -> Option<String> {
    let arrays = |x: &Tensor| -> Array { x.to_array().unwrap() };
    Tolerance::Around1(64.0).check(&arrays(found), &arrays(expected)).err()
}

/// Returns the bytes of a tensor.
pub fn bits(x: &Tensor) -> Vec<u8> {
    x.to_array().unwrap().bytes().to_vec()
}

/// Returns the leaves of a tree as bytes.
pub fn all_bits<T: Tree>(tree: &T) -> Vec<Vec<u8>> {
    tree.leaves().iter().map(bits).collect()
}
