//! `rune-cli profile`.

use crate::bench::inputs;
use crate::input::{self, Input};
use crate::output::{print_value, to_host};
use crate::program;
use anyhow::Result;
use clap::Args;
use rune::{Array, Profile as Measured, ProfileRow};
use serde_json::json;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  rune-cli profile f.json
  rune-cli profile f.json --input x.npy

RUNE_PROFILE=trace.json writes what happens in any process of rune, for https://ui.perfetto.dev.";

/// Shows how much time each operation and each line of a program takes on the host engine
///
/// The tables compare each with the peak rates of this machine in matrix products and in copies.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Profile {
    /// The program (JSON or text); - is the standard input
    program: PathBuf,
    /// An input, as for `run`; by default, inputs are random
    #[arg(short, long, value_name = "INPUT", allow_hyphen_values = true, value_parser = input::parser())]
    input: Vec<Input>,
}

impl Profile {
    pub fn run(self, json: bool) -> Result<()> {
        let shown = program::shown(&self.program);
        let program = program::load(&self.program)?;
        crate::random::check_memory(&program)?;
        let inputs = inputs(self.input, &shown, program.input_types())?;
        let arrays: Vec<Array> = inputs.iter().map(to_host).collect::<Result<_>>()?;
        let profile = Measured::measure(&program.simplify(), &arrays)?;
        let rows = |rows: &[ProfileRow]| -> Vec<serde_json::Value> {
            let row = |row: &ProfileRow| {
                json!({
                    "name": row.name, "times": row.times, "us": row.took.as_secs_f64() * 1e6,
                    "flops": row.flops, "bytes": row.bytes,
                })
            };
            rows.iter().map(row).collect()
        };
        let value = json!({
            "file": shown, "calls": profile.calls, "us": profile.call.as_secs_f64() * 1e6,
            "planning_us": profile.planning.as_secs_f64() * 1e6, "peak_flops": profile.peak_flops,
            "peak_bandwidth": profile.peak_bandwidth, "by_operation": rows(&profile.by_operation),
            "by_line": rows(&profile.by_line),
        });
        print_value(json, profile.to_string().trim_end(), value)
    }
}
