//! What the fuzzers do with the bytes that they are given, one function for each.
//!
//! Whatever the bytes are, they are refused with an error or they work: a panic, an abort, ten seconds or a gibibyte is a finding.
//! `docs/fuzzing.md` says how to run them.

mod limit;
mod mutate;

pub use mutate::mutate;
pub use rune_testing::hostile::read as arrays;

use rune_ir::{Program, storage};
use rune_testing::exercise;
use std::collections::BTreeMap;

/// What parts the JSON of a program from the safetensors file beside it.
const ARRAYS_SEPARATOR: u8 = 0;

/// The JSON of a program; behind a zero byte, the bytes of the file of its arrays.
pub fn program_json(data: &[u8]) {
    let (json, beside) = match data.iter().position(|&b| b == ARRAYS_SEPARATOR) {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (data, &[][..]),
    };
    let Ok(text) = std::str::from_utf8(json) else { return };
    let arrays = if beside.is_empty() { BTreeMap::new() } else { storage::from_bytes(beside).unwrap_or_default() };
    match Program::from_json_with(text, &arrays) {
        Ok(program) => exercise(&program),
        Err(error) => drop(error.to_string()),
    }
}

/// The text of a program.
pub fn program_text(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Program::parse(text) {
        Ok(program) => exercise(&program),
        Err(error) => {
            // Its place is in the text, or the end of it.
            let line = text.lines().nth(error.line - 1).unwrap_or_default();
            assert!(error.column <= line.chars().count() + 1, "{error}");
            drop(error.to_string());
        }
    }
}

/// A module of StableHLO.
pub fn stablehlo(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match rune_stablehlo::import(text) {
        Ok(program) => exercise(&program),
        Err(error) => drop(error.to_string()),
    }
}
