//! Compares whole algorithms with nested loops under `jit` with the interpreter. The tests bound the growth of the text
//! and the compile time.

use crate::engine::{self, jit};
use rune::ir::interpret::interpret;
use rune::prelude::*;
use rune::{linalg, random, value_and_grad, where_};
use std::time::Instant;

fn numbers(n: usize, by: f32) -> Tensor {
    (Tensor::arange(0..n as i32, DType::F32) * by).sin()
}

/// Asserts that compiled and interpreted results agree, that lowering for CPUs grows the text at most `growth` times, and that
/// compilation takes at most `seconds`.
fn check<X: Tree>(
    name: &str,
    f: impl Fn(&X) -> Tensor + Send + Sync + Copy + 'static,
    x: &X,
    growth: usize,
    seconds: u64,
    tolerance: f32,
) {
    let start = Instant::now();
    let lowered = jit(f).lower(x).unwrap();
    let (before, after) = (lowered.program().to_string().len(), lowered.code().len());
    let compiled = lowered.compile().unwrap();
    let took = start.elapsed();
    println!("{name}: {before} bytes of program, {after} of StableHLO, compiled in {took:?}");
    let found = compiled.call(x).unwrap().to_vec::<f32>().unwrap();
    let expected = f(x).to_vec::<f32>().unwrap();
    for (i, (x, y)) in found.iter().zip(&expected).enumerate() {
        assert!((x - y).abs() <= tolerance * (1.0 + y.abs()), "{name}: element {i} is {x}, and should be {y}");
    }
    // Code for GPUs sorts itself, and its loops carry copies.
    assert!(
        !engine::is_on_cpu() || after <= growth * before,
        "{name}: {before} bytes of program are {after} of StableHLO"
    );
    assert!(took.as_secs() < seconds, "{name} compiled in {took:?}");
}

/// Returns the nearest point of the simplex.
fn onto_simplex(x: &Tensor) -> Tensor {
    let n = x.shape()[0];
    let sorted = x.sort_descending(0);
    let excess = (sorted.cumsum(0) - 1.0) / Tensor::arange(1..n as i32 + 1, DType::F32);
    let count = sorted.gt(&excess).cast(DType::I32).sum();
    let threshold = excess.take(&(count - 1), 0);
    (x - threshold).maximum(0.0)
}

#[test]
fn projected_gradient_on_the_simplex() {
    let solve = |(a, b, x): &(Tensor, Tensor, Tensor)| {
        let loss = |x: &Tensor| (a.matmul(x) - b).powi(2).sum() * 0.5;
        let step = |(x, _): &(Tensor, Tensor)| {
            let next = onto_simplex(&(x - grad(loss)(x) * 0.02));
            let gap = (&next - x).abs().max();
            (next, gap)
        };
        let start = (x.clone(), Tensor::scalar(1.0f32));
        while_loop(|(_, gap): &(Tensor, Tensor)| gap.gt(1e-6), step, &start).0
    };
    let x = Tensor::full([8], 0.125f32, DType::F32);
    check("projected gradient", solve, &(numbers(80, 0.7).reshape([10, 8]), numbers(10, 1.3), x), 4, 60, 1e-4);
}

/// Returns the soft minimum of the sum of squared differences over all alignments of two series.
fn soft_dtw(x: &Tensor, y: &Tensor, gamma: f32) -> Tensor {
    let (n, m) = (x.shape()[0], y.shape()[0]);
    let costs = (x.reshape([n, 1]) - y.reshape([1, m])).powi(2);
    let far = 1e6f32;
    let soft_min = |a: &Tensor, b: &Tensor, c: &Tensor| {
        Tensor::stack(&[a, b, c].map(|x| x * (-1.0 / gamma)), 0).logsumexp() * -gamma
    };
    // The rows come one after the other, and so do the elements of a row.
    let row = |above: &Tensor, costs: &Tensor| {
        let element = |(left, corner): &(Tensor, Tensor), (cost, above): &(Tensor, Tensor)| {
            let here = cost + soft_min(left, above, corner);
            ((here.clone(), above.clone()), here)
        };
        let start = (Tensor::full([], far, DType::F32), above.i(0));
        let (_, row) = scan(element, &start, &(costs.clone(), above.i(1..)));
        let next = Tensor::concat(&[Tensor::full([1], far, DType::F32), row], 0);
        (next.clone(), next)
    };
    let first = Tensor::concat(&[Tensor::zeros([1], DType::F32), Tensor::full([m], far, DType::F32)], 0);
    let (last, _) = scan(row, &first, &costs);
    last.i(-1)
}

#[test]
fn gradient_of_soft_dynamic_time_warping() {
    let gradient = |(x, y): &(Tensor, Tensor)| grad(|x: &Tensor| soft_dtw(x, y, 1.0))(x);
    check("soft-DTW", gradient, &(numbers(12, 0.5), numbers(15, 0.4)), 12, 60, 1e-3);
}

#[test]
fn limited_memory_bfgs() {
    const HISTORY: usize = 5;
    let run = |start: &Tensor| {
        let n = start.shape()[0];
        let rosenbrock = |x: &Tensor| {
            let (a, b) = (x.i(..-1), x.i(1..));
            ((b - &a * &a).powi(2) * 100.0 + (a * -1.0 + 1.0).powi(2)).sum()
        };
        type State = (Tensor, Tensor, Tensor, Tensor, Tensor);
        let dot = |a: &Tensor, b: &Tensor| (a * b).sum();
        // Two loops over the kept steps compute the direction.
        let direction = move |g: &Tensor, s: &Tensor, y: &Tensor| {
            let back = |q: &Tensor, (s, y): &(Tensor, Tensor)| {
                let curvature = dot(s, y);
                let rho = where_(curvature.gt(1e-10), 1.0 / curvature.maximum(1e-10), 0.0);
                let alpha = &rho * dot(s, q);
                (q - &alpha * y, (alpha, rho))
            };
            let (q, (alphas, rhos)) = scan(back, g, &(s.flip([0]), y.flip([0])));
            let (last_s, last_y) = (s.i(-1), y.i(-1));
            let scale = where_(
                dot(&last_y, &last_y).gt(0.0),
                dot(&last_s, &last_y) / dot(&last_y, &last_y).maximum(1e-10),
                1.0,
            );
            let forth = |r: &Tensor, (s, y, alpha, rho): &(Tensor, Tensor, Tensor, Tensor)| {
                let beta = rho * dot(y, r);
                (r + (alpha - beta) * s, alpha.clone())
            };
            let (r, _) = scan(forth, &(q * scale), &(s.clone(), y.clone(), alphas.flip([0]), rhos.flip([0])));
            -r
        };
        let step = |_: &Tensor, (x, value, g, s, y): &State| {
            let d = direction(g, s, y);
            let slope = dot(&d, g);
            let fails = |(t, f): &(Tensor, Tensor)| f.gt(value + t * &slope * 1e-4) & t.gt(1e-8);
            let shorter = |(t, _): &(Tensor, Tensor)| {
                let t = t * 0.5;
                let f = rosenbrock(&(x + &d * &t));
                (t, f)
            };
            let t = Tensor::scalar(1.0f32);
            let first = rosenbrock(&(x + &d * &t));
            let (t, _) = while_loop(fails, shorter, &(t, first));
            let next = x + d * t;
            let (next_value, next_g) = value_and_grad(rosenbrock)(&next);
            let push = |rows: &Tensor, row: Tensor| Tensor::concat(&[rows.i(1..), row.reshape([1, n])], 0);
            let (s, y) = (push(s, &next - x), push(y, &next_g - g));
            (next, next_value, next_g, s, y)
        };
        let (value, g) = value_and_grad(rosenbrock)(start);
        let kept = Tensor::zeros([HISTORY, n], DType::F32);
        let state: State = (start.clone(), value, g, kept.clone(), kept);
        fori_loop(0, 12, step, &state).0
    };
    check("L-BFGS", run, &(numbers(6, 0.9) * 0.5), 6, 60, 2e-2);
}

#[test]
fn chain_of_the_no_u_turn_sampler() {
    const MAX_DEPTH: i32 = 5;
    type Point = (Tensor, Tensor);
    type Tree_ = (Point, Point, Tensor, Tensor, Tensor, Tensor);
    let chain = |(start, key): &(Tensor, Tensor)| {
        let log_density = |q: &Tensor| -((q - 0.5).powi(2) * 0.5).sum() - (q.i(0) * q.i(1)).powi(2) * 0.1;
        let energy = |(q, p): &Point| (p * p).sum() * 0.5 - log_density(q);
        let leapfrog = |(q, p): &Point, by: &Tensor| {
            let p = p + grad(log_density)(q) * by * 0.5;
            let q = q + &p * by;
            let p = &p + grad(log_density)(&q) * by * 0.5;
            (q, p)
        };
        let turns = |(q0, p0): &Point, (q1, p1): &Point| {
            let along = q1 - q0;
            (&along * p0).sum().lt(0.0) | (&along * p1).sum().lt(0.0)
        };
        let sample = |q: &Tensor, key: &Tensor| {
            let [momentum, rest] = random::split_into::<2>(key);
            let p = random::normal(&momentum, q.shape().to_vec(), DType::F32);
            let here: Point = (q.clone(), p);
            let start_energy = energy(&here);
            let goes_on = |(_, _, _, _, depth, ends): &Tree_| depth.lt(MAX_DEPTH) & ends.logical_not();
            let double = |(left, right, chosen, weight, depth, _): &Tree_| {
                let [side, choice, within] = random::split_into::<3>(&random::fold_in(&rest, depth));
                let forward = random::uniform(&side, [], DType::F32, 0.0, 1.0).gt(0.5);
                let by = where_(&forward, 0.1, -0.1);
                let edge = (where_(&forward, &right.0, &left.0), where_(&forward, &right.1, &left.1));
                // All steps are computed, and one of them is chosen by its weight.
                let steps = Tensor::scalar(1i32) << depth;
                let add = |i: &Tensor, (point, chosen, weight): &(Point, Tensor, Tensor)| {
                    let point = leapfrog(point, &by);
                    let own = (&start_energy - energy(&point)).exp();
                    let total = weight + &own;
                    let draw = random::uniform(&random::fold_in(&within, i), [], DType::F32, 0.0, 1.0);
                    let chosen = where_((draw * &total).lt(own), &point.0, chosen);
                    (point, chosen, total)
                };
                let none = Tensor::scalar(0.0f32);
                let (last, proposed, more) = fori_loop(0, &steps, add, &(edge, chosen.clone(), none));
                let draw = random::uniform(&choice, [], DType::F32, 0.0, 1.0);
                let chosen = where_((draw * weight).lt(&more), proposed, chosen);
                let left = (where_(&forward, &left.0, &last.0), where_(&forward, &left.1, &last.1));
                let right = (where_(&forward, &last.0, &right.0), where_(&forward, &last.1, &right.1));
                let ends = turns(&left, &right);
                (left, right, chosen, weight + more, depth + 1, ends)
            };
            let no = Tensor::scalar(false);
            let one = Tensor::scalar(1.0f32);
            let tree: Tree_ = (here.clone(), here, q.clone(), one, Tensor::scalar(0i32), no);
            while_loop(goes_on, double, &tree).2
        };
        let keys = random::split(key, 20);
        let next = |q: &Tensor, key: &Tensor| {
            let q = sample(q, key);
            (q.clone(), q)
        };
        scan(next, start, &keys).1
    };
    check("NUTS", chain, &(numbers(3, 0.8), random::key(7)), 8, 60, 5e-2);
}

/// Factorizations of matrices that the host does not leave to the interpreter, and their derivatives.
#[test]
fn factorizations_of_large_matrices() {
    let f = |x: &Tensor| {
        let (values, vectors) = linalg::eigh(&(x.matmul(x.t()) * 0.1));
        let (u, s, _) = linalg::svd(x);
        let (q, r) = linalg::qr(x);
        (
            values.log().sum() + (vectors.square() * 0.5).sin().sum(),
            u.sin().sum() + s.log().sum(),
            q.cos().sum() * r.tanh().sum(),
        )
    };
    let all = |x: &Tensor| (f(x), grad(|x: &Tensor| f(x).0 + f(x).1 + f(x).2)(x));
    let x = random::normal(&random::key(3), [40, 40], DType::F32) + Tensor::eye(40, DType::F32) * 4.0;
    let jitted = jit(all);
    let program = jitted.lower(&x).unwrap().program().clone();
    let expected = interpret(&program, &[x.to_array().unwrap()]).unwrap();
    let ((a, b, c), gradient) = jitted(&x);
    for (found, expected) in [a, b, c, gradient].iter().zip(&expected) {
        let (found, expected) = (found.to_vec::<f32>().unwrap(), expected.as_slice::<f32>());
        let largest = expected.iter().fold(1f32, |most, y| most.max(y.abs()));
        for (x, y) in found.iter().zip(expected) {
            assert!((x - y).abs() <= 1e-3 * largest, "{x} for {y}");
        }
    }
}

/// A solution by conjugate gradients, differentiated in both modes and batched: three programs in one operation.
#[test]
fn derivatives_of_solutions_by_conjugate_gradients() {
    let a = numbers(16, 0.7).reshape([4, 4]);
    let x = (a.matmul(a.t()) + Tensor::eye(4, DType::F32) * 4.0, numbers(12, 0.3).reshape([3, 4]));
    let f = |(a, b): &(Tensor, Tensor)| {
        let options = linalg::KrylovOptions::default();
        let solved = |a: &Tensor, b: &Tensor| linalg::cg(|a: &Tensor, x: &Tensor| a.matmul(x), a, b, &options);
        let loss = |p: &(Tensor, Tensor)| vmap_axes((None, Some(0)), 0, solved)(&p.0, &p.1).sin().sum();
        let p = (a.clone(), b.clone());
        let (gradient, change) = jvp(|p: &(Tensor, Tensor)| grad(loss)(p), &p, &p);
        Tensor::concat(&[gradient.0.flatten(), gradient.1.flatten(), change.0.flatten(), change.1.flatten()], 0)
    };
    check("derivatives of conjugate gradients", f, &x, 12, 60, 1e-3);
}
