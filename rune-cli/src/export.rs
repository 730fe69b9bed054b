//! `rune-cli export`.

use crate::{output, program};
use anyhow::Result;
use clap::Args;
use std::io::Write;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  rune-cli export f.json -o f.mlir
  rune-cli grad f.json | rune-cli export - | stablehlo-opt";

/// Writes a program as StableHLO text for other tools, as XLA
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Export {
    /// The program, JSON or text; - is the standard input
    program: PathBuf,
    /// Where to write the text; - is the standard output
    #[arg(short, long, value_name = "OUT.mlir", default_value = "-")]
    output: PathBuf,
}

impl Export {
    pub fn run(self) -> Result<()> {
        output::check_folder(&self.output)?;
        let text = rune::stablehlo::export(&program::load(&self.program)?)?;
        if program::is_stdin(&self.output) {
            return Ok(std::io::stdout().write_all(text.as_bytes())?);
        }
        output::write_file(&self.output, text.as_bytes())
    }
}
