//! Runs one model in candle, as rune-models/examples/worker.rs runs it in rune: `candle-worker WORKLOAD FOLDER`.

use anyhow::{Context, Result, bail};
use candle_core::{D, DType, Device, IndexOp, Tensor};
use candle_nn::{Module, VarBuilder};
use candle_transformers::models::{bert, llama, resnet};
use serde_json::json;
use std::io::{BufRead, Write, stdin, stdout};
use std::path::Path;
use std::time::{Duration, Instant};

const PROMPT: usize = 64;
const TOKENS: usize = 32;

type Call = Box<dyn FnMut() -> Result<(f64, Vec<f32>)>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [workload, folder] = &arguments[..] else { bail!("usage: candle-worker WORKLOAD FOLDER") };
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
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    println!("{}", line.trim().trim_end_matches(" kB").trim().parse::<u64>()? * 1024);
    Ok(())
}

fn tokens(count: usize) -> Vec<u32> {
    (0..count).map(|i| (i * 7919 % 997 + 3) as u32).collect()
}

fn workload_call(workload: &str, folder: &Path) -> Result<Call> {
    let parts: Vec<&str> = workload.split('-').collect();
    let [model, work @ ..] = &parts[..] else { bail!("{workload} is no workload") };
    let sizes: Vec<usize> = work.iter().filter_map(|part| part.parse().ok()).collect();
    let device = Device::Cpu;
    let dtype = if workload.ends_with("bf16") { DType::BF16 } else { DType::F32 };
    // SAFETY: nothing changes the file while it is mapped.
    let weights = unsafe { VarBuilder::from_mmaped_safetensors(&[folder.join("model.safetensors")], dtype, &device)? };
    let config = || -> Result<String> { Ok(std::fs::read_to_string(folder.join("config.json"))?) };
    Ok(match (*model, work.first().copied(), &sizes[..]) {
        ("minilm", Some("embed"), &[batch, positions]) => {
            let model = bert::BertModel::load(weights, &serde_json::from_str(&config()?)?)?;
            let ids = Tensor::from_vec(tokens(batch * positions), (batch, positions), &device)?;
            let mask = Tensor::ones((batch, positions), DType::U32, &device)?;
            let kinds = ids.zeros_like()?;
            Box::new(move || {
                let begin = Instant::now();
                let hidden = model.forward(&ids, &kinds, Some(&mask))?;
                let counted = mask.to_dtype(DType::F32)?.unsqueeze(2)?;
                let mean = hidden.broadcast_mul(&counted)?.sum(1)?.broadcast_div(&counted.sum(1)?)?;
                let y = mean.broadcast_div(&mean.sqr()?.sum_keepdim(D::Minus1)?.sqrt()?)?;
                let result = y.flatten_all()?.i(..8)?.to_vec1()?;
                Ok((begin.elapsed().as_secs_f64(), result))
            })
        }
        ("resnet18", Some("classify"), &[batch]) => {
            let model = resnet::resnet18(1000, weights)?;
            let pixel = |i: usize| (i % 255) as f32 / 255.0 - 0.5;
            let picture: Vec<f32> = (0..batch * 3 * 224 * 224).map(pixel).collect();
            let x = Tensor::from_vec(picture, (batch, 3, 224, 224), &device)?;
            Box::new(move || {
                let begin = Instant::now();
                let result = model.forward(&x)?.flatten_all()?.i(..8)?.to_vec1()?;
                Ok((begin.elapsed().as_secs_f64(), result))
            })
        }
        (name, Some(work), sizes) if name.starts_with("llama") => {
            let config: llama::LlamaConfig = serde_json::from_str(&config()?)?;
            let config = config.into_config(false);
            let model = llama::Llama::load(weights, &config)?;
            let prompt = tokens(*sizes.first().unwrap_or(&PROMPT));
            let read = move |tokens: &[u32], at: usize, cache: &mut llama::Cache| -> Result<u32> {
                let input = Tensor::new(tokens, &Device::Cpu)?.unsqueeze(0)?;
                let logits = model.forward(&input, at, cache)?.squeeze(0)?;
                Ok(logits.argmax(D::Minus1)?.to_scalar::<u32>()?)
            };
            let decodes = match work {
                "prefill" => false,
                "decode" => true,
                _ => bail!("{work} is no work of a language model"),
            };
            Box::new(move || {
                let mut cache = llama::Cache::new(true, dtype, &config, &Device::Cpu)?;
                let begin = Instant::now();
                let mut written = vec![read(&prompt, 0, &mut cache)?];
                if !decodes {
                    return Ok((begin.elapsed().as_secs_f64(), vec![written[0] as f32]));
                }
                let begin = Instant::now();
                for i in 0..TOKENS {
                    let last = written[written.len() - 1];
                    written.push(read(&[last], prompt.len() + i, &mut cache)?);
                }
                let seconds = begin.elapsed().as_secs_f64() / TOKENS as f64;
                Ok((seconds, written.iter().take(8).map(|&token| token as f32).collect()))
            })
        }
        _ => bail!("candle has no model for {workload}"),
    })
}
