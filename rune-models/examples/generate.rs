//! Continues a text with a Llama or GPT-2 model from a folder with `config.json`, `model.safetensors` and
//! `tokenizer.json`: `cargo run --release -p rune-models --example generate -- FOLDER "The tensor said"`.
//!
//! `--tokens 100` sets the number of tokens, `--temperature 0.8`, `--top-k 40` and `--top-p 0.95` the sampling, which is
//! greedy by default, `--seed 0` its key, and `--bits 8` or `--bits 4` quantizes the weights.

use anyhow::{Context, anyhow, bail, ensure};
use pico_args::Arguments;
use rune::quant::Bits;
use rune_models::{Decoder, Generator, Sampling, gpt2::Gpt2, llama::Llama};
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::time::Instant;
use tokenizers::Tokenizer;

struct Settings {
    tokens: usize,
    sampling: Sampling,
    seed: u64,
    /// The tokens that end a text.
    ends: Vec<u32>,
}

fn main() -> anyhow::Result<()> {
    let mut arguments = Arguments::from_env();
    let tokens = arguments.opt_value_from_str("--tokens")?.unwrap_or(100);
    let seed = arguments.opt_value_from_str("--seed")?.unwrap_or(0);
    let mut sampling = match arguments.opt_value_from_str("--temperature")? {
        Some(temperature) => Sampling::with_temperature(temperature),
        None => Sampling::greedy(),
    };
    if let Some(k) = arguments.opt_value_from_str("--top-k")? {
        sampling = sampling.top_k(k);
    }
    if let Some(p) = arguments.opt_value_from_str("--top-p")? {
        sampling = sampling.top_p(p);
    }
    let bits = match arguments.opt_value_from_str("--bits")? {
        None => None,
        Some(8) => Some(Bits::Eight),
        Some(4) => Some(Bits::Four { group: 32 }),
        Some(bits) => bail!("`--bits {bits}`: weights have 8 or 4 bits"),
    };
    let folder: PathBuf = arguments.free_from_str().context("usage: generate FOLDER TEXT [--tokens N …]")?;
    let text: String = arguments.free_from_str().context("usage: generate FOLDER TEXT [--tokens N …]")?;
    let unknown = arguments.finish();
    ensure!(unknown.is_empty(), "unknown arguments: {unknown:?}");

    let config = folder.join("config.json");
    let config = std::fs::read(&config).with_context(|| config.display().to_string())?;
    let config: serde_json::Value = serde_json::from_slice(&config)?;
    // One token, or a list.
    let end = &config["eos_token_id"];
    let ends = end.as_array().map_or(std::slice::from_ref(end), Vec::as_slice);
    let ends = ends.iter().filter_map(|token| u32::try_from(token.as_u64()?).ok()).collect();
    let settings = Settings { tokens, sampling, seed, ends };
    match config["model_type"].as_str() {
        Some("llama") => {
            let model = Llama::load(&folder)?;
            let model = match bits {
                Some(bits) => model.quantized(bits),
                None => model,
            };
            generate(model, &folder, &text, &settings)
        }
        Some("gpt2") => {
            let model = Gpt2::load(&folder)?;
            let model = match bits {
                Some(bits) => model.quantized(bits),
                None => model,
            };
            generate(model, &folder, &text, &settings)
        }
        other => bail!("the model is of type {other:?}; there are llama and gpt2"),
    }
}

/// Prints the text and its continuation, token by token, and then the time.
fn generate(model: impl Decoder, folder: &Path, text: &str, settings: &Settings) -> anyhow::Result<()> {
    let tokenizer = Tokenizer::from_file(folder.join("tokenizer.json")).map_err(|e| anyhow!("tokenizer.json: {e}"))?;
    let prompt = tokenizer.encode(text, true).map_err(|e| anyhow!("{e}"))?;
    let generator = Generator::new(model);
    print!("{text}");
    let begin = Instant::now();
    let (mut first, mut later) = (None, 0);
    let mut stream = tokenizer.decode_stream(true);
    for token in generator.continue_from(prompt.get_ids(), &settings.sampling, settings.seed).take(settings.tokens) {
        let token = token?;
        match first {
            None => first = Some(begin.elapsed()),
            Some(_) => later += 1,
        }
        if settings.ends.contains(&token) {
            break;
        }
        if let Some(text) = stream.step(token).map_err(|e| anyhow!("{e}"))? {
            print!("{text}");
            stdout().flush()?;
        }
    }
    println!();
    if let Some(first) = first {
        let rate = f64::from(later) / (begin.elapsed() - first).as_secs_f64();
        println!("the first token after {first:.2?}, then {rate:.1} tokens a second");
    }
    Ok(())
}
