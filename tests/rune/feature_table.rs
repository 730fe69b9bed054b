//! Tests that `FEATURES.md` is correct: each finished feature names tests, and the tests exist.

use std::path::Path;

#[derive(Debug)]
struct Row<'a> {
    feature: &'a str,
    state: &'a str,
    /// All texts of the form `file.rs::name`.
    tests: Vec<(&'a str, &'a str)>,
}

fn rows(text: &str) -> Vec<Row<'_>> {
    text.lines().filter_map(row).collect()
}

fn row(line: &str) -> Option<Row<'_>> {
    let cells: Vec<_> = line.trim().strip_prefix('|')?.strip_suffix('|')?.split('|').map(str::trim).collect();
    let [feature, _, state, _] = cells[..] else { panic!("not four cells: {line}") };
    let heading = feature == "feature" || feature.starts_with("---");
    let tests = line.split('`').skip(1).step_by(2).filter_map(|code| code.split_once(".rs::")).collect();
    (!heading).then_some(Row { feature, state, tests })
}

/// Returns whether `source` has a test with this name, or doctests.
fn is_tested(source: &str, name: &str) -> bool {
    if name == "doctest" {
        return source.lines().any(|line| ["/// ```", "//! ```"].contains(&line.trim()));
    }
    source.contains(&format!("fn {name}("))
}

#[test]
fn features_that_are_done_name_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("FEATURES.md")).unwrap();
    let rows = rows(&text);
    assert!(rows.len() > 60, "only {} rows are read", rows.len());
    let mut wrong = Vec::new();
    for row in &rows {
        let kinds = ["done", "partial", "absent"];
        if !kinds.iter().any(|kind| row.state.starts_with(kind)) {
            wrong.push(format!("{}: its state is {:?}", row.feature, row.state));
        }
        if !row.state.starts_with("absent") && row.tests.is_empty() {
            wrong.push(format!("{}: names no test", row.feature));
        }
        for (file, name) in &row.tests {
            match std::fs::read_to_string(root.join(format!("{file}.rs"))) {
                Ok(source) if is_tested(&source, name) => {}
                Ok(_) => wrong.push(format!("{}: {file}.rs has no {name}", row.feature)),
                Err(error) => wrong.push(format!("{}: {file}.rs: {error}", row.feature)),
            }
        }
    }
    assert!(wrong.is_empty(), "FEATURES.md is wrong:\n{}", wrong.join("\n"));
}
