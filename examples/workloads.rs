//! Runs workloads for `scripts/bench-against-jax`, on request from the standard input.
//!
//! `load NAME` reads the arguments from a file in the folder given on the command line, calls the workload for the
//! first time, and writes the results next to the arguments. `settle NAME SECONDS` calls it until it is compiled, at
//! most for that long. `time NAME SECONDS` calls it for that long. Each answer is one line of JSON.

use anyhow::{Context, bail};
use rune::{Array, Engine, prelude::*, storage};
#[allow(dead_code, reason = "shared with the tests")]
use rune_examples::workloads;
use serde_json::json;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A workload with its arguments.
struct Workload {
    call: Box<dyn Fn() -> anyhow::Result<Vec<Tensor>>>,
    engine: Box<dyn Fn() -> anyhow::Result<Option<Engine>>>,
}

/// Loads a workload with its arguments. Its `call` waits for the results.
fn prepare(folder: &Path, name: &str) -> anyhow::Result<Workload> {
    let f = workloads::find(name).with_context(|| format!("`{name}` is no workload"))?;
    let arguments = storage::read(folder.join(format!("{name}.safetensors")))?;
    let device = rune::default_device()?;
    let on_device = |array: Array| Tensor::from_value(array).to(&device);
    let arguments: Vec<Tensor> = arguments.into_values().map(on_device).collect::<Result<_, _>>()?;
    let compiled = Arc::new(jit(move |x: &Vec<Tensor>| f(x)));
    let (called, given) = (compiled.clone(), arguments.clone());
    let call = Box::new(move || {
        let results = called(&given);
        results.iter().try_for_each(|r| r.block_until_ready().map(drop))?;
        Ok(results)
    });
    Ok(Workload { call, engine: Box::new(move || Ok(compiled.engine(&arguments)?)) })
}

fn first(workload: &Workload, file: &Path) -> anyhow::Result<serde_json::Value> {
    let start = Instant::now();
    let results = (workload.call)()?;
    let first = start.elapsed();
    let arrays: Vec<Array> = results.iter().map(|r| Ok(r.to_array()?)).collect::<anyhow::Result<_>>()?;
    let names: Vec<String> = (0..arrays.len()).map(|i| format!("{i:02}")).collect();
    storage::write(file, names.iter().map(String::as_str).zip(&arrays))?;
    Ok(json!({ "first_ms": first.as_secs_f64() * 1e3 }))
}

/// Calls the workload until compiled code runs it. After three seconds, it sleeps between calls, so that the compiler
/// gets processor time.
fn settle(workload: &Workload, seconds: f64) -> anyhow::Result<serde_json::Value> {
    let begin = Instant::now();
    while begin.elapsed().as_secs_f64() < seconds && (workload.engine)()? != Some(Engine::Iree) {
        (workload.call)()?;
        if begin.elapsed() > Duration::from_secs(3) {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    Ok(json!({ "engine": (workload.engine)()?.map(|engine| engine.to_string()) }))
}

fn time(workload: &Workload, seconds: f64) -> anyhow::Result<serde_json::Value> {
    let (begin, all) = (Instant::now(), Duration::try_from_secs_f64(seconds)?);
    let mut times = Vec::new();
    while times.is_empty() || begin.elapsed() < all {
        let start = Instant::now();
        (workload.call)()?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    Ok(json!({ "min_us": times[0], "median_us": times[times.len() / 2], "calls": times.len() }))
}

fn main() -> anyhow::Result<()> {
    let folder = PathBuf::from(std::env::args_os().nth(1).context("name the folder of the arguments")?);
    let mut loaded: Option<(String, Workload)> = None;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        let answer = match (&words[..], &loaded) {
            (&["load", name], _) => {
                let workload = prepare(&folder, name)?;
                let answer = first(&workload, &folder.join(format!("{name}.rune.safetensors")))?;
                loaded = Some((name.to_owned(), workload));
                answer
            }
            (&["settle", name, seconds], Some((known, workload))) if name == known => {
                settle(workload, seconds.parse()?)?
            }
            (&["time", name, seconds], Some((known, workload))) if name == known => time(workload, seconds.parse()?)?,
            _ => bail!("`{line}` is not understood: write `load NAME`, then `time NAME SECONDS`"),
        };
        println!("{answer}");
        std::io::stdout().flush()?;
    }
    Ok(())
}
