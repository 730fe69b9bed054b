//! Measures the savings of donation: `cargo run --release --example donation`.
//!
//! Replaces a table of 64 MB by a version with some rows changed, and by one with all elements recomputed, each with
//! and without donation. Each case runs in its own process, which reports its peak memory.

use rune::prelude::*;
use std::time::{Duration, Instant};

const ROWS: usize = 16384;
const COLUMNS: usize = 1024;
const CALLS: usize = 20;

type Update = fn(&Tensor, &Tensor) -> Tensor;

/// Updates 32 rows, such as the rows of an embedding that a batch uses.
fn rows(w: &Tensor, dw: &Tensor) -> Tensor {
    w.at(..32).add(-0.1 * dw.i(..32))
}
/// Recomputes all elements.
fn all(w: &Tensor, dw: &Tensor) -> Tensor {
    w - 0.1 * dw
}

const UPDATES: [(&str, Update); 2] = [("rows", rows), ("all", all)];

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [update, way] = &args[..] {
        let (_, update) = UPDATES.into_iter().find(|(name, _)| name == update).expect("rows or all");
        return measure(update, way == "given");
    }
    println!("update   table   ms a call   MB at most beside table and gradient");
    for (update, _) in UPDATES {
        for way in ["kept", "given"] {
            print!("{update:<8} {way:<5}");
            use std::io::Write;
            std::io::stdout().flush()?;
            std::process::Command::new(std::env::current_exe()?).args([update, way]).status()?;
        }
    }
    Ok(())
}

fn measure(update: Update, given: bool) -> anyhow::Result<()> {
    let f = jit(update).donate();
    let table = || Tensor::ones([ROWS, COLUMNS], DType::F32).realize().cloned();
    let (mut w, dw) = (table()?, table()?);
    f.without_donation().compile((&w, &dw))?;
    let before = memory("VmRSS");
    let mut times = Vec::new();
    for _ in 0..CALLS {
        let start = Instant::now();
        w = if given { f(w, &dw) } else { f.without_donation()(&w, &dw) };
        w.block_until_ready()?;
        times.push(start.elapsed());
    }
    let first = w.i((0, 0)).item::<f32>()?;
    assert!((first - (1.0 - 0.1 * CALLS as f32)).abs() < 1e-3, "{first}");
    times.sort();
    let median: Duration = times[CALLS / 2];
    let more = memory("VmHWM").saturating_sub(before) as f64 / 1024.0;
    println!("   {:9.2}   {more:.0}", median.as_secs_f64() * 1e3);
    Ok(())
}

/// Returns a memory figure of this process in kilobytes.
fn memory(what: &str) -> u64 {
    // Excludes the memory that compilation needed.
    if what == "VmRSS" {
        let _ = std::fs::write("/proc/self/clear_refs", "5");
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap_or_default();
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().unwrap_or(0)
}
