//! Compares random programs of continuous functions, including inexact ones, compiled by IREE, with the interpreter.
//!
//! A program can magnify differences of some units in the last place. Each result may therefore differ by as much as it
//! changes if the inputs change by some units.

use super::batch::{self, Function};
use super::random::transformed;
use rune_testing::functions::{JUMPING, KINKED, SELECTING};
use rune_testing::{Generator, check_near_interpreter};
use rune_trace::{Array, DType, Program};

const TRANSFORMS: [&str; 5] = ["nothing", "jvp", "vjp", "vmap", "jvp of vmap"];

fn generator(seed: u64) -> Generator {
    let mut random = Generator::new(seed);
    random.dtypes = vec![DType::F32, DType::F32, DType::F64];
    random.constants = false;
    // After an inexact function, results cannot be compared if a function or its derivative jumps.
    random.without = [&JUMPING[..], &KINKED, &SELECTING, &["atan2", "threefry2x32"]].concat();
    random
}

struct Tested {
    seed: u64,
    program: Program,
    inputs: Vec<Array>,
    function: Function,
}

fn check(t: &Tested, code: Result<batch::Code, String>) -> Result<(), String> {
    check_near_interpreter(&t.program, &t.inputs, &batch::call(&code?, &t.inputs)?)
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
