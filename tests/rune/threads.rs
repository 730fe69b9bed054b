//! One compiled function, many threads.

use crate::engine::jit;
use rune::prelude::*;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Ten seconds are the full run; a fraction shows the same, unless RUNE_SLOW_TESTS is set.
fn time() -> Duration {
    Duration::from_millis(if std::env::var_os("RUNE_SLOW_TESTS").is_some() { 10_000 } else { 700 })
}

#[test]
fn eight_threads_call_one_function() {
    let table = Tensor::arange(0.0..64.0, DType::F32);
    let f = jit(|x: &Tensor| (x * x + &table).sum());
    let (stop, calls) = (AtomicBool::new(false), AtomicU64::new(0));
    let expected = |k: usize| -> f32 { (0..64).map(|i| (k * k) as f32 + i as f32).sum() };
    std::thread::scope(|scope| {
        for thread in 0..8usize {
            let (f, stop, calls) = (&f, &stop, &calls);
            scope.spawn(move || {
                let mut k = thread;
                while !stop.load(Ordering::Relaxed) {
                    let x = Tensor::full([64], (k % 16) as f32, DType::F32);
                    assert_eq!(f(&x).item::<f32>().unwrap(), expected(k % 16));
                    calls.fetch_add(1, Ordering::Relaxed);
                    k += 1;
                }
            });
        }
        let start = Instant::now();
        while start.elapsed() < time() {
            std::thread::sleep(Duration::from_millis(20));
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(f.compiled_programs(), 1);
    assert!(calls.load(Ordering::Relaxed) >= 8);
}
