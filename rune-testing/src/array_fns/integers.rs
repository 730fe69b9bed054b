//! Reductions and similar functions on `bool` and all integers, and indices of all integer dtypes. `scripts/vectors
//! integers` wrote the vectors.

use super::case::Case;
use super::functions;
use rune_ir::DType;
use rune_ir::op::{GatherDims, ScatterDims, ScatterMode};
use rune_trace::{Tensor, lax, switch, vjp, vmap};
use serde_json::Value;

pub fn apply(case: &Case) -> Vec<Tensor> {
    let (args, inputs) = (&case.args, case.inputs.as_slice());
    let x = &inputs[0];
    let int = |json: &Value| json.as_i64().unwrap() as isize;
    let sizes = |json: &Value| -> Vec<usize> { json.as_array().unwrap().iter().map(|n| int(n) as usize).collect() };
    let one = match case.function.as_str() {
        "sort_descending" => x.sort_descending(int(args)),
        "median" => x.median(int(args)),
        "var_with" => x.var_with(int(&args[0]), int(&args[1]) as usize, false),
        "top_k" => {
            let (values, positions) = x.top_k(int(args) as usize);
            return vec![values, positions];
        }
        "dynamic_slice" => lax::dynamic_slice(x, &inputs[1..], &sizes(args)),
        "dynamic_update_slice" => lax::dynamic_update_slice(x, &inputs[1], &inputs[2..]),
        "gather_rows" => lax::gather(x, &inputs[1], rows(), &[1, x.shape()[1]]),
        "scatter_rows" => {
            let mode = match args.as_str().unwrap() {
                "set" => ScatterMode::Set,
                "add" => ScatterMode::Add,
                "mul" => ScatterMode::Mul,
                "min" => ScatterMode::Min,
                _ => ScatterMode::Max,
            };
            lax::scatter(x, &inputs[1], &inputs[2], rows().scatter(), mode, false)
        }
        "switch" => {
            let branches: Vec<_> = (0..int(args) as i32).map(|i| move || Tensor::scalar(i)).collect();
            let branches: Vec<&dyn Fn() -> Tensor> = branches.iter().map(|f| f as &dyn Fn() -> Tensor).collect();
            switch(x, &branches)
        }
        _ => return functions::apply(case),
    };
    vec![one]
}

fn rows() -> GatherDims {
    let dims = ScatterDims {
        update_window: [1].into_iter().collect(),
        inserted_window: [0].into_iter().collect(),
        scatter_map: [0].into_iter().collect(),
        ..ScatterDims::default()
    };
    dims.gather()
}

/// Returns the results of the case as one of three batch elements. `mapped` selects the mapped operands, such as all,
/// or only the indices.
pub fn apply_by_lane(case: &Case, mapped: fn(&Tensor) -> bool) -> Vec<Tensor> {
    let lanes: Vec<Tensor> = case
        .inputs
        .iter()
        .filter(|x| mapped(x))
        .map(|x| Tensor::stack(&[x.zeros_like(), x.clone(), x.ones_like()], 0))
        .collect();
    let results = vmap(|lane: &Vec<Tensor>| {
        let mut lane = lane.iter();
        let input = |x: &Tensor| if mapped(x) { lane.next().unwrap().clone() } else { x.clone() };
        let inputs = case.inputs.iter().map(input).collect();
        apply(&Case { function: case.function.clone(), args: case.args.clone(), inputs })
    })(&lanes);
    results.iter().map(|y| y.i(1)).collect()
}

/// Returns ⟨ȳ, f(x)⟩ and ⟨fᵀ(ȳ), x⟩ for a function that is linear in its float operands. They must be equal.
pub fn transposed(case: &Case) -> (f64, f64) {
    let float = |x: &Tensor| x.dtype().is_float();
    let moved: Vec<Tensor> = case.inputs.iter().filter(|x| float(x)).map(|x| x.cast(DType::F64)).collect();
    let (y, pullback) = vjp(
        |moved: &Vec<Tensor>| {
            let mut moved = moved.iter();
            let input = |x: &Tensor| if float(x) { moved.next().unwrap().clone() } else { x.clone() };
            let inputs = case.inputs.iter().map(input).collect();
            apply(&Case { function: case.function.clone(), args: case.args.clone(), inputs }).remove(0)
        },
        &moved,
    );
    let ct = Tensor::arange(1..1 + y.size() as i64, DType::F64).reshape(y.shape().clone());
    let back = pullback(&ct);
    let dot = |a: &Tensor, b: &Tensor| (a * b).sum().item::<f64>().unwrap();
    (dot(&ct, &y), back.iter().zip(&moved).map(|(ct, x)| dot(ct, x)).sum())
}
