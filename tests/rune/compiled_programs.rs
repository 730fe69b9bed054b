//! Compares programs that IREE once rejected, crashed on or compiled wrongly with the interpreter.

use super::batch::{self, Function};
use rune::prelude::*;
use rune_iree::CompileOptions;
use rune_testing::Generator;
use rune_testing::tolerance::Tolerance;
use rune_trace::interpret::interpret;
use rune_trace::{Array, Program, Value};
use std::path::Path;

/// Returns the results of a program for these inputs, computed as for users.
fn compiled(program: &Program, inputs: &[Array]) -> Vec<Array> {
    let device = rune::Device::open("cpu").unwrap();
    let code = rune::Precompiled::new(program, &CompileOptions::default()).unwrap().load_on(&device).unwrap();
    let inputs: Vec<Value> = inputs.iter().cloned().map(Value::from).collect();
    code.call_values(&inputs).unwrap().iter().map(|y| y.to_host().unwrap()).collect()
}

/// A scan of nested branches. Their results were lost when the module ran.
#[test]
fn proximal_gradient() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/programs");
    let text = std::fs::read_to_string(folder.join("proximal_gradient.rune")).unwrap();
    let program = Program::parse(&text).unwrap();
    let zeros = |shape: &[usize]| Tensor::zeros(shape, DType::F32);
    let like = (zeros(&[5]), zeros(&[30, 5]), zeros(&[30]), zeros(&[5]));
    let (x, a, b, right) = rune::storage::load(folder.join("proximal_gradient.safetensors"), &like).unwrap();
    let inputs = [x, a, b].map(|x| x.to_array().unwrap());
    let right = right.to_array().unwrap();
    // These are JAX's results. The steps stop when the gain is near the precision.
    for found in [interpret(&program, &inputs).unwrap(), compiled(&program, &inputs)] {
        for (x, y) in found[0].to_f64_vec().iter().zip(right.to_f64_vec()) {
            assert!((x - y).abs() < 1e-5, "{found:?} instead of {right:?}");
        }
    }
}

/// Returns the faults of programs in text form. They are compiled together, for a device without host calls.
fn failures(name: &str, programs: Vec<(String, String)>) -> Vec<String> {
    let tested: Vec<(String, Program, Vec<Array>, Function)> = programs
        .into_iter()
        .enumerate()
        .map(|(i, (label, text))| {
            let program = Program::parse(&text).unwrap_or_else(|e| panic!("{label}: {e}\n{text}"));
            let inputs = Generator::new(i as u64).inputs(&program);
            let function = Function::lower(program.simplify(), format!("f{i}")).unwrap();
            (label, program, inputs, function)
        })
        .collect();
    batch::for_all(
        &tested,
        name,
        |t| &t.3,
        |(label, program, inputs, _), code| {
            let expected = interpret(program, inputs).unwrap();
            let wrong = code.and_then(|code| batch::call(&code, inputs)).and_then(|found| {
                found.iter().zip(&expected).try_for_each(|(x, y)| {
                    let tolerance = if y.dtype().is_float() { Tolerance::Scaled(64.0) } else { Tolerance::Exact };
                    tolerance.check(x, y)
                })
            });
            wrong.err().map(|e| format!("{label}: {e}")).into_iter().collect()
        },
    )
}

/// Products of one element after producers of small integers. A product of a value with itself reads it in two ways.
#[test]
fn products_over_one_element() {
    let mut programs = Vec::new();
    for dtype in ["u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64", "f16"] {
        for (label, given) in [
            (
                "top_k",
                format!("z, w = rune.top_k(x, k=1) # [1, 3, 4, {dtype}] -> ([1, 3, 1, {dtype}], [1, 3, 1, i32])"),
            ),
            ("max", "m = rune.reduce_max(x, axes=[2])\n    z = rune.reshape(m, shape=[1, 3, 1])".to_owned()),
            ("sum", "m = rune.reduce_sum(x, axes=[2])\n    z = rune.reshape(m, shape=[1, 3, 1])".to_owned()),
            ("slice", "z = rune.slice(x, start=[0, 0, 1], limit=[1, 3, 2], strides=[1, 1, 1])".to_owned()),
        ] {
            let out = if dtype == "f16" { "f32" } else { dtype };
            let dims = r#"dims={"lhs_batch": [0], "lhs_contract": [2], "rhs_batch": [0], "rhs_contract": [2]}"#;
            let text = format!(
                "def f(x): # [1, 3, 4, {dtype}] -> [1, 3, 3, {out}]\n    {given}\n    \
                 y = rune.dot_general(z, z, {dims}, out=\"{out}\")\n    return y\n"
            );
            programs.push((format!("{label} of {dtype}"), text));
        }
    }
    let failures = failures("products", programs);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A window over a dilated operand, next to the same padding.
#[test]
fn windows_beside_padding_between_elements() {
    let mut programs = Vec::new();
    for (dtype, f, n) in [("f64", "min", 2), ("f32", "max", 3), ("f32", "sum", 5), ("i32", "min", 4)] {
        for (stride, dilation) in [(1, 2), (2, 2), (2, 3)] {
            let neutral = match (f, dtype) {
                ("min", "i32") => "2147483647:i32".to_owned(),
                ("min", _) => format!("inf:{dtype}"),
                ("max", _) => format!("-inf:{dtype}"),
                _ => format!("0.0:{dtype}"),
            };
            let (interior, long) = (dilation - 1, (n - 1) * dilation + 2);
            let positions = (long - 2) / stride + 1;
            let kept = (long - 1 + stride - 1) / stride;
            let text = format!(
                "def f(x, a): # ([{n}, {dtype}], [{kept}, {dtype}]) -> ([{positions}, {dtype}], [{kept}, {dtype}])\n    \
                 y = rune.reduce_window_{f}(x, window={{\"base_dilation\": [{dilation}], \"dimensions\": [2], \
                 \"padding\": [[0, 1]], \"strides\": [{stride}], \"window_dilation\": [1]}})\n    \
                 c = rune.constant(value=\"{neutral}\")\n    \
                 p = rune.pad(x, c, config=[{{\"high\": 1, \"interior\": {interior}, \"low\": 0}}])\n    \
                 s = rune.slice(p, start=[0], limit=[{}], strides=[{stride}])\n    \
                 t = rune.lt(a, s)\n    z = rune.select(t, a, s)\n    return y, z\n",
                long - 1
            );
            programs.push((format!("{f} of {dtype}, stride {stride}, dilation {dilation}"), text));
        }
    }
    let failures = failures("padded_windows", programs);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A loop counter converted to an unsigned integer, as in a key for each step. The module did not compile.
#[test]
fn counters_as_unsigned_integers() {
    let mut programs = Vec::new();
    for counter in ["i32", "i64"] {
        for dtype in ["u8", "u16", "u32", "u64"] {
            for (label, given) in [
                ("itself", format!("u = rune.convert(i, dtype=\"{dtype}\")")),
                ("its square", format!("s = rune.mul(i, i)\n        u = rune.convert(s, dtype=\"{dtype}\")")),
                (
                    "by way of f32",
                    format!("s = rune.convert(i, dtype=\"f32\")\n        u = rune.convert(s, dtype=\"{dtype}\")"),
                ),
            ] {
                if dtype == "u64" && label == "by way of f32" {
                    continue; // It still does not.
                }
                let text = format!(
                    "def f(k, a): # ([{dtype}], [{dtype}]) -> [{dtype}]\n    \
                     zero = rune.constant(value=\"0:{counter}\")\n    \
                     def cond(k, i, a): # ([{dtype}], [{counter}], [{dtype}]) -> [bool]\n        \
                     n = rune.constant(value=\"5:{counter}\")\n        \
                     c = rune.lt(i, n)\n        return c\n    \
                     def body(k, i, a): # ([{dtype}], [{counter}], [{dtype}]) -> ([{counter}], [{dtype}])\n        \
                     {given}\n        v = rune.add(u, k)\n        w = rune.xor(v, a)\n        \
                     one = rune.constant(value=\"1:{counter}\")\n        j = rune.add(i, one)\n        return j, w\n    \
                     i, y = rune.while(k, zero, a, consts=1, cond=@cond, body=@body)\n    return y\n"
                );
                programs.push((format!("{label}, {counter} as {dtype}"), text));
            }
        }
    }
    let failures = failures("counters", programs);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
