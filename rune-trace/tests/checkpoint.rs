//! Checkpointed functions give the same numbers, with fewer residuals. JAX's figures are from `scripts/vectors
//! checkpoint`.

use rune_trace::op::CheckpointPolicy;
use rune_trace::{
    Op, Program, ResidualSource, SavedResidual, Tensor, checkpoint, checkpoint_name, checkpoint_policies as policies,
    checkpoint_with, cond, einsum, fori_loop, grad, grad_argnums, hvp, jvp, make_program, saved_residuals, scan,
    value_and_grad, vmap,
};
use serde_json::Value;
use std::path::Path;

fn jax() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/checkpoint.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Returns all policies of JAX, with their names.
fn all() -> [(&'static str, CheckpointPolicy); 7] {
    let both = (policies::dots_with_no_batch_dims_saveable(), policies::save_only_these_names(["waves"]));
    [
        ("nothing_saveable", policies::nothing_saveable()),
        ("everything_saveable", policies::everything_saveable()),
        ("dots_saveable", policies::dots_saveable()),
        ("dots_with_no_batch_dims_saveable", policies::dots_with_no_batch_dims_saveable()),
        ("save_only_these_names", policies::save_only_these_names(["waves"])),
        ("save_any_names_but_these", policies::save_any_names_but_these(["waves"])),
        ("save_from_both_policies", policies::save_from_both_policies(both.0, both.1)),
    ]
}

/// Also includes the policy that is equal to "everything" in JAX 0.10.
fn all_and_ours() -> impl Iterator<Item = (&'static str, CheckpointPolicy)> {
    let ours = ("save_anything_except_these_names", policies::save_anything_except_these_names(["waves"]));
    all().into_iter().chain([ours])
}

fn argument(seed: usize, shape: &[usize]) -> Tensor {
    let n: usize = shape.iter().product();
    let number = |i| ((i * 7919 + seed * 104_729) % 10_007) as f64 / 10_007.0 * 2.0 - 1.0;
    Tensor::from_slice(shape, &(0..n).map(number).collect::<Vec<f64>>())
}

fn arguments() -> [Tensor; 3] {
    [argument(0, &[2, 3, 4]), argument(1, &[4, 5]), argument(2, &[2, 5, 6])]
}

fn layer(x: &Tensor, w: &Tensor, v: &Tensor) -> Tensor {
    let waves = checkpoint_name(&einsum("bij,jk->bik", &[x, w]).sin(), "waves");
    checkpoint_name(&einsum("bij,bjk->bik", &[&waves, v]), "mixed").exp().sin()
}

fn shapes(residuals: &[SavedResidual], arguments: bool) -> Vec<Vec<usize>> {
    let of_kind = |r: &&SavedResidual| matches!(r.source, ResidualSource::Argument { .. }) == arguments;
    let mut shapes: Vec<Vec<usize>> = residuals.iter().filter(of_kind).map(|r| r.ty.shape.to_vec()).collect();
    shapes.sort();
    shapes
}

fn computed_bytes(residuals: &[SavedResidual]) -> usize {
    let computed = residuals.iter().filter(|r| matches!(r.source, ResidualSource::Operation { .. }));
    computed.map(|r| r.ty.bytes()).sum()
}

fn assert_near(found: &Tensor, expected: &[f64], what: &str) {
    let found: Vec<f64> = found.to_vec().unwrap();
    assert_eq!(found.len(), expected.len(), "{what}");
    for (x, y) in found.iter().zip(expected) {
        assert!((x - y).abs() <= 1e-12 * y.abs().max(1.0), "{what}: {x} and {y}");
    }
}

fn same(found: &Tensor, expected: &Tensor, what: &str) {
    assert_near(found, &expected.to_vec::<f64>().unwrap(), what);
}

#[test]
fn what_is_kept_is_what_jax_keeps() {
    let [x, w, v] = arguments();
    let jax = jax();
    let check = |kept: &[SavedResidual], expected: &Value, what: &str| {
        let of = |kind: &str| serde_json::from_value::<Vec<Vec<usize>>>(expected[kind].clone()).unwrap();
        assert_eq!(shapes(kept, true), of("arguments"), "{what}");
        assert_eq!(shapes(kept, false), of("computed"), "{what}");
    };
    check(&saved_residuals(layer, (&x, &w, &v)), &jax["without"], "without");
    for (name, policy) in all() {
        let kept = saved_residuals(checkpoint_with(policy, layer), (&x, &w, &v));
        check(&kept, &jax["policies"][name], name);
    }
}

#[test]
fn a_name_forbids_what_it_names() {
    let [x, w, v] = arguments();
    let policy = policies::save_anything_except_these_names(["mixed"]);
    // The exponential, its cosine and the sine are kept as usual. The product is not.
    let f = |x: &Tensor, w: &Tensor, v: &Tensor| {
        let y = layer(x, w, v);
        &y * &y
    };
    let kept = saved_residuals(checkpoint_with(policy, f), (&x, &w, &v));
    assert!(kept.iter().all(|r| !r.to_string().contains("mixed")));
    let named = |x: &Tensor| checkpoint_name(&x.exp(), "grown").sin();
    let excepted = checkpoint_with(policies::save_anything_except_these_names(["grown"]), named);
    let shown: Vec<String> = saved_residuals(excepted, &x).iter().map(|r| r.to_string()).collect();
    assert_eq!(shown.len(), 2, "{shown:?}");
    assert!(shown[0].contains("from the argument") && shown[1].contains("output of cos"), "{shown:?}");
}

#[test]
fn derivatives_are_those_of_the_function_itself() {
    let [x, w, v] = arguments();
    let jax = jax();
    let by_all = (rune_trace::Argnum::<0>, rune_trace::Argnum::<1>, rune_trace::Argnum::<2>);
    for (name, policy) in all_and_ours() {
        let f = |x: &Tensor, w: &Tensor, v: &Tensor| checkpoint_with(policy.clone(), layer)(x, w, v).sum();
        let plain = |x: &Tensor, w: &Tensor, v: &Tensor| layer(x, w, v).sum();
        same(&f(&x, &w, &v), &plain(&x, &w, &v), name);
        let (dx, dw, dv) = grad_argnums(by_all, f)(&x, &w, &v);
        for (i, d) in [dx, dw, dv].iter().enumerate() {
            assert_near(d, &serde_json::from_value::<Vec<f64>>(jax["gradient"][i].clone()).unwrap(), name);
        }
        // Forward, forward over reverse, reverse over reverse.
        let (f, plain) = (|w: &Tensor| f(&x, w, &v), |w: &Tensor| plain(&x, w, &v));
        let change = argument(3, &[4, 5]);
        same(&jvp(f, &w, &change).1, &jvp(plain, &w, &change).1, name);
        same(&hvp(f, &w, &change), &hvp(plain, &w, &change), name);
        let twice = |f: &(dyn Fn(&Tensor) -> Tensor + Send + Sync)| {
            let slope = grad(|w: &Tensor| f(w).sum());
            grad(|w: &Tensor| (slope(w) * &change).sum())(&w)
        };
        same(&twice(&f), &twice(&plain), name);
    }
}

#[test]
fn every_transformation_goes_through() {
    let [xs, w, v] = arguments();
    let one = |w: &Tensor, x: &Tensor| x.matmul(w).sin().sum();
    for (name, policy) in all_and_ours() {
        let f = |w: &Tensor, x: &Tensor| checkpoint_with(policy.clone(), one)(w, x);
        // Gradients for each lane, and for all lanes together.
        let lanes = vmap(|x: &Tensor| grad(|w: &Tensor| f(w, x))(&w))(&xs);
        same(&lanes, &vmap(|x: &Tensor| grad(|w: &Tensor| one(w, x))(&w))(&xs), name);
        let together = |w: &Tensor| vmap(|x: &Tensor| f(w, x))(&xs).sum();
        same(&grad(together)(&w), &grad(|w: &Tensor| vmap(|x: &Tensor| one(w, x))(&xs).sum())(&w), name);
        // Nested checkpoints, with captured tensors.
        let inner = |x: &Tensor| checkpoint_with(policy.clone(), |x: &Tensor| layer(x, &w, &v))(x) * 2.0;
        let outer = |x: &Tensor| checkpoint(|x: &Tensor| inner(x).exp())(x).sum();
        let plain = |x: &Tensor| (layer(x, &w, &v) * 2.0).exp().sum();
        same(&grad(outer)(&xs), &grad(plain)(&xs), name);
        let captured = |w: &Tensor| checkpoint_with(policy.clone(), |x: &Tensor| layer(x, w, &v))(&xs).sum();
        same(&grad(captured)(&w), &grad(|w: &Tensor| layer(&xs, w, &v).sum())(&w), name);
    }
}

/// Runs six iterations of a layer that keeps its shape.
fn scan_weights(start: &Tensor, w: &Tensor, body: impl Fn(&Tensor) -> Tensor) -> Tensor {
    let weights = Tensor::stack(&[w, w, w, w, w, w], 0);
    let step = |y: &Tensor, w: &Tensor| (body(&y.matmul(w)), ());
    scan(step, start, &weights).0
}

#[test]
fn a_loop_keeps_what_its_body_keeps() {
    let (start, w) = (argument(0, &[3, 4]), argument(1, &[4, 4]));
    let body = |y: &Tensor| y.sin().exp().tanh() * y;
    let plain = |w: &Tensor| scan_weights(&start, w, body).sum();
    let kept_anew = |w: &Tensor| scan_weights(&start, w, |y| checkpoint(body)(y)).sum();
    same(&grad(kept_anew)(&w), &grad(plain)(&w), "a loop");
    let (kept, all) = (saved_residuals(kept_anew, &w), saved_residuals(plain, &w));
    // Each iteration keeps its carry and its product, but not the intermediate values of the body.
    let of_turns = |residuals: &[SavedResidual]| shapes(residuals, false).iter().filter(|s| **s == [6, 3, 4]).count();
    assert_eq!((of_turns(&kept), of_turns(&all)), (2, 5), "{kept:?}\n{all:?}");
}

/// Returns the number of operations of this name in a program and its sub-programs.
fn count(program: &Program, name: &str) -> usize {
    let inside = |op: &Op| op.programs().iter().map(|(_, p)| count(p, name)).sum::<usize>();
    program.instructions().iter().map(|i| usize::from(i.op.name() == name) + inside(&i.op)).sum()
}

#[test]
fn what_is_computed_again_stays_so_when_simplified() {
    let [x, w, v] = arguments();
    let f = |policy: &CheckpointPolicy, x: &Tensor, w: &Tensor| {
        checkpoint_with(policy.clone(), |x: &Tensor| layer(x, w, &v).exp())(x).sum()
    };
    let gradient = |policy: CheckpointPolicy| {
        let both = |x: &Tensor, w: &Tensor| value_and_grad(|x: &Tensor| f(&policy, x, w))(x);
        make_program(both, (&x, &w)).unwrap().simplify()
    };
    let everything = gradient(policies::everything_saveable());
    let dots = gradient(policies::dots_saveable());
    let nothing = gradient(policies::nothing_saveable());
    assert_eq!(count(&everything, "remat"), 0);
    // There are two exponentials: one in the forward pass, and one recomputed. There are two products, and two more for
    // the derivative with respect to x.
    assert_eq!((count(&everything, "exp"), count(&everything, "dot_general")), (2, 4));
    assert_eq!((count(&dots, "exp"), count(&dots, "dot_general")), (4, 4));
    assert_eq!((count(&nothing, "exp"), count(&nothing, "dot_general")), (4, 6));
    assert!(nothing.cost().multiply_adds <= everything.cost().multiply_adds * 3 / 2);
}

#[test]
fn keeping_everything_costs_nothing() {
    let [x, w, v] = arguments();
    let free = |x: &Tensor, w: &Tensor, v: &Tensor| {
        grad(|x: &Tensor| checkpoint_with(policies::everything_saveable(), layer)(x, w, v).sum())(x)
    };
    let plain = |x: &Tensor, w: &Tensor, v: &Tensor| grad(|x: &Tensor| layer(x, w, v).sum())(x);
    let program = |f: fn(&Tensor, &Tensor, &Tensor) -> Tensor| make_program(f, (&x, &w, &v)).unwrap().simplify();
    assert_eq!(program(free), program(plain));
}

#[test]
fn second_derivatives_keep_as_little() {
    let [x, ..] = arguments();
    let deep = |x: &Tensor| (0..6).fold(x.clone(), |y, _| (y.sin() * 0.5).exp());
    let plain = saved_residuals(grad(move |x: &Tensor| deep(x).sum()), &x);
    let kept = saved_residuals(grad(move |x: &Tensor| checkpoint(deep)(x).sum()), &x);
    assert!(computed_bytes(&kept) * 4 < computed_bytes(&plain), "{kept:?}\n{plain:?}");
}

#[test]
fn where_nothing_is_computed_again_nothing_is_kept_apart() {
    let [x, w, _] = arguments();
    let f = |x: &Tensor, w: &Tensor| checkpoint(|x: &Tensor| x.matmul(w))(x).sum();
    let program = make_program(|x: &Tensor, w: &Tensor| grad(|x: &Tensor| f(x, w))(x), (&x, &w)).unwrap().simplify();
    assert_eq!(count(&program, "remat"), 0, "{program}");
}

#[test]
fn a_policy_looks_into_what_is_called() {
    let [x, w, _] = arguments();
    let product = std::sync::Arc::new(make_program(|x: &Tensor, w: &Tensor| x.matmul(w).sin(), (&x, &w)).unwrap());
    let f = |x: &Tensor, w: &Tensor| rune_trace::lax::call(&product, &[x.clone(), w.clone()]).remove(0).exp();
    let kept = saved_residuals(checkpoint_with(policies::dots_saveable(), f), (&x, &w));
    assert_eq!(shapes(&kept, false), [[2, 3, 5]]);
    assert!(kept.last().unwrap().to_string().contains("output of dot_general"), "{kept:?}");
}

/// The functions in `LOOPS` of `scripts/vectors checkpoint`.
type Loop = fn(&Tensor, &Tensor, &Tensor) -> Tensor;

fn waves(x: &Tensor) -> Tensor {
    checkpoint_name(&x.sin(), "waves")
}

fn carried(h: &Tensor, w: &Tensor, u: &Tensor) -> Tensor {
    let body = |h: &Tensor, w: &Tensor| {
        let z = waves(&h.matmul(w)).matmul(u).exp();
        (z.sin(), z.sum_axes(0))
    };
    let (h, ys) = scan(body, h, w);
    h.sum() + ys.sum()
}

fn nested(h: &Tensor, w: &Tensor, _: &Tensor) -> Tensor {
    let body = |h: &Tensor, w: &Tensor| (fori_loop(0, 2, |_, g: &Tensor| waves(&g.matmul(w)) * h, &h.exp()), ());
    scan(body, h, w).0.sum()
}

fn branches(h: &Tensor, w: &Tensor, u: &Tensor) -> Tensor {
    let body = |h: &Tensor, w: &Tensor| {
        let other = || h.matmul(u).exp().matmul(u).sin();
        (cond(&h.sum().gt(0.0), || waves(&h.matmul(w)), other), ())
    };
    scan(body, h, w).0.sum()
}

fn fixed(h: &Tensor, w: &Tensor, u: &Tensor) -> Tensor {
    scan(|h: &Tensor, w: &Tensor| (h.matmul(u.matmul(u).sin()).sin().matmul(w), ()), h, w).0.sum()
}

#[test]
fn a_policy_looks_into_loops_and_branches() {
    let (h, w, u) = (argument(0, &[3, 4]), argument(1, &[6, 4, 4]), argument(2, &[4, 4]));
    let jax = &jax()["loops"];
    let loops: [(&str, Loop); 4] = [("carried", carried), ("nested", nested), ("branches", branches), ("fixed", fixed)];
    let by_all = (rune_trace::Argnum::<0>, rune_trace::Argnum::<1>, rune_trace::Argnum::<2>);
    for (name, f) in loops {
        for (policy_name, policy) in all_and_ours() {
            let what = format!("{name} with {policy_name}");
            let f = |h: &Tensor, w: &Tensor, u: &Tensor| checkpoint_with(policy.clone(), f)(h, w, u);
            if let Some(expected) = jax[name]["policies"].get(policy_name) {
                let kept = saved_residuals(f, (&h, &w, &u));
                let of = |kind: &str| serde_json::from_value::<Vec<Vec<usize>>>(expected[kind].clone()).unwrap();
                assert_eq!(shapes(&kept, true), of("arguments"), "{what}");
                assert_eq!(shapes(&kept, false), of("computed"), "{what}: {kept:?}");
            }
            let (dh, dw, du) = grad_argnums(by_all, f)(&h, &w, &u);
            for (i, d) in [dh, dw, du].iter().enumerate() {
                assert_near(d, &serde_json::from_value::<Vec<f64>>(jax[name]["gradient"][i].clone()).unwrap(), &what);
            }
        }
    }
}

/// Partitioned loops can be differentiated and batched further.
#[test]
fn loops_taken_apart_are_transformed_further() {
    let (h, w, u) = (argument(0, &[3, 4]), argument(1, &[6, 4, 4]), argument(2, &[4, 4]));
    let lanes = Tensor::stack(&[&u, &(&u * 0.5)], 0);
    for (name, policy) in [("dots", policies::dots_saveable()), ("waves", policies::save_only_these_names(["waves"]))] {
        for f in [carried as Loop, nested, branches] {
            let plain = |w: &Tensor| f(&h, w, &u);
            let kept = |w: &Tensor| checkpoint_with(policy.clone(), |w: &Tensor| f(&h, w, &u))(w);
            same(&hvp(kept, &w, &w), &hvp(plain, &w, &w), name);
            let twice = |f: &(dyn Fn(&Tensor) -> Tensor + Send + Sync)| {
                let slope = grad(|w: &Tensor| f(w));
                grad(|w: &Tensor| (slope(w) * &w.sin()).sum())(&w)
            };
            same(&twice(&kept), &twice(&plain), name);
            let of_lane = |u: &Tensor| checkpoint_with(policy.clone(), f)(&h, &w, u);
            same(&vmap(grad(of_lane))(&lanes), &vmap(grad(|u: &Tensor| f(&h, &w, u)))(&lanes), name);
            // The loop of the products runs once: the backward pass recomputes none of them.
            let gradient = make_program(|w: &Tensor| grad(kept)(w), &w).unwrap().simplify();
            let without = make_program(|w: &Tensor| grad(plain)(w), &w).unwrap().simplify();
            let products = |p: &Program| p.cost().multiply_adds;
            assert!(name != "dots" || products(&gradient) <= products(&without), "{gradient}");
        }
    }
}

#[test]
fn host_control_flow_sees_known_arguments() {
    let f = |x: &Tensor| if x.item::<f64>().unwrap() > 0.0 { x.sin() } else { x.exp() };
    let slope = |at: f64| grad(|x: &Tensor| checkpoint(f)(x))(&Tensor::scalar(at)).item::<f64>().unwrap();
    assert_eq!((slope(1.0), slope(-1.0)), (1f64.cos(), (-1f64).exp()));
}
