//! Exports and imports random programs. The interpreter must compute the same from both.
//!
//! `RUNE_PROGRAMS=10000` sets the number of programs, and `RUNE_SEED` the first seed. A program that fails is shrunk.

use rune_ir::interpret::interpret;
use rune_ir::{Array, Program};
use rune_lower::{LowerError, export};
use rune_stablehlo::import;
use rune_testing::functions::APPROXIMATED;
use rune_testing::{FLOATS8, Generator, shrink};

fn generator(seed: u64) -> Generator {
    let mut random = Generator::new(seed);
    random.extremes = seed.is_multiple_of(3);
    // These become polynomials or other functions, so they differ in the last places.
    // `what_is_exported_is_imported_again` tests them.
    random.without = APPROXIMATED.to_vec();
    random
}

enum Outcome {
    Same,
    /// It has no text, and the error says why.
    NotExported,
    Wrong(String),
}

fn outcome(program: &Program, inputs: &[Array]) -> Outcome {
    let text = match export(program) {
        Ok(text) => text,
        Err(LowerError::Unsupported { .. }) => return Outcome::NotExported,
        Err(error) => return Outcome::Wrong(error.to_string()),
    };
    let back = match import(&text) {
        Ok(back) => back,
        Err(error) => return Outcome::Wrong(format!("{error}\n{text}")),
    };
    match (interpret(program, inputs), interpret(&back, inputs)) {
        (Ok(expected), Ok(found)) => match differ(&found, &expected) {
            None => Outcome::Same,
            Some(why) => Outcome::Wrong(why),
        },
        (expected, found) => Outcome::Wrong(format!("{:?} and {:?}", expected.err(), found.err())),
    }
}

fn differ(found: &[Array], expected: &[Array]) -> Option<String> {
    if found.len() != expected.len() {
        return Some(format!("{} results, and not {}", found.len(), expected.len()));
    }
    found.iter().zip(expected).enumerate().find_map(|(k, (x, y))| {
        if x.ty() != y.ty() {
            return Some(format!("result {k} is {}, and not {}", x.ty(), y.ty()));
        }
        let (numbers, expected) = (x.to_f64_vec(), y.to_f64_vec());
        let at = numbers.iter().zip(&expected).position(|(x, y)| x != y && !(x.is_nan() && y.is_nan()))?;
        Some(format!("result {k}, element {at}: {} and not {}", numbers[at], expected[at]))
    })
}

#[test]
fn random_programs_come_back_from_text() {
    let env = |name: &str, default| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default);
    let (start, count): (u64, u64) = (env("RUNE_SEED", 0), env("RUNE_PROGRAMS", 300));
    all_come_back(generator, start, count);
    let of_floats8 = |seed| {
        let mut random = generator(seed);
        random.dtypes = FLOATS8.to_vec();
        random.linear_solves = true;
        random
    };
    all_come_back(of_floats8, start, count);
}

fn all_come_back(generator: impl Fn(u64) -> Generator, start: u64, count: u64) {
    let env = |name: &str, default| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default);
    let (mut same, mut failures) = (0, Vec::new());
    for seed in start..start + count {
        let program = generator(seed).program(12);
        let inputs = generator(!seed).inputs(&program);
        match outcome(&program, &inputs) {
            Outcome::Same => same += 1,
            Outcome::NotExported => {}
            Outcome::Wrong(why) => failures.push((seed, program, why)),
        }
    }
    println!("{same} of {count} the same, {} wrong", failures.len());
    let shown = failures.iter().take(env("RUNE_SHOWN", 6) as usize).map(|(seed, program, why)| {
        let wrong = |p: &Program| match outcome(p, &generator(!seed).inputs(p)) {
            Outcome::Wrong(why) => Some(why),
            Outcome::Same | Outcome::NotExported => None,
        };
        let small = shrink(program, |p| wrong(p).is_some());
        format!("seed {seed}: {why}; {:?} of\n{small}", wrong(&small))
    });
    let shown: Vec<String> = shown.collect();
    assert!(failures.is_empty(), "{} of {count} fail\n{}", failures.len(), shown.join("\n"));
    assert!(same * 10 > count * 9, "{same} of {count} are exported");
}
