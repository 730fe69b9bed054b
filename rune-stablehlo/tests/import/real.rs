//! Tests of realistic JAX programs (`scripts/vectors stablehlo-real`). Imported programs must have JAX's results and
//! gradients.

use super::data::{Numbers, case, compare_within, elsewhere, file, results, texts};
use rune_ir::interpret::interpret;
use rune_ir::{Array, DType, Element, Program, Type, with_element};
use rune_stablehlo::{ImportError, import};
use rune_trace::ProgramExt;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Returns the greatest difference of results, as a fraction of the greatest one.
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
    let with_name = |e: &dyn std::fmt::Display| format!("{name}: {e}");
    let program = import(text).map_err(|e| match e {
        ImportError::Unsupported(all) => format!("{name}: REFUSED {}", all[0]),
        e @ (ImportError::Syntax { .. } | ImportError::Invalid { .. } | ImportError::NoOperation(_)) => with_name(&e),
    })?;
    program.verify().map_err(|e| with_name(&e))?;
    let found = interpret(&program, &model.case.inputs).map_err(|e| with_name(&e))?;
    compare_within(name, &found, &model.case.outputs, tolerance)?;
    let Some(expected) = &model.gradient else { return Ok(()) };
    let floats = model.case.inputs.iter().enumerate().filter(|(_, x)| x.dtype().is_float());
    let by: Vec<usize> = floats.map(|(i, _)| i).collect();
    let gradient = program.grad(&by, false).map_err(|e| with_name(&e))?;
    let found = interpret(&gradient, &model.case.inputs).map_err(|e| with_name(&e))?;
    compare_within(&format!("{name}, gradient"), &found, expected, |dtype| 4.0 * tolerance(dtype))
}

#[test]
fn real_programs_compute_what_jax_computes_and_have_its_gradients() {
    let models = models();
    let modules = texts(&file("real.mlir"));
    let wrong: Vec<String> =
        (modules.iter()).filter_map(|(name, text)| checked(name, text, &models[name]).err()).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), modules.len(), wrong.join("\n"));
    assert!(elsewhere().is_some() || modules.len() > 150, "{}", modules.len());
}

/// Tests programs of `scripts/jaxpr-to-rune`, which keeps derivative rules and stopped gradients.
#[test]
fn programs_from_jaxprs_have_the_gradients_of_jax() {
    let folder = std::env::var_os("RUNE_JAXPR").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/data/jaxpr"));
    let lines = std::fs::read_to_string(folder.join("losses.jsonl")).unwrap();
    let mut wrong = Vec::new();
    for line in lines.lines() {
        let row: Json = serde_json::from_str(line).unwrap();
        wrong.extend(from_jaxpr(&row).err());
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), lines.lines().count(), wrong.join("\n"));
    assert!(lines.lines().count() > 50, "{}", lines.lines().count());
}

fn from_jaxpr(row: &Json) -> Result<(), String> {
    let name = row["name"].as_str().unwrap();
    let with_name = |e: &dyn std::fmt::Display| format!("{name}: {e}");
    let program: Program = serde_json::from_value(row["program"].clone()).map_err(|e| with_name(&e))?;
    program.verify().map_err(|e| with_name(&e))?;
    let numbers = |key: &str| -> Vec<Numbers> {
        let number = |x: &Json| x.as_f64().unwrap_or_else(|| x.as_str().unwrap().parse().unwrap());
        let array = |x: &Json| {
            let ty: Type = x["type"].as_str().unwrap().parse().unwrap();
            (ty, x["data"].as_array().unwrap().iter().map(number).collect())
        };
        row[key].as_array().unwrap().iter().map(array).collect()
    };
    let arguments: Vec<Array> = (numbers("arguments").into_iter())
        .map(|(ty, data)| with_element!(ty.dtype, T => Array::from_fn::<T>(&ty.shape, |i| T::from_f64(data[i]))))
        .collect();
    let found = interpret(&program, &arguments).map_err(|e| with_name(&e))?;
    compare_within(name, &found, &numbers("value"), tolerance)?;
    let floats = arguments.iter().enumerate().filter(|(_, x)| x.dtype().is_float());
    let by: Vec<usize> = floats.map(|(i, _)| i).collect();
    let gradient = program.grad(&by, false).map_err(|e| with_name(&e))?;
    let found = interpret(&gradient, &arguments).map_err(|e| with_name(&e))?;
    compare_within(&format!("{name}, gradient"), &found, &numbers("gradient"), |dtype| 4.0 * tolerance(dtype))
}
