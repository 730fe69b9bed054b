//! Compares compiled functions of matrices and of signals, and their gradients, with the interpreter: on the host engine
//! and on IREE.

use super::batch::{self, Code};
use super::engine;
use rune::prelude::*;
use rune::random::{self, CategoricalOptions, ChoiceOptions, CovarianceRoot, Resolution};
use rune::signal::{self, SpectralOptions};
use rune::{Device, Precompiled, linalg};
use rune_host::Plan;
use rune_testing::tolerance::{Tolerance, parts};
use rune_trace::interpret::interpret;
use rune_trace::{Array, Complex64, Element, Program, with_element};

/// Matrices whose eigenvalues lie apart and have positive real parts: the functions magnify rounding errors only
/// slightly.
fn matrices(dtype: DType) -> Array {
    let element = |i: usize| {
        let (lane, row, column) = (i / 16, i / 4 % 4, i % 4);
        let small = Complex64::new((i as f64 * 1.7).sin(), (i as f64 * 2.3).cos()) * 0.4;
        small + if row == column { 1.5 + row as f64 + 0.25 * lane as f64 } else { 0.0 }
    };
    with_element!(dtype, T => Array::from_fn([2, 4, 4], |i| <T as Element>::from_complex(element(i))))
}

fn signal_of(dtype: DType) -> Array {
    with_element!(dtype, T => Array::from_fn([40], |i| T::from_f64((i as f64 * 0.7).sin() + 0.1 * i as f64)))
}

/// A real function of a result, whose gradient is not zero.
fn real_function(y: &Tensor) -> Tensor {
    let weights =
        Tensor::arange(0..y.size() as i64, DType::I32).cast(y.dtype().real()).cos().reshape(y.shape().clone());
    if y.dtype().is_complex() { (weights * (y.real().square() + y.imag())).sum() } else { (weights * y.square()).sum() }
}

/// Compares the results of all engines. The factorizations are those of the interpreter in all of them. Sums and
/// functions around them are rounded in another order.
fn faults(label: &str, program: &Program, input: &Array) -> Vec<String> {
    let inputs = vec![input.clone()];
    let expected = interpret(program, &inputs).expect("the interpreter knows every operation");
    let compiled = Precompiled::new(&program.simplify(), &engine::compile_options())
        .and_then(|compiled| compiled.load_on(&Device::Iree(engine::device())))
        .map_err(|e| e.to_string())
        .and_then(|code| batch::call(&Code::Whole(code), &inputs));
    let planned = Plan::new(program).run(inputs).map_err(|e| e.to_string());
    let mut faults = Vec::new();
    for (engine, found) in [("IREE", compiled), ("the host engine", planned)] {
        match found {
            Err(e) => faults.push(format!("{engine}: {label}: {}", e.chars().take(300).collect::<String>())),
            Ok(found) => {
                assert_eq!(found.len(), expected.len(), "{label}");
                for (x, y) in found.iter().zip(&expected) {
                    if let Err(why) = Tolerance::Around1(256.0).check(&parts(x), &parts(y)) {
                        faults.push(format!("{engine}: {label}: {why}"));
                    }
                }
            }
        }
    }
    faults
}

/// A function, and whether it has a derivative.
type Tested = (&'static str, fn(&Tensor) -> Vec<Tensor>, bool);

fn check(functions: &[Tested], input: impl Fn(DType) -> Array, dtypes: &[DType]) {
    let mut failures = Vec::new();
    for &dtype in dtypes {
        let dtype = if engine::lower_options().f64 || dtype.real() == DType::F32 { dtype } else { DType::F32 };
        let input = input(dtype);
        let x = Tensor::from(input.clone());
        for &(name, f, differentiable) in functions {
            let label = format!("{name} of {dtype}");
            failures.extend(faults(&label, &make_program(f, &x).unwrap(), &input));
            if differentiable {
                let sum = move |x: &Tensor| f(x).iter().map(real_function).reduce(|a, b| a + b).unwrap();
                let program = make_program(grad(sum), &x).unwrap();
                failures.extend(faults(&format!("gradient of {label}"), &program, &input));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn of_three((a, b, c): (Tensor, Tensor, Tensor)) -> Vec<Tensor> {
    vec![a, b, c]
}

/// Returns pivoted factors, with the order of the columns as floats, so that sums of the results exist.
fn pivoted(a: &Tensor) -> Vec<Tensor> {
    let (q, r, order) = linalg::qr_pivoted(a);
    let order = order.cast(r.dtype().real());
    vec![q, r, order]
}

#[test]
fn functions_of_matrices_agree() {
    let functions: [Tested; 8] = [
        ("logm", |a| vec![linalg::logm(a)], true),
        ("qr_pivoted", pivoted, true),
        ("eig_left", |a| of_three(linalg::eig_left(a)), true),
        ("eig", |a| [linalg::eig(a).0, linalg::eig(a).1].to_vec(), true),
        ("eigvals", |a| vec![linalg::eigvals(a)], true),
        ("schur", |a| [linalg::schur(a).0, linalg::schur(a).1].to_vec(), false),
        ("sqrtm", |a| vec![linalg::sqrtm(a)], true),
        ("expm", |a| vec![linalg::expm(&(a * 0.25))], true),
    ];
    check(&functions, matrices, &[DType::F32, DType::C64]);
}

/// Draws with options: the integers and booleans among them are equal, since all engines draw the same bits.
#[test]
fn draws_with_options_agree() {
    fn key(x: &Tensor) -> Tensor {
        random::fold_in(&random::key(3), x.abs().sum().cast(DType::U32))
    }
    fn floats(x: &Tensor) -> Tensor {
        x.cast(DType::F32)
    }
    fn categorical(x: &Tensor, replace: bool, resolution: Resolution) -> Tensor {
        let options =
            CategoricalOptions { shape: Some([3, 2, 4].into()), replace, resolution, ..CategoricalOptions::default() };
        floats(&random::categorical_with(&key(x), x, &options))
    }
    fn choice(x: &Tensor, p: bool, replace: bool) -> Tensor {
        let p = p.then(|| x.i((0, 0)).softmax(0));
        let options = ChoiceOptions { p, axis: -1, replace, ..ChoiceOptions::default() };
        random::choice_with(&key(x), x, [3], &options)
    }
    fn vectors(x: &Tensor, root: CovarianceRoot) -> Tensor {
        let covariance = x.matmul(x.t()) + Tensor::eye(4, x.dtype());
        random::multivariate_normal_with(&key(x), &x.i((.., 0)), &covariance, [2], x.dtype(), root)
    }
    let functions: [Tested; 11] = [
        ("gumbel_with", |x| vec![x + random::gumbel_with(&key(x), [2, 4, 4], x.dtype(), Resolution::High)], true),
        (
            "bernoulli_with",
            |x| {
                let draw = |resolution| floats(&random::bernoulli_with(&key(x), x.sigmoid(), [2, 4, 4], resolution));
                vec![draw(Resolution::Low), draw(Resolution::High)]
            },
            false,
        ),
        ("categorical_with", |x| vec![categorical(x, true, Resolution::Low)], false),
        ("categorical_with, high", |x| vec![categorical(x, true, Resolution::High)], false),
        ("categorical_with, without replacement", |x| vec![categorical(x, false, Resolution::Low)], false),
        ("choice_with", |x| vec![choice(x, false, true), choice(x, false, false)], true),
        ("choice_with, by probabilities", |x| vec![choice(x, true, true), choice(x, true, false)], true),
        ("multinomial_with", |x| vec![random::multinomial_with(&key(x), 30.0, &x.softmax(-1), [3, 2, 4])], false),
        ("multivariate_normal_with, Cholesky", |x| vec![vectors(x, CovarianceRoot::Cholesky)], true),
        ("multivariate_normal_with, eigh", |x| vec![vectors(x, CovarianceRoot::Eigh)], true),
        ("multivariate_normal_with, svd", |x| vec![vectors(x, CovarianceRoot::Svd)], true),
    ];
    check(&functions, matrices, &[DType::F32]);
}

#[test]
fn spectra_over_time_agree() {
    fn options() -> SpectralOptions {
        SpectralOptions { segment: Some(8), ..SpectralOptions::stft() }
    }
    let functions: [Tested; 2] = [
        ("stft", |x| vec![signal::stft(x, &options()).2], true),
        ("istft", |x| vec![signal::istft(&(signal::stft(x, &options()).2 * 2.0), &options()).1], true),
    ];
    check(&functions, signal_of, &[DType::F32, DType::F64]);
}
