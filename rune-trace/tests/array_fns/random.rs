//! The random function of a case.

use super::case::Case;
use rune_trace::random::{CategoricalOptions, ChoiceOptions, CovarianceRoot, Resolution};
use rune_trace::{DType, Scalar, Shape, Tensor, grad, random, vmap};
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
    let resolution = || match args["mode"].as_str().unwrap() {
        "low" => Resolution::Low,
        "high" => Resolution::High,
        _ => Resolution::Highest,
    };
    let replace = || args["replace"].as_bool().unwrap();
    if let Some(name) = case.function.strip_prefix("grad of ") {
        let loss = |inputs: &Vec<Tensor>| {
            let y = distribution(case, name, inputs, key, &shape());
            let weights = Tensor::arange(0.0..y.size() as f64, y.dtype()).cos().reshape(y.shape().clone());
            (y * weights).sum()
        };
        return grad(loss)(&case.inputs);
    }
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
        "gumbel_with" => random::gumbel_with(key, shape(), dtype(), resolution()),
        "bernoulli_with" => random::bernoulli_with(key, number("p"), shape(), resolution()),
        "categorical_with" => {
            let shape = args["shape"].is_array().then(|| Shape::from(shape()));
            let options = CategoricalOptions { axis: axis(), shape, replace: replace(), resolution: resolution() };
            random::categorical_with(key, &case.inputs[0], &options)
        }
        "choice_with" => {
            let p = case.inputs.get(1).cloned();
            let options = ChoiceOptions { replace: replace(), p, axis: axis(), resolution: resolution() };
            random::choice_with(key, &case.inputs[0], shape(), &options)
        }
        name => return vec![distribution(case, name, &case.inputs, key, &shape())],
    }]
}

/// Draws numbers of a distribution. The inputs are its parameters.
fn distribution(case: &Case, name: &str, inputs: &[Tensor], key: &Tensor, shape: &[usize]) -> Tensor {
    let dtype = case.args["dtype"].as_str().unwrap().parse::<DType>().unwrap();
    let size = |name: &str| case.args[name].as_u64().unwrap() as usize;
    match (name, inputs) {
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
        ("double_sided_maxwell", [loc, scale]) => random::double_sided_maxwell(key, loc, scale, shape, dtype),
        ("triangular", [low, mode, high]) => random::triangular(key, low, mode, high, shape, dtype),
        ("weibull_min", [scale, concentration]) => random::weibull_min(key, scale, concentration, shape, dtype),
        ("uniform", [low, high]) => random::uniform(key, shape, dtype, low, high),
        ("truncated_normal", [low, high]) => random::truncated_normal(key, shape, dtype, low, high),
        ("rademacher", []) => random::rademacher(key, shape, dtype),
        ("multivariate_normal", [mean, covariance]) => random::multivariate_normal(key, mean, covariance, shape, dtype),
        ("orthogonal", []) => random::orthogonal(key, size("n"), size("m"), shape, dtype),
        ("poisson", [rate]) => random::poisson(key, rate, shape, DType::I32),
        ("binomial", [n, p]) => random::binomial(key, n, p, shape, dtype),
        ("bernoulli_of", [p]) => random::bernoulli(key, p, shape),
        ("geometric", [p]) => random::geometric(key, p, shape, DType::I32),
        ("multinomial", [p]) => random::multinomial(key, 100.0, p),
        ("multinomial_with", [n, p]) => random::multinomial_with(key, n, p, shape),
        (other, inputs) => panic!("no function {other} of {} parameters", inputs.len()),
    }
}

/// The numbers depend on the signs of eigenvectors, and are not JAX's.
#[test]
fn normal_vectors_have_the_covariance_by_every_factorization() {
    let root = Tensor::from([[1.0f64, 0.0, 0.0], [0.5, 2.0, 0.0], [-0.3, 0.2, 0.7]]);
    let covariance = root.matmul(root.t());
    let mean = Tensor::from([1.0f64, -2.0, 0.5]);
    for factorization in [CovarianceRoot::Cholesky, CovarianceRoot::Eigh, CovarianceRoot::Svd] {
        let draw = |covariance: &Tensor| {
            let key = random::key(11);
            random::multivariate_normal_with(&key, &mean, covariance, [40_000], DType::F64, factorization)
        };
        let x = draw(&covariance) - &mean;
        let found = x.t().matmul(&x) / 40_000.0;
        let off = (found - &covariance).abs().max().item::<f64>().unwrap();
        assert!(off < 0.06, "{factorization:?}: {off}");
        // A covariance of rank 1 has no Cholesky factor. The square root of an eigenvalue of 10⁻¹⁶ is 10⁻⁸.
        let x = draw(&Tensor::ones([3, 3], DType::F64)) - &mean;
        let equal = (x.i((.., 0)) - x.i((.., 2))).abs().max().item::<f64>().unwrap();
        assert!(factorization == CovarianceRoot::Cholesky || equal < 1e-6, "{factorization:?}: {equal}");
    }
}

/// A batch of keys and parameters gives the numbers that each of its elements gives alone.
#[test]
fn draws_of_a_batch_are_those_of_each_key() {
    type Draw = fn(&Tensor, &Tensor) -> Tensor;
    fn categorical(key: &Tensor, x: &Tensor, replace: bool, resolution: Resolution) -> Tensor {
        let options = CategoricalOptions { shape: Some([2].into()), replace, resolution, ..Default::default() };
        random::categorical_with(key, x, &options)
    }
    fn choice(key: &Tensor, x: &Tensor, p: bool, replace: bool) -> Tensor {
        let options = ChoiceOptions { p: p.then(|| x.softmax(0)), replace, ..ChoiceOptions::default() };
        random::choice_with(key, x, [2], &options)
    }
    fn vector(key: &Tensor, x: &Tensor, root: CovarianceRoot) -> Tensor {
        let covariance = x.unsqueeze(-1) * x + Tensor::eye(5, DType::F64) * 0.5;
        random::multivariate_normal_with(key, x, &covariance, [2], DType::F64, root)
    }
    let draws: [(&str, Draw); 15] = [
        ("gumbel, high", |k, x| x + random::gumbel_with(k, [5], DType::F64, Resolution::High)),
        ("gumbel, highest", |k, x| x + random::gumbel_with(k, [5], DType::F64, Resolution::Highest)),
        ("bernoulli, low", |k, x| random::bernoulli_with(k, x.sigmoid(), [3, 5], Resolution::Low)),
        ("bernoulli, high", |k, x| random::bernoulli_with(k, x.sigmoid(), [3, 5], Resolution::High)),
        ("categorical", |k, x| categorical(k, x, true, Resolution::Low)),
        ("categorical, high", |k, x| categorical(k, x, true, Resolution::High)),
        ("categorical without replacement", |k, x| categorical(k, x, false, Resolution::Low)),
        ("choice", |k, x| choice(k, x, false, true)),
        ("choice without replacement", |k, x| choice(k, x, false, false)),
        ("choice by probabilities", |k, x| choice(k, x, true, true)),
        ("choice by probabilities without replacement", |k, x| choice(k, x, true, false)),
        ("multinomial", |k, x| random::multinomial_with(k, 30.0, &x.softmax(0), [2, 3])),
        ("normal vectors, Cholesky", |k, x| vector(k, x, CovarianceRoot::Cholesky)),
        ("normal vectors, eigh", |k, x| vector(k, x, CovarianceRoot::Eigh)),
        ("normal vectors, svd", |k, x| vector(k, x, CovarianceRoot::Svd)),
    ];
    let keys = random::split(&random::key(5), 4);
    let parameters = Tensor::arange(0.0..20.0, DType::F64).square().sin().reshape([4, 5]);
    for (name, draw) in draws {
        let drawn = vmap(draw)(&keys, &parameters);
        for lane in 0..4 {
            let alone = draw(&keys.i(lane), &parameters.i(lane));
            assert_eq!(drawn.i(lane).to_array().unwrap(), alone.to_array().unwrap(), "{name}, {lane}");
        }
    }
}
