//! Nested loops and branches: the cost of transformations at each level does not multiply.

use rune_ir::program::dependence::{DependenceKind, reached};
use rune_ir::work;
use rune_ir::{DType, Program};
use rune_trace::ProgramExt;
use rune_trace::{Tensor, checkpoint_policies, checkpoint_with, cond, fori_loop, make_program, scan, while_loop};

type Nest = fn(usize, &Tensor) -> Tensor;

/// Loops of known length that carry two numbers, which depend on each other, and stack one.
fn scans(depth: usize, x: &Tensor) -> Tensor {
    if depth == 0 {
        return x.sin();
    }
    let body = |(a, b): &(Tensor, Tensor), x: &Tensor| ((b.clone(), scans(depth - 1, &(a * x))), a + b);
    let ((a, b), ys) = scan(body, &(x.clone(), Tensor::scalar(1.0)), &Tensor::ones([2], DType::F64));
    a * b + ys.sum()
}

/// Loops whose conditions are loops, and depend on the carry.
fn whiles(depth: usize, x: &Tensor) -> Tensor {
    if depth == 0 {
        return x.sin();
    }
    while_loop(|x: &Tensor| whiles(depth - 1, x).lt(0.5), |x| whiles(depth - 1, x) + 1.0, x)
}

fn branches(depth: usize, x: &Tensor) -> Tensor {
    if depth == 0 {
        return x.sin();
    }
    cond(&Tensor::scalar(true), || branches(depth - 1, x) * 2.0, || x.exp())
}

fn kept(depth: usize, x: &Tensor) -> Tensor {
    if depth == 0 {
        return x.sin();
    }
    let policy = checkpoint_policies::save_only_these_names(["none"]);
    checkpoint_with(policy, move |x: &Tensor| fori_loop(0, 2, |_, x: &Tensor| kept(depth - 1, x), x))(x)
}

/// Checks that `transform` takes not much more than twice as many steps for a nest of twelve levels as for one of six.
fn grows_with_the_nest(what: &str, nest: Nest, transform: impl Fn(&Program)) {
    grows_by(3, what, nest, transform);
}

fn grows_by(most: usize, what: &str, nest: Nest, transform: impl Fn(&Program)) {
    let depth = 6;
    let steps = |depth| {
        let program = make_program(|x: &Tensor| nest(depth, x), &Tensor::scalar(0.5)).unwrap();
        work::count_steps(|| transform(&program))
    };
    let (shallow, deep) = (steps(depth), steps(2 * depth));
    assert!(deep <= most * shallow, "{what}: {shallow} steps for {depth} levels, {deep} for {}", 2 * depth);
}

fn vmap_all(program: &Program) -> Program {
    let mapped = |n| vec![Some(0); n];
    program.vmap(3, &mapped(program.inputs().len()), &mapped(program.outputs().len())).unwrap()
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "only builds with debug assertions count steps")]
fn nests_take_time_by_their_size() {
    grows_with_the_nest("vmap of scans", scans, |p| _ = vmap_all(p));
    grows_with_the_nest("grad of scans", scans, |p| _ = p.grad(&[0], true).unwrap());
    grows_with_the_nest("jvp of scans", scans, |p| _ = p.jvp(&[0]).unwrap());
    grows_with_the_nest("linearize of scans", scans, |p| _ = p.linearize(&[0]).unwrap());
    grows_with_the_nest("vmap of grad of scans", scans, |p| _ = vmap_all(&p.grad(&[0], true).unwrap()));
    grows_with_the_nest("grad of vmap of scans", scans, |p| _ = vmap_all(p).vjp(&[0]).unwrap());
    grows_with_the_nest("vmap of branches", branches, |p| _ = vmap_all(p));
    grows_with_the_nest("grad of branches", branches, |p| _ = p.grad(&[0], true).unwrap());
    // Each level contains the recomputation of all inner levels.
    grows_by(6, "grad of what is checkpointed", kept, |p| _ = p.grad(&[0], true).unwrap());
}

/// The number of steps is proportional to the number of innermost loops: each loop contains two.
#[test]
#[cfg_attr(not(debug_assertions), ignore = "only builds with debug assertions count steps")]
fn loops_in_conditions_are_looked_at_once() {
    let size = |depth: u32| 2usize.pow(depth);
    for depth in [3, 6] {
        let program = make_program(|x: &Tensor| whiles(depth as usize, x), &Tensor::scalar(0.5)).unwrap();
        let (wide, pushed) =
            (work::count_steps(|| vmap_all(&program)), work::count_steps(|| program.jvp(&[0]).unwrap()));
        assert!(wide < 60 * size(depth), "{wide} steps for {depth} levels on lanes");
        assert!(pushed < 60 * size(depth), "{pushed} steps for {depth} levels with tangents");
    }
}

#[test]
fn what_is_found_is_what_the_rules_do() {
    // Compares the outputs found to be mapped with the rules, for each single mapped input of random programs with all
    // operations.
    for seed in 0..400 {
        let program = rune_testing::Generator::new(seed).program(12);
        for i in 0..program.inputs().len() {
            let marks: Vec<bool> = (0..program.inputs().len()).map(|k| k == i).collect();
            let found = reached(&program, &DependenceKind::BatchAxis(None), &marks);
            let axes: Vec<Option<i64>> = marks.iter().map(|m| m.then_some(0)).collect();
            let outputs: Vec<Option<i64>> = found.iter().map(|m| m.then_some(0)).collect();
            assert!(program.vmap(2, &axes, &outputs).is_ok(), "output {outputs:?} for input {i} of {program}");
            for (k, _) in found.iter().enumerate().filter(|(_, m)| **m) {
                let mut fewer = outputs.clone();
                fewer[k] = None;
                assert!(program.vmap(2, &axes, &fewer).is_err(), "output {k} for input {i} of {program}");
            }
        }
    }
}
