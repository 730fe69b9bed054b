//! Records what a run of the suites covers, for `scripts/vectors coverage`: lines of JSON in the file that
//! `RUNE_COVERAGE` names.

use rune_ir::{DType, Program};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::{Mutex, PoisonError};

/// The engine that computes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Engine {
    Interpreter,
    Compiled,
}

impl Engine {
    fn name(self) -> &'static str {
        match self {
            Engine::Interpreter => "interpreter",
            Engine::Compiled => "compiled",
        }
    }
}

type Key = (&'static str, Engine, &'static str, DType);

/// The numbers of cases that passed and that failed.
static COUNTS: Mutex<BTreeMap<Key, (usize, usize)>> = Mutex::new(BTreeMap::new());

fn file() -> Option<std::path::PathBuf> {
    std::env::var_os("RUNE_COVERAGE").map(Into::into)
}

/// Whether cases are counted.
pub fn is_recorded() -> bool {
    file().is_some()
}

/// Counts a case of an operation under a transformation: `none`, or one of the names of `Transform`.
pub fn count(op: &'static str, engine: Engine, transform: &'static str, dtype: DType, passes: bool) {
    if file().is_none() {
        return;
    }
    let mut counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    let (passed, failed) = counts.entry((op, engine, transform, dtype)).or_default();
    *(if passes { passed } else { failed }) += 1;
}

/// Counts a case of each operation of a program that takes or returns complex numbers.
pub fn count_complex(program: &Program, engine: Engine, transform: &'static str, passes: bool) {
    let mut found = BTreeSet::new();
    for instruction in program.instructions() {
        let operands = instruction.op.operands().into_iter().copied();
        let dtypes = operands.chain(instruction.results()).map(|var| program.ty(var).dtype);
        found.extend(dtypes.filter(|dtype| dtype.is_complex()).map(|dtype| (instruction.op.name(), dtype)));
    }
    found.into_iter().for_each(|(op, dtype)| count(op, engine, transform, dtype, passes));
}

/// Appends the counts since the last call, and lines of other facts, to the file.
pub fn write(facts: &[serde_json::Value]) {
    let Some(file) = file() else { return };
    let counts = std::mem::take(&mut *COUNTS.lock().unwrap_or_else(PoisonError::into_inner));
    let mut lines: String = facts.iter().map(|fact| format!("{fact}\n")).collect();
    for ((op, engine, transform, dtype), (passed, failed)) in counts {
        let line = serde_json::json!({
            "op": op, "engine": engine.name(), "transform": transform, "dtype": dtype.name(), "passed": passed, "failed": failed,
        });
        lines += &format!("{line}\n");
    }
    // This is a single write, because several tests and processes may append to the file.
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&file).expect("RUNE_COVERAGE is a file");
    file.write_all(lines.as_bytes()).expect("RUNE_COVERAGE can be written");
}
