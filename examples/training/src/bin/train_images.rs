//! Trains a convolutional network on patches of ten photographs: `scripts/fetch-pictures`, then `cargo run --release -p
//! rune-training-examples --bin train_images`. Ctrl-C saves and stops, and `--resume` continues.

use clap::Parser;
use rune_training_examples::pictures::{Settings, train};
use std::path::PathBuf;

/// Trains a convolutional network on patches of ten photographs.
#[derive(Parser)]
struct Arguments {
    /// The folder for patches, checkpoints, metrics and the picture of the accuracy.
    #[arg(long, default_value = "output/train_images")]
    folder: PathBuf,
    /// Continues where an earlier run stopped.
    #[arg(long)]
    resume: bool,
    /// Trains a very small network for a few seconds.
    #[arg(long)]
    fast: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let settings = if arguments.fast { Settings::fast() } else { Settings::full() };
    let photographs = rune_training_examples::root().join("data/pictures");
    let done = train(settings, &photographs, &arguments.folder, arguments.resume)?;
    println!("{:?} after {} steps: {}", done.reason, done.step, done.metrics);
    if let Some((accuracy, step)) = done.best {
        println!("held out: accuracy {accuracy:.4} at step {step}; the files are in {}", arguments.folder.display());
    }
    Ok(())
}
