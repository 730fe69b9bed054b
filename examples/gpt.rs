//! Trains a small character-level GPT on the documentation of this project: `cargo run --release --example gpt`.

use rune::{prelude::*, random, storage};
use rune_examples::gpt::{self, Gpt, Plan, Sizes, Text};
use std::path::Path;
use std::time::Instant;

const SIZES: Sizes = Sizes { characters: 0, context: 64, features: 64, heads: 4, layers: 2, dropout: 0.1 };
const PLAN: Plan = Plan { steps: 2000, batch: 16, rate: 3e-3 };

/// Returns the text of all documentation.
fn documentation() -> anyhow::Result<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> =
        std::fs::read_dir(root.join("docs"))?.map(|f| f.map(|f| f.path())).collect::<Result<_, _>>()?;
    files.retain(|f| f.extension().is_some_and(|e| e == "md"));
    files.extend(["README.md", "ARCHITECTURE.md"].map(|name| root.join(name)));
    files.sort();
    let texts: Vec<String> = files.iter().map(std::fs::read_to_string).collect::<Result<_, _>>()?;
    Ok(texts.concat().chars().filter(char::is_ascii).collect())
}

fn main() -> anyhow::Result<()> {
    let [start, training, writing] = random::split_into(&random::key(0));
    let text = Text::new(&documentation()?);
    let (learned, held_out) = text.codes.split_at(text.codes.len() * 9 / 10);
    println!(
        "{} characters to learn from, {} held out, {} different ones",
        learned.len(),
        held_out.len(),
        text.characters()
    );

    let model = Gpt::new(&start, Sizes { characters: text.characters(), ..SIZES });
    println!("{} parameters", model.leaves().iter().map(Tensor::size).sum::<usize>());
    let (begin, mut sum) = (Instant::now(), 0.0);
    let model = gpt::train(model, PLAN, learned, &training, |i, loss| {
        sum += loss / 100.0;
        if i % 100 == 99 {
            println!("step {:4}  loss {sum:.3}  {:.0?}", i + 1, begin.elapsed());
            sum = 0.0;
        }
    })?;

    println!(
        "held out: loss {:.3}, and {:.3} of pairs of characters",
        gpt::loss_over(&model, held_out)?,
        text.bigram_loss(learned, held_out)
    );
    std::fs::create_dir_all("output")?;
    storage::save("output/gpt.safetensors", &model)?;

    let prompt = Tensor::from(text.encode("A tensor is "));
    let write = jit(|model: &Gpt, start: &Tensor, keys: &Tensor| model.continued(start, keys, 0.8));
    let written = write(&model, &prompt, &random::split(&writing, 400)).to_vec::<i32>()?;
    println!("\n{}", text.decode(&written));
    Ok(())
}
