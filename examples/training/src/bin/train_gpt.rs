//! Trains a byte-level GPT on the documents and sources of this repository: `cargo run --release -p
//! rune-training-examples --bin train_gpt`. Ctrl-C saves and stops, and `--resume` continues.

use clap::Parser;
use rune::random;
use rune_training_examples::language::{Settings, train, write};
use std::path::PathBuf;

/// Trains a byte-level GPT on the documents and sources of this repository.
#[derive(Parser)]
struct Arguments {
    /// The folder for checkpoints, metrics and the picture of the loss.
    #[arg(long, default_value = "output/train_gpt")]
    folder: PathBuf,
    /// Continues where an earlier run stopped.
    #[arg(long)]
    resume: bool,
    /// Trains a very small model for a few seconds.
    #[arg(long)]
    fast: bool,
    /// The number of steps.
    #[arg(long)]
    steps: Option<usize>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut settings = if arguments.fast { Settings::fast() } else { Settings::full() };
    settings.plan.steps = arguments.steps.unwrap_or(settings.plan.steps);
    let done = train(settings, &arguments.folder, arguments.resume)?;
    println!("{:?} after {} steps: {}", done.reason, done.step, done.metrics);
    if let Some((loss, step)) = done.best {
        println!("held out: loss {loss:.3} at step {step}; the files are in {}", arguments.folder.display());
    }
    println!("\n{}", write(&done.state.model, "/// Returns ", 400, &random::key(1))?);
    Ok(())
}
