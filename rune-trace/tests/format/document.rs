//! The table of operations in `docs/program-format.md`.

use super::{docs, signatures};
use rune_trace::interpret::interpret;
use rune_trace::{Array, Program};
use std::collections::BTreeMap;

/// Returns the rows of the tables of operations: names, operands, attributes and sub-programs, as written.
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
            rows.push([0, 1, 2, 3].map(|i| code_spans(cells[i])));
        }
        if line == "| operation | operands | attributes | sub-programs | |" {
            inside = true;
        }
    }
    rows
}

/// Returns the texts between backticks.
fn code_spans(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_document_tells_of_every_operation() {
    let mut documented: BTreeMap<String, [Vec<String>; 3]> = BTreeMap::new();
    for [names, operands, attributes, programs] in rows() {
        for name in names {
            let parts = [operands.clone(), attributes.clone(), programs.clone()];
            assert!(documented.insert(name.clone(), parts).is_none(), "`{name}` is documented twice");
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
            match documented.remove(*name) {
                None => wrong.push(format!("`{name}` is not documented; it has {is:?}")),
                Some(documented) if documented != is => {
                    wrong.push(format!("`{name}` has {is:?}, and is said to have {documented:?}"))
                }
                Some(_) => {}
            }
        }
    }
    wrong.extend(documented.keys().map(|name| format!("`{name}` is no operation")));
    assert!(wrong.is_empty(), "docs/program-format.md:\n{}", wrong.join("\n"));
}

/// Returns the code blocks of a language.
fn blocks(language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(docs("program-format.md")).unwrap();
    let start = format!("```{language}\n");
    text.split(&start).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn the_programs_in_the_document_run() {
    let [json] = &blocks("json")[..] else { panic!("one block of JSON") };
    let program: Program = serde_json::from_str(json).unwrap();
    let x = Array::from_slice([2, 3], &[1.0f32, 2.0, 3.0, 4.0, 5.0, 0.0]);
    assert!(interpret(&program, &[x]).unwrap()[0].as_slice::<f32>()[0].is_nan());
    let x = Array::from_slice([2, 3], &[1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert_eq!(interpret(&program, &[x]).unwrap()[0].as_slice::<f32>(), [f32::NEG_INFINITY]);
    let [text] = &blocks("text")[..] else { panic!("one program as text") };
    let program: Program = text.parse().unwrap();
    assert_eq!(program.to_string(), *text);
    let norm = interpret(&program, &[Array::from_slice([3], &[1.0f32, 2.0, 2.0])]).unwrap();
    assert_eq!(norm[0].as_slice::<f32>(), [3.0]);
}
