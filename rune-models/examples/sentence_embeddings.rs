//! Compares sentences by their meaning, with the published weights of `all-MiniLM-L6-v2`:
//! `cargo run --release -p rune-models --example sentence_embeddings`, after `scripts/fetch-minilm`.

use rune_models::sentences::SentenceEncoder;
use std::path::Path;
use std::time::Instant;

fn main() -> anyhow::Result<()> {
    let begin = Instant::now();
    // The published model cuts texts after 256 tokens.
    let encoder = SentenceEncoder::load(Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/minilm"), 256)?;
    let loaded = begin.elapsed();
    let texts = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."];
    let embeddings = encoder.embed(&texts)?;
    println!("first embeddings after {:.0?}, {loaded:.0?} of it to load the model", begin.elapsed());
    // The embeddings have length 1, so their products are the cosines of the angles between them.
    let cosine = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    for (text, a) in texts.iter().zip(&embeddings) {
        let row: Vec<String> = embeddings.iter().map(|b| format!("{:6.3}", cosine(a, b))).collect();
        println!("{}  {text}", row.join(" "));
    }
    let again = Instant::now();
    encoder.embed(&texts)?;
    println!("the same call again: {:.1?}", again.elapsed());
    Ok(())
}
