//! Runs workloads on request from the standard input: rune's half of `scripts/bench-against-jax`.
//!
//! `load NAME` reads the arguments from a file in the folder given on the command line, calls the workload for the
//! first time, and writes the results beside it. `time NAME SECONDS` calls it for that long. Each answer is one line of
//! JSON.

use anyhow::{Context, bail};
use rune::{Array, prelude::*, storage};
#[allow(dead_code, reason = "shared with the tests")]
use rune_examples::workloads;
use serde_json::json;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

type Call = Box<dyn Fn() -> anyhow::Result<Vec<Tensor>>>;

/// Calls the workload and waits for its results.
fn prepare(folder: &Path, name: &str) -> anyhow::Result<Call> {
    let f = workloads::find(name).with_context(|| format!("`{name}` is no workload"))?;
    let arguments = storage::read(folder.join(format!("{name}.safetensors")))?;
    let arguments: Vec<Tensor> = arguments.into_values().map(Tensor::from_value).collect();
    let compiled = jit(move |x: &Vec<Tensor>| f(x));
    Ok(Box::new(move || {
        let results = compiled(&arguments);
        results.iter().try_for_each(|r| r.value().map(drop))?;
        Ok(results)
    }))
}

fn first(call: &Call, file: &Path) -> anyhow::Result<serde_json::Value> {
    let start = Instant::now();
    let results = call()?;
    let first = start.elapsed();
    let arrays: Vec<Array> = results.iter().map(|r| Ok(r.to_array()?)).collect::<anyhow::Result<_>>()?;
    let names: Vec<String> = (0..arrays.len()).map(|i| format!("{i:02}")).collect();
    storage::write(file, names.iter().map(String::as_str).zip(&arrays))?;
    Ok(json!({ "first_ms": first.as_secs_f64() * 1e3 }))
}

fn time(call: &Call, seconds: f64) -> anyhow::Result<serde_json::Value> {
    let (begin, all) = (Instant::now(), Duration::try_from_secs_f64(seconds)?);
    let mut times = Vec::new();
    while times.is_empty() || begin.elapsed() < all {
        let start = Instant::now();
        call()?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    Ok(json!({ "min_us": times[0], "median_us": times[times.len() / 2], "calls": times.len() }))
}

fn main() -> anyhow::Result<()> {
    let folder = PathBuf::from(std::env::args_os().nth(1).context("name the folder of the arguments")?);
    let mut loaded: Option<(String, Call)> = None;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        let answer = match (&words[..], &loaded) {
            (&["load", name], _) => {
                let call = prepare(&folder, name)?;
                let answer = first(&call, &folder.join(format!("{name}.rune.safetensors")))?;
                loaded = Some((name.to_owned(), call));
                answer
            }
            (&["time", name, seconds], Some((known, call))) if name == known => time(call, seconds.parse()?)?,
            _ => bail!("`{line}` is not understood: write `load NAME`, then `time NAME SECONDS`"),
        };
        println!("{answer}");
        std::io::stdout().flush()?;
    }
    Ok(())
}
