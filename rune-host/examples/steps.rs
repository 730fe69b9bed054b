//! Measures steps other than kernels, and compares them with the interpreter: `cargo run --release -p rune-host
//! --example steps [PART OF A NAME]`.

use rune_host::Plan;
use rune_ir::interpret::interpret;
use rune_trace::{Array, DType, PoolOptions, Tensor, make_program, random};
use std::time::Instant;

/// Returns the shortest time of several calls, in µs.
fn least(times: usize, f: impl Fn()) -> f64 {
    let once = || {
        let start = Instant::now();
        f();
        start.elapsed().as_secs_f64() * 1e6
    };
    (0..times).map(|_| once()).fold(f64::INFINITY, f64::min)
}

fn time(name: &str, f: impl Fn(&Vec<Tensor>) -> Vec<Tensor> + Send + Sync, inputs: &[Array]) {
    if std::env::args().nth(1).is_some_and(|part| !name.contains(part.as_str())) {
        return;
    }
    let tensors: Vec<Tensor> = inputs.iter().map(|x| Tensor::from_value(x.clone())).collect();
    let program = make_program(f, &tensors).unwrap().simplify();
    let plan = Plan::new(&program);
    let native = if plan.is_native() { "" } else { ", in part by the interpreter" };
    let host = least(30, || drop(plan.run(inputs.to_vec()).unwrap()));
    let reference = least(3, || drop(interpret(&program, inputs).unwrap()));
    println!("{name:22} {host:10.1} µs, interpreter {reference:10.1} µs{native}");
}

fn main() {
    let floats = |shape: &[usize]| Array::from_fn(shape, |i| (i * 7919 % 10007) as f32 * 0.001 - 5.0);
    let every_seventh = |n: usize, below: usize| Array::from_fn([n], |i| (i * 7 % below) as i32);
    time("gather rows", |x| vec![x[0].take(&x[1], 0)], &[floats(&[50000, 256]), every_seventh(4096, 50000)]);
    time("gather elements", |x| vec![x[0].take(&x[1], 0)], &[floats(&[1 << 20]), every_seventh(1 << 18, 1 << 20)]);
    time(
        "scatter add",
        |x| vec![x[0].at(&x[1]).add(&x[2])],
        &[floats(&[50000, 64]), every_seventh(4096, 50000), floats(&[4096, 64])],
    );
    time("concatenate", |x| vec![Tensor::concat(&[&x[0], &x[1]], 1)], &[floats(&[512, 512]), floats(&[512, 512])]);
    time("sort 4096", |x| vec![x[0].sort(0)], &[floats(&[4096])]);
    time("sort 1M", |x| vec![x[0].sort(0)], &[floats(&[1 << 20])]);
    time("argsort 1M", |x| vec![x[0].argsort(0)], &[floats(&[1 << 20])]);
    time("argmax rows", |x| vec![x[0].argmax_axis(1)], &[floats(&[1024, 1024])]);
    time("argmax columns", |x| vec![x[0].argmax_axis(0)], &[floats(&[1024, 1024])]);
    time("cumsum rows", |x| vec![x[0].cumsum(-1)], &[floats(&[256, 1024])]);
    time("top 8 of 50000", |x| vec![x[0].top_k(8).0], &[floats(&[16, 50000])]);
    time("max pool", |x| vec![x[0].max_pool(2, &PoolOptions::new())], &[floats(&[32, 32, 28, 28])]);
    time(
        "quotients",
        |x| vec![&x[0] / &x[1]],
        &[every_seventh(1 << 20, 1 << 20), Array::from_fn([1 << 20], |i| i as i32 % 97 + 1)],
    );
    let key = random::key(0).to_array().unwrap();
    time("normal 1M", |x| vec![random::normal(&x[0], [1 << 20], DType::F32)], &[key]);
}
