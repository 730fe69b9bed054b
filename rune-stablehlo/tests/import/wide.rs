//! Tests of many JAX functions (`scripts/vectors stablehlo-wide`). Imported functions must have JAX's results. The
//! documentation lists the refused ones, with the reasons.

use super::data::{case, compare_within, elsewhere, file, texts};
use rune_ir::DType;
use rune_ir::interpret::interpret;
use rune_stablehlo::{ImportError, import};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Returns the greatest difference of results, as a fraction of the greatest one. Some functions are long sums of small
/// and large numbers.
fn tolerance(dtype: DType) -> f64 {
    match dtype.size() {
        2 if dtype == DType::BF16 => 2e-2,
        2 => 2e-3,
        _ => 2e-5,
    }
}

/// The refused operations, each with the reason and the functions that contain it.
type Refused = BTreeMap<(String, String), BTreeSet<String>>;

fn all() -> (Vec<String>, Refused, usize) {
    let cases: Vec<Json> = serde_json::from_str(&file("wide.json")).unwrap();
    let cases: BTreeMap<String, _> = cases.iter().map(case).map(|c| (c.name.clone(), c)).collect();
    let (mut wrong, mut refused, mut imported) = (Vec::new(), Refused::new(), 0);
    for (name, text) in texts(&file("wide.mlir")) {
        let program = match import(&text) {
            Ok(program) => program,
            Err(ImportError::Unsupported(all)) => {
                for refusal in all {
                    refused.entry((refusal.op, refusal.reason)).or_default().insert(name.clone());
                }
                continue;
            }
            Err(error) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        imported += 1;
        let case = &cases[&name];
        let found = program.verify().map_err(|e| e.to_string());
        let found = found.and_then(|()| interpret(&program, &case.inputs).map_err(|e| e.to_string()));
        wrong.extend(found.and_then(|found| compare_within(&name, &found, &case.outputs, tolerance)).err());
    }
    (wrong, refused, imported)
}

/// Returns a reason without its types, which depend on the module.
fn general(reason: &str) -> String {
    match (reason.find("tensor<"), reason.find(';')) {
        (Some(from), Some(to)) => format!("{}…{}", &reason[..from], &reason[to..]),
        _ => reason.to_owned(),
    }
}

fn table(refused: &Refused) -> String {
    let mut rows = Refused::new();
    for ((op, reason), names) in refused {
        rows.entry((op.clone(), general(reason))).or_default().extend(names.iter().cloned());
    }
    let row = |((op, reason), names): (&(String, String), &BTreeSet<String>)| {
        let names: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
        format!("| `{op}` | {} | {} |\n", reason.replace('|', "\\|"), names.join(", "))
    };
    format!("| operation | reason | functions of JAX |\n|---|---|---|\n{}", rows.iter().map(row).collect::<String>())
}

/// `RUNE_BLESS=1` rewrites the table in the documentation.
#[test]
fn functions_of_jax_are_imported_or_their_refusal_is_documented() {
    let (wrong, refused, imported) = all();
    assert!(wrong.is_empty(), "{} of {imported} wrong:\n{}", wrong.len(), wrong.join("\n"));
    let table = table(&refused);
    if elsewhere().is_some() {
        println!("{imported} modules imported\n{table}");
        return;
    }
    assert!(imported > 500, "{imported}");
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/stablehlo.md");
    let doc = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = doc.split_once("<!-- refused -->\n").unwrap();
    let (written, after) = rest.split_once("<!-- end -->\n").unwrap();
    if std::env::var_os("RUNE_BLESS").is_some() {
        std::fs::write(&path, format!("{before}<!-- refused -->\n{table}<!-- end -->\n{after}")).unwrap();
    } else {
        assert_eq!(written, table, "RUNE_BLESS=1 writes it anew");
    }
}
