//! Measures each phase of the demo's training step: `RUNE_CACHE=off cargo run --release --example phases`. Run it twice
//! without `RUNE_CACHE=off` for the times with the compiled program on disk.

use rune::{prelude::*, random};
use rune_examples::{
    digits::{Digits, PLAN},
    mlp::{Images, Training},
};
use std::time::{Duration, Instant};

const REPEATS: usize = 20;
const CALLS: u32 = 2000;

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn main() -> anyhow::Result<()> {
    let key = random::key(0);
    let digits = Digits::load(&key)?;
    let optimizer = PLAN.optimizer(1000);
    let mut training = Training::new(Digits::network(&key), &optimizer);
    let batch = Tensor::arange(0..32, DType::I32);
    let step = jit(|training: &Training, images: &Images, batch: &Tensor| training.step(&optimizer, images, batch));

    let (mut trace, mut lower) = (Vec::new(), Vec::new());
    for _ in 0..REPEATS {
        let (traced, lowered) = step.lower((&training, &digits.images, &batch))?.timings();
        trace.push(traced);
        lower.push(lowered);
    }
    let lowered = step.lower((&training, &digits.images, &batch))?;
    println!("program   {} instructions", lowered.program().instructions().len());
    println!("trace     {:.1?} (first {:.1?})", median(trace.clone()), trace[0]);
    println!("lower     {:.1?} (first {:.1?})", median(lower.clone()), lower[0]);
    let compiled = lowered.compile()?;
    let timings = compiled.timings();
    println!("compile   {:.1?}{}", timings.compile, if timings.compiled { "" } else { " (found in the cache)" });
    println!("load      {:.1?}", timings.load);

    // The compiled program is in memory now, so this times calls.
    let start = Instant::now();
    let (after, _) = step(&training, &digits.images, &batch);
    println!("first call through jit {:.1?}", start.elapsed());
    training = after;
    let start = Instant::now();
    for _ in 0..CALLS {
        training = step(&training, &digits.images, &batch).0;
    }
    println!("one call  {:.1?}", start.elapsed() / CALLS);
    Ok(())
}
