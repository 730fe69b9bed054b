//! Tests that the numbers in the examples and documents are correct.

#[allow(dead_code)]
#[path = "../../examples/getting_started.rs"]
mod getting_started;
#[allow(dead_code)]
#[path = "../../examples/maml.rs"]
mod maml;
#[allow(dead_code)]
#[path = "../../examples/newton.rs"]
mod newton;
#[allow(dead_code)]
#[path = "../../examples/per_example_gradients.rs"]
mod per_example_gradients;
#[allow(dead_code)]
#[path = "../../examples/slope_tutorial.rs"]
mod slope_tutorial;

use crate::engine::jit;
use rune::ProgramExt;
use rune::ir::interpret::interpret;
use rune::{Array, Program, prelude::*, random};
use rune_examples::{curve, digits, mlp};
use std::process::Command;

fn assert_near(x: f32, expected: f32) {
    assert!((x - expected).abs() <= 1e-4 * expected.abs().max(1.0), "{x} and {expected}");
}

fn assert_decreasing(losses: &[f32]) {
    assert!(losses.is_sorted_by(|a, b| a > b), "{losses:?}");
}

#[test]
fn quickstart() {
    let f = |x: &Tensor| x * x + x.sin();
    let cubic = |x: &Tensor| x * x * x + x * x;
    let x = Tensor::scalar(2.0f32);
    assert_near(f(&x).item().unwrap(), 4.9093);
    assert_near(grad(f)(&x).item().unwrap(), 3.5839);
    assert_near(grad(grad(grad(cubic)))(&x).item().unwrap(), 6.0);
    assert_near(jit(f)(&x).item().unwrap(), 4.9093);
    assert_near(jit(grad(f))(&x).item().unwrap(), 3.5839);
    assert_near(jit(grad(grad(grad(cubic))))(&x).item().unwrap(), 6.0);
}

#[test]
fn the_program_and_code_of_slopes_square() {
    let (program, code) = slope_tutorial::square().unwrap();
    insta::assert_snapshot!(program, @r"
    def f(x0): # [1, f32] -> [1, f32]
        y0 = rune.mul(x0, x0) # ([1, f32], [1, f32]) -> [1, f32]
        return y0
    ");
    insta::assert_snapshot!(code, @r#"
    module {
      func.func @main(%x0: tensor<1xf32>) -> tensor<1xf32> {
        %0 = "stablehlo.multiply"(%x0, %x0) : (tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>
        return %0 : tensor<1xf32>
      }
    }
    "#);
}

#[test]
fn slopes_tutorial() {
    let y = slope_tutorial::tensors().unwrap();
    assert_eq!(y.to_vec::<f32>().unwrap(), [31.0, 37.0, 43.0, 31.0, 37.0, 43.0]);
    let losses = slope_tutorial::regression().unwrap();
    assert_eq!(losses.len(), 10);
    assert_decreasing(&losses);
}

#[test]
fn getting_started_with_gradients() {
    let [y, slope] = getting_started::first_gradient().unwrap();
    assert_near(y, 4.9093);
    assert_near(slope, 3.5839);
    let [curvature, slope] = getting_started::composition().unwrap();
    assert_near(curvature, 2.0 - 2.0f32.sin());
    assert_near(slope, 3.5839);
    assert_near(getting_started::higher_order().unwrap(), 6.0);
}

#[test]
fn getting_started_by_several_inputs() {
    assert_eq!(getting_started::several_inputs().unwrap(), [6.0, 8.0, 6.0, 8.0]);
}

#[test]
fn getting_started_with_training() {
    let [w, b] = getting_started::training_step().unwrap();
    assert!((w - 3.0).abs() < 0.01 && (b + 0.5).abs() < 0.01, "w = {w}, b = {b}");
    assert_decreasing(&getting_started::neural_network().unwrap());
}

#[test]
fn getting_started_with_compilation() {
    let ([sum, twice], programs) = getting_started::compilation().unwrap();
    assert!(sum > 0.0 && (twice - 2.0 * sum).abs() < 1e-3 * sum, "{sum} and {twice}");
    assert_eq!(programs, 1);
}

#[test]
fn gradients_of_each_example_at_once() {
    let (mlp, xs, ys) = per_example_gradients::problem(16);
    let gradients = per_example_gradients::all_at_once(&mlp, &xs, &ys);
    let one_by_one = per_example_gradients::in_a_loop(&mlp, &xs, &ys);
    let numbers = |x: &Tensor| x.to_vec::<f32>().unwrap();
    for (i, one) in one_by_one.iter().enumerate() {
        for (all, one) in gradients.leaves().iter().zip(one.leaves()) {
            numbers(&all.i(i)).iter().zip(numbers(&one)).for_each(|(&x, y)| assert_near(x, y));
        }
    }
    // The lengths, and the mean of the gradients clipped to 0.5, are computed from the loop's gradients.
    let (mean, lengths) = per_example_gradients::clipped_mean(&gradients, 0.5);
    let by_hand: Vec<f32> =
        one_by_one.iter().map(|g| g.leaves().iter().flat_map(numbers).map(|x| x * x).sum::<f32>().sqrt()).collect();
    numbers(&lengths).iter().zip(&by_hand).for_each(|(&x, &y)| assert_near(x, y));
    assert!(by_hand.iter().any(|l| *l > 0.5) && by_hand.iter().any(|l| *l < 0.5), "{by_hand:?}");
    let clipped = |(g, length): (f32, &f32)| g * (0.5 / length).min(1.0);
    let last = one_by_one.iter().map(|g| numbers(&g.leaves()[3])[0]).zip(&by_hand).map(clipped).sum::<f32>() / 16.0;
    assert_near(numbers(&mean.leaves()[3])[0], last);
}

#[test]
fn newton_steps_by_conjugate_gradients() {
    let data = newton::Data::new(200, 10);
    let zero = Tensor::zeros([10], DType::F64);
    let (by_hand, products) = newton::step(&zero, &data).unwrap();
    // Up to rounding, ten unknowns need ten products.
    assert!((8..=13).contains(&products), "{products}");
    // The result equals the step with a Hessian.
    let down = &zero - &by_hand;
    let h = hessian(|w: &Tensor| newton::loss(w, &data))(&zero);
    let gradient = grad(newton::loss)(&zero, &data);
    assert!((h.matmul(&down) - &gradient).abs().max().item::<f64>().unwrap() < 1e-9);
    let step = jit(newton::compiled_step);
    let (mut weights, counted) = step(&zero, &data);
    assert!((&weights - by_hand).abs().max().item::<f64>().unwrap() < 1e-9);
    assert!((counted.item::<i32>().unwrap() - products as i32).abs() <= 1);
    for _ in 0..6 {
        weights = step(&weights, &data).0;
    }
    assert!(newton::slope(&zero, &data).unwrap() > 0.1);
    assert!(newton::slope(&weights, &data).unwrap() < 1e-12);
}

#[test]
fn learning_to_learn_as_in_jax() {
    let (losses, first) = maml::meta_train(5).unwrap();
    // These are the numbers that `scripts/maml-in-jax` prints.
    let expected =
        [0.36118921869352316, 0.36098990307321455, 0.3607943931686304, 0.3606025353594724, 0.36041418262357683];
    for (found, expected) in losses.iter().zip(expected).chain([(&first, 0.10007153887020376)]) {
        assert!((found - expected).abs() < 1e-12, "{losses:?} {first}");
    }
}

#[test]
fn auxiliary_results_come_along() {
    let f = |x: &Tensor| ((x * x).sum(), (x + 1.0, x.exp()));
    let x = Tensor::from([1.0f32, 2.0]);
    let (dx, (next, _)) = grad_aux(f)(&x);
    assert_eq!(dx.to_vec::<f32>().unwrap(), [2.0, 4.0]);
    assert_eq!(next.to_vec::<f32>().unwrap(), [2.0, 3.0]);
    let ((y, (next, _)), dx) = jit(value_and_grad_aux(f))(&x);
    assert_eq!(y.item::<f32>().unwrap(), 5.0);
    assert_eq!(next.to_vec::<f32>().unwrap(), [2.0, 3.0]);
    assert_eq!(dx.to_vec::<f32>().unwrap(), [2.0, 4.0]);
}

#[test]
fn programs_are_differentiated() {
    let f = |x: &Tensor, y: &Tensor| x * y + x.sin();
    let program = make_program(f, (&Tensor::scalar(0.0f32), &Tensor::scalar(0.0f32))).unwrap();
    let run = |program: &Program, inputs: &[f32]| -> Vec<f32> {
        let inputs: Vec<Array> = inputs.iter().map(|&x| Array::from_slice([], &[x])).collect();
        interpret(program, &inputs).unwrap().iter().map(|y| y.as_slice::<f32>()[0]).collect()
    };
    let (value, by_x, by_y) = (6.0 + 2.0f32.sin(), 3.0 + 2.0f32.cos(), 2.0);
    let check = |found: Vec<f32>, expected: &[f32]| {
        assert_eq!(found.len(), expected.len());
        found.iter().zip(expected).for_each(|(&x, &y)| assert_near(x, y));
    };
    // The inputs are followed by the tangents, or by the cotangent.
    check(run(&program.jvp(&[0, 1]).unwrap(), &[2.0, 3.0, 1.0, 10.0]), &[value, by_x + 10.0 * by_y]);
    check(run(&program.vjp(&[0, 1]).unwrap(), &[2.0, 3.0, 4.0]), &[value, 4.0 * by_x, 4.0 * by_y]);
    check(run(&program.grad(&[1], true).unwrap(), &[2.0, 3.0]), &[value, by_y]);
    assert!(program.grad(&[2], true).is_err());
}

#[test]
fn a_network_learns_to_tell_digits() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/fetch-digits");
    assert!(Command::new(script).status().unwrap().success(), "{script} failed");
    let [splitting, training] = random::split_into(&random::key(0));
    let digits = digits::Digits::load(&splitting).unwrap();
    assert_eq!((digits.images.len(), digits.held_out.len()), (1438, 359));
    let (mlp, losses) = digits.train(&training).unwrap();
    assert!(losses[0] > 10.0 * losses[losses.len() - 1], "{losses:?}");
    let accuracy = mlp::accuracy(&mlp, &digits.held_out).unwrap();
    assert!(accuracy >= 0.97, "{accuracy}");
}

#[test]
fn a_curve_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/curve.png");
    curve::draw(&path, "Losses", &[2.0, 0.5, 0.1]).unwrap();
    assert!(std::fs::read(&path).unwrap().starts_with(b"\x89PNG"));
    let error = curve::draw(&path, "Losses", &[2.0, f64::NAN]).unwrap_err();
    assert!(error.to_string().contains("not a positive number"), "{error}");
}

/// Compiles a function. The next test runs this test with `LOG_JIT=1`.
#[test]
fn a_function_named_thrice_is_compiled() {
    fn thrice(x: &Tensor) -> Tensor {
        x * 3.0
    }
    assert_eq!(jit(thrice)(&Tensor::scalar(2.0f32)).item::<f32>().unwrap(), 6.0);
}

#[test]
fn log_jit_shows_what_is_compiled() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "shown::a_function_named_thrice_is_compiled", "--nocapture"])
        .env("LOG_JIT", "1")
        .env("RUNE_TEST_TIER", "iree")
        .output()
        .unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    for part in [
        "---- thrice codegen: (first call)",
        "def thrice(x0): # [f32] -> [f32]",
        "\"stablehlo.multiply\"",
        "===============",
    ] {
        assert!(log.contains(part), "no {part} in:\n{log}");
    }
}
