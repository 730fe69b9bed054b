//! Compares random programs of continuous functions, including inexact ones, compiled by IREE, with the interpreter.
//!
//! A program can magnify differences of some units in the last place. Each result may therefore differ by as much as it changes if the inputs change by
//! some units.

use super::batch::{self, Function};
use super::random::transformed;
use rune_testing::Generator;
use rune_testing::functions::{JUMPING, KINKED, SELECTING};
use rune_trace::interpret::interpret;
use rune_trace::{Array, DType, Program};

const TRANSFORMS: [&str; 5] = ["nothing", "jvp", "vjp", "vmap", "jvp of vmap"];

fn generator(seed: u64) -> Generator {
    let mut random = Generator::new(seed);
    random.dtypes = vec![DType::F32, DType::F32, DType::F64];
    random.constants = false;
    // Behind an inexact function there is nothing to compare if a function jumps, or has a derivative that does.
    random.without = [&JUMPING[..], &KINKED, &SELECTING, &["atan2", "threefry2x32"]].concat();
    random
}

/// Returns the inputs, each element changed randomly by up to some units in the last place.
fn moved(inputs: &[Array], units: f64) -> Vec<Array> {
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

struct Tested {
    seed: u64,
    program: Program,
    inputs: Vec<Array>,
    function: Function,
}

fn check(t: &Tested, code: Result<batch::Code, String>) -> Result<(), String> {
    let run = |inputs: &[Array]| interpret(&t.program, inputs).map_err(|e| e.to_string());
    let expected = run(&t.inputs)?;
    let near = [run(&moved(&t.inputs, 64.0))?, run(&moved(&t.inputs, -64.0))?];
    let found = batch::call(&code?, &t.inputs)?;
    let has_f32 =
        t.program.instructions().iter().flat_map(|i| i.results()).any(|v| t.program.ty(v).dtype == DType::F32)
            || t.program.input_types().iter().any(|ty| ty.dtype == DType::F32);
    for (k, y) in expected.iter().enumerate().filter(|(_, y)| y.dtype().is_float()) {
        let (y, x) = (y.to_f64_vec(), found[k].to_f64_vec());
        let near = near.each_ref().map(|n| n[k].to_f64_vec());
        let largest = y.iter().filter(|y| y.is_finite()).fold(1.0, |a: f64, y| a.max(y.abs()));
        let own = if has_f32 { 1e-4 } else { 1e-9 };
        for i in 0..y.len() {
            // At an edge of what the functions take, or of the numbers, a small change decides.
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

/// `RUNE_PROGRAMS` sets the number of programs, and `RUNE_SEED` the first seed.
#[test]
fn random_programs_of_continuous_functions_agree_with_the_interpreter() {
    let env = |name: &str, default| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default);
    let (start, count): (u64, u64) = (env("RUNE_SEED", 0), env("RUNE_PROGRAMS", 60));
    let (mut all, mut failures) = (Vec::new(), Vec::new());
    for seed in start..start + count {
        let program = generator(seed).program(8);
        let Some(program) = transformed(&program, TRANSFORMS[(seed % 5) as usize]) else { continue };
        let inputs = generator(!seed).inputs(&program);
        match Function::lower(program.simplify(), format!("f{seed}")) {
            Ok(function) => all.push(Tested { seed, program, inputs, function }),
            Err(e) => failures.push(format!("seed {seed}: {e}")),
        }
    }
    let check = |t: &Tested, code| {
        check(t, code).err().map(|e| format!("seed {}: {e}\n{}", t.seed, t.program)).into_iter().collect()
    };
    failures.extend(batch::for_all(&all, "smooth", |t| &t.function, check));
    let shown: Vec<_> = failures.iter().take(6).map(String::as_str).collect();
    assert!(failures.is_empty(), "{} of {} fail\n{}", failures.len(), all.len(), shown.join("\n"));
    assert!(all.len() as u64 * 2 > count, "{} of {count} programs can be transformed", all.len());
}
