//! `rune-cli targets`.

use crate::{output, style};
use anyhow::Result;
use clap::Args;
use rune::Target;
use serde_json::json;

/// Lists the targets that programs can be compiled for
#[derive(Args)]
#[command(after_help = "Examples:
  rune-cli targets
  rune-cli compile f.json --target cuda --arch sm_89
  rune-cli compile f.json --triple aarch64-unknown-linux-gnu --cpu neoverse-n1")]
pub struct Targets {}

impl Targets {
    pub fn run(self, json: bool) -> Result<()> {
        let (bold, dim) = (style::BOLD, style::DIM);
        for (backend, processors) in Target::known() {
            let option = if backend == "llvm-cpu" { "--cpu" } else { "--arch" };
            let names = if processors.is_empty() { "all that there are".to_owned() } else { processors.join(" ") };
            let text = format!("{bold}--target {backend}{bold:#}  {dim}{option}{dim:#} {names}");
            output::print_value(json, text, json!({ "target": backend, "processors": processors }))?;
        }
        for (architecture, cpus) in Target::cpu_architectures() {
            let text = format!("{bold}--triple {architecture}-…{bold:#}  {dim}--cpu{dim:#} {}", cpus.join(" "));
            let value = json!({ "target": "llvm-cpu", "architecture": architecture, "processors": cpus });
            output::print_value(json, text, value)?;
        }
        Ok(())
    }
}
