//! Tests loops and branches that pass two values on in different ways. IREE loses some of these values, unless
//! `rune_lower` copies them.
//!
//! By default, a sample is compiled; `RUNE_TEST_ALL=1` compiles all.

use super::batch::{self, Code, Function};
use rune::{cond, fori_loop, make_program, while_loop};
use rune_testing::tolerance::Tolerance;
use rune_trace::interpret::interpret;
use rune_trace::{Array, DType, Program, Tensor};

type Pair = fn(&Tensor, &Tensor) -> (Tensor, Tensor);

/// The next values of `a` and `b`.
const BODIES: [(&str, Pair); 9] = [
    ("(b, a)", |a, b| (b.clone(), a.clone())),
    ("(b, b)", |_, b| (b.clone(), b.clone())),
    ("(-b, a)", |a, b| (-b, a.clone())),
    ("(b, -a)", |a, b| (b.clone(), -a)),
    ("(b, a + b)", |a, b| (b.clone(), a + b)),
    ("(a + b, a)", |a, b| (a + b, a.clone())),
    ("(a, a + b)", |a, b| (a.clone(), a + b)),
    ("(a + b, a + b)", |a, b| (a + b, a + b)),
    ("(a + 1, 2 b)", |a, b| (a + 1.0, b * 2.0)),
];

/// The initial values of `a` and `b`: arguments, results of operations, and constants.
const STARTS: [(&str, Pair); 11] = [
    ("x, y", |x, y| (x.clone(), y.clone())),
    ("x, x", |x, _| (x.clone(), x.clone())),
    ("x, -x", |x, _| (x.clone(), -x)),
    ("-x, x", |x, _| (-x, x.clone())),
    ("-x, -x", |x, _| (-x, -x)),
    ("-x, exp y", |x, y| (-x, y.exp())),
    ("-x, 7", |x, _| (-x, Tensor::full([4], 7.0f32, DType::F32))),
    ("x, 7", |x, _| (x.clone(), Tensor::full([4], 7.0f32, DType::F32))),
    ("7, x", |x, _| (Tensor::full([4], 7.0f32, DType::F32), x.clone())),
    ("7, 7", |_, _| (Tensor::full([4], 7.0f32, DType::F32), Tensor::full([4], 7.0f32, DType::F32))),
    ("7, 3", |_, _| (Tensor::full([4], 7.0f32, DType::F32), Tensor::full([4], 3.0f32, DType::F32))),
];

/// The condition that ends a loop.
#[derive(Clone, Copy, Debug)]
enum End {
    /// A fixed number of iterations.
    Fixed,
    /// A counter that starts from an argument.
    Counter,
    /// That counter, or the data.
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
        outputs.of(a, b)
    };
    let x = Tensor::zeros([4], DType::F32);
    make_program(f, &(x.clone(), x, Tensor::scalar(0i32))).unwrap()
}

/// Returns a program that chooses between two pairs of values, once or, with `repeats`, in each iteration of a loop.
fn choice(bodies: [Pair; 2], start: Pair, repeats: bool, outputs: Outputs) -> Program {
    let f = move |(x, y, n): &(Tensor, Tensor, Tensor)| {
        let (a, b) = start(x, y);
        let choose = |p: &Tensor, a: &Tensor, b: &Tensor| cond(p, || bodies[0](a, b), || bodies[1](a, b));
        let (a, b) = match repeats {
            true => fori_loop(0, 3, |i, (a, b): &(Tensor, Tensor)| choose(&(i + n).rem(2).eq(0), a, b), &(a, b)),
            false => choose(&n.lt(1), &a, &b),
        };
        outputs.of(a, b)
    };
    let x = Tensor::zeros([4], DType::F32);
    make_program(f, &(x.clone(), x, Tensor::scalar(0i32))).unwrap()
}

impl Outputs {
    const ALL: [Outputs; 3] = [Outputs::Both, Outputs::First, Outputs::Second];
    fn of(self, a: Tensor, b: Tensor) -> Vec<Tensor> {
        match self {
            Outputs::Both => vec![a, b],
            Outputs::First => vec![a],
            Outputs::Second => vec![b],
        }
    }
}

struct Tested {
    label: String,
    program: Program,
    function: Function,
}

/// The functions of a test: about one in `every`, or all with `RUNE_TEST_ALL=1`.
struct Sample {
    every: usize,
    number: usize,
    tested: Vec<Tested>,
}

impl Sample {
    fn one_in(every: usize) -> Sample {
        let every = if std::env::var_os("RUNE_TEST_ALL").is_some() { 1 } else { every };
        Sample { every, number: 0, tested: Vec::new() }
    }
    fn add(&mut self, label: impl Fn() -> String, program: impl Fn() -> Program) {
        self.number += 1;
        if self.number.is_multiple_of(self.every) {
            let program = program();
            let function = Function::lower(program.simplify(), format!("f{}", self.number)).unwrap();
            self.tested.push(Tested { label: label(), program, function });
        }
    }
    /// Compiles the functions, and compares their results with the interpreter's.
    #[track_caller]
    fn assert_agree(&self, name: &str) {
        let array = |xs: [f32; 4]| Array::from_slice([4], &xs);
        let (x, y) = (array([1.0, 2.0, 3.0, 4.0]), array([0.5, 0.25, -1.0, 2.0]));
        let run = |t: &Tested, code: Result<Code, String>| {
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
        };
        let failures = batch::for_all(&self.tested, name, |t| &t.function, run);
        let (failed, all) = (failures.len(), self.tested.len());
        println!("{all} functions");
        assert!(failures.is_empty(), "{failed} of {all} fail\n{}", failures[..failed.min(12)].join("\n"));
    }
}

#[test]
fn loops_hand_values_on() {
    let mut sample = Sample::one_in(17);
    for (body_name, body) in BODIES {
        for (start_name, start) in STARTS {
            for end in [End::Fixed, End::Counter, End::Data] {
                for limit in 0..4 {
                    for outputs in Outputs::ALL {
                        let label = || format!("{start_name}; {body_name}; {end:?}, {limit}, {outputs:?}");
                        sample.add(label, || program(body, start, end, limit, outputs));
                    }
                }
            }
        }
    }
    sample.assert_agree("carried");
}

#[test]
fn branches_hand_values_on() {
    let mut sample = Sample::one_in(29);
    for (first_name, first) in BODIES {
        for (second_name, second) in BODIES {
            for (start_name, start) in STARTS {
                for repeats in [false, true] {
                    for outputs in Outputs::ALL {
                        let label = || format!("{start_name}; {first_name} or {second_name}; {repeats}, {outputs:?}");
                        sample.add(label, || choice([first, second], start, repeats, outputs));
                    }
                }
            }
        }
    }
    sample.assert_agree("chosen");
}
