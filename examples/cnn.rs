//! Trains a convolutional network with batch normalization on 1,797 real digits: `cargo run --release --example cnn`,
//! after `scripts/fetch-digits`.
//!
//! The running averages of batch normalization are not parameters. They have their own tree, and the loss returns them
//! as auxiliary output.

use rune::nn::{self, BatchNorm, BatchStatistics, Conv, Linear};
use rune::optim::{self, Adam};
use rune::{ConvOptions, ConvPadding, PoolOptions, prelude::*, random};
use rune_examples::digits::Digits;
use rune_examples::mlp::{CLASSES, Images};

/// A convolution, batch normalization, ReLU, and max pooling over windows of 2 × 2.
#[derive(Tree, Clone)]
struct Stage {
    conv: Conv,
    norm: BatchNorm,
}

impl Stage {
    fn new(key: &Tensor, inputs: usize, outputs: usize) -> Stage {
        // The normalization removes the mean, so a bias has no effect.
        let conv = Conv::new(key, inputs, outputs, [3, 3], ConvOptions::new().padding(ConvPadding::Same));
        Stage { conv: conv.without_bias(), norm: BatchNorm { momentum: 0.9, ..BatchNorm::new(outputs) } }
    }
    fn train(&self, x: &Tensor, statistics: &BatchStatistics) -> (Tensor, BatchStatistics) {
        let (x, statistics) = self.norm.train(&self.conv.forward(x), statistics);
        (x.relu().max_pool(2, &PoolOptions::new()), statistics)
    }
    fn forward(&self, x: &Tensor, statistics: &BatchStatistics) -> Tensor {
        self.norm.forward(&self.conv.forward(x), statistics).relu().max_pool(2, &PoolOptions::new())
    }
}

/// Two stages and a linear layer.
#[derive(Tree, Clone)]
pub struct Cnn {
    stages: [Stage; 2],
    output: Linear,
}

type Statistics = [BatchStatistics; 2];

impl Cnn {
    /// Creates a network with random weights, and its first running averages.
    pub fn new(key: &Tensor) -> (Cnn, Statistics) {
        let [a, b, c] = random::split_into(key);
        let stages = [Stage::new(&a, 1, 16), Stage::new(&b, 16, 32)];
        let cnn = Cnn { stages, output: Linear::new(&c, 32 * 2 * 2, CLASSES) };
        (cnn, [BatchStatistics::new(16), BatchStatistics::new(32)])
    }
    /// Returns the logits and the new running averages.
    fn train(&self, images: &Images, [first, second]: &Statistics) -> (Tensor, Statistics) {
        let (x, first) = self.stages[0].train(&pixels(images), first);
        let (x, second) = self.stages[1].train(&x, second);
        (self.output.forward(&x.flatten_axes(1, -1)), [first, second])
    }
    /// Returns the logits, normalized by the running averages.
    pub fn forward(&self, images: &Images, [first, second]: &Statistics) -> Tensor {
        let x = self.stages[1].forward(&self.stages[0].forward(&pixels(images), first), second);
        self.output.forward(&x.flatten_axes(1, -1))
    }
}

/// Returns the images with one channel, from 0 to 1.
fn pixels(images: &Images) -> Tensor {
    (images.pixels.cast(DType::F32) / images.brightest).reshape([images.len(), 1, 8, 8])
}

/// Everything that a step changes.
#[derive(Tree, Clone)]
pub struct Training {
    /// The network.
    pub cnn: Cnn,
    /// The running averages.
    pub statistics: Statistics,
    optimizer: optim::State<Adam, Cnn>,
}

impl Training {
    /// Creates the state before the first step.
    pub fn new(key: &Tensor, adam: &Adam) -> Training {
        let (cnn, statistics) = Cnn::new(key);
        Training { optimizer: adam.init(&cnn), cnn, statistics }
    }
    /// Takes one step on the images at the positions `batch`. Returns the next state, and the loss before the step.
    pub fn step(&self, adam: &Adam, images: &Images, batch: &Tensor) -> (Training, Tensor) {
        let images = images.take(batch);
        let loss = |cnn: &Cnn| {
            let (logits, statistics) = cnn.train(&images, &self.statistics);
            (nn::softmax_cross_entropy_with_integer_labels(&logits, &images.labels).mean(), statistics)
        };
        let ((loss, statistics), gradient) = value_and_grad_aux(loss)(&self.cnn);
        let (updates, optimizer) = adam.update(&gradient, &self.optimizer, &self.cnn);
        (Training { cnn: optim::apply_updates(&self.cnn, &updates), statistics, optimizer }, loss)
    }
    /// Returns the fraction of images that the network classifies correctly.
    pub fn accuracy(&self, images: &Images) -> Tensor {
        self.cnn.forward(images, &self.statistics).argmax_axis(-1).eq(&images.labels).mean()
    }
}

/// Trains for several epochs, with batches of 32. Calls `told` with the number of each step and the loss before it.
pub fn train(digits: &Digits, epochs: usize, mut report: impl FnMut(usize, f32)) -> anyhow::Result<Training> {
    let [start, shuffling] = random::split_into(&random::key(1));
    let adam = optim::adam(3e-3);
    let step = jit(|training: &Training, images: &Images, batch: &Tensor| training.step(&adam, images, batch));
    let mut training = Training::new(&start, &adam);
    let everything = Tensor::arange(0..digits.images.len(), DType::I32);
    let mut steps = 0;
    for epoch in 0..epochs {
        let order = random::permutation(&random::fold_in(&shuffling, epoch), &everything, 0).to_vec::<i32>()?;
        for batch in order.chunks_exact(32) {
            let (next, loss) = step(&training, &digits.images, &batch.into());
            training = next;
            report(steps, loss.item()?);
            steps += 1;
        }
    }
    Ok(training)
}

fn main() -> anyhow::Result<()> {
    let digits = Digits::load(&random::key(0))?;
    let training = train(&digits, 8, |i, loss| {
        if i % 50 == 0 {
            println!("step {i:4}  loss {loss:.4}");
        }
    })?;
    println!("test accuracy {:.4}", jit(Training::accuracy)(&training, &digits.held_out).item::<f32>()?);
    Ok(())
}
