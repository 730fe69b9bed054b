//! Compares elementwise operations that read the result of a reduction, product or window in two ways, compiled by
//! IREE, with the interpreter. IREE fuses such operations with the producer, and computes wrong results (docs/iree.md).
//!
//! By default, a third of them is compiled; `RUNE_TEST_ALL=1` compiles all.

use super::batch::{self, Function};
use crate::engine::jit;
use rune::prelude::*;
use rune::{ConvOptions, ConvPadding, where_};
use rune_testing::tolerance::Tolerance;
use rune_trace::interpret::interpret;
use rune_trace::{Array, Program};

const N: usize = 5;

type Producer = fn(&Tensor, &Tensor) -> Tensor;
type Consumer = fn(&Tensor) -> Tensor;

/// Producers of an N × N array from an N × N × 3 array and an N × N array.
const PRODUCERS: [(&str, Producer); 20] = [
    ("elements", |_, a| (a * 0.1).exp()),
    ("sum", |x, _| x.sum_axes([2])),
    ("maximum", |x, _| x.max_axes([2])),
    ("sum of the first axis", |x, _| x.permute([2, 0, 1]).sum_axes([0])),
    ("sum, turned", |x, _| x.sum_axes([2]).t()),
    ("function of a sum", |x, _| (x.sum_axes([2]) * 0.1).exp()),
    ("product", |_, a| a.matmul(a)),
    ("product with its transpose", |_, a| a.matmul(a.t())),
    ("function of a product", |_, a| (a.matmul(a) * 0.001).exp()),
    ("batched product", |x, _| x.reshape([N, N, 1, 3]).matmul(x.reshape([N, N, 3, 1])).reshape([N, N])),
    ("product of rows and columns", |x, _| {
        let r = x.sum_axes([1, 2]);
        r.reshape([N, 1]).matmul(r.reshape([1, N]))
    }),
    ("sum of one element", |x, _| x.sum_axes([2]).reshape([N, N, 1]).sum_axes([2])),
    ("softmax", |_, a| a.softmax(-1)),
    ("normalised rows", |_, a| a / (a * a).sum_keepdims([1]).sqrt()),
    ("centred", |_, a| a - a.mean_keepdims([1]) - a.mean_keepdims([0])),
    ("convolution", |_, a| {
        let options = ConvOptions { padding: ConvPadding::Same, ..ConvOptions::default() };
        a.reshape([1, 1, N, N]).conv(&Tensor::ones([1, 1, 3, 3], DType::F32), &options).reshape([N, N])
    }),
    ("running sum", |_, a| a.cumsum(0)),
    ("padded sum", |x, _| x.sum_axes([2]).i((..4, ..4)).pad(&[(0, 1), (1, 0)], 0.5)),
    ("rows of a sum", |x, a| x.sum_axes([2]).take(&a.i(0).abs().cast(DType::I32), 0)),
    ("greatest position", |x, _| x.argmax_axis(2).cast(DType::F32)),
];

const CONSUMERS: [(&str, Consumer); 20] = [
    ("y + yᵀ", |y| y + y.t()),
    ("y · yᵀ + y", |y| y * y.t() + y),
    ("choice", |y| where_(y.gt(y.t()), y, y.t())),
    ("first row, both ways", |y| y.i(0).reshape([N, 1]) + y.i(0).reshape([1, N])),
    ("first column, both ways", |y| y.i((.., 0)).reshape([N, 1]) - y.i((.., 0)).reshape([1, N])),
    ("first row and second", |y| y.i(0).reshape([N, 1]) - y.i(1).reshape([1, N])),
    ("[:, :, None] and [:, None]", |y| y.reshape([N, N, 1]) + y.reshape([N, 1, N])),
    ("[:, :, None] and [None]", |y| y.reshape([N, N, 1]) + y.reshape([1, N, N])),
    ("reversed", |y| y + y.flip([0])),
    ("reversed and turned", |y| y + y.flip([1]).t()),
    ("differences", |y| y.i(1..) - y.i(..-1)),
    ("rolled", |y| y + y.roll(1, 0)),
    ("joined", |y| Tensor::concat(&[y.clone(), y.t()], 0)),
    ("distances", |y| (y.reshape([N, 1, N]) - y.reshape([1, N, N])).powi(2).sum_axes([2])),
    ("sum of y + yᵀ", |y| (y + y.t()).sum_axes([0])),
    ("diagonal", |y| y.diagonal(0, 0, 1).reshape([N, 1]) + y),
    ("distances by products", |y| y.diagonal(0, 0, 1).reshape([N, 1]) + y.diagonal(0, 0, 1).reshape([1, N]) - y * 2.0),
    ("in another shape", |y| y.reshape([N * N, 1]) - y.reshape([1, N * N])),
    ("Kronecker", |y| y.reshape([N, 1, N, 1]) * y.reshape([1, N, 1, N])),
    ("sums of rows, both ways", |y| y.sum_axes([1]).reshape([N, 1]) * y.sum_axes([1]).reshape([1, N])),
];

struct Tested {
    name: String,
    program: Program,
    inputs: Vec<Array>,
    function: Function,
}

fn check(t: &Tested, code: Result<batch::Code, String>) -> Result<(), String> {
    let expected = interpret(&t.program, &t.inputs).map_err(|e| e.to_string())?;
    let found = code.and_then(|code| batch::call(&code, &t.inputs))?;
    found.iter().zip(&expected).try_for_each(|(x, y)| Tolerance::Scaled(256.0).check(x, y))
}

#[test]
fn what_reads_a_producer_in_two_ways_is_right() {
    let x = Tensor::from_vec([N, N, 3], (0..N * N * 3).map(|i| ((7 * i) % 11) as f32 - 4.5).collect::<Vec<_>>());
    let a = Tensor::from_vec([N, N], (0..N * N).map(|i| ((5 * i) % 13) as f32 * 0.5 - 2.75).collect::<Vec<_>>());
    let inputs: Vec<Array> = [&x, &a].map(|x| x.to_array().unwrap()).into();
    let (mut all, mut failures) = (Vec::new(), Vec::new());
    let whole = std::env::var_os("RUNE_TEST_ALL").is_some();
    for (i, (given, producer)) in PRODUCERS.into_iter().enumerate() {
        for (j, (read, consumer)) in CONSUMERS.into_iter().enumerate() {
            if !whole && (i + j) % 3 > 0 {
                continue;
            }
            let f = jit(move |x: &Tensor, a: &Tensor| {
                // Both are arguments, even if they are unused.
                consumer(&producer(x, a)) + (x.i((0, 0, 0)) + a.i((0, 0))) * 0.0
            });
            let program = f.lower((&x, &a)).unwrap().program().clone();
            let name = format!("{read} of {given}");
            match Function::lower(program.simplify(), format!("f{}", all.len())) {
                Ok(function) => all.push(Tested { name, program, inputs: inputs.clone(), function }),
                Err(e) => failures.push(format!("{name}: {e}")),
            }
        }
    }
    failures.extend(batch::for_all(
        &all,
        "views",
        |t| &t.function,
        |t, code| check(t, code).err().map(|e| format!("{}: {e}", t.name)).into_iter().collect(),
    ));
    let shown: Vec<_> = failures.iter().take(12).map(String::as_str).collect();
    assert!(failures.is_empty(), "{} of {} fail\n{}", failures.len(), all.len(), shown.join("\n"));
}
