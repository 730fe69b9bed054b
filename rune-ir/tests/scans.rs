//! Tests of the conversion of counting loops to scans.

use rune_ir::interpret::interpret;
use rune_ir::op::{BinaryFn, Comparison, Dims, Literal};
use rune_ir::scans::{is_in_range, trip_count};
use rune_ir::{Array, DType, Op, Origin, Program, ProgramBuilder, Type, Var};
use rune_testing::Generator;
use std::sync::Arc;

const DIRECTIONS: &[Comparison] = Comparison::ALL;

fn compares(direction: Comparison, x: i128, y: i128) -> bool {
    match direction {
        Comparison::Eq => x == y,
        Comparison::Ne => x != y,
        Comparison::Lt => x < y,
        Comparison::Le => x <= y,
        Comparison::Gt => x > y,
        Comparison::Ge => x >= y,
    }
}

/// Returns the number of iterations of a loop, and whether its counter of eight bits overflows. Returns `None` if the
/// loop does not end.
fn simulated(mut i: i128, step: i128, direction: Comparison, bound: i128, dtype: DType) -> Option<(usize, bool)> {
    let mut overflows = false;
    for iteration in 0..600 {
        if !compares(direction, i, bound) {
            return Some((iteration, overflows));
        }
        i += step;
        if !is_in_range(dtype, i) {
            overflows = true;
            i = i.rem_euclid(256);
            i -= if is_in_range(dtype, i) { 0 } else { 256 };
        }
    }
    None
}

#[test]
fn turns_are_those_of_the_loop() {
    let (mut known, mut unknown) = (0, 0);
    for dtype in [DType::I8, DType::U8] {
        let (least, greatest) = if dtype == DType::I8 { (-128, 127) } else { (0, 255) };
        let near = [least, least + 1, least + 2, 3, 7, 8, greatest - 1, greatest];
        for (&direction, first) in DIRECTIONS.iter().flat_map(|d| near.map(|first| (d, first))) {
            for (bound, step) in near.into_iter().flat_map(|b| [-128, -3, -2, -1, 1, 2, 3, 100].map(|step| (b, step))) {
                let found = trip_count(first, step, direction, bound, dtype);
                let simulated = simulated(first, step, direction, bound, dtype);
                let plain = simulated.filter(|(_, overflows)| !overflows).map(|(n, _)| n);
                assert_eq!(found, plain, "{dtype}: {first} by {step}, {direction:?} {bound}");
                known += usize::from(found.is_some());
                unknown += usize::from(found.is_none());
            }
        }
    }
    assert!(known > 1000 && unknown > 1000, "{known} known, {unknown} not");
    assert_eq!(trip_count(0, 0, Comparison::Lt, 5, DType::I32), None);
    let far = i128::from(i64::MAX);
    assert_eq!(trip_count(-far, far, Comparison::Lt, far, DType::I64), Some(2));
    assert_eq!(trip_count(0, 1, Comparison::Lt, far, DType::I64), Some(i64::MAX as usize));
}

struct Builder {
    builder: ProgramBuilder,
}

impl Builder {
    fn new(name: &str, inputs: &[Type]) -> Builder {
        Builder { builder: ProgramBuilder::new(name, inputs.to_vec(), Vec::new()) }
    }
    fn push(&mut self, op: Op) -> Var {
        self.builder.push(op, Origin::default()).unwrap()[0]
    }
    fn number(&mut self, dtype: DType, n: i128) -> Var {
        self.push(Op::Constant { value: Literal::from_f64(dtype, n as f64) })
    }
    /// Writes `a i + b` for an integer scalar.
    fn linear(&mut self, dtype: DType, i: Var, a: i128, b: i128) -> Var {
        let (a, b) = (self.number(dtype, a), self.number(dtype, b));
        let product = self.push(Op::Binary { f: BinaryFn::Mul, x: a, y: i });
        self.push(Op::Binary { f: BinaryFn::Add, x: product, y: b })
    }
    fn finish(self, outputs: Vec<Var>) -> Program {
        self.builder.finish(outputs).unwrap()
    }
}

/// Returns a random loop as a program of three values: a carried value, an array that it reads, and an array that it
/// writes. Some of the indices are out of range, run in another direction, or overlap. Returns `None` if the loop does
/// not end.
fn random_loop(random: &mut Generator) -> Option<(Program, usize)> {
    let dtype = random.pick(&[DType::I8, DType::U8, DType::I32, DType::I64]);
    let (first, bound) = (random.below(12) as i128, random.below(12) as i128);
    let step = random.pick(&[-3, -2, -1, 1, 1, 1, 2, 3]);
    let step = if dtype == DType::U8 { step.max(1) } else { step };
    let direction = random.pick(DIRECTIONS);
    let (trip_count, overflows) = simulated(first, step, direction, bound, dtype)?;
    if overflows {
        return None;
    }
    let size = random.pick(&[1, 1, 2]);
    let rows = size * (trip_count + random.below(3)).max(1);
    let (array, row) = (Type::new(DType::F32, [rows, 3]), Type::new(DType::F32, [size, 3]));
    let carried = [Type::scalar(dtype), row.clone(), array.clone(), array.clone()];

    let mut cond = Builder::new("cond", &carried);
    let limit = cond.number(dtype, bound);
    let holds = cond.push(Op::Compare { direction, x: Var(0), y: limit });
    let cond = cond.finish(vec![holds]);

    let mut body = Builder::new("body", &carried);
    // The blocks of the iterations lie one after the other, or elsewhere.
    let mut index = |b: &mut Builder| {
        let sign = random.pick(&[1, 1, -1]);
        let scale = if random.below(4) == 0 { 1 } else { sign * size as i128 / step.signum() };
        let start = if scale * step > 0 { 0 } else { rows as i128 - size as i128 };
        let off = random.pick(&[0, 0, 0, 1, -1]);
        b.linear(dtype, Var(0), scale, start - scale * first + off)
    };
    let zero = body.number(dtype, 0);
    let (read, write) = (index(&mut body), index(&mut body));
    let slice_sizes = Dims::from_slice(&[size, 3]);
    let slice = |b: &mut Builder, x: Var, at: Var| {
        b.push(Op::DynamicSlice { x, start_indices: vec![at, zero], slice_sizes: slice_sizes.clone() })
    };
    let taken = slice(&mut body, Var(2), read);
    let mut next = body.push(Op::Binary { f: BinaryFn::Sub, x: taken, y: Var(1) });
    if random.below(4) == 0 {
        let written = slice(&mut body, Var(3), write);
        next = body.push(Op::Binary { f: BinaryFn::Max, x: next, y: written });
    }
    let start_indices = vec![write, zero];
    let mut stack = body.push(Op::DynamicUpdateSlice { x: Var(3), update: Var(1), start_indices });
    if random.below(6) == 0 {
        stack = body.push(Op::Binary { f: BinaryFn::Add, x: stack, y: Var(2) });
    }
    let by = body.number(dtype, step);
    let counter = body.push(Op::Binary { f: BinaryFn::Add, x: Var(0), y: by });
    let body = body.finish(vec![counter, next, Var(2), stack]);

    let mut whole = Builder::new("f", &carried[1..]);
    let counter = whole.number(dtype, first);
    let args = vec![counter, Var(0), Var(1), Var(2)];
    let op = Op::While { args, consts: 0, cond: Arc::new(cond), body: Arc::new(body) };
    let results: Vec<Var> = whole.builder.push(op, Origin::default()).unwrap().to_vec();
    let outputs = if random.below(2) == 0 { results } else { results[1..].to_vec() };
    Some((whole.finish(outputs), trip_count))
}

#[test]
fn random_loops_give_the_same_results_as_scans() {
    let (mut scans, mut read, mut written, mut backward) = (0, 0, 0, 0);
    for seed in 0..2000 {
        let mut random = Generator::new(seed);
        let Some((program, trip_count)) = random_loop(&mut random) else { continue };
        let scan = program.loops_to_scans();
        scan.verify().unwrap();
        let inputs = random.inputs(&program);
        assert_eq!(interpret(&program, &inputs), interpret(&scan, &inputs), "seed {seed}\n{program}\n{scan}");
        let text = scan.to_string();
        assert!(!text.contains("rune.while"), "seed {seed}\n{program}");
        assert_eq!(text.contains(&format!("length={trip_count},")), trip_count > 0, "seed {seed}\n{scan}");
        scans += usize::from(trip_count > 0);
        read += usize::from(trip_count > 0 && !text.contains("rune.dynamic_slice"));
        written += usize::from(trip_count > 0 && !text.contains("rune.dynamic_update_slice"));
        backward += usize::from(text.contains("reverse=true"));
    }
    let seen = format!("{scans} scans, {read} read by rows, {written} written by rows, {backward} backward");
    assert!(scans > 400 && read > 150 && written > 150 && backward > 10, "{seen}");
}

/// In programs with nested loops, only those loops change that count.
#[test]
fn random_programs_give_the_same_results() {
    let mut loops = 0;
    for seed in 0..600 {
        let mut random = Generator::new(seed);
        let program = random.program(20);
        let scans = program.loops_to_scans();
        scans.verify().unwrap();
        let inputs = random.inputs(&program);
        let (expected, found) = (interpret(&program, &inputs), interpret(&scans, &inputs));
        // Payloads of NaN may differ, as in simplification.
        let text = |results: Result<Vec<Array>, _>| results.map(|all| format!("{all:?}")).ok();
        assert_eq!(text(expected), text(found), "seed {seed}\n{program}");
        loops += usize::from(program.to_string().contains("rune.while"));
    }
    assert!(loops > 50, "{loops}");
}

fn program(text: &str) -> Program {
    text.parse().unwrap()
}

/// Returns a program that passes a counter and an array to `cond` and `body`, as `call` says.
fn looped(cond: &str, body: &str, call: &str) -> String {
    let head = "(x0, x1, x2): # ([i32], [i32], [4, f32])";
    let text = format!(
        "def f(x0, x1): # ([i32], [4, f32]) -> [4, f32]\n def cond{head} -> [bool]\n{cond}\n def body{head} -> \
         ([i32], [4, f32])\n{body}\n{call}\n return y0"
    );
    program(&text).loops_to_scans().to_string()
}

const COUNTS: &str = " y0 = rune.lt(x1, x0)\n return y0";
const STEPS: &str = " z0 = rune.constant(value=\"1:i32\")\n y0 = rune.add(x1, z0)\n y1 = rune.sin(x2)\n return y0, y1";
const CALL: &str = " z0 = rune.constant(value=\"0:i32\")\n z1 = rune.constant(value=\"3:i32\")\n \
                    z2, y0 = rune.while(z1, z0, x1, consts=1, cond=@cond, body=@body)";

#[test]
fn what_is_not_known_beforehand_stays_a_loop() {
    assert!(looped(COUNTS, STEPS, CALL).contains("rune.scan"));
    let unknown = [
        looped(COUNTS, STEPS, &CALL.replace("(z1, z0, x1", "(x0, z0, x1")),
        looped(COUNTS, STEPS, &CALL.replace("(z1, z0, x1", "(z1, x0, x1")),
        looped(COUNTS, &STEPS.replace("add(x1, z0)", "mul(x1, z0)"), CALL),
        looped(COUNTS, &STEPS.replace("add(x1, z0)", "add(x0, z0)"), CALL),
        looped(COUNTS, &STEPS.replace("1:i32", "-1:i32"), CALL),
        looped(COUNTS, &STEPS.replace("1:i32", "0:i32"), CALL),
        looped(&COUNTS.replace("lt(x1, x0", "ge(x0, x1"), &STEPS.replace("1:i32", "-1:i32"), CALL),
    ];
    for text in unknown {
        assert!(text.contains("rune.while") && !text.contains("rune.scan"), "{text}");
    }
}

/// Each function calls the next one twice. The inlined code stays within bounds.
#[test]
fn calls_are_not_unrolled_without_bound() {
    let scalar = Type::scalar(DType::I32);
    let mut callee = Arc::new({
        let mut b = Builder::new("leaf", std::slice::from_ref(&scalar));
        let y = b.push(Op::Binary { f: BinaryFn::Mul, x: Var(0), y: Var(0) });
        b.finish(vec![y])
    });
    for _ in 0..40 {
        let mut b = Builder::new("twice", std::slice::from_ref(&scalar));
        let y = b.push(Op::Call { args: vec![Var(0)], program: callee.clone() });
        let y = b.push(Op::Call { args: vec![y], program: callee });
        callee = Arc::new(b.finish(vec![y]));
    }
    let carried = [scalar.clone(), scalar.clone()];
    let mut body = Builder::new("body", &carried);
    let y = body.push(Op::Call { args: vec![Var(1)], program: callee });
    let next = body.linear(DType::I32, Var(0), 1, 1);
    let body = Arc::new(body.finish(vec![next, y]));
    let mut cond = Builder::new("cond", &carried);
    let limit = cond.number(DType::I32, 3);
    let holds = cond.push(Op::Compare { direction: Comparison::Lt, x: Var(0), y: limit });
    let cond = Arc::new(cond.finish(vec![holds]));
    let mut whole = Builder::new("f", &[scalar]);
    let zero = whole.number(DType::I32, 0);
    let op = Op::While { args: vec![zero, Var(0)], consts: 0, cond, body };
    let results = whole.builder.push(op, Origin::default()).unwrap();
    let small = whole.finish(vec![results[1]]).loops_to_scans();
    let (_, body) = small.instructions().iter().find_map(|i| i.op.programs().first().copied()).unwrap();
    assert!(body.instructions().len() <= 1 << 17, "{}", body.instructions().len());
}
