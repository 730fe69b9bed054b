//! Values and derivatives at ties, kinks, poles and NaN. `scripts/vectors edges` writes the modules; what is expected
//! is JAX's, in f64, unless a comment tells of the difference.

#![allow(clippy::excessive_precision, clippy::approx_constant, reason = "written by a script")]

mod extremes;
mod kinks;
mod order;
mod poles;
mod powers;

use rune_trace::{Tensor, jvp, vjp};

const NAN: f64 = f64::NAN;
const INF: f64 = f64::INFINITY;

/// Checks the value, the cotangents of the arguments for `((i mod 5) + 1) / 2`, and the tangent for `((7 (i + 3k) mod
/// 11) - 5) / 4` of argument `k`.
#[track_caller]
fn check(
    name: &str,
    f: impl Fn(&[Tensor]) -> Tensor + Send + Sync,
    xs: &[&[f64]],
    value: &[f64],
    cotangents: &[&[f64]],
    tangent: &[f64],
) {
    let f = |xs: &Vec<Tensor>| f(xs);
    let xs: Vec<Tensor> = xs.iter().map(|x| Tensor::from_slice([x.len()], x)).collect();
    let element = |k: usize, i: usize| ((7 * (i + 3 * k) % 11) as f64 - 5.0) / 4.0;
    let direction = |(k, x): (usize, &Tensor)| {
        let elements: Vec<f64> = (0..x.size()).map(|i| element(k, i)).collect();
        Tensor::from_slice(x.shape().clone(), &elements)
    };
    let vs: Vec<Tensor> = xs.iter().enumerate().map(direction).collect();
    let (y, pullback) = vjp(f, &xs);
    let w: Vec<f64> = (0..y.size()).map(|i| (i % 5 + 1) as f64 / 2.0).collect();
    let pulled = pullback(&Tensor::from_slice(y.shape().clone(), &w));
    close(&format!("{name}: value"), &y, value);
    assert_eq!(pulled.len(), cotangents.len());
    for (k, (found, expected)) in pulled.iter().zip(cotangents).enumerate() {
        close(&format!("{name}: cotangent {k}"), found, expected);
    }
    close(&format!("{name}: tangent"), &jvp(f, &xs, &vs).1, tangent);
}

#[track_caller]
fn close(what: &str, found: &Tensor, expected: &[f64]) {
    let found = found.to_vec::<f64>().expect("it can be computed");
    assert_eq!(found.len(), expected.len());
    for (x, y) in found.iter().zip(expected) {
        let same = x == y || x.is_nan() && y.is_nan() || (x - y).abs() <= 1e-14 * y.abs().max(1.0);
        assert!(same, "{what}: {found:?} should be {expected:?}");
    }
}
