//! Test data of the scripts about modules: inputs by formula, and results of JAX.

use rune_ir::{Array, DType, Element, Type, with_element};
use serde_json::Value as Json;
use std::path::PathBuf;

/// Another folder with files of the same names, and with more cases than the repository.
pub fn elsewhere() -> Option<PathBuf> {
    std::env::var_os("RUNE_STABLEHLO").map(PathBuf::from)
}

pub fn folder() -> PathBuf {
    elsewhere().unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/data/stablehlo"))
}

pub fn file(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
}

pub struct Case {
    pub name: String,
    pub inputs: Vec<Array>,
    pub outputs: Vec<Numbers>,
}

/// The type of a result, and its elements.
pub type Numbers = (Type, Vec<f64>);

pub fn cases() -> Vec<Case> {
    let all: Vec<Json> = serde_json::from_str(&file("cases.json")).unwrap();
    all.iter().map(case).collect()
}

pub fn case(json: &Json) -> Case {
    Case { name: json["name"].as_str().unwrap().to_owned(), inputs: inputs(json), outputs: results(json, "outputs") }
}

fn inputs(json: &Json) -> Vec<Array> {
    json["inputs"].as_array().unwrap().iter().enumerate().map(|(k, x)| input(k, x)).collect()
}

/// Returns the results with this name.
pub fn results(json: &Json, key: &str) -> Vec<Numbers> {
    let number = |x: &Json| x.as_f64().unwrap_or_else(|| x.as_str().unwrap().parse().unwrap());
    let output = |y: &Json| {
        let shape: Vec<usize> = y["shape"].as_array().unwrap().iter().map(|d| d.as_u64().unwrap() as usize).collect();
        let dtype: DType = y["type"].as_str().unwrap().parse().unwrap();
        (Type::new(dtype, shape), y["data"].as_array().unwrap().iter().map(number).collect())
    };
    json[key].as_array().unwrap().iter().map(output).collect()
}

/// Returns the modules of a file with many, each with its name.
pub fn texts(all: &str) -> Vec<(String, String)> {
    let named = |text: &str| (text.lines().next().unwrap().trim_start_matches("// ").to_owned(), text.to_owned());
    all.split("// -----\n").map(named).collect()
}

/// Returns an input by the formula of the script.
fn input(k: usize, json: &Json) -> Array {
    let ty: Type = json["type"].as_str().unwrap().parse().unwrap();
    let element = |i: usize| {
        let n = 37 * i + 101 * k + 11;
        match json["bound"].as_u64() {
            Some(bound) => (n as u64 % bound) as f64,
            None => ((n % 201) as f64 - 100.0) / 100.0 * json["scale"].as_f64().unwrap(),
        }
    };
    with_element!(ty.dtype, T => Array::from_fn::<T>(&ty.shape, |i| T::from_f64(element(i))))
}

/// The relative difference from JAX that another order of summation, or another polynomial, may cause.
const TOLERANCE: f64 = 2e-5;

pub fn compare(name: &str, found: &[Array], expected: &[Numbers]) -> Result<(), String> {
    compare_within(name, found, expected, |_| TOLERANCE)
}

/// Compares results. Floats may differ by a fraction of the greatest.
pub fn compare_within(
    name: &str,
    found: &[Array],
    expected: &[Numbers],
    tolerance: impl Fn(DType) -> f64,
) -> Result<(), String> {
    if found.len() != expected.len() {
        return Err(format!("{name}: {} results, and not {}", found.len(), expected.len()));
    }
    for (i, (y, (ty, numbers))) in found.iter().zip(expected).enumerate() {
        if y.ty() != ty {
            return Err(format!("{name}: result {i} is {}, and not {ty}", y.ty()));
        }
        let scale = numbers.iter().filter(|x| x.is_finite()).fold(1.0, |m: f64, x| m.max(x.abs()));
        for (at, (found, expected)) in y.to_f64_vec().into_iter().zip(numbers).enumerate() {
            let near = (found - expected).abs() <= tolerance(ty.dtype) * scale;
            let same = found == *expected || found.is_nan() && expected.is_nan();
            if !(same || ty.dtype.is_float() && near) {
                return Err(format!("{name}: result {i}, element {at}: {found}, and JAX gives {expected}"));
            }
        }
    }
    Ok(())
}
