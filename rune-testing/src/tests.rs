//! Tests properties of random programs, also after one transformation.
//!
//! `RUNE_PROGRAMS=20000` sets the number of programs, instead of a few hundred, and `RUNE_SEED` the first seed. Failing
//! programs are shrunk.

use super::{Generator, shrink, special_program};
use rune_ir::interpret::interpret;
use rune_ir::op::Parts;
use rune_ir::{Array, DType, Element, Op, Program, ProgramBuilder, with_element};
use rune_trace::DerivativeError;
use rune_trace::ProgramExt;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

const LANES: usize = 2;

/// The transformations of a program before its properties are checked.
const FIRST: [&str; 5] = ["nothing", "jvp", "vjp", "vmap", "simplify"];

/// A property. Returns an error if a program lacks it. The second argument is the seed of random numbers.
type Property = fn(&Program, u64) -> Result<(), String>;

thread_local! {
    /// The number of comparisons of finite numbers.
    static COMPARISONS: Cell<usize> = const { Cell::new(0) };
}

fn env(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// Checks a property of random programs after each transformation in `FIRST`.
fn for_all(default: u64, generator: fn(u64) -> Generator, property: Property) {
    let (start, count) = (env("RUNE_SEED", 0), env("RUNE_PROGRAMS", default));
    let (mut checked, mut failures) = (0, Vec::new());
    COMPARISONS.set(0);
    for seed in start..start + count {
        let program = generator(seed).program(10);
        for first in FIRST {
            // The transformation itself may fail.
            let wrong = |p: &Program| -> Option<String> {
                let checked = || match transformed(p, first, seed) {
                    Ok(Some(p)) => check_round_trip(&p).and_then(|()| property(&p, seed)),
                    Ok(None) => Ok(()),
                    Err(e) => Err(e),
                };
                catch_panic(checked).err()
            };
            checked += 1;
            if let Some(why) = wrong(&program) {
                // Shrinking keeps the kind of failure, which is the text before the first colon.
                let kind = |why: &str| why.split(':').next().map(str::to_owned);
                let same = kind(&why);
                let small = shrink(&program, |p| wrong(p).is_some_and(|why| kind(&why) == same));
                let why = wrong(&small).unwrap_or(why);
                failures.push(format!("seed {seed} after {first}: {why}\n{small}"));
            }
        }
        if failures.len() >= 5 {
            break;
        }
    }
    println!("{checked} programs, {} comparisons", COMPARISONS.get());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(COMPARISONS.get() > checked / 4, "{} comparisons of {checked} programs", COMPARISONS.get());
}

/// Turns a panic into an error.
fn catch_panic(f: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|e| {
        let text = e.downcast_ref::<String>().cloned();
        Err(format!(
            "panic: {}",
            text.or_else(|| e.downcast_ref::<&str>().map(|s| (*s).to_owned())).unwrap_or_default()
        ))
    })
}

/// Returns the positions of the float inputs.
fn floats(program: &Program) -> Vec<usize> {
    (0..program.input_types().len()).filter(|&i| program.input_types()[i].dtype.is_float()).collect()
}

/// Returns the program after a transformation, or `None` if it cannot be transformed.
fn transformed(program: &Program, how: &str, seed: u64) -> Result<Option<Program>, String> {
    let by = floats(program);
    Ok(match how {
        "jvp" | "vjp" if by.is_empty() => None,
        "jvp" => derivative(program.jvp(&by))?,
        "vjp" => derivative(program.vjp(&by))?,
        "vmap" => {
            let (axes, outputs) = axes(program, seed);
            Some(program.vmap(LANES, &axes, &outputs).map_err(|e| e.to_string())?)
        }
        "simplify" => Some(program.simplify()),
        _ => Some(program.clone()),
    })
}

/// Returns the derivative, or `None` if a loop has no reverse mode or a rule no forward mode.
fn derivative(derivative: Result<Program, DerivativeError>) -> Result<Option<Program>, String> {
    match derivative {
        Ok(program) => Ok(Some(program)),
        Err(DerivativeError::UnboundedLoop { .. } | DerivativeError::NoForwardMode { .. }) => Ok(None),
        Err(e) => Err(e.to_string()),
    }
}

/// Returns the program with calls in place of functions with a rule for cotangents. In random programs, these rules
/// equal the derivatives of the functions.
fn without_rules(program: &Program) -> Program {
    let mut builder = ProgramBuilder::new(program.name(), program.input_types().to_vec(), program.constants().to_vec());
    for instruction in program.instructions() {
        let op = &instruction.op;
        let op = if let Op::CustomVjp { args, program, .. } = op {
            Op::Call { args: args.clone(), program: Arc::new(without_rules(program)) }
        } else {
            let programs = op.programs().into_iter().map(|(name, p)| (name.to_owned(), Arc::new(without_rules(p))));
            let attributes = op.attributes().into_iter().map(|(name, value)| (name.to_owned(), value));
            let (name, operands) = (op.name().to_owned(), op.operands().into_iter().copied().collect());
            let parts = Parts { name, operands, attributes: attributes.collect(), programs: programs.collect() };
            Op::from_parts(parts).expect("these are the parts of an operation")
        };
        builder.push(op, instruction.origin.clone()).expect("it takes and gives the same");
    }
    builder.finish(program.outputs().to_vec()).expect("outputs are variables")
}

/// Returns the axes of a `vmap` that maps some inputs and all outputs.
fn axes(program: &Program, seed: u64) -> (Vec<Option<i64>>, Vec<Option<i64>>) {
    let mut random = Generator::new(seed ^ 0xa5);
    let inputs = program.input_types().iter().map(|_| (random.below(3) > 0).then_some(0)).collect();
    (inputs, vec![Some(0); program.outputs().len()])
}

/// Checks that a program verifies, and that its text and its JSON are read back as the same program.
fn check_round_trip(program: &Program) -> Result<(), String> {
    program.verify().map_err(|e| format!("verify: {e}"))?;
    let text = program.to_string();
    let read = Program::parse_with(&text, program.constants()).map_err(|e| format!("text: {e}\n{text}"))?;
    if read != *program || read.to_string() != text {
        return Err(format!("text: is read as another program\n{text}"));
    }
    let json = serde_json::to_string(program).map_err(|e| format!("json: {e}"))?;
    let read: Program = serde_json::from_str(&json).map_err(|e| format!("json: {e}"))?;
    if read != *program {
        return Err(format!("json: is read as another program\n{text}"));
    }
    Ok(())
}

/// Returns the inner product of two lists of arrays, and the sum of the absolute terms.
fn product(a: &[Array], b: &[Array]) -> (f64, f64) {
    assert_eq!(a.len(), b.len());
    let terms = a.iter().zip(b).flat_map(|(a, b)| {
        let (a, b) = (a.to_f64_vec(), b.to_f64_vec());
        a.into_iter().zip(b).map(|(a, b)| a * b).collect::<Vec<_>>()
    });
    terms.fold((0.0, 0.0), |(sum, size), t: f64| (sum + t, size + t.abs()))
}

/// Checks that ⟨J v, w⟩ = ⟨v, Jᵀ w⟩, that both derivatives are valid programs, and that they also return the program's
/// values.
fn both_modes_agree(program: &Program, seed: u64) -> Result<(), String> {
    let by = floats(program);
    if by.is_empty() {
        return Ok(());
    }
    let mut random = Generator::new(seed ^ 0x5a);
    let forward = match program.jvp(&by) {
        Err(DerivativeError::NoForwardMode { .. }) => without_rules(program).jvp(&by).map_err(|e| e.to_string())?,
        forward => forward.map_err(|e| e.to_string())?,
    };
    let Some(reverse) = derivative(program.vjp(&by))? else { return two_parts_agree(program, &by, &forward, random) };
    check_round_trip(&forward).map_err(|e| format!("jvp {e}"))?;
    check_round_trip(&reverse).map_err(|e| format!("vjp {e}"))?;
    let xs = random.inputs(program);
    let run =
        |p: &Program, more: &[Array]| interpret(p, &[&xs[..], more].concat()).map_err(|e| format!("interpret: {e}"));
    let ys = run(program, &[])?;
    let vs: Vec<Array> = by.iter().map(|&i| random.array(xs[i].ty())).collect();
    let float_ys = ys.iter().filter(|y| y.dtype().is_float());
    let ws: Vec<Array> = float_ys.map(|y| random.array(y.ty())).collect();
    let (pushed, pulled) = (run(&forward, &vs)?, run(&reverse, &ws)?);
    for (k, y) in ys.iter().enumerate() {
        if !same(y, &pushed[k]) || !same(y, &pulled[k]) {
            return Err(format!("value: output {k} is {y:?}, of jvp {:?}, of vjp {:?}", pushed[k], pulled[k]));
        }
    }
    let ((along, size), (against, other)) = (product(&pushed[ys.len()..], &ws), product(&vs, &pulled[ys.len()..]));
    if !(size.is_finite() && other.is_finite()) {
        return Ok(());
    }
    COMPARISONS.set(COMPARISONS.get() + 1);
    let near = (along - against).abs() <= 1e-9 * (size + other).max(1.0);
    if near { Ok(()) } else { Err(format!("modes: ⟨J v, w⟩ is {along}, ⟨v, Jᵀ w⟩ is {against}")) }
}

/// Checks that the forward part and the linear part together equal forward mode. This is the check for loops of unknown
/// length, which have no reverse mode.
fn two_parts_agree(program: &Program, by: &[usize], pushed: &Program, mut random: Generator) -> Result<(), String> {
    let (forward, linear) = program.linearize(by).map_err(|e| e.to_string())?;
    check_round_trip(pushed).map_err(|e| format!("jvp {e}"))?;
    check_round_trip(&linear).map_err(|e| format!("linear {e}"))?;
    let xs = random.inputs(program);
    let vs: Vec<Array> = by.iter().map(|&i| random.array(xs[i].ty())).collect();
    let run = |p: &Program, inputs: &[Array]| interpret(p, inputs).map_err(|e| format!("interpret: {e}"));
    let mut found = run(&forward, &xs)?;
    let residuals = found.split_off(program.outputs().len());
    found.extend(run(&linear, &[vs.clone(), residuals].concat())?);
    let expected = run(pushed, &[xs, vs].concat())?;
    COMPARISONS.set(COMPARISONS.get() + 1);
    match (0..found.len()).find(|&k| !same(&found[k], &expected[k])) {
        None => Ok(()),
        Some(k) => Err(format!("parts: result {k} is {:?}, of jvp {:?}", found[k], expected[k])),
    }
}

/// Checks that `vmap` equals the program on each batch element bit for bit, and that simplification changes no bit.
fn lanes_and_simplification_change_nothing(program: &Program, seed: u64) -> Result<(), String> {
    let mut random = Generator::new(seed ^ 0x5a);
    random.extremes = seed.is_multiple_of(4);
    let lanes: Vec<Vec<Array>> = (0..LANES).map(|_| random.inputs(program)).collect();
    let run = |p: &Program, xs: &[Array]| interpret(p, xs).map_err(|e| format!("interpret: {e}"));
    let simple = program.simplify();
    check_round_trip(&simple).map_err(|e| format!("simplify {e}"))?;
    let ys = run(program, &lanes[0])?;
    for (k, (x, y)) in run(&simple, &lanes[0])?.iter().zip(&ys).enumerate() {
        if !same(x, y) {
            return Err(format!("simplify: output {k} is {x:?}, and should be {y:?}\n{simple}"));
        }
    }
    let (axes, outputs) = axes(program, seed ^ 1);
    let wide = program.vmap(LANES, &axes, &outputs).map_err(|e| e.to_string())?;
    check_round_trip(&wide).map_err(|e| format!("vmap {e}"))?;
    let of = |lane: usize, i: usize| &lanes[if axes[i].is_some() { lane } else { 0 }][i];
    let each: Vec<Vec<Array>> = (0..LANES)
        .map(|lane| run(program, &(0..axes.len()).map(|i| of(lane, i).clone()).collect::<Vec<_>>()))
        .collect::<Result<_, _>>()?;
    let stacked = |i: usize| stack(&(0..LANES).map(|lane| of(lane, i)).collect::<Vec<_>>());
    let arguments: Vec<Array> =
        (0..axes.len()).map(|i| if axes[i].is_some() { stacked(i) } else { lanes[0][i].clone() }).collect();
    for (k, found) in run(&wide, &arguments)?.iter().enumerate() {
        let expected = stack(&each.iter().map(|outputs| &outputs[k]).collect::<Vec<_>>());
        if !same(found, &expected) {
            return Err(format!("vmap: output {k} is {found:?}, and should be {expected:?}; axes {axes:?}\n{wide}"));
        }
    }
    COMPARISONS.set(COMPARISONS.get() + 1);
    Ok(())
}

/// Stacks arrays along a new first axis.
fn stack(lanes: &[&Array]) -> Array {
    let shape: Vec<usize> = std::iter::once(lanes.len()).chain(lanes[0].shape().iter().copied()).collect();
    let bytes: Vec<u8> = lanes.iter().flat_map(|x| x.bytes()).copied().collect();
    Array::from_bytes(lanes[0].ty().with_shape(shape), &bytes)
}

/// Returns whether the elements have the same bits. Any NaN equals any other NaN.
fn same(x: &Array, y: &Array) -> bool {
    x.ty() == y.ty()
        && with_element!(x.dtype(), T => x.as_slice::<T>().iter().zip(y.as_slice::<T>()).all(|(&x, &y)| {
            T::as_bytes(&[x]) == T::as_bytes(&[y]) || x.to_f64().is_nan() && y.to_f64().is_nan()
        }))
}

#[test]
fn forward_and_reverse_mode_agree_after_each_transformation() {
    let generator = |seed| {
        let mut random = Generator::new(seed);
        random.dtypes = vec![DType::F64, DType::F64, DType::F64, DType::I32];
        random.custom_vjp = true;
        random.linear_solves = true;
        random
    };
    for_all(200, generator, both_modes_agree);
}

/// Compositions of special functions, Fourier transforms and linear algebra. `RUNE_PROGRAMS=1000` sets the number of
/// seeds. The test uses only programs of `f64`, which are a third of them.
#[test]
fn forward_and_reverse_mode_agree_on_special_functions() {
    let (start, count) = (env("RUNE_SEED", 0), env("RUNE_PROGRAMS", 60));
    let mut failures = Vec::new();
    COMPARISONS.set(0);
    // Programs with other seeds are transformed already.
    for seed in (start..start + count).map(|i| 4 * i) {
        let (program, _) = special_program(seed);
        if program.input_types().iter().all(|ty| ty.dtype == DType::F64) {
            let failure = catch_panic(|| both_modes_agree(&program, seed)).err();
            failures.extend(failure.map(|why| format!("seed {seed}: {why}\n{}", program.name())));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(COMPARISONS.get() as u64 > count / 8, "{} comparisons", COMPARISONS.get());
}

/// Sums of products are excluded, because the order of their terms depends on the sizes.
#[test]
fn lanes_and_simplification_change_nothing_after_each_transformation() {
    let generator = |seed| {
        let mut random = Generator::new(seed);
        random.custom_vjp = true;
        random.linear_solves = true;
        random.without = vec!["dot_general", "conv"];
        random
    };
    for_all(200, generator, lanes_and_simplification_change_nothing);
}

#[test]
fn a_fault_is_shrunk_to_the_instruction_that_has_it() {
    let mut found = 0;
    for seed in 0..60 {
        let mut random = Generator::new(seed);
        random.depth = 0;
        let program = random.program(30);
        let has = |p: &Program| p.to_string().contains("rune.reduce_max");
        if !has(&program) {
            continue;
        }
        let small = shrink(&program, has);
        assert_eq!((small.instructions().len(), small.input_types().len()), (1, 1), "{small}");
        assert!(small.input_types()[0].size() <= 1, "{small}");
        found += 1;
    }
    assert!(found > 3, "{found}");
}
