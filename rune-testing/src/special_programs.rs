//! Random compositions of special functions, Fourier transforms, functions of signals and linear algebra, and the
//! possible change of their results.

use crate::Generator;
use crate::array_fns::special::apply;
use rune_ir::interpret::interpret;
use rune_ir::{Array, DType, Program};
use rune_trace::signal::{self, ConvolveMode, SpectralOptions};
use rune_trace::{Tensor, fft, jvp, linalg, make_program, special, vjp, vmap};

/// A domain in which a function is smooth, and neither too small nor too large.
#[derive(Clone, Copy)]
enum Domain {
    /// From -3 to 3.
    Real,
    /// From 0.3 to 3.
    Positive,
    /// From 0.1 to 0.9.
    Unit,
}
use Domain::{Positive, Real, Unit};

/// Elementwise functions, with the domain of each argument.
const FUNCTIONS: &[(&str, &[Domain])] = &[
    ("gammaln", &[Positive]),
    ("digamma", &[Positive]),
    ("gamma", &[Positive]),
    ("erfc", &[Real]),
    ("erfcx", &[Real]),
    ("ndtr", &[Real]),
    ("log_ndtr", &[Real]),
    ("ndtri", &[Unit]),
    ("i0", &[Real]),
    ("i0e", &[Positive]),
    ("i1", &[Real]),
    ("i1e", &[Positive]),
    ("expi", &[Positive]),
    ("exp1", &[Positive]),
    ("entr", &[Positive]),
    ("logit", &[Unit]),
    ("expit", &[Real]),
    ("sinc", &[Real]),
    ("spence", &[Positive]),
    ("dawsn", &[Real]),
    ("log1mexp", &[Positive]),
    ("beta", &[Positive, Positive]),
    ("betaln", &[Positive, Positive]),
    ("poch", &[Positive, Positive]),
    ("gammainc", &[Positive, Positive]),
    ("gammaincc", &[Positive, Positive]),
    ("xlogy", &[Real, Positive]),
    ("xlog1py", &[Real, Positive]),
    ("rel_entr", &[Positive, Positive]),
    ("kl_div", &[Positive, Positive]),
    ("owens_t", &[Real, Real]),
    ("hyp1f1", &[Positive, Positive, Real]),
    ("hyp2f1", &[Positive, Positive, Positive, Unit]),
    ("betainc", &[Positive, Positive, Unit]),
];

/// Maps `x` into a domain.
fn map_into(x: &Tensor, domain: Domain) -> Tensor {
    match domain {
        Real => x.tanh() * 3.0,
        Positive => x.tanh() * 1.35 + 1.65,
        Unit => x.tanh() * 0.4 + 0.5,
    }
}

/// The transformation of a composition.
#[derive(Clone, Copy, Debug)]
enum Transformed {
    No,
    Jvp,
    Vjp,
    Vmap,
}

/// A choice of function and arguments.
struct Step {
    function: usize,
    args: Vec<usize>,
}

fn of_signals(which: usize, x: &Tensor, y: &Tensor) -> Tensor {
    match which {
        0 => fft::fft(x).real() + fft::fft(x).imag(),
        1 => fft::irfft_with(&fft::rfft(x), &fft::FftOptions::new().length(x.size())),
        2 => fft::dct(x),
        3 => fft::idct(x),
        4 => signal::fftconvolve(x, y, ConvolveMode::Same, ..),
        5 => signal::stft(x, &SpectralOptions::stft().segment(4)).2.real().sum_axes(0).sum() * x,
        _ => {
            let z = rune_trace::complex(x, y);
            special::wofz(&z).real()
        }
    }
}
/// The number of functions in [`of_signals`].
const SIGNAL_FUNCTIONS: usize = 7;

/// Linear algebra with a matrix that the vectors define and that is far from singular.
fn of_matrices(which: usize, x: &Tensor, y: &Tensor) -> Tensor {
    let (u, v, diagonal) = (map_into(x, Unit), map_into(y, Unit), map_into(&(x + y), Positive));
    let n = x.size();
    // The diagonal is distinct, so that no two eigenvalues are equal.
    let spread = Tensor::arange(0..n as i32, x.dtype());
    let a = linalg::outer(&u, &v) * 0.3 + (diagonal + spread + 0.5).diag(0);
    let symmetric = (&a + a.t()) * 0.5;
    let positive = a.matmul(a.t());
    match which {
        0 => linalg::cholesky(&positive).matmul(y),
        1 => linalg::solve(&a, y),
        2 => linalg::inv(&a).matmul(x),
        3 => linalg::slogdet(&a).1 * x,
        4 => linalg::det(&(a * 0.2)) * y,
        5 => linalg::solve_triangular(&a, y, x.size().is_multiple_of(2)),
        6 => {
            let (q, r) = linalg::qr(&a);
            q.matmul(x) + r.matmul(y)
        }
        7 => {
            let (values, vectors) = linalg::eigh(&symmetric);
            vectors.matmul((values * -0.3).exp() * vectors.t().matmul(x))
        }
        8 => {
            let (u, values, vt) = linalg::svd(&a);
            u.matmul(values.sqrt() * vt.matmul(y))
        }
        9 => linalg::expm(&(a * 0.1)).matmul(x),
        10 => {
            let (p, l, u) = linalg::lu(&a);
            p.matmul(l.matmul(x)) + u.matmul(y)
        }
        11 => linalg::eigvals(&symmetric).real().log().sum() * x,
        12 => linalg::cho_solve(&linalg::cho_factor(&positive), x),
        13 => linalg::pinv(&a, None).matmul(y),
        14 => linalg::tridiagonal_solve(&u, &(&u + &v + 2.0), &v, &x.expand_dims(1)).flatten(),
        15 => linalg::polar(&a).0.matmul(x),
        16 => linalg::matrix_power(&(a * 0.2), 3).matmul(y),
        17 => linalg::lstsq(&a, y, None).solution,
        _ => linalg::norm(&a) * x + linalg::svdvals(&a),
    }
}
/// The number of functions in [`of_matrices`].
const MATRIX_FUNCTIONS: usize = 19;

/// Returns a composition of up to five functions of two vectors, and its arguments. Seeds alternate between no
/// transformation and three transformations.
pub fn special_program(seed: u64) -> (Program, Vec<Array>) {
    let mut random = Generator::new(seed);
    let n = 4 + random.below(5);
    let dtype = if random.chance(3) { DType::F64 } else { DType::F32 };
    let count = 1 + random.below(5);
    let steps: Vec<Step> = (0..count)
        .map(|k| {
            let function = random.below(FUNCTIONS.len() + SIGNAL_FUNCTIONS + MATRIX_FUNCTIONS);
            Step { function, args: (0..4).map(|_| random.below(2 + k)).collect() }
        })
        .collect();
    let composed = move |xs: &Vec<Tensor>| {
        let mut values = xs.clone();
        for step in &steps {
            let arg = |i: usize| values[step.args[i]].clone();
            let y = match FUNCTIONS.get(step.function) {
                Some((name, domains)) => {
                    let args: Vec<Tensor> =
                        domains.iter().enumerate().map(|(i, &domain)| map_into(&arg(i), domain)).collect();
                    apply(name, &args)
                }
                None => match step.function - FUNCTIONS.len() {
                    which @ ..SIGNAL_FUNCTIONS => of_signals(which, &arg(0), &arg(1)),
                    which => of_matrices(which - SIGNAL_FUNCTIONS, &arg(0), &arg(1)),
                },
            };
            values.push(y);
        }
        values.split_off(values.len() - 1)
    };
    let how = [Transformed::No, Transformed::Jvp, Transformed::Vjp, Transformed::Vmap][(seed % 4) as usize];
    let rows = if matches!(how, Transformed::Vmap) { 2 } else { 1 };
    let number = |i: usize| (((i * 37 + seed as usize * 11) % 101) as f64 / 40.0) - 1.25;
    let input = |k: usize| {
        let elements: Vec<f64> = (0..rows * n).map(|i| number(i + 50 * k)).collect();
        let x = Tensor::from(elements).cast(dtype);
        if rows > 1 { x.reshape([rows as isize, n as isize]) } else { x }
    };
    let inputs = vec![input(0), input(1)];
    let program = match how {
        Transformed::No => make_program(composed, &inputs),
        Transformed::Jvp => make_program(|xs: &Vec<Tensor>| jvp(&composed, xs, xs), &inputs),
        Transformed::Vjp => make_program(
            |xs: &Vec<Tensor>| {
                let (ys, back) = vjp(&composed, xs);
                back(&ys.iter().map(Tensor::ones_like).collect())
            },
            &inputs,
        ),
        Transformed::Vmap => make_program(vmap(&composed), &inputs),
    };
    let inputs = inputs.iter().map(|x| x.to_array().expect("the input is known")).collect();
    (program.expect("the composition captures nothing"), inputs)
}

/// Returns the inputs changed by up to `units` units in the last place. Each element changes differently.
pub fn perturb(inputs: &[Array], units: f64) -> Vec<Array> {
    #[allow(clippy::wildcard_enum_match_arm, reason = "the programs have no other floats")]
    let each = |x: &Array| match x.dtype() {
        DType::F32 => {
            let by = units * f64::from(f32::EPSILON);
            let xs = x.as_slice::<f32>();
            Array::from_fn(x.shape().clone(), |i| (f64::from(xs[i]) * (1.0 + by * (i as f64 * 0.7).cos())) as f32)
        }
        DType::F64 => {
            let by = units * f64::EPSILON;
            let xs = x.as_slice::<f64>();
            Array::from_fn(x.shape().clone(), |i| xs[i] * (1.0 + by * (i as f64 * 0.7).cos()))
        }
        _ => x.clone(),
    };
    inputs.iter().map(each).collect()
}

/// Checks the results of an engine against the interpreter's. They may differ by as much as the results change if the
/// inputs change by some units in the last place.
///
/// # Errors
/// Returns the first wrong element, or the error of the interpreter.
pub fn check_near_interpreter(program: &Program, inputs: &[Array], found: &[Array]) -> Result<(), String> {
    let run = |inputs: &[Array]| interpret(program, inputs).map_err(|e| e.to_string());
    let expected = run(inputs)?;
    let near = [run(&perturb(inputs, 64.0))?, run(&perturb(inputs, -64.0))?];
    let is_f32 = |dtype: DType| dtype.real() == DType::F32;
    let has_f32 = program.instructions().iter().flat_map(|i| i.results()).any(|v| is_f32(program.ty(v).dtype))
        || program.input_types().iter().any(|ty| is_f32(ty.dtype));
    for (k, y) in expected.iter().enumerate().filter(|(_, y)| y.dtype().is_float()) {
        let (y, x) = (y.to_f64_vec(), found[k].to_f64_vec());
        let near = near.each_ref().map(|n| n[k].to_f64_vec());
        let largest = y.iter().filter(|y| y.is_finite()).fold(1.0, |a: f64, y| a.max(y.abs()));
        let own = if has_f32 { 1e-4 } else { 1e-9 };
        for i in 0..y.len() {
            // At the edge of a function's domain, or of the range of numbers, a small change is decisive.
            if near.iter().any(|n| !n[i].is_finite()) || !y[i].is_finite() {
                continue;
            }
            let change = near.iter().map(|n| (n[i] - y[i]).abs()).fold(0.0, f64::max);
            let most = 16.0 * change + own * largest;
            if (x[i] - y[i]).abs() > most || !x[i].is_finite() {
                return Err(format!("result {k}: element {i} is {}, and should be {} within {most:e}", x[i], y[i]));
            }
        }
    }
    Ok(())
}
