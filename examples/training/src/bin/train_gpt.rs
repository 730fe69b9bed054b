//! Trains a byte-level GPT on the documents and sources of this repository: `cargo run --release -p
//! rune-training-examples --bin train_gpt`. Ctrl-C saves and stops, and `--resume` continues. `--fast` trains a very small
//! model for a few seconds, `--steps N` changes the number of steps, and `--folder DIR` where files are written.

use pico_args::Arguments;
use rune::random;
use rune_training_examples::language::{Settings, quantized_losses, train, write};
use std::path::PathBuf;

fn main() -> anyhow::Result<()> {
    let mut arguments = Arguments::from_env();
    let (fast, resume) = (arguments.contains("--fast"), arguments.contains("--resume"));
    let folder: PathBuf = arguments.opt_value_from_str("--folder")?.unwrap_or_else(|| "output/train_gpt".into());
    let mut settings = if fast { Settings::fast() } else { Settings::full() };
    settings.plan.steps = arguments.opt_value_from_str("--steps")?.unwrap_or(settings.plan.steps);
    let unknown = arguments.finish();
    anyhow::ensure!(unknown.is_empty(), "unknown arguments: {unknown:?}");

    let done = train(settings, &folder, resume)?;
    println!("{:?} after {} steps: {}", done.reason, done.step, done.metrics);
    if let Some((loss, step)) = done.best {
        println!("held out: loss {loss:.3} at step {step}; the files are in {}", folder.display());
    }
    let [loss, eight, four] = quantized_losses(&done.state.model, settings, &folder)?;
    println!("held out, at the end: loss {loss:.4}; with weights of 8 bits {eight:.4}, of 4 bits {four:.4}");
    println!("\n{}", write(&done.state.model, "/// Returns ", 400, &random::key(1))?);
    Ok(())
}
