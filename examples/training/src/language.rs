//! A language model of the size that nanoGPT trains on a CPU, on the text of this repository, byte by byte.

use anyhow::Context;
use rune::nn;
use rune::quant::{Bits, QuantizedLinear};
use rune::train::data::{Batch, Loader, TokenType, Tokens, Windows};
use rune::train::{Checkpoints, Outcome, Trainer, average};
use rune::{prelude::*, random};
pub use rune_examples::gpt::Training;
use rune_examples::gpt::{Gpt, Optimizer, Plan, Sizes};
use std::path::{Path, PathBuf};

/// What differs between a training that learns, and a short one that only shows that everything works.
#[derive(Clone, Copy)]
pub struct Settings {
    pub sizes: Sizes,
    pub plan: Plan,
    /// The number of steps between evaluations and checkpoints.
    pub every: u64,
    /// The number of pieces of held-out text in an evaluation.
    pub held_out: usize,
    /// The number of bytes to learn from and to hold out, if not all.
    pub bytes: Option<usize>,
}

const BYTES: usize = 256;

impl Settings {
    /// Returns the settings that the stated loss is for.
    pub fn full() -> Settings {
        Settings {
            sizes: Sizes { characters: BYTES, context: 64, features: 128, heads: 4, layers: 4, dropout: 0.0 },
            plan: Plan { steps: 2000, batch: 12, rate: 1e-3 },
            every: 250,
            held_out: 480,
            bytes: None,
        }
    }
    /// Returns the settings for a few seconds.
    pub fn fast() -> Settings {
        Settings {
            sizes: Sizes { characters: BYTES, context: 16, features: 16, heads: 2, layers: 1, dropout: 0.0 },
            plan: Plan { steps: 40, batch: 8, rate: 1e-2 },
            every: 20,
            held_out: 64,
            bytes: Some(20_000),
        }
    }
}

/// Takes one step. Returns the next state, and the loss before the step.
fn step(training: &Training, optimizer: &Optimizer, batch: &Batch<Tensor>) -> (Training, Tensor) {
    let [key, dropout] = random::split_into(&training.key);
    training.updated(optimizer, key, |model| loss(model, batch, Some(&dropout)))
}

/// Returns the mean loss of predicting each byte after the first.
fn loss(model: &Gpt, batch: &Batch<Tensor>, dropout: Option<&Tensor>) -> Tensor {
    let logits = model.forward(&batch.items.i((.., ..-1)), dropout);
    batch.mean(&nn::softmax_cross_entropy_with_integer_labels(&logits, &batch.items.i((.., 1..))))
}

/// Returns the loss without dropout.
fn evaluation(model: &Gpt, batch: &Batch<Tensor>) -> Tensor {
    loss(model, batch, None)
}

/// Trains in a folder, which gets the tokens, checkpoints, metrics and a picture of the loss.
pub fn train(settings: Settings, folder: &Path, resume: bool) -> anyhow::Result<Outcome<Training>> {
    let [start, training, order] = random::split_into(&random::key(0));
    let (learned, held_out) = tokens(folder, settings.bytes, resume)?;
    println!("{} bytes to learn from, {} held out", learned.len(), held_out.len());

    let Settings { sizes, plan, .. } = settings;
    let model = Gpt::new(&start, sizes);
    println!("{} parameters", model.leaves().iter().map(Tensor::size).sum::<usize>());
    let optimizer = plan.optimizer();
    let training = Training::new(model, &optimizer, &training);

    // Every piece of the text is seen once per epoch.
    let mut batches = Loader::new(learned.windows(sizes.context)?, plan.batch).shuffled(&order).prefetched(4);
    let held_out = held_out_pieces(&held_out, &settings)?;
    let step = jit(|training: &Training, batch: &Batch<Tensor>| step(training, &optimizer, batch)).donate();
    let evaluate = jit(evaluation);

    let trainer = Trainer {
        steps: plan.steps as u64,
        evaluate_every: Some(settings.every),
        checkpoints: Some(Checkpoints {
            every: settings.every,
            resume,
            ..Checkpoints::new(folder.join("checkpoints"))
        }),
        metrics: Some(folder.join("metrics.jsonl")),
        curve: Some(folder.join("loss.png")),
        ..Trainer::default()
    };
    let done = trainer.fit_and_evaluate(
        training,
        &mut batches,
        |training, batch| step(training, batch),
        |training| average(&held_out, |batch| evaluate(&training.model, batch)),
    );
    Ok(done?)
}

/// Returns the held-out loss of a model that was trained in a folder: with its weights, and with weights quantized to 8
/// bits and to 4 bits in groups of 32.
pub fn quantized_losses(model: &Gpt, settings: Settings, folder: &Path) -> anyhow::Result<[f64; 3]> {
    let (_, held_out) = tokens(folder, settings.bytes, true)?;
    let held_out = held_out_pieces(&held_out, &settings)?;
    let evaluate = jit(evaluation);
    let of = |model: &Gpt| -> anyhow::Result<f64> {
        let metrics = average(&held_out, |batch| evaluate(model, batch))?;
        metrics.get("loss").context("no loss is measured")
    };
    let group = (settings.sizes.features / 2).min(32);
    let quantized = |bits| model.map_layers(|layer| QuantizedLinear::new(layer, bits).dequantized());
    Ok([of(model)?, of(&quantized(Bits::Eight))?, of(&quantized(Bits::Four { group }))?])
}

/// Returns pieces that are spread over the held-out files.
fn held_out_pieces(held_out: &Tokens, settings: &Settings) -> anyhow::Result<Loader<Windows>> {
    let context = settings.sizes.context;
    let every = (held_out.len() / settings.held_out).max(context);
    Ok(Loader::new(held_out.windows_every(context, every)?, 32))
}

/// Continues a text by sampling `count` bytes.
pub fn write(model: &Gpt, start: &str, count: usize, key: &Tensor) -> Result<String, rune::EvalError> {
    let prompt = Tensor::from(start.bytes().map(i32::from).collect::<Vec<_>>());
    let continued = jit(|model: &Gpt, start: &Tensor, keys: &Tensor| model.continued(start, keys, 0.8));
    let bytes = continued(model, &prompt, &random::split(key, count)).to_vec::<i32>()?;
    Ok(String::from_utf8_lossy(&bytes.into_iter().map(|byte| byte as u8).collect::<Vec<_>>()).into_owned())
}

/// Writes the text of this repository, its documents and its own sources, to files of tokens, and opens them. Every tenth
/// file is held out. A training that resumes keeps its text, also if the repository changed since.
fn tokens(folder: &Path, bytes: Option<usize>, resume: bool) -> anyhow::Result<(Tokens, Tokens)> {
    let mut files = Vec::new();
    collect(&crate::root(), &mut files)?;
    files.sort();
    std::fs::create_dir_all(folder)?;
    let open = |name: &str, is_mine: fn(usize) -> bool| -> anyhow::Result<Tokens> {
        let path = folder.join(name);
        if resume && path.exists() {
            return Ok(Tokens::open(&path, TokenType::U8)?);
        }
        let mut text = Vec::new();
        for (_, file) in files.iter().enumerate().filter(|(i, _)| is_mine(*i)) {
            text.extend(std::fs::read(file)?);
            if bytes.is_some_and(|bytes| text.len() >= bytes) {
                break;
            }
        }
        Tokens::write(&path, TokenType::U8, text.into_iter().map(u32::from))?;
        Ok(Tokens::open(&path, TokenType::U8)?)
    };
    Ok((open("learned.bin", |i| i % 10 != 9)?, open("held-out.bin", |i| i % 10 == 9)?))
}

/// Adds the documents and sources below a folder.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    // Everything else is made from these, or downloaded.
    const OTHERS: [&str; 4] = ["target", "data", "output", "gpu-check"];
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if !name.starts_with('.') && !OTHERS.contains(&name.as_ref()) {
                collect(&path, files)?;
            }
        } else if path.extension().is_some_and(|e| e == "md" || e == "rs") {
            files.push(path);
        }
    }
    Ok(())
}
