//! Compares the time of factorizations with the interpreter's: `cargo run --release -p rune-linalg --example factors`.

use rune_ir::interpret::eval_op;
use rune_ir::op::FactorFn;
use rune_ir::{Array, Op};
use std::time::Instant;

/// Returns the shortest time of several calls, in ms.
fn least(times: usize, mut f: impl FnMut()) -> f64 {
    let mut once = || {
        let start = Instant::now();
        f();
        start.elapsed().as_secs_f64() * 1e3
    };
    (0..times).map(|_| once()).fold(f64::INFINITY, f64::min)
}

fn main() {
    for f in [FactorFn::Qr, FactorFn::Eigh, FactorFn::Svd] {
        for n in [8, 16, 24, 32, 64, 128, 500] {
            let x = Array::from_fn([n, n], |i| ((i * 7919 + i / n * 31) % 1009) as f32 / 1009.0 - 0.5);
            let times = if n < 100 { 200 } else { 3 };
            let interpreter = least(times, || drop(eval_op(&Op::Factor { f, x: &x }).unwrap()));
            let here = rune_linalg::factor(f, &x).is_some();
            let fast =
                if here { format!("{:.3}", least(times, || drop(rune_linalg::factor(f, &x)))) } else { "-".into() };
            println!("{:5} {n:4}: interpreter {interpreter:.3} ms, here {fast}", f.name());
        }
    }
}
