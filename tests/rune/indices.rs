//! Tests of compiled functions of `bool` and every integer dtype, and of indices at the ends of their dtypes, on the
//! vectors of `scripts/vectors integers`.

use crate::engine::jit;
use case::{Case, Line, compare};
use rune::prelude::*;
use rune_testing::array_fns::{case, integers};

/// Checks every `of`-th case that has a result, or all with `RUNE_TEST_ALL=1`. Each compiled function contains many
/// cases.
fn check(lines: &str, of: usize) {
    let of = if std::env::var_os("RUNE_TEST_ALL").is_some() { 1 } else { of };
    let large = |case: &Case| case.function == "switch" && case.args == 200;
    let lines: Vec<Line> = case::cases(lines).filter(|l| l.right.is_ok() && !large(&l.case)).step_by(of).collect();
    let mut wrong = Vec::new();
    for chunk in lines.chunks(100) {
        let inputs: Vec<Vec<Tensor>> = chunk.iter().map(|l| l.case.inputs.clone()).collect();
        let all = |inputs: &Vec<Vec<Tensor>>| -> Vec<Vec<Tensor>> {
            let run = |(line, inputs): (&Line, &Vec<Tensor>)| {
                let case =
                    Case { function: line.case.function.clone(), args: line.case.args.clone(), inputs: inputs.clone() };
                integers::apply(&case)
            };
            chunk.iter().zip(inputs).map(run).collect()
        };
        for (line, found) in chunk.iter().zip(jit(all)(&inputs)) {
            let right = line.right.as_ref().unwrap();
            for (found, expected) in found.iter().zip(right) {
                if let Err(error) = compare(found, expected, &line.tol) {
                    wrong.push(format!("{}: {error}", line.label));
                }
            }
        }
    }
    let shown = wrong.len().min(40);
    assert!(wrong.is_empty(), "{} of {} cases are wrong, as:\n{}", wrong.len(), lines.len(), wrong[..shown].join("\n"));
}

#[test]
fn functions_of_bool_and_integers_are_compiled_right() {
    check(include_str!("../../rune-trace/tests/data/integers.jsonl"), 31);
}

#[test]
fn indices_of_every_dtype_are_compiled_right() {
    check(include_str!("../../rune-trace/tests/data/indexing.jsonl"), 23);
}
