//! Programs in files.

use crate::failure::InFile;
use crate::progress;
use anyhow::{Context, Result, anyhow, bail};
use rune::Program;
use rune::ir::program::{DocumentError, JsonError, LoadError, ParseError};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

/// The first bytes of every .vmfb.
const MODULE: &[u8] = b"PK\x03\x04";

pub fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Returns a file's name in messages.
pub fn shown(path: &Path) -> String {
    if is_stdin(path) { "<stdin>".to_owned() } else { path.display().to_string() }
}

/// Returns whether a file is a compiled module, by its extension or its first bytes.
pub fn is_module(path: &Path) -> bool {
    let begins = || {
        let mut start = [0; MODULE.len()];
        let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start));
        read.is_ok() && start == MODULE
    };
    !is_stdin(path) && (path.extension().is_some_and(|e| e == "vmfb") || begins())
}

/// Loads a program from a file, JSON or text.
pub fn load(path: &Path) -> Result<Program> {
    Ok(load_with_form(path)?.0)
}

/// Loads a program from a file, and returns whether the file is JSON.
pub fn load_with_form(path: &Path) -> Result<(Program, bool)> {
    if is_module(path) {
        bail!("{} is a compiled module, not a program", path.display());
    }
    let file = shown(path);
    progress::with_progress(&format!("reading {file}"), |_| parse(path, file))
}

fn parse(path: &Path, file: String) -> Result<(Program, bool)> {
    let text = read(path)?;
    if !text.trim_start().starts_with('{') {
        return Ok((text.parse().map_err(|e| parse_error(&file, &text, e))?, false));
    }
    let program = match is_stdin(path) {
        true => Program::from_json(&text).map_err(|error| match error {
            JsonError::Json(e) => json_error(&file, &text, &e),
            JsonError::Document(e) => document_error(&file, &text, &e),
        })?,
        false => Program::load(path).map_err(|error| match error {
            LoadError::Json { source, .. } => json_error(&file, &text, &source),
            LoadError::Document { source, .. } => document_error(&file, &text, &source),
            LoadError::Storage(e) => anyhow!("{file} needs the arrays of its constants: {e}"),
        })?,
    };
    Ok((program, true))
}

/// Reads the text of a file.
pub fn read(path: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    if is_stdin(path) {
        std::io::stdin().read_to_end(&mut bytes).context("cannot read the standard input")?;
    } else {
        bytes = std::fs::read(path).map_err(|e| anyhow!("cannot read {}: {e}", path.display()))?;
    }
    String::from_utf8(bytes).map_err(|_| anyhow!("{} is not a program: it is neither JSON nor text", shown(path)))
}

fn parse_error(file: &str, text: &str, error: ParseError) -> InFile {
    InFile::at_line(file, text, error.line, error.column, error.problem.to_string())
}

fn json_error(file: &str, text: &str, error: &serde_json::Error) -> anyhow::Error {
    let (line, column) = (error.line(), error.column());
    let message = error.to_string();
    let reason = message.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&message);
    match line {
        0 => anyhow!("{file} is not a program: {reason}"),
        // The columns of serde_json count bytes, and the column after the end of a line is 0.
        _ => {
            let before = text.lines().nth(line - 1).unwrap_or_default().as_bytes();
            let characters =
                String::from_utf8_lossy(&before[..column.saturating_sub(1).min(before.len())]).chars().count();
            InFile::at_line(file, text, line, characters + 1, reason.to_owned()).into()
        }
    }
}

fn document_error(file: &str, text: &str, error: &DocumentError) -> anyhow::Error {
    match find(text, &error.pointer) {
        Some(byte) => InFile::at(file, text, byte, error.to_string()).into(),
        None => anyhow!("{file} is not a program: {error}"),
    }
}

/// Returns the position in a JSON text of the value that a JSON pointer refers to.
fn find(text: &str, pointer: &str) -> Option<usize> {
    let mut here: &RawValue = serde_json::from_str(text).ok()?;
    for part in pointer.split('/').skip(1) {
        here = if here.get().starts_with('[') {
            *serde_json::from_str::<Vec<&RawValue>>(here.get()).ok()?.get(part.parse::<usize>().ok()?)?
        } else {
            *serde_json::from_str::<HashMap<Cow<'_, str>, &RawValue>>(here.get()).ok()?.get(part)?
        };
    }
    (here.get().as_ptr() as usize).checked_sub(text.as_ptr() as usize)
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn pointers_are_followed() {
        let text = r#" { "a": [1, {"b": [10, 20]}], "c": 3 }"#;
        let at = |pointer: &str| find(text, pointer).map(|i| &text[i..]);
        assert_eq!(at("/a/1/b/1"), Some("20]}], \"c\": 3 }"));
        assert_eq!(at("/c"), Some("3 }"));
        assert_eq!(at(""), Some(text.trim_start()));
        assert_eq!(at("/a/2"), None);
    }
}
