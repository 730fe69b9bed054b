//! Programs of the kinds that people write in JAX (`scripts/make-stablehlo-real`): what is imported computes what JAX computes, and
//! has JAX's gradients.

use super::data::{Numbers, case, compare_within, elsewhere, file, results, texts};
use rune_ir::DType;
use rune_ir::interpret::interpret;
use rune_stablehlo::{ImportError, import};
use rune_trace::ProgramExt;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// How far results may be apart, as a part of the greatest.
fn tolerance(dtype: DType) -> f64 {
    match dtype.size() {
        2 if dtype == DType::BF16 => 2e-2,
        2 => 2e-3,
        4 => 5e-5,
        _ => 1e-11,
    }
}

struct Model {
    case: super::data::Case,
    gradient: Option<Vec<Numbers>>,
}

fn models() -> BTreeMap<String, Model> {
    let all: Vec<Json> = serde_json::from_str(&file("real.json")).unwrap();
    let model = |json: &Json| {
        let gradient = json.get("gradient").map(|_| results(json, "gradient"));
        let case = case(json);
        (case.name.clone(), Model { case, gradient })
    };
    all.iter().map(model).collect()
}

fn checked(name: &str, text: &str, model: &Model) -> Result<(), String> {
    let told = |e: &dyn std::fmt::Display| format!("{name}: {e}");
    let program = import(text).map_err(|e| match e {
        ImportError::Unsupported(all) => format!("{name}: REFUSED {}", all[0]),
        e => told(&e),
    })?;
    program.verify().map_err(|e| told(&e))?;
    let found = interpret(&program, &model.case.inputs).map_err(|e| told(&e))?;
    compare_within(name, &found, &model.case.outputs, tolerance)?;
    let Some(expected) = &model.gradient else { return Ok(()) };
    let floats = model.case.inputs.iter().enumerate().filter(|(_, x)| x.dtype().is_float());
    let by: Vec<usize> = floats.map(|(i, _)| i).collect();
    let gradient = program.grad(&by, false).map_err(|e| told(&e))?;
    let found = interpret(&gradient, &model.case.inputs).map_err(|e| told(&e))?;
    compare_within(&format!("{name}, gradient"), &found, expected, |dtype| 4.0 * tolerance(dtype))
}

#[test]
fn real_programs_compute_what_jax_computes_and_have_its_gradients() {
    let models = models();
    let modules = texts(&file("real.mlir"));
    let only = std::env::var("RUNE_ONLY").unwrap_or_default();
    let wrong: Vec<String> = (modules.iter().filter(|(name, _)| name.contains(&only)))
        .filter_map(|(name, text)| checked(name, text, &models[name]).err())
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), modules.len(), wrong.join("\n"));
    assert!(elsewhere().is_some() || modules.len() > 200, "{}", modules.len());
}
