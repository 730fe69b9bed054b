//! The 1,797 digits of 8×8 pixels that `scripts/fetch-digits` downloads.

use super::mlp::{self, Images, Plan};
use anyhow::Context;
use rune::nn::Mlp;
use rune::{prelude::*, random};
use std::path::Path;

const PIXELS: usize = 64;
const HIDDEN: usize = 256;
pub const PLAN: Plan = Plan { epochs: 20, batch: 32, rate: 0.1 };
/// The fraction of the digits to hold out from training.
const HELD_OUT: f64 = 0.2;

/// Loads all digits.
fn load() -> anyhow::Result<Images> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/digits.csv");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("{}: run scripts/fetch-digits first", path.display()))?;
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for (number, line) in text.lines().enumerate() {
        let row = line.split(',').map(str::parse).collect::<Result<Vec<u8>, _>>();
        let row = row.with_context(|| format!("line {} of {}", number + 1, path.display()))?;
        anyhow::ensure!(row.len() == PIXELS + 1, "line {} of {} has {} numbers", number + 1, path.display(), row.len());
        pixels.extend_from_slice(&row[..PIXELS]);
        labels.push(i32::from(row[PIXELS]));
    }
    Ok(Images { pixels: Tensor::from_slice([labels.len(), PIXELS], &pixels), labels: labels.into(), brightest: 16 })
}

/// Digits for training, and held-out digits.
pub struct Digits {
    pub images: Images,
    pub held_out: Images,
}

impl Digits {
    /// Loads the digits, and holds some out at random.
    pub fn load(key: &Tensor) -> anyhow::Result<Digits> {
        let all = load()?;
        let order = random::permutation(key, &Tensor::arange(0..all.len(), DType::I32), 0);
        let kept = all.len() - (all.len() as f64 * HELD_OUT) as usize;
        Ok(Digits { images: all.take(&order.i(..kept)), held_out: all.take(&order.i(kept..)) })
    }
    /// Trains a network on them. Returns the network and the loss of each epoch.
    pub fn train(&self, key: &Tensor) -> anyhow::Result<(Mlp, Vec<f64>)> {
        let [start, shuffling] = random::split_into(key);
        mlp::train(Digits::network(&start), &self.images, PLAN, &shuffling)
    }
    /// Returns the network before training.
    pub fn network(key: &Tensor) -> Mlp {
        mlp::network(key, PIXELS, HIDDEN)
    }
}
