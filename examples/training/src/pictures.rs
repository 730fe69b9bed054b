//! A convolutional network that tells from a patch of 32 × 32 pixels which of ten photographs it was cut from, as
//! CIFAR-10 tells ten kinds of things. The lowest quarter of each photograph is held out.

use anyhow::Context;
use image::imageops::crop_imm;
use rune::nn::{self, BatchNorm, BatchStatistics, Conv, Linear};
use rune::optim::{self, AdamW};
use rune::train::data::{Arrays, Batch, Dataset, ImageFolder, Loader, Resize};
use rune::train::{Checkpoints, Monitor, Outcome, Trainer, average};
use rune::{ConvOptions, ConvPadding, PoolOptions, prelude::*, random};
use std::path::Path;

pub const SIDE: usize = 32;

/// What differs between a training that learns, and a short one.
#[derive(Clone, Copy)]
pub struct Settings {
    pub epochs: usize,
    pub batch: usize,
    /// The channels of the stages.
    pub channels: [usize; 3],
    /// The number of pixels from one patch to the next.
    pub stride: usize,
}

impl Settings {
    /// Returns the settings that the stated accuracy is for.
    pub fn full() -> Settings {
        Settings { epochs: 4, batch: 32, channels: [16, 32, 64], stride: 16 }
    }
    /// Returns the settings for a few seconds.
    pub fn fast() -> Settings {
        Settings { epochs: 1, batch: 16, channels: [4, 8, 8], stride: 96 }
    }
}

/// Two convolutions with batch normalization, and a maximum over windows of 2 × 2.
#[derive(Tree, Clone)]
struct Stage {
    convs: [Conv; 2],
    norms: [BatchNorm; 2],
}

type Statistics = [[BatchStatistics; 2]; 3];

impl Stage {
    fn new(key: &Tensor, inputs: usize, outputs: usize) -> Stage {
        let [a, b] = random::split_into(key);
        // The normalization removes the mean, so a bias has no effect.
        let conv = |key: &Tensor, inputs| {
            Conv::new(key, inputs, outputs, [3, 3], ConvOptions::new().padding(ConvPadding::Same)).without_bias()
        };
        let norm = || BatchNorm { momentum: 0.9, ..BatchNorm::new(outputs) };
        Stage { convs: [conv(&a, inputs), conv(&b, outputs)], norms: [norm(), norm()] }
    }
    fn train(&self, x: &Tensor, [first, second]: &[BatchStatistics; 2]) -> (Tensor, [BatchStatistics; 2]) {
        let (x, first) = self.norms[0].train(&self.convs[0].forward(x), first);
        let (x, second) = self.norms[1].train(&self.convs[1].forward(&x.relu()), second);
        (x.relu().max_pool(2, &PoolOptions::new()), [first, second])
    }
    fn forward(&self, x: &Tensor, [first, second]: &[BatchStatistics; 2]) -> Tensor {
        let x = self.norms[0].forward(&self.convs[0].forward(x), first).relu();
        self.norms[1].forward(&self.convs[1].forward(&x), second).relu().max_pool(2, &PoolOptions::new())
    }
}

/// Three stages, the mean over all pixels, and a linear layer.
#[derive(Tree, Clone)]
pub struct Cnn {
    stages: [Stage; 3],
    output: Linear,
}

/// Pixels `[n, height, width, 3, u8]` and classes `[n, i32]`.
type Items = (Tensor, Tensor);

/// Everything that a step changes.
#[derive(Tree, Clone)]
pub struct Training {
    pub cnn: Cnn,
    statistics: Statistics,
    optimizer: optim::State<AdamW, Cnn>,
    key: Tensor,
}

/// The metrics of training and of the evaluation.
#[derive(Tree)]
struct Quality {
    loss: Tensor,
    accuracy: Tensor,
}

fn quality(logits: &Tensor, batch: &Batch<Items>) -> Quality {
    let classes = &batch.items.1;
    Quality {
        loss: batch.mean(&nn::softmax_cross_entropy_with_integer_labels(logits, classes)),
        accuracy: batch.mean(&logits.argmax_axis(-1).eq(classes)),
    }
}

/// Returns the pixels as `[n, 3, height, width]`, from -1 to 1.
fn pixels(items: &Items) -> Tensor {
    items.0.cast(DType::F32).permute([0, 3, 1, 2]) / 127.5 - 1.0
}

impl Training {
    fn new(key: &Tensor, [a, b, c]: [usize; 3], classes: usize, adamw: &AdamW) -> Training {
        let [first, second, third, output, key] = random::split_into(key);
        let stages = [Stage::new(&first, 3, a), Stage::new(&second, a, b), Stage::new(&third, b, c)];
        let cnn = Cnn { stages, output: Linear::new(&output, c, classes) };
        let statistics = [a, b, c].map(|n| [BatchStatistics::new(n), BatchStatistics::new(n)]);
        Training { optimizer: adamw.init(&cnn), cnn, statistics, key }
    }
    fn step(&self, adamw: &AdamW, batch: &Batch<Items>) -> (Training, Quality) {
        let [key, flips] = random::split_into(&self.key);
        // Half of the patches are mirrored.
        let x = pixels(&batch.items);
        let flips = random::bernoulli(&flips, 0.5, [x.shape()[0], 1, 1, 1]);
        let x = rune::where_(flips, x.flip(-1), &x);
        let loss = |cnn: &Cnn| {
            let [first, second, third] = &self.statistics;
            let (x, first) = cnn.stages[0].train(&x, first);
            let (x, second) = cnn.stages[1].train(&x, second);
            let (x, third) = cnn.stages[2].train(&x, third);
            let quality = quality(&cnn.output.forward(&x.mean_axes([2, 3])), batch);
            (quality.loss.clone(), (quality, [first, second, third]))
        };
        let ((_, (quality, statistics)), gradient) = value_and_grad_aux(loss)(&self.cnn);
        let (updates, optimizer) = adamw.update(&gradient, &self.optimizer, &self.cnn);
        (Training { cnn: optim::apply_updates(&self.cnn, &updates), statistics, optimizer, key }, quality)
    }
    fn evaluate(&self, batch: &Batch<Items>) -> Quality {
        let mut x = pixels(&batch.items);
        for (stage, statistics) in self.cnn.stages.iter().zip(&self.statistics) {
            x = stage.forward(&x, statistics);
        }
        quality(&self.cnn.output.forward(&x.mean_axes([2, 3])), batch)
    }
}

/// Trains in a folder, on patches of the photographs in another one.
pub fn train(settings: Settings, photographs: &Path, folder: &Path, resume: bool) -> anyhow::Result<Outcome<Training>> {
    let [start, order] = random::split_into(&random::key(0));
    let patches = folder.join("patches");
    write_patches(photographs, &patches, settings.stride)?;
    let open = |part: &str| ImageFolder::open(patches.join(part), SIDE, SIDE, Resize::Crop);
    let (learned, held_out) = (open("train")?, open("test")?);
    println!("{} patches to learn from, {} held out: {}", learned.len(), held_out.len(), learned.classes().join(", "));

    let batches = Loader::new(learned, settings.batch).shuffled(&order);
    let steps = settings.epochs * batches.batches_per_epoch();
    let adamw = AdamW { weight_decay: 1e-3, ..optim::adamw(optim::cosine_decay_schedule(3e-3, steps, 0.0)) };
    let training = Training::new(&start, settings.channels, batches.dataset().classes().len(), &adamw);
    let every = batches.batches_per_epoch() as u64;
    let mut ahead = batches.prefetched(4);
    // Each evaluation reads the same pixels, so they stay decoded.
    let all: Vec<usize> = (0..held_out.len()).collect();
    let held_out = Loader::new(Arrays::new(held_out.items(&all)?)?, 64);
    let step = jit(|training: &Training, batch: &Batch<Items>| training.step(&adamw, batch)).donate();
    let evaluate = jit(Training::evaluate);

    let trainer = Trainer {
        steps: steps as u64,
        evaluate_every: Some(every),
        monitor: Monitor::max("accuracy"),
        checkpoints: Some(Checkpoints { every, resume, ..Checkpoints::new(folder.join("checkpoints")) }),
        metrics: Some(folder.join("metrics.jsonl")),
        curve: Some(folder.join("accuracy.png")),
        ..Trainer::default()
    };
    let done = trainer.fit_and_evaluate(
        training,
        &mut ahead,
        |training, batch| step(training, batch),
        |training| average(&held_out, |batch| evaluate(training, batch)),
    );
    Ok(done?)
}

/// Cuts photographs into patches, in folders `train` and `test` with one folder for each photograph. Patches for testing
/// are from the lowest quarter, and none overlaps one for training.
fn write_patches(photographs: &Path, folder: &Path, stride: usize) -> anyhow::Result<()> {
    if folder.exists() {
        return Ok(());
    }
    // A cut that is not finished must not be taken for a finished one.
    let partial = folder.with_extension("partial");
    let side = SIDE as u32;
    let entries = std::fs::read_dir(photographs)
        .with_context(|| format!("{}: run scripts/fetch-pictures first", photographs.display()))?;
    for entry in entries {
        let path = entry?.path();
        let photograph = image::open(&path).with_context(|| path.display().to_string())?.into_rgb8();
        let name = path.file_stem().unwrap_or_default();
        let (width, height) = photograph.dimensions();
        let border = height / 4 * 3;
        for (part, rows) in [("train", 0..border - side + 1), ("test", border..height - side + 1)] {
            let into = partial.join(part).join(name);
            std::fs::create_dir_all(&into)?;
            for y in rows.step_by(stride) {
                for x in (0..width - side + 1).step_by(stride) {
                    crop_imm(&photograph, x, y, side, side).to_image().save(into.join(format!("{y:04}-{x:04}.png")))?;
                }
            }
        }
    }
    Ok(std::fs::rename(partial, folder)?)
}
