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

/// A reduction of a matrix and a row over one axis. Either of them, or both, come from a narrow dtype.
type Mixture = fn(&Tensor, &Tensor, isize) -> Tensor;

const MIXTURES: [(&str, Mixture); 8] = [
    ("sum of products", |x, y, axis| (x * y).sum_axes([axis])),
    ("sum of products of a function", |x, y, axis| (x.abs() * (y + 1)).sum_axes([axis])),
    ("maximum of sums", |x, y, axis| (x + y).max_axes([axis])),
    ("number of greater elements", |x, y, axis| x.gt(y).cast(DType::I32).sum_axes([axis])),
    ("sum of chosen elements", |x, y, axis| where_(x.gt(1), y, x).sum_axes([axis])),
    ("position of the greatest", |x, y, axis| (x * y).argmax_axis(axis)),
    ("sorted products", |x, y, axis| (x * y).sort(axis)),
    ("running sum", |x, y, axis| (x * y).cumsum(axis)),
];

#[test]
fn reductions_of_converted_operands_agree() {
    use DType::*;
    let mut programs = Vec::new();
    let narrow = [Bool, U8, I8, I16, F16, BF16, F8E4M3FN];
    let wide = [F32, I32, F64];
    for (shape, axis) in [([46, 46], 1), ([46, 46], 0), ([46, 300], 0), ([16, 40], 1), ([300, 8], 0)] {
        for (name, f) in MIXTURES {
            // Three pairs of dtypes each, in turn: the matrix, the row or both are converted, one before it is broadcast.
            for case in 0..3 {
                let (from, to) = (narrow[programs.len() % narrow.len()], wide[programs.len() / 2 % wide.len()]);
                let types = [[from, to], [to, from], [from, from]][case];
                let row = if axis == 1 { vec![shape[1]] } else { vec![shape[0], 1] };
                let label = format!("{name} of {shape:?} {} and {row:?} {} in {to} over {axis}", types[0], types[1]);
                let g = |(x, y): &(Tensor, Tensor)| {
                    let x = x.cast(to);
                    f(&x, &if case == 2 { y.broadcast_to(&shape[..]).cast(to) } else { y.cast(to) }, axis)
                };
                let arguments = (Tensor::zeros(shape, types[0]), Tensor::zeros(&row[..], types[1]));
                programs.push((label, make_program(g, &arguments).unwrap()));
            }
        }
    }
    assert_agree("converted", programs);
}

/// Whatever IREE pads the results of subgroups with, it must not reach the result. The elements lie far on one side of 0.
#[test]
fn reductions_of_every_length_agree() {
    use DType::*;
    type Reduced = fn(&Tensor) -> Tensor;
    let reductions: [(&str, Reduced); 8] = [
        ("maximum", |x| x.max_axes([1])),
        ("minimum", |x| x.min_axes([1])),
        ("position of the maximum", |x| x.argmax_axis(1)),
        ("position of the minimum", |x| x.argmin_axis(1)),
        ("sum", |x| x.sum_axes([1])),
        ("product", |x| x.prod_axes([1])),
        ("all", |x| x.ne(0).all_axes([1])),
        ("maximum of columns", |x| x.t().max_axes([0])),
    ];
    let dtypes = [I32, F32, I16, U32, I64, BF16, I8, F8E4M3FN, F16, U8, F64, U16];
    let mut programs = Vec::new();
    for length in [1, 2, 7, 8, 16, 24, 33, 40, 48, 56, 64, 80, 96, 112, 130, 160, 192, 256, 320, 1000, 2500] {
        for (name, f) in reductions {
            let dtype = dtypes[programs.len() % dtypes.len()];
            let label = format!("{name} of {length} of {dtype}");
            let above = move |x: &Tensor| x * x + 5;
            let g = |x: &Tensor| if dtype.is_signed_int() && name == "maximum" { f(&-above(x)) } else { f(&above(x)) };
            programs.push((label, make_program(g, &Tensor::zeros([3, length], dtype)).unwrap()));
        }
    }
    assert_agree("lengths", programs);
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
