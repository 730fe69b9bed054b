//! Special functions against SciPy, and their derivatives against JAX. `scripts/vectors special` writes the vectors.

use rune_testing::array_fns::{case, special};
use rune_trace::{Array, CheckOptions, DType, Tensor, check_gradients, jvp, stats, vjp, vmap};
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};

struct Line {
    name: String,
    kind: String,
    by: usize,
    inputs: Vec<Tensor>,
    out: Array,
    tol: f64,
    floor: f64,
}
impl Line {
    fn label(&self) -> String {
        format!("{} {} by {} of {}", self.name, self.kind, self.by, self.out.dtype())
    }
    fn apply(&self, inputs: &[Tensor]) -> Tensor {
        special::apply(&self.name, inputs)
    }
    /// Returns the function of the argument with respect to which it is differentiated.
    fn of_one(&self) -> impl Fn(&Tensor) -> Tensor + Send + Sync + '_ {
        |x: &Tensor| {
            let mut inputs = self.inputs.clone();
            inputs[self.by] = x.clone();
            self.apply(&inputs)
        }
    }
    /// Returns an error if the result is off by more than the tolerance.
    fn check(&self, found: &Tensor) -> Result<(), String> {
        if found.ty() != self.out.ty() {
            return Err(format!("{}: is of type {}, and should be of {}", self.label(), found.ty(), self.out.ty()));
        }
        let found = found.to_array().map_err(|e| e.to_string())?.to_f64_vec();
        for (i, (a, b)) in found.into_iter().zip(self.out.to_f64_vec()).enumerate() {
            let fine = a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= self.tol * b.abs().max(self.floor);
            // Numbers without full precision are not compared.
            let tiny = self.out.dtype() == DType::F32 && a.abs().max(b.abs()) < 1e-37;
            if !fine && !tiny {
                let at = i % self.inputs[0].size();
                let args: Vec<f64> = self.inputs.iter().map(|x| x.to_array().unwrap().to_f64_vec()[at]).collect();
                let off = (a - b).abs() / b.abs().max(self.floor);
                return Err(format!(
                    "{} at {args:?}: is {a:?}, and should be {b:?} (off by {off:e}, allowed {:e})",
                    self.label(),
                    self.tol
                ));
            }
        }
        Ok(())
    }
}

fn lines() -> Vec<Line> {
    lines_of(&["special", "stats"])
}

fn lines_of(files: &[&str]) -> Vec<Line> {
    let data = |name: &str| {
        std::fs::read_to_string(format!("{}/tests/data/{name}.jsonl", env!("CARGO_MANIFEST_DIR"))).unwrap()
    };
    let text: String = files.iter().map(|name| data(name)).collect();
    let read = |line: &str| {
        let json: Value = serde_json::from_str(line).unwrap();
        let arrays = |key: &str| json[key].as_array().unwrap().iter().map(case::array).collect::<Vec<Array>>();
        Line {
            name: json["fn"].as_str().unwrap().to_owned(),
            kind: json["kind"].as_str().unwrap().to_owned(),
            by: json["by"].as_u64().unwrap_or(0) as usize,
            inputs: arrays("in").into_iter().map(Tensor::from).collect(),
            out: arrays("out").remove(0),
            tol: json["tol"].as_f64().unwrap(),
            floor: json["floor"].as_f64().unwrap(),
        }
    };
    text.lines().map(read).collect()
}

fn check_all(chosen: impl Fn(&Line) -> bool, run: impl Fn(&Line) -> Vec<Tensor>) {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for line in lines().iter().filter(|line| chosen(line)) {
        count += 1;
        match catch_unwind(AssertUnwindSafe(|| run(line))) {
            Ok(found) => wrong.extend(found.iter().filter_map(|y| line.check(y).err())),
            Err(_) => wrong.push(format!("{}: panics", line.label())),
        }
    }
    assert!(count > 50, "{count}");
    assert!(wrong.is_empty(), "{} of {count} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn forward(f: &(dyn Fn(&Tensor) -> Tensor + Send + Sync), x: &Tensor) -> Tensor {
    jvp(|x: &Tensor| f(x), x, &x.ones_like()).1
}
/// Returns the derivative of each element, by reverse mode. Elementwise functions may have a first axis of results.
fn reverse(f: &(dyn Fn(&Tensor) -> Tensor + Send + Sync), x: &Tensor) -> Tensor {
    let (y, pull_back) = vjp(|x: &Tensor| f(x), x);
    if y.shape() == x.shape() {
        return pull_back(&y.ones_like());
    }
    let rows = y.shape()[0];
    let row = |k: usize| pull_back(&y.zeros_like().at(k).set(1.0));
    Tensor::stack(&(0..rows).map(row).collect::<Vec<_>>(), 0)
}

#[test]
fn special_functions_give_what_scipy_gives() {
    let special = |line: &Line| line.kind == "value" && !line.name.contains('.');
    check_all(special, |line| vec![line.apply(&line.inputs)]);
}

#[test]
fn functions_of_distributions_give_what_scipy_gives() {
    let of_distribution = |line: &Line| line.kind == "value" && line.name.contains('.');
    check_all(of_distribution, |line| vec![line.apply(&line.inputs)]);
}

/// Cases that differ from JAX's: two derivatives at infinity are NaN instead of 0, quantiles of `cauchy` are infinite
/// where JAX's are great numbers, and derivatives with respect to the number of trials at their least count are those of
/// the formula, where JAX's are 0.
const AT_EDGES_OTHERWISE: &[(&str, &str)] = &[
    ("chi2.logsf", "derivative 1"),
    ("poisson.cdf", "derivative 1"),
    ("cauchy.ppf", "value"),
    ("cauchy.isf", "value"),
    ("binom.logpmf", "derivative 1"),
    ("binom.pmf", "derivative 1"),
    ("betabinom.logpmf", "derivative 1"),
    ("betabinom.pmf", "derivative 1"),
];

#[test]
fn distributions_have_the_values_and_derivatives_of_jax_at_edges() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    let otherwise = |line: &Line| AT_EDGES_OTHERWISE.contains(&(line.name.as_str(), line.kind.as_str()));
    for line in lines_of(&["stats_edges"]).into_iter().filter(|line| !otherwise(line)) {
        count += 1;
        let found = if line.kind == "value" {
            line.apply(&line.inputs)
        } else {
            reverse(&line.of_one(), &line.inputs[line.by])
        };
        wrong.extend(line.check(&found).err());
    }
    assert!(count > 250, "{count}");
    assert!(wrong.is_empty(), "{} of {count} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn entropies_of_poisson_give_what_sums_of_50_digits_give() {
    let exact = [
        (0.0, 0.0),
        (0.001, 0.007_908_101_804_632_483),
        (4.0, 2.086_672_699_880_964),
        (9.99, 2.560_900_260_652_619),
        (60.0, 3.464_710_097_858_322),
        (99.5, 3.718_175_570_939_186),
        (100.0, 3.720_686_072_260_259),
        (1e6, 8.326_693_728_853_435),
    ];
    let means = Tensor::from(exact.map(|(mean, _)| mean));
    for (y, (mean, exact)) in stats::poisson::entropy(&means, 0.5).to_vec::<f64>().unwrap().into_iter().zip(exact) {
        assert!((y - exact).abs() <= 2e-13 * (1.0 + exact), "{mean}: {y}, and should be {exact}");
    }
    assert!(stats::poisson::entropy(-1.0, 0.0).item::<f32>().unwrap().is_nan());
    let total = |mean: &Tensor| stats::poisson::entropy(mean, 0.0).sum();
    check_gradients(total, &Tensor::from([0.3f64, 2.0, 60.0, 200.0]), &CheckOptions::default()).unwrap();
}

#[test]
fn functions_of_vectors_give_what_scipy_gives() {
    let close = |x: Tensor, y: f64| {
        let x = x.item::<f64>().unwrap();
        assert!((x - y).abs() < 1e-12, "{x}, and should be {y}");
    };
    let vector = |x: [f64; 3]| Tensor::from(x);
    // From SciPy: `dirichlet([1.5, 2, 0.7]).logpdf([0.2, 0.3, 0.5])` and similar calls.
    let x = vector([0.2, 0.3, 0.5]);
    close(stats::dirichlet::logpdf(&x, &vector([1.5, 2.0, 0.7])), 0.107_723_021_689_166_25);
    close(stats::multinomial::logpmf(&vector([2.0, 3.0, 1.0]), 6.0, &x), -3.429_596_856_183_854_6);
    let covariance = Tensor::from([[2.0f64, 0.5, 0.0], [0.5, 1.0, -0.3], [0.0, -0.3, 0.7]]);
    close(stats::multivariate_normal::logpdf(&x, &vector([0.0, 1.0, 0.0]), &covariance), -3.159_637_439_451_591_6);
    let outside = stats::dirichlet::logpdf(&(&x * 2.0), &vector([1.5, 2.0, 0.7]));
    assert_eq!(outside.item::<f64>().unwrap(), f64::NEG_INFINITY);
}

#[test]
fn derivatives_of_special_functions_are_those_of_jax() {
    check_all(
        |line| line.kind == "derivative 1",
        |line| {
            let f = line.of_one();
            vec![forward(&f, &line.inputs[line.by]), reverse(&f, &line.inputs[line.by])]
        },
    );
}

#[test]
fn second_derivatives_of_special_functions_are_those_of_jax() {
    check_all(
        |line| line.kind == "derivative 2",
        |line| {
            let f = line.of_one();
            let of_reverse = |x: &Tensor| reverse(&f, x);
            vec![forward(&of_reverse, &line.inputs[line.by])]
        },
    );
}

#[test]
fn special_functions_of_a_batch_are_those_of_each_element() {
    let chosen = |line: &&Line| line.kind == "value" && line.name != "bessel_jn";
    for line in lines().iter().filter(chosen) {
        let whole = line.apply(&line.inputs).to_array().unwrap().to_f64_vec();
        let lanes = vmap(|xs: &Vec<Tensor>| line.apply(xs))(&line.inputs);
        let lanes = if lanes.rank() > 1 { lanes.transpose() } else { lanes };
        let lanes = lanes.to_array().unwrap().to_f64_vec();
        let same = |(a, b): (&f64, &f64)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
        assert!(whole.iter().zip(&lanes).all(same), "{}: {whole:?} and {lanes:?}", line.label());
    }
}

/// Tests cases that the vectors do not cover: derivatives at the ends of domains, and of half-precision types.
#[test]
fn derivatives_are_finite_at_the_seams() {
    let slope = |name: &str, at: f64| {
        let x = Tensor::scalar(at);
        let f = |x: &Tensor| special::apply(name, std::slice::from_ref(x));
        (forward(&f, &x).item::<f64>().unwrap(), forward(&|x: &Tensor| forward(&f, x), &x).item::<f64>().unwrap())
    };
    let close = |(name, at, first, second): (&str, f64, f64, f64)| {
        let found = slope(name, at);
        let near = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert!(near(found.0, first) && near(found.1, second), "{name} at {at}: {found:?}");
    };
    close(("sinc", 0.0, 0.0, -std::f64::consts::PI.powi(2) / 3.0));
    close(("spence", 1.0, -1.0, 0.5));
    close(("i0", 0.0, 0.0, 0.5));
    close(("i1", 0.0, 0.5, 0.0));
    close(("dawsn", 0.0, 1.0, 0.0));
    close(("erfc", 0.0, -std::f64::consts::FRAC_2_SQRT_PI, 0.0));
    close(("erfc", 1.0, -0.415_107_497_420_594_7, 0.830_214_994_841_189_4));
    close(("ndtri", 0.5, (2.0 * std::f64::consts::PI).sqrt(), 0.0));
    let half = special::apply("gammaln", &[Tensor::scalar(half::f16::from_f32(5.0))]);
    assert_eq!(half.item::<half::f16>().unwrap(), half::f16::from_f64(24f64.ln()));
}

#[test]
#[should_panic(expected = "special::xlogy: operands are f32 and f64")]
fn operands_are_of_one_dtype() {
    let _ = rune_trace::special::xlogy(Tensor::scalar(1.0f32), Tensor::scalar(1.0f64));
}
