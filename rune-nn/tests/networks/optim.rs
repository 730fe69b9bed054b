//! Optimisers, schedules and losses against Optax.

use crate::vectors::{argument, lines, near, numbers, shape};
use rune_nn::nn;
use rune_nn::optim::{
    self, Adafactor, Adagrad, Adam, AdamW, GradientTransformation, Lamb, Lion, Mask, RAdam, RmsProp, ScaleByAdam,
    ScaleByFactoredRms, ScaleByRms, Schedule, Sgd,
};
use rune_trace::{DType, Tensor, Tree, grad};
use serde_json::Value;
use std::collections::BTreeSet;

const VECTORS: &str = include_str!("../data/optim.jsonl");

#[derive(Tree, Clone)]
struct Params {
    w: Tensor,
    b: Tensor,
}

fn params(dtype: DType) -> Params {
    Params { w: argument(0, &[4, 3]), b: argument(1, &[3]) }.map(&mut |x| x.cast(dtype))
}

fn gradient(step: usize, p: &Params) -> Params {
    let draw = |seed, like: &Tensor| argument(seed, like.shape()).cast(like.dtype());
    Params { w: draw(2 + 2 * step, &p.w) + &p.w * 0.3, b: draw(3 + 2 * step, &p.b) - &p.b * 0.2 }
}

/// Returns the parameters after each step.
fn run(optimizer: impl GradientTransformation, steps: usize, dtype: DType) -> Vec<Vec<f64>> {
    let mut p = params(dtype);
    let mut state = optimizer.init(&p);
    let mut after = Vec::new();
    for step in 0..steps {
        let (updates, next) = optimizer.update(&gradient(step, &p), &state, &p);
        p = optim::apply_updates(&p, &updates);
        state = next;
        Tensor::realize_all(&[p.leaves(), state.leaves()].concat()).unwrap();
        after.push(p.leaves().iter().flat_map(|x| x.cast(DType::F64).to_vec::<f64>().unwrap()).collect());
    }
    after
}

fn optimized(name: &str, steps: usize, dtype: DType) -> Vec<Vec<f64>> {
    let cosine = || optim::cosine_decay_schedule(0.1, 10, 0.1);
    macro_rules! run {
        ($optimizer:expr) => {
            run($optimizer, steps, dtype)
        };
    }
    match name {
        "sgd" => run!(optim::sgd(0.1)),
        "sgd_momentum" => run!(Sgd { momentum: Some(0.9), ..optim::sgd(0.1) }),
        "sgd_nesterov" => run!(Sgd { momentum: Some(0.9), nesterov: true, ..optim::sgd(cosine()) }),
        "adam" => run!(optim::adam(0.1)),
        "adam_settings" => run!(Adam { b1: 0.8, b2: 0.95, eps: 1e-4, eps_root: 1e-5, ..optim::adam(cosine()) }),
        "nadam" => run!(optim::nadam(0.1)),
        "adamw" => run!(AdamW { weight_decay: 0.1, ..optim::adamw(0.1) }),
        "adamw_masked" => {
            run!(AdamW { b2: 0.95, weight_decay: 0.1, mask: Mask::matrices(), ..optim::adamw(cosine()) })
        }
        "adagrad" => run!(optim::adagrad(0.1)),
        "adagrad_from_zero" => {
            run!(Adagrad { initial_accumulator_value: 0.0, eps: 1e-3, ..optim::adagrad(cosine()) })
        }
        "rmsprop" => run!(optim::rmsprop(0.1)),
        "rmsprop_momentum" => {
            let scale = ScaleByRms { decay: 0.8, eps_in_sqrt: false, initial_scale: 0.5, ..ScaleByRms::default() };
            run!(RmsProp { scale, momentum: Some(0.9), nesterov: true, ..optim::rmsprop(cosine()) })
        }
        "rmsprop_centered" => {
            let scale = ScaleByRms { centered: true, eps: 1e-2, bias_correction: true, ..ScaleByRms::default() };
            run!(RmsProp { scale, momentum: Some(0.5), ..optim::rmsprop(0.01) })
        }
        "adamax" => run!(optim::adamax(0.1)),
        "radam" => run!(RAdam { b2: 0.9, ..optim::radam(0.1) }),
        "radam_long" => run!(optim::radam(0.1)),
        "lamb" => run!(Lamb { weight_decay: 0.1, mask: Mask::matrices(), ..optim::lamb(0.1) }),
        "lion" => run!(Lion { weight_decay: 0.1, ..optim::lion(0.01) }),
        "adafactor" => {
            let usual = optim::adafactor(0.1);
            run!(Adafactor { scale: ScaleByFactoredRms { min_dim_size_to_factor: 2, ..usual.scale }, ..usual })
        }
        "adafactor_whole" => {
            let usual = optim::adafactor(cosine());
            run!(Adafactor {
                scale: ScaleByFactoredRms { factored: false, ..usual.scale },
                momentum: Some(0.9),
                weight_decay_rate: Some(0.01),
                clipping_threshold: None,
                multiply_by_parameter_scale: false,
                ..usual
            })
        }
        "ema" => run!((optim::ema(0.7), optim::sgd(0.1))),
        "multi_steps" => run!(optim::multi_steps(optim::adam(0.1), 3)),
        "masked" => run!((
            optim::masked(optim::clip_by_global_norm(0.5), Mask::matrices()),
            optim::masked(ScaleByAdam::default(), Mask::matrices()),
            optim::sgd(0.1)
        )),
        "clip_by_block_rms" => run!((optim::clip_by_block_rms(0.5), optim::sgd(0.1))),
        "scale_by_schedule" => run!((optim::scale_by_schedule(cosine()), optim::scale(-2.0))),
        "add_decayed_weights" => run!((optim::add_decayed_weights(0.2), optim::sgd(0.1))),
        "clip" => run!((optim::clip(0.5), optim::sgd(0.1))),
        "clip_by_global_norm" => run!((optim::clip_by_global_norm(1.5), optim::sgd(0.1))),
        "clip_by_large_norm" => run!((optim::clip_by_global_norm(4.0), optim::sgd(0.1))),
        _ => panic!("the optimiser {name} is not known here"),
    }
}

fn schedule(name: &str) -> Schedule {
    match name {
        "constant" => optim::constant_schedule(0.3),
        "linear" => optim::linear_schedule(0.1, 1.0, 10),
        "polynomial" => optim::polynomial_schedule(1.0, 0.1, 2.5, 20),
        "polynomial_delayed" => optim::polynomial_schedule(1.0, 0.1, 2.5, 20).delayed(5),
        "exponential" => optim::exponential_decay(0.5, 10, 0.9),
        "exponential_staircase" => optim::exponential_decay(0.5, 5, 0.7).stepwise(5).delayed(3).at_least(0.01),
        "cosine" => optim::cosine_decay_schedule(0.5, 20, 0.1),
        "warmup_cosine" => optim::warmup_cosine_decay_schedule(0.01, 1.0, 8, 50, 0.1),
        "piecewise_constant" => optim::piecewise_constant_schedule(1.0, &[(5, 0.5), (20, 0.1)]),
        "join" => {
            optim::join_schedules([optim::linear_schedule(0.0, 1.0, 5), optim::exponential_decay(1.0, 10, 0.5)], &[5])
        }
        _ => panic!("the schedule {name} is not known here"),
    }
}

fn loss(name: &str, x: &Tensor, y: &Tensor) -> Tensor {
    match name {
        "softmax_cross_entropy" => nn::softmax_cross_entropy(x, y),
        "softmax_cross_entropy_with_integer_labels" => {
            nn::softmax_cross_entropy_with_integer_labels(x, &y.cast(DType::I32))
        }
        "sigmoid_binary_cross_entropy" => nn::sigmoid_binary_cross_entropy(x, y),
        "sigmoid_focal_loss" => nn::sigmoid_focal_loss(x, y, 1.5),
        "hinge_loss" => nn::hinge_loss(x, y),
        "squared_error" => nn::squared_error(x, y),
        "l2_loss" => nn::l2_loss(x, y),
        "mse" => nn::mse(x, y),
        "huber_loss" => nn::huber_loss(x, y, 0.7),
        "log_cosh" => nn::log_cosh(x, y),
        "cosine_similarity" => nn::cosine_similarity(x, y, 1e-3),
        "cosine_distance" => nn::cosine_distance(x, y, 0.0),
        "kl_divergence" => nn::kl_divergence(x, y),
        "smooth_labels" => nn::smooth_labels(x, 0.3),
        _ => panic!("the loss {name} is not known here"),
    }
}

fn cases(kind: &str) -> Vec<(String, Value)> {
    let cases: Vec<_> =
        lines(VECTORS).into_iter().filter_map(|line| Some((line[kind].as_str()?.to_owned(), line))).collect();
    assert_eq!(cases.iter().map(|(name, _)| name).collect::<BTreeSet<_>>().len(), cases.len());
    cases
}

#[test]
fn optimisers_are_those_of_optax() {
    let cases = cases("optimizer");
    assert!(cases.len() >= 29, "{} optimisers", cases.len());
    for (name, case) in cases {
        let expected: Vec<Vec<f64>> = case["out"].as_array().unwrap().iter().map(numbers).collect();
        // Optax computes the decay of Adafactor in f32, and adds up the gradients of `multi_steps` in f32.
        let in_f32_there = name.starts_with("adafactor") || name == "multi_steps";
        let tolerance = if in_f32_there { 1e-6 } else { 1e-12 };
        let found = optimized(&name, expected.len(), DType::F64);
        for (step, (found, expected)) in found.iter().zip(&expected).enumerate() {
            near(&format!("{name} after step {}", step + 1), found, expected, tolerance);
        }
        let found = optimized(&name, expected.len(), DType::F32);
        for (step, (found, expected)) in found.iter().zip(&expected).enumerate() {
            near(&format!("{name} in f32 after step {}", step + 1), found, expected, in_f32(&name));
        }
    }
}

/// Returns the tolerance for f32 after about a dozen steps. Each step rounds about a dozen times, and the rounded
/// values are near 1.
fn in_f32(name: &str) -> f64 {
    match name {
        // The variance is a difference of squares near 4, and `eps` is 1e-2.
        "rmsprop_centered" => 1e-4,
        // The length of the average is the difference of 1999 and a number close to it.
        "radam_long" => 1e-4,
        _ => 2e-6,
    }
}

#[test]
fn schedules_are_those_of_optax() {
    let cases = cases("schedule");
    assert!(cases.len() >= 10, "{} schedules", cases.len());
    for (name, case) in cases {
        let schedule = schedule(&name);
        let at = |count: &f64| schedule.at(&Tensor::scalar(*count)).item::<f64>().unwrap();
        let found: Vec<f64> = numbers(&case["counts"]).iter().map(at).collect();
        near(&name, &found, &numbers(&case["out"]), 1e-14);
    }
}

#[test]
fn losses_are_those_of_optax() {
    let cases = cases("loss");
    assert!(cases.len() >= 14, "{} losses", cases.len());
    for (name, case) in cases {
        let x = Tensor::from_vec(shape(&case["shape"]), numbers(&case["x"]));
        let y = Tensor::from_vec(shape(&case["y_shape"]), numbers(&case["y"]));
        near(&name, &loss(&name, &x, &y).to_vec().unwrap(), &numbers(&case["out"]), 1e-14);
        let gradient = grad(|x: &Tensor| loss(&name, x, &y).sum())(&x);
        near(&format!("the gradient of {name}"), &gradient.to_vec().unwrap(), &numbers(&case["gradient"]), 1e-14);
    }
}
