//! `rune-cli fmt`.

use crate::failure::{AlreadyReported, usage};
use crate::output::{Form, Output};
use crate::{output, program};
use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  rune-cli fmt f.json                     as text
  rune-cli fmt f.rune -o f.json           text to JSON
  rune-cli fmt f.json --to text --source  with the line of the source that each instruction comes from
  rune-cli fmt --check f.rune             whether the file is as this would write it";

/// Writes a program in the other form, text or JSON, or in the form given by --to
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Fmt {
    /// The program, JSON or text; - is the standard input
    program: PathBuf,
    #[command(flatten)]
    output: Output,
    /// Add the source location of each instruction to text
    #[arg(long)]
    source: bool,
    /// Write nothing; fail if the file is not formatted
    #[arg(long, conflicts_with_all = ["output", "to"])]
    check: bool,
}

impl Fmt {
    pub fn run(self, json: bool) -> Result<()> {
        self.output.check()?;
        let (program, is_json) = program::load_with_form(&self.program)?;
        if self.check {
            return self.compare(&program, is_json, json);
        }
        let by_name = match self.output.output.extension().and_then(|e| e.to_str()) {
            Some("json") => Some(Form::Json),
            Some("rune") => Some(Form::Text),
            _ => None,
        };
        let other = if is_json && !json { Form::Text } else { Form::Json };
        let form = self.output.to.or(by_name).unwrap_or(other);
        self.output.write_form(&program, form, self.source)
    }

    fn compare(&self, program: &rune::Program, is_json: bool, json: bool) -> Result<()> {
        if program::is_stdin(&self.program) {
            return Err(usage("fmt", "--check needs a file, not the standard input"));
        }
        let found = std::fs::read_to_string(&self.program)?;
        let same = match is_json {
            // A JSON program has its large constants either in a `.safetensors` file or inline.
            true => {
                let folder = temporary()?;
                let path = folder.join(self.program.file_name().unwrap_or_default());
                let written = program.save(&path).map(|()| std::fs::read_to_string(&path));
                let _ = std::fs::remove_dir_all(&folder);
                found == written?? || found == program.to_json()?
            }
            false => found == program.to_string() || found == format!("{program:#}"),
        };
        let shown = self.program.display();
        let verdict = if same { "is formatted" } else { "is not formatted" };
        output::print_value(
            json,
            format!("{shown} {verdict}"),
            json!({ "file": shown.to_string(), "formatted": same }),
        )?;
        if same { Ok(()) } else { Err(AlreadyReported.into()) }
    }
}

/// Creates a new private folder for temporary files.
fn temporary() -> Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("rune-fmt-{}", std::process::id()));
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create the folder {}", folder.display()))?;
    Ok(folder)
}
