//! Trains a two-layer network on the digits of MNIST: `scripts/fetch-mnist`, then `cargo run --release --example
//! mnist`.

use rune::{prelude::*, random};
use rune_examples::{
    curve, idx,
    mlp::{self, Images, Plan},
};
use std::path::Path;

/// Loads the images and labels of `train` or `t10k`.
fn load(part: &str) -> anyhow::Result<Images> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/mnist");
    let (shape, pixels) = idx::read(&folder.join(format!("{part}-images-idx3-ubyte")))?;
    let (_, labels) = idx::read(&folder.join(format!("{part}-labels-idx1-ubyte")))?;
    anyhow::ensure!(shape.len() == 3 && shape[0] == labels.len(), "{} labels for images of {shape:?}", labels.len());
    let pixels = Tensor::from_slice([shape[0], shape[1] * shape[2]], &pixels);
    Ok(Images { pixels, labels: Tensor::from(labels).cast(DType::I32), brightest: u8::MAX })
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
