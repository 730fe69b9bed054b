//! `docs/coverage.md` has a row for every operation, and no other rows.

use rune_trace::op::Op;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Returns the first cell of each row of the tables of operations, with the number of cells. A heading marks the start
/// of the tables.
fn rows(text: &str) -> Vec<(&str, usize)> {
    let tables = text.split("\n## ").skip(1).take_while(|section| !section.starts_with("Left out"));
    let lines = tables.flat_map(str::lines).filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    lines.map(|(op, rest)| (op, rest.matches('|').count())).collect()
}

#[test]
fn every_operation_has_a_row() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/coverage.md");
    let text = std::fs::read_to_string(path).expect("scripts/vectors coverage writes it");
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for (op, cells) in rows(&text) {
        *found.entry(op).or_default() += 1;
        assert!(cells == 10 || cells == 1, "`{op}` has {cells} cells");
    }
    let names: BTreeSet<&str> = Op::<usize>::names().into_iter().collect();
    let missing: Vec<_> = names.iter().filter(|name| !found.contains_key(*name)).collect();
    let unknown: Vec<_> = found.keys().filter(|name| !names.contains(*name)).collect();
    let twice: Vec<_> = found.iter().filter(|(_, n)| **n > 1).collect();
    assert!(
        missing.is_empty() && unknown.is_empty() && twice.is_empty(),
        "run scripts/vectors coverage: {missing:?} have no row, {unknown:?} are no operations, {twice:?} have several"
    );
}

/// Every cell without cases must be listed as a gap.
#[test]
fn gaps_are_named() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/coverage.md");
    let text = std::fs::read_to_string(path).expect("scripts/vectors coverage writes it");
    let (tables, gaps) = text.split_once("\n## Gaps\n").expect("there is a section of gaps");
    let mut header: Vec<&str> = Vec::new();
    for line in tables.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        match cells.get(1) {
            Some(&"operation") => header = cells,
            Some(op) if op.starts_with('`') => {
                for (column, _) in header.iter().zip(&cells).filter(|(_, cell)| cell.starts_with('—')) {
                    let is_listed = gaps.lines().any(|l| l.starts_with(&format!("| {column} |")) && l.contains(op));
                    assert!(is_listed, "that {op} has no cases of `{column}` is not among the gaps");
                }
            }
            _ => {}
        }
    }
}
