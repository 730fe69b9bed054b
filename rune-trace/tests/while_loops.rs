//! Reverse mode through loops of unknown length at known arguments: against JAX (`scripts/vectors while-loops`),
//! against the same functions with host loops, and against finite differences.

use rune_trace::{
    CheckOptions, DType, Tensor, Tree, check_gradients, checkpoint, cond, custom_vjp, grad, hessian, hvp, jacfwd,
    jacrev, jvp, linearize, make_program, saved_residuals, scan, value_and_grad, value_and_grad_aux, vjp, vmap,
    while_loop,
};
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Loops as operations, or as host loops.
trait Loops {
    fn repeat<C: Tree>(goes_on: impl Fn(&C) -> Tensor, body: impl Fn(&C) -> C, init: &C) -> C;
    fn over(body: impl Fn(&Tensor, &Tensor) -> Tensor, init: &Tensor, xs: &Tensor) -> Tensor;
    fn choose(pred: &Tensor, on_true: impl Fn() -> Tensor, on_false: impl Fn() -> Tensor) -> Tensor;
}

struct Operations;
impl Loops for Operations {
    fn repeat<C: Tree>(goes_on: impl Fn(&C) -> Tensor, body: impl Fn(&C) -> C, init: &C) -> C {
        while_loop(goes_on, body, init)
    }
    fn over(body: impl Fn(&Tensor, &Tensor) -> Tensor, init: &Tensor, xs: &Tensor) -> Tensor {
        scan(|h: &Tensor, x: &Tensor| (body(h, x), ()), init, xs).0
    }
    fn choose(pred: &Tensor, on_true: impl Fn() -> Tensor, on_false: impl Fn() -> Tensor) -> Tensor {
        cond(pred, on_true, on_false)
    }
}

struct Host;
impl Loops for Host {
    fn repeat<C: Tree>(goes_on: impl Fn(&C) -> Tensor, body: impl Fn(&C) -> C, init: &C) -> C {
        let mut carry = init.map(&mut |x| x.clone());
        while goes_on(&carry).item::<bool>().unwrap() {
            carry = body(&carry);
        }
        carry
    }
    fn over(body: impl Fn(&Tensor, &Tensor) -> Tensor, init: &Tensor, xs: &Tensor) -> Tensor {
        (0..xs.shape()[0]).fold(init.clone(), |h, i| body(&h, &xs.i(i)))
    }
    fn choose(pred: &Tensor, on_true: impl Fn() -> Tensor, on_false: impl Fn() -> Tensor) -> Tensor {
        if pred.item::<bool>().unwrap() { on_true() } else { on_false() }
    }
}

fn weighed(y: &Tensor) -> Tensor {
    (y * Tensor::from([1.0, 2.0, 3.0])).sum()
}

fn newton<L: Loops>(x: &Tensor) -> Tensor {
    let s = x.square().sum() + 1.0;
    let y = L::repeat(|y: &Tensor| (y * y - &s).abs().gt(1e-6), |y| (y + &s / y) * 0.5, &(x.i(0) + 2.0));
    y * x.sum()
}

fn converged<L: Loops>(x: &Tensor) -> Tensor {
    let apart = |(y, last): &(Tensor, Tensor)| (y - last).abs().sum().gt(1e-3);
    let (y, _) = L::repeat(apart, |(y, _)| (y.cos() * 0.5 + x * 0.3, y.clone()), &(x.clone(), x + 1.0));
    weighed(&y)
}

fn nested<L: Loops>(x: &Tensor) -> Tensor {
    let body = |s: &Tensor| {
        let t = L::repeat(|t: &Tensor| t.sum().lt(s.sum() * 1.5), |t| t * 1.3 + x * 0.1, s);
        s + t * 0.3 * x.sin()
    };
    weighed(&L::repeat(|s: &Tensor| s.sum().lt(9.0), body, x))
}

fn in_scan<L: Loops>(x: &Tensor) -> Tensor {
    let body = |h: &Tensor, row: &Tensor| {
        let h = L::repeat(|h: &Tensor| h.sum().gt(1.0), |h| h * 0.6 + x * 0.01, h);
        h + x.exp() * row
    };
    weighed(&L::over(body, x, &Tensor::from([3.0, 0.1, 7.0, 0.0])))
}

fn in_branch<L: Loops>(x: &Tensor) -> Tensor {
    let taken = || L::repeat(|y: &Tensor| y.sum().lt(30.0), |y| y * y + x, &(x + 1.0));
    let other = || L::repeat(|y: &Tensor| y.sum().gt(0.1), |y| y * 0.5, x);
    weighed(&L::choose(&x.sum().gt(1.0), taken, other))
}

fn never<L: Loops>(x: &Tensor) -> Tensor {
    weighed(&L::repeat(|y: &Tensor| y.sum().gt(100.0), |y| (y - 100.0).sqrt(), &(x * x)))
}

fn captured<L: Loops>(x: &Tensor) -> Tensor {
    let w = x.outer(x.sin()) + Tensor::eye(3, DType::F64);
    weighed(&L::repeat(|y: &Tensor| y.square().sum().lt(50.0), |y| w.matmul(y) + x, x))
}

fn to_a_tensor<L: Loops>(x: &Tensor) -> Tensor {
    let n = (x.sum() * 3.0).floor().cast(DType::I32);
    let body = |(i, y): &(Tensor, Tensor)| (i + 1, y.sin() * (i.cast(DType::F64) + 1.0) + x);
    weighed(&L::repeat(|(i, _): &(Tensor, Tensor)| i.lt(&n), body, &(Tensor::scalar(0i32), x.clone())).1)
}

fn edge<L: Loops>(x: &Tensor) -> Tensor {
    let body = |(s, i): &(Tensor, Tensor)| {
        let t = L::repeat(|t: &Tensor| t.min().gt(0.1), |t| (t - 0.1).sqrt() * 0.5, s);
        (s * 0.8 + t * x, i + 1)
    };
    weighed(&L::repeat(|(_, i): &(Tensor, Tensor)| i.lt(4), body, &(x + 1.0, Tensor::scalar(0i32))).0)
}

type F = fn(&Tensor) -> Tensor;
/// Each function by name, with loops as operations and as host loops.
const FUNCTIONS: [(&str, F, F); 9] = [
    ("newton", newton::<Operations>, newton::<Host>),
    ("converged", converged::<Operations>, converged::<Host>),
    ("nested", nested::<Operations>, nested::<Host>),
    ("in_scan", in_scan::<Operations>, in_scan::<Host>),
    ("in_branch", in_branch::<Operations>, in_branch::<Host>),
    ("never", never::<Operations>, never::<Host>),
    ("captured", captured::<Operations>, captured::<Host>),
    ("to_a_tensor", to_a_tensor::<Operations>, to_a_tensor::<Host>),
    ("edge", edge::<Operations>, edge::<Host>),
];

fn point() -> Tensor {
    Tensor::from([0.4, 0.7, 0.2])
}

#[track_caller]
fn assert_near(found: &Tensor, expected: &[f64], what: &str) {
    let found = found.to_vec::<f64>().unwrap();
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1.0f64, |m, x| m.max(x.abs()));
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() <= 1e-12 * scale, "{what}: {found:?}, and should be {expected:?}");
    }
}

#[test]
fn derivatives_are_those_of_jax() {
    let right: Value = serde_json::from_str(include_str!("data/while.json")).unwrap();
    for (name, f, _) in FUNCTIONS {
        let of = |key: &str| -> Vec<f64> {
            right[name][key].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
        };
        let (value, gradient) = value_and_grad(f)(&point());
        assert_near(&value, &of("value"), name);
        assert_near(&gradient, &of("gradient"), &format!("the gradient of {name}"));
        assert_near(&jacrev(f)(&point()), &of("gradient"), &format!("jacrev of {name}"));
        assert_near(&jacfwd(f)(&point()), &of("gradient"), &format!("jacfwd of {name}"));
        assert_near(&hessian(f)(&point()), &of("hessian"), &format!("the Hessian of {name}"));
        assert_near(&jacrev(jacrev(f))(&point()), &of("hessian"), &format!("jacrev of jacrev of {name}"));
        assert_near(&jacrev(jacfwd(f))(&point()), &of("hessian"), &format!("jacrev of jacfwd of {name}"));
    }
}

#[test]
fn derivatives_are_those_of_loops_of_the_host() {
    let (x, v) = (point(), Tensor::from([0.3, -0.8, 0.5]));
    for (name, f, host) in FUNCTIONS {
        let same = |a: Tensor, b: Tensor, what: &str| {
            assert_near(&a, &b.to_vec::<f64>().unwrap(), &format!("{what} of {name}"))
        };
        // Points with other numbers of iterations.
        for x in [&x, &(&x * 2.5), &(&x * 0.1), &Tensor::from([3.0, 5.0, 2.0])] {
            same(grad(f)(x), grad(host)(x), "grad");
        }
        same(hvp(f, &x, &v), hvp(host, &x, &v), "hvp");
        same(jvp(grad(f), &x, &v).1, jvp(grad(host), &x, &v).1, "jvp of grad");
        let of_jvp = |f: F| grad(move |x: &Tensor| jvp(f, x, &Tensor::from([0.3, -0.8, 0.5])).1);
        same(of_jvp(f)(&x), of_jvp(host)(&x), "grad of jvp");
        let twice = |f: F| grad(move |x: &Tensor| (grad(f)(x) * Tensor::from([0.3, -0.8, 0.5])).sum());
        same(twice(f)(&x), twice(host)(&x), "grad of grad");
        let thrice = |f: F| grad(move |x: &Tensor| grad(move |x: &Tensor| grad(f)(x).square().sum())(x).sum());
        same(thrice(f)(&x), thrice(host)(&x), "grad of grad of grad");
        let (y, pullback) = vjp(f, &x);
        same(y, host(&x), "the value");
        same(pullback(&Tensor::scalar(2.0)), grad(host)(&x) * 2.0, "vjp");
        let (_, linear) = linearize(f, &x);
        same(linear.call(&v), jvp(host, &x, &v).1, "linearize");
        same(linear.transpose(&Tensor::scalar(1.0)), grad(host)(&x), "the transpose of linearize");
        let ((_, aux), d) = value_and_grad_aux(move |x: &Tensor| (f(x), x.sum()))(&x);
        same(d, grad(host)(&x), "value_and_grad_aux");
        same(aux, x.sum(), "aux");
    }
}

#[test]
fn derivatives_are_those_of_differences() {
    for (name, f, _) in FUNCTIONS {
        if let Err(wrong) = check_gradients(f, &point(), &CheckOptions::default()) {
            panic!("{name}: {wrong:?}");
        }
    }
}

#[test]
fn what_is_kept_of_a_loop_is_told() {
    let kept = saved_residuals(newton::<Operations>, &point());
    assert!(kept.iter().any(|r| r.to_string().contains("scan")), "{kept:?}");
}

/// A loop that only an auxiliary result depends on remains a loop, and so does one through which nothing is
/// differentiated.
#[test]
fn loops_off_the_way_stay() {
    let doubled = |x: &Tensor| while_loop(|y: &Tensor| y.lt(100.0), |y| y * 2.0, x);
    let first = |f: &dyn Fn(&Tensor) -> (Tensor, Tensor), x: &Tensor| f(x);
    let f = move |x: &Tensor| first(&|x| (x * x, doubled(x)), x);
    let ((y, aux), d) = value_and_grad_aux(f)(&Tensor::scalar(3.0));
    assert_eq!([&y, &aux, &d].map(|t| t.item::<f64>().unwrap()), [9.0, 192.0, 6.0]);
}

#[test]
fn effects_in_loops_happen_as_often_as_the_body_runs() {
    let seen = |f: &dyn Fn()| {
        let (_, text) = rune_trace::capture_debug(f);
        text.lines().count()
    };
    let f = |x: &Tensor| {
        let body = |y: &Tensor| {
            rune_trace::debug_print!("turn {}", y);
            y * 2.0
        };
        while_loop(|y: &Tensor| y.lt(100.0), body, x)
    };
    let x = Tensor::scalar(3.0);
    assert_eq!(seen(&|| _ = f(&x).item::<f64>().unwrap()), 6);
    assert_eq!(seen(&|| assert_eq!(grad(f)(&x).item::<f64>().unwrap(), 64.0)), 6);
}

#[test]
fn effects_in_conditions_happen_as_often_as_they_are_looked_at() {
    let f = |x: &Tensor| {
        let goes_on = |y: &Tensor| {
            rune_trace::debug_print!("at {}", y);
            y.lt(100.0)
        };
        while_loop(goes_on, |y| y * 2.0, x)
    };
    let (d, text) = rune_trace::capture_debug(|| grad(f)(&Tensor::scalar(3.0)).item::<f64>().unwrap());
    assert_eq!((d, text.lines().count()), (64.0, 7), "{text}");
}

#[test]
fn loops_in_checkpoints_and_beside_rules() {
    let x = point();
    for (name, f, host) in FUNCTIONS {
        let right = grad(host)(&x).to_vec::<f64>().unwrap();
        assert_near(&grad(move |x: &Tensor| checkpoint(f)(x))(&x), &right, &format!("a checkpoint of {name}"));
    }
    let doubled = |x: &Tensor| {
        let square =
            custom_vjp(|y: &Tensor| y * y, |y: &Tensor| (y * y, y.clone()), |y: &Tensor, ct: &Tensor| ct * y * 3.0);
        while_loop(|y: &Tensor| y.lt(100.0), |y| square(y), x)
    };
    // The values are 2, 4, 16, 256. The rule returns 3 y as the derivative of y².
    assert_eq!(grad(doubled)(&Tensor::scalar(2.0)).item::<f64>().unwrap(), 27.0 * 2.0 * 4.0 * 16.0);
}

#[test]
fn what_loops_do_not_depend_on_may_be_unknown() {
    let doubled = |x: &Tensor| while_loop(|y: &Tensor| y.lt(100.0), |y| y * 2.0, x);
    let by_lane = |s: &Tensor| grad(|x: &Tensor| doubled(x) * s)(&Tensor::scalar(3.0));
    assert_eq!(vmap(by_lane)(&Tensor::from([1.0, 2.0])).to_vec::<f64>().unwrap(), [64.0, 128.0]);
}

fn panic_message(f: impl FnOnce() -> Tensor) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).expect_err("the loop is of unknown length");
    payload.downcast_ref::<String>().unwrap().clone()
}

#[test]
fn unknown_arguments_are_refused() {
    for (name, f, _) in FUNCTIONS {
        let message = panic_message(|| vmap(grad(f))(&Tensor::stack(&[point(), point()], 0)));
        assert!(message.contains("has no reverse mode") && message.contains("use `scan`"), "{name}: {message}");
        assert!(message.contains("tests/while_loops.rs") || message.contains("loops.rs"), "{name}: {message}");
        let refused = catch_unwind(AssertUnwindSafe(|| make_program(grad(f), &point()).unwrap()));
        assert!(refused.is_err(), "{name}");
    }
}
