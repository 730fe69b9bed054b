//! Tests of loops that JAX exports (`scripts/vectors stablehlo-loops`): their lengths, and their transformations.

use super::data::{Case, Numbers, case, compare, elsewhere, file, results, texts};
use rune_ir::interpret::interpret;
use rune_ir::{Array, Element, Program, Shape, Type, with_element};
use rune_stablehlo::import;
use rune_trace::ProgramExt;
use serde_json::Value as Json;

/// Counts the operations with this name, including those in sub-programs.
fn count(program: &Program, name: &str) -> usize {
    let here = |op: &rune_ir::Op| usize::from(op.name() == name);
    let all = program.instructions().iter().map(|i| &i.op);
    all.map(|op| here(op) + op.programs().iter().map(|(_, p)| count(p, name)).sum::<usize>()).sum()
}

/// Returns tangents or cotangents by the formula of the script.
fn weights<'a>(types: impl Iterator<Item = &'a Type>) -> Vec<Array> {
    let weight = |i: usize, k: usize| ((7 * i + 3 * k) % 5) as f64 / 2.0 - 0.75;
    let array = |(k, ty): (usize, &Type)| with_element!(ty.dtype, T => Array::from_fn::<T>(&ty.shape, |i| T::from_f64(weight(i, k))));
    types.filter(|ty| ty.dtype.is_float()).enumerate().map(array).collect()
}

/// Returns a batch of two: the inputs, and the inputs with halved floats.
fn lanes(inputs: &[Array]) -> Vec<Array> {
    let both = |x: &Array| {
        let n = x.ty().size().max(1);
        let scale = if x.dtype().is_float() { 0.5 } else { 1.0 };
        let shape: Shape = [2].iter().chain(x.shape().iter()).copied().collect();
        let numbers = x.to_f64_vec();
        let at = |i: usize| numbers[i % n] * if i < n { 1.0 } else { scale };
        with_element!(x.dtype(), T => Array::from_fn::<T>(&shape, |i| T::from_f64(at(i))))
    };
    inputs.iter().map(both).collect()
}

struct Loops {
    case: Case,
    /// The numbers of loops of known and of unknown length.
    known: [Option<u64>; 2],
    jvp: Vec<Numbers>,
    vjp: Option<Vec<Numbers>>,
    vmap: Vec<Numbers>,
}

fn cases() -> Vec<Loops> {
    let all: Vec<Json> = serde_json::from_str(&file("loops.json")).unwrap();
    let one = |json: &Json| Loops {
        case: case(json),
        known: [json["scans"].as_u64(), json["whiles"].as_u64()],
        jvp: results(json, "jvp"),
        vjp: json.get("vjp").map(|_| results(json, "vjp")),
        vmap: results(json, "vmap"),
    };
    all.iter().map(one).collect()
}

fn run(name: &str, program: Result<Program, impl ToString>, inputs: &[Array]) -> Result<Vec<Array>, String> {
    let with_name = |e: String| format!("{name}: {e}");
    let program = program.map_err(|e| with_name(e.to_string()))?;
    program.verify().map_err(|e| with_name(e.to_string()))?;
    interpret(&program, inputs).map_err(|e| with_name(e.to_string()))
}

/// Checks the loops of a text. `known` holds the expected numbers of loops of known and of unknown length, if given.
fn check(loops: &Loops, known: [Option<u64>; 2], text: &str) -> Result<(), String> {
    let (name, inputs) = (&loops.case.name, &loops.case.inputs);
    let program = import(text).map_err(|e| format!("{name}: {e}"))?;
    let found = [count(&program, "scan"), count(&program, "while")];
    if found.iter().zip(known).any(|(&n, known)| known.is_some_and(|k| k != n as u64)) {
        return Err(format!("{name}: {found:?} scans and whiles, and not {known:?}\n{program}"));
    }
    let types = program.input_types();
    let by: Vec<usize> = (0..types.len()).filter(|&i| types[i].dtype.is_float()).collect();
    let outputs = program.output_types();
    let floats = outputs.iter().filter(|ty| ty.dtype.is_float()).count();
    let ints = outputs.len() - floats;
    compare(name, &run(name, Ok::<_, String>(program.clone()), inputs)?, &loops.case.outputs)?;

    let all = [inputs.clone(), weights(types.iter())].concat();
    let pushed = run(&format!("jvp of {name}"), program.jvp(&by), &all)?;
    compare(&format!("jvp of {name}"), &pushed[floats + ints..], &loops.jvp)?;

    let axes = |n: usize| vec![Some(0); n];
    let mapped =
        run(&format!("vmap of {name}"), program.vmap(2, &axes(types.len()), &axes(outputs.len())), &lanes(inputs))?;
    compare(&format!("vmap of {name}"), &mapped, &loops.vmap)?;

    let Some(expected) = &loops.vjp else {
        return match program.vjp(&by) {
            Ok(_) if found[1] > 0 => Err(format!("{name} has a reverse mode, with a loop of unknown length")),
            Ok(_) | Err(_) => Ok(()),
        };
    };
    let all = [inputs.clone(), weights(outputs.iter())].concat();
    let pulled = run(&format!("vjp of {name}"), program.vjp(&by), &all)?;
    compare(&format!("vjp of {name}"), &pulled[floats + ints..], expected)
}

#[test]
fn loops_of_jax_have_lengths_and_derivatives() {
    let cases = cases();
    let mut wrong = Vec::new();
    for form in ["loops.mlir", "loops.export.mlir"] {
        let texts = texts(&file(form));
        assert_eq!(texts.len(), cases.len());
        for (loops, (name, text)) in cases.iter().zip(&texts) {
            assert_eq!(*name, loops.case.name);
            wrong.extend(check(loops, loops.known, text).err().map(|e| format!("{form}: {e}")));
        }
    }
    assert!(cases.len() >= 50 || elsewhere().is_some(), "{}", cases.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), 2 * cases.len(), wrong.join("\n"));
}

/// An exported loop processes several rows per iteration. It becomes a scan again, and has derivatives.
#[test]
fn exported_loops_have_lengths_and_derivatives() {
    let cases = cases();
    let mut wrong = Vec::new();
    for (loops, (name, text)) in cases.iter().zip(texts(&file("loops.mlir"))) {
        let exported = rune_lower::export(&import(&text).unwrap()).unwrap_or_else(|e| panic!("{name}: {e}"));
        wrong.extend(check(loops, [None, None], &exported).err());
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}
