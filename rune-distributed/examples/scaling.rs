//! Estimates the time of a training step on many ranks, from measured computation and a model of the network.
//!
//! ```sh
//! cargo run --release -p rune-distributed --example scaling
//! ```
//!
//! The example runs the step of a network on one rank, and measures when each bucket of gradients is complete. Where
//! the system reports processor times, it uses them: they are the times of a rank with one core, whatever else runs on
//! the machine. It also measures the time to reduce a byte, or takes it as an argument, in nanoseconds. The rest is
//! arithmetic: see `rune_distributed::network`.

use rune::nn::{self, Mlp};
use rune::{jit, optim, prelude::*, random};
use rune_distributed::network::{AllReduce, Bucket, Network, step_time};
use rune_distributed::{BUCKET_BYTES, all_reduce_grads_with, run_threads_with, spmd};
use std::time::Instant;

const LAYERS: [usize; 5] = [784, 2048, 2048, 2048, 10];
const BATCH: usize = 128;
const STEPS: usize = 7;

/// The measurements of a step.
struct Measured {
    compute: f64,
    buckets: Vec<Bucket>,
}

/// Returns the processor time of all threads of the process so far, in seconds. If the system does not report it,
/// returns the elapsed time.
fn processor_time() -> f64 {
    let of_thread = |entry: std::fs::DirEntry| -> Option<f64> {
        let text = std::fs::read_to_string(entry.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    };
    let threads = std::fs::read_dir("/proc/self/task").ok();
    let times: Option<Vec<f64>> = threads.and_then(|all| all.flatten().map(of_thread).collect());
    match times {
        Some(times) => times.iter().sum::<f64>() * 1e-9,
        None => {
            static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
            START.get_or_init(Instant::now).elapsed().as_secs_f64()
        }
    }
}

fn loss(mlp: &Mlp, pixels: &Tensor, labels: &Tensor) -> Tensor {
    nn::softmax_cross_entropy_with_integer_labels(&mlp.forward(pixels), labels).mean()
}

/// Runs the step on one rank, whose exchanges cost only a copy. Returns the median times.
fn measure(bucket_bytes: usize) -> Measured {
    let run = |world: &rune_distributed::World| {
        let mlp = Mlp::new(&random::key(0), &LAYERS, Tensor::relu);
        let optimizer = optim::sgd(0.01);
        let state = optimizer.init(&mlp);
        let pixels = random::uniform(&random::key(1), [BATCH, LAYERS[0]], DType::F32, 0.0, 1.0);
        let labels = Tensor::arange(0..BATCH, DType::I32) % 10;
        let step = |mlp: &Mlp, pixels: &Tensor, labels: &Tensor| -> Mlp {
            let gradients = all_reduce_grads_with(&grad(loss)(mlp, pixels, labels), "hosts", bucket_bytes);
            optim::apply_updates(mlp, &optimizer.update(&gradients, &state, mlp).0)
        };
        let step = jit(spmd(step, "hosts"));
        step(&mlp, &pixels, &labels);
        let mut runs: Vec<(f64, Vec<Bucket>)> = Vec::new();
        for _ in 0..STEPS {
            world.record(true);
            let (start, before) = (Instant::now(), processor_time());
            step(&mlp, &pixels, &labels);
            let (wall, time) = (start.elapsed().as_secs_f64(), processor_time() - before);
            let bucket = |exchange: rune_distributed::Recorded| Bucket {
                ready: exchange.started.duration_since(start).as_secs_f64() / wall * time,
                bytes: exchange.bytes as f64,
            };
            runs.push((time, world.record(false).into_iter().map(bucket).collect()));
        }
        runs.sort_by(|x, y| x.0.total_cmp(&y.0));
        runs.swap_remove(STEPS / 2)
    };
    let (compute, buckets) = run_threads_with(1, true, false, run).remove(0);
    Measured { compute, buckets }
}

fn table(name: &str, network: Network, measured: &Measured) {
    let Measured { compute, buckets } = measured;
    println!("\n{name}: α = {:.1} µs, 1/β = {:.2} GB/s\n", network.latency * 1e6, 1e-9 / network.per_byte);
    println!(
        "| ranks | exchange of this crate | efficiency | with overlap | fastest of the literature | efficiency | with overlap |"
    );
    println!("|---|---|---|---|---|---|---|");
    for ranks in (0..=10).map(|i| 1usize << i) {
        let total = |way: &dyn Fn(f64) -> f64| buckets.iter().map(|bucket| way(bucket.bytes)).sum::<f64>();
        let efficiency =
            |way: &dyn Fn(f64) -> f64, overlap: bool| 100.0 * compute / step_time(*compute, buckets, overlap, way);
        let own = |bytes: f64| AllReduce::Pairwise.time(ranks, bytes, network);
        let best = |bytes: f64| AllReduce::fastest(ranks, bytes, network).1;
        println!(
            "| {ranks} | {:.2} ms | {:.1}% | {:.1}% | {:.2} ms | {:.1}% | {:.1}% |",
            total(&own) * 1e3,
            efficiency(&own, false),
            efficiency(&own, true),
            total(&best) * 1e3,
            efficiency(&best, false),
            efficiency(&best, true),
        );
    }
}

/// Measures the time to reduce a byte.
fn per_reduced_byte() -> f64 {
    let bytes = 16 << 20;
    let times = (0..3).map(|_| {
        let x = rune::Array::zeros(rune::Type::new(DType::F32, [4, bytes / 4]));
        let start = processor_time();
        let op = rune::ir::Op::Reduce { f: rune::ir::op::ReduceFn::Sum, x: &x, axes: [0].into_iter().collect() };
        rune::ir::interpret::eval_op(&op).expect("a sum of floats is defined");
        (processor_time() - start) / (4 * bytes) as f64
    });
    times.fold(f64::INFINITY, f64::min)
}

fn main() {
    let measured = measure(BUCKET_BYTES);
    let parameters: usize = LAYERS.windows(2).map(|pair| pair[0] * pair[1] + pair[1]).sum();
    println!(
        "A step of a network of {parameters} parameters on {BATCH} images takes {:.1} ms of one core.",
        measured.compute * 1e3
    );
    for (i, bucket) in measured.buckets.iter().enumerate() {
        let share = 100.0 * bucket.ready / measured.compute;
        println!(
            "Bucket {i} of {:.2} MB is complete after {:.1} ms ({share:.0}% of the step).",
            bucket.bytes / 1e6,
            bucket.ready * 1e3
        );
    }
    let argument = std::env::args().nth(1).and_then(|text| text.parse::<f64>().ok());
    let per_reduced_byte = argument.map_or_else(per_reduced_byte, |nanoseconds| nanoseconds * 1e-9);
    println!("Reducing takes {:.3} ns per byte.", per_reduced_byte * 1e9);
    let network =
        |latency: f64, bytes_per_second: f64| Network { latency, per_byte: 1.0 / bytes_per_second, per_reduced_byte };
    table("10 Gbit/s Ethernet", network(30e-6, 1.25e9), &measured);
    table("100 Gbit/s InfiniBand", network(1.5e-6, 12.5e9), &measured);
}
