//! Every operation under `vmap` against the operation on each lane, and `vmap` combined with other transformations.

use rune_testing::coverage;
use rune_testing::tolerance;
use rune_testing::vectors;
use rune_trace::ProgramExt;

use coverage::Engine;
use rune_trace::interpret::{eval_op, interpret};
use rune_trace::op::Op;
use rune_trace::{
    Array, DType, Element, Origin, Program, ProgramBuilder, Shape, Tensor, Tree, Type, Var, VmapError, grad,
    make_program, vmap, vmap_axes, vmap_sized, with_element,
};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use vectors::Case;

const LANES: usize = 3;

/// Returns lane `lane` of an operand: the elements of `x`, rotated by this many places, or a single element, increased.
/// The values thus remain valid for the case.
fn perturbed(x: &Array, lane: usize) -> Array {
    with_element!(x.dtype(), T => {
        let elements = x.as_slice::<T>();
        match elements {
            [one] => Array::from_vec(x.shape().clone(), vec![next::<T>(*one, lane)]),
            _ => {
                let mut turned = elements.to_vec();
                let n = turned.len().max(1);
                turned.rotate_left(lane % n);
                Array::from_vec(x.shape().clone(), turned)
            }
        }
    })
}

fn next<T: Element>(x: T, lane: usize) -> T {
    if T::DTYPE == DType::Bool && lane % 2 == 1 {
        return T::from_f64(1.0 - x.to_f64());
    }
    T::from_f64(x.to_f64() + lane as f64)
}

/// Stacks the arrays along the new axis `axis`.
fn stack(lanes: &[Array], axis: usize) -> Array {
    let ty = lanes[0].ty();
    let mut shape = ty.shape.clone();
    shape.dims_mut().insert(axis, lanes.len());
    let inner: usize = ty.shape[axis..].iter().product();
    with_element!(ty.dtype, T => {
        let mut elements: Vec<T> = Vec::new();
        for block in 0..ty.shape[..axis].iter().product() {
            lanes.iter().for_each(|x| elements.extend(&x.as_slice::<T>()[block * inner..][..inner]));
        }
        Array::from_vec(shape, elements)
    })
}

fn one_op(op: &Op<usize>, inputs: &[Type]) -> Program {
    let mut builder = ProgramBuilder::new("one", inputs.to_vec(), Vec::new());
    let outputs = builder.push(op.map(|&i| Var(i as u32)), Origin::default()).expect("cases are well typed");
    builder.finish(outputs.to_vec()).expect("the outputs are assigned")
}

/// Returns subsets of operands to map: all subsets for few operands, otherwise each operand alone and all together.
fn subsets(operands: usize) -> Vec<u32> {
    let all = (1u32 << operands) - 1;
    match operands {
        0..=4 => (1..=all).collect(),
        _ => (0..operands).map(|i| 1 << i).chain([all]).collect(),
    }
}

/// Checks one case for one subset of mapped operands, with the mapped axis first or last.
fn check(case: &Case, program: &Program, subset: u32, last: bool) -> Result<(), String> {
    let mapped = |i: usize| subset >> i & 1 == 1;
    let axis = |rank: usize| if last { rank } else { 0 };
    let in_axes: Vec<Option<i64>> =
        (0..case.inputs.len()).map(|i| mapped(i).then_some(if last { -1 } else { 0 })).collect();
    let out_axes = vec![Some(if last { -1 } else { 0 }); case.outputs.len()];
    let wide = program.vmap(LANES, &in_axes, &out_axes).map_err(|e| e.to_string())?;
    let lanes: Vec<Vec<Array>> = (0..LANES)
        .map(|lane| {
            let inputs = case.inputs.iter().enumerate();
            inputs.map(|(i, x)| if mapped(i) { perturbed(x, lane) } else { x.clone() }).collect()
        })
        .collect();
    let inputs: Vec<Array> = (0..case.inputs.len())
        .map(|i| {
            let each: Vec<Array> = lanes.iter().map(|inputs| inputs[i].clone()).collect();
            if mapped(i) { stack(&each, axis(each[0].ty().rank())) } else { each[0].clone() }
        })
        .collect();
    let found = interpret(&wide, &inputs).map_err(|e| e.to_string())?;
    let expected: Vec<Vec<Array>> = lanes
        .iter()
        .map(|inputs| eval_op(&case.op.map(|&i| &inputs[i])).map_err(|e| e.to_string()))
        .collect::<Result<_, _>>()?;
    for (k, found) in found.iter().enumerate() {
        let each: Vec<Array> = expected.iter().map(|outputs| outputs[k].clone()).collect();
        let tolerance = tolerance::interpreter(case.name(), each[0].dtype());
        tolerance.check(found, &stack(&each, axis(each[0].ty().rank())))?;
    }
    Ok(())
}

fn cases() -> Vec<Case> {
    vectors::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors"))
}

/// Runs `check` for each case with operands, for each subset of mapped operands, along the first axis and the last.
fn for_all(what: &str, cases: &[Case], program: impl Fn(&Case) -> (Case, Program)) {
    let (mut checked, mut failures): (BTreeMap<&str, usize>, Vec<String>) = Default::default();
    for case in cases.iter().filter(|case| !case.inputs.is_empty()) {
        let (case, program) = program(case);
        for subset in subsets(case.inputs.len()) {
            for last in [false, true] {
                *checked.entry(case.name()).or_default() += 1;
                let result = catch_unwind(AssertUnwindSafe(|| check(&case, &program, subset, last)));
                if case.outputs.iter().any(|y| y.ty().size() > 0) {
                    let op = program.instructions()[0].op.name();
                    coverage::count(op, Engine::Interpreter, "vmap", case.dtype(), matches!(result, Ok(Ok(()))));
                }
                let text =
                    |e: Box<dyn std::any::Any + Send>| e.downcast::<String>().map_or_else(|_| "panics".into(), |t| *t);
                if let Err(why) = result.unwrap_or_else(|e| Err(text(e))) {
                    failures.push(format!("{} mapped {subset:b} last {last}: {why}", case.title()));
                }
            }
        }
    }
    coverage::write(&[]);
    let total: usize = checked.values().sum();
    println!("{what}: {total} cases of {} operations: {checked:?}", checked.len());
    assert!(total > 0, "nothing was checked");
    let shown: Vec<&String> = failures.iter().take(60).collect();
    assert!(failures.is_empty(), "{what}: {} of {total} fail\n{shown:#?}", failures.len());
}

fn types(arrays: &[Array]) -> Vec<Type> {
    arrays.iter().map(|x| x.ty().clone()).collect()
}

fn copy(case: &Case) -> Case {
    let (label, op, inputs, outputs) = (case.label.clone(), case.op.clone(), case.inputs.clone(), case.outputs.clone());
    Case { label, op, inputs, outputs, derivatives: None, transformed: Default::default() }
}

#[test]
fn every_operation_on_lanes_is_the_operation_on_each() {
    for_all("vmap against each lane", &cases(), |case| (copy(case), one_op(&case.op, &types(&case.inputs))));
}

/// Tests every tenth case.
#[test]
fn a_batched_call_is_its_batched_program() {
    let some: Vec<Case> = cases().into_iter().step_by(10).collect();
    for_all("vmap of calls", &some, |case| {
        let program = Arc::new(one_op(&case.op, &types(&case.inputs)));
        let call = Op::Call { args: (0..case.inputs.len()).collect(), program };
        let called = one_op(&call, &types(&case.inputs));
        (copy(case), called)
    });
}

/// Compares every seventh case, with all operands mapped twice, with lanes of lanes.
#[test]
fn vmap_of_vmap_is_lanes_of_lanes() {
    let mut failures = Vec::new();
    for case in cases().iter().step_by(7).filter(|case| !case.inputs.is_empty()) {
        let (inputs, outputs) = (vec![Some(0); case.inputs.len()], vec![Some(0); case.outputs.len()]);
        let program = one_op(&case.op, &types(&case.inputs));
        let wide = program.vmap(LANES, &inputs, &outputs).unwrap().vmap(2, &inputs, &outputs).unwrap();
        let lane = |outer: usize, inner: usize| -> Vec<Array> {
            case.inputs.iter().map(|x| perturbed(&perturbed(x, inner), outer)).collect()
        };
        let nested = |of: &dyn Fn(usize, usize) -> Array| {
            let rows: Vec<Array> =
                (0..2).map(|o| stack(&(0..LANES).map(|i| of(o, i)).collect::<Vec<_>>(), 0)).collect();
            stack(&rows, 0)
        };
        let arguments: Vec<Array> = (0..case.inputs.len()).map(|k| nested(&|o, i| lane(o, i)[k].clone())).collect();
        for (k, found) in interpret(&wide, &arguments).unwrap().iter().enumerate() {
            let expected = nested(&|o, i| {
                let inputs = lane(o, i);
                eval_op(&case.op.map(|&i| &inputs[i])).unwrap()[k].clone()
            });
            let tolerance = tolerance::interpreter(case.name(), expected.dtype());
            failures.extend(tolerance.check(found, &expected).err().map(|e| format!("{}: {e}", case.title())));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// Compares reverse mode of one operation, under `vmap` and of `vmap`, with each lane.
#[test]
fn reverse_mode_on_lanes_is_that_on_each_in_both_orders() {
    let (mut total, mut failures) = (0, Vec::new());
    for case in cases().iter().filter(|case| case.derivatives.is_some()) {
        let floats =
            |arrays: &[Array]| -> Vec<usize> { (0..arrays.len()).filter(|&i| arrays[i].dtype().is_float()).collect() };
        let by = floats(&case.inputs);
        let one = one_op(&case.op, &types(&case.inputs));
        let back = one.vjp(&by).unwrap();
        let cotangents = floats(&case.outputs);
        let cotangents = cotangents.iter().map(|&k| vectors::cotangent(k, case.outputs[k].ty()));
        let arguments: Vec<Array> = case.inputs.iter().cloned().chain(cotangents).collect();
        let lanes: Vec<Vec<Array>> = (0..LANES)
            .map(|lane| interpret(&back, &arguments.iter().map(|x| perturbed(x, lane)).collect::<Vec<_>>()).unwrap())
            .collect();
        let wide: Vec<Array> = arguments
            .iter()
            .map(|x| stack(&(0..LANES).map(|lane| perturbed(x, lane)).collect::<Vec<_>>(), 0))
            .collect();
        let some = |n: usize| vec![Some(0); n];
        let outer = back.vmap(LANES, &some(arguments.len()), &some(back.outputs().len())).unwrap();
        let inner = one.vmap(LANES, &some(case.inputs.len()), &some(case.outputs.len())).unwrap().vjp(&by).unwrap();
        for (order, program) in [("vmap of vjp", outer), ("vjp of vmap", inner)] {
            total += 1;
            let before = failures.len();
            for (k, found) in interpret(&program, &wide).unwrap().iter().enumerate() {
                let expected = stack(&lanes.iter().map(|outputs| outputs[k].clone()).collect::<Vec<_>>(), 0);
                let tolerance = tolerance::derivative(case.name(), expected.dtype());
                let error = tolerance.check(found, &expected).err();
                failures.extend(error.map(|e| format!("{order} of {}: result {k} {e}", case.title())));
            }
            if program.output_types().iter().any(|ty| ty.size() > 0) {
                let transform = if order == "vmap of vjp" { "vmap_grad" } else { "grad_vmap" };
                coverage::count(case.name(), Engine::Interpreter, transform, case.dtype(), failures.len() == before);
            }
        }
    }
    coverage::write(&[]);
    println!("reverse mode on lanes: {total} cases");
    let shown: Vec<&String> = failures.iter().take(60).collect();
    assert!(failures.is_empty() && total > 0, "{} of {total} fail\n{shown:#?}", failures.len());
}

#[test]
fn no_lanes_give_results_without_elements() {
    for case in cases().iter().step_by(5).filter(|case| !case.inputs.is_empty()) {
        let program = one_op(&case.op, &types(&case.inputs));
        let (inputs, outputs) = (vec![Some(0); case.inputs.len()], vec![Some(0); case.outputs.len()]);
        let wide = program.vmap(0, &inputs, &outputs).unwrap();
        for (found, lane) in wide.output_types().iter().zip(&case.outputs) {
            assert_eq!((found.shape[0], &found.shape[1..]), (0, &lane.shape()[..]), "{}", case.title());
        }
    }
}

fn numbers(shape: impl Into<Shape>) -> Tensor {
    let shape = shape.into();
    let n = shape.size();
    let elements: Vec<f32> = (0..n).map(|i| ((7 * i + 3) % 11) as f32 / 4.0 - 1.0).collect();
    Tensor::from_slice(shape, &elements)
}

fn assert_close(found: &Tensor, expected: &Tensor) {
    assert_eq!(found.ty(), expected.ty());
    for (x, y) in found.to_vec::<f32>().unwrap().iter().zip(expected.to_vec::<f32>().unwrap()) {
        assert!((x - y).abs() <= 1e-5 * y.abs().max(1.0), "{found} is not {expected}");
    }
}

/// Returns the part of `x` at position `i` along the first axis.
fn row(x: &Tensor, i: usize) -> Tensor {
    let lane = Shape::from(&x.shape()[1..]);
    let n = lane.size();
    Tensor::from_slice(lane, &x.to_vec::<f32>().unwrap()[i * n..][..n])
}

#[test]
fn the_sum_of_squares_of_each_row() {
    let x = Tensor::from_slice([3, 2], &[1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let f = |x: &Tensor| (x * x).sum();
    assert_eq!(vmap(f)(&x).to_vec::<f32>().unwrap(), [5.0, 25.0, 61.0]);
    assert_eq!(vmap_axes(-1, 0, f)(&x).to_vec::<f32>().unwrap(), [35.0, 56.0]);
    // Forward mode through lanes, as the derivative of the derivative of a weighted sum.
    let v = &x * 0.1;
    let tangents = |x: &Tensor| (vmap(grad(f))(x) * &v).sum_axes(-1);
    let expected = [1.0f32, 5.0, 12.2];
    for (found, expected) in tangents(&x).to_vec::<f32>().unwrap().iter().zip(expected) {
        assert!((found - expected).abs() < 1e-5);
    }
    // The same with programs: jvp of vmap.
    let program = make_program(vmap(f), &x).unwrap().jvp(&[0]).unwrap();
    let arrays = [x.to_array().unwrap(), v.to_array().unwrap()];
    let results = interpret(&program, &arrays).unwrap();
    assert_eq!(results[0].as_slice::<f32>(), [5.0, 25.0, 61.0]);
    for (found, expected) in results[1].as_slice::<f32>().iter().zip(expected) {
        assert!((found - expected).abs() < 1e-5);
    }
}

/// Returns the loss of a network with captured weights on one example.
fn loss(w: &(Tensor, Tensor), x: &Tensor, y: &Tensor) -> Tensor {
    let out = x.matmul(&w.0).tanh().matmul(&w.1);
    let error = out - y;
    (&error * &error).sum()
}

#[test]
fn gradients_of_each_example_are_those_of_a_loop() {
    let w = (numbers([4, 5]), numbers([5, 2]));
    let (xs, ys) = (numbers([3, 4]), numbers([3, 2]));
    let each = vmap_axes((None, Some(0), Some(0)), 0, grad(loss))(&w, &xs, &ys);
    for i in 0..3 {
        let alone = grad(loss)(&w, &row(&xs, i), &row(&ys, i));
        assert_close(&row(&each.0, i), &alone.0);
        assert_close(&row(&each.1, i), &alone.1);
    }
    // The gradient of the sum over lanes is the sum of the gradients, both for captured weights and for arguments.
    let total = grad(|w: &(Tensor, Tensor)| vmap(|x: &Tensor, y: &Tensor| loss(w, x, y))(&xs, &ys).sum())(&w);
    assert_close(&total.0, &each.0.sum_axes(0));
    assert_close(&total.1, &each.1.sum_axes(0));
}

#[test]
fn vmap_of_vmap_with_captures_is_an_outer_product() {
    let (x, y) = (numbers([3]), numbers([4]));
    let outer = vmap(|a: &Tensor| vmap(|b: &Tensor| a * b + a)(&y))(&x);
    assert_eq!(*outer.shape(), [3, 4]);
    let (xs, ys) = (x.to_vec::<f32>().unwrap(), y.to_vec::<f32>().unwrap());
    let expected: Vec<f32> = xs.iter().flat_map(|a| ys.iter().map(move |b| a * b + a)).collect();
    assert_eq!(outer.to_vec::<f32>().unwrap(), expected);
    let second = vmap(grad(grad(|x: &Tensor| x * x * x)))(&x);
    assert_eq!(second.to_vec::<f32>().unwrap(), xs.iter().map(|x| 6.0 * x).collect::<Vec<_>>());
}

#[test]
fn a_batched_product_is_one_dot_product() {
    let (a, b) = (numbers([3, 2, 4]), numbers([3, 4, 5]));
    let program = make_program(vmap(|a: &Tensor, b: &Tensor| a.matmul(b)), (&a, &b)).unwrap();
    let dots = program.instructions().iter().filter(|i| matches!(i.op, Op::DotGeneral { .. })).count();
    assert_eq!(dots, 1, "{program}");
}

#[test]
fn axes_of_leaves_and_of_results() {
    let (x, y) = (numbers([2, 3]), numbers([3]));
    let f = |t: &(Tensor, Tensor), c: &Tensor| (&t.0 + &t.1 + c, c * 2.0);
    let t = (x.clone(), y.clone());
    let c = Tensor::scalar(1.0f32);
    let in_axes = (vec![Some(-1), Some(0)], None);
    let (sum, twice) = vmap_axes(in_axes, [Some(1), None], f)(&t, &c);
    assert_close(&sum, &(&x + &y + 1.0));
    assert_eq!(twice.item::<f32>().unwrap(), 2.0);
    let repeated = vmap_sized(2, (None, None), 0, f)(&t, &c);
    assert_eq!((repeated.0.shape()[0], repeated.1.shape().to_vec()), (2, vec![2]));
    assert_eq!(repeated.leaves().len(), 2);
}

fn message(f: impl FnOnce()) -> String {
    let error = catch_unwind(AssertUnwindSafe(f)).expect_err("it panics");
    *error.downcast::<String>().expect("the message is formatted")
}

#[test]
fn what_is_wrong_is_told_with_paths_and_sizes() {
    let (x, y, c) = (numbers([2, 3]), numbers([4]), Tensor::scalar(1.0f32));
    let add = |x: &Tensor, y: &Tensor| x + y;
    let sizes = message(|| drop(vmap(add)(&x, &y)));
    assert!(sizes.contains("vmap at rune-trace/tests/vmap.rs"), "{sizes}");
    assert!(sizes.contains("`arguments[0]` has 2, `arguments[1]` has 4"), "{sizes}");
    let scalar = message(|| drop(vmap(add)(&x, &c)));
    assert!(scalar.contains("`arguments[1]` has type [f32], and no axis 0"), "{scalar}");
    let depends = message(|| drop(vmap_axes(0, None, |x: &Tensor| x * 2.0)(&x)));
    assert!(depends.contains("`result` depends on a mapped argument"), "{depends}");
    let nothing = message(|| drop(vmap_axes((None, None), 0, add)(&x, &y)));
    assert!(nothing.contains("no leaf of the arguments is mapped"), "{nothing}");
    let sized = message(|| drop(vmap_sized(5, 0, 0, |x: &Tensor| x * 2.0)(&x)));
    assert!(sized.contains("`arguments[0]` has 2, but the batch size is 5"), "{sized}");
    let leaves = message(|| drop(vmap_axes((vec![Some(0)],), 0, |t: &Vec<Tensor>| &t[0] + &t[1])(&vec![c.clone(), c])));
    assert!(leaves.contains("`arguments[0]"), "{leaves}");
    let unknown = message(|| drop(vmap(|x: &Tensor| x * x.item::<f32>().unwrap())(&y)));
    assert!(unknown.contains("vmap"), "{unknown}");
}

#[test]
fn programs_refuse_axes_that_they_have_not() {
    let program = make_program(|x: &Tensor| x * 2.0, &numbers([3])).unwrap();
    let name = program.name().to_owned();
    assert!(matches!(program.vmap(2, &[], &[Some(0)]), Err(VmapError::Count { expected: 1, found: 0, .. })));
    assert!(matches!(program.vmap(2, &[Some(2)], &[Some(0)]), Err(VmapError::NoAxis { axis: 2, .. })));
    assert!(matches!(program.vmap(2, &[Some(0)], &[Some(-3)]), Err(VmapError::NoAxis { axis: -3, .. })));
    let error = program.vmap(usize::MAX, &[Some(0)], &[Some(0)]).unwrap_err();
    assert!(matches!(error, VmapError::TooLarge { size: usize::MAX, .. }), "{error}");
    assert_eq!(program.vmap(2, &[Some(0)], &[None]).unwrap_err(), VmapError::Depends { program: name, index: 0 });
    assert_eq!(program.vmap(2, &[None], &[None]).unwrap().output_types(), program.output_types());
}
