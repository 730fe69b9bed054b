//! Measures the time of kernels per element: `cargo run --release -p rune-host --example kernels [PART OF A NAME]`.
//! With a name, it also prints the plan.

use rune_host::Plan;
use rune_trace::{Array, Tensor, make_program};
use std::time::Instant;
fn time(name: &str, f: impl Fn(&Tensor) -> Tensor + Send + Sync, shape: [usize; 2]) {
    let wanted = std::env::args().nth(1);
    if wanted.as_ref().is_some_and(|part| !name.contains(part.as_str())) {
        return;
    }
    let x = Array::from_fn(shape, |i| ((i * 7919 % 1000) as f32) * 0.001 - 0.3);
    let program = make_program(f, &Tensor::from_value(x.clone())).unwrap().simplify();
    let plan = Plan::new(&program);
    let mut best = f64::MAX;
    for _ in 0..60 {
        let s = Instant::now();
        let out = plan.run(vec![x.clone()]).unwrap();
        best = best.min(s.elapsed().as_secs_f64());
        std::hint::black_box(out);
    }
    println!("{name:14} {:8.1} us {:.3} ns/elem", best * 1e6, best * 1e9 / (shape[0] * shape[1]) as f64);
    if wanted.is_some() && shape[0] == 64 {
        println!("{program}\n{plan:#?}");
    }
}
fn main() {
    for shape in [[64, 256], [2048, 1024]] {
        println!("{shape:?}");
        time("neg", |x| -x, shape);
        time(
            "add x 8",
            |x| {
                let mut y = x.clone();
                for _ in 0..8 {
                    y = &y + x;
                }
                y
            },
            shape,
        );
        time("sum all", |x| x.sum(), shape);
        time("sum rows", |x| x.sum_axes(1), shape);
        time("sum columns", |x| x.sum_axes(0), shape);
        time("max rows", |x| x.max_axes(1), shape);
        time("x - max", |x| x - x.max_keepdims(1), shape);
        time("exp", |x| x.exp(), shape);
        time("softmax", |x| x.softmax(1), shape);
        time("mean square", |x| (x - 0.1).powi(2).mean_axes(1), shape);
        time("standardize", |x| x.standardize(-1, 1e-5), shape);
        time("tanh", |x| x.tanh(), shape);
        time("log", |x| (x + 1.0).log(), shape);
        time("sin", |x| x.sin(), shape);
    }
}
