//! What rune itself costs: `cargo run --release --example costs`. Times of this machine, now; read ratios.

use rune::prelude::*;
use std::time::{Duration, Instant};

fn timed<T>(f: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = f();
    (result, start.elapsed())
}

/// The median of `n` runs.
fn median(n: usize, mut f: impl FnMut()) -> Duration {
    let mut runs: Vec<Duration> = (0..n).map(|_| timed(&mut f).1).collect();
    runs.sort();
    runs[n / 2]
}

/// Chains of operations: the time for each should stay the same however long they are.
fn chains() -> anyhow::Result<()> {
    println!("microseconds for one operation of a chain, by its length:\n");
    println!(
        "{:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}",
        "length", "trace", "grad", "simplify", "hash", "print", "parse", "drop"
    );
    for n in [1_000, 10_000, 100_000] {
        let chain = |x: &Tensor| (0..n / 2).fold(x.clone(), |y, _| y * 0.5 + 1.0);
        let x = Tensor::scalar(1.0f32);
        let (program, trace) = timed(|| make_program(chain, &x));
        let program = program?;
        let (gradient, grad) = timed(|| program.grad(&[0], true));
        let (_, simplify) = timed(|| program.simplify());
        let (_, hash) = timed(|| program.structural_hash());
        let (text, print) = timed(|| program.to_string());
        let (read, parse) = timed(|| text.parse::<rune::Program>());
        let (_, free) = timed(|| drop((gradient, read, chain(&x))));
        print!("{n:>8}");
        for time in [trace, grad, simplify, hash, print, parse, free] {
            print!(" {:>8.2}", time.as_secs_f64() * 1e6 / n as f64);
        }
        println!();
    }
    Ok(())
}

/// Two-layer network on 64 inputs, batch 128: one step of training.
fn train_step() -> anyhow::Result<()> {
    type Params = Vec<(Tensor, Tensor)>;
    let loss = |p: &Params, x: &Tensor, y: &Tensor| {
        let h = (x.matmul(&p[0].0) + &p[0].1).relu();
        let logits = h.matmul(&p[1].0) + &p[1].1;
        -(logits.log_softmax(-1) * y).sum() / 128.0
    };
    let step = |p: &Params, x: &Tensor, y: &Tensor| {
        let (l, g) = value_and_grad(loss)(p, x, y);
        let new: Params = p.iter().zip(&g).map(|((w, b), (dw, db))| (w - dw * 0.1, b - db * 0.1)).collect();
        (new, l)
    };
    let layer = |m: usize, n: usize| (Tensor::full([m, n], 0.01f32, DType::F32), Tensor::zeros([n], DType::F32));
    let params: Params = vec![layer(64, 64), layer(64, 10)];
    let (x, y) = (Tensor::ones([128, 64], DType::F32), Tensor::full([128, 10], 0.1f32, DType::F32));
    let step = jit(step);
    let lowered = step.lower((&params, &x, &y))?;
    let (trace, lower) = lowered.timings();
    let instructions = lowered.program().instructions().len();
    let compiled = lowered.compile()?;
    let t = compiled.timings();
    println!(
        "\ntrain step of {instructions} instructions: trace {trace:.1?}, lower {lower:.1?}, compile {:.1?} ({}), load {:.1?}",
        t.compile,
        if t.compiled { "compiled" } else { "from the cache" },
        t.load
    );
    let run = median(50, || {
        let (_, l) = step(&params, &x, &y);
        l.value().expect("the step runs");
    });
    println!("one call: {run:.1?}");
    Ok(())
}

/// The cost of a call where there is nothing to compute.
fn calls() -> anyhow::Result<()> {
    let f = jit(|x: &Tensor, y: &Tensor| x * y);
    let (x, y) = (Tensor::from([1.0f32, 2.0, 3.0, 4.0]), Tensor::from([1.0f32, 2.0, 3.0, 4.0]));
    f(&x, &y);
    const N: u32 = 20_000;
    let total = median(9, || (0..N).for_each(|_| drop(f(&x, &y))));
    println!("\na call of a compiled product of four numbers: {:.2} µs", total.as_secs_f64() * 1e6 / f64::from(N));
    let fed = median(9, || {
        let mut z = x.clone();
        (0..N).for_each(|_| z = f(&z, &y));
    });
    println!(
        "the same with the result of each call as argument of the next: {:.2} µs",
        fed.as_secs_f64() * 1e6 / f64::from(N)
    );
    Ok(())
}

/// Calls a second of one compiled function by one thread and by several; without a lock they add up to the number of cores.
fn threads() -> anyhow::Result<()> {
    let f = jit(|x: &Tensor| (x * x).sum());
    let x = Tensor::ones([256], DType::F32);
    f(&x);
    println!();
    for threads in [1, 2, 8] {
        const N: u32 = 20_000;
        let total = median(5, || {
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| (0..N).for_each(|_| drop(f(&x))));
                }
            });
        });
        let rate = f64::from(threads * N) / total.as_secs_f64();
        println!("{threads} threads: {:.0} thousand calls a second", rate / 1e3);
    }
    Ok(())
}

fn main() -> anyhow::Result<()> {
    chains()?;
    train_step()?;
    calls()?;
    threads()
}
