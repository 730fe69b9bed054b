//! Every operation of the table against JAX: results of the interpreter, and derivatives.

use rune_testing::coverage;
use rune_testing::tolerance;
use rune_testing::transforms;
use rune_testing::vectors;

use coverage::Engine;
use rune_trace::interpret::{eval_op, interpret};
use rune_trace::op::{Op, Parts};
use rune_trace::{Array, DType, Origin, ProgramBuilder, Tensor, Type, Var, grad, lax, types};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, LazyLock};
use tolerance::Tolerance;
use transforms::{Transform, transformed};
use vectors::{Case, cotangent, tangent};

static CASES: LazyLock<Vec<Case>> =
    LazyLock::new(|| vectors::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors")));

/// Operations without vectors, and the reason.
const WITHOUT_VECTORS: &[(&str, &str)] = &[
    ("call", "computes its program; `a_call_is_its_program` tests it with the other operations"),
    ("debug_print", "has no results"),
    ("pure_callback", "calls a user function; tests/callbacks.rs compares the calls with JAX's"),
    ("io_callback", "calls a user function; tests/callbacks.rs compares the calls with JAX's"),
    ("remat", "computes its program; tests/checkpoint.rs compares it with the function itself"),
    ("checkpoint_name", "returns its operand; tests/checkpoint.rs tests it"),
    ("case", "computes one of its programs; tests/transforms/control.rs compares it with host branches"),
    ("while", "iterates its programs; tests/transforms/control.rs compares it with host loops"),
    ("scan", "iterates its program; tests/transforms/control.rs compares it with host loops"),
    ("custom_jvp", "computes its program, with its rule as the derivative; `tests/custom.rs` tests it"),
    ("custom_vjp", "computes its program, with its rule as the derivative; `tests/custom.rs` tests it"),
    ("custom_linear", "cannot be computed"),
    (
        "custom_linear_solve",
        "computes its program; tests/array_fns/optimize.rs compares its derivatives with those of `linalg::solve`",
    ),
    ("real", OF_COMPLEX),
    ("imag", OF_COMPLEX),
    ("conj", OF_COMPLEX),
    ("complex", OF_COMPLEX),
    ("eig", "has complex results; `array_fns/linalg.rs` compares it with JAX"),
    ("schur", "is unique only up to the order of its eigenvalues; `array_fns/spectral.rs` checks what defines it"),
    ("fft", OF_COMPLEX),
    ("ifft", OF_COMPLEX),
    ("rfft", OF_COMPLEX),
    ("irfft", OF_COMPLEX),
    ("psum", OVER_LANES),
    ("pmax", OVER_LANES),
    ("pmin", OVER_LANES),
    ("axis_index", OVER_LANES),
    ("all_gather", OVER_LANES),
    ("all_to_all", OVER_LANES),
    ("ppermute", OVER_LANES),
];
const OF_COMPLEX: &str = "is of complex numbers; `tests/complex` compares it with NumPy, and its derivatives with JAX";
const OVER_LANES: &str = "needs a whole batch; `named_axes.rs` compares such functions with JAX";

/// Operations that take no arrays of rank 0.
const NEVER_RANK_0: [&str; 22] = [
    "argmax",
    "argmin",
    "concatenate",
    "conv",
    "cumlogsumexp",
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "iota",
    "sort",
    "top_k",
    "bitcast_convert",
    "cholesky",
    "lu",
    "qr",
    "qr_full",
    "eigh",
    "svd",
    "svd_full",
    "triangular_solve",
    "lu_solve",
];

/// Operations without cases under some transformations, and the reason. f32 and f64 have all transformations, and bf16
/// has those in which sums accumulate in f32. f16 and the integers use the same rules.
const WITHOUT_TRANSFORMS: [(&[&str], &[Transform], &str); 3] = [
    (&["constant", "iota"], &Transform::ALL, "have no operands"),
    (
        &["eq", "ne", "lt", "le", "gt", "ge", "is_finite", "argmax", "argmin", "bitcast_convert"],
        &DERIVATIVES,
        "have zero derivatives, as `edges.rs` and `transforms/autodiff.rs` check",
    ),
    (
        &[
            "and",
            "or",
            "xor",
            "not",
            "shift_left",
            "shift_right_arithmetic",
            "shift_right_logical",
            "reduce_and",
            "reduce_or",
            "threefry2x32",
        ],
        &DERIVATIVES,
        "take no floats",
    ),
];

const DERIVATIVES: [Transform; 6] =
    [Transform::Jvp, Transform::Vjp, Transform::VmapGrad, Transform::GradVmap, Transform::JvpGrad, Transform::GradGrad];

/// Collects failures, so that a test reports all of them.
#[derive(Default)]
struct Report {
    checked: BTreeMap<&'static str, BTreeMap<DType, usize>>,
    failures: Vec<String>,
    /// The case that is being checked, and the previous number of failures.
    open: Option<(&'static str, &'static str, DType, usize)>,
}

impl Report {
    /// Begins a case under a transformation, or `none`.
    fn checked(&mut self, case: &Case, transform: &'static str) {
        *self.checked.entry(case.name()).or_default().entry(case.dtype()).or_default() += 1;
        self.close();
        self.open = Some((case.name(), transform, case.dtype(), self.failures.len()));
    }
    /// Excludes a case from the coverage, for example if its results have no elements.
    fn is_empty(&mut self) {
        self.open = None;
    }
    fn close(&mut self) {
        if let Some((op, transform, dtype, before)) = self.open.take() {
            coverage::count(op, Engine::Interpreter, transform, dtype, self.failures.len() == before);
        }
    }
    fn check(&mut self, case: &Case, what: &str, tolerance: Tolerance, found: &Array, expected: &Array) {
        if let Err(why) = tolerance.check(found, expected) {
            self.failures.push(format!("{}: {what} {why} ({tolerance:?})", case.title()));
        }
    }
    /// Returns the result of `f`. Returns `None` if it panics, which is a failure of the case.
    fn catch<T>(&mut self, case: &Case, f: impl FnOnce() -> T) -> Option<T> {
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(f));
        let text = |e: Box<dyn std::any::Any + Send>| match e.downcast::<String>() {
            Ok(text) => *text,
            Err(_) => "panics".to_owned(),
        };
        result.map_err(|e| self.failures.push(format!("{}: {}", case.title(), text(e)))).ok()
    }
    /// Prints the number of checked cases, and fails if one failed.
    fn finish(mut self, what: &str) {
        self.close();
        coverage::write(&[]);
        let total: usize = self.checked.values().flat_map(BTreeMap::values).sum();
        println!("{what}: {total} cases of {} operations", self.checked.len());
        for (op, by_dtype) in &self.checked {
            let counts: Vec<String> = by_dtype.iter().map(|(d, n)| format!("{d} {n}")).collect();
            println!("  {op}: {}", counts.join(", "));
        }
        assert!(total > 0, "nothing was checked");
        let shown: Vec<&String> = self.failures.iter().take(100).collect();
        assert!(self.failures.is_empty(), "{what}: {} of {total} fail\n{shown:#?}", self.failures.len());
    }
}

/// A place of a dtype in an operation: an operand (those of a variadic operation have the same dtype), or an attribute.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Place {
    Operand(usize),
    Attribute(&'static str),
}

/// Returns the dtypes of a case by place.
fn dtypes_by_place(op: &Op<usize>, inputs: &[Type]) -> Vec<(Place, DType)> {
    let alike_from = match op.name() {
        "concatenate" | "sort" | "optimization_barrier" => 1,
        "dynamic_slice" => 2,
        _ => 3,
    };
    let operands = inputs.iter().enumerate().take(alike_from);
    let mut all: Vec<(Place, DType)> = operands.map(|(i, ty)| (Place::Operand(i), ty.dtype)).collect();
    for (name, value) in op.attributes() {
        if let Some(dtype) = dtype_of(&value) {
            all.push((Place::Attribute(name), dtype));
        }
    }
    all
}

/// Returns the dtype of an attribute that is a dtype or a scalar.
fn dtype_of(value: &Value) -> Option<DType> {
    value.as_str()?.rsplit(':').next()?.parse().ok()
}

/// Returns whether the types of a case remain valid if the dtype `from` becomes `to`, everywhere or only at `place`.
fn also_takes(op: &Op<usize>, inputs: &[Type], place: &Place, from: DType, to: DType) -> bool {
    let alone: Vec<Type> = (inputs.iter().enumerate())
        .map(|(i, ty)| if *place == Place::Operand(i) { ty.with_dtype(to) } else { ty.clone() })
        .collect();
    let everywhere: Vec<Type> =
        inputs.iter().map(|ty| if ty.dtype == from { ty.with_dtype(to) } else { ty.clone() }).collect();
    let accepts = |inputs: &[Type], which: &dyn Fn(&str) -> bool| {
        let attributes = op.attributes().into_iter().map(|(name, value)| {
            let replace = which(name) && dtype_of(&value) == Some(from);
            (name.to_owned(), if replace { with_dtype(&value, to) } else { value })
        });
        let operands = (0..inputs.len()).collect();
        let attributes = attributes.collect();
        let parts = Parts { name: op.name().to_owned(), operands, attributes, programs: Vec::new() };
        Op::from_parts(parts).is_ok_and(|op| types::infer(&op.map(|&i| &inputs[i])).is_ok())
    };
    match place {
        Place::Operand(_) => {
            accepts(&alone, &|_| false) || accepts(&everywhere, &|_| false) || accepts(&everywhere, &|_| true)
        }
        Place::Attribute(here) => accepts(inputs, &|name| name == *here) || accepts(&everywhere, &|_| true),
    }
}

/// Returns a dtype or scalar attribute with another dtype.
fn with_dtype(value: &Value, to: DType) -> Value {
    let is_scalar = value.as_str().is_some_and(|text| text.contains(':'));
    match (is_scalar, to) {
        (false, to) => Value::from(to.name()),
        (true, DType::Bool) => Value::from("true:bool"),
        (true, to) => Value::from(format!("1:{to}")),
    }
}

#[test]
fn every_operation_has_cases_for_every_dtype_that_it_takes() {
    let mut present: BTreeMap<&str, BTreeMap<Place, BTreeSet<DType>>> = BTreeMap::new();
    let mut allowed = present.clone();
    let mut shapes: BTreeMap<&str, BTreeSet<Vec<Vec<usize>>>> = BTreeMap::new();
    for case in CASES.iter() {
        let inputs: Vec<Type> = case.inputs.iter().map(|x| x.ty().clone()).collect();
        let outputs = types::infer(&case.op.map(|&i| &inputs[i])).unwrap_or_else(|e| panic!("{}: {e}", case.title()));
        let expected: Vec<&Type> = case.outputs.iter().map(Array::ty).collect();
        assert_eq!(outputs.iter().collect::<Vec<_>>(), expected, "{}", case.title());
        let all_shapes = inputs.iter().chain(&outputs).map(|ty| ty.shape.to_vec()).collect();
        shapes.entry(case.name()).or_default().insert(all_shapes);
        for (place, from) in dtypes_by_place(&case.op, &inputs) {
            present.entry(case.name()).or_default().entry(place.clone()).or_default().insert(from);
            let takes = allowed.entry(case.name()).or_default().entry(place.clone()).or_default();
            for to in DType::ALL {
                if !takes.contains(&to) && also_takes(&case.op, &inputs, &place, from, to) {
                    takes.insert(to);
                }
            }
        }
    }
    let mut missing = Vec::new();
    for name in Op::<usize>::names() {
        if WITHOUT_VECTORS.iter().any(|(n, _)| *n == name) {
            continue;
        }
        let Some(takes) = allowed.get(name) else {
            missing.push(format!("`{name}` has no vectors: add it to scripts/oracle/ops, and run scripts/vectors ops"));
            continue;
        };
        for (place, dtypes) in takes {
            // `tests/complex` has the cases of complex numbers.
            for dtype in dtypes.difference(&present[name][place]).filter(|dtype| !dtype.is_complex()) {
                missing.push(format!("`{name}` has no case of {dtype} at {place:?}"));
            }
        }
        let shapes = &shapes[name];
        let has = |wanted: &dyn Fn(&[usize]) -> bool| shapes.iter().flatten().any(|s| wanted(s));
        if !has(&|s| s.contains(&0)) && name != "constant" {
            missing.push(format!("`{name}` has no case without elements"));
        }
        if !has(&|s| s.is_empty()) && !NEVER_RANK_0.contains(&name) {
            missing.push(format!("`{name}` has no case of rank 0"));
        }
        if shapes.len() < 3 && name != "constant" {
            missing.push(format!("`{name}` has cases of {} shapes only", shapes.len()));
        }
    }
    coverage::write(&operation_facts(&allowed));
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Returns, for each operation, the dtypes that it accepts, the transformations that it lacks, and the other suites
/// that test it.
fn operation_facts(allowed: &BTreeMap<&str, BTreeMap<Place, BTreeSet<DType>>>) -> Vec<Value> {
    let fact = |op: &&'static str| {
        let case = CASES.iter().find(|case| case.name() == *op);
        let place = case.map(|case| match (*op, case.inputs.is_empty()) {
            ("select", _) => Place::Operand(1),
            (_, false) => Place::Operand(0),
            (_, true) => allowed[op].keys().next().cloned().expect("what has no operands has a dtype as an attribute"),
        });
        let takes = place.iter().flat_map(|place| &allowed[op][place]).map(|dtype| dtype.name());
        let without = WITHOUT_TRANSFORMS.iter().filter(|(ops, ..)| ops.contains(op));
        let without = without
            .flat_map(|(_, of, why)| of.iter().map(|transform| (transform.name().to_owned(), Value::from(*why))));
        let elsewhere = WITHOUT_VECTORS.iter().find(|(name, _)| name == op).map(|(_, why)| *why);
        serde_json::json!({
            "op": op,
            "takes": takes.collect::<Vec<_>>(),
            "without": without.collect::<serde_json::Map<_, _>>(),
            "elsewhere": elsewhere,
        })
    };
    Op::<usize>::names().iter().map(fact).collect()
}

#[test]
fn the_interpreter_agrees_with_jax() {
    let mut report = Report::default();
    for case in CASES.iter() {
        report.checked(case, "none");
        if case.outputs.iter().all(|y| y.ty().size() == 0) {
            report.is_empty();
        }
        match eval_op(&case.on_inputs()) {
            Err(e) => report.failures.push(format!("{}: {e}", case.title())),
            Ok(found) => {
                assert_eq!(found.len(), case.outputs.len(), "{}", case.title());
                for (i, (x, y)) in found.iter().zip(&case.outputs).enumerate() {
                    let tolerance = tolerance::interpreter(case.name(), y.dtype());
                    report.check(case, &format!("result {i}"), tolerance, x, y);
                }
            }
        }
    }
    report.finish("interpreter against JAX");
}

#[test]
fn reverse_derivatives_agree_with_jax() {
    let mut report = Report::default();
    for case in CASES.iter() {
        let Some(derivatives) = &case.derivatives else { continue };
        report.checked(case, "vjp");
        if derivatives.vjp.iter().flatten().all(|x| x.ty().size() == 0) {
            report.is_empty();
        }
        let Some(gradients) = report.catch(case, || vjp(case)) else { continue };
        let expected = derivatives.vjp.iter().enumerate().filter_map(|(i, x)| Some((i, x.as_ref()?)));
        for ((i, expected), found) in expected.zip(gradients) {
            let tolerance = tolerance::derivative(case.name(), expected.dtype());
            report.check(case, &format!("cotangent of input {i}"), tolerance, &found, expected);
        }
    }
    report.finish("reverse derivatives against JAX");
}

#[test]
fn forward_derivatives_agree_with_jax() {
    let mut report = Report::default();
    for case in CASES.iter() {
        let Some(derivatives) = &case.derivatives else { continue };
        report.checked(case, "jvp");
        if derivatives.jvp.iter().flatten().all(|x| x.ty().size() == 0) {
            report.is_empty();
        }
        let Some(tangents) = report.catch(case, || jvp(case)) else { continue };
        let expected = derivatives.jvp.iter().enumerate().filter_map(|(k, y)| Some((k, y.as_ref()?)));
        for ((k, expected), found) in expected.zip(tangents) {
            let tolerance = tolerance::derivative(case.name(), expected.dtype());
            report.check(case, &format!("tangent of output {k}"), tolerance, &found, expected);
        }
    }
    report.finish("forward derivatives against JAX");
}

#[test]
fn a_call_is_its_program() {
    let mut report = Report::default();
    for case in CASES.iter() {
        let called = called(case);
        report.checked(&called, "none");
        let expected = eval_op(&case.on_inputs()).expect("the operation itself can be evaluated");
        let found = eval_op(&called.op.map(|&i| &case.inputs[i])).expect("a call can be evaluated");
        for (i, (x, y)) in found.iter().zip(&expected).enumerate() {
            report.check(case, &format!("result {i} of a call"), Tolerance::Exact, x, y);
        }
        if case.derivatives.is_none() || case.dtype() != DType::F32 {
            continue;
        }
        for (i, (x, y)) in vjp(&called).iter().zip(vjp(case)).enumerate() {
            report.check(case, &format!("cotangent {i} of a call"), Tolerance::Exact, x, &y);
        }
        for (i, (x, y)) in jvp(&called).iter().zip(jvp(case)).enumerate() {
            report.check(case, &format!("tangent {i} of a call"), Tolerance::Exact, x, &y);
        }
    }
    report.finish("calls against their programs");
}

#[test]
fn transformed_operations_agree_with_jax() {
    let mut report = Report::default();
    let mut counts: BTreeMap<Transform, BTreeMap<DType, usize>> = BTreeMap::new();
    let mut seen: BTreeSet<(&str, Transform, DType)> = BTreeSet::new();
    for case in CASES.iter() {
        for transform in Transform::ALL {
            report.close();
            let all = report.catch(case, || transformed(case, transform));
            if all.is_none() {
                coverage::count(case.name(), Engine::Interpreter, transform.name(), case.dtype(), false);
            }
            for one in all.unwrap_or_default() {
                report.checked(case, transform.name());
                *counts.entry(transform).or_default().entry(case.dtype()).or_default() += 1;
                if one.expected.iter().any(|y| y.ty().size() > 0) {
                    seen.insert((case.name(), transform, case.dtype()));
                } else {
                    report.is_empty();
                }
                let found = match interpret(&one.program, &one.inputs) {
                    Ok(found) => found,
                    Err(e) => {
                        report.failures.push(format!("{}: {one}: {e}", case.title()));
                        continue;
                    }
                };
                assert_eq!(found.len(), one.expected.len(), "{}: {one}", case.title());
                for (k, (x, y)) in found.iter().zip(&one.expected).enumerate() {
                    let least_precise = case.least_precise().unwrap_or(y.dtype());
                    let tolerance = tolerance::transformed(case.name(), transform.name(), y.dtype(), least_precise);
                    report.check(case, &format!("result {k} of {one}"), tolerance, x, y);
                }
            }
        }
    }
    let mut total = 0;
    for (transform, by_dtype) in counts {
        let count: usize = by_dtype.values().sum();
        println!("{}: {count} {by_dtype:?}", transform.name());
        total += count;
    }
    report.failures.extend(missing_transforms(&seen));
    report.finish("transformed operations against JAX");
    assert!(total >= 20_000, "{total} cases only");
}

/// Returns the transformations that are neither checked nor excluded for a reason, and those that are excluded but
/// checked.
fn missing_transforms(seen: &BTreeSet<(&str, Transform, DType)>) -> Vec<String> {
    let mut missing = Vec::new();
    let names: Vec<&str> = Op::<usize>::names();
    // Operations without vectors have none under transformations.
    let left_out = |name, transform| {
        let mut reasons =
            WITHOUT_TRANSFORMS.iter().filter(|(ops, of, _)| ops.contains(&name) && of.contains(&transform));
        reasons.next().is_some() || WITHOUT_VECTORS.iter().any(|(op, _)| *op == name)
    };
    for (ops, ..) in WITHOUT_TRANSFORMS {
        missing.extend(ops.iter().filter(|op| !names.contains(op)).map(|op| format!("`{op}` is no operation")));
    }
    for name in names {
        for transform in Transform::ALL {
            let dtypes: Vec<DType> =
                seen.iter().filter(|(n, t, _)| *n == name && *t == transform).map(|s| s.2).collect();
            let floats = seen.iter().any(|(n, _, d)| *n == name && d.is_float());
            let complete = match floats {
                true => dtypes.contains(&DType::F32) && dtypes.contains(&DType::F64),
                false => !dtypes.is_empty(),
            };
            match (left_out(name, transform), complete) {
                (false, false) => {
                    missing.push(format!("`{name}` under {} is checked for {dtypes:?} only", transform.name()))
                }
                (true, _) if !dtypes.is_empty() => {
                    missing.push(format!("`{name}` under {} is left out, and is checked", transform.name()));
                }
                _ => {}
            }
        }
    }
    missing
}

/// Returns the case with its operation in a sub-program.
fn called(case: &Case) -> Case {
    let types = case.inputs.iter().map(|x| x.ty().clone()).collect();
    let mut builder = ProgramBuilder::new("one", types, Vec::new());
    let outputs = builder.push(case.op.map(|&i| Var(i as u32)), Origin::default()).expect("cases are well typed");
    let program = Arc::new(builder.finish(outputs.to_vec()).expect("the outputs are assigned"));
    let op = Op::Call { args: (0..case.inputs.len()).collect(), program };
    let (label, inputs, outputs) = (case.label.clone(), case.inputs.clone(), case.outputs.clone());
    Case { label, op, inputs, outputs, derivatives: None, transformed: Default::default() }
}

/// Returns the tangents of the float results. A vjp is linear in the cotangents, and its vjp is the jvp.
fn jvp(case: &Case) -> Vec<Array> {
    let (inputs, floats) = inputs(case);
    let tangents: Vec<Tensor> = (case.inputs.iter().enumerate())
        .filter(|(_, x)| x.dtype().is_float())
        .map(|(k, x)| Tensor::from_value(tangent(k, x.ty())))
        .collect();
    let cotangents = cotangents(case);
    let back = |cotangents: &Vec<Tensor>| {
        let gradients = grad(|floats: &Vec<Tensor>| weighted(case, &inputs, floats, cotangents))(&floats);
        inner(&gradients, &tangents)
    };
    grad(back)(&cotangents).iter().map(array).collect()
}

/// Returns the cotangents of the float inputs.
fn vjp(case: &Case) -> Vec<Array> {
    let (inputs, floats) = inputs(case);
    let cotangents = cotangents(case);
    let gradients = grad(|floats: &Vec<Tensor>| weighted(case, &inputs, floats, &cotangents))(&floats);
    gradients.iter().map(array).collect()
}

fn array(x: &Tensor) -> Array {
    x.to_array().expect("a derivative can be computed")
}

/// Returns all inputs, and the float inputs.
fn inputs(case: &Case) -> (Vec<Tensor>, Vec<Tensor>) {
    let inputs: Vec<Tensor> = case.inputs.iter().map(|x| Tensor::from_value(x.clone())).collect();
    let floats = inputs.iter().filter(|x| x.dtype().is_float()).cloned().collect();
    (inputs, floats)
}

/// Returns the cotangents of the float results.
fn cotangents(case: &Case) -> Vec<Tensor> {
    let outputs = case.outputs.iter().enumerate().filter(|(_, y)| y.dtype().is_float());
    outputs.map(|(k, y)| Tensor::from_value(cotangent(k, y.ty()))).collect()
}

/// Returns the inner product of cotangents and the float results of the operation of a case. `floats` replace the float
/// inputs.
fn weighted(case: &Case, inputs: &[Tensor], floats: &[Tensor], cotangents: &[Tensor]) -> Tensor {
    let mut floats = floats.iter();
    let all: Vec<&Tensor> = (inputs.iter())
        .map(|x| if x.dtype().is_float() { floats.next().expect("as many as there are") } else { x })
        .collect();
    let mut results = Tensor::apply(case.op.map(|&i| all[i].clone())).to_vec();
    results.retain(|y| y.dtype().is_float());
    inner(&results, cotangents)
}

/// Returns the inner product, as `f64`.
fn inner(xs: &[Tensor], ys: &[Tensor]) -> Tensor {
    assert_eq!(xs.len(), ys.len());
    let products = xs.iter().zip(ys).map(|(x, y)| {
        let sum = lax::reduce_sum(&lax::mul(x, y), &(0..x.rank()).collect::<Vec<_>>());
        lax::convert(&sum, DType::F64)
    });
    products.reduce(|a, b| lax::add(&a, &b)).expect("there is something to differentiate")
}
