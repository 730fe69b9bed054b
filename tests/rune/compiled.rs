//! Compares every operation of the table, compiled by IREE, with the interpreter.

use super::batch::{self, Code, Function};
use super::engine;
use rune_testing::coverage::{self, Engine};
use rune_testing::tolerance::{self, Tolerance};
use rune_testing::vectors::{self, Case};
use rune_trace::interpret::eval_op;
use rune_trace::{Array, DType, Element, Origin, Program, ProgramBuilder, ProgramHash, Var, with_element};
use serde_json::json;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

/// Returns whether every case is compiled (`RUNE_TEST_ALL=1`, some minutes), or only those that [`Choice`] selects.
fn all_are_wanted() -> bool {
    std::env::var_os("RUNE_TEST_ALL").is_some()
}

/// Selects functions so that every operation is compiled for every dtype: with one nonempty shape, preferably on
/// special values, and with all empty shapes, which cost nothing.
#[derive(Default)]
struct Choice {
    taken: HashSet<String>,
}

impl Choice {
    /// Sorts cases by preference.
    fn order(cases: &mut [Case]) {
        cases.sort_by_key(|c| !c.label.contains("edge"));
    }
    fn selects(&mut self, case: &Case) -> bool {
        let empty = case.outputs.iter().all(|y| y.ty().size() == 0);
        let to = match case.name() {
            "convert" | "bitcast_convert" => case.outputs[0].dtype(),
            _ => case.dtype(),
        };
        // Each mode of a scatter counts as an operation.
        let mode = case.op.attributes().into_iter().find(|(name, _)| *name == "mode");
        let key = format!("{} {} {to} {mode:?} {empty}", case.name(), case.dtype());
        all_are_wanted() || self.taken.insert(key)
    }
}

/// A program of one operation, and the cases with inputs of its types.
struct Tested {
    function: Function,
    cases: Vec<Case>,
}

fn functions() -> (Vec<Tested>, Vec<String>) {
    let mut by_program: HashMap<ProgramHash, usize> = HashMap::new();
    let (mut functions, mut failures): (Vec<Tested>, Vec<String>) = (Vec::new(), Vec::new());
    let filter = std::env::var("RUNE_TEST_FILTER").unwrap_or_default();
    let mut cases = vectors::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors"));
    Choice::order(&mut cases);
    let mut choice = Choice::default();
    for case in cases.into_iter().filter(|c| c.title().contains(&filter)) {
        let program = program(&case);
        if let Some(&known) = by_program.get(&program.structural_hash()) {
            functions[known].cases.push(case);
            continue;
        }
        if !choice.selects(&case) {
            continue;
        }
        let hash = program.structural_hash();
        match Function::lower(program, format!("f{}", functions.len())) {
            Err(e) => {
                count_coverage(&case, false);
                failures.push(format!("{}: {e}", case.title()));
            }
            Ok(function) => {
                by_program.insert(hash, functions.len());
                functions.push(Tested { function, cases: vec![case] });
            }
        }
    }
    (functions, failures)
}

fn program(case: &Case) -> Program {
    let types = case.inputs.iter().map(|x| x.ty().clone()).collect();
    let mut builder = ProgramBuilder::new("one", types, Vec::new());
    let outputs = builder.push(case.op.map(|&i| Var(i as u32)), Origin::default()).expect("cases are well typed");
    builder.finish(outputs.to_vec()).expect("the outputs are assigned")
}

/// Calls a function on the inputs of its cases.
fn run(tested: &Tested, code: Result<Code, String>) -> Vec<String> {
    let code = match code {
        Ok(code) => code,
        Err(e) => {
            tested.cases.iter().for_each(|case| count_coverage(case, false));
            return vec![format!("{}: {e}", tested.cases[0].title())];
        }
    };
    let mut failures = Vec::new();
    for case in &tested.cases {
        let before = failures.len();
        let found = match batch::call(&code, &case.inputs) {
            Ok(found) => found,
            Err(e) => {
                failures.push(format!("{}: {e}", case.title()));
                count_coverage(case, false);
                continue;
            }
        };
        let expected = eval_op(&case.on_inputs()).expect("the interpreter knows every operation");
        assert_eq!(found.len(), expected.len());
        for (i, (x, y)) in found.iter().zip(&expected).enumerate() {
            if let Err(why) = check(case, i, x, y) {
                failures.push(format!("{}: result {i} {why}", case.title()));
            }
        }
        count_coverage(case, failures.len() == before);
    }
    failures
}

fn count_coverage(case: &Case, passes: bool) {
    if case.outputs.iter().any(|y| y.ty().size() > 0) {
        coverage::count(case.name(), Engine::Compiled, "none", case.dtype(), passes);
    }
}

/// Compares result `i` of compiled code with the interpreter's. Compiled code may treat subnormal numbers as 0, because
/// this is much faster on many processors.
fn check(case: &Case, i: usize, found: &Array, expected: &Array) -> Result<(), String> {
    let mut tolerance = tolerance::iree(case.name(), expected.dtype());
    // CUDA's fast square root is an approximation.
    if tolerance == Tolerance::Exact && case.name() == "sqrt" && !engine::is_on_cpu() {
        tolerance = Tolerance::Ulps(1);
    }
    let mut failing = tolerance.failures(found, expected)?;
    if failing.is_empty() {
        return Ok(());
    }
    let inputs: Vec<Array> = case.inputs.iter().map(flushed).collect();
    let of_flushed = eval_op(&case.op.map(|&i| &inputs[i])).expect("the interpreter knows every operation");
    failing.retain(|&at| !agrees_flushed(tolerance, at, found, &of_flushed[i]) && known_difference(case, at).is_none());
    let shown: Vec<String> = (failing.iter().take(4))
        .map(|&at| {
            let operands = case.inputs.iter().filter(|x| x.shape() == expected.shape());
            let operands: Vec<String> = operands.map(|x| element(x, at)).collect();
            format!("{} of ({})", tolerance::describe(at, found, expected), operands.join(", "))
        })
        .collect();
    match failing.len() {
        0 => Ok(()),
        n => Err(format!("{} and so on, {n} such ({tolerance:?})", shown.join("; "))),
    }
}

/// Returns whether an element is within the tolerance if subnormal results are 0 with any sign. In functions of several
/// steps, an intermediate value can be subnormal although the result is slightly greater.
fn agrees_flushed(tolerance: Tolerance, at: usize, found: &Array, expected: &Array) -> bool {
    with_element!(found.dtype(), T => {
        let (x, y) = (found.as_slice::<T>()[at], expected.as_slice::<T>()[at]);
        let least = match found.dtype() {
            DType::F64 | DType::C128 => f64::MIN_POSITIVE,
            DType::BF16 | DType::F32 | DType::C64 => f64::from(f32::MIN_POSITIVE),
            // Only a number that was converted from a flushed f32 can be 0.
            DType::F16 | DType::F8E4M3FN | DType::F8E5M2 | DType::Bool => 0.0,
            DType::I8 | DType::I16 | DType::I32 | DType::I64 => 0.0,
            DType::U8 | DType::U16 | DType::U32 | DType::U64 => 0.0,
        };
        let least = if tolerance == Tolerance::Exact { least } else { 4.0 * least };
        let tiny = |v: T| v.to_complex().norm() == 0.0 || v.to_complex().norm() < least;
        let one = |v: T| Array::scalar(v);
        tiny(x) && tiny(y) || tolerance.check(&one(x), &one(y)).is_ok()
    })
}

/// Returns the known reason why compiled code differs at an element.
fn known_difference(case: &Case, at: usize) -> Option<&'static str> {
    let x = case.inputs.first()?;
    let x = with_element!(x.dtype(), T => x.as_slice::<T>().get(at)?.to_f64());
    match case.name() {
        "sin" | "cos" | "tan" if x.abs() >= 3e9 => {
            Some("multiples of π/2 above i32 are not computed; the result is NaN")
        }
        _ => None,
    }
}

fn element(x: &Array, at: usize) -> String {
    with_element!(x.dtype(), T => format!("{:?}", x.as_slice::<T>()[at]))
}

/// Replaces subnormal numbers of `f32`, `bf16` and `f64` by 0 with the same sign.
pub fn flushed(x: &Array) -> Array {
    if !matches!(x.dtype(), DType::F32 | DType::BF16 | DType::F64) {
        return x.clone();
    }
    let least = if x.dtype() == DType::F64 { f64::MIN_POSITIVE } else { f64::from(f32::MIN_POSITIVE) };
    with_element!(x.dtype(), T => {
        let zero = |v: T| T::from_f64(0.0f64.copysign(v.to_f64()));
        let keep = |v: T| if v.to_f64().abs() < least { zero(v) } else { v };
        Array::from_vec(x.shape().clone(), x.as_slice::<T>().iter().map(|&v| keep(v)).collect())
    })
}

/// Returns facts about this run for `scripts/vectors targets`: the target, the operations that are host calls, and the
/// failures.
fn target_facts(functions: &[Tested], failures: &[String]) -> Vec<serde_json::Value> {
    let called = engine::called_device();
    let mut facts = vec![json!({ "target": engine::compile_options().target.to_string(), "device": called })];
    for case in functions.iter().filter(|f| f.function.calls_host()).flat_map(|f| &f.cases) {
        facts.push(json!({ "host": case.name() }));
    }
    facts.extend(failures.iter().map(|failure| json!({ "failure": failure.chars().take(300).collect::<String>() })));
    facts.dedup();
    facts
}

#[test]
fn compiled_operations_agree_with_the_interpreter() {
    let start = std::time::Instant::now();
    let (functions, mut failures) = functions();
    println!("lowered {} functions in {:?}", functions.len(), start.elapsed());
    failures.extend(batch::for_all(&functions, "operations", |f| &f.function, run));
    if engine::only_compiles() {
        let fails = |f: &&Tested| failures.iter().any(|failure| failure.starts_with(&f.cases[0].title()));
        let compiled = functions.iter().filter(|f| !fails(f)).flat_map(|f| &f.cases);
        compiled.for_each(|case| count_coverage(case, true));
    }
    coverage::write(&target_facts(&functions, &failures));
    let mut counts: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
    for case in functions.iter().flat_map(|f| &f.cases) {
        *counts.entry(case.name()).or_default().entry(case.dtype().to_string()).or_default() += 1;
    }
    let total: usize = functions.iter().map(|f| f.cases.len()).sum();
    println!("{total} cases of {} functions of {} operations in {:?}", functions.len(), counts.len(), start.elapsed());
    for (op, by_dtype) in &counts {
        let counts: Vec<String> = by_dtype.iter().map(|(d, n)| format!("{d} {n}")).collect();
        println!("  {op}: {}", counts.join(", "));
    }
    assert!(total > 0);
    assert!(failures.is_empty(), "{} of {total} fail\n{:#?}", failures.len(), failures);
}
