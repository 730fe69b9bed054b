//! `rune-cli import`.

use crate::failure::InFile;
use crate::output::Output;
use crate::{program, progress};
use anyhow::{Result, anyhow};
use clap::Args;
use rune::stablehlo::{self, ImportError, Options};
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  rune-cli import loss.mlir -o loss.json
  rune-cli import quantized.mlir --stop-gradient 14 --stop-gradient @target -o loss.json
  rune-cli import loss.mlir | rune-cli grad - | rune-cli compile - -o gradient.vmfb

In Python: open(\"loss.mlir\", \"w\").write(jax.jit(loss).lower(x).as_text())";

/// Converts StableHLO text, as JAX exports it, to a program
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Import {
    /// The StableHLO text; - is the standard input
    model: PathBuf,
    /// Stops gradients at an operation, like `jax.lax.stop_gradient` of its results, which the text does not record:
    /// LINE or LINE:COLUMN of the operation in the text, or @NAME for the calls of a function; can be given several
    /// times
    #[arg(long, value_name = "OP")]
    stop_gradient: Vec<String>,
    #[command(flatten)]
    output: Output,
}

impl Import {
    pub fn run(self, json: bool) -> Result<()> {
        self.output.check()?;
        let (file, text) = (program::shown(&self.model), program::read(&self.model)?);
        let options = self.stop_gradient.into_iter().fold(Options::default(), Options::stop_gradient);
        let imported =
            progress::with_progress(&format!("importing {file}"), |_| stablehlo::import_with(&text, &options))
                .map_err(|error| import_error(&file, &text, error))?;
        for warning in &imported.warnings {
            eprintln!("warning: {file}:{warning}");
        }
        self.output.write(&imported.program, json)
    }
}

fn import_error(file: &str, text: &str, error: ImportError) -> anyhow::Error {
    let at = |line, column, message| InFile::at_line(file, text, line, column, message).into();
    match error {
        ImportError::Syntax { line, column, problem } => at(line, column, problem),
        ImportError::Invalid { line, column, op, problem } => at(line, column, format!("`{op}`: {problem}")),
        error @ ImportError::NoOperation(_) => anyhow!("{file}: {error}"),
        ImportError::Unsupported(refusals) => match refusals.as_slice() {
            [one] => at(one.line, one.column, format!("`{}` {}", one.op, one.reason)),
            several => {
                let lines: String = several.iter().map(|refusal| format!("\n  {file}:{refusal}")).collect();
                anyhow!("{file}: {} operations cannot be imported:{lines}", several.len())
            }
        },
    }
}
