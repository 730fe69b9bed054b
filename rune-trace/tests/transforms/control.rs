//! Control flow under every transformation, against the same functions with host loops and branches.

use rune_ir::DType;
use rune_testing::Generator;
use rune_trace::ProgramExt;
use rune_trace::{
    Argnum, ScanOptions, Tensor, associative_scan, cond, fori_loop, grad, grad_argnums, jvp, linear_transpose,
    linearize, make_program, map, scan, scan_with, switch, vjp, vmap, vmap_axes, where_, while_loop,
};

/// A function of `x: [3, f64]`, `w: [3, 3, f64]` and `xs: [5, 3, f64]`.
type F = Box<dyn Fn(&Tensor, &Tensor, &Tensor) -> Tensor + Send + Sync>;

fn arrays(seed: u64) -> (Tensor, Tensor, Tensor) {
    let mut random = Generator::new(seed);
    let mut draw = |shape: &[usize]| {
        let n: usize = shape.iter().product();
        let xs: Vec<f64> = (0..n).map(|_| (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64 * 2.0 - 1.0).collect();
        Tensor::from_slice(shape, &xs)
    };
    (draw(&[3]), draw(&[3, 3]), draw(&[5, 3]))
}

#[track_caller]
fn same(x: &Tensor, y: &Tensor, what: &str) {
    assert_eq!(x.ty(), y.ty(), "{what}");
    let (x, y) = (x.to_vec::<f64>().unwrap(), y.to_vec::<f64>().unwrap());
    for (x, y) in x.iter().zip(&y) {
        assert!((x - y).abs() <= 1e-11 * (1.0 + y.abs()) || x.is_nan() && y.is_nan(), "{what}: {x} is not {y}");
    }
}

/// Returns the sum of the elements with different weights.
fn weighed(y: &Tensor) -> Tensor {
    let w = Tensor::arange(0.0..y.size() as f64, DType::F64).reshape(y.shape()) * 0.3 + 0.7;
    (y * w).sum()
}

/// Returns the results of all transformations of `f`, by name.
fn transformed(f: &F, reverse: bool) -> Vec<(&'static str, Tensor)> {
    let (x, w, xs) = arrays(1);
    let (dx, dw, dxs) = arrays(2);
    let (x2, w2, xs2) = arrays(3);
    let many = Tensor::stack(&[&x, &dx, &x2], 0);
    let many_w = Tensor::stack(&[&w, &dw, &w2], 1);
    let many_xs = Tensor::stack(&[&xs, &dxs, &xs2], -1);
    let call = |x: &Tensor, w: &Tensor, xs: &Tensor| f(x, w, xs);
    let mut all = vec![("value", call(&x, &w, &xs))];
    let (_, t) = jvp(call, (&x, &w, &xs), (&dx, &dw, &dxs));
    all.push(("jvp", t));
    let zero = xs.zeros_like();
    all.push(("jvp by some", jvp(call, (&x, &w, &xs), (&dx, &dw.zeros_like(), &zero)).1));
    let by_x = |x: &Tensor| f(x, &w, &xs);
    let second = |x: &Tensor| jvp(by_x, x, &dx).1;
    all.push(("jvp of jvp", jvp(second, &x, &x2).1));
    let (_, linear) = linearize(by_x, &x);
    all.push(("linearize", linear.call(&dx)));
    all.push(("vmap", vmap(call)(&many, &w_front(&many_w), &xs_front(&many_xs))));
    all.push(("vmap by axes", vmap_axes((0, 1, -1), 0, call)(&many, &many_w, &many_xs)));
    all.push(("vmap of x", vmap_axes((0, None, None), 0, call)(&many, &w, &xs)));
    all.push(("vmap of w", vmap_axes((None, 1, None), 0, call)(&x, &many_w, &xs)));
    all.push(("vmap of xs", vmap_axes((None, None, -1), 0, call)(&x, &w, &many_xs)));
    let pushed = |x: &Tensor| jvp(by_x, x, &dx).1;
    all.push(("vmap of jvp", vmap(pushed)(&many)));
    if !reverse {
        return all;
    }
    let loss = |x: &Tensor, w: &Tensor, xs: &Tensor| weighed(&f(x, w, xs));
    let (gx, gw, gxs) = grad_argnums((Argnum::<0>, Argnum::<1>, Argnum::<2>), loss)(&x, &w, &xs);
    all.extend([("grad by x", gx), ("grad by w", gw), ("grad by xs", gxs)]);
    let (_, pullback) = vjp(by_x, &x);
    let y = by_x(&x);
    all.push(("vjp", pullback(&(y.zeros_like() + 1.5))));
    let gradient = |x: &Tensor| grad(|x: &Tensor| loss(x, &w, &xs))(x);
    all.push(("jvp of grad", jvp(gradient, &x, &dx).1));
    all.push(("grad of grad", grad(|x: &Tensor| weighed(&gradient(x)))(&x)));
    all.push(("grad of grad by w", grad(|w: &Tensor| weighed(&grad(|w: &Tensor| loss(&x, w, &xs))(w)))(&w)));
    all.push(("grad of jvp", grad(|x: &Tensor| weighed(&jvp(by_x, x, &dx).1))(&x)));
    all.push(("vmap of grad", vmap(gradient)(&many)));
    let per_w = |w: &Tensor| grad(|w: &Tensor| loss(&x, w, &xs))(w);
    all.push(("vmap of grad by w", vmap_axes((1,), 0, per_w)(&many_w)));
    let of_all = |many: &Tensor| weighed(&vmap(by_x)(many));
    all.push(("grad of vmap", grad(of_all)(&many)));
    all
}

fn w_front(w: &Tensor) -> Tensor {
    w.permute([1, 0, 2])
}
fn xs_front(xs: &Tensor) -> Tensor {
    xs.permute([2, 0, 1])
}

#[track_caller]
fn agree(name: &str, f: F, host: F, reverse: bool) {
    for ((what, x), (_, y)) in transformed(&f, reverse).iter().zip(&transformed(&host, reverse)) {
        same(x, y, &format!("{name}: {what}"));
    }
}

fn boxed(f: impl Fn(&Tensor, &Tensor, &Tensor) -> Tensor + Send + Sync + 'static) -> F {
    Box::new(f)
}

/// One step of a recurrent network.
fn cell(h: &Tensor, w: &Tensor, x: &Tensor) -> Tensor {
    (w.matmul(h) + x).tanh()
}

fn row(xs: &Tensor, i: usize) -> Tensor {
    xs.i(i as i32)
}

#[test]
fn a_scan_is_the_loop() {
    for reverse in [false, true] {
        let looped = boxed(move |x, w, xs| {
            let options = ScanOptions { reverse, ..ScanOptions::default() };
            let (h, ys) = scan_with(
                options,
                |h: &Tensor, x: &Tensor| {
                    let h = cell(h, w, x);
                    (h.clone(), &h * x)
                },
                x,
                xs,
            );
            ys.sum_axes(0) + h
        });
        let host = boxed(move |x, w, xs| {
            let mut h = x.clone();
            let mut sum = x.zeros_like();
            for i in 0..5 {
                let x = row(xs, if reverse { 4 - i } else { i });
                h = cell(&h, w, &x);
                sum += &h * x;
            }
            sum + h
        });
        agree("scan", looped, host, true);
    }
}

#[test]
fn what_is_stacked_is_at_its_position() {
    for reverse in [false, true] {
        let looped = boxed(move |x, w, xs| {
            let options = ScanOptions { reverse, unroll: Some(2), ..ScanOptions::default() };
            // Stacks a value that is not carried, a value that is carried, and one that does not depend on the
            // position.
            let (_, (a, b, c)) = scan_with(
                options,
                |(h, n): &(Tensor, Tensor), x: &Tensor| {
                    ((cell(h, w, x), n + 1.0), (h * x, n * x, w.matmul(x.cos()).sin()))
                },
                &(x.clone(), Tensor::scalar(0.5)),
                xs,
            );
            a + b + c
        });
        let host = boxed(move |x, w, xs| {
            let (mut h, mut n) = (x.clone(), 0.5);
            let mut rows: Vec<Tensor> = Vec::new();
            for i in 0..5 {
                let x = row(xs, if reverse { 4 - i } else { i });
                rows.push(&h * &x + n * &x + w.matmul(x.cos()).sin());
                h = cell(&h, w, &x);
                n += 1.0;
            }
            if reverse {
                rows.reverse();
            }
            Tensor::stack(&rows.iter().collect::<Vec<_>>(), 0)
        });
        agree("stacks", looped, host, true);
    }
}

#[test]
fn a_loop_of_known_bounds_is_unrolled() {
    let looped = boxed(|x, w, xs| {
        fori_loop(1, 4, |i, y: &Tensor| (w.matmul(y) + xs.take(&i.reshape([1]), 0).squeeze(0)).sin(), x)
    });
    let host = boxed(|x, w, xs| (1..4).fold(x.clone(), |y, i| (w.matmul(&y) + row(xs, i)).sin()));
    agree("fori_loop", looped, host, true);
}

#[test]
fn a_loop_of_unknown_length_goes_forward() {
    // Runs until the sum of squares is large enough, which differs between lanes.
    let goes_on = |y: &Tensor| (y * y).sum().lt(4.0);
    let step = |y: &Tensor, w: &Tensor, xs: &Tensor| y * 1.3 + w.matmul(y) * 0.1 + row(xs, 0) * 0.01;
    let looped = boxed(move |x, w, xs| while_loop(|y: &Tensor| goes_on(y), |y| step(y, w, xs), x));
    let at_most = boxed(move |x, w, xs| {
        let mut y = x.clone();
        for _ in 0..60 {
            let next = step(&y, w, xs);
            let next = where_(goes_on(&y).broadcast_to([3]), &next, &y);
            y = next;
        }
        y
    });
    agree("while_loop", looped, at_most, false);
    let by_tensor = boxed(|x, w, _| fori_loop(0, Tensor::scalar(3i32), |_, y: &Tensor| w.matmul(y).sin(), x));
    let host = boxed(|x, w, _| (0..3).fold(x.clone(), |y, _| w.matmul(&y).sin()));
    agree("fori_loop to a tensor", by_tensor, host, false);
}

#[test]
fn a_choice_is_that_branch() {
    for threshold in [-10.0, 0.0, 10.0] {
        let chosen = boxed(move |x, w, xs| {
            cond(&x.sum().gt(threshold), || w.matmul(x.sin()) + row(xs, 1), || x * x * row(xs, 2))
        });
        let host = boxed(move |x, w, xs| {
            let pred = x.sum().gt(threshold).broadcast_to([3]);
            where_(&pred, &(w.matmul(x.sin()) + row(xs, 1)), &(x * x * row(xs, 2)))
        });
        agree("cond", chosen, host, true);
    }
    for i in -1..4 {
        let chosen = boxed(move |x, w, xs| {
            switch(&Tensor::scalar(i), &[&|| x.exp(), &|| w.matmul(x) * xs.sum(), &|| x.sin() * x])
        });
        let host = boxed(move |x, w, xs| match i {
            ..1 => x.exp(),
            1 => w.matmul(x) * xs.sum(),
            _ => x.sin() * x,
        });
        agree("switch", chosen, host, true);
    }
}

#[test]
fn control_flow_nests() {
    // A scan over a branch between a scan and a call of a captured function, inside a scan.
    let nested = boxed(|x, w, xs| {
        let outer = |h: &Tensor, x: &Tensor| {
            let even = || scan(|h: &Tensor, w: &Tensor| (h * w.sin() + x, h.sum()), h, w);
            let odd = || (cell(h, w, x), h * x);
            let (next, seen) = cond(&h.sum().gt(0.1), even, odd);
            (next.clone(), seen + next)
        };
        scan(outer, x, xs).1
    });
    let host = boxed(|x, w, xs| {
        let mut h = x.clone();
        let mut rows = Vec::new();
        for i in 0..5 {
            let x = row(xs, i);
            let mut even = h.clone();
            let mut seen = Vec::new();
            for j in 0..3 {
                seen.push(even.sum());
                even = &even * row(w, j).sin() + &x;
            }
            let seen = Tensor::stack(&seen.iter().collect::<Vec<_>>(), 0);
            let (odd, odd_seen) = (cell(&h, w, &x), &h * &x);
            let pred = h.sum().gt(0.1).broadcast_to([3]);
            let next = where_(&pred, &even, &odd);
            rows.push(where_(&pred, &seen, &odd_seen) + &next);
            h = next;
        }
        Tensor::stack(&rows.iter().collect::<Vec<_>>(), 0)
    });
    agree("nested", nested, host, true);
}

#[test]
fn maps_and_associative_scans() {
    let mapped = boxed(|x, w, xs| map(|row: &Tensor| w.matmul(&(row * x)).sin(), xs));
    let host = boxed(|x, w, xs| vmap(|row: &Tensor| w.matmul(&(row * x)).sin())(xs));
    agree("map", mapped, host, true);
    for n in 0..9 {
        for reverse in [false, true] {
            // Composition of affine maps is associative, but not commutative.
            let compose = |(a, b): &(Tensor, Tensor), (c, d): &(Tensor, Tensor)| (a * c, b * c + d);
            let a = Tensor::arange(0.0..n as f64, DType::F64) * 0.5 + 1.0;
            let b = Tensor::arange(0.0..n as f64, DType::F64) - 2.0;
            let (pa, pb) = associative_scan(compose, &(a.clone(), b.clone()), reverse);
            let (a, b) = (a.to_vec::<f64>().unwrap(), b.to_vec::<f64>().unwrap());
            let order: Vec<usize> = if reverse { (0..n).rev().collect() } else { (0..n).collect() };
            let (mut ea, mut eb) = (vec![0.0; n], vec![0.0; n]);
            let (mut sa, mut sb) = (1.0, 0.0);
            for i in order {
                (sa, sb) = (sa * a[i], sb * a[i] + b[i]);
                (ea[i], eb[i]) = (sa, sb);
            }
            assert_eq!(pa.to_vec::<f64>().unwrap(), ea);
            assert_eq!(pb.to_vec::<f64>().unwrap(), eb);
        }
    }
}

#[test]
#[should_panic(expected = "has no reverse mode, because the number of its iterations")]
fn reverse_mode_of_a_while_loop_names_scan_where_arguments_are_unknown() {
    let f = |x: &Tensor| while_loop(|x: &Tensor| x.lt(10.0), |x| x * x, x);
    let _ = vmap(grad(f))(&Tensor::from([3.0f32, 2.0]));
}

#[test]
#[should_panic(expected = "returns `carry[1]` of type [f32] instead of [2, f32]")]
fn what_is_carried_stays_of_one_type() {
    let x = Tensor::from_slice([2], &[1.0f32, 2.0]);
    let _ =
        while_loop(|(x, _): &(Tensor, Tensor)| x.lt(1.0), |(x, y)| (x.clone(), y.sum()), &(Tensor::scalar(0.0f32), x));
}

/// Loops ten deep: the cost of transformations at each level does not multiply.
#[test]
fn deep_loops_are_transformed_in_time() {
    fn nested(depth: usize, x: &Tensor) -> Tensor {
        match depth {
            0 => x.sin(),
            _ => fori_loop(0, 1, |_, x: &Tensor| nested(depth - 1, x), x),
        }
    }
    let f = |x: &Tensor| nested(10, x);
    let x = Tensor::scalar(0.5f64);
    assert_eq!(grad(f)(&x).item::<f64>().unwrap(), 0.5f64.cos());
    assert_eq!(jvp(f, &x, &x).1.item::<f64>().unwrap(), 0.5 * 0.5f64.cos());
    assert_eq!(vmap(grad(grad(f)))(&x.reshape([1])).item::<f64>().unwrap(), -0.5f64.sin());
}

#[test]
fn programs_with_loops_of_unknown_length_say_that_they_have_no_reverse_mode() {
    let looped = |x: &Tensor| while_loop(|x: &Tensor| x.lt(10.0), |x| x * x, x);
    let x = Tensor::scalar(3.0f64);
    let refused = make_program(looped, &x).unwrap().grad(&[0], false).unwrap_err();
    assert!(refused.to_string().contains("`while` at "), "{refused}");
    let within = |x: &Tensor| cond(&x.gt(0.0), || looped(x), || fori_loop(0, 2, |_, y: &Tensor| looped(y), x));
    assert!(make_program(within, &x).unwrap().vjp(&[0]).is_err());
    // If the gradient is stopped, or the value does not depend on the input, the loop does not matter.
    let stopped = |x: &Tensor| looped(x).stop_gradient() * x;
    let gradient = make_program(stopped, &x).unwrap().grad(&[0], false).unwrap();
    assert_eq!(gradient.apply(std::slice::from_ref(&x))[0].item::<f64>().unwrap(), 81.0);
    assert_eq!(grad(stopped)(&x).item::<f64>().unwrap(), 81.0);
}

/// A branch that a lane does not take does not affect the gradient of the lane, not even by NaN.
#[test]
fn branches_not_taken_by_a_batch_element_leave_its_gradient_alone() {
    let f = |x: &Tensor| cond(&x.gt(0.0), || x.sqrt(), || x * 3.0);
    let xs = Tensor::from([4.0, 0.0, -1.0]);
    assert_eq!(vmap(grad(f))(&xs).to_vec::<f64>().unwrap(), [0.25, 3.0, 3.0]);
    assert_eq!(grad(|xs: &Tensor| vmap(f)(xs).sum())(&xs).to_vec::<f64>().unwrap(), [0.25, 3.0, 3.0]);
    let among = |x: &Tensor| switch(&x.cast(DType::I32), &[&|| x.log(), &|| x * x, &|| x.sqrt()]);
    let xs = Tensor::from([0.0, 1.0, 9.0, -5.0]);
    let gradients = vmap(grad(among))(&xs).to_vec::<f64>().unwrap();
    assert_eq!(gradients[1..], [2.0, 1.0 / 6.0, -0.2]);
}

/// Forward mode returns values in addition to tangents. Only the tangents are transposed.
#[test]
fn tangents_of_control_flow_are_transposed() {
    let (x, w) = (Tensor::from([0.5, -0.3]), Tensor::from([[0.2, 0.7], [-0.4, 0.9], [0.1, 0.3]]));
    let body = |(i, y): &(Tensor, Tensor), w: &Tensor| {
        let inner = fori_loop(0, 2, |k, y: &Tensor| y.sin() * w + k.cast(DType::F64), y);
        let chosen = cond(&i.gt(1.0), || inner.exp(), || &inner * y);
        ((i + 1.0, chosen.clone()), &chosen * i)
    };
    let f = |x: &Tensor| {
        let ((i, y), ys) = scan(body, &(Tensor::scalar(0.0), x.clone()), &w);
        y * i + ys.sum_axes(0)
    };
    let ct = Tensor::from([1.5, -2.0]);
    let transposed = linear_transpose(|v: &Tensor| jvp(f, &x, v).1, &x, &ct).to_vec::<f64>().unwrap();
    let expected = vjp(f, &x).1(&ct).to_vec::<f64>().unwrap();
    for (a, b) in transposed.iter().zip(&expected) {
        assert!((a - b).abs() < 1e-12 * b.abs().max(1.0), "{transposed:?} and {expected:?}");
    }
}
