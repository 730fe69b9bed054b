//! Compares random programs and their transformations, compiled by IREE, with the interpreter.
//!
//! `RUNE_PROGRAMS` sets the number of programs, and `RUNE_SEED` the first seed. Failing programs are shrunk.

use super::batch::{self, Code, Function};
use super::compiled::flushed;
use rune::ProgramExt;
use rune_testing::functions::{APPROXIMATED, JUMPING, STEEP};
use rune_testing::tolerance::{Tolerance, parts};
use rune_testing::{FLOATS8, Generator, shrink};
use rune_trace::interpret::interpret;
use rune_trace::{Array, DType, Program};
use std::ops::Range;

/// The transformations. The seed selects one of them.
const TRANSFORMS: [&str; 5] = ["nothing", "jvp", "vjp", "vmap", "jvp of vmap"];

/// From this seed on, programs have floats of 8 bits.
const OF_FLOATS8: u64 = 1 << 32;
/// From this seed on, they have complex numbers instead.
const OF_COMPLEX: u64 = 2 << 32;

struct Tested {
    seed: u64,
    program: Program,
    function: Function,
    inputs: Vec<Array>,
}

fn generator(seed: u64) -> Generator {
    let mut random = Generator::new(seed);
    random.dtypes = [vec![DType::F32; 4], vec![DType::F64, DType::I32, DType::I32, DType::U8, DType::Bool]].concat();
    if (OF_FLOATS8..OF_COMPLEX).contains(&seed) {
        random.dtypes = FLOATS8.to_vec();
        random.linear_solves = true;
    }
    random.constants = false;
    // IREE's results for these differ from the interpreter's by some units in the last place. If a program compares or
    // rounds such a result, everything after it can change. `transformed.rs` tests them one by one.
    random.without = [&APPROXIMATED[..], &["sqrt", "div"]].concat();
    if (OF_COMPLEX..2 * OF_COMPLEX).contains(&seed) {
        random.dtypes = [vec![DType::C64; 4], vec![DType::C128, DType::F32, DType::F64, DType::I32]].concat();
        // The interpreter computes these numbers in f64, so all results differ in the last place.
        random.without = [&JUMPING[..], &STEEP].concat();
    }
    random
}

/// Returns the transformed program of a seed, if it can be transformed.
fn program(seed: u64) -> Option<Program> {
    transformed(&generator(seed).program(8), TRANSFORMS[(seed % 5) as usize])
}

/// Returns the transformed program, if it can be transformed.
pub fn transformed(program: &Program, how: &str) -> Option<Program> {
    let by = |p: &Program| -> Vec<usize> {
        (0..p.input_types().len()).filter(|&i| p.input_types()[i].dtype.is_inexact()).collect()
    };
    let vmap = |p: &Program| {
        let (inputs, outputs) = (vec![Some(0); p.input_types().len()], vec![Some(0); p.outputs().len()]);
        p.vmap(2, &inputs, &outputs).expect("every input has a first axis, once it is mapped")
    };
    if how.contains("jvp") && by(program).is_empty() {
        return None;
    }
    // A `while` has no reverse mode.
    if how == "vjp" && (by(program).is_empty() || program.to_string().contains("rune.while")) {
        return None;
    }
    Some(match how {
        "jvp" => program.jvp(&by(program)).expect("inputs of floats"),
        "vjp" => program.vjp(&by(program)).expect("inputs of floats"),
        "vmap" => vmap(program),
        "jvp of vmap" => vmap(program).jvp(&by(program)).expect("inputs of floats"),
        _ => program.clone(),
    })
}

/// Returns random inputs of a program.
fn inputs(program: &Program, seed: u64) -> Vec<Array> {
    generator(!seed).inputs(program)
}

/// Returns how compiled code differs from the interpreter.
fn check(program: &Program, inputs: &[Array], code: Result<Code, String>) -> Result<(), String> {
    let expected = interpret(program, inputs).map_err(|e| e.to_string())?;
    let found = code.and_then(|code| batch::call(&code, inputs))?;
    for (k, (x, y)) in found.iter().zip(&expected).enumerate() {
        // A program has several operations, each of which may sum in another order.
        let tolerance = match y.dtype() {
            dtype if dtype.is_float8() => Tolerance::Scaled(1.0),
            dtype if dtype.is_inexact() => Tolerance::Scaled(64.0),
            _ => Tolerance::Exact,
        };
        // Compiled code treats subnormal numbers as 0.
        tolerance.check(&flushed(&parts(x)), &flushed(&parts(y))).map_err(|why| format!("result {k} {why}"))?;
    }
    Ok(())
}

/// Returns the fault of a program that is compiled alone.
fn fault(program: &Program, seed: u64) -> Option<String> {
    let inputs = inputs(program, seed);
    let code = Function::lower(program.simplify(), "f".to_owned()).and_then(|f| batch::compile_one(&f));
    check(program, &inputs, code).err()
}

/// Seeds of programs that IREE once refused: with a window of one element behind interior padding, with a loop that
/// passes a carried value on by an operation that is lowered to nothing, with reversed slices with strides, with a
/// loop that sets its carry to constants, with loops that swap two carried values, and with a gather from a slice with
/// strides.
#[test]
fn random_programs_that_once_failed_agree() {
    for seed in [4_000_167, 6_003_615, 6_007_079, 6_008_964, 6_012_247, 6_014_955, 6_017_678, 6_018_609, 6_030_024] {
        let program = program(seed).expect("the program of this seed can be transformed");
        assert_eq!(fault(&program, seed), None, "seed {seed}");
    }
}

#[test]
fn random_programs_and_transformed_ones_agree_with_the_interpreter() {
    let env = |name: &str, default| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default);
    let (start, count): (u64, u64) = (env("RUNE_SEED", 0), env("RUNE_PROGRAMS", 60));
    all_agree(start..start + count);
    all_agree(OF_FLOATS8 + start..OF_FLOATS8 + start + count / 3);
    all_agree(OF_COMPLEX + start..OF_COMPLEX + start + count / 3);
}

fn all_agree(seeds: Range<u64>) {
    let count = seeds.end - seeds.start;
    let (mut all, mut failures): (Vec<Tested>, Vec<(u64, String)>) = Default::default();
    for seed in seeds {
        let Some(program) = program(seed) else { continue };
        let inputs = inputs(&program, seed);
        // Like everything that `jit` compiles, the program is simplified. The expected results are those of the
        // original program.
        match Function::lower(program.simplify(), format!("f{seed}")) {
            Ok(function) => all.push(Tested { seed, program, function, inputs }),
            Err(e) => failures.push((seed, e)),
        }
    }
    let check = |t: &Tested, code| {
        let wrong = check(&t.program, &t.inputs, code).err();
        wrong.map(|e| format!("{} {e}", t.seed)).into_iter().collect()
    };
    for failure in batch::for_all(&all, "random", |t| &t.function, check) {
        let (seed, e) = failure.split_once(' ').expect("a failure begins with its seed");
        failures.push((seed.parse().expect("a seed is a number"), e.to_owned()));
    }
    println!("{} programs compiled, {} fail", all.len(), failures.len());
    // Shrinking compiles many programs, so only the first few failures are shrunk.
    let shown = failures.iter().enumerate().map(|(i, (seed, e))| {
        let whole = program(*seed).expect("it was made before");
        let small = if i < 3 { shrink(&whole, |p| fault(p, *seed).is_some()) } else { whole };
        format!("seed {seed}: {e}; {:?} of\n{small}", fault(&small, *seed))
    });
    let shown: Vec<String> = shown.take(6).collect();
    assert!(failures.is_empty(), "{} of {} fail\n{}", failures.len(), all.len(), shown.join("\n"));
    assert!(all.len() as u64 * 2 > count, "{} of {count} programs can be transformed", all.len());
}
