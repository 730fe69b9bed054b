//! Compares every operation under every transformation, compiled by IREE, with the interpreter.

use super::batch::{self, Code, Function};
use rune_testing::coverage::{self, Engine};
use rune_testing::tolerance;
use rune_testing::transforms::{Transform, Transformed, transformed};
use rune_testing::vectors::{self, Case};
use rune_trace::interpret::interpret;
use rune_trace::{Array, DType, Element, Program, with_element};
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

struct Tested {
    title: String,
    op: &'static str,
    dtype: DType,
    least_precise: Option<DType>,
    one: Transformed,
    function: Function,
}

const NOT_COMPILED: &str = "Second derivatives of f16 and bf16 are never compiled: IREE keeps f32 values inside fused code, the interpreter \
                            rounds at each instruction, and too few bits remain to compare.";

/// Returns whether a transformation of a case is compiled. With `RUNE_TEST_ALL=1`, all are (many minutes). Otherwise
/// each transformation of each operation is compiled once, with a nonempty shape. Second derivatives of half-precision
/// types are never compiled: IREE keeps f32 in fused code, but the interpreter rounds at each instruction. After a
/// dozen roundings to 8 bits, too little is left to compare.
fn is_wanted(case: &Case, one: &Transformed, taken: &mut HashSet<String>) -> bool {
    let second = matches!(one.transform, Transform::JvpGrad | Transform::GradGrad);
    if second && case.least_precise().is_some_and(DType::is_reduced_float) {
        return false;
    }
    // A sample of floats of 8 bits would show little.
    if std::env::var_os("RUNE_TEST_ALL").is_none() && case.least_precise().is_some_and(DType::is_float8) {
        return false;
    }
    let elements = one.expected.iter().any(|y| y.ty().size() > 0);
    // Each mode of a scatter counts as an operation.
    let mode = case.op.attributes().into_iter().find(|(name, _)| *name == "mode");
    let key = format!("{} {} {mode:?}", case.name(), one.transform.name());
    std::env::var_os("RUNE_TEST_ALL").is_some() || elements && taken.insert(key)
}

fn count_coverage(op: &'static str, dtype: DType, one: &Transformed, passes: bool) {
    if one.expected.iter().any(|y| y.ty().size() > 0) {
        coverage::count(op, Engine::Compiled, one.transform.name(), dtype, passes);
    }
}

fn check(tested: &Tested, code: Result<Code, String>) -> Vec<String> {
    let failures = failures(tested, code);
    count_coverage(tested.op, tested.dtype, &tested.one, failures.is_empty());
    failures
}

/// Returns the results of a program of halves whose operations compute in `f32`, as those of fused code do. Only the
/// results are rounded.
fn rounded_once(program: &Program, inputs: &[Array]) -> Option<Vec<Array>> {
    let of = |x: &Array, dtype: DType| {
        let shape = x.shape().to_vec();
        with_element!(dtype, T => {
            Array::from_vec(shape, x.to_f64_vec().into_iter().map(<T as Element>::from_f64).collect())
        })
    };
    let wide: Program = program.to_string().replace("bf16", "f32").replace("f16", "f32").parse().ok()?;
    let inputs: Vec<Array> = inputs.iter().zip(wide.input_types()).map(|(x, ty)| of(x, ty.dtype)).collect();
    let results = interpret(&wide, &inputs).ok()?;
    Some(results.iter().zip(program.output_types()).map(|(y, ty)| of(y, ty.dtype)).collect())
}

fn failures(tested: &Tested, code: Result<Code, String>) -> Vec<String> {
    let name = format!("{} of {}", tested.one, tested.title);
    let found = match code.and_then(|code| batch::call(&code, &tested.one.inputs)) {
        Ok(found) => found,
        Err(e) => return vec![format!("{name}: {e}")],
    };
    let expected = interpret(&tested.one.program, &tested.one.inputs).expect("the interpreter knows every operation");
    let halves = tested.least_precise.is_some_and(DType::is_reduced_float);
    let mut failures = Vec::new();
    for (k, (x, y)) in found.iter().zip(&expected).enumerate() {
        let least_precise = tested.least_precise.unwrap_or(y.dtype());
        let tolerance = tolerance::iree_transformed(tested.op, tested.one.transform.name(), y.dtype(), least_precise);
        let Err(why) = tolerance.check(x, y) else { continue };
        let once = if halves { rounded_once(&tested.one.program, &tested.one.inputs) } else { None };
        if once.is_none_or(|ys| tolerance.check(x, &ys[k]).is_err()) {
            failures.push(format!("{name}: result {k} {why} ({tolerance:?})"));
        }
    }
    failures
}

#[test]
fn compiled_transformations_agree_with_the_interpreter() {
    let filter = std::env::var("RUNE_TEST_FILTER").unwrap_or_default();
    let (mut all, mut taken, mut failures): (Vec<Tested>, HashSet<String>, Vec<String>) = Default::default();
    let mut counts: BTreeMap<Transform, usize> = BTreeMap::new();
    for case in vectors::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")) {
        if !case.title().contains(&filter) {
            continue;
        }
        for transform in Transform::ALL {
            for one in transformed(&case, transform) {
                if !is_wanted(&case, &one, &mut taken) {
                    continue;
                }
                match Function::lower(one.program.simplify(), format!("f{}", all.len())) {
                    Err(e) => {
                        count_coverage(case.name(), case.dtype(), &one, false);
                        failures.push(format!("{one} of {}: {e}", case.title()));
                    }
                    Ok(function) => {
                        *counts.entry(transform).or_default() += 1;
                        let (title, op, dtype) = (case.title(), case.name(), case.dtype());
                        let least_precise = case.least_precise();
                        all.push(Tested { title, op, dtype, least_precise, one, function });
                    }
                }
            }
        }
    }
    println!("lowered {} functions: {counts:?}", all.len());
    failures.extend(batch::for_all(&all, "transformed", |tested| &tested.function, check));
    coverage::write(&[serde_json::json!({ "note": NOT_COMPILED })]);
    assert!(!filter.is_empty() || all.len() > 400, "{} functions only", all.len());
    assert!(failures.is_empty(), "{} of {} fail\n{failures:#?}", failures.len(), all.len());
}
