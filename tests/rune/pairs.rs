//! Compares chains of operations, compiled by IREE, with the interpreter. There are pairs of each operation with each
//! operation that can follow it, and triples around a reduction or contraction. Operands are arguments, constants, and
//! constants in unrolled loops.
//!
//! By default, a sample is compiled; `RUNE_TEST_ALL=1` compiles all. `RUNE_TEST_FILTER=add,dot_general` selects chains
//! with these names. All chains take hours: `RUNE_TEST_SEEDS=0..4` takes the first four seeds of each test.

use super::batch::{self, Code, Function};
use super::random::transformed;
use rune_iree::Opt;
use rune_testing::functions::{JUMPING, STEEP, WITHOUT_FLOAT_RESULTS};
use rune_testing::tolerance::{self, Tolerance, parts, precision};
use rune_testing::{Chain, Generator, Operands};
use rune_trace::interpret::interpret;
use rune_trace::op::FactorFn;
use rune_trace::{Array, DType, Program, Type};

/// Lengths of axes, near the widths of vectors and far from them.
const LENGTHS: [usize; 9] = [1, 2, 3, 5, 8, 9, 16, 17, 33];
/// Lengths of several subgroups of a GPU, whole or not, and of several vectors.
const LONG: [usize; 7] = [24, 40, 48, 64, 100, 257, 640];

struct Tested {
    names: String,
    program: Program,
    inputs: Vec<Array>,
    tolerance: f64,
    function: Function,
}

/// Returns the tolerance of a chain in units in the last place of the greatest result. Returns `None` if the chain is
/// not continuous.
fn tolerance(names: &[&str], dtype: DType) -> Option<f64> {
    let mut off = 0.0;
    for name in names {
        if off > 0.0 && (JUMPING.contains(name) || STEEP.contains(name)) {
            return None;
        }
        let is_exact = WITHOUT_FLOAT_RESULTS.contains(name) || *name == "checkpoint_name";
        let own = match if is_exact { Tolerance::Exact } else { tolerance::iree(name, dtype) } {
            Tolerance::Exact | Tolerance::Equal => 0.0,
            Tolerance::Ulps(n) => n as f64,
            Tolerance::Scaled(n) | Tolerance::Around1(n) => n,
        };
        // A function multiplies the error of its argument by at most its exponent, which is up to 64.
        off = if off > 0.0 && own > 0.0 { 64.0 * off + own } else { off + own };
    }
    Some(off.max(16.0))
}

fn check(program: &Program, inputs: &[Array], ulps: f64, code: Result<Code, String>) -> Result<(), String> {
    let expected = interpret(program, inputs).map_err(|e| e.to_string())?;
    let found = code.and_then(|code| batch::call(&code, inputs))?;
    let least = program
        .instructions()
        .iter()
        .flat_map(|i| i.results())
        .map(|v| program.ty(v).dtype.real())
        .filter(|d| d.is_float())
        .min_by(|a, b| precision(*b).total_cmp(&precision(*a)));
    for (k, (x, y)) in found.iter().zip(&expected).enumerate() {
        let (x, y) = (&parts(x), &parts(y));
        let tolerance = match least.filter(|_| y.dtype().is_float()) {
            Some(least) => Tolerance::Around1(ulps * precision(least) / precision(y.dtype())),
            None => Tolerance::Exact,
        };
        tolerance.check(x, y).map_err(|why| format!("result {k} {why}"))?;
    }
    Ok(())
}

/// The dtypes of chains. Repeated dtypes are more likely.
const DTYPES: [DType; 8] =
    [DType::F32, DType::F32, DType::F32, DType::F64, DType::I32, DType::U8, DType::Bool, DType::I64];

/// Returns the chains of a seed. The seed determines the dtype, the lengths and the sources of operands.
fn chains(seed: u64, firsts: usize, triples: Option<usize>) -> Vec<Chain> {
    chains_of(&DTYPES, &LENGTHS, seed, firsts, triples)
}

fn chains_of(dtypes: &[DType], lengths: &[usize], seed: u64, firsts: usize, triples: Option<usize>) -> Vec<Chain> {
    let mut random = Generator::new(seed);
    random.most_elements = if lengths == LONG { 1 << 18 } else { 5000 };
    random.without = FactorFn::ALL.iter().map(|f| f.name()).chain(["triangular_solve", "lu_solve"]).collect();
    if lengths == LONG {
        // Whether a long product overflows depends on its order.
        random.without.extend(["reduce_prod", "cumprod"]);
    }
    let dtype = random.pick(dtypes);
    let float = if dtype.is_complex() { dtype.real() } else { DType::F32 };
    random.dtypes = vec![dtype, dtype, float, DType::I32, DType::Bool];
    let rank = 1 + random.below(3);
    let rank = if lengths == LONG { rank.min(2) } else { rank };
    let shape: Vec<usize> = (0..rank).map(|_| random.pick(lengths)).collect();
    let ty = Type::new(dtype, shape);
    let operands = random.pick(&[Operands::Arguments, Operands::Arguments, Operands::Mixed, Operands::Unrolled]);
    match triples {
        Some(each) => random.triples(&ty, operands, firsts, each),
        None => random.pairs(&ty, operands, firsts),
    }
}

/// The selection of chains to compile.
struct Run {
    name: &'static str,
    /// Without `RUNE_TEST_ALL=1`, about one in this number of chains is compiled.
    one_in: usize,
    /// The minimum number of chains in the sample.
    least: usize,
    /// The transformations. The number of a chain selects one of them.
    transforms: &'static [&'static str],
    opt: Opt,
}

/// Returns the part of `seeds` in `RUNE_TEST_SEEDS`, which counts from the first of them.
fn selected(seeds: std::ops::Range<u64>) -> std::ops::Range<u64> {
    let Ok(part) = std::env::var("RUNE_TEST_SEEDS") else { return seeds };
    let ends = part.split_once("..").and_then(|(a, b)| Some((a.parse::<u64>().ok()?, b.parse::<u64>().ok()?)));
    let (first, end) = ends.expect("RUNE_TEST_SEEDS is a range such as 0..4");
    seeds.start + first..seeds.end.min(seeds.start + end)
}

/// Compiles the chains of each seed, or a sample of them.
fn all_agree(run: &Run, seeds: std::ops::Range<u64>, of_seed: impl Fn(u64, usize) -> Vec<Chain>) {
    let seeds = selected(seeds);
    let is_part = std::env::var_os("RUNE_TEST_SEEDS").is_some();
    let whole = std::env::var_os("RUNE_TEST_ALL").is_some();
    let filter = std::env::var("RUNE_TEST_FILTER").unwrap_or_default();
    let (mut all, mut failures) = (Vec::new(), Vec::new());
    let mut sample = Generator::new(0);
    for seed in seeds {
        for Chain { names, program } in of_seed(seed, if whole { usize::MAX } else { 3 }) {
            let joined = names.join(",");
            if !joined.contains(&filter) || !whole && filter.is_empty() && sample.below(run.one_in) > 0 {
                continue;
            }
            let dtype = program.output_types()[0].dtype;
            let dtype = if dtype.is_inexact() { dtype.real() } else { DType::F32 };
            let Some(tolerance) = tolerance(&names, dtype) else { continue };
            let how = run.transforms[all.len() % run.transforms.len()];
            let Some(program) = transformed(&program, how) else { continue };
            // A derivative has several operations for each operation.
            let tolerance = if how == "nothing" { tolerance } else { tolerance * 16.0 };
            let joined = format!("{joined} ({how})");
            let inputs = Generator::new(!seed).inputs(&program);
            match Function::lower(program.simplify(), format!("f{}", all.len())) {
                Ok(function) => all.push(Tested { names: joined, program, inputs, tolerance, function }),
                Err(e) => failures.push(format!("{joined}: {e}")),
            }
        }
    }
    println!("{} chains", all.len());
    failures.extend(batch::for_all_with(
        run.opt,
        &all,
        run.name,
        |t| &t.function,
        |t, code| {
            let wrong = check(&t.program, &t.inputs, t.tolerance, code).err();
            wrong
                .map(|e| format!("{}: {}\n{}", t.names, e.chars().take(600).collect::<String>(), t.program))
                .into_iter()
                .collect()
        },
    ));
    let shown: Vec<_> = failures.iter().take(12).map(String::as_str).collect();
    assert!(failures.is_empty(), "{} of {} fail\n{}", failures.len(), all.len(), shown.join("\n"));
    assert!(is_part || !filter.is_empty() || all.len() > run.least, "{} chains only", all.len());
}

const PLAIN: [&str; 1] = ["nothing"];
const TRANSFORMED: [&str; 3] = ["vjp", "vmap", "jvp of vmap"];

#[test]
fn operations_agree_behind_each_other() {
    let run = Run { name: "pairs", one_in: 20, least: 100, transforms: &PLAIN, opt: Opt::Fast };
    all_agree(&run, 0..40, |seed, firsts| chains(seed, firsts, None));
}

#[test]
fn operations_of_complex_numbers_agree_behind_each_other() {
    let run = Run { name: "complex_pairs", one_in: 20, least: 50, transforms: &PLAIN, opt: Opt::Fast };
    let dtypes = [DType::C64, DType::C64, DType::C128];
    all_agree(&run, 4000..4020, |seed, firsts| chains_of(&dtypes, &LENGTHS, seed, firsts, None));
}

#[test]
fn operations_agree_behind_each_other_on_long_axes() {
    let run = Run { name: "long_pairs", one_in: 40, least: 60, transforms: &PLAIN, opt: Opt::Fast };
    all_agree(&run, 5000..5040, |seed, firsts| chains_of(&DTYPES, &LONG, seed, firsts, None));
}

#[test]
fn operations_agree_around_reductions_and_contractions_of_long_axes() {
    let run = Run { name: "long_triples", one_in: 10, least: 60, transforms: &PLAIN, opt: Opt::Fast };
    all_agree(&run, 6000..6020, |seed, firsts| chains_of(&DTYPES, &LONG, seed, firsts, Some(2)));
}

#[test]
fn operations_agree_around_reductions_and_contractions() {
    let run = Run { name: "triples", one_in: 5, least: 100, transforms: &PLAIN, opt: Opt::Fast };
    all_agree(&run, 1000..1020, |seed, firsts| chains(seed, firsts, Some(2)));
}

#[test]
fn operations_agree_behind_each_other_once_transformed() {
    let run = Run { name: "transformed_pairs", one_in: 30, least: 100, transforms: &TRANSFORMED, opt: Opt::Fast };
    all_agree(&run, 2000..2040, |seed, firsts| chains(seed, firsts, None));
}

#[test]
fn operations_agree_behind_each_other_with_the_flags_of_iree() {
    let run = Run { name: "plain_pairs", one_in: 40, least: 100, transforms: &PLAIN, opt: Opt::Plain };
    all_agree(&run, 3000..3040, |seed, firsts| chains(seed, firsts, None));
}
