//! Loops that carry two values, and hand them on in different ways. IREE loses some of these values.
//!
//! By default, a sample is compiled; `RUNE_TEST_ALL=1` compiles all.

use super::batch::{self, Function};
use rune::{fori_loop, make_program, while_loop};
use rune_testing::tolerance::Tolerance;
use rune_trace::interpret::interpret;
use rune_trace::{Array, DType, Program, Tensor};

type Pair = fn(&Tensor, &Tensor) -> (Tensor, Tensor);

/// The next values of `a` and `b`.
const BODIES: [(&str, Pair); 8] = [
    ("(b, a)", |a, b| (b.clone(), a.clone())),
    ("(b, b)", |_, b| (b.clone(), b.clone())),
    ("(-b, a)", |a, b| (-b, a.clone())),
    ("(b, -a)", |a, b| (b.clone(), -a)),
    ("(b, a + b)", |a, b| (b.clone(), a + b)),
    ("(a + b, a)", |a, b| (a + b, a.clone())),
    ("(a, a + b)", |a, b| (a.clone(), a + b)),
    ("(a + b, a + b)", |a, b| (a + b, a + b)),
];

/// The initial values of `a` and `b`: arguments, results of operations, and constants.
const STARTS: [(&str, Pair); 9] = [
    ("x, y", |x, y| (x.clone(), y.clone())),
    ("x, x", |x, _| (x.clone(), x.clone())),
    ("x, -x", |x, _| (x.clone(), -x)),
    ("-x, x", |x, _| (-x, x.clone())),
    ("-x, -x", |x, _| (-x, -x)),
    ("-x, exp y", |x, y| (-x, y.exp())),
    ("-x, 7", |x, _| (-x, Tensor::full([4], 7.0f32, DType::F32))),
    ("x, 7", |x, _| (x.clone(), Tensor::full([4], 7.0f32, DType::F32))),
    ("7, x", |x, _| (Tensor::full([4], 7.0f32, DType::F32), x.clone())),
];

/// What ends a loop.
#[derive(Clone, Copy, Debug)]
enum End {
    /// A fixed number of iterations.
    Fixed,
    /// A counter that starts from an argument.
    Counter,
    /// The counter, or the data.
    Data,
}

/// The carried values that the function returns.
#[derive(Clone, Copy, Debug)]
enum Outputs {
    Both,
    First,
    Second,
}

fn program(body: Pair, start: Pair, end: End, limit: i32, outputs: Outputs) -> Program {
    let f = move |(x, y, n): &(Tensor, Tensor, Tensor)| {
        let (a, b) = start(x, y);
        let goes_on = move |(i, (a, _)): &(Tensor, (Tensor, Tensor))| match end {
            End::Data => i.lt(limit) & a.sum().lt(1e9),
            End::Fixed | End::Counter => i.lt(limit),
        };
        let next = |(i, (a, b)): &(Tensor, (Tensor, Tensor))| (i + 1, body(a, b));
        let (a, b) = match end {
            End::Fixed => fori_loop(0, limit as usize, |_, (a, b): &(Tensor, Tensor)| body(a, b), &(a, b)),
            End::Counter | End::Data => while_loop(goes_on, next, &(n.clone(), (a, b))).1,
        };
        match outputs {
            Outputs::Both => vec![a, b],
            Outputs::First => vec![a],
            Outputs::Second => vec![b],
        }
    };
    let x = Tensor::zeros([4], DType::F32);
    make_program(f, &(x.clone(), x, Tensor::scalar(0i32))).unwrap()
}

struct Tested {
    label: String,
    program: Program,
    function: Function,
}

#[test]
fn loops_hand_values_on() {
    let every = if std::env::var_os("RUNE_TEST_ALL").is_some() { 1 } else { 17 };
    let (mut all, mut number) = (Vec::new(), 0);
    for (body_name, body) in BODIES {
        for (start_name, start) in STARTS {
            for end in [End::Fixed, End::Counter, End::Data] {
                for limit in 0..4 {
                    for outputs in [Outputs::Both, Outputs::First, Outputs::Second] {
                        number += 1;
                        if number % every != 0 {
                            continue;
                        }
                        let label = format!("{start_name}; {body_name}; {end:?}, {limit}, {outputs:?}");
                        let program = program(body, start, end, limit, outputs);
                        let function = Function::lower(program.simplify(), format!("f{number}")).unwrap();
                        all.push(Tested { label, program, function });
                    }
                }
            }
        }
    }
    let array = |xs: [f32; 4]| Array::from_slice([4], &xs);
    let (x, y) = (array([1.0, 2.0, 3.0, 4.0]), array([0.5, 0.25, -1.0, 2.0]));
    let failures = batch::for_all(
        &all,
        "carried",
        |t| &t.function,
        |t, code| {
            let code = match code {
                Ok(code) => code,
                Err(e) => return vec![format!("{}: {}", t.label, e.chars().take(300).collect::<String>())],
            };
            // Loops with negative counters take more iterations.
            let check = |n: i32| {
                let inputs = [x.clone(), y.clone(), Array::scalar(n)];
                let expected = interpret(&t.program, &inputs).map_err(|e| e.to_string())?;
                let found = batch::call(&code, &inputs)?;
                found.iter().zip(&expected).try_for_each(|(x, y)| Tolerance::Scaled(4.0).check(x, y))
            };
            let fault = |n: i32| check(n).err().map(|e| format!("{}; from {n}: {e}", t.label));
            [-3, 0, 1, 5].into_iter().find_map(fault).into_iter().collect()
        },
    );
    println!("{} loops", all.len());
    assert!(
        failures.is_empty(),
        "{} of {} fail\n{}",
        failures.len(),
        all.len(),
        failures[..failures.len().min(12)].join("\n")
    );
}
