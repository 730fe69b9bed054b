//! Tests of the text form and of hashes.

use proptest::prelude::*;
use rune_ir::op::{BinaryFn, FactorFn, Literal, NamedAxis, UnaryFn};
use rune_ir::program::{LoadError, SaveError};
use rune_ir::{
    Array, BuildError, DType, Loc, MAX_DEPTH, Op, Origin, Program, ProgramBuilder, Transform, Transforms, Type, Value,
    Var,
};
use rune_testing::Generator;
use std::sync::Arc;

fn push(b: &mut ProgramBuilder, op: Op) -> Var {
    b.push(op, Origin::default()).unwrap()[0]
}

const NESTED: &str = r#"def f(x0, x1): # ([2, f32], [i32]) -> ([2, f32], [2, f32], [i32])
    c0 = constant([0.5, -inf]) # [2, f32]
    c1 = constant # [17, u8]
    z0 = rune.constant(value="2.0:f32") # () -> [f32]
    z1 = rune.broadcast_in_dim(z0, dims=[], shape=[2]) # [f32] -> [2, f32]
    def "odd name"(x0): # [2, f32] -> [2, f32]
        def g(x0): # [2, f32] -> [2, f32]
            y0 = rune.sin(x0) # [2, f32] -> [2, f32]
            return y0
        y0 = rune.call(x0, program=@g) # [2, f32] -> [2, f32]
        return y0
    y1 = rune.call(z1, program=@"odd name") # [2, f32] -> [2, f32]
    y0 = rune.call(x0, program=@"odd name") # [2, f32] -> [2, f32]
    def f@1(): # () -> ()
        return
    () = rune.call(program=@f@1) # () -> ()
    return y0, y1, x1
"#;

#[test]
fn text_is_read_and_written_alike() {
    let large = Value::from(Array::from_fn([17], |i| i as u8));
    let small = Value::from(Array::from_vec([2], vec![0.5f32, f32::NEG_INFINITY]));
    // Attributes are written in the order of the table, and read in any order.
    let text = NESTED.replace("dims=[], shape=[2]", "shape=[2], dims=[]");
    let program = Program::parse_with(NESTED, &[small.clone(), large.clone()]).unwrap();
    assert_eq!(program.to_string(), text);
    let hashed = format!("{program:#}");
    assert!(hashed.contains("c1 = constant(hash=\""), "{hashed}");
    assert_eq!(Program::parse_with(&hashed, &[small.clone(), large]).unwrap(), program);
    let other = Value::from(Array::from_fn([17], |_| 0u8));
    assert!(Program::parse_with(&hashed, &[small, other]).unwrap_err().to_string().contains("other elements"));
    assert_eq!(
        Program::parse(NESTED).unwrap_err().to_string(),
        "line 3, column 29: constant 1, of type [17, u8], is not written here, and is not given; give it to \
         `Program::parse_with`"
    );
}

#[test]
fn origins_are_kept_in_the_alternate_form() {
    let mut b = ProgramBuilder::new("f", vec![Type::scalar(DType::F32)], vec![]);
    let loc = |file: &str| Some(Loc { file: file.to_owned().into(), line: 3, column: 5 });
    let transforms = Transforms::NONE.then(Transform::Jvp).then(Transform::Transpose).then(Transform::Vmap);
    let origins = [
        Origin { loc: loc("src/model.rs"), ..Origin::default() },
        Origin { loc: loc("C:\\a b\n\".rs"), scope: Some("mlp/layer 0".into()), transforms },
        Origin { scope: Some("s".into()), ..Origin::default() },
        Origin { transforms, ..Origin::default() },
        Origin::default(),
    ];
    for origin in &origins {
        b.push(Op::Unary { f: UnaryFn::Sin, x: Var(0) }, origin.clone()).unwrap();
    }
    let program = b.finish(vec![]).unwrap();
    let text = format!("{program:#}");
    assert!(text.contains(" # [f32] -> [f32] @ src/model.rs:3:5\n"), "{text}");
    let read = Program::parse(&text).unwrap();
    for (a, b) in read.instructions().iter().zip(&origins) {
        assert_eq!((&a.origin.loc, &a.origin.scope), (&b.loc, &b.scope), "{text}");
        assert_eq!(a.origin.transforms, b.transforms, "{text}");
    }
    assert!(text.contains(" in \"mlp/layer 0\" by vmap(transpose(jvp))\n"), "{text}");
    assert_eq!(origins[1].name_stack().unwrap(), "vmap(transpose(jvp(mlp/layer 0)))");
    let unknown = text.replace("by vmap(", "by pmap(");
    assert!(Program::parse(&unknown).unwrap_err().to_string().contains("expected jvp, transpose or vmap"));
    let inline: Program = serde_json::from_str(&serde_json::to_string(&program).unwrap()).unwrap();
    assert_eq!(format!("{inline:#}"), text);
}

#[test]
fn errors_name_line_and_column() {
    let message = |text: &str| Program::parse(text).unwrap_err().to_string();
    let f = "def f(x0): # [2, f32] -> [2, f32]\n";
    assert_eq!(message(""), "line 1, column 1: expected a program, `def f(x0): # …`, and found the end of the line");
    assert_eq!(message(f), "line 2, column 1: expected `return …`, and found the end of the line");
    assert_eq!(
        message(&format!("{f}    y0 = rune.add(x0, x1)\n    return y0\n")),
        "line 2, column 23: `x1` is not assigned before"
    );
    assert_eq!(
        message(&format!("{f}    y0 = rune.added(x0, x0)\n    return y0\n")),
        "line 2, column 15: there is no operation `added`"
    );
    assert_eq!(
        message(&format!("{f}    y0 = rune.sin(x0) # [2, f32] -> [3, f32]\n    return y0\n")),
        "line 2, column 25: the types are [2, f32], but the text states [3, f32]"
    );
    assert!(message(&format!("{f}    x0 = rune.sin(x0)\n    return x0\n")).contains("assigned already"));
    assert!(message(&format!("{f}    y0 = rune.reduce_sum(x0, axes=[0)\n    return y0\n")).contains("not JSON"));
    assert!(message(&format!("{f}    return\n")).contains("but the text states"));
    assert!(message(&format!("{f}    return x0\n  junk")).contains("nothing after the program"));
    let deep: String = (0..100).map(|i| format!("def f{i}(): # () -> ()\n")).collect();
    assert!(message(&deep).contains("deeper than 64"));
    // Comments and blank lines are ignored, and types may be omitted.
    let free = format!("# test\n\n{f}  y0 = rune.sin(x0) # as below\n return y0 # so\n");
    assert_eq!(Program::parse(&free).unwrap().instructions().len(), 1);
}

#[test]
fn hash_is_of_the_structure() {
    let program = |f, constant: f32, name: &str| {
        let c = Array::from_vec([1], vec![constant]).into();
        let mut b = ProgramBuilder::new(name, vec![Type::new(DType::F32, [1])], vec![c]);
        let y = push(&mut b, Op::Binary { f, x: Var(0), y: Var(1) });
        b.finish(vec![y]).unwrap()
    };
    let (a, b) = (program(BinaryFn::Add, 1.0, "a"), program(BinaryFn::Add, 2.0, "b"));
    assert_eq!(a.structural_hash(), b.structural_hash());
    assert_ne!(a, b);
    assert_eq!(a, program(BinaryFn::Add, 1.0, "c"));
    assert_ne!(a.structural_hash(), program(BinaryFn::Mul, 1.0, "a").structural_hash());
    // The hash is the same in every process.
    assert_eq!(a.structural_hash().to_string().len(), 32);
    assert_eq!(a.structural_hash(), Program::parse(&a.to_string()).unwrap().structural_hash());
}

#[test]
fn sub_programs_lie_so_deep_and_no_deeper() {
    let mut program = ProgramBuilder::new("f", vec![], vec![]).finish(vec![]).unwrap();
    for _ in 1..MAX_DEPTH {
        let mut b = ProgramBuilder::new("f", vec![], vec![]);
        let inner = Arc::new(program);
        // The program is used twice. A shared program is written once; otherwise the text would have exponential size.
        for _ in 0..2 {
            b.push(Op::Call { args: vec![], program: inner.clone() }, Origin::default()).unwrap();
        }
        program = b.finish(vec![]).unwrap();
    }
    assert_eq!(Program::parse(&program.to_string()).unwrap(), program);
    let mut b = ProgramBuilder::new("f", vec![], vec![]);
    let error = b.push(Op::Call { args: vec![], program: Arc::new(program) }, Origin::default()).unwrap_err();
    assert_eq!(error, BuildError::TooDeep("f".to_owned()));
}

#[test]
fn long_programs_take_linear_time() {
    let mut b = ProgramBuilder::new("long", vec![Type::scalar(DType::F32)], vec![]);
    let mut x = Var(0);
    for _ in 0..100_000 {
        x = push(&mut b, Op::Unary { f: UnaryFn::Sin, x });
    }
    let program = b.finish(vec![x]).unwrap();
    assert_eq!(Program::parse(&program.to_string()).unwrap(), program);
}

#[test]
fn literals_keep_every_bit() {
    for bits in [0x7fc0_0000u32, 0xffc0_0000, 0x7f80_0001, 0x8000_0000, 1, 0x7f80_0000] {
        let literal = Literal::new(f32::from_bits(bits));
        assert_eq!(literal.to_string().parse::<Literal>().unwrap(), literal);
    }
    assert_eq!(Literal::new(2.0f32).to_string(), "2.0:f32");
    assert!("NaN(0x1ffffffff):f32".parse::<Literal>().is_err());
    assert!("NaN(0x0):f32".parse::<Literal>().is_err());
}

/// Returns a generator of programs, some of which work on named axes.
fn some_over_axes(seed: u64) -> Generator {
    let mut random = Generator::new(seed);
    if seed.is_multiple_of(4) {
        random.axes = vec![NamedAxis { name: "i".into(), size: 3 }, NamedAxis { name: "a \"b\"".into(), size: 2 }];
    }
    random
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn random_programs_are_read_as_they_are_written(seed in any::<u64>(), size in 0usize..60) {
        let program = some_over_axes(seed).program(size);
        let text = program.to_string();
        let read = Program::parse_with(&text, program.constants()).map_err(|e| format!("{e}\n{text}")).unwrap();
        prop_assert_eq!(read.to_string(), text);
        prop_assert_eq!(read, program);
    }

    #[test]
    fn no_text_makes_the_parser_panic(seed in any::<u64>(), cuts in prop::collection::vec((any::<u16>(), any::<char>()), 1..6)) {
        let mut text: Vec<char> = Generator::new(seed).program(12).to_string().chars().collect();
        for (at, c) in cuts {
            let at = at as usize % text.len();
            if at.is_multiple_of(3) { text.remove(at); } else { text[at] = c; }
        }
        let _ = Program::parse(&text.into_iter().collect::<String>());
    }
}

#[test]
fn the_generator_draws_every_operation() {
    let mut seen = std::collections::BTreeSet::new();
    let mut count = 0;
    for seed in 0..400 {
        let mut generator = some_over_axes(seed);
        if seed % 2 == 1 {
            generator.dtypes.extend([DType::C64; 8]);
            generator.linear_solves = true;
        }
        for instruction in generator.program(60).instructions() {
            count += 1;
            seen.insert(instruction.op.name());
        }
    }
    // `custom_vjp` and callbacks have no forward mode, which other tests try on all random programs. Solutions and
    // factors of random matrices differ in all digits if the matrices differ in the last one.
    let mut left_out = vec!["conv", "custom_vjp", "custom_linear", "debug_print", "triangular_solve", "lu_solve"];
    left_out.extend(["pure_callback", "io_callback"]);
    left_out.extend(FactorFn::ALL.iter().map(|f| f.name()));
    let missing: Vec<_> =
        Op::<Var>::names().into_iter().filter(|n| !seen.contains(n) && !left_out.contains(n)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(count > 400 * 30, "{count}");
}

/// Numbers of every magnitude survive JSON bit for bit.
#[test]
fn floats_keep_their_bits_in_json() {
    let mut random = Generator::new(5);
    let doubles: Vec<f64> = (0..5000).map(|_| f64::from_bits(random.next_u64())).filter(|x| x.is_finite()).collect();
    let singles: Vec<f32> =
        (0..5000).map(|_| f32::from_bits(random.next_u64() as u32)).filter(|x| x.is_finite()).collect();
    let constants =
        vec![Array::from_slice([doubles.len()], &doubles).into(), Array::from_slice([singles.len()], &singles).into()];
    let program = ProgramBuilder::new("f", Vec::new(), constants).finish(vec![Var(0), Var(1)]).unwrap();
    let read: Program = serde_json::from_str(&serde_json::to_string(&program).unwrap()).unwrap();
    let constant = |i: usize| read.constants()[i].to_host().unwrap();
    assert!(constant(0).as_slice::<f64>().iter().zip(&doubles).all(|(x, y)| x.to_bits() == y.to_bits()));
    assert!(constant(1).as_slice::<f32>().iter().zip(&singles).all(|(x, y)| x.to_bits() == y.to_bits()));
}

#[test]
fn files_hold_small_constants_inline_and_large_ones_beside() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f.json");
    let odd = [f32::NAN, f32::from_bits(0xffc0_0001), f32::NEG_INFINITY, -0.0, 1e-45];
    let small = Value::from(Array::from_slice([5], &odd));
    let large = Value::from(Array::from_fn([3, 17], |i| i % 2 == 0));
    let mut b = ProgramBuilder::new("f", vec![Type::scalar(DType::F32)], vec![small, large]);
    let loc = Loc { file: "a.rs".into(), line: 1, column: 2 };
    b.push(
        Op::Unary { f: UnaryFn::Sin, x: Var(0) },
        Origin { loc: Some(loc.clone()), scope: Some("s".into()), ..Origin::default() },
    )
    .unwrap();
    let program = b.finish(vec![Var(1), Var(2)]).unwrap();
    program.save(&path).unwrap();
    let loaded = Program::load(&path).unwrap();
    assert_eq!(loaded, program);
    assert_eq!(loaded.instructions()[0].origin.loc, Some(loc));
    assert_eq!(loaded.instructions()[0].origin.scope.as_deref(), Some("s"));
    let inline: Program = serde_json::from_str(&serde_json::to_string(&program).unwrap()).unwrap();
    assert_eq!(inline, program);

    let beside = dir.path().join("f.safetensors");
    rune_ir::storage::write(&beside, [("c1", &Array::from_fn([3, 17], |i| i % 3 == 0))]).unwrap();
    assert!(Program::load(&path).unwrap_err().to_string().contains("other elements"));
    std::fs::write(&beside, b"junk").unwrap();
    assert!(matches!(Program::load(&path), Err(LoadError::Storage(_))));
    assert!(matches!(program.save(&beside), Err(SaveError::Extension(_))));
}

#[test]
fn documents_are_checked() {
    let program = Program::parse(
        "def f(x0): # [2, f32] -> [2, f32]\n  def g(x0): # [2, f32] -> [2, f32]\n    return x0\n  y0 = rune.call(x0, program=@g)\n  return y0\n",
    );
    let text = serde_json::to_string(&program.unwrap()).unwrap();
    let error = |from: &str, to: &str| {
        assert!(text.contains(from), "{text}");
        serde_json::from_str::<Program>(&text.replacen(from, to, 1)).unwrap_err().to_string()
    };
    assert!(error("\"rune\":1", "\"rune\":2").contains("version 2"));
    assert!(error("\"symbol\":\"g\"", "\"symbol\":\"h\"").contains("no program `g`"));
    assert_eq!(
        error("\"op\":\"call\",\"inputs\":[\"x0\"]", "\"op\":\"call\",\"inputs\":[\"q\"]"),
        "instruction 0 (`call`) of the program: `q` is not assigned before"
    );
    assert!(error("\"y0\",\"type\":\"[2, f32]\"", "\"y0\",\"type\":\"[3, f32]\"").contains("the text states [3, f32]"));
    assert!(error("\"y0\",\"type\"", "\"x0\",\"type\"").contains("assigned already"));
    assert!(error("\"outputs\":[\"y0\"]", "\"outputs\":[\"y1\"]").contains("`y1`"));
    assert!(error("[2, f32]", "[18446744073709551615, f32]").contains("too large"));
    assert!(error("\"name\":\"f\"", "\"nome\":\"f\"").contains("nome"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn random_programs_pass_through_json(seed in any::<u64>(), size in 0usize..60) {
        let program = some_over_axes(seed).program(size);
        prop_assert_eq!(program.verify(), Ok(()));
        let read: Program = serde_json::from_str(&serde_json::to_string(&program).unwrap()).unwrap();
        prop_assert_eq!(read.to_string(), program.to_string());
        prop_assert_eq!(read, program);
    }
}

#[test]
fn the_examples_of_the_format_are_programs() {
    let doc = include_str!("../src/program/format.md");
    let block = |kind: &str| doc.split(&format!("```{kind}\n")).nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(Program::parse(block("text")).unwrap().to_string(), block("text"));
    let program: Program = serde_json::from_str(block("json")).unwrap();
    assert_eq!(program.instructions().len(), 1);
}
