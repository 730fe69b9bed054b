//! Measures the overhead of rune itself: `cargo run --release --example costs`. The times depend on the machine;
//! compare ratios.

use rune::ProgramExt;
use rune::prelude::*;
use std::time::{Duration, Instant};

fn timed<T>(f: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = f();
    (result, start.elapsed())
}

/// Returns the median of `n` runs.
fn median(n: usize, mut f: impl FnMut()) -> Duration {
    let mut runs: Vec<Duration> = (0..n).map(|_| timed(&mut f).1).collect();
    runs.sort();
    runs[n / 2]
}

/// Measures chains of operations. The time per operation should not depend on the length.
fn chains() -> anyhow::Result<()> {
    println!("microseconds for one operation of a chain, by its length:\n");
    println!(
        "{:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}",
        "length", "trace", "jvp", "grad", "vmap", "simplify", "hash", "print", "parse", "drop"
    );
    for n in [1_000, 10_000, 100_000] {
        let chain = |x: &Tensor| (0..n / 2).fold(x.clone(), |y, _| (y * 0.5).sin());
        let x = Tensor::scalar(1.0f32);
        let (program, trace) = timed(|| make_program(chain, &x));
        let program = program?;
        let (tangents, jvp) = timed(|| program.jvp(&[0]));
        let (gradient, grad) = timed(|| program.grad(&[0], true));
        let (lanes, vmap) = timed(|| program.vmap(8, &[Some(0)], &[Some(0)]));
        let (_, simplify) = timed(|| program.simplify());
        let (_, hash) = timed(|| program.structural_hash());
        let (text, print) = timed(|| program.to_string());
        let (read, parse) = timed(|| text.parse::<rune::Program>());
        let (_, free) = timed(|| drop((tangents, gradient, lanes, read, chain(&x))));
        print!("{n:>8}");
        for time in [trace, jvp, grad, vmap, simplify, hash, print, parse, free] {
            print!(" {:>8.2}", time.as_secs_f64() * 1e6 / n as f64);
        }
        println!();
    }
    Ok(())
}

/// Measures a call with almost nothing to compute, and a call of the loaded module below it.
fn calls() -> anyhow::Result<()> {
    const N: u32 = 20_000;
    let f = jit(|x: &Tensor, y: &Tensor| x * y);
    let (x, y) = (Tensor::from([1.0f32, 2.0, 3.0, 4.0]), Tensor::from([1.0f32, 2.0, 3.0, 4.0]));
    f(&x, &y);

    let lowered = f.lower((&x, &y))?;
    let compiled = rune::Precompiled::new(lowered.program(), &rune::CompileOptions::default())?;
    let loaded = compiled.load_on(&rune::Device::open("cpu")?)?;
    let arguments = [x.value()?, y.value()?];

    let each = |f: &mut dyn FnMut()| {
        let total = median(3, || (0..N).for_each(|_| f()));
        total.as_secs_f64() * 1e6 / f64::from(N)
    };
    // Measures them in turns, so that other load on the machine slows all of them.
    let rounds: Vec<[f64; 3]> = (0..9)
        .map(|_| {
            let mut z = x.clone();
            [
                each(&mut || drop(loaded.call_values(&arguments).expect("it runs"))),
                each(&mut || drop(f(&x, &y))),
                each(&mut || z = f(&z, &y)),
            ]
        })
        .collect();
    let best = |i: usize| rounds.iter().map(|r| r[i]).fold(f64::INFINITY, f64::min);
    println!("\nmicroseconds for one product of four numbers, the best of nine rounds:");
    println!(
        "{:.2} by the loaded module, {:.2} through jit, {:.2} each fed the last result",
        best(0),
        best(1),
        best(2)
    );
    Ok(())
}

/// Counts the calls per second of one compiled function by one thread and by several. Without a lock, throughput grows
/// with the number of cores.
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
    calls()?;
    threads()
}
