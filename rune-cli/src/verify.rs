//! `rune-cli verify`.

use crate::failure::{self, AlreadyReported};
use crate::units::plural;
use crate::{output, program, style};
use anyhow::Result;
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "Examples:
  rune-cli verify f.json g.rune
  rune-cli grad f.json | rune-cli verify -";

/// Verifies programs: their form, the definition of every variable before its use, and all types
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Verify {
    /// The programs, JSON or text; - is the standard input
    #[arg(required = true, value_name = "PROGRAM")]
    programs: Vec<PathBuf>,
}

impl Verify {
    pub fn run(self, json: bool) -> Result<()> {
        let mut sound = true;
        for path in &self.programs {
            if let Err(error) = verify(path, json) {
                failure::report(&error, json);
                sound = false;
            }
        }
        if sound { Ok(()) } else { Err(AlreadyReported.into()) }
    }
}

fn verify(path: &Path, json: bool) -> Result<()> {
    // Loading checks the file. `verify` checks the loaded program.
    let program = program::load(path)?;
    program.verify()?;
    let shown = program::shown(path);
    let (inputs, instructions, outputs) =
        (program.inputs().len(), program.instructions().len(), program.outputs().len());
    let (good, of) =
        (style::GOOD, [plural(inputs, "input"), plural(instructions, "instruction"), plural(outputs, "output")]);
    let text = format!("{shown}: {good}sound{good:#}, {}", of.join(", "));
    let types = |types: &[rune::Type]| types.iter().map(ToString::to_string).collect::<Vec<_>>();
    let value = json!({
        "file": shown, "name": program.name(), "sound": true, "instructions": instructions,
        "inputs": types(program.input_types()), "outputs": types(&program.output_types()),
    });
    output::print_value(json, text, value)
}
