//! Compares windows and convolutions of every small size, compiled by IREE, with the interpreter. Most of them have one
//! position.
//!
//! By default, those with one position along an axis, and a sample of the others, are compiled. `RUNE_TEST_ALL=1`
//! compiles all.

use super::suite::Suite;
use rune::ProgramExt;
use rune_testing::Generator;
use rune_testing::tolerance::Tolerance;
use rune_trace::op::{ConvDims, WindowFn};
use rune_trace::{DType, Op, Origin, Program, ProgramBuilder, Type, Var};

/// The tolerance of windows and convolutions.
const TOLERANCE: Tolerance = Tolerance::Scaled(16.0);

/// A window along one axis: extent, window size, stride, padding, and the dilations of the operand and of the window.
#[derive(Clone, Copy, Debug)]
struct Along {
    extent: usize,
    window: usize,
    stride: usize,
    padding: (i64, i64),
    base: usize,
    dilation: usize,
}

impl Along {
    /// Returns the number of positions of the window.
    fn positions(self) -> usize {
        let total = ((self.extent - 1) * self.base + 1) as i64 + self.padding.0 + self.padding.1;
        let window = ((self.window - 1) * self.dilation + 1) as i64;
        if total < window { 0 } else { (total - window) as usize / self.stride + 1 }
    }
    fn all() -> impl Iterator<Item = Along> {
        let ranges = (1..=9)
            .flat_map(|extent| (1..=4).flat_map(move |window| (1..=4).map(move |stride| (extent, window, stride))));
        ranges.flat_map(|(extent, window, stride)| {
            let padding = [(0, 0), (1, 0), (0, 1), (2, 1), (-1, 0), (0, -1)];
            let dilations = [(1, 1), (2, 1), (1, 2), (2, 2)];
            padding.into_iter().flat_map(move |padding| {
                dilations.map(|(base, dilation)| Along { extent, window, stride, padding, base, dilation })
            })
        })
    }
}

/// Returns programs with windows along these axes: a convolution with its two gradients, and reductions with the
/// gradient of the sum.
fn programs(axes: &[Along], groups: usize) -> Vec<Program> {
    let each = |f: fn(&Along) -> usize| axes.iter().map(f);
    let (lhs, rhs): (Vec<usize>, Vec<usize>) = (
        [2, 2 * groups].into_iter().chain(each(|a| a.extent)).collect(),
        [2 * groups, 2].into_iter().chain(each(|a| a.window)).collect(),
    );
    let places = || (0..axes.len() + 2).collect();
    let dims = ConvDims {
        lhs: places(),
        rhs: places(),
        out: places(),
        strides: each(|a| a.stride).collect(),
        padding: axes.iter().map(|a| a.padding).collect(),
        lhs_dilation: each(|a| a.base).collect(),
        rhs_dilation: each(|a| a.dilation).collect(),
        feature_groups: groups,
        batch_groups: 1,
    };
    let conv = Op::Conv { lhs: Var(0), rhs: Var(1), dims: Box::new(dims) };
    let f32s = |shape: &[usize]| Type::new(DType::F32, shape);
    let mut found: Vec<Program> = program("conv", vec![f32s(&lhs), f32s(&rhs)], conv).into_iter().collect();
    let ones = |last: Vec<usize>| [1, 1].into_iter().chain(last).collect();
    for f in WindowFn::ALL {
        let window = rune_trace::op::Window {
            dimensions: ones(each(|a| a.window).collect()),
            strides: ones(each(|a| a.stride).collect()),
            padding: [(0, 0), (0, 0)].into_iter().chain(axes.iter().map(|a| a.padding)).collect(),
            base_dilation: ones(each(|a| a.base).collect()),
            window_dilation: ones(each(|a| a.dilation).collect()),
        };
        let op = Op::ReduceWindow { f: *f, x: Var(0), window: Box::new(window) };
        found.extend(program("window", vec![f32s(&lhs)], op));
    }
    let gradients: Vec<Program> =
        found.iter().filter_map(|p| p.vjp(&(0..p.inputs().len()).collect::<Vec<_>>()).ok()).collect();
    found.extend(gradients);
    found
}

fn program(name: &str, inputs: Vec<Type>, op: Op) -> Option<Program> {
    let mut builder = ProgramBuilder::new(name, inputs, Vec::new());
    let results = builder.push(op, Origin::default()).ok()?;
    builder.finish(results.to_vec()).ok().filter(|p| p.output_types()[0].size() > 0)
}

#[test]
fn windows_and_convolutions_of_every_small_size_agree() {
    let whole = std::env::var_os("RUNE_TEST_ALL").is_some();
    let mut random = Generator::new(11);
    let all: Vec<Along> = Along::all().filter(|a| a.positions() > 0).collect();
    let degenerate: Vec<Along> = all.iter().copied().filter(|a| a.positions() == 1 && a.stride > 1).collect();
    let mut wanted: Vec<(Vec<Along>, usize)> = all.iter().map(|&a| (vec![a], 1)).collect();
    // A sample of windows over several axes, and in groups.
    for i in 0..600 {
        let rank = 1 + i % 3;
        let axes = (0..rank).map(|axis| if axis == i % 2 { random.pick(&degenerate) } else { random.pick(&all) });
        wanted.push((axes.collect(), 1 + i % 2));
    }
    let (mut suite, mut sample) = (Suite::default(), Generator::new(3));
    for (axes, groups) in wanted {
        let one = axes.iter().any(|a| a.positions() == 1 && a.stride > 1);
        for program in programs(&axes, groups) {
            if !whole && sample.below(if one { 40 } else { 400 }) > 0 {
                continue;
            }
            let label = format!("{} of {axes:?}, {groups} groups", program.name());
            suite.add(label, program);
        }
    }
    assert!(suite.len() > 200, "{} functions only", suite.len());
    suite.assert_agree("windows", TOLERANCE);
}

/// IREE takes some of these windows for cumulative functions.
#[test]
fn windows_as_long_as_their_axis_agree() {
    let mut suite = Suite::default();
    let padded = |n: usize| (0..=n as i64).flat_map(move |low| (0..=n as i64).map(move |high| (n, (low, high))));
    for (n, padding) in (2..=3).flat_map(padded) {
        let axis = Along { extent: n, window: n, stride: 1, padding, base: 1, dilation: 1 };
        for program in programs(&[axis], 1) {
            let label = format!("{} of {axis:?}", program.name());
            suite.add(label, program);
        }
    }
    suite.assert_agree("long_windows", TOLERANCE);
}

/// IREE does not compile depthwise convolutions of halves with a sum in `f32`.
#[test]
fn convolutions_of_halves_agree() {
    let mut suite = Suite::default();
    for dtype in [DType::F16, DType::BF16] {
        for (rank, groups, features) in [(1, 1, 3), (1, 3, 1), (2, 3, 1), (2, 3, 2), (2, 1, 3), (3, 2, 1)] {
            let places = || (0..rank + 2).collect();
            let ones = || (0..rank).map(|_| 1).collect();
            let dims = ConvDims {
                lhs: places(),
                rhs: places(),
                out: places(),
                strides: ones(),
                padding: vec![(1, 0); rank],
                lhs_dilation: ones(),
                rhs_dilation: ones(),
                feature_groups: groups,
                batch_groups: 1,
            };
            let shape = |first: [usize; 2], n: usize| first.into_iter().chain((0..rank).map(|_| n)).collect::<Vec<_>>();
            let inputs = vec![
                Type::new(dtype, shape([2, groups * features], 6)),
                Type::new(dtype, shape([groups * 2, features], 3)),
            ];
            let conv = Op::Conv { lhs: Var(0), rhs: Var(1), dims: Box::new(dims) };
            let one = program("conv", inputs, conv).expect("the convolution is well-typed");
            for program in [one.vjp(&[0, 1]).expect("convolutions have derivatives"), one] {
                let label = format!("{} of {dtype}, {rank} axes, {groups} groups of {features}", program.name());
                suite.add(label, program);
            }
        }
    }
    suite.assert_agree("halves", TOLERANCE);
}

/// A window of one element selects elements. Behind a reversal, IREE did not compile such windows with interior
/// padding.
#[test]
fn windows_of_one_element_agree() {
    let mut suite = Suite::default();
    let single = |a: &Along| a.window == 1 && a.dilation == 1 && [1, 3, 4].contains(&a.extent) && a.positions() > 0;
    for axis in Along::all().filter(single) {
        let ty = Type::new(DType::F32, [2, axis.extent]);
        let window = rune_trace::op::Window {
            dimensions: [1, 1].into_iter().collect(),
            strides: [1, axis.stride].into_iter().collect(),
            padding: [(0, 0), axis.padding].into_iter().collect(),
            base_dilation: [1, axis.base].into_iter().collect(),
            window_dilation: [1, 1].into_iter().collect(),
        };
        let mut builder = ProgramBuilder::new("window", vec![ty], Vec::new());
        let reversed =
            builder.push(Op::Reverse { x: Var(0), axes: [1].into_iter().collect() }, Origin::default()).unwrap()[0];
        let op = Op::ReduceWindow { f: WindowFn::Min, x: reversed, window: Box::new(window) };
        let results = builder.push(op, Origin::default()).unwrap();
        let program = builder.finish(results.to_vec()).unwrap();
        let label = format!("a window of one element, {axis:?}");
        suite.add(label, program);
    }
    assert!(suite.len() > 100, "{} functions only", suite.len());
    suite.assert_agree("single windows", TOLERANCE);
}
