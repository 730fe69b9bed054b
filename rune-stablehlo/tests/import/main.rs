//! Compares modules that JAX exported (`scripts/vectors stablehlo`) with JAX's results.

mod data;
mod idioms;
mod loops;
mod ragged;
mod random;
mod real;
mod slopes;
mod wide;

use data::{cases, compare, file, folder, texts};
use rune_ir::interpret::interpret;
use rune_ir::{Array, Program};
use rune_stablehlo::{ImportError, import};
use rune_testing::{exercise, replay};
use rune_trace::ProgramExt;
use std::path::PathBuf;

fn modules() -> Vec<(String, String)> {
    let mut all = texts(&file("operations.mlir"));
    for model in ["mlp", "cnn", "transformer"] {
        for name in [model.to_owned(), format!("{model}_grad")] {
            for ending in ["mlir", "export.mlir"] {
                all.push((name.clone(), file(&format!("{name}.{ending}"))));
            }
        }
    }
    all
}

fn imported(name: &str, text: &str) -> Program {
    let program = import(text).unwrap_or_else(|e| panic!("{name}: {e}"));
    program.verify().unwrap_or_else(|e| panic!("{name}: {e}"));
    program
}

#[test]
fn modules_of_jax_compute_what_jax_computes() {
    let cases = cases();
    let modules = modules();
    let mut wrong = Vec::new();
    for (name, text) in &modules {
        let case = cases.iter().find(|c| c.name == *name).unwrap();
        let checked = import(text).map_err(|e| format!("{name}: {e}")).and_then(|program| {
            program.verify().map_err(|e| format!("{name}: {e}"))?;
            let found = interpret(&program, &case.inputs).map_err(|e| format!("{name}: {e}"))?;
            compare(name, &found, &case.outputs)
        });
        wrong.extend(checked.err());
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), modules.len(), wrong.join("\n"));
    assert!(cases.iter().all(|c| modules.iter().any(|(name, _)| *name == c.name)));
    assert_eq!(modules.len(), 46);
}

#[test]
fn imported_models_have_the_gradients_of_jax() {
    let cases = cases();
    for (model, parameters) in [("mlp", 6), ("cnn", 3), ("transformer", 8)] {
        let loss = imported(model, &file(&format!("{model}.mlir")));
        let by: Vec<usize> = (0..parameters).collect();
        let gradient = loss.grad(&by, true).unwrap();
        let case = cases.iter().find(|c| c.name == format!("{model}_grad")).unwrap();
        compare(model, &interpret(&gradient, &case.inputs).unwrap(), &case.outputs).unwrap();
    }
}

#[test]
fn what_is_exported_is_imported_again() {
    let cases = cases();
    for (name, text) in modules() {
        let case = cases.iter().find(|c| c.name == name).unwrap();
        let program = imported(&name, &text);
        let exported = rune_lower::export(&program).unwrap_or_else(|e| panic!("{name}: {e}"));
        // `scripts/check-exported` runs these files with XLA.
        if let Some(folder) = std::env::var_os("RUNE_EXPORTED") {
            std::fs::write(PathBuf::from(folder).join(format!("{name}.mlir")), &exported).unwrap();
        }
        // If rune sorts by counting, or sums in halves, results may differ in the last places.
        match import(&exported) {
            Ok(back) => compare(&name, &interpret(&back, &case.inputs).unwrap(), &case.outputs).unwrap(),
            Err(error) => panic!("{name}: {error}\n{exported}"),
        }
    }
}

#[test]
fn origins_are_the_lines_of_python() {
    let program = imported("mlp", &file("mlp.export.mlir"));
    let origins: Vec<_> = program.instructions().iter().filter_map(|i| i.origin.loc.as_ref()).collect();
    assert!(origins.iter().any(|loc| loc.file == "scripts/oracle/stablehlo.py" && loc.line > 40), "{origins:?}");
}

fn main_of(arguments: &str, results: &str, body: &str) -> String {
    format!("module @m {{\n  func.func public @main({arguments}) -> {results} {{\n{body}\n  }}\n}}\n")
}

#[test]
fn all_that_rune_does_not_have_is_told_at_once() {
    let text = main_of(
        "%a: tensor<3xf32>",
        "tensor<3xf32>",
        "    %0 = stablehlo.custom_call @lapack_sgesvd_ffi(%a) : (tensor<3xf32>) -> tensor<3xf32>
    %1 = stablehlo.add %0, %a : tensor<3xf32>
    %2 = stablehlo.convert %a : (tensor<3xf32>) -> tensor<3xf8E3M4>
    %3 = chlo.lgamma %1 : tensor<3xf32> -> tensor<3xf32>
    %4 = stablehlo.rng_bit_generator %a : tensor<3xf32> -> tensor<3xf32>
    return %4 : tensor<3xf32>",
    );
    let error = import(&text).unwrap_err();
    let ImportError::Unsupported(refusals) = &error else { panic!("{error}") };
    let named: Vec<_> = refusals.iter().map(|r| (r.line, r.column, r.op.as_str())).collect();
    assert_eq!(
        named,
        [(3, 10, "stablehlo.custom_call"), (5, 10, "stablehlo.convert"), (7, 10, "stablehlo.rng_bit_generator")]
    );
    let text = error.to_string();
    assert!(
        text.starts_with("3 operations cannot be imported:\n  3:10: `stablehlo.custom_call` calls @lapack"),
        "{text}"
    );
    assert!(text.contains("has type tensor<3xf8E3M4>; rune's floats of 8 bits are"), "{text}");
}

#[test]
fn complex_numbers_and_fourier_transforms() {
    let text = main_of(
        "%a: tensor<4xf32>",
        "tensor<4xf32>",
        "    %0 = stablehlo.constant dense<[(1.0,2.0), (0.0,-1.0), (5.000000e-01,0.0)]> : tensor<3xcomplex<f32>>
    %1 = \"stablehlo.fft\"(%a) {fft_type = #stablehlo<fft_type RFFT>, fft_length = array<i64: 4>} : (tensor<4xf32>) -> tensor<3xcomplex<f32>>
    %2 = stablehlo.multiply %0, %1 : tensor<3xcomplex<f32>>
    %3 = stablehlo.real %2 : (tensor<3xcomplex<f32>>) -> tensor<3xf32>
    %4 = stablehlo.imag %2 : (tensor<3xcomplex<f32>>) -> tensor<3xf32>
    %5 = stablehlo.complex %3, %4 : tensor<3xcomplex<f32>>
    %6 = stablehlo.fft %5, type = IRFFT, length = [4] : (tensor<3xcomplex<f32>>) -> tensor<4xf32>
    return %6 : tensor<4xf32>",
    );
    let program = import(&text).unwrap();
    let x = rune_ir::Array::from_slice([4], &[1.0f32, 2.0, 3.0, 4.0]);
    let y = rune_ir::interpret::interpret(&program, &[x]).unwrap();
    // The frequencies of x are 10, -2 + 2i and -2. The constants are 10, 2 + 2i and -1.
    assert_eq!(y[0].as_slice::<f32>(), [3.25, 1.75, 1.25, 3.75]);
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let one = |body: &str| main_of("%a: tensor<3xf32>, %b: tensor<2xf32>", "tensor<3xf32>", body);
    let cases = [
        (
            one("    %0 = stablehlo.add %a, %b : tensor<3xf32>\n    return %0 : tensor<3xf32>"),
            "3:10: `stablehlo.add`: `add` takes operands of one",
        ),
        (
            one("    %0 = stablehlo.add %a, %c : tensor<3xf32>\n    return %0 : tensor<3xf32>"),
            "3:10: `stablehlo.add`: `%c` is not defined before its use",
        ),
        (
            one("    %0 = stablehlo.sine %a : tensor<4xf32>\n    return %0 : tensor<3xf32>"),
            "its result type is [3, f32], but [4, f32] is written",
        ),
        (one("    %0 = stablehlo.sine %a : tensor<4xf32"), "3:37: this bracket is not closed"),
        (
            one("    %0 = stablehlo.constant dense<[1.0]> : tensor<3xf32>\n    return %0 : tensor<3xf32>"),
            "[3, f32] has 3 elements, but 1 are given",
        ),
        (
            one("    %0 = call @g(%a) : (tensor<3xf32>) -> tensor<3xf32>\n    return %0 : tensor<3xf32>"),
            "there is no function @g",
        ),
        (
            one(
                "    %0 = call @main(%a, %b) : (tensor<3xf32>, tensor<2xf32>) -> tensor<3xf32>\n    return %0 : tensor<3xf32>",
            ),
            "or recurse",
        ),
        (one("    stablehlo.sine %a : tensor<3xf32>"), "one of its blocks has no return"),
        (String::new(), "there is no public function"),
        ("module {".to_owned(), "1:9: expected an operation, found the end of the text"),
        (one(&format!("    %0 = stablehlo.constant {}", "[".repeat(100_000))), "nests deeper than 100 levels"),
        (one(&"\"stablehlo.if\"(%a) ({".repeat(100_000)), "nests deeper than 100 levels"),
        (one("    %0 = stablehlo.iota dim = 0 : tensor<99999999999999999999xf32>"), "too large for any memory"),
    ];
    for (text, expected) in cases {
        let error = import(&text).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}\n{}", &text[..text.len().min(300)]);
    }
}

#[test]
fn a_large_splat_takes_no_memory() {
    let text = main_of(
        "",
        "tensor<1000000000000xf32>",
        "    %0 = stablehlo.constant dense<1.5> : tensor<1000000000000xf32>\n    return %0 : tensor<1000000000000xf32>",
    );
    assert_eq!(import(&text).unwrap().instructions().len(), 2);
}

/// This is JAX's form for TPUs. For CPUs, JAX calls LAPACK.
#[test]
fn factors_and_triangular_systems_are_read_and_written() {
    let body = "%0 = stablehlo.cholesky %a, lower = true : tensor<2x2xf32>\n\
         %1 = \"stablehlo.triangular_solve\"(%0, %b) <{left_side = true, lower = true, transpose_a = #stablehlo<transpose TRANSPOSE>, \
         unit_diagonal = false}> : (tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x1xf32>\n\
         return %1 : tensor<2x1xf32>";
    let program = imported("read", &main_of("%a: tensor<2x2xf32>, %b: tensor<2x1xf32>", "tensor<2x1xf32>", body));
    let again = imported("written", &rune_lower::export(&program).unwrap());
    let inputs = [Array::from_slice([2, 2], &[4f32, 9.0, 2.0, 5.0]), Array::from_slice([2, 1], &[8f32, 6.0])];
    for program in [program, again] {
        assert_eq!(interpret(&program, &inputs).unwrap()[0].as_slice::<f32>(), [2.5, 3.0]);
    }
}

#[test]
fn the_generic_form_is_read_too() {
    let text = r#""builtin.module"() <{sym_name = "m"}> ({
  "func.func"() <{function_type = (tensor<2x3xf32>) -> tensor<2xf32>, sym_name = "main"}> ({
  ^bb0(%arg0: tensor<2x3xf32>):
    %0 = "stablehlo.constant"() <{value = dense<0.000000e+00> : tensor<f32>}> : () -> tensor<f32>
    %1 = "stablehlo.reduce"(%arg0, %0) <{dimensions = array<i64: 1>}> ({
    ^bb0(%arg1: tensor<f32>, %arg2: tensor<f32>):
      %2 = "stablehlo.add"(%arg1, %arg2) : (tensor<f32>, tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%2) : (tensor<f32>) -> ()
    }) : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
    "func.return"(%1) : (tensor<2xf32>) -> ()
  }) : () -> ()
}) : () -> ()
"#;
    let program = imported("generic", text);
    let x = Array::from_vec([2, 3], vec![1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert_eq!(interpret(&program, &[x]).unwrap()[0].as_slice::<f32>(), [6.0, 15.0]);
}

#[test]
fn texts_that_once_failed_do_no_longer() {
    let kept = folder().with_file_name("hostile").join("stablehlo");
    replay("texts_that_once_failed_do_no_longer", &kept, |bytes| {
        if let Ok(program) = import(&String::from_utf8_lossy(bytes)) {
            exercise(&program);
        }
    });
}

/// Texts with changed bytes, or with removed, doubled or moved pieces, cause no panic.
#[test]
fn damaged_texts_do_not_panic() {
    let all = modules()
        .into_iter()
        .chain(texts(&file("loops.mlir")))
        .chain(texts(&file("wide.mlir")))
        .chain(texts(&file("real.mlir")));
    let modules: Vec<String> = all.map(|(_, text)| text).collect();
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut draw = |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % n.max(1) as u64) as usize
    };
    let pieces = [
        "%0",
        "4294967296",
        "-1",
        "}",
        "{",
        "(",
        ">",
        "tensor<2xf32>",
        "dense<",
        "array<i64: ",
        "0x",
        "\"",
        "@main",
        ",",
        "",
    ];
    for round in 0..4000 {
        let mut text = modules[round % modules.len()].clone().into_bytes();
        text.truncate(20_000);
        for _ in 0..1 + draw(4) {
            let (at, length) = (draw(text.len()), draw(30));
            let end = (at + length).min(text.len());
            match draw(5) {
                0 => text[at] = b" 0123456789%#@<>[](){}:,xf\"-"[draw(28)],
                1 => drop(text.drain(at..end)),
                2 => {
                    let piece = text[at..end].to_vec();
                    let to = draw(text.len());
                    text.splice(to..to, piece);
                }
                3 => drop(text.splice(at..at, pieces[draw(pieces.len())].bytes())),
                _ => drop(text.splice(at..end, pieces[draw(pieces.len())].bytes())),
            }
            if text.is_empty() {
                break;
            }
        }
        if let Ok(program) = import(&String::from_utf8_lossy(&text)) {
            program.verify().unwrap();
        }
    }
}
