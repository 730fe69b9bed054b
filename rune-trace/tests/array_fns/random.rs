//! The draw that a case names.

use super::case::Case;
use rune_trace::{DType, Scalar, Tensor, random};
use serde_json::Value;

pub fn apply(case: &Case) -> Vec<Tensor> {
    let args = &case.args;
    let key = &random::key(args["seed"].as_u64().unwrap());
    let n = || args["n"].as_u64().unwrap() as usize;
    let axis = || args["axis"].as_i64().unwrap() as isize;
    let shape = || args["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect::<Vec<_>>();
    let dtype = || args["dtype"].as_str().unwrap().parse::<DType>().unwrap();
    let number = |name: &str| match &args[name] {
        Value::Number(n) if n.is_i64() => Scalar::from(n.as_i64().unwrap()),
        n => Scalar::from(n.as_f64().unwrap()),
    };
    let range = || Tensor::arange(0..shape().iter().product::<usize>() as i64, DType::I32).reshape(shape());
    vec![match case.function.as_str() {
        "key" => key.clone(),
        "split" => random::split(key, n()),
        "fold_in" => random::fold_in(key, number("data")),
        "bits" => random::bits(key, shape(), dtype()),
        "uniform" => random::uniform(key, shape(), dtype(), number("low"), number("high")),
        "normal" => random::normal(key, shape(), dtype()),
        "gumbel" => random::gumbel(key, shape(), dtype()),
        "exponential" => random::exponential(key, shape(), dtype()),
        "laplace" => random::laplace(key, shape(), dtype()),
        "truncated_normal" => random::truncated_normal(key, shape(), dtype(), number("low"), number("high")),
        "randint" => random::randint(key, shape(), number("low"), number("high"), dtype()),
        "bernoulli" => random::bernoulli(key, number("p"), shape()),
        "permutation" => random::permutation(key, &range(), axis()),
        "shuffle" => random::shuffle(key, &range(), axis()),
        "choice" => random::choice(key, &Tensor::arange(0..30, DType::I32), n(), args["replace"].as_bool().unwrap()),
        "categorical" => random::categorical(key, &case.inputs[0], axis()),
        other => panic!("no function {other}"),
    }]
}
