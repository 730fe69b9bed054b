//! A two-layer network that classifies digits, and its training, shared by the examples `digits` and `mnist`.

use indicatif::{ProgressBar, ProgressStyle};
use rune::nn::{self, Mlp};
use rune::optim::{self, Sgd};
use rune::{prelude::*, random};

/// The number of classes.
pub const CLASSES: usize = 10;

/// Images as rows of pixels, and the digit in each.
#[derive(Tree, Clone)]
pub struct Images {
    /// `u8`, from 0 to `brightest`.
    pub pixels: Tensor,
    /// `i32`.
    pub labels: Tensor,
    pub brightest: u8,
}

impl Images {
    #[allow(clippy::len_without_is_empty, reason = "data sets have images")]
    pub fn len(&self) -> usize {
        self.labels.size()
    }
    /// Returns the images at these positions, in this order.
    pub fn take(&self, positions: &Tensor) -> Images {
        Images { pixels: self.pixels.take(positions, 0), labels: self.labels.take(positions, 0), ..*self }
    }
}

/// Returns the network before training.
pub fn network(key: &Tensor, pixels: usize, hidden: usize) -> Mlp {
    Mlp::new(key, &[pixels, hidden, CLASSES], Tensor::relu)
}

/// Returns the logits of the classes for each image.
fn logits(mlp: &Mlp, pixels: &Tensor, brightest: u8) -> Tensor {
    mlp.forward(&(pixels.cast(DType::F32) / brightest))
}

/// Returns the predicted digit of each image, or of one image: `i32`.
pub fn digits(mlp: &Mlp, pixels: &Tensor, brightest: u8) -> Tensor {
    logits(mlp, pixels, brightest).argmax_axis(-1)
}

/// Returns the mean cross entropy for the true classes.
fn loss(mlp: &Mlp, images: &Images) -> Tensor {
    let logits = logits(mlp, &images.pixels, images.brightest);
    nn::softmax_cross_entropy_with_integer_labels(&logits, &images.labels).mean()
}

/// Returns the fraction of images that the network classifies correctly.
pub fn accuracy(mlp: &Mlp, images: &Images) -> anyhow::Result<f32> {
    let right =
        jit(|mlp: &Mlp, images: &Images| digits(mlp, &images.pixels, images.brightest).eq(&images.labels).mean());
    Ok(right(mlp, images).item()?)
}

/// The state of training: the network and the optimiser's state.
#[derive(Tree, Clone)]
pub struct Training {
    pub mlp: Mlp,
    optimizer: optim::State<Sgd, Mlp>,
}

impl Training {
    pub fn new(mlp: Mlp, optimizer: &Sgd) -> Training {
        let state = optimizer.init(&mlp);
        Training { mlp, optimizer: state }
    }
    /// Takes one step on the images at the positions `batch`. Returns the next state, and the loss before the step.
    pub fn step(&self, optimizer: &Sgd, images: &Images, batch: &Tensor) -> (Training, Tensor) {
        let (loss, gradient) = value_and_grad(loss)(&self.mlp, &images.take(batch));
        let (updates, state) = optimizer.update(&gradient, &self.optimizer, &self.mlp);
        (Training { mlp: optim::apply_updates(&self.mlp, &updates), optimizer: state }, loss)
    }
}

/// The training settings.
#[derive(Clone, Copy)]
pub struct Plan {
    pub epochs: usize,
    pub batch: usize,
    /// The initial learning rate; it decays to 0 along a cosine.
    pub rate: f64,
}

impl Plan {
    /// Returns gradient descent with momentum.
    pub fn optimizer(self, steps: usize) -> Sgd {
        Sgd { momentum: Some(0.9), ..optim::sgd(optim::cosine_decay_schedule(self.rate, steps, 0.0)) }
    }
}

/// Trains `mlp` and reports each epoch. Returns the network and the loss of each epoch.
pub fn train(mlp: Mlp, images: &Images, plan: Plan, key: &Tensor) -> anyhow::Result<(Mlp, Vec<f64>)> {
    let per_epoch = images.len() / plan.batch;
    let steps = plan.epochs * per_epoch;
    let optimizer = plan.optimizer(steps);
    let step = jit(|training: &Training, images: &Images, batch: &Tensor| training.step(&optimizer, images, batch));
    let bar = ProgressBar::new(steps as u64);
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} steps, {elapsed}, {eta} left")?);
    bar.tick();

    let mut training = Training::new(mlp, &optimizer);
    let mut losses = Vec::new();
    for epoch in 0..plan.epochs {
        let everything = Tensor::arange(0..images.len(), DType::I32);
        let order = random::permutation(&random::fold_in(key, epoch), &everything, 0).to_vec::<i32>()?;
        let mut sum = 0.0;
        for positions in order.chunks_exact(plan.batch) {
            let (after, loss) = step(&training, images, &positions.into());
            training = after;
            sum += f64::from(loss.item::<f32>()?);
            if bar.position() == 0 {
                bar.reset_eta(); // Only the first step includes compilation.
            }
            bar.inc(1);
        }
        losses.push(sum / per_epoch as f64);
        bar.suspend(|| println!("epoch {:2}  loss {:.4}", epoch + 1, losses[epoch]));
    }
    bar.finish_and_clear();
    Ok((training.mlp, losses))
}
