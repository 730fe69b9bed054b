//! Trains a two-layer network on 1,797 real digits: `scripts/demo`, or `cargo run --release --example digits`.

use rune::random;
use rune_examples::{curve, digits::Digits, mlp};
use std::path::Path;

fn main() -> anyhow::Result<()> {
    let [splitting, training] = random::split_into(&random::key(0));
    let digits = Digits::load(&splitting)?;
    println!("{} digits to learn from, {} held out", digits.images.len(), digits.held_out.len());
    let (network, losses) = digits.train(&training)?;

    let picture = Path::new("output/digits-loss.png");
    curve::draw(picture, "A two-layer network on 1,438 handwritten digits", &losses)?;
    println!("loss curve in {}", picture.display());
    println!("test accuracy {:.4}", mlp::accuracy(&network, &digits.held_out)?);
    Ok(())
}
