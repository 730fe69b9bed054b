//! Compares compiled branches and loops with the interpreter.

use crate::engine::jit;
use rune::Array;
use rune::ir::interpret::interpret;
use rune::prelude::*;

fn arrays() -> (Tensor, Tensor, Tensor) {
    let numbers = |n: usize, seed: f32| (0..n).map(|i| ((i as f32 + seed) * 0.7).sin()).collect::<Vec<f32>>();
    let of = |shape: &[usize], seed| Tensor::from_slice(shape, &numbers(shape.iter().product(), seed));
    (of(&[3], 0.5), of(&[3, 3], 1.5), of(&[7, 3], 2.5))
}

/// Asserts that the compiled and the interpreted results of a function of `x: [3]`, `w: [3, 3]` and `xs: [7, 3]` agree,
/// up to rounding.
#[track_caller]
fn agrees(f: impl Fn(&Tensor, &Tensor, &Tensor) -> Vec<Tensor> + Send + Sync + Copy + 'static) {
    let (x, w, xs) = arrays();
    let program = make_program(f, (&x, &w, &xs)).unwrap();
    let inputs: Vec<Array> = [&x, &w, &xs].map(|t| t.to_array().unwrap()).into();
    let expected = interpret(&program, &inputs).unwrap();
    let found = jit(f)(&x, &w, &xs);
    for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
        assert_eq!(found.ty(), expected.ty());
        let found = found.to_array().unwrap().to_f64_vec();
        for (a, b) in found.iter().zip(expected.to_f64_vec()) {
            assert!(
                (a - b).abs() <= 1e-5 * (1.0 + b.abs()),
                "result {i}: {a} compiled, {b} interpreted, of\n{program}"
            );
        }
    }
}

fn cell(h: &Tensor, w: &Tensor, x: &Tensor) -> Tensor {
    (w.matmul(h) + x).tanh()
}

fn recurrent(x: &Tensor, w: &Tensor, xs: &Tensor, options: ScanOptions) -> (Tensor, Tensor) {
    let step = |h: &Tensor, x: &Tensor| {
        let h = cell(h, w, x);
        (h.clone(), &h * x)
    };
    scan_with(options, step, x, xs)
}

#[test]
fn scans_unrolled_and_not() {
    agrees(|x, w, xs| {
        let mut all = Vec::new();
        for length in [0, 1, 2, 5, 7] {
            for unroll in [1, 2, 3, 7] {
                for reverse in [false, true] {
                    let options = ScanOptions { reverse, unroll: Some(unroll), length: None };
                    let (h, ys) = recurrent(x, w, &xs.i(..length), options);
                    all.extend([h, ys]);
                }
            }
        }
        all
    });
}

#[test]
fn gradients_of_scans() {
    agrees(|x, w, xs| {
        let loss = |x: &Tensor, w: &Tensor, xs: &Tensor| {
            let (h, ys) = recurrent(x, w, xs, ScanOptions::default());
            (h * ys).sum()
        };
        let (gx, gw, gxs) = grad_argnums((Argnum::<0>, Argnum::<1>, Argnum::<2>), loss)(x, w, xs);
        let hessian = hessian(|x: &Tensor| loss(x, w, xs))(x);
        let per_row = vmap_axes((0, None, None), 0, grad(loss))(w, w, xs);
        vec![gx, gw, gxs, hessian, per_row]
    });
}

#[test]
fn loops_of_unknown_length() {
    agrees(|x, w, xs| {
        let doubled = |x: &Tensor| while_loop(|y: &Tensor| (y * y).sum().lt(20.0), |y| y * 1.5 + w.matmul(x) * 0.1, x);
        let counted = fori_loop(0, xs.shape()[0], |i, y: &Tensor| y + xs.take(&i.reshape([1]), 0).squeeze(0), x);
        let to_tensor = fori_loop(0, (x.sum() * 0.0 + 3.0).cast(DType::I32), |_, y: &Tensor| w.matmul(y), x);
        vec![doubled(x), vmap(doubled)(xs), jvp(doubled, x, x).1, counted, to_tensor]
    });
}

#[test]
fn branches() {
    agrees(|x, w, xs| {
        let chosen = |x: &Tensor| cond(&x.sum().gt(0.0), || w.matmul(x), || x.sin() * xs.sum());
        let among = |i: &Tensor| switch(i, &[&|| x.exp(), &|| w.matmul(x), &|| x * x]);
        let mut all = vec![chosen(x), chosen(&-x), vmap(chosen)(xs), grad(|x: &Tensor| chosen(x).sum())(x)];
        // This depends on values, so the choice is unknown at the time of tracing.
        let zero = (x.sum() * 0.0).cast(DType::I32);
        all.extend((-1..4).map(|i| among(&(&zero + i))));
        all
    });
}

#[test]
fn control_flow_within_control_flow() {
    agrees(|x, w, xs| {
        let outer = |h: &Tensor, x: &Tensor| {
            let even = || scan(|h: &Tensor, w: &Tensor| (h * w.sin() + x, h.sum()), h, w);
            let odd = || (cell(h, w, x), h * x);
            let (next, seen) = cond(&h.sum().gt(0.1), even, odd);
            let settled = while_loop(|y: &Tensor| y.abs().max().gt(1.0), |y| y * 0.5, &next);
            (settled, seen + next)
        };
        let loss = |x: &Tensor| {
            scan(
                |h: &Tensor, x: &Tensor| {
                    let h = cond(&h.sum().gt(0.1), || cell(h, w, x), || h * x);
                    (h.clone(), h)
                },
                x,
                xs,
            )
            .1
            .sum()
        };
        let (h, ys) = scan(outer, x, xs);
        let sums = associative_scan(|a: &Tensor, b: &Tensor| a + b, xs, true);
        vec![h, ys, grad(loss)(x), sums, map(|row: &Tensor| row.sum() + x, xs)]
    });
}

/// A loop that updates a carried value in place must not write into the caller's array.
#[test]
fn arguments_of_loops_are_not_changed() {
    let x = Tensor::from_slice([4], &[1.0f32, 2.0, 3.0, 4.0]);
    let count = |x: &Tensor| fori_loop(0, 3, |i, x: &Tensor| x.at(i).set(0.0), x);
    let f = jit(count);
    for _ in 0..2 {
        assert_eq!(f(&x).to_vec::<f32>().unwrap(), [0.0, 0.0, 0.0, 4.0]);
        assert_eq!(x.to_vec::<f32>().unwrap(), [1.0, 2.0, 3.0, 4.0]);
    }
    // Weights that a loop only reads need no copy, because nothing is written to them.
    let weights = Tensor::from_slice([2, 2], &[0.5f32, 0.1, 0.2, 0.3]);
    let rows = Tensor::from_slice([3, 2], &[1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let read = jit(|w: &Tensor, xs: &Tensor| {
        scan(|h: &Tensor, x: &Tensor| (w.matmul(h) + x, w.at((0, 0)).set(x.sum())), &Tensor::zeros([2], DType::F32), xs)
    });
    for _ in 0..2 {
        read(&weights, &rows).0.value().unwrap();
        assert_eq!(weights.to_vec::<f32>().unwrap(), [0.5, 0.1, 0.2, 0.3]);
        assert_eq!(rows.to_vec::<f32>().unwrap(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    }
    let swap = jit(|x: &Tensor, y: &Tensor| cond(&x.sum().gt(0.0), || x.at(0).set(9.0), || y.clone()));
    let y = x.zeros_like();
    assert_eq!(swap(&x, &y).to_vec::<f32>().unwrap(), [9.0, 2.0, 3.0, 4.0]);
    assert_eq!(x.to_vec::<f32>().unwrap(), [1.0, 2.0, 3.0, 4.0]);
}
