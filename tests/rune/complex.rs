//! Compares compiled code for complex numbers and Fourier transforms with the interpreter. Modules for IREE compute with
//! the parts of complex numbers, and have no host calls for them.

use super::batch::{self, Function};
use super::engine;
use super::suite::Suite;
use rune::fft::{self, FftOptions};
use rune::prelude::*;
use rune::{ConvOptions, ScanOptions, lax, scan_with, where_};
use rune_host::Plan;
use rune_testing::coverage::{self, Engine};
use rune_testing::tolerance::{self, Tolerance};
use rune_trace::interpret::interpret;
use rune_trace::op::{BinaryFn, UnaryFn};
use rune_trace::{Array, Complex64, Element, Op, Origin, Program, ProgramBuilder, Var, complex, with_element};

/// Magnitudes of arguments: near the least and the greatest numbers of `f32`, where squares overflow, and between.
const MAGNITUDES: [f64; 12] = [1e-30, 1e-9, 1e-3, 0.3, 0.99, 1.0, 1.7, 6.0, 30.0, 95.0, 1e4, 1e25];
/// Directions of arguments, as numbers of turns. They include the axes and numbers near them.
const TURNS: [f64; 14] = [0.0, 1e-6, 0.07, 0.13, 0.249, 0.25, 0.31, 0.44, 0.499999, 0.5, 0.61, 0.75, 0.76, 0.93];

/// Returns numbers of all magnitudes in all directions.
fn numbers(dtype: DType) -> Array {
    let point = |r: f64, turn: f64| {
        let exact = [(0.0, 1.0, 0.0), (0.25, 0.0, 1.0), (0.5, -1.0, 0.0), (0.75, 0.0, -1.0)];
        let axis = exact.iter().find(|axis| axis.0 == turn);
        let (sin, cos) = axis.map_or_else(|| (turn * std::f64::consts::TAU).sin_cos(), |&(_, re, im)| (im, re));
        Complex64::new(r * cos, r * sin)
    };
    let all: Vec<Complex64> = MAGNITUDES.iter().flat_map(|&r| TURNS.map(|turn| point(r, turn))).collect();
    with_element!(dtype, T => Array::from_vec([all.len()], all.iter().map(|&z| <T as Element>::from_complex(z)).collect()))
}

/// Returns whether the result at `z` is compared. Sine and cosine of compiled code are NaN from 3e9 on, and what
/// overflows in `f32` may not overflow in the interpreter's `f64`.
fn is_compared(name: &str, z: Complex64) -> bool {
    match name {
        "exp2" => z.norm() < 1e3,
        "exp" | "expm1" | "sin" | "cos" | "tan" | "tanh" | "logistic" => z.norm() < 3e9,
        "power -3" | "power -1" | "power 2" | "power 5" => (1e-7..1e7).contains(&z.norm()),
        _ => true,
    }
}

/// Returns the program of one operation on `inputs`.
fn program_of(op: Op, inputs: &[Array]) -> Option<Program> {
    let mut builder = ProgramBuilder::new("one", inputs.iter().map(|x| x.ty().clone()).collect(), vec![]);
    let outputs = builder.push(op, Origin::default()).ok()?;
    builder.finish(outputs.to_vec()).ok()
}

/// Returns the first element of `found` that differs by more than `roundings` of its magnitude.
fn difference(name: &str, x: &Array, found: &Array, expected: &Array, roundings: f64) -> Option<usize> {
    if !expected.dtype().is_inexact() {
        return (found != expected).then_some(0);
    }
    let precision = tolerance::precision(expected.dtype().real());
    let least = if expected.dtype().real() == DType::F64 { f64::MIN_POSITIVE } else { f64::from(f32::MIN_POSITIVE) };
    let (xs, ys) = (found.to_complex_vec(), expected.to_complex_vec());
    let differs = |&i: &usize| {
        let (x, y) = (xs[i], ys[i]);
        if !y.is_finite() {
            let near =
                |x: f64, y: f64| x == y || x.is_nan() && y.is_nan() || (x - y).abs() <= roundings * precision * y.abs();
            return !near(x.re, y.re) || !near(x.im, y.im);
        }
        // Compiled code may treat subnormal numbers as 0.
        let apart = (x - y).norm();
        apart.is_nan() || apart > roundings * precision * y.norm() + 4.0 * least
    };
    let of = x.to_complex_vec();
    (0..xs.len()).filter(|&i| is_compared(name, of[i])).find(differs)
}

struct Tested {
    name: String,
    inputs: Vec<Array>,
    program: Program,
    function: Function,
    roundings: f64,
}

#[test]
fn functions_of_complex_numbers_are_near_the_interpreter() {
    let mut tested: Vec<Tested> = Vec::new();
    let mut add = |name: &str, op: Op, inputs: &[Array], roundings: f64| {
        let Some(program) = program_of(op, inputs) else { return };
        let function = Function::lower(program.clone(), format!("f{}", tested.len())).unwrap();
        tested.push(Tested { name: name.to_owned(), inputs: inputs.to_vec(), program, function, roundings });
    };
    let dtypes = [DType::C64, DType::C128];
    for dtype in dtypes.into_iter().filter(|dtype| *dtype == DType::C64 || engine::lower_options().f64) {
        let x = numbers(dtype);
        let mut turned = x.to_complex_vec();
        turned.rotate_left(37);
        let of = |all: Vec<Complex64>| {
            let count = all.len();
            with_element!(dtype, T => Array::from_vec([count], all.into_iter().map(<T as Element>::from_complex).collect()))
        };
        let exponents = of(turned.iter().map(|z| if z.norm() > 5.0 { 2.5 * z / z.norm() } else { *z }).collect());
        let y = of(turned);
        for f in UnaryFn::ALL.iter().copied() {
            add(f.name(), Op::Unary { f, x: Var(0) }, std::slice::from_ref(&x), 64.0);
        }
        for f in BinaryFn::ALL.iter().copied() {
            // The exponent y ln x is up to 200, and is rounded.
            let y = if f == BinaryFn::Pow { &exponents } else { &y };
            let roundings = if f == BinaryFn::Pow { 1000.0 } else { 64.0 };
            add(f.name(), Op::Binary { f, x: Var(0), y: Var(1) }, &[x.clone(), y.clone()], roundings);
        }
        for y in [-3, -1, 0, 1, 2, 5] {
            add(&format!("power {y}"), Op::IntegerPow { x: Var(0), y }, std::slice::from_ref(&x), 64.0);
        }
        for direction in [rune_trace::op::Comparison::Eq, rune_trace::op::Comparison::Ne] {
            let op = Op::Compare { direction, x: Var(0), y: Var(1) };
            add(direction.name(), op, &[x.clone(), x.clone()], 0.0);
        }
        for to in DType::ALL.iter().copied().filter(|to| to.is_inexact() || *to == DType::Bool) {
            add(&format!("conversion to {to}"), Op::Convert { x: Var(0), dtype: to }, std::slice::from_ref(&x), 1.0);
        }
    }
    assert!(tested.len() > 60, "{} functions only", tested.len());
    let failures = batch::for_all(
        &tested,
        "complex_functions",
        |t| &t.function,
        |t, code| {
            let expected = interpret(&t.program, &t.inputs).expect("the interpreter knows every operation");
            let engines = [
                ("IREE", code.and_then(|code| batch::call(&code, &t.inputs))),
                ("the host engine", Plan::new(&t.program).run(t.inputs.clone()).map_err(|e| e.to_string())),
                ("parts", interpret(&t.program.in_parts(true), &t.inputs).map_err(|e| e.to_string())),
            ];
            let faults = engines.into_iter().filter_map(|(engine, found)| fault(t, engine, found, &expected[0]));
            let faults: Vec<String> = faults.collect();
            coverage::count_complex(&t.program, Engine::Compiled, "none", faults.is_empty());
            faults
        },
    );
    coverage::write(&[]);
    assert!(failures.is_empty(), "{} fail\n{}", failures.len(), failures.join("\n"));
}

/// Describes the first wrong number in the result of an engine.
fn fault(t: &Tested, engine: &str, found: Result<Vec<Array>, String>, expected: &Array) -> Option<String> {
    let found = match found {
        Ok(found) => found,
        Err(e) => return Some(format!("{engine}: {}: {}", t.name, e.chars().take(300).collect::<String>())),
    };
    let i = difference(&t.name, &t.inputs[0], &found[0], expected, t.roundings)?;
    let of: Vec<String> = t.inputs.iter().map(|x| x.to_complex_vec()[i].to_string()).collect();
    let (x, y) = (found[0].to_complex_vec()[i], expected.to_complex_vec()[i]);
    let (name, dtype, of) = (&t.name, t.inputs[0].dtype(), of.join(" and "));
    Some(format!("{engine}: {name} of {dtype} at {of}: {x}, and should be {y}"))
}

/// Compares the programs, or one in `RUNE_TEST_ONE_IN` of them, with the interpreter.
#[track_caller]
fn assert_agree(name: &str, programs: Vec<(String, Program)>) {
    let mut suite = Suite::default();
    let programs: Vec<_> = programs.into_iter().step_by(engine::one_in()).collect();
    programs.iter().for_each(|(label, program)| suite.add(label.clone(), program.clone()));
    suite.assert_agree(name, Tolerance::Around1(64.0));
    for (label, program) in &programs {
        let transform = match label.split(' ').next() {
            Some("gradient") => "vjp",
            Some("batch") => "vmap",
            _ => "none",
        };
        coverage::count_complex(program, Engine::Compiled, transform, true);
    }
    coverage::write(&[]);
}

/// A function of complex numbers of shape [4, 5].
type Function1 = fn(&Tensor) -> Tensor;

const FUNCTIONS: [(&str, Function1); 30] = [
    ("transpose", |z| z.transpose() * z.sum()),
    ("reshape", |z| z.reshape([2, 10]) + 1.0),
    ("broadcast", |z| z.i(0).reshape([1, 5]) - z.i((.., 0)).reshape([4, 1])),
    ("slice", |z| z.i((1..3, ..)).flip([1]).i((.., 1..4))),
    ("pad", |z| z.pad(&[(1, 0), (0, 2)], 0.5)),
    ("concatenate", |z| Tensor::concat(&[z, &(z * 2.0)], 1)),
    ("reverse", |z| z.flip([0, 1]) * z),
    ("take", |z| z.take(&(z.real().argmax_axis(1) + 1), 0)),
    ("take_along_axis", |z| z.take_along_axis(&z.real().argsort(1), 1)),
    ("dynamic_slice", |z| z.dynamic_slice_in_dim(z.real().argmax_axis(1).i(0), 3, 1)),
    ("update", |z| z.dynamic_update_slice_in_dim(&(z.i((.., ..2)) * 3.0), z.real().argmax_axis(1).i(1), 1)),
    ("scatter", |z| z.at(z.real().argmax_axis(0).i(..3)).add(z.i(..3))),
    ("set", |z| z.at(z.real().argsort(0).i((..2, 0))).set(z.i(..2) * 2.0)),
    ("where", |z| where_(z.real().gt(0.0), z, z.conj())),
    ("sum", |z| z.sum_axes([0]) + z.sum()),
    ("prod", |z| z.prod_axes([1])),
    ("product of all", Tensor::prod),
    ("mean", |z| z.mean_axes([1])),
    ("variance", |z| z.var_axes([0])),
    ("cumsum", |z| z.cumsum(1)),
    ("cumprod", |z| z.cumprod(0)),
    ("sort", |z| z.sort(1)),
    ("matmul", |z| z.matmul(z.transpose())),
    ("product with its conjugate", |z| z.conj().transpose().matmul(z)),
    ("outer product", |z| z.i(0).reshape([5, 1]) * z.i(1).conj()),
    ("conv", |z| z.reshape([1, 1, 4, 5]).conv(&z.i((..2, ..3)).reshape([1, 1, 2, 3]), &ConvOptions::default())),
    ("exponential of a sum", |z| (z * 0.1).exp().sum_axes([0]).log()),
    ("iota", |z| z + lax::iota(DType::C64, [5], 0)),
    ("branches", |z| cond(&z.real().sum().gt(0.0), || z * 2.0, || z.conj())),
    ("barrier", |z| z.real().cast(DType::C64) * z + z.imag().cast(DType::C64)),
];

#[test]
fn operations_on_complex_arrays_agree() {
    let mut programs = Vec::new();
    for (i, (name, f)) in FUNCTIONS.into_iter().enumerate() {
        let z = Tensor::zeros([4, 5], DType::C64);
        programs.push((name.to_owned(), make_program(f, &z).unwrap()));
        // The gradient of a real function of it, and a batch.
        let square = move |z: &Tensor| {
            let y = f(z);
            (y.real().square() + y.imag()).sum()
        };
        match i % 2 {
            0 => programs.push((format!("gradient of {name}"), make_program(grad(square), &z).unwrap())),
            _ => {
                let batch = Tensor::zeros([3, 4, 5], DType::C64);
                programs.push((format!("batch of {name}"), make_program(vmap(f), &batch).unwrap()));
            }
        }
    }
    assert_agree("complex_arrays", programs);
}

fn step(h: &Tensor, z: &Tensor) -> (Tensor, Tensor) {
    let h = (h * z * 0.5 + z).sin();
    (h.clone(), h.conj())
}

#[test]
fn loops_carry_complex_numbers() {
    let mut programs = Vec::new();
    let mut add = |name: &str, f: fn(&Tensor) -> Vec<Tensor>| {
        programs.push((name.to_owned(), make_program(f, &Tensor::zeros([6, 3], DType::C64)).unwrap()));
    };
    add("scan", |zs| {
        let (h, ys) = scan_with(ScanOptions { unroll: Some(2), ..ScanOptions::default() }, step, &zs.i(0), zs);
        vec![h, ys]
    });
    add("gradient of a scan", |zs| {
        let loss = |zs: &Tensor| scan_with(ScanOptions::default(), step, &zs.i(0), zs).1.real().sum();
        vec![grad(loss)(zs)]
    });
    // Only the real part of the carry is read, or neither.
    add("real part", |zs| {
        let (h, ys) = scan(|h: &Tensor, z: &Tensor| (complex(h.real() + z.real(), 1.0), z * 2.0), &zs.i(0), zs);
        vec![h, ys]
    });
    add("replaced", |zs| vec![scan(|_: &Tensor, z: &Tensor| (z * 2.0, z.real()), &zs.i(0), zs).0]);
    add("exchanged", |zs| {
        let swap = |(a, b): &(Tensor, Tensor), z: &Tensor| ((b.clone(), a * z), ());
        let ((a, b), ()) = scan(swap, &(zs.i(0), zs.i(1)), zs);
        vec![a, b]
    });
    add("until they are large", |zs| {
        let (z, n) = while_loop(
            |(z, n): &(Tensor, Tensor)| z.abs().max().lt(50.0) & n.lt(40),
            |(z, n): &(Tensor, Tensor)| (z * z + zs.i(1), n + 1),
            &(zs.i(0), Tensor::from(0)),
        );
        vec![z, n]
    });
    add("a constant", |zs| {
        let z = while_loop(
            |z: &Tensor| z.abs().sum().lt(20.0),
            |z: &Tensor| z + zs.i(0).abs().sum().cast(DType::C128) + 1.0,
            &Tensor::zeros([2], DType::C128),
        );
        vec![z]
    });
    let programs = if engine::lower_options().f64 { programs } else { programs[..6].to_vec() };
    assert_agree("complex_loops", programs);
}

#[test]
fn fourier_transforms_of_any_length_agree() {
    let lengths = (1..=41).chain([45, 53, 60, 64, 67, 96, 97, 101, 128, 134, 210, 256, 331, 1000, 1024, 1369]);
    let mut programs = Vec::new();
    let dtypes = if engine::lower_options().f64 { [DType::F32, DType::F64] } else { [DType::F32; 2] };
    for (i, n) in lengths.enumerate() {
        let dtype = dtypes[i % 2];
        let mut add = |name: &str, shape: &[usize], dtype, f: Box<dyn Fn(&Tensor) -> Tensor + Send + Sync>| {
            programs.push((
                format!("{name} of {n}"),
                make_program(|x: &Tensor| f(x), &Tensor::zeros(shape, dtype)).unwrap(),
            ));
        };
        let complex = dtype.complex().unwrap();
        let options = FftOptions::new().length(n);
        add("fft", &[3, n], complex, Box::new(fft::fft));
        add("ifft", &[n], complex, Box::new(fft::ifft));
        add("rfft", &[2, n], dtype, Box::new(fft::rfft));
        add("irfft", &[2, n / 2 + 1], complex, Box::new(move |x| fft::irfft_with(x, &options)));
        add("fft of the first axis", &[n, 2], complex, Box::new(|x| fft::fft_with(x, &FftOptions::new().axis(0))));
    }
    for shape in [[4, 6, 5], [3, 67, 2], [1, 8, 9], [2, 1, 4], [34, 3, 12]] {
        for dtype in dtypes {
            let complex = dtype.complex().unwrap();
            let mut add = |name: &str, dtype, f: fn(&Tensor) -> Tensor| {
                programs.push((format!("{name} of {shape:?}"), make_program(f, &Tensor::zeros(shape, dtype)).unwrap()));
            };
            add("fftn", complex, fft::fftn);
            add("ifftn", complex, fft::ifftn);
            add("rfftn", dtype, fft::rfftn);
            add("irfftn", complex, fft::irfftn);
            add("gradient", complex, |x| grad(|x: &Tensor| fft::fftn(x).abs().square().sum())(x));
        }
    }
    // Each takes half a second to compile.
    let every = if std::env::var_os("RUNE_TEST_ALL").is_some() { 1 } else { 7 };
    assert_agree("fourier", programs.into_iter().step_by(every).collect());
}

#[test]
fn modules_for_devices_have_no_host_calls_for_complex_numbers() {
    let f = |x: &Tensor| {
        let z = fft::fft(x);
        let filtered = where_(z.abs().gt(1.0), &z, z.exp() / &z);
        fft::ifft(&filtered).real().sort(0)
    };
    let program = make_program(f, &Tensor::zeros([48], DType::C64)).unwrap();
    let options = rune_lower::LowerOptions { purpose: rune_lower::Purpose::Run, ..engine::lower_options() };
    let lowered = rune_lower::lower(&program, &options).unwrap();
    // On CPUs, transforms and sorts are.
    let expected = if engine::target().is_cpu() { vec!["fft", "ifft", "sort"] } else { vec![] };
    assert_eq!(lowered.host.iter().map(|call| call.op.name()).collect::<Vec<_>>(), expected);
    let alone = rune_lower::lower(&program, &engine::lower_options()).unwrap();
    assert!(alone.host.is_empty() && !alone.code().contains("complex.") && alone.code().contains("stablehlo.real"));
}
