//! `rune-cli export`.

use crate::{output, program, progress};
use anyhow::Result;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  rune-cli export f.json -o f.mlir
  rune-cli grad f.json | rune-cli export - | stablehlo-opt";

/// Writes a program as StableHLO text for other tools, such as XLA
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Export {
    /// The program, JSON or text; - is the standard input
    program: PathBuf,
    /// The file for the text; - is the standard output
    #[arg(short, long, value_name = "OUT.mlir", default_value = "-")]
    output: PathBuf,
}

impl Export {
    pub fn run(self, json: bool) -> Result<()> {
        output::check_folder(&self.output)?;
        let program = program::load(&self.program)?;
        let text = progress::with_progress("exporting", |_| rune::stablehlo::export(&program))?;
        if program::is_stdin(&self.output) {
            return output::print_value(json, text.trim_end(), json!({ "text": text }));
        }
        output::write_file(&self.output, text.as_bytes())
    }
}
