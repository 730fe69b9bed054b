//! Tests `docs/program.schema.json`: written programs validate, and documents that do not validate are not read.

#![allow(clippy::wildcard_enum_match_arm, reason = "the kinds of JSON values do not grow")]

use rune_testing::Generator;
use rune_trace::op::NamedAxis;
use rune_trace::{Program, ProgramBuilder, Type, Var};
use serde_json::{Value, json};

fn validator() -> jsonschema::Validator {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/program.schema.json")).unwrap();
    jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
}

fn random(seed: u64) -> Generator {
    let mut random = Generator::new(seed);
    random.extremes = seed.is_multiple_of(3);
    if seed.is_multiple_of(2) {
        random.axes = vec![NamedAxis { name: "i".into(), size: 3 }];
    }
    random
}

/// The random programs contain most operations.
#[test]
fn what_is_written_validates() {
    let validator = validator();
    let mut names = std::collections::BTreeSet::new();
    for seed in 0..300 {
        let program = random(seed).program(40);
        names.extend(program.instructions().iter().map(|i| i.op.name()));
        let document = serde_json::to_value(&program).unwrap();
        if let Err(error) = validator.validate(&document) {
            panic!("seed {seed}: {error} at {}\n{document:#}", error.instance_path());
        }
    }
    assert!(names.len() > 70, "{}: {names:?}", names.len());
}

/// Returns a program with an operation for each kind of attribute.
fn document() -> Value {
    let text = r#"
def g(x0): # [f32] -> [f32]
    y0 = rune.neg(x0)
    return y0
"#;
    let inner: Program = text.parse().unwrap();
    let mut builder = ProgramBuilder::new(
        "f",
        vec!["[2, 3, f32]".parse::<Type>().unwrap()],
        vec![rune_trace::Array::from_slice([2], &[1.0f32, f32::NAN]).into()],
    );
    let mut push = |op| builder.push(op, Default::default()).unwrap()[0];
    use rune_trace::op::{DotDims, Literal, Op, Padding};
    let x = Var(0);
    let zero = push(Op::Constant { value: Literal::new(0.5f32) });
    let padded = push(Op::Pad { x, padding: zero, config: vec![Padding { low: 1, high: -1, interior: 0 }; 2] });
    let turned = push(Op::Transpose { x: padded, permutation: [1, 0].into_iter().collect() });
    let dims = DotDims {
        lhs_contract: [1].into_iter().collect(),
        rhs_contract: [0].into_iter().collect(),
        ..DotDims::default()
    };
    push(Op::DotGeneral { lhs: padded, rhs: turned, dims: Box::new(dims), out: rune_trace::DType::F64 });
    let axis = NamedAxis { name: "i".into(), size: 2 };
    push(Op::Ppermute { x, axis, pairs: vec![(0, 1)] });
    let y = push(Op::Call { args: vec![zero], program: std::sync::Arc::new(inner) });
    serde_json::to_value(builder.finish(vec![y]).unwrap()).unwrap()
}

/// Sets the value at a pointer; `null` removes it.
#[allow(clippy::wildcard_enum_match_arm, reason = "of the values of JSON two hold others")]
fn with(pointer: &str, value: Value) -> Value {
    let mut document = document();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}")) {
        Value::Object(fields) if value.is_null() => _ = fields.remove(key).unwrap_or_else(|| panic!("{pointer}")),
        Value::Object(fields) => _ = fields.insert(key.to_owned(), value),
        Value::Array(items) if value.is_null() => _ = items.remove(key.parse().unwrap()),
        Value::Array(items) if key == "-" => items.push(value),
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
        other => panic!("{pointer}: {other}"),
    }
    document
}

#[test]
fn corrupted_documents_are_refused_by_schema_and_loader() {
    let validator = validator();
    let good = document();
    assert!(validator.validate(&good).is_ok() && serde_json::from_value::<Program>(good).is_ok());
    let at = |i: usize, rest: &str| format!("/instructions/{i}{rest}");
    let corrupted = vec![
        with("/rune", json!(2)),
        with("/rune", json!("1")),
        with("/rune", Value::Null),
        with("/name", json!(7)),
        with("/inputs", Value::Null),
        with("/outputs", Value::Null),
        with("/instructions", json!({})),
        with("/more", json!([])),
        with("/inputs/0/type", json!("[2, 3, f31]")),
        with("/inputs/0/type", json!("2, 3, f32")),
        with("/inputs/0/type", json!([2, 3, "f32"])),
        with("/inputs/0/type", json!("[-2, 3, f32]")),
        with("/inputs/0/name", Value::Null),
        with("/inputs/0/shape", json!([2, 3])),
        with("/outputs/0", json!(0)),
        with("/constants/0/data", Value::Null),
        with("/constants/0/tensor", json!("c0")),
        with("/constants/0/data/0", json!("one")),
        with("/constants/0/data/0", json!([1])),
        with("/constants/0/data/0", json!({})),
        with("/programs/0/symbol", Value::Null),
        with("/programs/0/constants", json!([])),
        with("/programs/0/instructions/0/op", json!("negate")),
        with(&at(0, "/op"), json!("Constant")),
        with(&at(0, "/op"), Value::Null),
        with(&at(0, "/attributes"), Value::Null),
        with(&at(0, "/attributes/value"), json!(0.5)),
        with(&at(0, "/attributes/value"), json!("0.5")),
        with(&at(0, "/attributes/value"), json!("0.5:float")),
        with(&at(0, "/attributes/other"), json!(1)),
        with(&at(0, "/inputs/-"), json!("x0")),
        with(&at(0, "/kind"), json!("literal")),
        with(&at(0, "/results"), Value::Null),
        with(&at(1, "/inputs/0"), Value::Null),
        with(&at(1, "/attributes/config/0/low"), Value::Null),
        with(&at(1, "/attributes/config/0/interior"), json!(-1)),
        with(&at(1, "/attributes/config/0/edge"), json!(0)),
        with(&at(2, "/attributes/permutation"), json!("10")),
        with(&at(2, "/attributes/permutation/0"), json!(-1)),
        with(&at(2, "/attributes/permutation/0"), json!(0.5)),
        with(&at(3, "/attributes/dims/lhs_batch"), Value::Null),
        with(&at(3, "/attributes/dims/batch"), json!([])),
        with(&at(3, "/attributes/out"), json!("double")),
        with(&at(4, "/attributes/axis"), json!("i")),
        with(&at(4, "/attributes/axis/size"), Value::Null),
        with(&at(4, "/attributes/axis/index"), json!(0)),
        with(&at(4, "/attributes/pairs/0"), json!([0, 1, 2])),
        with(&at(5, "/programs"), Value::Null),
        with(&at(5, "/programs/0/0"), json!("body")),
        with(&at(5, "/programs/-"), json!(["program", "g"])),
        with(&at(4, "/programs"), json!([["program", "g"]])),
        with(&at(5, "/loc"), json!({ "file": "a.rs", "line": 1 })),
        with(&at(5, "/loc"), json!("a.rs:1:1")),
        with(&at(5, "/scope"), json!(["a"])),
        with(&at(5, "/transforms"), json!(["grad"])),
    ];
    let mut wrong = Vec::new();
    for document in &corrupted {
        let read = serde_json::from_value::<Program>(document.clone());
        match (validator.is_valid(document), read) {
            (false, Err(_)) => {}
            (valid, read) => {
                let read = read.map_or_else(|e| e.to_string(), |_| "it is read".to_owned());
                wrong.push(format!("valid: {valid}, {read}\n{document}"));
            }
        }
    }
    println!("{} corrupted documents", corrupted.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// If a changed document is read, it also validates.
#[test]
fn what_is_read_validates() {
    let validator = validator();
    let mut random = random(7);
    let (mut read, mut refused) = (0, 0);
    for seed in 0..400 {
        let whole = serde_json::to_value(self::random(seed).program(6)).unwrap();
        for _ in 0..10 {
            let mut changed = whole.clone();
            mutate(&mut changed, &mut random);
            if serde_json::from_value::<Program>(changed.clone()).is_err() {
                refused += 1;
                continue;
            }
            read += 1;
            if let Err(error) = validator.validate(&changed) {
                panic!("{error} at {}\n{changed}", error.instance_path());
            }
        }
    }
    println!("{read} of {} changed documents are read", read + refused);
    assert!(read > 100 && refused > 1000, "{read} are read, {refused} are not");
}

/// Makes one random change.
#[allow(clippy::wildcard_enum_match_arm, reason = "of the values of JSON two hold others")]
fn mutate(value: &mut Value, random: &mut Generator) {
    let others =
        [json!(0), json!(-1), json!(2.5), json!("x0"), json!("f32"), json!("[f32]"), json!([]), json!({}), json!(true)];
    match value {
        Value::Object(fields) if !fields.is_empty() && random.below(12) > 0 => {
            let key = fields.keys().nth(random.below(fields.len())).unwrap().clone();
            match random.below(14) {
                0 => _ = fields.remove(&key),
                1 => _ = fields.insert("more".to_owned(), json!(1)),
                _ => mutate(&mut fields[&key], random),
            }
        }
        Value::Array(items) if !items.is_empty() && random.below(12) > 0 => {
            let i = random.below(items.len());
            match random.below(10) {
                0 => _ = items.remove(i),
                1 => items.push(items[i].clone()),
                _ => mutate(&mut items[i], random),
            }
        }
        Value::Number(n) if random.below(3) > 0 => *value = json!(n.as_i64().unwrap_or(0) + random.below(3) as i64 - 1),
        other => *other = others[random.below(others.len())].clone(),
    }
}
