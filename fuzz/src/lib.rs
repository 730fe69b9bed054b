//! What the fuzzers do with the bytes that they are given, one function for each.
//!
//! Whatever the bytes are, they are refused with an error or they work: a panic, an abort, ten seconds or a gibibyte is a finding.
//! `docs/fuzzing.md` says how to run them.

// So that modules of the command line are read as they are there, and MLIR is not linked.
extern crate rune_trace as rune;

mod limit;
mod mutate;

/// The importer of StableHLO, which needs nothing of MLIR, without the rest of its crate.
#[path = "../../rune-lower/src/import/mod.rs"]
#[allow(dead_code, unused_imports)]
mod import;
/// What the command line reads its inputs from.
#[path = "../../rune-cli/src/hostile.rs"]
mod hostile;
#[path = "../../rune-cli/src/input.rs"]
#[allow(dead_code)]
mod input;
#[path = "../../rune-cli/src/npy.rs"]
pub mod npy;
#[path = "../../rune-cli/src/npz.rs"]
pub mod npz;
#[path = "../../rune-cli/src/units.rs"]
#[allow(dead_code)]
mod units;

pub use hostile::read as arrays;
pub use mutate::mutate;

use rune::storage;
use rune_testing::exercise;
use rune::Program;
use std::collections::BTreeMap;

/// What parts the JSON of a program from the safetensors file beside it.
const BESIDE: u8 = 0;

/// The JSON of a program; behind a zero byte, the bytes of the file of its arrays.
pub fn program_json(data: &[u8]) {
    let (json, beside) = match data.iter().position(|&b| b == BESIDE) {
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
    match import::import(text) {
        Ok(program) => exercise(&program),
        Err(error) => drop(error.to_string()),
    }
}
