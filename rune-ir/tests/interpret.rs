//! Tests of whole programs, and of operations on any operands that the type rules accept.

use rune_ir::interpret::{InterpretError, eval_op, interpret, interpret_owned};
use rune_ir::op::{BinaryFn, ConvDims, Dims, Padding, UnaryFn, Window, WindowFn};
use rune_ir::types::{self, TypeError};
use rune_ir::{Array, DType, DeviceBuffer, Op, Origin, Program, ProgramBuilder, Type, Value, Var};
use rune_testing::Generator;
use std::sync::Arc;

fn add(x: Var, y: Var) -> Op {
    Op::Binary { f: BinaryFn::Add, x, y }
}

fn program(inputs: usize, constants: Vec<Value>, ops: Vec<Op>, outputs: Vec<Var>) -> Program {
    let mut b = ProgramBuilder::new("f", vec![Type::new(DType::F32, [2]); inputs], constants);
    for op in ops {
        b.push(op, Origin::default()).unwrap();
    }
    b.finish(outputs).unwrap()
}

fn pair(a: f32, b: f32) -> Array {
    Array::from_slice([2], &[a, b])
}

#[test]
fn a_variable_may_be_used_twice_and_be_several_outputs() {
    let doubled = Var(1);
    let f = program(1, vec![], vec![add(Var(0), Var(0)), add(doubled, Var(0))], vec![doubled, Var(2), doubled, Var(0)]);
    let x = pair(1.0, 2.0);
    let out = interpret(&f, std::slice::from_ref(&x)).unwrap();
    assert_eq!(out, [pair(2.0, 4.0), pair(3.0, 6.0), pair(2.0, 4.0), pair(1.0, 2.0)]);
    assert_eq!(interpret_owned(&f, vec![x]).unwrap(), out);
}

#[test]
fn inputs_that_others_hold_are_not_overwritten() {
    let f = program(1, vec![], vec![Op::Unary { f: UnaryFn::Neg, x: Var(0) }], vec![Var(1)]);
    let x = pair(1.0, 2.0);
    let before = x.bytes().as_ptr();
    interpret(&f, std::slice::from_ref(&x)).unwrap();
    assert_eq!(x, pair(1.0, 2.0));
    let out = interpret_owned(&f, vec![x]).unwrap();
    assert_eq!((out[0].bytes().as_ptr(), &out[0]), (before, &pair(-1.0, -2.0)));
}

#[test]
fn a_program_calls_another() {
    let twice = Arc::new(program(1, vec![], vec![add(Var(0), Var(0))], vec![Var(1)]));
    let call = |x| Op::Call { args: vec![x], program: twice.clone() };
    let constants = vec![Value::from(pair(10.0, 20.0))];
    let f = program(1, constants, vec![call(Var(0)), call(Var(2)), add(Var(3), Var(1))], vec![Var(4)]);
    assert_eq!(interpret(&f, &[pair(1.0, 2.0)]).unwrap(), [pair(14.0, 28.0)]);
}

#[test]
fn wrong_inputs_are_named() {
    let f = program(2, vec![], vec![], vec![]);
    let message = |inputs: &[Array]| interpret(&f, inputs).unwrap_err().to_string();
    assert_eq!(message(&[pair(1.0, 2.0)]), "program `f` takes 2 inputs, but got 1");
    assert_eq!(
        message(&[pair(1.0, 2.0), Array::scalar(1i32)]),
        "input 1 of program `f` has type [2, f32], but got an array of type [i32]"
    );
}

struct Lost(Type);
impl DeviceBuffer for Lost {
    fn ty(&self) -> &Type {
        &self.0
    }
    fn device(&self) -> &str {
        "lost"
    }
    fn is_ready(&self) -> bool {
        true
    }
    fn wait(&self) -> Result<(), String> {
        Err("the device is gone".to_owned())
    }
    fn to_host(&self) -> Result<Array, String> {
        Err("the device is gone".to_owned())
    }
}

#[test]
fn constants_that_are_not_used_are_not_read() {
    let lost = || Value::Device(Arc::new(Lost(Type::new(DType::F32, [2]))));
    assert!(interpret(&program(0, vec![lost()], vec![], vec![]), &[]).unwrap().is_empty());
    let error = interpret(&program(0, vec![lost()], vec![], vec![Var(0)]), &[]).unwrap_err();
    assert_eq!(error.to_string(), "constant 0 of program `f` cannot be read from its device: the device is gone");
}

#[test]
fn operands_of_wrong_types_are_refused() {
    let (x, y) = (Array::scalar(1.0f32), Array::scalar(1i32));
    assert!(matches!(eval_op(&Op::Binary { f: BinaryFn::Add, x: &x, y: &y }), Err(InterpretError::Type(_))));
    assert_eq!(eval_op(&Op::OptimizationBarrier { xs: vec![] }), Ok(vec![]));
}

/// No random program panics, or returns results of other types than the type rules infer. The results do not depend on
/// whether buffers are reused.
#[test]
fn random_programs_run() {
    for seed in 0..400 {
        let mut random = Generator::new(seed);
        let program = random.program(40);
        let inputs = random.inputs(&program);
        let results = interpret(&program, &inputs).unwrap();
        let types: Vec<Type> = results.iter().map(|x| x.ty().clone()).collect();
        assert_eq!(types, program.output_types(), "seed {seed}");
        // Every variable is an output, so nothing is overwritten.
        let mut kept = ProgramBuilder::new("kept", program.input_types().to_vec(), program.constants().to_vec());
        for instruction in program.instructions() {
            kept.push(instruction.op.clone(), Origin::default()).unwrap();
        }
        let kept = kept.finish((0..program.num_vars() as u32).map(Var).collect()).unwrap();
        let all = interpret(&kept, &inputs).unwrap();
        let expected: Vec<Array> = program.outputs().iter().map(|v| all[v.index()].clone()).collect();
        assert_eq!(results, expected, "seed {seed}");
        assert_eq!(interpret_owned(&program, inputs).unwrap(), expected, "seed {seed}");
    }
}

/// Only the type rules bound attributes.
#[test]
fn extreme_attributes_run() {
    const SMALL: usize = 1 << 12;
    let mut random = Generator::new(1);
    let mut accepted = 0;
    for _ in 0..100_000 {
        let far = [i64::MIN, i64::MIN + 1, -(1 << 40), -2, -1, 0, 0, 1, 2, 3, 1 << 40, i64::MAX - 1, i64::MAX];
        let many = [1, 1, 1, 2, 3, 5, 1 << 40, usize::MAX >> 1, usize::MAX];
        let x = Array::from_fn([random.below(5), random.below(3)], |i| i as f32);
        let y = Array::scalar(0.5f32);
        let kernel = Array::from_fn([1, 1 + random.below(3), 1], |i| i as f32);
        let image = Array::from_fn([1, random.below(6), 1], |i| i as f32);
        let mut two = || Dims::from_iter([random.pick(&many), random.pick(&many)]);
        let (a, b, c, d) = (two(), two(), two(), two());
        let (p, q) = ([random.pick(&far), random.pick(&far)], [random.pick(&far), random.pick(&far)]);
        let pad = |i: usize| Padding { low: p[i], high: q[i], interior: a[i] - 1 };
        let padding: Vec<(i64, i64)> = p.into_iter().zip(q).collect();
        let window = Window {
            dimensions: a.clone(),
            strides: b.clone(),
            padding: padding.clone(),
            base_dilation: c.clone(),
            window_dilation: d.clone(),
        };
        let one = |dims: &Dims| Dims::from_elem(dims[0], 1);
        let conv = ConvDims {
            lhs: Dims::from_slice(&[0, 2, 1]),
            rhs: Dims::from_slice(&[0, 2, 1]),
            out: Dims::from_slice(&[0, 2, 1]),
            strides: one(&b),
            padding: padding[..1].to_vec(),
            lhs_dilation: one(&c),
            rhs_dilation: one(&d),
            feature_groups: 1,
            batch_groups: 1,
        };
        for op in [
            Op::Pad { x: &x, padding: &y, config: vec![pad(0), pad(1)] },
            Op::ReduceWindow { f: WindowFn::Max, x: &x, window: Box::new(window) },
            Op::Conv { lhs: &image, rhs: &kernel, dims: Box::new(conv) },
            Op::Slice {
                x: &x,
                start: Dims::from_slice(&[0, 0]),
                limit: x.shape().iter().copied().collect(),
                strides: a,
            },
        ] {
            let typed = op.try_map(|x| Ok::<&Type, TypeError>(x.ty())).unwrap();
            if let Ok(types) = types::infer(&typed)
                && types.iter().all(|ty| ty.size() <= SMALL)
            {
                let results = eval_op(&op).unwrap();
                assert_eq!(results[0].ty(), &types[0]);
                accepted += 1;
            }
        }
    }
    assert!(accepted > 1000, "{accepted}");
}
