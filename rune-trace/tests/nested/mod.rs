//! Derivatives inside derivatives, with captures. `scripts/vectors nested` writes the modules. JAX computes the
//! expected numbers in f64.

#![allow(unused_parens, clippy::redundant_clone, clippy::excessive_precision, reason = "written by a script")]

mod order_1;
mod order_2;
mod order_3;

use rune_trace::Tensor;

fn weights() -> Tensor {
    Tensor::from_slice([3], &[0.5f64, -1.0, 2.0])
}

fn scalar() -> Tensor {
    Tensor::scalar(0.7f64)
}

fn vector() -> Tensor {
    Tensor::from_slice([3], &[0.7f64, -0.4, 1.1])
}

/// Rounding in another order moves a sum by some times the precision of its greatest terms; sixth derivatives have
/// hundreds of terms, which cancel by two digits or three. A rule that is wrong is wrong in the first digit.
#[track_caller]
fn check(found: Tensor, expected: &[f64]) {
    let found = found.to_vec::<f64>().expect("a derivative can be computed");
    assert_eq!(found.len(), expected.len());
    let greatest = expected.iter().fold(1.0f64, |m, y| m.max(y.abs()));
    for (x, y) in found.iter().zip(expected) {
        assert!((x - y).abs() <= 1e-11 * greatest, "{found:?} should be {expected:?}");
    }
}
