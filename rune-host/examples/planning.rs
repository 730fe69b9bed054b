//! Measures the time of planning per instruction: `cargo run --release -p rune-host --example planning`.

use rune_host::Plan;
use rune_trace::{DType, Program, Tensor, make_program, value_and_grad};
use std::time::Instant;

fn time(name: &str, program: &Program) {
    let once = || {
        let start = Instant::now();
        let plan = Plan::new(program);
        let took = start.elapsed().as_secs_f64() * 1e6;
        drop(plan);
        took
    };
    let least = (0..50).map(|_| once()).fold(f64::INFINITY, f64::min);
    let instructions = program.instructions().len();
    println!("{name:20} {least:8.1} µs, {:.2} µs for each of {instructions} instructions", least / instructions as f64);
}

fn main() {
    let x = Tensor::zeros([128, 64], DType::F32);
    let chain = |x: &Tensor| (0..200).fold(x.clone(), |y, _| (y * 0.5 + 1.0).sin());
    time("chain", &make_program(chain, &x).unwrap().simplify());
    let softmax = |x: &Tensor| x.softmax(-1);
    time("softmax", &make_program(softmax, &x).unwrap().simplify());
    let weights: Vec<Tensor> = (0..8).map(|_| Tensor::zeros([64, 64], DType::F32)).collect();
    let loss = |w: &Vec<Tensor>, x: &Tensor| {
        w.iter().fold(x.clone(), |x, w| x.matmul(w).standardize(-1, 1e-5).tanh()).square().mean()
    };
    let step = move |w: &Vec<Tensor>, x: &Tensor| {
        let (loss, gradient) = value_and_grad(loss)(w, x);
        (loss, w.iter().zip(&gradient).map(|(w, g)| w - g * 0.1).collect::<Vec<_>>())
    };
    time("training step", &make_program(step, (&weights, &x)).unwrap().simplify());
}
