//! Runs one model for `scripts/bench-models`: `worker WORKLOAD FOLDER`.
//!
//! Prints a line of JSON when the first result is there. Each line of standard input is a number of seconds. For each
//! one, the worker calls the model for that long, and prints the seconds of the fastest call. At the end of the input,
//! it prints the peak memory in bytes.

use anyhow::{Context, Result, bail, ensure};
use rune::quant::Bits;
use rune::{DType, Tensor, Tree, jit};
use rune_models::bert::Bert;
use rune_models::gpt2::Gpt2;
use rune_models::llama::Llama;
use rune_models::resnet::ResNet;
use rune_models::sentences::embed;
use rune_models::vit::Vit;
use rune_models::{Checkpoint, Decoder, Generator, Sampling};
use serde_json::json;
use std::io::{BufRead, Write, stdin, stdout};
use std::path::Path;
use std::time::{Duration, Instant};

/// The length of the prompt before tokens are generated one by one.
const PROMPT: usize = 64;
/// The number of tokens that a call generates.
const TOKENS: usize = 32;

/// A call of a model. It returns the measured seconds, and a few numbers of the result.
type Call = Box<dyn FnMut() -> Result<(f64, Vec<f32>)>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [workload, folder] = &arguments[..] else { bail!("usage: worker WORKLOAD FOLDER") };
    let begin = Instant::now();
    let mut call = workload_call(workload, Path::new(folder))?;
    let loaded = begin.elapsed().as_secs_f64();
    let (_, result) = call()?;
    let first = begin.elapsed().as_secs_f64();
    println!("{}", json!({ "loaded": loaded, "first": first, "result": result }));
    for line in stdin().lock().lines() {
        let duration = Duration::from_secs_f64(line?.trim().parse()?);
        let (begin, mut fastest) = (Instant::now(), f64::INFINITY);
        while begin.elapsed() < duration {
            fastest = fastest.min(call()?.0);
        }
        println!("{fastest}");
        stdout().flush()?;
    }
    println!("{}", peak_memory()?);
    Ok(())
}

/// Returns the call of a workload. Its name consists of the model, the work and the size: `gpt2-prefill-128`.
fn workload_call(workload: &str, folder: &Path) -> Result<Call> {
    let parts: Vec<&str> = workload.split('-').collect();
    let [model, work @ ..] = &parts[..] else { bail!("{workload} is no workload") };
    let sizes: Vec<usize> = work.iter().filter_map(|part| part.parse().ok()).collect();
    let picture = |batch: usize| {
        let pixel = |i: usize| (i % 255) as f32 / 255.0 - 0.5;
        Tensor::from_vec([batch, 3, 224, 224], (0..batch * 3 * 224 * 224).map(pixel).collect::<Vec<_>>())
    };
    let dtype = if workload.ends_with("bf16") { DType::BF16 } else { DType::F32 };
    let weights = folder.join("model.safetensors");
    let checkpoint = || -> Result<Checkpoint> { Ok(Checkpoint::open(folder)?.with_dtype(dtype)) };
    let config = folder.join("config.json");
    Ok(match (*model, work.first().copied(), &sizes[..]) {
        ("minilm", Some("embed"), &[batch, positions]) => {
            let tokens = Tensor::from_vec([batch, positions], tokens(batch * positions));
            let mask = Tensor::ones([batch, positions], DType::Bool);
            let f = jit(embed);
            let f = move |model: &Bert, (tokens, mask): &(Tensor, Tensor)| f(model, tokens, mask);
            forward(Bert::load(folder)?, f, (tokens, mask))
        }
        ("resnet18", Some("classify"), &[batch]) => {
            let f = jit(ResNet::forward);
            forward(ResNet::load(weights)?, move |model: &ResNet, (x,): &(Tensor,)| f(model, x), (picture(batch),))
        }
        ("vit", Some("classify"), &[batch]) => {
            let f = jit(Vit::forward);
            forward(Vit::load(weights)?, move |model: &Vit, (x,): &(Tensor,)| f(model, x), (picture(batch),))
        }
        ("gpt2", Some(work), sizes) => language(Gpt2::from_checkpoint(checkpoint()?, &config)?, work, sizes)?,
        (name, Some(work), sizes) if name.starts_with("llama") => {
            let model = Llama::from_checkpoint(checkpoint()?, &config)?;
            let model = match parts.last() {
                Some(&"8bit") => model.quantized(Bits::Eight),
                Some(&"4bit") => model.quantized(Bits::Four { group: 32 }),
                _ => model,
            };
            language(model, work, sizes)?
        }
        _ => bail!("{workload} is no workload"),
    })
}

fn forward<M: 'static, X: 'static>(model: M, f: impl Fn(&M, &X) -> Tensor + 'static, x: X) -> Call {
    Box::new(move || {
        let begin = Instant::now();
        let y = f(&model, &x);
        y.realize()?;
        let seconds = begin.elapsed().as_secs_f64();
        Ok((seconds, y.flatten().i(..8).to_vec()?))
    })
}

fn language<M: Decoder + Tree>(model: M, work: &str, sizes: &[usize]) -> Result<Call> {
    let generator = Generator::new(model);
    let prompt: Vec<u32> = tokens(*sizes.first().unwrap_or(&PROMPT)).into_iter().map(i32::cast_unsigned).collect();
    Ok(match work {
        // The time from the prompt to the first token.
        "prefill" => Box::new(move || {
            let begin = Instant::now();
            let token = generator.continue_from(&prompt, &Sampling::greedy(), 0).next().context("no token")??;
            Ok((begin.elapsed().as_secs_f64(), vec![token as f32]))
        }),
        // The mean time of a later token.
        "decode" => Box::new(move || {
            let mut text = generator.continue_from(&prompt, &Sampling::greedy(), 0);
            let mut written = vec![text.next().context("no token")??];
            let begin = Instant::now();
            for token in text.take(TOKENS) {
                written.push(token?);
            }
            ensure!(written.len() == TOKENS + 1, "the context is too short");
            let seconds = begin.elapsed().as_secs_f64() / TOKENS as f64;
            Ok((seconds, written.iter().take(8).map(|&token| token as f32).collect()))
        }),
        _ => bail!("{work} is no work of a language model"),
    })
}

fn tokens(count: usize) -> Vec<i32> {
    (0..count).map(|i| (i * 7919 % 997 + 3) as i32).collect()
}

/// Returns the peak memory of this process, in bytes.
fn peak_memory() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kilobytes * 1024)
}
