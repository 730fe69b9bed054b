//! Destinations of programs and reports.

use crate::{interrupt, program, style};
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use rune::ir::program::{INLINE, SaveError};
use rune::{Program, Value, storage};
use serde_json::Value as Json;
use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

/// The form of a written program.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    Json,
    Text,
}

/// The destination of a program.
#[derive(Args)]
pub struct Output {
    /// The file for the program: JSON, or text if OUT ends in .rune; - is the standard output
    #[arg(short, long, value_name = "OUT", default_value = "-")]
    pub output: PathBuf,
    /// The form to write [default: by the extension of OUT; without OUT, text on a terminal and JSON in a pipe]
    #[arg(long, value_enum, value_name = "FORM")]
    pub to: Option<Form>,
}

impl Output {
    /// Rejects impossible destinations before the work.
    pub fn check(&self) -> Result<()> {
        check_folder(&self.output)
    }
    pub fn write(&self, program: &Program, json: bool) -> Result<()> {
        self.write_form(program, self.form(json), false)
    }
    fn form(&self, json: bool) -> Form {
        let text = match program::is_stdin(&self.output) {
            true => !json && std::io::stdout().is_terminal(),
            false => self.output.extension().is_some_and(|e| e == "rune"),
        };
        self.to.unwrap_or(if text { Form::Text } else { Form::Json })
    }
    /// Writes a program in this form. If `source`, text includes source lines.
    pub fn write_form(&self, program: &Program, form: Form, source: bool) -> Result<()> {
        let text = match form {
            Form::Json if !program::is_stdin(&self.output) => return save(program, &self.output),
            Form::Json => program.to_json()?,
            Form::Text if source => format!("{program:#}"),
            Form::Text => program.to_string(),
        };
        if program::is_stdin(&self.output) {
            let styled = if form == Form::Text { style::program(&text) } else { text };
            return Ok(anstream::stdout().write_all(styled.as_bytes())?);
        }
        if let Some(i) = program.constants().iter().position(|c| c.ty().size() > INLINE) {
            let ty = program.constants()[i].ty();
            bail!(
                "constant c{i}, of type {ty}, is too large for text, which could not be parsed; write JSON, such as OUT.json"
            );
        }
        write_file(&self.output, text.as_bytes())
    }
}

fn save(program: &Program, path: &Path) -> Result<()> {
    program.save(path).map_err(|error| match error {
        SaveError::Storage(e) => anyhow::Error::new(e).context(format!("cannot write {}", path.display())),
        SaveError::Extension(_) | SaveError::Device(_) | SaveError::Callback { .. } => error.into(),
    })
}

/// Writes a file atomically: an older file is replaced completely or not at all.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    storage::replace(path, |temporary| std::fs::write(temporary, bytes))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Checks that the folder of a file exists.
pub fn check_folder(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !program::is_stdin(path) && !folder.is_dir() {
        bail!("cannot write {}: there is no folder {}", path.display(), folder.display());
    }
    if path.is_dir() {
        bail!("cannot write {}: it is a folder", path.display());
    }
    if !program::is_stdin(path) {
        interrupt::writes_to(folder);
    }
    Ok(())
}

/// Reports a result as text or as JSON.
pub fn print_value(json: bool, text: impl Display, value: Json) -> Result<()> {
    let mut out = anstream::stdout();
    Ok(if json { writeln!(out, "{value}") } else { writeln!(out, "{text}") }?)
}

pub fn to_host(value: &Value) -> Result<rune::Array> {
    value.to_host().map_err(anyhow::Error::msg)
}
