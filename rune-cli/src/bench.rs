//! `rune-cli bench`.

use crate::devices::DeviceName;
use crate::input::{self, Input};
use crate::output::{self, print_value};
use crate::random::Random;
use crate::run::{check, compile_for};
use crate::units::{count, time};
use crate::{failure, program, progress, style};
use anyhow::Result;
use clap::Args;
use rune::{CompiledProgram, Device, Opt, Plan, Value, default_device};
use serde_json::json;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const EXAMPLES: &str = "Examples:
  rune-cli bench f.json
  rune-cli bench f.json --input x.npy --device local-task --seconds 5
  rune-cli bench f.vmfb";

/// Measures the calls per second of a program, and the time of a call
///
/// Also measures the program compiled with the compiler's own defaults, for comparison.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Bench {
    /// The program (JSON or text) or the compiled .vmfb; - is a program on the standard input
    program: PathBuf,
    /// An input, as for `run`; by default, inputs are random
    #[arg(short, long, value_name = "INPUT", allow_hyphen_values = true, value_parser = input::parser())]
    input: Vec<Input>,
    /// The device to run on [default: RUNE_DEVICE, else cpu]
    #[arg(short, long, value_parser = DeviceName)]
    device: Option<String>,
    /// The duration of the measurement in seconds
    #[arg(long, default_value_t = 1.0, value_name = "SECONDS", value_parser = seconds)]
    seconds: f64,
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok().filter(|s| (0.001..=3600.0).contains(s));
    seconds.ok_or_else(|| "write a number of seconds between 0.001 and 3600".to_owned())
}

impl Bench {
    pub fn run(self, json: bool) -> Result<()> {
        let device = self.device.as_deref().map_or_else(default_device, Device::open)?;
        if matches!(device, Device::Reference) {
            return Err(failure::usage(
                "bench",
                "the reference interpreter is built for correctness, not speed; choose another device",
            ));
        }
        let shown = program::shown(&self.program);
        if program::is_module(&self.program) {
            let compiled = CompiledProgram::load_on(&self.program, &device)?;
            let inputs = inputs(self.input, &shown, compiled.input_types())?;
            let measured = measure(|| computed(&compiled.call_values(&inputs)?), self.seconds)?;
            return measured.print(json, &shown, "compiled", device.name(), None);
        }
        let program = program::load(&self.program)?;
        crate::random::check_memory(&program)?;
        let inputs = inputs(self.input, &shown, program.input_types())?;
        let cost = program.simplify().cost();
        // A multiply-add counts as two steps.
        let steps = (!cost.unbounded).then_some(2.0 * cost.multiply_adds as f64 + cost.flops as f64);
        if matches!(device, Device::Host) {
            let arrays = inputs.iter().map(output::to_host).collect::<Result<Vec<_>>>()?;
            let plan = Plan::new(&program.simplify());
            let measured = measure(|| Ok(plan.run(arrays.clone()).map(drop)?), self.seconds)?;
            return measured.print(json, &shown, "planned", device.name(), steps);
        }
        let mut rates = Vec::new();
        for (opt, flags) in [(Opt::Fast, "fast flags"), (Opt::Plain, "plain flags")] {
            let compiled = progress::with_progress(&format!("compiling {shown}, {flags}"), |_| {
                compile_for(&program, &device, opt)
            })?;
            let measured = measure(|| computed(&compiled.call_values(&inputs)?), self.seconds)?;
            measured.print(json, &shown, flags, device.name(), steps)?;
            rates.push(measured.median());
        }
        let ratio = rates[1].as_secs_f64() / rates[0].as_secs_f64();
        if json {
            Ok(())
        } else {
            print_value(false, format!("the fast flags make it {ratio:.2} times as fast"), json!(null))
        }
    }
}

pub fn inputs(given: Vec<Input>, shown: &str, types: &[rune::Type]) -> Result<Vec<Value>> {
    if given.is_empty() {
        return Ok(Random(0).inputs(types).into_iter().map(Value::Host).collect());
    }
    let given = input::load_all(given)?;
    check(shown, types, &given)?;
    Ok(given.into_iter().map(|given| Value::Host(given.array)).collect())
}

/// Waits until a device has computed the results.
fn computed(results: &[Value]) -> Result<()> {
    results.iter().try_for_each(Value::block_until_ready).map_err(anyhow::Error::msg)
}

/// The times of the calls in ascending order.
struct Measured(Vec<Duration>);

fn measure(call: impl Fn() -> Result<()>, seconds: f64) -> Result<Measured> {
    /// The maximum number of measured calls. It limits the memory for their times.
    const MAX_CALLS: usize = 10_000_000;
    // The first call does one-time work, which is not measured.
    call()?;
    let mut times = Vec::new();
    let all = Duration::from_secs_f64(seconds);
    progress::with_progress("calling", |_| {
        let begun = Instant::now();
        while (begun.elapsed() < all && times.len() < MAX_CALLS) || times.is_empty() {
            let start = Instant::now();
            call()?;
            times.push(start.elapsed());
        }
        anyhow::Ok(())
    })?;
    times.sort_unstable();
    Ok(Measured(times))
}

impl Measured {
    /// Returns the time that a fraction `part` of the calls does not exceed.
    fn quantile(&self, part: f64) -> Duration {
        self.0[((self.0.len() - 1) as f64 * part).round() as usize]
    }
    fn median(&self) -> Duration {
        self.quantile(0.5)
    }
    fn print(&self, json: bool, shown: &str, flags: &str, device: &str, steps: Option<f64>) -> Result<()> {
        let total: Duration = self.0.iter().sum();
        let rate = self.0.len() as f64 / total.as_secs_f64();
        let parts = [("median", 0.5), ("90 %", 0.9), ("99 %", 0.99), ("least", 0.0), ("most", 1.0)];
        let (bold, named) = (style::BOLD, |(name, part): (&str, f64)| format!("{name} {}", time(self.quantile(part))));
        let gigaflops = steps.map(|steps| steps / self.median().as_secs_f64() / 1e9);
        let speed = gigaflops.map(|g| format!(", {g:.2} GFLOP/s")).unwrap_or_default();
        let text = format!(
            "{shown} on {device}, {flags}: {bold}{} calls per second{bold:#}{speed}\n  {}",
            count(rate as u64),
            parts.map(named).join(", ")
        );
        let seconds = |part| self.quantile(part).as_secs_f64();
        let value = json!({
            "file": shown, "device": device, "flags": flags, "calls": self.0.len(), "calls_per_second": rate, "gflops": gigaflops,
            "seconds": { "min": seconds(0.0), "p50": seconds(0.5), "p90": seconds(0.9), "p99": seconds(0.99), "max": seconds(1.0) },
        });
        print_value(json, text, value)
    }
}
