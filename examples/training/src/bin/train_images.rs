//! Trains a convolutional network on patches of ten photographs: `scripts/fetch-pictures`, then `cargo run --release -p
//! rune-training-examples --bin train_images`. Ctrl-C saves and stops, and `--resume` continues. `--fast` trains a very
//! small network for a few seconds, and `--folder DIR` changes where files are written.

use pico_args::Arguments;
use rune_training_examples::pictures::{Settings, train};
use std::path::PathBuf;

fn main() -> anyhow::Result<()> {
    let mut arguments = Arguments::from_env();
    let (fast, resume) = (arguments.contains("--fast"), arguments.contains("--resume"));
    let folder: PathBuf = arguments.opt_value_from_str("--folder")?.unwrap_or_else(|| "output/train_images".into());
    let unknown = arguments.finish();
    anyhow::ensure!(unknown.is_empty(), "unknown arguments: {unknown:?}");

    let settings = if fast { Settings::fast() } else { Settings::full() };
    let photographs = rune_training_examples::root().join("data/pictures");
    let done = train(settings, &photographs, &folder, resume)?;
    println!("{:?} after {} steps: {}", done.reason, done.step, done.metrics);
    if let Some((accuracy, step)) = done.best {
        println!("held out: accuracy {accuracy:.4} at step {step}; the files are in {}", folder.display());
    }
    Ok(())
}
