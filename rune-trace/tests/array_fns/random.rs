//! The random function of a case.

use super::case::Case;
use rune_trace::{DType, Scalar, Tensor, grad, random};
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
        _ => return vec![distribution(case, key, &shape())],
    }]
}

/// Draws numbers of a distribution. The inputs are its parameters.
fn distribution(case: &Case, key: &Tensor, shape: &[usize]) -> Tensor {
    let dtype = case.args["dtype"].as_str().unwrap().parse::<DType>().unwrap();
    let size = |name: &str| case.args[name].as_u64().unwrap() as usize;
    match (case.function.as_str(), case.inputs.as_slice()) {
        ("gamma", [a]) => random::gamma(key, a, shape, dtype),
        ("loggamma", [a]) => random::loggamma(key, a, shape, dtype),
        ("gamma_grad", [a]) => {
            let a = a.broadcast_to(shape);
            grad(|a: &Tensor| random::gamma(key, a, shape, dtype).sum())(&a)
        }
        ("beta", [a, b]) => random::beta(key, a, b, shape, dtype),
        ("dirichlet", [a]) => random::dirichlet(key, a, shape, dtype),
        ("chisquare", [a]) => random::chisquare(key, a, shape, dtype),
        ("f", [a, b]) => random::f(key, a, b, shape, dtype),
        ("t", [a]) => random::t(key, a, shape, dtype),
        ("generalized_normal", [p]) => random::generalized_normal(key, p, shape, dtype),
        ("ball", []) => random::ball(key, 3, 2.0, shape, dtype),
        ("cauchy", []) => random::cauchy(key, shape, dtype),
        ("logistic", []) => random::logistic(key, shape, dtype),
        ("lognormal", [sigma]) => random::lognormal(key, sigma, shape, dtype),
        ("pareto", [b]) => random::pareto(key, b, shape, dtype),
        ("rayleigh", [scale]) => random::rayleigh(key, scale, shape, dtype),
        ("maxwell", []) => random::maxwell(key, shape, dtype),
        ("double_sided_maxwell", []) => random::double_sided_maxwell(key, 0.5, 2.0, shape, dtype),
        ("triangular", [mode]) => random::triangular(key, 0.0, mode, 1.0, shape, dtype),
        ("wald", [mean]) => random::wald(key, mean, shape, dtype),
        ("weibull_min", [concentration]) => random::weibull_min(key, 2.0, concentration, shape, dtype),
        ("rademacher", []) => random::rademacher(key, shape, dtype),
        ("multivariate_normal", [mean, covariance]) => random::multivariate_normal(key, mean, covariance, shape, dtype),
        ("orthogonal", []) => random::orthogonal(key, size("n"), size("m"), shape, dtype),
        ("poisson", [rate]) => random::poisson(key, rate, shape, DType::I32),
        ("binomial", [n, p]) => random::binomial(key, n, p, shape, dtype),
        ("bernoulli_of", [p]) => random::bernoulli(key, p, shape),
        ("geometric", [p]) => random::geometric(key, p, shape, DType::I32),
        ("multinomial", [p]) => random::multinomial(key, 100.0, p),
        (other, inputs) => panic!("no function {other} of {} parameters", inputs.len()),
    }
}
