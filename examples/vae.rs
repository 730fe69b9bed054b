//! Trains a variational autoencoder (Kingma and Welling, 2013) on 1,797 real digits, and draws new ones: `cargo run
//! --release --example vae`, after `scripts/fetch-digits`.

use rune::nn::{self, Mlp};
use rune::optim::{self, Adam};
use rune::{prelude::*, random};
use rune_examples::digits::Digits;
use rune_examples::mlp::Images;

const PIXELS: usize = 64;
const HIDDEN: usize = 128;
/// The number of latent variables.
const LATENT: usize = 8;
const BATCH: usize = 64;

/// The autoencoder.
#[derive(Tree, Clone)]
pub struct Vae {
    encoder: Mlp,
    decoder: Mlp,
}

impl Vae {
    /// Creates a model with random weights.
    pub fn new(key: &Tensor) -> Vae {
        let [a, b] = random::split_into(key);
        Vae {
            encoder: Mlp::new(&a, &[PIXELS, HIDDEN, 2 * LATENT], Tensor::gelu),
            decoder: Mlp::new(&b, &[LATENT, HIDDEN, PIXELS], Tensor::gelu),
        }
    }
    /// Returns the mean negative evidence lower bound of images `[batch, 64]` between 0 and 1.
    pub fn loss(&self, x: &Tensor, key: &Tensor) -> Tensor {
        let code = self.encoder.forward(x).split(2, -1);
        let (mean, log_variance) = (&code[0], &code[1]);
        // The sample is a differentiable function of the mean and the variance.
        let noise = random::normal(key, mean.shape().clone(), DType::F32);
        let latent = mean + (log_variance * 0.5).exp() * noise;
        let reconstruction = nn::sigmoid_binary_cross_entropy(&self.decoder.forward(&latent), x).sum_axes(-1);
        let divergence = (log_variance.exp() + mean.square() - 1.0 - log_variance).sum_axes(-1) * 0.5;
        (reconstruction + divergence).mean()
    }
    /// Draws `n` images.
    pub fn draw(&self, key: &Tensor, n: usize) -> Tensor {
        self.decoder.forward(&random::normal(key, [n, LATENT], DType::F32)).sigmoid()
    }
}

#[derive(Tree, Clone)]
struct Training {
    vae: Vae,
    optimizer: optim::State<Adam, Vae>,
    key: Tensor,
}

impl Training {
    fn step(&self, adam: &Adam, images: &Images) -> (Training, Tensor) {
        let [key, drawing, noise] = random::split_into(&self.key);
        let batch = random::randint(&drawing, [BATCH], 0, images.len() as i32, DType::I32);
        let x = images.take(&batch).pixels.cast(DType::F32) / images.brightest;
        let (loss, gradient) = value_and_grad(|vae: &Vae| vae.loss(&x, &noise))(&self.vae);
        let (updates, optimizer) = adam.update(&gradient, &self.optimizer, &self.vae);
        (Training { vae: optim::apply_updates(&self.vae, &updates), optimizer, key }, loss)
    }
}

/// Trains a model. Calls `told` with the number of each step and the loss before it.
pub fn train(images: &Images, steps: usize, mut report: impl FnMut(usize, f32)) -> anyhow::Result<Vae> {
    let [start, key] = random::split_into(&random::key(2));
    let adam = optim::adam(optim::cosine_decay_schedule(3e-3, steps, 0.0));
    let vae = Vae::new(&start);
    let mut training = Training { optimizer: adam.init(&vae), vae, key };
    let step = jit(|training: &Training, images: &Images| training.step(&adam, images));
    for i in 0..steps {
        let (next, loss) = step(&training, images);
        training = next;
        report(i, loss.item()?);
    }
    Ok(training.vae)
}

/// Prints images of 8 × 8 pixels side by side.
fn show(images: &Tensor) -> anyhow::Result<()> {
    let n = images.shape()[0];
    let pixels = images.to_vec::<f32>()?;
    let shade = |x: f32| [' ', '.', ':', 'o', '#', '@'][(x * 5.99) as usize];
    for row in 0..8 {
        let line = (0..n).map(|i| {
            let start = i * PIXELS + row * 8;
            pixels[start..start + 8].iter().flat_map(|&x| [shade(x); 2]).collect::<String>()
        });
        println!("{}", line.collect::<Vec<_>>().join("  "));
    }
    Ok(())
}

fn main() -> anyhow::Result<()> {
    let digits = Digits::load(&random::key(0))?;
    let vae = train(&digits.images, 3000, |i, loss| {
        if i % 500 == 0 {
            println!("step {i:4}  loss {loss:.2}");
        }
    })?;
    let test = digits.held_out.pixels.cast(DType::F32) / digits.held_out.brightest;
    println!("loss on digits that it has not seen: {:.2}", vae.loss(&test, &random::key(3)).item::<f32>()?);
    show(&vae.draw(&random::key(4), 6))
}
