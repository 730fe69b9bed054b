use super::{TypeProblem, infer};
use crate::op::*;
use crate::{DType, Program, Shape, Type};
use proptest::prelude::*;
use smallvec::smallvec;
use std::sync::Arc;

fn ty(text: &str) -> Type {
    text.parse().unwrap()
}

fn ok(op: Op<&Type>, expected: &[&str]) {
    let found: Vec<String> = infer(&op).unwrap().iter().map(|t| t.to_string()).collect();
    assert_eq!(found, expected, "{op:?}");
}

fn fails(op: Op<&Type>, message: &str) {
    assert_eq!(infer(&op).unwrap_err().to_string(), message);
}

#[test]
fn elementwise() {
    let (a, b, c) = (&ty("[2, f32]"), &ty("[3, f32]"), &ty("[2, i32]"));
    let mask = &ty("[2, bool]");
    ok(Op::Binary { f: BinaryFn::Add, x: a, y: a }, &["[2, f32]"]);
    ok(Op::Compare { direction: Comparison::Lt, x: a, y: a }, &["[2, bool]"]);
    ok(Op::Unary { f: UnaryFn::IsFinite, x: a }, &["[2, bool]"]);
    ok(Op::Select { pred: mask, on_true: a, on_false: a }, &["[2, f32]"]);
    ok(Op::BitcastConvert { x: a, dtype: DType::U8 }, &["[2, 4, u8]"]);
    ok(Op::BitcastConvert { x: c, dtype: DType::F64 }, &["[f64]"]);
    fails(
        Op::Binary { f: BinaryFn::Add, x: a, y: b },
        "`add` takes operands of one type, but got [2, f32] and [3, f32]",
    );
    fails(
        Op::Binary { f: BinaryFn::Add, x: a, y: c },
        "`add` takes operands of one dtype, but got [2, f32] and [2, i32]; convert one, as with `.cast(DType::F32)`",
    );
    fails(
        Op::Clamp { min: a, x: b, max: a },
        "`clamp` takes operands of one type, but got [2, f32], [3, f32] and [2, f32]",
    );
    let error = infer(&Op::Unary { f: UnaryFn::Exp, x: c }).unwrap_err();
    assert!(matches!(error.problem, TypeProblem::Operand { ref found, .. } if found == c));
    assert!(infer(&Op::Binary { f: BinaryFn::Sub, x: mask, y: mask }).is_err());
    assert!(infer(&Op::Binary { f: BinaryFn::Max, x: mask, y: mask }).is_ok());
    assert!(infer(&Op::IntegerPow { x: c, y: -1 }).is_err());
    assert!(infer(&Op::Select { pred: &ty("[bool]"), on_true: a, on_false: a }).is_err());
}

#[test]
fn functions_with_derivatives_of_their_own() {
    let program = |head: &str, lines: &str| -> Arc<Program> {
        Arc::new(format!("def {head}\n{lines}").parse().unwrap_or_else(|e| panic!("{e}")))
    };
    let x = &ty("[f32]");
    let square = program("f(x0): # [f32] -> [f32]", "    y0 = rune.mul(x0, x0)\n    return y0\n");
    let rule = program(
        "rule(x0, x1): # ([f32], [f32]) -> ([f32], [f32])",
        "    y0 = rune.mul(x0, x0)\n    y1 = rune.mul(x0, x1)\n    return y0, y1\n",
    );
    let tangent = program(
        "tangent(x0, x1, x2): # ([f32], [f32], [f32]) -> [f32]",
        "    z0 = rune.add(x0, x1)\n    y0 = rune.mul(z0, x2)\n    return y0\n",
    );
    let jvp = |rule: &Arc<Program>, num_args, takes_results| Op::CustomJvp {
        args: vec![x],
        program: square.clone(),
        rule: rule.clone(),
        num_args,
        takes_results,
    };
    ok(jvp(&rule, 1, false), &["[f32]"]);
    ok(jvp(&tangent, 1, true), &["[f32]"]);
    fails(jvp(&square, 1, false), "`custom_jvp` needs a rule that takes ([f32], [f32]), and `f` takes ([f32])");
    fails(jvp(&rule, 0, false), "`custom_jvp` needs a rule that takes ([f32]), and `rule` takes ([f32], [f32])");
    fails(jvp(&rule, 2, false), "`custom_jvp` has 1 operands, and 2 of them as `num_args`");
    let moved =
        program("moved(x0, x1): # ([f32], [f32]) -> ([f32], [f32])", "    y0 = rune.mul(x0, x1)\n    return y0, x1\n");
    fails(jvp(&moved, 1, false), "`custom_jvp` has the rule `moved`, whose result 0 depends on a tangent");

    let forward = program("fwd(x0): # [f32] -> ([f32], [f32])", "    y0 = rune.mul(x0, x0)\n    return y0, x0\n");
    let backward = program("bwd(x0, x1): # ([f32], [f32]) -> [f32]", "    y0 = rune.mul(x0, x1)\n    return y0\n");
    let vjp = |forward: &Arc<Program>, backward: &Arc<Program>| Op::CustomVjp {
        args: vec![x],
        program: square.clone(),
        forward: forward.clone(),
        backward: backward.clone(),
        num_args: 1,
    };
    ok(vjp(&forward, &backward), &["[f32]"]);
    fails(
        vjp(&square, &backward),
        "`custom_vjp` needs a backward program that takes ([f32]), and `bwd` takes ([f32], [f32])",
    );
    fails(
        vjp(&backward, &backward),
        "`custom_vjp` needs a forward program that takes ([f32]), and `bwd` takes ([f32], [f32])",
    );
    ok(Op::CustomLinear { xs: vec![x, x], backward: backward.clone() }, &["[f32]"]);
    fails(
        Op::CustomLinear { xs: vec![], backward: backward.clone() },
        "`custom_linear` has 0 operands, and `bwd` takes 2 and gives 1",
    );
    fails(
        Op::CustomLinear { xs: vec![&ty("[2, f32]"), x], backward },
        "`custom_linear` needs a backward program that gives ([2, f32]), and `bwd` gives ([f32])",
    );
}

#[test]
fn shapes() {
    let x = &ty("[2, 3, f32]");
    let to = Shape::from([4, 2, 3]);
    ok(Op::BroadcastInDim { x, shape: to.clone(), dims: smallvec![1, 2] }, &["[4, 2, 3, f32]"]);
    assert!(infer(&Op::BroadcastInDim { x, shape: to.clone(), dims: smallvec![2, 1] }).is_err());
    fails(
        Op::BroadcastInDim { x, shape: to, dims: smallvec![0, 2] },
        "`broadcast_in_dim` cannot bring [2, 3, f32] to shape [4, 2, 3]: its axis 0, of size 2, would become axis 0, of \
         size 4; only axes of size 1 repeat",
    );
    ok(Op::Reshape { x, shape: Shape::from([6]) }, &["[6, f32]"]);
    assert!(infer(&Op::Reshape { x, shape: Shape::from([usize::MAX, 7]) }).is_err());
    ok(Op::Transpose { x, permutation: smallvec![1, 0] }, &["[3, 2, f32]"]);
    fails(Op::Transpose { x, permutation: smallvec![1, 1] }, "`transpose` names axis 1 twice in permutation");
    fails(
        Op::Transpose { x, permutation: smallvec![1, 2] },
        "`transpose` names axis 2 in `permutation`, but there are only 2 axes, counted from 0",
    );
    ok(Op::Slice { x, start: smallvec![0, 0], limit: smallvec![2, 3], strides: smallvec![1, 2] }, &["[2, 2, f32]"]);
    let scalar = &ty("[f32]");
    let config = vec![Padding { low: -1, high: 0, interior: 2 }, Padding { low: 1, high: 2, interior: 0 }];
    ok(Op::Pad { x, padding: scalar, config }, &["[3, 6, f32]"]);
    ok(Op::Concatenate { xs: vec![x, x], dimension: 1 }, &["[2, 6, f32]"]);
    assert!(infer(&Op::Iota { dtype: DType::F32, shape: Shape::from([1 << 40, 1 << 40]), dimension: 0 }).is_err());
}

#[test]
fn indices() {
    let (x, i, u) = (&ty("[5, 4, f32]"), &ty("[7, 1, i32]"), &ty("[7, 4, f32]"));
    let at = &ty("[i32]");
    ok(Op::DynamicSlice { x, start_indices: vec![at, at], slice_sizes: smallvec![2, 4] }, &["[2, 4, f32]"]);
    assert!(infer(&Op::DynamicSlice { x, start_indices: vec![at, at], slice_sizes: smallvec![6, 4] }).is_err());
    let rows = GatherDims {
        offset: smallvec![1],
        collapsed: smallvec![0],
        start_index_map: smallvec![0],
        ..GatherDims::default()
    };
    ok(Op::Gather { x, indices: i, dims: Box::new(rows.clone()), slice_sizes: smallvec![1, 4] }, &["[7, 4, f32]"]);
    assert!(infer(&Op::Gather { x, indices: i, dims: Box::new(rows), slice_sizes: smallvec![2, 4] }).is_err());
    let dims = ScatterDims {
        update_window: smallvec![1],
        inserted_window: smallvec![0],
        scatter_map: smallvec![0],
        ..ScatterDims::default()
    };
    let (wide, few) = (&ty("[7, 5, f32]"), &ty("[6, 4, f32]"));
    let scatter = |updates| Op::Scatter {
        x,
        indices: i,
        updates,
        dims: Box::new(dims.clone()),
        mode: ScatterMode::Add,
        unique: false,
    };
    ok(scatter(u), &["[5, 4, f32]"]);
    assert!(infer(&scatter(wide)).is_err());
    assert!(infer(&scatter(few)).is_err());
}

#[test]
fn reductions_and_products() {
    let x = &ty("[2, 3, 4, f32]");
    ok(Op::Reduce { f: ReduceFn::Sum, x, axes: smallvec![2, 0] }, &["[3, f32]"]);
    ok(Op::ArgReduce { f: ArgFn::Max, x, axis: 1, index: DType::I32 }, &["[2, 4, i32]"]);
    assert!(infer(&Op::ArgReduce { f: ArgFn::Max, x: &ty("[0, f32]"), axis: 0, index: DType::I32 }).is_err());
    assert!(infer(&Op::ArgReduce { f: ArgFn::Max, x: &ty("[128, f32]"), axis: 0, index: DType::I8 }).is_ok());
    assert!(infer(&Op::ArgReduce { f: ArgFn::Max, x: &ty("[129, f32]"), axis: 0, index: DType::I8 }).is_err());
    ok(Op::TopK { x, k: 2 }, &["[2, 3, 2, f32]", "[2, 3, 2, i32]"]);
    let rhs = &ty("[2, 4, 5, f32]");
    let dims = DotDims {
        lhs_batch: smallvec![0],
        rhs_batch: smallvec![0],
        lhs_contract: smallvec![2],
        rhs_contract: smallvec![1],
    };
    ok(Op::DotGeneral { lhs: x, rhs, dims: Box::new(dims), out: DType::F32 }, &["[2, 3, 5, f32]"]);
    let (image, kernel) = (&ty("[8, 6, 10, 10, f32]"), &ty("[4, 3, 3, 3, f32]"));
    let dims = ConvDims {
        lhs: smallvec![0, 1, 2, 3],
        rhs: smallvec![0, 1, 2, 3],
        out: smallvec![0, 1, 2, 3],
        strides: smallvec![1, 2],
        padding: vec![(1, 1), (0, 0)],
        lhs_dilation: smallvec![1, 1],
        rhs_dilation: smallvec![1, 2],
        feature_groups: 2,
        batch_groups: 1,
    };
    ok(Op::Conv { lhs: image, rhs: kernel, dims: Box::new(dims) }, &["[8, 4, 10, 3, f32]"]);
}

/// Sizes at which arithmetic fails.
fn any_size() -> impl Strategy<Value = usize> {
    prop_oneof![6 => 0..5usize, 1 => Just(usize::MAX), 1 => Just(1usize << 63), 1 => Just(64usize), 1 => Just(1usize << 32)]
}
fn any_signed() -> impl Strategy<Value = i64> {
    prop_oneof![6 => -3..4i64, 1 => Just(i64::MAX), 1 => Just(i64::MIN)]
}
fn any_dims() -> impl Strategy<Value = Dims> {
    prop::collection::vec(any_size(), 0..5).prop_map(Dims::from_vec)
}
fn any_dtype() -> impl Strategy<Value = DType> {
    prop::sample::select(&DType::ALL[..])
}
fn any_type() -> impl Strategy<Value = Type> {
    (any_dtype(), any_dims()).prop_map(|(dtype, dims)| Type::new(dtype, dims.to_vec()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn no_attributes_make_a_rule_panic(
        t in prop::collection::vec(any_type(), 4),
        d in prop::collection::vec(any_dims(), 6),
        n in prop::collection::vec(any_size(), 3),
        padding in prop::collection::vec((any_signed(), any_signed()), 0..4),
        dtype in any_dtype(),
        y in any::<i32>(),
        pick in any::<prop::sample::Index>(),
    ) {
        let (a, b, c) = (&t[0], &t[1], &t[2]);
        let (scalar, b_as_a, c_as_a) = (&a.with_shape(()), &b.with_dtype(a.dtype), &c.with_dtype(a.dtype));
        let shape = Shape::from(d[0].to_vec());
        let config = padding.iter().map(|&(low, high)| Padding { low, high, interior: n[0] }).collect();
        let window = Window {
            dimensions: d[0].clone(),
            strides: d[1].clone(),
            padding: padding.clone(),
            base_dilation: d[2].clone(),
            window_dilation: d[3].clone(),
        };
        let conv = ConvDims {
            lhs: d[0].clone(),
            rhs: d[1].clone(),
            out: d[2].clone(),
            strides: d[3].clone(),
            padding,
            lhs_dilation: d[4].clone(),
            rhs_dilation: d[5].clone(),
            feature_groups: n[0],
            batch_groups: n[1],
        };
        let dot = DotDims {
            lhs_batch: d[0].clone(),
            rhs_batch: d[1].clone(),
            lhs_contract: d[2].clone(),
            rhs_contract: d[3].clone(),
        };
        let gather = GatherDims {
            offset: d[0].clone(),
            collapsed: d[1].clone(),
            operand_batching: d[2].clone(),
            indices_batching: d[3].clone(),
            start_index_map: d[4].clone(),
        };
        let scatter = ScatterDims {
            update_window: d[0].clone(),
            inserted_window: d[1].clone(),
            operand_batching: d[2].clone(),
            indices_batching: d[3].clone(),
            scatter_map: d[4].clone(),
        };
        let axis = NamedAxis { name: "i".into(), size: n[1] };
        let ops: Vec<Op<&Type>> = vec![
            Op::Unary { f: *pick.get(UnaryFn::ALL), x: a },
            Op::IntegerPow { x: a, y },
            Op::Binary { f: *pick.get(BinaryFn::ALL), x: a, y: a },
            Op::Compare { direction: Comparison::Eq, x: a, y: b },
            Op::Select { pred: a, on_true: b, on_false: c },
            Op::Clamp { min: a, x: a, max: a },
            Op::Convert { x: a, dtype },
            Op::BitcastConvert { x: a, dtype },
            Op::BroadcastInDim { x: a, shape: shape.clone(), dims: d[1].clone() },
            Op::Reshape { x: a, shape: shape.clone() },
            Op::Transpose { x: a, permutation: d[0].clone() },
            Op::Slice { x: a, start: d[0].clone(), limit: d[1].clone(), strides: d[2].clone() },
            Op::Pad { x: a, padding: scalar, config },
            Op::Concatenate { xs: vec![a, a, b], dimension: n[0] },
            Op::Reverse { x: a, axes: d[0].clone() },
            Op::Iota { dtype, shape, dimension: n[0] },
            Op::DynamicSlice { x: a, start_indices: vec![b; a.rank()], slice_sizes: d[0].clone() },
            Op::DynamicUpdateSlice { x: a, update: c, start_indices: vec![b; a.rank()] },
            Op::Gather { x: a, indices: b, dims: Box::new(gather), slice_sizes: d[5].clone() },
            Op::Scatter {
                x: a,
                indices: b,
                updates: c_as_a,
                dims: Box::new(scatter),
                mode: ScatterMode::Set,
                unique: true,
            },
            Op::Reduce { f: *pick.get(ReduceFn::ALL), x: a, axes: d[0].clone() },
            Op::ArgReduce { f: ArgFn::Min, x: a, axis: n[0], index: dtype },
            Op::ReduceWindow { f: WindowFn::Max, x: a, window: Box::new(window) },
            Op::Cumulative { f: *pick.get(CumulativeFn::ALL), x: a, axis: n[0], reverse: true },
            Op::Sort { operands: vec![a, a], dimension: n[0], num_keys: n[1] },
            Op::TopK { x: a, k: n[0] },
            Op::DotGeneral { lhs: a, rhs: b_as_a, dims: Box::new(dot), out: a.dtype },
            Op::Conv { lhs: a, rhs: b_as_a, dims: Box::new(conv) },
            Op::Threefry2x32 { k0: a, k1: a, x0: b, x1: b },
            Op::Collective { f: *pick.get(CollectiveFn::ALL), x: a, axis: axis.clone() },
            Op::AllGather { x: a, axis: axis.clone(), dimension: n[0] },
            Op::AllToAll { x: a, axis: axis.clone(), split: n[1], concat: n[2] },
            Op::Ppermute { x: a, axis, pairs: vec![(n[0], n[1]), (n[2], n[2])] },
            Op::OptimizationBarrier { xs: vec![a, b] },
            Op::StopGradient { x: a },
        ];
        for op in &ops {
            // The size and the strides of every result are in range.
            for result in infer(op).into_iter().flatten() {
                let _ = (result.bytes(), result.shape.strides());
            }
        }
    }
}
