//! A two-layer network learns to tell 1,797 real digits: `scripts/demo`, or `cargo run --release --example digits`.

#[path = "support/curve.rs"]
mod curve;
#[path = "support/digits.rs"]
mod digits;
#[path = "support/mlp.rs"]
mod mlp;

use mlp::{Mlp, Plan};
use rune::random;
use std::path::Path;

fn main() -> anyhow::Result<()> {
    let [splitting, start, shuffling] = random::split_into(&random::key(0));
    let (images, held_out) = digits::load()?.split(&splitting, 0.2);
    println!("{} digits to learn from, {} held out", images.len(), held_out.len());

    let mlp = Mlp::new(&start, digits::PIXELS, 128);
    let plan = Plan { epochs: 20, batch: 32, rate: 0.1 };
    let (mlp, losses) = mlp::train(mlp, &images, plan, &shuffling)?;

    let picture = Path::new("output/digits-loss.png");
    curve::draw(picture, "Loss on 1,438 handwritten digits", &losses)?;
    println!("loss curve in {}", picture.display());
    println!("test accuracy {:.4}", mlp::accuracy(&mlp, &held_out)?);
    Ok(())
}
