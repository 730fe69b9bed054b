//! Trains a two-layer network on the digits of MNIST: `scripts/fetch-mnist`, then `cargo run --release --example
//! mnist`.

use anyhow::Context;
use rune::{prelude::*, random};
use rune_examples::{
    curve,
    mlp::{self, Images, Plan},
};
use rune_train::data::idx;
use std::path::Path;

/// Loads the images and labels of `train` or `t10k`.
fn load(part: &str) -> anyhow::Result<Images> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/mnist");
    let read = |name: String| idx(folder.join(name)).context("run scripts/fetch-mnist first");
    let (pixels, labels) = (read(format!("{part}-images-idx3-ubyte"))?, read(format!("{part}-labels-idx1-ubyte"))?);
    let types = (pixels.ty(), labels.ty());
    anyhow::ensure!(pixels.rank() == 3 && labels.shape()[..] == pixels.shape()[..1], "no images and labels: {types:?}");
    Ok(Images { pixels: pixels.flatten_axes(1, -1), labels: labels.cast(DType::I32), brightest: u8::MAX })
}

fn main() -> anyhow::Result<()> {
    let [start, shuffling] = random::split_into(&random::key(0));
    let (images, test) = (load("train")?, load("t10k")?);
    println!("{} digits to learn from, {} to test", images.len(), test.len());

    let network = mlp::network(&start, images.pixels.shape()[1], 256);
    let plan = Plan { epochs: 8, batch: 128, rate: 0.1 };
    let (network, losses) = mlp::train(network, &images, plan, &shuffling)?;

    let picture = Path::new("output/mnist-loss.png");
    curve::draw(picture, "Loss on the 60,000 digits of MNIST", &losses)?;
    println!("loss curve in {}", picture.display());
    println!("test accuracy {:.4}", mlp::accuracy(&network, &test)?);
    Ok(())
}
