//! Compares random programs with the interpreter.

use crate::Plan;
use rune_ir::interpret::interpret;
use rune_ir::op::{ConvDims, Dims};
use rune_ir::{Array, DType, Element, Op, Origin, Program, ProgramBuilder, Var, with_element};
use rune_testing::{FLOATS8, Generator, check_near_interpreter, functions, shrink, special_program};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Describes the difference between two arrays. Any NaN equals any NaN.
fn difference(found: &Array, expected: &Array, exact: bool) -> Option<String> {
    if found.ty() != expected.ty() {
        return Some(format!("{} for {}", found.ty(), expected.ty()));
    }
    let eps = match expected.dtype() {
        DType::F16 => 2f64.powi(-9),
        DType::BF16 => 2f64.powi(-6),
        DType::F8E4M3FN => 0.25,
        DType::F8E5M2 => 0.5,
        DType::F32 | DType::C64 => 2f64.powi(-20),
        DType::F64
        | DType::Bool
        | DType::I8
        | DType::I16
        | DType::I32
        | DType::I64
        | DType::U8
        | DType::U16
        | DType::U32
        | DType::U64
        | DType::C128 => 2f64.powi(-44),
    };
    with_element!(expected.dtype(), T => {
        let (xs, ys) = (found.as_slice::<T>(), expected.as_slice::<T>());
        let largest = ys.iter().map(|y| y.to_complex().norm()).filter(|y| y.is_finite()).fold(0.0, f64::max);
        let differ = |x: &T, y: &T| {
            let (a, b) = (x.to_complex(), y.to_complex());
            let same = (a.is_nan() && b.is_nan()) || T::as_bytes(&[*x]) == T::as_bytes(&[*y]);
            let near = !exact && expected.dtype().is_inexact() && (a == b || (a - b).norm() <= eps * (b.norm() + largest));
            !same && !near
        };
        xs.iter().zip(ys).position(|(x, y)| differ(x, y)).map(|i| format!("element {i} is {:?}, and should be {:?}", xs[i], ys[i]))
    })
}

/// Describes what is wrong with the outputs. A panic is wrong too.
pub(crate) fn wrong(program: &Program, inputs: &[Array], exact: bool) -> Option<String> {
    let caught = catch_unwind(AssertUnwindSafe(|| compare(program, inputs, exact)));
    caught.unwrap_or_else(|_| Some("a panic".to_owned()))
}

fn compare(program: &Program, inputs: &[Array], exact: bool) -> Option<String> {
    let expected = interpret(program, inputs).ok()?;
    match Plan::new(program).run(inputs.to_vec()) {
        Err(error) => Some(error.to_string()),
        Ok(found) => found.iter().zip(&expected).find_map(|(found, expected)| difference(found, expected, exact)),
    }
}

fn all_agree(generator: impl Fn(u64) -> Generator, exact: bool, first: u64) {
    some_agree(generator, exact, first, 1500);
}

fn some_agree(generator: impl Fn(u64) -> Generator, exact: bool, first: u64, programs: u64) {
    let programs = std::env::var("RUNE_PROGRAMS").ok().and_then(|n| n.parse().ok()).unwrap_or(programs);
    for seed in first..first + programs {
        let mut random = generator(seed);
        let program = random.program(2 + (seed % 14) as usize);
        let inputs = random.inputs(&program);
        for program in [program.clone(), program.simplify()] {
            if let Some(reason) = wrong(&program, &inputs, exact) {
                let fails = |p: &Program| wrong(p, &generator(seed).inputs(p), exact).is_some();
                let small = if fails(&program) { shrink(&program, fails) } else { program };
                let inputs = generator(seed).inputs(&small);
                panic!("seed {seed}: {reason}\n{small}\non {inputs:?}: {:?}", wrong(&small, &inputs, exact));
            }
        }
    }
}

#[test]
fn random_programs_give_the_bits_of_the_interpreter() {
    let generator = |seed| {
        let mut random = Generator::new(seed);
        // The results of these may differ from the interpreter's in the last place. Comparing or rounding such a result
        // can change everything, so these functions are in separate programs.
        let inexact = functions::without(&functions::APPROXIMATED, &["cbrt", "cumlogsumexp"]);
        random.without = [&inexact[..], &functions::REORDERED].concat();
        random.extremes = seed % 3 == 0;
        random
    };
    all_agree(generator, true, 0);
}

/// The engine computes the parts of `c64` in `f32`, and the interpreter in `f64`.
#[test]
fn random_programs_of_complex_numbers_are_near_the_interpreter() {
    let generator = |seed| {
        let mut random = Generator::new(seed);
        random.dtypes =
            vec![DType::C64, DType::C64, DType::C64, DType::C128, DType::F32, DType::F64, DType::I32, DType::Bool];
        random.without = [&functions::JUMPING[..], &functions::STEEP].concat();
        random
    };
    some_agree(generator, false, 2_000_000, 500);
}

#[test]
fn random_programs_of_floats_of_8_bits_give_the_bits_of_the_interpreter() {
    let generator = |seed| {
        let mut random = Generator::new(seed);
        random.dtypes = FLOATS8.to_vec();
        random.linear_solves = true;
        let inexact = functions::without(&functions::APPROXIMATED, &["cbrt", "cumlogsumexp"]);
        random.without = [&inexact[..], &functions::REORDERED].concat();
        random.extremes = seed % 3 == 0;
        random
    };
    some_agree(generator, true, 3_000_000, 500);
}

#[test]
fn random_programs_are_as_near_as_their_functions() {
    // For these, a small difference in the operands can become an arbitrary difference.
    let steep = ["tan", "pow", "integer_pow", "div", "rsqrt", "case", "while"];
    let generator = |seed| {
        let mut random = Generator::new(seed);
        random.dtypes = vec![DType::F32, DType::F32, DType::F64, DType::F16, DType::BF16];
        // The last place of a large number changes an angle greatly.
        let far: &[&str] = if seed % 2 == 0 { &["sin", "cos"] } else { &["exp", "exp2", "expm1"] };
        random.without = [&functions::JUMPING[..], &steep, far].concat();
        random
    };
    all_agree(generator, false, 1_000_000);
}

/// Special functions, Fourier transforms and functions of signals, alone and transformed. `RUNE_PROGRAMS=1000` sets the
/// number of programs.
#[test]
fn compositions_of_special_functions_are_as_near_as_their_arguments() {
    let count = std::env::var("RUNE_PROGRAMS").ok().and_then(|n| n.parse().ok()).unwrap_or(16);
    for seed in 0..count {
        let (program, inputs) = special_program(seed);
        for program in [program.clone(), program.simplify()] {
            let found = Plan::new(&program).run(inputs.clone()).map_err(|e| e.to_string());
            let near = found.and_then(|found| check_near_interpreter(&program, &inputs, &found));
            assert_eq!(near, Ok(()), "seed {seed}: {}", program.name());
        }
    }
}

/// Convolutions of whole numbers, so that no sum is rounded: any layout, with steps, dilations, padding and groups.
#[test]
fn convolutions_are_those_of_the_interpreter() {
    let mut state = 7u64;
    let mut below = |n: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % n
    };
    let mut tried = 0;
    while tried < 3000 {
        let space = 1 + below(3);
        let mut shuffled = || {
            let mut axes: Vec<usize> = (0..space + 2).collect();
            match below(3) {
                0 => {}
                1 => axes.rotate_left(1),
                _ => (1..axes.len()).for_each(|i| axes.swap(i, below(i + 1))),
            }
            axes
        };
        let (lhs_axes, rhs_axes, out_axes) = (shuffled(), shuffled(), shuffled());
        let (feature_groups, batch_groups) = [(1, 1), (1, 1), (2, 1), (3, 1), (1, 2)][below(5)];
        let batch = batch_groups * (1 + below(2));
        let (inputs, outputs) = (1 + below(3), feature_groups * batch_groups * (1 + below(3)));
        let mut lists = |n: usize| -> Vec<usize> { (0..space).map(|_| 1 + below(n)).collect() };
        let (taps, size, strides, lhs_dilation, rhs_dilation) = (lists(3), lists(7), lists(3), lists(2), lists(2));
        let padding: Vec<(i64, i64)> = (0..space).map(|_| (below(4) as i64 - 1, below(4) as i64 - 1)).collect();
        let mut array = |axes: &[usize], sizes: &[usize]| {
            let mut shape = vec![0; axes.len()];
            axes.iter().zip(sizes).for_each(|(&axis, &size)| shape[axis] = size);
            Array::from_fn(shape, |_| below(9) as f32 - 4.0)
        };
        let lhs = array(&lhs_axes, &[&[batch, inputs * feature_groups], &size[..]].concat());
        let rhs = array(&rhs_axes, &[&[outputs, inputs], &taps[..]].concat());
        let dims = ConvDims {
            lhs: lhs_axes.into(),
            rhs: rhs_axes.into(),
            out: out_axes.into(),
            strides: strides.into(),
            padding,
            lhs_dilation: lhs_dilation.into(),
            rhs_dilation: rhs_dilation.into(),
            feature_groups,
            batch_groups,
        };
        let mut builder = ProgramBuilder::new("conv", vec![lhs.ty().clone(), rhs.ty().clone()], vec![]);
        let mut push = |op| builder.push(op, Origin::default()).map(|vars| vars[0]);
        // Half of the operands are views.
        let mut turned = |x, rank| match below(2) {
            0 => x,
            _ => {
                let axes: Dims = [below(rank)].into_iter().collect();
                push(Op::Reverse { x, axes }).expect("an axis of it")
            }
        };
        let (x, kernel) = (turned(Var(0), space + 2), turned(Var(1), space + 2));
        let Ok(y) = push(Op::Conv { lhs: x, rhs: kernel, dims: Box::new(dims) }) else { continue };
        let program = builder.finish(vec![y]).expect("a program of an output");
        if program.output_types()[0].size() == 0 {
            continue;
        }
        tried += 1;
        assert_eq!(wrong(&program, &[lhs, rhs], false), None, "{program}");
        assert!(Plan::new(&program).is_native(), "{program}");
    }
}
