//! Trains a network on handwritten digits on several ranks. Each rank has its part of every batch.
//!
//! ```sh
//! scripts/fetch-digits
//! cargo build --release -p rune-distributed --features mpi --example data_parallel
//! mpirun -n 4 target/release/examples/data_parallel
//! ```
//!
//! The losses equal those of one rank, up to rounding. `--hidden 1024` sets the width of the hidden layers, `--epochs
//! 5` the number of passes, `--batch 64` the size of the whole batch, and `--bucket 1048576` the bytes of a bucket of
//! gradients. `--zero1` divides the state of the optimiser.

use anyhow::Context;
use rune::nn::{self, Mlp};
use rune::{optim, prelude::*, random};
use rune_distributed::{BUCKET_BYTES, all_reduce_grads_with, broadcast_parameters, check_equal, init, spmd, zero1};
use std::path::Path;
use std::time::Instant;

const PIXELS: usize = 64;
const CLASSES: usize = 10;
/// The number of digits that are not used for training.
const HELD_OUT: usize = 297;

#[derive(Clone, Copy)]
struct Settings {
    hidden: usize,
    epochs: usize,
    batch: usize,
    bucket: usize,
    zero1: bool,
}

fn settings() -> anyhow::Result<Settings> {
    let mut settings = Settings { hidden: 256, epochs: 10, batch: 32, bucket: BUCKET_BYTES, zero1: false };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut number = || -> anyhow::Result<usize> {
            let text = arguments.next().with_context(|| format!("`{name}` needs a number"))?;
            text.parse().with_context(|| format!("`{name} {text}`"))
        };
        match name.as_str() {
            "--hidden" => settings.hidden = number()?,
            "--epochs" => settings.epochs = number()?,
            "--batch" => settings.batch = number()?,
            "--bucket" => settings.bucket = number()?,
            "--zero1" => settings.zero1 = true,
            _ => anyhow::bail!("`{name}` is no option; there are --hidden, --epochs, --batch, --bucket and --zero1"),
        }
    }
    Ok(settings)
}

/// Returns the pixels, from 0 to 1, and the digits.
fn digits() -> anyhow::Result<(Tensor, Tensor)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/digits.csv");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("{}: run scripts/fetch-digits first", path.display()))?;
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let row = line.split(',').map(str::parse).collect::<Result<Vec<u8>, _>>()?;
        anyhow::ensure!(row.len() == PIXELS + 1, "a line of {} has {} numbers", path.display(), row.len());
        pixels.extend(row[..PIXELS].iter().map(|&pixel| f32::from(pixel) / 16.0));
        labels.push(i32::from(row[PIXELS]));
    }
    Ok((Tensor::from_slice([labels.len(), PIXELS], &pixels), labels.into()))
}

fn loss(mlp: &Mlp, pixels: &Tensor, labels: &Tensor) -> Tensor {
    nn::softmax_cross_entropy_with_integer_labels(&mlp.forward(pixels), labels).mean()
}

fn main() -> anyhow::Result<()> {
    let settings = settings()?;
    if settings.zero1 {
        return train(settings, zero1(optim::adam(1e-3), "hosts"), true);
    }
    train(settings, optim::adam(1e-3), false)
}

fn train<T>(settings: Settings, optimizer: T, divided: bool) -> anyhow::Result<()>
where
    T: GradientTransformation + Send + Sync,
{
    let world = init()?;
    let (rank, size) = (world.rank(), world.world_size());
    anyhow::ensure!(settings.batch.is_multiple_of(size), "a batch of {} has no {size} equal parts", settings.batch);
    let (pixels, labels) = digits()?;
    let count = labels.size() - HELD_OUT;

    // The ranks draw different parameters. All start from those of rank 0.
    let layers = [PIXELS, settings.hidden, settings.hidden, CLASSES];
    let mut mlp = broadcast_parameters(&Mlp::new(&random::key(rank as u64), &layers, Tensor::relu))?;
    let mut state = spmd(|mlp: &Mlp| optimizer.init(mlp), "hosts")(&mlp);
    let bucket = settings.bucket;
    let step = |mlp: &Mlp, state: &T::State<Mlp>, pixels: &Tensor, labels: &Tensor| {
        let (loss, gradients) = value_and_grad(loss)(mlp, pixels, labels);
        // With ZeRO-1, the optimiser averages the part of each rank.
        let gradients = if divided { gradients } else { all_reduce_grads_with(&gradients, "hosts", bucket) };
        let (updates, state) = optimizer.update(&gradients, state, mlp);
        (optim::apply_updates(mlp, &updates), state, pmean(&loss, "hosts"))
    };
    let step = jit(spmd(step, "hosts"));

    let part = settings.batch / size;
    let mut start = Instant::now();
    let mut steps = 0;
    for epoch in 0..settings.epochs {
        // The order is the same on all ranks.
        let everything = Tensor::arange(0..count, DType::I32);
        let order = random::permutation(&random::fold_in(&random::key(7), epoch), &everything, 0).to_vec::<i32>()?;
        let mut sum = 0.0;
        for batch in order.chunks_exact(settings.batch) {
            let own = Tensor::from(&batch[rank * part..(rank + 1) * part]);
            let loss;
            (mlp, state, loss) = step(&mlp, &state, &pixels.take(&own, 0), &labels.take(&own, 0));
            sum += loss.item::<f32>()?;
            steps += 1;
            if steps == 1 {
                start = Instant::now(); // the first step was compiled
            }
        }
        if rank == 0 {
            println!("epoch {:2}  loss {:.5}", epoch + 1, sum / (count / settings.batch) as f32);
        }
    }
    let time = start.elapsed().as_secs_f64() / (steps - 1) as f64;
    check_equal(&mlp)?;
    let found = mlp.forward(&pixels.i(count as isize..)).argmax_axis(-1);
    let accuracy = found.eq(labels.i(count as isize..)).mean().item::<f32>()?;
    let bytes: usize = state.leaves().iter().map(|leaf| leaf.ty().bytes()).sum();
    if rank == 0 {
        println!(
            "{size} ranks: {:.1}% of the held-out digits are right; {:.3} ms per step; {:.1} KB of optimiser state per rank",
            accuracy * 100.0,
            time * 1e3,
            bytes as f64 / 1e3
        );
    }
    Ok(())
}
