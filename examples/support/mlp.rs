//! A network of two layers that tells digits, and its training: what the examples `digits` and `mnist` share.

use indicatif::{ProgressBar, ProgressStyle};
use rune::{prelude::*, random};

/// How many classes there are.
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
    pub fn len(&self) -> usize {
        self.labels.size()
    }
    /// Those at these positions, in this order.
    pub fn take(&self, positions: &Tensor) -> Images {
        Images { pixels: self.pixels.take(positions, 0), labels: self.labels.take(positions, 0), ..*self }
    }
}

/// x · weights + bias.
#[derive(Tree, Clone)]
struct Dense {
    weights: Tensor,
    bias: Tensor,
}

impl Dense {
    /// Weights at random, of a size that keeps the scale of what goes through (He et al., 2015).
    fn new(key: &Tensor, inputs: usize, outputs: usize) -> Dense {
        let scale = (2.0 / inputs as f64).sqrt();
        let weights = random::normal(key, [inputs, outputs], DType::F32) * scale;
        Dense { weights, bias: Tensor::zeros([outputs], DType::F32) }
    }
    fn apply(&self, x: &Tensor) -> Tensor {
        x.matmul(&self.weights) + &self.bias
    }
}

/// The network: its parameters are the leaves of this tree.
#[derive(Tree, Clone)]
pub struct Mlp {
    hidden: Dense,
    output: Dense,
}

impl Mlp {
    pub fn new(key: &Tensor, pixels: usize, hidden: usize) -> Mlp {
        let [a, b] = random::split_into(key);
        Mlp { hidden: Dense::new(&a, pixels, hidden), output: Dense::new(&b, hidden, CLASSES) }
    }
    /// For each image a number for each class: the greater, the likelier.
    fn logits(&self, images: &Images) -> Tensor {
        let x = images.pixels.cast(DType::F32) / images.brightest;
        self.output.apply(&self.hidden.apply(&x).relu())
    }
}

/// How surprised the network is by the true classes, on average.
fn loss(mlp: &Mlp, images: &Images) -> Tensor {
    let truth = images.labels.one_hot(CLASSES, DType::F32);
    -(mlp.logits(images).log_softmax(-1) * truth).sum_axes(-1).mean()
}

/// The fraction of images that the network tells right.
pub fn accuracy(mlp: &Mlp, images: &Images) -> anyhow::Result<f32> {
    let right = jit(|mlp: &Mlp, images: &Images| mlp.logits(images).argmax_axis(-1).eq(&images.labels).mean());
    Ok(right(mlp, images).item()?)
}

/// A network on its way, with what the updates remember.
#[derive(Tree, Clone)]
pub struct Training {
    pub mlp: Mlp,
    velocity: Mlp,
}

impl Training {
    pub fn new(mlp: Mlp) -> Training {
        let velocity = mlp.map(&mut Tensor::zeros_like);
        Training { mlp, velocity }
    }
    /// One step of gradient descent with momentum, on the images at the positions `batch`: afterwards, and the loss before.
    pub fn step(&self, images: &Images, batch: &Tensor, rate: &Tensor) -> (Training, Tensor) {
        let (loss, gradient) = value_and_grad(loss)(&self.mlp, &images.take(batch));
        let velocity = self.velocity.map2(&gradient, &mut |v, g| v * MOMENTUM + g);
        let mlp = self.mlp.map2(&velocity, &mut |p, v| p - rate * v);
        (Training { mlp, velocity }, loss)
    }
}

const MOMENTUM: f64 = 0.9;

/// How to train.
#[derive(Clone, Copy)]
pub struct Plan {
    pub epochs: usize,
    pub batch: usize,
    /// The rate of learning in the beginning; it falls to 0 along a cosine.
    pub rate: f64,
}

/// Trains `mlp`, tells of each epoch, and returns the network and the loss of each epoch.
pub fn train(mlp: Mlp, images: &Images, plan: Plan, key: &Tensor) -> anyhow::Result<(Mlp, Vec<f64>)> {
    let step = jit(Training::step);
    let per_epoch = images.len() / plan.batch;
    let steps = (plan.epochs * per_epoch) as u64;
    let bar = ProgressBar::new(steps);
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} steps, {elapsed}, {eta} left")?);
    bar.tick();

    let mut training = Training::new(mlp);
    let mut losses = Vec::new();
    for epoch in 0..plan.epochs {
        let everything = Tensor::arange(0..images.len(), DType::I32);
        let order = random::permutation(&random::fold_in(key, epoch), &everything, 0).to_vec::<i32>()?;
        let mut sum = 0.0;
        for positions in order.chunks_exact(plan.batch) {
            let progress = bar.position() as f64 / steps as f64;
            let rate = plan.rate * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos());
            let (after, loss) = step(&training, images, &positions.into(), &Tensor::scalar(rate as f32));
            training = after;
            sum += f64::from(loss.item::<f32>()?);
            if bar.position() == 0 {
                bar.reset_eta(); // The first step was compiled on the way, the others will not be.
            }
            bar.inc(1);
        }
        losses.push(sum / per_epoch as f64);
        bar.suspend(|| println!("epoch {:2}  loss {:.4}", epoch + 1, losses[epoch]));
    }
    bar.finish_and_clear();
    Ok((training.mlp, losses))
}
