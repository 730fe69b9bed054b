//! Compares sentences by their meaning, with the published weights of `all-MiniLM-L6-v2`:
//! `cargo run --release --example sentence_embeddings`, after `scripts/fetch-minilm`.

use rune::prelude::*;
use rune_examples::minilm::{self, MiniLm, Tokens};
use std::time::Instant;

fn main() -> anyhow::Result<()> {
    let begin = Instant::now();
    let folder = minilm::folder();
    let (model, tokens) = (MiniLm::load(&folder)?, Tokens::load(&folder)?);
    let loaded = begin.elapsed();
    let texts = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."];
    let (ids, mask) = tokens.encode(&texts)?;
    let embed = jit(MiniLm::forward);
    let embeddings = embed(&model, &ids, &mask);
    let similarity = embeddings.matmul(embeddings.t());
    similarity.realize()?;
    println!("first embeddings after {:.0?}, {loaded:.0?} of it to load the model", begin.elapsed());
    println!("{similarity:.4}");

    let again = Instant::now();
    embed(&model, &ids, &mask).realize()?;
    println!("the same call again: {:.1?}", again.elapsed());
    Ok(())
}
