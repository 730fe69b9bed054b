//! Tests that JAX's names exist where `docs/names.md` says.

use std::collections::BTreeSet;
use std::path::Path;

/// Returns the names of public functions, types and variants in the sources below `folder`, including functions that
/// macros define.
fn names(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let source = std::fs::read_to_string(&path).unwrap();
            source.lines().for_each(|line| names_in(line, found));
        }
    }
}

fn names_in(line: &str, found: &mut BTreeSet<String>) {
    let word = |text: &str| -> String { text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect() };
    let text = line.trim_start();
    for prefix in ["pub fn ", "pub const fn ", "pub unsafe fn ", "pub struct ", "pub enum ", "pub trait ", "fn from"] {
        if let Some(name) = text.strip_prefix(prefix) {
            found.insert(if prefix == "fn from" { "from".to_owned() } else { word(name) });
        }
    }
    // A row of names from which a macro makes functions, or a variant.
    if line.starts_with("    ")
        && !line.starts_with("     ")
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.starts_with("pub ")
    {
        let row = text.split([':', '=', ',', '(', '{']).next().unwrap();
        found.extend(row.split(' ').map(word).filter(|name| !name.is_empty()));
    }
}

#[test]
fn names_of_jax_are_where_the_table_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut known = BTreeSet::new();
    for folder in ["rune-ir/src", "rune-trace/src", "rune-nn/src", "src"] {
        names(&root.join(folder), &mut known);
    }
    // This name belongs to a trait of the standard library.
    known.insert("to_string".to_owned());
    let table = std::fs::read_to_string(root.join("docs/names.md")).unwrap();
    let (mut count, mut wrong) = (0, Vec::new());
    for line in table.lines().filter(|line| line.starts_with("| `jax.")) {
        let [name, path] = line.split('`').skip(1).step_by(2).collect::<Vec<_>>()[..] else { panic!("{line}") };
        let last = path.rsplit("::").next().unwrap();
        if !known.contains(last) {
            wrong.push(format!("{name} is said to be {path}"));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{} names are not there:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 600, "{count}");
}

#[test]
fn names_that_are_not_there_are_found() {
    let mut known = BTreeSet::new();
    for line in [
        "    pub fn clip(&self) {",
        "pub fn gone<T>(x: T) {",
        "    sum sum_axes: |x| x;",
        "    Linear,",
        "        inner: 3,",
    ] {
        names_in(line, &mut known);
    }
    assert_eq!(known.iter().map(String::as_str).collect::<Vec<_>>(), ["Linear", "clip", "gone", "sum", "sum_axes"]);
}

/// A fuzzer rarely writes an operation that is not in its dictionary.
#[test]
fn the_dictionary_of_the_fuzzer_has_the_operations_that_import_knows() {
    fn operations(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                operations(&path, found);
            } else {
                let source = std::fs::read_to_string(&path).unwrap();
                let quoted = source.split('"').skip(1).step_by(2);
                let is_operation = |name: &&str| {
                    let Some((dialect, rest)) = name.split_once('.') else { return false };
                    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
                    ["chlo", "stablehlo"].contains(&dialect) && !rest.is_empty() && rest.bytes().all(plain)
                };
                found.extend(quoted.filter(is_operation).map(str::to_owned));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut known = BTreeSet::new();
    operations(&root.join("rune-stablehlo/src/convert"), &mut known);
    let dictionary = std::fs::read_to_string(root.join("fuzz/dictionaries/stablehlo.dict")).unwrap();
    let words: BTreeSet<&str> = dictionary.lines().map(|line| line.trim_matches('"')).collect();
    let missing: Vec<&String> = known.iter().filter(|name| !words.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "fuzz/dictionaries/stablehlo.dict lacks {missing:?}");
    assert!(known.len() > 80, "{}", known.len());
}
