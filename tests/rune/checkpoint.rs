//! Tests of compiled checkpointed functions: recomputed values are not merged with the original ones, and memory is
//! saved.

use crate::engine::{is_on_cpu, jit};
use rune::checkpoint_policies as policies;
use rune::ir::op::CheckpointPolicy;
use rune::prelude::*;
use std::process::Command;

const LAYERS: usize = 6;

type Layers = Vec<(Tensor, Tensor)>;

/// Returns x + tanh(x · up) · down. The product with `up` is sixteen times as wide as x.
fn layer(x: &Tensor, (up, down): &(Tensor, Tensor)) -> Tensor {
    x + x.matmul(up).tanh().matmul(down)
}

/// Returns the gradient of several layers with respect to their parameters. With a policy, each layer is checkpointed.
fn gradient(policy: Option<CheckpointPolicy>) -> impl Fn(&Layers, &Tensor) -> Layers + Send + Sync {
    let one = move |x: &Tensor, w: &(Tensor, Tensor)| match policy.clone() {
        Some(policy) => checkpoint_with(policy, layer)(x, w),
        None => layer(x, w),
    };
    move |layers, x| {
        grad(|layers: &Layers| {
            let y = layers.iter().fold(x.clone(), |x, w| one(&x, w));
            (&y * &y).sum()
        })(layers)
    }
}

fn arguments() -> (Layers, Tensor) {
    let numbers = |seed: usize, shape: [usize; 2]| {
        let number = |i| ((i * 7919 + seed * 104_729) % 10_007) as f32 / 10_007.0 * 0.2 - 0.1;
        Tensor::from_slice(shape, &(0..shape[0] * shape[1]).map(number).collect::<Vec<_>>())
    };
    let layers = (0..LAYERS).map(|i| (numbers(2 * i, [64, 1024]), numbers(2 * i + 1, [1024, 64]))).collect();
    (layers, numbers(99, [256, 64]))
}

fn lowered(policy: Option<CheckpointPolicy>) -> rune::Lowered<Layers> {
    let (layers, x) = arguments();
    jit(gradient(policy)).lower((&layers, &x)).unwrap()
}

/// The variable with the policy that the parent test requests.
const POLICY: &str = "RUNE_TEST_POLICY";

#[test]
#[ignore = "run by `memory_is_saved`, in processes of its own"]
fn peak_under_one_policy() {
    let policy = match std::env::var(POLICY).unwrap().as_str() {
        "plain" => None,
        "everything" => Some(policies::everything_saveable()),
        "nothing" => Some(policies::nothing_saveable()),
        other => panic!("{other}"),
    };
    let (layers, x) = arguments();
    let gradient = jit(gradient(policy));
    drop(gradient(&layers, &x));
    println!("peak {}", rune_iree::Device::open("cpu").unwrap().memory().peak);
}

#[test]
fn memory_is_saved() {
    let peak = |policy: &str| -> f64 {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "checkpoint::peak_under_one_policy", "--include-ignored", "--nocapture"]);
        let output = command.env(POLICY, policy).env("RUNE_DEVICE", "cpu").output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let peak = text.lines().find_map(|line| line.strip_prefix("peak ")).unwrap_or_else(|| panic!("{output:?}"));
        peak.parse().unwrap()
    };
    let (plain, everything, nothing) = (peak("plain"), peak("everything"), peak("nothing"));
    println!("{plain} bytes, {everything} with everything kept, {nothing} with nothing kept");
    assert_eq!(plain, everything);
    // The gradients themselves take the same memory in both.
    let results = (LAYERS * 2 * 64 * 1024 * 4) as f64;
    assert!(2.0 * (nothing - results) < plain - results, "{plain} bytes, and {nothing}");
}

#[test]
fn what_is_computed_again_is_in_the_code() {
    // Code for other devices has barriers of its own.
    if !is_on_cpu() {
        return;
    }
    let count = |policy: Option<CheckpointPolicy>, name: &str| lowered(policy).code().matches(name).count();
    // The layers are equal, and share their functions.
    assert_eq!(count(None, "stablehlo.tanh"), LAYERS);
    assert_eq!(count(None, "stablehlo.optimization_barrier"), 0);
    assert_eq!(count(Some(policies::everything_saveable()), "stablehlo.tanh"), LAYERS);
    assert_eq!(count(Some(policies::everything_saveable()), "stablehlo.optimization_barrier"), 0);
    assert_eq!(count(Some(policies::nothing_saveable()), "stablehlo.optimization_barrier"), LAYERS);
    // The functions are the forward and the backward pass, and the backward pass of the first layer, whose input has no
    // gradient.
    assert_eq!(count(Some(policies::nothing_saveable()), "stablehlo.tanh"), 3);
}

#[test]
fn numbers_are_the_same_compiled() {
    let (layers, x) = arguments();
    let plain = jit(gradient(None))(&layers, &x);
    for policy in [policies::nothing_saveable(), policies::dots_saveable(), policies::everything_saveable()] {
        let checkpointed = jit(gradient(Some(policy)))(&layers, &x);
        for (a, b) in plain.leaves().iter().zip(checkpointed.leaves()) {
            let (a, b) = (a.to_vec::<f32>().unwrap(), b.to_vec::<f32>().unwrap());
            let largest = a.iter().fold(0f32, |m, x| m.max(x.abs()));
            assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() <= 1e-5 * largest));
        }
    }
}
