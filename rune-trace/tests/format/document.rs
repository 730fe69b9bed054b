//! The table of operations in `docs/program-format.md`.

use super::{docs, signatures};
use std::collections::BTreeMap;

/// The rows of the tables of operations: names, operands, attributes and sub-programs, as written.
fn rows() -> Vec<[Vec<String>; 4]> {
    let text = std::fs::read_to_string(docs("program-format.md")).unwrap();
    let mut rows = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if !line.starts_with('|') {
            inside = false;
        }
        if inside && !line.starts_with("|-") {
            let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
            assert_eq!(cells.len(), 5, "{line}");
            rows.push([0, 1, 2, 3].map(|i| marked(cells[i])));
        }
        if line == "| operation | operands | attributes | sub-programs | |" {
            inside = true;
        }
    }
    rows
}

/// What stands between backticks.
fn marked(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_document_tells_of_every_operation() {
    let mut told: BTreeMap<String, [Vec<String>; 3]> = BTreeMap::new();
    for [names, operands, attributes, programs] in rows() {
        for name in names {
            let parts = [operands.clone(), attributes.clone(), programs.clone()];
            assert!(told.insert(name.clone(), parts).is_none(), "`{name}` is told of twice");
        }
    }
    let mut wrong = Vec::new();
    for signature in signatures() {
        let parts = |parts: &[(&str, bool)]| -> Vec<String> {
            parts.iter().map(|(name, many)| format!("{name}{}", if *many { "…" } else { "" })).collect()
        };
        let attributes: Vec<String> = signature.attributes.iter().map(|(name, _)| (*name).to_owned()).collect();
        let is = [parts(&signature.operands), attributes, parts(&signature.programs)];
        for name in &signature.names {
            match told.remove(*name) {
                None => wrong.push(format!("`{name}` is not told of; it has {is:?}")),
                Some(said) if said != is => wrong.push(format!("`{name}` has {is:?}, and is said to have {said:?}")),
                Some(_) => {}
            }
        }
    }
    wrong.extend(told.keys().map(|name| format!("`{name}` is no operation")));
    assert!(wrong.is_empty(), "docs/program-format.md:\n{}", wrong.join("\n"));
}
