use crate::{Backend, LowerError, LowerOptions, LoweredModule, Purpose, export, lower};
use rune_ir::op::{ArgFn, BinaryFn, Dims, DotDims, FactorFn, Literal, Op, ReduceFn, Triangular, UnaryFn};
use rune_ir::{Array, DType, Loc, Origin, Program, ProgramBuilder, Type, Var};
use std::borrow::Cow;
use std::sync::Arc;

fn program(inputs: &[Type], op: Op) -> Program {
    let mut b = ProgramBuilder::new("f", inputs.to_vec(), vec![]);
    let results = b.push(op, Origin::default()).unwrap();
    b.finish(results.to_vec()).unwrap()
}

fn lowered(program: &Program) -> LoweredModule {
    lower(program, &LowerOptions::default()).unwrap()
}

fn code(inputs: &[Type], op: Op) -> String {
    lowered(&program(inputs, op)).code().to_owned()
}

fn f32s<const N: usize>(shape: [usize; N]) -> Type {
    Type::new(DType::F32, shape)
}

#[test]
fn a_program_reads_as_slopes() {
    let text = code(&[f32s([1])], Op::Binary { f: BinaryFn::Mul, x: Var(0), y: Var(0) });
    assert_eq!(
        text,
        r#"module {
  func.func @main(%x0: tensor<1xf32>) -> tensor<1xf32> {
    %0 = "stablehlo.multiply"(%x0, %x0) : (tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>
    return %0 : tensor<1xf32>
  }
}
"#
    );
}

#[test]
fn constants_are_arguments_after_the_inputs() {
    let constant = Array::from_vec([2], vec![1.0f32, 2.0]);
    let mut b = ProgramBuilder::new("f", vec![f32s([2])], vec![constant.into()]);
    let y = b.push(Op::Binary { f: BinaryFn::Add, x: Var(0), y: Var(1) }, Origin::default()).unwrap();
    let lowered = lowered(&b.finish(y.to_vec()).unwrap());
    assert!(lowered.code().contains("@main(%x0: tensor<2xf32>, %c0: tensor<2xf32>)"), "{}", lowered.code());
    assert!(lowered.code().contains("\"stablehlo.add\"(%x0, %c0)"));
    assert_eq!(lowered.overwritten, [false, false]);
}

#[test]
fn arguments_of_regions_keep_their_names() {
    let text = code(&[f32s([3])], Op::Reduce { f: ReduceFn::Max, x: Var(0), axes: [0].into_iter().collect() });
    assert!(text.contains("^bb0(%arg1: tensor<f32>, %arg2: tensor<f32>)"), "{text}");
}

#[test]
fn locations_are_the_users_lines() {
    let loc = Loc { file: Cow::Borrowed("src/model.rs"), line: 42, column: 9 };
    let build = |scope: Option<&str>| {
        let mut b = ProgramBuilder::new("f", vec![f32s([2])], vec![]);
        let origin = Origin { loc: Some(loc.clone()), scope: scope.map(Arc::from), ..Origin::default() };
        let y = b.push(Op::Unary { f: UnaryFn::Abs, x: Var(0) }, origin).unwrap();
        lowered(&b.finish(y.to_vec()).unwrap())
    };
    let plain = build(None);
    assert!(plain.text.contains("loc(\"src/model.rs\":42:9)"), "{}", plain.text);
    assert!(!plain.code().contains("loc("));
    assert!(build(Some("layer/norm")).text.contains("loc(\"layer/norm\"(\"src/model.rs\":42:9))"));
    // The compiler fails on empty names.
    assert!(!build(Some("")).text.contains("loc(\"\""));
}

#[test]
fn equal_programs_that_are_called_are_one_function() {
    let square = || Arc::new(program(&[f32s([2])], Op::Binary { f: BinaryFn::Mul, x: Var(0), y: Var(0) }));
    let mut b = ProgramBuilder::new("g", vec![f32s([2])], vec![]);
    let mut x = Var(0);
    for _ in 0..3 {
        x = b.push(Op::Call { args: vec![x], program: square() }, Origin::default()).unwrap()[0];
    }
    let text = lowered(&b.finish(vec![x]).unwrap()).code().to_owned();
    assert_eq!(text.matches("func.func private").count(), 1, "{text}");
    assert_eq!(text.matches("call @f_0").count(), 3, "{text}");
}

#[test]
fn sorting_calls_the_host_where_it_may() {
    let p = program(&[f32s([3, 5])], Op::TopK { x: Var(0), k: 2 });
    let options = LowerOptions { purpose: Purpose::Run, ..LowerOptions::default() };
    let lowered = lower(&p, &options).unwrap();
    let [call] = lowered.host.as_slice() else { panic!("{:?}", lowered.host) };
    assert_eq!((call.name.as_str(), call.op.name()), ("f0", "top_k"));
    assert_eq!(call.outputs, [f32s([3, 2]), Type::new(DType::I32, [3, 2])]);
    assert!(
        lowered.code().contains("func.func private @host.f0(tensor<?x?xf32>) -> (tensor<?x?xf32>, tensor<?x?xi32>)")
    );
    assert!(lower(&p, &LowerOptions::default()).unwrap().host.is_empty());
    // The compiled module contains the signature, but the shown code does not.
    let json = r#"{"rune":1,"inputs":["[3, 5, f32]"],"outputs":["[3, 2, f32]","[3, 2, i32]"],"host":[{"name":"f0","#;
    assert!(lowered.signature.to_json().starts_with(json), "{}", lowered.signature.to_json());
    assert_eq!(rune_ir::ModuleSignature::from_json(&lowered.signature.to_json()).unwrap(), lowered.signature);
    assert!(
        lowered.text.contains("attributes {iree.reflection = {rune.signature = \"{\\22rune\\22:1,"),
        "{}",
        lowered.text
    );
    assert!(!lowered.code().contains("iree.reflection"));
    let other = program(&[f32s([3, 5])], Op::TopK { x: Var(0), k: 3 });
    assert!(lower(&other, &options).unwrap().identity() != lowered.identity());
}

#[test]
fn halves_accumulate_in_f32() {
    let half = Type::new(DType::F16, [4]);
    let text = code(&[half], Op::Reduce { f: ReduceFn::Sum, x: Var(0), axes: [0].into_iter().collect() });
    assert!(text.contains("(tensor<4xf32>, tensor<f32>) -> tensor<f32>"), "{text}");
}

#[test]
fn long_sums_have_two_levels() {
    let text = code(&[f32s([1_000_001])], Op::Reduce { f: ReduceFn::Sum, x: Var(0), axes: [0].into_iter().collect() });
    assert_eq!(text.matches("stablehlo.reduce\"").count(), 3, "{text}");
}

#[test]
fn sums_of_large_columns_begin_with_stretches_that_lie_apart() {
    let reduce = |shape: &[usize]| {
        let op = Op::Reduce { f: ReduceFn::Sum, x: Var(0), axes: [0].into_iter().collect() };
        code(&[Type::new(DType::F32, shape)], op)
    };
    let text = reduce(&[2050, 2048]);
    assert!(text.contains("(tensor<1x8x256x2048xf32>, tensor<f32>) -> tensor<1x256x2048xf32>"), "{text}");
    // There are reductions of the 256 remaining rows, and of the two extra ones.
    assert_eq!(text.matches("stablehlo.reduce\"").count(), 4, "{text}");
    assert_eq!(reduce(&[512, 256]).matches("stablehlo.reduce\"").count(), 1);
}

#[test]
fn nothing_is_computed_over_no_elements() {
    let text = code(&[f32s([0, 3])], Op::Unary { f: UnaryFn::Exp, x: Var(0) });
    assert!(!text.contains("exponential"), "{text}");
    let text = code(&[f32s([0, 3])], Op::Reduce { f: ReduceFn::Max, x: Var(0), axes: [0].into_iter().collect() });
    assert!(text.contains("dense<0xFF800000> : tensor<3xf32>"), "{text}");
}

#[test]
fn functions_that_the_linker_lacks_are_expanded_on_the_processor_only() {
    let op = || Op::Unary { f: UnaryFn::Tanh, x: Var(0) };
    let p = program(&[Type::new(DType::F64, [2])], op());
    let cuda = LowerOptions { backend: Backend::Cuda, ..LowerOptions::default() };
    assert!(!lowered(&p).code().contains("stablehlo.tanh"));
    assert!(lower(&p, &cuda).unwrap().code().contains("stablehlo.tanh"));
}

#[test]
fn unsigned_factors_are_behind_barriers_on_gpus_only_with_defences() {
    let mut b = ProgramBuilder::new("f", vec![Type::new(DType::U8, [2, 2])], vec![]);
    let x = b.push(Op::Convert { x: Var(0), dtype: DType::F32 }, Origin::default()).unwrap()[0];
    let dims = Box::new(DotDims {
        lhs_contract: Dims::from_elem(1, 1),
        rhs_contract: Dims::from_elem(0, 1),
        ..DotDims::default()
    });
    let y = b.push(Op::DotGeneral { lhs: x, rhs: x, dims, out: DType::F32 }, Origin::default()).unwrap();
    let p = b.finish(y.to_vec()).unwrap();
    let barriers = |backend, defences| {
        let lowered = lower(&p, &LowerOptions { backend, defences, ..LowerOptions::default() }).unwrap();
        lowered.code().matches("compute_barrier").count()
    };
    assert_eq!(barriers(Backend::Cuda, true), 2);
    assert_eq!(barriers(Backend::Cuda, false), 0);
    assert_eq!(barriers(Backend::LlvmCpu, true), 0);
}

#[test]
fn barriers_take_copies_of_carried_values() {
    let origin = Origin::default;
    let mut doubled = ProgramBuilder::new("doubled", vec![f32s([4])], vec![]);
    let x = doubled.push(Op::OptimizationBarrier { xs: vec![Var(0)] }, origin()).unwrap()[0];
    let y = doubled.push(Op::Binary { f: BinaryFn::Add, x, y: x }, origin()).unwrap()[0];
    let doubled = Arc::new(doubled.finish(vec![y]).unwrap());
    let mut calling = ProgramBuilder::new("calling", vec![f32s([4])], vec![]);
    let y = calling.push(Op::Call { args: vec![Var(0)], program: Arc::clone(&doubled) }, origin()).unwrap()[0];
    let calling = Arc::new(calling.finish(vec![y]).unwrap());
    let loop_of = |body: &Arc<Program>, unroll, defences| {
        let (args, body) = (vec![Var(0)], Arc::clone(body));
        let scan = Op::Scan { args, consts: 0, carry: 1, length: 100, reverse: false, unroll, body };
        let options = LowerOptions { defences, ..LowerOptions::default() };
        lower(&program(&[f32s([4])], scan), &options).unwrap().code().to_owned()
    };
    for body in [&doubled, &calling] {
        let text = loop_of(body, 1, true);
        // The copy is a select between the value and the value behind a barrier. The last barrier takes the copy.
        assert!(text.contains("\"stablehlo.optimization_barrier\"(%arg2)"), "{text}");
        let copy = text.lines().find(|l| l.contains("stablehlo.select")).unwrap();
        assert!(copy.contains(", %arg2, "), "{text}");
        let name = copy.trim().split(' ').next().unwrap();
        assert!(text.contains(&format!("\"stablehlo.optimization_barrier\"({name})")), "{text}");
        assert!(!text.contains("call @"), "{text}");
        // The second step of an iteration takes what the first has computed.
        assert_eq!(loop_of(body, 2, true).matches("stablehlo.select").count(), 1);
        assert_eq!(loop_of(body, 1, false).matches("stablehlo.select").count(), 0);
    }
    // Outside of loops, there are no copies.
    let text = lowered(&calling).code().to_owned();
    assert!(text.contains("call @") && !text.contains("stablehlo.select"), "{text}");
}

#[test]
fn arguments_that_an_update_may_reach_are_reported() {
    let mut b = ProgramBuilder::new("f", vec![f32s([2, 3]), f32s([6]), f32s([2])], vec![]);
    let origin = Origin::default;
    let zero = b.push(Op::Constant { value: Literal::new(0i32) }, origin()).unwrap()[0];
    let flat = b.push(Op::Reshape { x: Var(0), shape: [6].into() }, origin()).unwrap()[0];
    let sum = b.push(Op::Binary { f: BinaryFn::Mul, x: Var(1), y: Var(1) }, origin()).unwrap()[0];
    let moved = b.push(Op::StopGradient { x: flat }, origin()).unwrap()[0];
    let update = |x| Op::DynamicUpdateSlice { x, update: Var(2), start_indices: vec![zero] };
    let y = b.push(update(moved), origin()).unwrap()[0];
    let z = b.push(update(sum), origin()).unwrap()[0];
    let lowered = lowered(&b.finish(vec![y, z]).unwrap());
    assert!(lowered.overwritten[0] && !lowered.overwritten[2], "{:?}", lowered.overwritten);
}

#[test]
fn the_name_of_the_function_is_checked() {
    let p = program(&[f32s([2])], Op::ArgReduce { f: ArgFn::Max, x: Var(0), axis: 0, index: DType::I32 });
    let options = LowerOptions { entry: "a b".to_owned(), ..LowerOptions::default() };
    assert_eq!(lower(&p, &options).unwrap_err(), LowerError::Name("a b".to_owned()));
}

#[test]
fn metal_has_no_f64() {
    let loc = Loc { file: Cow::Borrowed("src/model.rs"), line: 42, column: 9 };
    let mut b = ProgramBuilder::new("f", vec![Type::new(DType::F64, [2])], vec![]);
    let origin = Origin { loc: Some(loc), ..Origin::default() };
    let y = b.push(Op::Unary { f: UnaryFn::Exp, x: Var(0) }, origin).unwrap();
    let options = LowerOptions { backend: Backend::Metal, ..LowerOptions::default() };
    let error = lower(&b.finish(y.to_vec()).unwrap(), &options).unwrap_err();
    assert_eq!(
        error.to_string(),
        "src/model.rs:42:9: `exp` cannot be compiled for metal: the device has no f64; convert to f32 first"
    );
}

/// A conversion of bits to elements of another size adds or removes an axis, which a later reshape or transposition
/// reads.
#[test]
fn bits_of_a_sum_may_have_another_rank() {
    let mut b = ProgramBuilder::new("f", vec![f32s([3, 4])], vec![]);
    let sum = Op::Reduce { f: ReduceFn::Sum, x: Var(0), axes: Dims::from_slice(&[1]) };
    let mut push = |op| b.push(op, Origin::default()).unwrap()[0];
    let sum = push(sum);
    let bytes = push(Op::BitcastConvert { x: sum, dtype: DType::U8 });
    let flat = push(Op::Reshape { x: bytes, shape: [3, 1, 4].into() });
    let turned = push(Op::Transpose { x: flat, permutation: Dims::from_slice(&[2, 1, 0]) });
    let back = push(Op::Transpose { x: bytes, permutation: Dims::from_slice(&[1, 0]) });
    let program = b.finish(vec![turned, back]).unwrap();
    assert_eq!(lowered(&program).code().matches("stablehlo.bitcast_convert").count(), 1);
}

/// IREE has no linear algebra. Only exported modules hold StableHLO's operations for it.
#[test]
fn linear_algebra_is_called_rejected_or_exported_by_purpose() {
    let matrix = f32s([3, 3]);
    let cholesky = program(std::slice::from_ref(&matrix), Op::Factor { f: FactorFn::Cholesky, x: Var(0) });
    let how = Triangular { left_side: true, lower: true, transpose_a: false, unit_diagonal: false };
    let solve = program(&[matrix.clone(), matrix], Op::TriangularSolve { a: Var(0), b: Var(1), how });
    for (program, op) in [(cholesky, "stablehlo.cholesky"), (solve, "stablehlo.triangular_solve")] {
        for backend in [Backend::LlvmCpu, Backend::Cuda] {
            let with = |purpose| lower(&program, &LowerOptions { backend, purpose, ..LowerOptions::default() });
            let error = with(Purpose::Device).unwrap_err();
            assert!(matches!(&error, LowerError::Unsupported { .. }), "{op}: {error}");
            let run = with(Purpose::Run);
            assert!(run.is_ok_and(|run| run.host.len() == 1 && !run.code().contains(op)), "{op}");
            let exported = with(Purpose::Export).unwrap();
            assert!(exported.code().contains(op) && exported.host.is_empty(), "{op}");
        }
        assert!(export(&program).unwrap().contains(op));
        assert!(lower(&program, &LowerOptions::default()).is_err(), "the default options are for IREE");
    }
}

/// Numbers of every dtype, in every form that MLIR writes: six digits, more digits, bits, lists and bytes.
#[cfg(feature = "melior")]
#[test]
fn both_writers_write_the_same_text() {
    use crate::tree::{Attribute, Context, Function, Location, Operation, Region, TensorType};
    let floats =
        [0.0, -0.0, 1.0, 0.1, 1e10, 1e-10, 3.0e38, 1e-45, 123_456.0, 1_234_567.0, 0.000_123_456_7, 1e6, 65_504.0];
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN_POSITIVE, 5e-324, 1.0 / 3.0, 2.0 / 3.0];
    let mut attributes = vec![
        Attribute::Bool(true),
        Attribute::Int(-3),
        Attribute::Ints(vec![]),
        Attribute::Ints(vec![1, -2]),
        Attribute::Bools(vec![]),
        Attribute::Bools(vec![true, false]),
        Attribute::Pairs(vec![]),
        Attribute::Pairs(vec![(0, 0), (0, 0)]),
        Attribute::Pairs(vec![(1, 2), (3, -4)]),
        Attribute::Symbol("f_0".to_owned()),
        Attribute::Strings(vec![("a.b".to_owned(), "\"{}\\ \n é".to_owned())]),
        Attribute::StableHlo("#stablehlo<comparison_direction GT>".to_owned()),
        Attribute::StableHlo("#stablehlo.conv<[b, f, 0]x[o, i, 0]->[b, f, 0]>".to_owned()),
    ];
    for dtype in DType::ALL {
        let mut draw = 0x9E37_79B9_7F4A_7C15_u64;
        let drawn = std::iter::repeat_with(|| {
            draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            f64::from_bits(draw)
        });
        let near = (0..200).map(|i| f64::from(i) * 0.37 - 12.0);
        for x in floats.into_iter().chain(odd).chain(near).chain(drawn.take(300)) {
            attributes.push(Attribute::Splat(Literal::from_f64(dtype, x), Type::new(dtype, [3])));
        }
        attributes.push(Attribute::Splat(Literal::from_f64(dtype, 1.0), Type::new(dtype, [0, 2])));
        let listed = |n: usize| -> Vec<f64> { (0..n).map(|i| (i % 7) as f64 * 0.3).collect() };
        for shape in [vec![], vec![1], vec![0], vec![4], vec![2, 3], vec![2, 1, 2], vec![101]] {
            let n = shape.iter().product();
            // MLIR versions differ in how they store many booleans, so exports hold them as bytes.
            if dtype == DType::Bool && n > 100 {
                continue;
            }
            let elements: Vec<u8> = listed(n)
                .iter()
                .flat_map(|&x| Literal::from_f64(dtype, x).bits().to_le_bytes()[..dtype.size()].to_vec())
                .collect();
            attributes.push(Attribute::Dense(Array::from_bytes(Type::new(dtype, shape.as_slice()), &elements)));
        }
    }
    let context = Context::default();
    let ty = context.tensor_type(&f32s([2]));
    let at = Location::Line { file: "a \"b\" é.rs".to_owned(), line: 3, column: 4 };
    let argument = context.value().id;
    let mut operations = Vec::new();
    for (i, attribute) in attributes.into_iter().enumerate() {
        let inner = context.value().id;
        let cast = context.value().id;
        let regions = match i % 3 {
            0 => vec![],
            _ => vec![Region {
                arguments: if i % 3 == 1 { vec![] } else { vec![(inner, ty.clone())] },
                operations: vec![Operation {
                    name: "tensor.cast".to_owned(),
                    operands: vec![argument],
                    attributes: vec![],
                    regions: vec![],
                    results: vec![(cast, TensorType { dynamic: true, ..ty.clone() })],
                    location: at.clone(),
                }],
                location: at.clone(),
            }],
        };
        operations.push(Operation {
            name: "stablehlo.test".to_owned(),
            operands: vec![argument],
            attributes: vec![("value".to_owned(), attribute)],
            regions,
            results: (0..i % 3).map(|_| (context.value().id, ty.clone())).collect(),
            location: Location::Name("layer/\"norm\"".to_owned(), Box::new(at.clone())),
        });
    }
    let call = context.value().id;
    operations.push(Operation {
        name: "func.call".to_owned(),
        operands: vec![argument],
        attributes: vec![("callee".to_owned(), Attribute::Symbol("main".to_owned()))],
        regions: vec![],
        results: vec![(call, ty.clone())],
        location: Location::Unknown,
    });
    operations.push(Operation {
        name: "func.return".to_owned(),
        operands: vec![call],
        attributes: vec![],
        regions: vec![],
        results: vec![],
        location: Location::Name("end".to_owned(), Box::new(Location::Unknown)),
    });
    let function = Function {
        name: "main".to_owned(),
        public: true,
        inputs: vec![ty.clone()],
        outputs: vec![ty.clone()],
        body: Some(Region { arguments: vec![(argument, ty)], operations, location: Location::Unknown }),
        reflection: Some(Attribute::Strings(vec![("rune.signature".to_owned(), "{\"a\":1}".to_owned())])),
        named: (1, 0),
    };
    let (plain, located) = crate::mlir::texts(std::slice::from_ref(&function), true).unwrap();
    for (mlir, own) in [
        (&plain[0], crate::text::function(&function, false, false)),
        (&located[0], crate::text::function(&function, true, true)),
    ] {
        for (mlir, own) in mlir.lines().zip(own.lines()) {
            assert_eq!(own, mlir);
        }
        assert_eq!(own.lines().count(), mlir.lines().count());
    }
}
