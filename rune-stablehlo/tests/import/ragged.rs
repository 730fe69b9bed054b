//! Tests of dot products of groups (`scripts/vectors stablehlo-ragged`), as operations of CHLO and as composites.

use super::data::{case, compare_within, file, texts};
use rune_ir::interpret::interpret;
use rune_stablehlo::{ImportError, import};
use serde_json::Value as Json;
use std::collections::BTreeMap;

#[test]
fn dot_products_of_groups_compute_what_jax_computes() {
    let cases: Vec<Json> = serde_json::from_str(&file("ragged.json")).unwrap();
    let cases: BTreeMap<String, _> = cases.iter().map(case).map(|c| (c.name.clone(), c)).collect();
    let modules = texts(&file("ragged.mlir"));
    assert_eq!(modules.len(), 11);
    for (name, text) in modules {
        let program = import(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        program.verify().unwrap();
        let found = interpret(&program, &cases[&name].inputs).unwrap();
        compare_within(&name, &found, &cases[&name].outputs, |_| 1e-6).unwrap();
    }
}

#[test]
fn axes_that_do_not_fit_are_refused() {
    let text = file("ragged.mlir");
    let (_, rows) = texts(&text).into_iter().find(|(name, _)| name == "rows.operation").unwrap();
    for (from, to, problem) in [
        ("lhs_ragged_dimensions = [0]", "lhs_ragged_dimensions = [2]", "axes out of range or twice"),
        ("lhs_ragged_dimensions = [0]", "lhs_ragged_dimensions = [0, 1]", "needs one ragged axis"),
        ("rhs_group_dimensions = [0]", "rhs_group_dimensions = [1]", "axes out of range or twice"),
        (", rhs_group_dimensions = [0]", "", "needs an axis of 3 groups"),
        ("rhs_contracting_dimensions = [1]", "rhs_contracting_dimensions = [2]", "whose sizes differ"),
    ] {
        assert!(rows.contains(from), "{rows}");
        let error = import(&rows.replace(from, to)).unwrap_err();
        assert!(matches!(error, ImportError::Invalid { .. }), "{error}");
        assert!(error.to_string().contains(problem), "{error}");
    }
}
