//! Compares what follows reductions, products and slices with the interpreter: elementwise operations on the operand
//! and on the broadcast result, as in normalizations, and sums of slices with strides. IREE's code for Vulkan was wrong
//! for many of them.

use super::engine;
use super::suite::Suite;
use rune::{einsum, lax, make_program, where_};
use rune_testing::Generator;
use rune_testing::tolerance::Tolerance;
use rune_trace::{DType, Program, Tensor};

/// Compares the programs, or one in `RUNE_TEST_ONE_IN` of them, with the interpreter.
#[track_caller]
fn assert_agree(name: &str, programs: Vec<(String, Program)>) {
    let mut suite = Suite::default();
    programs.into_iter().step_by(engine::one_in()).for_each(|(label, program)| suite.add(label, program));
    suite.assert_agree(name, Tolerance::Scaled(64.0));
}

/// A reduction over axes. The axes of the operand have the letters `a`, `b`, … in the second argument.
type Reduction = fn(&Tensor, &str, &[isize]) -> Tensor;

const REDUCTIONS: [(&str, Reduction); 5] = [
    ("sum", |x, _, axes| x.sum_axes(axes)),
    ("max", |x, _, axes| x.max_axes(axes)),
    ("min of negated", |x, _, axes| (-x).min_axes(axes)),
    ("mean of squares", |x, _, axes| (x * x).mean_axes(axes)),
    ("product", |x, letters, axes| {
        let contracted: String = axes.iter().map(|&a| letters.as_bytes()[a as usize] as char).collect();
        let kept: String = letters.chars().filter(|c| !contracted.contains(*c)).collect();
        let others: Vec<isize> = (0..x.rank() as isize).filter(|a| !axes.contains(a)).collect();
        einsum(&format!("{letters},{contracted}->{kept}"), &[x, &x.max_axes(&others[..])])
    }),
];

type Consumer = fn(&Tensor, &Tensor) -> Tensor;

/// Operations on the operand and on the result of the reduction, whose reduced axes have size 1.
const CONSUMERS: [(&str, Consumer); 6] = [
    ("difference", |x, r| x - r),
    ("product", |x, r| x * r),
    ("choice", |x, r| where_(x.gt(r), x, 0.5)),
    ("transposed difference", |x, r| (x - r).transpose()),
    ("sum of exponentials", |x, r| ((x - r) * 0.01).exp() / ((x - r) * 0.01).exp().sum()),
    ("difference of reversed", |x, r| x.flip(0) - r),
];

#[test]
fn operations_behind_reductions_agree() {
    let shapes: [&[usize]; 5] = [&[16, 16], &[32, 16], &[64, 33], &[2, 32, 16], &[3, 8, 24]];
    let mut programs = Vec::new();
    for shape in shapes {
        for chosen in 1..1usize << shape.len() {
            let axes: Vec<isize> = (0..shape.len()).filter(|a| chosen >> a & 1 == 1).map(|a| a as isize).collect();
            for (name, reduction) in REDUCTIONS {
                // Two consumers each, in turn.
                for _ in 0..2 {
                    let (consumer, f) = CONSUMERS[programs.len() % CONSUMERS.len()];
                    let axes = axes.clone();
                    let label = format!("{consumer} behind {name} of {shape:?} over {axes:?}");
                    let g = move |x: &Tensor| {
                        let letters = &"abc"[..x.rank()];
                        let mut kept = x.shape().to_vec();
                        axes.iter().for_each(|&a| kept[a as usize] = 1);
                        f(x, &reduction(x, letters, &axes).reshape(&kept[..]))
                    };
                    programs.push((label, make_program(g, &Tensor::zeros(shape, DType::F32)).unwrap()));
                }
            }
        }
    }
    assert!(programs.len() > 200, "{} programs only", programs.len());
    assert_agree("behind_reductions", programs);
}

/// Many axes of the slices have size 1: with these, IREE loses the strides.
#[test]
fn slices_beside_elementwise_operations_agree() {
    let mut random = Generator::new(5);
    let mut programs = Vec::new();
    for i in 0..160 {
        let rank = 1 + random.below(4);
        let kept: Vec<usize> = (0..rank).map(|_| random.pick(&[1, 1, 2, 4, 5, 8, 12])).collect();
        let strides: Vec<usize> = (0..rank).map(|_| random.pick(&[1, 2, 3, 4])).collect();
        let last: Vec<usize> = (0..rank).map(|_| random.below(3)).collect();
        let extents: Vec<usize> =
            (0..rank).map(|a| last[a] + 1 + (kept[a] - 1) * strides[a] + random.below(3)).collect();
        let starts: Vec<Vec<usize>> =
            (0..3).map(|_| last.iter().map(|&last| random.below(last + 1)).collect()).collect();
        let label = format!("{i}: slices of {extents:?} from {starts:?} with strides {strides:?}");
        let f = move |x: &Tensor| {
            let slice = |x: &Tensor, start: &Vec<usize>| {
                if i % 4 == 3 {
                    let at: Vec<Tensor> = start.iter().map(|&s| Tensor::scalar(s as i32)).collect();
                    return lax::dynamic_slice(x, &at, &kept);
                }
                let limit: Vec<usize> = (0..rank).map(|a| start[a] + (kept[a] - 1) * strides[a] + 1).collect();
                lax::slice(x, start, &limit, &strides)
            };
            match i % 2 {
                0 => slice(x, &starts[0]) + slice(x, &starts[1]) * slice(x, &starts[2]),
                _ => slice(&(x * x + x), &starts[0]).flip(0),
            }
        };
        programs.push((label, make_program(f, &Tensor::zeros(&extents[..], DType::F32)).unwrap()));
    }
    assert_agree("slices", programs);
}
