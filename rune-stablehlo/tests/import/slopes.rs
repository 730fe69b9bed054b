//! Tests of functions to which JAX gives their own derivatives (`scripts/vectors stablehlo-slopes`). Import gives those
//! that it recognizes JAX's slopes, also at singular points, and warns of the others.

use super::data::{file, folder, texts};
use rune_ir::interpret::interpret;
use rune_ir::{Array, DType, Element, with_element};
use rune_stablehlo::{Options, import_with};
use rune_trace::ProgramExt;
use serde_json::Value as Json;
use std::collections::BTreeMap;

fn numbers(json: &Json) -> Vec<f64> {
    let number = |x: &Json| x.as_f64().unwrap_or_else(|| x.as_str().unwrap().parse().unwrap());
    json.as_array().unwrap().iter().map(number).collect()
}

/// Checks numbers that differ by rounding, as a fraction of the greatest.
fn check(what: &str, found: &Array, expected: &[f64], tolerance: f64) {
    let greatest = expected.iter().fold(0.0f64, |most, x| most.max(x.abs()));
    let found = with_element!(found.dtype(), T => found.as_slice::<T>().iter().map(|x| x.to_f64()).collect::<Vec<_>>());
    let near = |(x, y): (&f64, &f64)| (x - y).abs() <= tolerance * greatest;
    assert!(found.iter().zip(expected).all(near), "{what}: {found:?} for {expected:?}");
}

fn cases() -> Vec<Json> {
    serde_json::from_str(&file("slopes.json")).unwrap()
}

#[test]
fn recognized_functions_have_the_slopes_of_jax() {
    if !folder().join("slopes.json").exists() {
        return;
    }
    let modules: BTreeMap<String, String> = texts(&file("slopes.mlir")).into_iter().collect();
    let mut checked = 0;
    for case in cases().iter().filter(|case| case["name"].is_string()) {
        let name = case["name"].as_str().unwrap();
        let imported = import_with(&modules[name], &Options::default()).unwrap();
        assert!(imported.warnings.is_empty(), "{name}: {:?}", imported.warnings);
        let (dtype, tolerance) = if name.ends_with("64") { (DType::F64, 1e-13) } else { (DType::F32, 2e-5) };
        let at = numbers(&case["at"]);
        let x = with_element!(dtype, T => Array::from_fn([at.len()], |i| <T as Element>::from_f64(at[i])));
        let one = with_element!(dtype, T => Array::from_fn([at.len()], |_| <T as Element>::from_f64(1.0)));
        let moved = imported.program.jvp(&[0]).unwrap();
        let found = interpret(&moved, &[x, one]).unwrap();
        check(name, &found[0], &numbers(&case["value"]), tolerance);
        check(&format!("the slope of {name}"), &found[1], &numbers(&case["slope"]), tolerance);
        checked += 1;
    }
    assert_eq!(checked, 12);
}

#[test]
fn calls_of_functions_with_their_own_derivatives_give_a_warning() {
    if !folder().join("slopes.json").exists() {
        return;
    }
    let cases = cases();
    let calls = cases.iter().find_map(|case| case["calls"].as_array()).unwrap();
    for name in calls.iter().map(|name| name.as_str().unwrap()) {
        for number in ["", "_12"] {
            let text = format!(
                "module @m {{
                  func.func public @main(%a: tensor<f32>) -> tensor<f32> {{
                    %0 = call @{name}{number}(%a) : (tensor<f32>) -> tensor<f32>
                    return %0 : tensor<f32>
                  }}
                  func.func private @{name}{number}(%a: tensor<f32>) -> tensor<f32> {{
                    return %a : tensor<f32>
                  }}
                }}"
            );
            let imported = import_with(&text, &Options::default()).unwrap();
            let expected = format!("JAX has a derivative of its own for `{name}`");
            assert!(imported.warnings[0].message.starts_with(&expected), "{:?}", imported.warnings);
        }
    }
    assert_eq!(calls.len(), 13);
}
