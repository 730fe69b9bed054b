//! Functions over named axes: against JAX, and messages about misuse.

use rune_testing::locations::panic_of;
use rune_testing::named_axes;
use rune_testing::tolerance;
use rune_trace::ProgramExt;

use rune_trace::op::NamedAxis;
use rune_trace::{
    DType, Program, Tensor, Tree, VmapOptions, all_gather, all_to_all, axis_index, axis_size, cond, fori_loop, grad,
    jvp, make_program, pmax, pmean, ppermute, pshuffle, psum, psum_scatter, scan, vmap, vmap_named, vmap_with,
    while_loop,
};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use tolerance::Tolerance;

#[test]
fn functions_over_named_axes_give_what_jax_gives() {
    let cases = named_axes::cases();
    let known: BTreeSet<&str> = named_axes::ONE.iter().chain(&named_axes::TWO).map(|(name, _)| *name).collect();
    let (mut counts, mut failures) = (BTreeMap::<&str, usize>::new(), Vec::new());
    for case in &cases {
        *counts.entry(&case.of).or_default() += 1;
        let title = format!("{} of `{}` in {}", case.of, case.function, case.inputs[0].dtype());
        let Ok(found) = catch_unwind(AssertUnwindSafe(|| named_axes::run(case))) else {
            failures.push(format!("{title} panics"));
            continue;
        };
        if found.len() != case.outputs.len() {
            failures.push(format!("{title}: {} results", found.len()));
        }
        for (k, (found, expected)) in found.iter().zip(&case.outputs).enumerate() {
            // Each result sums about twenty products of magnitude 1, which may cancel.
            let result = found.to_array().map_err(|e| e.to_string());
            if let Err(why) = result.and_then(|found| Tolerance::Around1(32.0).check(&found, expected)) {
                failures.push(format!("{title}: result {k} {why}"));
            }
        }
    }
    println!("{} cases: {counts:?}", cases.len());
    let covered: BTreeSet<&str> = cases.iter().map(|case| case.function.as_str()).collect();
    assert_eq!(covered, known);
    assert!(failures.is_empty(), "{} of {} are wrong:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

fn numbers(n: usize) -> Tensor {
    Tensor::from_slice([n], &(0..n).map(|i| (i * i) as f32 - 1.5).collect::<Vec<_>>())
}

#[test]
fn trees_are_summed_leaf_by_leaf() {
    let f = vmap_named("i", |x: &(Tensor, Option<Vec<Tensor>>)| psum(x, "i"));
    let tree = (Tensor::from([1, 2, 3]), Some(vec![Tensor::from([true, true, false]), numbers(3)]));
    let (a, rest) = f(&tree);
    let rest = rest.unwrap();
    assert_eq!(a.to_vec::<i32>().unwrap(), [6; 3]);
    assert_eq!(rest[0].to_vec::<i32>().unwrap(), [2; 3]);
    assert_eq!(rest[1].to_vec::<f32>().unwrap(), [0.5; 3]);
}

/// A result that is the same in all lanes needs no axis.
#[test]
fn sums_over_lanes_are_unmapped() {
    let f = |x: &Tensor| (psum(x, "i"), all_gather(x, "i", 0), axis_size("i") as i32);
    let (sum, all, size) = vmap_with(VmapOptions::new().axis_name("i").out_axes(None), f)(&Tensor::from([1, 2, 3]));
    assert_eq!((sum.item::<i32>().unwrap(), all.to_vec::<i32>().unwrap(), size), (6, vec![1, 2, 3], 3));
}

#[test]
fn lanes_without_mapped_arguments_know_their_index() {
    let options = VmapOptions::new().in_axes(None).axis_size(3).axis_name("i");
    let f = vmap_with(options, |x: &Tensor| (x * axis_index("i"), psum(x, "i"), pmax(x, "i")));
    let (scaled, sum, max) = f(&Tensor::scalar(5));
    assert_eq!(scaled.to_vec::<i32>().unwrap(), [0, 5, 10]);
    assert_eq!((sum.to_vec::<i32>().unwrap(), max.to_vec::<i32>().unwrap()), (vec![15; 3], vec![5; 3]));
}

#[test]
fn sums_of_what_is_the_same_wrap_and_keep_their_range() {
    let lanes = |x: Tensor| {
        let options = VmapOptions::new().in_axes(None).out_axes(None).axis_size(300).axis_name("i");
        vmap_with(options, |x: &Tensor| psum(x, "i"))(&x)
    };
    assert_eq!(lanes(Tensor::scalar(3i8)).item::<i8>().unwrap(), 900i32 as i8);
    assert_eq!(lanes(Tensor::scalar(-1i64)).item::<i64>().unwrap(), -300);
    // bf16 cannot represent 300, but it can represent the result.
    let half = lanes(Tensor::scalar(0.125f32).cast(DType::BF16)).cast(DType::F32);
    assert_eq!(half.item::<f32>().unwrap(), 37.5);
}

#[test]
fn no_lanes_sum_to_zero() {
    let none = Tensor::zeros([0, 2], DType::F32);
    let options = VmapOptions::new().axis_name("i").out_axes(vec![None, None, Some(0), Some(0)]);
    let f = |x: &Tensor| (psum(x, "i"), all_gather(x, "i", 1), axis_index("i"), ppermute(x, "i", &[]));
    let (sum, all, index, permuted) = vmap_with(options, f)(&none);
    assert_eq!(sum.to_vec::<f32>().unwrap(), [0.0; 2]);
    let types: Vec<String> = [all, index, permuted].iter().map(|t| t.ty().to_string()).collect();
    assert_eq!(types, ["[2, 0, f32]", "[0, i32]", "[0, 2, f32]"]);
}

/// A rotation consists of two slices, and a reversed order is one operation.
#[test]
fn lanes_are_permuted_by_few_operations() {
    let ops = |pairs: Vec<(usize, usize)>| -> Vec<&'static str> {
        let f = vmap_named("i", move |x: &Tensor| ppermute(x, "i", &pairs));
        let program = make_program(f, &Tensor::zeros([100, 2], DType::F32)).unwrap().simplify();
        program.instructions().iter().map(|x| x.op.name()).collect()
    };
    assert_eq!(ops((0..100).map(|k| (k, (k + 30) % 100)).collect()), ["slice", "slice", "concatenate"]);
    assert_eq!(ops((0..100).map(|k| (k, 99 - k)).collect()), ["reverse"]);
    assert_eq!(
        ops((0..50).map(|k| (2 * k + 1, k)).collect()),
        ["slice", "constant", "broadcast_in_dim", "concatenate"]
    );
    assert_eq!(ops((0..100).map(|k| (k, k)).collect()), [""; 0]);
}

/// Batch normalization of a network: parameters that all lanes share get one gradient, and there is no loop over lanes.
#[test]
fn normalisation_over_the_batch_is_one_program() {
    let weights = Tensor::from_slice([3, 2], &[0.1f32, -0.2, 0.3, 0.5, -0.4, 0.7]);
    let xs = Tensor::from_slice([4, 3], &(0..12).map(|i| ((5 * i) % 7) as f32).collect::<Vec<_>>());
    let loss = |w: &Tensor, xs: &Tensor| {
        let each = |w: &Tensor, x: &Tensor| {
            let y = x.matmul(w);
            let centered = &y - pmean(&y, "batch");
            (&centered * (pmean(&centered.square(), "batch") + 1e-5).rsqrt()).tanh().sum()
        };
        vmap_with(VmapOptions::new().in_axes((None, 0)).axis_name("batch"), each)(w, xs).sum()
    };
    let by_hand = |w: &Tensor, xs: &Tensor| {
        let y = xs.matmul(w);
        let centered = &y - y.mean_keepdims(0);
        (&centered * (centered.square().mean_keepdims(0) + 1e-5).rsqrt()).tanh().sum()
    };
    let (found, expected) = (grad(loss)(&weights, &xs), grad(by_hand)(&weights, &xs));
    for (x, y) in found.to_vec::<f32>().unwrap().iter().zip(expected.to_vec::<f32>().unwrap()) {
        assert!((x - y).abs() < 1e-5, "{found} is not {expected}");
    }
    let program = make_program(loss, (&weights, &xs)).unwrap().simplify();
    let dots = program.instructions().iter().filter(|x| x.op.name() == "dot_general").count();
    let sums = program.instructions().iter().filter(|x| x.op.name() == "reduce_sum").count();
    assert_eq!((dots, sums), (1, 4), "{program}");
}

/// Equal operations over an axis are computed once. None is folded or moved before the axis is bound.
#[test]
fn simplification_knows_nothing_of_other_lanes() {
    let program: Program = r#"
def f(x0): # [f32] -> ([f32], [f32], [i32], [f32])
    z0 = rune.constant(value="2.0:f32") # () -> [f32]
    z1 = rune.psum(z0, axis={"name": "i", "size": 3}) # [f32] -> [f32]
    z2 = rune.psum(z0, axis={"name": "i", "size": 3}) # [f32] -> [f32]
    z3 = rune.psum(z0, axis={"name": "j", "size": 3}) # [f32] -> [f32]
    z4 = rune.add(z1, z2) # ([f32], [f32]) -> [f32]
    z5 = rune.axis_index(axis={"name": "i", "size": 3}) # () -> [i32]
    z6 = rune.axis_index(axis={"name": "i", "size": 3}) # () -> [i32]
    z7 = rune.add(z5, z6) # ([i32], [i32]) -> [i32]
    z8 = rune.ppermute(x0, axis={"name": "i", "size": 3}, pairs=[[0, 0], [1, 1], [2, 2]]) # [f32] -> [f32]
    return z4, z3, z7, z8
"#
    .parse()
    .unwrap();
    let simple = program.simplify();
    let names: Vec<&str> = simple.instructions().iter().map(|x| x.op.name()).collect();
    assert_eq!(names, ["constant", "psum", "psum", "add", "axis_index", "add", "ppermute"], "{simple}");
    let axes: Vec<String> = simple.axes().iter().map(|(name, size)| format!("{name} {size}")).collect();
    assert_eq!(axes, ["i 3", "j 3"]);
}

/// Returns the panic message of `f`.
fn message(f: impl FnOnce() -> Tensor) -> String {
    let panic = catch_unwind(AssertUnwindSafe(f)).expect_err("it is wrong");
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic.downcast_ref::<&str>().expect("messages are text").to_string(),
    }
}

#[test]
fn what_is_wrong_is_told() {
    let x = numbers(3);
    let rows = Tensor::zeros([3, 2], DType::F32);
    assert_eq!(
        message(|| psum(&x, "i")),
        "psum: no enclosing `vmap` has an axis `i` (there are none); name one, as with `vmap_named(\"i\", f)`"
    );
    assert_eq!(
        message(|| vmap_named("j", vmap_named("k", |x: &Tensor| x + axis_index("i")))(&rows)),
        "axis_index: no enclosing `vmap` has an axis `i` (there are `j` of size 3 and `k` of size 2); name one, as with \
         `vmap_named(\"i\", f)`"
    );
    assert_eq!(
        message(|| vmap(|x: &Tensor| pmean(x, "i"))(&x)),
        "pmean: no enclosing `vmap` has an axis `i` (there are none); name one, as with `vmap_named(\"i\", f)`"
    );
    let one = |f: fn(&Tensor) -> Tensor| message(move || vmap_named("i", f)(&numbers(3)));
    assert_eq!(one(|x| psum(x, ["i", "i"])), "psum: axis `i` is named twice");
    assert_eq!(
        one(|x| all_gather(x, "i", 1)),
        "all_gather: axis 1 is out of range for [f32] with a new axis, which has 1 axes"
    );
    assert_eq!(
        one(|x| ppermute(x, "i", &[(0, 3)])),
        "`ppermute` gives to element 3 of axis `i`, which has 3, counted from 0"
    );
    assert_eq!(one(|x| ppermute(x, "i", &[(0, 1), (0, 2)])), "`ppermute` takes from element 0 of axis `i` twice");
    assert_eq!(
        one(|x| pshuffle(x, "i", &[0, 2])),
        "pshuffle: [0, 2] is not a permutation of the 3 batch elements of `i`"
    );
    let row = |f: fn(&Tensor) -> Tensor| message(move || vmap_named("i", f)(&Tensor::zeros([3, 2], DType::F32)));
    assert_eq!(
        row(|x| all_to_all(x, "i", 0, 0)),
        "`all_to_all` gives each of the 3 elements of axis `i` one part along axis 0 of [2, f32], which is of size 2"
    );
    assert_eq!(
        row(|x| rune_trace::psum_scatter_tiled(x, "i", 0)),
        "psum_scatter_tiled: axis 0 of [2, f32] has size 2, which is not a multiple of the batch size 3"
    );
    assert_eq!(row(|x| psum_scatter(x, "i", 2)), "psum_scatter: axis 2 is out of range for [2, f32], which has 1 axes");
}

/// The panic is at the line that names the axis.
#[test]
fn the_line_is_the_users() {
    let line = line!() + 1;
    let failed = panic_of(|| drop(vmap_named("j", |x: &Tensor| psum(x, "i"))(&numbers(3))));
    let (_, place) = failed.expect("the axis is unknown");
    assert!(place.ends_with(&format!("named_axes.rs:{line}")), "{place}");
}

/// The values of other lanes are unknown while the function of one lane runs, and undefined outside of it.
#[test]
fn values_over_lanes_are_not_read() {
    let read = |f: fn(&Tensor) -> Tensor| message(move || vmap_named("i", f)(&numbers(3)));
    let text = read(|x| if axis_index("i").item::<i32>().unwrap() == 0 { x.clone() } else { x * 2.0 });
    assert!(text.contains("the value of a tensor from `axis_index` at "), "{text}");
    assert!(
        text.contains("named_axes.rs:") && text.contains("over the axis `i` was read, which is known only outside"),
        "{text}"
    );
    // A captured value is the same in all lanes, but its sum over lanes is not a value of this lane.
    let text = read(|x| x * psum(&Tensor::scalar(1.0f32), "i").item::<f32>().unwrap());
    assert!(text.contains("from `psum`"), "{text}");
    // The same under `grad`, where arguments are known.
    let f = |w: &Tensor| vmap_named("i", |x: &Tensor| x * psum(w, "i").item::<f32>().unwrap())(&numbers(3)).sum();
    let text = message(|| grad(f)(&Tensor::scalar(1.0f32)));
    assert!(text.contains("from `psum`"), "{text}");
}

/// Names are in scope as long as the function runs, even if it panics.
#[test]
fn names_leave_with_the_function() {
    assert!(catch_unwind(|| vmap_named("i", |x: &Tensor| -> Tensor { panic!("{}", x.rank()) })(&numbers(3))).is_err());
    assert!(rune_trace::named_axes().is_empty());
}

/// Returns a program with an unmapped axis, like one from a file.
fn over_i() -> Program {
    "def f(x0): # [f32] -> [f32]\n    y0 = rune.psum(x0, axis={\"name\": \"i\", \"size\": 3})\n    return y0\n"
        .parse()
        .unwrap()
}

#[test]
fn programs_over_axes_are_bound_or_refused() {
    let program = over_i();
    let three = NamedAxis { name: "i".into(), size: 3 };
    assert_eq!(program.instructions()[0].op.axis(), Some(&three));
    let error = rune_trace::interpret::interpret(&program, &[rune_trace::Array::scalar(1.0f32)]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`psum` is over the axis `i`, but no enclosing `vmap` has an axis of that name; `Program::vmap_named` creates the \
         program of the whole batch"
    );
    let error = program.vmap_named("i", 4, &[Some(0)], &[Some(0)]).unwrap_err();
    assert_eq!(error.to_string(), "the axis `i` has size 3 in the operations of `f`, but the batch size is 4");
    // Batching along another axis keeps the operation, with wider lanes.
    let wider = program.vmap(5, &[Some(0)], &[Some(0)]).unwrap();
    assert_eq!(wider.axes().len(), 1);
    let bound = wider.vmap_named("i", 3, &[Some(1)], &[None]).unwrap();
    assert_eq!(bound.input_types()[0].to_string(), "[5, 3, f32]");
    // Its derivatives are again programs of one lane.
    let back = program.vjp(&[0]).unwrap().vmap_named("i", 3, &[Some(0), Some(0)], &[Some(0), Some(0)]).unwrap();
    let one = |x: [f32; 3]| rune_trace::Array::from_slice([3], &x);
    let results = rune_trace::interpret::interpret(&back, &[one([1.0, 2.0, 3.0]), one([1.0, 0.0, 10.0])]).unwrap();
    assert_eq!((results[0].as_slice::<f32>(), results[1].as_slice::<f32>()), (&[6.0; 3][..], &[11.0; 3][..]));
    // If a function that maps the axis applies the program, its operations work on these lanes. The sizes must be
    // equal.
    let f = vmap_named("i", |x: &Tensor| over_i().apply(std::slice::from_ref(x)).remove(0));
    assert_eq!(f(&Tensor::from([1.0f32, 2.0, 4.0])).to_vec::<f32>().unwrap(), [7.0; 3]);
    assert!(
        message(|| f(&numbers(4)))
            .ends_with("the axis `i` has size 4, but size 3 in a program that the function applies")
    );
    // An axis cannot have two sizes.
    let text = over_i()
        .to_string()
        .replace("return y0", "z1 = rune.pmax(y0, axis={\"name\": \"i\", \"size\": 2})\n    return z1");
    let error = text.replace("y0 =", "z0 =").replace("pmax(y0", "pmax(z0").parse::<Program>().unwrap_err();
    assert!(error.to_string().contains("the axis `i` has size 3 in one operation and 2 in another"), "{error}");
}

/// JAX: `jax.jvp` of the sum of squares over lanes.
#[test]
fn tangents_go_through_lanes() {
    let f = vmap_named("i", |x: &Tensor| psum(&(x * x), "i"));
    let (y, dy) = jvp(f, &Tensor::from([1.0f32, 2.0, 3.0]), &Tensor::from([1.0f32, 0.0, 2.0]));
    assert_eq!((y.to_vec::<f32>().unwrap(), dy.to_vec::<f32>().unwrap()), (vec![14.0; 3], vec![14.0; 3]));
    let leaves = vmap_named("i", |x: &Tensor| (psum(x, "i"), pmax(x, "i")))(&numbers(3)).leaves();
    assert_eq!(leaves.len(), 2);
}

/// Inside branches and loops, operations over lanes work like outside of them.
#[test]
fn lanes_meet_in_branches_and_loops() {
    let on_lanes = |f: &(dyn Fn(&Tensor) -> Tensor + Send + Sync)| {
        let scalar = |x: &Tensor| f(x);
        let x = Tensor::from([1.0f64, 2.0, 6.0]);
        let y = vmap_named("i", scalar)(&x).to_vec::<f64>().unwrap();
        let dx = grad(|x: &Tensor| (vmap_named("i", scalar)(x) * Tensor::from([1.0f64, 10.0, 100.0])).sum())(&x);
        let inside = vmap_named("i", grad(scalar))(&x);
        [y, dx.to_vec::<f64>().unwrap(), inside.to_vec::<f64>().unwrap()]
    };
    let step = |x: &Tensor| x.sin() + pmean(x, "i") * axis_index("i").cast(DType::F64);
    let by_host = on_lanes(&|x| step(&step(&step(x))));
    assert_eq!(on_lanes(&|x| fori_loop(0, 3, |_, x: &Tensor| step(x), x)), by_host);
    let positions = Tensor::from([0.0f64, 1.0, 2.0]);
    assert_eq!(on_lanes(&|x| scan(|x: &Tensor, _: &Tensor| (step(x), ()), x, &positions).0), by_host);
    // A branch with a condition that is the same for all lanes, and one with a mapped condition.
    let same = on_lanes(&|x| cond(&pmax(x, "i").gt(5.0), || step(x), || x * 2.0));
    assert_eq!(same, on_lanes(&step));
    let apart = on_lanes(&|x| cond(&x.gt(1.5), || step(x) * x, || x * 2.0));
    let selected = on_lanes(&|x| rune_trace::where_(x.gt(1.5), &(step(x) * x), &(x * 2.0)));
    assert_eq!(apart[0], selected[0]);
    // In the backward pass, a lane does not take part in a branch that it does not take, like in JAX.
    assert_eq!(apart[2], [2.0, selected[2][1], selected[2][2]]);
    // The branch has no mapped operand, but its results differ between lanes.
    let index = |on: bool| {
        vmap_named("i", move |x: &Tensor| {
            x + cond(&Tensor::scalar(on), || axis_index("i").cast(DType::F64), || Tensor::scalar(5.0f64))
        })
    };
    let x = Tensor::from([1.0f64, 2.0, 6.0]);
    assert_eq!(index(true)(&x).to_vec::<f64>().unwrap(), [1.0, 3.0, 8.0]);
    assert_eq!(index(false)(&x).to_vec::<f64>().unwrap(), [6.0, 7.0, 11.0]);
    // All lanes continue until their sum ends the loop.
    let doubled = |x: &Tensor| while_loop(|x: &Tensor| psum(x, "i").lt(100.0), |x: &Tensor| x * 2.0, x);
    assert_eq!(vmap_named("i", doubled)(&x).to_vec::<f64>().unwrap(), [16.0, 32.0, 96.0]);
}
