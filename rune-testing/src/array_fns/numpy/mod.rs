//! Calls the function of NumPy or SciPy that a case names.

mod arrays;
mod numbers;
mod signals;

use super::case::Case;
use rune_trace::{ResultSize, Tensor};
use serde_json::Value;

pub fn apply(case: &Case) -> Vec<Tensor> {
    apply_to(&case.function, &case.args, &case.inputs)
}

/// Returns the results of the function with this name for other inputs.
pub fn apply_to(function: &str, args: &Value, inputs: &[Tensor]) -> Vec<Tensor> {
    numbers::apply(function, args, inputs)
        .or_else(|| arrays::apply(function, args, inputs))
        .or_else(|| signals::apply(function, args, inputs))
        .unwrap_or_else(|| panic!("no function {function} {args}"))
}

fn int(json: &Value) -> isize {
    json.as_i64().unwrap() as isize
}
fn size(json: &Value) -> usize {
    json.as_u64().unwrap() as usize
}
fn ints(json: &Value) -> Vec<isize> {
    json.as_array().unwrap().iter().map(int).collect()
}
fn sizes(json: &Value) -> Vec<usize> {
    json.as_array().unwrap().iter().map(size).collect()
}
/// Returns the number of results: all, a number, or a number and a fill value.
fn result_size(json: &Value) -> ResultSize {
    match json {
        Value::Null => (..).into(),
        Value::Array(list) => (size(&list[0]), int(&list[1])).into(),
        n => size(n).into(),
    }
}
