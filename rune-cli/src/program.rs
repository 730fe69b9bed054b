//! Programs in files.

use anyhow::{Context, Result, anyhow, bail};
use rune::Program;
use rune::program::{LoadError, ParseError};
use std::io::Read;
use std::path::Path;

/// How every .vmfb begins.
const MODULE: &[u8] = b"PK\x03\x04";

pub fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Whether a file is a compiled module, by its ending or by how it begins.
pub fn is_module(path: &Path) -> bool {
    let begins = || {
        let mut start = [0; MODULE.len()];
        let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start));
        read.is_ok() && start == MODULE
    };
    !is_stdin(path) && (path.extension().is_some_and(|e| e == "vmfb") || begins())
}

/// The program in a file, JSON or text.
pub fn load(path: &Path) -> Result<Program> {
    if is_stdin(path) {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("cannot read the standard input")?;
        if !is_json(&text) {
            return text.parse().map_err(|e| parse_error("<stdin>", &e));
        }
        return serde_json::from_str(&text).map_err(|e| json_error("<stdin>", &e));
    }
    if is_module(path) {
        bail!("{} is a compiled module, and a program is needed", path.display());
    }
    let bytes = std::fs::read(path).map_err(|e| anyhow!("cannot read {}: {e}", path.display()))?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| anyhow!("{} is not a program: it is neither JSON nor text", path.display()))?;
    if !is_json(text) {
        return text.parse().map_err(|e| parse_error(&path.display().to_string(), &e));
    }
    Program::load(path).map_err(|error| match &error {
        LoadError::Json { path, source } => json_error(&path.display().to_string(), source),
        LoadError::Storage(_) | LoadError::Document { .. } => anyhow!("{error}"),
    })
}

fn is_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

fn parse_error(file: &str, error: &ParseError) -> anyhow::Error {
    anyhow!("{file}:{}:{}: {}", error.line, error.column, error.problem)
}

fn json_error(file: &str, error: &serde_json::Error) -> anyhow::Error {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let reason = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text);
    match line {
        0 => anyhow!("{file} is not a program: {reason}"),
        _ => anyhow!("{file}:{line}:{column}: {reason}"),
    }
}
